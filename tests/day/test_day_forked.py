"""The tests' own way to run a command, as a fork: it is and it ends as the process of a fresh interpreter."""

import inspect
import os
import signal
import subprocess
import sys
from pathlib import Path

import coverage
import pytest
from support import forked
from support.command import ROOT, clean_environment, start_command
from support.odd_platform import OddPlatform

from paper_run import cli


def run(folder: Path, *args: str, entry: str = forked.PACKAGE, timeout: float = 60) -> tuple[int, str, str]:
    return forked.run(*args, cwd=folder, env=clean_environment(folder), timeout=timeout, entry=entry)


@pytest.mark.parametrize(
    "args",
    [("--version",), ("--help",), ("history",), ("--no-such-option",), ("schedule", "cron")],
    ids=" ".join,
)
def test_it_says_and_ends_as_a_fresh_process(tmp_path: Path, args: tuple[str, ...]) -> None:
    """The same status, and the same on both streams."""
    with start_command(*args, cwd=tmp_path) as process:
        stdout, stderr = process.communicate(timeout=60)
    assert run(tmp_path, *args) == (process.returncode, stdout, stderr)


def test_it_trades_as_a_fresh_process(platform: OddPlatform, tmp_path: Path) -> None:
    """In its folder and environment, with all that it leaves; the next one begins anew."""
    env = clean_environment(tmp_path) | platform.urls
    for executed in (1, 1):
        status, stdout, stderr = forked.run("-q", cwd=tmp_path, env=env, timeout=60)
        assert (status, stderr, platform.executed) == (0, "", executed), stdout
    assert "PAPER_RUN_LATEST_START" not in os.environ


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_it_has_the_umask_of_its_test(platform: OddPlatform, tmp_path: Path, mask: int) -> None:
    """As a process that the test starts."""
    before = os.umask(mask)
    try:
        forked.run("-q", cwd=tmp_path, env=clean_environment(tmp_path) | platform.urls, timeout=60)
    finally:
        os.umask(before)
    assert bool((tmp_path / "reports" / "ledger.sqlite3").stat().st_mode & 0o044) is (mask == 0o022)


def test_how_it_ends_is_told(tmp_path: Path) -> None:
    """By a signal, by an exception, or not at all: then it is killed."""
    assert run(tmp_path, entry="os:abort") == (-signal.SIGABRT, "", "")
    status, _, stderr = run(tmp_path, entry="no_such_module:main")
    assert (status, "Traceback" in stderr) == (1, True)
    with pytest.raises(subprocess.TimeoutExpired):
        run(tmp_path, entry="signal:pause", timeout=0.2)


def test_one_that_is_suspended_is_told_from_one_that_has_ended(tmp_path: Path) -> None:
    """Each time that it is, until it has ended; one that nobody waits for is killed."""
    env = clean_environment(tmp_path)
    with forked.started(cwd=tmp_path, env=env, entry="signal:pause") as fork:
        for _ in range(2):
            fork.send_signal(signal.SIGSTOP)
            assert fork.stopped()
            fork.send_signal(signal.SIGCONT)
        fork.send_signal(signal.SIGTERM)
        assert not fork.stopped()
        assert fork.ended()[0] == -signal.SIGTERM
        fork.send_signal(signal.SIGSTOP)  # its number may be another's by now
    with forked.started(cwd=tmp_path, env=env, entry="signal:pause") as left:
        os.kill(left.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(left.pid, 0)


MEASURED = """
from pathlib import Path
from support import forked
for _ in range(3):
    assert forked.run("--version", cwd=Path("."), env={}, timeout=60)[0] == 0
forked.stop()
"""


def test_what_coverage_sees_in_it_is_saved_by_what_forks(tmp_path: Path) -> None:
    """One file for all of them, with the lines that only a command runs."""
    settings = ("branch = True", "source = paper_run", "parallel = True", "patch = subprocess")
    (tmp_path / "rc").write_text("\n".join(("[run]", *settings)))
    (tmp_path / "three.py").write_text(MEASURED)
    places = os.pathsep.join((str(ROOT / "tests"), str(ROOT)))
    subprocess.run(
        [sys.executable, "-m", "coverage", "run", "--rcfile", "rc", "three.py"],
        cwd=tmp_path,
        env={"PATH": os.defpath, "PYTHONPATH": places},
        check=True,
        timeout=120,
        capture_output=True,
    )
    kept = [coverage.CoverageData(path) for path in tmp_path.glob(".coverage.*")]
    for each in kept:
        each.read()
    seen = [each.lines(cli.__file__) or [] for each in kept]
    body, first = inspect.getsourcelines(cli.main)
    assert [any(first < line < first + len(body) for line in lines) for lines in seen].count(True) == 1
    assert len(kept) <= 2
