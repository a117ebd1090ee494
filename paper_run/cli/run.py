"""The commands: each reads what was typed, calls the one piece of work, and shows what came of it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from paper_run import __version__
from paper_run.cli import (
    completion,
    connect,
    doctor,
    email,
    heartbeat,
    output,
    schedule,
    streams,
)
from paper_run.cli import (
    flags as reading,
)
from paper_run.cli import (
    mark as book_commands,
)
from paper_run.cli.parsing import (
    Commands,
    DayCommand,
    common_options,
    complete_file,
    exchange_option,
    ledger_option,
    mail_options,
    service_urls,
)
from paper_run.errors import DataError, ExitStatus, PaperRunError, Remedy, worst
from paper_run.model.commands import ours

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from paper_run.report.console import Console
    from paper_run.services.deadline import Deadline
    from paper_run.services.platform import Platform
    from paper_run.settings.config import Config
    from paper_run.settings.sources import Sources

_EPILOG = (
    "Precedence: option, environment variable, .env file, default. "
    "Exit status: 0 success, 1 a service is down, 2 the orchestration failed or its outcome is not known, "
    "3 wrong input or a file that can't be written, 130 interrupted."
)


_PATIENCE = 60.0


@click.group(cls=Commands, epilog=_EPILOG)
@click.version_option(__version__, prog_name="paper_run")
def commands() -> None:
    """Run the day: check the services, trade once, compute P&L, save the reports."""


@commands.command(cls=DayCommand, hidden=True)
@click.option(
    "--symbols",
    multiple=True,
    metavar="SYMBOL...",
    help="What to trade; spaces, commas or repeated.  [PAPER_RUN_SYMBOLS; AAPL,MSFT,GOOGL]",
)
@click.option("--capital", metavar="DOLLARS", help="Capital to size with.  [PAPER_RUN_CAPITAL; 100000]")
@click.option(
    "--max-position-size",
    metavar="DOLLARS",
    help="Most that one signal is sized at.  [PAPER_RUN_MAX_POSITION_SIZE; 20000]",
)
@click.option(
    "--as-of-date",
    metavar="DATE",
    help="Date of the signals: YYYY-MM-DD, or previous for the last session that is over.  "
    "[PAPER_RUN_AS_OF_DATE; the session]",
)
@click.option(
    "--output",
    multiple=True,
    metavar="PATH",
    shell_complete=complete_file,
    help="Also write there: .json, .html, .csv (orders), or - for the JSON alone on standard output; "
    "repeatable.  [PAPER_RUN_OUTPUT]",
)
@click.option("--dry-run", is_flag=True, help="Check everything and print the plan; send nothing.")
@click.option("--again", is_flag=True, help="Trade the session once more, on purpose.")
@click.option("--new-ledger", is_flag=True, help="Make a ledger on purpose: where one is missing.")
@exchange_option
@click.option(
    "--ignore-calendar",
    is_flag=True,
    help="Trade whatever the exchange's calendar says: on a closed day, or late.",
)
@click.option(
    "--latest-start",
    metavar="HH:MM",
    help="No trade starts later, on the exchange's clock.  "
    "[PAPER_RUN_LATEST_START; 15 minutes before that day's close]",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.option("--sessions", metavar="N", help="With --sandbox: play N sessions.  [1]")
@click.option(
    "--timeout",
    metavar="SECONDS",
    help="How long to wait for the orchestration.  [PAPER_RUN_TIMEOUT; 300]",
)
@click.option(
    "--wait", metavar="SECONDS", help="How long to wait for the services to come up.  [PAPER_RUN_WAIT; 0]"
)
@mail_options
@service_urls
@common_options
def run(**flags: Any) -> ExitStatus:
    """Run the day."""
    from paper_run.services.deadline import Deadline

    sources, deadline = reading.sources(flags), Deadline()
    with heartbeat.beating(flags, sources, deadline) as beat:
        return _run(flags, sources, beat, deadline)


def _run(flags: Mapping[str, Any], sources: Sources, beat: heartbeat.Beat, deadline: Deadline) -> ExitStatus:
    from paper_run.app import day, plan

    sessions = reading.sessions(flags)
    reading.refuse_urls_with_sandbox(flags)
    reading.refuse_new_ledger(flags)
    with email.untold(flags, deadline):
        settings = reading.settings(flags, found=sources)
    if sessions > 1 and flags["again"]:
        raise DataError(
            "--again trades one session once more, --sessions plays several", "Use one or the other."
        )
    if sessions > 1 and settings.to_stdout:
        raise DataError("--output - prints one JSON, --sessions plays several days", "Use one or the other.")
    with (
        email.untold(flags, deadline),
        connect.connected(settings, flags, deadline) as (settings, platform),
    ):
        if sessions > 1:
            return _play_sessions(settings, platform, flags, sessions, beat)
        console = output.console(flags, quiet=settings.to_stdout and not flags["dry_run"])
        if flags["dry_run"]:
            end = plan.plan_day(settings, platform, output.clock(), console, again=flags["again"])
        else:
            end = day.run_day(settings, platform, output.clock(), console, again=flags["again"])
    as_json = end.reports.json if end.reports is not None and settings.to_stdout else None
    unprinted = streams.unwritten() if as_json is None else streams.print_raw(as_json)
    if end.reports is not None and flags["opens"]:
        unprinted += output.open_page(end.reports.page)
    exit_status = worst((end.exit_status, *(failure.exit_status for failure in unprinted)))
    output.show_failures((*end.failures, *unprinted), exit_status)
    beat.ended(exit_status, end, unprinted)
    return exit_status


commands.add_command(book_commands.mark)
commands.add_command(book_commands.history)
commands.add_command(email.email)
commands.add_command(doctor.doctor)
commands.add_command(schedule.schedule)
commands.add_command(completion.completion)


@commands.command(short_help="Make a session's files again from the ledger, offline.")
@click.argument("trade", metavar="[SESSION[-n]|latest]", default="latest")
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@common_options
def report(trade: str, *, opens: bool, **flags: Any) -> ExitStatus:
    """Make the files of a trade again, byte for byte, from the ledger alone: SESSION, SESSION-n or latest.

    SESSION makes those of its first trade and of its latest mark.
    """
    from paper_run.ledger import existing
    from paper_run.ledger.sqlite import lock
    from paper_run.report.publisher import Filing
    from paper_run.trading import verdicts

    folder, console, clock = reading.reports_folder(flags), output.console(flags), output.clock()
    existing.require_ledger(folder)
    if not existing.may_write(folder):
        return _standing(folder, trade, console, opens=opens)
    with (
        lock.held(folder, now=clock.now(), patience=_PATIENCE, pause=clock.pause),
        existing.existing_ledger(folder) as ledger,
    ):
        filing = Filing(ledger, folder)
        reports = [filing.reports(document) for document in verdicts.documents(ledger, trade)]
        written, unwritten = filing.save(reports)
    unopened = output.open_page(reports[0].page) if opens else []
    return _written(console, written, [*unwritten, *unopened])


def _standing(folder: Path, trade: str, console: Console, *, opens: bool) -> ExitStatus:
    """Name the files of a trade that stand in a folder which whoever asks may not write."""
    from paper_run.ledger import existing
    from paper_run.report.publisher import Filing
    from paper_run.trading import verdicts

    with existing.read(folder) as ledger:
        filing = Filing(ledger, folder)
        reports = [filing.reports(document) for document in verdicts.documents(ledger, trade)]
        files = filing.files(reports)
    missing = [path for path in files if not path.is_file()]
    for path in files:
        if path not in missing:
            console.say(f"  ✓ There: {path}")
    failed = [_not_there(missing)] if missing else []
    unopened = output.open_page(reports[0].page) if opens and reports[0].page not in missing else []
    return output.ended([*failed, *unopened])


def _not_there(files: Sequence[Path]) -> DataError:
    return DataError(
        f"{', '.join(map(str, files))}: not there",
        "Who may not write the folder can't make it again.",
        remedies=(Remedy("Have the folder's owner make it again", ours("report")),),
        code="files_missing",
    )


def _written(console: Console, written: Sequence[Path], unwritten: Sequence[PaperRunError]) -> ExitStatus:
    """Show which files were written and which could not be."""
    for path in written:
        console.saved(path)
    return output.ended(unwritten)


@commands.command(short_help="List what is not settled, or settle it.")
@click.argument("trade", metavar="[SESSION[-n]]", required=False)
@click.option("--placed", is_flag=True, help="It did trade.")
@click.option("--not-placed", is_flag=True, help="It did not: the session is open again.")
@click.option("--run-id", metavar="ID", help="With --placed: the orchestrator's run.")
@click.option(
    "--order",
    "orders",
    multiple=True,
    metavar="NAME",
    help="With --placed: an order's id; repeatable. Else an order as resolve lists it.",
)
@click.option("--filled", metavar="QTY@PRICE", help="With --order: all that it has filled, and the average.")
@click.option("--not-filled", is_flag=True, help="With --order: it has filled nothing.")
@click.option(
    "--position",
    multiple=True,
    metavar="SYMBOL[=QTY@PRICE]|all",
    help="Bring the book to the gateway's quantity, or to QTY by a trade at PRICE; repeatable.",
)
@click.option("--split", nargs=2, metavar="SYMBOL N:M", help="Book a split: M shares became N.")
@click.option("--ex-date", metavar="DATE", help="With --split: the first session with it.")
@click.option("--wrong-date", is_flag=True, help="Its session is yet to come: open it again for that day.")
@click.option("--reset", is_flag=True, help="The account was wiped: end this book, begin a new one.")
@exchange_option
@service_urls
@ledger_option
@common_options
def resolve(trade: str | None, **flags: Any) -> ExitStatus:
    """List the trades of which it is not known what came of them, or say what came of one."""
    from paper_run.app import mark, recover
    from paper_run.app.finish import deliver
    from paper_run.ledger import existing
    from paper_run.ledger.sqlite import lock
    from paper_run.notify.outbox import Outbox
    from paper_run.report.publisher import Filing
    from paper_run.trading import preflight, verdicts

    change = reading.change(trade, flags)
    if change is not None:
        return book_commands.change_book(change, flags)
    if flags["wrong_date"]:
        return book_commands.set_aside(trade, flags)
    decision = reading.decision(trade, flags)
    with connect.connected(reading.settings(flags), flags) as (settings, platform):
        console, clock = output.console(flags), output.clock()
        existing.require_ledger(settings.reports_dir)
        pause = platform.deadline.uncounted(clock.pause)
        with (
            lock.held(settings.reports_dir, now=clock.now(), patience=_PATIENCE, pause=pause),
            existing.existing_ledger(settings.reports_dir) as ledger,
        ):
            outbox = Outbox(ledger, settings.mail, clock.now, settings.invocation, platform.deadline)
            filing = Filing(ledger, settings.reports_dir)
            ledger.refuse_another(settings.ledger)
            unheard = preflight.unheard(ledger, platform)
            is_heard = unheard is None
            recover.settle_earlier(ledger, platform, settings, clock, console, outbox, is_heard=is_heard)
            if unheard is not None:
                console.notice(unheard)
            if trade is None or decision is None:
                unsettled = [row for row in ledger.unfinished() if row.unsettled]
                console.unsettled(
                    unsettled,
                    ledger.doubtful(),
                    settings.invocation._replace(ledger=ledger.identity),
                    mark.open_fills(ledger, platform, settings, clock.now()),
                    ledger.following.taken_back(),
                )
                return _written(console, (), deliver(filing, outbox, console))
            row = verdicts.settle(
                verdicts.named(ledger, trade),
                decision._replace(unheard=unheard is not None),
                ledger,
                platform,
                clock.now(),
                timeout=settings.timeout,
            )
            outbox.settled(row)
            written, unwritten = filing.save([filing.reports(row.document)])
            unsent = deliver(filing, outbox, console)
    console.say(f"The trade {row.name} is settled: {row.settled}.")
    return _written(console, written, [*unwritten, *unsent])


@commands.command(short_help="Serve the built-in platform on 8001-8003, quotes on 8004.")
@click.option("--port", metavar="PORT", help="First of four ports in a row, 0 for any free ones.  [8001]")
@common_options
def sandbox(**flags: Any) -> ExitStatus:
    """Serve the built-in platform (signal service, gateway, orchestrator, quotes) until Ctrl-C.

    Everything it says is simulated. Its account is kept in the sandbox folder of the reports folder.
    """
    from paper_run.sandbox import Sandbox

    first = reading.whole_number(flags, "port", default=8001, least=0, most=65532)
    folder = reading.reports_folder({**flags, "sandbox": True})
    console = output.console(flags)
    with (
        connect.sandbox_errors(),
        Sandbox(connect.state_file(folder), ports=connect.ports(first)) as platform,
    ):
        console.say("SANDBOX - simulated prices. Ctrl-C stops it.")
        console.say()
        console.say(f"  Signal Service     {platform.signal_service_url}")
        console.say(f"  Execution Gateway  {platform.execution_gateway_url}")
        console.say(f"  Orchestrator       {platform.orchestrator_url}")
        console.say(f"  Quotes             {platform.quotes_url}")
        console.say()
        console.say(f"  Next session       {platform.session}")
        console.say(f"  Account            {connect.state_file(folder)}")
        console.say()
        console.say("Run a day against it from another terminal:")
        console.say()
        urls = (
            f" --signal-service-url {platform.signal_service_url}"
            f" --execution-gateway-url {platform.execution_gateway_url}"
            f" --orchestrator-url {platform.orchestrator_url}"
        )
        console.say(f"  {reading.program()} --reports-dir {shlex.quote(str(folder))}{urls}")
        try:
            connect.wait_for_ctrl_c()
        except KeyboardInterrupt:
            console.say()
            console.say("Stopped.")
    return ExitStatus.SUCCESS


def _play_sessions(
    settings: Config, platform: Platform, flags: Mapping[str, Any], sessions: int, beat: heartbeat.Beat
) -> ExitStatus:
    """Play several sandbox sessions one after the other, each a day like any other; the last is mailed."""
    from paper_run.app import day
    from paper_run.report.console import Tally

    silent, tally = output.console(flags, quiet=True), Tally()
    failures: list[PaperRunError] = []
    with click.progressbar(length=sessions, label="SANDBOX sessions", hidden=output.is_silent(flags)) as bar:
        for number in range(sessions):
            mailed = settings if number == sessions - 1 else settings._replace(mail=None)
            earlier = [*failures]
            end = day.run_day(mailed, platform, output.clock(), silent)
            failures += end.failures
            if end.reports is not None:
                tally.add(end.reports.result)
            bar.update(1)
    output.console(flags).sessions(tally, settings.reports_dir)
    unopened = output.open_page(settings.reports_dir / "index.html") if flags["opens"] else []
    unopened += streams.unwritten()
    failures += unopened
    exit_status = worst(failure.exit_status for failure in failures)
    output.show_failures(failures[-1:], exit_status)
    beat.ended(exit_status, end, (*earlier, *unopened))
    return exit_status
