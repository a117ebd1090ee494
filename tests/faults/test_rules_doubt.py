"""Rule 10: an order in doubt is asked for by the ids it may have, and adopted only when all agrees."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from faults.desk import Desk
from support.odd_orchestrator import order_id_of
from support.odd_platform import Plan

DOUBT = {"client_order_id": None, "order_status": "rejected", "skip_reason": "submission_failed: 504"}


def place_late(desk: Desk, kind: str = "", *, days: int = 0, **changes: Any) -> str:
    """Let the gateway have placed the doubtful order after all: buy 10 AAPL."""
    plan = Plan()
    day = (desk.platform.now() + timedelta(days=days)).date()
    identity = order_id_of("AAPL", "buy", 10, day, kind)
    order = desk.platform.orchestrator._order(identity, "AAPL", plan, Decimal(plan.qty))
    desk.platform.gateway.orders[identity] = order | changes
    return identity


def trade_with_doubt(desk: Desk) -> None:
    desk.platform.plan = {"AAPL": Plan(mapping=DOUBT)}
    finished = desk.run()
    assert (finished.returncode, desk.saved()["status"]) == (2, "partial")
    assert desk.saved()["results"]["num_orders_in_doubt"] == 1


@pytest.mark.parametrize("kind", ["", "market|day|"], ids=["2025", "2026"])
@pytest.mark.parametrize("days", [0, 1], ids=["same-date", "gateway-a-date-ahead"])
def test_rule_10_an_order_in_doubt_is_found_by_its_computed_id(desk: Desk, kind: str, days: int) -> None:
    """Both generations of the hash, also where the gateway's date is the next one; no second POST."""
    trade_with_doubt(desk)
    identity = place_late(desk, kind, days=days)
    assert desk.run().returncode == 0
    result = desk.saved()
    assert (result["status"], result["results"]["num_orders_in_doubt"]) == ("success", 0)
    assert result["orders"][0]["client_order_id"] == identity
    assert any(identity in warning for warning in result["warnings"])
    assert identity in desk.rows()[0]["settled"]
    assert identity in {row["client_order_id"] for row in desk.rows("orders")}
    assert len(desk.platform.posts) == 1


def test_rule_10_the_next_session_still_asks(desk: Desk) -> None:
    """It is asked for by the commands of the session after it, and its own report is written again."""
    trade_with_doubt(desk)
    first = desk.session
    identity = place_late(desk)
    desk.platform.plan = {}
    desk.next_session()
    assert desk.run().returncode == 0
    assert desk.saved(first)["orders"][0]["client_order_id"] == identity


def test_rule_10_after_two_sessions_nobody_asks(desk: Desk) -> None:
    """Older ones stay in doubt."""
    trade_with_doubt(desk)
    first, identity = desk.session, place_late(desk)
    desk.platform.gateway.orders.clear()
    desk.platform.plan = {}
    for _ in range(2):
        desk.next_session()
        assert desk.run().returncode == 0
    place_late(desk, days=-2)
    assert desk.resolve().returncode == 0
    assert desk.saved(first)["results"]["num_orders_in_doubt"] == 1
    before = len(desk.platform.requests)
    assert desk.resolve().returncode == 0
    assert identity not in {request.path[-24:] for request in desk.platform.requests[before:]}


@pytest.mark.parametrize("case", ["symbol", "side", "qty", "created-before", "no-creation-time", "owned"])
def test_rule_10_one_that_does_not_agree_is_not_adopted(desk: Desk, case: str) -> None:
    """Each condition by itself keeps it out."""
    changes: dict[str, Any] = {
        "symbol": {"symbol": "MSFT"},
        "side": {"side": "sell"},
        "qty": {"qty": 11},
        "created-before": {"created_at": "2026-03-03T14:00:00Z"},
        "no-creation-time": {"created_at": None},
    }.get(case, {})
    if case == "owned":
        desk.platform.plan = {"AAPL": Plan()}
        assert desk.run().returncode == 0
        desk.platform.plan = {"AAPL": Plan(mapping=DOUBT)}
        again = desk.run("--again")
        assert again.returncode == 2
        name = f"{desk.session}-2"
    else:
        trade_with_doubt(desk)
        name = desk.session
    place_late(desk, **changes)
    rows, orders = desk.rows(), desk.rows("orders")
    assert desk.resolve().returncode == 0
    assert (desk.rows(), desk.rows("orders")) == (rows, orders)
    assert desk.saved(name)["results"]["num_orders_in_doubt"] == 1
    assert desk.saved(name)["orders"][0]["client_order_id"] is None


def test_rule_10_resolve_names_what_is_in_doubt(desk: Desk) -> None:
    """The list of what is unsettled has it too."""
    trade_with_doubt(desk)
    finished = desk.resolve()
    assert desk.session in finished.stdout
    assert "in doubt" in finished.stdout
