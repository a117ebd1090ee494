"""The symbols on the pages: each with its history, the round trips, and what they have come to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run.model.listing import unlisted
from paper_run.money import CONTEXT, ZERO, share
from paper_run.report import text
from paper_run.report.html import cells
from paper_run.report.html.assets import markup
from paper_run.report.html.svg import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from paper_run.book.symbols import SymbolTotals
    from paper_run.model.result import RunResult
    from paper_run.model.symbols import Rate, SymbolRow, Symbols, TripRow

MOST, MOST_OF_INDEX = 25, 100
_WIDTH, _HEIGHT = 60, 16


def view(result: RunResult) -> dict[str, Any] | None:
    """Return the section of a day's page; None where its record has none."""
    symbols = result.symbols
    if symbols is None or result.pnl is None:
        return None
    listed = symbols.rows[:MOST]
    shares = {
        each.symbol: share(each.market_value, result.pnl.equity.closing) for each in result.pnl.positions
    }
    rows = "\n".join(_row(each, shares.get(each.symbol)) for each in listed)
    return {
        "rows": markup(rows),
        "widest": cells.widest(rows),
        "more": unlisted(len(symbols.rows), MOST, "in the JSON"),
        "since": min((each.since for each in symbols.rows if each.since), default=""),
        "trips": _figures(symbols),
        "trip_rows": markup("\n".join(map(_trip, symbols.trips))),
        "num_trips": symbols.num_trips,
        "num_listed": len(symbols.trips),
    }


def index_rows(totals: Mapping[str, SymbolTotals], pages: Mapping[str, str]) -> str:
    """Return one table row a symbol, the largest P&L first, as many as the index has room for.

    :param pages: the address of each session's page.
    """
    chosen = sorted(totals.items(), key=lambda each: (-abs(_earned(each[1])), each[0]))[:MOST_OF_INDEX]
    return "\n".join(_index_row(symbol, each, pages.get(each.last)) for symbol, each in chosen)


def _index_row(symbol: str, totals: SymbolTotals, page: str | None) -> str:
    name = escaped(text.clipped(symbol))
    last = escaped(totals.last) or text.ABSENT
    linked = f'<a href="{page}#symbols">{last}</a>' if page else last
    earned = CONTEXT.add(totals.profit, totals.loss)
    return (
        f'<tr><th scope="row">{name}</th>{cells.gain(_earned(totals))}{cells.gain(totals.holding_pnl)}'
        f"{cells.gain(totals.trading_pnl)}<td>{totals.sessions}</td><td>{totals.long}</td>"
        f"<td>{totals.short}</td>{_share(totals.gains, totals.sessions)}<td>{totals.trips}</td>"
        f"{cells.gain(earned if totals.trips else None)}<td>{linked}</td></tr>"
    )


def _earned(totals: SymbolTotals) -> Decimal:
    return CONTEXT.add(totals.holding_pnl, totals.trading_pnl)


def _share(part: int, whole: int) -> str:
    return cells.share(Decimal(part), Decimal(whole))


def _row(row: SymbolRow, held: Decimal | None) -> str:
    look = ' class="closed"' if row.qty == 0 else ""
    return (
        f"<tr{look}>{cells.name(row.symbol)}<td>{sparkline(row.history)}</td>{cells.gain(row.total_pnl)}"
        f"{cells.gain(row.holding_pnl)}{cells.gain(row.trading_pnl)}"
        f"{cells.gain(row.holding_sum if row.sessions else None)}"
        f"{cells.gain(row.trading_sum if row.sessions else None)}"
        f"<td>{row.sessions} <small>{row.long} long, {row.short} short</small></td>{_rate(row.hit_rate)}"
        f"<td>{row.trips}{_of_trips(row)}</td>"
        f"{cells.number(row.weight, text.signed_percent, 4)}"
        f"<td>{text.signed_percent(held if row.qty else None)}</td></tr>"
    )


def _of_trips(row: SymbolRow) -> str:
    return f" <small>{text.signed_money(row.trips_pnl)}</small>" if row.trips else ""


def _rate(rate: Rate) -> str:
    if rate.value is not None:
        return f"<td>{text.fixed_percent(rate.value)}</td>"
    return f'<td class="needs">{_needs(rate)}</td>'


def _needs(rate: Rate) -> str:
    return f"needs {rate.minimum - rate.n} more" if rate.n < rate.minimum else "not defined"


def _figures(symbols: Symbols) -> list[tuple[str, str, str]]:
    """Return label, value and from what, of the round trips."""
    of = f"of {symbols.num_trips:,} round trips"
    shown = (
        ("Win rate", symbols.win_rate, text.fixed_percent),
        ("Profit factor", symbols.profit_factor, text.ratio),
        ("Expectancy", symbols.expectancy, text.signed_money),
    )
    return [
        (
            label,
            text.ABSENT if rate.value is None else show(rate.value),
            _needs(rate) if rate.value is None else of,
        )
        for label, rate, show in shown
    ]


def _trip(trip: TripRow) -> str:
    return (
        f"<tr>{cells.name(trip.symbol)}{cells.words(trip.side)}{cells.words(trip.opened)}"
        f"{cells.words(trip.closed)}<td>{trip.sessions}</td>{cells.gain(trip.pnl)}</tr>"
    )


def sparkline(history: Sequence[Decimal]) -> str:
    """Return a small line through the closings and zero; the table has the last figure in words."""
    if len(history) < 2:
        return text.ABSENT
    low, high = min(ZERO, *history), max(ZERO, *history)
    span = float(high - low) or 1.0
    step = _WIDTH / (len(history) - 1)

    def height(amount: Decimal) -> str:
        return f"{(1 - float(amount - low) / span) * (_HEIGHT - 2) + 1:.0f}"

    line = "L".join(f"{at * step:.0f} {height(each)}" for at, each in enumerate(history))
    zero = height(ZERO)
    return (
        f'<svg class="spark" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true">'
        f'<path class="zero" d="M0 {zero}H{_WIDTH}"/><path class="line" d="M{line}"/></svg>'
    )
