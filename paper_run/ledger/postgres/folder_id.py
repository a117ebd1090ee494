"""What tells a reports folder from other hosts': who has its lock knows that its last sender has ended."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from paper_run.ledger import files
from paper_run.model.place import HOST_FILE

if TYPE_CHECKING:
    from pathlib import Path


def of(folder: Path) -> str:
    """Return a folder's id; it is made where there is none. To be called under the folder's lock.

    :raises DataError: it can't be written.
    """
    if (found := known(folder)) is not None:
        return found
    made = secrets.token_hex(8)
    files.write_atomic(folder / HOST_FILE, f"{made}\n".encode(), mode=0o644)
    return made


def known(folder: Path) -> str | None:
    """Return a folder's id; None: it never sent anything."""
    try:
        return (folder / HOST_FILE).read_text("ascii").strip() or None
    except (OSError, ValueError):
        return None
