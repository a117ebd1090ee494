"""The tear sheet as one self-contained page without a script, ready to print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.book.days import downsampled
from paper_run.money import share
from paper_run.report import text
from paper_run.report.html import (
    assets,
    benchmark,
    book,
    cells,
    equity_section,
    execution,
    periods,
    signals,
    symbols,
)
from paper_run.report.html.assets import markup
from paper_run.report.summary.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal
    from pathlib import Path

    from paper_run.book.statistics import Statistic
    from paper_run.model.history import SessionLine
    from paper_run.model.tearsheet import TearSheet

_PAGE, _STYLE = "tearsheet.html", "report.css"
_DRAWN = 260
_SECTIONS: tuple[Callable[[TearSheet], str], ...] = (
    lambda sheet: execution.section_over(sheet.costs, sheet.first),
    lambda sheet: signals.section_over(sheet.signals, sheet.first),
    lambda sheet: symbols.section_over(sheet.symbols, sheet.first),
    lambda sheet: periods.section(sheet.periods),
)
"""What follows the curve and the statistics, a section each."""


def render(sheet: TearSheet, *, cache_folder: Path | None = None) -> str:
    """Return the page; the same tear sheet gives the same text.

    :param cache_folder: where the compiled template is kept, see `assets.template`.
    """
    drawn = _drawn(sheet.curve)
    number = len(sheet.curve)
    view = {
        "css": markup(assets.asset(_STYLE)),
        "policy": assets.policy(style_of=_STYLE),
        "label": sheet.label or "",
        "first": text.long_day(sheet.first),
        "through": text.long_day(sheet.through),
        "ends": (sheet.first, sheet.through),
        "asked": f"from {sheet.asked.since} " + (f"to {sheet.asked.until}" if sheet.asked.until else "on"),
        "book": f"book {sheet.book} of {sheet.books}" if sheet.books > 1 else "",
        "number": text.count(number),
        "not_valued": _not_valued(sheet.not_valued - sheet.behind, sheet.behind),
        "ledger": sheet.ledger,
        "sessions_a_year": sheet.sessions_a_year,
        "figures": _figures(sheet),
        "equity": _equity(sheet),
        "curve": markup(
            equity_section.section(
                drawn, without="", number=number, is_live=False, benchmark=benchmark.line(sheet.benchmark)
            )
        ),
        "benchmark": markup(benchmark.section(sheet.benchmark)),
        "statistic_rows": markup(book.named_statistic_rows(sheet.statistics)),
        "has_arrivals": sheet.costs is not None,
        "has_symbols": sheet.symbols is not None,
        "sections": [markup(made) for section in _SECTIONS if (made := section(sheet))],
    }
    return assets.rendered(_PAGE, view, cache_folder=cache_folder)


def _figures(sheet: TearSheet) -> list[Figure]:
    found = sheet.statistics

    def figure(label: str, name: str, show: Callable[[Decimal | None], str], aside: str) -> Figure:
        each = found[name]
        tone = text.tone_of(each.value) if show is text.signed_percent else ""
        below = _why(each) if each.value is None else aside
        return Figure(label, show(text.percentage(each)), below, tone)

    pnl = text.signed_money(sheet.pnl)
    return [
        figure("Total return", "total_return", text.signed_percent, f"P&L {pnl}"),
        figure("Maximum drawdown", "max_drawdown", text.signed_percent, "of compounded equity"),
        figure("Sharpe ratio", "sharpe_ratio", text.ratio, "a year, no risk-free rate"),
        figure("Volatility", "volatility", text.fixed_percent, "a year"),
    ]


def _why(statistic: Statistic) -> str:
    lacks = statistic.minimum - statistic.n
    return cells.needs(lacks) if lacks > 0 else "not defined"


def _not_valued(before: int, behind: int) -> str:
    """Say how many sessions are not valued, before the last that is and behind it; "" without any."""
    said = [f"{before:,} more: what they earned is in the next one’s"] * bool(before)
    said += [f"{behind:,} more after the last: what they earned is in no figure here"] * bool(behind)
    return "; ".join(said)


def _equity(sheet: TearSheet) -> list[tuple[str, str]]:
    return [
        ("Opening equity", text.money(sheet.opening)),
        ("P&L", text.signed_money(sheet.pnl)),
        ("Adjustments", text.signed_money(sheet.adjustments)),
        ("Closing equity", text.money(sheet.closing)),
    ]


def _drawn(curve: Sequence[SessionLine]) -> list[SessionLine]:
    """Return at most so many sessions that the curve looks like the whole; no extreme is lost."""
    if len(curve) <= _DRAWN:
        return list(curve)
    closings, falls, *others = ([float(value or 0) for value in each] for each in _series(curve))
    chosen = downsampled((closings, falls, *others), (closings, *others), _DRAWN)
    return [curve[at] for at in chosen]


def _series(curve: Sequence[SessionLine]) -> tuple[list[Any], ...]:
    return (
        [line.closing for line in curve],
        [line.drawdown for line in curve],
        [line.day_pnl for line in curve],
        [line.closing if line.benchmark is None else line.benchmark for line in curve],
        [share(line.long, line.closing) for line in curve],
        [share(line.short, line.closing) for line in curve],
    )
