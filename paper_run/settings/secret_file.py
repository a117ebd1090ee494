"""A secret that lies in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from paper_run.settings.raw import RawValue

_LONGEST_FILE = 4096


def secret_in(given: RawValue, path: Path, what: str) -> str:
    """Read a secret; the end of its line is no part of it.

    :param what: what a person calls it, such as password.
    :raises DataError: there is none that can be used.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_FILE + 1)
    except OSError as error:
        raise unusable(given, path, "can't be read", f"{error.strerror}.") from None
    if len(content) > _LONGEST_FILE:
        raise unusable(given, path, f"is no {what}", f"It is longer than {_LONGEST_FILE} bytes.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = None  # the error holds the bytes, and must not be the context of another
    if text is None:
        raise unusable(given, path, "can't be read", "It is not UTF-8 text.")
    line = text.removesuffix("\n").removesuffix("\r")
    if "\n" in line or "\r" in line:
        raise unusable(given, path, f"is no {what}", f"It has several lines, and a {what} has one.")
    if not line.strip():
        raise unusable(given, path, "is empty", f"A {what} is expected on its only line.")
    return line


def unusable(given: RawValue, path: Path, what: str, why: str) -> DataError:
    """Say that a file is of no use; never what is in it."""
    return DataError(
        f"{given.origin}: {path} {what}",
        why,
        remedies=(f"Correct {given.origin} or the file and run again; nothing was sent.",),
    )
