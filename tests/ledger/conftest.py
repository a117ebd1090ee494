"""A ledger for each test of its parts: in a file, and in a schema."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

import pytest
from support.postgres_server import Schema

from paper_run.ledger import existing
from paper_run.ledger.ledger import Ledger
from paper_run.model.place import Database, Place
from paper_run.model.progress import Waiting


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """Return a new one, open, in the test's own folder or schema."""
    if request.param == "sqlite":
        with Ledger(tmp_path) as opened:
            yield opened
        return
    schema: Schema = request.getfixturevalue("schema")
    database = Database(schema.server.url, "postgresql://tests", schema.name, "paper-1")
    waiting = Waiting(datetime.now(UTC), 0, sleep)
    with existing.opened(Place(tmp_path, database), waiting, makes=True) as opened:
        yield opened
