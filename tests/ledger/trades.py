"""Trades as the ledger keeps them, and the three services that they are about, for the tests of both."""

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import responses
from services.fakes import NOON, FakeTime
from services.wire_examples import GATEWAY, ORCHESTRATOR, SIGNALS, body

from paper_run.errors import OrchestrationError
from paper_run.ledger.ledger import Ledger
from paper_run.model import result_json
from paper_run.model.attempt import AttemptRow, Parameters, Snapshot
from paper_run.model.order import OrderState, SignalOrder
from paper_run.model.service import ServiceHealth, ServiceUrl
from paper_run.services.platform import Platform
from paper_run.services.transport import Transport
from paper_run.trading.conclude import Known, conclude

SESSION = date(2025, 1, 17)
STRATEGY = "alpha_baseline"
RUNS = f"{ORCHESTRATOR}/api/v1/orchestration/runs"
ORDERS = f"{GATEWAY}/api/v1/orders"
POSITIONS = f"{GATEWAY}/api/v1/positions"
T5_BEFORE = "2025-01-17T12:00:00.250000"
"""T5's own naive time before the POST."""
T4_BEFORE = datetime(2025, 1, 17, 17, 0, tzinfo=UTC)
"""T4's time before the POST."""
PREPARED = Snapshot(
    session=SESSION,
    parameters=Parameters(
        symbols=("AAPL", "MSFT", "GOOGL"),
        capital=Decimal(100000),
        max_position_size=Decimal(20000),
        as_of_date=SESSION,
    ),
    health=(
        ServiceHealth(
            service="orchestrator",
            url=ORCHESTRATOR,
            status="healthy",
            latency_ms=1,
            detail=None,
            clock=T5_BEFORE,
            strategy=STRATEGY,
        ),
    ),
    positions=(),
    sandbox=False,
    rehearsal=False,
    known_runs=(),
    orchestrator_clock=T5_BEFORE,
    gateway_clock=T4_BEFORE,
    notices=(),
)


def a_snapshot(session: date = SESSION, **changes: Any) -> Snapshot:
    """Return what is known before the POST of a session, with some of it changed."""
    parameters = PREPARED.parameters._replace(as_of_date=session)
    return PREPARED._replace(**{"session": session, "parameters": parameters, **changes})


def begun(
    ledger: Ledger,
    session: date = SESSION,
    *,
    number: int = 1,
    key: str | None = None,
    document: str | None = None,
    **changes: Any,
) -> AttemptRow:
    """Begin an attempt in the ledger; its key is unique unless given, its result unknown after 310.5 s."""
    snapshot = a_snapshot(session, **changes)
    return ledger.attempts.begin(
        snapshot,
        number=number,
        key=key or str(uuid.uuid4()),
        started_at=NOON,
        document=unknown(snapshot, number) if document is None else document,
        after=ledger.attempts.newest(session) if number > 1 else None,
    )


def unknown(snapshot: Snapshot, number: int = 1) -> str:
    """Return the result of an attempt whose answer was lost."""
    lost = OrchestrationError("It is not known whether the orchestrator traded", "The answer was lost.")
    known = Known(snapshot, number, NOON, status="unknown", failures=(lost,), waited=Decimal("310.5"))
    return result_json.encode(conclude(known).result)


def order(identity: str = "a" * 24, **changes: Any) -> OrderState:
    """Return an order as the gateway has it: 10 AAPL bought and filled."""
    filled = OrderState(
        client_order_id=identity,
        symbol="AAPL",
        side="buy",
        qty=Decimal(10),
        status="filled",
        broker_order_id="b-1",
        limit_price=None,
        filled_qty=Decimal(10),
        filled_avg_price=Decimal("150.25"),
        error_message=None,
        created_at="2025-01-17T17:00:01.500000Z",
    )
    return filled._replace(**changes)


def signal(identity: str | None = "a" * 24, **changes: Any) -> SignalOrder:
    """Return a signal and the order that was made of it: 10 AAPL bought."""
    bought = SignalOrder(
        symbol="AAPL",
        predicted_return=Decimal("0.01"),
        rank=1,
        target_weight=Decimal("0.2"),
        client_order_id=identity,
        qty=Decimal(10),
        side="buy",
        broker_order_id=None,
        status="accepted" if identity else "rejected",
        filled_qty=None,
        filled_avg_price=None,
        skip_reason=None,
    )
    return bought._replace(**changes)


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
    yield Platform(
        transport,
        signal_service=ServiceUrl(base=SIGNALS),
        execution_gateway=ServiceUrl(base=GATEWAY),
        orchestrator=ServiceUrl(base=ORCHESTRATOR),
    )
    transport.close()
