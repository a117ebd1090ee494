"""A day whose mails arrive on a real mail server of its own."""

from email.message import EmailMessage
from pathlib import Path

from day.exchange_day import Day
from support.mail_server import MailServer, letters, subjects


class MailedDay(Day):
    """A day whose mails arrive on a server of its own."""

    def __init__(self, folder: Path, server: MailServer) -> None:
        super().__init__(folder)
        self.server = server
        self.env |= server.env

    @property
    def mails(self) -> list[EmailMessage]:
        return letters(self.server)

    @property
    def subjects(self) -> list[str]:
        return [each.removeprefix("[paper_run] ") for each in subjects(self.server)]

    @property
    def queue(self) -> list[tuple[str, str, str]]:
        """Session, kind and state of each mail in the ledger."""
        return [(row["session"], row["kind"], row["state"]) for row in self.rows("mails")]


def body(mail: EmailMessage, kind: str = "plain") -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())
