"""Wrong lines of every command, read as a person reads them: what, where, what is allowed, what to do."""

import re
import socket
from pathlib import Path
from shutil import copytree
from typing import NamedTuple

import pytest
from support.command import Finished, run_command
from support.odd_platform import OddPlatform

WIDE = 60
SECRET = "s3cretW0rd"
_DATABASE = f"postgresql://jo:{SECRET}@127.0.0.1:1/paper"
_KEYS = {"ALPACA_API_KEY_ID": SECRET, "ALPACA_API_SECRET_KEY": SECRET}
_MAIL = {"PAPER_RUN_EMAIL_TO": "jo@example.com", "PAPER_RUN_SMTP_HOST": "mail.example.com"}


class Wrong(NamedTuple):
    """A line, what is set beside it, and the words that its message must have."""

    line: str
    words: tuple[str, ...]
    env: dict[str, str]


def _wrong(line: str, *words: str, **env: str) -> Wrong:
    return Wrong(line, words, env)


WITHOUT_A_LEDGER = [
    # usage
    _wrong(
        "schedule crn", "schedule: crn is not allowed. Did you mean cron?", "Allowed: cron, systemd, kuber"
    ),
    _wrong("schedule", "Missing argument 'cron|systemd|kubernetes'."),
    _wrong("completion tcsh", "completion: tcsh is not allowed. Allowed: bash, zsh, fish."),
    _wrong("ledger moov a", "ledger: moov is not allowed. Did you mean move?"),
    _wrong("HISTORY", "No such command: HISTORY. Did you mean history?"),
    _wrong("histroy", "No such command: histroy. Did you mean history?"),
    _wrong("--capitol 5", "No such option: --capitol. Did you mean --capital?"),
    _wrong("-sandbox", "No such option: -sandbox. Did you mean --sandbox?"),
    _wrong("history -q -json", "No such option: -json. Did you mean --json?", "history --help"),
    _wrong("-q history", "a command comes first"),
    _wrong(
        "mark 2025-01-02", "2025-01-02 is none.", "latest session", "report SESSION", "1. See mark --help"
    ),
    _wrong("doctor me", "doctor takes options alone: me is none.", "1. See doctor --help"),
    _wrong("config PAPER_RUN_WAIT", "config takes options alone: PAPER_RUN_WAIT is none."),
    _wrong(
        "2025-01-02", "No such command: 2025-01-02. Of a session: report 2025-01-02;", "--as-of-date 2025"
    ),
    _wrong("run 2025-01-02", "2025-01-02 stands alone: the date of the signals goes with --as-of-date."),
    _wrong("--capital 5 MSFT", "MSFT stands alone: symbols go with --symbols."),
    _wrong("--dry-run --open", "--open opens the page of a result, --dry-run leaves none; use one."),
    _wrong("--dry-run --output -", "--output - prints the JSON of a result, --dry-run leaves none; use one."),
    _wrong("--accept-database", "--accept-database means nothing here: the ledger is in no database."),
    _wrong(
        f"ledger move a {_DATABASE} --ledger-url {_DATABASE}2", "URL and --ledger-url name a database each"
    ),
    _wrong(f"history --all a --ledger-url {_DATABASE}", "--all goes with folders, URLs and --json alone."),
    _wrong("resolve --sandbox --orchestrator-url http://localhost:1", "--sandbox brings its own services"),
    _wrong("resolve --json --reset", "--json goes with the list, or with --dry-run."),
    _wrong("history -n", "Option '-n' requires an argument.", "1. See history --help"),
    _wrong("resolve --split AAPL", "Option '--split' requires 2 arguments.", "1. See resolve --help"),
    _wrong("mark --json=1", "does not take a value", "1. See mark --help"),
    _wrong(
        "--sandbox --email-to jo@example.com --no-email", "contradict each other", "Leave one of the two out"
    ),
    _wrong("schedule cron --user", "--user and --name go with schedule systemd"),
    _wrong("schedule cron --at 9", "No such option: --at", "schedule --help"),
    # values
    _wrong("--capital 1e5", "--capital: '1e5' is not allowed", "Allowed: dollars"),
    _wrong("--symbols AA$PL", "--symbols: 'AA$PL' is not allowed\n", "Allowed: letters"),
    _wrong("--symbols AAPL,AA$PL", "('AA$PL' is no symbol)"),
    _wrong("--as-of-date 31/12/2024", "(it is not written YYYY-MM-DD)", "2025-01-17", "previous"),
    _wrong("--as-of-date 2025-01-11", "no session on 2025-01-11 (Saturday)", "2025-01-10 or 2025-01-13"),
    _wrong("--timeout soon", "from 0.1 to 86400"),
    _wrong("--latest-start 9am", "HH:MM"),
    _wrong("--exchange NYSE", "XNYS", "24/7"),
    _wrong("--env-file=", "--env-file: '' is not allowed", "Allowed: the path of a file, or /dev/null"),
    _wrong("--benchmark BTC/USD", "a US share"),
    _wrong("--output results.xml", ".json, .html, .csv"),
    _wrong("--orchestrator-url localhost:8003", "does not begin with http://", "http://HOST[:PORT][/PATH]"),
    _wrong("--sessions 3", "only a sandbox", "Add --sandbox"),
    _wrong("--sandbox --sessions 0", "from 1 to 10000"),
    _wrong("--sandbox --sessions 2 --output -", "--output -", "use one."),
    _wrong("--sandbox --sessions 2 --again", "--again trades one session", "use one."),
    _wrong("--sandbox --orchestrator-url http://localhost:1", "--sandbox brings its own services"),
    _wrong("--sandbox --sessions 2 --dry-run", "--dry-run sends nothing", "use one."),
    _wrong("sandbox --port 99999", "from 0 to 65532"),
    _wrong("sandbox --auth rsa", "none or hmac"),
    _wrong("history -n 0", "--last (-n): '0' is not allowed", "from 1 to 1000000"),
    _wrong("history --json --csv", "use one of them"),
    _wrong("history --monthly --csv", "--monthly has no CSV; use --json"),
    _wrong("mark --ledger=", "--ledger: '' is not allowed", "Allowed: a ledger's id"),
    _wrong("email --mark", "--mark goes with a session", "email latest --mark", **_MAIL),
    _wrong("report --since 2025-03-01 --until 2025-01-01", "lies before --since 2025-03-01"),
    _wrong("report --until 2025-01-01", "--until needs --since"),
    _wrong("report --since gestern", "--since: 'gestern' is not allowed"),
    _wrong("report", "There is no ledger in", "--reports-dir DIR"),
    _wrong("mark", "There is no ledger in"),
    _wrong("email", "PAPER_RUN_EMAIL_TO is not set"),
    _wrong(f"ledger move a {_DATABASE.replace('postgresql', 'mysql')}", "URL: '<hidden>' is", "Correct URL"),
    _wrong("ledger move a.sqlite3", "No database is named", "PAPER_RUN_LEDGER_URL"),
    _wrong("--env-file gone.env", "gone.env can't be read", "No such file"),
    _wrong("--reports-dir /proc/self", "The reports folder /proc/self can't be written to"),
    # variables
    _wrong("", "'-3' is not allowed", "or off", PAPER_RUN_WARN_DRAWDOWN="-3"),
    _wrong("", "PAPER_RUN_WARN_GROSS: 'lots'", "percent", PAPER_RUN_WARN_GROSS="lots"),
    _wrong(
        "",
        "'<hidden>'",
        "does not begin with postgresql://",
        PAPER_RUN_LEDGER_URL=_DATABASE.replace("postgresql", "mysql"),
    ),
    _wrong("", "is no number up to 65535", PAPER_RUN_LEDGER_URL=_DATABASE.replace(":1/", ":70000/")),
    _wrong("", "/DATABASE", "@ is written %40", PAPER_RUN_LEDGER_URL=f"postgresql://jo:a/{SECRET}@h/db"),
    _wrong("", "'<hidden>'", PAPER_RUN_LEDGER_URL=f"postgresql://jo:a@{SECRET}@h/db"),
    _wrong("", "/DATABASE", PAPER_RUN_LEDGER_URL=f"postgresql://jo:{SECRET}@h"),
    _wrong("", "PAPER_RUN_PLATFORM is not set", "such as paper-1", PAPER_RUN_LEDGER_URL=_DATABASE),
    _wrong("", "PAPER_RUN_PLATFORM: 'a b'", "such as paper-1", PAPER_RUN_PLATFORM="a b"),
    _wrong("", "PAPER_RUN_LEDGER_SCHEMA: 'a;b'", "of a-z, 0-9 and _", PAPER_RUN_LEDGER_SCHEMA="a;b"),
    _wrong("", "PAPER_RUN_PLATFORM: 'a b'", PAPER_RUN_LEDGER_URL=_DATABASE, PAPER_RUN_PLATFORM="a b"),
    _wrong("", "PAPER_RUN_HEARTBEAT_URL: '<hidden>'", PAPER_RUN_HEARTBEAT_URL=SECRET),
    _wrong("", "ALPACA_API_SECRET_KEY is not", ALPACA_API_KEY_ID=SECRET),
    _wrong("", "PAPER_RUN_BROKER is live, but", "api.alpaca.markets", PAPER_RUN_BROKER="live", **_KEYS),
    _wrong("", "there are no keys", "auto, or off", PAPER_RUN_BROKER="paper"),
    _wrong("", "PAPER_RUN_QUOTES_URL: 'data'", PAPER_RUN_QUOTES_URL="data", **_KEYS),
    _wrong(
        "", "both list 2025-01-09", PAPER_RUN_CLOSED_DATES="2025-01-09", PAPER_RUN_OPEN_DATES="2025-01-09"
    ),
    _wrong("", "month must be in 1..12", PAPER_RUN_CLOSED_DATES="2025-13-01"),
    _wrong("", "PAPER_RUN_SMTP_HOST is not set", PAPER_RUN_EMAIL_TO="jo@example.com"),
    _wrong("", "'Ann <ann>' is not allowed\n", "a bare address", PAPER_RUN_EMAIL_TO="Ann <ann>"),
    _wrong("", "PAPER_RUN_SMTP_USER is not", PAPER_RUN_SMTP_PASSWORD=SECRET, **_MAIL),
    _wrong("", "gone can't be read", PAPER_RUN_SMTP_CA_FILE="gone", **_MAIL),
    _wrong("", "a number from 1 to 65535", PAPER_RUN_SMTP_PORT="smtp"),
    _wrong("", "too short for a secret", "64 printable", INTERNAL_TOKEN_SECRET=SECRET),
    _wrong("", "PAPER_RUN_SERVICE_SECRET_FILE", "can't be read", PAPER_RUN_SERVICE_SECRET_FILE="gone"),
    _wrong("", "1 for yes, 0 for no", PAPER_RUN_REQUIRE_LEDGER="maybe"),
    _wrong("", "number 1, 'foo://...', is not allowed", "ntfys://", PAPER_RUN_NOTIFY=f"foo://bar/{SECRET}"),
    _wrong("", "number 1, '<hidden>', is not allowed", PAPER_RUN_NOTIFY=SECRET),
    _wrong("", "ORCHESTRATOR_URL", "<hidden>", ORCHESTRATOR_URL=f"http://jo:{SECRET}@host:port"),
]
AFTER_TWO_SESSIONS = [
    _wrong("report 2025-01-17", "has no attempt 2025-01-17", "history"),
    _wrong("report frobnicate", "'frobnicate' names no attempt", "SESSION-n", "history"),
    _wrong(
        "report --since 2024-01-01 --until 2024-02-01", "no complete session", "report --since 2025-01-02"
    ),
    _wrong("report --since 2999-01-01", "lies after the exchange's date"),
    _wrong("report 2025-01-02 --since 2025-01-01", "of a period", "report --help"),
    _wrong("resolve 2025-01-02 --placed", "is known already", "report 2025-01-02"),
    _wrong("resolve 2025-01-02", "it is not said what came of it", "--not-placed", "nothing was changed"),
    _wrong("resolve 2025-01-02 --placed --not-placed", "contradict each other", "nothing was changed"),
    _wrong("resolve --order A --filled 10", "--filled: '10' is no quantity and price", "10@228.50"),
    _wrong("resolve --filled 10@1", "go with one --order", "resolve --order NAME --filled QTY@PRICE"),
    _wrong("resolve --order nosuch --not-filled", "the book has no order 'nosuch'"),
    _wrong("resolve --position A$B", "--position: 'A$B' is no symbol", "Allowed: letters and digits"),
    _wrong("resolve --position AAPL=5", "is no quantity at a price", "SYMBOL=QTY@PRICE"),
    _wrong("resolve --position all=1@2", "one quantity to all", "(the symbol is ALL)"),
    _wrong("resolve --position all --position AAPL", "all is each symbol that differs already"),
    _wrong("resolve --ledger=  --reset", "--ledger: '' is not allowed", "nothing was changed"),
    _wrong("resolve --position NOTHELD", "Neither the book nor the broker holds NOTHELD."),
    _wrong("resolve --position AAPL", "The broker has the book's quantity of AAPL."),
    _wrong("resolve --split NOTHELD 2:1", "the book holds no NOTHELD"),
    _wrong("resolve --split AAPL 2", "'2' is no ratio", "N:M"),
    _wrong("resolve --split AAPL 2:1 --ex-date 2024-01-01", "from 2025-01-02, when it began, to 2025-01-03"),
    _wrong(
        "resolve --ex-date 2025-01-02", "--ex-date goes with --split", "Allowed: resolve --split SYMBOL N:M"
    ),
    _wrong("resolve --reset --placed", "--reset goes with nothing else", "Allowed: resolve --reset."),
    _wrong("resolve 2025-01-02 --wrong-date", "a sandbox's sessions", "Leave out"),
    _wrong("mark --ledger 00000000", "not 00000000", "nothing was changed"),
    _wrong("email frobnicate", "'frobnicate' names no attempt", **_MAIL),
]


def read(finished: Finished) -> str:
    """Return the one message of a refused line, as it reads where the lines are put together again."""
    assert finished.returncode == 3, finished
    said = finished.stderr
    assert said.count("ERROR: ") == 1, said
    assert said.endswith("\nExiting with code 3.\n")
    assert "Troubleshooting:\n1. " in said, said
    assert SECRET not in said + finished.stdout
    assert "Traceback" not in said
    long = [line for line in said.splitlines() if len(line) > WIDE and " " in line.strip()]
    assert [line for line in long if not line.startswith("   ")] == [], said
    return re.sub(r"(?<!\n)\n {0,3}(?=\S)(?!\d\. )", " ", said) + said


def _id(wrong: Wrong) -> str:
    return f"{wrong.line} {' '.join(wrong.env)}".strip()


@pytest.mark.parametrize("wrong", WITHOUT_A_LEDGER, ids=_id)
def test_a_wrong_line_is_told_in_a_few_words(untouched: OddPlatform, tmp_path: Path, wrong: Wrong) -> None:
    """One message: what and where, what is allowed, what to do, in 60 columns; nothing is asked or made."""
    env = {**wrong.env, "COLUMNS": str(WIDE)}
    said = read(run_command(*wrong.line.split(), cwd=tmp_path, platform=untouched, env=env))
    assert [words for words in wrong.words if words not in said] == []
    assert untouched.requests == []
    asks_the_calendar = wrong.line == "--as-of-date 2025-01-11"  # which the ledger keeps
    assert bool(list(tmp_path.rglob("ledger.sqlite3"))) is asks_the_calendar


def test_a_parameter_of_a_database_that_there_is_not(untouched: OddPlatform, tmp_path: Path) -> None:
    """It is the URL that is to be corrected; its password is not shown."""
    pytest.importorskip("psycopg")
    env = {"PAPER_RUN_LEDGER_URL": f"{_DATABASE}?sslmod=require", "PAPER_RUN_PLATFORM": "paper-1"}
    said = read(run_command(cwd=tmp_path, platform=untouched, env={**env, "COLUMNS": str(WIDE)}))
    assert 'invalid URI query parameter: "sslmod"' in said
    assert "Correct the database's URL (PAPER_RUN_LEDGER_URL, --ledger-url)" in said
    assert "GRANT" not in said


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    """With the option that names another one."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = read(run_command("sandbox", "--port", str(port), cwd=tmp_path, env={"COLUMNS": str(WIDE)}))
    assert f"Its signal service can't listen on port {port} of 127.0.0.1 (Address already in use)." in said
    assert "--port 0 for any free ones" in said


def test_a_database_that_is_not_there(untouched: OddPlatform, tmp_path: Path) -> None:
    """Exit 1: it is no wrong input; what its client says reads as sentences, without the password.

    A day says that nothing was sent; `history`, which sends nothing, does not.
    """
    pytest.importorskip("psycopg")
    env = {"PAPER_RUN_LEDGER_URL": _DATABASE, "PAPER_RUN_PLATFORM": "paper-1"}
    done = run_command(cwd=tmp_path, platform=untouched, env=env)
    assert done.returncode == 1
    assert "\n\nConnection to server at " in done.stderr
    assert "failed: Connection refused. Is the server running on that host" in done.stderr
    said = "accepting TCP/IP connections?{}\n\nTroubleshooting:\n1. See whether it is up"
    assert said.format(" Nothing was sent.") in done.stderr
    assert said.format("") in run_command("history", cwd=tmp_path, platform=untouched, env=env).stderr
    assert SECRET not in done.stdout + done.stderr
    assert untouched.requests == []


@pytest.fixture(scope="module")
def two_sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the sandbox has played two sessions."""
    folder = tmp_path_factory.mktemp("two")
    assert run_command("--sandbox", "--sessions", "2", "-q", cwd=folder).returncode == 0
    return folder


@pytest.mark.parametrize("wrong", AFTER_TWO_SESSIONS, ids=_id)
def test_a_wrong_line_about_a_ledger_changes_nothing(
    two_sessions: Path, tmp_path: Path, wrong: Wrong
) -> None:
    """So are those of what a ledger has; history is what it was."""
    folder = copytree(two_sessions, tmp_path / "day")
    before = run_command("history", "--sandbox", "--json", cwd=folder).stdout
    env = {**wrong.env, "COLUMNS": str(WIDE)}
    said = read(run_command(*wrong.line.split(), "--sandbox", cwd=folder, env=env))
    assert [words for words in wrong.words if words not in said] == []
    assert run_command("history", "--sandbox", "--json", cwd=folder).stdout == before


def test_a_printed_command_is_never_broken(two_sessions: Path) -> None:
    """It stands on a line of its own where it is longer than that, and can be copied whole."""
    said = run_command("report", "2025-01-17", "--sandbox", cwd=two_sessions, env={"COLUMNS": str(WIDE)})
    (command,) = (line for line in said.stderr.splitlines() if "-m paper_run" in line)
    assert command.startswith("   ")
    assert re.fullmatch(
        rf"\S+ -m paper_run history --sandbox --reports-dir {re.escape(str(two_sessions))}\S+",
        command.strip(),
    )


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_config_tells_of_a_name_that_is_perhaps_misspelt(tmp_path: Path, form: tuple[str, ...]) -> None:
    """In its lines and in its document; nothing is wrong with the rest, so the status is 0."""
    (tmp_path / ".env").write_text("PAPER_RUN_CAPTIAL=50000\n")
    done = run_command("config", *form, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "PAPER_RUN_CAPTIAL is set but means nothing here: was PAPER_RUN_CAPITAL meant?" in done.stdout


def test_config_tells_of_it_beside_what_is_wrong(tmp_path: Path) -> None:
    """A wrong value hides neither the lines nor the misspelt name."""
    (tmp_path / ".env").write_text("PAPER_RUN_CAPTIAL=50000\nPAPER_RUN_TIMEOUT=soon\n")
    done = run_command("config", cwd=tmp_path)
    assert done.returncode == 3
    assert "was PAPER_RUN_CAPITAL meant?" in done.stdout
    assert "PAPER_RUN_TIMEOUT in" in done.stderr


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_config_tells_of_a_name_that_is_set_twice(tmp_path: Path, form: tuple[str, ...]) -> None:
    """To different values: the last one counts, and whoever corrects the first one would never know."""
    (tmp_path / ".env").write_text(
        "PAPER_RUN_CAPITAL=50000\nPAPER_RUN_WAIT=1\nPAPER_RUN_WAIT=1\nPAPER_RUN_CAPITAL=7\n"
    )
    done = run_command("config", *form, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    said = f"PAPER_RUN_CAPITAL is set twice in {tmp_path}/.env, and differently: only the last one counts."
    assert said in done.stdout
    assert "PAPER_RUN_WAIT is set twice" not in done.stdout
    typed = run_command("config", *form, cwd=tmp_path, env={"PAPER_RUN_CAPITAL": "8"})
    assert "is set twice" not in typed.stdout


@pytest.mark.parametrize("words", [("config",), ("config", "--json"), ("--dry-run",)])
def test_a_key_under_both_of_its_spellings_is_told_of(
    platform: OddPlatform, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Where they differ: both, and which of them counts, never a value; nothing where they are equal."""
    (tmp_path / ".env").write_text(f"APCA_API_KEY_ID={SECRET}\nAPCA_API_SECRET_KEY=same\n")
    env = {"ALPACA_API_KEY_ID": "another-K3y", "ALPACA_API_SECRET_KEY": "same", "PAPER_RUN_BROKER": "off"}
    done = run_command(*words, cwd=tmp_path, platform=platform, env=env)
    other = f"APCA_API_KEY_ID in {tmp_path}/.env"
    said = f"ALPACA_API_KEY_ID and {other} are one setting, and differ: ALPACA_API_KEY_ID counts."
    assert said in done.stdout
    assert "APCA_API_SECRET_KEY" not in done.stdout
    assert "another-K3y" not in done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("target", [".env", "nowhere"])
def test_a_settings_file_that_is_a_broken_link_is_not_taken_for_none(tmp_path: Path, target: str) -> None:
    """The day would go to the default services, with the default symbols and amounts."""
    (tmp_path / ".env").symlink_to(target)
    for words in ((), ("--dry-run",), ("mark",), ("schedule", "cron")):
        said = read(run_command(*words, cwd=tmp_path, env={"COLUMNS": str(WIDE)}))
        assert f"The settings file {tmp_path}/.env can't be read" in said
    assert not (tmp_path / "reports").exists()


def test_a_line_of_a_settings_file_is_counted_with_the_empty_ones_before_it(tmp_path: Path) -> None:
    """The fourth one is the wrong one."""
    (tmp_path / ".env").write_text("PAPER_RUN_CAPITAL=5\n\n\nPAPER_RUN_SYMBOLS AAPL\n")
    said = read(run_command("config", cwd=tmp_path, env={"COLUMNS": str(WIDE)}))
    assert f"The settings file {tmp_path}/.env, line 4, can't be read" in said


def test_a_reports_folder_that_is_a_broken_link_is_not_called_a_file(tmp_path: Path) -> None:
    """What it led to is not mounted, say."""
    (tmp_path / "reports").symlink_to("nowhere")
    said = read(run_command("--sandbox", cwd=tmp_path, env={"COLUMNS": str(WIDE)}))
    assert "A file, or a link that leads nowhere, is in its place." in said


def test_a_page_that_cannot_be_written_has_its_command(tmp_path: Path) -> None:
    """A folder is in its place: exit 3; the ledger has the result, and the command makes the page again."""
    page = tmp_path / "reports" / "sandbox" / "2025-01-02_paper_run.html"
    page.mkdir(parents=True)
    done = run_command("--sandbox", "-q", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("ERROR")) == (3, 1)
    (command,) = re.findall(r"2\. Then make it again: \S+ -m paper_run (.*)\n", done.stderr)
    page.rmdir()
    assert run_command(*command.split(), cwd=tmp_path).returncode == 0
    assert page.is_file()
