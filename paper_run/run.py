"""A day, top to bottom: ledger, lock, earlier trades, already traded?, health, snapshot, trade, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from paper_run import failures, prepare, trading_days, unfinished
from paper_run.errors import ExitStatus, OrchestrationError, PaperRunError, worst
from paper_run.filing import Filing
from paper_run.ledger import existing, lock
from paper_run.ledger.journal import Ledger, refuse_foreign
from paper_run.models import Parameters
from paper_run.services.orchestrator import RUN_PATH, request_body
from paper_run.session import exchange_time
from paper_run.trade import trade
from paper_run.writers import files

if TYPE_CHECKING:
    from datetime import date

    from paper_run.config import Config
    from paper_run.models import TradeRow
    from paper_run.services.platform import Platform
    from paper_run.watch import Clock
    from paper_run.writers.console import Console
    from paper_run.writers.reports import Reports


class DayEnd(NamedTuple):
    """How the day ended: the exit status, the failures to show, the reports (None: nothing was sent)."""

    exit_status: ExitStatus
    failures: tuple[PaperRunError, ...] = ()
    reports: Reports | None = None


def run_day(
    config: Config, platform: Platform, clock: Clock, console: Console, *, again: bool = False
) -> DayEnd:
    """Run the day: at most one POST a session, and whatever comes of it recorded and saved.

    :param again: trade the session once more, on purpose.
    :raises PaperRunError: nothing was sent: a service is unfit, the ledger or a folder can't be used, another
        run is in progress, the session was traded otherwise.
    """
    _prove_folders(config)
    refuse_foreign(config.reports_dir)
    with lock.held(config.reports_dir, now=clock.now()), Ledger(config.reports_dir) as ledger:
        files.sweep(config.reports_dir)
        console.header(config, exchange_time(clock.now()))
        if ledger.created:
            console.notice(f"A new ledger was made: {ledger.path}")
        if not ledger.is_sandbox:  # a sandbox tells its session itself, and is asked first
            ledger.refuse_other_url(platform.orchestrator.url.base)
            settle_earlier(ledger, platform, config, clock, console)
            session = exchange_time(clock.now()).date()
            if (recorded := _already(ledger, session, config, again=again)) is not None:
                return _show(recorded, ledger, config, console)
        services = prepare.check(config, platform, clock, console)
        prepare.prove_account(ledger, platform, services)
        prepare.keep_real_quotes_away(config, platform, is_sandbox=services.sandbox)
        if services.sandbox:
            settle_earlier(ledger, platform, config, clock, console)
        if (recorded := _already(ledger, services.session, config, again=again)) is not None:
            return _show(recorded, ledger, config, console)
        preparation = prepare.snapshot(config, services, platform, ledger)
        if not again:
            prepare.refuse_someone_elses(preparation, platform, ledger)
        if not services.sandbox and exchange_time(clock.now()).date() != services.session:
            raise failures.midnight(services.session)
        number = ledger.next_number(services.session)
        end = trade(
            config,
            preparation.snapshot,
            platform,
            ledger,
            clock,
            console,
            number=number,
            is_open_at=trading_days.calendar(ledger).is_open_at,
        )
        filing = Filing(ledger, config.reports_dir)
        return _save(filing, filing.reports(end.document), end.failures, config, console)


def plan_day(
    config: Config, platform: Platform, clock: Clock, console: Console, *, again: bool = False
) -> DayEnd:
    """Do all that precedes the POST, print the plan, and send nothing (`--dry-run`); no ledger is made.

    :raises PaperRunError: as `run_day` would, before it sends anything.
    """
    _prove_folders(config)
    console.header(config, exchange_time(clock.now()))
    with existing.ledger_if_any(config.reports_dir) as ledger:
        if ledger is not None and not ledger.is_sandbox:
            ledger.refuse_other_url(platform.orchestrator.url.base)
        services = prepare.check(config, platform, clock, console)
        preparation = prepare.snapshot(config, services, platform, ledger)
        body = request_body(preparation.snapshot.parameters)
        console.plan(platform.orchestrator.url.base + RUN_PATH, body, len(preparation.snapshot.positions))
        if ledger is not None:
            prepare.prove_account(ledger, platform, services, claim=False)
            _warn_of_what_stands_in_the_way(preparation, ledger, platform, config, console, again=again)
    return DayEnd(ExitStatus.SUCCESS)


def _warn_of_what_stands_in_the_way(
    preparation: prepare.Preparation,
    ledger: Ledger,
    platform: Platform,
    config: Config,
    console: Console,
    *,
    again: bool,
) -> None:
    """Say why a run would not trade now; other parameters are an error, as they would be."""
    try:
        row = _already(ledger, preparation.snapshot.session, config, again=again)
        if row is not None:
            settled = "; what came of it is not known" if row.unsettled else ""
            console.notice(
                f"The session was already traded, as {row.name}{settled}: a run would only show that."
            )
        elif not again:
            prepare.refuse_someone_elses(preparation, platform, ledger)
    except OrchestrationError as error:
        console.notice(f"A run would stop here: {error}")


def settle_earlier(
    ledger: Ledger, platform: Platform, config: Config, clock: Clock, console: Console
) -> None:
    """Look once more at each earlier trade of which not all is known; write the files of those found."""
    settled = unfinished.settle_all(ledger, platform, clock.now())
    if not settled:
        return
    for row in settled:
        console.notice(f"The trade {row.name} is settled: {row.settled}")
    filing = Filing(ledger, config.reports_dir)
    _, unwritten = filing.save([filing.reports(row.document) for row in settled])
    for failure in unwritten:
        console.notice(str(failure))


def _prove_folders(config: Config) -> None:
    files.prove_writable(config.reports_dir, purpose="The reports folder")
    files.prove_outputs(config.files)


def _closing(ledger: Ledger, session: date) -> TradeRow | None:
    """Return the latest trade that closes a session: no rehearsal, and not proved to have placed nothing."""
    rows = ledger.trades(session)
    return next(
        (row for row in reversed(rows) if not row.prepared.rehearsal and row.state != "nothing"), None
    )


def _already(ledger: Ledger, session: date, config: Config, *, again: bool) -> TradeRow | None:
    """Return the trade that a session has already had, None if it may be traded.

    :raises DataError: it was traded with other parameters.
    :raises OrchestrationError: `again`, on top of a trade that is not settled.
    """
    row = _closing(ledger, session)
    if row is None:
        return None
    if again:
        if row.unsettled:
            raise failures.again_while_unsettled(row.name + config.context)
        return None
    recorded = row.prepared.parameters
    given = Parameters(
        symbols=config.symbols,
        capital=config.capital,
        max_position_size=config.max_position_size,
        as_of_date=config.as_of_date or session,
    )
    same = (
        set(recorded.symbols) == set(given.symbols)
        and recorded.capital == given.capital
        and recorded.max_position_size == given.max_position_size
        and recorded.as_of_date == given.as_of_date
    )
    if not same:
        raise failures.other_parameters(row.name + config.place, recorded, given)
    return row


def _show(row: TradeRow, ledger: Ledger, config: Config, console: Console) -> DayEnd:
    """Show what was recorded and write its files again, byte for byte; nothing is asked of any service."""
    filing = Filing(ledger, config.reports_dir)
    reports = filing.reports(row.document)
    console.notice(
        f"The session was already traded, as {row.name}: this is what was recorded; nothing is sent"
    )
    shown = failures.recorded(reports.document["errors"], reports.document["exit_status"])
    if row.unsettled:
        for failure in shown:
            failure.remedies = failures.settling(row.name + config.context)
    return _save(filing, reports, shown, config, console)


def _save(
    filing: Filing, reports: Reports, failed: tuple[PaperRunError, ...], config: Config, console: Console
) -> DayEnd:
    console.figures(reports.document)
    console.saving()
    written, unwritten = filing.save([reports], config.files)
    for path in written:
        console.saved(path)
    console.complete(reports.document)
    ended = (*failed, *unwritten)
    return DayEnd(worst(failure.exit_status for failure in ended), ended, reports)
