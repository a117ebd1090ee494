"""The files over all sessions, made anew from the ledger after each trade and mark: index and history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import DataError
from paper_run.writers import csv_tables, index_page
from paper_run.writers.equity_curve import thin
from paper_run.writers.files import write_atomic
from paper_run.writers.reports import CACHE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from paper_run.models import SessionLine

LISTED = 260


def save(
    lines: Sequence[SessionLine], folder: Path, *, label: str | None
) -> tuple[list[Path], list[DataError]]:
    """Write index.html (the last 260 sessions, the whole curve) and history.csv (all of them)."""

    def index() -> str:
        return index_page.render(
            lines[-LISTED:],
            curve=thin(lines),
            label=label,
            cache_folder=folder / CACHE_FOLDER,
            num_sessions=len(lines),
        )

    files: list[tuple[str, Callable[[], str]]] = [
        ("index.html", index),
        (index_page.HISTORY_FILE, lambda: csv_tables.history_csv(lines)),
    ]
    written, failed = [], []
    for name, content in files:
        try:
            write_atomic(folder / name, content().encode())
            written.append(folder / name)
        except DataError as error:
            failed.append(error)
    return written, failed
