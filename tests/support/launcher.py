"""The real command, in a time and with a mishap that the environment names.

FAULTS_AHEAD: seconds that its clock is ahead of the machine's. FAULTS_TICK: how long a pause really lasts at
most. FAULTS_CLOCK: a file with more seconds, which may change meanwhile. FAULTS_PATIENCE: how long a database
may say nothing. FAULTS_USER: the number of the user that it becomes. FAULTS_AT, FAULTS_NTH, FAULTS_DO: at the
n-th step of a pattern do that: the name of a signal, `full` for a disk that is full from then on, `suspend
11` for a machine that is suspended for 11 s, `raise MemoryError` for what goes wrong in the program itself.
"""

import builtins
import os
import shutil
import signal
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from paper_run import __main__ as program
from paper_run.report.html import assets
from paper_run.services import holidays
from support.preloaded import preload
from support.steps import Steps, fill_disk, send_signal
from support.warp import TICK, Passed, Warp


def _action(do: str, warp: Warp) -> Callable[[], object]:
    what, _, rest = do.partition(" ")
    if what == "full":
        return fill_disk
    if what == "suspend":
        return partial(warp.suspend, float(rest))
    if what == "raise":
        return partial(_raise, getattr(builtins, rest))
    return send_signal(signal.Signals[do])


def _raise(kind: type[Exception]) -> None:
    raise kind("out of the blue")


YEARS = (2025, 2026, 2027)


def _become(user: int) -> None:
    """Be somebody else, to whom interpreter, packages and templates may lie where only root comes."""
    preload()
    holidays.closed_days = {year: holidays.closed_days(year) for year in YEARS}.__getitem__  # type: ignore[assignment]
    templates = Path("templates").absolute()
    shutil.copytree(assets._templates(), templates, dirs_exist_ok=True)
    assets._templates = lambda: templates  # type: ignore[assignment]
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)


def entry_point() -> None:
    """Run the command as a user starts it, and end it."""
    if user := os.environ.get("FAULTS_USER"):
        _become(int(user))
    tick = float(os.environ.get("FAULTS_TICK", TICK))
    clock = os.environ.get("FAULTS_CLOCK")
    passed = None if clock is None else Passed(Path(clock))
    warp = Warp(timedelta(seconds=float(os.environ["FAULTS_AHEAD"])), tick=tick, passed=passed)
    warp.install()
    if do := os.environ.get("FAULTS_DO"):
        action = _action(do, warp)
        Steps(os.environ["FAULTS_AT"], int(os.environ.get("FAULTS_NTH", "1")), action).install()
    program.entry_point()


if __name__ == "__main__":
    entry_point()
