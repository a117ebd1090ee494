"""What lies beside the ledger: a stale or damaged `-wal` is never taken in, and a whole one is never lost."""

import contextlib
import os
import random
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.desk import Desk
from support.tree import ROOT


@pytest.fixture
def wal(desk: Desk) -> Path:
    return desk.reports / "ledger.sqlite3-wal"


def killed_after_the_post(desk: Desk) -> None:
    """Leave the ledger as a kill leaves it: the row of the POST is in the `-wal` alone."""
    assert desk.run(at="after POST *", do="SIGKILL").returncode == -9


def contents(desk: Desk) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in desk.reports.glob("ledger.sqlite3*")}


def test_each_command_leaves_the_ledger_in_one_file(desk: Desk, wal: Path) -> None:
    """What was written is in the file itself: copied alone, it is whole."""
    for args in ([], ["mark"], ["report"], ["resolve"], ["history"], ["doctor"]):
        desk.run(*args)
        assert not wal.exists() or not wal.stat().st_size, args


def test_a_reader_does_not_keep_the_ledger_in_two_files(desk: Desk, wal: Path) -> None:
    """Somebody who has it open to look at it: the file itself has all there is when a command has ended."""
    desk.run()
    desk.next_session()
    with contextlib.closing(sqlite3.connect(desk.ledger)) as reader:
        reader.execute("SELECT count(*) FROM trades").fetchall()
        assert desk.run().returncode == 0
        assert wal.stat().st_size == 0
        alone = desk.folder / "alone.sqlite3"
        alone.write_bytes(desk.ledger.read_bytes())
    with contextlib.closing(sqlite3.connect(alone)) as copy:
        assert copy.execute("SELECT count(*) FROM trades WHERE state = 'closed'").fetchone() == (2,)


def test_what_a_killed_run_left_is_taken_in(desk: Desk, wal: Path) -> None:
    """Its `-wal` belongs to the ledger: the next run finds the row, and sends nothing a second time."""
    killed_after_the_post(desk)
    assert wal.stat().st_size
    finished = desk.run()
    assert (finished.returncode, desk.platform.executed) == (0, 1), finished.stderr
    assert not wal.exists()


@pytest.mark.parametrize("kind", ["another", "noise", "zeros", "torn", "head"])
def test_a_wal_that_is_not_the_ledgers_stops_every_command(desk: Desk, wal: Path, kind: str) -> None:
    """Exit 3 that names it, both files as they were, nobody asked; not even a copy of it is shown."""
    desk.run()
    desk.next_session()
    killed_after_the_post(desk)
    ours = wal.read_bytes()
    if kind == "another":
        wal.write_bytes(other_ledgers_wal(desk.folder / "other"))
    elif kind == "noise":
        wal.write_bytes(random.Random(3).randbytes(8192))
    elif kind == "zeros":
        wal.write_bytes(bytes(len(ours)))
    elif kind == "torn":
        before = desk.ledger.read_bytes()
        desk.ledger.write_bytes(before[:4096] + bytes(4096) + before[8192:])
    else:
        wal.write_bytes(ours[:8] + b"\1" + ours[9:])
    before, asked = contents(desk), len(desk.platform.requests)
    for args in ([], ["--again"], ["mark"], ["resolve"], ["report"], ["history"], ["email"]):
        env = {"PAPER_RUN_EMAIL_TO": "a@example.com", "PAPER_RUN_SMTP_HOST": "localhost"}
        desk.env |= env if args == ["email"] else {}
        finished = desk.run(*args)
        assert finished.returncode == 3, (args, finished.stdout, finished.stderr)
        assert str(desk.ledger) in finished.stderr
        assert {name: before[name] for name in ("ledger.sqlite3", "ledger.sqlite3-wal")} == {
            name: content for name, content in contents(desk).items() if not name.endswith("-shm")
        }
    assert desk.platform.executed == 2
    assert [each for each in desk.platform.requests[asked:] if each.method == "POST"] == []


def test_a_damaged_ledger_is_not_its_wals_fault(desk: Desk, wal: Path) -> None:
    """An index lost a row before the kill: nobody is told to move away what alone knows of today's POST."""
    desk.run()
    desk.next_session()
    with contextlib.closing(sqlite3.connect(desk.ledger)) as connection:
        (made,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'orders_by_trade'"
        ).fetchone()
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DROP INDEX orders_by_trade")
        connection.execute(f"{made} WHERE symbol <> 'AAPL'")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'orders_by_trade'", (made,))
        connection.commit()
    killed_after_the_post(desk)
    finished = desk.run()
    assert (finished.returncode, desk.platform.executed) == (3, 2)
    assert f"The ledger {desk.ledger} is damaged" in finished.stderr
    assert "missing from index orders_by_trade" in finished.stderr
    assert f"Leave {wal.name} beside it" in finished.stderr
    assert "mv " not in finished.stderr


def other_ledgers_wal(folder: Path) -> bytes:
    """Return a `-wal` of another ledger with each of its pages: taken in, it would be whole."""
    other = Desk(folder)
    folder.mkdir()
    with other.platform:
        assert other.run().returncode == 0
    with contextlib.closing(sqlite3.connect(other.ledger, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("VACUUM")
        return other.ledger.with_name("ledger.sqlite3-wal").read_bytes()


def test_a_run_in_progress_is_looked_at_without_the_lock(desk: Desk, wal: Path) -> None:
    """While its POST is on its way the row is in the `-wal`: history and doctor read a copy."""
    seen = []

    def look() -> None:
        assert wal.stat().st_size
        before = contents(desk)
        seen.extend([desk.run("history", "--csv"), desk.run("doctor")])
        assert contents(desk) == before

    desk.at_post(look)
    assert desk.run().returncode == 0
    history, doctor = seen
    assert history.returncode == 0, history.stderr
    assert history.lines[1].startswith(f"{desk.session},1:unknown")
    assert "is whole" in doctor.stdout
    assert desk.platform.executed == 1


def test_a_wal_without_its_ledger_is_never_taken_into_a_new_one(desk: Desk, wal: Path) -> None:
    """The ledger was deleted, its `-wal` was not: nothing is made, nothing sent."""
    killed_after_the_post(desk)
    for path in (desk.ledger, *(desk.reports / ".pending").iterdir()):
        path.unlink()
    content = wal.read_bytes()
    finished = desk.run()
    assert (finished.returncode, desk.platform.executed) == (3, 1), finished.stdout
    assert wal.name in finished.stderr
    assert wal.read_bytes() == content
    assert not desk.ledger.exists()


def test_doctor_reads_each_record(desk: Desk) -> None:
    """A document with NUL bytes, an index that lost a row: what a quick look does not see is found."""
    desk.run()
    whole = desk.ledger.read_bytes()
    assert "is whole" in desk.run("doctor").stdout
    with contextlib.closing(sqlite3.connect(desk.ledger)) as connection:
        connection.execute(
            "UPDATE trades SET document = replace(document, 'run_id', 'run' || char(0) || 'd')"
        )
        connection.commit()
    assert "is whole" not in (said := desk.run("doctor").stdout)
    assert "row 1 of trades" in said
    desk.ledger.write_bytes(whole)
    with contextlib.closing(sqlite3.connect(desk.ledger)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = sql || ' AND number > 7' WHERE name LIKE 'one_%'")
        connection.commit()
    said = desk.run("doctor").stdout
    assert "is whole" not in said


# Links, modes, other users


@pytest.mark.parametrize("name", ["ledger.sqlite3", "ledger.sqlite3-wal", "ledger.lock"])
def test_a_link_is_never_followed(desk: Desk, name: str) -> None:
    """In the ledger's or the lock's place: exit 3 that says so, and what it leads to is as it was."""
    desk.reports.mkdir()
    target = desk.folder / "target"
    target.write_bytes(b"")
    (desk.reports / name).symlink_to(target)
    finished = desk.run()
    assert (finished.returncode, desk.platform.posts) == (3, [])
    assert "links are never followed" in finished.stderr
    assert target.read_bytes() == b""
    (desk.reports / name).unlink()
    (desk.reports / name).symlink_to(desk.folder / "nowhere")
    assert desk.run().returncode == 3
    assert not (desk.folder / "nowhere").exists()


@pytest.mark.parametrize("mask", [0o000, 0o002, 0o022, 0o077])
def test_nobody_else_may_write_the_ledger(desk: Desk, mask: int) -> None:
    """Whatever the umask: neither the ledger, nor its lock, nor the folder that was made for it."""
    before = os.umask(mask)
    try:
        assert desk.run(at="after POST *", do="SIGKILL").returncode == -9
    finally:
        os.umask(before)
    for path in (desk.reports, *desk.reports.glob("ledger*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o022, path
    assert bool(desk.ledger.stat().st_mode & stat.S_IROTH) is (mask != 0o077)


@contextlib.contextmanager
def as_somebody_else(desk: Desk) -> Iterator[None]:
    """Have the next commands run as a user who may read everything and write nothing."""
    desk.env["FAULTS_USER"] = "65534"
    try:
        yield
    finally:
        del desk.env["FAULTS_USER"]


@pytest.fixture
def readable() -> Iterator[Desk]:
    """A desk that every user reaches: pytest's own folders are closed to others."""
    if os.getuid():
        pytest.skip("only root can become somebody else")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        desk = Desk(Path(folder))
        with desk.platform:
            yield desk


def facts(folder: Path) -> dict[str, tuple[int, int]]:
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.iterdir()}


@pytest.mark.parametrize("ended", ["well", "killed"])
def test_another_user_reads_history_and_report(readable: Desk, ended: str) -> None:
    """From a copy of ledger and `-wal`: all there is, and not a byte in the folder is touched."""
    readable.run()
    first = readable.session
    if ended == "killed":
        readable.next_session()
        killed_after_the_post(readable)
        assert (readable.reports / "ledger.sqlite3-wal").stat().st_size
    before = {
        path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in readable.reports.iterdir()
    }
    with as_somebody_else(readable):
        history = readable.run("history", "--csv")
        report = readable.run("report", first)
    assert history.returncode == 0, history.stderr
    assert len(history.lines) == (2 if ended == "well" else 3)
    assert report.returncode == 0, report.stderr
    assert str(readable.reports / f"{first}_paper_run.html") in report.stdout
    assert facts(readable.reports) == before


def test_a_report_that_can_not_be_made_again_is_missed(readable: Desk) -> None:
    """Where the folder can't be written a missing file is exit 3, named; the others are named too."""
    readable.run()
    name = f"{readable.session}_orders.csv"
    (readable.reports / name).unlink()
    with as_somebody_else(readable):
        finished = readable.run("report")
    assert finished.returncode == 3
    assert name in finished.stderr
    assert name not in finished.stdout
    assert f"{readable.session}_paper_run.json" in finished.stdout
    assert not (readable.reports / name).exists()


def test_a_ledger_that_may_not_be_read_is_said_to_be_that(readable: Desk) -> None:
    """No traceback and no empty history."""
    readable.run()
    readable.ledger.chmod(0o600)
    with as_somebody_else(readable):
        finished = readable.run("history")
    assert finished.returncode == 3
    assert "Permission denied" in finished.stderr


@pytest.mark.parametrize("name", ["ledger.sqlite3", "ledger.lock", ".pending"])
def test_what_a_run_could_not_write_is_told_before_the_day(readable: Desk, name: str) -> None:
    """The folder is this user's, and one thing in it is root's: doctor and a dry run say what a run would."""
    readable.run()
    for path in (readable.reports, *readable.reports.rglob("*")):
        os.chown(path, 65534, 65534)
    os.chown(readable.reports / name, 0, 0)
    readable.next_session()
    with as_somebody_else(readable):
        doctor, planned, ran = readable.run("doctor"), readable.run("--dry-run"), readable.run()
    told = f"{readable.reports / name} can't be written to"
    assert (doctor.returncode, told in doctor.stdout) == (3, True)
    assert f"A run would stop here: {told}" in planned.stdout
    assert (ran.returncode, name in ran.stderr, "Troubleshooting" in ran.stderr) == (3, True, True)
    assert len(readable.platform.posts) == 1


def test_what_may_tell_of_a_session_and_can_not_be_read_stops_a_run(readable: Desk) -> None:
    """An earlier ledger's folder, which another user made: exit 3, named, no traceback."""
    readable.run()
    earlier = readable.reports / "before-0123abcd"
    for folder in (earlier / ".pending", earlier):
        folder.mkdir(parents=True, exist_ok=True)
        for path in (readable.reports, *readable.reports.rglob("*")):
            os.chown(path, 65534, 65534)
        os.chown(folder, 0, 0)
        folder.chmod(0o700)
        readable.next_session()
        with as_somebody_else(readable):
            for args in ([], ["--dry-run"]):
                stopped = readable.run(*args)
                assert (stopped.returncode, f"{folder} can't be read" in stopped.stderr) == (3, True)
        folder.chmod(0o755)
    assert len(readable.platform.posts) == 1


def test_where_a_copy_has_no_room_is_named(desk: Desk) -> None:
    """It is not the ledger's own folder that is full."""
    killed_after_the_post(desk)
    before = facts(desk.reports)
    full = desk.run("history", at="before unlink ledger.sqlite3", do="full")
    assert (full.returncode, f"be copied into {tempfile.gettempdir()}" in full.stderr) == (3, True)
    assert facts(desk.reports) == before


HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from paper_run.ledger.sqlite import lock

with lock.held(Path(sys.argv[1]), now=datetime.now(UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_report_waits_for_the_run_in_progress(desk: Desk) -> None:
    """It writes the same files: it takes the lock where it may write them; the history takes none."""
    desk.run()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, desk.reports],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        busy = desk.run("report")
        assert busy.returncode == 2
        assert "Another command is in progress" in busy.stderr
        assert desk.run("history").returncode == 0
        process.kill()
    assert desk.run("report").returncode == 0
