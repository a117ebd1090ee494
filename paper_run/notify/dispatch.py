"""Queued mails handed to the mail server, and what became of each with each of its recipients."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from paper_run.errors import DataError
from paper_run.ledger.outbox import Delivery
from paper_run.notify import undelivered
from paper_run.notify.email import refusals, smtp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from paper_run.errors import PaperRunError
    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.outbox import DeliveryState, MailRow
    from paper_run.notify.email.compose import Composer
    from paper_run.settings.email import MailSettings

LONGEST_WAIT = timedelta(hours=24)
"""A mail that can't be sent is tried by each command for so long after it was queued, and then once more."""
MOST_COPIES = 2
"""How many copies may leave without a clean answer."""


class Delivered(NamedTuple):
    """What became of the mails that were waiting: the subjects of those that were sent, and the failures."""

    subjects: tuple[str, ...] = ()
    failures: tuple[PaperRunError, ...] = ()


class Dispatch:
    """One conversation with the mail server; whoever uses it holds the ledger's lock.

    :param now: the machine's clock, UTC. :param seconds: how long the conversation may take.
    """

    def __init__(
        self,
        ledger: Ledger,
        settings: MailSettings,
        composer: Composer,
        now: Callable[[], datetime],
        *,
        seconds: float,
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._composer = composer
        self._now = now
        self._seconds = seconds
        self._subjects: list[str] = []
        self._failed: list[PaperRunError] = []

    def send(self, rows: Iterable[MailRow]) -> Delivered:
        """Send mails, oldest first; each is told once that it could not be sent, and why.

        :raises DataError: the ledger fails before anything is sent.
        """
        with self._ledger.transaction():
            claimed = [(row, open_) for row in rows if (open_ := self._claimed(row))]
        try:
            if claimed:
                with smtp.connected(self._settings, seconds=self._seconds) as server:
                    self._hand_over_each(claimed, server)
        except refusals.DeliveryFailed as error:
            self._went_to_nobody(claimed, error)
        return Delivered(tuple(self._subjects), tuple(self._failed))

    def _claimed(self, row: MailRow) -> dict[str, Delivery]:
        """Return what is open of a mail and now ours; without anything open it has ended."""
        mails, now = self._ledger.mails, self._now()
        found = mails.deliveries(row, self._settings.recipients)
        # A program that was killed after it had handed over the last copy could not say so.
        unsaid = [address for address, each in found.items() if each.state == "open" and _is_spent(each)]
        if unsaid:
            self._record(row, {address: found[address]._replace(state="unconfirmed") for address in unsaid})
            self._failed.append(undelivered.unconfirmed(self._settings.server, row))
        left = [address for address, each in found.items() if each.state == "open" and not _is_spent(each)]
        if not left:
            self._record(row, {})
        until = now + timedelta(seconds=float(self._settings.timeout))
        return {
            address: found[address] for address in mails.claim(row, left, os.uname().nodename, now, until)
        }

    def _hand_over_each(
        self, claimed: Sequence[tuple[MailRow, dict[str, Delivery]]], server: smtp.Server
    ) -> None:
        is_connected = True
        for row, before in claimed:
            try:
                if is_connected:
                    is_connected = self._hand_over(row, before, server)
                else:
                    self._record(row, before)
            except DataError as error:
                self._failed.append(error)

    def _hand_over(self, row: MailRow, before: dict[str, Delivery], server: smtp.Server) -> bool:
        """Send a mail to whoever has not had it; return whether the next one can follow."""
        try:
            letter = self._composer.letter(row)
            message = self._composer.message(row, letter, self._now())
        except DataError:
            self._record(row, self._failing(row, before))
            raise
        try:
            refused = server.send(message, [*before], partial(self._leaving, row))
        except refusals.DeliveryFailed as error:
            self._went_to_nobody([(row, before)], error, letter.subject)
            return not error.connection_lost
        after = {
            address: self._next(row, each, is_refused=refused[address].permanent)
            if address in refused
            else each._replace(state="sent")
            for address, each in before.items()
        }
        self._record(row, after)
        self._subjects.append(letter.subject)
        if refused:
            self._failed.append(
                undelivered.refused(self._settings.server, letter.subject, refused, row, after)
            )
        return True

    def _leaving(self, row: MailRow, addresses: Sequence[str]) -> None:
        with self._ledger.transaction():
            self._ledger.mails.hand_over(row, addresses)

    def _went_to_nobody(
        self,
        claimed: Iterable[tuple[MailRow, Mapping[str, Delivery]]],
        error: refusals.DeliveryFailed,
        subject: str = "",
    ) -> None:
        """Record that mails could not be sent, and tell it once for all that share their fate."""
        fates: dict[DeliveryState, list[MailRow]] = {}
        for row, before in claimed:
            after = self._failing(row, before, error)
            self._record(row, after)
            for state in dict.fromkeys(each.state for each in after.values()):
                fates.setdefault(state, []).append(row)
        if fates:
            self._failed.append(undelivered.unsent(error, fates, subject))

    def _failing(
        self, row: MailRow, before: Mapping[str, Delivery], error: refusals.DeliveryFailed | None = None
    ) -> dict[str, Delivery]:
        """Return what becomes of each delivery of a mail that went to nobody."""
        found = {}
        for address, each in before.items():
            refusal = error.refused.get(address) if error else None
            is_refused = refusal.permanent if refusal else bool(error and error.permanent)
            found[address] = self._next(
                row, each, is_refused=is_refused, is_in_doubt=bool(error and error.in_doubt)
            )
        return found

    def _next(
        self, row: MailRow, before: Delivery, *, is_refused: bool, is_in_doubt: bool = False
    ) -> Delivery:
        if is_refused:
            return before._replace(state="refused")
        if is_in_doubt:
            after = before._replace(copies=before.copies + 1)
            return after._replace(state="unconfirmed") if _is_spent(after) else after
        is_over = self._now() - row.queued_at >= LONGEST_WAIT
        return before._replace(state="expired") if is_over else before

    def _record(self, row: MailRow, deliveries: Mapping[str, Delivery]) -> None:
        """Write what became of a mail; once nothing of it is open it has ended."""
        mails, now = self._ledger.mails, self._now()
        with self._ledger.transaction():
            for address, each in deliveries.items():
                mails.deliver(row, address, each, now)
            found = mails.deliveries(row, self._settings.recipients).values()
            if all(each.state != "open" for each in found):
                self._end(row, found)

    def _end(self, row: MailRow, deliveries: Iterable[Delivery]) -> None:
        has_arrived = any(each.state in ("sent", "unconfirmed") for each in deliveries)
        self._ledger.mails.end(row, "sent" if has_arrived else "unwanted", self._now())


def _is_spent(delivery: Delivery) -> bool:
    return delivery.copies >= MOST_COPIES
