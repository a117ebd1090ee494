"""What each session's trading cost, and the closing marks that what was not filled is held against."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple
from paper_run.book.execution import MEAN_OF, Split
from paper_run.book.splits import ratio
from paper_run.ledger.rows import Part, put_into, reader_of, text

if TYPE_CHECKING:
    from collections.abc import Mapping


class News(NamedTuple):
    """What a book has learned since it was valued last.

    :ivar traded: the sessions whose orders it learned of, by their ISO dates. :ivar split: the earliest
        session in which a split took effect that was said since, "" for none.
    """

    traded: frozenset[str]
    split: str


class SessionCosts(Part):
    """The part of the ledger that holds them, by book and session."""

    def closings(self, period: int, session: str) -> dict[str, Decimal]:
        """Return a session's closing marks of what was not filled whole, dollars by symbol."""
        query = "SELECT closings FROM session_costs WHERE epoch = ? AND session = ?"
        return next(map(_closings, self._rows(query, period, session)), {})

    def keep(
        self,
        period: int,
        session: str,
        cost: tuple[Decimal, Decimal] | None,
        closings: Mapping[str, Decimal],
    ) -> None:
        """Write what a session's orders cost and came to at arrival, dollars; None where it is not known."""
        known = (None, None) if cost is None else cost
        columns = {
            "epoch": period,
            "session": session,
            "cost": text(known[0]),
            "notional": text(known[1]),
            "closings": json.dumps({symbol: text(price) for symbol, price in sorted(closings.items())}),
        }
        self._run(put_into("session_costs", columns, key=("epoch", "session")), *columns.values())

    def latest(self, period: int, session: str) -> list[tuple[Decimal, Decimal]]:
        """Return the cost and the arrival notional, dollars, of the last sessions that have them.

        At most `MEAN_OF`, up to this one, the newest first.
        """
        found = self._rows(
            "SELECT cost, notional FROM session_costs WHERE epoch = ? AND session <= ? "
            "AND cost IS NOT NULL ORDER BY session DESC LIMIT ?",
            period,
            session,
            MEAN_OF,
        )
        return [(Decimal(row["cost"]), Decimal(row["notional"])) for row in found]

    def between(self, period: int, since: str, before: str) -> list[tuple[Decimal, Decimal] | None]:
        """Return each session's cost and arrival notional, dollars, oldest first; None where not known.

        :param since: the first, an ISO date. :param before: behind the last, likewise.
        """
        found = self._rows(
            "SELECT cost, notional FROM session_costs WHERE epoch = ? AND session >= ? AND session < ? "
            "ORDER BY session",
            period,
            since,
            before,
        )
        return [
            None if row["cost"] is None else (Decimal(row["cost"]), Decimal(row["notional"])) for row in found
        ]

    def first(self, period: int) -> str | None:
        """Return the first session of a book that has a row, an ISO date; None: none has."""
        (found,) = self._rows(
            "SELECT MIN(session) AS session FROM session_costs WHERE epoch = ?",
            period,
        )
        return found["session"]  # type: ignore[no-any-return]

    def since(self, period: int, session: str) -> list[str]:
        """Return the sessions that have a row, from one on, by their ISO dates."""
        query = "SELECT session FROM session_costs WHERE epoch = ? AND session >= ?"
        return [row["session"] for row in self._rows(query, period, session)]

    def news(self, period: int, entry: int) -> News:
        """Return what came into a book after an entry, by its id."""
        found = self._rows(
            "SELECT entries.kind AS kind, COALESCE(entries.effective, entries.session) AS effective, "
            "trades.session AS traded FROM entries "
            "LEFT JOIN orders ON orders.client_order_id = entries.client_order_id "
            "LEFT JOIN trades ON trades.id = orders.trade WHERE entries.epoch = ? AND entries.id > ?",
            period,
            entry,
        )
        splits = [row["effective"] for row in found if row["kind"] == "split"]
        traded = frozenset(row["traded"] for row in found if row["traded"] is not None)
        return News(traded, min(splits, default=""))

    def splits(self, period: int, since: str) -> tuple[Split, ...]:
        """Return the splits that took effect in a session, an ISO date, or later."""
        found = self._rows(
            "SELECT symbol, COALESCE(effective, session) AS effective, ratio FROM entries "
            "WHERE epoch = ? AND session >= ? AND kind = 'split' AND ratio IS NOT NULL ORDER BY id",
            period,
            since,
        )
        return tuple(map(_split, found))


@reader_of("session_costs")
def _closings(row: Any) -> dict[str, Decimal]:
    return {symbol: Decimal(price) for symbol, price in json.loads(row["closings"]).items()}


@reader_of("entries")
def _split(row: Any) -> Split:
    return Split(row["symbol"], date.fromisoformat(row["effective"]), ratio(row["ratio"]))
