"""The ledger of a reports folder: opened, and each thing that it keeps by name."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from paper_run.errors import PaperRunError
from paper_run.ledger.account import Account, Holidays
from paper_run.ledger.attempts import Attempts
from paper_run.ledger.book import Books
from paper_run.ledger.broker import BrokerAccounts, BrokerMoney
from paper_run.ledger.doubts import Doubts
from paper_run.ledger.fences import Fences
from paper_run.ledger.known_attempts import KnownAttempts
from paper_run.ledger.open_orders import OpenOrders
from paper_run.ledger.orders import Orders
from paper_run.ledger.outbox import Mails
from paper_run.ledger.rows import UnreadableRowError
from paper_run.ledger.sessions import Sessions
from paper_run.ledger.sqlite import database
from paper_run.ledger.sqlite.store import connect, read_copy
from paper_run.ledger.symbols import Symbols

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from paper_run.ledger.store import Store
    from paper_run.model.database import Server


def refuse_foreign(folder: Path) -> None:
    """Prove that what lies in the ledger's place is one, or nothing; before anything is written beside it.

    :raises DataError: it is another program's file.
    """
    path = folder / database.FILE_NAME
    with database.translated_errors(path):
        database.refuse_links(path)
        if path.exists() and path.stat().st_size:
            database.refuse_foreign(path)


class Ledger:
    """The open ledger of a reports folder; a context manager. Each part keeps one thing.

    :ivar name: what messages call it. :ivar created: whether it was made just now.

    Every write is one transaction, committed and synced when the method returns.

    :raises DataError: from every method, when the file fails; it names the file and how to recover.
    """

    def __init__(
        self,
        folder: Path,
        *,
        copy: Path | None = None,
        first: Callable[[str], None] | None = None,
        store: Store | None = None,
    ) -> None:
        """Open it, making one where there is none.

        :param copy: what is opened in its place, where nothing is to be written.
        :param first: a new one is made in any case; it is called with its id, to move away what lies there.
        :param store: an open one, which it lies in, in place of the folder's file.
        """
        if store is None:
            path = folder / database.FILE_NAME
            store = connect(path, first) if copy is None else read_copy(copy, path)
        self._store = store
        self.name, self.folder, self.created = store.name, store.folder, store.created
        self.books = Books(store)
        self.broker_accounts = BrokerAccounts(store)
        self.broker_money = BrokerMoney(store)
        self.open_orders = OpenOrders(store, self.books)
        self.symbols = Symbols(store)
        self.mails = Mails(store)
        self.orders = Orders(store)
        known = KnownAttempts(store)
        self.sessions = Sessions(store)
        self.fences = Fences(store, known)
        self.attempts = Attempts(store, known, self.fences, self.orders, self.books, self.mails)
        self.account = Account(store, self.attempts)
        self.doubts = Doubts(self.attempts)
        self.holidays = Holidays(store)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, PaperRunError):
            with contextlib.suppress(PaperRunError):  # the ledger itself may be what failed
                error.ledger = self.account.identity
        self._store.close()
        if isinstance(
            error, json.JSONDecodeError | UnreadableRowError
        ):  # what services say is read before it gets here
            raise self._store.damaged(error) from error

    def transaction(self) -> AbstractContextManager[None]:
        """Write all that is written inside it, or nothing; one inside another is a part of that."""
        return self._store.transaction()

    def translated_errors(self) -> AbstractContextManager[None]:
        """Return a context in which a record that can't be read is a damaged ledger, in words."""
        return self._store.translated_errors()

    def refuse_moved(self) -> None:
        """Prove that a file has not moved into a database.

        :raises DataError: it has, or was about to.
        """
        from paper_run.ledger.sqlite import moved

        moved.refuse(self._store)

    def close(self) -> None:
        """Close it, where it is not used as a context manager."""
        self._store.close()

    def clock(self) -> datetime | None:
        """Return its database's own time, UTC; None: it has none but this machine's."""
        return self._store.clock()

    def server(self) -> Server | None:
        """Return what its database's server tells of itself; None: it is a file."""
        return self._store.server()

    def standbys(self) -> tuple[str | None, ...]:
        """Return how each standby follows its database's server; None: this user may not see it."""
        return self._store.standbys()

    def prove_whole(self) -> None:
        """Have the database check itself as far as it can, and read each record.

        :raises DataError: something is damaged.
        """
        self._store.prove_whole()
