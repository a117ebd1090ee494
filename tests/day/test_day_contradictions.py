"""What contradicts itself is told and not booked: an order that is another one by the gateway's word."""

from typing import Any

import pytest
from day.exchange_day import Day
from support.odd_platform import Plan

SESSION = "2026-11-25"


def booked(day: Day) -> dict[str, str]:
    return {row["symbol"]: row["qty"].split(".")[0] for row in day.rows("entries")}


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"symbol": "TSLA"}, "buy 10 TSLA"),
        ({"side": "sell"}, "sell 10 AAPL"),
    ],
    ids=["symbol", "side"],
)
def test_an_order_that_is_another_one_is_not_booked(day: Day, other: dict[str, Any], told: str) -> None:
    """Under our order's id the gateway has another symbol or side: its fill is not ours."""
    day.platform.plan["AAPL"] = Plan(detail=other)
    said = day.must(status=1)
    assert f"it calls it {told}, and it was to buy 10 AAPL" in said.stderr
    assert booked(day) == {"MSFT": "20", "GOOGL": "-30"}
    result = day.saved(SESSION)
    assert (result["pnl"]["complete"], result["pnl"]["day_pnl"]) == (False, None)
    assert f"it calls it {told}" in day.run("mark").stdout
    assert booked(day) == {"MSFT": "20", "GOOGL": "-30"}


def test_more_than_was_asked_for_is_told_whatever_the_gateway_says_was_ordered(day: Day) -> None:
    """It calls the order of 10 one of 20, all filled: they are booked, and a person is to look."""
    day.platform.plan["AAPL"] = Plan(detail={"qty": 20, "filled_qty": "20"})
    day.must()
    assert booked(day)["AAPL"] == "20"
    assert "fill" in {each["code"] for each in day.saved(SESSION)["findings"]}


def test_an_order_in_doubt_that_is_another_one_stays_in_doubt(day: Day) -> None:
    """It has an id, and what the gateway has under it by now is a sale: that ends no doubt of a purchase."""
    failed = {"status": "failed", "broker_order_id": None, "error_message": "Broker connection error"}
    day.platform.plan["AAPL"] = Plan(mapping={"order_status": "failed"}, detail=failed, price=None)
    day.must(status=2)
    (order,) = [each for each in day.platform.gateway.orders.values() if each["symbol"] == "AAPL"]
    order |= {"side": "sell", "status": "filled", "filled_qty": "10", "filled_avg_price": "100"}
    order |= {"error_message": None, "broker_order_id": "b-1"}
    day.must("mark", status=1)
    assert booked(day) == {"MSFT": "20", "GOOGL": "-30"}
    assert "in doubt" in day.must("resolve").stdout
