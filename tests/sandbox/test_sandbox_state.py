"""The state file: it survives, it is all or nothing, and a foreign one is left alone."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from support import sandbox_books as books

from paper_run.sandbox import Sandbox, SandboxError, store

DEFAULT = ("AAPL", "MSFT", "GOOGL")

PLAYS_UNTIL_KILLED = """
import sys, http.client, json
from pathlib import Path
from paper_run.sandbox import Sandbox
with Sandbox(Path(sys.argv[1])) as sandbox:
    connection = http.client.HTTPConnection(sandbox.orchestrator_url.removeprefix("http://"))
    body = '{"symbols": ["AAPL", "MSFT", "LATE", "PARTIAL"]}'
    while True:
        connection.request("POST", "/api/v1/orchestration/run", body)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        print(json.loads(answer.read())["as_of_date"], flush=True)
"""


def play_in_another_process(path: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", PLAYS_UNTIL_KILLED, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def assert_consistent(path: Path) -> int:
    """Check that cash, positions, orders and runs tell one story; return the number of runs."""
    connection = sqlite3.connect(path)
    try:
        (cash,) = connection.execute("SELECT cash FROM account").fetchone()
        (last_played,) = connection.execute("SELECT last_played FROM account").fetchone()
        fills = connection.execute(
            "SELECT side, filled_qty, filled_avg_price, session FROM orders"
        ).fetchall()
        positions = connection.execute("SELECT cost, realized FROM positions").fetchall()
        (runs,) = connection.execute("SELECT count(*) FROM runs").fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        connection.close()
    spent = sum(
        (1 if side == "buy" else -1) * Decimal(qty) * Decimal(price) for side, qty, price, _ in fills if price
    )
    assert Decimal(cash) == 100000 - spent
    booked = sum(Decimal(cost) - Decimal(realized) for cost, realized in positions)
    assert abs(booked - spent) < Decimal("1e-20")
    sessions = {session for *_, session in fills}
    assert len(sessions) == runs
    assert max(sessions, default=None) == last_played
    return runs


def test_the_account_survives_from_one_sandbox_to_the_next(state_file, start):
    """A new sandbox on the same file goes on where the last one stopped."""
    with Sandbox(state_file) as sandbox:
        run = start(sandbox).run(*DEFAULT)
        before = (
            books.cash(sandbox),
            books.positions(sandbox),
            start(sandbox).envelope(),
            sandbox.session,
        )
    assert (books.last_played(sandbox), before[-1]) == (date(2025, 1, 2), date(2025, 1, 3))
    with Sandbox(state_file) as sandbox:
        platform = start(sandbox)
        assert (
            books.cash(sandbox),
            books.positions(sandbox),
            platform.envelope(),
            sandbox.session,
        ) == before
        assert platform.runs()["runs"][0]["run_id"] == run["run_id"]
        assert platform.order(run["mappings"][0]["client_order_id"])["status"] == "filled"
        assert platform.run(*DEFAULT)["as_of_date"] == "2025-01-03"


def test_it_is_one_file(state_file, start):
    """After a clean end nothing but the state file is left in its folder."""
    with Sandbox(state_file) as sandbox:
        start(sandbox).run(*DEFAULT)
    assert [path.name for path in state_file.parent.iterdir()] == [state_file.name]


def test_kill_at_any_instant_leaves_a_consistent_state(state_file):
    """Killed while it plays session after session, the file holds whole sessions only, and goes on."""
    played = 0
    for pause in (0.0, 0.013, 0.031, 0.057):
        process = play_in_another_process(state_file)
        assert process.stdout.readline(), process.stderr.read()
        time.sleep(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        with Sandbox(state_file) as sandbox:
            assert books.last_played(sandbox) < sandbox.session
        runs = assert_consistent(state_file)
        assert runs > played
        played = runs


def test_two_processes_on_one_file_take_turns(state_file, start):
    """Two sandboxes playing at the same time never play a session twice or lose one."""
    process = play_in_another_process(state_file)
    try:
        assert process.stdout.readline(), process.stderr.read()
        with Sandbox(state_file) as sandbox:
            mine = [start(sandbox).run("AAPL", "MSFT", "LATE", "PARTIAL")["as_of_date"] for _ in range(8)]
    finally:
        process.kill()
        process.communicate()
    assert len(set(mine)) == 8
    assert_consistent(state_file)


def test_runs_at_the_same_time_take_turns(platform):
    """Six clients at once play six sessions."""
    days = []
    threads = [
        threading.Thread(target=lambda: days.append(platform.run(*DEFAULT)["as_of_date"])) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(days)) == 6


@pytest.mark.parametrize("content", [b"PK\x03\x04 not a database", b"x", b"\x00" * 200])
def test_a_foreign_file_is_named_and_left_untouched(state_file, content):
    """What is not a sandbox file stays byte for byte as it was."""
    state_file.write_bytes(content)
    with pytest.raises(SandboxError, match=state_file.name), Sandbox(state_file):
        pass
    assert state_file.read_bytes() == content
    assert list(state_file.parent.iterdir()) == [state_file]


def test_a_foreign_database_is_left_untouched(state_file):
    """Another program's SQLite file is recognised by its application_id before it is opened."""
    connection = sqlite3.connect(state_file)
    connection.execute("CREATE TABLE account (cash)")
    connection.commit()
    connection.close()
    content = state_file.read_bytes()
    with pytest.raises(SandboxError, match="not a sandbox state file"), Sandbox(state_file):
        pass
    assert state_file.read_bytes() == content


def test_an_empty_file_becomes_a_sandbox(state_file):
    """A file of no bytes is nobody's."""
    state_file.touch()
    with Sandbox(state_file) as sandbox:
        assert books.cash(sandbox) == 100000


def test_a_damaged_file_is_named(state_file, start):
    """A sandbox file with overwritten pages says that it is damaged and what to do."""
    with Sandbox(state_file) as sandbox:
        start(sandbox).run(*DEFAULT)
    content = bytearray(state_file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    state_file.write_bytes(content)
    with pytest.raises(SandboxError, match=r"sandbox\.sqlite3 is damaged.*delete it"), Sandbox(state_file):
        pass


def test_a_truncated_file_is_named(state_file, start):
    """Half a sandbox file is damaged too."""
    with Sandbox(state_file) as sandbox:
        start(sandbox).run(*DEFAULT)
    state_file.write_bytes(state_file.read_bytes()[:6000])
    with pytest.raises(SandboxError, match="damaged"), Sandbox(state_file):
        pass


@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_locked_file_is_named(state_file, monkeypatch, lock):
    """A file that somebody else holds is an error that names it, not a wait without end."""
    with Sandbox(state_file):
        pass
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.1)
    other = sqlite3.connect(state_file, isolation_level=None)
    try:
        other.execute(f"BEGIN {lock}")
        with pytest.raises(SandboxError, match=r"sandbox\.sqlite3 is locked"), Sandbox(state_file):
            pass
    finally:
        other.close()


def test_a_file_of_another_version_is_named(state_file):
    """A later format is refused instead of misread."""
    with Sandbox(state_file):
        pass
    connection = sqlite3.connect(state_file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SandboxError, match="format 99"), Sandbox(state_file):
        pass


def test_a_folder_that_does_not_exist_and_a_folder_as_file_are_named(tmp_path):
    """The message names the path in both cases."""
    for path in (tmp_path / "nowhere" / "state", tmp_path):
        with pytest.raises(SandboxError, match=path.name), Sandbox(path):
            pass


def test_a_lock_while_serving_is_a_500_and_the_session_stays(state_file, start, monkeypatch):
    """A run that cannot write answers 500, places nothing, and works again once the file is free."""
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.1)
    with Sandbox(state_file) as sandbox:
        platform = start(sandbox)
        other = sqlite3.connect(state_file, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            assert platform.post(*DEFAULT).status == 500
            assert books.last_played(sandbox) is None
        finally:
            other.close()
        assert platform.run(*DEFAULT)["status"] == "completed"
