"""What becomes of a ledger's server in its life: copied, restored from a copy, followed, replaced."""

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from support.postgres_server import OWNER, PASSWORD, Schema, Server, new_folder

_PATIENCE = 60.0
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = %s"


@contextlib.contextmanager
def copied(server: Server) -> Iterator[Path]:
    """Copy all that it has, to be restored from later, while the block runs; it is stopped for that."""
    folder = new_folder()
    try:
        server.stop()
        shutil.copytree(server.data, folder / "data")
        server.start()
        yield folder / "data"
    finally:
        shutil.rmtree(folder)


def restored(server: Server, copy: Path | None = None) -> None:
    """Stop a server and start it as one that was restored: from a copy of its data, on another timeline."""
    server.stop()
    if copy is not None:
        server.take(copy)
    (server.data / "recovery.signal").touch()
    server.own(server.data / "recovery.signal")
    server.start("-c", "restore_command=false", "-c", "recovery_target_timeline=latest")
    until(lambda: server.ask("SELECT pg_is_in_recovery()") == [(False,)])


@contextlib.contextmanager
def kept_apart(schema: Schema, how: str) -> Iterator[Callable[[], object]]:
    """Keep what a ledger has, and yield what puts it back on the same server.

    :param how: `schema`, made anew from a dump; `rows`, put into its tables; `attempts`, into all of them but
        the one that tells whose it is; `database`, renamed to its own.
    """
    server, name = schema.server, schema.name
    if how == "database":
        server.ask("CREATE DATABASE ledgers_kept TEMPLATE ledgers")

        def put_back() -> None:
            server.ask("DROP DATABASE ledgers")
            server.ask("ALTER DATABASE ledgers_kept RENAME TO ledgers")

        yield put_back
        return
    url = server.url.replace(OWNER, "postgres", 1)
    apart = {"rows": "none", "attempts": "account"}.get(how)
    only = ("--data-only", "--disable-triggers", f"--exclude-table={name}.{apart}")
    dump = ("--clean",) if apart is None else only
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        kept = f"{folder}/dump.sql"
        server.call("pg_dump", f"--schema={name}", *dump, f"--file={kept}", url)

        def put_rows_back() -> None:
            if apart is not None:
                tables = [row["tablename"] for row in schema.ask(_TABLES, name) if row["tablename"] != apart]
                schema.ask(f"TRUNCATE {', '.join(tables)}")
            server.call("psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={kept}", url)

        yield put_rows_back


@contextlib.contextmanager
def following(server: Server) -> Iterator[Server]:
    """Have another server follow it, asynchronously, while the block runs."""
    standby = Server(server.programs)
    try:
        with copied(server) as copy:
            standby.take(copy)
        login = f"host=127.0.0.1 port={server.port} user=postgres password={PASSWORD}"
        with (standby.data / "postgresql.auto.conf").open("a") as file:
            file.write(f"primary_conninfo = '{login}'\n")
        (standby.data / "standby.signal").touch()
        standby.own(standby.data / "standby.signal")
        standby.start()
        until(lambda: server.ask("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'") != [])
        yield standby
    finally:
        standby.remove()


def in_step(server: Server, standby: Server) -> None:
    """Wait until a standby has all that its server wrote."""
    until(lambda: standby.ask("SELECT pg_last_wal_replay_lsn()") == server.ask("SELECT pg_current_wal_lsn()"))


def cut_off(standby: Server) -> None:
    """Let a standby get nothing more of what its server writes."""
    standby.ask("ALTER SYSTEM SET primary_conninfo = ''")
    standby.ask("SELECT pg_reload_conf()")
    until(lambda: standby.ask("SELECT 1 FROM pg_stat_wal_receiver") == [])


def promoted(server: Server, standby: Server) -> None:
    """Let a server be gone for good, and its standby be what is written to."""
    server.stop(signal.SIGQUIT)
    standby.ask("SELECT pg_promote()")
    until(lambda: standby.ask("SELECT pg_is_in_recovery()") == [(False,)])


def until(condition: Callable[[], bool]) -> None:
    """Wait for what a server comes to by itself."""
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {_PATIENCE:g} s")
        time.sleep(0.01)
