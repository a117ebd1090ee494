"""What the weeks, months and years of a book came to, of its months that are kept and its latest sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from paper_run.book import periods
from paper_run.model.periods import Periods

if TYPE_CHECKING:
    from datetime import date

    from paper_run.ledger.valuations import Valuations


def over_periods(valuations: Valuations, period: int, session: date, *, through: bool = True) -> Periods:
    """Return what the periods of a book came to, up to a session.

    :param period: the book, by its id. :param through: whether the session is in them, if it is complete.
    """
    end = (session + timedelta(days=int(through))).isoformat()
    months = valuations.months.read(period, end)
    monday = (session - timedelta(days=session.weekday())).isoformat()
    last = valuations.last_complete(period, end)
    return Periods(
        through=None if last is None else last["session"],
        to_date=periods.to_date(session, months, valuations.days_between(period, monday, end)),
        years=periods.by_year(months),
        months=periods.by_month(months),
        drawdowns=valuations.drawdowns_of(period, end, last).stated(),
    )
