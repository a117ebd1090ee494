"""A value as a person typed it, as every check on settings is given it; and forms that several have."""

from __future__ import annotations

import os
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from paper_run.errors import DataError


class RawValue(Protocol):
    """A value and the place it was typed in; `paper_run.settings.sources.SourcedValue` is one."""

    @property
    def value(self) -> str:
        """The text."""

    @property
    def origin(self) -> str:
        """A flag or a variable, with its file."""

    def wrong(self, form: str, *, because: str = "") -> DataError:
        """Say what is wrong, where, and what is allowed."""

    def showing(self, value: str) -> RawValue:
        """Return it with the text that an error may show."""


SYMBOL_FORM = "letters and digits, joined by '.', '-' or '/', such as AAPL, BRK.B or BTC/USD"


def symbol(word: str) -> str | None:
    """Return a symbol as it is traded, in capitals, such as `BRK.B`; None where the word can be none."""
    return word.upper() if re.fullmatch(r"[A-Za-z0-9]+(?:[./-][A-Za-z0-9]+)*", word) else None


def seconds(given: RawValue, *, least: Decimal, most: Decimal, example: Decimal) -> Decimal:
    """Read a number of seconds.

    :raises DataError: it is no plain number, or out of bounds.
    """
    form = f"seconds as a plain number from {least} to {most}, such as {example} or 2.5"
    if not re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", given.value):
        raise given.wrong(form)
    read = Decimal(given.value)
    if not least <= read <= most:
        raise given.wrong(form)
    return read


def switch(given: RawValue) -> bool:
    """Read a yes or no.

    :raises DataError: it is neither 1 nor 0.
    """
    if given.value not in ("0", "1"):
        raise given.wrong("1 for yes, 0 for no")
    return given.value == "1"


def path(given: RawValue, folder: Path, *, form: str) -> Path:
    """Read a path; a relative one lies in `folder`, and `~` is a home folder.

    :raises DataError: it holds what no path can, or nobody's home folder is called so.
    """
    if "\0" in given.value:
        raise given.wrong(form)
    try:
        expanded = Path(given.value).expanduser()
    except RuntimeError:
        raise given.wrong(form, because="nobody here has a home folder of that name") from None
    return Path(os.path.abspath(folder / expanded))
