"""Opening a ledger, or the copy of one: made where there is none, and what lies beside it is proved first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.ledger.sqlite import database
from paper_run.ledger.sqlite.copies import beside

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path


def connect(path: Path, first: Callable[[str], None] | None = None) -> tuple[sqlite3.Connection, bool]:
    """Open the ledger, making it when there is none; tell whether it was made.

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
    return connection, created


def read_copy(copy: Path, path: Path) -> sqlite3.Connection:
    """Open the copy of a ledger, to be read in its place.

    :raises DataError: as `connect`, of the ledger itself.
    """
    with database.translated_errors(path):
        if beside(copy):
            from paper_run.ledger.sqlite import leftovers

            leftovers.prove(copy, path)
        return database.opened(copy, path)
