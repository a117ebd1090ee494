"""Rules 4 and 11: the orders that a proven broker shows are those of a lost answer."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from support.answers import Answer, plain_500
from support.broker_server import NUMBER
from support.desk import Desk
from support.desk_broker import DeskBroker, prove, serving_desk_broker
from support.odd_orchestrator import order_id_of
from support.odd_platform import RUN, RUNS, Plan

BEFORE_THE_CLOSE = 5 * 60
"""Minutes from the desk's morning to 15:00 in New York, an hour before the close."""
TO_MIDNIGHT = 14 * 60 - 2
"""To two minutes before midnight there."""


@pytest.fixture
def broker(desk: Desk) -> Iterator[DeskBroker]:
    """A second session is about to begin, with an account that is proven and a list that is broken."""
    with serving_desk_broker(desk) as made:
        assert desk.run().returncode == 0
        made.mirror()
        prove(desk)
        desk.next_session()
        desk.platform.orchestrator.always("GET", RUNS + "*", plain_500())
        yield made


def lose(desk: Desk, answer: Answer | None = None, *args: str) -> None:
    """Run the day; its answer is lost."""
    desk.platform.orchestrator.script("POST", RUN, [answer or Answer(reset=True, process="before")])
    finished = desk.run("--timeout", "1", *args)
    assert finished.returncode == 2, finished.stdout + finished.stderr


def ours(desk: Desk) -> list[str]:
    """Return the ids of the orders that the newest attempt owns."""
    newest = desk.rows()[-1]["id"]
    return [row["client_order_id"] for row in desk.rows("orders") if row["trade"] == newest]


def test_rule_4_the_row_has_what_the_broker_showed_before(desk: Desk, broker: DeskBroker) -> None:
    """Account, both ids of each order of today and the broker's own time; asked before the POST."""
    there = broker.place("TSLA", client_order_id="a-click")
    rows = desk.rows()
    assert rows[0]["broker_before"] is not None
    broker.log.requests.clear()
    lose(desk, Answer(reset=True, process="never"))
    before = json.loads(desk.rows()[-1]["broker_before"])
    assert (before["account"], [each["client_order_id"] for each in before["orders"]]) == (NUMBER, [there])
    assert before["orders"][0]["id"] == broker.orders[-1]["id"]
    assert before["as_of"][:10] == desk.session
    posted = next(each for each in desk.platform.posts if each.at > broker.requests[0].at)
    assert {each.path for each in broker.requests if each.at < posted.at} == {"/v2/account", "/v2/orders"}
    assert {each.method for each in broker.requests} == {"GET"}


def test_rule_11_a_lost_answers_orders_are_found_at_the_broker(desk: Desk, broker: DeskBroker) -> None:
    """They are owned and booked at once; the row stays unknown, and nothing is counted."""
    booked = len(desk.rows("entries"))
    lose(desk)
    assert [row["state"] for row in desk.rows()] == ["closed", "unsettled"]
    mappings = desk.platform.orchestrator.runs[-1]["mappings"]
    assert sorted(ours(desk)) == sorted(each["client_order_id"] for each in mappings)
    assert len(desk.rows("entries")) == booked + 3
    result = desk.saved()
    assert (result["status"], result["exit_status"]) == ("unknown", 2)
    assert set(result["results"].values()) - {result["results"]["duration_seconds"]} == {None}
    assert [each["client_order_id"] for each in result["orders"]] == ours(desk)
    (found,) = [each for each in result["findings"] if each["code"] == "found_at_broker"]
    assert "found so far at the broker" in found["text"]
    assert "another caller of this gateway can't be excluded" in found["text"]
    assert desk.run("--again").returncode == 2
    assert len(desk.platform.posts) == 2


def test_rule_11_each_later_command_adds_what_appears_until_the_close(desk: Desk, broker: DeskBroker) -> None:
    """The first look after the close ends it: counts and success are stated, and whose word it is."""
    broker.is_cut_off = True
    lose(desk)
    assert ours(desk) == []
    first, *others = desk.platform.orchestrator.runs[-1]["mappings"]
    broker.place("AAPL", first["order_qty"])
    desk.run("mark")
    assert ours(desk) == [first["client_order_id"]]
    assert desk.saved()["results"]["num_orders_submitted"] is None
    for each in others:
        broker.place(each["symbol"], each["order_qty"], side=each["order_side"])
    desk.later(BEFORE_THE_CLOSE)
    desk.run("mark")
    assert len(ours(desk)) == 3
    assert desk.rows()[-1]["state"] == "unsettled"
    assert desk.saved()["status"] == "unknown"
    session = desk.session
    desk.later(70)
    desk.run("mark")
    assert (desk.rows()[-1]["state"], desk.saved(session)["status"]) == ("closed", "success")
    assert desk.saved(session)["results"]["num_orders_accepted"] == 3
    (found,) = [each for each in desk.saved(session)["findings"] if each["code"] == "found_at_broker"]
    assert "found at the broker" in found["text"]
    assert "can't be excluded" in found["text"]
    assert "found at the broker" in desk.rows()[-1]["settled"]
    broker.place("AAPL", 77, at=broker.now() - timedelta(hours=6))
    desk.run("mark")
    assert len(ours(desk)) == 3


def test_rule_11_a_killed_command_is_no_other_case(desk: Desk, broker: DeskBroker) -> None:
    """Its row is `sent`; the next command finds the orders, though no orchestrator answers."""
    assert desk.run(at="after POST *", do="SIGKILL").returncode == -9
    assert desk.rows()[-1]["state"] == "sent"
    desk.platform.orchestrator.down()
    desk.resolve()
    assert len(ours(desk)) == 3
    assert "what came of it is not known; found so far at the broker: " in desk.resolve().stdout


def test_rule_11_with_none_at_the_broker_it_stays_unknown(desk: Desk, broker: DeskBroker) -> None:
    """That nothing is there after the close either is evidence for a person, and no proof."""
    lose(desk, Answer(reset=True, process="never"))
    desk.later(BEFORE_THE_CLOSE + 70)
    desk.run("mark")
    assert (desk.rows()[-1]["state"], ours(desk)) == ("unsettled", [])


def test_rule_11_the_list_goes_before_the_broker(desk: Desk, broker: DeskBroker) -> None:
    """Where it is read again the run is taken, and what the broker could not exclude is said no more."""
    lose(desk)
    desk.platform.orchestrator.always("GET", RUNS + "*", Answer())
    desk.run()
    assert (desk.rows()[-1]["state"], desk.saved()["status"]) == ("closed", "success")
    assert desk.saved()["run_id"] == desk.platform.orchestrator.runs[-1]["run_id"]
    assert "found_at_broker" not in {each["code"] for each in desk.saved()["findings"]}


@pytest.mark.parametrize(
    "case",
    ["too-early", "in-the-snapshot", "other-strategy", "other-symbol", "no-hash", "after-the-window", "two"],
)
def test_rule_11_each_condition_by_itself_keeps_an_order_out(
    desk: Desk, broker: DeskBroker, case: str
) -> None:
    """Of the two of a symbol neither is taken; what fits beside it is: the look was a full one."""
    broker.is_cut_off = True
    if case == "in-the-snapshot":  # stamped by a clock that is ahead
        broker.place("AAPL", 30, at=broker.now() + timedelta(seconds=20))
    lose(desk, Answer(reset=True, process="never"), "--again")
    as_of = json.loads(desk.rows()[-1]["broker_before"])["as_of"]
    moment = datetime.fromisoformat(as_of)
    if case == "too-early":
        broker.place("AAPL", 30, at=moment - timedelta(seconds=1, milliseconds=1))
    elif case == "other-strategy":
        broker.place("AAPL", 30, client_order_id="0123456789abcdef01234567")
    elif case == "other-symbol":
        broker.place("TSLA", 30)
    elif case == "no-hash":
        broker.place("AAPL", 31, client_order_id=order_id_of("AAPL", "buy", 30, moment.date()))
    elif case == "after-the-window":
        # 10 s to leave, 1 s of --timeout, 100 s a symbol
        broker.place("AAPL", 30, at=moment + timedelta(seconds=320))
    elif case == "two":
        broker.place("AAPL", 30)
        broker.place("AAPL", 40)
    fits = broker.place("MSFT", 20, at=moment - timedelta(seconds=1))
    late = broker.place("GOOGL", 20, at=moment + timedelta(seconds=305))
    desk.later(10)
    desk.run("mark")
    assert sorted(ours(desk)) == sorted([fits, late])


def test_rule_11_what_came_after_the_next_row_is_not_this_ones(desk: Desk, broker: DeskBroker) -> None:
    """The next session's attempt was journaled over midnight: what comes then may be that one's."""
    broker.is_cut_off = True
    desk.later(TO_MIDNIGHT)
    lose(desk, Answer(reset=True, process="never"))
    before = broker.place("MSFT", 20)
    desk.later(3)
    desk.platform.orchestrator.script("POST", RUN, [Answer(status=422, body={"detail": "no"})])
    assert desk.run().returncode == 2
    lost, refused = desk.rows()[1:]
    assert (lost["state"], refused["state"], lost["session"] < refused["session"]) == (
        "unsettled",
        "nothing",
        True,
    )
    broker.place("AAPL", 30)
    desk.run("mark")
    assert [row["client_order_id"] for row in desk.rows("orders") if row["trade"] == lost["id"]] == [before]


@pytest.mark.parametrize("case", ["silent", "another-account", "unproven"])
def test_rule_11_where_the_broker_told_nothing_before_nothing_is_taken(
    desk: Desk, broker: DeskBroker, case: str
) -> None:
    """Its orders were not known, or are another account's now, or nobody has proven whose it is."""
    if case == "silent":
        broker.always("GET", "/v2/orders", plain_500())
    elif case == "another-account":
        broker.is_cut_off = True
    else:
        desk.resolve("--reset")
    lose(desk)
    result = desk.saved()
    assert (result["status"], ours(desk)) == ("unknown", [])
    assert ("broker_unread" in {each["code"] for each in result["findings"]}) is (case == "silent")
    broker.always("GET", "/v2/orders", Answer())
    if case == "another-account":
        broker.is_cut_off = False
        broker.account["account_number"] = "PA3ANOTHER01"
    desk.run("mark")
    assert ours(desk) == []


def test_rule_12_a_rehearsal_whose_orders_are_at_the_broker_was_none(desk: Desk, broker: DeskBroker) -> None:
    """It closes its session and is in the book."""
    desk.platform.gateway.health["dry_run"] = True
    broker.is_cut_off = True
    lose(desk)
    assert desk.rows()[-1]["rehearsal"] == 1
    broker.is_cut_off = False
    desk.run("mark")
    assert len(ours(desk)) == 3
    assert (desk.rows()[-1]["rehearsal"], desk.rows()[-1]["fence"]) == (0, desk.session)
    assert "rehearsal_executed" in {each["code"] for each in desk.saved()["findings"]}


def test_rule_15_orders_at_the_broker_beat_nothing(desk: Desk, broker: DeskBroker) -> None:
    """Neither a person nor a late answer says of an attempt with orders that it placed nothing."""
    lose(desk)
    desk.later(20)
    said = desk.resolve(desk.session, "--not-placed")
    assert said.returncode == 2
    assert all(identity in said.stderr for identity in ours(desk))
    key = desk.rows()[-1]["key"]
    folder = desk.reports / ".pending"
    folder.mkdir(exist_ok=True)
    kept = {
        "key": key,
        "status": 422,
        "body": '{"detail": "used nonce"}',
        "url": desk.platform.orchestrator.url,
    }
    (folder / f"{key}.json").write_text(json.dumps(kept))
    desk.resolve()
    assert (desk.rows()[-1]["state"], len(ours(desk))) == ("unsettled", 3)
    assert desk.run().returncode == 2
    assert len(desk.platform.posts) == 2


def test_rule_11_an_order_that_the_run_does_not_show_is_told(desk: Desk, broker: DeskBroker) -> None:
    """Another caller asked this gateway for it in the same minute: the run, once it is known, tells."""
    desk.platform.plan = {"GOOGL": Plan(side=None, mapping={"skip_reason": "zero_weight"})}
    broker.is_cut_off = True
    lose(desk)
    theirs = broker.place("GOOGL", 30)
    desk.run("mark")
    assert ours(desk) == [theirs]
    desk.platform.orchestrator.always("GET", RUNS + "*", Answer())
    desk.run("mark")
    assert desk.rows()[-1]["state"] == "closed"
    (found,) = [each for each in desk.saved()["findings"] if each["code"] == "found_beside"]
    assert theirs in found["text"]
    assert f"--order {theirs} --not-filled" in found["remedies"][0]["command"]
