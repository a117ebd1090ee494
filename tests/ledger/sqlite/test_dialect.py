"""What SQLite alone takes stands in one folder; the statements of the parts are any store's."""

import re
from pathlib import Path

import pytest
from support.tree import ROOT

PARTS = sorted((ROOT / "paper_run" / "ledger").glob("*.py"))
SQLITES_OWN = re.compile(
    r"\b(?:rowid|lastrowid|NOT INDEXED|INDEXED BY|INSERT OR|REPLACE INTO|PRAGMA|json_\w+|strftime|julianday"
    r"|IFNULL|IIF|GLOB|AUTOINCREMENT|group_concat|randomblob|total_changes)\b|LIMIT -1"
)


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.stem)
def test_a_part_of_the_ledger_speaks_any_stores_sql(path: Path) -> None:
    """What can't be said so comes from `sqlite/dialect`."""
    assert len(PARTS) > 10
    assert SQLITES_OWN.findall(path.read_text("utf-8")) == []
