"""Whether each record of a ledger can be read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from paper_run.ledger import rows, symbols
from paper_run.model import result_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def prove_records(rows_of: Callable[[str], Iterable[Any]]) -> None:
    """Read each record.

    :param rows_of: returns the rows of a table, in any sequence, each with what it is called as `counted`.
    :raises ValueError: one can't be read; it says which.
    """
    for table, read in _READ.items():
        for row in rows_of(table):
            _read(table, row, read)


def _read(table: str, row: Any, read: Callable[[Any], object]) -> None:
    if any(isinstance(value, str) and "\0" in value for value in row):
        raise ValueError(f"row {row['counted']} of {table} holds NUL bytes")
    try:
        read(row)
    except (ValueError, LookupError, TypeError, ArithmeticError) as error:
        raise ValueError(f"row {row['counted']} of {table} can't be read: {error}") from error


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
    "months": lambda row: (rows.amount(row["pnl"]), rows.amount(row["growth"])),
    "session_costs": lambda row: (rows.amount(row["cost"]), json.loads(row["closings"])),
    "session_signals": lambda row: (json.loads(row["pairs"]), json.loads(row["state"])),
    "sessions": lambda row: (
        rows.amount(row["opening"]),
        json.loads(row["state"] or "null"),
        symbols.totals_of(row),
    ),
    "symbol_sessions": symbols.day,
    "round_trips": symbols.trip,
    "calendar": lambda row: json.loads(row["days"]),
    "marks": lambda row: result_json.decode(row["document"]),
    "mails": lambda row: (json.loads(row["content"] or "null"), json.loads(row["reached"])),
}
