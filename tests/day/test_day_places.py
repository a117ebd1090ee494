"""Places that are not there: nobody's home, no home, a deleted working folder; full and closed streams."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from support.command import clean_environment, run_command

MAIL = {"PAPER_RUN_EMAIL_TO": "me@example.com", "PAPER_RUN_SMTP_HOST": "mail.invalid"}
LOGIN = {**MAIL, "PAPER_RUN_SMTP_USER": "me", "PAPER_RUN_SMTP_PASSWORD": "x"}
NOBODYS = "~no-such-user/x"
SHOWN = (
    "--help",
    "--version",
    "--dry-run --sandbox",
    "--sandbox",
    "--sandbox --sessions 2",
    "--sandbox --output -",
    "mark --sandbox",
    "history --sandbox",
    "history --sandbox --json",
    "report --sandbox",
    "email --sandbox --to-stdout --email-to me@example.com",
    "resolve --sandbox",
    "schedule cron",
    "schedule systemd",
)


@pytest.mark.parametrize(
    "args",
    [
        ("--reports-dir", NOBODYS),
        ("history", "--reports-dir", NOBODYS),
        ("--output", f"{NOBODYS}.json"),
        ("--env-file", NOBODYS),
        ("schedule", "systemd", "--into", NOBODYS),
    ],
    ids=" ".join,
)
def test_an_option_names_nobodys_home(tmp_path: Path, args: tuple[str, ...]) -> None:
    """One message that names the option's value, exit 3."""
    finished = run_command(*args, cwd=tmp_path)
    assert finished.returncode == 3
    assert NOBODYS in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize(
    "env",
    [
        {"PAPER_RUN_REPORTS_DIR": NOBODYS},
        {"PAPER_RUN_OUTPUT": f"a.json,{NOBODYS}.csv"},
        {**MAIL, "PAPER_RUN_SMTP_USER": "me", "PAPER_RUN_SMTP_PASSWORD_FILE": NOBODYS},
        {**LOGIN, "PAPER_RUN_SMTP_CA_FILE": NOBODYS},
    ],
    ids=lambda env: next(name for name, value in env.items() if NOBODYS in value),
)
def test_a_setting_names_nobodys_home(tmp_path: Path, env: dict[str, str]) -> None:
    """The same of a variable, and of the .env file."""
    finished = run_command(cwd=tmp_path, env=env)
    assert (finished.returncode, "Traceback" in finished.stderr) == (3, False)
    assert NOBODYS in finished.stderr
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in env.items()))
    again = run_command(cwd=tmp_path)
    assert (again.returncode, NOBODYS in again.stderr) == (3, True)


def test_without_a_home(tmp_path: Path) -> None:
    """Nothing but a path that begins with ~ needs one."""
    for args in (("--sandbox",), ("mark", "--sandbox"), ("history", "--sandbox"), ("schedule", "cron")):
        finished = _bash(f"env -u HOME -u USER -u LOGNAME {_program(*args)}", tmp_path)
        assert (finished.returncode, finished.stderr) == (0, ""), args


@pytest.mark.parametrize(
    "args", ["--sandbox", "history", "mark", "resolve", "report", "doctor", "schedule cron"]
)
def test_a_deleted_working_folder(tmp_path: Path, args: str) -> None:
    """It is said, exit 3; relative paths beside it make it no worse."""
    (tmp_path / "gone").mkdir()
    for more in ("", " --env-file .env --reports-dir x"):
        (tmp_path / "gone").mkdir(exist_ok=True)
        finished = _bash(f"cd gone && rmdir ../gone && {_program(*args.split())}{more}", tmp_path)
        assert (finished.returncode, "Traceback" in finished.stderr) == (3, False)
        assert "The working folder can't be found" in finished.stderr


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("played")
    assert run_command("--sandbox", "-q", cwd=folder).returncode == 0
    return folder


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("args", SHOWN)
def test_a_full_standard_output(played: Path, args: str) -> None:
    """A file that can't be written: exit 3, said on standard error."""
    finished = _bash(f"{_program(*args.split())} >/dev/full", played)
    assert (finished.returncode, "Traceback" in finished.stderr) == (3, False)
    assert "The standard output can't be written" in finished.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize(
    ("args", "words"),
    [
        ("--sandbox", ", and run again: a session that was traded is only shown.\n"),
        ("--sandbox --dry-run", ", and run again.\n"),
        ("mark --sandbox", ", and run again: the session is valued once more.\n"),
        ("resolve --sandbox", ", and run again.\n"),
        (
            "resolve --sandbox --position AAPL=1@2",
            ", and see with history what came of it: what was said is ",
        ),
        ("resolve --sandbox --position AAPL=1@2 --dry-run", ", and run again.\n"),
        ("history --sandbox", ", and run again.\n"),
        ("report --sandbox", ", and run again.\n"),
        ("doctor --sandbox", ", and run again.\n"),
        ("config", ", and run again.\n"),
        ("schedule cron", ", and run again.\n"),
        ("--help", ", and run again.\n"),
    ],
)
def test_what_to_do_about_a_full_standard_output(played: Path, tmp_path: Path, args: str, words: str) -> None:
    """Each command says it of itself: what trades nothing does not speak of trading."""
    folder = shutil.copytree(played, tmp_path / "day")
    said = _bash(f"{_program(*args.split())} >/dev/full", folder).stderr
    assert f"1. Send it somewhere else{words}" in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("args", ["--help", "--sandbox", "history --sandbox --json"])
def test_both_streams_full(played: Path, args: str) -> None:
    """Exit 3 is all that can be told."""
    assert _bash(f"{_program(*args.split())} >/dev/full 2>/dev/full", played).returncode == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_what_doctor_could_not_print_is_said(tmp_path: Path) -> None:
    """What is not well stands on standard output alone: that it is full is said beside its own status."""
    finished = _bash(f"{_program('doctor')} >/dev/full", tmp_path)
    assert finished.returncode == 1
    assert "The standard output can't be written" in finished.stderr


@pytest.mark.parametrize("args", SHOWN)
def test_a_closed_standard_output(played: Path, args: str) -> None:
    """Whoever closes it wants nothing printed: the command ends as it would."""
    finished = _bash(f"{_program(*args.split())} >&-", played)
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize("args", SHOWN)
def test_a_reader_that_leaves(played: Path, args: str) -> None:
    """After `| head` a text has been read as far as was wanted; a JSON that was asked for has not."""
    ended = _bash(f"{_program(*args.split())} | true; exit ${{PIPESTATUS[0]}}", played)
    is_raw = bool({"-", "--json", "--to-stdout", "schedule"} & set(args.split()))
    assert ended.returncode in (0, 3 if is_raw else 0)
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


def test_the_heartbeat_hears_of_a_full_standard_output(played: Path) -> None:
    """The exit status that it is told is the one that the shell gets."""
    from support.socket_server import answer, serving

    with serving(answer()) as server:
        env = {"PAPER_RUN_HEARTBEAT_URL": f"{server.url.base}/ping"}
        assert _bash(f"{_program('--sandbox')} >/dev/full", played, env).returncode == 3
        assert [seen.path for seen in server.seen] == ["/ping/start", "/ping/3"]


def _program(*args: str) -> str:
    return " ".join([sys.executable, "-m", "paper_run", *args])


def _bash(line: str, folder: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=clean_environment(Path(os.path.abspath(folder))) | (env or {}),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_a_reset_of_the_sandbox_ends_the_sandboxs_book_alone(tmp_path: Path) -> None:
    """The real account's ledger lies in the folder above."""
    shutil.copytree(_played(tmp_path / "other"), tmp_path / "reports")
    assert run_command("--sandbox", "-q", cwd=tmp_path).returncode == 0
    ledgers = [tmp_path / "reports" / "ledger.sqlite3", tmp_path / "reports" / "sandbox" / "ledger.sqlite3"]
    assert run_command("resolve", "--reset", "--sandbox", cwd=tmp_path).returncode == 0
    ended = []
    for ledger in ledgers:
        with closing(sqlite3.connect(ledger)) as connection:
            ended += connection.execute("SELECT count(*) FROM epochs WHERE last_trade IS NOT NULL").fetchone()
    assert ended == [0, 1]


def _played(folder: Path) -> Path:
    folder.mkdir()
    assert run_command("--sandbox", "-q", cwd=folder).returncode == 0
    return folder / "reports" / "sandbox"
