"""Rules 6, 8, 10 and 15: what proves nothing is never taken for proof."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from support.answers import Answer, detail_text, gateway_timeout_html, plain_500
from support.desk import Desk
from support.odd_platform import RUN, RUNS, Plan, still_running

NO_ORDERS: dict[str, Any] = dict.fromkeys(
    ("num_orders_submitted", "num_orders_accepted", "num_orders_rejected"), 0
)
OURS = ("AAPL", "MSFT", "GOOGL")
IDLE = [{"symbol": each, "skip_reason": "zero_weight"} for each in OURS]
NO_QTY = [{"symbol": each, "client_order_id": each.lower(), "order_side": "buy"} for each in OURS]
ONE = [{**NO_QTY[0], "order_qty": 10}, *IDLE[1:]]
COUNTED = {"num_orders_submitted": 2}
STRANGERS: dict[str, dict[str, Any]] = {
    "failed": {"status": "failed", "mappings": [], **NO_ORDERS},
    "failed-null": {"status": "failed", "mappings": None, **NO_ORDERS},
    "completed": {"mappings": IDLE, **NO_ORDERS},
}


@pytest.mark.parametrize("kind", STRANGERS)
def test_rule_7_a_strangers_run_without_orders_is_never_ours(desk: Desk, kind: str) -> None:
    """After a 504 it is neither "placed nothing" nor our success: the session stays closed, unknown."""
    orchestrator = desk.platform.orchestrator
    theirs = STRANGERS[kind]
    desk.at_post(lambda: orchestrator.run_for_somebody_else(*OURS, as_of_date=desk.session, **theirs))
    orchestrator.script("POST", RUN, [gateway_timeout_html(process="after", lag=2)])
    assert desk.run("--timeout", "1").returncode == 2
    assert desk.saved()["status"] == "unknown"
    desk.platform.log.until(lambda: desk.platform.executed == 2)
    assert (desk.run().returncode, len(desk.platform.posts)) == (0, 1)
    assert desk.saved()["run_id"] == orchestrator.runs[-1]["run_id"]


SILENT: dict[str, dict[str, Any]] = {
    "null": {"num_orders_submitted": None, "num_orders_accepted": None, "num_orders_rejected": None},
    "null-and-zero": {**NO_ORDERS, "status": "failed", "num_orders_submitted": None},
    "running": {**NO_ORDERS, "status": "running"},
}


@pytest.mark.parametrize("kind", SILENT)
def test_rule_3_a_strangers_run_that_does_not_say_it_had_no_orders_may_have_traded(
    desk: Desk, kind: str
) -> None:
    """Null proves nothing, nor does a count while it runs: nothing is sent beside it, but on purpose."""
    orchestrator = desk.platform.orchestrator
    theirs = orchestrator.run_for_somebody_else("TSLA", as_of_date=desk.session, **SILENT[kind])
    finished = desk.run()
    assert (finished.returncode, len(desk.platform.posts)) == (2, 0)
    assert theirs["run_id"] in finished.stderr
    assert desk.run("--again").returncode == 0


def test_rule_3_a_strangers_run_that_says_it_had_no_orders_holds_up_nothing(desk: Desk) -> None:
    """Each of its counts is zero, and it has ended."""
    desk.platform.orchestrator.run_for_somebody_else("TSLA", as_of_date=desk.session, **NO_ORDERS)
    assert (desk.run().returncode, len(desk.platform.posts)) == (0, 1)


CONTRADICTIONS: dict[str, dict[str, Any]] = {
    "null": {"status": "failed", "mappings": None, **NO_ORDERS, **COUNTED},
    "empty": {"status": "failed", "mappings": [], **NO_ORDERS, **COUNTED},
    "idle": {"status": "failed", "mappings": IDLE, **NO_ORDERS, **COUNTED},
    "ids-without-quantities": {"status": "failed", "mappings": NO_QTY, **NO_ORDERS},
    "accepted-counted": {"status": "failed", "mappings": [], **NO_ORDERS, "num_orders_accepted": 1},
    "counts-missing": {"status": "failed", "mappings": [], "num_orders_submitted": None},
    "completed": {"mappings": [], **NO_ORDERS, **COUNTED},
    "completed-null": {"mappings": None, **dict.fromkeys(NO_ORDERS)},
    "more-than-shown": {"status": "failed", "mappings": ONE, **NO_ORDERS, **COUNTED},
}


@pytest.mark.parametrize("kind", CONTRADICTIONS)
def test_rule_6_a_run_that_contradicts_itself_is_a_lost_answer(desk: Desk, kind: str) -> None:
    """It counts orders that it does not show: unknown, exit 2, never traded again; a person names them."""
    desk.platform.orchestrator.answer = CONTRADICTIONS[kind]
    assert desk.run("--timeout", "1").returncode == 2
    assert (desk.saved()["status"], desk.saved()["results"]["num_orders_submitted"]) == ("unknown", None)
    assert (desk.run().returncode, len(desk.platform.posts)) == (2, 1)
    orders = [word for each in desk.platform.gateway.orders for word in ("--order", each)]
    run_id = desk.platform.orchestrator.runs[0]["run_id"]
    assert desk.resolve(desk.session, "--placed", "--run-id", run_id).returncode == 2
    if orders:
        assert desk.resolve(desk.session, "--placed", *orders).returncode == 0


@pytest.mark.parametrize("word", ["pending", "queued"])
def test_rule_6_a_word_that_nobody_knows_is_no_end(desk: Desk, word: str) -> None:
    """It shows no order and counts none, and may be at work: it is looked for until it has ended."""
    orchestrator = desk.platform.orchestrator
    at_work = {"status": word, "mappings": [], **NO_ORDERS}
    answer = Answer(edit=lambda run: run | at_work)
    orchestrator.script("POST", RUN, [answer])
    orchestrator.script("GET", RUNS + "/*", [answer] * 9)
    assert desk.run("--timeout", "1").returncode == 2
    assert (desk.saved()["status"], desk.saved()["pnl"]) == ("timeout", None)
    at_work.clear()
    assert (desk.run().returncode, len(desk.platform.posts)) == (0, 1)
    assert desk.saved()["results"]["num_orders_accepted"] == 3


@pytest.mark.parametrize("kind", ["ledger", "snapshot"])
def test_rule_6_a_replayed_answer_is_a_lost_one(desk: Desk, kind: str) -> None:
    """A 200 with a run that was there before, from a cache: it is not what our POST did."""
    orchestrator = desk.platform.orchestrator
    if kind == "ledger":
        assert desk.run().returncode == 0
        old = dict(orchestrator.runs[0])
    else:
        old = dict(orchestrator.run_for_somebody_else(*OURS, as_of_date=desk.session))
    desk.next_session()
    orchestrator.script(
        "POST", RUN, [Answer(status=200, body=desk.platform.odd.disguise(old), process="never")]
    )
    assert desk.run("--timeout", "1").returncode == 2
    assert (desk.saved()["status"], desk.saved()["run_id"]) == ("unknown", None)
    assert [row["state"] for row in desk.rows()][-1] == "unsettled"
    posts = len(desk.platform.posts)
    assert (desk.run().returncode, len(desk.platform.posts)) == (2, posts)


def test_rule_8_again_that_places_nothing_new_is_no_success(desk: Desk) -> None:
    """The gateway takes the same orders of a day for the same: exit 2, said, nothing is booked twice."""
    assert desk.run().returncode == 0
    entries = desk.rows("entries")
    finished = desk.run("--again")
    second = desk.saved(f"{desk.session}-2")
    assert (finished.returncode, second["status"], second["exit_status"]) == (2, "failed", 2)
    assert "SUCCESS" not in finished.stdout
    assert "nothing_new" in {each["code"] for each in second["findings"]}
    assert desk.rows("entries") == entries


def test_rule_10_a_mark_after_a_lost_answer_says_what_is_open(desk: Desk) -> None:
    """On the first day there is no book to value: what is open is named, with the commands, exit 1."""
    desk.platform.orchestrator.always("POST", RUN, plain_500())
    desk.platform.orchestrator.always("GET", RUNS, plain_500())
    assert desk.run("--timeout", "1").returncode == 2
    finished = desk.run("mark")
    assert finished.returncode == 1
    assert desk.session in finished.stderr
    commands = [line for line in finished.stderr.splitlines() if " -m paper_run resolve " in line]
    assert len(commands) == 3
    assert all(" --ledger " in line for line in commands)
    assert "There is no book" not in finished.stdout + finished.stderr


def test_rule_7_not_placed_waits_for_a_slow_orchestrator(desk: Desk) -> None:
    """10 s + --timeout + 100 s a symbol: before, it would trade beside the next attempt."""
    desk.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="never")])
    assert desk.run("--timeout", "60").returncode == 2
    desk.later(minutes=6)
    finished = desk.resolve(desk.session, "--not-placed")
    assert (finished.returncode, desk.rows()[0]["state"]) == (2, "unsettled")
    assert "10:0" in finished.stderr
    desk.later(minutes=0.6)
    assert desk.resolve(desk.session, "--not-placed").returncode == 0


def test_rule_7_not_placed_is_taken_at_once_when_the_orchestrator_has_answered(desk: Desk) -> None:
    """A 500 of its own: it works on it no longer."""
    desk.platform.orchestrator.script("POST", RUN, [plain_500()])
    assert desk.run("--timeout", "60").returncode == 2
    assert desk.resolve(desk.session, "--not-placed").returncode == 0


def test_rule_15_evidence_of_an_order_beats_what_a_person_said(desk: Desk) -> None:
    """Not placed, it was said, and traded anew; then the first run shows up: both are kept, and warned of."""
    orchestrator = desk.platform.orchestrator
    orchestrator.script("POST", RUN, [Answer(reset=True, process="before")])
    orchestrator.always("GET", RUNS, plain_500())
    assert desk.run("--timeout", "1").returncode == 2
    desk.later()
    assert desk.resolve(desk.session, "--not-placed").returncode == 0
    desk.platform.plan = {each: Plan(qty=7) for each in OURS}
    assert desk.run().returncode == 0
    first = orchestrator.runs[0]["run_id"]
    orchestrator.always("GET", RUNS, Answer())
    assert desk.resolve(desk.session, "--placed", "--run-id", first).returncode == 0
    assert [(row["number"], row["state"], row["fence"]) for row in desk.rows()] == [
        (2, "closed", None),
        (1, "closed", desk.session),
    ]
    late = desk.saved(f"{desk.session}-2")
    assert (late["run_id"], late["trade"]) == (first, 2)
    assert "traded_twice" in {each["code"] for each in late["findings"]}


def test_rule_15_what_was_placed_under_a_wrong_date_leaves_the_day_open(desk: Desk) -> None:
    """The clock was ahead; it was set aside, and its run shows up then: the day is traded on its own date."""
    today = desk.ahead
    desk.next_session()
    ahead, wrong = desk.ahead, desk.session
    desk.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="before")])
    desk.platform.orchestrator.script("GET", RUNS, [Answer()], then=plain_500())
    assert desk.run("--timeout", "1").returncode == 2
    desk.later()
    assert desk.resolve(wrong, "--not-placed").returncode == 0
    desk.ahead = today
    assert desk.resolve(wrong, "--wrong-date").returncode == 0
    run_id = desk.platform.orchestrator.runs[0]["run_id"]
    assert desk.resolve(wrong, "--placed", "--run-id", run_id).returncode == 0
    assert [(row["state"], row["fence"]) for row in desk.rows()] == [("closed", None)]
    desk.ahead = ahead
    desk.platform.plan = {each: Plan(qty=7) for each in OURS}  # else the same orders
    assert desk.run().returncode == 0
    assert len(desk.platform.posts) == 2
    assert "traded_twice" not in desk.rows()[0]["document"]


def test_rule_15_a_run_that_traded_after_all_is_no_strangers(desk: Desk) -> None:
    """Not placed, it was said, while its run went on: the list shows its orders, and nothing is sent."""
    orchestrator = desk.platform.orchestrator
    orchestrator.answers_running([still_running()] * 40)
    orchestrator.always("GET", RUNS, Answer(edit=lambda body: body | {"runs": []}))
    assert desk.run("--timeout", "0.5").returncode == 2
    desk.later()
    assert desk.resolve(desk.session, "--not-placed").returncode == 0
    orchestrator.script("POST", RUN, [detail_text(422, "no")])
    assert desk.run().returncode == 2  # of the same name
    orchestrator.calm()
    for words in ([], ["--dry-run"], []):
        refused = desk.run(*words)
        assert "has traded after all" in refused.stderr + refused.stdout
        assert (refused.returncode, len(desk.platform.posts)) == (0 if words else 2, 2)
    run_id = orchestrator.runs[0]["run_id"]
    (command,) = [line for line in refused.stderr.splitlines() if "--placed" in line]
    assert f"resolve {desk.session} --placed --run-id {run_id}" in command
    assert desk.resolve(desk.session, "--placed", "--run-id", run_id).returncode == 0
    assert (desk.run().returncode, desk.saved()["run_id"]) == (0, run_id)
    assert len(desk.platform.posts) == 2


def test_rule_15_a_strangers_run_may_be_that_of_an_attempt_that_was_denied(desk: Desk) -> None:
    """Not placed, it was said of one whose run nobody knew: the refusal says how its run is recorded."""
    orchestrator = desk.platform.orchestrator
    refusal = detail_text(422, "no")
    orchestrator.script("POST", RUN, [refusal, Answer(reset=True, process="before"), refusal])
    assert desk.run().returncode == 2
    orchestrator.script("GET", RUNS, [Answer()], then=plain_500())
    assert desk.run("--timeout", "0.5").returncode == 2
    desk.later()
    assert desk.resolve(desk.session, "--not-placed").returncode == 0
    assert desk.run().returncode == 2
    orchestrator.calm()
    refused = desk.run()
    assert (refused.returncode, len(desk.platform.posts)) == (2, 3)
    assert "was already traded by someone else" in refused.stderr
    (command,) = [line for line in refused.stderr.splitlines() if "--placed" in line]
    words = command[command.index("resolve ") : command.index(" --ledger")].split()
    assert desk.run(*words).returncode == 0
    assert (desk.run().returncode, desk.saved()["run_id"]) == (0, orchestrator.runs[0]["run_id"])
    assert len(desk.platform.posts) == 3


def test_rule_15_an_answer_beats_nothing_that_was_said_meanwhile(desk: Desk) -> None:
    """Another command has recorded `nothing` while our answer was under way: the orders count."""

    def said_nothing() -> None:
        with closing(sqlite3.connect(desk.ledger)) as connection:
            connection.execute("UPDATE trades SET state = 'nothing', fence = NULL, version = version + 1")
            connection.commit()

    desk.at_post(said_nothing)
    assert desk.run().returncode == 0
    assert [(row["state"], row["fence"]) for row in desk.rows()] == [("closed", desk.session)]
    assert (desk.run().returncode, len(desk.platform.posts)) == (0, 1)
    assert len(desk.rows("entries")) == 3


def test_rule_15_proof_of_nothing_never_overwrites_what_is_known(desk: Desk) -> None:
    """Another command has found the run while our refusal was under way: it stays, and is warned of."""
    orchestrator = desk.platform.orchestrator
    refusal = Answer(status=422, body={"detail": "used nonce"})
    orchestrator.script("POST", RUN, [refusal])

    def found_elsewhere() -> None:
        with closing(sqlite3.connect(desk.ledger)) as connection:
            connection.execute("UPDATE trades SET state = 'closed', version = version + 1")
            connection.commit()

    desk.at_post(found_elsewhere)
    desk.run()
    (row,) = desk.rows()
    assert row["state"] == "closed"
    assert "contradicted" in row["document"]
    assert (len(desk.platform.posts), desk.run().returncode) == (1, desk.saved()["exit_status"])


@pytest.mark.parametrize("hours", [9, -15])
def test_rule_3_the_orchestrators_midnight_is_not_the_sessions(desk: Desk, hours: int) -> None:
    """By its own clock the run was of yesterday, in the same session; with the signals of an earlier day."""
    orchestrator = desk.platform.orchestrator
    orchestrator.zone = timedelta(hours=hours)
    began = desk.platform.now() + orchestrator.zone - timedelta(minutes=40)
    assert began.date() < (desk.platform.now() + orchestrator.zone).date()
    orchestrator.run_for_somebody_else(
        *OURS, as_of_date="2026-03-02", started_at=began.replace(tzinfo=None).isoformat()
    )
    refused = desk.run("--as-of-date", "previous")
    assert (refused.returncode, len(desk.platform.posts)) == (2, 0)
    assert "was already traded by someone else" in refused.stderr
    planned = desk.run("--dry-run", "--as-of-date", "previous")
    assert "A run would stop here" in planned.stdout


def test_rule_3_a_run_of_the_session_before_is_not_todays(desk: Desk) -> None:
    """It began before the session's date did at the exchange, by the orchestrator's own clock."""
    orchestrator = desk.platform.orchestrator
    orchestrator.zone = timedelta(hours=9)
    began = desk.platform.now() + orchestrator.zone - timedelta(hours=11)
    orchestrator.run_for_somebody_else(
        *OURS, as_of_date="2026-03-02", started_at=began.replace(tzinfo=None).isoformat()
    )
    assert desk.run("--as-of-date", "previous").returncode == 0


def test_rule_3_where_no_list_tells_the_run_says_so(desk: Desk) -> None:
    """Whether somebody else has traded today can't be seen."""
    desk.platform.orchestrator.always("GET", RUNS, plain_500())
    finished = desk.run()
    assert finished.returncode == 0
    assert "not proved" in finished.stdout
