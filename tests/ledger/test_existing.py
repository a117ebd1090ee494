"""A ledger that is there already: what is said where it can't be opened."""

import sys
from pathlib import Path

import pytest
from builders.moments import NOON

from paper_run.errors import DataError
from paper_run.ledger import existing
from paper_run.model.place import Database, Place


def test_a_database_needs_the_package_that_speaks_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 3 with the command that installs it; no file takes its place."""
    for name in [each for each in sys.modules if each.startswith("paper_run.ledger.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    place = Place(tmp_path, Database("postgresql://h/d", "postgresql://h/d", "paper_run", "paper-1"))
    with pytest.raises(DataError, match="psycopg is not installed") as caught, existing.read(place, NOON):
        pass
    assert caught.value.remedies[0].command == f"{sys.executable} -m pip install 'paper_run[postgres]'"
    assert list(tmp_path.iterdir()) == []


def test_a_database_shows_no_password() -> None:
    """Neither in what stands for it in a message, nor in a traceback."""
    made = Database("postgresql://jo:s3cret@h/d", "postgresql://jo@h/d", "paper_run", "paper-1")
    assert "s3cret" not in f"{made!r} {made.name} {Place(Path(), made)!r}"
