"""A way that a ledger's messages go to people; a new one is a class like the two that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from paper_run import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paper_run.errors import PaperRunError
    from paper_run.ledger.outbox import ChannelName, MailRow


class Sent(NamedTuple):
    """A message that went: `how` is a word for people such as "Mailed", `subject` what it was about."""

    how: str
    subject: str


class Delivered(NamedTuple):
    """What became of the messages that were waiting: those that were sent, and the failures."""

    sent: tuple[Sent, ...] = ()
    failures: tuple[PaperRunError, ...] = ()


class Channel(Protocol):
    """Hands over messages, all of a command in one go; whoever uses it holds the ledger's lock.

    It records what became of each, and a failure of its own is no other channel's.
    """

    @property
    def name(self) -> ChannelName:
        """What the ledger calls it."""

    def start(self, rows: Iterable[MailRow]) -> None:
        """Take messages, oldest first, and begin what needs no waiting for.

        :raises DataError: the ledger fails before anything is sent.
        """

    def finish(self) -> Delivered:
        """Do the rest by the deadline; return what came of it.

        :raises DataError: the ledger fails, which does not know what came of it then.
        """
