"""A session's files, made again from the ledger; or named, where whoever asks may not write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.app.workspace import waiting
from paper_run.errors import DataError, Remedy
from paper_run.ledger import existing, files, results
from paper_run.model.commands import ours
from paper_run.report.publisher import Publisher
from paper_run.trading import verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from paper_run.errors import PaperRunError
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.place import Place
    from paper_run.model.progress import Clock


class Made(NamedTuple):
    """The files that were made, or that lie there already, what failed, and the page (None: not there)."""

    written: Sequence[Path]
    there: Sequence[Path]
    failed: Sequence[PaperRunError]
    page: Path | None


def make_again(place: Place, clock: Clock, attempt: str | None) -> Made:
    """Make the files of an attempt again, and of its session's latest mark; byte for byte what they were.

    :param attempt: as commands name it; None: every attempt and mark that there is.
    :raises PaperRunError: there is no such thing, or another command has the ledger.
    """
    existing.require_ledger(place)
    if place.database is not None and not place.folder.exists():
        files.prove_writable(place.folder, purpose="The reports folder")
    if not existing.may_write(place.folder):
        return _standing(place, attempt, clock.now())
    with existing.folder_locked(place, waiting(clock)) as ledger:
        *earlier, last = _chosen(ledger, attempt)
        newer = () if ledger.account.is_sandbox else results.lacking(ledger, place.folder, "")
        written: list[Path] = []
        unwritten: list[PaperRunError] = []
        page: Path | None = None
        for documents in (*earlier, last):
            # What a session's page is drawn from is kept no longer than for that session.
            publisher = Publisher(ledger, place.folder)
            reports = [publisher.reports(document) for document in documents]
            page = reports[0].page
            if kept := [path for each in reports for path in each.files() if path in newer]:
                unwritten += [_newer(path, ledger) for path in kept]
                continue
            save = publisher.save if documents is last else publisher.save_own
            done, not_done = save(reports)
            written += done
            unwritten += not_done
    return Made(written, (), unwritten, page)


def _chosen(ledger: Ledger, attempt: str | None) -> list[list[str]]:
    """Return results as documents, a session's together, oldest first.

    :raises DataError: there is none.
    """
    if attempt is not None:
        return [verdicts.documents(ledger, attempt)]
    found = verdicts.all_documents(ledger)
    return found or [verdicts.documents(ledger, "latest")]


def _standing(place: Place, attempt: str | None, now: datetime) -> Made:
    """Name the files that stand in a folder which whoever asks may not write."""
    with existing.read(place, now) as ledger:
        publisher = Publisher(ledger, place.folder)
        chosen = [document for each in _chosen(ledger, attempt) for document in each]
        reports = [publisher.reports(document) for document in chosen]
        files = publisher.files(reports)
    there = [path for path in files if path.is_file()]
    missing = [path for path in files if path not in there]
    page = reports[-1 if attempt is None else 0].page
    failed = [_not_there(missing)] if missing else []
    return Made((), there, failed, page if page in there else None)


def _newer(path: Path, ledger: Ledger) -> DataError:
    return DataError(
        f"{path} was not written over: the ledger {ledger.name} knows nothing of what it tells",
        "The ledger is older than that result, or another one.",
        remedies=("Restore the newest backup of the ledger", "If it is gone for good, copy the file first"),
        code="ledger_missing",
        subject=str(path),
    )


def _not_there(files: Sequence[Path]) -> DataError:
    return DataError(
        f"{', '.join(map(str, files))}: not there",
        "Who may not write the folder can't make it again.",
        remedies=(Remedy("Have the folder's owner make it again", ours("report")),),
        code="files_missing",
    )
