"""Orders followed to their end and beyond: which are read again, and what they filled goes into the book."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple, money
from paper_run.book import fills
from paper_run.book.holdings import Entry
from paper_run.book.splits import Span
from paper_run.ledger import order_rows
from paper_run.ledger.rows import Part, amount
from paper_run.ledger.sqlite import dialect

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from paper_run.ledger.book import BookPeriod, Books
    from paper_run.ledger.order_rows import Followed, Sent
    from paper_run.ledger.store import Store
    from paper_run.model.broker import FillActivity
    from paper_run.model.findings import Finding

MOST_READ = 500
"""How many orders a run or a mark reads again, the newest; `mark --stale` reads all."""
_SESSIONS_AFTER = 3


class Again(NamedTuple):
    """The orders to be read again, and how many there are besides."""

    orders: tuple[Followed, ...]
    more: int


class OpenOrders(Part):
    """The part of the ledger that knows which orders still work; used in the ledger's transactions."""

    def __init__(self, store: Store, books: Books) -> None:
        super().__init__(store)
        self._books = books

    def followed(self) -> list[Followed]:
        """Return the orders that have not ended, of attempts that were placed for real, for the present book.

        What an earlier attempt filled, of which nothing was known when the book began, it has as a holding.
        """
        found = self._rows(_OURS + f"AND followed = 1 {_IN_ORDER}")
        return [order_rows.of_row(row) for row in found]

    def to_read(self, session: date, *, besides: Collection[str], all_of_them: bool) -> Again:
        """Return the orders that a command of a session reads again, the newest if there are too many.

        Those that still work, and those that were seen to end in one of the three sessions before.

        :param besides: the names of those that it reads anyway.
        """
        found = self._rows(
            f"{_OURS} AND client_order_id IN (SELECT client_order_id FROM orders WHERE followed = 1 UNION "
            "SELECT client_order_id FROM orders WHERE ended_in >= ? AND ended_in < ? AND said_by IS NULL) "
            f"{_IN_ORDER}",
            self._first_read_again(session),
            session.isoformat(),
        )
        orders = [order_rows.of_row(row) for row in found if row["client_order_id"] not in besides]
        newest = orders if all_of_them else orders[-MOST_READ:]
        return Again(tuple(newest), len(orders) - len(newest))

    def first_attempt(self) -> int:
        """Return the row of the first attempt that the present book may hold."""
        (found,) = self._rows("SELECT " + _FIRST + " AS trade FROM epochs")
        return int(found["trade"])

    def order(self, name: str) -> Followed | None:
        """Return an order of ours by its name; None if the present book has no such order."""
        found = self._rows(_OURS + "AND client_order_id = ?", name)
        return order_rows.of_row(found[0]) if found else None

    def _first_read_again(self, session: date) -> str:
        """Return the earliest session of whose orders that ended in it one of the next three is this one."""
        placed = "trades WHERE state <> 'nothing' AND rehearsal = 0 AND"
        found: set[str] = set()
        for table in (placed, "sessions WHERE"):
            query = f"SELECT DISTINCT session FROM {table} session < ? ORDER BY session DESC LIMIT ?"
            found |= {row["session"] for row in self._rows(query, session.isoformat(), _SESSIONS_AFTER)}
        return min(sorted(found)[-_SESSIONS_AFTER:], default="")

    def correct(
        self,
        period: BookPeriod,
        session: date,
        now: datetime,
        executed: Mapping[str, Sequence[FillActivity]],
    ) -> list[Finding]:
        """Book what the broker has corrected of orders that have filled on; return what is told.

        What has filled since is added to that by `book_fills`.

        :param session: the one in which it is seen. :param now: UTC. :param executed: by their ids, the
            broker's executions of orders that may have filled on.
        """
        found: list[Finding] = []
        followed = "client_order_id IN (SELECT client_order_id FROM orders WHERE followed = 1)"
        for row in self._rows(f"{_OURS} AND {followed} {_IN_ORDER}") if executed else ():
            part = order_rows.corrected(row, executed.get(row["client_order_id"], ()))
            if part is not None:
                self._restate(period, session, now, row, part, "the broker's word")
                self._run(
                    "UPDATE orders SET booked_qty = ?, booked_dollars = ? WHERE client_order_id = ?",
                    *(money.digits(part.qty), money.digits(part.dollars), row["client_order_id"]),
                )
                found.append(order_rows.corrected_before(row, part))
        return found

    def book_fills(
        self,
        period: BookPeriod,
        session: date,
        now: datetime,
        ended: Iterable[str],
        day_of: Callable[[datetime], date],
        *,
        today: date | None = None,
        awaits_broker: bool = False,
        untold: Collection[str] = (),
        dated: Collection[str] = (),
    ) -> list[Finding]:
        """Book what the orders have filled since it was looked at last; return what is odd.

        What a person has said of an order takes the place of all that was booked of it.

        :param session: the one in which it is seen. :param now: UTC. :param ended: the status words after
            which nothing more fills. :param day_of: the exchange's date at a moment: in its session a fill
            takes effect.
        :param today: the exchange's date, where that is later than the session.
        :param awaits_broker: whether the gateway's word is not booked, for the broker's could not be read.
        :param untold: of these alone it is not.
        :param dated: the symbols of which something is listed, beside which it matters when a fill was.
        """
        found: list[Finding] = []
        final, latest = frozenset(ended), max(session, today or session)
        for row in self._rows(
            "SELECT orders.*, session FROM orders JOIN trades ON trades.id = orders.trade "
            "WHERE rehearsal = 0 AND client_order_id IN "
            "(SELECT client_order_id FROM orders WHERE followed = 1 AND status IS NOT NULL UNION "
            "SELECT client_order_id FROM orders WHERE followed = 3 UNION "
            "SELECT client_order_id FROM orders WHERE contested = 1 UNION "
            f"SELECT client_order_id FROM orders WHERE ended_in >= ?) AND trade >= ? {_IN_ORDER}",
            self._first_read_again(session),
            period.attempt,
        ):
            if row["said_by"] is not None and row["told_by"] is None:
                found.append(self._book_said(period, session, now, row))
                continue
            if row["told_by"] is None and (awaits_broker or row["client_order_id"] in untold):
                continue
            grown, filled = order_rows.delta(row), amount(row["filled_qty"])
            if row["told_by"] is not None and order_rows.refolds(row, grown):
                said = order_rows.told(row)
                self._restate(period, session, now, row, said, "the broker's word")
                if order_rows.matters(row, said):
                    found.append(order_rows.refolded(row, said))
                grown = order_rows.as_told(said)
            elif not grown.waits:
                found += order_rows.odd(row, grown)
            if grown.kind is not None:
                effective = _filled_in(row, session, latest, day_of)
                entry = Entry(grown.kind, row["symbol"], grown.qty, grown.dollars, effective)
                self._books.append(period, session, (entry,), now, client_order_id=row["client_order_id"])
            if row["symbol"] in dated and row["told_by"] is not None and grown.seen.qty:
                filled_in = _filled_in(row, session, latest, day_of)
                self._put_back(period, session, now, row, grown.seen, filled_in)
            falls_short = row["told_by"] is None and (filled or money.ZERO) < Decimal(row["qty"])
            whole = row["status"] != "filled" or grown.contested or not falls_short
            working = row["status"] not in final or grown.waits or not whole
            ended_in = row["ended_in"] if row["followed"] == 0 else session.isoformat()
            booked = (
                *(money.digits(grown.seen.qty), money.digits(grown.seen.dollars)),
                *(int(working), int(grown.contested), None if working else ended_in, None),
            )
            if booked != tuple(row[name] for name in _BOOKED):
                self._run(_BOOK, *booked, row["client_order_id"])
        return found

    def _put_back(
        self, period: BookPeriod, session: date, now: datetime, row: Any, booked: fills.Seen, filled_in: str
    ) -> None:
        """Book an order in the session in which the broker says that it filled, if it stands in a later one.

        The gateway heard of it late. What split in between was held by then.

        :param booked: all of it, unsigned. :param filled_in: that session, an ISO date.
        """
        found = self._rows(
            "SELECT MIN(effective) AS first FROM entries WHERE epoch = ? AND session >= ? "
            "AND client_order_id = ? AND kind = 'fill' AND restates = 0",
            *(period.id, row["session"], row["client_order_id"]),
        )
        if row["filled_at"] is None or (found[0]["first"] or "") <= filled_in:
            return
        self._restate(period, session, now, row, fills.Seen(money.ZERO, money.ZERO), "filled earlier")
        signed = booked if row["side"] == "buy" else fills.Seen(*(each.copy_negate() for each in booked))
        entry = Entry("fill", row["symbol"], *signed, filled_in)
        self._books.append(period, session, (entry,), now, client_order_id=row["client_order_id"])

    def follow_again(self, client_order_ids: Iterable[str]) -> None:
        """Take orders for working ones once more: the gateway says otherwise of them than it did."""
        for identity in client_order_ids:
            self._run(
                "UPDATE orders SET followed = 1 WHERE client_order_id = ? AND said_by IS NULL "
                "AND told_by IS NULL",
                identity,
            )

    def end(self, names: Iterable[str]) -> None:
        """Follow orders no more that no party can be asked for: they have no id, and were never placed."""
        for name in names:
            self._run("UPDATE orders SET followed = 0 WHERE client_order_id = ?", name)

    def taken_back(self) -> list[Finding]:
        """Return the orders of the present book of which the gateway takes something back."""
        found = self._rows(_OURS + f"AND contested = 1 AND said_by IS NULL {_IN_ORDER}")
        return [each for row in found for each in order_rows.odd(row, order_rows.delta(row))]

    def missing(self) -> dict[str, Span]:
        """Return, by symbol, how many signed shares the book may lack of what the gateway has counted.

        Those that working orders have not filled here yet, and those that the gateway takes back.
        """
        found: dict[str, Span] = {}
        for row in self._rows(_OURS + "AND (followed = 1 OR contested = 1) AND said_by IS NULL"):
            of = amount(row["filled_qty"]) if row["contested"] else Decimal(row["qty"])
            shares = money.CONTEXT.subtract(of or money.ZERO, Decimal(row["booked_qty"]))
            shares = shares if row["side"] == "buy" else shares.copy_negate()
            low, high = found.get(row["symbol"], (money.ZERO, money.ZERO))
            found[row["symbol"]] = Span(
                money.CONTEXT.add(low, min(shares, money.ZERO)),
                money.CONTEXT.add(high, max(shares, money.ZERO)),
            )
        return found

    def say(self, name: str, qty: Decimal, price: Decimal | None, said_by: str) -> None:
        """Write what a person says that an order has filled; it is booked with the next valuation.

        :param qty: shares, unsigned. :param price: the average of all of them, dollars; None where nothing
            was filled.
        :param said_by: who, and when.
        """
        self._run(
            "UPDATE orders SET said_qty = ?, said_price = ?, said_by = ?, followed = ?, contested = 0, "
            "told_by = NULL WHERE client_order_id = ?",
            money.digits(qty),
            None if price is None else money.digits(price),
            said_by,
            _SAID,
            name,
        )

    def add(self, name: str, attempt: int, symbol: str, side: str, qty: Decimal) -> None:
        """Write an order that has no id under the name that it is called by; unsigned shares."""
        self._run(
            "INSERT INTO orders (client_order_id, trade, symbol, side, qty) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (client_order_id) DO NOTHING",
            name,
            attempt,
            symbol,
            side,
            money.digits(qty),
        )

    def _book_said(self, period: BookPeriod, session: date, now: datetime, row: Any) -> Finding:
        said = order_rows.said(row)
        if said != order_rows.seen(row):
            self._restate(period, session, now, row, said, row["said_by"])
        self._run(
            "UPDATE orders SET booked_qty = ?, booked_dollars = ?, followed = 0, ended_in = NULL "
            "WHERE client_order_id = ?",
            money.digits(said.qty),
            money.digits(said.dollars),
            row["client_order_id"],
        )
        return order_rows.by_hand(row, said)

    def _restate(
        self, period: BookPeriod, session: date, now: datetime, row: Any, said: fills.Seen, note: str
    ) -> None:
        """Book an order as if it had been filled so from the start."""
        booked = said
        if row["side"] != "buy":
            booked = fills.Seen(said.qty.copy_negate(), said.dollars.copy_negate())
        # Folded where its first fill stands; where nothing of it was booked, in its attempt's session.
        entry = Entry("fill", row["symbol"], *booked, row["session"])
        name = row["client_order_id"]
        self._books.append(period, session, (entry,), now, client_order_id=name, note=note, restates=True)

    def sent(self, since: date) -> list[Sent]:
        """Return our orders of attempts from a session on, and older ones that have not ended."""
        found = self._rows(
            f"{_OURS} AND (trades.session >= ? OR followed <> 0 OR contested = 1) {_IN_ORDER}",
            since.isoformat(),
        )
        return [order_rows.sent(row) for row in found]

    def sent_from(self, since: date) -> datetime | None:
        """Return when the first attempt from a session on was made that may have placed an order, UTC."""
        found = self._rows(
            "SELECT gateway_clock, started_at FROM trades WHERE rehearsal = 0 AND state <> 'nothing' "
            f"AND session >= ? AND id >= (SELECT {_FIRST} FROM epochs)",
            since.isoformat(),
        )
        return min(map(order_rows.sent_at, found), default=None)

    def follow_told(self, names: Iterable[str]) -> None:
        """Have what the broker says otherwise than before be booked, also of orders that had ended."""
        for name in names:
            self._run("UPDATE orders SET followed = 1 WHERE client_order_id = ? AND followed = 0", name)


_SAID = 3
_BOOKED = ("booked_qty", "booked_dollars", "followed", "contested", "ended_in", "said_by")
_BOOK = f"UPDATE orders SET {', '.join(f'{name} = ?' for name in _BOOKED)} WHERE client_order_id = ?"
_IN_ORDER = f"ORDER BY orders.{dialect.ROW}"
_FIRST = "COALESCE(MAX(CASE WHEN last_trade IS NULL THEN trade ELSE last_trade + 1 END), 0)"
_OURS = (
    "SELECT orders.*, trades.session, gateway_clock, started_at FROM orders "
    "JOIN trades ON trades.id = orders.trade "
    f"WHERE rehearsal = 0 AND trade >= (SELECT {_FIRST} FROM epochs) "
)


def _filled_in(row: Any, seen: date, latest: date, day_of: Callable[[datetime], date]) -> str:
    """Return in which session an order filled, an ISO date: not before its attempt, nor after it was seen.

    One of the morning after is of that day, also where the session before is valued.

    :param seen: the session that is valued. :param latest: the day on which it is.
    """
    told = row["filled_at"]
    filled = seen if told is None else min(day_of(datetime.fromisoformat(told)), latest)
    return max(str(row["session"]), filled.isoformat())
