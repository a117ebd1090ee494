"""The open schema: statements, transactions, and what goes wrong with them in words."""

from __future__ import annotations

import contextlib
import secrets
import time
from typing import TYPE_CHECKING, Any

import psycopg

from paper_run.ledger.postgres import errors, folder_id, session
from paper_run.ledger.postgres.commit import commit
from paper_run.ledger.postgres.dialect import translated
from paper_run.ledger.rows import put_into
from paper_run.model.database import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from paper_run.errors import DataError
    from paper_run.ledger.postgres.session import Connection, Facts
    from paper_run.model.place import Place

_AT_ONCE = 200
_TRANSACTIONS = 1 << 32
"""How many numbers of transactions there are, as rows have them."""
_WRITTEN = "(SELECT oid::text FROM pg_database WHERE datname = current_database()) || '/' || ({})::text"
_LAST = (
    "FROM account AS last WHERE last.name = 'sender' "
    "AND NOT EXISTS (SELECT 1 FROM trades WHERE key = split_part(last.value, ' ', 1))"
)
"""Where the attempt that was sent last is missing, as where only some of the tables were put back."""


class Store:
    """A session of the server with a ledger's schema; a `ledger.store.Store`.

    :ivar facts: what the server said of itself when it was connected to.
    :ivar began: when the command did, UTC; who sees the session is told it.
    """

    def __init__(
        self,
        connection: Connection,
        facts: Facts,
        place: Place,
        *,
        began: datetime,
        reads_only: bool = False,
    ) -> None:
        if place.database is None:
            raise LookupError("a place without a database has no schema")
        self.connection = connection
        self.facts = facts
        self.began = began
        self.database = place.database
        self.name = place.database.name
        self.folder = place.folder
        self.platform: str | None = place.database.platform
        self.cluster: str | None = None if facts.timeline is None else f"{facts.system}/{facts.timeline}"
        self.created = False
        self.is_read_only = reads_only
        self._is_in_transaction = False
        self._is_on_trial = False
        self._rolled_back: list[Callable[[], None]] = []

    def is_in_place(self) -> bool:
        """Whether it is what others open: its statements name the schema."""
        return True

    def when_rolled_back(self, forget: Callable[[], None]) -> None:
        """Have what was read be forgotten when a transaction comes to nothing."""
        self._rolled_back.append(forget)

    def begin_trial(self) -> None:
        """Let nothing stay that is written from now on: the session ends in the middle of a transaction."""
        with self.translated_errors():
            self.connection.execute("BEGIN")
        self._is_on_trial = True

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that is written inside it, or nothing; one inside another is a part of that.

        :raises UnclearCommitError: whether it was written is not known; the connection is closed.
        """
        if self._is_in_transaction:
            yield
            return
        with self.translated_errors():
            self.connection.execute("SAVEPOINT trial" if self._is_on_trial else "BEGIN")
        self._is_in_transaction = True
        try:
            yield
            if not self._is_on_trial:
                commit(self.connection, self.database, self._apart)
        except BaseException:
            for forget in self._rolled_back:
                forget()
            self._roll_back()
            raise
        finally:
            self._is_in_transaction = False

    def translated_errors(self) -> AbstractContextManager[None]:
        """Return a context in which a record that can't be read is a damaged ledger, in words."""
        return errors.translated(self.database)

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return all rows that a query finds."""
        with self.translated_errors():
            return self.connection.execute(translated(query), values).fetchall()

    def run(self, statement: str, *values: Any) -> None:
        """Run a statement."""
        with self.translated_errors():
            self.connection.execute(translated(statement), values)

    def execute(self, statement: str, values: Any) -> psycopg.Cursor[Any]:
        """Run a statement inside a transaction; return what PostgreSQL says of it."""
        with self.translated_errors():
            return self.connection.execute(translated(statement), values)

    def execute_many(self, statement: str, values: Iterable[Any]) -> None:
        """Run a statement for each of these."""
        with self.translated_errors():
            self.connection.cursor().executemany(translated(statement), values)

    def sends(self, key: str) -> None:
        """Write, with the row of a POST's key, from which folder it is sent."""
        put = put_into("account", ("name", "value"), key=("name",))
        self.run(put, "sender", f"{key} {folder_id.of(self.folder)}")

    def clock(self) -> datetime:
        """Return the server's time, UTC: the same for each host."""
        with self.translated_errors():
            return session.clock(self.connection)

    def was_put_back(self) -> bool | None:
        """Return whether a dump may have been put back since `stay`.

        Another transaction wrote the row than it says, or the attempt that was sent last is not there.
        """
        found = self.rows(
            f"SELECT value <> {_WRITTEN.format('xmin')} OR EXISTS (SELECT 1 {_LAST}) "
            "FROM account WHERE name = 'written'"
        )
        return bool(found[0][0]) if found else None

    def stay(self) -> None:
        """Write a row that says which transaction of which database writes it; forget what is missing."""
        writing = _WRITTEN.format(f"txid_current() % {_TRANSACTIONS}")
        self.run(
            f"INSERT INTO account (name, value) VALUES ('written', {writing}) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        )
        self.run(f"DELETE {_LAST}")

    def standbys(self) -> tuple[str | None, ...]:
        """Return how each standby follows the server, in its own words; None: this user may not see it."""
        return tuple(row["sync_state"] for row in self.rows("SELECT sync_state FROM pg_stat_replication"))

    def server(self) -> Server:
        """Return what the server tells of itself."""
        began = time.monotonic()
        (found,) = self.rows(
            "SELECT (SELECT value FROM account WHERE name = 'lease') AS lease, "
            "pg_database_size(current_database()) AS size, (SELECT version FROM schema_version) AS version"
        )
        return Server(
            product=f"PostgreSQL {self.facts.version}",
            latency_ms=round((time.monotonic() - began) * 1000),
            holder=session.holder(self.rows, int(found["lease"])),
            synchronous_commit=self.facts.synchronous_commit,
            fsync=self.facts.fsync,
            standbys=self.standbys(),
            system=self.facts.system,
            timeline=self.facts.timeline,
            replayed=self.facts.replayed,
            size=found["size"],
            version=found["version"],
        )

    def damaged(self, error: Exception) -> DataError:
        """Return that a record can't be read, in words, with what is left to do."""
        return errors.damaged(self.database, error)

    def prove_whole(self) -> None:
        """Read each record.

        :raises DataError: one can't be read.
        """
        from paper_run.ledger import wholeness

        with self.translated_errors():
            wholeness.prove_records(
                lambda table: self.stream(f"SELECT *, row_number() OVER () AS counted FROM {table}")
            )

    def stream(self, query: str) -> Iterator[Any]:
        """Yield the rows that a query finds, some at a time; to be called in a transaction."""
        with self.connection.cursor(f"stream_{secrets.token_hex(4)}") as cursor:
            cursor.itersize = _AT_ONCE
            yield from cursor.execute(query)

    def close(self) -> None:
        """End the session; the lease ends with it."""
        self.connection.close()

    def _roll_back(self) -> None:
        if self.connection.closed:
            return
        try:
            self.connection.execute("ROLLBACK TO trial" if self._is_on_trial else "ROLLBACK")
        except psycopg.Error:  # it is gone, and the transaction with it
            self.connection.close()

    def _apart(self, statement: str, values: tuple[Any, ...]) -> None:
        """Run a statement over a connection of its own; what the lost one has under way is waited for.

        :raises DataError: it can't be done, or nobody knows whether it was.
        """
        connection, _ = session.opened(self.database, now=self.began)
        try:
            with errors.translated(self.database):
                connection.execute("BEGIN")
                connection.execute(translated(statement), values)
            commit(connection, self.database, self._apart)
        finally:
            connection.close()
