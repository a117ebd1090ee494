"""The id that the gateway gives an order, computed from what the order is."""

from __future__ import annotations

import hashlib
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from paper_run import money

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from decimal import Decimal

    from paper_run.model.broker import BrokerOrder

_MARKET_ORDER = "market|day|"
_A_DAY = timedelta(days=1)


def possible(
    symbol: str,
    side: str,
    qty: Decimal,
    strategy: str,
    days: Iterable[date],
    *,
    prices: tuple[Decimal | None, Decimal | None] = (None, None),
    kind: str = _MARKET_ORDER,
) -> list[str]:
    """Return the ids that it may have, in both generations of gateways, on each date that they may have had.

    :param qty: shares, without a sign; the gateway knows whole ones only.
    :param prices: its limit and its stop, dollars. :param kind: its type and how long it is good, each with a
        bar behind it, in the later generation's hash.
    """
    if qty != qty.to_integral_value():
        return []
    words = "|".join("None" if price is None else money.digits(price) for price in prices)
    order = f"{symbol}|{side}|{int(qty)}|{words}"
    return [
        hashlib.sha256(f"{order}|{generation}{strategy}|{day}".encode()).hexdigest()[:24]
        for generation in ("", kind)
        for day in sorted(set(days))
    ]


def is_hash_of(order: BrokerOrder, strategy: str) -> bool:
    """Whether the broker has an order under the id that a gateway gives it for a strategy.

    It is computed from the order's own fields, for each date that the gateway may have had, UTC or its own,
    when the broker took the order. It proves gateway and strategy, and not who asked for the order.
    """
    taken = order.created_at or order.submitted_at
    if order.symbol is None or order.side is None or order.qty is None or taken is None:
        return False
    today = taken.astimezone(UTC).date()
    kind = f"{order.order_type}|{order.time_in_force}|"
    return order.client_order_id in possible(
        order.symbol,
        order.side,
        order.qty,
        strategy,
        (today - _A_DAY, today, today + _A_DAY),
        prices=(order.limit_price, order.stop_price),
        kind=kind if order.order_type and order.time_in_force else _MARKET_ORDER,
    )
