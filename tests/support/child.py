"""A command as a forked child: the package is imported already, time is passed in, and a blow may end it."""

import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from paper_run import cli
from support.steps import Steps, send_signal
from support.warp import Warp


@dataclass(frozen=True, slots=True, kw_only=True)
class Blow:
    """What breaks a command off: a signal at the n-th step that `at` matches, or after some real seconds."""

    signal: str
    at: str = "*"
    step: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended: its status (negative: killed by that signal) and all that it said."""

    pid: int
    status: int
    stdout: str
    stderr: str


class Child:
    """A running command; where nothing is `ahead` it goes by the real clock and waits as long as it waits."""

    def __init__(
        self,
        args: tuple[str, ...],
        *,
        folder: Path,
        env: Mapping[str, str],
        ahead: timedelta,
        blow: Blow | None,
    ) -> None:
        self._files = [folder / f".{name}.{id(self)}" for name in ("stdout", "stderr")]
        for path in self._files:
            path.touch()
        # Amid the fork a signal would break what Python sets right after it: locks, and who is the child.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self.pid = os.fork()
        if not self.pid:
            _become(args, self._files, folder, env, ahead, blow)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        self._seconds = blow.seconds if blow else None
        self._signal = signal.Signals[blow.signal] if blow else None

    def wait(self) -> Ended:
        """Wait for its end, and strike it when its time has come."""
        if self._seconds is not None and self._signal is not None:
            time.sleep(self._seconds)
            os.kill(self.pid, self._signal)
        _, status = os.waitpid(self.pid, 0)
        texts = [path.read_text("utf-8") for path in self._files]
        for path in self._files:
            path.unlink()
        return Ended(pid=self.pid, status=os.waitstatus_to_exitcode(status), stdout=texts[0], stderr=texts[1])


def _become(
    args: tuple[str, ...],
    files: list[Path],
    folder: Path,
    env: Mapping[str, str],
    ahead: timedelta,
    blow: Blow | None,
) -> None:
    """Be the command; never return."""
    status = 70
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # what comes before the command begins just ends it
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        for descriptor, path in enumerate(files, start=1):
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(opened, descriptor)
            os.close(opened)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        os.environ.clear()
        os.environ.update({"HOME": str(folder), "PATH": os.defpath, **env})
        os.chdir(folder)
        if ahead:
            Warp(ahead).install()
        threading.Timer(60, os._exit, (71,)).start()  # a command that hangs is a finding, not a wait
        if blow and blow.step:
            Steps(blow.at, blow.step, send_signal(signal.Signals[blow.signal])).install()
        status = cli.main(list(args))
        for late in (signal.SIGINT, signal.SIGTERM):
            signal.signal(late, signal.SIG_IGN)
    except KeyboardInterrupt:  # before the command guards itself, or after it: as the real one ends then
        status = 130
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)
