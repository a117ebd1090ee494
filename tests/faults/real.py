"""A command as its user starts it: a process of its own, with the real clock and real waits."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from support.child import Blow, Ended
from support.command import clean_environment, interruptible

SECONDS_OF_A_STEP = 0.01


class Process:
    """A running command; a blow at a step comes at about the time of that step."""

    def __init__(
        self,
        args: tuple[str, ...],
        *,
        folder: Path,
        env: Mapping[str, str],
        ahead: timedelta,
        blow: Blow | None,
    ) -> None:
        if ahead:
            raise ValueError("a real command goes by the real clock")
        with interruptible():
            self._process = subprocess.Popen(
                [sys.executable, "-m", "paper_run", *args],
                cwd=folder,
                env={**clean_environment(folder), **env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
            )
        self._blow = blow

    def wait(self) -> Ended:
        """Wait for its end, and strike it when its time has come."""
        if self._blow is not None:
            time.sleep(self._blow.seconds or 0.2 + (self._blow.step or 0) * SECONDS_OF_A_STEP)
            if self._process.poll() is None:
                self._process.send_signal(signal.Signals[self._blow.signal])
        stdout, stderr = self._process.communicate(timeout=60)
        return Ended(pid=self._process.pid, status=self._process.returncode, stdout=stdout, stderr=stderr)
