"""Whether a ledger is whole: every page and index as SQLite checks them, and each record read."""

from __future__ import annotations

import sqlite3

from paper_run.ledger.wholeness import prove_records


def prove(connection: sqlite3.Connection) -> None:
    """Read all that there is.

    :raises sqlite3.DatabaseError: SQLite can't read it. :raises ValueError: its check or a record is wrong.
    :raises LookupError: a record lacks something. :raises TypeError: a record is of another form.
    """
    for (said,) in connection.execute("PRAGMA integrity_check(1)"):
        if said != "ok":
            raise ValueError(f"the check says: {said}")
    if (broken := connection.execute("PRAGMA foreign_key_check").fetchone()) is not None:
        raise ValueError(f"a row of {broken[0]} belongs to a row of {broken[2]} that is not there")
    factory, connection.row_factory = connection.row_factory, sqlite3.Row
    try:
        prove_records(lambda table: connection.execute(f"SELECT rowid AS counted, * FROM {table}"))
    finally:
        connection.row_factory = factory
