"""Rows of the ledger to values and back, amounts as text, digit for digit; and what writes them in SQL."""

from __future__ import annotations

import functools
import json
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from paper_run import money
from paper_run.book.marks import Mark
from paper_run.model import findings
from paper_run.model.attempt import AttemptRow, Parameters, Snapshot
from paper_run.model.broker import BrokerBefore, HeldBefore, OrderIds
from paper_run.model.order import OrderState
from paper_run.model.service import Position, ServiceHealth

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import Any

    from paper_run.ledger.store import Store

Read = TypeVar("Read")
Given = ParamSpec("Given")


class Part:
    """What a part of the ledger is made of: it reads and writes its tables, in the ledger's transactions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows, self._run = store.rows, store.run


class UnreadableRowError(ValueError):
    """A row of the ledger is none of its table: the file is damaged."""


def reader_of(table: str) -> Callable[[Callable[Given, Read]], Callable[Given, Read]]:
    """Return what makes a reader of a table's rows say that a row can't be read, whatever is wrong with it.

    The reader that is made raises UnreadableRowError.
    """

    def made(read: Callable[Given, Read]) -> Callable[Given, Read]:
        @functools.wraps(read)
        def readable(*given: Given.args, **named: Given.kwargs) -> Read:
            try:
                return read(*given, **named)
            except (ValueError, LookupError, TypeError, ArithmeticError) as error:
                why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                raise UnreadableRowError(f"one of {table}, {why}") from error

        return readable

    return made


def snapshot_columns(snapshot: Snapshot) -> dict[str, Any]:
    """Return what was known before the POST as columns of `trades`."""
    parameters = snapshot.parameters
    clock = snapshot.gateway_clock
    return {
        "session": snapshot.session.isoformat(),
        "rehearsal": int(snapshot.rehearsal),
        "sandbox": int(snapshot.sandbox),
        "parameters": json.dumps(
            {
                "symbols": parameters.symbols,
                "capital": money.digits(parameters.capital),
                "max_position_size": money.digits(parameters.max_position_size),
                "as_of_date": parameters.as_of_date.isoformat(),
            }
        ),
        "known_runs": None if snapshot.known_runs is None else json.dumps(snapshot.known_runs),
        "positions": json.dumps([_position(each) for each in snapshot.positions]),
        "orchestrator_clock": snapshot.orchestrator_clock,
        "gateway_clock": None if clock is None else clock.isoformat(),
        "health": json.dumps([_health(each) for each in snapshot.health]),
        "notices": json.dumps(findings.to_json(snapshot.notices)),
        "broker_before": None if snapshot.broker is None else json.dumps(_broker(snapshot.broker)),
        "arrivals": None if snapshot.arrivals is None else json.dumps(marks_to_json(snapshot.arrivals)),
    }


BESIDE_DOCUMENT = (
    "id, session, number, key, state, rehearsal, run_id, wrong_date, fence, version, sandbox, started_at, "
    "timeout, leaves_until, answered_itself, stayed_dry, orchestrator_clock, gateway_clock, settled, "
    "parameters, known_runs, positions, broker_before, arrivals, health, notices, answer"
)
ATTEMPT = f"{BESIDE_DOCUMENT}, document"


@reader_of("trades")
def attempt(row: Mapping[str, Any], document: str | None = None) -> AttemptRow:
    """Return a row of `trades`, and its record where that was not read with it."""
    return AttemptRow(
        id=row["id"],
        session=date.fromisoformat(row["session"]),
        number=row["number"],
        key=row["key"],
        state=row["state"],
        started_at=datetime.fromisoformat(row["started_at"]),
        snapshot=_snapshot(row),
        run_id=row["run_id"],
        answer=row["answer"],
        how_known=row["settled"],
        document=row["document"] if document is None else document,
        version=row["version"],
        fence=row["fence"],
        timeout=amount(row["timeout"]),
        leaves_until=None if row["leaves_until"] is None else datetime.fromisoformat(row["leaves_until"]),
        over=bool(row["answered_itself"]),
        stayed_dry=bool(row["stayed_dry"]),
        wrong_date=row["wrong_date"],
    )


def _snapshot(row: Mapping[str, Any]) -> Snapshot:
    known = row["known_runs"]
    clock = row["gateway_clock"]
    return Snapshot(
        session=date.fromisoformat(row["session"]),
        parameters=_parameters(row["parameters"]),
        health=tuple(_service(each) for each in json.loads(row["health"])),
        positions=_positions(row["positions"]),
        sandbox=bool(row["sandbox"]),
        rehearsal=bool(row["rehearsal"]),
        known_runs=None if known is None else tuple(json.loads(known)),
        orchestrator_clock=row["orchestrator_clock"],
        gateway_clock=None if clock is None else datetime.fromisoformat(clock),
        notices=findings.from_json(json.loads(row["notices"])),
        broker=None if row["broker_before"] is None else _broker_before(row["broker_before"]),
        arrivals=None if row["arrivals"] is None else _marks(json.loads(row["arrivals"])),
    )


# An attempt is read several times a day, and what was known before it never changes.
@functools.lru_cache(maxsize=1)
def _parameters(written: str) -> Parameters:
    parameters = json.loads(written)
    return Parameters(
        symbols=tuple(parameters["symbols"]),
        capital=Decimal(parameters["capital"]),
        max_position_size=Decimal(parameters["max_position_size"]),
        as_of_date=date.fromisoformat(parameters["as_of_date"]),
    )


@functools.lru_cache(maxsize=1)
def _positions(written: str) -> tuple[Position, ...]:
    return tuple(_holding(each) for each in json.loads(written))


def marks_to_json(marks: Mapping[str, Mark]) -> dict[str, list[str | None]]:
    """Return prices by symbol as a row keeps them: price in dollars, source, time in ISO 8601."""
    return {
        symbol: [text(each.price), each.source, None if each.time is None else each.time.isoformat()]
        for symbol, each in marks.items()
    }


def mark(written: Sequence[str | None]) -> Mark:
    """Return a price, dollars, as a row keeps it.

    :raises ValueError: it is none.
    """
    price, source, time = written
    return Mark(Decimal(str(price)), str(source), None if time is None else datetime.fromisoformat(time))


def _marks(entry: Mapping[str, Sequence[str | None]]) -> dict[str, Mark]:
    return {symbol: mark(each) for symbol, each in entry.items()}


def _broker(before: BrokerBefore) -> dict[str, Any]:
    orders, positions = before.orders, before.positions
    kept = {
        "cash": text(before.cash),
        "accrued_fees": text(before.accrued_fees),
        "positions": None if positions is None else [_held_before(each) for each in positions],
        "money": before.money,
    }
    return {
        "account": before.number,
        "orders": None
        if orders is None
        else [{"client_order_id": each.client_order_id, "id": each.identity} for each in orders],
        "as_of": None if before.as_of is None else before.as_of.isoformat(),
        **{name: value for name, value in kept.items() if value is not None},
    }


@functools.lru_cache(maxsize=1)
def _broker_before(written: str) -> BrokerBefore:
    entry = json.loads(written)
    orders, as_of = entry["orders"], entry["as_of"]
    positions, ids = entry.get("positions"), entry.get("money")
    return BrokerBefore(
        number=entry["account"],
        orders=None
        if orders is None
        else tuple(OrderIds(each["client_order_id"], each["id"]) for each in orders),
        as_of=None if as_of is None else datetime.fromisoformat(as_of),
        cash=amount(entry.get("cash")),
        accrued_fees=amount(entry.get("accrued_fees")),
        positions=None if positions is None else tuple(map(_position_before, positions)),
        money=None if ids is None else tuple(ids),
    )


_BEFORE_AMOUNTS = ("avg_entry_price", "price", "market_value")


def _held_before(held: HeldBefore) -> dict[str, str | None]:
    amounts = {name: text(getattr(held, name)) for name in _BEFORE_AMOUNTS}
    return {
        "symbol": held.symbol,
        "qty": money.digits(held.qty),
        "asset_class": held.asset_class,
        **amounts,
    }


def _position_before(entry: dict[str, str | None]) -> HeldBefore:
    amounts = {name: amount(entry[name]) for name in _BEFORE_AMOUNTS}
    return HeldBefore(
        symbol=str(entry["symbol"]),
        qty=Decimal(str(entry["qty"])),
        asset_class=entry["asset_class"],
        **amounts,
    )


_POSITION_AMOUNTS = ("qty", "avg_entry_price", "current_price", "unrealized_pl", "realized_pl")
_HEALTH = ("service", "url", "status", "latency_ms", "detail", "dry_run", "clock", "date_header", "strategy")


def _position(position: Position) -> dict[str, str | None]:
    amounts = {name: text(getattr(position, name)) for name in _POSITION_AMOUNTS}
    return {"symbol": position.symbol, **amounts}


def _holding(entry: dict[str, str | None]) -> Position:
    amounts: dict[str, Any] = {name: amount(entry[name]) for name in _POSITION_AMOUNTS}
    return Position(symbol=str(entry["symbol"]), **amounts)


def _health(service: ServiceHealth) -> dict[str, Any]:
    session = service.sandbox_session
    entry = {name: getattr(service, name) for name in _HEALTH}
    return {**entry, "sandbox_session": None if session is None else session.isoformat()}


def _service(entry: dict[str, Any]) -> ServiceHealth:
    session = entry["sandbox_session"]
    values = {name: entry[name] for name in _HEALTH}
    return ServiceHealth(**values, sandbox_session=None if session is None else date.fromisoformat(session))


def order_columns(state: OrderState) -> dict[str, Any]:
    """Return an order's state as columns of `orders`."""
    return {
        "client_order_id": state.client_order_id,
        "symbol": state.symbol,
        "side": state.side,
        "qty": text(state.qty),
        "status": state.status,
        "broker_order_id": state.broker_order_id,
        "limit_price": text(state.limit_price),
        "filled_qty": text(state.filled_qty),
        "filled_avg_price": text(state.filled_avg_price),
        "error_message": state.error_message,
        "created_at": state.created_at,
        "order_type": state.order_type,
        "time_in_force": state.time_in_force,
        "filled_at": None if state.filled_at is None else state.filled_at.isoformat(),
        "filled_dollars": text(state.filled_dollars),
        "told_by": state.told_by,
    }


@reader_of("orders")
def order(row: Mapping[str, Any]) -> OrderState:
    """Return a row of `orders`: the broker's word, else a person's, else what was read from the gateway."""
    said = row["said_by"] is not None and row["told_by"] is None
    status, filled_qty, price = row["status"], amount(row["filled_qty"]), amount(row["filled_avg_price"])
    if said:
        filled_qty, price = amount(row["said_qty"]), amount(row["said_price"])
        status = "filled" if filled_qty is not None and filled_qty >= Decimal(row["qty"]) else "canceled"
    return OrderState(
        client_order_id=row["client_order_id"],
        symbol=row["symbol"],
        side=row["side"],
        qty=Decimal(row["qty"]),
        status=status,
        broker_order_id=row["broker_order_id"],
        limit_price=amount(row["limit_price"]),
        filled_qty=filled_qty,
        filled_avg_price=price,
        error_message=None if said else row["error_message"],
        created_at=row["created_at"],
        order_type=row["order_type"],
        time_in_force=row["time_in_force"],
        filled_at=None if row["filled_at"] is None else datetime.fromisoformat(row["filled_at"]),
        filled_dollars=None if said else amount(row["filled_dollars"]),
        told_by=row["told_by"],
    )


def text(value: Decimal | None) -> str | None:
    """Return an amount, of whatever unit, as it is kept: digit for digit."""
    return None if value is None else money.digits(value)


def amount(value: str | None) -> Decimal | None:
    """Return a kept amount, in the unit in which it was kept."""
    return None if value is None else Decimal(value)


def next_id(rows: Callable[..., list[Any]], named: str) -> int:
    """Return the id behind all that are named, also by what a row that was lost has left.

    :param rows: runs a query and returns its rows. :param named: the query of these ids.
    """
    (found,) = rows(f"SELECT MAX(id) AS id FROM ({named}) AS named")
    return int(found["id"] or 0) + 1


def insert_into(table: str, columns: Collection[str]) -> str:
    """Return the statement that inserts these columns, its values in their order."""
    values = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})"


def put_into(
    table: str, columns: Collection[str], *, key: Collection[str], keeps: Collection[str] = ()
) -> str:
    """Return the statement that inserts these columns, or writes them over the row that has the key.

    :param keeps: columns that such a row keeps as they are, besides its key.
    """
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in {*key, *keeps})
    return f"{insert_into(table, columns)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"
