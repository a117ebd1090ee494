"""Rule 16: a ledger moved from its file into a schema: equal, at once or not at all, never in two places."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.desk import Desk, read_rows
from support.hosts import Host
from support.postgres_server import Schema

TABLES = (
    *("calendar", "trades", "orders", "epochs", "entries", "sessions", "marks"),
    *("mails", "mail_channels", "deliveries"),
)


@pytest.fixture
def host(tmp_path: Path, schema: Schema) -> Iterator[Host]:
    """One whose ledger is a file still."""
    made = Host(tmp_path, schema)
    with made.platform:
        for name in schema.env:
            if name == "PAPER_RUN_LEDGER_URL":
                del made.env[name]
        yield made


def traded(host: Host, days: int = 2) -> dict[str, list[dict[str, Any]]]:
    """Trade some days, each pushed to a service that is not there; return all that the file has."""
    host.env["PAPER_RUN_NOTIFY"] = "json://127.0.0.1:1/x"
    for _ in range(days):
        assert host.run().returncode == 1
        assert host.run("mark").returncode == 1
        host.next_session()
    del host.env["PAPER_RUN_NOTIFY"]
    return {table: read_rows(host.ledger, table) for table in TABLES}


def _by_name(rows: list[dict[str, Any]]) -> list[str]:
    """Return rows in words, whatever the sequence of their columns."""
    return sorted(repr(sorted(row.items())) for row in rows)


def test_rule_16_a_moved_ledger_is_equal_and_goes_on(host: Host, schema: Schema) -> None:
    """Row by row, with its id; the next day trades from the schema, and older files are the same bytes."""
    before = traded(host)
    files = host.files()
    moved = host.run("ledger", "move", host.ledger, schema.server.url)
    assert (moved.returncode, "each compared" in moved.stdout) == (0, True)
    for table, rows in before.items():
        ours = [{name: value for name, value in row.items() if name != "rowid"} for row in schema.rows(table)]
        assert _by_name(ours) == _by_name(rows), table
    host.env["PAPER_RUN_LEDGER_URL"] = schema.server.url
    assert host.run("report", "--all").returncode == 0
    assert host.files() == files
    assert host.run().returncode == 0
    assert len(host.platform.posts) == 3
    assert [row["id"] for row in schema.rows()] == [1, 2, 3]


def test_rule_16_the_moved_file_trades_no_more(host: Host, schema: Schema, tmp_path: Path) -> None:
    """Neither itself nor a restored backup of it, whether the database answers or not."""
    traded(host, 1)
    backup = tmp_path / "backup"
    shutil.copyfile(host.ledger, backup)
    assert host.run("ledger", "move", host.ledger, schema.server.url).returncode == 0
    for words in ((), ("--again",), ("mark",), ("resolve",)):
        refused = host.run(*words)
        assert (refused.returncode, "moved to" in refused.stderr) == (3, True)
    shutil.copyfile(backup, host.ledger)
    assert host.run().returncode == 3
    assert host.run("history").returncode == 0
    assert len(host.platform.posts) == 1


@pytest.mark.parametrize("at", ["before sql BEGIN", "before sql INSERT INTO account*", "before sql COMMIT"])
def test_rule_16_a_move_that_was_broken_off_can_be_ended_or_taken_back(
    host: Host, schema: Schema, at: str
) -> None:
    """Killed at any step: the file trades no more, the schema is whole or not there; each of two ends it."""
    before = traded(host, 1)
    host.env["PAPER_RUN_LEDGER_URL"] = schema.server.url
    words = ("ledger", "move", host.ledger)
    killed = host.run(*words, at=at, do="SIGKILL")
    assert killed.returncode == -signal.SIGKILL
    del host.env["PAPER_RUN_LEDGER_URL"]
    assert host.run().returncode == 3
    taken_back = host.run(*words, schema.server.url, "--abandon")
    assert (taken_back.returncode, "Taken back" in taken_back.stdout) == (0, True)
    assert {table: read_rows(host.ledger, table) for table in TABLES} == before
    assert host.run(*words, schema.server.url, "--resume").returncode == 3
    assert host.run(*words, schema.server.url).returncode == 0
    again = host.run(*words, schema.server.url, "--resume")
    assert (again.returncode, "the move had ended" in again.stdout) == (0, True)
    refused = host.run(*words, schema.server.url, "--abandon")
    assert (refused.returncode, "already" in refused.stderr) == (3, True)
    assert host.run().returncode == 3


def test_rule_16_a_move_to_a_database_that_is_down_marks_and_can_be_resumed(
    host: Host, schema: Schema
) -> None:
    """The file refuses from the first moment, and is not given back while nobody knows what is there."""
    traded(host, 1)
    url = schema.server.url
    down = url.replace(str(schema.server.port), "1")
    words = ("ledger", "move", host.ledger)
    assert host.run(*words, down).returncode == 1
    assert host.run().returncode == 3
    assert host.run(*words, down, "--abandon").returncode == 1
    assert host.run().returncode == 3
    other = host.run(*words, url, "--resume")
    assert (other.returncode, "is being moved to" in other.stderr) == (3, True)


def test_a_ledger_is_not_moved_over_another_one(host: Host, schema: Schema, tmp_path: Path) -> None:
    """Exit 3: what is there stays, and the file is the ledger as before."""
    traded(host, 1)
    (tmp_path / "two").mkdir()
    other = Host(tmp_path / "two", schema, host)
    assert other.begin().returncode in (0, 2)
    refused = host.run("ledger", "move", host.ledger, schema.server.url)
    assert (refused.returncode, "There is another ledger in" in refused.stderr) == (3, True)
    assert "--new-ledger" not in refused.stderr
    assert len(Desk.rows(host)) == 1
    assert "moved to" not in host.run().stderr


def test_a_move_is_taken_back_where_another_ledger_was_made_meanwhile(
    host: Host, schema: Schema, tmp_path: Path
) -> None:
    """Broken off, and the schema became another account's: nothing of this one is there."""
    before = traded(host, 1)
    host.env["PAPER_RUN_LEDGER_URL"] = schema.server.url
    words = ("ledger", "move", host.ledger)
    assert host.run(*words, at="before sql BEGIN", do="SIGKILL").returncode == -signal.SIGKILL
    del host.env["PAPER_RUN_LEDGER_URL"]
    (tmp_path / "two").mkdir()
    assert Host(tmp_path / "two", schema, host).begin().returncode in (0, 2)
    refused = host.run(*words, schema.server.url, "--resume")
    assert (refused.returncode, "--abandon" in refused.stderr) == (3, True)
    taken_back = host.run(*words, schema.server.url, "--abandon")
    assert (taken_back.returncode, "Taken back" in taken_back.stdout) == (0, True)
    assert {table: read_rows(host.ledger, table) for table in TABLES} == before


def test_a_backup_that_is_moved_once_more_trades_no_more(host: Host, schema: Schema, tmp_path: Path) -> None:
    """Restored in another folder, where no mark lies beside it: its ledger is in the database already."""
    traded(host, 1)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    backup = elsewhere / host.ledger.name
    shutil.copyfile(host.ledger, backup)
    assert host.run("ledger", "move", host.ledger, schema.server.url).returncode == 0
    again = host.run("ledger", "move", backup, schema.server.url)
    assert (again.returncode, "already" in again.stderr) == (3, True)
    assert "--new-ledger" not in again.stderr
    assert (elsewhere / "ledger.moved").exists()
