"""From the ledger to the files: a result's own, and those over all sessions, index and history."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from paper_run.book.statistics import SESSIONS_A_YEAR
from paper_run.errors import DataError, Remedy
from paper_run.ledger.files import write_each
from paper_run.ledger.periods import over_sessions
from paper_run.model import result
from paper_run.model.commands import ours
from paper_run.report import csv_tables
from paper_run.report.day import CACHE_FOLDER, Reports
from paper_run.report.html import index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.history import SessionLine
    from paper_run.model.signals import SignalSession

LISTED = 260


def overview_files(folder: Path) -> tuple[Path, ...]:
    """Return where they lie."""
    return folder / "index.html", folder / index.HISTORY_FILE, folder / index.SYMBOLS_FILE


def save_overview(
    sessions: index.Overview, folder: Path, *, label: str | None
) -> tuple[list[Path], list[DataError]]:
    """Write index.html, history.csv and symbols.csv; one that fails does not keep back the others."""
    contents: tuple[Callable[[], bytes], ...] = (
        lambda: index.render(sessions, label=label, cache_folder=folder / CACHE_FOLDER).encode(),
        lambda: csv_tables.history_file(sessions.table).encode(),
        lambda: csv_tables.symbols_csv(sessions.symbols, label).encode(),
    )
    again = [Remedy("Then make it again", ours("report"))]
    return write_each(zip(overview_files(folder), contents, strict=True), again=again)


class Publisher:
    """Makes files from a ledger as it stands; what of it can't be read is a failure beside those files."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self._ledger = ledger
        self._folder = folder
        self._failed: list[DataError] = []
        self._curves: dict[tuple[int, str], Sequence[SessionLine]] = {}

    @property
    def ledger(self) -> str:
        """The id of the ledger."""
        return self._ledger.account.identity

    @property
    def cache_folder(self) -> Path:
        """Where compiled templates are kept."""
        return self._folder / CACHE_FOLDER

    def unfiled(self) -> AttemptRow | None:
        """Return the attempt sent last if not all its files are there; earlier ones may be deleted."""
        latest = self._ledger.attempts.latest()
        if latest is None or (self._folder / f"{latest.name}_positions.csv").exists():
            return None  # the file that is written last
        return latest

    def reports(self, document: str) -> Reports:
        """Return the reports of a result.

        :raises DataError: the ledger's record can't be read.
        """
        with self._ledger.translated_errors():
            reports = Reports(document, self._folder)
            session, attempt = reports.result.session, reports.result.attempt
        try:
            book = self._ledger.sessions.book(session, attempt)
            reports.before = self._curve(book, session)
            if reports.result.signals is not None:
                reports.signals = self._signals(book, session)
        except DataError as error:
            self._failed.append(error)
        return reports

    def _signals(self, book: int, before: str) -> Sequence[SignalSession]:
        from paper_run.report.html import signals

        return self._ledger.sessions.signals.latest(
            book, before, pairs=signals.MOST_POINTS, sessions=signals.MOST_SESSIONS
        )

    def _curve(self, book: int, before: str) -> Sequence[SessionLine]:
        """Return a book's curve up to a session; the page of the last one and the index go through it."""
        if (book, before) not in self._curves:
            self._curves[book, before] = self._ledger.sessions.curve(LISTED - 1, book, before)
        return self._curves[book, before]

    def files(self, reports: Iterable[Reports]) -> list[Path]:
        """Return where the files of results lie, and those over all sessions."""
        return [*(path for each in reports for path in each.files()), *overview_files(self._folder)]

    def save(
        self, reports: Iterable[Reports], outputs: Iterable[Path] = ()
    ) -> tuple[list[Path], list[DataError]]:
        """Write the files of results, the extra outputs of the last one, the index and the history."""
        written, failed = self.save_own(reports, outputs)
        try:
            overview = self._overview()
            label = result.label(sandbox=bool(self._ledger.account.is_sandbox), rehearsal=False)
        except DataError as error:
            return written, [*failed, error]
        done, not_done = save_overview(overview, self._folder, label=label)
        return [*written, *done], [*failed, *self._failed, *not_done]

    def save_own(
        self, reports: Iterable[Reports], outputs: Iterable[Path] = ()
    ) -> tuple[list[Path], list[DataError]]:
        """Write the files of results, and the extra outputs of the last one; none over all sessions."""
        written: list[Path] = []
        failed: list[DataError] = []
        made = list(reports)
        for number, each in enumerate(made, 1):
            done, not_done = each.save(outputs if number == len(made) else ())
            written += done
            failed += not_done
        return written, failed

    def _overview(self) -> index.Overview:
        history = self._ledger.sessions
        table = history.table()
        listed = table[-LISTED:]
        lines = history.lines(str(listed[0][0]))[-len(listed) :] if table else []
        book = history.present()
        present = [line for line in lines if line.book == book]
        curve = self._curve(book, present[-1].session) if present else ()
        own = [line for line in present[-1:] if line.complete]
        number = [row[-1] for row in table].count(str(book))
        symbols = self._ledger.symbols.latest(book)
        found = index.Overview(lines, [*curve, *own], number, book, history.ended_books(), table, symbols)
        if not present:
            return found
        through, valuations = date.fromisoformat(present[-1].session), self._ledger.books.valuations
        year = SESSIONS_A_YEAR[self._ledger.account.exchange]
        return found._replace(**over_sessions(valuations, book, through, year))
