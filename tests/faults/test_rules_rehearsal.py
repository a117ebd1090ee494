"""Rule 12: a rehearsal that executed, or of which nobody knows whether it did, closes its session."""

import pytest
from support.answers import Answer, detail_text, plain_500
from support.desk import Desk
from support.odd_platform import ORDERS, RUN, RUNS, Plan


@pytest.fixture
def rehearsal(desk: Desk) -> Desk:
    """A desk whose gateway says that it is in DRY_RUN."""
    desk.platform.gateway.health["dry_run"] = True
    return desk


def goes_live(desk: Desk) -> None:
    desk.platform.gateway.health["dry_run"] = False


def test_rule_12_a_rehearsal_that_executed_is_a_trade(rehearsal: Desk) -> None:
    """The gateway left DRY_RUN after the health check: it closes the session, is in the book, and warns."""
    rehearsal.at_post(lambda: goes_live(rehearsal))
    assert rehearsal.run().returncode == 0
    result = rehearsal.saved()
    assert (result["rehearsal"], result["label"], result["status"]) == (False, None, "success")
    assert "rehearsal_executed" in {each["code"] for each in result["findings"]}
    (row,) = rehearsal.rows()
    assert (row["rehearsal"], row["fence"]) == (0, rehearsal.session)
    assert len(rehearsal.rows("entries")) == 3
    assert (rehearsal.run().returncode, len(rehearsal.platform.posts)) == (0, 1)


@pytest.mark.parametrize(
    "detail",
    [
        {"status": "filled", "filled_qty": "10", "filled_avg_price": "100", "broker_order_id": None},
        {"status": "dry_run", "broker_order_id": "b-1"},
        {"status": "canceled", "filled_qty": "1", "filled_avg_price": "100"},
        {"status": "pending_new"},
        {"status": "word_of_next_year"},
    ],
    ids=["filled", "brokers-id", "canceled-with-a-fill", "working", "unknown-word"],
)
def test_rule_12_one_order_that_reached_the_broker_is_enough(rehearsal: Desk, detail: dict[str, str]) -> None:
    """Whatever the health check said, before and after."""
    dry = {"status": "dry_run", "broker_order_id": None, "filled_qty": "0", "filled_avg_price": None}

    def executes() -> None:
        goes_live(rehearsal)
        rehearsal.platform.plan = {
            each: Plan(price=None, detail=dry | (detail if each == "AAPL" else {}))
            for each in ("AAPL", "MSFT", "GOOGL")
        }

    rehearsal.at_post(executes)
    rehearsal.run()
    assert [(row["rehearsal"], row["fence"]) for row in rehearsal.rows()] == [(0, rehearsal.session)]
    rehearsal.run()
    assert len(rehearsal.platform.posts) == 1


def test_rule_12_a_lost_rehearsal_closes_the_session_where_the_gateway_went_live(rehearsal: Desk) -> None:
    """The answer is lost while the gateway restarts live: no second POST, exit 2."""
    rehearsal.at_post(lambda: goes_live(rehearsal))
    rehearsal.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="before")])
    rehearsal.platform.orchestrator.always("GET", RUNS, plain_500())
    assert rehearsal.run("--timeout", "1").returncode == 2
    assert [row["fence"] for row in rehearsal.rows()] == [rehearsal.session]
    assert (rehearsal.run().returncode, len(rehearsal.platform.posts)) == (2, 1)
    rehearsal.platform.orchestrator.always("GET", RUNS, Answer())
    assert (rehearsal.run().returncode, len(rehearsal.platform.posts)) == (0, 1)
    assert [(row["state"], row["rehearsal"]) for row in rehearsal.rows()] == [("closed", 0)]


def test_rule_12_a_lost_rehearsal_is_one_where_the_gateway_says_so_again(rehearsal: Desk) -> None:
    """It stays in DRY_RUN: the session is open."""
    rehearsal.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="never")])
    assert rehearsal.run("--timeout", "1").returncode == 2
    goes_live(rehearsal)
    assert (rehearsal.run().returncode, len(rehearsal.platform.posts)) == (0, 2)
    assert [row["fence"] for row in rehearsal.rows()] == [None, rehearsal.session]


def test_rule_12_a_killed_rehearsal_closes_the_session(rehearsal: Desk) -> None:
    """Nobody has asked the gateway right afterwards."""
    rehearsal.at_post(lambda: goes_live(rehearsal))
    assert rehearsal.run(at="after POST *", do="SIGKILL").returncode == -9
    rehearsal.platform.orchestrator.always("GET", RUNS, plain_500())
    assert (rehearsal.run().returncode, len(rehearsal.platform.posts)) == (2, 1)


def test_rule_12_an_order_in_doubt_closes_the_session(rehearsal: Desk) -> None:
    """It may have been placed by a gateway that is live by now."""
    doubt = {"client_order_id": None, "order_status": "rejected", "skip_reason": "submission_failed: 504"}
    rehearsal.platform.plan = {"AAPL": Plan(mapping=doubt)}

    rehearsal.at_post(lambda: rehearsal.platform.gateway.health.update(dry_run=True))
    rehearsal.platform.gateway.script(
        "GET", "/health", [Answer(), Answer(), Answer(edit=lambda body: body | {"dry_run": False})]
    )
    assert rehearsal.run().returncode == 2
    assert [(row["rehearsal"], row["fence"]) for row in rehearsal.rows()] == [(1, rehearsal.session)]
    goes_live(rehearsal)
    assert (rehearsal.run().returncode, len(rehearsal.platform.posts)) == (2, 1)


def test_rule_12_beside_a_trade_of_the_session_it_is_a_second_one(desk: Desk) -> None:
    """The session's date is in another row's fence: the finding says that it was traded twice."""
    assert desk.run().returncode == 0
    desk.platform.gateway.health["dry_run"] = True
    desk.platform.plan = {each: Plan(qty=7) for each in ("AAPL", "MSFT", "GOOGL")}
    desk.at_post(lambda: goes_live(desk))
    assert desk.run("--again").returncode == 0
    assert [(row["rehearsal"], row["fence"]) for row in desk.rows()] == [(0, desk.session), (0, None)]
    codes = {each["code"] for each in desk.saved(f"{desk.session}-2")["findings"]}
    assert {"traded_twice", "rehearsal_executed"} <= codes


def lose(rehearsal: Desk) -> None:
    """Run it: its answer is lost, the run is in no list, and nobody knows what it placed."""
    rehearsal.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="before")])
    rehearsal.platform.orchestrator.always("GET", RUNS, plain_500())
    assert rehearsal.run("--timeout", "1").returncode == 2


@pytest.mark.parametrize("stays_dry", [False, True])
def test_rule_12_a_rehearsal_that_was_said_to_have_placed_something_closes_the_session(
    rehearsal: Desk, stays_dry: bool
) -> None:
    """A person has seen its orders, and names none: whatever the gateway says of itself, no second POST."""
    if not stays_dry:
        rehearsal.at_post(lambda: goes_live(rehearsal))
    lose(rehearsal)
    assert rehearsal.resolve(rehearsal.session, "--placed").returncode == 0
    goes_live(rehearsal)
    assert (rehearsal.run().returncode, len(rehearsal.platform.posts)) == (2, 1)
    assert [(row["state"], row["fence"]) for row in rehearsal.rows()] == [("closed", rehearsal.session)]


@pytest.mark.parametrize("stays_dry", [False, True])
def test_rule_12_a_reset_leaves_a_lost_rehearsals_session_as_it_was(desk: Desk, stays_dry: bool) -> None:
    """Closed, where the gateway went live: what it placed is not known, and never will be; else open."""
    assert desk.run().returncode == 0
    desk.next_session()
    desk.platform.gateway.health["dry_run"] = True
    if not stays_dry:
        desk.at_post(lambda: goes_live(desk))
    lose(desk)
    assert desk.resolve("--reset").returncode == 0
    goes_live(desk)
    desk.platform.orchestrator.calm()
    desk.platform.orchestrator.runs.pop()  # else it lists one of today that nobody knows
    assert desk.run().returncode == (0 if stays_dry else 2)
    assert len(desk.platform.posts) == (3 if stays_dry else 2)


def test_rule_12_an_order_without_a_word_that_was_never_read_closes_the_session(rehearsal: Desk) -> None:
    """Answered, and killed before its orders were read: nobody knows whether they were executed."""
    silent = {"order_status": None, "broker_order_id": None}
    rehearsal.platform.plan = {each: Plan(mapping=silent) for each in ("AAPL", "MSFT", "GOOGL")}
    rehearsal.at_post(lambda: goes_live(rehearsal))
    assert rehearsal.run(at="before GET /api/v1/orders/*", do="SIGKILL").returncode == -9
    rehearsal.platform.gateway.always("GET", f"{ORDERS}/*", detail_text(503, "busy"))
    rehearsal.run()
    assert len(rehearsal.platform.posts) == 1
