"""Rules 1 to 3: nothing is sent before all is ready, by two at once, or where somebody else has traded."""

import json
import sqlite3
import threading
from pathlib import Path

import pytest
from support.answers import Answer, detail_text, plain_500
from support.desk import Desk
from support.odd_platform import POSITIONS, RUN, RUNS, Plan


def test_rule_1_a_reports_folder_that_can_not_be_written_sends_nothing(desk: Desk) -> None:
    """The folder is proved writable before the first request: a file in its place is exit 3."""
    desk.reports.write_text("in the way")
    finished = desk.run()
    assert (finished.returncode, desk.platform.requests) == (3, [])
    assert str(desk.reports) in finished.stderr


def test_rule_1_positions_are_read_before_the_post(desk: Desk) -> None:
    """Unreadable positions are exit 1: no POST, no row, and the session stays open."""
    desk.platform.gateway.script("GET", POSITIONS, [plain_500()])
    finished = desk.run()
    assert (finished.returncode, desk.platform.posts, desk.rows()) == (1, [], [])
    assert desk.run().returncode == 0
    assert desk.platform.executed == 1


def test_rule_1_the_ledger_is_opened_before_anything_is_sent(desk: Desk) -> None:
    """A ledger that can't be opened is exit 3, named, without one request."""
    desk.ledger.mkdir(parents=True)
    finished = desk.run()
    assert (finished.returncode, desk.platform.requests) == (3, [])
    assert str(desk.ledger) in finished.stderr


def test_rule_2_two_simultaneous_starts_send_one_post(desk: Desk) -> None:
    """The second one is out at once: exit 2, naming the first one's pid, host and start; it asks nothing."""
    over = threading.Event()
    desk.at_post(lambda: over.wait(60))
    with desk.start() as first:
        desk.platform.log.until(lambda: desk.platform.posts)
        before = len(desk.platform.requests)
        second = desk.run()
        assert len(desk.platform.requests) == before
        holder = json.loads((desk.reports / "ledger.lock").read_text())
        over.set()
        first.communicate(timeout=120)
    assert (first.returncode, second.returncode) == (0, 2)
    assert holder["pid"] == first.pid
    for word in (str(first.pid), holder["host"], holder["started"]):
        assert word in second.stderr
    assert (len(desk.platform.posts), desk.platform.executed, len(desk.rows())) == (1, 1, 1)


def test_rule_2_a_run_waits_for_a_mark(desk: Desk) -> None:
    """As where both were missed and start at boot: the day is traded, not lost to who was there first."""
    desk.run()
    desk.next_session()
    desk.env["FAULTS_TICK"] = "1"
    desk.platform.gateway.script("GET", POSITIONS, [Answer(delay=1)])
    before = len(desk.platform.requests)
    with desk.start("mark") as mark:
        desk.platform.log.until(lambda: POSITIONS in [each.path for each in desk.platform.requests[before:]])
        run = desk.run()
        mark.communicate(timeout=120)
    assert (run.returncode, mark.returncode) == (0, 0)
    assert f"Waiting: Process {mark.pid} on " in run.stdout
    assert desk.platform.executed == 2


def test_rule_2_the_lock_ends_with_its_process(desk: Desk) -> None:
    """After kill -9 nobody has to remove anything: the next run takes the lock."""
    assert desk.run(at="before GET /health", do="SIGKILL").returncode == -9
    assert desk.run().returncode == 0
    assert desk.platform.executed == 1


def test_rule_2_resolve_waits_for_the_lock(desk: Desk) -> None:
    """While a run holds it, `resolve` stands by, and then tells what is so."""
    desk.env["FAULTS_TICK"] = "1"
    desk.platform.orchestrator.script("POST", RUN, [Answer(delay=1)])
    with desk.start() as first:
        desk.platform.log.until(lambda: desk.platform.posts)
        with desk.start("resolve") as waiting:
            first.communicate(timeout=120)
            stdout, stderr = waiting.communicate(timeout=120)
    assert (first.returncode, waiting.returncode, stderr) == (0, 0, "")
    assert "Nothing is open" in stdout


def test_rule_3_somebody_elses_run_of_today_is_not_traded_upon(desk: Desk) -> None:
    """A run of today with orders that the ledger does not know is exit 2 and is named; nothing is sent."""
    theirs = desk.platform.orchestrator.run_for_somebody_else("TSLA", as_of_date=desk.session)
    finished = desk.run()
    assert (finished.returncode, desk.platform.posts, desk.rows()) == (2, [], [])
    assert theirs["run_id"] in finished.stderr


def test_rule_3_by_its_start_where_its_signals_are_of_another_day(desk: Desk) -> None:
    """What counts is when it traded, on the orchestrator's own clock."""
    theirs = desk.platform.orchestrator.run_for_somebody_else("TSLA", as_of_date="2026-02-27")
    finished = desk.run()
    assert (finished.returncode, desk.platform.posts) == (2, [])
    assert theirs["run_id"] in finished.stderr


def test_rule_3_again_overrides_it(desk: Desk) -> None:
    """`--again` trades besides it, on purpose, as the ledger's first attempt."""
    desk.platform.orchestrator.run_for_somebody_else("TSLA", as_of_date=desk.session)
    finished = desk.run("--again")
    assert (finished.returncode, len(desk.platform.posts), desk.saved()["trade"]) == (0, 1, 1)


def test_rule_3_a_rehearsal_goes_on(desk: Desk) -> None:
    """In DRY_RUN nothing is executed, so nobody's run is in its way."""
    desk.platform.orchestrator.run_for_somebody_else("TSLA", as_of_date=desk.session)
    desk.platform.gateway.health["dry_run"] = True
    finished = desk.run()
    assert (finished.returncode, len(desk.platform.posts), desk.saved()["rehearsal"]) == (0, 1, True)


@pytest.mark.parametrize("case", ["yesterdays", "without-orders", "our-own", "unreadable-list"])
def test_rule_3_stops_nothing_else(desk: Desk, case: str) -> None:
    """Runs of yesterday, runs without orders, our own ones, an unreadable list: the day goes on."""
    if case == "without-orders":
        desk.platform.orchestrator.run_for_somebody_else(
            "TSLA", as_of_date=desk.session, num_orders_submitted=0
        )
    elif case == "unreadable-list":
        desk.platform.orchestrator.run_for_somebody_else("TSLA", as_of_date=desk.session)
        desk.platform.orchestrator.always("GET", RUNS, detail_text(500, "no table"))
    elif case == "yesterdays":
        desk.platform.orchestrator.run_for_somebody_else("TSLA", as_of_date=desk.session)
        desk.next_session()
    else:
        assert desk.run().returncode == 0
        desk.next_session()
        assert desk.run().returncode == 0
        desk.platform.plan = {"AAPL": Plan(qty=11)}
        assert desk.run("--again").returncode == 0
        return
    assert desk.run().returncode == 0
    assert len(desk.platform.posts) == 1


def _foreign(path: Path) -> None:
    path.parent.mkdir(parents=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.commit()
    connection.close()


def test_rule_1_a_foreign_database_is_left_alone(desk: Desk) -> None:
    """Another program's file is exit 3: the same bytes, no -wal beside it, no request."""
    _foreign(desk.ledger)
    before = desk.ledger.read_bytes()
    finished = desk.run()
    assert (finished.returncode, desk.platform.requests) == (3, [])
    assert str(desk.ledger) in finished.stderr
    assert desk.ledger.read_bytes() == before
    assert [path.name for path in desk.reports.glob("ledger.sqlite3*")] == ["ledger.sqlite3"]
