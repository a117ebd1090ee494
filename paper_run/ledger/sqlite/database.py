"""The ledger's file: a foreign, newer, locked or damaged one is told apart before it is touched."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
import struct
from typing import TYPE_CHECKING

from paper_run.errors import DataError, Remedy
from paper_run.ledger.sqlite.schema import APPLICATION_ID, MIGRATIONS
from paper_run.model.commands import of_another

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME = "ledger.sqlite3"
_BUSY_SECONDS = 5.0
_LOOK = "Check the room on the disk and the permissions of the file and its folder"
_CLOSING_MILLISECONDS = 500
_MAGIC = b"SQLite format 3\0"


def opened(file: Path, path: Path) -> sqlite3.Connection:
    """Open a ledger that is there, and bring its schema up to date.

    :param file: what is opened: the ledger, or a copy. :param path: the ledger, for the messages.
    """
    connection = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        _migrate(connection, path)
        connection.execute("PRAGMA foreign_keys = ON")  # after it: a table that is made anew is dropped first
    except BaseException:
        connection.close()
        raise
    return connection


def close(connection: sqlite3.Connection) -> None:
    """Take what was written into the file itself, so that it can be copied alone, and close it."""
    try:
        if not connection.in_transaction:
            connection.execute(f"PRAGMA busy_timeout = {_CLOSING_MILLISECONDS}")
            # Where a reader is in the way it stays beside the file, as safe: the next command does it.
            with contextlib.suppress(sqlite3.OperationalError):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


@contextlib.contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into words: what, which file, how to recover.

    :raises DataError: anything went wrong with the file.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise (damaged if "decode" in str(error) else _trouble)(path, error) from error
    except (sqlite3.DatabaseError, ValueError, LookupError, TypeError) as error:
        raise damaged(path, error) from error
    except OSError as error:
        raise DataError(
            f"The ledger {path} can't be used",
            f"{error.strerror}.",
            remedies=(f"{_LOOK}; nothing was sent.",),
        ) from error


def damaged(path: Path, error: Exception) -> DataError:
    """Return that SQLite or a record in the file can't be read, in words, with what is left to do."""
    said = f"SQLite says: {error}" if isinstance(error, sqlite3.Error) else f"A row can't be read: {error}"
    return DataError(
        f"The ledger {path} is damaged",
        f"{said}.",
        remedies=(
            Remedy(
                "Restore it from a backup, or save what can be saved",
                of_another("sqlite3", str(path), ".dump"),
            ),
            "Without it nothing is known of earlier attempts: look at the orchestrator's runs first.",
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
        remedies=(f"{_LOOK}.",),
    )


def refuse_links(path: Path) -> None:
    """Prove that ledger and what lies beside it are files of this folder; a link is never followed.

    :raises DataError: one is a link, or a folder, or another thing.
    """
    for ending in ("", "-wal", "-shm", "-journal"):
        each = path.with_name(path.name + ending)
        try:
            mode = each.lstat().st_mode
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(mode):
            what = "a link, and links are never followed" if stat.S_ISLNK(mode) else "no file"
            raise DataError(
                f"The ledger {path} can't be used",
                f"{each.name} is {what}.",
                remedies=("Put the file itself there, or name the folder that has it: --reports-dir DIR",),
            )


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
            "If it was the ledger, restore it from a backup: without it no earlier attempt is known.",
        ),
    )


def file_of(path: Path) -> tuple[int, int] | None:
    """Return what tells the file at a path from every other one while it is open; None: there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_of_this_version(path: Path) -> bool:
    """Whether a ledger beside which nothing lies would be opened without a change of its schema."""
    with path.open("rb") as file:
        return int.from_bytes(file.read(100)[60:64], "big") == len(MIGRATIONS)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise DataError(
            f"The ledger {path} was written by a newer paper_run",
            f"It has version {version}; this program knows versions up to {len(MIGRATIONS)}.",
            remedies=("Upgrade paper_run: install the newer one over this one; nothing was sent.",),
        )
    if version < len(MIGRATIONS):
        migrate(connection)


def migrate(connection: sqlite3.Connection) -> None:
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
