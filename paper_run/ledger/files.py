"""The one place that writes files: whole or not at all, and proved writable before anything is sent."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
from typing import TYPE_CHECKING

from paper_run.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from paper_run.errors import Remedy

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LEFT = r"\..*\.[0-9a-f]+\.tmp(?:-[a-z]+)?|__jinja2_.*\.tmp"
"""Names of temporary files: ours, those of a ledger that is being made, and those of earlier versions."""


def write_atomic(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Put content at path so that a crash leaves the old file or the new one, never a part.

    A link at that place is replaced, never followed.

    :param mode: what the umask takes from.
    :raises DataError: it can't be written; nothing of it is left behind.
    """
    try:
        with _temporary(path.parent, mode) as (temporary, descriptor):
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise DataError(
            f"{path} can't be written",
            f"{error.strerror}.",
            remedies=("Make room or give write permission there.",),
        ) from None


def write_each(
    contents: Iterable[tuple[Path, Callable[[], bytes]]], *, again: Iterable[Remedy] = ()
) -> tuple[list[Path], list[DataError]]:
    """Write files; one that fails does not keep back the others. Return those that are, and the failures.

    :param again: what makes one of them once more.
    """
    written, failed = [], []
    for path, content in contents:
        try:
            write_atomic(path, content())
            written.append(path)
        except DataError as error:
            error.remedies = (*error.remedies, *again)
            failed.append(error)
    return written, failed


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut.

    :raises OSError: it can't be done.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def prove_writable(folder: Path, *, purpose: str) -> None:
    """Make the folder and write a byte there, now, while nothing has been sent.

    :raises DataError: it can't be done.
    """
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)  # the ledger's: nobody else writes there
        with _temporary(folder, 0o600) as (_, descriptor):
            os.write(descriptor, b"\n")
    except OSError as error:
        raise DataError(
            f"{purpose} {folder} can't be written to",
            "A file, or a link that leads nowhere, is in its place."
            if isinstance(error, FileExistsError)
            else f"{error.strerror}.",
            remedies=(
                "Make room there, or name another folder, and run again; nothing was sent."
                if error.errno in NO_ROOM
                else "Name a folder that can be made and written to, and run again; nothing was sent.",
            ),
        ) from None


def prove_outputs(paths: Iterable[Path]) -> None:
    """Prove that each extra output can be written, before anything is sent.

    :raises DataError: one can't.
    """
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            raise DataError(
                f"--output: {path} is a folder",
                "Allowed: the path of a file.",
                remedies=("Name a file in it; nothing was sent.",),
            )
        prove_writable(path.parent, purpose="--output: the folder")


def sweep(folder: Path) -> None:
    """Remove the temporary files of whoever was killed; one that is being written is locked, and stays."""
    for name in os.listdir(folder):  # thousands of reports lie there after some years
        if ".tmp" in name and re.fullmatch(_LEFT, name):
            _remove_if_dead(folder / name)


def _remove_if_dead(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # gone meanwhile, a link, or another user's: not ours to remove
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except OSError:  # somebody writes it, or the folder is read-only
        return
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _temporary(folder: Path, mode: int) -> Iterator[tuple[Path, int]]:
    """Make a file of a name that nobody knows, locked while it is there; what is left of it is removed."""
    path, descriptor = _made(folder, mode)
    try:
        yield path, descriptor
    finally:
        try:
            path.unlink(missing_ok=True)
        except BaseException:  # a signal in the middle of it leaves nothing behind either
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)


def _made(folder: Path, mode: int) -> tuple[Path, int]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        path = folder / f".paper_run.{os.urandom(8).hex()}.tmp"
        descriptor = os.open(path, flags, mode)
        # Without locks on this file system nobody sweeps it away either.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)  # swept between its making and its lock
