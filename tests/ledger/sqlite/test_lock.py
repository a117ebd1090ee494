"""The lock beside the ledger: held by one process at a time, and gone with it however it ends."""

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders.moments import NOON, FakeTime
from support.held_lock import held_by

from paper_run.errors import DataError, ExitStatus, OrchestrationError, PaperRunError
from paper_run.ledger.sqlite import lock

ROOT = Path(lock.__file__).parents[3]
HOLDER = """
import subprocess, sys
from datetime import UTC, datetime
from pathlib import Path
from paper_run.ledger.sqlite import lock

with lock.held(Path(sys.argv[1]), now=datetime(2025, 1, 17, 17, 0, 5, 999, tzinfo=UTC)):
    child = subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL) if sys.argv[2:] else None
    print(child.pid if child else "held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(folder: Path, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Have another process hold the lock until its standard input ends; return it and what it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, folder, *arguments],
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def refused(folder: Path, **more: Any) -> OrchestrationError:
    """Ask for a lock that somebody else holds."""
    with pytest.raises(OrchestrationError) as caught, lock.held(folder, now=NOON, **more):
        pytest.fail("two hold it")
    return caught.value


def test_who_holds_it_is_named(tmp_path: Path) -> None:
    """Exit 2 at once, naming the other process, its host and when it started; nothing was sent."""
    with held_elsewhere(tmp_path) as (process, _):
        error = refused(tmp_path)
    assert error.exit_status is ExitStatus.ORCHESTRATION
    assert f"Process {process.pid} on {socket.gethostname()}" in error.explanation
    assert "started 2025-01-17T17:00:05+00:00" in error.explanation
    assert str(tmp_path / "ledger.lock") in error.explanation
    assert "Nothing was sent" in error.explanation
    assert error.remedies


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, None], ids=["KILL", "TERM", "well"])
def test_it_is_free_when_its_holder_has_ended(tmp_path: Path, ending: signal.Signals | None) -> None:
    """Killed, terminated or ended: nobody has to remove anything."""
    with held_elsewhere(tmp_path) as (process, _):
        assert process.stdin is not None
        if ending is None:
            process.stdin.close()
        else:
            process.send_signal(ending)
        process.wait(timeout=60)
        with lock.held(tmp_path, now=NOON):
            said = json.loads((tmp_path / "ledger.lock").read_text())
    assert said == {"pid": os.getpid(), "host": socket.gethostname(), "started": NOON.isoformat()}


def test_a_program_that_its_holder_started_does_not_hold_it(tmp_path: Path) -> None:
    """A browser or a mailer that outlives the run must not keep the next one out."""
    with held_elsewhere(tmp_path, "with a child") as (process, child):
        process.kill()
        process.wait(timeout=60)
        try:
            os.kill(int(child), 0)
            with lock.held(tmp_path, now=NOON):
                pass
        finally:
            os.kill(int(child), signal.SIGKILL)


def test_a_long_name_before_leaves_nothing_of_itself(tmp_path: Path) -> None:
    """What a holder before wrote is replaced whole."""
    (tmp_path / "ledger.lock").write_text(json.dumps({"pid": 1, "host": "x" * 500, "started": "then"}))
    with lock.held(tmp_path, now=NOON):
        assert json.loads((tmp_path / "ledger.lock").read_text())["pid"] == os.getpid()


def test_one_after_the_other_may_hold_it(tmp_path: Path) -> None:
    """When the block is left it is free, also when it is left by an error."""
    with pytest.raises(ZeroDivisionError), lock.held(tmp_path, now=NOON):
        raise ZeroDivisionError
    with lock.held(tmp_path, now=NOON):
        pass


def test_another_folder_has_another_lock(tmp_path: Path) -> None:
    """One ledger, one lock."""
    (tmp_path / "other").mkdir()
    with lock.held(tmp_path, now=NOON), lock.held(tmp_path / "other", now=NOON):
        pass


@pytest.mark.parametrize(
    "words",
    [b"", b"{", b"[]", b"7", b"null", b'{"pid": 7}', b"\xff\xfe", b'{"pid": 1, "host": "h"'],
    ids=repr,
)
def test_a_holder_without_a_name_is_one_that_has_just_started(tmp_path: Path, words: bytes) -> None:
    """Between taking the lock and writing its name; whatever lies in the file, the error is the same kind."""
    with held_by(tmp_path, words):
        assert "only just started" in refused(tmp_path).explanation


def test_a_patient_command_waits_until_it_is_free(tmp_path: Path) -> None:
    """It is taken as soon as the other has ended, not after the whole patience."""
    time = FakeTime()
    with held_by(tmp_path, b"{}") as descriptor:

        def ends_at_the_third_look() -> None:
            if len(time.pauses) == 2:
                fcntl.flock(descriptor, fcntl.LOCK_UN)

        time.before_pause = ends_at_the_third_look
        with lock.held(tmp_path, now=NOON, patience=60, pause=time.pause):
            pass
    assert len(time.pauses) == 3
    assert time.passed < 1


def test_patience_ends(tmp_path: Path) -> None:
    """After the minute that `resolve` waits it says who holds it."""
    time = FakeTime()
    with held_by(tmp_path, b'{"pid": 7, "host": "h", "started": "s"}'):
        error = refused(tmp_path, patience=60, pause=time.pause)
    assert "Process 7 on h, started s" in error.explanation
    assert 60 <= time.passed <= 60.5
    assert max(time.pauses) <= 1


def test_an_impatient_command_does_not_wait(tmp_path: Path) -> None:
    """Without patience it is said at once that another is in progress."""
    time = FakeTime()
    with held_by(tmp_path, b"{}"):
        refused(tmp_path, pause=time.pause)
    assert time.pauses == []


@pytest.mark.parametrize(("more", "looks"), [(b', "run": true', 0), (b"", 300)])
def test_a_run_waits_for_every_command_but_a_run(tmp_path: Path, more: bytes, looks: int) -> None:
    """Of two starts at once the day is the first one's; a mark or a mail has soon ended."""
    time = FakeTime()
    with held_by(tmp_path, b'{"pid": 7, "host": "h", "started": "s"' + more + b"}"):
        error = refused(tmp_path, patience=60, pause=time.pause, is_run=True)
    assert "Process 7 on h, started s" in error.explanation
    assert abs(len(time.pauses) - looks) <= 1


def test_a_run_is_not_refused_for_what_an_earlier_run_has_left(tmp_path: Path) -> None:
    """A mark that has only just taken it has not written itself yet; killed or ended, the run before has."""
    time, said = FakeTime(), list[str]()
    with held_by(tmp_path, b'{"pid": 7, "host": "h", "started": "s", "run": true}') as descriptor:

        def writes_and_ends() -> None:
            if not time.pauses:
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, b'{"pid": 8, "host": "h", "started": "t"}', 0)
            if len(time.pauses) == 2:
                fcntl.flock(descriptor, fcntl.LOCK_UN)

        time.before_pause = writes_and_ends
        with lock.held(tmp_path, now=NOON, patience=60, pause=time.pause, tell=said.append, is_run=True):
            pass
    assert said == [f"Waiting: Process 8 on h, started t, holds {tmp_path / 'ledger.lock'}"]


def test_a_lock_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """Exit 3 with the path and what the system says."""
    with pytest.raises(DataError) as caught, lock.held(tmp_path / "none", now=NOON):
        pytest.fail("it is not held")
    assert str(tmp_path / "none" / "ledger.lock") in caught.value.title
    assert "No such file" in caught.value.explanation


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("flock", errno.ENOLCK),
        ("flock", errno.EOPNOTSUPP),
        ("pwrite", errno.ENOSPC),
        ("ftruncate", errno.EIO),
    ],
    ids=["no locks", "not supported", "full disk", "broken disk"],
)
def test_a_lock_that_cannot_be_taken_is_an_error_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    """A file system without locks, a full disk: an error with the path, never a traceback."""

    def fails(*_args: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl if call == "flock" else os, call, fails)
    with pytest.raises(PaperRunError, match=r"ledger\.lock"), lock.held(tmp_path, now=NOON):
        pytest.fail("it is not held")


def test_the_start_is_when_this_command_started(tmp_path: Path) -> None:
    """To the second, with its zone."""
    moment = datetime(2025, 1, 2, 3, 4, 5, 6, tzinfo=UTC) + timedelta(microseconds=7)
    with lock.held(tmp_path, now=moment):
        said = json.loads((tmp_path / "ledger.lock").read_text())
    assert said["started"] == "2025-01-02T03:04:05+00:00"
