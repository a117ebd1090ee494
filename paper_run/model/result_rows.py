"""What a result states of the book and of the services: rounded rows, times as words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import money
from paper_run.book.bridge import Bridge
from paper_run.book.holdings import ACCOUNT
from paper_run.model.result import HealthRow, MoneyRow, Pnl, PositionRow, Requested, Statistics
from paper_run.money import known_cents

if TYPE_CHECKING:
    from typing import Any

    from paper_run.book.valuation import PositionValue
    from paper_run.model.attempt import Parameters
    from paper_run.model.book_figures import BookedMoney, BookFigures
    from paper_run.model.parties import Parties
    from paper_run.model.service import ServiceHealth


def pnl(figures: BookFigures) -> Pnl:
    """Return the P&L, dollars and cents; what needs a price or a fill that is not known is None."""
    valuation = figures.valuation
    return Pnl(
        method="average_cost",
        complete=valuation.complete,
        since=figures.since.isoformat(),
        base=valuation.base,
        sessions_a_year=figures.sessions_a_year,
        realized_pnl=known_cents(valuation.realized_pnl),
        unrealized_pnl=known_cents(valuation.unrealized_pnl),
        total_pnl=known_cents(valuation.total_pnl),
        day_pnl=known_cents(valuation.day_pnl),
        priced_so_far=money.cents(valuation.priced_so_far),
        market_value=known_cents(valuation.market_value),
        exposure=known_cents(valuation.exposure),
        equity=_bridge(valuation.session),
        since_inception=_bridge(valuation.inception),
        positions=tuple(_position(row, figures) for row in valuation.positions),
        money=tuple(map(_money, figures.moved)),
        base_account=figures.base_account,
        provisional=figures.provisional,
    )


def of_book(figures: BookFigures) -> dict[str, Any]:
    """Return what a result states of the book, by the names of its fields."""
    return {
        "pnl": pnl(figures),
        "parties": parties(figures),
        "statistics": Statistics(**figures.statistics),
        "symbols": figures.symbols,
        "signals": figures.signals,
        "periods": figures.periods,
        "benchmark": figures.benchmark,
    }


def parties(figures: BookFigures) -> Parties | None:
    """Return the account in each party's words, dollars and cents; None where no broker was read."""
    if figures.broker is None:
        return None
    from paper_run.model.parties import made

    return made(figures, figures.broker)


def asked(parameters: Parameters) -> Requested:
    """Return what the orchestrator was asked for."""
    symbols, capital, maximum, as_of_date = parameters
    return Requested(symbols, capital, maximum, as_of_date.isoformat())


def health(services: tuple[ServiceHealth, ...]) -> tuple[HealthRow, ...]:
    """Return the services' answers to the health check."""
    return tuple(
        HealthRow(each.service, each.url, each.status, each.latency_ms, each.detail) for each in services
    )


def _bridge(bridge: Bridge) -> Bridge:
    return Bridge(
        opening=money.cents(bridge.opening),
        realized=known_cents(bridge.realized),
        unrealized_change=known_cents(bridge.unrealized_change),
        adjustments=money.cents(bridge.adjustments),
        closing=known_cents(bridge.closing),
        unexplained=known_cents(bridge.unexplained),
        money=bridge.money,
    )


def _money(moved: BookedMoney) -> MoneyRow:
    kind, what = moved.activity_type, moved.note or moved.kind
    if kind is not None:
        from paper_run.model import money_types

        what = money_types.of(kind).words
    return MoneyRow(
        day=moved.day,
        kind=moved.kind,
        activity_type=kind,
        what=what,
        symbol=None if moved.symbol == ACCOUNT else moved.symbol,
        qty=moved.qty or None,
        amount=money.cents(moved.amount),
        status=moved.status,
        activity=moved.activity,
        source="broker",
    )


def _position(row: PositionValue, figures: BookFigures) -> PositionRow:
    mark = row.mark
    time = mark.time if mark else None
    return PositionRow(
        symbol=row.symbol,
        qty=row.qty,
        avg_entry_price=row.avg_entry_price,
        mark_price=mark.price if mark else None,
        price_source=mark.source if mark else None,
        price_time=time.astimezone(figures.now.tzinfo).isoformat(timespec="seconds") if time else None,
        price_age_seconds=max(0, round((figures.now - time).total_seconds())) if time else None,
        unpriced_reason=figures.unpriced.get(row.symbol),
        market_value=row.market_value,
        realized_pnl=row.realized_pnl,
        unrealized_pnl=row.unrealized_pnl,
        total_pnl=row.total_pnl,
        day_pnl=row.day_pnl,
        orders_in_flight=row.symbol in figures.in_flight,
        gateway=figures.gateway.get(row.symbol),
        differences=figures.differences.get(row.symbol, ()),
        unknown_reason=figures.unknown.get(row.symbol),
    )
