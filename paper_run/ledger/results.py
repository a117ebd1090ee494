"""The results that lie beside a ledger, or beside none: they tell of sessions that were traded."""

from __future__ import annotations

import json
import os
import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError
from paper_run.ledger import files
from paper_run.ledger.sqlite import database
from paper_run.model import result_json
from paper_run.model.calendar import DATE_PATTERN, read_date
from paper_run.model.place import HOST_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from paper_run.ledger.ledger import Ledger
    from paper_run.model.result import RunResult

_NAME = re.compile(rf"({DATE_PATTERN})(?:-([1-9][0-9]*))?_(?:paper_run|mark)\.json")
_OLDER = (  # compiled where it is asked for: nearly no command does
    rf"{DATE_PATTERN}(-[0-9]+)?_(mark|mark_orders|mark_positions|orders|paper_run|positions)\.[a-z]+"
    r"|index\.html|(history|symbols)\.csv|tearsheet\.(html|json)|\.pending"
    rf"|{re.escape(database.FILE_NAME)}(-wal|-shm|-journal)?|{re.escape(HOST_FILE)}"
)
_BEFORE = "before-"

ANSWERS = ".pending"
"""The folder, in that of the reports, of what was asked and answered and is in no session's files yet."""
TAKEN = ".taken"
"""What an answer's name ends with once the ledger has it."""


class Found(NamedTuple):
    """A result's file, and what its name tells: the session, and of an attempt its number."""

    folder: Path
    name: str
    session: str
    number: int | None

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / self.name


def of_account(folder: Path, orchestrator_url: str) -> Iterator[Path]:
    """Yield the real results in a folder that count as this account's, and answers that wait there.

    One that names no ledger does not if it tells of another orchestrator; one that can't be read does.
    """
    places = (folder, *_moved(folder))
    for found in (each for place in places for each in _in(place)):
        if _is_real(found.path, _read(found.path), orchestrator_url):
            yield found.path
    for place in places:
        yield from answers(place)


def lacking(ledger: Ledger, folder: Path, orchestrator_url: str) -> list[Path]:
    """Return real results and answers in a folder of which the ledger knows nothing: it is the older one.

    Those of sessions before its last are told by their names alone: years of them must cost a day nothing.
    """
    known = ledger.attempts.names()
    last = max((session for session, _ in known), default="")
    lacked = []
    for found in _in(folder):
        if found.number is None or ((found.session, found.number) in known and found.session < last):
            continue
        path = found.path
        result = _read(path)
        if _is_real(path, result, orchestrator_url) and not _is_known(ledger, found, result):
            lacked.append(path)
    return lacked + [each for each in answers(folder) if ledger.attempts.by_key(each.stem) is None]


def traded_before(folder: Path, session: date, orchestrator_url: str) -> Path | None:
    """Return a result, or a kept answer, of a session that an earlier ledger of this folder has traded."""
    for before in _moved(folder):
        for found in _in(before):
            is_attempt = found.session == str(session) and found.number is not None
            if is_attempt and _is_real(found.path, _read(found.path), orchestrator_url):
                return found.path
        for path in answers(before):
            if _session_of(path) == str(session):
                return path
    return None


def move_aside(folder: Path, identity: str) -> None:
    """Move what an earlier ledger left, and that ledger itself, into a folder that is named for the new one.

    :param identity: the new ledger's id.
    """
    older = sorted(name for name in os.listdir(folder) if re.fullmatch(_OLDER, name))
    if not older:
        return
    target = folder / f"{_BEFORE}{identity}"
    target.mkdir(mode=0o755)
    for name in older:
        os.rename(folder / name, target / name)
    for each in (target, folder):
        files.sync_folder(each)


def moved_to(folder: Path, identity: str) -> Path | None:
    """Return where an earlier ledger's files lie since this one was made; None where there were none."""
    target = folder / f"{_BEFORE}{identity}"
    return target if target.is_dir() else None


def _in(folder: Path) -> list[Found]:
    found = []
    for name in sorted(each for each in _listed(folder) if each.endswith(".json")):
        if match := _NAME.fullmatch(name):
            number = None if name.endswith("_mark.json") else int(match[2] or 1)
            found.append(Found(folder, name, match[1], number))
    return found


def answers(folder: Path) -> list[Path]:
    """Return what tells beside a ledger of a POST, or of its answer; each is called by its attempt's key.

    :raises DataError: it can't be read.
    """
    pending = folder / ANSWERS
    return [pending / name for name in sorted(_listed(pending)) if name.endswith((".json", TAKEN))]


def _listed(folder: Path) -> list[str]:
    """Return the names in a folder; of a host that was not used yet there may be none.

    :raises DataError: it can't be read: it may tell of a session that was traded.
    """
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(
            f"The folder {folder} can't be read",
            f"{error.strerror}. It may tell of a session that was traded.",
            remedies=("Be the user whose it is, or give this one permission to read it; nothing was sent.",),
        ) from error


def _session_of(answer: Path) -> str | None:
    """Return the session, an ISO date, that a kept answer tells of; None: it names none, or can't be read."""
    try:
        record = json.loads(answer.read_bytes())
        return str(record["session"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _moved(folder: Path) -> list[Path]:
    names = sorted(name for name in _listed(folder) if name.startswith(_BEFORE))
    return [folder / name for name in names if (folder / name).is_dir()]


def _read(path: Path) -> RunResult | None:
    """Return a result; None where it is none that can be read."""
    try:
        return result_json.decode(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _is_real(path: Path, result: RunResult | None, orchestrator_url: str) -> bool:
    """Whether a result tells of what may have been traded, on this account as far as it says.

    One that can't be read may; a link, which we never make, to what is no result does not.
    """
    if result is None:
        return not (path.is_symlink() and path.exists())
    if result.sandbox or (result.rehearsal and not any(each.broker_order_id for each in result.orders)):
        return False
    urls = {each.url for each in result.health if each.service == "orchestrator"}
    return bool(result.ledger) or not urls or orchestrator_url in urls


def _is_known(ledger: Ledger, found: Found, result: RunResult | None) -> bool:
    """Whether an attempt of that session began when the result says; of an unreadable one the name counts.

    A backup that was taken while its run was under way knows it, and not the run that the result names.
    """
    rows = ledger.attempts.of_session(read_date(found.session))
    try:
        began = datetime.fromisoformat(result.timestamp if result else "")
    except ValueError:
        return any(row.number == found.number for row in rows)
    names_run = result is not None and result.run_id is not None
    return any(
        not (names_run and row.outcome_unknown and row.run_id is None)
        or row.key in {path.stem for path in answers(found.folder)}
        for row in rows
        if row.started_at.replace(microsecond=0) == began
    )
