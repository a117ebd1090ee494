"""Wrong input: one message that names option or variable and the allowed form, exit 3, no request at all."""

from datetime import timedelta
from pathlib import Path

import pytest
from support.command import Finished, run_command
from support.lines import new_york_today
from support.odd_platform import OddPlatform


def refused(platform: OddPlatform, folder: Path, *args: str | Path, env: dict[str, str] | None = None) -> str:
    """Run a command that must be refused before anything is sent, and return its message."""
    finished = run_command(*args, cwd=folder, platform=platform, env=env)
    assert_one_message(finished)
    assert platform.requests == []
    return finished.stderr


def assert_one_message(finished: Finished) -> None:
    assert finished.returncode == 3, finished
    assert finished.stderr.count("ERROR") == 1, finished.stderr
    assert "Traceback" not in finished.stderr
    assert "Exiting with code 3." in finished.stderr
    assert "✓" not in finished.stdout


WRONG_VALUES = {
    "--symbols": ["", ",", "AAPL,AA$PL", "../x", "ÄÖ", "AAPL\x1b[31m"],
    "--capital": [
        *("0", "0.00", "-5", "+5", "1e5", "1,000", "0.001", "1000000000000", "NaN", "", " 5", "5.", "１００"),
        *("1_000", "$5"),
    ],
    "--max-position-size": ["0", "20000.005"],
    "--as-of-date": ["2025-02-30", "20250117", "31/12/2024", "2025-1-7", "2025-W03-5", "", "0000-01-01"],
    "--timeout": ["-1", "0", "soon", "nan", "inf"],
    "--wait": ["-1", "x"],
    "--output": ["results.xml", "results", ""],
    "--signal-service-url": [
        *("localhost:8001", "ftp://localhost:8001", "http://", "http://localhost:99999"),
        *("http://localhost:port", "http://local host", ""),
    ],
}
FORMS = {
    "--symbols": "AAPL",
    "--capital": "digits",
    "--max-position-size": "digits",
    "--as-of-date": "YYYY-MM-DD",
    "--timeout": "seconds",
    "--wait": "seconds",
    "--output": ".json",
    "--signal-service-url": "http",
}


@pytest.mark.parametrize(
    ("option", "value"),
    [(option, value) for option, values in WRONG_VALUES.items() for value in values],
)
def test_a_wrong_option(untouched: OddPlatform, tmp_path: Path, option: str, value: str) -> None:
    """The option and the form that would be right are named."""
    message = refused(untouched, tmp_path, f"{option}={value}")
    assert option in message
    assert FORMS[option] in message
    assert "\x1b" not in message


def test_a_date_that_has_not_come(untouched: OddPlatform, tmp_path: Path) -> None:
    """Nothing can be traded on the signals of tomorrow, as New York counts."""
    tomorrow = new_york_today() + timedelta(days=1)
    assert "--as-of-date" in refused(untouched, tmp_path, "--as-of-date", str(tomorrow))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PAPER_RUN_SYMBOLS", "AAPL,??"),
        ("PAPER_RUN_CAPITAL", "1e5"),
        ("PAPER_RUN_MAX_POSITION_SIZE", "-1"),
        ("PAPER_RUN_AS_OF_DATE", "31/12/2024"),
        ("PAPER_RUN_TIMEOUT", "-3"),
        ("PAPER_RUN_WAIT", "later"),
        ("PAPER_RUN_OUTPUT", "a.json,b.txt"),
        # of an e-mail that nobody is to get yet
        ("PAPER_RUN_EMAIL_ON", "sometimes"),
        ("PAPER_RUN_EMAIL_FROM", "Ann <ann@example.com>"),
        ("PAPER_RUN_SMTP_SECURITY", "ssl"),
        ("PAPER_RUN_SMTP_PORT", "smtp"),
        ("PAPER_RUN_SMTP_TIMEOUT", "soon"),
        ("SIGNAL_SERVICE_URL", "localhost:8001"),
        ("EXECUTION_GATEWAY_URL", "ftp://localhost"),
        ("ORCHESTRATOR_URL", "http://"),
    ],
)
def test_a_wrong_variable(untouched: OddPlatform, tmp_path: Path, variable: str, value: str) -> None:
    """What came from the environment is called by its variable, so that it can be found."""
    assert variable in refused(untouched, tmp_path, env={variable: value})


def test_a_wrong_line_in_the_env_file(untouched: OddPlatform, tmp_path: Path) -> None:
    """What came from .env is called by its variable and the file."""
    (tmp_path / ".env").write_text("PAPER_RUN_CAPITAL=1e5\n")
    message = refused(untouched, tmp_path)
    assert "PAPER_RUN_CAPITAL" in message
    assert ".env" in message


@pytest.mark.parametrize("kind", ["missing", "folder", "no-text", "no-assignment"])
def test_an_env_file_that_cannot_be_read(untouched: OddPlatform, tmp_path: Path, kind: str) -> None:
    """A file that was named must be there and be one; it is not passed over."""
    path = tmp_path / "day.env"
    if kind == "folder":
        path.mkdir()
    elif kind == "no-text":
        path.write_bytes(b"PAPER_RUN_CAPITAL=\xff\xfe\n")
    elif kind == "no-assignment":
        path.write_text("PAPER_RUN_CAPITAL=5000\nthis is 'no assignment\n")
    assert "day.env" in refused(untouched, tmp_path, "--env-file", path)


@pytest.mark.parametrize(
    "args",
    [("--capitol", "5"), ("--capital",), ("--cap", "5"), ("-x",), ("frobnicate",), ("--dry-run=yes",)],
    ids=" ".join,
)
def test_usage(untouched: OddPlatform, tmp_path: Path, args: tuple[str, ...]) -> None:
    """What the command line does not know is named; abbreviations are not guessed at."""
    assert args[0].split("=")[0] in refused(untouched, tmp_path, *args)


@pytest.mark.parametrize("kind", ["a-file", "below-a-file", "no-space-for-files"])
def test_a_reports_folder_that_takes_no_files(untouched: OddPlatform, tmp_path: Path, kind: str) -> None:
    """It is found out before anything is sent, not when the result is there to be saved."""
    folder = tmp_path / "taken"
    if kind == "no-space-for-files":
        folder = Path("/proc/self")  # not even root can create a file here
    else:
        folder.write_text("a file")
    folder = folder / "reports" if kind == "below-a-file" else folder
    assert str(folder) in refused(untouched, tmp_path, "--reports-dir", folder)


@pytest.mark.parametrize("kind", ["below-a-file", "a-folder", "no-space-for-files"])
def test_an_output_that_cannot_be_written(untouched: OddPlatform, tmp_path: Path, kind: str) -> None:
    """So is --output: the file or its folder is named."""
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "folder.json").mkdir()
    path, named = {
        "below-a-file": (tmp_path / "taken" / "result.json", tmp_path / "taken"),
        "a-folder": (tmp_path / "folder.json", tmp_path / "folder.json"),
        "no-space-for-files": (Path("/proc/none/result.json"), Path("/proc/none")),
    }[kind]
    message = refused(untouched, tmp_path, "--output", path)
    assert "--output" in message
    assert str(named) in message


def test_help_and_version_need_nothing(untouched: OddPlatform, tmp_path: Path) -> None:
    """They answer on stdout, exit 0, even where the configuration is wrong."""
    wrong = {"PAPER_RUN_CAPITAL": "wrong"}
    for option, word in (("--help", "--max-position-size"), ("--version", "0.")):
        finished = run_command(option, cwd=tmp_path, platform=untouched, env=wrong)
        assert (finished.returncode, finished.stderr) == (0, "")
        assert word in finished.stdout
    assert untouched.requests == []
    assert list(tmp_path.iterdir()) == []
