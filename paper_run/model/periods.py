"""What a result states of weeks, months and years, and of the deepest drawdowns."""

from collections.abc import Sequence
from datetime import date

from paper_run import NamedTuple
from paper_run.book import periods
from paper_run.book.days import Day
from paper_run.book.drawdowns import Drawdown, Drawdowns
from paper_run.book.periods import Month, Period


class Periods(NamedTuple):
    """The periods of a book through a session.

    :ivar through: the last complete session that is in them, an ISO date; None: there is none.
    :ivar to_date: week, month, quarter and year, up to the session of the result.
    :ivar years: and `months`, oldest first, those that have a complete session.
    :ivar drawdowns: the five deepest, the deepest first; None where there is nothing to compound.
    """

    through: str | None
    to_date: tuple[Period, ...]
    years: tuple[Period, ...]
    months: tuple[Period, ...]
    drawdowns: tuple[Drawdown, ...] | None


def made(
    session: date,
    through: str | None,
    months: Sequence[Month],
    days: Sequence[tuple[str, Day]],
    falls: Drawdowns,
) -> Periods:
    """Return the periods up to a session.

    :param through: the last complete session, an ISO date. :param months: oldest first.
    :param days: at least the complete sessions of the session's week, by their ISO dates.
    """
    return Periods(
        through=through,
        to_date=periods.to_date(session, months, days),
        years=periods.by_year(months),
        months=periods.by_month(months),
        drawdowns=falls.stated(),
    )
