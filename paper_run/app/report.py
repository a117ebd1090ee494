"""A session's files, made again from the ledger; or named, where whoever asks may not write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from paper_run.app.workspace import Account, ledger_under_lock, read_folder
from paper_run.errors import DataError, Remedy
from paper_run.ledger import existing
from paper_run.model.commands import ours
from paper_run.trading import verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from paper_run.errors import PaperRunError
    from paper_run.model.progress import Clock


class Made(NamedTuple):
    """The files that were made, or that lie there already, what failed, and the page (None: not there)."""

    written: Sequence[Path]
    there: Sequence[Path]
    failed: Sequence[PaperRunError]
    page: Path | None


def make_again(folder: Path, clock: Clock, attempt: str) -> Made:
    """Make the files of an attempt again, and of its session's latest mark; byte for byte what they were.

    :param attempt: as commands name it.
    :raises PaperRunError: there is no such thing, or another command has the ledger.
    """
    existing.require_ledger(folder)
    if not existing.may_write(folder):
        return _standing(folder, attempt)
    with ledger_under_lock(folder, clock) as ledger:
        publisher = Account(ledger, folder).publisher
        reports = [publisher.reports(document) for document in verdicts.documents(ledger, attempt)]
        written, unwritten = publisher.save(reports)
    return Made(written, (), unwritten, reports[0].page)


def _standing(folder: Path, attempt: str) -> Made:
    """Name the files that stand in a folder which whoever asks may not write."""
    with read_folder(folder) as account:
        publisher = account.publisher
        reports = [publisher.reports(document) for document in verdicts.documents(account.ledger, attempt)]
        files = publisher.files(reports)
    there = [path for path in files if path.is_file()]
    missing = [path for path in files if path not in there]
    page = reports[0].page
    failed = [_not_there(missing)] if missing else []
    return Made((), there, failed, page if page in there else None)


def _not_there(files: Sequence[Path]) -> DataError:
    return DataError(
        f"{', '.join(map(str, files))}: not there",
        "Who may not write the folder can't make it again.",
        remedies=(Remedy("Have the folder's owner make it again", ours("report")),),
        code="files_missing",
    )
