"""T4: takes orders, tells what became of them, and knows the positions.

An order sent by anybody but T5 belongs to the session that is played next, and fills at its open.
"""

from decimal import Decimal
from typing import Any

from paper_run.sandbox import broker, market, special
from paper_run.sandbox.account import Position, total, written
from paper_run.sandbox.broker import STRATEGY, Order
from paper_run.sandbox.clock import naive, priced_session, zulu
from paper_run.sandbox.exchange_days import close_time
from paper_run.sandbox.state import State, played
from paper_run.sandbox.validation import Fields
from paper_run.sandbox.web import Answer, Gate, HangUpError, RefusedError, Request, Route, Service

RUN_HEADER = "x-sandbox-run"  # names the run that an order belongs to


def execution_gateway(state: State, gate: Gate | None) -> Service:
    """Build the service on the shared state; `gate` lets requests in."""

    def root(_: Request) -> Answer:
        return Answer(200, {"service": "execution_gateway", "version": "0.1.0", "status": "running"})

    def health(_: Request) -> Answer:
        session, now = state.now()
        body = {
            "status": "healthy",
            "service": "execution_gateway",
            "version": "0.1.0",
            "dry_run": False,
            "database_connected": True,
            "alpaca_connected": True,
            "timestamp": naive(now),
            "details": {"strategy_id": STRATEGY, "alpaca_base_url": None},
            "sandbox": True,
            "session": session.isoformat(),
        }
        return Answer(200, body)

    def submit(request: Request) -> Answer:
        order = _order(request)
        if order.symbol == special.REJECT:
            raise RefusedError(422, special.REJECT_DETAIL)
        if order.symbol == special.HALT:
            raise RefusedError(503, special.kill_switch(zulu(state.now()[1])))
        with state.order_entry(request.headers.get(RUN_HEADER)) as (connection, session, now):
            order_id, is_new = broker.place(connection, order, session, now)
            row = broker.find(connection, order_id)
        _break_off(order.symbol)
        return Answer(200, _submitted(_heard(row or {}), is_new=is_new))

    def one_order(request: Request) -> Answer:
        order_id = request.names[0]
        with state.store.reading() as connection:
            row = broker.find(connection, order_id)
        if row is None:
            raise RefusedError(404, f"Order not found: {order_id}")
        return Answer(200, _detail(_heard(row)))

    def all_positions(_: Request) -> Answer:
        return Answer(200, _envelope(state))

    return Service(
        "execution gateway",
        [
            Route("GET", "/", root),
            Route("GET", "/health", health),
            Route("POST", "/api/v1/orders", submit, "submit_order"),
            Route("GET", "/api/v1/orders/{}", one_order, "view_orders"),
            Route("GET", "/api/v1/positions", all_positions, "view_positions"),
        ],
        gate,
    )


def _order(request: Request) -> Order:
    fields = Fields.of_body(request)
    order = Order(
        symbol=fields.symbol(),
        side=fields.word("side", ("buy", "sell")),
        qty=fields.integer("qty", None, 1),
        order_type=fields.word("order_type", ("market", "limit", "stop", "stop_limit"), "market"),
        limit_price=fields.amount("limit_price"),
        stop_price=fields.amount("stop_price"),
        time_in_force=fields.word("time_in_force", ("day", "gtc", "ioc", "fok"), "day"),
    )
    fields.check()
    for name, price in (("limit", order.limit_price), ("stop", order.stop_price)):
        if (name in order.order_type.split("_")) != (price is not None):
            needed = "required" if price is None else "not allowed"
            raise RefusedError(422, f"{name}_price is {needed} for {order.order_type} orders")
        if price is not None and price <= 0:
            raise RefusedError(422, f"{name}_price must be positive")
    return order


def _break_off(symbol: str) -> None:
    """Fail, where that is asked for, once the broker has the order."""
    if symbol == special.DOUBT:
        raise HangUpError
    if symbol == special.CUTOFF:
        raise RefusedError(500, special.CUTOFF_MESSAGE)


def _heard(row: dict[str, Any]) -> dict[str, Any]:
    """Return what the gateway knows of an order: of some it never hears what the broker has made of it."""
    if row["symbol"] not in special.UNHEARD:
        return row
    nothing = {
        "filled_at": None,
        "filled_qty": "0",
        "filled_avg_price": None,
        "updated_at": row["created_at"],
    }
    if row["symbol"] == special.DEAF:
        return row | nothing | {"status": "pending_new"}
    refused = {"status": "rejected", "broker_order_id": None, "error_message": special.CUTOFF_MESSAGE}
    return row | nothing | refused


def _submitted(row: dict[str, Any], *, is_new: bool) -> dict[str, Any]:
    """Write the answer to a POST: a new order is pending, whatever its fate."""
    return {
        "client_order_id": row["client_order_id"],
        "status": "pending_new" if is_new else row["status"],
        "broker_order_id": row["broker_order_id"],
        "symbol": row["symbol"],
        "side": row["side"],
        "qty": int(row["qty"]),
        "order_type": row["order_type"],
        "limit_price": row["limit_price"],
        "created_at": row["created_at"],
        "message": "Order submitted to broker" if is_new else "Order already submitted (idempotent retry)",
    }


def _detail(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "client_order_id": row["client_order_id"],
        "strategy_id": STRATEGY,
        "symbol": row["symbol"],
        "side": row["side"],
        "qty": int(row["qty"]),
        "order_type": row["order_type"],
        "limit_price": row["limit_price"],
        "stop_price": row["stop_price"],
        "time_in_force": row["time_in_force"],
        "status": row["status"],
        "broker_order_id": row["broker_order_id"],
        "error_message": row["error_message"],
        "retry_count": 0,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "submitted_at": row["created_at"],
        "filled_at": row["filled_at"],
        "filled_qty": row["filled_qty"],
        "filled_avg_price": row["filled_avg_price"],
        "metadata": {},
    }


def _envelope(state: State) -> dict[str, Any]:
    """Write the open positions, marked at the close of the session played last."""
    with state.store.reading() as connection:
        held, last_played = broker.positions(connection), played(connection)[0]
    day = priced_session(last_played)
    shown, unrealized, realized = [], [], []
    for symbol, (position, updated_at) in held.items():
        if not position.qty or symbol in special.UNHEARD:
            continue
        price = None if symbol == special.NOPRICE else market.close_price(symbol, day)
        shown.append(_position(symbol, position, price, updated_at, zulu(close_time(day))))
        realized.append(position.realized)
        if price is not None:
            unrealized.append(position.unrealized(price))
    return {
        "positions": shown,
        "total_positions": len(shown),
        "total_unrealized_pl": written(total(unrealized)) if unrealized else None,
        "total_realized_pl": written(total(realized)),
    }


def _position(
    symbol: str, position: Position, price: Decimal | None, traded_at: str, priced_at: str
) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "qty": written(position.qty),
        "avg_entry_price": written(position.avg_entry_price),
        "current_price": None if price is None else str(price),
        "unrealized_pl": None if price is None else written(position.unrealized(price)),
        "realized_pl": written(position.realized),
        "updated_at": traded_at if price is None else max(traded_at, priced_at),
        "last_trade_at": traded_at,
    }
