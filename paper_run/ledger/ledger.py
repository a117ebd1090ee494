"""The ledger of a reports folder: opened, and each thing that it keeps by name."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from paper_run.errors import DataError, PaperRunError, Remedy
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
from paper_run.model.commands import ours

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from paper_run.ledger.store import Store


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
    :ivar transaction: and `translated_errors`, `clock`, `server`, `standbys`, `prove_whole` and `close`: its
        store's own, see `Store`.

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
        self.transaction, self.translated_errors = store.transaction, store.translated_errors
        self.clock, self.server, self.standbys = store.clock, store.server, store.standbys
        self.prove_whole, self.close = store.prove_whole, store.close
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

    def now(self, own: Callable[[], datetime]) -> datetime:
        """Return the time (UTC) by which hosts wait for each other: a database's, else one's own clock."""
        return self.clock() or own()

    def refuse_replaced(self) -> None:
        """Prove that whoever opens the ledger now opens this one: its file lies where it did.

        :raises DataError: it was moved away or replaced while it was open.
        """
        if not self._store.is_in_place():
            raise DataError(
                f"The ledger {self.name} was moved away or replaced while this command ran",
                "Whoever opens the one that lies there now would not know what is traded here; nothing was "
                "sent.",
                remedies=(Remedy("See that the right one lies there, and run again", ours()),),
                code="ledger_missing",
            )

    def refuse_moved(self) -> None:
        """Prove that a file has not moved into a database.

        :raises DataError: it has, or was about to.
        """
        from paper_run.ledger.sqlite import moved

        moved.refuse(self._store)
