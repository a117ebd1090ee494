"""What a broker says, as far as it is read: account, orders, fills, positions, money, corporate actions.

Amounts are dollars and shares (of an option: contracts), times UTC; None is what the broker does not say.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from paper_run import NamedTuple
from paper_run.model.order import BROKER, OrderState

if TYPE_CHECKING:
    from paper_run.model.order import Asked

US_EQUITY, US_OPTION, CRYPTO = "us_equity", "us_option", "crypto"
"""The broker's classes of assets: an option's contract is no share, and a coin is none."""
ACTIVE = "ACTIVE"
"""The only status of an account that is a good one."""

OF_NO_ORDER = ("OPTRD", "EXTRD")
"""Types of activities: trades of shares that no order was for, as those of an option."""
MAY_END_A_HOLDING = ("MA", "REORG", "VOF", *OF_NO_ORDER)
"""Besides those: mergers, reorganizations and voluntary offers."""

ActionKind = Literal[
    "forward_split", "reverse_split", "unit_split", "stock_dividend", "spin_off", "name_change"
]


def comparable(symbol: str) -> str:
    """Return the form in which symbols are compared: positions write BTCUSD, orders BTC/USD."""
    return symbol.replace("/", "").upper()


def may_be_share(asset_class: str | None) -> bool:
    """Whether a class of assets is that of shares; what has none that is told may be one."""
    return asset_class in (None, US_EQUITY)


def as_written(names: Iterable[str]) -> Callable[[str], str]:
    """Return what tells how one of these names is written there; of another one it returns that itself."""
    written = {comparable(each): each for each in names}
    return lambda symbol: written.get(comparable(symbol), symbol)


class Account(NamedTuple):
    """The account as it stands.

    `number` is what its owner knows it by, `identity` the broker's own id. Dollars; `cash` is negative where
    it is owed. `equity` is cash and positions at
    the broker's prices; `accrued_fees` are off the balances by day and charged at its end. `as_of` is the
    broker's own clock with this answer. `kind` is whose money it is.
    """

    number: str
    status: str
    identity: str | None
    currency: str | None
    cash: Decimal | None
    accrued_fees: Decimal | None
    equity: Decimal | None
    trading_blocked: bool | None
    account_blocked: bool | None
    trade_suspended_by_user: bool | None
    as_of: datetime | None
    latency_ms: int
    kind: Literal["paper", "live"] = "paper"

    @property
    def faults(self) -> tuple[str, ...]:
        """Say what keeps it from trading, or a book in dollars from being compared with it, a clause each."""
        said = (
            (self.status != ACTIVE, f"its status is {self.status}, and {ACTIVE} is the only good one"),
            (self.account_blocked, "it is blocked"),
            (self.trading_blocked, "trading is blocked"),
            (self.trade_suspended_by_user, "its owner has suspended trading"),
            (self.currency not in (None, "USD"), f"it is kept in {self.currency}, not in USD"),
        )
        return tuple(words for is_so, words in said if is_so)

    @property
    def missing(self) -> tuple[str, ...]:
        """Name the balances that a comparison needs and the broker does not tell."""
        needed = {"cash": self.cash, "equity": self.equity}
        return tuple(name for name, value in needed.items() if value is None)


class BrokerOrder(NamedTuple):
    """An order as it stands; `filled_qty` and `filled_avg_price` are cumulative, quantities unsigned.

    `identity` is the broker's own id. An order of several legs has neither symbol nor side; one that was
    sized in dollars has no quantity. `replaced_by` is an id of the broker's.
    """

    identity: str
    client_order_id: str
    status: str
    symbol: str | None
    asset_class: str | None
    side: str | None
    qty: Decimal | None
    filled_qty: Decimal | None
    filled_avg_price: Decimal | None
    order_type: str | None
    time_in_force: str | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    created_at: datetime | None
    submitted_at: datetime | None
    filled_at: datetime | None
    replaced_by: str | None

    def as_state(self, asked: "Asked") -> OrderState:
        """Return it in the words that the ledger keeps of an order of ours, as the broker's word.

        :param asked: what was asked for; a position's symbol may be written otherwise there.
        """
        return OrderState(
            client_order_id=self.client_order_id,
            symbol=asked.symbol,
            side=asked.side,
            qty=asked.qty,
            status=self.status,
            broker_order_id=self.identity,
            limit_price=self.limit_price,
            filled_qty=self.filled_qty,
            filled_avg_price=self.filled_avg_price,
            created_at=None if self.created_at is None else self.created_at.isoformat(),
            order_type=self.order_type,
            time_in_force=self.time_in_force,
            filled_at=self.filled_at,
            told_by=BROKER,
        )


class OrdersRead(NamedTuple):
    """All orders since a moment, in the order of their submission, each once and as last read.

    `as_of` is the broker's own clock (whole seconds, cut off) with the answer that completed the list: what
    is not in it was submitted later. None where nobody can have said that but a proxy or a cache.
    """

    orders: tuple[BrokerOrder, ...]
    as_of: datetime | None


class BrokerPosition(NamedTuple):
    """A holding; `qty` is negative when short, prices are for one share, contract or coin."""

    symbol: str
    qty: Decimal
    asset_class: str | None
    avg_entry_price: Decimal | None
    market_value: Decimal | None
    current_price: Decimal | None


class FillActivity(NamedTuple):
    """One execution of an order; `qty` has no sign, `order_id` is the broker's."""

    identity: str
    order_id: str
    symbol: str
    side: str
    qty: Decimal
    price: Decimal
    time: datetime | None


class MoneyActivity(NamedTuple):
    """What moved money or shares without being a fill.

    The sign is `net_amount`'s (in is positive), whatever the type. A fee in a coin has a `net_amount` of 0
    and a negative `qty`. The `status` (executed, correct, canceled) can change under the same id.
    """

    identity: str
    activity_type: str
    date: date | None
    net_amount: Decimal | None
    status: str | None
    symbol: str | None
    qty: Decimal | None
    price: Decimal | None
    description: str | None

    @property
    def is_canceled(self) -> bool:
        """Whether it counts as nothing any more, in whichever of the two spellings that is said."""
        return self.status in ("canceled", "cancelled")


class Activities(NamedTuple):
    """What happened in the account: fills apart from all else, each in the order of its id."""

    fills: tuple[FillActivity, ...]
    money: tuple[MoneyActivity, ...]


class CorporateAction(NamedTuple):
    """What a company did: `old` shares became `new`, from `ex_date` on.

    `new_symbol` is None where the symbol stays. Of a spin-off `old` shares of `symbol` stay and are given
    `new` shares of `new_symbol`; a change of name is 1:1. The broker applies it at `process_date` or later,
    if at all.
    """

    kind: ActionKind
    symbol: str
    new_symbol: str | None
    new: Decimal
    old: Decimal
    ex_date: date | None
    process_date: date | None


class OrderIds(NamedTuple):
    """The two ids of an order: ours for it, and the broker's own."""

    client_order_id: str
    identity: str


class HeldBefore(NamedTuple):
    """A position before a POST: signed shares (of an option: contracts), dollars for one, dollars."""

    symbol: str
    qty: Decimal
    asset_class: str | None
    avg_entry_price: Decimal | None
    price: Decimal | None
    market_value: Decimal | None


class BrokerBefore(NamedTuple):
    """What the broker showed before a POST.

    What only the opening of a book needs is None too where none could begin with the attempt.

    :ivar number: the account's, None where it could not be read. :ivar orders: those of the day, None where
        they are not known: then nothing is told by what it shows later.
    :ivar as_of: the broker's own clock with them (whole seconds, cut off).
    :ivar cash: dollars, negative when borrowed. :ivar accrued_fees: what is off the balances and not charged
        yet, dollars.
    :ivar positions: None: not known. :ivar money: the ids of what moved money or shares without being a fill;
        None: not known.
    """

    number: str | None
    orders: tuple[OrderIds, ...] | None
    as_of: datetime | None
    cash: Decimal | None = None
    accrued_fees: Decimal | None = None
    positions: tuple[HeldBefore, ...] | None = None
    money: tuple[str, ...] | None = None


class BrokerReading(NamedTuple):
    """What was read of the broker at one moment; None is what could not be read, or was not asked for.

    :ivar orders: those since a moment. :ivar by_id: older ones, asked for one by one, by our id for them; one
        that it does not know is not among them, which proves nothing.
    :ivar money: what moved money or shares without being a fill, of more days than `activities`.
    :ivar actions: what companies did. :ivar has_no_list: whether the host that was asked for that has none.
    :ivar problems: a clause for each thing that could not be read. :ivar refused: whether the host refuses
        the keys.
    :ivar money_since: from which day on that was asked for, None: it was not. :ivar orders_since: likewise
        from when on all orders were.
    :ivar is_list_unread: whether what companies did was asked for, and could not be read.
    :ivar untold: our ids of the orders that were asked for one by one and could not be read.
    :ivar unsure: why its cash, shares, orders and money may not be all there is at one moment, a clause.
    """

    account: Account | None = None
    orders: OrdersRead | None = None
    by_id: Mapping[str, BrokerOrder] = {}
    positions: tuple[BrokerPosition, ...] | None = None
    activities: Activities | None = None
    money: tuple[MoneyActivity, ...] | None = None
    actions: tuple[CorporateAction, ...] | None = None
    problems: tuple[str, ...] = ()
    refused: bool = False
    has_no_list: bool = False
    money_since: date | None = None
    orders_since: datetime | None = None
    is_list_unread: bool = False
    untold: frozenset[str] = frozenset()
    unsure: str | None = None

    @property
    def all_orders(self) -> tuple[BrokerOrder, ...]:
        """Return every order that was read, in the order of their submission where that is known."""
        listed = self.orders.orders if self.orders is not None else ()
        return (*self.by_id.values(), *listed)

    @property
    def ended_holdings(self) -> list[MoneyActivity]:
        """Return what the account tells of that may have ended a holding, and was not canceled."""
        told = self.activities.money if self.activities is not None else ()
        return [each for each in told if each.activity_type in MAY_END_A_HOLDING and not each.is_canceled]


class ProvenAccount(NamedTuple):
    """An account that is known to be the book's own, for it has an order of ours.

    :ivar number: what its owner knows it by. :ivar order: our id of the order that proved it.
    """

    number: str
    order: str
