"""The ledger's lock in somebody else's hands."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held_by(folder: Path, words: bytes) -> Iterator[int]:
    """Hold the lock as a process would that wrote these words."""
    descriptor = os.open(folder / "ledger.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, words, 0)
        yield descriptor
    finally:
        os.close(descriptor)
