"""An attempt in the ledger of a folder, and what the commands make of it there."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from builders.attempts import begun

from paper_run.ledger.ledger import Ledger
from paper_run.model.attempt import AttemptRow

FILES = [
    "2025-01-17_orders.csv",
    "2025-01-17_paper_run.html",
    "2025-01-17_paper_run.json",
    "2025-01-17_positions.csv",
]
Say = Callable[..., tuple[int, str, str]]


def recorded(folder: Path, *, number: int = 1, state: str = "closed", **changes: Any) -> AttemptRow:
    """Have an attempt in the ledger of the folder."""
    with Ledger(folder) as ledger:
        row = begun(ledger, number=number, **changes)
        if state == "sent":
            return row
        return ledger.attempts.record(row, state=state, document=row.document, in_doubt=0)


def trade_of(folder: Path, row: AttemptRow) -> AttemptRow:
    with Ledger(folder) as ledger:
        return ledger.attempts.by_id(row.id)


def written(folder: Path) -> list[str]:
    """Return the files of single sessions."""
    return sorted(path.name for path in folder.iterdir() if path.is_file() and path.name[:4] == "2025")


def saved(folder: Path, name: str = "2025-01-17") -> dict[str, Any]:
    text = (folder / f"{name}_paper_run.json").read_text("utf-8")
    read: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return read
