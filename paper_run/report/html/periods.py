"""The periods on page and index: to date, months by years, and the deepest drawdowns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.report import text
from paper_run.report.html import cells
from paper_run.report.html.calendar import compact
from paper_run.report.html.svg import escaped
from paper_run.report.text import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from paper_run.book.drawdowns import Drawdown
    from paper_run.book.periods import Period
    from paper_run.model.periods import Periods

_HEADS = "".join(f'<th scope="col" abbr="{name}">{name[:3]}</th>' for name in MONTHS)
_START = "the start"


def section(periods: Periods | None) -> str:
    """Return the section, "" of a record that has none."""
    if periods is None:
        return ""
    return (
        '<section class="periods" aria-labelledby="periods"><h2 id="periods">Periods</h2>\n'
        f'<dl class="todate">{"".join(map(_to_date, periods.to_date))}</dl>\n'
        f"{_months(periods)}{_drawdowns(periods.drawdowns, is_any=periods.through is not None)}</section>"
    )


def _to_date(period: Period) -> str:
    said = (
        _needs(period)
        if period.pnl is None
        else f"{text.signed_money(period.pnl)}, {cells.sessions(period.n)}"
    )
    tone = text.tone_of(period.pnl)
    coloured = f' class="{tone}"' if tone else ' class="absent"' if period.value is None else ""
    return (
        f"<div><dt>{escaped(period.name.capitalize())} to date</dt><dd{coloured}>{_rate(period)}</dd>"
        f'<dd class="aside">{said} since {_day(period.since)}</dd></div>'
    )


def _months(periods: Periods) -> str:
    if not periods.years:
        return ""
    of_month = {each.name: each for each in periods.months}
    rows = "".join(_year(each, of_month) for each in reversed(periods.years))
    return (
        '<div class="scroll" role="region" tabindex="0" aria-label="Months by years">'
        '<table class="bymonth"><thead><tr><th scope="col">Year</th>'
        f'{_HEADS}<th scope="col">Year</th></tr></thead><tbody>{rows}</tbody></table></div>\n'
        '<p class="aside">Return, then P&amp;L in dollars and the number of complete sessions. '
        "A loss is hatched.</p>\n"
    )


def _year(year: Period, of_month: Mapping[str, Period]) -> str:
    months = "".join(_cell(of_month.get(f"{year.name}-{month:02}")) for month in range(1, 13))
    return f'<tr><th scope="row">{escaped(year.name)}</th>{months}{_cell(year)}</tr>'


def _cell(period: Period | None) -> str:
    if period is None or period.pnl is None:
        return "<td></td>"
    tone = text.tone_of(period.pnl)
    coloured = f' class="{tone}"' if tone else ""
    return (
        f'<td{coloured} title="{text.signed_money(period.pnl)}, {cells.sessions(period.n)}">{_rate(period)}'
        f"<small>{escaped(compact(period.pnl))} · {period.n}</small></td>"
    )


def _drawdowns(found: Iterable[Drawdown] | None, *, is_any: bool) -> str:
    """Return the deepest falls; without a complete session nothing is known of any."""
    if found is None:
        return '<p class="none">Nothing was left to compound, so there is no drawdown any more.</p>'
    rows = "".join(map(_drawdown, found))
    if not rows:
        return '<p class="none">There was no drawdown.</p>' if is_any else ""
    heads = ("Deepest drawdowns", "From", "Trough", "Recovered", "To the trough", "In all")
    named = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return (
        '<div class="scroll" role="region" tabindex="0" aria-label="Deepest drawdowns table">'
        f'<table class="plain falls"><thead><tr>{named}</tr></thead><tbody>{rows}</tbody></table></div>\n'
    )


def _drawdown(each: Drawdown) -> str:
    recovery = "not yet" if each.recovery is None else _day(each.recovery)
    so_far = " so far" if each.recovery is None else ""
    return (
        f'<tr><th scope="row">{text.signed_percent(text.as_shown(each.depth, each.percent))}</th>'
        f"<td>{_day(each.peak) if each.peak else _START}</td><td>{_day(each.trough)}</td><td>{recovery}</td>"
        f"<td>{cells.sessions(each.falling)}</td><td>{cells.sessions(each.sessions)}{so_far}</td></tr>"
    )


def _rate(period: Period) -> str:
    return text.signed_percent(text.as_shown(period.value, period.percent))


def _needs(period: Period) -> str:
    return cells.needs(period.minimum - period.n)


def _day(session: str) -> str:
    return escaped(text.short_day(session))
