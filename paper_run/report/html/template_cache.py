"""Compiled templates kept in a folder, used only if nobody but this user can have put them there."""

from __future__ import annotations

import os
import pickle
import stat
from typing import TYPE_CHECKING

from jinja2 import BytecodeCache

from paper_run.errors import DataError
from paper_run.ledger.files import sweep, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2.bccache import Bucket


_TORN = (pickle.UnpicklingError, EOFError, ValueError, IndexError, AttributeError, ImportError)
"""What reading a file can end in that a disk has spoilt."""


class TemplateCache(BytecodeCache):
    """Jinja's cache in files of a private folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def in_folder(cls, folder: Path) -> TemplateCache | None:
        """Return the cache of a folder, made if it is not there; None where it is not private or usable."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or not _is_private(found):
                return None
            sweep(folder)
        except OSError:
            return None
        return cls(folder)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is kept of a template, if it is this user's own."""
        try:
            descriptor = os.open(self._path(bucket), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode) and _is_private(found):
                try:
                    bucket.load_bytecode(file)
                except _TORN:
                    bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a compiled template; where it can't be written it is compiled again the next time."""
        try:
            write_atomic(self._path(bucket), bucket.bytecode_to_string(), mode=0o600)
        except DataError:
            return

    def _path(self, bucket: Bucket) -> Path:
        return self._folder / f"__jinja2_{bucket.key}.cache"


def _is_private(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
