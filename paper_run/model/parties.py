"""What a result states of the account in each party's words: ours, the gateway's, the broker's."""

from decimal import Decimal

from paper_run import NamedTuple
from paper_run.book.comparison import Difference


class PartyRow(NamedTuple):
    """A symbol in three columns: signed shares, average dollars a share.

    None is what is not known; what a party does not list is 0 there.

    :ivar price_effect: what the broker's other price makes of our equity, ours - the broker's, in cents.
    :ivar differences: where the broker's figures differ from ours; none while its account is not proven.
    """

    symbol: str
    asset_class: str | None
    qty: Decimal | None
    avg_entry_price: Decimal | None
    gateway_qty: Decimal | None
    gateway_avg_entry_price: Decimal | None
    broker_qty: Decimal | None
    broker_avg_entry_price: Decimal | None
    broker_price: Decimal | None
    broker_market_value: Decimal | None
    price_effect: Decimal | None
    differences: tuple[Difference, ...]

    @property
    def agree(self) -> bool:
        """Whether ours is known, and nobody who could be read has another quantity."""
        said = (each for each in (self.gateway_qty, self.broker_qty) if each is not None)
        return self.qty is not None and all(each == self.qty for each in said)

    @property
    def differs(self) -> bool:
        """Whether the broker has another quantity, and the account is proven."""
        return any(each.field == "qty" for each in self.differences)


class PartyItem(NamedTuple):
    """A part of the difference that has a name, ours - the broker's, dollars and cents.

    :ivar kind: see `book.parties.Kind`. :ivar cash: what of the amount is in cash.
    :ivar reason: why one of them is not known.
    """

    kind: str
    subject: str
    cash: Decimal | None
    amount: Decimal | None
    reason: str | None


class CashBeside(NamedTuple):
    """Our cash beside the broker's, dollars and cents.

    :ivar unexplained: what neither accrued fees nor an item explains. :ivar reasons: why it is not known.
    """

    ours: Decimal | None
    broker: Decimal | None
    unexplained: Decimal | None
    reasons: tuple[str, ...]


class EquityBeside(NamedTuple):
    """Our equity beside the broker's, dollars and cents; each part is ours - the broker's.

    difference = prices + accrued_fees + items + rounding + residual.

    :ivar reasons: why the residual is not known.
    """

    ours: Decimal | None
    broker: Decimal | None
    difference: Decimal | None
    prices: Decimal | None
    accrued_fees: Decimal | None
    items: tuple[PartyItem, ...]
    rounding: Decimal | None
    residual: Decimal | None
    reasons: tuple[str, ...]


class BrokerParty(NamedTuple):
    """The account at the broker.

    :ivar number: what its owner knows it by. :ivar kind: "paper" or "live".
    :ivar proven: whether it knows an order of ours; until then nothing of it is compared.
    """

    number: str
    kind: str
    proven: bool
    cash: CashBeside
    equity: EquityBeside
    positions: tuple[PartyRow, ...]


class Parties(NamedTuple):
    """Who else has figures of the account."""

    broker: BrokerParty
