"""A desk where the day is run: a platform, a reports folder, a clock that moves by sessions."""

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support import forked
from support.command import ROOT, Finished, any_time, clean_environment, interruptible, needs_a_start
from support.faulty_http import Request, exact
from support.odd_platform import OddPlatform

FIRST = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
"""A Tuesday morning in New York: the first session."""
LAUNCHER = Path(__file__).with_name("launcher.py")
ENTRY = "support.launcher:entry_point"


class Desk:
    """Commands in a folder of their own, against a platform that lives in the same time."""

    def __init__(self, folder: Path, platform: OddPlatform | None = None) -> None:
        self.folder = folder
        self.ahead = FIRST - datetime.now(UTC)
        self.platform = platform or OddPlatform(now=self.now)
        self.env = {**self.platform.urls, **any_time(FIRST.date(), days=60)}
        self.said: list[Finished] = []
        """What every command said."""

    def now(self) -> datetime:
        """Return the time, UTC, that commands and platform go by."""
        return datetime.now(UTC) + self.ahead

    @property
    def session(self) -> str:
        return self.now().date().isoformat()

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    @property
    def ledger(self) -> Path:
        return self.reports / "ledger.sqlite3"

    def at_post(self, action: Callable[[], object]) -> None:
        """Do something the moment that a POST arrives, before anything is made of it."""

        def arrived(request: Request) -> None:
            if request.method == "POST":
                action()

        self.platform.log.arrivals.append(arrived)

    def next_session(self) -> None:
        """Let a day go by, for the commands and for the platform."""
        self.ahead += timedelta(days=1)

    def later(self, minutes: float = 20) -> None:
        """Let so much time go by that no orchestrator works on any more; the session stays the same."""
        self.ahead += timedelta(minutes=minutes)

    def run(
        self, *args: str | Path, at: str = "", nth: int = 1, do: str = "", timeout: float = 60
    ) -> Finished:
        """Run a command to its end; `at` the n-th step of that pattern `do` happens to it."""
        if not self._can_be_measured(do) or needs_a_start(self.env):
            with self.start(*args, at=at, nth=nth, do=do) as process:
                stdout, stderr = process.communicate(timeout=timeout)
            status = process.returncode
        else:
            variables = self._variables(at, nth, do)
            status, stdout, stderr = forked.run(
                *map(str, args), cwd=self.folder, env=variables, timeout=timeout, entry=ENTRY
            )
        finished = Finished(returncode=status, stdout=stdout, stderr=stderr)
        assert "Traceback" not in stdout + stderr, stdout + stderr
        self.said.append(finished)
        return finished

    @contextlib.contextmanager
    def start(
        self,
        *args: str | Path,
        at: str = "",
        nth: int = 1,
        do: str = "",
        stdout: int = subprocess.PIPE,
    ) -> Iterator[subprocess.Popen[str]]:
        """Start a command; it is killed when the block is left."""
        with interruptible():
            process = subprocess.Popen(
                [sys.executable, LAUNCHER, *map(str, args)],
                cwd=self.folder,
                env=self._variables(at, nth, do),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.PIPE,
                encoding="utf-8",
            )
        with process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    @contextlib.contextmanager
    def forked(self, *args: str | Path, at: str = "", nth: int = 1, do: str = "") -> Iterator[forked.Fork]:
        """Start a command as `start` does, but as a fork of one that has imported everything."""
        variables = self._variables(at, nth, do)
        with forked.started(*map(str, args), cwd=self.folder, env=variables, entry=ENTRY) as fork:
            yield fork

    def _variables(self, at: str, nth: int, do: str) -> dict[str, str]:
        variables = clean_environment(self.folder) | self.env
        path = [str(ROOT / "tests"), *filter(None, [variables.get("PYTHONPATH")])]
        variables |= {"PYTHONPATH": ":".join(path), "FAULTS_AHEAD": str(self.ahead.total_seconds())}
        variables |= {"FAULTS_AT": at, "FAULTS_NTH": str(nth), "FAULTS_DO": do} if do else {}
        if not self._can_be_measured(do):
            variables = {name: value for name, value in variables.items() if not name.startswith("COVERAGE_")}
        return variables

    def _can_be_measured(self, do: str) -> bool:
        """Tell whether coverage's own file can be written too; a fork is measured if its tests are."""
        return do != "full" and "FAULTS_USER" not in self.env

    def resolve(self, *args: str | Path) -> Finished:
        return self.run("resolve", *args)

    def saved(self, trade: str | None = None) -> Any:
        """Return an attempt's JSON result, the first of the session without a name."""
        return exact((self.reports / f"{trade or self.session}_paper_run.json").read_text("utf-8"))

    def files(self) -> dict[str, bytes]:
        """Return every report file of an attempt or a mark; those over all sessions are no attempt's own."""
        kinds = ("*_*.json", "*_*.html", "*_*.csv")
        return {path.name: path.read_bytes() for kind in kinds for path in self.reports.glob(kind)}

    def rows(self, table: str = "trades") -> list[dict[str, Any]]:
        """Return what the ledger has, in the order of its rows."""
        return read_rows(self.ledger, table)

    def write(self, statement: str) -> None:
        """Write to the ledger itself, behind its back."""
        with contextlib.closing(sqlite3.connect(self.ledger)) as connection, connection:
            connection.execute(statement)

    def leftovers(self) -> list[str]:
        return sorted(path.name for path in self.reports.rglob("*.tmp"))


def read_rows(ledger: Path, table: str) -> list[dict[str, Any]]:
    """Read a table of a ledger without writing to it."""
    with contextlib.closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        query = f"SELECT * FROM {table} ORDER BY rowid"
        return [dict(row) for row in connection.execute(query)]
