"""From a mail as the ledger keeps it, or a notice that no ledger keeps, to its letter and its message."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from paper_run.ledger.outbox import MailRow
from paper_run.model import result_json
from paper_run.model.commands import PLAIN, Invocation
from paper_run.notify.email import letters, message
from paper_run.report.day import with_own
from paper_run.report.summary.glance import Past
from paper_run.report.summary.notices import Notice
from paper_run.report.summary.summary import Attachment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.outbox import MailKind
    from paper_run.model.attempt import AttemptRow
    from paper_run.notify.email.letters import Letter
    from paper_run.report.day import Reports
    from paper_run.report.publisher import Publisher
    from paper_run.report.summary.summary import Occasion
    from paper_run.settings.email import MailSettings


MOST_SESSIONS = 366
"""So far back a letter looks: the longest year, on an exchange that never closes."""


class Told(NamedTuple):
    """What a mail tells of: an attempt, a session's latest mark, or a notice by its content."""

    kind: MailKind
    session: str
    attempt: AttemptRow | None = None
    content: str | None = None


class Composer:
    """Makes a ledger's mails, from the ledger as it stands.

    :param invocation: what makes the commands in a mail run as they stand. :param made: reports that are
        there already and need not be made once more.
    """

    def __init__(
        self,
        ledger: Ledger,
        publisher: Publisher,
        settings: MailSettings,
        *,
        invocation: Invocation = PLAIN,
        made: Iterable[Reports] = (),
    ) -> None:
        self._ledger = ledger
        self._publisher = publisher
        self._settings = settings
        self._invocation = invocation._replace(ledger=ledger.account.identity)
        self._made = {each.json: each for each in made}

    def is_problem(self, row: MailRow) -> bool:
        """Tell whether what a mail tells needs a person.

        :raises DataError: the ledger's record can't be read.
        """
        with self._ledger.translated_errors():
            if row.content is not None:
                return letters.is_problem(Notice.from_json(row.content))
            return letters.is_problem(result_json.decode(self._document(row)))

    def letter(self, row: MailRow) -> Letter:
        """Return the letter of a mail.

        :raises DataError: the ledger's record can't be read.
        """
        with self._ledger.translated_errors():
            if row.content is not None:
                notice = Notice.from_json(row.content)
                return letters.of_notice(notice, self._invocation, cache_folder=self._publisher.cache_folder)
            occasion, document = _occasion(row), self._document(row)
        reports = self._made.get(document) or self._publisher.reports(document)
        past = self._past(reports)
        return letters.of_result(
            reports.result,
            past=past,
            occasion=occasion,
            attachments=_attachments(reports),
            invocation=self._invocation,
            cache_folder=self._publisher.cache_folder,
        )

    def _past(self, reports: Reports) -> Past:
        """Return what the letter about a result looks back on: the sessions of its book, the one before."""
        result, sessions = reports.result, self._ledger.sessions
        with self._ledger.translated_errors():
            book = sessions.book(result.session, result.attempt)
            lines = sessions.latest(book, result.session, MOST_SESSIONS)
            document = sessions.stated_before(book, result.session)
            before = None if document is None else result_json.decode(document)
        return Past(with_own(result, lines), before)

    def message(self, row: MailRow, letter: Letter, now: datetime) -> bytes:
        """Return the whole message of a mail, ready to be sent; `now` is its date."""
        with self._ledger.translated_errors():
            earlier = [each for each in self._ledger.mails.of_session(row.session) if _was_sent(each, row)]
        return _composed(letter, self._settings, self._identity(row), now, map(self._identity, earlier))

    def _identity(self, row: MailRow) -> str:
        return message.message_id(
            session=row.session,
            attempt=row.attempt_number or None,
            kind=row.kind,
            number=row.number,
            ledger=self._ledger.mails.identity(),
            sender=self._settings.sender,
        )

    def printed(self, told: Told, now: datetime) -> bytes:
        """Return a message that is to be sent by somebody else; nothing is recorded.

        Its number is the time, so that it is no mail that was ever sent.

        :raises DataError: the ledger's record can't be read.
        """
        row = MailRow(
            id=0,
            session=told.session,
            kind=told.kind,
            attempt=told.attempt.id if told.attempt else None,
            attempt_number=told.attempt.number if told.attempt else 0,
            number=int(now.timestamp()),
            on_purpose=True,
            state="queued",
            content=told.content,
            reached=(),
            queued_at=now,
        )
        return self.message(row, self.letter(row), now)

    def _document(self, row: MailRow) -> str:
        if row.attempt is not None:
            return self._ledger.attempts.by_id(row.attempt).document
        document = self._ledger.sessions.mark(row.session)
        if document is None:
            raise LookupError(f"the mail {row.id} tells of a mark that is not there")
        return document


def of_notice(
    notice: Notice, settings: MailSettings, now: datetime, invocation: Invocation
) -> tuple[str, bytes]:
    """Return the subject and the whole message of a notice that no ledger keeps; `now` is its date."""
    letter = letters.of_notice(notice, invocation)
    identity = message.message_id(
        session=notice.session,
        attempt=None,
        kind=notice.kind,
        number=int(now.timestamp()),
        ledger="unrecorded",
        sender=settings.sender,
    )
    return letter.subject, _composed(letter, settings, identity, now)


def _was_sent(row: MailRow, later: MailRow) -> bool:
    """Tell whether a mail of the same session was sent before another one; a printed one is of no row."""
    return row.state == "sent" and (not later.id or row.id < later.id)


def _composed(
    letter: Letter, settings: MailSettings, identity: str, now: datetime, earlier: Iterable[str] = ()
) -> bytes:
    return message.compose(
        letter,
        sender=settings.sender,
        to=settings.to,
        cc=settings.cc,
        message_id=identity,
        date=now,
        earlier=tuple(earlier),
        list_id=message.list_id(settings.sender),
    )


def _occasion(row: MailRow) -> Occasion:
    if row.kind in ("run", "settled", "mark", "close"):
        return row.kind
    raise LookupError(f"the mail {row.id} is a notice without its content")


def _attachments(reports: Reports) -> tuple[Attachment, ...]:
    """Return the page and the orders, under the names of their files: saved beside others, each stays one."""
    names = {each.suffix: each.name for each in reports.files() if not each.name.endswith("_positions.csv")}
    return (
        Attachment(names[".html"], "html", reports.content(".html")),
        Attachment(names[".csv"], "csv", reports.content(".csv")),
    )
