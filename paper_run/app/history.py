"""The sessions of a ledger, as it stands; and the latest one of several ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError, Remedy
from paper_run.ledger import existing
from paper_run.model.history import AccountLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from paper_run.model.history import SessionLine
    from paper_run.model.place import Place


class Accounts(NamedTuple):
    """Several accounts in the order given, whether they are sandboxes', and why some could not be read."""

    lines: Sequence[AccountLine]
    is_sandbox: bool
    errors: Sequence[DataError]


def sessions(
    place: Place, now: datetime, since: date | None = None, newest: int | None = None
) -> tuple[list[SessionLine], bool]:
    """Return the sessions of the ledger of a place, oldest first, and whether their prices are a sandbox's.

    :param now: UTC. :param since: the first one, a date at the exchange; None: all of them.
    :param newest: how many of these, the newest; None: all of them.
    :raises DataError: there is no ledger, or it can't be read.
    """
    with existing.read(place, now) as ledger:
        lines = ledger.sessions.lines(since=since.isoformat() if since else "")
        return lines[-newest:] if newest else lines, bool(ledger.account.is_sandbox)


def accounts(places: Mapping[str, Place], now: datetime) -> Accounts:
    """Return the latest session of each account, from their ledgers alone.

    One that can't be read does not hide the others: it is a line too, and an error.

    :param places: by what may be shown of what was typed for each. :param now: UTC.
    :raises DataError: two are the same ledger, or a sandbox's is beside a real account's: nothing adds up.
    """
    lines: list[AccountLine] = []
    errors: list[DataError] = []
    owners: dict[str, str] = {}
    kinds: dict[bool, str] = {}
    for typed, place in places.items():
        try:
            line, is_sandbox = _account(typed, place, now)
        except DataError as error:
            if place.database is not None and error.code == "ledger_missing":
                error.explanation = ""
                error.remedies = (Remedy("Name the schema that has it, as URL#SCHEMA, or leave it out."),)
            errors.append(error)
            lines.append(AccountLine(typed, "", None, str(error)))
            continue
        if (other := owners.setdefault(line.ledger, typed)) != typed:
            raise _not_to_be_added(f"{typed} and {other} are the same ledger, {line.ledger}")
        if is_sandbox is not None and (other := kinds.get(not is_sandbox, "")):
            raise _not_to_be_added(f"Of {typed} and {other} one is a sandbox's ledger, and one is not")
        if is_sandbox is not None:
            kinds.setdefault(is_sandbox, typed)
        lines.append(line)
    return Accounts(lines, True in kinds, errors)


def _account(typed: str, place: Place, now: datetime) -> tuple[AccountLine, bool | None]:
    """Return an account's line, and whether it is a sandbox's: None while nobody knows.

    :raises DataError: there is no ledger, or it can't be read.
    """
    if place.database is None and not existing.is_there(place.folder):
        raise DataError(
            f"There is no ledger in {place.folder}",
            remedies=("Name the folder that has it, or leave it out.",),
        )
    with existing.read(place, now) as ledger:
        present = ledger.sessions.present()
        latest = next((line for line in reversed(ledger.sessions.lines()) if line.book == present), None)
        return AccountLine(typed, ledger.account.identity, latest), ledger.account.is_sandbox


def _not_to_be_added(title: str) -> DataError:
    return DataError(title, "They are not added up.", remedies=("Leave one of them out.",))
