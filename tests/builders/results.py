"""A result and an order with something in each of their fields, the first of its kind in every digit."""

from decimal import Decimal

from paper_run.model.findings import Finding, warning
from paper_run.model.order import Order
from paper_run.model.result import HealthRow, Requested, RunResult, Statistics, Totals

ORDER = Order(
    symbol="BRK.B",
    side="buy",
    qty=Decimal("133"),
    status="filled",
    outcome="accepted",
    client_order_id="c-1",
    broker_order_id="b-1",
    filled_qty=Decimal("133.0"),
    filled_avg_price=Decimal("150.2537125"),
    price=Decimal("150.2537125"),
    price_source="fill",
    notional=Decimal("19983.74"),
    predicted_return=Decimal("0.028138855729595295"),
    rank=1,
    target_weight=Decimal("1E-7"),
    skip_reason=None,
    error_message=None,
)
RESULT = RunResult(
    run_id="00d504c8-83dd-4784-8d6d-245572f180a9",
    session="2025-01-17",
    attempt=2,
    timestamp="2025-01-17T09:00:00-05:00",
    status="partial",
    exit_status=2,
    sandbox=False,
    rehearsal=True,
    parameters=Requested(
        symbols=("BRK.B", "BTC/USD"),
        capital=Decimal("1E+5"),
        max_position_size=Decimal("20000.00"),
        as_of_date="2025-01-17",
    ),
    how_known=None,
    totals=Totals(
        num_signals=3,
        num_orders_submitted=2,
        num_orders_accepted=1,
        num_orders_rejected=1,
        num_orders_in_doubt=0,
        num_orders_filled=None,
        total_notional=Decimal("19983.74"),
        success_rate=Decimal("0.5000"),
        duration_seconds=Decimal("0.37715"),
    ),
    pnl=None,
    statistics=Statistics(),
    orders=(ORDER,),
    health=(
        HealthRow(service="signal_service", url="http://x", status="healthy", latency_ms=12, detail=None),
    ),
    findings=(warning("fill", "äöü — “quoted”"), Finding("dependency", "error", "T4", "first\nsecond")),
    ledger="ab12cd34",
)
