"""The time that a command under test goes by: moved to a fixed day, and running ahead at each pause."""

import math
import os
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from paper_run.model import calendar
from paper_run.model.progress import Clock
from paper_run.services.transport import Transport

TICK = 0.002
"""Real seconds that pass in each pause, so that a server gets to work."""


class Passed:
    """Time that passes at a word for everybody who looks at one file: also where a command runs already."""

    _FORM = struct.Struct("d")

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self) -> None:
        """Make the file: nothing has passed yet."""
        self.path.write_bytes(self._FORM.pack(0.0))

    def seconds(self) -> float:
        """Return how much has passed."""
        return float(self._FORM.unpack(self.path.read_bytes())[0])

    def let_pass(self, time: timedelta) -> None:
        more = self._FORM.pack(self.seconds() + time.total_seconds())
        with self.path.open("r+b") as file:  # whoever reads it meanwhile finds one or the other
            file.write(more)


class Warp:
    """The machine's clock, `ahead` of itself by so much, by all the pauses so far, and by what has passed."""

    def __init__(self, ahead: timedelta, *, tick: float = TICK, passed: Passed | None = None) -> None:
        self._ahead = ahead
        self._passed = (lambda: 0.0) if passed is None else passed.seconds
        self._tick = tick
        self._skipped = 0.0
        self._suspended = 0.0

    def now(self) -> datetime:
        return (
            datetime.now(UTC)
            + self._ahead
            + timedelta(seconds=self._skipped + self._suspended + self._passed())
        )

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped + self._passed()

    def boottime(self) -> float:
        return self.monotonic() + self._suspended

    def suspend(self, seconds: float) -> None:
        """Let time go by as on a suspended machine: the monotonic clock stands still."""
        self._suspended += seconds

    def pause(self, seconds: float) -> None:
        time.sleep(min(self._tick, seconds))
        self._skipped += max(0.0, seconds - self._tick)

    def install(self) -> None:
        """Have the commands of this process go by this time; sockets still wait in real time."""
        Clock.__new__.__defaults__ = (self.monotonic, self.pause, self.boottime)  # type: ignore[attr-defined]
        calendar.utc_now = self.now  # type: ignore[assignment]
        if "PAPER_RUN_LEDGER_URL" in os.environ:  # a database of that time
            from paper_run.ledger.postgres import session

            apart = timedelta(seconds=float(os.environ.get("FAULTS_DATABASE_AHEAD", "0")))
            session.clock = lambda _: self.now() + apart
            if patience := os.environ.get("FAULTS_PATIENCE"):
                session.Connection.patience = float(patience)
                session._CONNECT_SECONDS = math.ceil(float(patience))
        Transport.__init__.__kwdefaults__ |= {"now": self.monotonic, "pause": self.pause}
