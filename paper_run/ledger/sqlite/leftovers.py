"""What a run that was cut off left beside the ledger: it is proved on a copy before SQLite takes it in."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import sqlite3
import struct
from typing import TYPE_CHECKING

from paper_run.errors import DataError, Remedy
from paper_run.ledger.sqlite import database, wholeness
from paper_run.ledger.sqlite.copies import beside, copied

if TYPE_CHECKING:
    from pathlib import Path

_HEADER = 32
_DAMAGE = (sqlite3.Error, ValueError, LookupError, TypeError)
_WHOSE = (
    "SELECT name, value FROM account WHERE name IN ('ledger', 'mail_identity', 'orchestrator_url', 'sandbox')"
)
_BYTE_ORDER = {0x377F0682: "<", 0x377F0683: ">"}


def prove(file: Path, path: Path) -> None:
    """Prove that what lies beside a ledger, left by a run that was cut off, is a part of this very ledger.

    It is tried on a copy: SQLite would take a stale one, of another ledger even, into the file for good.

    :param file: what is about to be opened: the ledger, or a copy. :param path: the ledger, for the messages.
    :raises DataError: it is not, or the two together are damaged; both files are as they were.
    """
    try:
        _prove(file, path)
    except _DAMAGE as error:
        found = path.with_name(next((each.name for each in beside(file)), f"{path.name}-wal"))
        if not _is_whole_alone(file, path):
            damaged = database.damaged(path, error)
            may_hold = f"Leave {found.name} beside it, or keep both: it may hold what was traded last."
            damaged.remedies = (Remedy(may_hold), *damaged.remedies)
            raise damaged from error
        raise DataError(
            f"{found.name} beside the ledger {path} does not belong to it, or is damaged",
            f"Tried on a copy: {error}. Neither file was touched.",
            remedies=(
                Remedy(
                    "If the ledger was restored or replaced, move the old one's away",
                    shlex.join(("mv", str(found), f"{found}.old")),
                ),
                "Else restore both from a backup: without them nothing is known of the last attempts.",
            ),
            code="ledger_leftover",
        ) from error


def _prove(file: Path, path: Path) -> None:
    _prove_header(file.with_name(file.name + "-wal"))
    with copied(file) as copy:
        alone = copy.with_name("alone")
        shutil.copyfile(copy, alone)
        before = _told_by(alone)
        with contextlib.closing(database.opened(copy, path)) as connection:
            wholeness.prove(connection)
        if before is None:  # the crash came while one was taken into the other
            return
        after = _told_by(copy)
        if after is None or not before <= after:
            raise ValueError("with it the ledger would be another one")


def _is_whole_alone(file: Path, path: Path) -> bool:
    """Whether a ledger is whole without what lies beside it: then that is what is wrong."""
    with copied(file) as copy:
        alone = copy.with_name("alone")
        shutil.copyfile(copy, alone)
        try:
            with contextlib.closing(database.opened(alone, path)) as connection:
                wholeness.prove(connection)
        except _DAMAGE:
            return False
    return True


def _told_by(path: Path) -> set[tuple[str, str]] | None:
    """Return what tells a ledger from another, its attempts and whose it is; None where it can't be read."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        try:
            return {
                *connection.execute(_WHOSE),
                *connection.execute("SELECT 'trade', key FROM trades NOT INDEXED"),
            }
        except sqlite3.DatabaseError:
            return None


def _prove_header(wal: Path) -> None:
    """Prove that SQLite would read a `-wal` at all: one whose header it does not know it drops silently."""
    try:
        with wal.open("rb") as file:
            header = file.read(_HEADER)
    except FileNotFoundError:
        return
    if not header:
        return
    order = _BYTE_ORDER.get(int.from_bytes(header[:4], "big"))
    if order is None or len(header) < _HEADER:
        raise ValueError("it is no write-ahead log")
    words = struct.unpack(f"{order}6I", header[:24])
    first = second = 0
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    if struct.pack(">2I", first, second) != header[24:]:
        raise ValueError("the head of the write-ahead log is damaged")
