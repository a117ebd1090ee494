"""The answer to the POST, kept in a file before anything is made of it, until the ledger has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from paper_run.errors import DataError
from paper_run.services.transport import Answer, UnreadableAnswer
from paper_run.writers import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = ".pending"


class Pending(NamedTuple):
    """An answer that was kept, and the key of the POST that it answers."""

    key: str
    answer: Answer
    path: Path


def prepare(reports: Path) -> None:
    """Make the folder and prove that it can be written to, before anything is sent.

    :raises DataError: it can't.
    """
    files.prove_writable(reports / FOLDER, purpose="The folder for the orchestrator's answer")
    files.sweep(reports / FOLDER)


def keep(reports: Path, key: str, answer: Answer) -> None:
    """Write the answer to a POST, synced, without credentials.

    :raises DataError: it can't be written.
    """
    try:
        body = answer.kept()
    except UnreadableAnswer:
        body = answer.words()
    record = {"key": key, "url": answer.url, "status": answer.status, "body": body}
    files.write_atomic(_path(reports, key), json.dumps(record).encode())


def drop(reports: Path, key: str) -> None:
    """Remove an answer that the ledger has.

    :raises DataError: it can't be removed; it is brought in once more, to no effect.
    """
    try:
        _path(reports, key).unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"{_path(reports, key)} can't be removed", f"{error.strerror}.") from None


def found(reports: Path) -> Iterator[Pending]:
    """Yield each answer that was kept.

    :raises DataError: one can't be read.
    """
    folder = reports / FOLDER
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            record = json.loads(path.read_bytes())
            answer = Answer(record["url"], int(record["status"]), {}, record["body"].encode(), 0)
            key = str(record["key"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path} can't be read",
                f"It holds the orchestrator's answer to a run: {error}. Nothing was sent.",
            ) from None
        yield Pending(key, answer, path)


def _path(reports: Path, key: str) -> Path:
    return reports / FOLDER / f"{key}.json"
