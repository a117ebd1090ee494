"""From a signal to an order: what T5 buys or sells, and how it counts what came of it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from paper_run.sandbox import special

_NOT_ACCEPTED = frozenset({"rejected", "cancelled"})
# No order is worth more than this: an exponent in a request must not become an integer of that many digits.
LARGEST_AMOUNT = Decimal("1E+13")


def top_and_bottom(symbols: Sequence[str]) -> tuple[int, int]:
    """Return how many symbols to buy and how many to sell short: a third each, special ones always bought."""
    third = max(1, len(symbols) // 3)
    top_n = max(third, sum(symbol in special.TRADED for symbol in symbols))
    return top_n, min(third, len(symbols) - top_n)


def quantity(weight: Decimal, price: Decimal, capital: Decimal, max_position_size: Decimal) -> int:
    """Return how many whole shares a target weight buys at `price` dollars; always positive or zero."""
    dollars = min(capital * abs(weight), max_position_size, LARGEST_AMOUNT)
    return int(dollars / price)


def mapping(signal: dict[str, Any], **order: Any) -> dict[str, Any]:
    """Return T5's line on one signal; what is not given about its order is null."""
    line = {name: signal[name] for name in ("symbol", "predicted_return", "rank", "target_weight")}
    return line | dict.fromkeys(_ORDER_FIELDS) | order


def counts(mappings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Count as T5 does: an order that never got an id is neither submitted nor accepted."""
    submitted = [line for line in mappings if line["client_order_id"] is not None]
    return {
        "num_orders_submitted": len(submitted),
        "num_orders_accepted": sum(line["order_status"] not in _NOT_ACCEPTED for line in submitted),
        "num_orders_rejected": sum(line["order_status"] in _NOT_ACCEPTED for line in mappings),
        "num_orders_filled": None,
    }


def outcome(counted: dict[str, Any]) -> str:
    """Return the status of a run that got its signals."""
    if not counted["num_orders_rejected"]:
        return "completed"
    return "partial" if counted["num_orders_accepted"] else "failed"


_ORDER_FIELDS = (
    "client_order_id",
    "order_qty",
    "order_side",
    "broker_order_id",
    "order_status",
    "filled_qty",
    "filled_avg_price",
    "skip_reason",
)
