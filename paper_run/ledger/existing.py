"""A ledger that is there already; none is made."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from paper_run.errors import DataError, Remedy
from paper_run.ledger import files
from paper_run.ledger.ledger import Ledger
from paper_run.ledger.sqlite import copies, database, lock
from paper_run.ledger.sqlite import store as sqlite_store
from paper_run.model.commands import of_pip
from paper_run.model.place import HOST_FILE, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path
    from types import ModuleType

    from paper_run.ledger.moving import Move
    from paper_run.model.place import Database
    from paper_run.model.progress import Waiting


_NEEDED = 64 * 1024
"""Bytes of room, twice what the index of a write-ahead log takes."""


def path_of(folder: Path) -> Path:
    """Return where the ledger of a folder lies, or would."""
    return folder / database.FILE_NAME


def may_write(folder: Path) -> bool:
    """Whether whoever runs this may write the ledger and the files of a folder."""
    return unwritable(folder) is None


def unwritable(folder: Path, *names: str) -> Path | None:
    """Return what whoever runs this may not write: a folder, its ledger, its lock; None: all of it.

    :param names: folders in it that must be writable too, where they are.
    """
    if not os.access(folder, os.W_OK | os.X_OK):
        return folder
    inside = (folder / name for name in (database.FILE_NAME, lock.FILE_NAME, *names))
    return next((each for each in inside if each.exists() and not os.access(each, os.W_OK)), None)


def _has_room(folder: Path) -> bool:
    """Whether SQLite may make the file beside a ledger that it needs even to read it."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize >= _NEEDED


@contextlib.contextmanager
def read_if_any(place: Place, now: datetime) -> Iterator[Ledger | None]:
    """Open the ledger to be read, without the lock, if there is one; a database must have it.

    Where something lies beside it, of a run in progress or of one that was cut off, where an earlier version
    has made it, or where it can't be written or the disk is full, a copy is opened: nothing in the folder is
    touched.

    :param now: UTC; a database tells its own people since when it is read.
    :raises DataError: it can't be read.
    """
    folder = place.folder
    if place.database is not None:
        with Ledger(folder, store=postgres().read(place, now)) as ledger:
            yield ledger
        return
    if not is_there(folder):
        yield None
        return
    path = path_of(folder)
    with contextlib.ExitStack() as stack:
        with database.translated_errors(path):
            database.refuse_links(path)
            database.refuse_foreign(path)
            may_be_opened = may_write(folder) and _has_room(folder)
            direct = may_be_opened and not copies.beside(path) and database.is_of_this_version(path)
            copy = None if direct else stack.enter_context(copies.copied(path))
        yield stack.enter_context(Ledger(folder, copy=copy))


@contextlib.contextmanager
def read(place: Place, now: datetime) -> Iterator[Ledger]:
    """Open the ledger that there must be, to be read, without the lock.

    :param now: UTC; see `read_if_any`.
    :raises DataError: there is none, or it can't be read.
    """
    require_ledger(place)
    with read_if_any(place, now) as ledger:
        if ledger is None:
            raise LookupError("the ledger that was just there is gone")
        yield ledger


def require_ledger(place: Place) -> None:
    """Prove that there is a ledger, before anything is made in a folder that was perhaps mistyped.

    Whether a database has one is known only when it is opened.

    :raises DataError: there is none.
    """
    folder = place.folder
    if place.database is not None or is_there(folder):
        return
    played = is_there(folder / "sandbox")
    raise DataError(
        f"There is no ledger in {folder}",
        "What was traded is kept in the ledger of earlier runs.",
        remedies=(
            *(("The sandbox has one there: add --sandbox",) if played else ()),
            "Name the folder that has it: --reports-dir DIR",
            "Or run the day first.",
        ),
    )


def locked(folder: Path, waiting: Waiting) -> AbstractContextManager[None]:
    """Hold a folder's lock, once it is free; see `lock.held`. What outlasts another host's run is a run."""
    return lock.held(
        folder,
        now=waiting.now,
        patience=waiting.patience,
        pause=waiting.pause,
        tell=waiting.tell,
        is_run=waiting.outlasts,
    )


@contextlib.contextmanager
def under_lock(
    place: Place, waiting: Waiting, *, opens: Callable[[], AbstractContextManager[Ledger]] | None = None
) -> Iterator[Ledger]:
    """Take the lock of a folder, then the lease of a database, and open the ledger that there must be.

    :param opens: opens the ledger in another way, once the lock is held; it may make one.
    :raises DataError: there is none, or it can't be used.
    :raises OrchestrationError: another command has the lock or the lease, and goes on having it.
    """
    if opens is None:
        require_ledger(place)
    if place.database is not None:  # the folder of a host that was not used yet
        files.prove_writable(place.folder, purpose="The reports folder")
    with locked(place.folder, waiting):
        if opens is None:
            require_ledger(place)
        with opens() if opens else opened(place, waiting) as ledger:
            yield ledger


def folder_locked(place: Place, waiting: Waiting) -> AbstractContextManager[Ledger]:
    """Take the lock of a folder, so that its files may be written, and open the ledger that there must be.

    A database is only read: without its lease, as it stands at this moment.

    :raises DataError: there is none, or it can't be used.
    :raises OrchestrationError: another command has the lock, and goes on having it.
    """
    opens = None if place.database is None else lambda: read(place, waiting.now)
    return under_lock(place, waiting, opens=opens)


def opened(
    place: Place,
    waiting: Waiting,
    *,
    first: Callable[[str], None] | None = None,
    makes: bool = False,
) -> Ledger:
    """Open a ledger to be worked on, under the folder's lock; of a file one is made where there is none.

    :param first: a new one is made in any case; see `Ledger`. :param makes: a schema is made too.
    :raises DataError: it can't be used; a database has none.
    :raises OrchestrationError: another session has the lease, and goes on having it.
    """
    if place.database is None:
        ledger = Ledger(place.folder, first=first)
        try:
            ledger.refuse_moved()
        except BaseException:
            ledger.close()
            raise
        return ledger
    opening = postgres()
    store = (
        opening.leased(place, waiting, makes=makes)
        if first is None
        else opening.created(place, waiting, first)
    )
    return Ledger(place.folder, store=store)


def moved(folder: Path, database: Database, waiting: Waiting, how: Move) -> str:
    """Move the ledger of a folder into a database, or end a move that was broken off; say what was done.

    :raises DataError: there is none, or it can't be moved, or nothing is to be ended.
    :raises OrchestrationError: another command has the ledger, and goes on having it.
    """
    from paper_run.ledger import moving

    require_ledger(Place(folder))
    opening = postgres()
    with locked(folder, waiting):
        source = sqlite_store.connect(path_of(folder))
        try:
            return moving.moved(source, folder, database, opening, waiting, how)
        finally:
            source.close()


def postgres() -> ModuleType:
    """Return what opens a schema.

    :raises DataError: the package that speaks with PostgreSQL is not there.
    """
    try:
        from paper_run.ledger.postgres import opening
    except ImportError as error:
        raise DataError(
            "The ledger's database is one of PostgreSQL, and psycopg is not installed",
            f"{error}; nothing was sent.",
            remedies=(Remedy("Install it", of_pip("postgres")),),
        ) from None
    return opening


def is_there(folder: Path) -> bool:
    """Whether a folder has a ledger; an empty file is none."""
    path = path_of(folder)
    with database.translated_errors(path):
        return path.is_symlink() or (path.exists() and path.lstat().st_size > 0)


def is_of_database(folder: Path) -> bool:
    """Whether something was traded from a folder with a ledger in a database."""
    return os.path.lexists(folder / HOST_FILE)
