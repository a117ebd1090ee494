"""Whether another ledger trades the same account at the broker: then nobody can tell whose its money is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paper_run.errors import Remedy
from paper_run.model import findings
from paper_run.model.commands import ours
from paper_run.services.orchestrator import recorded_orchestration
from paper_run.trading import order_ids

if TYPE_CHECKING:
    from collections.abc import Collection

    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.broker import BrokerReading
    from paper_run.model.findings import Finding

_GATEWAYS_ID = re.compile("[0-9a-f]{24}")


def found(ledger: Ledger, period: BookPeriod, reading: BrokerReading, own: Collection[str]) -> Finding | None:
    """Say that the account of a book is traded by another ledger too; None: nothing shows that.

    To be called in a transaction of the ledger, with the account proven to be the book's.

    :param own: ids of orders that are known to be ours.
    """
    order = by(ledger, period, reading, own)
    if order is None:
        return None
    ledger.broker_money.keep_shared(period, order)
    return _said(reading, order)


def by(ledger: Ledger, period: BookPeriod | None, reading: BrokerReading, own: Collection[str]) -> str | None:
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
        if each.client_order_id not in owned and not order_ids.is_hash_of(each, strategy):
            return each.client_order_id
    return None


def _said(reading: BrokerReading, order: str) -> Finding:
    number = "" if reading.account is None else f" {reading.account.number}"
    text = (
        f"Another gateway or strategy trades the account{number} at the broker: the order {order} is none of "
        "this ledger's. Whose its cash and its other positions are, and its dividends, fees and transfers, "
        "can't be told: none of that is booked. Give each ledger an account of its own, or set "
        "PAPER_RUN_BROKER=off."
    )
    remedy = Remedy("Once the account is this ledger's alone, begin a new book", ours("resolve", "--reset"))
    return findings.warning("money_shared", text, subject=order, remedies=(remedy,))
