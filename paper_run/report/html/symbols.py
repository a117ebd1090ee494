"""The symbols on the pages: each with its history, the round trips, and what they have come to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run.model.findings import unlisted
from paper_run.money import ZERO, share, total
from paper_run.report import text
from paper_run.report.html import cells
from paper_run.report.html.assets import markup
from paper_run.report.html.svg import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from paper_run.book.symbols import Rate, SymbolTotals, TripFigures
    from paper_run.model.result import RunResult
    from paper_run.model.symbols import SymbolRow, Symbols, TripRow
    from paper_run.model.tearsheet import SymbolsOver

MOST, MOST_OF_INDEX, MOST_TRIPS = 20, 100, 100
_WIDTH, _HEIGHT = 60, 16
_NAMES = (
    "Symbol",
    "Total P&amp;L",
    "Holding",
    "Trading",
    "Sessions",
    "Long",
    "Short",
    "Hit rate",
    "Round trips",
)
_HEADS = "".join(
    f'<th scope="col"{" data-words" if name in ("Symbol", "Last") else ""}>{name}</th>'
    for name in (*_NAMES, "Their P&amp;L", "Last")
)
_WORDS = "Holding: what was held at a closing, to the next; trading: what was traded since, against the mark."


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
        "more": unlisted(len(symbols.rows), MOST, "in the JSON"),
        "since": min((each.since for each in symbols.rows if each.since), default=""),
        "trips": markup(_round_trips(symbols, symbols.num_trips, symbols.trips)),
    }


def table(totals: Mapping[str, SymbolTotals], pages: Mapping[str, str], last: str = "") -> str:
    """Return the table of what symbols came to, with a filter: the largest P&L first, at most 100.

    :param pages: the address of each session's page. :param last: its foot, which no filter hides.
    """
    chosen = sorted(totals.items(), key=lambda each: (-abs(each[1].pnl), each[0]))[:MOST_OF_INDEX]
    rows = "\n".join(_total_row(symbol, each, pages.get(each.last)) for symbol, each in chosen)
    return (
        '<div class="scroll" role="region" tabindex="0" aria-label="Symbols table">\n'
        f'<table class="points by-symbol" id="symbols-table">\n<thead><tr>{_HEADS}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>{last}\n</table>\n</div>"
    )


def section_over(symbols: SymbolsOver | None, first: str) -> str:
    """Return the section of a tear sheet, "" where there is none.

    :param first: the first session of the period, an ISO date.
    """
    if symbols is None:
        return ""
    trips = symbols.trips[:MOST_TRIPS]
    more = unlisted(len(symbols.totals), MOST_OF_INDEX, "in the JSON")
    return (
        '<section aria-labelledby="symbols">\n<h2 id="symbols">Symbols and round trips</h2>\n'
        f"{table(symbols.totals, {}, _foot(symbols))}\n"
        f'<p class="aside">{f"{more}. " if more else ""}{cells.begins(symbols.begins, first)}{_WORDS}</p>\n'
        f"{_round_trips(symbols.figures, symbols.figures.n, trips)}\n</section>"
    )


def _total_row(symbol: str, totals: SymbolTotals, page: str | None) -> str:
    name = escaped(text.clipped(symbol))
    last = escaped(totals.last) or text.ABSENT
    linked = f'<a href="{page}#symbols">{last}</a>' if page else last
    return (
        f'<tr><th scope="row">{name}</th>{cells.gain(totals.pnl)}{cells.gain(totals.holding_pnl)}'
        f"{cells.gain(totals.trading_pnl)}<td>{totals.sessions}</td><td>{totals.long}</td>"
        f"<td>{totals.short}</td>{_rate(totals.hit_rate)}<td>{totals.trips}</td>"
        f"{cells.gain(totals.trips_pnl if totals.trips else None)}<td>{linked}</td></tr>"
    )


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


def _foot(symbols: SymbolsOver) -> str:
    own = total(each.pnl for each in symbols.totals.values())
    rest = cells.gain(symbols.other_pnl) if symbols.other_pnl else ""
    rows = "".join(
        f'<tr><th scope="row">{name}</th>{cell}<td colspan="9"></td></tr>'
        for name, cell in (("All symbols", cells.gain(own)), ("Before", rest))
        if cell
    )
    return f"<tfoot>{rows}</tfoot>"


def _round_trips(figures: Symbols | TripFigures, number: int, listed: Sequence[TripRow]) -> str:
    """Return the figures of round trips, and those that are listed, newest first."""
    if not number:
        return '<p class="none">No position has been closed yet, so there is no round trip.</p>'
    of_all = f"of {number:,} round trips"
    shown = "".join(
        f"<div><dt>{label}</dt>{_shown(rate, show)}"
        f'<dd class="aside">{_needs(rate) if rate.value is None else of_all}</dd></div>\n'
        for label, rate, show in (
            ("Win rate", figures.win_rate, text.fixed_percent),
            ("Profit factor", figures.profit_factor, text.ratio),
            ("Expectancy", figures.expectancy, text.signed_money),
        )
    )
    return (
        f'<dl class="pair trips">\n{shown}</dl>\n'
        f"<details><summary>The latest {len(listed)} of {number:,} round trips, newest first</summary>\n"
        '<div class="scroll" role="region" tabindex="0" aria-label="Round trips table">'
        '<table class="plain moved"><thead><tr><th scope="col">Symbol</th><th scope="col">Side</th>'
        '<th scope="col">Opened</th><th scope="col">Closed</th><th scope="col">Sessions</th>'
        '<th scope="col">P&amp;L</th></tr></thead><tbody>\n'
        + "\n".join(map(_trip, listed))
        + "\n</tbody></table></div>\n</details>"
    )


def _shown(rate: Rate, show: Callable[[Decimal], str]) -> str:
    if rate.value is None:
        return f'<dd class="absent">{text.ABSENT}</dd>'
    return f"<dd>{show(rate.value)}</dd>"


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
