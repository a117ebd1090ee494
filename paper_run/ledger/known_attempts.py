"""What tells the attempts apart, read once and from the table itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.ledger.sqlite import dialect

if TYPE_CHECKING:
    from collections.abc import Collection

    from paper_run.ledger.store import Store

_TOLD_APART = (
    "SELECT id, session, number, state, in_doubt, run_id, status, rehearsal, wrong_date "
    f"FROM {dialect.TRADES}"
)


class KnownAttempts:
    """The attempts' short rows, kept while the ledger is open; whoever writes one says so."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[int, Any] | None = None
        store.when_rolled_back(self.forget)

    def forget(self) -> None:
        """Read them anew the next time: several were written, or what was written is none."""
        self._rows = None

    def all(self) -> Collection[Any]:
        """Return what tells the attempts apart: read once, and from the table itself."""
        if self._rows is None:
            self._rows = {row["id"]: row for row in self._store.rows(_TOLD_APART)}
        return self._rows.values()

    def changed(self, identity: int) -> None:
        """Read again what tells an attempt apart: it was written."""
        if self._rows is not None:
            (self._rows[identity],) = self._store.rows(f"{_TOLD_APART} WHERE id = ?", identity)


def in_order(row: Any) -> tuple[str, int, int]:
    """Return what short rows are sorted by: the session, the number in it, the row."""
    return row["session"], row["number"], row["id"]
