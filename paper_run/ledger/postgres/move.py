"""A ledger's file copied into a schema: all of it, verified row by row, and there at once or not at all."""

from __future__ import annotations

import itertools
import secrets
import socket
from typing import TYPE_CHECKING, Any

from psycopg import sql

from paper_run.errors import DataError, Remedy
from paper_run.ledger.postgres import errors, opening
from paper_run.ledger.sqlite import moved
from paper_run.model.commands import ours

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from paper_run.ledger.postgres.store import Store
    from paper_run.ledger.sqlite.store import Store as Source

_TABLES = {
    "calendar": "year",
    "trades": "id",
    "orders": "rowid",
    "epochs": "id",
    "entries": "id",
    "sessions": "epoch, session",
    "session_costs": "epoch, session",
    "session_signals": "epoch, session",
    "months": "epoch, month",
    "symbol_sessions": "epoch, session, symbol",
    "round_trips": "epoch, session, number",
    "marks": "session",
    "mails": "id",
    "deliveries": "mail, destination",
    "mail_channels": "mail, channel",
    "broker_accounts": "epoch",
    "broker_money": "epoch, activity",
    "broker_money_reads": "epoch",
}
"""Each table but `account`, after those whose rows it names, and what its rows are sorted by."""


def copy(source: Source, target: Store) -> int:
    """Copy a ledger into a schema that has none; return how many rows it has.

    :raises DataError: there is a ledger, or it can't be copied, or the copy is not equal; nothing of it is
        there.
    :raises UnclearCommitError: nobody knows whether it is there.
    """
    with errors.translated(target.database), opening.patient(target), target.transaction():
        opening.lock_schema(target)
        opening.refuse_another(target)
        opening.make_tables(target)
        for table, order in _TABLES.items():
            _copy(source, target, table, order)
        account = _account(source, target)
        target.execute_many("INSERT INTO account (name, value) VALUES (?, ?)", account.items())
        target.stay()
        return verify(source, target)


def verify(source: Source, target: Store) -> int:
    """Compare each row of a copy with the ledger's; return how many there are.

    :raises DataError: one is not equal.
    """
    number = 0
    for table, order in _TABLES.items():
        columns = _columns(source, table)
        theirs = _there(target, table, columns, order)
        for ours_, copied in itertools.zip_longest(_here(source, table, columns, order), theirs):
            if ours_ != copied:
                raise _unequal(source, table, ours_ or copied)
            number += 1
    kept = {row["name"]: row["value"] for row in target.rows("SELECT name, value FROM account")}
    for name, value in _told(source).items():
        if kept.get(name) != value:
            raise _unequal(source, "account", (name, value))
        number += 1
    return number


def _copy(source: Source, target: Store, table: str, order: str) -> None:
    columns = _columns(source, table)
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with target.connection.cursor().copy(into) as copied:
        for row in _here(source, table, columns, order):
            copied.write_row(row)


def _columns(source: Source, table: str) -> list[str]:
    return [row["name"] for row in source.rows(f"PRAGMA table_info({table})")]


def _here(source: Source, table: str, columns: Sequence[str], order: str) -> Iterator[tuple[Any, ...]]:
    with source.translated_errors():
        for row in source.connection.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}"):
            yield tuple(row)


def _there(target: Store, table: str, columns: Sequence[str], order: str) -> Iterator[tuple[Any, ...]]:
    for row in target.stream(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}"):
        yield tuple(row)


def _told(source: Source) -> dict[str, str]:
    """Return whose the ledger is, but for what is each host's own, and the mark of the move."""
    rows = source.rows("SELECT name, value FROM account")
    return {row["name"]: row["value"] for row in rows if row["name"] not in ("orchestrator_url", moved.ROW)}


def _account(source: Source, target: Store) -> dict[str, str]:
    found = source.rows("SELECT value FROM account WHERE name = 'orchestrator_url'")
    host = {f"host {socket.gethostname()}": row["value"] for row in found}
    return {
        **_told(source),
        **host,
        "lease": str(secrets.randbits(62)),
        "platform": target.database.platform,
        "database": target.cluster or "",
    }


def _unequal(source: Source, table: str, row: Any) -> DataError:
    return DataError(
        f"The copy of the ledger {source.name} is not equal to it",
        f"A row of {table} differs: {str(row)[:80]}.",
        remedies=(
            Remedy("Take the move back", ours("ledger", "move", source.name, "URL", "--abandon")),
            "Nothing was traded, and the file is as it was.",
        ),
    )
