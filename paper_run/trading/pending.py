"""The answer to the POST, kept in a file before anything is made of it, until the ledger has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError, Remedy
from paper_run.ledger import files
from paper_run.model.commands import ours
from paper_run.model.findings import Finding, warning
from paper_run.services.answer import Answer, UnreadableAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
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


def keep(reports: Path, key: str, answer: Answer, *, session: date) -> None:
    """Write the answer to a POST of a session, synced, without credentials.

    :raises DataError: it can't be written.
    """
    try:
        body = answer.kept()
    except UnreadableAnswer:
        body = answer.words()
    record = {
        "key": key,
        "session": str(session),  # of which it tells also where its ledger is lost
        "url": answer.url,
        "status": answer.status,
        "body": body,
        "signed": answer.signed,
    }
    files.write_atomic(_path(reports, key), json.dumps(record).encode())


def drop(reports: Path, key: str) -> None:
    """Remove an answer that the ledger has.

    :raises DataError: it can't be removed; it is brought in once more, to no effect.
    """
    try:
        _path(reports, key).unlink(missing_ok=True)
    except OSError as error:
        raise DataError(
            f"{_path(reports, key)} can't be removed",
            f"{error.strerror}.",
            remedies=("Remove it yourself: the ledger has what is in it.",),
        ) from None


def found(reports: Path) -> list[Pending]:
    """Return each answer that was kept and can be read."""
    return [each for each in _all(reports) if isinstance(each, Pending)]


def unreadable(reports: Path) -> list[Finding]:
    """Return that an answer which was kept can't be read: its outcome is unknown until a person says it."""
    return [each for each in _all(reports) if isinstance(each, Finding)]


def _all(reports: Path) -> Iterator[Pending | Finding]:
    folder = reports / FOLDER
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            record = json.loads(path.read_bytes())
            answer = Answer(record["url"], int(record["status"]), {}, record["body"].encode(), 0)
            answer = answer._replace(signed=bool(record.get("signed")))
            yield Pending(str(record["key"]), answer, path)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            name = f"{FOLDER}/{path.name}"
            why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            yield warning(
                "answer_unreadable",
                f"The orchestrator's answer to a run, kept as {name} in the reports folder, can't be read "
                f"({why}).",
                subject=name,
                remedies=(
                    Remedy("See what is known of its run", ours("resolve")),
                    Remedy("Once it is, remove the file: nothing needs it then"),
                ),
            )


def _path(reports: Path, key: str) -> Path:
    return reports / FOLDER / f"{key}.json"
