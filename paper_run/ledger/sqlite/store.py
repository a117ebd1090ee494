"""A ledger in a file: opened or made, what lies beside it proved first, and the connection that it is."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from paper_run.ledger.sqlite import database
from paper_run.ledger.sqlite.copies import beside

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

    from paper_run.errors import DataError


class Store:
    """A connection to the file of a ledger, and where it lies; a `ledger.store.Store`."""

    is_read_only = False
    platform: str | None = None
    cluster: str | None = None

    def __init__(self, connection: sqlite3.Connection, path: Path, *, created: bool = False) -> None:
        self.connection = connection
        self.path = path
        self.name = str(path)
        self.folder = path.parent
        self.created = created
        self._file = database.file_of(path)
        self._rolled_back: list[Callable[[], None]] = []

    def is_in_place(self) -> bool:
        """Whether its path still leads to the file that is open here."""
        return self._file is not None and database.file_of(self.path) == self._file

    def when_rolled_back(self, forget: Callable[[], None]) -> None:
        """Have what was read be forgotten when a transaction comes to nothing."""
        self._rolled_back.append(forget)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that is written inside it, or nothing; one inside another is a part of that."""
        if self.connection.in_transaction:
            yield
            return
        with self.translated_errors():
            self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self.translated_errors():
                self.connection.execute("COMMIT")
        except BaseException:
            for forget in self._rolled_back:
                forget()
            database.roll_back(self.connection)
            raise

    def translated_errors(self) -> AbstractContextManager[None]:
        """Return a context in which a record that can't be read is a damaged ledger, in words."""
        return database.translated_errors(self.path)

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return all rows that a query finds."""
        with self.translated_errors():
            return self.connection.execute(query, values).fetchall()

    def run(self, statement: str, *values: Any) -> None:
        """Run a statement."""
        with self.translated_errors():
            self.connection.execute(statement, values)

    def execute(self, statement: str, values: Any) -> sqlite3.Cursor:
        """Run a statement inside a transaction; return what SQLite says of it."""
        return self.connection.execute(statement, values)

    def execute_many(self, statement: str, values: Iterable[Any]) -> None:
        """Run a statement for each of these."""
        self.connection.executemany(statement, values)

    def sends(self, key: str) -> None:
        """Write nothing: whoever has the lock of the folder knows that its sender has ended."""

    def clock(self) -> None:
        """Return that a file has no time (UTC) of its own."""

    def server(self) -> None:
        """Return that a file has no server."""

    def was_put_back(self) -> None:
        """Return that nobody can tell of a file; the results beside it do."""

    def stay(self) -> None:
        """Write nothing."""

    def standbys(self) -> tuple[str | None, ...]:
        """Return that nothing follows a file."""
        return ()

    def damaged(self, error: Exception) -> DataError:
        """Return that a record can't be read, in words, with what is left to do."""
        return database.damaged(self.path, error)

    def prove_whole(self) -> None:
        """Have SQLite check every page and index, and read each record.

        :raises DataError: something is damaged.
        """
        from paper_run.ledger.sqlite import wholeness

        with self.translated_errors():
            wholeness.prove(self.connection)

    def close(self) -> None:
        """Take what was written into the file itself, and close it."""
        with self.translated_errors():
            database.close(self.connection)


def connect(path: Path, first: Callable[[str], None] | None = None) -> Store:
    """Open the ledger, making it when there is none.

    A new one is made whole under another name and linked into place, so that no crash leaves half of one.

    :raises DataError: the file is no ledger, of a newer version, locked, damaged, or can't be made.
    """
    created = False
    with database.translated_errors(path):
        database.refuse_links(path)
        if first is not None or not path.exists() or path.stat().st_size == 0:
            from paper_run.ledger.sqlite import creation

            created = creation.create(path, first)
        database.refuse_foreign(path)
        if beside(path):
            from paper_run.ledger.sqlite import leftovers

            leftovers.prove(path, path)
        connection = database.opened(path, path)
    return Store(connection, path, created=created)


def read_copy(copy: Path, path: Path) -> Store:
    """Open the copy of a ledger, to be read in its place.

    :raises DataError: as `connect`, of the ledger itself.
    """
    with database.translated_errors(path):
        if beside(copy):
            from paper_run.ledger.sqlite import leftovers

            leftovers.prove(copy, path)
        return Store(database.opened(copy, path), path)
