"""The command `schedule` as typed: this installation's own paths, and a day that its line really plays."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from schedule.planned import ODD, read_by_cron
from support.command import clean_environment, run_command
from support.odd_platform import OddPlatform

from paper_run.cli import main
from paper_run.settings.options import OPTIONS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an odd name, to start the command in."""
    folder = tmp_path / ODD
    folder.mkdir()
    return folder


def test_crons_line_plays_a_day_from_nowhere(folder: Path, tmp_path: Path) -> None:
    """With next to no environment, from the root folder, as cron does: reports are made, nothing is said."""
    (folder / "my.env").write_text("PAPER_RUN_SYMBOLS=MSFT,REJECT\nPAPER_RUN_REPORTS_DIR=kept %d\n")
    text = run_command("schedule", "cron", "--sandbox", "--env-file", "my.env", cwd=folder)
    assert (text.returncode, text.stderr) == (0, "")
    clock = tmp_path / "clock"
    clock.mkdir()
    variables = clean_environment(tmp_path) | {"PATH": f"{clock}:/usr/bin:/bin"}
    # REJECT makes each day partial: exit status 2, so that the log has something to hold.
    for at, (_, command) in zip((1795788000, 1795813800), read_by_cron(text.stdout), strict=True):
        (clock / "date").write_text(f'#!/bin/sh\nexec /usr/bin/date -d @{at} "$@"\n')
        (clock / "date").chmod(0o755)
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd="/", env=variables, capture_output=True, timeout=60, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    reports = folder / "kept %d" / "sandbox"
    result = json.loads((reports / "2025-01-02_paper_run.json").read_text("utf-8"))
    assert (result["sandbox"], result["status"]) == (True, "partial")
    assert result["parameters"]["symbols"] == ["MSFT", "REJECT"]
    assert (reports / "2025-01-02_mark.json").exists()
    log = (reports / "cron.log").read_text("utf-8")
    assert "REJECT" in log
    assert log.count("exit status 2, ") == 1
    assert "Traceback" not in log


def test_the_interpreter_is_the_one_that_was_called(folder: Path) -> None:
    """A virtual environment's interpreter is a link, and following it would lead out of the environment."""
    link = folder / "python"
    link.symlink_to(sys.executable)
    done = subprocess.run(
        [link, "-m", "paper_run", "schedule", "cron"],
        cwd=folder,
        env=clean_environment(folder) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    (_, run), _ = read_by_cron(done.stdout)
    assert str(folder).replace("'", "'\"'\"'").split("%")[0] in run
    assert f"{os.path.realpath(sys.executable)} -m" not in run


@pytest.mark.parametrize("kind", ["cron", "systemd"])
def test_what_is_started_makes_no_ledger_and_the_first_command_does(folder: Path, kind: str) -> None:
    """Both have PAPER_RUN_REQUIRE_LEDGER=1; the command that makes the first ledger is printed, and runs."""
    with OddPlatform() as platform:
        text = run_command("schedule", kind, cwd=folder, platform=platform).stdout
        (first,) = [line.strip("# ") for line in text.splitlines() if "--new-ledger" in line]
        required = run_command(cwd=folder, platform=platform, env={"PAPER_RUN_REQUIRE_LEDGER": "1"})
        assert (required.returncode, platform.posts) == (3, [])
        done = subprocess.run(
            ["/bin/sh", "-c", first],
            cwd="/",
            env=clean_environment(folder) | platform.urls | {"PAPER_RUN_REQUIRE_LEDGER": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert platform.executed == 1
    commands = [line for line in text.splitlines() if "paper_run" in line and " -q " in line]
    told = [line for line in text.splitlines() if "PAPER_RUN_REQUIRE_LEDGER=1" in line]
    assert len(commands) == len(told) == 2


def test_the_settings_file_here_is_named(folder: Path) -> None:
    """A `.env` that is used today is used by the schedule; without one none is named."""
    assert "--env-file" not in run_command("schedule", "systemd", cwd=folder).stdout
    (folder / ".env").write_text("PAPER_RUN_TIMEOUT=1000.5\nPAPER_RUN_OUTPUT=out/day.json\n")
    stream = run_command("schedule", "systemd", cwd=folder).stdout
    assert '/.env" ' in stream
    assert stream.count("TimeoutStartSec=2602\nTimeoutStopSec=1061\n") == 2
    assert stream.count('/reports" "') == stream.count('/out"\n') == 2


def test_what_is_set_in_this_shell_alone_is_named(folder: Path) -> None:
    """Names, never values; what the text fills in is left out, and so is a name that is none."""
    variables = {
        "PAPER_RUN_CAPITAL": "5000",
        "ALPACA_API_KEY_ID": "PKSECRET",
        "ALPACA_API_SECRET_KEY": "s3cret",
        "ORCHESTRATOR_URL": "http://localhost:9",
        "PAPER_RUN_REPORTS_DIR": "elsewhere",
        "PAPER_RUN_X\n* * * * * evil": "1",
    }
    done = run_command("schedule", "cron", cwd=folder, env=variables)
    (said,) = (line for line in done.stdout.splitlines() if line.startswith("# Set here, but not where"))
    named = said.rpartition(": ")[2].rstrip(".").split(", ")
    assert named == sorted(named)
    assert {"ALPACA_API_KEY_ID", "ALPACA_API_SECRET_KEY", "ORCHESTRATOR_URL", "PAPER_RUN_CAPITAL"} <= set(
        named
    )
    assert "PAPER_RUN_REPORTS_DIR" not in named
    for secret in ("PKSECRET", "s3cret", "5000", "evil"):
        assert secret not in done.stdout
    assert "elsewhere" in done.stdout


def test_what_only_an_environment_can_hold_is_named_too(folder: Path) -> None:
    """Certificates, proxies and, where the ledger is in a database, what its library reads."""
    variables = {
        "PGPASSFILE": "/s3cret",
        "REQUESTS_CA_BUNDLE": "/ca.pem",
        "https_proxy": "http://s3cret@proxy:3128",
    }
    ledger = {"PAPER_RUN_LEDGER_URL": "postgresql://ledger@127.0.0.1/x", "PAPER_RUN_PLATFORM": "p"}
    for more, named in (({}, []), (ledger, ["PGPASSFILE"])):
        for kind in ("cron", "systemd"):
            said = run_command("schedule", kind, cwd=folder, env=variables | more).stdout
            (line,) = (each for each in said.splitlines() if "no settings file can hold it: " in each)
            assert line.endswith(": " + ", ".join([*named, "REQUESTS_CA_BUNDLE", "https_proxy"]) + ".")
            assert "s3cret" not in said


@pytest.mark.parametrize("told", ["flag", "variable", "file"])
def test_the_exchange_may_be_told_in_each_way(told: str, folder: Path) -> None:
    """By option, by variable or in the settings file; the lines then tell it to what they start."""
    if told == "file":
        (folder / ".env").write_text("PAPER_RUN_EXCHANGE=24/7\n")
    done = run_command(
        "schedule",
        "cron",
        *(["--exchange", "24/7"] if told == "flag" else []),
        cwd=folder,
        env={"PAPER_RUN_EXCHANGE": "24/7"} if told == "variable" else {},
    )
    assert done.stdout.count("PAPER_RUN_EXCHANGE=24/7 ") == 2
    assert "every day" in done.stdout


def test_units_are_written_only_into_the_folder_that_is_named(folder: Path, tmp_path: Path) -> None:
    """Five files, their paths and what to do next on standard output; with -q nothing."""
    assert list(folder.iterdir()) == []
    done = run_command("schedule", "systemd", "--into", tmp_path / "units", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    written = sorted(path.name for path in (tmp_path / "units").iterdir())
    assert written == [
        "paper-run-failed@.service", "paper-run-mark.service", "paper-run-mark.timer", "paper-run.service",
        "paper-run.timer",
    ]  # fmt: skip
    for name in written:
        assert f"{tmp_path}/units/{name}" in done.stdout
    assert f"sudo cp {tmp_path}/units/paper-run* /etc/systemd/system/" in done.stdout
    again = run_command("schedule", "systemd", "--user", "--into", tmp_path / "units", "-q", cwd=folder)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert "User=" not in (tmp_path / "units" / "paper-run.service").read_text("utf-8")
    assert list(folder.iterdir()) == [], "not even the reports folder is made"


def test_a_second_accounts_units_leave_the_first_ones_alone(folder: Path, tmp_path: Path) -> None:
    """With a name of their own; without one the text says what becomes of those that are there."""
    (folder / "coins").mkdir()
    units = tmp_path / "units"
    first = run_command("schedule", "systemd", "--into", units, cwd=folder).stdout
    assert "they take the place of the first one's" in first
    words = ("schedule", "systemd", "--name", "coins", "--exchange", "24/7")
    second = run_command(*words, "--into", units, cwd=folder / "coins").stdout
    assert "enable --now paper-run-coins.timer paper-run-coins-mark.timer" in second
    assert "they take the place" not in second
    assert len(list(units.iterdir())) == 9
    assert "00:05 UTC" in (units / "paper-run-coins.timer").read_text("utf-8")
    for name, is_second in (("paper-run", False), ("paper-run-coins-mark", True)):
        assert ("/coins\nEnv" in (units / f"{name}.service").read_text("utf-8")) is is_second
    assert " systemd --name coins --user --exchange 24/7 " in run_command(*words, cwd=folder).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["schedule"], "cron|systemd|kubernetes"),
        (["schedule", "at"], "schedule: at is not allowed. Allowed: cron"),
        (["schedule", "cron", "--into", "x"], "--into, --user and --name go with schedule systemd"),
        (["schedule", "cron", "--user"], "--into, --user and --name go with schedule systemd"),
        (["schedule", "systemd", "--second"], "--image and --second go with schedule kubernetes"),
        (["schedule", "cron", "--image", "x"], "--image and --second go with schedule kubernetes"),
        (["schedule", "kubernetes", "--user"], "--into, --user and --name go with schedule systemd"),
        (["schedule", "kubernetes", "--second", "--sandbox"], "each start plays the next day"),
        (["schedule", "kubernetes", "--image", "a\nkind: Pod"], "--image: 'a\\nkind: Pod' is not allowed"),
        (["schedule", "kubernetes", "--image", ""], "--image: '' is not allowed"),
        (["schedule", "cron", "--name", "x"], "--into, --user and --name go with schedule systemd"),
        (["schedule", "systemd", "--name", "mark"], "--name: 'mark' is not allowed"),
        (["schedule", "systemd", "--name", "a\n[Unit]"], "--name: 'a\\n[Unit]' is not allowed"),
        (["schedule", "cron", "--exchange", "XLON"], "--exchange: 'XLON' is not allowed"),
        (["schedule", "systemd", "--into", ""], "--into"),
        (["schedule", "systemd", "--into", "file/x"], "can't be written to"),
        (["schedule", "cron", "--env-file", "gone"], "gone can't be read"),
    ],
)
def test_a_wrong_schedule_is_refused(words: list[str], said: str, tmp_path: Path) -> None:
    """Exit status 3, the reason on standard error, and no text that could be installed."""
    (tmp_path / "file").touch()
    done = run_command(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr


def test_wrong_settings_are_found_before_they_are_scheduled(folder: Path) -> None:
    """A schedule of a run that could only fail is not printed."""
    (folder / ".env").write_text("PAPER_RUN_CAPITAL=lots\n")
    done = run_command("schedule", "cron", cwd=folder)
    assert (done.returncode, done.stdout) == (3, "")
    assert "PAPER_RUN_CAPITAL" in done.stderr


def test_a_machine_without_time_zones_is_told_so(folder: Path) -> None:
    """Its `date` would take New York's time for UTC's; UTC's days need no zones, a cluster has its own."""
    nowhere = {"PYTHONTZPATH": ""}
    done = run_command("schedule", "cron", cwd=folder, env=nowhere)
    assert (done.returncode, done.stdout) == (3, "")
    assert "America/New_York" in done.stderr
    assert "tzdata" in done.stderr
    assert run_command("schedule", "cron", "--exchange", "24/7", cwd=folder, env=nowhere).returncode == 0
    assert run_command("schedule", "kubernetes", cwd=folder, env=nowhere).returncode == 0


def test_who_has_no_name_is_a_number(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: Any
) -> None:
    """In a container a user need not be in the list of users; systemd takes the number too."""
    import pwd

    def nobody(uid: int) -> Any:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.chdir(folder)
    assert main(["schedule", "systemd"]) == 0
    assert f"User={os.getuid()}\n".encode() in capsysbinary.readouterr().out


def test_a_full_disk_behind_standard_output_is_said() -> None:
    """Half a crontab is no schedule: exit status 3."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "paper_run", "schedule", "cron"],
            cwd=Path(__file__).parent,
            env=clean_environment(Path("/")),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == 3
    assert b"standard output" in done.stderr


def test_a_setting_that_the_schedule_can_t_see_is_named(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], folder: Path
) -> None:
    """Each variable of the table that only this shell has, the services' secret too; never its value."""
    set_here = [each.variable for each in OPTIONS if each.variable and "SECRET" in each.variable]
    assert "INTERNAL_TOKEN_SECRET" in set_here
    for name in set_here:
        if not name.endswith("_FILE"):
            monkeypatch.setenv(name, "s3cr3t-" * 10)
    monkeypatch.setenv("ALPACA_API_KEY_ID", "key")
    monkeypatch.chdir(folder)
    assert main(["schedule", "cron"]) == 0
    said = capsysbinary.readouterr().out
    for name in (*set_here, "ALPACA_API_KEY_ID"):
        assert (name.encode() in said) is (name in os.environ)
    assert b"s3cr3t" not in said
