"""A day, top to bottom: prove the folder, check, look, trade once, save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from paper_run import failures
from paper_run.errors import DataError, DependencyError, ExitStatus, PaperRunError, SeveralErrors, worst
from paper_run.models import Parameters, Prepared
from paper_run.services import health as health_check
from paper_run.services.orchestrator import RUN_PATH, request_body
from paper_run.services.platform import READ_SECONDS
from paper_run.services.transport import CallFailed
from paper_run.session import exchange_time
from paper_run.trade import trade
from paper_run.writers import files, json_document
from paper_run.writers.reports import Reports

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from paper_run.config import Config
    from paper_run.models import Position, ServiceHealth
    from paper_run.services.platform import Platform
    from paper_run.watch import Clock, Watch
    from paper_run.writers.console import Console


class DayEnd(NamedTuple):
    """How the day ended: the exit status, the failures to show, the result (None: nothing was sent)."""

    exit_status: ExitStatus
    failures: tuple[PaperRunError, ...] = ()
    document: Mapping[str, Any] | None = None
    json: str | None = None


def prove_folders(config: Config) -> None:
    """Prove that every report can be written, before anything is sent.

    :raises DataError: one can't.
    """
    files.prove_writable(config.reports_dir, purpose="The reports folder")
    files.prove_outputs(config.files)


def run_day(config: Config, platform: Platform, clock: Clock, console: Console) -> DayEnd:
    """Run the day: at most one POST, and whatever comes of it saved.

    :raises DependencyError: a service is unfit or the positions can't be read; nothing was sent.
    :raises DataError: the folder can't be written or the date lies after the session; nothing was sent.
    """
    prove_folders(config)
    console.header(config, exchange_time(clock.now()))
    prepared = prepare(config, platform, clock, console)
    number = files.next_trade(config.reports_dir, prepared.session)
    outcome = trade(config, prepared, platform, clock, console, number=number)
    document = json_document.document(outcome.result)
    reports = Reports(document, config.reports_dir)
    console.figures(document)
    console.saving()
    written, unwritten = reports.save(prepared.session, number, config.files)
    for path in written:
        console.saved(path)
    console.complete(document)
    ended = (*outcome.failures, *unwritten)
    return DayEnd(worst(failure.exit_status for failure in ended), ended, document, reports.json)


def plan_day(config: Config, platform: Platform, clock: Clock, console: Console) -> DayEnd:
    """Do all that precedes the POST, print the plan, and send nothing (`--dry-run`)."""
    prove_folders(config)
    console.header(config, exchange_time(clock.now()))
    prepared = prepare(config, platform, clock, console)
    console.plan(
        platform.orchestrator.url.base + RUN_PATH, request_body(prepared.parameters), len(prepared.positions)
    )
    return DayEnd(ExitStatus.SUCCESS)


def prepare(config: Config, platform: Platform, clock: Clock, watch: Watch) -> Prepared:
    """Check the services, settle the session and read the positions; nothing is sent yet.

    :raises DependencyError: a service is unfit, or the positions can't be read.
    :raises DataError: the date of the signals lies after the session.
    """
    watch.step(1, "Checking dependencies")
    health = _healthy_services(config, platform, clock, watch)
    sandbox_session = _sandbox_session(health)
    session = sandbox_session or exchange_time(clock.now()).date()
    as_of_date = config.as_of_date or session
    if as_of_date > session:
        raise DataError(
            f"--as-of-date: {as_of_date} lies after the session, {session}",
            "Allowed: the session's date or an earlier one.",
            remedies=("Leave --as-of-date out to use the session's own date; nothing was sent.",),
        )
    rehearsal = any(service.dry_run for service in health)
    if sandbox_session:
        watch.notice(f"SANDBOX - simulated prices; it plays the session of {session}")
    if rehearsal:
        watch.notice("REHEARSAL - the gateway is in DRY_RUN: no order is executed, the notional is simulated")
    return Prepared(
        session=session,
        parameters=Parameters(
            symbols=config.symbols,
            capital=config.capital,
            max_position_size=config.max_position_size,
            as_of_date=as_of_date,
        ),
        health=health,
        positions=_positions_before(platform),
        sandbox=sandbox_session is not None,
        rehearsal=rehearsal,
    )


def _healthy_services(
    config: Config, platform: Platform, clock: Clock, watch: Watch
) -> tuple[ServiceHealth, ...]:
    deadline = clock.monotonic() + float(config.wait)
    pause = 0.25
    with watch.waiting("Waiting for the services"):
        while True:
            health = platform.health()
            left = deadline - clock.monotonic()
            if all(service.healthy for service in health) or left <= 0:
                break
            clock.pause(min(pause, left))
            pause = min(pause * 2, 2.0)
    watch.health(health)
    unfit = tuple(health_check.failure(service) for service in health if not service.healthy)
    if unfit:
        if all(service.status == "unreachable" for service in health):
            unfit[-1].remedies += ("No platform yet? Add --sandbox",)
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


def _positions_before(platform: Platform) -> tuple[Position, ...]:
    gateway = platform.execution_gateway
    try:
        return gateway.positions(seconds=READ_SECONDS)
    except CallFailed as error:
        raise failures.positions_unreadable(gateway.url, error.reason) from None
