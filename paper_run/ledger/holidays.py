"""The years of holidays that were asked for, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.ledger.statements import put_into

if TYPE_CHECKING:
    from paper_run.ledger.store import Store


class Holidays:
    """The part of the ledger that keeps a year's holidays: to ask for them costs more than a start."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def kept(self, year: int) -> str | None:
        """Return what is kept of a year's holidays."""
        found = self._store.rows("SELECT days FROM calendar WHERE year = ?", year)
        return str(found[0]["days"]) if found else None

    def keep(self, year: int, days: str) -> None:
        """Keep a year's holidays, unless nothing may be written."""
        if self._store.is_read_only:
            return
        self._store.run(put_into("calendar", ("year", "days"), key=("year",)), year, days)
