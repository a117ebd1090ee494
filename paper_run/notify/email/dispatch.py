"""Queued mails handed to the mail server, and what became of each with each of its recipients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import DataError
from paper_run.notify.channel import Delivered, Sent
from paper_run.notify.deliveries import Claimed, Deliveries
from paper_run.notify.email import refusals, smtp, undelivered
from paper_run.notify.email.compose import Composer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from paper_run.errors import PaperRunError
    from paper_run.ledger.outbox import ChannelName, Delivery, DeliveryState, MailRow
    from paper_run.notify.contents import Contents
    from paper_run.settings.email import MailSettings

MOST_COPIES = 2
"""How many copies may leave without a clean answer."""
_TO = "mailto:"


class Email:
    """One conversation with the mail server.

    :param now: the machine's clock, UTC. :param left: how many seconds the conversation may take, asked when
        it begins.
    """

    name: ChannelName = "email"

    def __init__(
        self,
        settings: MailSettings,
        contents: Contents,
        now: Callable[[], datetime],
        *,
        left: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._composer = Composer(contents, settings)
        self._now = now
        self._left = left
        self._claimed: list[Claimed] = []
        self._deliveries = Deliveries(
            contents.ledger,
            self.name,
            [_TO + address for address in settings.recipients],
            now,
            most_copies=MOST_COPIES,
            seconds=float(settings.timeout),
        )
        self._sent: list[Sent] = []
        self._failed: list[PaperRunError] = []

    def start(self, rows: Iterable[MailRow]) -> None:
        """Claim mails; each is told once that it could not be sent, and why.

        :raises DataError: the ledger fails before anything is sent.
        """
        for each in self._deliveries.claimed(rows):
            if each.unsaid:
                self._failed.append(undelivered.unconfirmed(self._settings.server, each.row))
            if each.open:
                self._claimed.append(each)

    def finish(self) -> Delivered:
        """Hold the conversation, if there is something to send."""
        try:
            if self._claimed:
                with smtp.connected(self._settings, seconds=self._left()) as server:
                    self._hand_over_each(server)
        except refusals.DeliveryFailed as error:
            self._went_to_nobody(self._claimed, error)
        return Delivered(tuple(self._sent), tuple(self._failed))

    def _hand_over_each(self, server: smtp.Server) -> None:
        is_connected = True
        for each in self._claimed:
            try:
                if is_connected:
                    is_connected = self._hand_over(each, server)
                else:
                    self._deliveries.record(each.row, each.open)
            except DataError as error:
                self._failed.append(error)

    def _hand_over(self, claimed: Claimed, server: smtp.Server) -> bool:
        """Send a mail to whoever has not had it; return whether the next one can follow."""
        row, before = claimed.row, claimed.open
        try:
            letter = self._composer.letter(row)
            message = self._composer.message(row, letter, self._now())
        except DataError:
            self._deliveries.record(row, self._failing(claimed))
            raise

        def leaves(addresses: Sequence[str]) -> None:
            self._deliveries.leaves(row, [_TO + address for address in addresses])

        try:
            refused = server.send(message, [each.removeprefix(_TO) for each in before], leaves)
        except refusals.DeliveryFailed as error:
            self._went_to_nobody([claimed], error, letter.subject)
            return not error.connection_lost
        after = {
            name: each._replace(state="sent")
            if (refusal := refused.get(name.removeprefix(_TO))) is None
            else self._deliveries.after(row, each, is_refused=refusal.permanent)
            for name, each in before.items()
        }
        self._deliveries.record(row, after)
        self._sent.append(Sent("Mailed", letter.subject))
        if refused:
            states = {name.removeprefix(_TO): each for name, each in after.items()}
            self._failed.append(
                undelivered.refused(self._settings.server, letter.subject, refused, row, states)
            )
        return True

    def _went_to_nobody(
        self, claimed: Iterable[Claimed], error: refusals.DeliveryFailed, subject: str = ""
    ) -> None:
        """Record that mails could not be sent, and tell it once for all that share their fate."""
        fates: dict[DeliveryState, list[MailRow]] = {}
        for each in claimed:
            after = self._failing(each, error)
            self._deliveries.record(each.row, after)
            for state in dict.fromkeys(delivery.state for delivery in after.values()):
                fates.setdefault(state, []).append(each.row)
        if fates:
            self._failed.append(undelivered.unsent(error, fates, subject))

    def _failing(
        self, claimed: Claimed, error: refusals.DeliveryFailed | None = None
    ) -> Mapping[str, Delivery]:
        """Return what becomes of each delivery of a mail that went to nobody."""
        found = {}
        for name, each in claimed.open.items():
            refusal = error.refused.get(name.removeprefix(_TO)) if error else None
            found[name] = self._deliveries.after(
                claimed.row,
                each,
                is_refused=refusal.permanent if refusal else bool(error and error.permanent),
                is_in_doubt=bool(error and error.in_doubt),
            )
        return found
