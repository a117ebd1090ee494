"""What a person says of what is not known: an attempt, a session's date, the end of a book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.app import preview, recover
from paper_run.app.finish import deliver, filed
from paper_run.app.workspace import opened
from paper_run.errors import DataError, DependencyError
from paper_run.report import listing
from paper_run.trading import preflight, verdicts
from paper_run.trading.at_broker import AtBroker
from paper_run.trading.hours import date_told, seconds_until_agreed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from paper_run.errors import PaperRunError
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.calendar import Calendar
    from paper_run.model.progress import Clock
    from paper_run.report.console import Console
    from paper_run.report.preview import Preview
    from paper_run.services.platform import Platform
    from paper_run.settings.config import Config
    from paper_run.trading.verdicts import Decision


class Done(NamedTuple):
    """What was done: the files that were written, and what of it failed."""

    written: Sequence[Path] = ()
    failed: Sequence[PaperRunError] = ()


def resolve(
    config: Config,
    platform: Platform,
    clock: Clock,
    console: Console,
    attempt: str | None = None,
    decision: Decision | None = None,
    *,
    show: Callable[[listing.Open], None],
    tried: Callable[[Preview], None] | None = None,
) -> Done:
    """Look once more at each attempt of which not all is known; then list what is open, or record a verdict.

    :param attempt: the attempt as commands name it. :param decision: what came of it; None: list.
    :param show: shows the list. :param tried: shows what a verdict comes to; nothing is written then.
    :raises PaperRunError: there is no such attempt, or it is too early to say so of it.
    """
    with opened(config, clock, console, platform.deadline, is_trial=tried is not None) as workspace:
        ledger, outbox = workspace.ledger, workspace.outbox
        unheard = preflight.unheard(ledger, platform)
        recover.recover_earlier(workspace, platform, is_heard=unheard is None)
        if unheard is not None:
            console.notice(unheard)
        if attempt is None or decision is None:
            show(
                listing.Open(
                    [row for row in ledger.attempts.incomplete() if row.outcome_unknown],
                    ledger.attempts.doubtful(),
                    config.invocation._replace(ledger=ledger.account.identity),
                    preview.open_fills(workspace, platform),
                    ledger.open_orders.taken_back(),
                )
            )
            return Done(failed=deliver(workspace))
        meant = verdicts.named(ledger, attempt)
        with (
            preview.compared(workspace, platform, tried, meant),
            ledger.attempts.telling(outbox.outcome_known),
        ):
            row = verdicts.record_verdict(
                meant,
                decision._replace(unheard=unheard is not None),
                ledger,
                platform,
                AtBroker(ledger, platform.broker, workspace.calendar),
                ledger.now(clock.now),  # by which its row says until when it was under way
                timeout=config.timeout,
            )
        written, unwritten = filed(workspace, [workspace.publisher.reports(row.document)])
        unsent = deliver(workspace)
    console.say(f"The outcome of the attempt {row.name} is known: {row.how_known}.")
    return Done(written, [*unwritten, *unsent])


def end_book(
    config: Config, clock: Clock, console: Console, tried: Callable[[Preview], None] | None = None
) -> Done:
    """End the book, say what ended with it, and make the files anew that it has changed.

    :param tried: shows what that comes to; nothing is written then.
    """
    with opened(config, clock, console, is_trial=tried is not None) as workspace:
        ledger = workspace.ledger
        by = verdicts.by_whom(clock.now(), ledger.account.exchange)
        with preview.compared(workspace, None, tried):
            ended = verdicts.end_book(ledger, by)
        reports = [workspace.publisher.reports(row.document) for row in ended.attempts]
        written, unwritten = filed(workspace, reports)
    console.say(
        f"The book was ended {by}. The next attempt begins a new one, with the holdings that it finds."
    )
    for order in ended.orders:
        console.say(f"  No longer followed: {order}")
    for doubt in ended.doubts:
        console.say(f"  No longer looked for: {doubt}")
    return Done(written, unwritten)


def set_aside(
    config: Config,
    platform: Platform,
    clock: Clock,
    console: Console,
    name: str,
    tried: Callable[[Preview], None] | None = None,
) -> date:
    """Open a session again for the day that it names; what was traded stays in the record and in the book.

    A clock was ahead, and traded a day that is yet to come.

    :param name: the session. :param tried: shows what that comes to; nothing is written then.
    :raises DataError: it is no session that was traded, or none after today, or it is a sandbox's.
    :raises DependencyError: no service says what day it is, or another one than this machine.
    """
    with opened(config, clock, console, platform.deadline, is_trial=tried is not None) as workspace:
        meant = verdicts.named(workspace.ledger, name)
        with preview.compared(workspace, platform, tried, meant):
            return _set_aside(workspace.ledger, platform, workspace.calendar, name, clock.now())


def _set_aside(ledger: Ledger, platform: Platform, calendar: Calendar, name: str, now: datetime) -> date:
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
    said = date_told(platform.health())
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
