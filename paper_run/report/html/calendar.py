"""The sessions as calendar months, each day with its P&L as sign, figure and colour."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run.money import ZERO, total
from paper_run.report import text
from paper_run.report.html.navigation import page_of
from paper_run.report.html.svg import escaped
from paper_run.report.text import MONTHS, WEEKDAYS, day_of, long_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from paper_run.model.history import SessionLine

_WEEK, _SATURDAY = 7, 5
# What is shown as 1.0 of a scale, or as more.
_SCALES = tuple(
    (Decimal(10) ** power, Decimal(10) ** power * Decimal("0.9995"), letter)
    for power, letter in ((9, "B"), (6, "M"), (3, "k"))
)
_TEN = Decimal("9.95")
_HEADS = "".join(f'<th scope="col" abbr="{name}">{name[:2]}</th>' for name in WEEKDAYS)


def shades(lines: Sequence[SessionLine]) -> tuple[Decimal, Decimal] | None:
    """Return the two sizes of day P&L, in dollars, that part the days into three shades of equal number.

    None when no day gained or lost anything.
    """
    sizes = sorted(abs(line.day_pnl) for line in lines if line.day_pnl)
    if not sizes:
        return None
    return sizes[(len(sizes) - 1) // 3], sizes[(len(sizes) - 1) * 2 // 3]


def months(lines: Sequence[SessionLine], *, cut: bool = False) -> str:
    """Return one table a month that has a session, the newest month first; "" when there is none.

    Sessions that are named after no date have no day here.

    :param cut: there are earlier sessions than these, so the oldest month may lack some and is left out.
    """
    bounds = shades(lines)
    by_month: dict[tuple[int, int], dict[date, SessionLine]] = {}
    for line in lines:
        if day := day_of(line.session):
            by_month.setdefault((day.year, day.month), {})[day] = line
    if cut and len(by_month) > 1:
        del by_month[min(by_month)]
    at_weekends = any(day.weekday() >= _SATURDAY for days in by_month.values() for day in days)
    look = "month" if at_weekends else "month workdays"
    return "\n".join(
        f'<table class="{look}">{_month(year, month, by_month[year, month], bounds)}</table>'
        for year, month in sorted(by_month, reverse=True)
    )


def compact(amount: Decimal) -> str:
    """Return a gain or a loss in at most 5 characters, below a trillion: `+8`, `−950`, `+1.2k`, `−35k`."""
    size = abs(amount)
    sign = text.MINUS if amount < 0 else "+" if amount > 0 else ""
    for scale, least, letter in _SCALES:
        if size >= least:
            share = size / scale
            return f"{sign}{share:.0f}{letter}" if share >= _TEN else f"{sign}{share:.1f}{letter}"
    if 0 < size < 1:
        return f"{sign}<1"
    return f"{sign}{size:.0f}"


def _month(
    year: int, month: int, days: Mapping[date, SessionLine], bounds: tuple[Decimal, Decimal] | None
) -> str:
    first = date(year, month, 1)
    cells = ["<td></td>"] * first.weekday()
    day = first
    while day.month == month:
        line = days.get(day)
        cells.append(_session(day, line, bounds) if line else _no_session(day))
        day += timedelta(days=1)
    cells += ["<td></td>"] * (-len(cells) % _WEEK)
    weeks = (cells[at : at + _WEEK] for at in range(0, len(cells), _WEEK))
    known = [line.day_pnl for line in days.values() if line.day_pnl is not None]
    earned = text.signed_money(total(known)) if known else text.ABSENT
    return (
        f"<caption>{MONTHS[month - 1]} {year} <span>{earned}</span></caption>"
        f"<thead><tr>{_HEADS}</tr></thead><tbody>"
        + "".join(f"<tr>{''.join(week)}</tr>" for week in weeks)
        + "</tbody>"
    )


def _no_session(day: date) -> str:
    return f'<td class="{"off" if day.weekday() < _SATURDAY else "weekend"}">{day.day}</td>'


def _session(day: date, line: SessionLine, bounds: tuple[Decimal, Decimal] | None) -> str:
    pnl = line.day_pnl
    if pnl is None:
        return (
            f'<td class="unvalued" title="{long_date(day)}: not valued">'
            f"{_linked(line, f'<span>{day.day}</span> <b>?</b>')}</td>"
        )
    rate = "" if line.daily_return is None else f", {text.signed_percent(line.daily_return)}"
    title = escaped(f"{long_date(day)}: {text.signed_money(pnl)}{rate}")
    shown = "<b>" + escaped(compact(pnl)) + "</b>"
    inside = _linked(line, f"<span>{day.day}</span> {shown}")
    return f'<td class="{_shade(pnl, bounds)}" title="{title}">{inside}</td>'


def _linked(line: SessionLine, shown: str) -> str:
    """Return what a day shows as a link to its page."""
    page = page_of(line)
    return f'<a href="{page}">{shown}</a>' if page else shown


def _shade(pnl: Decimal, bounds: tuple[Decimal, Decimal] | None) -> str:
    if pnl == ZERO or bounds is None:
        return "flat"
    depth = 1 + sum(abs(pnl) > bound for bound in bounds)
    return f"{'gain' if pnl > 0 else 'loss'}{depth}"
