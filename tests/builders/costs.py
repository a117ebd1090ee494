"""What trading cost, as results state it."""

from decimal import Decimal

from paper_run.book.execution import MeanCost
from paper_run.model.costs import Costs, OrderCost

FILLED = OrderCost(
    symbol="AAPL",
    side="buy",
    client_order_id="aapl-1",
    fill_ratio=Decimal("1.0000"),
    arrival_notional=Decimal("20000.00"),
    execution_cost=Decimal("8.00"),
    opportunity_cost=Decimal("0.00"),
    shortfall=Decimal("8.00"),
    shortfall_bps=Decimal("4.00"),
    includes_wait=False,
    reason=None,
)
WORKING = FILLED._replace(
    symbol="MSFT",
    side="sell",
    client_order_id="msft-1",
    fill_ratio=Decimal("0.5000"),
    execution_cost=Decimal("-2.00"),
    opportunity_cost=None,
    shortfall=None,
    shortfall_bps=None,
    includes_wait=None,
    reason="what was not filled is not known: the session has not closed",
)
COSTS = Costs(
    orders=(FILLED, WORKING),
    arrival_notional=Decimal("40000.00"),
    execution_cost=Decimal("6.00"),
    opportunity_cost=None,
    shortfall=None,
    shortfall_bps=None,
    known_so_far=Decimal("8.00"),
    num_known=1,
    fill_ratio=Decimal("0.7500"),
    fees=None,
    total=None,
    total_bps=None,
    includes_wait=False,
    mean=MeanCost(Decimal("3.28"), Decimal("13.03"), 20),
)
"""An order that is filled, and one that works."""
