"""The ledger's file: made whole or not at all, and told apart from whatever else lies under its name."""

import json
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from builders.attempts import begun, order, signal
from builders.moments import NOON, SESSION

from paper_run.errors import DataError, ExitStatus
from paper_run.ledger import files, known_attempts, sessions
from paper_run.ledger.ledger import Ledger
from paper_run.ledger.sqlite import database, store
from paper_run.ledger.sqlite.schema import APPLICATION_ID, MIGRATIONS

ROOT = Path(database.__file__).parents[3]
PAGE = 4096


def run_script(script: str, *arguments: str | int | Path) -> str:
    """Run a script in a process of its own, not measured (it may be killed); return what it prints."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    finished = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=environment | {"PYTHONPATH": paths},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def refused(folder: Path) -> DataError:
    """Open a ledger that can't be opened; the error names its file and says what to do."""
    with pytest.raises(DataError) as caught:
        Ledger(folder)
    assert caught.value.exit_status is ExitStatus.DATA
    assert str(folder / database.FILE_NAME) in str(caught.value)
    assert caught.value.remedies
    return caught.value


def raw(folder: Path) -> closing[sqlite3.Connection]:
    """Open a ledger as another program would."""
    return closing(sqlite3.connect(folder / database.FILE_NAME, isolation_level=None))


def pragma(folder: Path, name: str) -> object:
    with raw(folder) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# Made whole


def test_a_new_ledger_is_whole(tmp_path: Path) -> None:
    """Marked as ours, at the newest version, in WAL mode; it lies where it should, and nothing beside it."""
    with Ledger(tmp_path) as ledger:
        assert ledger.created
        assert ledger.name == str(tmp_path / "ledger.sqlite3")
    assert os.listdir(tmp_path) == ["ledger.sqlite3"]
    assert pragma(tmp_path, "application_id") == APPLICATION_ID
    assert pragma(tmp_path, "user_version") == len(MIGRATIONS)
    assert pragma(tmp_path, "journal_mode") == "wal"
    assert pragma(tmp_path, "integrity_check") == "ok"


def test_it_is_made_once(tmp_path: Path) -> None:
    """Who opens it again did not make it, and finds what is in it."""
    with Ledger(tmp_path) as ledger:
        begun(ledger)
    with Ledger(tmp_path) as ledger:
        assert not ledger.created
        assert len(ledger.attempts.of_session(SESSION)) == 1


def test_every_connection_syncs_in_full(tmp_path: Path) -> None:
    """Each commit waits for the disk: synchronous is FULL (2), in WAL mode, with foreign keys on."""
    for _ in range(2):  # the one that makes it, and a later one
        connection = store.connect(tmp_path / "ledger.sqlite3").connection
        with closing(connection):
            asked = ("synchronous", "journal_mode", "foreign_keys")
            assert [connection.execute(f"PRAGMA {each}").fetchone()[0] for each in asked] == [2, "wal", 1]


def test_a_row_of_an_unknown_trade_is_refused(tmp_path: Path) -> None:
    """An order always has an attempt that owns it."""
    connection = store.connect(tmp_path / "ledger.sqlite3").connection
    insert = "INSERT INTO orders (client_order_id, trade, symbol, side, qty) VALUES ('a', 7, 'A', 'buy', '1')"
    with closing(connection), pytest.raises(sqlite3.IntegrityError):
        connection.execute(insert)


@pytest.mark.parametrize("mark", ["empty", "absent"])
def test_an_empty_file_becomes_a_ledger(tmp_path: Path, mark: str) -> None:
    """A file of no bytes is what `touch` or a full disk leaves: a ledger is made in its place."""
    if mark == "empty":
        (tmp_path / "ledger.sqlite3").touch()
    with Ledger(tmp_path) as ledger:
        assert ledger.created
    assert os.listdir(tmp_path) == ["ledger.sqlite3"]


KILLED_AT_EVERY_STEP = """
import os, signal, sqlite3, sys
from pathlib import Path
from paper_run.ledger.ledger import Ledger

left = 0
def step():
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

class Connection(sqlite3.Connection):
    def execute(self, *args):
        step()
        return super().execute(*args)
    def close(self):
        step()
        super().close()

def stepping(function):
    def stepped(*args, **more):
        step()
        return function(*args, **more)
    return stepped

real = sqlite3.connect
sqlite3.connect = lambda *args, **more: real(*args, factory=Connection, **more)
for name in ("open", "link", "replace", "rename", "fsync", "unlink"):
    setattr(os, name, stepping(getattr(os, name)))
for step_number in range(200):
    folder = Path(sys.argv[1], f"{step_number:03}")
    folder.mkdir()
    child = os.fork()
    if child == 0:
        left = step_number
        with Ledger(folder):
            pass
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        print(step_number)
        break
"""


def test_a_kill_while_it_is_made_leaves_none_or_a_whole_one(tmp_path: Path) -> None:
    """Killed before each single step: there is no ledger or a whole one, and the next run has one.

    Nothing of the making lies about for ever, SQLite's own journal of it neither.
    """
    steps = int(run_script(KILLED_AT_EVERY_STEP, tmp_path))
    there, left = [], set()
    for step in range(steps):
        folder = tmp_path / f"{step:03}"
        there.append((folder / "ledger.sqlite3").exists())
        if there[-1]:
            assert pragma(folder, "application_id") == APPLICATION_ID
            assert pragma(folder, "user_version") == len(MIGRATIONS)
            assert pragma(folder, "integrity_check") == "ok"
        with Ledger(folder) as ledger:
            assert ledger.created is not there[-1]
            begun(ledger)
            files.sweep(folder)
        left |= {path.name.split(".")[-1] for path in folder.iterdir()} - {"sqlite3"}
    assert left == set()
    assert {False, True} == set(there)
    assert there == sorted(there), "once it is there it stays"


TWO_AT_ONCE = """
import os, sys
from pathlib import Path
from builders.attempts import begun
from paper_run.ledger.ledger import Ledger

for number in range(int(sys.argv[2])):
    folder = Path(sys.argv[1], str(number))
    folder.mkdir()
    read, write = os.pipe()
    children = []
    for name in ("one", "two"):
        child = os.fork()
        if child == 0:
            os.close(write)
            os.read(read, 1)  # until the parent closes it: both start together
            with Ledger(folder) as ledger:
                begun(ledger, number=1 if name == "one" else 2, key=name)
            os._exit(0)
        children.append(child)
    os.close(read)
    os.close(write)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
"""


def test_two_that_make_it_at_once_end_with_the_same_one(tmp_path: Path) -> None:
    """Whoever comes second uses the first one's: what either writes is there for both."""
    run_script(TWO_AT_ONCE, tmp_path, 15)
    for number in range(15):
        folder = tmp_path / str(number)
        # Two that close at once may each take the other for one that stays, and leave SQLite's own files.
        assert {name.removesuffix("-wal").removesuffix("-shm") for name in os.listdir(folder)} == {
            "ledger.sqlite3"
        }
        with Ledger(folder) as ledger:
            assert [row.key for row in ledger.attempts.of_session(SESSION)] == ["one", "two"]


OTHER_PROCESS = """
import sys
from pathlib import Path
from builders.attempts import begun
from paper_run.ledger.ledger import Ledger

with Ledger(Path(sys.argv[1])) as ledger:
    begun(ledger, key="the other's")
"""


def other_is_first(folder: Path, function: Callable[..., None]) -> Callable[..., None]:
    """Let another process make the ledger and trade just before `function` puts ours in place."""

    def late(*args: Any) -> None:
        run_script(OTHER_PROCESS, folder)
        function(*args)

    return late


PLACES = ["nothing there", "already there", "an empty file"]


@pytest.mark.parametrize("place", PLACES)
def test_the_ledger_of_one_who_was_faster_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Another process makes it and trades while ours is being made: its record is kept."""
    if place == "nothing there":
        monkeypatch.setattr(os, "link", other_is_first(tmp_path, os.link))
    elif place == "already there":
        monkeypatch.setattr(database, "migrate", other_is_first(tmp_path, database.migrate))
    elif place == "an empty file":
        (tmp_path / "ledger.sqlite3").touch()
        monkeypatch.setattr(os, "link", other_is_first(tmp_path, os.link))
    with Ledger(tmp_path) as ledger:
        assert [row.key for row in ledger.attempts.of_session(SESSION)] == ["the other's"]
        assert not ledger.created


def test_a_file_system_without_links_has_ledgers_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no links it is renamed into place."""

    def no_links(*_args: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    with Ledger(tmp_path) as ledger:
        assert ledger.created
        begun(ledger)
    assert os.listdir(tmp_path) == ["ledger.sqlite3"]


def test_the_folder_is_synced_when_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name in the folder must survive a power cut as well as the file."""
    synced: list[Path] = []
    sync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    with Ledger(tmp_path):
        pass
    assert synced == [tmp_path]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The ledger makes no folder; what the system says is said again, with the path."""
    error = refused(tmp_path / "none")
    assert "open" in error.explanation or "No such" in error.explanation


# Somebody else's


def foreign_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 252006674")
        connection.execute("CREATE TABLE holidays (day TEXT)")
        connection.commit()


def nameless_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE holidays (day TEXT)")
        connection.commit()


def in_disguise(path: Path) -> None:
    """Put our mark where it belongs, in something that is no database."""
    path.write_bytes(b"x" * 68 + struct.pack(">I", APPLICATION_ID) + b"x" * 4024)


OTHERS: dict[str, Callable[[Path], None]] = {
    "database": foreign_database,
    "nameless": nameless_database,
    "text": lambda path: path.write_text("dear diary\n" * 400),
    "short": lambda path: path.write_bytes(b"SQLite format 3\0"),
    "binary": lambda path: path.write_bytes(bytes(range(256)) * 32),
    "disguise": in_disguise,
}


@pytest.mark.parametrize("kind", OTHERS)
def test_a_file_of_somebody_else_is_not_touched(tmp_path: Path, kind: str) -> None:
    """It is recognised by its header: byte for byte as before, and nothing is put beside it."""
    path = tmp_path / "ledger.sqlite3"
    OTHERS[kind](path)
    os.utime(path, ns=(5, 5))
    before = contents(tmp_path)
    error = refused(tmp_path)
    assert contents(tmp_path) == before
    assert path.stat().st_mtime_ns == 5
    assert "is not a ledger" in error.title
    if kind != "short":  # of which nobody can tell
        expected = "another program" if kind in ("database", "nameless") else "not a database"
        assert expected in error.explanation
    assert any("--reports-dir" in remedy for remedy in map(str, error.remedies))


def test_somebody_elses_database_in_use_is_not_touched(tmp_path: Path) -> None:
    """Not even its own -wal and -shm, which lie beside it while its program runs."""
    path = tmp_path / "ledger.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE holidays (day TEXT)")
        before = contents(tmp_path)
        assert len(before) == 3
        refused(tmp_path)
        assert contents(tmp_path) == before


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    """A folder called ledger.sqlite3 is no ledger."""
    (tmp_path / "ledger.sqlite3").mkdir()
    refused(tmp_path)


# Newer, older


def test_a_newer_ledger_is_refused_politely(tmp_path: Path) -> None:
    """Both versions are named, with the way out; it keeps its content."""
    with Ledger(tmp_path) as ledger:
        begun(ledger)
    newer = len(MIGRATIONS) + 1
    with raw(tmp_path) as connection:
        connection.execute(f"PRAGMA user_version = {newer}")
    before = contents(tmp_path)
    error = refused(tmp_path)
    assert "newer" in error.title
    assert f"version {newer}" in error.explanation
    assert f"up to {len(MIGRATIONS)}" in error.explanation
    assert "install the newer one over this one" in str(error.remedies[0])
    assert contents(tmp_path) == before


ADDED = "ALTER TABLE trades ADD COLUMN weather TEXT;\nCREATE TABLE moods (day TEXT);\n"


def columns(folder: Path, table: str) -> list[str]:
    with raw(folder) as connection:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


@pytest.fixture
def newer_program(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make this program one version newer."""
    return lambda added=ADDED: monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, added))


def test_an_older_ledger_is_upgraded(tmp_path: Path, newer_program: Callable[..., None]) -> None:
    """What the newer program adds is there, with what was in it; only the new steps are taken."""
    with Ledger(tmp_path) as ledger:
        row = begun(ledger)
    newer_program()
    with Ledger(tmp_path) as ledger:
        assert not ledger.created
        assert ledger.attempts.of_session(SESSION) == [row]
    assert "weather" in columns(tmp_path, "trades")
    assert columns(tmp_path, "moods") == ["day"]
    assert pragma(tmp_path, "user_version") == len(MIGRATIONS) + 1
    with Ledger(tmp_path):
        pass
    assert columns(tmp_path, "trades").count("weather") == 1


ORDER_OF = "INSERT INTO orders (client_order_id, trade, symbol, side, qty) VALUES ('a', ?, 'A', 'buy', '1')"
TEXTS = {
    "trades": {
        "parameters",
        "known_runs",
        "positions",
        "broker_before",
        "health",
        "notices",
        "answer",
        "document",
        "arrivals",
    },
    "marks": {"document"},
}


@pytest.mark.parametrize("table", TEXTS)
def test_texts_lie_behind_what_is_read_of_all_rows(tmp_path: Path, table: str) -> None:
    """SQLite reads through a row's texts to what lies behind them: fifty milliseconds in the tenth year."""
    with Ledger(tmp_path):
        pass
    named = columns(tmp_path, table)
    first = min(map(named.index, TEXTS[table]))
    assert set(named[first:]) == TEXTS[table]
    if table == "trades":
        told_apart = known_attempts._TOLD_APART.removeprefix("SELECT ").partition(" FROM")[0].split(", ")
        assert set(told_apart) <= set(named[:first])


@pytest.mark.parametrize(
    "query", [known_attempts._BY_INDEX, sessions._SINCE, sessions._TABLE, sessions._MARKED]
)
def test_what_is_read_of_all_rows_is_read_from_an_index_alone(tmp_path: Path, query: str) -> None:
    """Each row has a page of its own: twenty milliseconds of a day in the tenth year."""
    with Ledger(tmp_path), raw(tmp_path) as connection:
        ((*_, plan),) = connection.execute(f"EXPLAIN QUERY PLAN {query}", [""] * query.count("?"))
    indexes = "attempts_apart|session_figures|marks_apart"
    assert re.search(rf"(SCAN|SEARCH) .* USING COVERING INDEX ({indexes})", plan)


@pytest.mark.parametrize("damage", [None, "empty", "another's"])
def test_a_damaged_index_hides_no_attempt(tmp_path: Path, damage: str | None) -> None:
    """Of many attempts all are read from the table where the index misses one, and the newest always."""
    with Ledger(tmp_path) as ledger:
        made = [begun(ledger, SESSION + timedelta(days=at)).id for at in range(70)]
    with raw(tmp_path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = dict(connection.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'index'"))
    path = tmp_path / database.FILE_NAME
    content = bytearray(path.read_bytes())
    own, other = ((pages[name] - 1) * PAGE for name in ("attempts_apart", "one_trade_of_a_number"))
    if damage is not None:
        empty = b"\x0a\0\0\0\0\x10\0\0".ljust(PAGE, b"\0")
        content[own : own + PAGE] = empty if damage == "empty" else content[other : other + PAGE]
    path.write_bytes(content)
    with Ledger(tmp_path) as ledger:
        days = [SESSION + timedelta(days=at) for at in range(70)]
        assert ledger.attempts.names() == {(day.isoformat(), 1) for day in days}
        for day, identity in zip(days, made, strict=True):
            assert [row.id for row in ledger.attempts.of_session(day)] == [identity]
        assert [row.id for row in ledger.attempts.incomplete()] == made
        assert ledger.fences.traded_after(days[3]) == days[4:]


def test_attempts_that_lay_otherwise_are_kept_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table is made anew: each row, what refers to it, and what keeps a second one of a session out."""
    before = next(at for at, script in enumerate(MIGRATIONS) if "new_trades" in script)
    with monkeypatch.context() as older:
        older.setattr(database, "MIGRATIONS", MIGRATIONS[:before])
        connection = store.connect(tmp_path / database.FILE_NAME).connection
    texts = ("key", "started_at", "parameters", "positions", "health", "notices", "document")
    connection.execute(
        "INSERT INTO trades (id, session, number, state, rehearsal, in_doubt, sandbox, fence, version, "
        f"{', '.join(texts)}) VALUES (7, '2025-01-17', 1, 'closed', 0, 0, 0, '2025-01-17', 3, "
        f"{', '.join('?' * len(texts))})",
        texts,
    )
    connection.execute(
        "INSERT INTO orders (client_order_id, trade, symbol, side, qty) VALUES ('a', 7, 'A', 'buy', '1')"
    )
    connection.execute("INSERT INTO marks (session, document, epoch) VALUES ('2025-01-17', 'marked', 2)")
    (was,) = map(dict, connection.execute("SELECT * FROM trades"))
    connection.close()
    with Ledger(tmp_path) as ledger:
        (row,) = map(dict, ledger.attempts._store.rows("SELECT * FROM trades"))
        assert row == {**was, "arrivals": None}
        assert [*map(tuple, ledger.attempts._store.rows("SELECT * FROM marks"))] == [
            ("2025-01-17", 2, "marked")
        ]
    others = ", ".join(columns(tmp_path, "trades")[4:])
    with raw(tmp_path) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for breaking in (
            "UPDATE trades SET id = 8",
            f"INSERT INTO trades SELECT 8, session, 2, 'x', {others} FROM trades",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(breaking)


def test_the_sessions_of_before_have_no_symbols(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each has come to begins later: the rows stay as they are, and the new tables are empty."""
    before = next(at for at, script in enumerate(MIGRATIONS) if "symbol_sessions" in script)
    with monkeypatch.context() as older:
        older.setattr(database, "MIGRATIONS", MIGRATIONS[:before])
        connection = store.connect(tmp_path / database.FILE_NAME).connection
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(
        "INSERT INTO sessions (epoch, session, entry, complete, opening, realized, gains, traded) "
        "VALUES (1, '2025-01-17', 3, 1, '100000', '0', '0', '0')"
    )
    connection.close()
    with Ledger(tmp_path) as ledger:
        (row,) = ledger.symbols._store.rows("SELECT * FROM sessions")
        assert (row["session"], row["symbols"]) == ("2025-01-17", None)
        assert ledger.symbols.latest(1) == {}
        assert ledger.symbols.days(1, "2025-01-17") == []
        assert ledger.symbols.trips(1, 5, "2025-01-17") == []


def test_a_row_that_refers_to_none_is_refused(tmp_path: Path) -> None:
    """An order belongs to an attempt that there is."""
    with Ledger(tmp_path) as ledger, pytest.raises(DataError, match="FOREIGN KEY"):
        ledger.attempts._store.run(ORDER_OF, 9)


def test_an_upgrade_that_fails_leaves_the_older_one(
    tmp_path: Path, newer_program: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it or nothing: neither the version nor the first statements remain."""
    with Ledger(tmp_path) as ledger:
        row = begun(ledger)
    newer_program(ADDED + "CREATE TABLE trades (twice TEXT);\n")
    error = refused(tmp_path)
    assert "already exists" in error.explanation
    assert pragma(tmp_path, "user_version") == len(MIGRATIONS)
    assert "weather" not in columns(tmp_path, "trades")
    assert columns(tmp_path, "moods") == []
    monkeypatch.setattr(database, "MIGRATIONS", MIGRATIONS)
    with Ledger(tmp_path) as ledger:
        assert ledger.attempts.of_session(SESSION) == [row]


def test_two_that_upgrade_it_at_once_both_end_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process upgrades it between our look at the version and our own upgrade."""
    with Ledger(tmp_path) as ledger:
        begun(ledger)

    class Overtaken(tuple[str, ...]):
        overtaken = False
        __slots__ = ()

        def __len__(self) -> int:
            if not Overtaken.overtaken:
                Overtaken.overtaken = True
                connection = store.connect(tmp_path / "ledger.sqlite3").connection
                connection.close()
            return super().__len__()

    monkeypatch.setattr(database, "MIGRATIONS", Overtaken((*MIGRATIONS, ADDED)))
    with Ledger(tmp_path) as ledger:
        assert len(ledger.attempts.of_session(SESSION)) == 1
    assert Overtaken.overtaken
    assert columns(tmp_path, "moods") == ["day"]


# Locked


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program that holds the ledger."""
    with Ledger(tmp_path):
        pass
    with raw(tmp_path) as connection:
        yield connection


@pytest.mark.usefixtures("impatient")
def test_a_ledger_that_another_program_keeps_is_named(tmp_path: Path, holder: sqlite3.Connection) -> None:
    """Held exclusively, it can't even be opened; the way to find who holds it is shown."""
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    error = refused(tmp_path)
    assert "is locked" in error.title
    assert "fuser" in str(error.remedies[0])


@pytest.mark.usefixtures("impatient")
def test_a_ledger_that_another_program_writes_is_named(tmp_path: Path, holder: sqlite3.Connection) -> None:
    """It can be read meanwhile; a row that can't be written is an error, and it is not there."""
    with Ledger(tmp_path) as ledger:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(DataError, match="is locked"):
            begun(ledger)
        assert ledger.attempts.of_session(SESSION) == []
        holder.execute("COMMIT")
        begun(ledger)


def test_a_busy_ledger_is_waited_for_a_little(tmp_path: Path) -> None:
    """One who only writes a row is no reason to fail; the wait is part of the 10 s that a day may take."""
    connection = store.connect(tmp_path / "ledger.sqlite3").connection
    with closing(connection):
        waits = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    assert 1000 <= waits <= 5000


# Damaged


@pytest.fixture
def three_trades(tmp_path: Path) -> bytes:
    """A ledger's bytes: trades over several pages, orders, an account."""
    with Ledger(tmp_path) as ledger:
        ledger.account.belongs_to(sandbox=False, orchestrator_url="http://t5", strategy="alpha")
        document = json.dumps({"x": "y" * 6000})
        for number in (1, 2, 3):
            row = begun(ledger, number=number, document=document)
            ledger.mails.queue("run", str(SESSION), NOON, attempt=row.id, attempt_number=number)
            ledger.attempts.record(
                row,
                state="closed",
                document=document,
                in_doubt=1,
                run_id=f"run-{number}",
                answer="{}",
                states=[order(f"order-{number}")],
                mappings=[signal(f"order-{number}")],
            )
    return (tmp_path / "ledger.sqlite3").read_bytes()


def use(folder: Path) -> None:
    """Do all that is ever done with a ledger."""
    with Ledger(folder) as ledger:
        assert ledger.account.is_sandbox in (False, None)
        rows = [
            *ledger.attempts.of_session(SESSION),
            ledger.attempts.numbered(SESSION, 1),
            ledger.attempts.latest(),
        ]
        rows += [*ledger.attempts.incomplete(), *ledger.attempts.doubtful()]
        for row in rows:
            if row is not None:
                ledger.orders.order_states(row)
        for mail in (*ledger.mails.queued(), *ledger.mails.of_session(str(SESSION))):
            ledger.mails.end(mail, "email", "sent", NOON)
        ledger.attempts.knows_run("run-1")
        ledger.orders.owners(["order-1"])
        row = begun(ledger, number=ledger.fences.next_number(SESSION))
        ledger.attempts.record(
            row, state="closed", document="{}", in_doubt=0, states=[order()], mappings=[signal()]
        )


def outcome(folder: Path, damaged: bytes) -> DataError | None:
    """Use a damaged ledger: it works, or fails with words; nothing else may come of it."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    (folder / "ledger.sqlite3").write_bytes(damaged)
    try:
        use(folder)
    except DataError as error:
        return error
    return None


def assert_recovery_is_shown(error: DataError) -> None:
    assert "ledger.sqlite3" in str(error)
    assert any(".recover" in remedy or "backup" in remedy for remedy in map(str, error.remedies)), str(error)


def test_a_truncated_ledger_is_named_with_the_way_to_recover(tmp_path: Path, three_trades: bytes) -> None:
    """Wherever it ends; a part that is missing of the last page alone is nothing that SQLite notices."""
    for length in range(1, len(three_trades) - PAGE + 1, PAGE // 2 + 7):
        error = outcome(tmp_path / "cut", three_trades[:length])
        assert error is not None, f"{length} bytes of {len(three_trades)}"
        assert_recovery_is_shown(error)


@pytest.mark.parametrize("filling", [b"\0", b"\xff", b"A"], ids=["zeros", "ones", "letters"])
def test_a_damaged_page_is_named_with_the_way_to_recover(
    tmp_path: Path, three_trades: bytes, filling: bytes
) -> None:
    """Whichever page it is; where the damage is in nothing that is read, it may go unnoticed."""
    noticed = 0
    for page in range(len(three_trades) // PAGE):
        start = page * PAGE + (100 if page == 0 else 0)
        end = (page + 1) * PAGE
        damaged = three_trades[:start] + filling * (end - start) + three_trades[end:]
        error = outcome(tmp_path / "page", damaged)
        if error is not None:
            noticed += 1
            assert_recovery_is_shown(error)
    assert noticed > len(three_trades) // PAGE / 3  # tables that are empty yet have pages too


@pytest.mark.parametrize("content", [b"\x81\x82\xff", b"{gibberish"], ids=["no text", "gibberish"])
@pytest.mark.parametrize("column", ["session", "parameters", "health"])
def test_a_damaged_text_is_named_with_the_way_to_recover(
    tmp_path: Path, three_trades: bytes, column: str, content: bytes
) -> None:
    """Pages that SQLite finds in order can still hold what no ledger holds: no traceback comes of it."""
    assert three_trades
    with raw(tmp_path) as connection:
        connection.execute(f"UPDATE trades SET {column} = CAST(? AS TEXT) WHERE id = 1", (content,))
    with Ledger(tmp_path) as ledger, pytest.raises(DataError) as caught:
        ledger.attempts.by_id(1)
    assert_recovery_is_shown(caught.value)


# No room


def test_a_full_disk_is_named(tmp_path: Path, three_trades: bytes) -> None:
    """What SQLite says of it is said; the row is as it was, and can be written when there is room again."""
    assert three_trades
    with Ledger(tmp_path) as ledger:
        row = ledger.attempts.of_session(SESSION)[0]
        connection = ledger._store.connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DataError) as caught:
            ledger.attempts.record(row, state="unsettled", document="z" * 300_000, in_doubt=0)
        assert ledger.attempts.of_session(SESSION)[0] == row
        connection.execute("PRAGMA max_page_count = 10000")
        assert ledger.attempts.record(row, state="unsettled", document="z", in_doubt=0).document == "z"
    assert "full" in caught.value.explanation
    assert "room" in str(caught.value.remedies[0])


def test_a_ledger_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system says is said again, with the file."""
    with Ledger(tmp_path):
        pass

    def forbidden(*_args: object, **_more: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    error = refused(tmp_path)
    assert error.explanation == "Permission denied."


def test_a_read_only_ledger_is_named(tmp_path: Path) -> None:
    """SQLite's own words, and where to look."""
    with Ledger(tmp_path) as ledger:
        ledger._store.connection.execute("PRAGMA query_only = 1")
        with pytest.raises(DataError) as caught:
            begun(ledger)
    assert "readonly" in caught.value.explanation
    assert "permissions" in str(caught.value.remedies[0])
