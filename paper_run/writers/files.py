"""The one place that writes files: whole or not at all, and proved writable before anything is sent."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from paper_run.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def write_atomic(path: Path, content: bytes) -> None:
    """Put content at path so that a crash leaves the old file or the new one, never a part.

    A link is followed: the file it points to is replaced, not the link.

    :raises DataError: it can't be written; nothing of it is left behind.
    """
    target = _resolved(path)
    temporary = target.with_name(f".paper_run.{os.getpid()}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
    except OSError as error:
        raise DataError(
            f"{path} can't be written",
            f"{error.strerror}.",
            remedies=("Make room or give write permission there; the other files hold the result.",),
        ) from None


def prove_writable(folder: Path, *, purpose: str) -> None:
    """Make the folder and write a byte there, now, while nothing has been sent.

    :raises DataError: it can't be done.
    """
    probe = folder / f".writable.{os.getpid()}.tmp"
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)  # the ledger's: nobody else writes there
        try:
            probe.write_bytes(b"\n")
            probe.unlink()
        except BaseException:  # an interruption too leaves nothing behind
            probe.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise DataError(
            f"{purpose} {folder} can't be written to",
            f"{error.strerror}.",
            remedies=("Name a folder that can be made and written to, and run again; nothing was sent.",),
        ) from None


def prove_outputs(paths: Iterable[Path]) -> None:
    """Prove that each extra output can be written, before anything is sent.

    :raises DataError: one can't.
    """
    for path in paths:
        if path.is_dir():
            raise DataError(
                f"--output: {path} is a folder",
                "Allowed: the path of a file.",
                remedies=("Name a file in it; nothing was sent.",),
            )
        prove_writable(_resolved(path).parent, purpose="--output: the folder")


def sweep(folder: Path) -> None:
    """Remove the temporary files of runs that were killed; those of a running process stay."""
    for name in os.listdir(folder):  # thousands of reports lie there after some years
        left = re.fullmatch(r"\..*\.([0-9]+)\.tmp(?:-[a-z]+)?", name) if name[0] == "." else None
        if left and not _is_running(int(left[1])):
            (folder / name).unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
