"""A ledger's file that moves, or has moved: it says so, and a file beside it too, and trades no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from paper_run.errors import DataError, Remedy
from paper_run.ledger import files
from paper_run.ledger.rows import put_into
from paper_run.model.commands import ours

if TYPE_CHECKING:
    from pathlib import Path

    from paper_run.ledger.store import Store

FILE_NAME = "ledger.moved"
ROW = "moved"
"""What the mark is called in `account`; it is not copied."""


def mark(store: Store, target: str) -> None:
    """Write that the ledger moves to another place, in it and beside it.

    :raises DataError: it can't be written.
    """
    files.write_atomic(store.folder / FILE_NAME, json.dumps({"to": target}).encode() + b"\n", mode=0o644)
    store.run(put_into("account", ("name", "value"), key=("name",)), ROW, target)


def unmark(store: Store) -> None:
    """Take the mark away: it has not moved."""
    store.run("DELETE FROM account WHERE name = ?", ROW)
    (store.folder / FILE_NAME).unlink(missing_ok=True)
    files.sync_folder(store.folder)


def target_of(store: Store) -> str | None:
    """Return where a ledger moves to, or has moved to; None: it stays. A restored backup has but the file."""
    found = store.rows("SELECT value FROM account WHERE name = ?", ROW)
    return str(found[0]["value"]) if found else beside(store.folder)


def beside(folder: Path) -> str | None:
    """Return where the ledger of a folder moved to, as the file beside it says."""
    try:
        text = (folder / FILE_NAME).read_text("utf-8")
    except FileNotFoundError:
        return None
    try:
        return str(json.loads(text)["to"])
    except (ValueError, LookupError, TypeError):
        return "a place that can't be read any more"


def refuse(store: Store) -> None:
    """Prove that a ledger has not moved.

    :raises DataError: it has, or was about to.
    """
    target = target_of(store)
    if target is None:
        return
    raise DataError(
        f"The ledger {store.name} moved to {target}",
        "What is traded is kept there; a second ledger of the same account would trade it twice. Nothing was "
        "sent.",
        remedies=(
            "Use that one: --ledger-url URL (PAPER_RUN_LEDGER_URL)",
            Remedy(
                "If the move was broken off, end it", ours("ledger", "move", store.name, "URL", "--resume")
            ),
            Remedy("Or take it back", ours("ledger", "move", store.name, "URL", "--abandon")),
        ),
        code="ledger_moved",
    )
