"""Whose an order is: the id that the gateway gives it, and whether another ledger trades the account too."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from paper_run import money
from paper_run.errors import Remedy
from paper_run.model import findings
from paper_run.model.commands import ours
from paper_run.services.orchestrator import recorded_orchestration

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date
    from decimal import Decimal

    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.broker import BrokerOrder, BrokerReading
    from paper_run.model.findings import Finding

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


_GATEWAYS_ID = re.compile("[0-9a-f]{24}")


def found_shared(
    ledger: Ledger, period: BookPeriod, reading: BrokerReading, own: Collection[str]
) -> Finding | None:
    """Say that the account of a book is traded by another ledger too; None: nothing shows that.

    To be called in a transaction of the ledger, with the account proven to be the book's.

    :param own: ids of orders that are known to be ours.
    """
    order = shared_by(ledger, period, reading, own)
    if order is None:
        return None
    ledger.broker_money.keep_shared(period, order)
    return _shared(reading, order)


def shared_by(
    ledger: Ledger, period: BookPeriod | None, reading: BrokerReading, own: Collection[str]
) -> str | None:
    """Return an order of the account that is a gateway's and not of this one's strategy; None: there is none.

    Once one was seen the account stays a shared one: its money of weeks could be the other ledger's.

    :param period: the account's book; None: it has none yet.
    """
    known = None if period is None else ledger.broker_money.shared_by(period)
    if known is not None:
        return known
    answer = ledger.account.last_answer
    strategy = None if answer is None else recorded_orchestration(answer).strategy
    if strategy is None:
        return None
    others = [each for each in reading.all_orders if each.client_order_id not in own]
    alike = [each for each in others if _GATEWAYS_ID.fullmatch(each.client_order_id)]
    owned = ledger.orders.owners(each.client_order_id for each in alike)
    for each in alike:
        if each.client_order_id not in owned and not is_hash_of(each, strategy):
            return each.client_order_id
    return None


def _shared(reading: BrokerReading, order: str) -> Finding:
    number = "" if reading.account is None else f" {reading.account.number}"
    text = (
        f"Another gateway or strategy trades the account{number} at the broker: the order {order} is none of "
        "this ledger's. Whose its cash and its other positions are, and its dividends, fees and transfers, "
        "can't be told: none of that is booked. Give each ledger an account of its own, or set "
        "PAPER_RUN_BROKER=off."
    )
    remedy = Remedy("Once the account is this ledger's alone, begin a new book", ours("resolve", "--reset"))
    return findings.warning("money_shared", text, subject=order, remedies=(remedy,))
