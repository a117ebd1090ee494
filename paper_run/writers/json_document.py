"""The result document: the one record from which every other format is made."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run import money
from paper_run.model import findings
from paper_run.writers import book_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paper_run.models import Order, RunResult, ServiceHealth

SCHEMA_VERSION = 1


def document(result: RunResult) -> dict[str, Any]:
    """Return the result under the names of the JSON file; amounts stay Decimal, in dollars."""
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "mark" if result.trade is None else "run",
        "ledger": result.ledger or None,
        "run_id": result.run_id,
        "session": result.session.isoformat(),
        "trade": result.trade,
        "timestamp": result.timestamp.isoformat(timespec="seconds"),
        "status": result.status,
        "exit_status": int(result.exit_status),
        "sandbox": result.sandbox,
        "rehearsal": result.rehearsal,
        "label": label(sandbox=result.sandbox, rehearsal=result.rehearsal),
        "settled": result.settled,
        "parameters": {
            "symbols": list(result.parameters.symbols),
            "capital": result.parameters.capital,
            "max_position_size": result.parameters.max_position_size,
            "as_of_date": result.parameters.as_of_date.isoformat(),
        },
        "results": {
            "num_signals": result.counts.signals,
            "num_orders_submitted": result.counts.submitted,
            "num_orders_accepted": result.counts.accepted,
            "num_orders_rejected": result.counts.rejected,
            "num_orders_in_doubt": result.counts.in_doubt,
            "num_orders_filled": result.counts.filled,
            "total_notional": result.total_notional,
            "success_rate": result.success_rate,
            "duration_seconds": result.duration_seconds,
        },
        "orders": [_order(order) for order in result.orders],
        "pnl": None if result.book is None else book_document.pnl(result.book),
        "statistics": {} if result.book is None else book_document.statistics(result.book),
        "health": [_health(service) for service in result.health],
        "findings": findings.to_json(result.findings, result.ledger),
        "warnings": findings.texts(result.findings, "warning"),
        "errors": findings.texts(result.findings, "error"),
    }


def label(*, sandbox: bool, rehearsal: bool) -> str | None:
    """Return the words that must go with every figure that is not of a real run."""
    words = ["SANDBOX - simulated prices"] if sandbox else []
    words += ["REHEARSAL - nothing executed"] if rehearsal else []
    return "; ".join(words) or None


def _order(order: Order) -> dict[str, Any]:
    return {
        "symbol": order.symbol,
        "side": order.side,
        "qty": order.qty,
        "status": order.status,
        "outcome": order.outcome,
        "client_order_id": order.client_order_id,
        "broker_order_id": order.broker_order_id,
        "filled_qty": order.filled_qty,
        "filled_avg_price": order.filled_avg_price,
        "price": order.price,
        "price_source": order.price_source,
        "notional": order.notional,
        "predicted_return": order.predicted_return,
        "rank": order.rank,
        "target_weight": order.target_weight,
        "skip_reason": order.skip_reason,
        "error_message": order.error_message,
    }


def _health(service: ServiceHealth) -> dict[str, Any]:
    return {
        "service": service.service,
        "url": service.url,
        "status": service.status,
        "latency_ms": service.latency_ms,
        "detail": service.detail,
    }


def dumps(content: Mapping[str, Any]) -> str:
    """Write the document as JSON text; a Decimal is a number with its exact digits and no exponent."""
    import simplejson

    def number(value: object) -> simplejson.RawJSON:
        if isinstance(value, Decimal):
            return simplejson.RawJSON(money.digits(value))
        raise TypeError(f"{type(value).__name__} has no place in a result document")

    return (
        simplejson.dumps(
            content, use_decimal=False, default=number, indent=2, ensure_ascii=False, allow_nan=False
        )
        + "\n"
    )


def loads(text: str) -> dict[str, Any]:
    """Read a document back; every number with a point is a Decimal again."""
    import json

    content = json.loads(text, parse_float=Decimal)
    if not isinstance(content, dict):
        raise ValueError("a result document is a JSON object")
    return content
