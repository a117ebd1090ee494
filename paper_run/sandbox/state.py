"""The state and the clock together: which session it is, and whose transaction a write belongs to."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from os import urandom

from paper_run.sandbox.clock import Clock, RunClock
from paper_run.sandbox.store import Store


class Run:
    """One orchestration in progress: its session, its clock, and the transaction all of it is written in."""

    def __init__(self, connection: sqlite3.Connection, session: date, clock: RunClock) -> None:
        self.connection = connection
        self.session = session
        self.clock = clock
        self.token = urandom(8).hex()
        self.played = False


class State:
    """What the four services share."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self._clock = clock
        self._run: Run | None = None
        self._joining = threading.Lock()

    def last_played(self) -> date | None:
        """Return the session played last, if there is one."""
        with self.store.reading() as connection:
            return played(connection)[0]

    def session(self) -> date:
        """Return the session that is played next."""
        return self._clock.session(self.last_played())

    def now(self) -> tuple[date, datetime]:
        """Return the session that is played next and the time before it, in UTC."""
        with self.store.reading() as connection:
            return self.now_by(connection)

    def now_by(self, connection: sqlite3.Connection) -> tuple[date, datetime]:
        """Return the same, of the state that is being read."""
        last_played, floor = played(connection)
        return self._clock.session(last_played), self._clock.before_the_bell(last_played, floor)

    @contextmanager
    def run(self) -> Iterator[Run]:
        """Hold the state for one orchestration; it is written whole, or not at all."""
        with self.store.transaction() as connection:
            last_played, floor = played(connection)
            session = self._clock.session(last_played)
            self._run = run = Run(connection, session, RunClock(session, floor))
            try:
                yield run
                session_played = run.session.isoformat() if run.played else None
                connection.execute(
                    "UPDATE account SET floor = ?, last_played = coalesce(?, last_played)",
                    (run.clock.now().isoformat(), session_played),
                )
            finally:
                self._run = None
        if run.played:
            self._clock.again = False

    @contextmanager
    def order_entry(self, token: str | None) -> Iterator[tuple[sqlite3.Connection, date, datetime]]:
        """Hold the state for one order, within the run that sent it or else on its own.

        Yields the transaction, the gateway's date and its time.
        """
        run = self._run
        if run is not None and token == run.token:
            with self._joining:
                run.connection.execute("SAVEPOINT one_order")
                try:
                    yield run.connection, run.session, run.clock.now()
                except BaseException:
                    run.connection.execute("ROLLBACK TO one_order")
                    raise
                finally:
                    run.connection.execute("RELEASE one_order")
            return
        with self.store.transaction() as connection:
            last_played, floor = played(connection)
            session = self._clock.session(last_played)
            yield connection, session, self._clock.before_the_bell(last_played, floor)


def played(connection: sqlite3.Connection) -> tuple[date | None, datetime | None]:
    """Return the session played last and the time at which the last run ended."""
    last_played, floor = connection.execute("SELECT last_played, floor FROM account").fetchone()
    return (
        date.fromisoformat(last_played) if last_played else None,
        datetime.fromisoformat(floor) if floor else None,
    )
