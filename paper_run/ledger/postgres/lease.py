"""The lease: one session of the server at a time may write, and none while an attempt is in flight."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import OrchestrationError
from paper_run.ledger.postgres import folder_id, session

if TYPE_CHECKING:
    from paper_run.ledger.postgres.store import Store
    from paper_run.model.progress import Waiting

_PAUSE = 0.25
_BEHIND_ITS_TIMEOUT = 10.0
"""Seconds that an attempt's own host has to record what came of it."""
_LEAVES_WITHIN, _LONGEST_WAIT = 10.0, 300.0
"""Of an attempt that does not say: when its POST leaves, how long its answer is waited for; seconds."""


class InFlight(NamedTuple):
    """An attempt that its own host is busy with, as far as anybody else knows.

    :ivar until: by the server's clock, UTC: from then on it may be looked for.
    """

    name: str
    until: datetime


def take(store: Store, waiting: Waiting) -> None:
    """Take the lease; it is held until the session ends, however it ends.

    What another host has under way it records itself: until its time is over nobody else changes anything,
    looks for anything or mails anything, whether that host is alive or not.

    :raises OrchestrationError: another session has it, or an attempt is under way, for longer than is waited.
    :raises DataError: the database fails.
    """
    (found,) = store.rows("SELECT value FROM account WHERE name = 'lease'")
    key, waited, is_told = int(found["value"]), 0.0, False
    while True:
        is_held = not _tried(store, key)
        flying = in_flight(store)
        if not is_held:
            if flying is None:
                return
            store.rows("SELECT pg_advisory_unlock(?)", key)
        if waited >= waiting.patience and (flying is None or not waiting.outlasts):
            raise _busy(store, key, flying)
        if not is_told and waiting.tell is not None:
            waiting.tell(f"Waiting: {_who(store, key, flying)}")
            is_told = True
        waiting.pause(_PAUSE)
        waited = 0.0 if flying is not None and waiting.outlasts else waited + _PAUSE


def in_flight(store: Store) -> InFlight | None:
    """Return the attempt of another folder that is under way for the longest time to come; None: none is."""
    now, found = store.clock(), None
    own = f"{{}} {folder_id.known(store.folder)}"
    sender = {row["value"] for row in store.rows("SELECT value FROM account WHERE name = 'sender'")}
    for row in store.rows(
        "SELECT session, number, key, started_at, leaves_until, timeout FROM trades WHERE state = 'sent'"
    ):
        if own.format(row["key"]) in sender:  # this folder's lock is held: its sender has ended
            continue
        with store.translated_errors():
            began = datetime.fromisoformat(row["started_at"]) + timedelta(seconds=_LEAVES_WITHIN)
            leaves = began if row["leaves_until"] is None else datetime.fromisoformat(row["leaves_until"])
            waits = float(row["timeout"] or _LONGEST_WAIT)
        until = leaves + timedelta(seconds=waits + _BEHIND_ITS_TIMEOUT)
        if until > now and (found is None or until > found.until):
            number = row["number"]
            found = InFlight(f"{row['session']}-{number}" if number > 1 else row["session"], until)
    return found


def _tried(store: Store, key: int) -> bool:
    (found,) = store.rows("SELECT pg_try_advisory_lock(?) AS taken", key)
    return bool(found["taken"])


def _who(store: Store, key: int, flying: InFlight | None) -> str:
    who = session.holder(store.rows, key)
    if who is not None:
        return f"{who} holds the lease of {store.name}"
    if flying is not None:
        return f"the attempt {flying.name} is under way until {flying.until:%H:%M:%S} UTC at the latest"
    return f"a process that has just ended held the lease of {store.name}"


def _busy(store: Store, key: int, flying: InFlight | None) -> OrchestrationError:
    who = _who(store, key, flying)
    return OrchestrationError(
        f"Another {'command' if flying is None else 'run'} is in progress",
        f"{who[:1].upper()}{who[1:]}. Nothing was sent.",
        remedies=(
            f"Wait until it has ended, then {'try again' if flying is None else 'look at its report'}.",
        ),
    )
