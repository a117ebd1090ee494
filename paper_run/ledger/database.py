"""Opening the ledger's file: a foreign, newer, locked or damaged one is told apart before it is touched."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import struct
from typing import TYPE_CHECKING

from paper_run.errors import DataError, Remedy
from paper_run.ledger.migrations import APPLICATION_ID, MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME = "ledger.sqlite3"
_BUSY_SECONDS = 5.0
_MAGIC = b"SQLite format 3\0"


def connect(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open the ledger, making it when there is none; tell whether it was made.

    A new one is made whole under another name and linked into place, so that no crash leaves half of one.

    :raises DataError: the file is no ledger, of a newer version, locked, damaged, or can't be made.
    """
    created = False
    with explained(path):
        if not path.exists() or path.stat().st_size == 0:
            created = _create(path)
        refuse_foreign(path)
        connection = _opened(path)
        try:
            _migrate(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection, created


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into words: what, which file, how to recover.

    :raises DataError: anything went wrong with the file.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise (_damaged if "decode" in str(error) else _trouble)(path, error) from error
    except (sqlite3.DatabaseError, ValueError, LookupError, TypeError) as error:
        raise _damaged(path, error) from error
    except OSError as error:
        raise DataError(
            f"The ledger {path} can't be used",
            f"{error.strerror}.",
            remedies=("Give it a folder with room and write permission; nothing was sent.",),
        ) from error


def _damaged(path: Path, error: Exception) -> DataError:
    said = f"SQLite says: {error}" if isinstance(error, sqlite3.Error) else f"A row can't be read: {error}"
    return DataError(
        f"The ledger {path} is damaged",
        f"{said}.",
        remedies=(
            Remedy("Restore it from a backup, or save what can be saved", f"sqlite3 {path} .dump"),
            "Without it nothing is known of earlier trades: look at the orchestrator's runs first.",
        ),
    )


def _trouble(path: Path, error: sqlite3.OperationalError) -> DataError:
    words = str(error)
    if "locked" in words or "busy" in words:
        return DataError(
            f"The ledger {path} is locked",
            "Another program holds it open for writing.",
            remedies=(f"See which: fuser {path}; close it and run again.",),
        )
    return DataError(
        f"The ledger {path} can't be used",
        f"SQLite says: {words}.",
        remedies=("Check the room on the disk and the permissions of the file and its folder.",),
    )


def _create(path: Path) -> bool:
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}.tmp")
    try:
        connection = sqlite3.connect(draft, isolation_level=None)
        try:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("PRAGMA synchronous = FULL")
            _apply(connection)
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
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
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
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


def refuse_foreign(path: Path) -> None:
    """Read the header as plain bytes: opening a foreign database for writing would already alter it.

    :raises DataError: the file is no ledger.
    """
    with path.open("rb") as file:
        header = file.read(100)
    identity = struct.unpack(">I", header[68:72])[0] if len(header) == 100 else None
    if header.startswith(_MAGIC) and identity == APPLICATION_ID:
        return
    what = "a database of another program" if header.startswith(_MAGIC) else "not a database, or damaged"
    raise DataError(
        f"{path} is not a ledger of paper_run",
        f"It is {what}; it was not touched.",
        remedies=(
            "If it is another program's, name another folder with --reports-dir.",
            "If it was the ledger, restore it from a backup: without it nothing is known of earlier trades.",
        ),
    )


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise DataError(
            f"The ledger {path} was written by a newer paper_run",
            f"It has version {version}; this program knows versions up to {len(MIGRATIONS)}.",
            remedies=("Upgrade paper_run: pip install --upgrade paper_run; nothing was sent.",),
        )
    if version < len(MIGRATIONS):
        _apply(connection)


def _apply(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, in one transaction; another program may have done it meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        for script in MIGRATIONS[version:]:
            for statement in script.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def roll_back(connection: sqlite3.Connection) -> None:
    """Undo the transaction, unless SQLite has already done so (it does on a full disk)."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
