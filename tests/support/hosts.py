"""Hosts of one account: a desk each, with a folder of its own, one platform and one schema for all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.command import Finished
from support.desk import Desk
from support.postgres_server import Schema


class Host(Desk):
    """A desk whose ledger is in a schema that other hosts use too."""

    def __init__(self, folder: Path, schema: Schema, first: Desk | None = None) -> None:
        super().__init__(folder)
        self.schema = schema
        if first is not None:
            self.platform, self.ahead = first.platform, first.ahead
        self.env |= {**self.platform.urls, **schema.env}

    def rows(self, table: str = "trades") -> list[dict[str, Any]]:
        return self.schema.rows(table)

    def write(self, statement: str) -> None:
        self.schema.ask(statement)

    def begin(self) -> Finished:
        """Run the first day, which makes the ledger; again where a new server was too busy to answer."""
        done = self.run("--new-ledger")
        if done.returncode != 1 or "See whether it is up" not in done.stderr:
            return done
        again = self.run("--new-ledger")
        return self.run() if again.returncode == 3 else again  # the schema was made already


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
