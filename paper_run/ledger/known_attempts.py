"""What tells the attempts apart, read once and from the table itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.ledger.sqlite import dialect

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from paper_run.ledger.store import Store

_TOLD_APART = (
    "SELECT id, session, number, state, in_doubt, run_id, status, rehearsal, wrong_date "
    f"FROM {dialect.TRADES}"
)


_SETTLED = frozenset(("closed", "nothing"))


class KnownAttempts:
    """The attempts' short rows, kept while the ledger is open; whoever writes one says so."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[int, Any] | None = None
        self._by_session: dict[str, dict[int, Any]] = {}
        self._open: dict[int, Any] = {}
        store.when_rolled_back(self.forget)

    def forget(self) -> None:
        """Read them anew the next time: several were written, or what was written is none."""
        self._rows = None

    def all(self) -> Collection[Any]:
        """Return what tells the attempts apart: read once, and from the table itself."""
        return self._read().values()

    def of(self, session: date) -> Collection[Any]:
        """Return those of a session: in the tenth year too it has a handful."""
        self._read()
        return self._by_session.get(session.isoformat(), {}).values()

    def of_last_session(self) -> Collection[Any]:
        """Return those of the latest session that has any."""
        return self._by_session[max(self._by_session)].values() if self._read() else ()

    def open(self) -> Collection[Any]:
        """Return those of which something is not known, or not known for certain."""
        self._read()
        return self._open.values()

    def changed(self, identity: int) -> None:
        """Read again what tells an attempt apart: it was written."""
        if self._rows is not None:
            (row,) = self._store.rows(f"{_TOLD_APART} WHERE id = ?", identity)
            self._keep(self._rows, row)

    def _read(self) -> dict[int, Any]:
        if self._rows is None:
            self._by_session, self._open = {}, {}
            kept: dict[int, Any] = {}
            for row in self._store.rows(_TOLD_APART):
                self._keep(kept, row)
            self._rows = kept
        return self._rows

    def _keep(self, rows: dict[int, Any], row: Any) -> None:
        identity, session, _, state, in_doubt, _, status, *_ = row
        rows[identity] = row
        self._by_session.setdefault(session, {})[identity] = row
        if state in _SETTLED and not in_doubt and status != "unknown":
            self._open.pop(identity, None)
        else:
            self._open[identity] = row


def in_order(row: Any) -> tuple[str, int, int]:
    """Return what short rows are sorted by: the session, the number in it, the row."""
    return row["session"], row["number"], row["id"]
