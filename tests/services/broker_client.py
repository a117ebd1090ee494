"""What the tests of the broker's client share: its reads, and a client of any address."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from support.broker_server import KEY, SECRET

from paper_run.model.broker import OrdersRead
from paper_run.model.service import ServiceUrl
from paper_run.services.alpaca import Keys
from paper_run.services.broker import Broker
from paper_run.services.transport import Transport

KEYS = Keys(KEY, SECRET)
BEGIN = datetime(2025, 1, 17, tzinfo=UTC)
DAY = date(2025, 1, 17)
LONG = "1234567890.123456789012345678"
"""28 digits: no binary float has them."""
READS: dict[str, Callable[[Broker], object]] = {
    "account": lambda broker: broker.account(),
    "orders": lambda broker: broker.orders(BEGIN),
    "order": lambda broker: broker.order("a" * 24),
    "positions": lambda broker: broker.positions(),
    "activities": lambda broker: broker.activities(DAY),
    "corporate actions": lambda broker: broker.corporate_actions(["AAPL"], DAY, DAY),
}
every_read = pytest.mark.parametrize("read", READS.values(), ids=READS)


def at(url: ServiceUrl, transport: Transport, keys: Keys = KEYS) -> Broker:
    return Broker(transport, url, data=url, keys=keys, kind="paper")


def stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def ids(read: OrdersRead) -> list[str]:
    return [each.identity for each in read.orders]
