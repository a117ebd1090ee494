"""The three services for units that need no sockets: `responses` gives observed answers again."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import responses

from builders.moments import FakeTime
from builders.wire import GATEWAY, ORCHESTRATOR, ORDERS, SIGNALS, body
from paper_run.model.service import ServiceUrl
from paper_run.services.platform import Platform
from paper_run.services.transport import Transport


class Orders:
    """The gateway's orders, with `responses`: 404 for every one that it was not given."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Any]] = {}
        self.failing: dict[str, int | Exception] = {}
        self.asked: list[str] = []
        responses.add_callback("GET", re.compile(f"{ORDERS}/.*"), callback=self._answer)

    def has(self, identity: str, **changes: Any) -> str:
        """Know an order of 10 AAPL bought, created after the POST, or what `changes` make of it."""
        bought = {"client_order_id": identity, "symbol": "AAPL", "qty": 10, "filled_qty": "10"}
        bought["created_at"] = "2025-01-17T17:00:01.500000Z"
        self.known[identity] = body("order_after_fill", **{**bought, **changes})
        return identity

    def _answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        identity = request.url.rsplit("/", 1)[1]
        self.asked.append(identity)
        failing = self.failing.get(identity, self.failing.get("*"))
        if isinstance(failing, Exception):
            raise failing
        if failing is not None:
            return failing, {}, json.dumps({"detail": "no"})
        if identity not in self.known:
            return 404, {}, json.dumps({"detail": "Order not found"})
        return 200, {}, json.dumps(self.known[identity])


@contextmanager
def services() -> Iterator[Platform]:
    """Return the three services as `responses` plays them; pauses take no time."""
    time = FakeTime()
    transport = Transport(now=time.clock.monotonic, pause=time.pause)
    yield platform_over(transport)
    transport.close()


def platform_over(transport: Transport, quotes: Any = None) -> Platform:
    """Return the three services, and market data perhaps, as a transport reaches them."""
    return Platform(
        transport,
        signal_service=ServiceUrl(base=SIGNALS),
        execution_gateway=ServiceUrl(base=GATEWAY),
        orchestrator=ServiceUrl(base=ORCHESTRATOR),
        quotes=quotes,
        arrivals=None,
        broker=None,
        demands_broker=False,
        deadline=None,
    )
