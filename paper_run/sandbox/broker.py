"""Orders and what becomes of them: accepted once, filled at the open, booked into positions and cash."""

import sqlite3
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from paper_run.sandbox import corporate, market, postings, special
from paper_run.sandbox.account import Position, cash_of_fill, total, written
from paper_run.sandbox.clock import priced_session, zulu
from paper_run.sandbox.exchange_days import new_york
from paper_run.sandbox.identifiers import uuid_of

STRATEGY = "alpha_baseline"


class Order(NamedTuple):
    """What a client asks for."""

    symbol: str
    side: str
    qty: int
    order_type: str = "market"
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: str = "day"


def client_order_id(order: Order, session: date) -> str:
    """Return the id of an order: the same order in the same session has the same one."""
    text = (
        f"{order.symbol}|{order.side}|{order.qty}|{order.limit_price}|{order.stop_price}|{STRATEGY}|{session}"
    )
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def place(connection: sqlite3.Connection, order: Order, session: date, now: datetime) -> tuple[str, bool]:
    """Enter an order, unless it is there already; return its id and whether it is new."""
    order_id = client_order_id(order, session)
    if find(connection, order_id) is not None:
        return order_id, False
    begin(connection, session)
    status, filled_qty, reason = _fate(order, session)
    broker_order_id = uuid_of(f"broker|{order_id}")
    stamp = zulu(now)
    row = (
        order_id, session.isoformat(), order.symbol, order.side, str(order.qty), order.order_type,
        None if order.limit_price is None else str(order.limit_price),
        None if order.stop_price is None else str(order.stop_price),
        order.time_in_force, status, broker_order_id, reason, stamp, stamp, None, "0", None,
    )  # fmt: skip
    connection.execute(f"INSERT INTO orders VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 - only marks
    if filled_qty:
        price = _fill_price(order, session)
        _fill(connection, order_id, order.symbol, order.side, Decimal(filled_qty), price, status, stamp)
    return order_id, True


def begin(connection: sqlite3.Connection, session: date) -> None:
    """Close the session before, once: fees and equity, and what befalls the account before this one opens."""
    last_played, begun = connection.execute("SELECT last_played, session FROM account, broker").fetchone()
    if begun == session.isoformat():
        return
    day = priced_session(date.fromisoformat(last_played) if last_played else None)
    postings.charge_fees(connection, day)
    worth = written(equity(connection, day))
    connection.execute("UPDATE broker SET session = ?, last_equity = ?", (session.isoformat(), worth))
    if session == corporate.EX_DATE:
        shares = {symbol: held for symbol, (held, _) in positions(connection).items()}
        corporate.befall(connection, session, shares)
        postings.befall(connection, session, shares)


def open_session(connection: sqlite3.Connection, session: date) -> None:
    """Bring the orders of earlier sessions to their end: late ones fill at this open, the rest expires."""
    begin(connection, session)
    opening = new_york(session, 9, 30)
    working = connection.execute(
        "SELECT client_order_id, symbol, side, qty, status FROM orders"
        " WHERE session < ? AND status IN ('new', 'accepted', 'partially_filled') ORDER BY session, rowid",
        (session.isoformat(),),
    ).fetchall()
    for order_id, symbol, side, qty, status in working:
        if status == "accepted":
            price = market.fill_price(symbol, session, side)
            _fill(connection, order_id, symbol, side, Decimal(qty), price, "filled", zulu(opening))
        else:
            connection.execute(
                "UPDATE orders SET status = 'expired', updated_at = ? WHERE client_order_id = ?",
                (zulu(opening), order_id),
            )


def find(connection: sqlite3.Connection, order_id: str) -> dict[str, Any] | None:
    """Return the row of an order."""
    row = connection.execute("SELECT * FROM orders WHERE client_order_id = ?", (order_id,)).fetchone()
    return None if row is None else dict(row)


def positions(connection: sqlite3.Connection) -> dict[str, tuple[Position, str]]:
    """Return every position ever held, closed ones too, with the time of its last fill."""
    rows = connection.execute("SELECT symbol, qty, cost, realized, updated_at FROM positions ORDER BY symbol")
    return {
        symbol: (Position(Decimal(qty), Decimal(cost), Decimal(realized)), updated_at)
        for symbol, qty, cost, realized, updated_at in rows
    }


def cash(connection: sqlite3.Connection) -> Decimal:
    """Return the account's cash as the broker tells it: the fees that accrue are off it by day."""
    return postings.balance(connection) - postings.accrued_fees(connection)


def values(connection: sqlite3.Connection, day: date) -> list[Decimal]:
    """Return what each open position was worth at a session's close; a short one less than nothing."""
    return [
        held.qty * market.close_price(symbol, day)
        for symbol, (held, _) in positions(connection).items()
        if held.qty
    ]


def equity(connection: sqlite3.Connection, day: date) -> Decimal:
    """Return cash and positions at a session's close."""
    return total([cash(connection), *values(connection, day)])


def _fate(order: Order, session: date) -> tuple[str, int, str | None]:
    """Return an order's status once the open is over, the quantity that fills, and the broker's complaint."""
    match order.symbol:
        case special.REFUSE:
            return "rejected", 0, special.REFUSE_MESSAGE
        case special.CANCEL:
            return "canceled", 0, None
        case special.LATE:
            return "accepted", 0, None
    if order.order_type != "market" and not _marketable(order, session):
        return "new", 0, None
    if order.symbol == special.PARTIAL and order.qty > 1:
        return "partially_filled", order.qty // 2, None
    return "filled", order.qty, None


def _marketable(order: Order, session: date) -> bool:
    """Whether a limit order meets the open; stop orders never do here."""
    if order.order_type != "limit" or order.limit_price is None:
        return False
    opening = market.open_price(order.symbol, session)
    return opening <= order.limit_price if order.side == "buy" else opening >= order.limit_price


def _fill_price(order: Order, session: date) -> Decimal:
    price = market.fill_price(order.symbol, session, order.side)
    if order.limit_price is None:
        return price
    return min(price, order.limit_price) if order.side == "buy" else max(price, order.limit_price)


def _fill(
    connection: sqlite3.Connection,
    order_id: str,
    symbol: str,
    side: str,
    qty: Decimal,
    price: Decimal,
    status: str,
    stamp: str,
) -> None:
    connection.execute(
        "UPDATE orders SET status = ?, filled_qty = ?, filled_avg_price = ?, filled_at = ?, updated_at = ?"
        " WHERE client_order_id = ?",
        (status, written(qty), str(price), stamp, stamp, order_id),
    )
    signed = qty if side == "buy" else -qty
    row = connection.execute(
        "SELECT qty, cost, realized FROM positions WHERE symbol = ?", (symbol,)
    ).fetchone()
    held = Position(*map(Decimal, row)) if row else Position()
    after = held.after_fill(signed, price)
    connection.execute(
        "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?)", (symbol, *map(str, after), stamp)
    )
    postings.move_cash(connection, cash_of_fill(signed, price))
