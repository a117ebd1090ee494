"""Rules 3 and 10: somebody else's orders of today at the proven broker, and the orders in doubt there."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.answers import plain_500
from support.desk import Desk
from support.desk_broker import DeskBroker, prove, serving_desk_broker
from support.odd_platform import RUNS, Plan

CLICK = "5e2ab7f0-6a1c-4a57-8d8e-000000000001"
DOUBT = {"client_order_id": None, "order_status": "rejected", "skip_reason": "submission_failed: 504"}
REFUSED: dict[str, Any] = {
    "broker_order_id": None,
    "error_message": "Unexpected error: (Connection aborted.)",
    "filled_qty": "0",
    "filled_avg_price": None,
}
TO_THE_CLOSE = 6 * 60
"""Minutes from the desk's morning to the close in New York."""


@pytest.fixture
def broker(desk: Desk) -> Iterator[DeskBroker]:
    """A second session is about to begin, with an account that is proven; orders there are placed by hand."""
    with serving_desk_broker(desk) as made:
        assert desk.run().returncode == 0
        made.mirror()
        prove(desk)
        desk.next_session()
        made.is_cut_off = True
        yield made


def codes(desk: Desk) -> set[str]:
    return {each["code"] for each in desk.saved()["findings"]}


@pytest.mark.parametrize("kind", ["", "market|day|"], ids=["2025", "2026"])
def test_rule_3_an_order_of_this_strategy_that_no_row_owns_stops_the_run(
    desk: Desk, broker: DeskBroker, kind: str
) -> None:
    """Its id is the hash of its own fields; exit 2 naming it, nothing sent; `--again` overrides."""
    desk.platform.orchestrator.always("GET", RUNS, plain_500())
    theirs = broker.place("AAPL", 30, kind=kind)
    finished = desk.run()
    assert finished.returncode == 2
    assert theirs in finished.stderr
    assert "buy 30 AAPL" in finished.stderr
    assert "--again" in finished.stderr
    assert (len(desk.platform.posts), len(desk.rows())) == (1, 1)
    assert "A run would stop here" in desk.run("--dry-run").stdout
    assert desk.run("--again").returncode == 0
    assert "not proved" not in desk.said[-1].stdout
    assert "broker_strangers" in codes(desk)
    assert any(theirs in warning for warning in desk.saved()["warnings"])


def test_rule_3_a_rehearsal_goes_on(desk: Desk, broker: DeskBroker) -> None:
    """Nothing is executed anyhow."""
    theirs = broker.place("AAPL", 30)
    desk.platform.gateway.health["dry_run"] = True
    assert desk.run().returncode == 0
    assert any(theirs in warning for warning in desk.saved()["warnings"])


def test_rule_3_our_own_orders_of_today_stop_nothing(desk: Desk, broker: DeskBroker) -> None:
    """What a row of ours owns is nobody else's: a second trade on purpose is not warned of the first's."""
    broker.is_cut_off = False
    desk.platform.orchestrator.always("GET", RUNS, plain_500())
    assert desk.run().returncode == 0
    desk.platform.plan = {symbol: Plan(qty=7) for symbol in ("AAPL", "MSFT", "GOOGL")}
    assert desk.run("--again").returncode == 0
    assert "broker_strangers" not in {each["code"] for each in desk.saved(f"{desk.session}-2")["findings"]}


@pytest.mark.parametrize("case", ["click", "other-strategy", "yesterday"])
def test_rule_3_any_other_order_there_stops_nothing(desk: Desk, broker: DeskBroker, case: str) -> None:
    """A click in its dashboard and another strategy's order are findings; yesterday's is nothing."""
    if case == "click":
        broker.place("AAPL", 5, client_order_id=CLICK)
    elif case == "other-strategy":
        broker.place("AAPL", 5, client_order_id="0123456789abcdef01234567")
    else:
        broker.place("AAPL", 5, at=broker.now() - timedelta(hours=16))
    finished = desk.run()
    assert finished.returncode == 0
    assert ("broker_strangers" in codes(desk)) is (case != "yesterday")
    assert len(desk.rows("orders")) == 6


def test_rule_3_another_accounts_orders_prove_nothing(desk: Desk, broker: DeskBroker) -> None:
    """The same hash is in each account of a platform: one that is not proven stops nothing."""
    desk.platform.orchestrator.always("GET", RUNS, plain_500())
    desk.resolve("--reset")
    broker.place("AAPL", 30)
    finished = desk.run()
    assert finished.returncode == 0
    assert "not proved" in finished.stdout


@pytest.mark.parametrize("told", [True, False])
def test_rule_3_the_run_says_where_neither_list_nor_broker_can_tell(
    desk: Desk, broker: DeskBroker, told: bool
) -> None:
    """The proven broker is enough; where it can't be read either, the run goes on and says so."""
    desk.platform.orchestrator.always("GET", RUNS, plain_500())
    if not told:
        broker.always("GET", "/v2/orders", plain_500())
    finished = desk.run()
    assert len(desk.platform.posts) == 2
    assert ("not proved" in finished.stdout) is not told
    assert ("broker_unread" in codes(desk)) is not told


# Rule 10


def doubt(desk: Desk, plan: Plan) -> str:
    """Trade with one order in doubt; return its session."""
    desk.platform.plan = {"AAPL": plan}
    finished = desk.run()
    assert finished.returncode == 2, finished.stdout + finished.stderr
    assert desk.saved()["results"]["num_orders_in_doubt"] == 1
    desk.platform.plan = {}
    return desk.session


def test_rule_10_an_order_in_doubt_is_found_at_the_broker(desk: Desk, broker: DeskBroker) -> None:
    """The gateway has no id for it and never hears of it; the broker took it, so it is ours and booked."""
    session = doubt(desk, Plan(mapping=DOUBT, detail=None))
    taken = broker.place("AAPL", 10)
    desk.run("mark")
    order = desk.saved(session)["orders"][0]
    assert (order["client_order_id"], order["outcome"]) == (taken, "accepted")
    assert desk.saved(session)["results"]["num_orders_in_doubt"] == 0
    assert "the broker was found to have AAPL" in desk.rows()[-1]["settled"]
    (entry,) = [each for each in desk.rows("entries") if each["client_order_id"] == taken]
    assert Decimal(entry["qty"]) == 10


def test_rule_10_a_refusal_without_proof_was_taken_by_the_broker(desk: Desk, broker: DeskBroker) -> None:
    """The gateway goes on calling it rejected: that says nothing against the broker's own id for it."""
    session = doubt(desk, Plan(status="rejected", price=None, detail=REFUSED))
    taken = broker.place("AAPL", 10)
    for _ in range(2):
        desk.run("mark")
        order = desk.saved(session)["orders"][0]
        assert (order["client_order_id"], order["outcome"]) == (taken, "accepted")
        assert order["broker_order_id"] == broker.orders[-1]["id"]
    assert [Decimal(each["qty"]) for each in desk.rows("entries") if each["client_order_id"] == taken] == [10]


@pytest.mark.parametrize("case", ["symbol", "side", "qty", "created-before"])
@pytest.mark.parametrize("kind", ["without-id", "named"])
def test_rule_10_what_does_not_agree_is_not_taken(
    desk: Desk, broker: DeskBroker, case: str, kind: str
) -> None:
    """Each condition by itself; a stranger's from before the POST is named."""
    plans = {
        "without-id": Plan(mapping=DOUBT, detail=None),
        "named": Plan(status="rejected", price=None, detail=REFUSED),
    }
    session = doubt(desk, plans[kind])
    changes: dict[str, Any] = {
        "symbol": {"symbol": "MSFT"},
        "side": {"side": "sell"},
        "qty": {"qty": "11"},
        "created-before": {},
    }.get(case, {})
    at = broker.now() - timedelta(hours=1) if case == "created-before" else None
    identity = broker.place("AAPL", 10, at=at)
    broker.orders[-1] |= changes
    rows, orders = desk.rows(), desk.rows("orders")
    listed = desk.resolve()
    assert (desk.rows(), desk.rows("orders")) == (rows, orders)
    assert desk.saved(session)["results"]["num_orders_in_doubt"] == 1
    assert (f"The broker has buy 10 AAPL as {identity}" in listed.stdout) is (case == "created-before")


@pytest.mark.parametrize("kind", ["without-id", "named"])
def test_rule_10_a_404_ends_a_doubt_when_it_is_late_enough(desk: Desk, broker: DeskBroker, kind: str) -> None:
    """Before the close it proves nothing; after it the order is not placed, by the broker's word."""
    plans = {
        "without-id": Plan(mapping=DOUBT, detail=None),
        "named": Plan(status="rejected", price=None, detail=REFUSED),
    }
    session = doubt(desk, plans[kind])
    desk.later(TO_THE_CLOSE - 5)
    desk.run("mark")
    assert desk.saved(session)["results"]["num_orders_in_doubt"] == 1
    desk.later(6)
    for _ in range(2):
        assert desk.run("mark").returncode == 0
        result = desk.saved(session)
        assert result["results"]["num_orders_in_doubt"] == 0
        assert (result["orders"][0]["status"], result["orders"][0]["outcome"]) == ("not_placed", "rejected")
    assert "the broker knows no buy 10 AAPL" in desk.rows()[-1]["settled"]
    assert "Nothing is open" in desk.resolve().stdout
    desk.next_session()
    assert desk.run().returncode == 0
    assert "order_unread" not in codes(desk)


def test_rule_10_a_run_right_before_the_close_waits_half_an_hour(desk: Desk, broker: DeskBroker) -> None:
    """The close alone is not enough."""
    desk.later(TO_THE_CLOSE - 5)
    session = doubt(desk, Plan(mapping=DOUBT, detail=None))
    desk.later(20)
    desk.run("mark")
    assert desk.saved(session)["results"]["num_orders_in_doubt"] == 1
    desk.later(11)
    desk.run("mark")
    assert desk.saved(session)["results"]["num_orders_in_doubt"] == 0


@pytest.mark.parametrize("case", ["another-account", "silent", "the-same-under-another-id"])
def test_rule_10_a_404_of_whom_it_proves_nothing_ends_nothing(
    desk: Desk, broker: DeskBroker, case: str
) -> None:
    """Another account has none of our orders; one that could be it has an id that can't be computed."""
    session = doubt(desk, Plan(mapping=DOUBT, detail=None))
    if case == "another-account":
        broker.account["account_number"] = "PA3ANOTHER01"
    elif case == "silent":
        broker.always("GET", "/v2/orders:by_client_order_id", plain_500())
    else:
        broker.place("AAPL", 10, client_order_id=CLICK)
    desk.later(TO_THE_CLOSE + 40)
    desk.run("mark")
    assert desk.saved(session)["results"]["num_orders_in_doubt"] == 1
