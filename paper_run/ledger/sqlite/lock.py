"""The lock that keeps a second trade out: the kernel's own, gone with the process however it ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from paper_run.errors import DataError, OrchestrationError, UnderwayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FILE_NAME = "ledger.lock"
_TELLS_FOR_ITSELF = timedelta(hours=1)
"""A run that holds the lock for longer hangs, and tells nobody: whoever finds it held does."""


@contextlib.contextmanager
def held(
    folder: Path,
    *,
    now: datetime,
    patience: float = 0.0,
    pause: Callable[[float], None] | None = None,
    tell: Callable[[str], None] | None = None,
    is_run: bool = False,
) -> Iterator[None]:
    """Hold the folder's lock while the block runs.

    :param now: UTC; whoever finds the lock held is told it.
    :param patience: how many seconds to wait for it. :param pause: how to wait. :param tell: says for whom.
    :param is_run: whether it is held for a day's run, which mails what becomes of the day.
    :raises OrchestrationError: somebody else holds it; it names their process, host and start.
    :raises DataError: the lock's file can't be opened.
    """
    path = folder / FILE_NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        is_link = error.errno == errno.ELOOP
        raise DataError(
            f"The lock {path} can't be opened",
            "It is a link, and links are never followed." if is_link else f"{error.strerror}.",
            remedies=(
                "Remove it; the next run makes it again."
                if is_link
                else "Be the user whose it is, or give this one write permission for the folder's files.",
            ),
        ) from error
    try:
        try:
            _wait(descriptor, path, now, patience, pause, tell, is_run=is_run)
            started = now.isoformat(timespec="seconds")
            holder = {"pid": os.getpid(), "host": socket.gethostname(), "started": started}
            holder |= {"run": True} if is_run else {}
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        except OSError as error:
            raise DataError(
                f"The lock {path} can't be taken",
                f"{error.strerror}.",
                remedies=("Name a folder on a disk with room and file locks: --reports-dir DIR",),
            ) from error
        yield
    finally:
        os.close(descriptor)


def _wait(
    descriptor: int,
    path: Path,
    now: datetime,
    patience: float,
    pause: Callable[[float], None] | None,
    tell: Callable[[str], None] | None,
    *,
    is_run: bool,
) -> None:
    """Wait until it is free. A second run of the day does not wait for the first: that one is the day's.

    What stands there at the first look may still be what the holder before has left.
    """
    waited = 0.0
    while not _taken(descriptor):
        holder = _holder(descriptor)
        if pause is None or waited >= patience or (waited and is_run and holder.get("run")):
            raise _busy(holder, path, now)
        if waited and tell is not None:
            tell(f"Waiting: {_who(holder)} holds {path}")
            tell = None
        pause(0.2)
        waited += 0.2


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> dict[str, Any]:
    """Return what the holder says of itself; nothing where it has only just started."""
    try:
        said = json.loads(os.pread(descriptor, 1000, 0))
        return {**said, "who": f"Process {said['pid']} on {said['host']}, started {said['started']},"}
    except (ValueError, KeyError, TypeError):
        return {}


def _who(holder: dict[str, Any]) -> str:
    return str(holder.get("who", "Another process, which has only just started,"))


def _busy(holder: dict[str, Any], path: Path, now: datetime) -> OrchestrationError:
    kind = UnderwayError if _tells_for_itself(holder, now) else OrchestrationError
    is_run = bool(holder.get("run"))
    error = kind(
        f"Another {'run' if is_run else 'command'} is in progress",
        f"{_who(holder)} holds {path}. Nothing was sent.",
        remedies=(f"Wait until it has ended, then {'look at its report' if is_run else 'try again'}.",),
    )
    error.told = kind is UnderwayError
    return error


def _tells_for_itself(holder: dict[str, Any], now: datetime) -> bool:
    if not holder.get("run"):
        return False
    try:
        return abs(now - datetime.fromisoformat(holder["started"])) < _TELLS_FOR_ITSELF
    except (ValueError, TypeError):
        return False
