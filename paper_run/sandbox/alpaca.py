"""The broker, as it lets itself be read: account, orders, positions, activities, corporate actions.

It has the very orders and fills that the gateway was sent, and it knows what the gateway never hears of. Its
Date headers are of the simulated clock, which the times of its orders go by.
"""

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from paper_run.sandbox import activities, broker, corporate, market, postings, special
from paper_run.sandbox.account import Position, total, written
from paper_run.sandbox.clock import http_date, priced_session, zulu
from paper_run.sandbox.exchange_days import FIRST_SESSION, new_york, previous_session
from paper_run.sandbox.identifiers import uuid_of
from paper_run.sandbox.state import State, played
from paper_run.sandbox.web import Answer, Request, Route

_KEY_HEADERS = ("apca-api-key-id", "apca-api-secret-key")
_NOT_AUTHORIZED = Answer(401, {"code": 40110000, "message": "request is not authorized"})
_OPEN = frozenset({"new", "accepted", "partially_filled"})
_ENDED_AT = {"expired": "expired_at", "canceled": "canceled_at", "rejected": "failed_at"}
_MOST_ORDERS, _MOST_ACTIVITIES = 500, 100


class _WrongQueryError(Exception):
    """A parameter of the query that the broker does not take."""


def broker_routes(state: State) -> list[Route]:
    """Return what the broker answers."""

    def reading(
        serve: Callable[[sqlite3.Connection, Request], Answer],
    ) -> Callable[[Request], Answer]:
        def served(request: Request) -> Answer:
            if not has_keys(request):
                return _NOT_AUTHORIZED
            try:
                with state.store.reading() as connection:
                    now = http_date(state.now_by(connection)[1])
                    return serve(connection, request)._replace(headers=(("Date", now),))
            except _WrongQueryError as error:
                return Answer(422, {"code": 40010001, "message": str(error)})

        return served

    return [
        Route("GET", "/v2/account", reading(_account)),
        Route("GET", "/v2/orders", reading(_orders)),
        Route("GET", "/v2/orders:by_client_order_id", reading(_order)),
        Route("GET", "/v2/positions", reading(_positions)),
        Route("GET", "/v2/account/activities", reading(_activities)),
        Route("GET", "/v1/corporate-actions", reading(_corporate_actions)),
    ]


def has_keys(request: Request) -> bool:
    """Whether a request has a pair of keys."""
    return all(request.headers.get(name) for name in _KEY_HEADERS)


def _account(connection: sqlite3.Connection, _: Request) -> Answer:
    account_id, last_equity = connection.execute("SELECT account_id, last_equity FROM broker").fetchone()
    day = priced_session(played(connection)[0])
    values, equity = broker.values(connection, day), written(broker.equity(connection, day))
    long, short = (total([each for each in values if (each > 0) is side]) for side in (True, False))
    return Answer(
        200,
        {
            "id": account_id,
            "account_number": f"PA{account_id[:8].upper()}",
            "status": "ACTIVE",
            "currency": "USD",
            "cash": written(broker.cash(connection)),
            "accrued_fees": written(postings.accrued_fees(connection)),
            "portfolio_value": equity,
            "equity": equity,
            "last_equity": last_equity,
            "long_market_value": written(long),
            "short_market_value": written(short),
            "trading_blocked": False,
            "transfers_blocked": False,
            "account_blocked": False,
            "trade_suspended_by_user": False,
            "shorting_enabled": True,
            "multiplier": "4",
            "created_at": zulu(new_york(FIRST_SESSION, 8)),
        },
    )


def _orders(connection: sqlite3.Connection, request: Request) -> Answer:
    """List orders by the time at which they were submitted; `after` and `until` are exclusive."""
    query = request.query
    status = _one_of(query, "status", ("open", "closed", "all"))
    limit = _whole_number(query, "limit", 50, _MOST_ORDERS)
    symbols = [symbol for symbol in query.get("symbols", "").split(",") if symbol]
    way = _one_of(query, "direction", ("desc", "asc"))
    where = f"created_at > ? AND created_at < ? ORDER BY created_at {way}, rowid {way}"
    rows = connection.execute(f"SELECT * FROM orders WHERE {where}", _span(query))  # noqa: S608 - two words
    found = (
        _shown(row)
        for row in rows
        if (status == "all" or (row["status"] in _OPEN) is (status == "open"))
        and (not symbols or row["symbol"] in symbols)
    )
    return Answer(200, list(islice(found, limit)))


def _order(connection: sqlite3.Connection, request: Request) -> Answer:
    order_id = request.query.get("client_order_id", "")
    row = connection.execute("SELECT * FROM orders WHERE client_order_id = ?", (order_id,)).fetchone()
    if row is None:
        return Answer(404, {"code": 40410000, "message": f"order not found for {order_id}"})
    return Answer(200, _shown(row))


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    ended = {
        name: row["updated_at"] if status == row["status"] else None for status, name in _ENDED_AT.items()
    }
    return {
        "id": row["broker_order_id"],
        "client_order_id": row["client_order_id"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "submitted_at": row["created_at"],
        "filled_at": row["filled_at"],
        **ended,
        "replaced_at": None,
        "replaced_by": None,
        "replaces": None,
        "asset_id": uuid_of(f"asset|{row['symbol']}"),
        "symbol": row["symbol"],
        "asset_class": "us_equity",
        "notional": None,
        "qty": row["qty"],
        "filled_qty": row["filled_qty"],
        "filled_avg_price": row["filled_avg_price"],
        "order_class": "",
        "order_type": row["order_type"],
        "type": row["order_type"],
        "side": row["side"],
        "time_in_force": row["time_in_force"],
        "limit_price": row["limit_price"],
        "stop_price": row["stop_price"],
        "status": row["status"],
        "extended_hours": False,
        "legs": None,
    }


def _positions(connection: sqlite3.Connection, _: Request) -> Answer:
    day = priced_session(played(connection)[0])
    held = broker.positions(connection).items()
    return Answer(200, [_position(symbol, each, day) for symbol, (each, _) in held if each.qty])


def _position(symbol: str, position: Position, day: date) -> dict[str, Any]:
    price, before = market.close_price(symbol, day), market.close_price(symbol, previous_session(day))
    return {
        "asset_id": uuid_of(f"asset|{symbol}"),
        "symbol": symbol,
        "exchange": "NASDAQ",
        "asset_class": "us_equity",
        "asset_marginable": True,
        "qty": written(position.qty),
        "qty_available": written(position.qty),
        "side": "long" if position.qty > 0 else "short",
        "avg_entry_price": written(position.avg_entry_price),
        "market_value": written(position.qty * price),
        "cost_basis": written(position.cost),
        "unrealized_pl": written(position.unrealized(price)),
        "current_price": None if symbol == special.NOPRICE else str(price),
        "lastday_price": str(before),
        "change_today": written(price / before - 1),
    }


def _activities(connection: sqlite3.Connection, request: Request) -> Answer:
    """List activities by their ids; `after` and `until` are exclusive, a page token is the last id seen."""
    query = request.query
    kinds = [kind for kind in query.get("activity_types", "").split(",") if kind]
    category = _one_of(query, "category", ("", "trade_activity", "non_trade_activity"))
    if kinds and category:
        raise _WrongQueryError("category and activity_types can't be given together")
    size = _whole_number(query, "page_size", _MOST_ACTIVITIES, _MOST_ACTIVITIES)
    found = [
        each
        for each in activities.between(connection, *_span(query))
        if (not kinds or each["activity_type"] in kinds)
        and (not category or (each["activity_type"] == "FILL") == (category == "trade_activity"))
    ]
    if _one_of(query, "direction", ("desc", "asc")) == "desc":
        found.reverse()
    if (token := query.get("page_token")) is not None:
        ids = [each["id"] for each in found]
        if token not in ids:
            raise _WrongQueryError("page_token is the id of no activity")
        found = found[ids.index(token) + 1 :]
    return Answer(200, found[:size])


def _corporate_actions(_: sqlite3.Connection, request: Request) -> Answer:
    """List corporate actions; `start` and `end` are of the date on which they are processed."""
    query = request.query
    symbols = [symbol for symbol in query.get("symbols", "").split(",") if symbol]
    types = [kind for kind in query.get("types", "").split(",") if kind]
    start, end = query.get("start", ""), query.get("end", "9999-12-31")
    found = {
        name: [
            action
            for kind, action in actions
            if (not symbols or action["symbol"] in symbols)
            and (not types or kind in types)
            and start[:10] <= action["process_date"] <= end[:10]
        ]
        for name, actions in corporate.listed().items()
    }
    shown = {name: actions for name, actions in found.items() if actions}
    return Answer(200, {"corporate_actions": shown, "next_page_token": None})


def _one_of(query: dict[str, str], name: str, words: tuple[str, ...]) -> str:
    """Read one of some words; the first where nothing is given."""
    word = query.get(name, words[0])
    if word not in words:
        raise _WrongQueryError(f"{name} must be one of {', '.join(words)}")
    return word


def _whole_number(query: dict[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise _WrongQueryError(f"{name} must be between 1 and {most}")
    return int(text)


def _span(query: dict[str, str]) -> tuple[str, str]:
    """Return what lies before and after all that is asked for, as the state writes a time."""
    return _moment(query, "after", ""), _moment(query, "until", "~")


def _moment(query: dict[str, str], name: str, default: str) -> str:
    """Read a time; without a zone it is UTC, a date is its 00:00."""
    if (text := query.get(name)) is None:
        return default
    try:
        read = datetime.fromisoformat(text.replace(" ", "+"))
        return zulu((read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC))
    except (ValueError, OverflowError):
        raise _WrongQueryError(f"{name} is no time") from None
