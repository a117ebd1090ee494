"""What a book came to over its periods and beside its benchmark, of what its latest sessions keep."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypedDict

from paper_run.ledger.valuations import end_of
from paper_run.model import periods

if TYPE_CHECKING:
    from datetime import date

    from paper_run.ledger.valuations import Valuations
    from paper_run.model.benchmark import Benchmark
    from paper_run.model.periods import Periods


class OverSessions(TypedDict):
    """What a book came to over its periods, and beside its benchmark; None: it has none."""

    periods: Periods
    benchmark: Benchmark | None


def over_sessions(
    valuations: Valuations, period: int, session: date, sessions_a_year: int, *, through: bool = True
) -> OverSessions:
    """Return what a book came to over its periods and beside its benchmark, over the same sessions.

    :param period: the book, by its id. :param through: whether the session is in them, if it is complete.
    """
    return {
        "periods": over_periods(valuations, period, session, through=through),
        "benchmark": over_benchmark(valuations, period, session, sessions_a_year, through=through),
    }


def over_periods(valuations: Valuations, period: int, session: date, *, through: bool) -> Periods:
    """Return what the periods of a book came to, up to a session.

    :param period: the book, by its id. :param through: whether the session is in them, if it is complete.
    """
    end = end_of(session, through=through)
    months = valuations.months.read(period, end)
    monday = (session - timedelta(days=session.weekday())).isoformat()
    last = valuations.last_complete(period, end)
    return periods.made(
        session,
        None if last is None else last["session"],
        months,
        valuations.days_between(period, monday, end),
        valuations.drawdowns_of(period, end, last),
    )


def over_benchmark(
    valuations: Valuations, period: int, session: date, sessions_a_year: int, *, through: bool
) -> Benchmark | None:
    """Return a book beside its benchmark, up to a session; None where none is read.

    :param period: the book, by its id. :param through: whether the session is in it, if it is complete.
    """
    end = end_of(session, through=through)
    last = valuations.last_complete(period, end)
    if last is None or last["benchmark"] is None:
        return None
    from paper_run.ledger import benchmarks

    return benchmarks.stated(last, valuations.beside(period, end, last), sessions_a_year)
