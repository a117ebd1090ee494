"""What tells the attempts apart, read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.ledger.sqlite import dialect

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
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
_NEWEST = f"{_TOLD_APART} WHERE {dialect.NEWEST}"
_SETTLED = frozenset(("closed", "nothing"))


class KnownAttempts:
    """The attempts' short rows, kept while the ledger is open; whoever writes one says so."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[int, KnownAttempt] | None = None
        self._by_session: dict[str, dict[int, KnownAttempt]] = {}
        self._open: dict[int, KnownAttempt] = {}
        store.when_rolled_back(self.forget)

    def forget(self) -> None:
        """Read them anew the next time: several were written, or what was written is none."""
        self._rows = None

    def all(self) -> Collection[KnownAttempt]:
        """Return what tells the attempts apart."""
        return self._read().values()

    def by_session(self) -> Mapping[str, Mapping[int, KnownAttempt]]:
        """Return all by their sessions' ISO dates, then by row."""
        self._read()
        return self._by_session

    def of(self, session: date) -> Collection[KnownAttempt]:
        """Return those of a session: in the tenth year too it has a handful."""
        self._read()
        return self._by_session.get(session.isoformat(), {}).values()

    def of_last_session(self) -> Collection[KnownAttempt]:
        """Return those of the latest session that has any."""
        return self._by_session[max(self._by_session)].values() if self._read() else ()

    def open(self) -> Collection[KnownAttempt]:
        """Return those of which something is not known, or not known for certain."""
        self._read()
        return self._open.values()

    def changed(self, identity: int) -> None:
        """Read again what tells an attempt apart: it was written."""
        if self._rows is not None:
            (row,) = self._store.rows(f"{_TOLD_APART} WHERE id = ?", identity)
            self._keep(KnownAttempt._make(row))

    def _read(self) -> dict[int, KnownAttempt]:
        if self._rows is None:
            self._rows = self._read_rows()
            by_session: dict[str, dict[int, KnownAttempt]] = {}
            for identity, row in self._rows.items():
                by_session.setdefault(row.session, {})[identity] = row
            self._by_session = by_session
            self._open = {row.id: row for row in self._rows.values() if _is_open(row)}
        return self._rows

    def _read_rows(self) -> dict[int, KnownAttempt]:
        """Return all by their ids: the newest from the table itself, the others by an index that misses none.

        No attempt is ever deleted, so in a file their ids have no gap. A server numbers with gaps, and has
        the long texts apart from its rows: there the table is read.
        """
        if self._store.cluster is not None:
            return self._made(_TOLD_APART)
        newest = self._made(_NEWEST)
        if 1 in newest or not newest:
            return newest
        rows = self._made(_BY_INDEX) | newest
        return rows if len(rows) == max(rows) else self._made(_TOLD_APART)

    def _made(self, query: str) -> dict[int, KnownAttempt]:
        return {row[0]: KnownAttempt._make(row) for row in self._store.rows(query)}

    def _keep(self, row: KnownAttempt) -> None:
        self._read()[row.id] = row
        self._by_session.setdefault(row.session, {})[row.id] = row
        self._open.pop(row.id, None)
        if _is_open(row):
            self._open[row.id] = row


def _is_open(row: KnownAttempt) -> bool:
    """Whether something of it is not known, or not known for certain."""
    return row.state not in _SETTLED or row.in_doubt > 0 or row.status == "unknown"


def in_order(row: KnownAttempt) -> tuple[str, int, int]:
    """Return what short rows are sorted by: the session, the number in it, the row."""
    return row.session, row.number, row.id
