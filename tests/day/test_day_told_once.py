"""What a person is told of a day that went wrong: each fact once on a page, the commands, what stays true."""

import html
import json
import re
from decimal import Decimal
from typing import Any

from day.exchange_day import FRIDAY, Day
from support.faulty_http import Answer
from support.odd_orchestrator import order_id_of
from support.odd_platform import POSITIONS, RUN, RUNS, Plan

SESSION = "2026-11-25"
LOST = Answer(status=504, process="before", body="Gateway Timeout")
BROKEN = Answer(status=500, body="Internal Server Error")
RETRIES = "RetryError[<Future at 0x7f3c2c1d5e50 state=finished raised ConnectError>]"
DOUBT = {"client_order_id": None, "order_status": "rejected", "skip_reason": f"unexpected_error: {RETRIES}"}


def page(day: Day, name: str = f"{SESSION}_paper_run") -> str:
    """Return what a page says, in one line."""
    source = (day.reports / f"{name}.html").read_text("utf-8")
    shown = re.sub(r"<(style|script|title|svg).*?</\1>", " ", source, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def lose_the_answer(day: Day, *, status: int = 2) -> None:
    """Trade, and lose the answer on a platform whose list of runs never works, as deployed ones' do not."""
    day.platform.orchestrator.script("POST", RUN, [LOST])
    day.platform.orchestrator.always("GET", RUNS, BROKEN)
    day.must("--timeout", "1", status=status)


def place_late(day: Day) -> None:
    """Let the gateway have placed the order in doubt after all: buy 10 MSFT."""
    now = day.platform.now()
    identity = order_id_of("MSFT", "buy", 10, now.date(), "")
    order = day.platform.orchestrator._order(identity, "MSFT", Plan(), Decimal(10))
    day.platform.gateway.orders[identity] = order


# The commands


def test_the_page_of_an_unknown_outcome_names_the_commands(day: Day) -> None:
    """As console and mail do, and also the one that works where no run can be listed; with the ledger."""
    lose_the_answer(day)
    (name,) = [row["value"] for row in day.rows("account") if row["name"] == "ledger"]
    said, shown = day.said[-1].stderr, page(day)
    for arguments in (
        f"resolve {SESSION} --placed --run-id ID --ledger {name}",
        f"resolve {SESSION} --placed --order ID --order ID --ledger {name}",
        f"resolve {SESSION} --not-placed --ledger {name}",
    ):
        assert f"paper-run {arguments}" in shown
        assert arguments in said


def test_by_its_orders_a_trade_is_settled_where_no_run_can_be_read(day: Day) -> None:
    """The command that the block names, with the ids from the gateway's or the broker's own list."""
    lose_the_answer(day)
    assert day.platform.executed == 1
    orders = [word for identity in day.platform.gateway.orders for word in ("--order", identity)]
    day.must("resolve", SESSION, "--placed", *orders)
    found = day.saved(SESSION)
    assert (found["status"], found["results"]["num_orders_accepted"]) == ("success", 3)


# Each fact once


def test_an_unknown_outcome_is_said_once_on_the_page(day: Day) -> None:
    """The banner says what it means, the headline what happened, the error why and what to do."""
    lose_the_answer(day)
    shown = page(day)
    assert shown.lower().count("orders may have been placed") == 1
    assert shown.count("The orchestrator's answer was lost.") == 1
    assert shown.count("Nothing is sent again") == 1
    assert shown.count("It is not known whether the orchestrator traded") == 1


def test_an_order_in_doubt_is_said_once_on_the_page(day: Day) -> None:
    """The banner names it, its row has the reason, shortened to what failed."""
    day.platform.plan["MSFT"] = Plan(mapping=DOUBT)
    said = day.must(status=2)
    shown = page(day)
    assert shown.count("1 of 3 orders is in doubt") == 1
    assert shown.count("unexpected_error: ConnectError") == 1
    assert "The P&L is without" not in shown  # it is not stated at all
    assert said.stdout.count("unexpected_error: ConnectError") == 1
    assert said.stderr.count("unexpected_error: ConnectError") == 1
    for path in day.reports.glob(f"{SESSION}*"):
        assert "RetryError" not in path.read_text("utf-8"), path


def test_what_could_not_be_read_is_an_error_and_no_warning(day: Day) -> None:
    """Of an attempt and of a mark: in the JSON under one heading, on the console in the block alone."""
    day.at_post(lambda: day.platform.gateway.always("GET", POSITIONS, BROKEN))
    said = [day.must(status=1), day.at(FRIDAY).must("mark", status=1)]
    for name, each in zip((f"{SESSION}_paper_run", "2026-11-27_mark"), said, strict=True):
        document: Any = json.loads((day.reports / f"{name}.json").read_text("utf-8"))
        assert ["the positions: it answered 500" in text for text in document["errors"]] == [True]
        assert not any("it answered 500" in text for text in document["warnings"])
        assert "it answered 500" not in each.stdout
        assert each.stderr.count("the positions: it answered 500") == 1


# What stays true


def test_a_page_whose_doubt_was_ended_does_not_blame_the_gateway(day: Day) -> None:
    """Its valuation waited for the doubt and is over: the page says where its fills are valued."""
    day.platform.plan["MSFT"] = Plan(mapping=DOUBT)
    day.must(status=2)
    day.must("resolve", "--order", f"MSFT@{SESSION}", "--not-filled")
    shown = page(day)
    assert "What it filled is booked by the next run or mark" in shown
    assert "could not be read" not in shown


def test_true_warnings_survive_when_a_doubt_is_ended(day: Day) -> None:
    """What was found out besides the doubt, and what could not be read, stand in the result as before."""
    day.platform.plan["MSFT"] = Plan(mapping=DOUBT)
    day.platform.gateway.says["AAPL"] = {"qty": "3"}
    day.must(status=2)
    before = day.saved(SESSION)
    differs = [each for each in before["findings"] if each["code"] == "gateway_differs"]
    assert differs
    place_late(day)
    day.must(status=0)
    after = day.saved(SESSION)
    assert after["results"]["num_orders_in_doubt"] == 0
    assert [each for each in after["findings"] if each["code"] == "gateway_differs"] == differs
    assert not [each for each in after["findings"] if each["code"] == "order_in_doubt"]
    assert {each["text"] for each in differs} <= set(after["warnings"])


def test_a_valuation_that_is_not_whole_says_why_when_a_doubt_is_ended(day: Day) -> None:
    """The positions could not be read after the attempt: the P&L in the result is without them as before."""
    day.platform.plan["MSFT"] = Plan(mapping=DOUBT)
    day.at_post(lambda: day.platform.gateway.always("GET", POSITIONS, BROKEN))
    day.must(status=2)
    failed = [each for each in day.saved(SESSION)["findings"] if each["code"] == "gateway_unreadable"]
    assert failed
    place_late(day)
    day.must(status=1)
    after = day.saved(SESSION)
    assert (after["status"], after["exit_status"]) == ("success", 1)
    assert [each for each in after["findings"] if each["code"] == "gateway_unreadable"] == failed


def test_that_the_orders_are_not_read_is_true_until_they_are(day: Day) -> None:
    """The run is found by a later command, and the gateway is silent: the result says so."""
    day.platform.orchestrator.script("POST", RUN, [LOST])
    day.platform.orchestrator.script("GET", RUNS, [Answer(), BROKEN, BROKEN, BROKEN])
    day.must("--timeout", "1", status=2)
    day.platform.gateway.stop()
    day.run("resolve")
    found = [each["code"] for each in day.saved(SESSION)["findings"]]
    assert "orders_unread" in found
    assert "looked_for" not in found
