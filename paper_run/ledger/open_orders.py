"""Orders followed to their end and beyond: which are read again, and what they filled goes into the book."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from paper_run import money
from paper_run.book import fills
from paper_run.book.holdings import Entry
from paper_run.book.splits import Span
from paper_run.errors import Remedy
from paper_run.ledger import rows
from paper_run.ledger.rows import amount
from paper_run.ledger.sqlite import dialect
from paper_run.model.commands import ours
from paper_run.model.findings import note, warning
from paper_run.model.order import Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from paper_run.ledger.book import BookPeriod, Books
    from paper_run.model.findings import Finding
    from paper_run.model.order import OrderState

MOST_READ = 500
"""How many orders a run or a mark reads again, the newest; `mark --stale` reads all."""
_SESSIONS_AFTER = 3


class Followed(NamedTuple):
    """An order of ours that is read again.

    :ivar name: its id, or what it is called where it has none. :ivar session: that of its attempt.
    :ivar state: as it was read last; None: it never was. :ivar unpriced: shares that filled without a price.
    """

    name: str
    symbol: str
    side: str
    qty: Decimal
    session: date
    state: OrderState | None
    has_ended: bool
    unpriced: Decimal

    @property
    def falls_short(self) -> bool:
        """Whether it is called filled, at fewer shares than were ordered."""
        state = self.state
        return state is not None and state.status == "filled" and (state.filled_qty or money.ZERO) < self.qty

    @property
    def asked(self) -> Asked:
        """What was ordered."""
        return Asked(self.symbol, self.side, self.qty)


class Again(NamedTuple):
    """The orders to be read again, and how many there are besides."""

    orders: tuple[Followed, ...]
    more: int


class OpenOrders:
    """The part of the ledger that knows which orders still work; used in the ledger's transactions.

    :param rows: runs a query and returns its rows. :param run: runs a statement.
    """

    def __init__(self, rows: Callable[..., list[Any]], run: Callable[..., None], books: Books) -> None:
        self._rows = rows
        self._run = run
        self._books = books

    def followed(self) -> list[Followed]:
        """Return the orders that have not ended, of attempts that were placed for real, for the present book.

        What an earlier attempt filled, of which nothing was known when the book began, it has as a holding.
        """
        found = self._rows(_OURS + f"AND followed = 1 {_IN_ORDER}")
        return [_followed(row) for row in found]

    def to_read(self, session: date, *, all_of_them: bool = False) -> Again:
        """Return the orders that a command of a session reads again, the newest if there are too many.

        Those that still work, and those that were seen to end in one of the three sessions before.
        """
        found = self._rows(
            f"{_OURS} AND client_order_id IN (SELECT client_order_id FROM orders WHERE followed = 1 UNION "
            "SELECT client_order_id FROM orders WHERE ended_in >= ? AND ended_in < ? AND said_by IS NULL) "
            f"{_IN_ORDER}",
            self._first_read_again(session),
            session.isoformat(),
        )
        orders = [_followed(row) for row in found]
        newest = orders if all_of_them else orders[-MOST_READ:]
        return Again(tuple(newest), len(orders) - len(newest))

    def first_attempt(self) -> int:
        """Return the row of the first attempt that the present book may hold."""
        (found,) = self._rows("SELECT " + _FIRST + " AS trade FROM epochs")
        return int(found["trade"])

    def order(self, name: str) -> Followed | None:
        """Return an order of ours by its name; None if the present book has no such order."""
        found = self._rows(_OURS + "AND client_order_id = ?", name)
        return _followed(found[0]) if found else None

    def _first_read_again(self, session: date) -> str:
        """Return the earliest session of whose orders that ended in it one of the next three is this one."""
        placed = "trades WHERE state <> 'nothing' AND rehearsal = 0 AND"
        found: set[str] = set()
        for table in (placed, "sessions WHERE"):
            query = f"SELECT DISTINCT session FROM {table} session < ? ORDER BY session DESC LIMIT ?"
            found |= {row["session"] for row in self._rows(query, session.isoformat(), _SESSIONS_AFTER)}
        return min(sorted(found)[-_SESSIONS_AFTER:], default="")

    def book_fills(
        self,
        period: BookPeriod,
        session: date,
        now: datetime,
        ended: Iterable[str],
        day_of: Callable[[datetime], date],
    ) -> list[Finding]:
        """Book what the orders have filled since it was looked at last; return what is odd.

        What a person has said of an order takes the place of all that was booked of it.

        :param session: the one in which it is seen. :param now: UTC. :param ended: the status words after
            which nothing more fills. :param day_of: the exchange's date at a moment: in its session a fill
            takes effect.
        """
        found: list[Finding] = []
        final = frozenset(ended)
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
            if row["said_by"] is not None:
                found.append(self._book_said(period, session, now, row))
                continue
            grown, filled = _fill_delta(row), amount(row["filled_qty"])
            if grown.remark and not grown.waits:
                found.append(_odd(row, grown))
            if grown.kind is not None:
                effective = _filled_in(row, session, day_of)
                entry = Entry(grown.kind, row["symbol"], grown.qty, grown.dollars, effective)
                self._books.append(period, session, (entry,), now, client_order_id=row["client_order_id"])
            whole = (
                row["status"] != "filled" or grown.contested or (filled or money.ZERO) >= Decimal(row["qty"])
            )
            working = row["status"] not in final or grown.waits or not whole
            ended_in = row["ended_in"] if row["followed"] == 0 else session.isoformat()
            self._run(
                "UPDATE orders SET booked_qty = ?, booked_dollars = ?, followed = ?, contested = ?, "
                "ended_in = ? WHERE client_order_id = ?",
                money.digits(grown.seen.qty),
                money.digits(grown.seen.dollars),
                int(working),
                int(grown.contested),
                None if working else ended_in,
                row["client_order_id"],
            )
        return found

    def follow_again(self, client_order_ids: Iterable[str]) -> None:
        """Take orders for working ones once more: the gateway says otherwise of them than it did."""
        for identity in client_order_ids:
            self._run(
                "UPDATE orders SET followed = 1 WHERE client_order_id = ? AND said_by IS NULL", identity
            )

    def end(self, names: Iterable[str]) -> None:
        """Follow orders no more that no party can be asked for: they have no id, and were never placed."""
        for name in names:
            self._run("UPDATE orders SET followed = 0 WHERE client_order_id = ?", name)

    def taken_back(self) -> list[Finding]:
        """Return the orders of the present book of which the gateway takes something back."""
        found = self._rows(_OURS + f"AND contested = 1 AND said_by IS NULL {_IN_ORDER}")
        return [_odd(row, _fill_delta(row)) for row in found]

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

        :param price: the average of all of them, dollars; None where nothing was filled.
        :param said_by: who, and when.
        """
        self._run(
            "UPDATE orders SET said_qty = ?, said_price = ?, said_by = ?, followed = ?, contested = 0 "
            "WHERE client_order_id = ?",
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
        qty, price = Decimal(row["said_qty"]), amount(row["said_price"]) or money.ZERO
        said = fills.Seen(qty, money.product(qty, price))
        if said != _seen(row):
            booked = said
            if row["side"] != "buy":
                booked = fills.Seen(said.qty.copy_negate(), said.dollars.copy_negate())
            # Folded where its first fill stands; where nothing of it was booked, in its attempt's session.
            entry = Entry("fill", row["symbol"], *booked, row["session"])
            self._books.append(
                period,
                session,
                (entry,),
                now,
                client_order_id=row["client_order_id"],
                note=row["said_by"],
                restates=True,
            )
        self._run(
            "UPDATE orders SET booked_qty = ?, booked_dollars = ?, followed = 0, ended_in = NULL "
            "WHERE client_order_id = ?",
            money.digits(said.qty),
            money.digits(said.dollars),
            row["client_order_id"],
        )
        filled = f"{money.digits(qty)} filled at {money.digits(price)}" if qty else "nothing filled"
        text = f"{_name(row)}: {filled}, said {row['said_by']}; it was {_told(row)}."
        return note("fill_said", text, subject=row["client_order_id"])


_SAID = 3
_IN_ORDER = f"ORDER BY orders.{dialect.ROW}"
_FIRST = "COALESCE(MAX(CASE WHEN last_trade IS NULL THEN trade ELSE last_trade + 1 END), 0)"
_OURS = (
    "SELECT orders.*, trades.session FROM orders JOIN trades ON trades.id = orders.trade "
    f"WHERE rehearsal = 0 AND trade >= (SELECT {_FIRST} FROM epochs) "
)


def _filled_in(row: Any, seen: date, day_of: Callable[[datetime], date]) -> str:
    """Return in which session an order filled, an ISO date: not before its attempt, nor after it was seen."""
    told = row["filled_at"]
    filled = seen if told is None else min(day_of(datetime.fromisoformat(told)), seen)
    return max(str(row["session"]), filled.isoformat())


def _seen(row: Any) -> fills.Seen:
    return fills.Seen(Decimal(row["booked_qty"]), Decimal(row["booked_dollars"]))


def _fill_delta(row: Any) -> fills.FillDelta:
    filled, price = amount(row["filled_qty"]), amount(row["filled_avg_price"])
    return fills.fill_delta(row["side"], Decimal(row["qty"]), _seen(row), filled, price)


def _followed(row: Any) -> Followed:
    is_read = row["status"] is not None or row["said_by"] is not None
    state = rows.order(row) if is_read else None
    filled = (state.filled_qty if state else None) or money.ZERO
    priced = state is not None and state.filled_avg_price is not None and state.filled_avg_price > 0
    missing = money.CONTEXT.subtract(filled, Decimal(row["booked_qty"]))
    return Followed(
        name=row["client_order_id"],
        symbol=row["symbol"],
        side=row["side"],
        qty=Decimal(row["qty"]),
        session=date.fromisoformat(row["session"]),
        state=state,
        has_ended=row["followed"] != 1,
        unpriced=money.ZERO if priced or missing <= 0 else missing,
    )


def _name(row: Any) -> str:
    return f"{row['side']} {money.digits(Decimal(row['qty']))} {row['symbol']} ({row['client_order_id']})"


def _told(row: Any) -> str:
    """Say what was booked of an order before a person spoke."""
    seen = _seen(row)
    if not seen.qty:
        return "not booked before"
    return f"booked as {money.digits(seen.qty)} at {money.digits(fills.average(seen))} before"


def _odd(row: Any, grown: fills.FillDelta) -> Finding:
    identity, name = row["client_order_id"], _name(row)
    if not grown.contested:
        return warning("fill", f"{name}: {grown.remark}.", subject=row["symbol"])
    filled, price = amount(row["filled_qty"]), amount(row["filled_avg_price"])
    booked = f"{money.trimmed(grown.seen.qty)}@{money.trimmed(fills.average(grown.seen))}"
    told = (
        ("--filled", f"{money.trimmed(filled)}@{money.trimmed(price)}")
        if filled and price
        else ("--not-filled",)
    )
    return warning(
        "fill_taken_back",
        f"{name}: {grown.remark}.",
        subject=identity,
        remedies=(
            Remedy("If the gateway is right", ours("resolve", "--order", identity, *told)),
            Remedy("If what is booked is right", ours("resolve", "--order", identity, "--filled", booked)),
        ),
    )
