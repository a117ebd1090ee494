"""What weeks, months, quarters and years came to: returns compounded, P&L added up.

Source: docs/CONCEPTS, "Periods".
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal, localcontext

from paper_run import NamedTuple
from paper_run.book.days import CONTEXT, Day, percentage, rounded, unrounded_return
from paper_run.money import ZERO, total

_ONE = Decimal(1)
_TO_DATE = ("week", "month", "quarter", "year")


class Month(NamedTuple):
    """The complete sessions of a month, or of a part of it.

    :ivar name: 2025-01. :ivar sessions: how many.
    :ivar pnl: the sum of their day P&L, dollars and cents, a loss negative.
    :ivar growth: what 1 has compounded to in them, 28 digits; None: nothing was there to compound.
    """

    name: str
    sessions: int = 0
    pnl: Decimal = ZERO
    growth: Decimal | None = _ONE

    def after(self, day: Day) -> "Month":
        """Return it with one more session."""
        pnl = total((self.pnl, day.day_pnl))
        return Month(
            self.name, self.sessions + 1, pnl, compounded((self.growth, _grown(unrounded_return(day))))
        )


class Period(NamedTuple):
    """What a period's complete sessions came to.

    :ivar name: "week", "month", "quarter" or "year", to date; or a month, 2025-01, or a year, 2025.
    :ivar since: its first day, an ISO date; where it lies before the book, the period begins with the book.
    :ivar pnl: the sum of the sessions' day P&L, dollars and cents, a loss negative; None without a session.
    :ivar value: their returns compounded, a ratio, six places; None without a session, or where it is not
        defined. :ivar n: how many sessions. :ivar percent: see `statistics.Statistic`.
    """

    name: str
    since: str
    pnl: Decimal | None
    value: Decimal | None
    n: int
    minimum: int = 1
    percent: Decimal | None = None


def months(days: Iterable[tuple[str, Day]]) -> list[Month]:
    """Return the months of complete sessions, each by its ISO date, oldest first."""
    found: list[Month] = []
    for session, day in days:
        if not found or found[-1].name != session[:7]:
            found.append(Month(session[:7]))
        found[-1] = found[-1].after(day)
    return found


def to_date(
    through: date, of_months: Sequence[Month], recent: Iterable[tuple[str, Day]]
) -> tuple[Period, ...]:
    """Return week, month, quarter and year to date; a week begins on Monday.

    :param through: the session that they end with. :param of_months: those of its year at least.
    :param recent: the complete sessions of its week at least, each by its ISO date, oldest first.
    """
    monday = (through - timedelta(days=through.weekday())).isoformat()
    quarter = through.replace(month=(through.month - 1) // 3 * 3 + 1, day=1).isoformat()
    starts = (monday, f"{through.isoformat()[:7]}-01", quarter, f"{through.year}-01-01")
    week = months((session, day) for session, day in recent if session >= monday)
    parts = (week, *([each for each in of_months if each.name >= start[:7]] for start in starts[1:]))
    return tuple(_period(*each) for each in zip(_TO_DATE, starts, parts, strict=True))


def by_month(of_months: Iterable[Month]) -> tuple[Period, ...]:
    """Return what each month came to."""
    return tuple(_period(each.name, f"{each.name}-01", (each,)) for each in of_months)


def by_year(of_months: Sequence[Month]) -> tuple[Period, ...]:
    """Return what each year came to, of the months' own figures."""
    years = dict.fromkeys(each.name[:4] for each in of_months)
    return tuple(
        _period(year, f"{year}-01-01", [each for each in of_months if each.name.startswith(year)])
        for year in years
    )


def compounded(growths: Iterable[Decimal | None]) -> Decimal | None:
    """Return the product of ratios, 28 digits; None where one is none, or nothing is there to compound."""
    product = _ONE
    with localcontext(CONTEXT):
        for each in growths:
            if each is None or product <= ZERO:
                return None
            product *= each
    return product


def return_over(returns: Iterable[Decimal | None]) -> Decimal | None:
    """Return what the returns of sessions, or of longer periods, come to, all ratios, 28 digits.

    None where one is not defined, or nothing is there to compound.
    """
    return _earned(compounded(map(_grown, returns)))


def _grown(earned: Decimal | None) -> Decimal | None:
    return None if earned is None else CONTEXT.add(_ONE, earned)


def _earned(growth: Decimal | None) -> Decimal | None:
    return None if growth is None else CONTEXT.subtract(growth, _ONE)


def _period(name: str, since: str, parts: Sequence[Month]) -> Period:
    n = sum(each.sessions for each in parts)
    if not n:
        return Period(name, since, None, None, 0)
    earned = _earned(compounded(each.growth for each in parts))
    pnl = total(each.pnl for each in parts)
    return Period(name, since, pnl, rounded(earned), n, percent=percentage(earned))
