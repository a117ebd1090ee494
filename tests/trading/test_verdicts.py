"""Settling by hand: what a person may say of an attempt, who said it, and what is refused."""

import getpass
import json
import os
import socket
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses
from builders.attempts import a_snapshot, begun, unknown
from builders.moments import NOON, SESSION
from builders.served import Orders
from builders.wire import ORDERS, POSITIONS, RUNS, body, mapping, serve, serve_example

from paper_run.errors import DataError, DependencyError, OrchestrationError, PaperRunError
from paper_run.ledger.ledger import Ledger
from paper_run.model.attempt import LONGEST_WAIT, AttemptRow
from paper_run.model.calendar import Calendar, ClosedDays
from paper_run.services.orchestrator import recorded_orchestration
from paper_run.services.platform import Platform
from paper_run.trading import verdicts
from paper_run.trading.at_broker import AtBroker
from paper_run.trading.verdicts import Decision, record_verdict

RUN, FIRST, SECOND = "00d504c8-aaaa", "a" * 24, "b" * 24
BY = f"by ann@{socket.gethostname()} on 2025-01-17 15:00:00-05:00"
LATER = NOON + timedelta(hours=3)


@pytest.fixture(autouse=True)
def ann(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ann be who settles."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "ann")


@pytest.fixture
def gateway(platform: Platform) -> Orders:
    assert platform
    serve_example("GET", POSITIONS, "positions_empty")
    return Orders()


def in_state(ledger: Ledger, state: str, *, run_id: str | None = None, **changes: Any) -> AttemptRow:
    row = begun(ledger, **changes)
    if state == "sent":
        return row
    return ledger.attempts.record(row, state=state, document=row.document, in_doubt=0, run_id=run_id)


def no_broker(ledger: Ledger) -> AtBroker:
    """Return the looks of a command that has no broker's keys."""
    return AtBroker(ledger, None, Calendar(lambda year: ClosedDays(year, {}, {}, "nobody")))


def a_run(**changes: Any) -> dict[str, Any]:
    """Return a run of the session with one order, 10 AAPL."""
    order = mapping(symbol="AAPL", order_qty=10, client_order_id=FIRST)
    return body("run_normal", **{"run_id": RUN, "as_of_date": "2025-01-17", "mappings": [order], **changes})


def document(row: AttemptRow) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(row.document, parse_float=Decimal)
    return read


def resolved(row: AttemptRow, decision: Decision, ledger: Ledger, platform: Platform) -> AttemptRow:
    """Settle, and find in the ledger what was returned."""
    found = record_verdict(row, decision, ledger, platform, no_broker(ledger), LATER, timeout=LONGEST_WAIT)
    assert found == ledger.attempts.by_id(row.id)
    return found


def refused(row: AttemptRow, decision: Decision, ledger: Ledger, platform: Platform) -> PaperRunError:
    """Try to settle; nothing is changed by it."""
    with pytest.raises(PaperRunError) as caught:
        record_verdict(row, decision, ledger, platform, no_broker(ledger), LATER, timeout=LONGEST_WAIT)
    assert ledger.attempts.by_id(row.id) == row
    assert ledger.orders.order_states(row) == {}
    return caught.value


# Names


def test_a_trade_is_named_by_session_and_number(ledger: Ledger) -> None:
    """SESSION is its first attempt, SESSION-n the n-th, `latest` the one sent last."""
    first, second = begun(ledger), begun(ledger, number=2)
    other = begun(ledger, SESSION - timedelta(days=1))
    assert verdicts.named(ledger, "2025-01-17") == first
    assert verdicts.named(ledger, "2025-01-17-1") == first
    assert verdicts.named(ledger, "2025-01-17-2") == second
    assert verdicts.named(ledger, "2025-01-16") == other
    assert verdicts.named(ledger, "latest") == second


@pytest.mark.parametrize(
    "name",
    [
        "",
        "today",
        "Latest",
        "2025-1-17",
        "20250117",
        "2025-02-30",
        "2025-01-17-0",
        "2025-01-17-01",
        "2025-01-17-",
        "2025-01-17-x",
        "2025-01-17-1234567",
        "2025-01-17\n",
        " 2025-01-17",
        "٢٠٢٥-01-17",
        "\x1b[31m",
    ],
)
def test_what_names_no_trade_is_refused(ledger: Ledger, name: str) -> None:
    """With the forms that do; nothing that drives a terminal comes back."""
    begun(ledger)
    with pytest.raises(DataError) as caught:
        verdicts.named(ledger, name)
    assert "names no attempt" in caught.value.title
    assert "2025-01-17-2" in caught.value.explanation
    assert caught.value.title.isprintable()


@pytest.mark.parametrize("name", ["2025-01-16", "2025-01-17-2", "latest"])
def test_a_trade_that_is_not_there_is_refused(ledger: Ledger, name: str) -> None:
    """With the ledger that was looked in."""
    if name != "latest":
        begun(ledger)
    with pytest.raises(DataError) as caught:
        verdicts.named(ledger, name)
    assert ("no attempt yet" if name == "latest" else name) in caught.value.title
    assert ledger.name in caught.value.title


# Not placed


@pytest.mark.parametrize("state", ["sent", "unsettled"])
def test_not_placed_opens_the_session_again(ledger: Ledger, platform: Platform, state: str) -> None:
    """Failed with zero orders; who said so, where and when is recorded and on the result; nobody is asked."""
    row = resolved(in_state(ledger, state), Decision(placed=False), ledger, platform)
    assert (row.state, row.how_known) == ("nothing", f"not placed, {BY}")
    assert ledger.fences.next_number(SESSION) == 1
    assert ledger.attempts.incomplete() == []
    result = document(row)
    assert (result["status"], result["exit_status"], result["orders"]) == ("failed", 2, [])
    assert result["results"]["num_orders_submitted"] == 0
    assert result["results"]["total_notional"] == 0
    assert any(BY in each["text"] for each in result["findings"] if each["code"] == "recovered")
    assert BY in result["errors"][0]
    assert result["settled"] == row.how_known
    assert result["results"]["duration_seconds"] == Decimal("310.5"), "what was waited is not forgotten"
    assert len(responses.calls) == 0


# Placed, and nothing more is known


def test_placed_without_more_closes_the_session(ledger: Ledger, platform: Platform) -> None:
    """Its status stays unknown, exit 2, without an invented number; it is settled."""
    row = resolved(in_state(ledger, "unsettled"), Decision(placed=True), ledger, platform)
    assert (row.state, row.how_known, row.outcome_unknown) == ("closed", f"placed, {BY}", False)
    result = document(row)
    assert (result["status"], result["exit_status"]) == ("unknown", 2)
    figures = {name: value for name, value in result["results"].items() if name != "duration_seconds"}
    assert set(figures.values()) == {None}
    assert result["settled"] == row.how_known
    assert "What was placed is not known" in result["errors"][0]
    assert ledger.fences.next_number(SESSION) == 2


def test_a_run_id_that_was_seen_is_kept(ledger: Ledger, platform: Platform) -> None:
    """Whatever is said of the attempt."""
    row = in_state(ledger, "unsettled", run_id="seen")
    row = resolved(row, Decision(placed=True), ledger, platform)
    assert (row.run_id, document(row)["run_id"]) == ("seen", "seen")


# Placed, by its run


def test_placed_by_its_run_fetches_the_run_and_its_orders(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """The record is as if the answer had never been lost, and says how its outcome became known."""
    serve("GET", f"{RUNS}/{RUN}", a_run())
    gateway.has(FIRST)
    row = resolved(in_state(ledger, "sent"), Decision(True, RUN), ledger, platform)
    assert (row.state, row.run_id, row.how_known) == ("closed", RUN, f"placed, run {RUN}, {BY}")
    assert recorded_orchestration(row.answer or "").run_id == RUN
    result = document(row)
    assert (result["status"], result["exit_status"], result["run_id"]) == ("success", 0, RUN)
    assert str(result["results"]["total_notional"]) == "1503.33"
    assert result["results"]["num_orders_filled"] == 1
    assert any(BY in each["text"] for each in result["findings"] if each["code"] == "recovered")
    assert ledger.orders.owners([FIRST]) == {FIRST: row.id}
    assert ledger.attempts.knows_run(RUN)


def test_the_run_that_was_seen_may_be_named(ledger: Ledger, platform: Platform, gateway: Orders) -> None:
    """The attempt's own."""
    serve("GET", f"{RUNS}/{RUN}", a_run())
    gateway.has(FIRST)
    row = in_state(ledger, "unsettled", run_id=RUN)
    assert resolved(row, Decision(True, RUN), ledger, platform).state == "closed"


def test_a_silent_gateway_leaves_the_orders_to_be_read(ledger: Ledger, platform: Platform) -> None:
    """The run is taken; a later command reads its orders."""
    serve("GET", f"{RUNS}/{RUN}", a_run())
    for url in (POSITIONS, f"{ORDERS}/{FIRST}"):
        responses.add("GET", url, body=requests.ConnectionError("Connection refused"))
    row = resolved(in_state(ledger, "sent"), Decision(True, RUN), ledger, platform)
    assert (row.state, row.outcome_unknown) == ("answered", False)
    assert BY in (row.how_known or "")


def test_a_run_that_failed_without_orders_placed_nothing(ledger: Ledger, platform: Platform) -> None:
    """What the orchestrator shows counts more than the word."""
    none = dict.fromkeys(("num_orders_submitted", "num_orders_accepted", "num_orders_rejected"), 0)
    serve("GET", f"{RUNS}/{RUN}", a_run(status="failed", mappings=[], **none))
    row = resolved(in_state(ledger, "sent"), Decision(True, RUN), ledger, platform)
    assert (row.state, document(row)["status"]) == ("nothing", "failed")


def test_a_run_of_another_trade_is_refused(ledger: Ledger, platform: Platform) -> None:
    """A run has one owner; it is not even asked for."""
    in_state(ledger, "closed", run_id=RUN)
    row = in_state(ledger, "unsettled", number=2)
    error = refused(row, Decision(True, RUN), ledger, platform)
    assert isinstance(error, DataError)
    assert "another attempt" in str(error)
    assert len(responses.calls) == 0


def test_a_run_that_was_there_before_is_refused(ledger: Ledger, platform: Platform) -> None:
    """The snapshot before the POST lists it: it can't be what came of it."""
    row = begun(ledger, known_runs=("x", RUN))
    error = refused(row, Decision(True, RUN), ledger, platform)
    assert isinstance(error, DataError)
    assert RUN in error.title


def test_a_run_that_nobody_knows_is_refused(ledger: Ledger, platform: Platform) -> None:
    """404: exit 3, with where its runs are listed."""
    serve_example("GET", f"{RUNS}/{RUN}", "run_by_unknown_id")
    error = refused(in_state(ledger, "sent"), Decision(True, RUN), ledger, platform)
    assert isinstance(error, DataError)
    assert f"knows no run {RUN}" in error.title
    assert RUNS in str(error.remedies[0])


def test_another_run_in_its_place_is_refused(ledger: Ledger, platform: Platform) -> None:
    """An orchestrator that answers with another one."""
    serve("GET", f"{RUNS}/{RUN}", a_run(run_id="other"))
    assert isinstance(refused(in_state(ledger, "sent"), Decision(True, RUN), ledger, platform), DataError)


def test_a_run_that_goes_on_is_refused(ledger: Ledger, platform: Platform) -> None:
    """It can be settled when it has ended: exit 2."""
    serve("GET", f"{RUNS}/{RUN}", a_run(status="running", mappings=[]))
    error = refused(in_state(ledger, "sent"), Decision(True, RUN), ledger, platform)
    assert isinstance(error, OrchestrationError)
    assert "has not ended" in error.title


@pytest.mark.parametrize("failure", [500, 200, requests.ConnectionError("Connection refused")])
def test_a_run_that_cannot_be_read_is_an_error_with_another_way(
    ledger: Ledger, platform: Platform, failure: Any
) -> None:
    """500, as deployed ones answer, nonsense or silence: exit 2, and its orders may be named instead."""
    if isinstance(failure, int):
        serve("GET", f"{RUNS}/{RUN}", "Internal Server Error", failure)
    else:
        responses.add("GET", f"{RUNS}/{RUN}", body=failure)
    error = refused(in_state(ledger, "sent"), Decision(True, RUN), ledger, platform)
    assert isinstance(error, OrchestrationError)
    assert "can't be read" in error.title
    assert "--placed --order ID" in str(error.remedies[0])


# Placed, by its orders


def test_placed_by_its_orders_fetches_them(ledger: Ledger, platform: Platform, gateway: Orders) -> None:
    """Each as the gateway has it now; counted, valued, owned; signals and weights are not known."""
    gateway.has(FIRST)
    gateway.has(
        SECOND, symbol="MSFT", side="sell", qty=2, status="new", filled_qty="0", filled_avg_price=None
    )
    row = resolved(in_state(ledger, "unsettled"), Decision(True, None, (FIRST, SECOND)), ledger, platform)
    assert row.state == "closed"
    assert BY in (row.how_known or "")
    result = document(row)
    assert (result["status"], result["exit_status"], result["run_id"]) == ("success", 0, None)
    assert [(order["client_order_id"], order["symbol"], order["side"], order["qty"], order["status"])
            for order in result["orders"]] == [
        (FIRST, "AAPL", "buy", 10, "filled"),
        (SECOND, "MSFT", "sell", 2, "new"),
    ]  # fmt: skip
    assert result["results"]["num_orders_submitted"] == 2
    assert result["results"]["num_orders_filled"] == 1
    assert str(result["results"]["total_notional"]) == "1503.33"
    assert {order["rank"] for order in result["orders"]} == {None}
    assert ledger.orders.owners([FIRST, SECOND]) == {FIRST: row.id, SECOND: row.id}
    assert set(ledger.orders.order_states(row)) == {FIRST, SECOND}


def test_an_order_that_was_rejected_makes_it_partial(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """What the gateway says of it decides."""
    gateway.has(FIRST)
    gateway.has(SECOND, status="rejected", filled_qty="0", filled_avg_price=None, error_message="no margin")
    row = resolved(in_state(ledger, "unsettled"), Decision(True, None, (FIRST, SECOND)), ledger, platform)
    result = document(row)
    assert (row.state, result["status"], result["exit_status"]) == ("closed", "partial", 2)
    assert any("no margin" in warning for warning in result["warnings"])


def test_a_run_id_that_was_seen_stays_when_orders_are_named(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """The report names the run that could not be read."""
    gateway.has(FIRST)
    row = in_state(ledger, "unsettled", run_id="seen")
    row = resolved(row, Decision(True, None, (FIRST,)), ledger, platform)
    assert (row.run_id, document(row)["run_id"]) == ("seen", "seen")


def test_an_order_named_twice_is_one(ledger: Ledger, platform: Platform, gateway: Orders) -> None:
    """It is counted once."""
    gateway.has(FIRST)
    row = resolved(in_state(ledger, "unsettled"), Decision(True, None, (FIRST, FIRST)), ledger, platform)
    assert document(row)["results"]["num_orders_submitted"] == 1


def test_an_order_of_another_trade_is_refused(ledger: Ledger, platform: Platform, gateway: Orders) -> None:
    """An order has one owner; of several named ones none is taken then."""
    gateway.has(FIRST)
    gateway.has(SECOND)
    other = in_state(ledger, "unsettled")
    resolved(other, Decision(True, None, (SECOND,)), ledger, platform)
    row = in_state(ledger, "unsettled", number=2)
    error = refused(row, Decision(True, None, (FIRST, SECOND)), ledger, platform)
    assert isinstance(error, DataError)
    assert SECOND in error.title
    assert ledger.orders.owners([FIRST]) == {}


def test_an_order_that_the_trade_owns_may_be_named(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """A run that timed out may have told it already."""
    gateway.has(FIRST)
    row = in_state(ledger, "unsettled")
    answer = json.dumps(a_run(status="running"))
    row = ledger.attempts.record(
        row,
        state="unsettled",
        document=row.document,
        in_doubt=0,
        mappings=recorded_orchestration(answer).mappings,
    )
    assert resolved(row, Decision(True, None, (FIRST,)), ledger, platform).state == "closed"


def test_an_order_that_nobody_knows_is_refused(ledger: Ledger, platform: Platform, gateway: Orders) -> None:
    """404: exit 3, naming it and the gateway."""
    gateway.has(FIRST)
    row = in_state(ledger, "unsettled")
    error = refused(row, Decision(True, None, (FIRST, SECOND)), ledger, platform)
    assert isinstance(error, DataError)
    assert f"knows no order {SECOND}" in error.title


@pytest.mark.parametrize("failure", [500, 503, requests.ConnectionError("Connection refused")])
def test_an_order_that_cannot_be_read_is_an_error(
    ledger: Ledger, platform: Platform, gateway: Orders, failure: Any
) -> None:
    """Exit 1: the gateway is down or broken."""
    gateway.failing[FIRST] = failure
    row = in_state(ledger, "unsettled")
    error = refused(row, Decision(True, None, (FIRST,)), ledger, platform)
    assert isinstance(error, DependencyError)
    assert FIRST in error.title


# Evidence counts more than what was said before


@pytest.mark.parametrize("before", ["nothing", "closed"])
def test_an_order_beats_what_was_said_before(
    ledger: Ledger, platform: Platform, gateway: Orders, before: str
) -> None:
    """Said to have placed nothing, or something that nobody knows: the order closes the session."""
    gateway.has(FIRST)
    row = resolved(in_state(ledger, before), Decision(True, None, (FIRST,)), ledger, platform)
    assert (row.state, row.number, row.fence) == ("closed", 1, str(SESSION))
    assert [each["client_order_id"] for each in document(row)["orders"]] == [FIRST]


def test_an_order_of_a_trade_that_was_replaced_is_a_second_trade(
    ledger: Ledger, platform: Platform, gateway: Orders
) -> None:
    """It gets the next free number, and each of its results warns that the session was traded twice."""
    first = in_state(ledger, "nothing")
    second = in_state(ledger, "closed")
    gateway.has(FIRST)
    row = resolved(first, Decision(True, None, (FIRST,)), ledger, platform)
    assert (row.id, row.number, row.fence, second.fence) == (first.id, 2, None, str(SESSION))
    assert any("traded twice" in warning for warning in document(row)["warnings"])
    assert document(row)["trade"] == 2


def test_a_run_that_does_not_show_what_it_counts_is_refused(ledger: Ledger, platform: Platform) -> None:
    """Its orders must be named instead."""
    serve("GET", f"{RUNS}/{RUN}", a_run(status="failed", num_orders_submitted=2, mappings=None))
    error = refused(in_state(ledger, "sent"), Decision(True, RUN), ledger, platform)
    assert isinstance(error, OrchestrationError)
    assert "--order" in error.remedies[0].command


# Not placed: not as long as the orchestrator may be at it


@pytest.mark.parametrize("timeout", ["300", "30", "900.5"])
def test_not_placed_is_refused_as_long_as_the_orchestrator_may_trade(
    ledger: Ledger, platform: Platform, timeout: str
) -> None:
    """Until its POST's deadline, --timeout and 100 s for each symbol have passed; nothing is changed."""
    row = ledger.attempts.begin(
        a_snapshot(),
        number=1,
        key="k",
        started_at=NOON,
        document=unknown(a_snapshot()),
        timeout=Decimal(timeout),
        leaves_until=NOON + timedelta(seconds=10),
    )
    until = NOON + timedelta(seconds=10 + float(timeout) + 300)
    early = until - timedelta(microseconds=1)
    with pytest.raises(OrchestrationError):
        record_verdict(
            row, Decision(placed=False), ledger, platform, no_broker(ledger), early, timeout=LONGEST_WAIT
        )
    assert ledger.attempts.by_id(row.id) == row
    assert (
        record_verdict(
            row, Decision(placed=False), ledger, platform, no_broker(ledger), until, timeout=LONGEST_WAIT
        ).state
        == "nothing"
    )


@pytest.mark.parametrize(("in_force", "seconds"), [("60", 610), ("900", 1210)])
def test_an_older_trade_is_taken_to_have_waited_for_the_longest(
    ledger: Ledger, platform: Platform, in_force: str, seconds: int
) -> None:
    """The larger of 300 s and the setting in force, from its start."""
    row = in_state(ledger, "sent")
    until = row.started_at + timedelta(seconds=seconds)
    early = until - timedelta(microseconds=1)
    with pytest.raises(OrchestrationError):
        record_verdict(
            row, Decision(placed=False), ledger, platform, no_broker(ledger), early, timeout=Decimal(in_force)
        )
    record_verdict(
        row, Decision(placed=False), ledger, platform, no_broker(ledger), until, timeout=Decimal(in_force)
    )


def test_not_placed_is_taken_at_once_where_the_orchestrator_has_answered(
    ledger: Ledger, platform: Platform
) -> None:
    """It is at work no longer."""
    row = begun(ledger)
    row = ledger.attempts.record(row, state="unsettled", document=row.document, in_doubt=0, over=True)
    assert (
        record_verdict(
            row, Decision(placed=False), ledger, platform, no_broker(ledger), NOON, timeout=LONGEST_WAIT
        ).state
        == "nothing"
    )


# What is settled stays so


@pytest.mark.parametrize(
    ("state", "decision"),
    [
        *(
            (state, said)
            for state in ("answered", "closed", "nothing")
            for said in (Decision(False), Decision(True))
        ),
        ("answered", Decision(True, RUN)),
        ("answered", Decision(True, None, (FIRST,))),
    ],
)
def test_a_settled_trade_is_not_settled_again(
    ledger: Ledger, platform: Platform, state: str, decision: Decision
) -> None:
    """Exit 3, whatever is said, with where to see it; nobody is asked."""
    error = refused(in_state(ledger, state), decision, ledger, platform)
    assert isinstance(error, DataError)
    assert "is known already" in error.title
    assert "report 2025-01-17" in str(error.remedies[0])
    assert len(responses.calls) == 0


def test_who_settled_it_before_is_named(ledger: Ledger, platform: Platform) -> None:
    """The first word stands, and says whose it is."""
    row = resolved(in_state(ledger, "sent"), Decision(False), ledger, platform)
    assert BY in refused(row, Decision(True), ledger, platform).title


# Who


def test_a_user_without_a_name_is_a_number(
    ledger: Ledger, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container's user that is in no list and has no variable."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name)
    import pwd

    def nobody(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    row = resolved(in_state(ledger, "sent"), Decision(False), ledger, platform)
    assert f"by uid {os.getuid()}@{socket.gethostname()}" in (row.how_known or "")


def test_a_newer_python_says_so_in_another_way(
    ledger: Ledger, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 3.13 on it is an OSError."""

    def nobody() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(getpass, "getuser", nobody)
    row = resolved(in_state(ledger, "sent"), Decision(False), ledger, platform)
    assert f"by uid {os.getuid()}@" in (row.how_known or "")


def test_a_name_that_no_file_can_hold_is_no_obstacle(
    ledger: Ledger, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable with bytes that are no text: the decision is recorded all the same."""
    monkeypatch.setenv("LOGNAME", os.fsdecode(b"ann\xff"))
    row = resolved(in_state(ledger, "sent"), Decision(False), ledger, platform)
    assert "by ann" in (row.how_known or "")
