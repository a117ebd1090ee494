"""Which session is it, is there one, and when does it open and close: clock, calendar and written dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from paper_run import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import tzinfo

ExchangeName = Literal["XNYS", "24/7"]


class ClosedDays(NamedTuple):
    """A year's holidays by name, and the close of each half day on New York's clock.

    A holiday that falls on a weekend may be among them or not.

    :ivar source: the package that said so and its version, to be compared with `source()`.
    """

    year: int
    holidays: Mapping[date, str]
    half_days: Mapping[date, time]
    source: str


DATE_PATTERN = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


def read_date(text: str) -> date:
    """Return the date that a text is.

    :raises ValueError: it is none, in words that follow it: `2025-02-30: day is out of range for month`.
    """
    digits = text[:4] + text[5:7] + text[8:]
    if not (len(text) == 10 and text[4] == text[7] == "-" and digits.isdigit() and digits.isascii()):
        raise ValueError("it is not written YYYY-MM-DD")
    return date.fromisoformat(text)


def read_moment(text: str | None) -> datetime | None:
    """Return the time that a service wrote, aware; one without a zone is UTC. None: it is no time."""
    try:
        read = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def not_before(moment: str | None, clock: str | None) -> bool:
    """Whether a time of a service lies at or after another time of the same service.

    Both may be naive, as long as both are; what can't be compared does not count as after.
    """
    try:
        began, before = datetime.fromisoformat(moment or ""), datetime.fromisoformat(clock or "")
    except ValueError:
        return False
    if (began.tzinfo is None) != (before.tzinfo is None):
        return False
    return began >= (before if began.microsecond else before.replace(microsecond=0))


NEW_YORK = ZoneInfo("America/New_York")
USUAL: ExchangeName = "XNYS"
"""The exchange where nobody says another."""

_OPENS = time(9, 30)
_CLOSES = time(16)
_MIDNIGHT = time(0)
_LAST_CALL = timedelta(minutes=15)
_DAY = timedelta(days=1)
_FARTHEST = 30


def zone(exchange: ExchangeName) -> tzinfo:
    """Return the zone in which an exchange's dates are meant."""
    return UTC if exchange == "24/7" else NEW_YORK


def utc_now() -> datetime:
    """Return the machine's clock, timezone-aware, in UTC."""
    return datetime.now(UTC)


def exchange_time(moment: datetime, exchange: ExchangeName) -> datetime:
    """Return a moment as the exchange's clock shows it; its date is the session."""
    return moment.astimezone(zone(exchange))


class Calendar:
    """The sessions of an exchange and their hours; every moment goes in timezone-aware.

    `XNYS` is open 09:30-16:00 New York time on weekdays that are no holiday, on half days until their early
    close. On `24/7` each UTC day is a session, from midnight to midnight.

    :ivar zone: the exchange's zone, in which dates are meant and times are returned.
    """

    __slots__ = ("_ask", "_closed_dates", "_open_dates", "_years", "exchange", "zone")

    def __init__(
        self,
        closed_days: Callable[[int], ClosedDays],
        *,
        exchange: ExchangeName = USUAL,
        closed_dates: AbstractSet[date] = frozenset(),
        open_dates: AbstractSet[date] = frozenset(),
    ) -> None:
        """Take the sources of the answers; none is asked yet.

        :param closed_days: returns a year's holidays and half days. It is asked once a year, when a weekday
            of that year first matters; never for `24/7`.
        :param closed_dates: days without a session, whatever the calendar says (PAPER_RUN_CLOSED_DATES).
        :param open_dates: sessions in spite of a weekend or a holiday (PAPER_RUN_OPEN_DATES); they have the
            usual hours, a half day among them its own. None of them is in both lists: settings prove it.
        """
        self._ask = closed_days
        self._years: dict[int, ClosedDays] = {}
        self._closed_dates = closed_dates
        self._open_dates = open_dates
        self.exchange = exchange
        self.zone = zone(exchange)

    def clock(self, moment: datetime) -> datetime:
        """Return a moment as this exchange's clock shows it.

        :raises ValueError: for a moment without a zone, which would be read in the machine's.
        """
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone")
        return moment.astimezone(self.zone)

    def session_date(self, now: datetime) -> date:
        """Return the exchange's date at a moment, be it a session or not."""
        return self.clock(now).date()

    def why_closed(self, day: date) -> str | None:
        """Say in words why a day is no session; None when it is one."""
        if day in self._open_dates:
            return None
        if day in self._closed_dates:
            return "listed in PAPER_RUN_CLOSED_DATES"
        if self.exchange == "24/7":
            return None
        if day.weekday() >= 5:
            return "Saturday" if day.weekday() == 5 else "Sunday"
        return self._year(day).holidays.get(day)

    def is_session(self, day: date) -> bool:
        """Whether the exchange opens on a day."""
        return self.why_closed(day) is None

    def next_session(self, day: date) -> date:
        """Return the first session after a day.

        :raises DataError: when there is none within 30 days.
        """
        return self._nearest(day, _DAY, "after")

    def previous_session(self, day: date) -> date:
        """Return the last session before a day.

        :raises DataError: when there is none within 30 days.
        """
        return self._nearest(day, -_DAY, "before")

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """Return when a session opens and closes; of a closed day, the hours that it would have."""
        if self.exchange == "24/7":
            return self._at(day, _MIDNIGHT), self._at(day + _DAY, _MIDNIGHT)
        return self._at(day, _OPENS), self._at(day, self._year(day).half_days.get(day, _CLOSES))

    def is_open_at(self, moment: datetime) -> bool:
        """Whether a moment lies within a session's hours; the close itself no longer does.

        A market that is always open has no hours, on a day that is listed as closed neither.
        """
        day = self.session_date(moment)
        if self.exchange == "24/7":
            return True
        if not self.is_session(day):
            return False
        opens, closes = self.hours(day)
        return opens <= moment < closes

    def latest_opened(self, now: datetime) -> date:
        """Return the latest session that has opened; before the bell that is the one before today's.

        :raises DataError: when there is none within 30 days.
        """
        today = self.session_date(now)
        if self.is_session(today) and self.hours(today)[0] <= now:
            return today
        return self.previous_session(today)

    def previous_completed(self, now: datetime) -> date:
        """Return the latest session whose close is reached or past.

        :raises DataError: when there is none within 30 days.
        """
        today = self.session_date(now)
        if self.is_session(today) and self.hours(today)[1] <= now:
            return today
        return self.previous_session(today)

    def session_ending_after(self, moment: datetime) -> date:
        """Return the first session whose close lies after a moment.

        :raises DataError: when there is none within 30 days.
        """
        today = self.session_date(moment)
        if self.is_session(today) and moment < self.hours(today)[1]:
            return today
        return self.next_session(today)

    def latest_start(self, day: date, override: time | None) -> datetime:
        """Return the moment after which a day's run no longer starts: 15 minutes before that day's close.

        :param override: another time of that day, on the exchange's clock.
        """
        if override is not None:
            return self._at(day, override)
        return self.hours(day)[1] - _LAST_CALL

    def _nearest(self, day: date, step: timedelta, side: str) -> date:
        found = day
        for _ in range(_FARTHEST):
            found += step
            if self.is_session(found):
                return found
        from paper_run.errors import DataError

        raise DataError(
            f"there is no session in the {_FARTHEST} days {side} {day}",
            "No exchange is closed for that long: PAPER_RUN_CLOSED_DATES lists too many days.",
            remedies=("Correct PAPER_RUN_CLOSED_DATES and run again.",),
        )

    def _year(self, day: date) -> ClosedDays:
        if day.year not in self._years:
            self._years[day.year] = self._ask(day.year)
        return self._years[day.year]

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone)
