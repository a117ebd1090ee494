"""What a mail server refuses, in words."""

from __future__ import annotations

import contextlib
import smtplib
from base64 import b64encode
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.model.redaction import Secrets
from paper_run.notify.email.connection import Bounds, Client, why

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from paper_run.settings.email import MailSettings


_LONGEST_WORDS = 300


_WRONG_PASSWORD = 535


Answer = tuple[int, bytes]


class Refusal(NamedTuple):
    """Why a recipient was refused: the server's words, and whether it was for good (5xx)."""

    words: str
    permanent: bool


class DeliveryFailed(Exception):
    """A message went to nobody; `reason` is a clause such as "refused the connection".

    :ivar permanent: the server's answer was 5xx: the same again will not help.
    :ivar refused: the recipients, where each of them was refused for itself.
    :ivar connection_lost: no other message can be sent over this connection.
    :ivar in_doubt: the message had gone out whole and no answer came: it may have arrived all the same.
    """

    def __init__(
        self,
        server: str,
        reason: str,
        *,
        permanent: bool = False,
        refused: Mapping[str, Refusal] | None = None,
        connection_lost: bool = True,
        in_doubt: bool = False,
    ) -> None:
        super().__init__(f"{server} {reason}")
        self.refused = refused or {}
        self.server = server
        self.reason = reason
        self.permanent = permanent
        self.connection_lost = connection_lost
        self.in_doubt = in_doubt


class Words:
    """What a server said or did, in one line, without the secrets that it may repeat."""

    def __init__(self, server: str, settings: MailSettings, bounds: Bounds) -> None:
        self._server = server
        self._bounds = bounds
        user, password = settings.user, settings.password
        self._secrets = Secrets(
            logins=[(user, password)] if user is not None and password is not None else []
        )

    def failure(self, reason: str) -> DeliveryFailed:
        """Say why there is no connection to send over."""
        return DeliveryFailed(self._server, reason)

    def refusal(self, what: str, answer: Answer, *, in_doubt: bool = False) -> DeliveryFailed:
        """Tell a refusal, 5xx, from a delay, 4xx.

        :param in_doubt: it had gone out whole: an answer that is neither tells nothing of what became of it.
        """
        code, said = answer[0], self.said(answer)
        is_clean = code // 100 in (4, 5)
        if is_for_good(answer):
            reason = f"refused {what} ({said})"
        elif is_clean:
            reason = f"put {what} off ({said})"
        else:
            reason = f"answered {said} to {what}" + ("; it may have arrived" if in_doubt else "")
        return DeliveryFailed(
            self._server,
            reason,
            permanent=is_for_good(answer),
            connection_lost=code in (421, -1),
            in_doubt=in_doubt and not is_clean,
        )

    def refusal_of_all(self, refused: Mapping[str, Answer]) -> DeliveryFailed:
        """Say that no recipient is left; for good only if each was refused so."""
        if len(refused) == 1:
            ((recipient, answer),) = refused.items()
            return self.refusal(f"the recipient {recipient}", answer)
        each = self.refusals(refused)
        named = "; ".join(f"{recipient} ({refusal.words})" for recipient, refusal in each.items())
        return DeliveryFailed(
            self._server,
            f"took no recipient: {named}",
            permanent=all(refusal.permanent for refusal in each.values()),
            refused=each,
            connection_lost=False,
        )

    def refusals(self, refused: Mapping[str, Answer]) -> dict[str, Refusal]:
        """Return why each recipient was refused."""
        return {
            recipient: Refusal(self.said(answer), is_for_good(answer))
            for recipient, answer in refused.items()
        }

    def expect_good(self, what: str, answer: Answer, *, in_doubt: bool = False) -> None:
        """Take a 2xx for good.

        :param in_doubt: see `refusal`. :raises DeliveryFailed: it is another answer; what that says.
        """
        if not is_good(answer):
            raise self.refusal(what, answer, in_doubt=in_doubt)

    def said(self, answer: Answer) -> str:
        """Return an answer in one line."""
        code, said = answer
        if code < 0:
            return "what is no SMTP"
        text = self._secrets.text(said.decode("utf-8", "replace"))
        text = "".join(letter if letter.isprintable() else " " for letter in text)
        return f"{code} {' '.join(text.split())[:_LONGEST_WORDS]}".strip()

    @contextlib.contextmanager
    def stage(self, when: str, *, in_doubt: bool = False) -> Iterator[None]:
        """Put what goes wrong in the block into words.

        :raises DeliveryFailed: something did.
        """
        try:
            yield
        except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
            answer = (error.smtp_code, octets(error.smtp_error))
            reason = f"answered {self.said(answer)} {when}"
            raise DeliveryFailed(self._server, reason, permanent=is_for_good(answer)) from None
        except OSError as error:
            reason = why(error, self._bounds, when) + ("; it may have arrived" if in_doubt else "")
            raise DeliveryFailed(self._server, reason, in_doubt=in_doubt) from None


def _plain(client: Client, user: str, password: str) -> Answer:
    return client.docmd("AUTH", "PLAIN " + base64_of(f"\0{user}\0{password}"))


def base64_of(text: str) -> str:
    """Return text as AUTH carries it."""
    return b64encode(text.encode()).decode("ascii")


def is_good(answer: Answer) -> bool:
    """Whether a server takes what it was told: 2xx."""
    return answer[0] // 100 == 2


def is_for_good(answer: Answer) -> bool:
    """Whether a server refuses what it was told for good: 5xx; a number beyond is no SMTP."""
    return answer[0] // 100 == 5


def octets(said: bytes | str) -> bytes:
    """Return what smtplib has as bytes or as text."""
    return said.encode() if isinstance(said, str) else said
