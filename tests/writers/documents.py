"""Result documents of days that went every way a day can go, as `DESIGN` names their fields."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

HOSTILE = (
    "</script></style></title><script>alert(1)</script><img src=x onerror=alert(2)>"
    "\"'`]]>-->&amp;{{7*7}}{% raw %}\x00\x1b[31m\x7f\x9b2J\r\u202egnp.exe\u2066\ud800\udfff"
)


def order(symbol: str, side: str | None, qty: int | None, price: str | None, **fields: Any) -> dict[str, Any]:
    """Return an accepted and filled order, or a signal without one when there is no quantity."""
    made: dict[str, Any] = {
        "symbol": symbol,
        "side": side,
        "qty": None if qty is None else Decimal(qty),
        "status": "filled" if qty else None,
        "client_order_id": f"{abs(hash_of(symbol)):024x}"[:24] if qty else None,
        "broker_order_id": f"b-{symbol.lower()}" if qty else None,
        "filled_qty": None if qty is None else Decimal(qty),
        "filled_avg_price": None if price is None else Decimal(price),
        "price": None if price is None else Decimal(price),
        "price_source": "fill" if price else None,
        "notional": None
        if price is None or qty is None
        else (Decimal(price) * qty).quantize(Decimal("0.01")),
        "predicted_return": Decimal("0.0123456"),
        "rank": 1,
        "target_weight": Decimal("0.3333"),
        "skip_reason": None,
        "error_message": None,
        "outcome": "accepted" if qty else None,
    }
    return made | fields


def hash_of(symbol: str) -> int:
    """Return a number that is the same in every run."""
    number = 7
    for character in symbol:
        number = (number * 1_000_003 + ord(character) * 2_654_435_761) % 2**96
    return number


def good_day() -> dict[str, Any]:
    """Three orders, all accepted and filled."""
    return {
        "schema_version": 1,
        "kind": "run",
        "run_id": "550e8400-e29b-41d4-a716-446655440000",
        "session": "2025-01-17",
        "trade": 1,
        "timestamp": "2025-01-17T09:00:00-05:00",
        "status": "success",
        "exit_status": 0,
        "sandbox": False,
        "rehearsal": False,
        "parameters": {
            "symbols": ["AAPL", "MSFT", "GOOGL"],
            "capital": Decimal("100000"),
            "max_position_size": Decimal("20000"),
            "as_of_date": "2025-01-17",
        },
        "results": {
            "num_signals": 3,
            "num_orders_submitted": 3,
            "num_orders_accepted": 3,
            "num_orders_rejected": 0,
            "num_orders_in_doubt": 0,
            "num_orders_filled": 3,
            "total_notional": Decimal("59623.01"),
            "success_rate": Decimal("1.0000"),
            "duration_seconds": Decimal("4.213"),
        },
        "orders": [
            order("AAPL", "buy", 133, "150.253712", rank=1),
            order(
                "MSFT", "buy", 48, "415.10", rank=2, predicted_return=Decimal("0.0081"), outcome="accepted"
            ),
            order(
                "GOOGL",
                "sell",
                101,
                "195.19",
                rank=3,
                predicted_return=Decimal("-0.0042"),
                target_weight=Decimal("-0.3333"),
            ),
        ],
        "pnl": None,
        "statistics": {},
        "health": [
            {
                "service": "signal_service",
                "url": "http://localhost:8001",
                "status": "healthy",
                "latency_ms": 12,
                "detail": "alpha_baseline v1.2.0",
            },
            {
                "service": "execution_gateway",
                "url": "http://localhost:8002",
                "status": "healthy",
                "latency_ms": 8,
                "detail": None,
            },
            {
                "service": "orchestrator",
                "url": "http://localhost:8003",
                "status": "healthy",
                "latency_ms": Decimal("1204.6"),
                "detail": None,
            },
        ],
        "warnings": [],
        "errors": [],
    }


def changed(document: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a copy with other fields; `results` and `parameters` are merged."""
    copy = deepcopy(document)
    for name, value in fields.items():
        copy[name] = copy[name] | value if name in {"results", "parameters"} else value
    return copy


def partial_day() -> dict[str, Any]:
    """Orders of every outcome, a repeat, and signals without one; the second trade of its session."""
    orders = [
        order("AAPL", "buy", 133, "150.253712"),
        order("MSFT", "buy", 48, "415.10", price_source="limit", status="new", filled_qty=Decimal(0)),
        order(
            "GOOGL",
            "sell",
            101,
            "195.19",
            target_weight=Decimal("-0.2"),
            predicted_return=Decimal("-0.0042"),
        ),
        order(
            "TSLA",
            "buy",
            40,
            None,
            status="rejected",
            outcome="rejected",
            error_message="insufficient buying power",
            filled_qty=Decimal(0),
            rank=4,
        ),
        order(
            "NVDA",
            "buy",
            15,
            None,
            status=None,
            outcome="in_doubt",
            client_order_id=None,
            broker_order_id=None,
            skip_reason="submission_failed: timeout after 30 s",
            filled_qty=None,
            rank=5,
        ),
        order(
            "AMZN",
            "buy",
            80,
            None,
            price_source="estimated",
            notional=Decimal("16666.67"),
            status="pending_new",
            filled_qty=None,
            rank=6,
            target_weight=Decimal("0.16666667"),
        ),
        order("META", "buy", 12, "612.77", outcome="repeat", rank=7),
        order("NFLX", None, None, None, skip_reason="price_unavailable: no bar", rank=8),
        order("ORCL", None, None, None, skip_reason="zero_weight", rank=9, target_weight=Decimal(0)),
    ]
    return changed(
        good_day(),
        trade=2,
        status="partial",
        exit_status=2,
        orders=orders,
        parameters={"symbols": [each["symbol"] for each in orders]},
        results={
            "num_signals": 9,
            "num_orders_submitted": 6,
            "num_orders_accepted": 4,
            "num_orders_rejected": 1,
            "num_orders_in_doubt": 1,
            "num_orders_filled": 2,
            "total_notional": Decimal("76289.68"),
            "success_rate": Decimal("0.6667"),
        },
        warnings=["The orchestrator counts 5 orders as accepted, the orders themselves say 4."],
        errors=["The gateway did not answer for NVDA within 30 s:\nread timed out. It may have been placed."],
    )


def zero_trade_day() -> dict[str, Any]:
    """A day that is complete without an order."""
    skipped = [
        order("AAPL", None, None, None, skip_reason="zero_weight", target_weight=Decimal(0)),
        order("MSFT", None, None, None, skip_reason="zero_weight", target_weight=Decimal(0), rank=2),
        order("BRK.A", None, None, None, skip_reason="qty_less_than_one_share", rank=3),
    ]
    return changed(
        good_day(),
        orders=skipped,
        parameters={"symbols": ["AAPL", "MSFT", "BRK.A"]},
        results={
            "num_orders_submitted": 0,
            "num_orders_accepted": 0,
            "num_orders_filled": 0,
            "total_notional": Decimal("0.00"),
            "success_rate": None,
        },
    )


def failed_run() -> dict[str, Any]:
    """A service was down, so nothing was sent."""
    document = changed(
        good_day(),
        run_id=None,
        status="failed",
        exit_status=1,
        orders=[],
        results=dict.fromkeys(good_day()["results"], None),
        errors=["Signal Service is not healthy at http://localhost:8001/health: 503 Model not loaded."],
    )
    document["health"][0] |= {"status": "unhealthy", "detail": "Model not loaded", "latency_ms": None}
    return document


def unknown_run() -> dict[str, Any]:
    """The orchestrator's answer was lost."""
    return changed(
        good_day(),
        run_id=None,
        status="unknown",
        exit_status=2,
        orders=[],
        results=dict.fromkeys(good_day()["results"], None) | {"duration_seconds": Decimal("310.4")},
        errors=["POST http://localhost:8003/api/v1/orchestration/run: no answer within 300 s."],
    )


def rehearsal() -> dict[str, Any]:
    """The gateway was in DRY_RUN: accepted, nothing executed."""
    document = changed(
        good_day(),
        rehearsal=True,
        results={"num_orders_filled": 0},
        warnings=["The execution gateway is in DRY_RUN."],
    )
    for each in document["orders"]:
        each |= {
            "status": "dry_run",
            "filled_qty": Decimal(0),
            "filled_avg_price": None,
            "price_source": "quote",
        }
    return document


def sandbox_day() -> dict[str, Any]:
    """A good day on simulated prices."""
    return changed(good_day(), sandbox=True)


def many_orders(number: int) -> dict[str, Any]:
    """A day of many orders: every 50th rejected, notional growing with the number."""
    orders = [
        order(f"S{n:04d}", "sell" if n % 3 else "buy", 10 + n, "12.5037", rank=n)
        for n in range(1, number + 1)
    ]
    for each in orders[::50]:
        each |= {
            "outcome": "rejected",
            "status": "rejected",
            "error_message": "symbol is halted",
            "notional": None,
            "price": None,
            "price_source": None,
            "filled_qty": None,
        }
    accepted = [each for each in orders if each["outcome"] == "accepted"]
    return changed(
        good_day(),
        status="partial",
        exit_status=2,
        orders=orders,
        results={
            "num_signals": number,
            "num_orders_submitted": number,
            "num_orders_accepted": len(accepted),
            "num_orders_rejected": number - len(accepted),
            "num_orders_filled": len(accepted),
            "total_notional": sum(each["notional"] for each in accepted),
            "success_rate": (Decimal(len(accepted)) / number).quantize(Decimal("0.0001")),
        },
    )


def hostile() -> dict[str, Any]:
    """Every text of a day, each name of a status included, is an attack."""

    def poisoned(value: Any) -> Any:
        if isinstance(value, str):
            return HOSTILE
        if isinstance(value, dict):
            return {name: poisoned(each) for name, each in value.items()}
        return [poisoned(each) for each in value] if isinstance(value, list) else value

    document: dict[str, Any] = poisoned(partial_day())
    for each, outcome in zip(document["orders"], ("accepted", "rejected", "in_doubt", None), strict=False):
        each["outcome"] = outcome
    return document


DAYS = {
    "good": good_day,
    "partial": partial_day,
    "zero-trade": zero_trade_day,
    "failed": failed_run,
    "unknown": unknown_run,
    "rehearsal": rehearsal,
    "sandbox": sandbox_day,
    "hostile": hostile,
}
