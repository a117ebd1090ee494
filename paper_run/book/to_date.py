"""What the sessions of a week, a month and a year have come to so far.

Source: docs/CONCEPTS, "To date".
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import NamedTuple

from paper_run.book.days import CONTEXT
from paper_run.money import total

_ONE = Decimal(1)


class ToDate(NamedTuple):
    """The complete sessions from a day on.

    :ivar name: week, month or year; a week begins on Monday. :ivar since: its first day, an ISO date.
    :ivar n: how many sessions. :ivar pnl: the sum of their day P&L, dollars, a loss negative; None: there
        is none.
    :ivar value: their returns compounded, a ratio, 28 digits; None: without one, or one of them has none.
    """

    name: str
    since: str
    n: int
    pnl: Decimal | None
    value: Decimal | None


def to_date(
    through: date, sessions: Sequence[tuple[str, Decimal, Decimal | None]]
) -> tuple[ToDate, ToDate, ToDate]:
    """Return week, month and year to date.

    :param through: the session that they end with.
    :param sessions: each by its ISO date with its day P&L, dollars, and its return, a ratio.
    """
    monday = through - timedelta(days=through.weekday())
    return (
        _since("week", monday.isoformat(), sessions),
        _since("month", f"{through:%Y-%m}-01", sessions),
        _since("year", f"{through.year:04}-01-01", sessions),
    )


def _since(name: str, since: str, sessions: Sequence[tuple[str, Decimal, Decimal | None]]) -> ToDate:
    own = [each for each in sessions if each[0] >= since]
    if not own:
        return ToDate(name, since, 0, None, None)
    grown: Decimal | None = _ONE
    with localcontext(CONTEXT):
        for *_, earned in own:
            grown = None if grown is None or earned is None or grown <= 0 else grown * (_ONE + earned)
        value = None if grown is None else grown - _ONE
    return ToDate(name, since, len(own), total(pnl for _, pnl, _ in own), value)
