"""A dry run: everything is checked, and what would be sent is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.app import day_ledger
from paper_run.app.finish import End
from paper_run.app.workspace import prove_folders
from paper_run.errors import ExitStatus, OrchestrationError
from paper_run.ledger import existing, results
from paper_run.services.deadline import BEFORE
from paper_run.services.orchestrator import RUN_PATH, request_body
from paper_run.trading import before_post, hours, preflight
from paper_run.trading.hours import already_traded

if TYPE_CHECKING:
    from datetime import date

    from paper_run.ledger.ledger import Ledger
    from paper_run.model.calendar import Calendar
    from paper_run.model.progress import Clock
    from paper_run.report.console import Console
    from paper_run.services.platform import Platform
    from paper_run.settings.config import Config


def plan_day(
    config: Config, platform: Platform, clock: Clock, console: Console, *, again: bool = False
) -> End:
    """Do all that precedes the POST, print the plan, and send nothing (`--dry-run`); no ledger is made.

    :raises PaperRunError: as `run_day` would, before it sends anything.
    """
    prove_folders(config)
    with existing.read_if_any(config.place, clock.now()) as ledger:
        calendar = hours.calendar(ledger, config)
        hours.refuse_closed_signals(config, calendar)
        console.header(config, calendar.clock(clock.now()))
        if ledger is not None and not ledger.account.is_sandbox:
            ledger.account.refuse_other_url(platform.orchestrator.url.base)
        platform.deadline.begin(BEFORE)
        services = preflight.check(config, platform, calendar, clock, console, ledger)
        moment = None if services.sandbox else clock.now()
        as_of_date = hours.signals_date(config, calendar, services.session, moment)
        preparation = before_post.snapshot(config, services, platform, ledger, as_of_date)
        if ledger is not None:
            preflight.prove_account(ledger, platform, services.orchestrator, exchange=config.exchange)
            _warn_of_what_stands_in_the_way(
                preparation, services, ledger, platform, config, calendar, console, again=again
            )
        if not services.sandbox:
            _warn_of_the_ledger(config, ledger, services.session, console, again=again)
        if not services.sandbox and (found := hours.obstacle(config, calendar, clock.now())) is not None:
            goes_on = (
                "A rehearsal would go on all the same"
                if services.gateway.dry_run
                else "A run would stop here"
            )
            console.notice(f"{goes_on}: {found}")
        body = request_body(preparation.snapshot.parameters)
        console.plan(platform.orchestrator.url.base + RUN_PATH, body, len(preparation.snapshot.positions))
    return End(ExitStatus.SUCCESS)


def _warn_of_the_ledger(
    config: Config, ledger: Ledger | None, session: date, console: Console, *, again: bool
) -> None:
    found = [day_ledger.absence(config), None if ledger is None else day_ledger.outdated(config, ledger)]
    found += [] if again else [day_ledger.traded_before(config, session)]
    if (path := existing.unwritable(config.reports_dir, results.ANSWERS)) is not None:
        console.notice(f"A run would stop here: {path} can't be written to")
    for obstacle in filter(None, found):
        console.notice(f"A run would stop here: {obstacle}")


def _warn_of_what_stands_in_the_way(
    preparation: before_post.Preparation,
    services: preflight.Services,
    ledger: Ledger,
    platform: Platform,
    config: Config,
    calendar: Calendar,
    console: Console,
    *,
    again: bool,
) -> None:
    """Say why a run would not trade now; other parameters are an error, as they would be."""
    try:
        row = already_traded(ledger, preparation.snapshot.session, config, calendar, again=again)
        if row is not None:
            how_known = "; what came of it is not known" if row.outcome_unknown else ""
            console.notice(
                f"The session was already traded, as {row.name}{how_known}: a run would only show that."
            )
        elif not again:
            if (older := preflight.older_session(services, ledger)) is not None:
                console.notice(f"A run would stop here: {older}")
            before_post.refuse_someone_elses(preparation, platform, ledger)
    except OrchestrationError as error:
        console.notice(f"A run would stop here: {error}")
