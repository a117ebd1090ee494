"""A connection to the ledger's own server: no pooler's, synced, soon known to be dead, its schema first."""

from __future__ import annotations

import os
import socket
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from paper_run import NamedTuple
from paper_run.errors import DataError
from paper_run.ledger.postgres import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from paper_run.model.place import Database

_NAME_BYTES = 63
"""So long is an application's name at most."""
_CONNECT_SECONDS = 4
_ANSWERS_WITHIN = 4.0
# A dead holder's lease is free within 30 s: 10 + 3 x 5 of silence, and 25 s of what is not acknowledged.
_CLIENT: dict[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
_SERVER = (
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; "
    "SET tcp_user_timeout = 25000; SET idle_session_timeout = 0; SET statement_timeout = 0; "
    "SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; "
    "SET standard_conforming_strings = on; SET default_transaction_isolation = 'read committed'; "
    "SET default_transaction_deferrable = off; "
)
_FACTS = """
    SELECT pg_backend_pid() AS pid, current_setting('fsync') AS fsync,
        current_setting('synchronous_commit') AS synchronous_commit,
        current_setting('server_encoding') AS encoding, current_setting('server_version') AS version,
        (SELECT system_identifier::text FROM pg_control_system()) AS system,
        CASE WHEN pg_is_in_recovery() THEN NULL
            ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END AS timeline,
        pg_last_xact_replay_timestamp()::text AS replayed
"""


class Connection(psycopg.Connection[Any]):
    """A session of the server; where it does not answer in time, it has ended.

    :ivar patience: seconds that the server may say nothing: it may stand still, and never tells so.
    """

    patience = _ANSWERS_WITHIN

    def wait(self, gen: Any, *args: Any, **more: Any) -> Any:
        """Wait for an answer.

        :raises OperationalError: there is none; the session is closed.
        """
        try:
            return super().wait(_bounded(gen, self.patience), *args, **more)
        except _SilentError:
            self.close()
            raise


class _SilentError(psycopg.OperationalError):
    pass


def _bounded(answer: Generator[Any, Any, Any], patience: float) -> Generator[Any, Any, Any]:
    """Go on as psycopg does with what it waits for, until the server has said nothing for too long."""
    until, ready = time.monotonic() + patience, None
    while True:
        try:
            wanted = answer.send(ready)
        except StopIteration as done:
            return done.value
        ready = yield wanted
        if ready:
            until = time.monotonic() + patience
        elif time.monotonic() > until:
            raise _SilentError(f"the server has not answered for {patience:g} s")


class Row:
    """A row: its values by name, by number, and one after the other."""

    __slots__ = ("_at", "_values")

    def __init__(self, at: dict[str, int], values: Sequence[Any]) -> None:
        self._at = at
        self._values = values

    def __getitem__(self, key: str | int) -> Any:
        return self._values[self._at[key] if isinstance(key, str) else key]

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def keys(self) -> list[str]:
        """Return the names."""
        return list(self._at)


def _rows(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], Row]:
    at = {column.name: number for number, column in enumerate(cursor.description or ())}
    return lambda values: Row(at, values)


class Facts(NamedTuple):
    """What a server says of itself.

    :ivar system: the identifier that its data directory was made with. :ivar timeline: it changes with each
        promotion and each restore to a point in time; None on a standby.
    :ivar replayed: up to when a standby has what its primary wrote, as PostgreSQL words it.
    """

    pid: int
    fsync: str
    synchronous_commit: str
    encoding: str
    version: str
    system: str
    timeline: str | None
    replayed: str | None


def opened(database: Database, *, now: datetime, reads_only: bool = False) -> tuple[Connection, Facts]:
    """Connect, once: whoever holds it open never connects again in silence.

    :param now: UTC; who sees the connection is told when it began. :param reads_only: a standby will do.
    :raises DataError: it can't be reached, or is no server that a ledger can trust.
    """
    with errors.translated(database):
        connection = Connection.connect(
            database.url,
            autocommit=True,
            cursor_factory=psycopg.ClientCursor,
            row_factory=_rows,
            application_name=_holder(now),
            connect_timeout=_CONNECT_SECONDS,
            client_encoding="UTF8",
            target_session_attrs="any" if reads_only else "read-write",
            **_CLIENT,
        )
        try:
            facts = Facts(*connection.execute(_FACTS).fetchall()[0])
            _prove(connection, facts, database)
            place = sql.SQL("SET search_path = {}, pg_temp").format(sql.Identifier(database.schema))
            synced = "" if facts.synchronous_commit == "remote_apply" else "; SET synchronous_commit = on"
            connection.execute(_SERVER + place.as_string(connection) + synced)
        except BaseException:
            connection.close()
            raise
    return connection, facts


def _prove(connection: Connection, facts: Facts, database: Database) -> None:
    if connection.info.backend_pid != facts.pid:
        raise DataError(
            f"A connection pooler stands before the ledger {database.name}",
            "What holds the lease must be one session of the server itself, from beginning to end.",
            remedies=("Name the database's own host and port in PAPER_RUN_LEDGER_URL; nothing was sent.",),
            code="ledger_pooled",
        )
    if facts.fsync != "on":
        raise DataError(
            f"The server of the ledger {database.name} does not sync what it writes: fsync is {facts.fsync}",
            "After a power cut it would have forgotten what was traded.",
            remedies=("Set fsync = on in its configuration, and reload it; nothing was sent.",),
            code="ledger_unsynced",
        )
    if facts.encoding != "UTF8":
        raise DataError(
            f"The database of the ledger {database.name} has the encoding {facts.encoding}",
            "A ledger keeps any text, as UTF8.",
            remedies=("Make a database for it: createdb --encoding=UTF8 --template=template0 NAME",),
        )


def _holder(now: datetime) -> str:
    """Return what tells everybody who holds the connection: process, start and host."""
    words = f"paper_run {os.getpid()} {now:%Y-%m-%dT%H:%M:%SZ} {socket.gethostname()}"
    return words.encode("ascii", "replace")[:_NAME_BYTES].decode()


def named(application: str) -> str:
    """Return whose connection that is, in words."""
    program, _, rest = application.partition(" ")
    pid, _, rest = rest.partition(" ")
    started, _, host = rest.partition(" ")
    if program != "paper_run" or not host:
        return f"Another session ({application or 'without a name'})"
    return f"Process {pid} on {host}, started {started},"


def holder(rows: Callable[..., list[Any]], key: int) -> str | None:
    """Return who has a lease, in words; None: nobody.

    :param rows: runs a query and returns its rows.
    """
    found = rows(
        "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND classid::bigint = ? AND objid::bigint = ? AND objsubid = 1 AND granted",
        (key >> 32) & 0xFFFFFFFF,
        key & 0xFFFFFFFF,
    )
    return named(found[0]["application_name"] or "") if found else None


def clock(connection: Connection) -> datetime:
    """Return the server's clock, UTC."""
    (found,) = connection.execute(
        "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')"
    ).fetchall()
    return datetime.fromisoformat(found[0])
