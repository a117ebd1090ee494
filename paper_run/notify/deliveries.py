"""A channel's part of the outbox: what is open with whom, whose it is now, and how it ended."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.ledger.outbox import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.outbox import ChannelName, MailRow

LONGEST_WAIT = timedelta(hours=24)
"""A message that can't be sent is tried by each command for so long after it was queued, then once more."""


class Claimed(NamedTuple):
    """A message that is ours to send: what is open of it, by destination.

    :ivar unsaid: where all copies left, and a program that was killed could not say so.
    """

    row: MailRow
    open: dict[str, Delivery]
    unsaid: tuple[str, ...] = ()


class Deliveries:
    """Claims and records the deliveries of a channel.

    :param destinations: URLs, of a person `mailto:` the address. :param now: the machine's clock, UTC.
    :param most_copies: how many may leave without a clean answer. :param seconds: how long a claim holds.
    """

    def __init__(
        self,
        ledger: Ledger,
        channel: ChannelName,
        destinations: Sequence[str],
        now: Callable[[], datetime],
        *,
        most_copies: int,
        seconds: float,
    ) -> None:
        self._ledger = ledger
        self._channel = channel
        self._destinations = destinations
        self._now = now
        self._most_copies = most_copies
        self._seconds = seconds

    def claimed(self, rows: Iterable[MailRow]) -> list[Claimed]:
        """Return what of messages is open and now ours; one without anything open has ended.

        :raises DataError: the ledger fails.
        """
        with self._ledger.transaction():
            now = self._ledger.now(self._now)
            found = [self._claim(row, now) for row in rows]
            return [each for each in found if each.open or each.unsaid]

    def _claim(self, row: MailRow, now: datetime) -> Claimed:
        mails = self._ledger.mails
        found = mails.deliveries(row, self._destinations)
        still_open = {name: each for name, each in found.items() if each.state == "open"}
        unsaid = tuple(name for name, each in still_open.items() if self._is_spent(each))
        self.record(row, {name: found[name]._replace(state="unconfirmed") for name in unsaid})
        left = [name for name in still_open if name not in unsaid]
        until = now + timedelta(seconds=self._seconds)
        ours = mails.claim(row, left, os.uname().nodename, now, until)
        return Claimed(row, {name: found[name] for name in ours}, unsaid)

    def leaves(self, row: MailRow, destinations: Sequence[str]) -> None:
        """Write that a copy leaves: from here on it may have arrived."""
        with self._ledger.transaction():
            self._ledger.mails.hand_over(row, destinations)

    def after(
        self, row: MailRow, before: Delivery, *, is_refused: bool = False, is_in_doubt: bool = False
    ) -> Delivery:
        """Return what becomes of a delivery that has failed.

        :param is_refused: for good. :param is_in_doubt: a copy left, and nobody knows whether it arrived.
        """
        if is_refused:
            return before._replace(state="refused")
        if is_in_doubt:
            after = before._replace(copies=before.copies + 1)
            return after._replace(state="unconfirmed") if self._is_spent(after) else after
        is_over = self._ledger.now(self._now) - row.queued_at >= LONGEST_WAIT
        return before._replace(state="expired") if is_over else before

    def record(self, row: MailRow, deliveries: Mapping[str, Delivery]) -> None:
        """Write what became of a message; once nothing of it is open it has ended with this channel."""
        mails, now = self._ledger.mails, self._now()
        with self._ledger.transaction():
            for name, each in deliveries.items():
                mails.deliver(row, name, each, now)
            found = mails.deliveries(row, self._destinations).values()
            if all(each.state != "open" for each in found):
                has_arrived = any(each.state in ("sent", "unconfirmed") for each in found)
                mails.end(row, self._channel, "sent" if has_arrived else "unwanted", now)

    def _is_spent(self, delivery: Delivery) -> bool:
        return delivery.copies >= self._most_copies
