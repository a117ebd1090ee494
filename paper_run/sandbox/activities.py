"""The account's activities as the broker lists them: each order's fill, and what moved without a trade."""

import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from paper_run.sandbox.account import written
from paper_run.sandbox.exchange_days import new_york
from paper_run.sandbox.identifiers import uuid_of


def between(connection: sqlite3.Connection, after: str, until: str) -> list[dict[str, Any]]:
    """Return every activity between two times, neither of them included, in the order of their ids.

    An id begins with New York's time of a fill; what moved without a trade has its date at 00:00, so it
    stands before the fills of its day.
    """
    orders = connection.execute("SELECT * FROM orders WHERE filled_at > ? AND filled_at < ?", (after, until))
    moves = connection.execute(
        "SELECT * FROM activities WHERE date || 'T00:00:00.000000Z' > ? AND date || 'T00:00:00.000000Z' < ?",
        (after, until),
    )
    return sorted([*map(_fill, orders), *map(_move, moves)], key=lambda each: str(each["id"]))


def _fill(row: sqlite3.Row) -> dict[str, Any]:
    """Write the one fill that an order of the sandbox has."""
    left = Decimal(row["qty"]) - Decimal(row["filled_qty"])
    return {
        "id": f"{_new_york_digits(row['filled_at'])}::{uuid_of('fill|' + row['client_order_id'])}",
        "activity_type": "FILL",
        "transaction_time": row["filled_at"],
        "type": "partial_fill" if left else "fill",
        "price": row["filled_avg_price"],
        "qty": row["filled_qty"],
        "side": row["side"],
        "symbol": row["symbol"],
        "leaves_qty": written(left),
        "order_id": row["broker_order_id"],
        "cum_qty": row["filled_qty"],
        "order_status": "partially_filled" if left else "filled",
    }


def _move(row: sqlite3.Row) -> dict[str, Any]:
    digits = row["date"].replace("-", "") + "000000000"
    optional = {name: row[name] for name in ("symbol", "qty", "per_share_amount") if row[name]}
    return {
        "id": f"{digits}::{uuid_of('activity|' + str(row['number']))}",
        "activity_type": row["type"],
        "date": row["date"],
        "net_amount": row["net_amount"],
        "description": row["description"],
        "status": "executed",
        **optional,
    }


def _new_york_digits(zulu: str) -> str:
    """Write a time in UTC as an activity's id does: New York's wall time, to the millisecond."""
    utc = datetime.fromisoformat(zulu)
    day = date(utc.year, utc.month, utc.day)
    behind = new_york(day, 12) - datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return f"{utc - behind:%Y%m%d%H%M%S%f}"[:17]
