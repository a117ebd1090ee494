"""The ledger's file: damaged, foreign, newer or locked is exit 3 before anything is asked of anybody."""

import contextlib
import random
import shutil
import signal
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.answers import detail_list, plain_500
from support.desk import Desk
from support.odd_orchestrator import RUN, RUNS

from paper_run.ledger.sqlite.schema import MIGRATIONS


@pytest.fixture
def traded(desk: Desk) -> Desk:
    """A desk whose session was traded; the ledger is closed and whole."""
    assert desk.run().returncode == 0
    assert not list(desk.reports.glob("ledger.sqlite3-*"))
    desk.platform.log.requests.clear()
    return desk


def a_snapshot(desk: Desk) -> dict[str, bytes]:
    """Return the ledger and whatever lies beside it under its name."""
    return {path.name: path.read_bytes() for path in desk.reports.glob("ledger.sqlite3*")}


def assert_refused(desk: Desk, *words: str) -> None:
    """Each command is exit 3, names the file and how to recover; nobody was asked, nothing was touched."""
    before = a_snapshot(desk)
    for args in ([], ["--again"], ["resolve"], ["report", "latest"]):
        finished = desk.run(*args)
        assert finished.returncode == 3, finished.stderr
        assert str(desk.ledger) in finished.stderr
        assert "Troubleshooting" in finished.stderr
        for word in words:
            assert word in finished.stderr
        assert desk.platform.requests == []
        assert a_snapshot(desk) == before


FOREIGN = {
    "text": b"what is this?\n" * 100,
    "short": b"x",
    "zeros": bytes(8192),
    "another-magic": b"SQLite format 4\0" + bytes(4080),
    "header-alone": b"SQLite format 3\0",
}


@pytest.mark.parametrize("kind", [*FOREIGN, "database", "wal-database"])
def test_a_foreign_file_is_not_touched(desk: Desk, kind: str) -> None:
    """It is recognised by its header: the same bytes, and no -wal beside it."""
    desk.reports.mkdir()
    if kind in FOREIGN:
        desk.ledger.write_bytes(FOREIGN[kind])
    else:
        with contextlib.closing(sqlite3.connect(desk.ledger)) as connection:
            connection.execute("PRAGMA journal_mode = " + ("WAL" if kind == "wal-database" else "DELETE"))
            connection.execute("CREATE TABLE trades (theirs TEXT)")
            connection.commit()
    assert_refused(desk, "not a ledger")


def test_a_newer_ledger_is_refused_politely(traded: Desk) -> None:
    """A version above ours: its number, and that an upgrade helps."""
    with contextlib.closing(sqlite3.connect(traded.ledger)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.commit()
    assert_refused(traded, "99", "newer", "install the newer one over this one")


@pytest.mark.parametrize("kind", ["first-page", "every-page", "cut-short", "cut-at-a-page"])
def test_a_damaged_ledger_is_no_empty_one(traded: Desk, kind: str) -> None:
    """Nobody trades on a ledger that can't be read."""
    content = bytearray(traded.ledger.read_bytes())
    if kind == "first-page":
        content[100:4096] = b"\xff" * 3996
    elif kind == "every-page":
        content[4096:] = random.Random(5).randbytes(len(content) - 4096)
    elif kind == "cut-short":
        del content[len(content) // 2 + 100 :]
    else:
        del content[4096:]
    traded.ledger.write_bytes(content)
    assert_refused(traded)


@pytest.mark.parametrize("seed", range(15))
def test_a_damaged_page_never_lets_a_second_trade_through(traded: Desk, seed: int) -> None:
    """Any page overwritten, with zeros or noise or another page: refused or right, never a POST."""
    draw = random.Random(seed)
    content = bytearray(traded.ledger.read_bytes())
    pages = len(content) // 4096
    page = draw.randrange(1, pages)
    other = draw.randrange(1, pages)
    noise = {0: bytes(4096), 1: draw.randbytes(4096), 2: bytes(content[other * 4096 : other * 4096 + 4096])}
    content[page * 4096 : page * 4096 + 4096] = noise[seed % 3]
    traded.ledger.write_bytes(content)
    finished = traded.run()
    assert finished.returncode in (0, 3), finished.stderr
    assert traded.platform.posts == []


@pytest.mark.parametrize("column", ["document", "notices"])
@pytest.mark.parametrize(
    "damage", ["substr({}, 1, 300) || '{{'", "''", "'[1'"], ids=["cut", "empty", "short"]
)
def test_a_record_that_is_no_json_is_said_to_be_damaged(traded: Desk, column: str, damage: str) -> None:
    """By each command that reads it, with no traceback; nothing is sent."""
    with contextlib.closing(sqlite3.connect(traded.ledger)) as connection, connection:
        connection.execute(f"UPDATE trades SET {column} = {damage.format(column)}")
    for command in ("mark", "report", "resolve", "doctor", ""):
        finished = traded.run(*filter(None, [command]))
        assert finished.returncode in (0, 3), command
        if command in ("mark", "doctor"):
            assert finished.returncode == 3
            assert "damaged" in finished.stdout + finished.stderr
    assert traded.platform.posts == []


def without_the_last_addition() -> tuple[int, list[str]]:
    """Return the version before the last script that adds a table or a column, and what takes that away."""
    now = shape_of(MIGRATIONS)
    version = max(n for n in range(len(MIGRATIONS)) if shape_of(MIGRATIONS[:n]) != now)
    before = shape_of(MIGRATIONS[:version])
    return version, [f"DROP TABLE {table}" for table in now.keys() - before.keys()] + [
        f"ALTER TABLE {table} DROP COLUMN {column}"
        for table, columns in before.items()
        for column in now[table] - columns
    ]


def shape_of(scripts: Sequence[str]) -> dict[str, set[str]]:
    """Return the columns of each table that the scripts make."""
    with contextlib.closing(sqlite3.connect(":memory:")) as ledger:
        ledger.executescript("".join(scripts))
        tables = [name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: {row[1] for row in ledger.execute(f"PRAGMA table_info({table})")} for table in tables}


def test_what_only_reads_does_not_bring_an_older_ledger_up_to_date(traded: Desk) -> None:
    """It holds no lock, and an earlier version may be at work with it: the file stays byte for byte."""
    with contextlib.closing(sqlite3.connect(traded.ledger)) as connection, connection:
        version, statements = without_the_last_addition()
        for undone in statements:
            connection.execute(undone)
        connection.execute(f"PRAGMA user_version = {version}")
    with contextlib.closing(sqlite3.connect(traded.ledger)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = traded.ledger.read_bytes()
    for args in (["history"], ["doctor"], ["--dry-run"]):
        assert traded.run(*args).returncode == 0
        assert traded.ledger.read_bytes() == before, args
    assert traded.run("report").returncode == 0
    assert traded.ledger.read_bytes() != before


@pytest.mark.parametrize("other", ["orders_by_trade", "no-cells"])
def test_a_damaged_index_never_hides_a_trade(traded: Desk, other: str) -> None:
    """An index that SQLite can read but that is not the table's: refused or right, never a POST."""
    with contextlib.closing(sqlite3.connect(traded.ledger)) as connection:
        pages = dict(connection.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'index'"))
    content = bytearray(traded.ledger.read_bytes())
    for name in ("one_trade_of_a_number",):
        start = (pages[name] - 1) * 4096
        source = (pages.get(other, 1) - 1) * 4096
        content[start : start + 4096] = (
            b"\x0a\0\0\0\0\x10\0\0".ljust(4096, b"\0")
            if other == "no-cells"
            else content[source : source + 4096]
        )
    traded.ledger.write_bytes(content)
    finished = traded.run()
    assert traded.platform.posts == []
    assert finished.returncode in (0, 3)


def test_a_column_that_can_not_be_read_is_a_damaged_ledger(traded: Desk) -> None:
    """What SQLite reads without complaint may still be no JSON: exit 3, named, no traceback."""
    with contextlib.closing(sqlite3.connect(traded.ledger)) as connection:
        connection.execute("UPDATE trades SET parameters = 'noise'")
        connection.commit()
    finished = traded.run()
    assert finished.returncode == 3
    assert str(traded.ledger) in finished.stderr
    assert traded.platform.requests == []


@pytest.mark.parametrize("args", [[], ["--again"], ["mark"], ["resolve"], ["history", "--all", "reports"]])
def test_a_ledger_that_has_lost_its_id_is_a_damaged_one(traded: Desk, args: list[str]) -> None:
    """Saved without what says whose it is: exit 3, named, no traceback; no other account is taken for its."""
    traded.write("DELETE FROM account")
    traded.next_session()
    finished = traded.run(*args)
    assert finished.returncode == 3
    assert f"The ledger {traded.ledger} is damaged" in finished.stderr
    assert traded.platform.posts == []


def test_the_orders_of_an_attempt_that_was_lost_are_no_others(traded: Desk) -> None:
    """Its row could not be saved from a damaged ledger, its orders could: the next attempt has none."""
    traded.write("DELETE FROM trades")
    for name in traded.files():
        (traded.reports / name).unlink()
    traded.next_session()
    traded.platform.orchestrator.script("POST", RUN, [detail_list("not a symbol")])
    assert traded.run().returncode == 2
    (row,) = traded.rows()
    assert (row["state"], row["status"]) == ("nothing", "failed")
    assert "that is not there" in traded.run("doctor").stdout
    assert traded.run().returncode == 0
    assert {order["trade"] for order in traded.rows("orders")} == {1, 3}


@pytest.mark.parametrize("kind", ["exclusive", "writing"])
def test_a_locked_ledger(traded: Desk, kind: str) -> None:
    """Another program holds it: exit 3 that says so, no POST; no request where it can't be read."""
    traded.next_session()
    connection = sqlite3.connect(traded.ledger, isolation_level=None)
    try:
        if kind == "exclusive":
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE trades SET number = number")
        finished = traded.run()
        assert (finished.returncode, traded.platform.posts) == (3, [])
        assert "locked" in finished.stderr
        assert str(traded.ledger) in finished.stderr
        if kind == "exclusive":
            assert traded.platform.requests == []
        connection.execute("ROLLBACK")
    finally:
        connection.close()
    assert traded.run().returncode == 0


def test_the_run_that_makes_a_ledger_says_so(desk: Desk) -> None:
    """With its absolute path, once."""
    assert str(desk.ledger) in desk.run().stdout
    assert str(desk.ledger) not in desk.run("--again").stdout


def test_an_empty_file_in_its_place_becomes_the_ledger(desk: Desk) -> None:
    """Such as `touch` or a crash of another tool leaves: there is nothing in it to lose."""
    desk.reports.mkdir()
    desk.ledger.touch()
    assert desk.run().returncode == 0
    assert len(desk.rows()) == 1


def test_another_orchestrators_ledger_is_not_mixed(traded: Desk) -> None:
    """One ledger, one account: another URL is exit 3, and nothing is sent there."""
    traded.next_session()
    traded.env["ORCHESTRATOR_URL"] = traded.platform.orchestrator.url.replace("127.0.0.1", "localhost")
    finished = traded.run()
    assert (finished.returncode, traded.platform.posts) == (3, [])
    assert str(traded.ledger) in finished.stderr


def test_a_ledger_without_its_reports_makes_them_again(traded: Desk) -> None:
    """A ledger copied elsewhere has all that the reports need."""
    files = traded.files()
    copied = Path(traded.folder, "copy")
    copied.mkdir()
    shutil.copy(traded.ledger, copied)
    assert traded.run("report", "--reports-dir", str(copied)).returncode == 0
    assert {path.name: path.read_bytes() for path in copied.glob("*_*.*")} == files


@pytest.mark.parametrize("what", ["folder", "ledger"])
@pytest.mark.parametrize("at", ["after GET /health", "before POST *"])
def test_what_is_replaced_while_a_run_prepares_is_not_traded_upon(desk: Desk, what: str, at: str) -> None:
    """A backup of all is put in its place, and traded with, or of the ledger alone: the run sends nothing."""
    assert desk.run().returncode == 0
    backup = desk.folder / "backup"
    shutil.copytree(desk.reports, backup)
    desk.next_session()
    desk.platform.orchestrator.always("GET", RUNS, plain_500())
    with desk.forked(at=at, do="SIGSTOP") as slow:
        assert slow.stopped()
        if what == "folder":
            desk.reports.rename(desk.folder / "moved")
            shutil.copytree(backup, desk.reports)
            assert desk.run().returncode == 0
        else:
            (backup / desk.ledger.name).replace(desk.ledger)
        files = desk.files()
        slow.send_signal(signal.SIGCONT)
        status, stdout, stderr = slow.ended()
    assert (status, "was moved away or replaced" in stderr) == (3, True), stdout
    assert len(desk.platform.posts) == (2 if what == "folder" else 1)
    assert (desk.files(), [*desk.reports.glob(".pending/*")]) == (files, [])
    assert (desk.run().returncode, len(desk.platform.posts)) == (0, 2)


@pytest.mark.parametrize("is_told_to_stop", [False, True])
def test_what_is_put_back_knows_that_nothing_was_sent(desk: Desk, is_told_to_stop: bool) -> None:
    """Moved away right before the request, and back: the session is open, whatever else stopped the run."""
    assert desk.run().returncode == 0
    desk.next_session()
    moved = desk.folder / "moved"
    with desk.forked(at="before POST *", do="SIGSTOP") as slow:
        assert slow.stopped()
        desk.reports.rename(moved)
        shutil.copytree(moved, desk.reports)
        files = desk.files()
        if is_told_to_stop:
            slow.send_signal(signal.SIGTERM)
        slow.send_signal(signal.SIGCONT)
        assert slow.ended()[0] == 3
    assert desk.files() == files
    shutil.rmtree(desk.reports)
    moved.rename(desk.reports)
    assert (desk.run().returncode, len(desk.platform.posts)) == (0, 2)
    assert [row["state"] for row in desk.rows()] == ["closed", "nothing", "closed"]


def test_a_ledger_that_is_emptied_during_the_request_is_told_in_words(desk: Desk) -> None:
    """Exit 3; the files tell of the session, so that nothing is sent again."""
    desk.at_post(lambda: desk.ledger.write_bytes(b""))
    emptied = desk.run()
    assert (emptied.returncode, "is damaged" in emptied.stderr) == (3, True)
    assert (desk.run().returncode, len(desk.platform.posts)) == (3, 1)
