"""What a result states of the account in each party's words: ours, the gateway's, the broker's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book.parties import Left
from paper_run.model import json_fields as fields
from paper_run.money import known_cents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from typing import Any

    from paper_run.book.comparison import Difference
    from paper_run.book.valuation import PositionValue
    from paper_run.model.book_figures import BookFigures, BrokerFigures


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


def to_json(parties: Parties) -> dict[str, Any]:
    """Return them as a document has them; amounts stay Decimal, in dollars and shares."""
    broker = parties.broker
    return {
        "broker": {
            **broker._asdict(),
            "cash": {**broker.cash._asdict(), "reasons": list(broker.cash.reasons)},
            "equity": {
                **broker.equity._asdict(),
                "items": (each._asdict() for each in broker.equity.items),
                "reasons": list(broker.equity.reasons),
            },
            "positions": (_row_document(each) for each in broker.positions),
        }
    }


def from_json(content: Mapping[str, Any]) -> Parties:
    """Read them back.

    :raises ValueError: an amount is none. :raises LookupError: a part is not there.
    """
    broker = content["broker"]
    cash, equity = broker["cash"], broker["equity"]
    return Parties(
        BrokerParty(
            number=str(broker["number"]),
            kind=str(broker["kind"]),
            proven=bool(broker["proven"]),
            cash=CashBeside(**_amounts(cash, _CASH), reasons=_texts(cash)),
            equity=EquityBeside(
                **_amounts(equity, _EQUITY),
                items=tuple(map(_item, equity.get("items") or ())),
                reasons=_texts(equity),
            ),
            positions=tuple(map(_row, broker.get("positions") or ())),
        )
    )


def _row_document(row: PartyRow) -> dict[str, Any]:
    return {**row._asdict(), "differences": [fields.difference_document(each) for each in row.differences]}


def _row(content: Mapping[str, Any]) -> PartyRow:
    return PartyRow(
        symbol=str(content["symbol"]),
        asset_class=fields.text(content.get("asset_class")),
        **_amounts(content, _ROW),
        differences=tuple(map(fields.difference, content.get("differences") or ())),
    )


def _item(content: Mapping[str, Any]) -> PartyItem:
    return PartyItem(
        kind=str(content["kind"]),
        subject=str(content["subject"]),
        cash=fields.amount(content.get("cash")),
        amount=fields.amount(content.get("amount")),
        reason=fields.text(content.get("reason")),
    )


def _amounts(content: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: fields.amount(content.get(name)) for name in names}


def _texts(content: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(map(str, content.get("reasons") or ()))


_CASH = tuple(name for name in CashBeside._fields if name != "reasons")
_EQUITY = tuple(name for name in EquityBeside._fields if name not in ("items", "reasons"))
_ROW = tuple(name for name in PartyRow._fields if name not in ("symbol", "asset_class", "differences"))


_NOT_PROVEN = Left(None, ("the account is not yet proven to be ours",))


def made(figures: BookFigures, broker: BrokerFigures) -> Parties:
    """Return the account in each party's words, dollars and cents.

    :param broker: the figures' own.
    """
    ours = {row.symbol: row for row in figures.valuation.positions}
    held = (symbol for symbol, row in ours.items() if row.qty != 0)
    symbols = sorted({*held, *figures.gateway, *(broker.positions or {})})
    cash = figures.apart.cash if figures.apart else _NOT_PROVEN
    return Parties(
        BrokerParty(
            number=broker.number,
            kind=broker.kind,
            proven=broker.is_proven,
            cash=CashBeside(known_cents(figures.cash), known_cents(broker.cash), cash.amount, cash.reasons),
            equity=_equity(figures, broker),
            positions=tuple(_made_row(symbol, ours.get(symbol), figures, broker) for symbol in symbols),
        )
    )


def _equity(figures: BookFigures, broker: BrokerFigures) -> EquityBeside:
    ours, theirs, apart = figures.valuation.session.closing, known_cents(broker.equity), figures.apart
    if apart is None:
        reasons = _NOT_PROVEN.reasons
        return EquityBeside(known_cents(ours), theirs, None, None, None, (), None, None, reasons)
    return EquityBeside(
        ours=known_cents(ours),
        broker=theirs,
        difference=apart.difference,
        prices=apart.prices,
        accrued_fees=apart.accrued_fees,
        items=tuple(
            PartyItem(item.kind, item.subject, known_cents(item.cash), amount, item.reason or None)
            for item, amount in apart.items
        ),
        rounding=apart.rounding,
        residual=apart.residual.amount,
        reasons=apart.residual.reasons,
    )


def _made_row(
    symbol: str, ours: PositionValue | None, figures: BookFigures, broker: BrokerFigures
) -> PartyRow:
    gateway = figures.gateway.get(symbol)
    theirs = broker.positions.get(symbol) if broker.positions else None
    unlisted = None if broker.positions is None else money.ZERO
    none_there = money.ZERO if figures.is_gateway_read else None
    return PartyRow(
        symbol=symbol,
        asset_class=theirs.asset_class if theirs else None,
        qty=ours.qty if ours else money.ZERO,
        avg_entry_price=ours.avg_entry_price if ours else None,
        gateway_qty=gateway.qty if gateway else none_there,
        gateway_avg_entry_price=gateway.avg_entry_price if gateway else None,
        broker_qty=theirs.qty if theirs else unlisted,
        broker_avg_entry_price=theirs.avg_entry_price if theirs else None,
        broker_price=theirs.price if theirs else None,
        broker_market_value=known_cents(theirs.market_value) if theirs else None,
        price_effect=figures.apart.effects.get(symbol) if figures.apart else None,
        differences=figures.broker_differences.get(symbol, ()),
    )
