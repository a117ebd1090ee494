"""Result documents of days that went every way a day can go."""

from decimal import Decimal
from typing import Any

from builders import moved
from builders.documents import (
    HOSTILE,
    book,
    changed,
    difference,
    good_day,
    held_positions,
    order,
    position,
    statistics,
)
from builders.limits import past, past_limits
from builders.parties import apart, three_parties, unproven


def partial_day() -> dict[str, Any]:
    """Orders of every outcome, a repeat, and signals without one; the second attempt of its session."""
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
        order("META", "buy", 12, "612.77", outcome="repeat", notional=None, rank=7),
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


_COUNTS = (
    "num_signals",
    "num_orders_submitted",
    "num_orders_accepted",
    "num_orders_rejected",
    "num_orders_in_doubt",
    "num_orders_filled",
)


def failed_run() -> dict[str, Any]:
    """A service was down, so nothing was sent."""
    document = changed(
        good_day(),
        run_id=None,
        status="failed",
        exit_status=1,
        orders=[],
        results=dict.fromkeys(_COUNTS, 0)
        | {"total_notional": Decimal("0.00"), "success_rate": None, "duration_seconds": Decimal("0.0")},
        pnl=None,
        statistics={},
        errors=["Signal Service is not healthy at http://localhost:8001/health: 503 Model not loaded."],
    )
    document["health"][0] |= {"status": "unhealthy", "detail": "Model not loaded"}
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
        pnl=None,
        statistics={},
        errors=["POST http://localhost:8003/api/v1/orchestration/run: no answer within 300 s."],
    )


def rehearsal() -> dict[str, Any]:
    """The gateway was in DRY_RUN: accepted, nothing executed."""
    document = changed(
        good_day(),
        rehearsal=True,
        label="REHEARSAL - nothing executed",
        pnl=None,
        statistics={},
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
    return changed(good_day(), sandbox=True, label="SANDBOX - simulated prices")


def first_day() -> dict[str, Any]:
    """The first session of a book: one point is no curve, one session no statistics."""
    positions = [
        position("AAPL", "133", "150.253712", "150.41", day="20.79"),
        position("GOOGL", "-101", "195.19", "195.02", day="17.17"),
        position("MSFT", "48", "415.10", "414.87", day="-11.04"),
    ]
    known = {
        **dict.fromkeys(("total_return", "daily_return", "best_day", "worst_day"), "0.000269"),
        "max_drawdown": "0",
        "win_rate": "1",
        "exposure": "0.595992",
        "turnover": "0.596230",
    }
    counted = statistics(1)
    for name, value in known.items():
        counted[name]["value"] = Decimal(value)
    return changed(good_day(), pnl=book(positions, since="2025-01-17"), statistics=counted)


def incomplete_day() -> dict[str, Any]:
    """A good day of trading on which one position has no price, and one order is still working."""
    positions = held_positions()
    positions[0] |= {
        "orders_in_flight": True,
        "differences": [difference("qty", "133", "100")],
        "gateway": positions[0]["gateway"] | {"qty": Decimal(100)},
    }
    positions.append(
        position(
            "TSLA",
            "-25",
            "421.06",
            None,
            realized="88.10",
            unpriced_reason="the quote is crossed (bid 426.10, ask 418.02) and there is no attempt today",
        )
    )
    return changed(
        good_day(),
        pnl=book(positions, opening="101962.83"),
        statistics=statistics(50) | {"daily_return": {"value": None, "n": 50, "minimum": 1, "percent": None}},
        findings=[
            {
                "code": "unpriced",
                "severity": "warning",
                "subject": "TSLA",
                "text": "TSLA has no price: the quote is crossed (bid 426.10, ask 418.02) and there is no "
                "trade today.",
                "remedies": [],
            }
        ],
    )


def not_known_day() -> dict[str, Any]:
    """A day on which the gateway was never told of the fills of one symbol."""
    positions = held_positions()
    positions[0] |= dict.fromkeys(
        (
            *("qty", "avg_entry_price", "mark_price", "price_source", "price_time", "price_age_seconds"),
            *("market_value", "realized_pnl", "unrealized_pnl", "total_pnl", "day_pnl"),
        )
    ) | {
        "unknown_reason": "buy 133 AAPL still works 15 minutes into an open session",
        "orders_in_flight": True,
    }
    return changed(
        good_day(),
        pnl=book(positions, opening="101962.83"),
        statistics=statistics(50) | {"daily_return": {"value": None, "n": 50, "minimum": 1}},
        warnings=["The fills of AAPL are not known."],
    )


def mark() -> dict[str, Any]:
    """The book valued at the end of the day, without trading."""
    return changed(
        good_day(),
        kind="mark",
        run_id=None,
        trade=None,
        timestamp="2025-01-17T16:05:00-05:00",
        results={"duration_seconds": Decimal("0.8")},
    )


def many_positions(number: int) -> dict[str, Any]:
    """A book of many positions, every third one short."""
    positions = [
        position(
            f"S{n:04d}",
            str(-n if n % 3 == 0 else n),
            "12.5037",
            f"{12 + n % 7 * Decimal('0.25')}",
            day=f"{n % 11 - 5}.00",
        )
        for n in range(1, number + 1)
    ]
    return changed(good_day(), pnl=book(positions))


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

    document: dict[str, Any] = poisoned(changed(partial_day(), parties=apart()["parties"], limits=past()))
    document["pnl"]["complete"] = False
    for each in document["pnl"]["positions"]:
        each["differences"] = [difference(HOSTILE, "1", "2")]
    for each, outcome in zip(document["orders"], ("accepted", "rejected", "in_doubt", None), strict=False):
        each["outcome"] = outcome
    return document


def money_day() -> dict[str, Any]:
    """Return a good day with money besides trading."""
    return moved.day(good_day())


DAYS = {
    "good": good_day,
    "partial": partial_day,
    "zero-trade": zero_trade_day,
    "failed": failed_run,
    "unknown": unknown_run,
    "rehearsal": rehearsal,
    "sandbox": sandbox_day,
    "first": first_day,
    "incomplete": incomplete_day,
    "not-known": not_known_day,
    "mark": mark,
    "three-parties": three_parties,
    "apart": apart,
    "unproven": unproven,
    "money": money_day,
    "past-limits": past_limits,
    "hostile": hostile,
}
