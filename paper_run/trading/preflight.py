"""What must be known before anything is sent: health, session, positions, the runs there are already."""

from __future__ import annotations

import contextlib
import email.utils
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.errors import DataError, DependencyError, Remedy, SeveralErrors
from paper_run.model import commands, findings
from paper_run.model.commands import ours
from paper_run.services import health as health_check
from paper_run.services.deadline import BEFORE
from paper_run.trading import kept_answers
from paper_run.trading.hours import ToldDate, date_told, seconds_until_agreed

if TYPE_CHECKING:
    from collections.abc import Collection

    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.calendar import Calendar, ExchangeName
    from paper_run.model.findings import Finding
    from paper_run.model.progress import Clock, Progress
    from paper_run.model.service import ServiceHealth
    from paper_run.services.platform import Platform
    from paper_run.settings.config import Config

UNPROVED = (
    "The clock is unproved: neither orchestrator nor gateway tells a time that this machine's agrees with."
)


class Services(NamedTuple):
    """The services as they were found, all fit to trade, and the session that they are about to trade.

    :ivar is_proved: whether a service's clock has just told the session's date too; always in a sandbox.
    :ivar heard: when they told their clocks, by our own; of any zone.
    """

    health: tuple[ServiceHealth, ...]
    session: date
    sandbox: bool
    is_proved: bool
    heard: datetime

    @property
    def gateway(self) -> ServiceHealth:
        """The execution gateway."""
        return self.health[1]

    @property
    def orchestrator(self) -> ServiceHealth:
        """The orchestrator."""
        return self.health[2]


def check(
    config: Config,
    platform: Platform,
    calendar: Calendar,
    clock: Clock,
    progress: Progress,
    ledger: Ledger | None = None,
) -> Services:
    """Check the services and find the session; nothing is sent yet.

    :param ledger: its database tells what day it is too, if it lies in one.
    :raises DependencyError: a service is unfit, or they do not belong together, or a clock is wrong.
    :raises DataError: the date of the signals lies after the session.
    """
    progress.step(1, "Checking dependencies")
    while True:
        health = _healthy_services(config, platform, clock, progress)
        sandbox_session = _sandbox_session(health)
        now, said = clock.now(), told(health, ledger)
        if sandbox_session is not None or not said:
            break
        if not (seconds := max(seconds_until_agreed(each, calendar, now) for each in said)):
            break
        progress.notice(f"The clocks disagree around midnight: it is waited for, {seconds:.0f} s")
        platform.deadline.uncounted(clock.pause)(seconds)
    session = sandbox_session or calendar.session_date(now)
    if isinstance(config.as_of_date, date) and config.as_of_date > session:
        raise DataError(
            f"--as-of-date: {config.as_of_date} lies after the session, {session}",
            "Allowed: the session's date or an earlier one.",
            remedies=("Leave --as-of-date out to use the session's own date; nothing was sent.",),
        )
    is_sandbox = sandbox_session is not None
    services = Services(health, session, is_sandbox, is_sandbox or bool(said), now)
    if services.sandbox:
        progress.notice(f"SANDBOX - simulated prices; it plays the session of {session}")
    if not services.is_proved:
        progress.notice(UNPROVED)
    if services.gateway.dry_run:
        progress.notice(
            "REHEARSAL - the gateway is in DRY_RUN: nothing is executed, the notional is simulated"
        )
    return services


def told(health: tuple[ServiceHealth, ...], ledger: Ledger | None) -> list[ToldDate]:
    """Return what time a service says that it is, and a ledger's database, as far as they do."""
    moment = None if ledger is None else ledger.clock()
    database = None if ledger is None or moment is None else ToldDate("database", ledger.name, moment)
    return [*filter(None, (date_told(health), database))]


def prove_account(
    ledger: Ledger,
    platform: Platform,
    orchestrator: ServiceHealth,
    *,
    exchange: ExchangeName | None = None,
    claim: bool = False,
) -> None:
    """Prove that the ledger is this platform's, or (`claim`) make it so at its first attempt.

    :param exchange: whose dates the sessions are; None: it does not matter now.
    :raises DataError: it is another's.
    """
    ledger.account.belongs_to(
        sandbox=orchestrator.sandbox_session is not None,
        orchestrator_url=platform.orchestrator.url.base,
        strategy=orchestrator.strategy,
        exchange=exchange,
        claim=claim,
    )


def keep_real_quotes_away(config: Config, platform: Platform, *, is_sandbox: bool) -> None:
    """Value a sandbox's positions at its own prices, unless a quote source was named for it.

    So no broker is read either, unless its host was named.
    """
    if is_sandbox and config.quotes is None:
        platform.quotes = None
        if not config.plays_sandbox:
            platform.arrivals = platform.benchmark = None
        if platform.broker is not None and not config.plays_sandbox:
            platform.broker.data = None
    if is_sandbox and not (config.broker and config.broker.is_named):
        platform.broker = None


def unheard(ledger: Ledger, platform: Platform) -> str | None:
    """Say that the ledger's platform can't be asked about earlier attempts; None when it answers or need not.

    :raises DataError: another platform answers.
    """
    if not ledger.attempts.incomplete() and not ledger.attempts.doubtful():
        return None
    platform.deadline.begin(BEFORE)
    orchestrator = platform.health()[2]
    if orchestrator.status == "unreachable":
        return (
            f"The orchestrator at {orchestrator.url} could not be asked what it knows: it "
            f"{orchestrator.detail}. Start it before you decide"
        )
    prove_account(ledger, platform, orchestrator)
    return None


def older_session(services: Services, ledger: Ledger) -> DataError | None:
    """Return that a later session was traded, where this machine's clock alone says what day it is."""
    if services.is_proved or not (later := ledger.fences.traded_after(services.session)):
        return None
    return DataError(
        f"The session of {services.session} is older than {later[-1]}, which was traded",
        "This machine's clock alone says what day it is: no service tells one of its own. Nothing was sent.",
        remedies=(
            Remedy("If this machine's clock is behind, set it right", "timedatectl set-ntp true"),
            Remedy("If it is right, trade this session all the same", ours("--again")),
        ),
        code="older_session",
        subject=str(services.session),
    )


def reminders(ledger: Ledger | None, services: Services) -> tuple[Finding, ...]:
    """Say what is open, which sessions are of days to come, and how outcomes of this one became known.

    That the clock is unproved is said without a ledger too.
    """
    unproved = () if services.is_proved else (findings.note("clock_unproved", UNPROVED),)
    if ledger is None:
        return unproved
    recovered = tuple(
        findings.note(
            "recovered",
            f"The outcome of the attempt {row.name} became known: {row.how_known}.",
            subject=row.name,
        )
        for row in ledger.attempts.of_session(services.session)
        if row.how_known
    )
    wrong = tuple(
        findings.warning(
            "wrong_date",
            f"The session {day} was traded, and it is {services.session} only: its date is wrong.",
            subject=str(day),
            remedies=(Remedy("Open it again for its own day", ours("resolve", str(day), "--wrong-date")),),
        )
        for day in (() if services.sandbox else ledger.fences.traded_after(services.session))
    )
    return (*unproved, *recovered, *wrong, *still_open(ledger))


def still_open(ledger: Ledger, of: Collection[int] | None = None) -> tuple[Finding, ...]:
    """Say which attempts are open and which orders are in doubt, however old: each report warns of it.

    :param of: the rows of the attempts that are meant, None: all of them.
    """
    see = (Remedy("See what can be said of it", ours("resolve")),)
    attempts = tuple(
        findings.warning(
            "outcome_unknown",
            f"The outcome of the attempt {row.name} is unknown.",
            subject=row.name,
            remedies=see,
        )
        if row.outcome_unknown
        else findings.warning(
            "outcome_unknown",
            f"What the attempt {row.name} placed is not known.",
            subject=row.name,
            remedies=(Remedy("Name its orders", ours("resolve", row.name, "--placed", "--order", "ID")),),
        )
        for row in ledger.attempts.unsure()
        if of is None or row.id in of
    )
    kept = tuple(kept_answers.unreadable(ledger.folder)) if of is None else ()
    return (
        kept
        + attempts
        + tuple(
            findings.warning(
                "order_in_doubt",
                f"{each.side} {money.digits(each.qty)} {each.symbol} of {each.attempt.name} is in doubt: "
                "it may have been placed.",
                subject=each.name,
                remedies=commands.order_remedies(each.name),
            )
            for each in ledger.doubts.orders()
            if of is None or each.attempt.id in of
        )
    )


def told_anew(
    ledger: Ledger, notices: tuple[Finding, ...], restated: Collection[AttemptRow]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return which notices of before the request hold, with earlier orders read again, and what is new.

    :param restated: the attempts that had to be stated anew for it.
    """
    if not restated:
        return notices, ()
    doubts = {each.name for each in ledger.doubts.orders()}
    held = tuple(each for each in notices if each.code != "order_in_doubt" or each.subject in doubts)
    opened = still_open(ledger, {row.id for row in restated})
    return held, tuple(each for each in opened if each not in held)


def gateway_clock(gateway: ServiceHealth) -> datetime | None:
    """Return the gateway's time (UTC): a sandbox's simulated clock, else the HTTP Date of its answer."""
    try:
        if gateway.sandbox_session is not None:
            return datetime.fromisoformat(gateway.clock or "").replace(tzinfo=UTC)
        return email.utils.parsedate_to_datetime(gateway.date_header or "").astimezone(UTC)
    except ValueError:
        return None


def _healthy_services(
    config: Config, platform: Platform, clock: Clock, progress: Progress
) -> tuple[ServiceHealth, ...]:
    deadline = clock.monotonic() + float(config.wait)
    pause = 0.25
    asked_to_wait = platform.deadline.stopped() if config.wait else contextlib.nullcontext()
    with asked_to_wait, progress.waiting("Waiting for the services"):
        while True:
            health = platform.health()
            left = deadline - clock.monotonic()
            if all(service.healthy for service in health) or left <= 0:
                break
            clock.pause(min(pause, left))
            pause = min(pause * 2, 2.0)
    progress.health(health)
    unfit = tuple(health_check.failure(service) for service in health if not service.healthy)
    if unfit:
        if all(service.status == "unreachable" for service in health):
            unfit[-1].remedies += (Remedy("No platform yet? Add --sandbox"),)
        raise SeveralErrors(unfit)
    return health


def _sandbox_session(health: tuple[ServiceHealth, ...]) -> date | None:
    sessions = {service.sandbox_session for service in health}
    if len(sessions) > 1:
        raise DependencyError(
            "The services do not belong together",
            "Some say that they are a sandbox and some do not, or they play different sessions.",
            remedies=("Point all three URLs at the same platform.",),
        )
    return sessions.pop()
