"""Statements that several parts of the ledger write, in SQL that any store takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def insert_into(table: str, columns: Collection[str]) -> str:
    """Return the statement that inserts these columns, its values in their order."""
    values = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})"


def put_into(
    table: str, columns: Collection[str], *, key: Collection[str], keeps: Collection[str] = ()
) -> str:
    """Return the statement that inserts these columns, or writes them over the row that has the key.

    :param keeps: columns that such a row keeps as they are, besides its key.
    """
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in {*key, *keeps})
    return f"{insert_into(table, columns)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"
