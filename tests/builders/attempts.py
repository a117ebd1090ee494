"""Attempts as the ledger keeps them, and what they are made of: orders, signals, runs."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from builders.moments import NOON, SESSION
from builders.wire import ORCHESTRATOR, STRATEGY
from paper_run.errors import OrchestrationError
from paper_run.ledger.ledger import Ledger
from paper_run.model import result_json
from paper_run.model.attempt import AttemptRow, Parameters, Snapshot
from paper_run.model.calendar import exchange_time
from paper_run.model.order import Orchestration, OrderState, SignalOrder
from paper_run.model.service import ServiceHealth
from paper_run.trading.conclude import Known, conclude

T5_BEFORE = "2025-01-17T12:00:00.250000"
"""T5's own naive time before the POST."""
T4_BEFORE = NOON
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
        after=ledger.fences.newest(session) if number > 1 else None,
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


IDLE = signal(None, symbol="GOOGL", qty=None, side=None, status=None, skip_reason="zero_weight", rank=2)
"""A signal without an order."""
DOUBT = signal(None, skip_reason="unexpected_error: ConnectError")
"""An order of which it is not known whether it was placed."""


def run(*mappings: SignalOrder, **changes: Any) -> Orchestration:
    """Return a completed run; the orchestrator states no counts of its own."""
    completed = Orchestration(
        run_id="run-1",
        status="completed",
        strategy="alpha",
        as_of_date=SESSION.isoformat(),
        started_at=None,
        num_signals=None,
        num_orders_submitted=None,
        num_orders_accepted=None,
        num_orders_rejected=None,
        mappings=mappings,
        duration_seconds=Decimal("4.25"),
        error_message=None,
    )
    return completed._replace(**changes)


def known(orchestration: Orchestration | None = None, **changes: Any) -> Known:
    """Return what is known of the session's second attempt at noon."""
    facts = {"orchestration": orchestration, "run_id": orchestration.run_id if orchestration else None}
    return Known(a_snapshot(), 2, exchange_time(NOON, "XNYS"))._replace(**{**facts, **changes})


def close(ledger: Ledger, row: AttemptRow, state: str = "closed", **facts: Any) -> AttemptRow:
    """Record an attempt in some state."""
    return ledger.attempts.record(row, **{"state": state, "document": "{}\n", "in_doubt": 0, **facts})
