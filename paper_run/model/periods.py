"""What a result states of weeks, months and years, and of the deepest drawdowns."""

from typing import NamedTuple

from paper_run.book.drawdowns import Drawdown
from paper_run.book.periods import Period


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
