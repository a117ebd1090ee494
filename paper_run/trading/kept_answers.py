"""The files that tell of a POST and keep its answer, until ledger and the attempt's own files have it."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError, Remedy
from paper_run.ledger import files
from paper_run.ledger.results import ANSWERS, TAKEN, answers
from paper_run.model.commands import ours
from paper_run.model.findings import Finding, warning
from paper_run.services.answer import Answer, UnreadableAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import date
    from pathlib import Path

    from paper_run.model.attempt import AttemptRow

_ASKED = {"key", "session"}
"""What is written of a POST before it leaves; its answer takes that place."""


class Pending(NamedTuple):
    """An answer that was kept, and the key of the POST that it answers."""

    key: str
    answer: Answer
    path: Path


def prove_keepable(reports: Path) -> None:
    """Make the folder and prove that it can be written to, before anything is sent.

    :raises DataError: it can't.
    """
    files.prove_writable(reports / ANSWERS, purpose="The folder for the orchestrator's answer")
    files.sweep(reports / ANSWERS)


def ask(reports: Path, key: str, *, session: date) -> None:
    """Write that the POST of a session is about to leave, where its answer will be kept.

    It tells so also where the ledger is lost that knows it, or only what lies beside the ledger.

    :raises DataError: it can't be written.
    """
    _tell(_path(reports, key), key, session)


def withdraw(reports: Path, key: str) -> None:
    """Remove what tells of a POST that did not leave: whoever opens the ledger that lies there knows no such.

    What can't be removed stops the next run.
    """
    with contextlib.suppress(OSError):
        _path(reports, key).unlink()


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


def take(reports: Path, key: str) -> None:
    """Put an answer by that the ledger has: it tells of its POST until the attempt's files do.

    :raises DataError: it can't be done; it is brought in once more, to no effect.
    """
    path = _path(reports, key)
    try:
        with contextlib.suppress(FileNotFoundError):
            path.rename(path.with_suffix(TAKEN))
    except OSError as error:
        raise DataError(
            f"{path} can't be put by",
            f"{error.strerror}.",
            remedies=("Remove it yourself: the ledger has what is in it.",),
        ) from None


def restating(reports: Path, key: str, *, session: date) -> None:
    """Write that an attempt's files are about to be older than its record: the next command makes them anew.

    Where it can't be written they are made by whoever asks for them.
    """
    with contextlib.suppress(DataError, OSError):
        (reports / ANSWERS).mkdir(exist_ok=True)
        _tell(_path(reports, key).with_suffix(TAKEN), key, session)


def unfiled(reports: Path) -> list[str]:
    """Return the keys of the attempts whose files may be older than their records."""
    return [path.stem for path in answers(reports) if path.suffix == TAKEN]


def forget(reports: Path, row_of: Callable[[str], AttemptRow | None], filed: Collection[str]) -> None:
    """Remove what tells of a POST, without its answer or with one that was taken, once its files do.

    :param row_of: finds the attempt whose POST had a key. :param filed: the attempts whose files are written,
        by name.
    """
    try:
        found = answers(reports)
    except DataError:
        return  # they tell once more, to no effect
    for path in found:
        with contextlib.suppress(OSError, ValueError, AttributeError):  # as above
            is_taken = path.suffix == TAKEN
            if not is_taken and json.loads(path.read_bytes()).keys() != _ASKED:
                continue
            row = row_of(path.stem)
            if row is not None and (not is_taken or row.name in filed):
                path.unlink()


def readable(reports: Path) -> list[Pending]:
    """Return each answer that was kept and can be read."""
    return [each for each in _kept_or_unreadable(reports) if isinstance(each, Pending)]


def unreadable(reports: Path) -> list[Finding]:
    """Return that an answer which was kept can't be read: its outcome is unknown until a person says it."""
    return [each for each in _kept_or_unreadable(reports) if isinstance(each, Finding)]


def _kept_or_unreadable(reports: Path) -> Iterator[Pending | Finding]:
    for path in answers(reports):
        if path.suffix == TAKEN:
            continue
        try:
            record = json.loads(path.read_bytes())
            if record.keys() == _ASKED:
                continue
            answer = Answer(record["url"], int(record["status"]), {}, record["body"].encode(), 0)
            answer = answer._replace(signed=bool(record.get("signed")))
            yield Pending(str(record["key"]), answer, path)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            name = f"{ANSWERS}/{path.name}"
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


def _tell(path: Path, key: str, session: date) -> None:
    files.write_atomic(path, json.dumps({"key": key, "session": str(session)}).encode())


def _path(reports: Path, key: str) -> Path:
    return reports / ANSWERS / f"{key}.json"
