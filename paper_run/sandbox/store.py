"""The sandbox's state in one SQLite file: account, orders, positions and runs."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paper_run.sandbox.errors import SandboxError
from paper_run.sandbox.identifiers import random_uuid

APPLICATION_ID = 0x50525342  # "PRSB", in the file's header: how a sandbox file is recognised
FORMAT_VERSION = 1
START_CASH = "100000"
BUSY_SECONDS = 5.0

_SQLITE_MAGIC = b"SQLite format 3\x00"
_APPLICATION_ID_AT = (
    68  # offset in the database header, https://www.sqlite.org/fileformat2.html#the_database_header
)

# Amounts are exact decimal text; dates and times are ISO text, times in UTC.
_BROKER_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS broker (account_id TEXT NOT NULL, session TEXT, last_equity TEXT)",
    "CREATE TABLE IF NOT EXISTS activities (number INTEGER PRIMARY KEY, type TEXT NOT NULL,"
    " date TEXT NOT NULL, symbol TEXT NOT NULL, description TEXT NOT NULL, net_amount TEXT NOT NULL,"
    " qty TEXT NOT NULL, per_share_amount TEXT)",
    "CREATE INDEX IF NOT EXISTS orders_by_time ON orders (created_at)",
    "CREATE INDEX IF NOT EXISTS fills_by_time ON orders (filled_at)",
)
"""What the broker alone has; a file from before there was one gets it when it is opened."""
_SCHEMA = (
    "CREATE TABLE account (id INTEGER PRIMARY KEY CHECK (id = 1), last_played TEXT, floor TEXT,"
    " cash TEXT NOT NULL)",
    "CREATE TABLE orders (client_order_id TEXT PRIMARY KEY, session TEXT NOT NULL, symbol TEXT NOT NULL,"
    " side TEXT NOT NULL, qty TEXT NOT NULL, order_type TEXT NOT NULL, limit_price TEXT, stop_price TEXT,"
    " time_in_force TEXT NOT NULL, status TEXT NOT NULL, broker_order_id TEXT, error_message TEXT,"
    " created_at TEXT NOT NULL, updated_at TEXT NOT NULL, filled_at TEXT, filled_qty TEXT NOT NULL,"
    " filled_avg_price TEXT)",
    "CREATE INDEX working_orders ON orders (session) WHERE status IN ('new', 'accepted', 'partially_filled')",
    "CREATE TABLE positions (symbol TEXT PRIMARY KEY, qty TEXT NOT NULL, cost TEXT NOT NULL,"
    " realized TEXT NOT NULL, updated_at TEXT NOT NULL)",
    "CREATE TABLE runs (number INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, status TEXT NOT NULL,"
    " strategy_id TEXT NOT NULL, answer TEXT NOT NULL)",
    f"PRAGMA user_version = {FORMAT_VERSION}",
    f"PRAGMA application_id = {APPLICATION_ID}",
)


class Store:
    """One open state file: a writing connection for one transaction at a time, a reading one for the rest."""

    def __init__(self, path: Path) -> None:
        """Open or create the file; raise SandboxError when it cannot be the sandbox's."""
        self._path = path
        self._writer_lock = threading.Lock()
        self._reader_lock = threading.Lock()
        self._closed = False
        _refuse_foreign_file(path)
        with _explained_errors(path):
            self._writer = _connect(path)
            try:
                _prepare(self._writer, path)
                self._reader = _connect(path)
            except BaseException:
                self._writer.close()
                raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing; other processes and threads wait."""
        if not self._writer_lock.acquire(timeout=2 * BUSY_SECONDS):
            raise SandboxError(f"The sandbox's state file {self._path} is locked: a run does not end.")
        try:
            with _explained_errors(self._path):
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                    self._commit()
                except BaseException:
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")
                    raise
        finally:
            if self._closed:
                self._writer.close()
            self._writer_lock.release()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read one consistent state, the last committed one."""
        with self._reader_lock, _explained_errors(self._path):
            self._reader.execute("BEGIN")
            try:
                yield self._reader
            finally:
                self._reader.execute("ROLLBACK")

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait for a running transaction to end; return whether it did."""
        if idle := self._writer_lock.acquire(timeout=seconds):
            self._writer_lock.release()
        return idle

    def close(self) -> None:
        """Close the file; a transaction that is still open is never committed."""
        with self._reader_lock:
            self._closed = True
            self._reader.close()
            if self._writer_lock.acquire(blocking=False):
                self._writer.close()
                self._writer_lock.release()

    def _commit(self) -> None:
        with self._reader_lock:
            if self._closed:
                raise SandboxError(f"{self._path} was closed before this run ended: it is not recorded.")
            self._writer.execute("COMMIT")


@contextmanager
def _explained_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _explained(error, path) from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Create the tables of a new file, or check those of an old one."""
    connection.execute("BEGIN IMMEDIATE")  # also finds out now that the file is locked or read-only
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute("INSERT INTO account VALUES (1, NULL, NULL, ?)", (START_CASH,))
        _open_at_the_broker(connection, START_CASH)
        connection.execute("COMMIT")
        return
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if (version, damage) == (FORMAT_VERSION, "ok"):
        _open_at_the_broker(connection, None)
        connection.execute("COMMIT")
        return
    connection.execute("ROLLBACK")
    if version != FORMAT_VERSION:
        raise SandboxError(
            f"{path} was written by another version of the sandbox (format {version}, this one reads"
            f" {FORMAT_VERSION}): delete it to start again at the first session."
        )
    raise _damaged(path, damage)


def _open_at_the_broker(connection: sqlite3.Connection, last_equity: str | None) -> None:
    """Give the broker its tables, and the account its id there, unless it has them."""
    for statement in _BROKER_SCHEMA:
        connection.execute(statement)
    if connection.execute("SELECT count(*) FROM broker").fetchone()[0] == 0:
        connection.execute("INSERT INTO broker VALUES (?, NULL, ?)", (random_uuid(), last_equity))


def _refuse_foreign_file(path: Path) -> None:
    """Look at the header without opening a database: SQLite may alter or lock what it opens."""
    try:
        with path.open("rb") as file:
            header = file.read(_APPLICATION_ID_AT + 4)
    except FileNotFoundError:
        return
    except OSError as error:
        raise SandboxError(
            f"The sandbox's state file {path} cannot be read ({error.strerror}): give a path that this user"
            " may read and write."
        ) from error
    if not header:
        return
    owner = header[_APPLICATION_ID_AT:]
    if not header.startswith(_SQLITE_MAGIC) or owner != APPLICATION_ID.to_bytes(4):
        raise SandboxError(
            f"{path} is not a sandbox state file, and was left untouched: move it away or give another path."
        )


def _explained(error: sqlite3.DatabaseError, path: Path) -> SandboxError:
    """Say what an SQLite error means for this file."""
    reason = str(error)
    if "locked" in reason:
        return SandboxError(
            f"The sandbox's state file {path} is locked by another process: stop that one, or give another"
            " path."
        )
    if "unable to open" in reason or "readonly" in reason:
        return SandboxError(
            f"The sandbox's state file {path} cannot be written ({reason}): its folder must exist and be"
            " writable by this user."
        )
    return _damaged(path, reason)


def _damaged(path: Path, reason: str) -> SandboxError:
    reason = " ".join(reason.split())
    return SandboxError(
        f"The sandbox's state file {path} is damaged ({reason}): delete it to start again at the first"
        " session."
    )
