"""The ledger's mails: queued with what they tell, and sent after the day is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import DataError
from paper_run.model.commands import PLAIN, Invocation
from paper_run.services.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from paper_run.errors import PaperRunError
    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.outbox import MailKind, MailRow
    from paper_run.model.attempt import AttemptRow
    from paper_run.notify.dispatch import Delivered
    from paper_run.notify.email.compose import Composer, Told
    from paper_run.report.day import Reports
    from paper_run.report.publisher import Publisher
    from paper_run.report.summary.notices import Notice, NoticeKind
    from paper_run.settings.email import MailSettings


class Outbox:
    """Queues and sends a ledger's mails; whoever uses it holds the ledger's lock.

    :param settings: None: nobody is to be mailed, so nothing is queued and nothing sent.
    :param invocation: what makes the commands in a mail run as they stand. :param deadline: the command's.
    """

    def __init__(
        self,
        ledger: Ledger,
        settings: MailSettings | None,
        now: Callable[[], datetime],
        invocation: Invocation = PLAIN,
        deadline: Deadline | None = None,
    ) -> None:
        self._ledger = ledger
        self._deadline = deadline or Deadline()
        self._settings = settings
        self._now = now
        self._invocation = invocation

    @property
    def takes(self) -> bool:
        """Whether mails are queued without being asked for one by one."""
        return self._settings is not None and self._settings.on != "never"

    def closed(self, day: date, why: str, words: str, next_session: date) -> None:
        """Queue that there is no session on a day; `words` say it in a sentence."""
        if not self.takes:
            return
        from paper_run.report.summary.notices import Notice

        self._tell(Notice("closed", str(day), why, words, (), 0, str(next_session), None))

    def failed(
        self,
        kind: NoticeKind,
        session: date,
        error: PaperRunError,
        next_session: date | None = None,
        *,
        is_sandbox: bool = False,
    ) -> None:
        """Queue why a session was not traded or not valued.

        :param is_sandbox: whether it is a sandbox's; the ledger does not say so before its first attempt.
        """
        if not self.takes:
            return
        from paper_run.report.summary.notices import Notice

        self._tell(
            Notice.of_error(
                error,
                kind,
                session,
                next_session,
                is_sandbox=is_sandbox or bool(self._ledger.account.is_sandbox),
                ledger=self._ledger.account.identity,
            )
        )

    def _tell(self, notice: Notice) -> None:
        """Queue a notice, unless the session has had one of its kind and title."""
        from paper_run.report.summary.notices import Notice

        rows = self._ledger.mails.of_session(notice.session)
        with self._ledger.translated_errors():
            told = [Notice.from_json(row.content) for row in rows if row.content is not None]
        if all((each.kind, each.title) != (notice.kind, notice.title) for each in told):
            content = notice.to_json()
            self._ledger.mails.queue(notice.kind, notice.session, self._now(), content=content)

    def marked(self, kind: MailKind, session: str, status: str, before: str | None) -> None:
        """Queue the mail about a mark, unless the session has had one of its kind: `mark` or `close`.

        A mark that went well after one that did not is news again.

        :param status: of the mark. :param before: of the one that it took the place of, None for none.
        """
        if not self.takes:
            return
        mended = status == "success" and before not in (None, "success")
        if mended or all(row.kind != kind for row in self._ledger.mails.of_session(session)):
            self._ledger.mails.queue(kind, session, self._now())

    def outcome_known(self, row: AttemptRow) -> None:
        """Queue the mail that the outcome of an attempt is known, if one has said that it was not."""
        if self.takes and any(mail.state == "sent" for mail in self._ledger.mails.of_attempt(row.id)):
            self._ledger.mails.queue(
                "settled", str(row.session), self._now(), attempt=row.id, attempt_number=row.number
            )

    def deliver(self, publisher: Publisher, made: Iterable[Reports] = ()) -> Delivered | None:
        """Send what is queued, oldest first, over one connection.

        :param made: reports that are there already and need not be made once more.
        :return: what became of it; None: there was nothing to send.
        """
        settings = self._settings
        if settings is None:
            return None
        with self._ledger.translated_errors():
            queued = self._ledger.mails.queued()
        if not queued:
            return None
        from paper_run.notify.dispatch import Delivered, Dispatch
        from paper_run.notify.email.compose import Composer

        composer = Composer(self._ledger, publisher, settings, invocation=self._invocation, made=made)
        try:
            rows = [row for row in queued if self._is_wanted(row, settings, composer)]
            return Dispatch(
                self._ledger, settings, composer, self._now, seconds=self._deadline.for_mail()
            ).send(rows)
        except DataError as error:
            return Delivered(failures=(error,))

    def _is_wanted(self, row: MailRow, settings: MailSettings, composer: Composer) -> bool:
        """Tell whether a mail is to be sent; one that nobody wants is ended."""
        if row.on_purpose or settings.on == "always":
            return True
        if settings.on == "problems" and composer.is_problem(row):
            return True
        self._ledger.mails.end(row, "unwanted", self._now())
        return False

    # by hand

    def again(self, told: Told) -> None:
        """Queue a mail on purpose, whatever was sent before; one that waits is sent in its place."""
        attempt = told.attempt.id if told.attempt else None
        waiting = [
            row
            for row in self._ledger.mails.queued()
            if (row.session, row.kind, row.attempt) == (told.session, told.kind, attempt)
        ]
        if waiting:
            self._ledger.mails.want(waiting[-1])
            return
        self._ledger.mails.queue(
            told.kind,
            told.session,
            self._now(),
            attempt=attempt,
            attempt_number=told.attempt.number if told.attempt else 0,
            content=told.content,
            on_purpose=True,
        )


def send_unrecorded(
    notice: Notice, settings: MailSettings, now: datetime, invocation: Invocation, deadline: Deadline
) -> tuple[PaperRunError, ...]:
    """Send a notice that no ledger can keep: it can't be opened, or it is not known which one.

    :return: why it was not sent.
    """
    if settings.on == "never":
        return ()
    from paper_run.notify import undelivered
    from paper_run.notify.email import compose, refusals, smtp

    subject, message = compose.of_notice(notice, settings, now, invocation)
    try:
        with smtp.connected(settings, seconds=deadline.for_mail()) as server:
            refused = server.send(message, settings.recipients)
    except refusals.DeliveryFailed as error:
        return (undelivered.unrecorded(error, subject),)
    return (undelivered.refused(settings.server, subject, refused),) if refused else ()
