"""What a ledger is kept in: the one thing that its parts know of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from paper_run.errors import DataError
    from paper_run.model.database import Server


class Written(Protocol):
    """What a database says of a statement that it has run."""

    @property
    def rowcount(self) -> int:
        """How many rows were written."""


class Store(Protocol):
    """An open database with a ledger in it; statements are in SQLite's words, see `sqlite.dialect`.

    :ivar name: what messages call the ledger. :ivar folder: the reports folder that it is open for.
    :ivar platform: what the account trades on, by name; None: its orchestrator's URL tells it.
    :ivar cluster: what changes where a database's server was promoted or restored; None: there is none.
    :ivar created: whether it was made just now. :ivar is_read_only: whether nothing can be written to it.
    :raises DataError: from every method, when the database fails; it names it and how to recover.
    """

    name: str
    folder: Path
    platform: str | None
    cluster: str | None
    created: bool
    is_read_only: bool

    def is_in_place(self) -> bool:
        """Whether what others will open is still what is open here: a file may be moved or replaced."""

    def when_rolled_back(self, forget: Callable[[], None]) -> None:
        """Have what was read be forgotten when a transaction comes to nothing."""

    def transaction(self) -> AbstractContextManager[None]:
        """Write all that is written inside it, or nothing; one inside another is a part of that."""

    def translated_errors(self) -> AbstractContextManager[None]:
        """Return a context in which a record that can't be read is a damaged ledger, in words."""

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return all rows that a query finds."""

    def run(self, statement: str, *values: Any) -> None:
        """Run a statement."""

    def execute(self, statement: str, values: Any) -> Written:
        """Run a statement inside a transaction; return what the database says of it."""

    def execute_many(self, statement: str, values: Iterable[Any]) -> None:
        """Run a statement for each of these."""

    def sends(self, key: str) -> None:
        """Write, with the row of a POST's key, who sends it: whoever else has the ledger leaves it alone."""

    def clock(self) -> datetime | None:
        """Return the database's own time, UTC; None: it has none but the machine's."""

    def server(self) -> Server | None:
        """Return what the database's server tells of itself; None: there is none."""

    def was_put_back(self) -> bool | None:
        """Return whether a dump may have been put back since `stay`; None: nobody can tell."""

    def stay(self) -> None:
        """Write what tells rows that are put back from a dump."""

    def standbys(self) -> tuple[str | None, ...]:
        """Return how each standby follows the database's server, as it words it; None: it is not shown."""

    def damaged(self, error: Exception) -> DataError:
        """Return that a record can't be read, in words, with what is left to do."""

    def prove_whole(self) -> None:
        """Have the database check itself as far as it can, and read each record."""

    def close(self) -> None:
        """End its use."""
