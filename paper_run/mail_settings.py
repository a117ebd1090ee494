"""What a person may type about the e-mail: the server, its security, from whom and to whom, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

Security = Literal["starttls", "tls", "none"]
EmailOn = Literal["always", "problems", "never"]


class MailSettings(NamedTuple):
    """Everything about the e-mail, checked; addresses are bare (`user@host`), in ASCII.

    :ivar host: the SMTP server; None when none is named, so that a message can be printed but not sent.
    :ivar user: with `password`, for AUTH; both None without it.
    :ivar ca_file: certificates (PEM) that the server's is verified with in place of the system's.
    :ivar timeout: seconds for a whole conversation with the server, all messages of a command together.
    """

    host: str | None
    port: int
    security: Security
    user: str | None
    password: str | None
    ca_file: Path | None
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    on: EmailOn
    timeout: Decimal

    @property
    def server(self) -> str:
        """The server as messages name it."""
        return f"{self.host}:{self.port}"

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody who gets a mail."""
        return tuple(dict.fromkeys((*self.to, *self.cc)))

    def __repr__(self) -> str:
        return f"MailSettings({self.host}:{self.port})"  # it holds a password
