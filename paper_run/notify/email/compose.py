"""From a mail as the ledger keeps it, or a notice that no ledger keeps, to its letter and its message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.book import folding
from paper_run.ledger.outbox import MailRow
from paper_run.model import result_json
from paper_run.notify.email import letters, message
from paper_run.report.day import with_own
from paper_run.report.summary.glance import MOST_BARS, Past
from paper_run.report.summary.notices import Notice
from paper_run.report.summary.summary import Attachment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from paper_run.book.holdings import Entry
    from paper_run.model.commands import Invocation
    from paper_run.model.result import RunResult
    from paper_run.notify.contents import Contents, Told
    from paper_run.notify.email.letters import Letter
    from paper_run.report.day import Reports
    from paper_run.settings.email import MailSettings


class Composer:
    """Makes the mails of what a ledger's messages tell."""

    def __init__(self, contents: Contents, settings: MailSettings) -> None:
        self._contents = contents
        self._settings = settings

    def letter(self, row: MailRow) -> Letter:
        """Return the letter of a mail.

        :raises DataError: the ledger's record can't be read.
        """
        told, cache_folder = self._contents.of(row), self._contents.publisher.cache_folder
        if isinstance(told, Notice):
            return letters.of_notice(told, self._contents.invocation, cache_folder=cache_folder)
        return letters.of_result(
            told.reports.result,
            past=self._past(told.reports.result),
            occasion=told.occasion,
            attachments=_attachments(told.reports),
            invocation=self._contents.invocation,
            cache_folder=cache_folder,
        )

    def _past(self, result: RunResult) -> Past:
        """Return what the letter about a result looks back on: the sessions of its book, the one before."""
        sessions = self._contents.ledger.sessions
        with self._contents.ledger.translated_errors():
            book = sessions.book(result.session, result.attempt)
            lines = sessions.latest(book, result.session, MOST_BARS)
            document = sessions.stated_before(book, result.session)
            before = None if document is None else result_json.decode(document)
            moves = () if before is None else self._moves(book, result.session)
        return Past(with_own(result, lines), before, moves)

    def _moves(self, book: int, session: str) -> tuple[Entry, ...]:
        """Return the splits and renames that the session before did not know, in the order of folding."""
        books = self._contents.ledger.books
        kept, period = books.valuations.last(book, before=session), books.period()
        if kept is None or period is None or period.id != book:
            return ()
        new, _ = books.entries_after(period, kept.entry)
        moved = (each for each in new if (each.ratio or each.new_symbol) and each.effective <= session)
        return tuple(sorted(moved, key=folding.place))

    def message(self, row: MailRow, letter: Letter, now: datetime) -> bytes:
        """Return the whole message of a mail, ready to be sent; `now` is its date."""
        ledger = self._contents.ledger
        with ledger.translated_errors():
            earlier = [each for each in ledger.mails.of_session(row.session) if _was_sent(each, row)]
        return _composed(letter, self._settings, self._identity(row), now, map(self._identity, earlier))

    def _identity(self, row: MailRow) -> str:
        mails = self._contents.ledger.mails
        return message.message_id(
            session=row.session,
            attempt=row.attempt_number or None,
            kind=row.kind,
            number=row.number,
            ledger=mails.identity(),
            domain=mails.domain(message.domain_of(self._settings.sender)),
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
        domain=message.domain_of(settings.sender),
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


def _attachments(reports: Reports) -> tuple[Attachment, ...]:
    """Return the page and the orders, under the names of their files: saved beside others, each stays one."""
    names = {each.suffix: each.name for each in reports.files() if not each.name.endswith("_positions.csv")}
    return (
        Attachment(names[".html"], "html", reports.content(".html")),
        Attachment(names[".csv"], "csv", reports.content(".csv")),
    )
