"""The book under the names of the result document: P&L, bridges, positions, statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run import money

if TYPE_CHECKING:
    from decimal import Decimal

    from paper_run.book.valuation import Bridge, PositionValue
    from paper_run.models import BookFigures


def pnl(figures: BookFigures) -> dict[str, Any]:
    """Return the P&L, dollars and cents; what needs a price or a fill that is not known is None."""
    valuation = figures.valuation
    return {
        "method": "average_cost",
        "complete": valuation.complete,
        "since": figures.since.isoformat(),
        "base": valuation.base,
        "sessions_a_year": figures.sessions_a_year,
        "realized_pnl": _cents(valuation.realized_pnl),
        "unrealized_pnl": _cents(valuation.unrealized_pnl),
        "total_pnl": _cents(valuation.total_pnl),
        "day_pnl": _cents(valuation.day_pnl),
        "priced_so_far": money.cents(valuation.priced_so_far),
        "market_value": _cents(valuation.market_value),
        "exposure": _cents(valuation.exposure),
        "equity": _bridge(valuation.session),
        "since_inception": _bridge(valuation.inception),
        "positions": [_position(row, figures) for row in valuation.positions],
    }


def statistics(figures: BookFigures) -> dict[str, Any]:
    """Return each statistic with the number of sessions it comes from and the number it needs."""
    return {name: statistic._asdict() for name, statistic in figures.statistics.items()}


def _bridge(bridge: Bridge) -> dict[str, Any]:
    return {name: _cents(amount) for name, amount in bridge._asdict().items()}


def _position(row: PositionValue, figures: BookFigures) -> dict[str, Any]:
    mark, theirs = row.mark, figures.gateway.get(row.symbol)
    time = mark.time if mark else None
    return {
        "symbol": row.symbol,
        "qty": row.qty,
        "avg_entry_price": row.avg_entry_price,
        "mark_price": mark.price if mark else None,
        "price_source": mark.source if mark else None,
        "price_time": time.astimezone(figures.now.tzinfo).isoformat(timespec="seconds") if time else None,
        "price_age_seconds": max(0, round((figures.now - time).total_seconds())) if time else None,
        "unpriced_reason": figures.unpriced.get(row.symbol),
        "market_value": row.market_value,
        "realized_pnl": row.realized_pnl,
        "unrealized_pnl": row.unrealized_pnl,
        "total_pnl": row.total_pnl,
        "day_pnl": row.day_pnl,
        "orders_in_flight": row.symbol in figures.in_flight,
        "gateway": theirs._asdict() if theirs else None,
        "differences": [each._asdict() for each in figures.differences.get(row.symbol, ())],
        "unknown_reason": figures.unknown.get(row.symbol),
    }


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else money.cents(amount)
