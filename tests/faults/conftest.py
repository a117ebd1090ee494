"""A desk for each test of the fault suite; in each tenth test also one whose ledger is in a database."""

import inspect
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from zlib import crc32

import pytest
from support.desk import Desk
from support.hosts import Host
from support.postgres_server import PASSWORD, Schema

from paper_run.ledger import existing
from paper_run.model.place import Database, Place
from paper_run.model.progress import Waiting

_OF_A_FILE = re.compile(
    r"\.ledger\b|ledger\.lock|\"full\"|\bLedger\(|sqlite|REPORTS_DIR|--reports-dir|\bmailed_day\b"
)
"""What tells a test that is about the ledger's file, or about more folders than one."""
ALL = os.environ.get("FAULT_STORES") == "all"
"""Whether each test that can be is played on both; else each tenth."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play a test on the ledger's file, and some of them on a database too."""
    if "desk" not in metafunc.fixturenames:
        return
    source = inspect.getsource(metafunc.function)
    chosen = ALL or not crc32(metafunc.function.__name__.encode()) % 10
    is_a_rule = metafunc.module.__name__.rpartition(".")[2].startswith("test_rules_")
    both = chosen and is_a_rule and not _OF_A_FILE.search(source)
    metafunc.parametrize("desk", ["file", "database"] if both else ["file"], indirect=True)


@pytest.fixture
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    if request.param == "file":
        desk = Desk(tmp_path)
    else:
        desk = Host(tmp_path, made(request.getfixturevalue("schema"), tmp_path))
        words = tmp_path / ".pgpass"  # printed commands name no password
        words.write_text(f"*:*:*:*:{PASSWORD}\n")
        words.chmod(0o600)
    with desk.platform:
        yield desk


def made(schema: Schema, folder: Path) -> Schema:
    """Make a ledger in a schema, as the first day does with --new-ledger."""
    database = Database(schema.server.url, "postgresql://tests", schema.name, "paper-1")
    waiting = Waiting(datetime.now(UTC), 0, sleep)
    existing.opened(Place(folder, database), waiting, makes=True).close()
    return schema
