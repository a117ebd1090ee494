"""A ledger on trial: opened as to be written, and nothing stays of what is written."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from paper_run.ledger import existing
from paper_run.ledger.ledger import Ledger
from paper_run.ledger.results import ANSWERS
from paper_run.ledger.sqlite import copies, database
from paper_run.ledger.sqlite.store import read_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paper_run.ledger.store import Store
    from paper_run.model.place import Place
    from paper_run.model.progress import Waiting


@contextlib.contextmanager
def under_lock(place: Place, waiting: Waiting) -> Iterator[Ledger]:
    """Open the ledger that there must be as `existing.under_lock` does, so that nothing stays.

    A file is copied; in a database all is one transaction that is never committed. The ledger's folder is a
    private one, with a copy of what the reports folder keeps of requests and answers.

    :raises DataError: there is none, or it can't be used.
    :raises OrchestrationError: another command has the lock or the lease, and goes on having it.
    """
    existing.require_ledger(place)
    with contextlib.ExitStack() as stack:
        stack.enter_context(existing.locked(place.folder, waiting))
        existing.require_ledger(place)
        ledger = stack.enter_context(Ledger(place.folder, store=_store(place, waiting, stack)))
        if place.database is None:
            ledger.refuse_moved()
        ledger.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="paper_run-")))
        if (place.folder / ANSWERS).is_dir():
            shutil.copytree(place.folder / ANSWERS, ledger.folder / ANSWERS)
        yield ledger


def _store(place: Place, waiting: Waiting, stack: contextlib.ExitStack) -> Store:
    if place.database is not None:
        store: Store = existing.postgres().on_trial(place, waiting)
        return store
    path = existing.path_of(place.folder)
    with database.translated_errors(path):
        database.refuse_links(path)
        database.refuse_foreign(path)
        copy = stack.enter_context(copies.copied(path))
    return read_copy(copy, path)
