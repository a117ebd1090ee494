"""Which orders need a look, and the most important of them first."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run.model.order import has_failed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paper_run.model.order import Order

_URGENCY = {"in_doubt": 0, "rejected": 1, "accepted": 3, "repeat": 4}


def by_importance(orders: Iterable[Order]) -> list[Order]:
    """Return them with the problems first, then the largest notional."""
    return sorted(orders, key=_importance)


def is_problem(order: Order) -> bool:
    """Tell whether an order, or a signal left without one, went wrong."""
    if order.outcome is None:
        return bool(order.error_message) or has_failed(order.skip_reason)
    return order.outcome in ("rejected", "in_doubt")


def _importance(order: Order) -> tuple[int, Decimal]:
    outcome = order.outcome
    urgency = _URGENCY.get(outcome) if outcome else (2 if is_problem(order) else 5)
    return (3 if urgency is None else urgency, -(order.notional or Decimal(0)))
