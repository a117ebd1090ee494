"""A value as a person typed it, as every check on settings is given it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from paper_run.errors import DataError


class Typed(Protocol):
    """A value and the place it was typed in; `paper_run.sources.Given` is one."""

    @property
    def value(self) -> str:
        """The text."""

    @property
    def origin(self) -> str:
        """A flag or a variable, with its file."""

    def wrong(self, form: str, *, because: str = "") -> DataError:
        """Say what is wrong, where, and what is allowed."""
