"""What tells the attempts apart, read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.ledger.sqlite import dialect

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date

    from paper_run.ledger.store import Store


class KnownAttempt(NamedTuple):
    """The short row of an attempt, as the table has it.

    :ivar session: ISO date. :ivar in_doubt: how many of its orders are. :ivar rehearsal: 1 if it was one.
    :ivar wrong_date: the session's date, where it was said to be wrong.
    """

    id: int
    session: str
    number: int
    state: str
    in_doubt: int
    run_id: str | None
    status: str
    rehearsal: int
    wrong_date: str | None


_FIELDS = ", ".join(KnownAttempt._fields)
_TOLD_APART = f"SELECT {_FIELDS} FROM {dialect.TRADES}"
_BY_INDEX = f"SELECT {_FIELDS} FROM trades"
_COUNTED = "SELECT COUNT(*) AS number FROM trades WHERE session >= ''"
_SETTLED = frozenset(("closed", "nothing"))


class KnownAttempts:
    """The attempts' short rows, kept while the ledger is open; whoever writes one says so.

    The newest are read from the table itself. So are all of them, where an index misses one or says anything
    else of the newest; where it does not, the older ones are found by it when they are asked for.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[int, KnownAttempt] | None = None
        self._are_all = False
        self._found: dict[str | None, dict[int, KnownAttempt]] = {}
        store.when_rolled_back(self.forget)

    def forget(self) -> None:
        """Read them anew the next time: several were written, or what was written is none."""
        self._rows = None
        self._found.clear()

    def has_any(self) -> bool:
        """Whether there is one."""
        return bool(self._read())

    def names(self) -> set[tuple[str, int]]:
        """Return the session, an ISO date, and the number of each."""
        return {(row.session, row.number) for row in self._which("1 = 1", lambda _: True).values()}

    def of(self, session: date) -> Collection[KnownAttempt]:
        """Return those of a session."""
        return self._of(session.isoformat())

    def after(self, session: date) -> Collection[KnownAttempt]:
        """Return those of later sessions."""
        day = session.isoformat()
        return self._which("session > ?", lambda row: row.session > day, day).values()

    def of_last_session(self) -> Collection[KnownAttempt]:
        """Return those of the latest session that has any."""
        sessions = [row.session for row in self._read().values()]
        if not self._are_all:
            sessions += [
                row["session"] for row in self._store.rows("SELECT MAX(session) AS session FROM trades")
            ]
        return self._of(max(sessions)) if sessions else ()

    def with_run(self, run_id: str) -> Collection[KnownAttempt]:
        """Return those that own a run."""
        return self._which("run_id = ?", lambda row: row.run_id == run_id, run_id).values()

    def open(self) -> Collection[KnownAttempt]:
        """Return those of which something is not known, or not known for certain."""
        if None not in self._found:
            where = "state NOT IN ('closed', 'nothing') OR in_doubt > 0 OR status = 'unknown'"
            self._found[None] = self._which(where, _is_open)
        return self._found[None].values()

    def changed(self, identity: int) -> None:
        """Read again what tells an attempt apart: it was written."""
        if self._rows is not None:
            self._rows |= self._made(f"{_TOLD_APART} WHERE id = ?", identity)
            self._found.clear()

    def _of(self, session: str) -> Collection[KnownAttempt]:
        if session not in self._found:
            self._found[session] = self._which("session = ?", lambda row: row.session == session, session)
        return self._found[session].values()

    def _which(
        self, where: str, wanted: Callable[[KnownAttempt], bool], *values: str
    ) -> dict[int, KnownAttempt]:
        """Return those that are wanted, by their ids.

        :param where: the same in SQL, of these values.
        """
        rows = self._read()
        found = {} if self._are_all else self._made(f"{_BY_INDEX} WHERE {where}", *values)
        for row in rows.values():
            found.pop(row.id, None)  # the index's word
            if wanted(row):
                found[row.id] = row
        return found

    def _read(self) -> dict[int, KnownAttempt]:
        if self._rows is None:
            self._rows, self._are_all = self._newest()
        return self._rows

    def _newest(self) -> tuple[dict[int, KnownAttempt], bool]:
        """Return the newest, or all, by their ids; and whether they are all.

        No attempt is ever deleted, so in a file their ids have no gap. A server numbers with gaps, and has
        the long texts apart from its rows: there the table is read.
        """
        if self._store.cluster is None:
            rows = self._made(f"{_TOLD_APART} WHERE {dialect.NEWEST}")
            if not rows or 1 in rows:
                return rows, True
            since = min(row.session for row in rows.values())
            told = self._made(f"{_BY_INDEX} WHERE session >= ?", since)
            if self._store.rows(_COUNTED)[0]["number"] == max(rows) and rows.items() <= told.items():
                return rows, False
        return self._made(_TOLD_APART), True

    def _made(self, query: str, *values: int | str) -> dict[int, KnownAttempt]:
        return {row[0]: KnownAttempt._make(row) for row in self._store.rows(query, *values)}


def _is_open(row: KnownAttempt) -> bool:
    return row.state not in _SETTLED or row.in_doubt > 0 or row.status == "unknown"


def in_order(row: KnownAttempt) -> tuple[str, int, int]:
    """Return what short rows are sorted by: the session, the number in it, the row."""
    return row.session, row.number, row.id
