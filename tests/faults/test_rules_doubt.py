"""Rule 10: an order in doubt is asked for by the ids it may have, and adopted only when all agrees."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.desk import Desk
from support.odd_orchestrator import order_id_of
from support.odd_platform import Plan

from paper_run.ledger.sqlite.schema import MIGRATIONS

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


def test_rule_10_what_an_earlier_version_called_rejected_is_in_doubt(desk: Desk) -> None:
    """It had an error and no broker's id: nothing proves it, so its P&L was not known, nor is today's."""
    failed = {"status": "failed", "broker_order_id": None, "error_message": "Broker connection error"}
    desk.platform.plan["MSFT"] = Plan(mapping={"order_status": "failed"}, detail=failed, price=None)
    desk.run()
    lost = desk.session
    with closing(sqlite3.connect(desk.ledger)) as connection, connection:
        ((document,),) = connection.execute("SELECT document FROM trades")
        older = json.loads(document)
        for order in older["orders"]:
            order["outcome"] = "rejected" if order["outcome"] == "in_doubt" else order["outcome"]
        older["results"] |= {"num_orders_rejected": 1, "num_orders_in_doubt": 0}
        connection.execute("UPDATE trades SET in_doubt = 0, document = ?", (json.dumps(older),))
        connection.executescript(next(script for script in MIGRATIONS if "called rejected" in script))
    desk.next_session()
    desk.platform.plan["MSFT"] = Plan()
    assert desk.run().returncode == 0
    assert (desk.saved()["pnl"]["complete"], desk.saved()["pnl"]["day_pnl"]) == (False, None)
    assert (desk.saved(lost)["results"]["num_orders_in_doubt"], desk.saved(lost)["pnl"]) == (1, None)
    assert (desk.saved(lost)["settled"], desk.run("mark").returncode) == (None, 1)
    (order,) = [row["client_order_id"] for row in desk.rows("orders") if row["status"] == "failed"]
    assert desk.resolve("--order", order, "--not-filled").returncode == 0
    assert desk.run("mark").returncode == 0


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
    assert any(identity in each["text"] for each in result["findings"] if each["code"] == "recovered")
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


def test_rule_10_a_doubt_never_ends_by_itself(desk: Desk) -> None:
    """Sessions later each report still warns of it, each command still asks, and what is found ends it."""
    trade_with_doubt(desk)
    first, identity = desk.session, place_late(desk)
    desk.platform.gateway.orders.clear()
    desk.platform.plan = {}
    for _ in range(4):
        desk.next_session()
        assert desk.run().returncode == 0
        assert any("in doubt" in each and first in each for each in desk.saved()["warnings"])
    before = len(desk.platform.requests)
    assert f"AAPL@{first}" in desk.resolve().stdout
    assert identity in {request.path[-24:] for request in desk.platform.requests[before:]}
    created = {"created_at": f"{first}T15:00:05Z"}
    assert place_late(desk, days=-4, **created) == identity
    assert desk.resolve().returncode == 0
    assert desk.saved(first)["results"]["num_orders_in_doubt"] == 0
    desk.next_session()
    assert desk.run().returncode == 0
    assert not any("in doubt" in each for each in desk.saved()["warnings"])


@pytest.mark.parametrize("case", ["symbol", "side", "qty", "created-before", "no-creation-time"])
def test_rule_10_one_that_does_not_agree_is_not_adopted(desk: Desk, case: str) -> None:
    """Each condition by itself keeps it out."""
    changes: dict[str, Any] = {
        "symbol": {"symbol": "MSFT"},
        "side": {"side": "sell"},
        "qty": {"qty": 11},
        "created-before": {"created_at": "2026-03-03T14:00:00Z"},
        "no-creation-time": {"created_at": None},
    }.get(case, {})
    trade_with_doubt(desk)
    name = desk.session
    identity = place_late(desk, **changes)
    rows, orders = desk.rows(), desk.rows("orders")
    listed = desk.resolve()
    assert listed.returncode == 0
    assert (desk.rows(), desk.rows("orders")) == (rows, orders)
    assert (identity in listed.stdout) is (case == "created-before")
    assert desk.saved(name)["results"]["num_orders_in_doubt"] == 1
    assert desk.saved(name)["orders"][0]["client_order_id"] is None


def test_rule_10_the_order_of_another_trade_of_the_session_is_a_repeat(desk: Desk) -> None:
    """The same order of the same day is one order for the gateway: the doubt ends."""
    desk.platform.plan = {"AAPL": Plan()}
    assert desk.run().returncode == 0
    desk.platform.plan = {"AAPL": Plan(mapping=DOUBT)}
    assert desk.run("--again").returncode == 2
    name = f"{desk.session}-2"
    assert desk.saved(name)["results"]["num_orders_in_doubt"] == 1
    assert desk.resolve().returncode == 0
    assert desk.saved(name)["results"]["num_orders_in_doubt"] == 0
    assert desk.saved(name)["orders"][0]["outcome"] == "repeat"


@pytest.mark.parametrize("word", ["rejected", "failed"])
def test_rule_10_refused_with_an_error_and_no_brokers_id_is_in_doubt(desk: Desk, word: str) -> None:
    """The gateway's connection to the broker broke: it may have taken the order, so it is followed."""
    said = {"broker_order_id": None, "error_message": "Broker connection error: reset", "filled_qty": "0"}
    desk.platform.plan = {"AAPL": Plan(status=word, price=None, detail=said)}
    assert desk.run().returncode == 2
    first = desk.session
    assert (desk.saved()["status"], desk.saved()["results"]["num_orders_in_doubt"]) == ("partial", 1)
    identity = desk.saved()["orders"][0]["client_order_id"]
    assert identity in desk.resolve().stdout
    desk.platform.plan = {}
    desk.next_session()
    assert desk.run().returncode == 0
    assert any("AAPL" in each and "in doubt" in each for each in desk.saved()["warnings"])
    filled = {
        "status": "filled",
        "filled_qty": "10",
        "filled_avg_price": "100.25",
        "broker_order_id": "b-late",
    }
    desk.platform.gateway.orders[identity] |= filled
    assert desk.run("mark").returncode in (0, 1)
    assert desk.saved(first)["results"]["num_orders_in_doubt"] == 0
    (entry,) = [each for each in desk.rows("entries") if each["client_order_id"] == identity]
    assert Decimal(entry["qty"]) == 10


@pytest.mark.parametrize("proof", ["brokers-id", "no-error", "4xx"])
def test_rule_10_a_refusal_that_is_proved_is_no_doubt(desk: Desk, proof: str) -> None:
    """A broker's id, the gateway's word without an error, or the proof of a 4xx: rejected, and settled."""
    said: dict[str, Any] = {"broker_order_id": None, "error_message": "no", "filled_qty": "0"}
    said |= {"brokers-id": {"broker_order_id": "b-1"}, "no-error": {"error_message": None}}.get(proof, {})
    mapping = {"skip_reason": "submission_failed: 422"} if proof == "4xx" else {}
    desk.platform.plan = {"AAPL": Plan(status="rejected", price=None, detail=said, mapping=mapping)}
    assert desk.run().returncode == 2
    counted = desk.saved()["results"]
    assert (counted["num_orders_rejected"], counted["num_orders_in_doubt"]) == (1, 0)
    assert "Nothing is open" in desk.resolve().stdout


def test_rule_10_resolve_names_what_is_in_doubt(desk: Desk) -> None:
    """The list of what is unsettled has it too."""
    trade_with_doubt(desk)
    finished = desk.resolve()
    assert desk.session in finished.stdout
    assert "in doubt" in finished.stdout
