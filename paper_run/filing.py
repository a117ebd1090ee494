"""From the ledger to the files: a result's own, and those over all sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import DataError
from paper_run.writers import overview
from paper_run.writers.json_document import label
from paper_run.writers.reports import Reports

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from paper_run.ledger.journal import Ledger
    from paper_run.models import SessionLine


class Filing:
    """Makes files from a ledger as it stands; what of it can't be read is a failure beside those files."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self._ledger = ledger
        self._folder = folder
        self._failed: list[DataError] = []
        self._lines: Sequence[SessionLine] = ()
        try:
            self._lines = ledger.history.lines()
        except DataError as error:
            self._failed.append(error)

    def reports(self, document: str) -> Reports:
        """Return the reports of a result.

        :raises DataError: the ledger's record can't be read.
        """
        with self._ledger.explained():
            return Reports(document, self._folder, self._lines)

    def save(
        self, reports: Iterable[Reports], outputs: Iterable[Path] = ()
    ) -> tuple[list[Path], list[DataError]]:
        """Write the files of results, the extra outputs of the last one, the index and the history."""
        written: list[Path] = []
        failed = list(self._failed)
        made = list(reports)
        for number, each in enumerate(made, 1):
            done, not_done = each.save(outputs if number == len(made) else ())
            written += done
            failed += not_done
        if self._lines:
            is_sandbox = bool(self._ledger.is_sandbox)
            done, not_done = overview.save(
                self._lines, self._folder, label=label(sandbox=is_sandbox, rehearsal=False)
            )
            written += done
            failed += not_done
        return written, failed
