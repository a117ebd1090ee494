"""How a database may fail a ledger, where more is to be done than to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.errors import DataError, DependencyError

if TYPE_CHECKING:
    from collections.abc import Callable


class LedgerLostError(DataError):
    """The database of the ledger can't be reached, or not any more: a service that the day needs (exit 1)."""

    exit_status = DependencyError.exit_status
    code = DependencyError.code

    def before_sending(self) -> LedgerLostError:
        """Return the same, told where nothing was sent yet."""
        return LedgerLostError(self.title, f"{self.explanation} Nothing was sent.", remedies=self.remedies)


class NotAloneError(DataError):
    """A row is there already that there may be only once; nothing was written."""


class UnclearCommitError(LedgerLostError):
    """Nobody knows whether what a transaction wrote is there, or is there to stay.

    :ivar apart: runs a statement with its values over a connection of its own, and proves that it is kept.
    """

    apart: Callable[[str, tuple[Any, ...]], None]
