"""Hosts of one account: a desk each, with a folder of its own, one platform and one schema for all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.command import Finished
from support.desk import Desk
from support.postgres_server import Schema
from support.warp import Passed

_PATIENCE = "60"
"""Seconds that a database may say nothing: a machine that is busy is no finding."""


class Host(Desk):
    """A desk whose ledger is in a schema that other hosts use too.

    :ivar wrong: how far its own clock is from the true one, which platform and database go by.
    """

    def __init__(self, folder: Path, schema: Schema, first: "Host | None" = None) -> None:
        super().__init__(folder, first and first.platform)
        self.schema = schema
        self.wrong = timedelta()
        if first is None:
            self._passed = Passed(folder / ".passed")
            self._passed.begin()
        else:
            self._passed, self.ahead = first._passed, first.ahead
        self.env |= {**schema.env, "FAULTS_CLOCK": str(self._passed.path), "FAULTS_PATIENCE": _PATIENCE}

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead + timedelta(seconds=self._passed.seconds())

    def let_pass(self, minutes: float) -> None:
        """Let time go by for every host, also where a command runs or is suspended."""
        self._passed.let_pass(timedelta(minutes=minutes))

    def _variables(self, at: str, nth: int, do: str) -> dict[str, str]:
        variables = super()._variables(at, nth, do)
        if self.wrong:
            variables["FAULTS_AHEAD"] = str((self.ahead + self.wrong).total_seconds())
            variables["FAULTS_DATABASE_AHEAD"] = str(-self.wrong.total_seconds())
        return variables

    def rows(self, table: str = "trades") -> list[dict[str, Any]]:
        return self.schema.rows(table)

    def write(self, statement: str) -> None:
        self.schema.ask(statement)

    def reach_by(self, port: int) -> None:
        """Reach the ledger's server by another port than its own."""
        url = self.schema.server.url
        self.env["PAPER_RUN_LEDGER_URL"] = url.replace(f":{self.schema.server.port}/", f":{port}/")

    def begin(self) -> Finished:
        """Run the first day, which makes the ledger."""
        return self.run("--new-ledger")


@contextmanager
def two_hosts(folder: Path, schema: Schema) -> Iterator[tuple[Host, Host]]:
    """Two of them, and their platform, while the block runs."""
    for name in ("one", "two"):
        (folder / name).mkdir()
    one = Host(folder / "one", schema)
    with one.platform:
        yield one, Host(folder / "two", schema, one)


def when_posted(host: Host, action: Callable[[], object]) -> None:
    """Do something the moment that the first POST arrives, before anything is made of it."""
    done: list[object] = []

    def once() -> None:
        if not done:
            done.append(action())

    host.at_post(once)
