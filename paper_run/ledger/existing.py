"""A ledger that is there already; none is made."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from paper_run.errors import DataError
from paper_run.ledger import database
from paper_run.ledger.journal import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def ledger_if_any(folder: Path) -> Iterator[Ledger | None]:
    """Open the ledger if there is one; none is made."""
    if not (folder / database.FILE_NAME).exists():
        yield None
        return
    with Ledger(folder) as ledger:
        yield ledger


def require_ledger(folder: Path) -> None:
    """Prove that there is a ledger, before anything is made in a folder that was perhaps mistyped.

    :raises DataError: there is none.
    """
    if (folder / database.FILE_NAME).exists():
        return
    played = (folder / "sandbox" / database.FILE_NAME).exists()
    raise DataError(
        f"There is no ledger in {folder}",
        "What was traded is kept in the ledger of earlier runs.",
        remedies=(
            *(("The sandbox has one there: add --sandbox",) if played else ()),
            "Name the folder that has it: --reports-dir DIR",
            "Or run the day first.",
        ),
    )


@contextlib.contextmanager
def existing_ledger(folder: Path) -> Iterator[Ledger]:
    """Open the ledger that there must be.

    :raises DataError: there is none.
    """
    require_ledger(folder)
    with Ledger(folder) as ledger:
        yield ledger
