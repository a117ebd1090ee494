"""Rule 9: the answer is kept first, and a failure behind the POST says that it was sent."""

import shlex
import threading

import pytest
from support.answers import Answer, plain_500
from support.desk import Desk
from support.faulty_http import exact
from support.odd_platform import RUN, RUNS

KEPT = "after replace ????????-*-*-*-*.json"
"""The first of them tells that the request is about to leave, the second has its answer."""
"""The answer lies in the reports folder, and nothing else knows it."""


def pending(desk: Desk) -> list[str]:
    return [path.name for path in (desk.reports / ".pending").iterdir()]


@pytest.mark.parametrize("command", ["", "mark", "resolve"])
def test_rule_9_the_kept_answer_is_brought_in_by_its_key(desk: Desk, command: str) -> None:
    """Killed between keeping and recording it, where no list tells of the run: the next command has it."""
    desk.platform.orchestrator.always("GET", RUNS + "*", plain_500())
    assert desk.run(at=KEPT, nth=2, do="SIGKILL").returncode == -9
    (row,) = desk.rows()
    assert (row["state"], pending(desk)) == ("sent", [f"{row['key']}.json"])
    finished = desk.run(*filter(None, [command]))
    assert finished.returncode == 0
    assert desk.saved()["run_id"] == desk.platform.orchestrator.runs[0]["run_id"]
    assert desk.saved()["status"] == "success"
    assert pending(desk) == []
    assert (desk.run().returncode, desk.platform.executed) == (0, 1)


def test_a_run_that_was_killed_before_it_was_valued_names_what_values_it(desk: Desk) -> None:
    """Shown again it names the mark, which makes its P&L known; then it names where that stands."""
    desk.run(at=KEPT, nth=2, do="SIGKILL")
    for _ in range(2):
        finished = desk.run()
        assert (finished.returncode, desk.saved()["pnl"]) == (0, None)
        (printed,) = [line for line in finished.stdout.splitlines() if "Value the session: " in line]
    words = shlex.split(printed)
    assert words[words.index("-m") + 1 :][:2] == ["paper_run", "mark"]
    assert desk.run(*words[words.index("paper_run") + 1 :]).returncode == 0
    marked = exact((desk.reports / f"{desk.session}_mark.json").read_text("utf-8"))
    assert marked["pnl"]["complete"] is True
    said = desk.run().stdout
    assert f"its P&L is in the session's mark, {desk.session}_mark.html" in said
    assert "Value the session" not in said


@pytest.mark.parametrize("kind", ["SIGINT", "SIGTERM"])
def test_rule_9_an_answer_that_was_kept_when_it_was_broken_off_is_not_lost(desk: Desk, kind: str) -> None:
    """Ctrl-C between keeping and recording it: the next command has it, where no list tells of the run."""
    desk.platform.orchestrator.always("GET", RUNS + "*", plain_500())
    assert desk.run(at=KEPT, nth=2, do=kind).returncode == 130
    assert (desk.run().returncode, desk.saved()["status"]) == (0, "success")
    assert (pending(desk), desk.platform.executed) == ([], 1)


def test_rule_9_a_kept_refusal_leaves_the_session_open(desk: Desk) -> None:
    """What it proves is proved by whoever brings it in."""
    refusal = Answer(status=422, body={"detail": "no"})
    desk.platform.orchestrator.script("POST", RUN, [refusal])
    assert desk.run(at=KEPT, nth=2, do="SIGKILL").returncode == -9
    assert desk.run().returncode == 0
    assert [row["state"] for row in desk.rows()] == ["nothing", "closed"]


def test_rule_9_an_answer_of_another_ledger_stays(desk: Desk) -> None:
    """Its key is in no row: it is left where it lies, and hinders nobody."""
    assert desk.run(at=KEPT, nth=2, do="SIGKILL").returncode == -9
    for path in desk.reports.glob("ledger.sqlite3*"):
        path.unlink()
    before = pending(desk)
    assert desk.resolve().returncode in (0, 3)
    assert pending(desk) == before


def test_rule_9_an_answer_that_can_not_be_read_is_warned_of_and_holds_up_no_other_day(desk: Desk) -> None:
    """Its session stays closed and unknown; doctor, each report and a person who settles it are told."""
    desk.platform.orchestrator.always("GET", RUNS + "*", plain_500())
    assert desk.run(at=KEPT, nth=2, do="SIGKILL").returncode == -9
    (kept,) = (desk.reports / ".pending").iterdir()
    kept.write_text("{broken")
    finished = desk.run("doctor")
    assert finished.returncode == 3
    assert f".pending/{kept.name}" in finished.stdout
    assert (desk.run().returncode, desk.platform.executed) == (2, 1)
    lost = desk.session
    desk.next_session()
    finished = desk.run()
    assert (finished.returncode, desk.platform.executed) == (0, 2)
    told = [each for each in desk.saved()["findings"] if each["code"] == "answer_unreadable"]
    assert [each["subject"] for each in told] == [f".pending/{kept.name}"]
    placed = [each["client_order_id"] for each in desk.platform.orchestrator.runs[0]["mappings"]]
    orders = [word for each in placed for word in ("--order", each)]
    assert desk.resolve(lost, "--placed", *orders).returncode == 0
    kept.unlink()
    assert desk.run("doctor").returncode == 0


def test_rule_9_a_known_answer_is_dropped(desk: Desk) -> None:
    """The folder is empty after a good day."""
    assert desk.run().returncode == 0
    assert pending(desk) == []


def test_rule_9_a_lost_ledger_behind_the_post(desk: Desk) -> None:
    """The disk is full once the answer is kept: exit 1, "it was sent", and the next command records it."""
    desk.platform.orchestrator.always("GET", RUNS + "*", plain_500())
    finished = desk.run(at=KEPT, nth=2, do="full")
    assert finished.returncode == 1
    assert "It was sent" in finished.stderr
    assert "resolve" in finished.stderr
    assert "Nothing was sent" not in finished.stderr
    assert desk.resolve().returncode == 0
    assert (desk.saved()["status"], pending(desk)) == ("success", [])
    assert desk.platform.executed == 1


def test_rule_9_ids_that_could_be_kept_nowhere_are_printed(desk: Desk) -> None:
    """The disk is full before the answer is kept: run and orders are told, with the command for them."""
    finished = desk.run(at="after POST *", do="full")
    assert finished.returncode == 1
    run = desk.platform.orchestrator.runs[0]
    for identity in [run["run_id"], *(each["client_order_id"] for each in run["mappings"])]:
        assert identity in finished.stderr
    assert "It was sent" in finished.stderr


@pytest.mark.parametrize(
    ("at", "status"),
    [
        ("after POST *", 2),
        (KEPT, 2),
        ("before GET /api/v1/orders/*", 1),
        ("before rename *.taken", 1),
        ("before replace *_paper_run.html", 1),
        ("after replace *_orders.csv", 1),
    ],
)
@pytest.mark.parametrize("error", ["MemoryError", "ImportError", "RecursionError"])
def test_rule_9_a_failure_behind_the_post_says_it_was_sent(
    desk: Desk, at: str, status: int, error: str
) -> None:
    """Memory, a replaced package, our own fault: no traceback, exit 2 or 1; the next command goes on."""
    finished = desk.run(at=at, nth=2 if at == KEPT else 1, do=f"raise {error}")
    assert finished.returncode == status
    assert "It was sent" in finished.stderr
    assert "Nothing was sent" not in finished.stdout + finished.stderr
    assert (desk.run().returncode, desk.saved()["status"]) == (0, "success")
    assert (len(desk.platform.posts), desk.platform.executed, pending(desk)) == (1, 1, [])


def test_rule_9_sigterm_while_the_answer_is_awaited_waits_for_it(desk: Desk) -> None:
    """The answer is recorded, then the program stops with 130; the next command reads the orders."""
    told = threading.Event()
    desk.at_post(lambda: told.wait(60))
    with desk.start() as process:
        desk.platform.log.until(lambda: desk.platform.posts)
        process.terminate()
        told.set()
        process.communicate(timeout=120)
    (row,) = desk.rows()
    assert (process.returncode, row["state"]) == (130, "answered")
    assert row["run_id"] == desk.platform.orchestrator.runs[0]["run_id"]
    assert (desk.run().returncode, len(desk.platform.posts)) == (0, 1)


def test_rule_9_sigterm_before_it_leaves_sends_nothing(desk: Desk) -> None:
    """Told to stop when nothing has left yet, nothing leaves."""
    finished = desk.run(at="before POST *", do="SIGTERM")
    assert (finished.returncode, desk.platform.posts) == (130, [])
    assert [row["state"] for row in desk.rows()] == ["nothing"]
