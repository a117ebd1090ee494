"""The open file: statements, transactions, and what goes wrong with them in words."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from paper_run.ledger.sqlite import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


class Store:
    """A connection to the file of a ledger, and where it lies.

    :raises DataError: from every method, when the file fails; it names the file and how to recover.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path
        self._rolled_back: list[Callable[[], None]] = []

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
