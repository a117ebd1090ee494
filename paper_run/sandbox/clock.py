"""Simulated time: which session comes next, and what the services' clocks show."""

import time
from datetime import date, datetime, timedelta
from email.utils import format_datetime

from paper_run.sandbox.exchange_days import FIRST_SESSION, new_york, next_session, previous_session

_BEFORE_THE_BELL = timedelta(minutes=30, microseconds=-1)


class Clock:
    """The clock of one sandbox process.

    Before a session is played it shows that session's morning: 09:00 New York plus the time since the process
    started, always before the bell. While a session is played it shows 09:30 plus the time the run has taken.
    It never shows less than the completion of the last run (`floor`), so playing a session again comes later.
    """

    def __init__(self, *, again: bool) -> None:
        self.again = again
        self._started = time.monotonic()

    def session(self, last_played: date | None) -> date:
        """Return the session that is played next."""
        if last_played is None:
            return FIRST_SESSION
        return last_played if self.again else next_session(last_played)

    def before_the_bell(self, last_played: date | None, floor: datetime | None) -> datetime:
        """Return the time between two runs, in UTC."""
        elapsed = timedelta(seconds=time.monotonic() - self._started)
        morning = new_york(self.session(last_played), 9)
        return _at_least(floor, morning + min(elapsed, _BEFORE_THE_BELL))


class RunClock:
    """The clock during one run: from the opening bell of its session on."""

    def __init__(self, session: date, floor: datetime | None) -> None:
        self._bell = _at_least(floor, new_york(session, 9, 30))
        self._started = time.monotonic()

    def now(self) -> datetime:
        """Return the simulated time in UTC."""
        return self._bell + timedelta(seconds=time.monotonic() - self._started)


def priced_session(last_played: date | None) -> date:
    """Return the session whose close is the market between two runs."""
    return last_played or previous_session(FIRST_SESSION)


def zulu(moment: datetime) -> str:
    """Write a UTC time as the gateway does: microseconds and `Z`."""
    return naive(moment) + "Z"


def http_date(moment: datetime) -> str:
    """Write a UTC time as a Date header does."""
    return format_datetime(moment, usegmt=True)


def naive(moment: datetime) -> str:
    """Write a UTC time as the orchestrator does: microseconds and no zone."""
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds")


def _at_least(floor: datetime | None, moment: datetime) -> datetime:
    return moment if floor is None else max(floor, moment)
