"""Setting a session aside whose date is wrong: a clock was ahead and traded a day that is yet to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import DataError, DependencyError
from paper_run.trading import verdicts
from paper_run.trading.hours import date_told, seconds_until_agreed

if TYPE_CHECKING:
    from datetime import date, datetime

    from paper_run.ledger.ledger import Ledger
    from paper_run.model.calendar import Calendar
    from paper_run.services.platform import Platform


def set_aside(ledger: Ledger, platform: Platform, calendar: Calendar, name: str, now: datetime) -> date:
    """Open a session again for the day that it names; what was traded stays in the record and in the book.

    :param name: the session. :param now: this machine's clock.
    :raises DataError: it is no session that was traded, or none after today, or it is a sandbox's.
    :raises DependencyError: no service says what day it is, or another one than this machine.
    """
    if ledger.account.is_sandbox:
        raise DataError(
            "--wrong-date: a sandbox's sessions have the dates that it plays",
            remedies=("Leave out --sandbox, or --wrong-date; nothing was changed.",),
        )
    session = verdicts.named(ledger, name).session
    if name != str(session):
        raise DataError(
            f"--wrong-date: {name!a} is no session",
            "Allowed: the date alone, such as 2025-01-17.",
            remedies=("Correct it and run again; nothing was changed.",),
        )
    services = platform.health()
    said = date_told(services)
    if said is None:
        raise DependencyError(
            "It is not proved what day it is today",
            "Neither the orchestrator nor the gateway tells a time of its own, so that nobody knows which "
            "sessions are yet to come.",
            remedies=("Start them, and run this again; nothing was changed.",),
            code="clock_unproved",
        )
    seconds_until_agreed(said, calendar, now)
    today = max(calendar.session_date(now), calendar.session_date(said.moment))
    if session <= today:
        raise DataError(
            f"--wrong-date: the session {session} is not after today, {today}",
            "Only one that is yet to come can't have been traded on its own day.",
            remedies=("If nothing was placed, resolve it with --not-placed; nothing was changed.",),
            subject=str(session),
        )
    ledger.fences.set_aside(session, verdicts.by_whom(now, ledger.account.exchange))
    return session
