"""What happens in the simulated year: on which days, at what time, which command, and what goes wrong."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from builders.moments import NEW_YORK

from paper_run.sandbox.exchange_days import is_session

FIRST, LAST = date(2025, 1, 2), date(2026, 1, 5)
"""252 sessions, over the end of a year; 2025-01-09 was an unforeseen closing."""
RUN_AT, MARK_AT = time(9, 35), time(16, 10)

GATEWAY_DOWN = (date(2025, 3, 17), date(2025, 3, 21))
"""Monday to Friday: the execution gateway refuses every connection."""
MAIL_DOWN = (date(2025, 6, 16), date(2025, 6, 20))
"""Monday to Friday, with Juneteenth on Thursday: the mail server refuses every connection."""
LATE = {date(2025, 9, 16): time(15, 50), date(2025, 11, 28): time(12, 50)}
"""The machine was off in the morning. The second is a half day: the close is at 13:00."""
STARTED_TWICE = {date(2025, 10, 7): time(15, 55)}
"""Somebody looks at the day once more, at an hour at which it could no longer begin."""
CLOCK_CHANGES = (date(2025, 3, 9), date(2025, 11, 2))
"""New York's; both are Sundays."""

AT_POST, RECORDED = "at the POST", "recorded"
"""The POST has arrived and T5 has not begun; or the attempt is recorded and no file is written yet."""
KILLED = {
    date(2025, 4, 8): AT_POST,
    date(2025, 5, 6): AT_POST,
    date(2025, 8, 12): RECORDED,
    date(2025, 10, 21): RECORDED,
}
RUN_AGAIN_AT = {date(2025, 4, 8): time(9, 50), date(2025, 8, 12): time(9, 50)}
"""On these days somebody starts the killed run again; on the others the next command is the mark."""


class Act(NamedTuple):
    """A command at its time; `kill` is where it is killed."""

    day: date
    at: time
    args: tuple[str, ...]
    kill: str | None = None

    @property
    def moment(self) -> datetime:
        return datetime.combine(self.day, self.at, NEW_YORK).astimezone(UTC)


def every_day() -> Iterator[date]:
    """Yield each day of the year."""
    day = FIRST
    while day <= LAST:
        yield day
        day += timedelta(days=1)


def within(day: date, span: tuple[date, date]) -> bool:
    return span[0] <= day <= span[1]


def acts_of(day: date) -> Iterator[Act]:
    """Yield the commands of a day as a crontab would start them; on weekends without -q, to read a line."""
    if day.weekday() >= 5:
        yield Act(day, RUN_AT, ())
        return
    yield Act(day, LATE.get(day, RUN_AT), ("-q",), KILLED.get(day))
    again = RUN_AGAIN_AT.get(day) or STARTED_TWICE.get(day)
    if again:
        yield Act(day, again, ("-q",))
    yield Act(day, MARK_AT, ("mark", "-q"))


SESSIONS = tuple(day for day in every_day() if is_session(day))
CLOSED = tuple(day for day in every_day() if not is_session(day))
DOWN = tuple(day for day in SESSIONS if within(day, GATEWAY_DOWN))
TRADED = tuple(day for day in SESSIONS if day not in LATE and day not in DOWN)
