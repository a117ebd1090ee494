"""Result documents of days that went every way a day can go, as `DESIGN` names their fields."""

from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from builders import benchmarks, periods
from paper_run.model.history import SessionLine
from paper_run.money import cents, product, total

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


def position(
    symbol: str,
    qty: str,
    average: str | None,
    mark: str | None,
    *,
    realized: str = "0.00",
    day: str | None = "0.00",
    **fields: Any,
) -> dict[str, Any]:
    """Return a position of the book whose money follows from its quantity and prices; no mark: unpriced."""
    shares = Decimal(qty)
    value = cents(product(shares, Decimal(mark))) if mark and shares else None
    cost = cents(product(shares, Decimal(average))) if average else Decimal("0.00")
    if not shares:
        value = Decimal("0.00")
    unrealized = None if value is None else value - cost
    made: dict[str, Any] = {
        "symbol": symbol,
        "qty": shares,
        "avg_entry_price": Decimal(average) if average else None,
        "mark_price": Decimal(mark) if mark and shares else None,
        "price_source": "quote" if mark and shares else None,
        "price_time": "2025-01-17T09:00:02-05:00" if mark and shares else None,
        "price_age_seconds": 3 if mark and shares else None,
        "unpriced_reason": None if mark or not shares else "no quote and no attempt",
        "market_value": value,
        "realized_pnl": Decimal(realized),
        "unrealized_pnl": unrealized,
        "total_pnl": None if unrealized is None else Decimal(realized) + unrealized,
        "day_pnl": None if unrealized is None or day is None else Decimal(day),
        "orders_in_flight": False,
        "gateway": {
            "qty": shares,
            "avg_entry_price": Decimal(average) if average else None,
            "realized_pl": Decimal(realized),
            "unrealized_pl": unrealized,
        }
        if shares
        else None,
        "differences": [],
        "unknown_reason": None,
    }
    return made | fields


def book(
    positions: list[dict[str, Any]],
    *,
    since: str = "2024-11-04",
    realized_today: str = "0.00",
    opening: str | None = None,
    unexplained: str = "0.00",
    adjustments: str = "0.00",
) -> dict[str, Any]:
    """Return the `pnl` that these positions make of 100,000 dollars; `opening`: when one is unpriced."""
    complete = all(each["market_value"] is not None for each in positions)
    known = all(each["qty"] is not None for each in positions)
    base, adjusted, check = Decimal("100000.00"), Decimal(adjustments), Decimal(unexplained)

    def summed(name: str) -> Decimal:
        return Decimal("0.00") + total(each[name] for each in positions if each[name] is not None)

    realized, priced, gained, day = map(summed, ("realized_pnl", "unrealized_pnl", "total_pnl", "day_pnl"))
    closing = base + gained + adjusted
    session = Decimal(realized_today)
    opened = Decimal(opening) if opening else closing - day
    return {
        "method": "average_cost",
        "complete": complete,
        "since": since,
        "base": base,
        "sessions_a_year": 252,
        "realized_pnl": realized if known else None,
        "unrealized_pnl": priced if complete else None,
        "total_pnl": gained if complete else None,
        "day_pnl": day if complete else None,
        "priced_so_far": priced,
        "market_value": summed("market_value") if complete else None,
        "exposure": total(abs(each["market_value"]) for each in positions) if complete else None,
        "equity": {
            "opening": opened,
            "realized": session if known else None,
            "unrealized_change": day - session if complete else None,
            "adjustments": Decimal("0.00"),
            "closing": closing if complete else None,
            "unexplained": check if complete else None,
        },
        "since_inception": {
            "opening": base,
            "realized": realized if known else None,
            "unrealized_change": priced if complete else None,
            "adjustments": adjusted,
            "closing": closing if complete else None,
            "unexplained": check if complete else None,
        },
        "positions": positions,
    }


_STATISTICS = {
    "total_return": ("0.021379", 1),
    "daily_return": ("0.001742", 1),
    "max_drawdown": ("-0.014206", 1),
    "best_day": ("0.009381", 1),
    "worst_day": ("-0.008127", 1),
    "win_rate": ("0.568627", 1),
    "exposure": ("0.603114", 1),
    "turnover": ("0.182204", 1),
    "volatility": ("0.073381", 20),
    "sharpe_ratio": ("1.438102", 20),
    "sortino_ratio": ("2.204417", 20),
    "annualised_return": ("0.109123", 60),
    "sharpe_standard_error": ("2.231907", 20),
    "sharpe_lower": ("-2.936355", 20),
    "sharpe_upper": ("5.812559", 20),
    "probabilistic_sharpe": ("0.739021", 20),
    "skewness": ("-0.213377", 20),
    "kurtosis": ("3.480216", 20),
}
_RATIOS = ("sharpe_", "sortino_", "skewness", "kurtosis")


def statistics(sessions: int) -> dict[str, Any]:
    """Return the statistics after a number of sessions: those that need more have no value yet."""
    found: dict[str, Any] = {}
    for name, (value, minimum) in _STATISTICS.items():
        known = Decimal(value) if sessions >= minimum else None
        percent = (
            None if known is None or name.startswith(_RATIOS) else (known * 100).quantize(Decimal("0.01"))
        )
        found[name] = {"value": known, "n": sessions, "minimum": minimum, "percent": percent}
    return found


def difference(field: str, ours: str, gateway: str) -> dict[str, Any]:
    return {
        "field": field,
        "ours": Decimal(ours),
        "gateway": Decimal(gateway),
        "difference": Decimal(ours) - Decimal(gateway),
    }


def held_positions() -> list[dict[str, Any]]:
    """Two long, one short, one closed; one of which the gateway has other figures."""
    return [
        position("AAPL", "133", "150.253712", "152.115", day="247.56"),
        position("GOOGL", "-101", "195.19", "196.025", realized="318.40", day="-84.34", price_age_seconds=14),
        position(
            "MSFT",
            "48",
            "415.1041666666666666666666667",
            "417.335",
            realized="212.40",
            day="14.16",
            price_source="trade",
            price_age_seconds=272,
            differences=[difference("realized_pl", "212.40", "531.20")],
            gateway={
                "qty": Decimal(48),
                "avg_entry_price": Decimal("415.1041666666666666666666667"),
                "realized_pl": Decimal("531.20"),
                "unrealized_pl": Decimal("107.08"),
            },
        ),
        position("NVDA", "0", None, None, realized="1336.56"),
    ]


def curve(number: int, document: dict[str, Any] | None = None) -> tuple[SessionLine, ...]:
    """Return sessions up to a document's own, every weekday; the last one closes as the document does."""
    document = document or good_day()
    pnl = document["pnl"] or {}
    equity = pnl.get("equity") or {}
    closing = equity.get("closing") or Decimal("100000.00")
    base = pnl.get("base") or Decimal("100000.00")
    day = date.fromisoformat(document["session"])
    days: list[date] = []
    while len(days) < number:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    days.reverse()
    opening = equity.get("opening") or base
    moves, state = [Decimal(0)], number
    for _ in range(number - 2):
        state = (state * 1103515245 + 12345) % 2**31
        moves.append(Decimal(state // 1000 % 150_000 - 75_000) / 100)
    drift = (opening - base - sum(moves)) / max(1, number - 1)
    closings = (
        [cents(base + sum(moves[: at + 1]) + drift * (at + 1)) for at in range(number - 2)]
        + [opening] * (number > 1)
        + [closing]
    )
    lines, peak = [], base
    for at, (each, closed) in enumerate(zip(days, closings, strict=True)):
        before = closings[at - 1] if at else base
        peak = max(peak, closed)
        lines.append(
            SessionLine(
                session=each.isoformat(),
                attempts=((1, "success"),),
                complete=True,
                day_pnl=closed - before,
                total_pnl=closed - base,
                closing=closed,
                daily_return=((closed - before) / before).quantize(Decimal("0.000001")),
                drawdown=((closed - peak) / peak).quantize(Decimal("0.000001")),
                marked=False,
                opening=before,
            )
        )
    return tuple(lines)


def good_day() -> dict[str, Any]:
    """Three orders, all accepted and filled; the book is complete."""
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
        "label": None,
        "settled": None,
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
        "pnl": book(held_positions(), realized_today="64.20"),
        "statistics": statistics(51),
        "periods": periods.document(),
        "benchmark": benchmarks.document(),
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
                "latency_ms": 1205,
                "detail": None,
            },
        ],
        "warnings": [],
        "errors": [],
    }


def changed(document: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a copy with other fields; `results` and `parameters` are merged, a section of None goes."""
    copy = deepcopy(document)
    for name, value in fields.items():
        copy[name] = copy[name] | value if name in {"results", "parameters"} else value
    return {
        name: value
        for name, value in copy.items()
        if value is not None or name not in {"periods", "benchmark"}
    }
