"""Making a ledger: whole or not at all, and writable for its owner alone."""

from __future__ import annotations

import os
import secrets
import sqlite3
from typing import TYPE_CHECKING

from paper_run.errors import DataError, Remedy
from paper_run.ledger import files
from paper_run.ledger.sqlite import database
from paper_run.ledger.sqlite.copies import beside
from paper_run.ledger.sqlite.schema import APPLICATION_ID
from paper_run.model.commands import ours

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MODE = 0o644
"""Less what the umask takes: whoever may read the reports may read it, and nobody else writes it."""


def create(path: Path, first: Callable[[str], None] | None) -> bool:
    """Make a ledger; False: another run has made one meanwhile.

    It is made under another name and linked into place, so that no crash leaves half of one.

    :param first: called with its id before it is put there: it may move away what lies there.
    :raises DataError: what belongs to another ledger lies there, and would be taken into this one.
    """
    if first is None and (found := beside(path)):
        raise DataError(
            f"There is no ledger {path}, but {found[0].name} of one",
            "It holds what was written last to a ledger that is gone, and would be taken into a new one.",
            remedies=(
                "Restore the ledger from a backup.",
                Remedy("If it is gone for good, begin a new one", ours("--new-ledger")),
            ),
            code="ledger_missing",
        )
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.{os.getpid()}.tmp")
    # SQLite gives a database's own mode to what it puts beside it.
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _MODE))
    try:
        connection = sqlite3.connect(draft, isolation_level=None)
        try:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("PRAGMA synchronous = FULL")
            database.migrate(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            named = connection.execute("SELECT value FROM account WHERE name = 'ledger'").fetchone()
        finally:
            connection.close()
        if first is not None:
            first(str(named[0]))
        if path.exists():  # an empty file in its place, or one made by another run meanwhile
            if path.stat().st_size:
                return False
            path.rename(draft.with_name(draft.name + "-empty"))
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            os.rename(draft, path)
        files.sync_folder(path.parent)
        return True
    finally:
        try:
            _remove(draft)
        except BaseException:  # a signal in the middle of it leaves nothing behind either
            _remove(draft)
            raise


def _remove(draft: Path) -> None:
    for leftover in (draft, *(draft.with_name(f"{draft.name}-{part}") for part in ("wal", "shm", "empty"))):
        leftover.unlink(missing_ok=True)
