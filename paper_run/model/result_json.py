"""The run result as JSON text, and back: the only place that knows the names of the document."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from paper_run.book.bridge import Bridge, Money
from paper_run.book.comparison import Theirs
from paper_run.book.statistics import Statistic
from paper_run.model import findings
from paper_run.model import json_fields as fields
from paper_run.model.json_text import loads, written
from paper_run.model.order import ARRIVAL, Order
from paper_run.model.result import (
    USUAL_SESSIONS_A_YEAR,
    HealthRow,
    MoneyRow,
    Pnl,
    PositionRow,
    Requested,
    RunResult,
    Statistics,
    Totals,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from paper_run.model.findings import Finding

SCHEMA_VERSION = 1
_SECTIONS = ("parties", "limits", "costs", "signals", "periods", "benchmark", "symbols")
"""What not every result has, each with its codec in the module of its name, which is loaded where it does."""


def encode(result: RunResult) -> str:
    """Return the text of a result's record, which is the text of its `.json` file."""
    return written(_fields(result))


def decode(text: str) -> RunResult:
    """Read a record of any age back; what it does not have is as absent as it can be.

    :raises ValueError: it is no record of a result.
    """
    return of_document(loads(text))


def decode_orders(text: str) -> tuple[Order, ...]:
    """Read the orders of a record back and nothing else: a record of the tenth year has ten years of months.

    :raises ValueError: it is no record of a result.
    """
    content = loads(text)
    try:
        return tuple(map(_order, content.get("orders") or ()))
    except (LookupError, TypeError, AttributeError) as error:
        raise _no_record(error) from error


def _fields(result: RunResult) -> Iterator[tuple[str, Any]]:
    """Yield what a document has, name by name: one of a large day is never whole in memory but as text."""
    yield from {
        "schema_version": SCHEMA_VERSION,
        "kind": "mark" if result.is_mark else "run",
        **({} if result.is_old else {"ledger": result.ledger or None}),
        "run_id": result.run_id,
        "session": result.session,
        "trade": result.attempt,
        "timestamp": result.timestamp,
        "status": result.status,
        "exit_status": result.exit_status,
        "sandbox": result.sandbox,
        "rehearsal": result.rehearsal,
        "label": result.label,
        "settled": result.how_known,
        "parameters": {**result.parameters._asdict(), "symbols": list(result.parameters.symbols)},
        "results": result.totals._asdict(),
    }.items()
    yield "orders", _orders_document(result)
    yield "pnl", None if result.pnl is None else _pnl_document(result.pnl)
    for name in _SECTIONS:
        if (section := getattr(result, name)) is not None:
            yield name, _codec(name).to_json(section)
    stated = result.statistics._asdict().items()
    yield "statistics", {name: each._asdict() for name, each in stated if each is not None}
    yield "health", [each._asdict() for each in result.health]
    if not result.is_old:
        yield "findings", findings.to_json(result.findings)
    yield "warnings", findings.texts(result.findings, "warning")
    yield "errors", findings.texts(result.findings, "error")


def of_document(content: Mapping[str, Any]) -> RunResult:
    """Return the result that a document states, see `decode`.

    :raises ValueError: it is no record of a result.
    """
    try:
        return RunResult(
            run_id=fields.text(content.get("run_id")),
            session=str(content.get("session")),
            attempt=fields.whole(content.get("trade")),
            timestamp=str(content.get("timestamp") or ""),
            status=str(content.get("status")),
            exit_status=fields.whole(content.get("exit_status")) or 0,
            sandbox=bool(content.get("sandbox")),
            rehearsal=bool(content.get("rehearsal")),
            how_known=fields.text(content.get("settled")),
            parameters=_asked(content.get("parameters") or {}),
            totals=_totals(content.get("results") or {}),
            orders=tuple(map(_order, content.get("orders") or ())),
            pnl=_pnl(content["pnl"]) if content.get("pnl") else None,
            statistics=_statistics(content.get("statistics") or {}),
            health=tuple(map(_health, content.get("health") or ())),
            findings=_found(content),
            ledger=str(content.get("ledger") or ""),
            is_old="findings" not in content,
            **_sections(content),
        )
    except (LookupError, TypeError, AttributeError) as error:
        raise _no_record(error) from error


def _no_record(error: Exception) -> ValueError:
    return ValueError(f"this is no record of a result: {error!r}")


def _found(content: Mapping[str, Any]) -> tuple[Finding, ...]:
    if "findings" in content:
        return findings.from_json(content["findings"])
    return (
        *findings.unclassified("error", content.get("errors") or ()),
        *findings.unclassified("warning", content.get("warnings") or ()),
    )


def _orders_document(result: RunResult) -> Iterator[dict[str, Any]]:
    """Yield the orders; where no arrival price was asked for, as in older records, none is said."""
    absent: tuple[str, ...] = ()
    if result.costs is None and all(
        getattr(each, name) is None for each in result.orders for name in ARRIVAL
    ):
        absent = ARRIVAL
    for each in result.orders:
        order = each._asdict()
        for name in absent:
            del order[name]
        yield order


def _sections(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _codec(name).from_json(content[name]) for name in _SECTIONS if content.get(name)}


def _codec(section: str) -> Any:
    return import_module(f"paper_run.model.{section}")


def _pnl_document(pnl: Pnl) -> dict[str, Any]:
    written = {
        **pnl._asdict(),
        "equity": _bridge_document(pnl.equity),
        "since_inception": _bridge_document(pnl.since_inception),
        "positions": (_position_document(each) for each in pnl.positions),
    }
    moved: tuple[MoneyRow, ...] = written.pop("money")
    return written if not moved else {**written, "money": [each._asdict() for each in moved]}


def _bridge_document(bridge: Bridge) -> dict[str, Any]:
    """Return a bridge; one without money besides trading says nothing of it."""
    document = bridge._asdict()
    moved: Money | None = document.pop("money")
    return document if moved is None else {**document, "money": moved._asdict()}


def _position_document(row: PositionRow) -> dict[str, Any]:
    return {
        **row._asdict(),
        "gateway": row.gateway._asdict() if row.gateway else None,
        "differences": [fields.difference_document(each) for each in row.differences],
    }


def _asked(content: Mapping[str, Any]) -> Requested:
    return Requested(
        symbols=tuple(map(str, content.get("symbols") or ())),
        capital=fields.amount(content.get("capital")),
        max_position_size=fields.amount(content.get("max_position_size")),
        as_of_date=fields.text(content.get("as_of_date")),
    )


def _totals(content: Mapping[str, Any]) -> Totals:
    return Totals(**fields.read(content, _TOTALS))


def _order(content: Mapping[str, Any]) -> Order:
    return Order(**fields.read(content, _ORDER))


def _health(content: Mapping[str, Any]) -> HealthRow:
    return HealthRow(**fields.read(content, _HEALTH))


def _statistics(content: Mapping[str, Any]) -> Statistics:
    return Statistics(**{name: _statistic(content[name]) for name in Statistics._fields if name in content})


def _statistic(content: Mapping[str, Any]) -> Statistic:
    return Statistic(
        value=fields.amount(content.get("value")),
        n=content.get("n") or 0,
        minimum=content.get("minimum") or 0,
        percent=fields.amount(content.get("percent")),
    )


def _pnl(content: Mapping[str, Any]) -> Pnl:
    amounts = {name: fields.amount(content.get(name)) for name in _PNL_AMOUNTS}
    return Pnl(
        method=str(content.get("method") or "average_cost"),
        complete=bool(content.get("complete")),
        since=str(content.get("since")),
        sessions_a_year=content.get("sessions_a_year") or USUAL_SESSIONS_A_YEAR,
        equity=_bridge(content.get("equity") or {}),
        since_inception=_bridge(content.get("since_inception") or {}),
        positions=tuple(map(_position, content.get("positions") or ())),
        money=tuple(MoneyRow(**fields.read(each, _MONEY)) for each in content.get("money") or ()),
        base_account=fields.text(content.get("base_account")),
        provisional=bool(content.get("provisional")),
        **amounts,
    )


def _bridge(content: Mapping[str, Any]) -> Bridge:
    opening, adjustments = (fields.stated(content.get(name)) for name in ("opening", "adjustments"))
    names = ("realized", "unrealized_change", "closing", "unexplained")
    moved = content.get("money")
    return Bridge(
        opening=opening,
        adjustments=adjustments,
        money=Money(**{name: fields.stated(moved[name]) for name in Money._fields}) if moved else None,
        **{name: fields.amount(content.get(name)) for name in names},
    )


def _position(content: Mapping[str, Any]) -> PositionRow:
    gateway = content.get("gateway")
    return PositionRow(
        **fields.read(content, _POSITION),
        gateway=_theirs(gateway) if gateway else None,
        differences=tuple(map(fields.difference, content.get("differences") or ())),
    )


def _theirs(content: Mapping[str, Any]) -> Theirs:
    amounts = {name: fields.amount(content.get(name)) for name in Theirs._fields if name != "qty"}
    return Theirs(qty=fields.stated(content["qty"]), **amounts)


_COUNTS = [name for name in Totals._fields if name.startswith("num_")]
_TOTALS = fields.reading(fields.amount, Totals._fields) | fields.reading(fields.whole, _COUNTS)
_ORDER = (
    fields.reading(fields.text, Order._fields)
    | fields.reading(fields.amount, ["qty", "filled_qty", "filled_avg_price", "price", "notional"])
    | fields.reading(fields.amount, ["predicted_return", "target_weight", "arrival_price"])
    | fields.reading(fields.whole, ["rank"])
    | fields.reading(str, ["symbol"])
)
_HEALTH = (
    fields.reading(fields.text, ["url", "detail"])
    | fields.reading(str, ["service", "status"])
    | fields.reading(fields.amount, ["latency_ms"])
)
_PNL_AMOUNTS = (
    "base",
    "realized_pnl",
    "unrealized_pnl",
    "total_pnl",
    "day_pnl",
    "priced_so_far",
    "market_value",
    "exposure",
)
_OF_POSITION = [name for name in PositionRow._fields if name not in ("gateway", "differences")]
_POSITION = (
    fields.reading(fields.amount, _OF_POSITION)
    | fields.reading(fields.text, ["price_source", "price_time", "unpriced_reason", "unknown_reason"])
    | fields.reading(fields.whole, ["price_age_seconds"])
    | fields.reading(bool, ["orders_in_flight"])
    | fields.reading(str, ["symbol"])
)
_MONEY = (
    fields.reading(fields.text, MoneyRow._fields)
    | fields.reading(str, ["day", "kind", "what", "source"])
    | (fields.reading(fields.amount, ["qty"]) | fields.reading(fields.stated, ["amount"]))
)
