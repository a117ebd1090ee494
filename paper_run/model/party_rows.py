"""What a result states of the account in each party's words: each row's money rounded once, to the cent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import money
from paper_run.book.parties import Left
from paper_run.model.parties import BrokerParty, CashBeside, EquityBeside, Parties, PartyItem, PartyRow

if TYPE_CHECKING:
    from decimal import Decimal

    from paper_run.book.valuation import PositionValue
    from paper_run.model.book_figures import BookFigures, BrokerFigures

_NOT_PROVEN = Left(None, ("the account is not yet proven to be ours",))


def parties(figures: BookFigures, broker: BrokerFigures) -> Parties:
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
            cash=CashBeside(_cents(figures.cash), _cents(broker.cash), cash.amount, cash.reasons),
            equity=_equity(figures, broker),
            positions=tuple(_row(symbol, ours.get(symbol), figures, broker) for symbol in symbols),
        )
    )


def _equity(figures: BookFigures, broker: BrokerFigures) -> EquityBeside:
    ours, theirs, apart = figures.valuation.session.closing, _cents(broker.equity), figures.apart
    if apart is None:
        reasons = _NOT_PROVEN.reasons
        return EquityBeside(_cents(ours), theirs, None, None, None, (), None, None, reasons)
    return EquityBeside(
        ours=_cents(ours),
        broker=theirs,
        difference=apart.difference,
        prices=apart.prices,
        accrued_fees=apart.accrued_fees,
        items=tuple(
            PartyItem(item.kind, item.subject, _cents(item.cash), amount, item.reason or None)
            for item, amount in apart.items
        ),
        rounding=apart.rounding,
        residual=apart.residual.amount,
        reasons=apart.residual.reasons,
    )


def _row(symbol: str, ours: PositionValue | None, figures: BookFigures, broker: BrokerFigures) -> PartyRow:
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
        broker_market_value=_cents(theirs.market_value) if theirs else None,
        price_effect=figures.apart.effects.get(symbol) if figures.apart else None,
        differences=figures.broker_differences.get(symbol, ()),
    )


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else money.cents(amount)
