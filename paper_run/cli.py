"""The command line: flags into a Config, errors into words and an exit status, nothing else."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from paper_run import __version__
from paper_run.arguments import Commands, DayCommand, common_options, service_urls
from paper_run.errors import DataError, ExitStatus, Interrupted, PaperRunError, SeveralErrors, worst

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from types import FrameType

    from paper_run.config import Config, Sources
    from paper_run.resolve import Decision
    from paper_run.services.platform import Platform
    from paper_run.watch import Clock
    from paper_run.writers.console import Console

SANDBOX_FOLDER = "sandbox"
_MOST_SESSIONS = 10_000
_URL_FLAGS = ("signal_service_url", "execution_gateway_url", "orchestrator_url")

_EPILOG = (
    "Precedence: option, environment variable, .env file, default. "
    "Exit status: 0 success, 1 a service is down, 2 the orchestration failed or its outcome is not known, "
    "3 wrong input or a file that can't be written, 130 interrupted."
)


@click.group(cls=Commands, epilog=_EPILOG)
@click.version_option(__version__, prog_name="paper_run")
def commands() -> None:
    """Run the day: check the services, trade once, compute the notional, save the reports."""


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
    help="Most in one position.  [PAPER_RUN_MAX_POSITION_SIZE; 20000]",
)
@click.option(
    "--as-of-date",
    metavar="YYYY-MM-DD",
    help="Date of the signals.  [PAPER_RUN_AS_OF_DATE; the session]",
)
@click.option(
    "--output",
    multiple=True,
    metavar="PATH",
    help="Also write there: .json, .html, .csv (orders), or - for the JSON alone on standard output; "
    "repeatable.  [PAPER_RUN_OUTPUT]",
)
@click.option("--dry-run", is_flag=True, help="Check everything and print the plan; send nothing.")
@click.option("--again", is_flag=True, help="Trade the session once more, on purpose.")
@click.option("--sessions", metavar="N", help="With --sandbox: play N sessions.  [1]")
@click.option(
    "--timeout",
    metavar="SECONDS",
    help="How long to wait for the orchestration.  [PAPER_RUN_TIMEOUT; 300]",
)
@click.option(
    "--wait", metavar="SECONDS", help="How long to wait for the services to come up.  [PAPER_RUN_WAIT; 0]"
)
@service_urls
@common_options
def run(**flags: Any) -> ExitStatus:
    """Run the day."""
    from dataclasses import replace

    from paper_run import config, run

    sessions = _sessions(flags)
    _refuse_urls_with_sandbox(flags)
    sources = _sources(flags)
    settings = replace(config.load(sources, today=_today()), context=_context(flags))
    if sessions > 1 and settings.to_stdout:
        raise DataError("--output - prints one JSON, --sessions plays several days", "Use one or the other.")
    with _platform(settings, flags) as (settings, platform):
        if sessions > 1:
            return _play_sessions(settings, platform, flags, sessions)
        console = _console(flags, quiet=settings.to_stdout and not flags["dry_run"])
        if flags["dry_run"]:
            end = run.plan_day(settings, platform, _clock(), console)
        else:
            end = run.run_day(settings, platform, _clock(), console, again=flags["again"])
    unprinted = _print_json(end.reports.json) if end.reports is not None and settings.to_stdout else []
    exit_status = worst((end.exit_status, *(failure.exit_status for failure in unprinted)))
    _show_failures((*end.failures, *unprinted), exit_status)
    return exit_status


@commands.command(short_help="Make a trade's files again from the ledger, offline.")
@click.argument("trade", metavar="[SESSION[-n]|latest]", default="latest")
@common_options
def report(trade: str, **flags: Any) -> ExitStatus:
    """Make the files of a trade again, byte for byte, from the ledger alone: SESSION, SESSION-n or latest."""
    from paper_run import prepare, resolve
    from paper_run.writers.reports import Reports

    folder, console = _reports_folder(flags), _console(flags)
    with prepare.read_only_ledger(folder) as ledger:
        if ledger is None:
            raise DataError(
                f"There is no ledger in {folder}",
                "Reports are made from the ledger of earlier runs.",
                remedies=("Name the folder that has it: --reports-dir DIR", "Or run the day first."),
            )
        written, unwritten = Reports(resolve.named(ledger, trade).document, folder).save()
    for path in written:
        console.saved(path)
    exit_status = worst(failure.exit_status for failure in unwritten)
    _show_failures(unwritten, exit_status)
    return exit_status


@commands.command(short_help="List what is not settled, or settle it.")
@click.argument("trade", metavar="[SESSION[-n]]", required=False)
@click.option("--placed", is_flag=True, help="It did trade.")
@click.option("--not-placed", is_flag=True, help="It did not: the session is open again.")
@click.option("--run-id", metavar="ID", help="With --placed: the orchestrator's run.")
@click.option("--order", "orders", multiple=True, metavar="ID", help="With --placed: an order; repeatable.")
@service_urls
@common_options
def resolve(trade: str | None, **flags: Any) -> ExitStatus:
    """List the trades of which it is not known what came of them, or say what came of one."""
    from dataclasses import replace

    from paper_run import config, resolve, run, unfinished
    from paper_run.ledger import lock
    from paper_run.writers.reports import Reports

    decision = _decision(trade, flags)
    settings = replace(config.load(_sources(flags), today=_today()), context=_context(flags))
    with _platform(settings, flags) as (settings, platform), run.open_ledger(settings) as ledger:
        console, clock = _console(flags), _clock()
        with lock.held(settings.reports_dir, now=clock.now(), patience=60.0, pause=clock.pause):
            for row in unfinished.settle_all(ledger, platform, clock.now()):
                Reports(row.document, settings.reports_dir).save()
                console.say(f"The trade {row.name} is settled: {row.settled}.")
            if trade is None or decision is None:
                unsettled = [row for row in ledger.unfinished() if row.unsettled]
                console.unsettled(unsettled, ledger.doubtful(), settings.context)
                return ExitStatus.SUCCESS
            row = resolve.settle(resolve.named(ledger, trade), decision, ledger, platform, clock.now())
            written, unwritten = Reports(row.document, settings.reports_dir).save()
    console.say(f"The trade {row.name} is settled: {row.settled}.")
    for path in written:
        console.saved(path)
    exit_status = worst(failure.exit_status for failure in unwritten)
    _show_failures(unwritten, exit_status)
    return exit_status


def _decision(trade: str | None, flags: Mapping[str, Any]) -> Decision | None:
    """Read what a person says of a trade; None when they only ask."""
    from paper_run.resolve import Decision

    how = "Allowed: resolve SESSION --placed [--run-id ID | --order ID ...], or resolve SESSION --not-placed."
    named = flags["run_id"] is not None or bool(flags["orders"])
    if flags["placed"] and flags["not_placed"]:
        raise DataError("--placed and --not-placed contradict each other", how)
    if named and (not flags["placed"] or (flags["run_id"] is not None and flags["orders"])):
        raise DataError("--run-id or --order goes with --placed, one kind of the two", how)
    if flags["placed"] or flags["not_placed"]:
        if trade is None:
            raise DataError("resolve needs the trade that is to be settled", how)
        return Decision(flags["placed"], flags["run_id"], flags["orders"])
    if trade is not None:
        raise DataError(f"resolve {trade!a}: it is not said what came of it", how)
    return None


@commands.command(short_help="Serve the built-in platform on 8001-8003, quotes on 8004.")
@click.option("--port", metavar="PORT", help="First of four ports in a row, 0 for any free ones.  [8001]")
@common_options
def sandbox(**flags: Any) -> ExitStatus:
    """Serve the built-in platform (signal service, gateway, orchestrator, quotes) until Ctrl-C.

    Everything it says is simulated. Its account is kept in the sandbox folder of the reports folder.
    """
    from paper_run.sandbox import Sandbox

    first = _whole_number(flags, "port", default=8001, least=0, most=65532)
    folder = _reports_folder({**flags, "sandbox": True})
    console = _console(flags)
    with _sandbox_errors(), Sandbox(_state_file(folder), ports=_ports(first)) as platform:
        console.say("SANDBOX - simulated prices. Ctrl-C stops it.")
        console.say()
        console.say(f"  Signal Service     {platform.signal_service_url}")
        console.say(f"  Execution Gateway  {platform.execution_gateway_url}")
        console.say(f"  Orchestrator       {platform.orchestrator_url}")
        console.say(f"  Quotes             {platform.quotes_url}")
        console.say()
        console.say(f"  Next session       {platform.session}")
        console.say(f"  Account            {_state_file(folder)}")
        console.say()
        console.say("Run a day against it from another terminal:")
        console.say()
        urls = (
            ""
            if first == 8001
            else (
                f" --signal-service-url {platform.signal_service_url}"
                f" --execution-gateway-url {platform.execution_gateway_url}"
                f" --orchestrator-url {platform.orchestrator_url}"
            )
        )
        console.say(f"  python -m paper_run --reports-dir {shlex.quote(str(folder))}{urls}")
        try:
            _wait_for_ctrl_c()
        except KeyboardInterrupt:
            console.say()
            console.say("Stopped.")
    return ExitStatus.SUCCESS


def _values(flags: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what was typed after each flag that takes a value."""
    values = {}
    for name, value in flags.items():
        if isinstance(value, str):
            values["--" + name.replace("_", "-")] = [value]
        elif isinstance(value, tuple) and value:
            values["--" + name.replace("_", "-")] = list(value)
    return values


def _sources(flags: Mapping[str, Any]) -> Sources:
    from paper_run import config

    return config.Sources(_values(flags), os.environ, env_file=flags["env_file"], here=Path.cwd())


def _context(flags: Mapping[str, Any]) -> str:
    """Return the options that the next command needs to find the same ledger and services."""
    words = ["--sandbox"] if flags["sandbox"] else []
    for name in ("env_file", "reports_dir", *_URL_FLAGS):
        value = flags[name]
        if value is not None and "@" not in value:
            words += ["--" + name.replace("_", "-"), shlex.quote(value)]
    return "".join(f" {word}" for word in words)


def _reports_folder(flags: Mapping[str, Any]) -> Path:
    from paper_run import config

    folder = config.reports_folder(_sources(flags))
    return folder / SANDBOX_FOLDER if flags["sandbox"] else folder


def _today() -> date:
    from paper_run.session import exchange_time, utc_now

    return exchange_time(utc_now()).date()


def _whole_number(flags: Mapping[str, Any], name: str, *, default: int, least: int, most: int) -> int:
    from paper_run.config import Given

    typed = flags[name]
    if typed is None:
        return default
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10 and least <= int(typed) <= most):
        raise Given(typed, f"--{name}").wrong(f"a whole number from {least} to {most}")
    return int(typed)


def _sessions(flags: Mapping[str, Any]) -> int:
    sessions = _whole_number(flags, "sessions", default=1, least=1, most=_MOST_SESSIONS)
    if flags["sessions"] is not None and not flags["sandbox"]:
        raise DataError(
            "--sessions: only a sandbox can play several days at once",
            "Allowed: together with --sandbox.",
            remedies=("Add --sandbox, or leave --sessions out; nothing was sent.",),
        )
    return sessions


def _refuse_urls_with_sandbox(flags: Mapping[str, Any]) -> None:
    given = [name for name in _URL_FLAGS if flags[name] is not None]
    if flags["sandbox"] and given:
        raise DataError(
            f"--sandbox brings its own services, so --{given[0].replace('_', '-')} means nothing beside it",
            "Allowed: one or the other.",
            remedies=("Leave --sandbox out to run against that service; nothing was sent.",),
        )


@contextlib.contextmanager
def _platform(settings: Config, flags: Mapping[str, Any]) -> Iterator[tuple[Config, Platform]]:
    """Connect to the configured services, or start the sandbox and connect to that."""
    from paper_run.models import ServiceUrl
    from paper_run.services.platform import Platform
    from paper_run.services.transport import Transport

    with contextlib.ExitStack() as stack:
        if flags["sandbox"]:
            from dataclasses import replace

            from paper_run.sandbox import Sandbox

            folder = settings.reports_dir / SANDBOX_FOLDER
            stack.enter_context(_sandbox_errors())
            again = bool(flags.get("again"))
            sandbox = stack.enter_context(Sandbox(_state_file(folder), again=again))
            settings = replace(
                settings,
                reports_dir=folder,
                signal_service=ServiceUrl(base=sandbox.signal_service_url),
                execution_gateway=ServiceUrl(base=sandbox.execution_gateway_url),
                orchestrator=ServiceUrl(base=sandbox.orchestrator_url),
            )
        transport = Transport(**_watch_requests(flags))
        stack.callback(transport.close)
        yield (
            settings,
            Platform(
                transport,
                signal_service=settings.signal_service,
                execution_gateway=settings.execution_gateway,
                orchestrator=settings.orchestrator,
            ),
        )


def _wait_for_ctrl_c() -> None:
    while True:
        signal.pause()


def _state_file(folder: Path) -> Path:
    from paper_run.writers.files import prove_writable

    prove_writable(folder, purpose="The reports folder")
    return folder / "platform.sqlite3"


def _ports(first: int) -> tuple[int, int, int, int]:
    return (first, first + 1, first + 2, first + 3) if first else (0, 0, 0, 0)


@contextlib.contextmanager
def _sandbox_errors() -> Iterator[None]:
    """Turn what the sandbox says is wrong into an error of ours."""
    from paper_run.sandbox import SandboxError

    try:
        yield
    except SandboxError as error:
        raise DataError("The sandbox can't start", str(error)) from None


def _play_sessions(
    settings: Config, platform: Platform, flags: Mapping[str, Any], sessions: int
) -> ExitStatus:
    """Play several sandbox sessions, one after the other, each a day like any other."""
    from paper_run import run
    from paper_run.writers.console import Tally

    silent, tally = _console(flags, quiet=True), Tally()
    failures: list[PaperRunError] = []
    with click.progressbar(length=sessions, label="SANDBOX sessions", hidden=_is_silent(flags)) as bar:
        for _ in range(sessions):
            end = run.run_day(settings, platform, _clock(), silent)
            failures += end.failures
            if end.reports is not None:
                tally.add(end.reports.document)
            bar.update(1)
    _console(flags).sessions(tally, settings.reports_dir)
    exit_status = worst(failure.exit_status for failure in failures)
    _show_failures(failures[-1:], exit_status)
    return exit_status


def _is_silent(flags: Mapping[str, Any]) -> bool:
    return flags["quiet"] or not sys.stdout.isatty()


def _clock() -> Clock:
    from paper_run.session import utc_now
    from paper_run.watch import Clock

    return Clock(now=utc_now)


def _console(flags: Mapping[str, Any], *, quiet: bool = False) -> Console:
    from paper_run.writers import console

    return console.Console(console.standard_output(os.environ), quiet=quiet or flags["quiet"])


def _watch_requests(flags: Mapping[str, Any]) -> dict[str, Any]:
    if not flags["verbose"]:
        return {}
    from paper_run.writers import console

    stderr = console.standard_error(os.environ)
    return {"watch": lambda exchange: stderr.line(console.exchange_line(exchange))}


def _print_json(content: str) -> list[PaperRunError]:
    """Print the JSON alone; return what went wrong, if anything did."""
    try:
        sys.stdout.buffer.write(content.encode())
        sys.stdout.buffer.flush()
    except OSError as error:
        return [DataError("--output -: standard output can't be written", f"{error.strerror}.")]
    return []


def _show_failures(failures: Sequence[PaperRunError], exit_status: ExitStatus) -> None:
    if not failures:
        return
    from paper_run.writers import console

    stderr = console.standard_error(os.environ)
    stderr.line(console.error_block(failures, exit_status), paint=None)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _open_streams() -> Iterator[None]:
    """Give a program started without standard output or error (`>&-`) one that leads nowhere."""
    closed = [name for name in ("stdout", "stderr") if getattr(sys, name) is None]
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        for name in closed:
            setattr(sys, name, nowhere)
        try:
            yield
        finally:
            for name in closed:
                setattr(sys, name, None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status; nothing else turns an error into one."""
    signal.signal(signal.SIGTERM, _terminate)
    with _open_streams():
        return _status_of(sys.argv[1:] if arguments is None else arguments)


def _status_of(arguments: Sequence[str]) -> int:
    try:
        status = commands.main(
            list(arguments),
            prog_name="python -m paper_run",
            standalone_mode=False,
        )
        return int(status or ExitStatus.SUCCESS)
    except SeveralErrors as several:
        error: PaperRunError = several
        _show_failures(several.errors, several.exit_status)
    except PaperRunError as single:
        error = single
        _show_failures((single,), single.exit_status)
    except click.UsageError as usage:
        error = DataError(
            usage.format_message(), remedies=("See python -m paper_run --help; nothing was sent.",)
        )
        _show_failures((error,), error.exit_status)
    except (KeyboardInterrupt, click.Abort):
        error = Interrupted(
            "Interrupted",
            "Whatever was sent before is in the ledger: the next run shows it, and sends it no second time.",
        )
        _show_failures((error,), error.exit_status)
    return int(error.exit_status)


def entry_point() -> None:
    """Run the installed command `paper-run`."""
    sys.exit(main())
