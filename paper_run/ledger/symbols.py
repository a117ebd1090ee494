"""Each symbol's part of each session, its round trips, and what they have come to."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run.book.symbols import OpenTrip, SymbolDay, SymbolTotals
from paper_run.ledger.rows import Part, amount, insert_into, reader_of, text
from paper_run.model.symbols import TripRow
from paper_run.money import cents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from paper_run.book.symbols import Trip

Totals = dict[str, SymbolTotals]
_AMOUNTS = (
    "qty",
    "average",
    "mark",
    "realized_pnl",
    "unrealized_pnl",
    "day_pnl",
    "holding_pnl",
    "trading_pnl",
)
_SIGNAL = ("prediction", "weight")
_DAY = ("epoch", "session", "symbol", "total_pnl", *_AMOUNTS, *_SIGNAL)
_TRIP = ("epoch", "session", "symbol", "number", "opened", "closed", "side", "sessions", "pnl")
_WHOLE = "JOIN sessions ON sessions.epoch = mine.epoch AND sessions.session = mine.session AND complete = 1"


class Symbols(Part):
    """The part of the ledger that holds the sessions' symbols; a book is named by its id in all of it."""

    def keep(self, period: int, session: str, days: Iterable[SymbolDay], totals: Totals | None) -> None:
        """Write a session's symbols as they are valued now, in place of an earlier valuation's.

        :param session: an ISO date. :param totals: after it; None: it does not count.
        """
        store = self._store
        store.run("DELETE FROM symbol_sessions WHERE epoch = ? AND session = ?", period, session)
        rows = [(period, session, each.symbol, text(each.total_pnl), *map(text, each[1:])) for each in days]
        if rows:
            store.execute_many(insert_into("symbol_sessions", _DAY), rows)
        written = None
        if totals is not None:
            written = json.dumps({name: _written(each) for name, each in totals.items()})
        store.run("UPDATE sessions SET symbols = ? WHERE epoch = ? AND session = ?", written, period, session)

    def keep_trips(self, period: int, session: str, trips: Sequence[Trip], since: str) -> None:
        """Write the round trips that a valuation finds, in place of all that were found after a session.

        :param session: the one that is valued, and `since` the other, ISO dates; "" for all.
        """
        store = self._store
        store.run("DELETE FROM round_trips WHERE epoch = ? AND session > ?", period, since)
        rows = [
            (
                *(period, session, each.symbol, at, each.opened, each.closed, each.side),
                *(self._num_sessions(period, each), text(cents(each.pnl))),
            )
            for at, each in enumerate(trips)
        ]
        if rows:
            store.execute_many(insert_into("round_trips", _TRIP), rows)

    def _num_sessions(self, period: int, trip: Trip) -> int:
        (found,) = self._store.rows(
            "SELECT COUNT(*) FROM sessions WHERE epoch = ? AND session >= ? AND session < ? AND complete = 1",
            period,
            trip.opened,
            trip.closed,
        )
        return int(found[0])

    def days(self, period: int, session: str) -> list[SymbolDay]:
        """Return a session's symbols as they were valued last, by name."""
        found = self._store.rows(
            "SELECT * FROM symbol_sessions WHERE epoch = ? AND session = ? ORDER BY symbol", period, session
        )
        return [day(row) for row in found]

    def latest(self, period: int) -> Totals:
        """Return what the symbols of a book have come to by its last complete session, if that says it."""
        found = self._store.rows(
            "SELECT symbols FROM sessions WHERE epoch = ? AND complete = 1 ORDER BY session DESC LIMIT 1",
            period,
        )
        return (totals_of(found[0]) if found else None) or {}

    def totals_from_rows(self, period: int, before: str, since: str = "") -> Totals:
        """Return what the complete sessions before an ISO date have come to, without the round trips.

        :param since: the first of them, an ISO date; "": the book's.
        """
        totals: Totals = {}
        for row in self._store.rows(
            f"SELECT mine.* FROM symbol_sessions AS mine {_WHOLE} "
            "WHERE mine.epoch = ? AND mine.session >= ? AND mine.session < ? ORDER BY mine.session",
            period,
            since,
            before,
        ):
            symbol = row["symbol"]
            totals[symbol] = totals.get(symbol, SymbolTotals()).after(row["session"], day(row))
        return totals

    def first(self, period: int) -> str | None:
        """Return the first complete session of a book that has rows, an ISO date; None: none has."""
        (found,) = self._store.rows(
            f"SELECT MIN(mine.session) AS session FROM symbol_sessions AS mine {_WHOLE} WHERE mine.epoch = ?",
            period,
        )
        return found["session"]  # type: ignore[no-any-return]

    def trips_closed(self, period: int, since: str, before: str) -> list[TripRow]:
        """Return the round trips that ended from an ISO date to before another one, the latest first.

        Whenever that was found out, if a complete session has: what no session counts may change yet.
        """
        found = self._store.rows(
            f"SELECT mine.* FROM round_trips AS mine {_WHOLE} WHERE mine.epoch = ? AND mine.closed >= ? "
            "AND mine.closed < ? ORDER BY mine.closed DESC, mine.session DESC, mine.number DESC",
            period,
            since,
            before,
        )
        return [trip(row) for row in found]

    def trips(self, period: int, most: int, until: str) -> list[TripRow]:
        """Return the round trips that ended last, the latest first, of the sessions valued until one."""
        found = self._store.rows(
            "SELECT * FROM round_trips WHERE epoch = ? AND session <= ? "
            "ORDER BY session DESC, number DESC LIMIT ?",
            period,
            until,
            most,
        )
        return [trip(row) for row in found]

    def totals_pnl(
        self, period: int, symbols: Sequence[str], most: int, until: str
    ) -> Mapping[str, list[Decimal]]:
        """Return each symbol's total P&L, cents, a loss negative, at the last closings, oldest first.

        :param most: so many sessions, until one, an ISO date.
        """
        earliest = self._store.rows(
            "SELECT session FROM sessions WHERE epoch = ? AND session <= ? AND complete = 1 "
            "ORDER BY session DESC LIMIT 1 OFFSET ?",
            period,
            until,
            most - 1,
        )
        found: dict[str, list[Decimal]] = {}
        if not symbols:
            return found
        names = ", ".join("?" * len(symbols))
        for row in self._store.rows(
            f"SELECT mine.symbol, mine.total_pnl FROM symbol_sessions AS mine {_WHOLE} WHERE mine.epoch = ? "
            f"AND mine.symbol IN ({names}) AND mine.session >= ? AND mine.session <= ? "
            "AND mine.total_pnl IS NOT NULL ORDER BY mine.session",
            period,
            *symbols,
            earliest[0]["session"] if earliest else "",
            until,
        ):
            found.setdefault(row["symbol"], []).append(Decimal(row["total_pnl"]))
        return found


@reader_of("sessions")
def totals_of(row: Any) -> Totals | None:
    """Return what a row of `sessions` keeps of the symbols; None where it keeps none."""
    if row["symbols"] is None:
        return None
    return {name: _read(each) for name, each in json.loads(row["symbols"]).items()}


def _written(totals: SymbolTotals) -> list[Any]:
    kept = totals.under_way and [totals.under_way.session, text(totals.under_way.realized)]
    return [text(each) if isinstance(each, Decimal) else each for each in totals[:-1]] + [kept]


def _read(written: list[Any]) -> SymbolTotals:
    since, last, sessions, gains, long, short, holding, trading, trips, won, profit, loss, kept = written
    return SymbolTotals(
        *(since, last, sessions, gains, long, short, Decimal(holding), Decimal(trading)),
        *(trips, won, Decimal(profit), Decimal(loss)),
        None if kept is None else OpenTrip(kept[0], Decimal(kept[1])),
    )


@reader_of("symbol_sessions")
def day(row: Any) -> SymbolDay:
    """Return a row of `symbol_sessions`."""
    amounts = (amount(row[name]) for name in (*_AMOUNTS[1:], *_SIGNAL))
    return SymbolDay(row["symbol"], Decimal(row["qty"]), *amounts)


@reader_of("round_trips")
def trip(row: Any) -> TripRow:
    """Return a row of `round_trips`."""
    sessions, pnl = row["sessions"], Decimal(row["pnl"])
    return TripRow(row["symbol"], row["side"], row["opened"], row["closed"], sessions, pnl)
