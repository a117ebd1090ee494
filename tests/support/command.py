"""The real command as a user or cron starts it: in a process, a folder and an environment of its own."""

import contextlib
import functools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

from support import forked
from support.faulty_http import exact
from support.odd_platform import OddPlatform

ROOT = Path(__file__).resolve().parents[2]
_ONE_IN = int(os.environ.get("FRESH_STARTS", "30"))
"""In one of how many tests a command is a fresh interpreter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a command left: its exit status and everything that it said."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[str]:
        return self.stdout.splitlines()


def run_command(
    *args: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    platform: OddPlatform | None = None,
    timeout: float = 60,
) -> Finished:
    """Run `python -m paper_run ARGS` to its end; `platform` is where its three URLs lead."""
    if not needs_a_start(env or {}):
        variables = clean_environment(cwd) | (platform.urls if platform else {}) | dict(env or {})
        status, stdout, stderr = forked.run(*map(str, args), cwd=cwd, env=variables, timeout=timeout)
        return Finished(returncode=status, stdout=stdout, stderr=stderr)
    with start_command(*args, cwd=cwd, env=env, platform=platform) as process:
        stdout, stderr = process.communicate(timeout=timeout)
    return Finished(returncode=process.returncode, stdout=stdout, stderr=stderr)


@contextlib.contextmanager
def start_command(
    *args: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    platform: OddPlatform | None = None,
    **popen: Any,
) -> Iterator[subprocess.Popen[str]]:
    """Start the command, to be signalled or awaited; it is killed when the block is left."""
    variables = clean_environment(cwd) | (platform.urls if platform else {}) | dict(env or {})
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with interruptible():
        process = subprocess.Popen(
            [sys.executable, "-m", "paper_run", *map(str, args)],
            cwd=cwd,
            env=variables,
            encoding="utf-8",
            **streams | popen,
        )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def needs_a_start(env: Mapping[str, str]) -> bool:
    """Tell whether a command must be a fresh interpreter: for variables of Python's, and in some tests.

    Outside of a test (in a benchmark) it always is.
    """
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    return (
        any(name.startswith(("PYTHON", "LANG", "LC_")) for name in env) or not crc32(test.encode()) % _ONE_IN
    )


def clean_environment(home: Path) -> dict[str, str]:
    """Return an environment without anything of the developer's, but with coverage's own if it measures."""
    variables = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    variables |= {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), **any_time()}
    if not _installed():
        variables["PYTHONPATH"] = str(ROOT)
    return variables


def any_time(day: date | None = None, *, days: int = 2) -> dict[str, str]:
    """Return what makes each day around one, today's by default, a session to be traded until midnight."""
    day = day or datetime.now(UTC).date()
    around = range(-days, days + 1)
    open_dates = ",".join(str(day + timedelta(days=number)) for number in around)
    return {"PAPER_RUN_OPEN_DATES": open_dates, "PAPER_RUN_LATEST_START": "23:59"}


@functools.cache
def _installed() -> bool:
    """Tell whether the interpreter finds the package without any help."""
    look = [sys.executable, "-c", "import paper_run"]
    return subprocess.run(look, cwd="/", env={}, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let the child react to Ctrl-C even where the tests run in the background and ignore it."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def reports(folder: Path, ending: str = "_paper_run.json") -> list[Path]:
    """Return the files of that kind in the reports folder below `folder`, by name."""
    return sorted(path for path in (folder / "reports").glob(f"*{ending}") if path.is_file())


def saved(folder: Path) -> Any:
    """Return the one JSON result below `folder`, its amounts exact."""
    (path,) = reports(folder)
    return exact(path.read_text("utf-8"))
