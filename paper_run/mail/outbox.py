"""The ledger's mails: queued with what they tell, sent after the day is saved, each of them once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from paper_run import failures
from paper_run.errors import DataError
from paper_run.ledger.mails import MailRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date, datetime

    from paper_run.errors import PaperRunError
    from paper_run.filing import Filing
    from paper_run.ledger.journal import Ledger
    from paper_run.ledger.mails import MailKind
    from paper_run.mail.delivery import Server
    from paper_run.mail.letter import Attachment, Letter
    from paper_run.mail.notices import Notice, NoticeKind
    from paper_run.mail.subjects import Occasion
    from paper_run.mail_settings import MailSettings
    from paper_run.models import TradeRow
    from paper_run.writers.reports import Reports


class Told(NamedTuple):
    """What a mail tells of: a trade, a session's latest mark, or a notice by its content."""

    kind: MailKind
    session: str
    trade: TradeRow | None = None
    content: str | None = None


class Delivered(NamedTuple):
    """What became of the mails that were waiting: the subjects of those that were sent, and the failures."""

    subjects: tuple[str, ...] = ()
    failures: tuple[PaperRunError, ...] = ()


class Outbox:
    """Queues and sends a ledger's mails; whoever uses it holds the ledger's lock.

    :param settings: None: nobody is to be mailed, so nothing is queued and nothing sent.
    :param context: the options that a command needs to find this ledger.
    """

    def __init__(
        self, ledger: Ledger, settings: MailSettings | None, now: Callable[[], datetime], context: str = ""
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._now = now
        self._context = context

    @property
    def takes(self) -> bool:
        """Whether mails are queued without being asked for one by one."""
        return self._settings is not None and self._settings.on != "never"

    def closed(self, day: date, why: str, words: str, next_session: date) -> None:
        """Queue that there is no session on a day; `words` say it in a sentence."""
        if not self.takes:
            return
        from paper_run.mail.notices import Notice

        self._tell(
            Notice(
                kind="closed",
                session=str(day),
                title=why,
                explanation=words,
                remedies=(),
                exit_status=0,
                next_session=str(next_session),
                label=None,
            )
        )

    def failed(
        self, kind: NoticeKind, session: date, error: PaperRunError, next_session: date | None = None
    ) -> None:
        """Queue why a session was not traded or not valued."""
        if not self.takes:
            return
        from paper_run.writers.json_document import label

        words = label(sandbox=bool(self._ledger.is_sandbox), rehearsal=False)
        self._tell(notice_of(error, kind=kind, session=session, next_session=next_session, label=words))

    def _tell(self, notice: Notice) -> None:
        """Queue a notice, unless the session has had one of its kind and title."""
        from paper_run.mail.notices import Notice

        rows = self._ledger.mails.of_session(notice.session)
        with self._ledger.explained():
            told = [Notice.from_json(row.content) for row in rows if row.content is not None]
        if all((each.kind, each.title) != (notice.kind, notice.title) for each in told):
            content = notice.to_json()
            self._ledger.mails.queue(notice.kind, notice.session, self._now(), content=content)

    def marked(self, kind: MailKind, session: str) -> None:
        """Queue the mail about a mark, unless the session has had one of its kind: `mark` or `close`."""
        if self.takes and all(row.kind != kind for row in self._ledger.mails.of_session(session)):
            self._ledger.mails.queue(kind, session, self._now())

    def settled(self, row: TradeRow) -> None:
        """Queue the mail that a trade is settled, if one has said that it was not."""
        if self.takes and any(mail.state == "sent" for mail in self._ledger.mails.of_trade(row.id)):
            self._ledger.mails.queue(
                "settled", str(row.session), self._now(), trade=row.id, trade_number=row.number
            )

    def deliver(self, filing: Filing, made: Iterable[Reports] = ()) -> Delivered:
        """Send what is queued, oldest first, over one connection; what could not be sent stays queued.

        :param made: reports that are there already and need not be made once more.
        """
        settings = self._settings
        if settings is None:
            return Delivered()
        try:
            rows = [row for row in self._ledger.mails.queued() if self._is_wanted(row, settings)]
        except DataError as error:
            return Delivered(failures=(error,))
        if not rows:
            return Delivered()
        return self._send(rows, settings, filing, {each.json: each for each in made})

    def _is_wanted(self, row: MailRow, settings: MailSettings) -> bool:
        """Tell whether a mail is to be sent; one that nobody wants is ended."""
        if row.on_purpose or settings.on == "always" or (settings.on == "problems" and self._is_problem(row)):
            return True
        self._ledger.mails.end(row, "unwanted", self._now())
        return False

    def _is_problem(self, row: MailRow) -> bool:
        from paper_run.mail import letters
        from paper_run.mail.notices import Notice
        from paper_run.writers import json_document

        with self._ledger.explained():
            if row.content is not None:
                return letters.is_problem(Notice.from_json(row.content))
            return letters.is_problem(json_document.loads(self._document(row)))

    def _send(
        self, rows: list[MailRow], settings: MailSettings, filing: Filing, made: Mapping[str, Reports]
    ) -> Delivered:
        from paper_run.mail import delivery

        subjects: list[str] = []
        failed: list[PaperRunError] = []
        try:
            with delivery.connected(settings) as server:
                for row in rows:
                    try:
                        letter = self.letter(row, filing, made)
                        refused = self._hand_over(row, letter, settings, server)
                    except DataError as error:
                        failed.append(error)
                        continue
                    except delivery.DeliveryFailed as error:
                        self._ledger.mails.trouble(row, error.reason, row.reached)
                        failed.append(failures.mail_unsent(settings.server, letter.subject, error.reason))
                        if error.connection_lost:
                            break
                        continue
                    subjects.append(letter.subject)
                    if refused:
                        failed.append(failures.mail_refused(settings.server, letter.subject, refused))
        except delivery.DeliveryFailed as error:
            waiting = f"{len(rows)} mail{'s' * (len(rows) != 1)}"
            failed.append(failures.mail_unsent(settings.server, waiting, error.reason))
        return Delivered(tuple(subjects), tuple(failed))

    def _hand_over(self, row: MailRow, letter: Letter, settings: MailSettings, server: Server) -> str:
        """Send a mail to whoever has not had it, and record it; return who was refused, in words."""
        left = [address for address in settings.recipients if address not in row.reached]
        refused = server.send(self.message(row, letter, settings), left) if left else {}
        reached = [*row.reached, *(address for address in left if address not in refused)]
        if not refused:
            self._ledger.mails.end(row, "sent", self._now(), reached)
            return ""
        words = _refusals(refused)
        self._ledger.mails.trouble(row, words, reached)
        return words

    # by hand

    def again(self, told: Told) -> None:
        """Queue a mail on purpose, whatever was sent before."""
        self._ledger.mails.queue(
            told.kind,
            told.session,
            self._now(),
            trade=told.trade.id if told.trade else None,
            trade_number=told.trade.number if told.trade else 0,
            content=told.content,
            on_purpose=True,
        )

    def printed(self, told: Told, filing: Filing) -> bytes:
        """Return a message to be sent by somebody else; nothing is recorded.

        Its number is the time, so that it is no mail that was ever sent.
        """
        if self._settings is None:
            raise LookupError("a message without a recipient")
        row = MailRow(
            id=0,
            session=told.session,
            kind=told.kind,
            trade=told.trade.id if told.trade else None,
            trade_number=told.trade.number if told.trade else 0,
            number=int(self._now().timestamp()),
            on_purpose=True,
            state="queued",
            content=told.content,
            reached=(),
        )
        return self.message(row, self.letter(row, filing), self._settings)

    # what a mail says

    def letter(self, row: MailRow, filing: Filing, made: Mapping[str, Reports] | None = None) -> Letter:
        """Return the letter of a mail, from the ledger as it stands now."""
        from paper_run.mail import letters
        from paper_run.mail.notices import Notice

        with self._ledger.explained():
            if row.content is not None:
                return letters.of_notice(Notice.from_json(row.content), cache_folder=filing.cache_folder)
            document = self._document(row)
        reports = (made or {}).get(document) or filing.reports(document)
        return letters.of_result(
            reports.document,
            occasion=_occasion(row),
            attachments=_attachments(reports),
            context=self._context,
            cache_folder=filing.cache_folder,
        )

    def message(self, row: MailRow, letter: Letter, settings: MailSettings) -> bytes:
        """Return the whole message of a mail, ready to be sent."""
        from paper_run.mail import message

        identity = message.message_id(
            session=row.session,
            trade=row.trade_number or None,
            kind=row.kind,
            number=row.number,
            ledger=self._ledger.mails.identity(),
            sender=settings.sender,
        )
        return _composed(letter, settings, identity, self._now())

    def _document(self, row: MailRow) -> str:
        if row.trade is not None:
            return self._ledger.by_id(row.trade).document
        document = self._ledger.history.mark(row.session)
        if document is None:
            raise LookupError(f"the mail {row.id} tells of a mark that is not there")
        return document


def send_unrecorded(notice: Notice, settings: MailSettings, now: datetime) -> tuple[PaperRunError, ...]:
    """Send a notice that no ledger can keep: it can't be opened, or it is not known which one.

    :return: why it was not sent.
    """
    from paper_run.mail import delivery, letters, message

    if settings.on == "never":
        return ()
    letter = letters.of_notice(notice)
    identity = message.message_id(
        session=notice.session,
        trade=None,
        kind=notice.kind,
        number=int(now.timestamp()),
        ledger="unrecorded",
        sender=settings.sender,
    )
    content = _composed(letter, settings, identity, now)
    try:
        with delivery.connected(settings) as server:
            refused = server.send(content, settings.recipients)
    except delivery.DeliveryFailed as error:
        return (failures.mail_unsent(settings.server, letter.subject, error.reason, is_queued=False),)
    words = _refusals(refused)
    return (failures.mail_refused(settings.server, letter.subject, words),) if words else ()


def notice_of(
    error: PaperRunError, *, kind: NoticeKind, session: date, next_session: date | None, label: str | None
) -> Notice:
    """Return why a session was not traded or not valued."""
    from paper_run.mail.notices import Notice

    errors = failures.single(error)
    return Notice(
        kind=kind,
        session=str(session),
        title=error.title,
        explanation="\n".join(each.explanation for each in errors),
        remedies=tuple(remedy for each in errors for remedy in each.remedies),
        exit_status=int(error.exit_status),
        next_session=None if next_session is None else str(next_session),
        label=label,
    )


def _refusals(refused: Mapping[str, str]) -> str:
    return "; ".join(f"{address}: it {reason}" for address, reason in refused.items())


def _composed(letter: Letter, settings: MailSettings, identity: str, now: datetime) -> bytes:
    from paper_run.mail import message

    return message.compose(
        letter,
        sender=settings.sender,
        to=settings.to,
        cc=settings.cc,
        message_id=identity,
        date=now,
        list_id=message.list_id(settings.sender),
    )


def _occasion(row: MailRow) -> Occasion:
    if row.kind in ("run", "settled", "mark", "close"):
        return row.kind
    raise LookupError(f"the mail {row.id} is a notice without its content")


def _attachments(reports: Reports) -> tuple[Attachment, ...]:
    from paper_run.mail.letter import Attachment

    return (
        Attachment("report.html", "html", reports.content(".html")),
        Attachment("orders.csv", "csv", reports.content(".csv")),
    )
