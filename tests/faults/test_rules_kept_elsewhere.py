"""Rules 9 and 15: an answer that one host kept, of an attempt of which another host has recorded more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.answers import Answer, detail_text
from support.hosts import Host, two_hosts
from support.odd_platform import RUN, RUNS, Plan
from support.postgres_server import Schema

KEPT = "after replace ????????-*-*-*-*.json"
OURS = ("AAPL", "MSFT", "GOOGL")
FAILED = {
    "status": "failed",
    "mappings": [],
    **dict.fromkeys(("num_orders_submitted", "num_orders_accepted", "num_orders_rejected"), 0),
}


@pytest.fixture
def hosts(tmp_path: Path, schema: Schema) -> Iterator[tuple[Host, Host]]:
    """Two hosts on their second day."""
    with two_hosts(tmp_path, schema) as (one, two):
        assert one.begin().returncode == 0
        one.let_pass(24 * 60)
        yield one, two


def killed_with(host: Host, *answers: Answer) -> None:
    """Have a run killed once it has kept the answer to its request: the platform's own, if none is given."""
    if answers:
        host.platform.orchestrator.script("POST", RUN, list(answers))
    assert host.run(at=KEPT, nth=2, do="SIGKILL").returncode == -9


def pending(host: Host) -> list[str]:
    return [path.name for path in (host.reports / ".pending").iterdir()]


def test_rule_15_a_kept_refusal_contradicts_what_was_said_meanwhile(hosts: tuple[Host, Host]) -> None:
    """Placed, a person said on the other host: it stays so, and each report warns of the refusal."""
    one, two = hosts
    killed_with(one, detail_text(422, "no"))
    one.let_pass(20)
    assert two.resolve(two.session, "--placed").returncode == 0
    shown = one.run()
    assert (shown.returncode, len(one.platform.posts)) == (2, 2)
    assert "It was said later that this attempt placed nothing" in shown.stdout
    assert one.rows()[-1]["state"] == "closed"
    assert pending(one) == []


@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("is_silent", [False, True])
def test_rule_9_a_kept_answer_takes_the_place_of_a_run_that_was_found(
    hosts: tuple[Host, Host], is_silent: bool, goes_on: bool
) -> None:
    """The list hid ours, and the other host found a stranger's that fits: what we placed is not lost."""
    one, two = hosts
    orchestrator = one.platform.orchestrator
    if goes_on:
        orchestrator.answers_running([])
    killed_with(one)
    ours = orchestrator.runs[-1]
    one.platform.plan = {each: Plan(qty=7) for each in OURS}
    theirs = orchestrator.run_for_somebody_else(*OURS, as_of_date=one.session)

    def hidden(body: dict[str, list[dict[str, str]]]) -> object:
        return body | {"runs": [each for each in body["runs"] if each["run_id"] != ours["run_id"]]}

    one.let_pass(20)
    orchestrator.always("GET", RUNS, Answer(edit=hidden))
    assert two.run().returncode == 0
    assert two.rows()[-1]["run_id"] == theirs["run_id"]
    if is_silent:
        one.platform.gateway.down()
        resolved = one.run("resolve")  # nothing is recorded, so nothing is known anew
        assert (len(pending(one)), "The outcome of" in resolved.stdout) == (1, False)
        one.platform.gateway.up()
    assert one.run().returncode == 0
    assert (one.rows()[-1]["run_id"], pending(one)) == (ours["run_id"], [])
    result = one.saved()
    placed = [each["client_order_id"] for each in ours["mappings"]]
    assert [each["client_order_id"] for each in result["orders"]] == placed
    beside = {each["subject"] for each in result["findings"] if each["code"] == "found_beside"}
    assert beside == {each["client_order_id"] for each in theirs["mappings"]}
    assert len(one.platform.posts) == 2


def test_rule_15_a_kept_run_without_orders_contradicts_a_run_that_was_found(hosts: tuple[Host, Host]) -> None:
    """Ours failed before it placed anything; the other host found a stranger's: it is warned of."""
    one, two = hosts
    killed_with(one, Answer(edit=lambda run: run | FAILED))
    one.let_pass(20)
    one.platform.orchestrator.runs[-1] |= FAILED
    one.platform.plan = {each: Plan(qty=7) for each in OURS}
    theirs = one.platform.orchestrator.run_for_somebody_else(*OURS, as_of_date=one.session)
    assert two.run().returncode == 0
    for _ in range(2):
        shown = one.run()
        assert "It was said later that this attempt placed nothing" in shown.stdout
        assert (one.rows()[-1]["run_id"], pending(one)) == (theirs["run_id"], [])
    assert len(one.platform.posts) == 2


def test_a_kept_refusal_writes_over_no_files_of_a_later_attempt_of_its_name(hosts: tuple[Host, Host]) -> None:
    """Not placed, it was said on the other host, and the session was traded: that is what the files show."""
    one, two = hosts
    killed_with(one, detail_text(422, "no"))
    one.let_pass(20)
    assert two.resolve(two.session, "--not-placed").returncode == 0
    assert two.run().returncode == 0
    assert one.run("resolve").returncode == 0
    assert (one.saved()["status"], pending(one)) == ("success", [])
