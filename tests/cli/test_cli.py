"""The command line: how arguments are read, and which exit status comes of what."""

import atexit
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from support import command_line
from support.command import any_time, run_command
from support.socket_server import refusing, serving

from paper_run import __version__, cli
from paper_run.__main__ import entry_point
from paper_run.app import day as run
from paper_run.app import plan as planning
from paper_run.app.finish import End
from paper_run.cli import main
from paper_run.errors import (
    DataError,
    DependencyError,
    ExitStatus,
    Interrupted,
    OrchestrationError,
    PaperRunError,
    SeveralErrors,
)
from paper_run.report.day import Reports
from paper_run.settings import config, sources


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder, an environment and a SIGTERM of the test's own."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("PAPER_RUN_") or name.endswith(
            ("_SERVICE_URL", "_GATEWAY_URL", "ORCHESTRATOR_URL")
        ):
            monkeypatch.delenv(name)
    for name, value in any_time().items():
        monkeypatch.setenv(name, value)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


class Called:
    """Stands for the day: remembers its configuration and ends as told."""

    def __init__(self, end: End | BaseException = End(ExitStatus.SUCCESS)) -> None:  # noqa: B008  frozen
        self.end = end
        self.configs: list[config.Config] = []
        self.consoles: list[Any] = []

    def __call__(
        self, settings: config.Config, _platform: Any, _clock: Any, console: Any, **_more: Any
    ) -> End:
        self.configs.append(settings)
        self.consoles.append(console)
        if isinstance(self.end, BaseException):
            raise self.end
        return self.end

    @property
    def config(self) -> config.Config:
        (only,) = self.configs
        return only


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> Called:
    called = Called()
    monkeypatch.setattr(run, "run_day", called)
    return called


# How arguments are read


@pytest.mark.parametrize(
    "typed",
    [
        "--symbols AAPL MSFT GOOGL --capital 5",
        "--capital 5 --symbols AAPL MSFT GOOGL",
        "--symbols AAPL,MSFT,GOOGL --capital 5",
        "--symbols AAPL --symbols MSFT --capital 5 --symbols GOOGL",
        "--symbols=AAPL MSFT --capital=5 --symbols=GOOGL",
        "--symbols=AAPL,MSFT GOOGL --capital 5",
        "--symbols aapl, msft googl --capital 5",
    ],
)
def test_symbols_are_spread(day: Called, typed: str) -> None:
    """Spaces, commas, repeated, with an equals sign: they all mean the same."""
    assert main(typed.split()) == 0
    assert day.config.symbols == ("AAPL", "MSFT", "GOOGL")
    assert day.config.capital == 5


@pytest.mark.parametrize(
    "typed", [["--symbols"], ["--symbols", "--capital", "5"], ["--symbols="], ["--symbols", ""]]
)
def test_symbols_without_a_symbol_are_an_error(
    day: Called, capsys: pytest.CaptureFixture[str], typed: list[str]
) -> None:
    """Exit 3, with the form, and no day is run."""
    assert main(typed) == 3
    assert "AAPL" in capsys.readouterr().err
    assert day.configs == []


def test_the_day_is_the_default_command(day: Called) -> None:
    """With options alone, and with none at all."""
    assert main([]) == 0
    assert main(["-q"]) == 0
    assert len(day.configs) == 2


def test_every_option_of_the_day_reaches_the_configuration(day: Called, tmp_path: Path) -> None:
    """As typed."""
    typed = (
        "--symbols A --capital 1.50 --max-position-size 2 --as-of-date 2025-01-16 --output a.json "
        "--output b.csv "
        "--timeout 7 --wait 3 --signal-service-url http://a/ --execution-gateway-url http://b "
        "--orchestrator-url http://c/x --reports-dir out"
    )
    assert main(typed.split()) == 0
    got = day.config
    assert (got.symbols, str(got.capital), str(got.max_position_size)) == (("A",), "1.50", "2")
    assert str(got.as_of_date) == "2025-01-16"
    assert [path.name for path in got.outputs] == ["a.json", "b.csv"]
    assert (got.timeout, got.wait) == (7, 3)
    assert [got.signal_service.base, got.execution_gateway.base, got.orchestrator.base] == [
        "http://a",
        "http://b",
        "http://c/x",
    ]
    assert got.reports_dir == tmp_path / "out"


def test_an_env_file_can_be_named(day: Called, tmp_path: Path) -> None:
    """Its values are used, and its folder is where relative reports go."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "x.env").write_text("PAPER_RUN_CAPITAL=7\n")
    assert main(["--env-file", "conf/x.env"]) == 0
    assert day.config.capital == 7
    assert day.config.reports_dir == tmp_path / "conf" / "reports"


def test_the_environment_is_read(day: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no flag was given."""
    monkeypatch.setenv("PAPER_RUN_CAPITAL", "8")
    assert main([]) == 0
    assert day.config.capital == 8


def test_dry_run_plans_instead_of_running(day: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """The day itself is never called."""
    plan = Called()
    monkeypatch.setattr(planning, "plan_day", plan)
    assert main(["--dry-run"]) == 0
    assert (len(plan.configs), len(day.configs)) == (1, 0)


# Wrong usage


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["--no-such-option"], "--no-such-option"),
        (["--capital"], "--capital"),
        (["frobnicate"], "frobnicate"),
        (["sandbx"], "sandbox"),
        (["-q", "history"], "history is a command, and a command comes first"),
        (["-q", "extra"], "extra stands alone: symbols go with --symbols."),
        (["schedule"], "Missing argument 'cron|systemd|kubernetes'"),
        (["sandbox", "--capital", "5"], "--capital"),
        (["extra", "--capital", "5"], "extra"),
        (["--capital", "1e5"], "--capital"),
        (["--sessions", "2"], "--sandbox"),
        (["--sandbox", "--sessions", "0"], "--sessions"),
        (["--sandbox", "--sessions", "many"], "--sessions"),
        (["--sandbox", "--sessions", "9" * 5000], "--sessions"),
        (["--sandbox", "--orchestrator-url", "http://x"], "--orchestrator-url"),
        (["--sandbox", "--sessions", "2", "--output", "-"], "--output"),
        (["--env-file", "absent.env"], "absent.env"),
        (["sandbox", "--port", "99999"], "--port"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_wrong_usage_is_exit_3_with_one_message(
    day: Called, capsys: pytest.CaptureFixture[str], typed: list[str], words: str
) -> None:
    """One error block on standard error that names what is wrong; nothing on standard output, no day."""
    assert main(typed) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("ERROR: ") == 1
    assert words in said.err
    assert said.err.endswith("Exiting with code 3.\n")
    assert day.configs == []


def test_an_unknown_command_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """With the one that was perhaps meant."""
    main(["sandbx"])
    said = capsys.readouterr().err
    assert "Did you mean sandbox?" in said


@pytest.mark.parametrize(
    ("line", "first", "help_of"),
    [
        ("--capitol 5", "No such option: --capitol. Did you mean --capital?", "--help"),
        ("history --jsn", "No such option: --jsn. Did you mean --json?", "history --help"),
        ("resolve --positon AAPL", "No such option: --positon. Did you mean --position?", "resolve --help"),
        ("mark --zz", "No such option: --zz.\n", "mark --help"),
        ("mark --capital 5", "No such option: --capital. It goes with the day.", "mark --help"),
        ("--json", "No such option: --json. It goes with mark, history, resolve, ", "--help"),
        ("report -n 3", "No such option: -n. It goes with history.", "report --help"),
        ("-x", "No such option: -x.", "--help"),
        ("schedule crn", "schedule: crn is not allowed. Did you mean cron?", "schedule --help"),
        ("sandbx", "No such command: sandbx. Did you mean sandbox?", "--help"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(
    line: str, first: str, help_of: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one option that is near, or none; and the help of the very command."""
    assert main(line.split()) == 3
    said = capsys.readouterr().err
    assert said.startswith(f"❌ ERROR: {first}")
    ends = {"--help": "; nothing was sent", "mark --help": "; nothing was changed"}
    ends["resolve --help"] = ends["mark --help"]
    assert f"1. See {help_of}{ends.get(help_of, '')}.\n" in said


@pytest.mark.parametrize("command", ["history", "report", "config", "doctor", "schedule cron", "sandbox"])
def test_what_never_sends_does_not_say_that_nothing_was_sent(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong setting reads the same, without the words that matter to a day."""
    wrong = tmp_path / "wrong.env"
    wrong.write_text("PAPER_RUN_REPORTS_DIR reports\n")
    assert main([*command.split(), "--env-file", str(wrong)]) == 3
    said = " ".join(capsys.readouterr().err.split())
    assert "1. Name a readable file with --env-file, or correct this one. Exiting" in said
    for others, ends in (([], "sent"), (["mark"], "changed"), (["resolve"], "changed")):
        assert main([*others, "--env-file", str(wrong)]) == 3
        said = " ".join(capsys.readouterr().err.split())
        assert f"or correct this one; nothing was {ends}. Exiting" in said


# Help


def test_the_short_forms_are_the_long_ones(capsys: pytest.CaptureFixture[str]) -> None:
    """-h of everything, -V of the program; both stand in the help."""
    for short, long in (["-h"], ["--help"]), (["mark", "-h"], ["mark", "--help"]), (["-V"], ["--version"]):
        assert (main(short), shown := capsys.readouterr().out) == (0, shown)
        assert (main(long), capsys.readouterr().out) == (0, shown)
    main(["-h"])
    shown = capsys.readouterr().out
    assert "-V, --version" in shown
    assert "-h, --help" in shown


def test_help_lists_the_days_options_and_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Each option that takes a value with its variable, then each command that is not hidden."""
    assert main(["--help"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    for setting in (each for each in sources.SETTINGS.values() if "run" in each.commands):
        assert setting.flag in shown.out
        if setting.variable:
            assert setting.variable in shown.out
    for option in ("--dry-run", "--sandbox", "--sessions", "--env-file", "-q, --quiet", "-v, --verbose"):
        assert option in shown.out
    visible = list(command_line.commands())
    assert visible
    commands = shown.out.partition("Commands:")[2]
    for name in visible:
        assert f"\n  {name}" in commands


def test_the_days_own_help_is_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """`--capital 5 --help` shows all of it, too."""
    main(["--help"])
    alone = capsys.readouterr().out
    assert main(["--capital", "5", "--help"]) == 0
    assert capsys.readouterr().out.split() == alone.split()


@pytest.mark.parametrize("name", command_line.commands())
def test_every_command_has_the_common_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--env-file --reports-dir --sandbox -q -v, in every command's help."""
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    for option in ("--env-file", "--reports-dir", "--sandbox", "-q, --quiet", "-v, --verbose"):
        assert option in shown


def test_every_option_explains_itself() -> None:
    """No option and no command without a help text."""
    for command in (cli.commands, command_line.command("run"), *command_line.commands().values()):
        assert command.help
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, parameter.name


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output, exit 0."""
    assert main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


# Exit statuses


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DataError("bad file"), 3),
        (DependencyError("down"), 1),
        (OrchestrationError("failed"), 2),
        (Interrupted("stopped"), 130),
        (SeveralErrors((DataError("a"), DependencyError("b"))), 1),
        (SeveralErrors((DependencyError("a"), OrchestrationError("b"), DataError("c"))), 2),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (click.UsageError("wrong"), 3),
    ],
    ids=repr,
)
def test_an_error_becomes_words_and_a_status(
    day: Called, capsys: pytest.CaptureFixture[str], error: BaseException, status: int
) -> None:
    """On standard error, every error of several, and the status of the worst."""
    day.end = error
    assert main([]) == status
    said = capsys.readouterr()
    assert said.out == ""
    errors: tuple[Any, ...] = error.errors if isinstance(error, SeveralErrors) else (error,)
    for each in errors:
        if isinstance(each, PaperRunError):
            assert f"ERROR: {each.title}" in said.err
    assert said.err.endswith(f"Exiting with code {status}.\n")


@pytest.mark.parametrize("status", list(ExitStatus))
def test_the_days_status_is_the_commands(
    day: Called, capsys: pytest.CaptureFixture[str], status: ExitStatus
) -> None:
    """What the day ended with, its failures on standard error; nothing there when all is well."""
    failures = () if status is ExitStatus.SUCCESS else (DataError("one thing"), DataError("another"))
    day.end = End(status, failures)
    assert main([]) == status
    said = capsys.readouterr().err
    assert ("one thing" in said and "another" in said) is bool(failures)
    assert bool(said) is bool(failures)


def test_the_entry_point_exits_with_the_status(day: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """As installed, it takes its arguments from the process."""
    monkeypatch.setattr(sys, "argv", ["paper-run", "--capital", "5"])
    monkeypatch.setattr(atexit, "register", lambda _: None)  # this process has more to do
    day.end = End(ExitStatus.ORCHESTRATION)
    with pytest.raises(SystemExit) as caught:
        entry_point()
    assert caught.value.code == 2
    assert day.config.capital == 5


def test_a_sigterm_is_an_interruption(day: Called, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends the program as Ctrl-C does: exit 130."""

    def terminated(*_args: Any, **_more: Any) -> End:
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("the signal did not arrive")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "run_day", terminated)
        assert main([]) == 130
    assert "Interrupted" in capsys.readouterr().err


# Output


def test_output_to_stdout_is_the_json_alone(
    day: Called, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Byte for byte, and the console is quiet."""
    day.end = End(ExitStatus.SUCCESS, (), Reports('{"a": "ä"}\n', tmp_path))
    assert main(["--output", "-"]) == 0
    said = capsysbinary.readouterr()
    assert said.out == '{"a": "ä"}\n'.encode()
    assert said.err == b""
    day.consoles[0].run_id("x")
    assert capsysbinary.readouterr().out == b""


class Broken:
    """Standard output whose reader has left."""

    encoding = "utf-8"

    @property
    def buffer(self) -> "Broken":
        return self

    def isatty(self) -> bool:
        return False

    def write(self, _content: Any) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    def flush(self) -> None:
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize(
    ("ended", "status"), [(ExitStatus.SUCCESS, 3), (ExitStatus.DEPENDENCY, 1), (ExitStatus.ORCHESTRATION, 2)]
)
def test_a_broken_stdout_does_not_hide_how_the_trade_ended(
    day: Called,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    ended: ExitStatus,
    status: int,
) -> None:
    """A file that can't be written is 3, and 2 beats 1 beats 3."""
    failures = () if ended is ExitStatus.SUCCESS else (OrchestrationError("one thing"),)
    day.end = End(ended, failures, Reports("{}", tmp_path))
    monkeypatch.setattr(sys, "stdout", Broken())
    assert main(["--output", "-"]) == status
    assert "standard output" in capsys.readouterr().err


def test_a_standard_output_that_is_closed_does_not_stop_the_day(
    day: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `>&-` there is no standard output at all; the day is run, and prints nothing."""
    monkeypatch.setattr(sys, "stdout", None)
    assert main([]) == 0
    day.consoles[0].run_id("x")


# The sandbox


def test_a_sandbox_run_stays_apart_and_says_what_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A day on the built-in platform: exit 0, in a folder of its own, labelled; the next plays on."""
    assert main(["--sandbox", "--reports-dir", "out"]) == 0
    first = capsys.readouterr()
    assert first.err == ""
    assert "SANDBOX - simulated prices" in first.out
    assert main(["--sandbox", "--reports-dir", "out", "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    pages = sorted(path.name for path in (tmp_path / "out" / "sandbox").glob("*_paper_run.json"))
    assert pages == ["2025-01-02_paper_run.json", "2025-01-03_paper_run.json"]
    assert list((tmp_path / "out").glob("*_paper_run.*")) == []


def test_several_sandbox_sessions_are_played_in_a_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--sessions 3` plays three, each saved, and sums them up."""
    assert main(["--sandbox", "--sessions", "3"]) == 0
    said = capsys.readouterr()
    assert "Played 2025-01-02 to 2025-01-06" in said.out
    assert said.err == ""
    assert len(list((tmp_path / "reports" / "sandbox").glob("*_paper_run.json"))) == 3


def test_an_order_found_to_be_filled_is_not_said_to_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`resolve` finds the order in doubt, filled: it is settled, and nobody is asked what it filled."""
    assert main(["--sandbox", "--symbols", "AAPL", "DOUBT"]) == 2
    capsys.readouterr()
    assert main(["resolve", "--sandbox"]) == 0
    said = capsys.readouterr().out
    assert said.count("found to have DOUBT as") == said.count("the gateway and the broker were found") == 1
    assert "still works" not in said
    assert "--filled" not in said


@pytest.mark.parametrize("typed", [["--sandbox"], ["sandbox", "--port", "0"]])
def test_a_sandbox_without_a_folder_is_exit_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], typed: list[str]
) -> None:
    """Its account must be kept somewhere."""
    (tmp_path / "reports").write_text("in the way")
    assert main(typed) == 3
    assert str(tmp_path / "reports") in capsys.readouterr().err


def stop() -> None:
    raise KeyboardInterrupt


def test_the_sandbox_is_served_until_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints the five URLs and how to run against them; Ctrl-C ends it cleanly, exit 0."""
    monkeypatch.setattr(signal, "pause", stop)
    assert main(["sandbox", "--port", "0"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    for name in ("Signal Service", "Execution Gateway", "Orchestrator", "Quotes", "Broker"):
        assert f"  {name}" in said.out
    assert said.out.count("http://127.0.0.1:") + said.out.count("http://localhost:") >= 8
    assert "SANDBOX - simulated prices" in said.out
    assert said.out.endswith("Stopped.\n")
    (command,) = [line for line in said.out.splitlines() if " -m paper_run " in line]
    assert f" {sys.executable} -m paper_run " in command
    assert "ALPACA_BASE_URL=http://127.0.0.1:" in command
    for name in ("signal-service", "execution-gateway", "orchestrator"):
        assert f"--{name}-url http://127.0.0.1:" in command  # whatever a .env file names: these


def test_a_port_that_is_taken_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 3 naming the port."""
    monkeypatch.setattr(signal, "pause", stop)
    with serving(b"") as server:
        assert main(["sandbox", "--port", str(min(server.port, 65532))]) == 3
        assert str(server.port) in capsys.readouterr().err


def test_quiet_and_verbose_reach_the_console(day: Called, capsys: pytest.CaptureFixture[str]) -> None:
    """-q: no line of the day."""
    main(["-q"])
    day.consoles[0].run_id("x")
    assert capsys.readouterr().out == ""
    main([])
    day.consoles[1].run_id("x")
    assert "Run ID: x" in capsys.readouterr().out


def test_verbose_shows_each_request(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, with what came of it and the milliseconds; no attempt when the services are down."""
    url = refusing().base
    typed = [
        "-q",
        "-v",
        f"--signal-service-url={url}",
        f"--execution-gateway-url={url}",
        f"--orchestrator-url={url}",
    ]
    assert main(typed) == 1
    said = capsys.readouterr()
    assert said.out == ""
    requests = [line for line in said.err.splitlines() if line.startswith("GET ")]
    assert len(requests) == 1 + 3  # the first tells whether it is a sandbox
    assert all(line.startswith(f"GET {url}/health -> refused the connection (") for line in requests)
    assert all(line.endswith(" ms)") for line in requests)
    assert said.err.count("unavailable") == 3
    assert "Add --sandbox" in said.err


def test_history_says_where_sessions_are(tmp_path: Path) -> None:
    """Without any it says so, and where a sandbox has some; with --since none since then is another thing."""
    (tmp_path / "reports").mkdir()
    assert run_command("--sandbox", "-q", cwd=tmp_path).returncode == 0
    assert run_command("-q", cwd=tmp_path).returncode in {0, 1}  # a closed day, or no services
    for monthly in ((), ("--monthly",)):
        said = run_command("history", *monthly, cwd=tmp_path).stdout
        assert said == "No session yet. The sandbox has a ledger of its own: add --sandbox\n"
        said = run_command("history", "--sandbox", "--since", "2025-01-03", *monthly, cwd=tmp_path).stdout
        assert said == "SANDBOX - simulated prices\nNo session since 2025-01-03.\n"
