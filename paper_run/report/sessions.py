"""The files over all sessions, made anew from the ledger after each attempt and mark: index and history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError
from paper_run.ledger.files import write_atomic
from paper_run.report import csv_tables
from paper_run.report.day import CACHE_FOLDER
from paper_run.report.html import index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from paper_run.book.symbols import SymbolTotals
    from paper_run.model.benchmark import Benchmark
    from paper_run.model.history import EndedBook, SessionLine
    from paper_run.model.periods import Periods

LISTED = 260


class Overview(NamedTuple):
    """All sessions as the files show them.

    :ivar latest: those to list, at most LISTED. :ivar curve: those of the present book that its curve shows.
    :ivar number: how many the present book has. :ivar book: its number. :ivar ended: the books before it.
    :ivar symbols: what each symbol of the present book has come to.
    :ivar table: all of all books as text, see `csv_tables.HISTORY_COLUMNS`.
    :ivar periods: the present book's; `benchmark` likewise.
    """

    latest: Sequence[SessionLine]
    curve: Sequence[SessionLine]
    number: int
    book: int
    ended: Sequence[EndedBook]
    table: Iterable[Sequence[str]]
    symbols: Mapping[str, SymbolTotals] = {}
    periods: Periods | None = None
    benchmark: Benchmark | None = None


def files(folder: Path) -> tuple[Path, ...]:
    """Return where they lie."""
    return folder / "index.html", folder / index.HISTORY_FILE, folder / index.SYMBOLS_FILE


def save(sessions: Overview, folder: Path, *, label: str | None) -> tuple[list[Path], list[DataError]]:
    """Write index.html, history.csv and symbols.csv; one that fails does not keep back the others."""

    def page() -> str:
        return index.render(
            sessions.latest,
            curve=sessions.curve,
            label=label,
            cache_folder=folder / CACHE_FOLDER,
            num_sessions=sessions.number,
            book=sessions.book,
            ended=sessions.ended,
            over_time=index.OverTime(sessions.periods, sessions.benchmark),
            symbols=sessions.symbols,
        )

    contents: tuple[Callable[[], str], ...] = (
        page,
        lambda: csv_tables.history_file(sessions.table),
        lambda: csv_tables.symbols_csv(sessions.symbols, label),
    )
    written, failed = [], []
    for path, content in zip(files(folder), contents, strict=True):
        try:
            write_atomic(path, content().encode())
            written.append(path)
        except DataError as error:
            failed.append(error)
    return written, failed
