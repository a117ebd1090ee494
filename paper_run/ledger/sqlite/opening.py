"""Opening a ledger, or the copy of one: made where there is none, and what lies beside it is proved first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.ledger.sqlite import database
from paper_run.ledger.sqlite.copies import beside
from paper_run.ledger.sqlite.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
