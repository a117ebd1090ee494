"""A ledger that is there already; none is made."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from paper_run.errors import DataError
from paper_run.ledger.ledger import Ledger
from paper_run.ledger.sqlite import copies, database, lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path


def place(folder: Path) -> Path:
    """Return where the ledger of a folder lies, or would."""
    return folder / database.FILE_NAME


def may_write(folder: Path) -> bool:
    """Whether whoever runs this may write the ledger and the files of a folder."""
    files = (folder / name for name in (database.FILE_NAME, lock.FILE_NAME))
    return os.access(folder, os.W_OK | os.X_OK) and all(
        os.access(each, os.W_OK) for each in files if each.exists()
    )


@contextlib.contextmanager
def read_if_any(folder: Path) -> Iterator[Ledger | None]:
    """Open the ledger to be read, without the lock, if there is one.

    Where something lies beside it, of a run in progress or of one that was cut off, where an earlier version
    has made it, or where it can't be written, a copy is opened: nothing in the folder is touched.

    :raises DataError: it can't be read.
    """
    if not is_there(folder):
        yield None
        return
    path = place(folder)
    with contextlib.ExitStack() as stack:
        with database.translated_errors(path):
            database.refuse_links(path)
            database.refuse_foreign(path)
            direct = may_write(folder) and not copies.beside(path) and database.is_of_this_version(path)
            copy = None if direct else stack.enter_context(copies.copied(path))
        yield stack.enter_context(Ledger(folder, copy=copy))


@contextlib.contextmanager
def read(folder: Path) -> Iterator[Ledger]:
    """Open the ledger that there must be, to be read, without the lock.

    :raises DataError: there is none, or it can't be read.
    """
    require_ledger(folder)
    with read_if_any(folder) as ledger:
        if ledger is None:
            raise LookupError("the ledger that was just there is gone")
        yield ledger


def require_ledger(folder: Path) -> None:
    """Prove that there is a ledger, before anything is made in a folder that was perhaps mistyped.

    :raises DataError: there is none.
    """
    if is_there(folder):
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


@contextlib.contextmanager
def under_lock(
    folder: Path,
    *,
    now: datetime,
    patience: float,
    pause: Callable[[float], None],
    opens: Callable[[], AbstractContextManager[Ledger]] | None = None,
) -> Iterator[Ledger]:
    """Take the lock of a folder, and open the ledger that there must be.

    :param now: UTC; whoever finds the lock held is told it. :param patience: how many seconds to wait for it.
    :param pause: how to wait. :param opens: opens the ledger in another way, once the lock is held; it may
        make one.
    :raises DataError: there is none, or it can't be used.
    :raises OrchestrationError: another command has the lock, and goes on having it.
    """
    if opens is None:
        require_ledger(folder)
    with lock.held(folder, now=now, patience=patience, pause=pause):
        if opens is None:
            require_ledger(folder)
        with opens() if opens else Ledger(folder) as ledger:
            yield ledger


def is_there(folder: Path) -> bool:
    """Whether a folder has a ledger; an empty file is none."""
    path = place(folder)
    with database.translated_errors(path):
        return path.is_symlink() or (path.exists() and path.lstat().st_size > 0)
