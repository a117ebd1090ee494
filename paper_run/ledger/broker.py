"""Which account at the broker is a book's own: proven once, and kept until the book ends."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from paper_run.model.broker import ProvenAccount

if TYPE_CHECKING:
    from collections.abc import Callable

    from paper_run.ledger.book import BookPeriod


class BrokerAccounts:
    """The part of the ledger that keeps them, one a book; used in the ledger's transactions.

    :param rows: runs a query and returns its rows. :param run: runs a statement.
    """

    def __init__(self, rows: Callable[..., list[Any]], run: Callable[..., None]) -> None:
        self._rows = rows
        self._run = run

    def proven(self) -> ProvenAccount | None:
        """Return the present book's, None while none is proven."""
        found = self._rows(
            "SELECT number, proven_by FROM broker_accounts JOIN epochs ON epochs.id = epoch "
            "WHERE last_trade IS NULL ORDER BY epoch DESC LIMIT 1"
        )
        return ProvenAccount(found[0]["number"], found[0]["proven_by"]) if found else None

    def proven_at(self, period: BookPeriod) -> datetime | None:
        """Return when a book's account was proven, by our clock, UTC; None: it is not."""
        found = self._rows("SELECT proven_at FROM broker_accounts WHERE epoch = ?", period.id)
        return datetime.fromisoformat(found[0]["proven_at"]) if found else None

    def keep(self, period: BookPeriod, account: ProvenAccount, now: datetime) -> None:
        """Write a book's account; one that is kept already stays.

        :param now: UTC.
        """
        self._run(
            "INSERT INTO broker_accounts (epoch, number, proven_at, proven_by) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (epoch) DO NOTHING",
            period.id,
            account.number,
            now.isoformat(),
            account.order,
        )
