"""What counts as submitted, accepted, rejected and in doubt, and what status and notional follow."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.answers import Answer, plain_500
from support.command import Finished, run_command, saved
from support.lines import assert_in_order
from support.odd_platform import ORDERS, RUN, OddPlatform, Plan

EXAMPLES = json.loads((Path(__file__).parents[1] / "wire-examples.json").read_text())
UNFILLED = {"price": None, "filled": Decimal(0)}


def nothing_placed(**mapping: Any) -> Plan:
    """An order that never got an id."""
    return Plan(mapping={"client_order_id": None, "order_status": None, **mapping})


def trade(platform: OddPlatform, folder: Path, plans: list[Plan], *args: str) -> tuple[Finished, Any]:
    """Run the day with one symbol for each plan."""
    platform.plan.update({f"S{number}": plan for number, plan in enumerate(plans)})
    finished = run_command("--symbols", *platform.plan, *args, cwd=folder, platform=platform)
    assert len(platform.posts) == 1
    return finished, saved(folder)


def counted(result: Any) -> tuple[int, int, int, int]:
    """Submitted, accepted, rejected, in doubt."""
    names = ("submitted", "accepted", "rejected", "in_doubt")
    return tuple(result["results"][f"num_orders_{name}"] for name in names)


REJECTED = [
    *(Plan(status=word, **UNFILLED) for word in ("rejected", "failed", "canceled", "cancelled", "expired")),
    *(Plan(status=f"blocked_{word}", **UNFILLED) for word in ("kill_switch", "circuit_breaker")),
    nothing_placed(order_status="rejected", skip_reason="submission_failed: 422"),
    nothing_placed(skip_reason="submission_failed: 400"),
    nothing_placed(order_status="blocked_kill_switch"),
    nothing_placed(order_status="canceled"),
    nothing_placed(order_status="cancelled"),
    nothing_placed(order_status="expired"),
]
IN_DOUBT = [
    nothing_placed(order_status="rejected", skip_reason="unexpected_error: RetryError[<Future at 0x7f>]"),
    nothing_placed(order_status="rejected", skip_reason="submission_failed: 503"),
    nothing_placed(order_status="rejected"),
    nothing_placed(order_status="failed"),
    nothing_placed(),
    nothing_placed(order_status="accepted"),
]
WORKING = (
    *("dry_run", "pending_new", "new", "accepted", "replaced", "done_for_day", "pending_cancel", "stopped"),
    *("suspended", "submitted", "submitted_unconfirmed", "scheduled", "a_word_of_next_year"),
)
ACCEPTED = [
    *(Plan(status=word, **UNFILLED) for word in WORKING),
    *(Plan(status=word) for word in ("filled", "partially_filled", "canceled", "cancelled", "expired")),
]
NO_ORDER = [
    Plan(side=None, mapping={"skip_reason": reason})
    for reason in ("zero_weight", "qty_less_than_one_share", "price_unavailable: AAPL", None)
]


def test_rejected(platform: OddPlatform, tmp_path: Path) -> None:
    """The gateway's own no, ended without a fill, and a refused submission are rejected, and nothing else."""
    finished, result = trade(platform, tmp_path, REJECTED)
    assert counted(result) == (len(REJECTED), 0, len(REJECTED), 0)
    assert (result["status"], finished.returncode) == ("failed", 2)
    assert {order["notional"] for order in result["orders"]} == {None}


def test_in_doubt(platform: OddPlatform, tmp_path: Path) -> None:
    """A quantity without an id and without proof is in doubt, even if the orchestrator says rejected."""
    finished, result = trade(platform, tmp_path, IN_DOUBT)
    assert counted(result) == (len(IN_DOUBT), 0, 0, len(IN_DOUBT))
    assert (result["status"], finished.returncode) == ("failed", 2)
    assert "in doubt" in finished.stdout + finished.stderr


def test_accepted(platform: OddPlatform, tmp_path: Path) -> None:
    """Every other word is accepted, also cancelled after a fill, also a word that nobody knows yet."""
    finished, result = trade(platform, tmp_path, ACCEPTED)
    assert counted(result) == (len(ACCEPTED), len(ACCEPTED), 0, 0)
    assert (result["status"], finished.returncode) == ("success", 0)


def test_signals_without_an_order_are_not_submitted(platform: OddPlatform, tmp_path: Path) -> None:
    """Nothing to submit is a success; there is no rate of nothing, and the reasons are shown."""
    finished, result = trade(platform, tmp_path, NO_ORDER)
    assert counted(result) == (0, 0, 0, 0)
    assert (result["status"], finished.returncode, finished.stderr) == ("success", 0, "")
    assert (result["results"]["success_rate"], result["results"]["total_notional"]) == (None, 0)
    assert result["results"]["num_signals"] == len(NO_ORDER)
    assert [order["skip_reason"] for order in result["orders"]] == [
        plan.mapping["skip_reason"] for plan in NO_ORDER
    ]
    assert "no order: it comes to less than one share" in finished.stdout
    assert "no order: price_unavailable: AAPL" in finished.stdout


def test_the_gateways_word_overrides_the_orchestrators(platform: OddPlatform, tmp_path: Path) -> None:
    """Status and fill come from the order itself; the mapping's only where the order can't be read."""
    said = {"order_status": "rejected", "filled_qty": "1", "filled_avg_price": "9"}
    plans = [
        Plan(mapping=said, qty=4, price=Decimal("2E+1")),
        Plan(mapping={"order_status": "accepted"}, status="rejected", **UNFILLED),
        Plan(mapping=said | {"order_status": "filled"}, detail=None, qty=1),
    ]
    finished, result = trade(platform, tmp_path, plans)
    assert counted(result) == (3, 2, 1, 0)
    assert [order["status"] for order in result["orders"]] == ["filled", "rejected", "filled"]
    assert [order["filled_avg_price"] for order in result["orders"]] == [20, None, 9]
    assert [order["notional"] for order in result["orders"]] == [80, None, 9]
    assert (result["status"], finished.returncode) == ("partial", 2)


def test_notional_row_by_row(platform: OddPlatform, tmp_path: Path) -> None:
    """Fill price, else limit price, else an estimate; each row rounded half to even, the total their sum."""
    weight = Decimal("-0.05")
    plans = [
        Plan(qty=1, price=Decimal("0.125")),
        Plan(qty=1, price=Decimal("0.135")),
        Plan(qty=1, price=Decimal("0.125"), limit_price=Decimal(7)),
        Plan(qty=3, limit_price=Decimal("10.115"), status="new", **UNFILLED),
        Plan(qty=8, weight=weight, status="new", **UNFILLED),
        Plan(qty=9, weight=Decimal(1), status="new", **UNFILLED),
        Plan(qty=9, price=Decimal("1E+2"), filled=Decimal(2), status="partially_filled"),
    ]
    _, result = trade(platform, tmp_path, plans, "--capital", "99999.99", "--max-position-size", "12000.5")
    rows = [(order["notional"], order["price_source"]) for order in result["orders"]]
    assert rows == [
        (Decimal("0.12"), "fill"),
        (Decimal("0.14"), "fill"),
        (Decimal("0.12"), "fill"),
        (Decimal("30.34"), "limit"),
        (Decimal("5000.00"), "estimated"),
        (Decimal("12000.50"), "estimated"),
        (Decimal("900.00"), "fill"),
    ]
    assert result["results"]["total_notional"] == sum(notional for notional, _ in rows)


@pytest.mark.parametrize(
    ("said", "bad", "status", "exit_status"),
    [
        ("completed", 0, "success", 0),
        ("completed", 1, "partial", 2),
        ("completed", 3, "failed", 2),
        ("partial", 0, "partial", 2),
        ("failed", 1, "partial", 2),
        ("failed", 3, "failed", 2),
    ],
)
def test_status_and_exit(
    platform: OddPlatform, tmp_path: Path, said: str, bad: int, status: str, exit_status: int
) -> None:
    """Success needs `completed` and every order accepted; some accepted is partial, none is failed."""
    platform.orchestrator.answer = {"status": said, "error_message": None if not bad else "because of cats"}
    plans = [Plan(status="rejected", detail={"error_message": "no dogs"}, **UNFILLED)] * bad
    finished, result = trade(platform, tmp_path, plans + [Plan()] * (3 - bad))
    assert (result["status"], result["exit_status"], finished.returncode) == (
        status,
        exit_status,
        exit_status,
    )
    assert_in_order(finished.stdout, [f"  PAPER RUN COMPLETE - Status: {status.upper()}"])
    if bad:
        assert "no dogs" in finished.stdout + finished.stderr
        assert "because of cats" in finished.stdout + finished.stderr


def test_success_rate_has_four_places(platform: OddPlatform, tmp_path: Path) -> None:
    """Two of three accepted is 0.6667 in the JSON, and the orchestrator's other count is mentioned."""
    finished, result = trade(platform, tmp_path, [Plan(), Plan(), Plan(status="rejected", **UNFILLED)])
    assert result["results"]["success_rate"] == Decimal("0.6667")
    assert_in_order(finished.stdout, [r"  Orders Rejected:    1", r"  Success Rate:       66\.67%"])
    differing = [warning for warning in result["warnings"] if "3" in warning and "2" in warning]
    assert differing


def test_unreadable_orders_keep_the_mappings_word(platform: OddPlatform, tmp_path: Path) -> None:
    """The gateway failing on order details loses no attempt: it is counted from the mappings."""
    platform.gateway.always("GET", ORDERS + "/*", plain_500())
    _, result = trade(platform, tmp_path, [Plan(), Plan()])
    assert counted(result) == (2, 2, 0, 0)
    assert {order["status"] for order in result["orders"]} == {"accepted"}
    assert {order["price_source"] for order in result["orders"]} == {"estimated"}
    assert result["results"]["num_orders_filled"] is None
    assert result["warnings"]


@pytest.mark.parametrize(
    ("example", "status", "counts"),
    [
        ("run_normal", "success", (2, 2, 0, 0)),
        ("t4_down__run", "failed", (2, 0, 0, 2)),
        ("run_unknown_symbol", "failed", (0, 0, 0, 0)),
    ],
)
def test_answers_of_the_real_orchestrator(
    platform: OddPlatform, tmp_path: Path, example: str, status: str, counts: tuple[int, ...]
) -> None:
    """What was observed on running services is understood."""
    platform.orchestrator.script("POST", RUN, [Answer(body=EXAMPLES[example]["body"])])
    finished, result = trade(platform, tmp_path, [Plan()] * 3)
    assert (result["status"], counted(result)) == (status, counts)
    message = EXAMPLES[example]["body"]["error_message"]
    assert message is None or message.splitlines()[0] in finished.stderr
