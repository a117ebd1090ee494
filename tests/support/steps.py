"""The steps that a crash may fall between: each file call, each write of the ledger, each request."""

import os
import resource
import signal
import sqlite3
import threading
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from paper_run.cli import output
from paper_run.services import connection as wires
from paper_run.services.transport import Transport

_WRITES = ("BEGIN", "INSERT", "UPDATE", "COMMIT", "CREATE", "PRAGMA journal_mode", "PRAGMA user_version")


class Steps:
    """Counts the steps, and does something at the n-th of those whose name matches a pattern.

    A step is named `before` or `after` and what it is: `before sync`, `after replace NAME`, `before sql
    INSERT INTO trades`, `before POST /path`, `after connect for POST`, `after GET /path`, `before words` that
    tell what failed, `before wake`: a wait of the main thread is over, and its lock is not yet taken again.
    """

    def __init__(self, pattern: str, nth: int, action: Callable[[], None]) -> None:
        self._pattern = pattern
        self._left = nth
        self._action = action

    def step(self, name: str) -> None:
        if fnmatchcase(name, self._pattern):
            self._left -= 1
            if self._left == 0:
                self._action()

    def install(self) -> None:
        """Follow the steps of this process; there is no way back."""
        for name in ("fsync", "replace", "rename", "link", "unlink"):
            setattr(os, name, self._followed(name, getattr(os, name)))
        self._follow_ledger()
        self._follow_requests()
        self._follow_waits()
        self._follow_errors()

    def _followed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def followed(*args: Any, **kwargs: Any) -> Any:
            what = f"{name} {Path(args[-1]).name}" if isinstance(args[-1], str | Path) else name
            self.step(f"before {what}")
            result = call(*args, **kwargs)
            self.step(f"after {what}")
            return result

        return followed

    def _follow_ledger(self) -> None:
        step, connect = self.step, sqlite3.connect

        class Followed(sqlite3.Connection):
            def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
                words = " ".join(sql.split()[:3])
                if not words.startswith(_WRITES):
                    return super().execute(sql, *args)
                step(f"before sql {words}")
                cursor = super().execute(sql, *args)
                step(f"after sql {words}")
                return cursor

        if "PAPER_RUN_LEDGER_URL" in os.environ:
            self._follow_database()
        sqlite3.connect = lambda *args, **kwargs: connect(*args, factory=Followed, **kwargs)  # type: ignore[assignment]

    def _follow_database(self) -> None:
        import psycopg

        from paper_run.ledger.postgres import commit

        step, execute, answer = self.step, psycopg.Connection.execute, commit._answer

        def followed(self_: Any, query: Any, *args: Any, **more: Any) -> Any:
            words = " ".join(str(query).split()[:3])
            if not words.startswith((*_WRITES, "SELECT pg_try_advisory_lock")):
                return execute(self_, query, *args, **more)
            step(f"before sql {words}")
            cursor = execute(self_, query, *args, **more)
            step(f"after sql {words}")
            return cursor

        def answered(connection: Any, patience: float) -> Any:
            step("before sql COMMIT")
            said = answer(connection, patience)
            step("after sql COMMIT")
            return said

        psycopg.Connection.execute = followed  # type: ignore[method-assign]
        commit._answer = answered

    def _follow_errors(self) -> None:
        step, shown = self.step, output.show_failures

        def followed(*args: Any) -> None:
            if args[0]:
                step("before words")
            shown(*args)

        output.show_failures = followed

    def _follow_waits(self) -> None:
        step, made = self.step, threading.Condition.__init__

        def init(condition: Any, *args: Any) -> None:
            made(condition, *args)
            take_again = condition._acquire_restore

            def woken(state: Any) -> None:
                if threading.current_thread() is threading.main_thread():
                    step("before wake")
                take_again(state)

            condition._acquire_restore = woken

        threading.Condition.__init__ = init  # type: ignore[method-assign]

    def _follow_requests(self) -> None:
        exchange = Transport._exchange

        def followed(self_: Any, session: Any, method: str, url: Any, path: str, **more: Any) -> Any:
            self.step(f"before {method} {path}")
            try:
                return exchange(self_, session, method, url, path, **more)
            finally:
                self.step(f"after {method} {path}")

        Transport._exchange = followed  # type: ignore[assignment]
        connect = wires._Connection._new_conn

        def connected(connection: Any) -> Any:
            made = connect(connection)
            self.step("after connect" + (" for POST" if wires.call.held_back is not None else ""))
            return made

        wires._Connection._new_conn = connected  # type: ignore[method-assign]


def send_signal(number: int) -> Callable[[], None]:
    """Return what sends this process a signal."""
    return lambda: os.kill(os.getpid(), number)


def fill_disk() -> None:
    """Let no file grow from now on, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
