"""Whether a ledger is whole: every page and index as SQLite checks them, and each record read."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from paper_run.ledger import rows
from paper_run.model import result_json

if TYPE_CHECKING:
    from collections.abc import Callable


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
        for table, read in _READ.items():
            for row in connection.execute(f"SELECT rowid AS rowid, * FROM {table}"):
                _read(table, row, read)
    finally:
        connection.row_factory = factory


def _read(table: str, row: Any, read: Callable[[Any], object]) -> None:
    if any(isinstance(value, str) and "\0" in value for value in row):
        raise ValueError(f"row {row['rowid']} of {table} holds NUL bytes")
    try:
        read(row)
    except (ValueError, LookupError, TypeError, ArithmeticError) as error:
        raise ValueError(f"row {row['rowid']} of {table} can't be read: {error}") from error


def _trade(row: Any) -> object:
    rows.attempt(row)
    return result_json.decode(row["document"])


def _order(row: Any) -> object:
    return rows.order(row) if row["status"] is not None else rows.amount(row["qty"])


_READ: dict[str, Callable[[Any], object]] = {
    "account": lambda row: row["value"],
    "trades": _trade,
    "orders": _order,
    "epochs": lambda row: (rows.amount(row["base"]), json.loads(row["realized"])),
    "entries": lambda row: (rows.amount(row["qty"]), rows.amount(row["dollars"])),
    "sessions": lambda row: (rows.amount(row["opening"]), json.loads(row["state"] or "null")),
    "calendar": lambda row: json.loads(row["days"]),
    "marks": lambda row: result_json.decode(row["document"]),
    "mails": lambda row: (json.loads(row["content"] or "null"), json.loads(row["reached"])),
}
