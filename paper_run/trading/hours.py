"""The exchange's calendar, and whether it lets a run trade now: closed days, late starts, signals' date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError
from paper_run.model import messages
from paper_run.model.calendar import Calendar
from paper_run.services import holidays

if TYPE_CHECKING:
    from datetime import date, datetime

    from paper_run.errors import PaperRunError
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.calendar import ClosedDays
    from paper_run.settings.config import Config


class NoSession(NamedTuple):
    """A day on which the exchange does not open."""

    day: date
    why: str
    next_session: date

    def __str__(self) -> str:
        return (
            f"No session on {self.day} ({self.why}): the next one is {self.next_session}. Nothing was sent; "
            "to trade all the same: --ignore-calendar"
        )


def no_session(calendar: Calendar, now: datetime) -> NoSession | None:
    """Return why there is no session today; None when there is one.

    :param now: of any zone. :raises DataError: there is none in the next 30 days either.
    """
    day = calendar.session_date(now)
    why = calendar.why_closed(day)
    return None if why is None else NoSession(day, why, calendar.next_session(day))


def too_late(config: Config, calendar: Calendar, now: datetime) -> PaperRunError | None:
    """Return what keeps an attempt from starting so late in its session; None before that.

    :param now: of any zone.
    """
    day = calendar.session_date(now)
    latest = calendar.latest_start(day, config.latest_start)
    if now <= latest:
        return None
    closes = None if config.latest_start else calendar.hours(day)[1]
    return messages.too_late(calendar.clock(now), latest, closes, calendar.next_session(day))


def obstacle(config: Config, calendar: Calendar, now: datetime) -> NoSession | PaperRunError | None:
    """Return what of the calendar stands in the way of an attempt now, if it is to be heeded.

    :param now: of any zone.
    """
    if config.ignore_calendar:
        return None
    return no_session(calendar, now) or too_late(config, calendar, now)


def refuse_closed_signals(config: Config, calendar: Calendar) -> None:
    """Prove that the date of the signals is a session, unless the calendar is to be ignored.

    :raises DataError: it is none; it names the nearest ones.
    """
    day = config.as_of_date
    if day is None or day == "previous" or config.ignore_calendar:
        return
    why = calendar.why_closed(day)
    if why is None:
        return
    try:
        nearest = f"{calendar.previous_session(day)} or {calendar.next_session(day)}"
    except OverflowError:  # at the first day there is
        nearest = str(calendar.next_session(day))
    error = DataError(
        f"--as-of-date: there was no session on {day} ({why})",
        f"Allowed: a session, such as {nearest}; or previous, the last one that is over.",
        remedies=(
            "Correct --as-of-date (PAPER_RUN_AS_OF_DATE) and run again; nothing was sent.",
            "To send it all the same: --ignore-calendar",
        ),
    )
    error.told = True  # no schedule has a fixed date in it: somebody has just typed it
    raise error


def signals_date(config: Config, calendar: Calendar, session: date, moment: datetime | None) -> date:
    """Return the date of the signals that a session is traded with.

    :param moment: when the attempt starts, or started, of any zone; None in a sandbox, whose session
        is yet to open.
    """
    if config.as_of_date == "previous":
        return calendar.previous_session(session) if moment is None else calendar.previous_completed(moment)
    return config.as_of_date or session


def calendar(ledger: Ledger | None, config: Config) -> Calendar:
    """Return the calendar; what is kept counts as long as the same version of its source would be asked.

    :param ledger: None: nothing is kept.
    :raises DataError: a date is said to be both closed and open.
    """

    def closed_days(year: int) -> ClosedDays:
        if ledger is None:
            return holidays.closed_days(year)
        kept = ledger.holidays.kept(year)
        if kept is not None:
            with ledger.translated_errors():
                days = holidays.from_json(kept)
            if days.source == holidays.source():
                return days
        asked = holidays.closed_days(year)
        ledger.holidays.keep(year, holidays.to_json(asked))
        return asked

    return Calendar(
        closed_days,
        exchange=config.exchange,
        closed_dates=config.closed_dates,
        open_dates=config.open_dates,
    )
