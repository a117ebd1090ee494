"""What becomes of a ledger's server in its life: copied, restored from a copy, followed, replaced."""

import contextlib
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from support.postgres_server import PASSWORD, Server, new_folder

_PATIENCE = 60.0


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
