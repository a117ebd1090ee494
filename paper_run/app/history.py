"""The sessions of a ledger, as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from paper_run.app.workspace import read_place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from paper_run.model.history import SessionLine
    from paper_run.model.place import Place


class History(NamedTuple):
    """The sessions, oldest first, and whether their prices are a sandbox's."""

    lines: Sequence[SessionLine]
    is_sandbox: bool


def sessions(place: Place, now: datetime, since: date | None = None) -> History:
    """Return the sessions of the ledger of a place.

    :param now: UTC. :param since: the first one, a date at the exchange; None: all of them.
    :raises DataError: there is no ledger, or it can't be read.
    """
    with read_place(place, now) as account:
        lines = account.ledger.sessions.lines(since=since.isoformat() if since else "")
        return History(lines, bool(account.ledger.account.is_sandbox))
