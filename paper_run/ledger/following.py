"""Orders followed to their end: which are still to be read, and what they filled goes into the book."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from paper_run import money
from paper_run.book import fills
from paper_run.book.holdings import Entry
from paper_run.ledger.rows import amount
from paper_run.model import findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from paper_run.ledger.books import Books, Epoch
    from paper_run.model.findings import Finding

_STALE_AFTER = 2


class Followed(NamedTuple):
    """An order that is still to be read again: its id, symbol, and the session of its trade."""

    client_order_id: str
    symbol: str
    session: date


class Following:
    """The part of the ledger that knows which orders still work; used in the ledger's transactions.

    :param rows: runs a query and returns its rows. :param run: runs a statement.
    """

    def __init__(self, rows: Callable[..., list[Any]], run: Callable[..., None], books: Books) -> None:
        self._rows = rows
        self._run = run
        self._books = books

    def followed(self) -> list[Followed]:
        """Return the orders that have not ended, of trades that were placed for real, for the present book.

        What an earlier trade filled, of which nothing was known when the book began, it has as a holding.
        """
        found = self._rows(
            "SELECT client_order_id, symbol, session FROM orders JOIN trades ON trades.id = orders.trade "
            "WHERE followed = 1 AND rehearsal = 0 AND trade >= "
            "(SELECT COALESCE(MAX(CASE WHEN last_trade IS NULL THEN trade ELSE last_trade + 1 END), 0) "
            "FROM epochs) ORDER BY orders.rowid"
        )
        return [
            Followed(row["client_order_id"], row["symbol"], date.fromisoformat(row["session"]))
            for row in found
        ]

    def stale(self) -> list[str]:
        """Return the ids of the orders that were given up."""
        return [row["client_order_id"] for row in self._rows("SELECT * FROM orders WHERE followed = 2")]

    def follow_again(self, client_order_ids: Iterable[str]) -> None:
        """Take orders that were given up for working ones once more."""
        for identity in client_order_ids:
            self._run("UPDATE orders SET followed = 1 WHERE client_order_id = ?", identity)

    def book_fills(self, epoch: Epoch, session: date, now: datetime, ended: Iterable[str]) -> list[Finding]:
        """Book what the orders have filled since it was looked at last; return what is odd.

        :param session: the one in which it is seen. :param ended: the status words after which nothing more
            fills.
        """
        remarks = []
        final = frozenset(ended)
        for row in self._rows(
            "SELECT orders.* FROM orders JOIN trades ON trades.id = orders.trade "
            "WHERE followed = 1 AND rehearsal = 0 AND orders.status IS NOT NULL AND trade >= ? "
            "ORDER BY orders.rowid",
            epoch.trade,
        ):
            identity, ordered = row["client_order_id"], Decimal(row["qty"])
            filled, price = amount(row["filled_qty"]), amount(row["filled_avg_price"])
            seen = fills.Seen(Decimal(row["booked_qty"]), Decimal(row["booked_dollars"]))
            grown = fills.growth(row["side"], ordered, seen, filled, price)
            if grown.remark:
                name = f"{row['side']} {money.digits(ordered)} {row['symbol']} ({identity})"
                remarks.append(findings.warning("fill", f"{name}: {grown.remark}.", subject=row["symbol"]))
            if grown.kind is not None:
                entry = Entry(grown.kind, row["symbol"], grown.qty, grown.dollars)
                self._books.append(epoch, session, (entry,), now, client_order_id=identity)
            whole = row["status"] != "filled" or (filled or money.ZERO) >= ordered
            working = row["status"] not in final or grown.waits or not whole
            self._run(
                "UPDATE orders SET booked_qty = ?, booked_dollars = ?, followed = ? "
                "WHERE client_order_id = ?",
                money.digits(grown.seen.qty),
                money.digits(grown.seen.dollars),
                int(working),
                identity,
            )
        return remarks

    def give_up_stale(self, session: date) -> list[Followed]:
        """Give up the working orders that two later sessions have seen; return them, once."""
        working = self.followed()
        if not working:
            return []
        found = self._rows(
            "SELECT session FROM trades NOT INDEXED WHERE state <> 'nothing' AND rehearsal = 0 "
            "UNION SELECT session FROM sessions UNION SELECT ?",
            session.isoformat(),
        )
        latest = sorted(row["session"] for row in found)[-_STALE_AFTER:]
        given_up = [
            order
            for order in working
            if len(latest) == _STALE_AFTER and order.session.isoformat() < latest[0]
        ]
        for order in given_up:
            self._run("UPDATE orders SET followed = 2 WHERE client_order_id = ?", order.client_order_id)
        return given_up
