"""A ledger copied with what lies beside it: what may not be touched, or not be trusted yet, is read so."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from paper_run.errors import DataError
from paper_run.ledger import files

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPANIONS = ("-wal", "-journal")
"""The files beside a database whose content belongs to it."""

_TRIES = 20
_PAUSE = 0.05


def beside(path: Path) -> tuple[Path, ...]:
    """Return the files beside a ledger that hold some of its content."""
    found = ((each, _facts(each)) for each in (path.with_name(path.name + ending) for ending in COMPANIONS))
    return tuple(each for each, facts in found if facts is not None and facts[1])


@contextlib.contextmanager
def copied(path: Path) -> Iterator[Path]:
    """Copy a ledger with what lies beside it into a private folder, as they were at one moment.

    A program that writes meanwhile is waited for; nothing beside the ledger is made or changed.

    :raises DataError: it is written to without a pause, or that folder has no room.
    """
    with tempfile.TemporaryDirectory(prefix="paper_run-") as folder:
        copy = Path(folder, path.name)
        for _ in range(_TRIES):
            before = _state(path)
            for ending in ("", *COMPANIONS):
                copy.with_name(path.name + ending).unlink(missing_ok=True)
                _copy(path.with_name(path.name + ending), copy.with_name(path.name + ending))
            if copy.exists() and _state(path) == before:
                yield copy
                return
            time.sleep(_PAUSE)
        raise DataError(
            f"The ledger {path} is being written to all the time",
            "It can't be read as it stands at one moment.",
            remedies=("Try again when the run in progress has ended.",),
        )


def _copy(path: Path, copy: Path) -> None:
    try:
        with contextlib.suppress(FileNotFoundError):  # it has just been taken back into the ledger
            shutil.copyfile(path, copy)
    except OSError as error:
        if error.errno not in files.NO_ROOM:
            raise
        raise DataError(
            f"{path} can't be copied into {tempfile.gettempdir()}",
            f"{error.strerror}. It is read from a copy where it may not be touched.",
            remedies=("Make room there, or name another folder: TMPDIR=DIR; nothing was sent.",),
        ) from error


def _state(path: Path) -> list[tuple[int, int, int] | None]:
    return [_facts(path.with_name(path.name + ending)) for ending in ("", *COMPANIONS)]


def _facts(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
