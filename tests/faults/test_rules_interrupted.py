"""Rule 9: broken off at any step, the next command finds the row and knows, or says that it does not."""

import csv
import io
import json
import os
import signal
import subprocess
from itertools import pairwise

import pytest
from support.answers import Answer, plain_500
from support.desk import Desk
from support.mail_server import MailServer, subjects
from support.odd_platform import RUN, RUNS, still_running

ENDINGS = ("_paper_run.json", "_paper_run.html", "_orders.csv", "_positions.csv")
SIGNALS = ["SIGINT", "SIGTERM", "SIGKILL"]
STEPS = {
    "ledger-to-be-made": ("after sql COMMIT", 1, 0),
    "ledger-made": ("after link ledger.sqlite3", 1, 0),
    "health": ("after GET /health", 1, 0),
    "row-written": ("after sql INSERT INTO trades", 1, 0),
    "post-to-be-sent": ("before POST *", 1, 0),
    "post-answered": ("after POST *", 1, 1),
    "answer-to-be-recorded": ("after sql UPDATE trades SET", 2, 1),
    "answer-recorded": ("after sql COMMIT", 3, 1),
    "orders-read": ("before GET /api/v1/orders/*", 1, 1),
    "orders-to-be-recorded": ("after GET /api/v1/orders/*", 1, 1),
    "orders-recorded": ("after sql COMMIT", 4, 1),
    "json-to-be-written": ("before replace *_paper_run.json", 1, 1),
    "json-written": ("after replace *_paper_run.json", 1, 1),
    "html-to-be-written": ("before replace *_paper_run.html", 1, 1),
    "csv-written": ("after replace *_orders.csv", 1, 1),
}


AROUND_THE_POST = ("row-written", "post-to-be-sent", "post-answered", "answer-to-be-recorded", "json-written")
"""Where a SIGTERM may wait, and where it no longer does; elsewhere it is a SIGINT."""


def assert_whole(files: dict[str, bytes]) -> None:
    """Every file is one that a reader can take whole."""
    for name, content in files.items():
        if name.endswith(".json"):
            json.loads(content)
        elif name.endswith(".html"):
            assert content.endswith(b"</html>\n"), name
        else:
            assert len({len(row) for row in csv.reader(io.StringIO(content.decode()))}) == 1, name


@pytest.mark.parametrize("step", ["json-to-be-written", "html-to-be-written"])
def test_a_killed_run_gets_its_files_from_the_next_command(desk: Desk, step: str) -> None:
    """What was recorded and not yet written is written by the next command, be it the next day's run."""
    at, nth, _ = STEPS[step]
    killed = desk.session
    desk.run(at=at, nth=nth, do="SIGKILL")
    desk.next_session()
    assert desk.run().returncode == 0
    expected = {f"{killed}{ending}" for ending in ENDINGS}
    assert {name for name in desk.files() if name.startswith(killed)} == expected
    assert desk.saved(killed)["status"] == "success"


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        *((step, kind) for step in STEPS for kind in ("SIGINT", "SIGKILL")),
        *((step, "SIGTERM") for step in AROUND_THE_POST),
    ],
)
def test_rule_9_interrupted_at_a_step(desk: Desk, step: str, kind: str) -> None:
    """Never a second POST; what was executed is found; what was not sent is settled by hand or open."""
    at, nth, executed = STEPS[step]
    finished = desk.run(at=at, nth=nth, do=kind)
    assert finished.returncode == (-9 if kind == "SIGKILL" else 130)
    assert desk.platform.executed == executed
    assert_whole(desk.files())
    if executed:
        assert "Nothing was sent" not in finished.stdout + finished.stderr
    if kind != "SIGKILL":
        assert desk.leftovers() == []
    posts, rows = len(desk.platform.posts), desk.rows() if desk.ledger.exists() else []
    after = desk.run()
    assert_whole(desk.files())
    if executed:
        assert (len(desk.platform.posts), desk.platform.executed) == (1, 1)
        assert desk.saved()["run_id"] == desk.platform.orchestrator.runs[0]["run_id"]
        assert desk.saved()["results"]["num_orders_accepted"] == 3
        assert after.returncode in (0, 130)
    elif any(row["state"] in ("sent", "unsettled") for row in rows):
        assert (after.returncode, len(desk.platform.posts)) == (desk.saved()["exit_status"], posts)
        assert desk.saved()["status"] in ("unknown", "interrupted")
        early = desk.resolve(desk.session, "--not-placed")
        assert (early.returncode, len(desk.platform.posts)) == (2, posts)
        desk.later()
        assert desk.resolve(desk.session, "--not-placed").returncode == 0
        assert desk.run().returncode == 0
        assert desk.platform.executed == 1
    else:
        assert (after.returncode, desk.platform.executed) == (0, 1)


@pytest.mark.parametrize("kind", SIGNALS)
def test_rule_9_during_the_post(desk: Desk, kind: str) -> None:
    """The orchestrator has it and works on: the next command adopts the run."""
    desk.platform.orchestrator.script("POST", RUN, [Answer(freeze=True, process="before")])
    with desk.start() as process:
        desk.platform.log.until(lambda: desk.platform.executed)
        process.send_signal(signal.Signals[kind])
        if kind == "SIGTERM":
            with pytest.raises(subprocess.TimeoutExpired):
                process.communicate(timeout=1)
            process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=120)
    assert process.returncode == (-9 if kind == "SIGKILL" else 130)
    assert "Nothing was sent" not in stderr
    if kind != "SIGKILL":
        assert (desk.saved()["status"], desk.saved()["exit_status"]) == ("interrupted", 130)
        assert f"resolve {desk.session}" in stderr
    assert desk.run().returncode == 0
    assert desk.saved()["run_id"] == desk.platform.orchestrator.runs[0]["run_id"]
    assert (len(desk.platform.posts), desk.platform.executed) == (1, 1)


@pytest.mark.parametrize("kind", SIGNALS)
def test_rule_9_during_the_poll(desk: Desk, kind: str) -> None:
    """The run's id is on record, and the next command follows it to its end."""
    desk.platform.orchestrator.answers_running([still_running()] * 3)
    finished = desk.run(at=f"before GET {RUNS}/*", nth=2, do=kind)
    assert finished.returncode == (-9 if kind == "SIGKILL" else 130)
    run_id = desk.platform.orchestrator.runs[0]["run_id"]
    assert desk.rows()[0]["run_id"] == run_id
    while (finished := desk.run()).returncode:
        assert finished.returncode == desk.saved()["exit_status"] == (2 if kind == "SIGKILL" else 130)
        assert len(desk.platform.posts) == 1
    assert (finished.returncode, desk.saved()["status"], desk.saved()["run_id"]) == (0, "success", run_id)
    assert (len(desk.platform.posts), desk.platform.executed) == (1, 1)


def test_rule_9_killed_again_and_again(desk: Desk) -> None:
    """Killed at each look in turn, the record only grows, and there is never a second POST."""
    desk.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="before")])
    assert desk.run(at=f"before GET {RUNS}*", nth=2, do="SIGKILL").returncode == -9
    for at in (
        f"after GET {RUNS}*",
        "before GET /api/v1/orders/*",
        "before sql COMMIT",
        "before replace *html",
    ):
        assert desk.run(at=at, do="SIGKILL").returncode == -9
        assert len(desk.rows()) == 1
    assert desk.run().returncode == 0
    assert (len(desk.platform.posts), desk.platform.executed) == (1, 1)
    assert desk.saved()["run_id"] == desk.platform.orchestrator.runs[0]["run_id"]
    assert_whole(desk.files())


@pytest.mark.parametrize("kind", ["SIGINT", "SIGTERM"])
def test_rule_9_an_interrupt_that_a_lock_disguises_is_one(desk: Desk, kind: str) -> None:
    """Python makes a RuntimeError of it where a wait's lock is taken again: at each such wait of a run."""
    before: list[int] = []
    for nth in range(1, 60, 2):
        finished = desk.run(at="before wake", nth=nth, do=kind)
        assert "Traceback" not in finished.stderr
        assert "RuntimeError" not in finished.stdout + finished.stderr
        before.append(desk.platform.executed)
        desk.next_session()
        if finished.returncode == 0:
            break
        assert finished.returncode == 130, finished.stderr
    assert before[0] == 0
    assert {after - earlier for earlier, after in pairwise(before)} == {0, 1}
    assert desk.run().returncode == 0
    assert desk.platform.executed == before[-1] + 1


@pytest.mark.parametrize("kind", ["SIGINT", "SIGTERM"])
def test_rule_9_an_interrupt_while_it_is_told_what_failed_is_one_too(desk: Desk, kind: str) -> None:
    """Such as the second of two; there is no more to be told."""
    desk.platform.signal.stop()
    finished = desk.run(at="before words", do=kind)
    assert (finished.returncode, finished.stderr) == (130, "")


def test_rule_9_nobody_waits_for_whoever_reads_no_more(desk: Desk) -> None:
    """Its words fill a pipe that nobody empties: an interrupt ends it all the same, and is recorded."""
    desk.platform.orchestrator.script("POST", RUN, [Answer(freeze=True, process="before")])
    read, write = os.pipe()
    with open(read, "rb"), open(write, "wb"), desk.start(stdout=write) as process:
        desk.platform.log.until(lambda: desk.platform.executed)
        with open(f"/proc/self/fd/{write}", "wb", buffering=0, opener=_never_waits) as full:
            while full.write(b"x" * 4096):
                pass
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert (desk.rows()[0]["state"], len(desk.platform.posts)) == ("unsettled", 1)


def _never_waits(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("command", ["", "resolve", "mark"])
def test_rule_18_that_an_outcome_is_known_is_mailed_however_its_command_ends(
    desk: Desk, command: str, nth: int
) -> None:
    """Killed right behind a record: what was mailed as unknown is mailed as known by a later command."""
    with MailServer(security="none", user=None) as server:
        desk.env |= server.env
        desk.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="before")])
        desk.platform.orchestrator.script("GET", RUNS, [Answer()], then=plain_500())
        desk.run("--timeout", "0.3")
        assert " Unknown: " in subjects(server)[0]
        desk.platform.orchestrator.calm()
        desk.run(*filter(None, [command]), at="after sql COMMIT", nth=nth, do="SIGKILL")
        for _ in range(2):
            desk.run("resolve")
        assert any(" known now " in each for each in subjects(server))


@pytest.mark.parametrize("command", ["resolve", "mark", ""])
def test_an_earlier_attempts_files_follow_its_record_however_its_command_ends(
    desk: Desk, command: str
) -> None:
    """Killed between the record and the files, behind a later session: the next command makes them anew."""
    desk.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="before")])
    desk.platform.orchestrator.script("GET", RUNS, [Answer()], then=plain_500())
    assert desk.run("--timeout", "1").returncode == 2
    lost = desk.session
    desk.next_session()
    desk.run()
    desk.platform.orchestrator.calm()
    killed = desk.run(*filter(None, [command]), at="after sql COMMIT", do="SIGKILL")
    assert (killed.returncode, desk.saved(lost)["status"]) == (-9, "unknown")
    assert desk.rows()[0]["status"] == "success"
    desk.run("resolve")
    assert desk.saved(lost)["status"] == "success"
    assert not list((desk.reports / ".pending").iterdir())


@pytest.mark.parametrize("command", ["mark", ""])
def test_an_earlier_attempts_files_that_fail_are_made_by_the_next_command(desk: Desk, command: str) -> None:
    """They can't be written beside others that can: they are not taken for written."""
    desk.platform.orchestrator.script("POST", RUN, [Answer(reset=True, process="before")])
    desk.platform.orchestrator.script("GET", RUNS, [Answer()], then=plain_500())
    assert desk.run("--timeout", "1").returncode == 2
    lost = desk.session
    desk.next_session()
    desk.platform.orchestrator.calm()
    page = desk.reports / f"{lost}_paper_run.html"
    page.unlink()
    page.mkdir()
    assert "can't be written" in desk.run(*filter(None, [command])).stdout
    page.rmdir()
    desk.run("resolve")
    assert page.is_file()
    assert not list((desk.reports / ".pending").iterdir())
