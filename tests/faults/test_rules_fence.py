"""Rule 4: one row a session, and a POST that leaves soon after its row was written, or not at all."""

import os
import signal
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.answers import Answer
from support.desk import Desk
from support.hosts import Host
from support.odd_platform import RUNS, Plan

from paper_run.ledger.ledger import Ledger
from paper_run.ledger.sqlite.schema import APPLICATION_ID, MIGRATIONS


@pytest.mark.parametrize("again", [False, True])
def test_rule_4_of_two_at_once_one_is_refused_by_the_ledger_itself(desk: Desk, again: bool) -> None:
    """Where no lock holds (a file system without one, somebody removed it): one POST, the other is exit 2."""
    args = ["--again"] if again else []
    if again:
        assert desk.run().returncode == 0
        desk.platform.plan = {"AAPL": Plan(qty=11)}
    before = len(desk.platform.posts)
    desk.platform.orchestrator.script("GET", RUNS, [Answer(delay=0.5)])  # the last of what is read at once
    with desk.start(*args, at=f"after GET {RUNS}*", do="SIGSTOP") as slow:
        os.waitid(os.P_PID, slow.pid, os.WSTOPPED | os.WNOWAIT)
        (desk.reports / "ledger.lock").unlink()
        assert desk.run(*args).returncode == 0
        slow.send_signal(signal.SIGCONT)
        _, stderr = slow.communicate(timeout=120)
    assert (slow.returncode, len(desk.platform.posts)) == (2, before + 1)
    assert "Nothing was sent" in stderr
    session = desk.session
    fences = [session, f"{session} after 1"] if again else [session]
    assert [row["fence"] for row in desk.rows()] == fences


def test_rule_4_the_row_says_what_was_known_before_the_post(desk: Desk) -> None:
    """Its --timeout, until when its POST may leave, and the orchestrator's own clock."""
    assert desk.run("--timeout", "33.5").returncode == 0
    (row,) = desk.rows()
    started = datetime.fromisoformat(row["started_at"])
    leaves = datetime.fromisoformat(row["leaves_until"])
    assert (row["timeout"], row["fence"]) == ("33.5", desk.session)
    assert 9 <= (leaves - started).total_seconds() <= 12
    assert row["orchestrator_clock"] is not None


def test_rule_4_what_placed_nothing_gives_its_fence_back(desk: Desk) -> None:
    """The next command's row takes it."""
    desk.platform.orchestrator.down()
    desk.platform.orchestrator.up()
    assert desk.run(at="before POST *", do="suspend 11").returncode == 2
    assert desk.run().returncode == 0
    assert [(row["state"], row["fence"]) for row in desk.rows()] == [
        ("nothing", None),
        ("closed", desk.session),
    ]


@pytest.mark.parametrize("at", ["after sql COMMIT", "before POST *", "after connect for POST"])
def test_rule_4_a_suspended_machine_sends_nothing(desk: Desk, at: str) -> None:
    """More than 10 s after the row, on a clock that counts them: nothing leaves, the session stays open."""
    nth = 2 if at == "after sql COMMIT" and not isinstance(desk, Host) else 1  # a file is made first
    finished = desk.run(at=at, nth=nth, do="suspend 10.5")
    assert (finished.returncode, desk.platform.posts) == (2, [])
    assert "Nothing was sent" in finished.stderr
    assert [row["state"] for row in desk.rows()] == ["nothing"]
    assert desk.run().returncode == 0
    assert desk.platform.executed == 1


def test_rule_4_a_short_pause_is_no_matter(desk: Desk) -> None:
    """Within the 10 s it is sent."""
    assert desk.run(at="before POST *", do="suspend 7").returncode == 0


def test_rule_4_the_post_leaves_on_its_sessions_date_or_not_at_all(desk: Desk) -> None:
    """Journaled some seconds before New York's midnight, to be sent after it: nothing leaves."""
    desk.ahead = datetime(2026, 3, 4, 4, 59, 51, tzinfo=UTC) - datetime.now(UTC)
    finished = desk.run("--ignore-calendar", at="before POST *", do="suspend 9.5")
    assert (finished.returncode, desk.platform.posts) == (2, [])
    assert [(row["session"], row["state"]) for row in desk.rows()] == [("2026-03-03", "nothing")]


def _old_ledger(folder: Path, rows: list[tuple[str, int, str, int]]) -> None:
    """Write a ledger as it was before sessions had fences: session, number, state, rehearsal of each row."""
    folder.mkdir()
    connection = sqlite3.connect(folder / "ledger.sqlite3")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    fenced = next(number for number, script in enumerate(MIGRATIONS) if "fence" in script)
    for script in MIGRATIONS[:fenced]:
        connection.executescript(script)
    connection.execute(f"PRAGMA user_version = {fenced}")
    for key, (session, number, state, rehearsal) in enumerate(rows):
        connection.execute(
            "INSERT INTO trades (session, number, key, state, rehearsal, in_doubt, sandbox, started_at, "
            "parameters, positions, health, notices, document) VALUES (?, ?, ?, ?, ?, 0, 0, "
            "'2026-03-02T15:00:00+00:00', '{}', '[]', '[]', '[]', '{}')",
            (session, number, f"key-{key}", state, rehearsal),
        )
    connection.commit()
    connection.close()


def test_rule_4_an_older_ledger_gets_its_fences_whatever_it_holds(tmp_path: Path) -> None:
    """Sessions that were traded several times keep all their rows; rehearsals and `nothing` have no fence."""
    rows = [
        ("2026-03-02", 1, "nothing", 0),
        ("2026-03-02", 1, "closed", 1),
        ("2026-03-02", 2, "closed", 0),
        ("2026-03-02", 3, "closed", 0),
        ("2026-03-02", 4, "unsettled", 0),
        ("2026-03-03", 1, "sent", 0),
    ]
    _old_ledger(tmp_path / "reports", rows)
    with Ledger(tmp_path / "reports") as ledger:
        found = ledger._store.rows("SELECT fence FROM trades ORDER BY id")
    session = "2026-03-02"
    fences = [None, None, session, f"{session} after 3", f"{session} after 4", "2026-03-03"]
    assert [row["fence"] for row in found] == fences
