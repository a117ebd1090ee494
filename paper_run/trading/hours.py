"""Whether a run may trade now: the exchange's calendar and date, the date of signals, and a session once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError, DependencyError, Remedy
from paper_run.model import messages
from paper_run.model.attempt import Parameters
from paper_run.model.calendar import Calendar
from paper_run.services import holidays
from paper_run.services.health import SIGNAL_SERVICE
from paper_run.services.wire import http_date

if TYPE_CHECKING:
    from datetime import date

    from paper_run.errors import PaperRunError
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.calendar import ClosedDays
    from paper_run.model.service import ServiceHealth
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


_NEAR = timedelta(minutes=10)


class ToldDate(NamedTuple):
    """What time a service says that it is: whose HTTP Date that was, and when."""

    title: str
    url: str
    moment: datetime


def date_told(services: tuple[ServiceHealth, ...]) -> ToldDate | None:
    """Return the orchestrator's time, else the gateway's; None where neither says one of its own."""
    for service in reversed(services):
        if service.service != SIGNAL_SERVICE.key and (said := http_date(service.own_date)) is not None:
            return ToldDate(service.title, service.url, said)
    return None


def seconds_until_agreed(said: ToldDate, calendar: Calendar, now: datetime) -> float:
    """Return how long until this machine and a service have the same date at the exchange; 0: they have.

    Only a midnight less than ten minutes away from both is waited for.

    :param now: this machine's clock when the service was heard.
    :raises DependencyError: one of the two clocks is wrong.
    """
    early, late = sorted((now, said.moment))
    if calendar.session_date(early) == calendar.session_date(late):
        return 0.0
    midnight = datetime.combine(calendar.session_date(late), time(), calendar.zone).astimezone(UTC)
    if midnight - early <= _NEAR and late - midnight <= _NEAR:
        return (midnight - early).total_seconds() + 1.0
    raise _disagree(said, calendar, now, "what day it is", "sent")


def agreed_session(said: ToldDate, calendar: Calendar, now: datetime) -> date:
    """Return the latest session that has opened by this machine's clock and by a service's.

    :param now: this machine's clock. :raises DependencyError: it is another one by each.
    """
    early, late = sorted((now, said.moment))
    session = calendar.latest_opened(early)
    if late - early > _NEAR and session != calendar.latest_opened(late):
        raise _disagree(said, calendar, now, "which session opened last", "changed")
    return session


def _disagree(said: ToldDate, calendar: Calendar, now: datetime, what: str, undone: str) -> DependencyError:
    return DependencyError(
        f"It is not known {what}: two clocks disagree",
        f"This machine says {_clock_words(calendar, now)}, the {said.title} at {said.url} says "
        f"{_clock_words(calendar, said.moment)}. Nothing was {undone}.",
        remedies=(
            Remedy("Set the wrong one right, and run again. On this machine", "timedatectl set-ntp true"),
        ),
        code="clock_disagrees",
    )


def _clock_words(calendar: Calendar, moment: datetime) -> str:
    return f"{calendar.clock(moment):%Y-%m-%d %H:%M %Z}"


def parameters(config: Config, as_of_date: date) -> Parameters:
    """Return what the orchestrator is asked to trade.

    :param as_of_date: the date of the signals.
    """
    return Parameters(
        symbols=config.symbols,
        capital=config.capital,
        max_position_size=config.max_position_size,
        as_of_date=as_of_date,
    )


def closing_attempt(ledger: Ledger, session: date) -> AttemptRow | None:
    """Return the latest attempt that closes a session: no rehearsal, not proved to have placed nothing."""
    return next((row for row in reversed(ledger.attempts.of_session(session)) if row.closes), None)


def already_traded(
    ledger: Ledger, session: date, config: Config, calendar: Calendar, *, again: bool
) -> AttemptRow | None:
    """Return the attempt that a session has already had, None if it may be traded.

    :raises DataError: it was traded with other parameters.
    :raises OrchestrationError: `again`, on top of an attempt whose outcome is unknown.
    """
    row = closing_attempt(ledger, session)
    if row is None:
        return None
    if again:
        if row.outcome_unknown:
            raise messages.again_while_unknown(row.name)
        return None
    recorded = row.snapshot.parameters
    started = None if row.snapshot.sandbox else row.started_at
    given = parameters(config, signals_date(config, calendar, session, started))
    same = (
        set(recorded.symbols) == set(given.symbols)
        and recorded.capital == given.capital
        and recorded.max_position_size == given.max_position_size
        and recorded.as_of_date == given.as_of_date
    )
    if not same:
        raise messages.other_parameters(row.name, recorded, given)
    return row
