"""What an order's word does not prove: nothing is stated upon it, and each doubt can be ended."""

import json
from collections import Counter
from typing import Any

import pytest
from support.answers import Answer, plain_500
from support.life import Life, buy, figures, row, says, sell, told
from support.odd_platform import ORDERS, RUN, RUNS, Plan

BROKEN: dict[str, Any] = {
    "status": "failed",
    "broker_order_id": None,
    "error_message": "Broker connection error: reset",
    "filled_qty": "0",
    "filled_avg_price": None,
}
"""What the gateway says of an order when its connection to the broker broke, which may have taken it."""


def counts(life: Life, session: str) -> tuple[Any, ...]:
    """Return what a session's report counts as accepted, rejected and in doubt."""
    results = json.loads((life.reports / f"{session}_paper_run.json").read_text("utf-8"))["results"]
    return figures(results, "num_orders_accepted num_orders_rejected num_orders_in_doubt")


@pytest.mark.parametrize("by", ["mark", "trade"])
def test_an_order_that_breaks_after_it_was_read_is_in_doubt_from_then_on(life: Life, by: str) -> None:
    life.trade(A=buy(10, "10.00", status="pending_new", filled="0"), M=buy(10, "20.00"))
    identity = life.order_id("A")
    life.gateway.orders[identity] |= BROKEN

    if by == "mark":
        document = life.mark(status=1)
    else:
        life.next_session()
        document = life.trade(M=sell(1, "20.00"))

    assert figures(document["pnl"], "total_pnl day_pnl complete") == (None, None, False)
    assert says(told(document), "10 A of 2025-01-06 is in doubt", f"--order {identity} --not-filled")
    assert counts(life, "2025-01-06") == (1, 0, 1)
    assert identity in life.run("resolve").stdout
    life.gateway.hold("A", "10", "10.00", "10.00")
    assert life.resolve("--order", identity, "--filled", "10@10.00")["pnl"]["total_pnl"] == 0
    assert life.run("resolve").stdout == "Nothing is open: every outcome is known.\n"
    assert counts(life, "2025-01-06") == (2, 0, 0)


def test_a_doubt_that_the_gateway_takes_back_is_none(life: Life) -> None:
    life.trade(A=buy(10, "10.00", status="pending_new", filled="0"))
    life.gateway.orders[life.order_id("A")] |= BROKEN
    life.mark(status=1)

    life.fill("A", "10", "10.00", "filled")
    life.gateway.hold("A", "10", "10.00", "11.00")

    assert figures(life.mark()["pnl"], "total_pnl complete") == (10, True)
    assert counts(life, "2025-01-06") == (1, 0, 0)


def test_a_doubt_that_the_gateway_takes_back_while_the_next_session_is_valued_is_none(life: Life) -> None:
    life.trade(A=buy(10, "10.00", status="pending_new", filled="0"))
    identity = life.order_id("A")
    life.gateway.orders[identity] |= BROKEN
    life.mark(status=1)

    life.fill("A", "10", "10.00", "filled")
    life.gateway.hold("A", "10", "10.00", "11.00")
    still_broken = Answer(edit=lambda order: {**order, **BROKEN})
    life.gateway.script("GET", f"{ORDERS}/{identity}", [still_broken])  # before the POST; healthy after it
    life.next_session()
    document = life.trade(M=buy(1, "5.00"))

    assert figures(document["pnl"], "total_pnl complete") == (10, True)
    assert not says(told(document), "is in doubt")
    assert counts(life, "2025-01-06") == (1, 0, 0)
    assert life.run("resolve").stdout == "Nothing is open: every outcome is known.\n"


def test_a_doubt_that_stays_is_told_once_where_another_order_of_its_attempt_breaks(life: Life) -> None:
    working = {"status": "pending_new", "filled": "0"}
    life.trade(A=buy(10, "10.00", **working), B=buy(10, "10.00", **working))
    life.gateway.orders[life.order_id("A")] |= BROKEN
    life.mark(status=1)

    life.gateway.orders[life.order_id("B")] |= BROKEN
    life.next_session()
    document = life.trade(M=buy(1, "5.00"))

    doubts = [each["text"] for each in document["findings"] if each["code"] == "order_in_doubt"]
    assert sorted(doubts) == [
        f"buy 10 {symbol} of 2025-01-06 is in doubt: it may have been placed." for symbol in "AB"
    ]


def test_a_refused_order_that_could_not_be_read_is_in_doubt_until_it_was(life: Life) -> None:
    life.gateway.script("GET", ORDERS + "/*", [], then=plain_500())
    refused = {"order_status": "rejected", "broker_order_id": None}
    plan = buy(10, "10.00", filled="0", mapping=refused, detail=BROKEN)
    first = life.trade(A=plan, M=buy(1, "5.00"), status=2)
    assert counts(life, "2025-01-06") == (1, 0, 1)
    assert first["pnl"]["total_pnl"] is None
    life.gateway._scripts.clear()

    assert figures(life.mark(status=1)["pnl"], "total_pnl complete") == (None, False)

    life.gateway.orders[life.order_id("A")] |= {"error_message": None, "status": "rejected"}
    assert life.mark()["pnl"]["complete"]
    assert counts(life, "2025-01-06") == (1, 1, 0)
    assert life.run("resolve").stdout == "Nothing is open: every outcome is known.\n"


def test_a_doubt_about_an_order_that_a_person_has_named_is_ended_by_a_person(life: Life) -> None:
    life.platform.orchestrator.script("POST", RUN, [Answer(process="before", hang_up=True)])
    life.platform.orchestrator.script("GET", RUNS, [], then=plain_500())
    life.trade("--timeout", "1", A=buy(10, "10.00", filled="0", detail=BROKEN), M=buy(1, "5.00"), status=2)
    broken, filled = life.order_id("A"), life.order_id("M")
    life.run("resolve", life.session, "--placed", "--order", broken, "--order", filled)
    assert life.mark(status=1)["pnl"]["total_pnl"] is None

    assert life.resolve("--order", broken, "--not-filled")["pnl"]["complete"]

    assert life.run("resolve").stdout == "Nothing is open: every outcome is known.\n"
    assert counts(life, "2025-01-06") == (1, 1, 0)


@pytest.mark.parametrize("told_qty", ["0", None])
def test_a_filled_order_without_a_number_of_shares_is_not_known(life: Life, told_qty: str | None) -> None:
    plan = buy(10, "10.00", detail={"filled_qty": told_qty, "filled_avg_price": "10.00"})
    document = life.trade(A=plan, M=buy(1, "5.00"))

    assert figures(document["pnl"], "total_pnl day_pnl complete") == (None, None, False)
    assert row(document, "A")["qty"] is None
    assert says(told(document), "does not say of how many shares", "--filled QTY@PRICE")
    assert life.mark(status=1)["pnl"]["total_pnl"] is None

    life.fill("A", "10", "10.00", "filled")
    assert life.mark()["pnl"]["complete"]


@pytest.mark.parametrize("odd", [{"filled_qty": "-5"}, {"qty": 0}, {"qty": -10}])
def test_an_order_of_no_number_of_shares_is_not_known(life: Life, odd: dict[str, Any]) -> None:
    document = life.trade(A=buy(10, "10.00", detail=odd), M=buy(1, "5.00"), status=1)
    assert figures(document["pnl"], "total_pnl complete") == (None, False)
    assert "is no number of shares" in life.last.stderr
    assert life.mark(status=1)["pnl"]["total_pnl"] is None


def test_an_order_under_a_rehearsals_id_that_is_executed_is_in_the_book(life: Life) -> None:
    life.gateway.health["dry_run"] = True
    life.trade(A=buy(10, "10.00"))
    life.gateway.health["dry_run"] = False
    life.gateway.orders.clear()

    document = life.trade(A=buy(10, "10.00"))

    assert counts(life, "2025-01-06-2") == (1, 0, 0)
    assert row(document, "A")["qty"] == 10
    life.run("--symbols", "A")
    assert len(life.platform.posts) == 2


def test_a_second_rehearsal_under_the_firsts_ids_that_is_executed_closes_the_session(life: Life) -> None:
    life.gateway.health["dry_run"] = True
    life.trade(A=buy(10, "10.00"))

    def leaves_dry_run(run: Any) -> Any:
        life.gateway.health["dry_run"] = False
        life.gateway.orders[life.order_id("A")] |= {
            "status": "filled",
            "broker_order_id": "b-1",
            "filled_qty": "10",
            "filled_avg_price": "10.00",
        }
        return run

    life.platform.orchestrator.script("POST", RUN, [Answer(process="before", edit=leaves_dry_run)])
    document = life.trade(A=buy(10, "10.00"))
    assert row(document, "A")["qty"] == 10
    assert says(told(document), "it was no rehearsal")
    life.run("--symbols", "A")
    assert len(life.platform.posts) == 2


@pytest.mark.parametrize("odd", [{"order_qty": -10}, {"order_qty": 0}, {"order_side": None}])
def test_an_order_without_a_side_or_a_quantity_leaves_open_what_was_placed(life: Life, odd: Any) -> None:
    life.platform.orchestrator.script("GET", RUNS, [], then=plain_500())
    life.platform.orchestrator.script("GET", RUNS + "/*", [], then=plain_500())
    document = life.trade("--timeout", "1", A=buy(10, "10.00", mapping=odd), M=buy(1, "5.00"), status=2)
    assert document["status"] == "unknown"
    assert document["results"]["num_orders_submitted"] is None


@pytest.mark.parametrize("filled", [True, False])
def test_a_doubt_about_an_order_of_a_rehearsal_is_ended_by_a_person(life: Life, filled: bool) -> None:
    """One that was filled was no rehearsal's; if none was, the session is open."""
    life.gateway.health["dry_run"] = True
    lost = {"client_order_id": None, "order_status": "rejected", "skip_reason": "unexpected_error: timeout"}

    def leaves_dry_run(run: Any) -> Any:
        life.gateway.health["dry_run"] = False
        return run

    life.platform.orchestrator.script("POST", RUN, [Answer(process="before", edit=leaves_dry_run)])
    life.trade(A=buy(10, "10.00", mapping=lost, detail=None), status=2)
    life.run("--symbols", "A", status=2)
    assert len(life.platform.posts) == 1

    life.gateway.positions.clear()
    life.platform.plan = {"A": buy(7, "10.00")}
    if filled:
        life.gateway.hold("A", "10", "10.00", "11.00")
        document = life.resolve("--order", "A@2025-01-06", "--filled", "10@10.00")
        assert figures(document["pnl"], "total_pnl complete") == (10, True)
        life.run("--symbols", "A", status=0)
    else:
        life.run("resolve", "--order", "A@2025-01-06", "--not-filled")
        life.run("--symbols", "A")
    assert len(life.platform.posts) == (1 if filled else 2)
    assert life.run("resolve").stdout == "Nothing is open: every outcome is known.\n"


def test_two_doubts_about_a_symbol_are_told_apart(life: Life) -> None:
    lost = {"client_order_id": None, "order_status": "rejected", "skip_reason": "unexpected_error: timeout"}

    def twice(run: Any) -> Any:
        first = run["mappings"][0]
        return run | {"mappings": [first | lost | {"order_qty": 7}, first | lost | {"order_qty": 8}]}

    life.platform.orchestrator.script("POST", RUN, [Answer(process="before", edit=twice)])
    life.trade(A=buy(10, "10.00", mapping=lost, detail=None), status=2)
    life.gateway.hold("A", "8", "10.00", "11.00")

    life.resolve("--order", "A@2025-01-06.2", "--filled", "8@10.00")
    document = life.resolve("--order", "A@2025-01-06", "--not-filled")

    assert figures(document["pnl"], "total_pnl complete") == (8, True)
    assert life.run("resolve").stdout == "Nothing is open: every outcome is known.\n"


def test_what_is_said_of_an_attempts_orders_is_said_once_when_one_of_them_breaks(life: Life) -> None:
    failed = Plan(side=None, mapping={"skip_reason": "price_fetch_failed: no price"})
    plans = {"A": buy(10, "10.00", status="pending_new", filled="0"), "L": buy(300, "100.00"), "S": failed}
    life.trade(**plans)
    life.gateway.orders[life.order_id("A")] |= BROKEN
    life.mark(status=1)

    document = life.result(life.reports / f"{life.session}_paper_run.json")
    codes = Counter(each["code"] for each in document["findings"])
    assert figures(codes, "order_in_doubt order_oversized signals_failed") == (1, 1, 1)


@pytest.mark.parametrize(
    ("doubtful", "refused", "title"),
    [
        (1, 0, "1 of 2 orders is in doubt"),
        (2, 0, "2 of 3 orders are in doubt"),
        (1, 2, "2 of 4 orders were not accepted, and 1 is in doubt"),
        (2, 1, "1 of 4 orders was not accepted, and 2 are in doubt"),
    ],
)
def test_an_order_that_may_have_been_placed_is_not_called_not_accepted(
    life: Life, doubtful: int, refused: int, title: str
) -> None:
    plans = {
        f"D{number}": buy(1, None, filled="0", status="failed", detail=BROKEN) for number in range(doubtful)
    }
    plans |= {f"R{number}": buy(1, None, filled="0", status="rejected") for number in range(refused)}
    document = life.trade(A=buy(1, "10.00"), **plans, status=2)
    (said,) = [each["text"] for each in document["findings"] if each["code"] == "orders_not_accepted"]
    assert said.startswith(f"{title}. Run ")
    assert f"ERROR: {title}\n" in life.last.stderr
