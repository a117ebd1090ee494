"""Rule 6: the closed list of what placed nothing; the session stays open and the next attempt replaces it."""

import os
import signal

import pytest
from support.answers import Answer, detail_list, detail_object, detail_text, error_and_detail, kill_switch
from support.answers import too_many as rate_limit
from support.desk import Desk
from support.odd_platform import RUN, Plan

NO_ORDERS = dict.fromkeys(("num_orders_submitted", "num_orders_accepted", "num_orders_rejected"), 0)
NOTHING = {
    "401": detail_object(401, "unauthorized", "no token"),
    "403": detail_text(403, "forbidden"),
    "404": detail_text(404, "Not Found"),
    "405": detail_text(405, "Method Not Allowed"),
    "413": Answer(status=413, body="too large"),
    "415": error_and_detail(415, "media", "type"),
    "422": detail_list("not a symbol"),
    "429": rate_limit("7"),
    "400-date": detail_text(400, "Invalid date format: 2026. Use YYYY-MM-DD."),
    "503-kill-switch": kill_switch("drill"),
    "failed-without-quantities": Answer(
        edit=lambda run: (
            run | {"status": "failed", "mappings": [], "error_message": "Client error"} | NO_ORDERS
        )
    ),
    "failed-with-unordered-signals": Answer(
        edit=lambda run: (
            run
            | NO_ORDERS
            | {
                "status": "failed",
                "mappings": [
                    {
                        "symbol": "AAPL",
                        "order_qty": None,
                        "order_side": None,
                        "skip_reason": "price_fetch_failed: x",
                    }
                ],
            }
        )
    ),
}


@pytest.mark.parametrize("kind", NOTHING)
def test_rule_6_what_placed_nothing_leaves_the_session_open(desk: Desk, kind: str) -> None:
    """The record says so; a new attempt is a new row with a new key, and its files replace those."""
    desk.platform.orchestrator.script("POST", RUN, [NOTHING[kind]])
    first = desk.run()
    assert first.returncode == 2
    assert desk.saved()["status"] == "failed"
    refused = desk.files()
    desk.platform.orchestrator.runs.clear()  # it did not really happen
    second = desk.run()
    assert (second.returncode, desk.saved()["status"], desk.saved()["trade"]) == (0, "success", 1)
    assert len(desk.platform.posts) == 2
    rows = desk.rows()
    assert [(row["number"], row["state"]) for row in rows] == [(1, "nothing"), (1, "closed")]
    assert rows[0]["key"] != rows[1]["key"]
    assert set(desk.files()) == set(refused)
    assert all(desk.files()[name] != refused[name] for name in refused)


def test_rule_6_never_connected(desk: Desk) -> None:
    """Refused when the POST was to be sent: exit 1, nothing left, the session stays open."""
    with desk.start(at="before POST *", do="SIGSTOP") as process:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        desk.platform.orchestrator.down()
        process.send_signal(signal.SIGCONT)
        _, stderr = process.communicate(timeout=120)
    assert (process.returncode, desk.platform.posts) == (1, [])
    assert "refused" in stderr
    assert [row["state"] for row in desk.rows()] == ["nothing"]
    desk.platform.orchestrator.up()
    assert desk.run().returncode == 0
    assert desk.platform.executed == 1


@pytest.mark.parametrize("kind", ["completed-without-orders", "partial", "failed-with-a-quantity"])
def test_rule_6_whatever_else_ended_closes_the_session(desk: Desk, kind: str) -> None:
    """`completed` even with no order, `partial`, and `failed` with a quantity are never traded again."""
    plan = {symbol: Plan(side=None, mapping={"skip_reason": "zero_weight"}) for symbol in ("AAPL", "MSFT")}
    if kind == "completed-without-orders":
        desk.platform.plan = plan | {"GOOGL": plan["AAPL"]}
    elif kind == "partial":
        desk.platform.plan = {"AAPL": Plan(status="rejected", price=None)}
        desk.platform.orchestrator.answer = {"status": "partial"}
    else:
        doubt = {"client_order_id": None, "order_status": "rejected", "skip_reason": "submission_failed: 504"}
        desk.platform.plan = plan | {"GOOGL": Plan(mapping=doubt)}
        desk.platform.orchestrator.answer = {"status": "failed"}
    first = desk.run()
    assert first.returncode == (0 if kind == "completed-without-orders" else 2)
    second = desk.run()
    assert (second.returncode, len(desk.platform.posts)) == (first.returncode, 1)
