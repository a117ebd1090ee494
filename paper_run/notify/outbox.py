"""The ledger's messages: queued with what they tell, and sent after the day is saved, by each channel."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from paper_run.errors import DataError
from paper_run.model.commands import Invocation
from paper_run.services.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import date, datetime

    from paper_run.errors import PaperRunError
    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.outbox import ChannelName, MailKind, MailRow
    from paper_run.model.attempt import AttemptRow
    from paper_run.notify.channel import Channel, Delivered, Sent
    from paper_run.notify.contents import Contents, Told
    from paper_run.report.day import Reports
    from paper_run.report.publisher import Publisher
    from paper_run.report.summary.notices import Notice, NoticeKind
    from paper_run.settings.email import EmailOn, MailSettings
    from paper_run.settings.notify import PushSettings

_OVERTAKES: dict[MailKind, tuple[MailKind, ...]] = {
    "stopped": ("run",),
    "late": ("run",),
    "unvalued": ("mark", "close"),
}
"""After which messages of its session a notice that still waits tells what is no longer so."""
_SAYS_IT_TOO: dict[MailKind, tuple[MailKind, ...]] = {
    "run": ("run", "settled"),
    "settled": ("run", "settled"),
    "mark": ("mark", "close"),
    "close": ("close",),
    "stopped": ("stopped", "run"),
    "late": ("late", "run"),
    "unvalued": ("unvalued", "mark", "close"),
}
"""Which later messages of its session leave nothing to be told of one that reached nobody."""


class Outbox:
    """Queues and sends a ledger's messages; whoever uses it holds the ledger's lock.

    :param mail: None: nobody is to be mailed, so nothing is queued for it and nothing mailed.
    :param push: likewise of push notifications.
    :param invocation: what makes the commands in a message run as they stand. :param deadline: the command's.
    """

    def __init__(
        self,
        ledger: Ledger,
        mail: MailSettings | None,
        push: PushSettings | None,
        now: Callable[[], datetime],
        invocation: Invocation,
        deadline: Deadline | None,
    ) -> None:
        self._ledger = ledger
        self._deadline = deadline or Deadline()
        self._mail = mail
        self._push = push
        self._now = now
        self._invocation = invocation

    @property
    def takes(self) -> tuple[ChannelName, ...]:
        """The channels for which messages are queued without being asked for one by one."""
        return tuple(name for name, on in self._configured().items() if on != "never")

    def _configured(self) -> dict[ChannelName, EmailOn]:
        """Return the channels that there are, with when each is used; a push is on its way before a mail."""
        found: dict[ChannelName, EmailOn] = {}
        if self._push is not None:
            found["push"] = self._push.on
        if self._mail is not None:
            found["email"] = self._mail.on
        return found

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
            self._ledger.mails.queue(
                notice.kind, notice.session, self._ledger.now(self._now), content=content, channels=self.takes
            )

    def marked(self, kind: MailKind, session: str, status: str, before: str | None) -> None:
        """Queue the mail about a mark, unless the session has had one of its kind: `mark` or `close`.

        A mark that went well after one that did not is news again.

        :param status: of the mark. :param before: of the one that it took the place of, None for none.
        """
        if not self.takes:
            return
        mended = status == "success" and before not in (None, "success")
        if mended or all(row.kind != kind for row in self._ledger.mails.of_session(session)):
            self._ledger.mails.queue(kind, session, self._ledger.now(self._now), channels=self.takes)

    def outcome_known(self, row: AttemptRow) -> None:
        """Queue the mail that the outcome of an attempt is known, if one has said that it was not."""
        if self.takes and self._ledger.mails.was_told(row.id):
            self._ledger.mails.queue(
                "settled",
                str(row.session),
                self._ledger.now(self._now),
                attempt=row.id,
                attempt_number=row.number,
                channels=self.takes,
            )

    def deliver(self, publisher: Publisher, made: Iterable[Reports] = ()) -> Delivered | None:
        """Send what is queued, oldest first, by each channel side by side; none holds up another.

        :param made: reports that are there already and need not be made once more.
        :return: what became of it; None: there was nothing to send.
        """
        if not self._configured():
            return None
        with self._ledger.translated_errors():
            queued = [(row, self._ledger.mails.waiting_for(row)) for row in self._ledger.mails.queued()]
        if not queued:
            return None
        from paper_run.notify.channel import Delivered
        from paper_run.notify.contents import Contents

        contents = Contents(self._ledger, publisher, invocation=self._invocation, made=made)
        started: list[Channel] = []
        sent: list[Sent] = []
        failures: list[PaperRunError] = []
        for channel in self._channels(contents):
            try:
                on = self._configured()[channel.name]
                rows = [row for row, names in queued if channel.name in names]
                channel.start([row for row in rows if self._is_wanted(row, channel.name, on, contents)])
            except DataError as error:
                failures.append(error)
            else:
                started.append(channel)
        for channel in reversed(started):  # a mail's conversation is held here, while others are on their way
            try:
                done = channel.finish()
            except DataError as error:  # the ledger is lost: what is queued in it is sent by the next command
                failures.append(error)
            else:
                sent += done.sent
                failures += done.failures
        return Delivered(tuple(sent), tuple({str(each): each for each in failures}.values()))

    def _channels(self, contents: Contents) -> Iterable[Channel]:
        if self._push is not None:
            from paper_run.notify.push.dispatch import Pushed

            yield Pushed(self._push, contents, self._now, seconds=self._deadline.for_mail())
        if self._mail is not None:
            from paper_run.notify.email.dispatch import Email

            yield Email(self._mail, contents, self._now, left=self._deadline.for_mail)

    def _is_wanted(self, row: MailRow, channel: ChannelName, on: EmailOn, contents: Contents) -> bool:
        """Tell whether a message is to be sent by a channel; one that nobody wants there is ended."""
        if row.on_purpose:
            return True
        is_asked_for = on == "always" or (on == "problems" and contents.is_problem(row))
        if is_asked_for and not self._is_overtaken(row, channel):
            return True
        self._ledger.mails.end(row, channel, "unwanted", self._now())
        return False

    def _is_overtaken(self, row: MailRow, channel: ChannelName) -> bool:
        """Tell whether what a message says is known to be over: the session was traded or valued since.

        Neither a rehearsal nor an earlier result that somebody asked for once more says so.
        """
        mails = self._ledger.mails
        return any(
            channel in mails.channels(each) and not each.on_purpose and not self._is_of_a_rehearsal(each)
            for each in self._later(row, _OVERTAKES.get(row.kind, ()))
        )

    def _is_of_a_rehearsal(self, row: MailRow) -> bool:
        """Tell whether a message tells of an attempt that left its session open to be traded."""
        if row.attempt is None:
            return False
        with self._ledger.translated_errors():
            attempt = self._ledger.attempts.by_id(row.attempt, document="")
        return attempt.snapshot.rehearsal and attempt.fence is None

    def _later(self, row: MailRow, kinds: Collection[MailKind]) -> list[MailRow]:
        found = self._ledger.mails.of_session(row.session) if kinds else []
        return [each for each in found if each.id > row.id and each.kind in kinds]

    def unreached(self) -> list[MailRow]:
        """Return what was wanted and reached nobody, and is not sent again by itself, oldest first.

        What a later message of the session has told since is left out.
        """
        return [
            row
            for row in self._ledger.mails.reached_nobody()
            if all(
                each.state == "unwanted"
                or (each.attempt != row.attempt if row.attempt is not None else self._is_of_a_rehearsal(each))
                for each in self._later(row, _SAYS_IT_TOO.get(row.kind, (row.kind,)))
            )
        ]

    # by hand

    def again(self, told: Told) -> None:
        """Queue a message on purpose, whatever was sent before; one that waits is sent in its place."""
        attempt, channels = told.attempt.id if told.attempt else None, tuple(self._configured())
        waiting = [
            row
            for row in self._ledger.mails.queued()
            if (row.session, row.kind, row.attempt) == (told.session, told.kind, attempt)
            and self._ledger.mails.waiting_for(row).issuperset(channels)
        ]
        if waiting:
            self._ledger.mails.want(waiting[-1])
            return
        self._ledger.mails.queue(
            told.kind,
            told.session,
            self._ledger.now(self._now),
            attempt=attempt,
            attempt_number=told.attempt.number if told.attempt else 0,
            content=told.content,
            on_purpose=True,
            channels=channels,
        )


def send_unrecorded(
    notice: Notice,
    mail: MailSettings | None,
    push: PushSettings | None,
    now: datetime,
    invocation: Invocation,
    deadline: Deadline,
) -> tuple[PaperRunError, ...]:
    """Send a notice that no ledger can keep: it can't be opened, or it is not known which one.

    :return: why it was not sent.
    """
    pushed = None
    if push is not None and push.on != "never":
        from paper_run.notify.push.dispatch import Unrecorded

        with contextlib.suppress(DataError):  # it may be the very one that is told
            pushed = Unrecorded(notice, push, invocation, seconds=deadline.for_mail())
    failed = (
        ()
        if mail is None or mail.on == "never"
        else _mail_unrecorded(notice, mail, now, invocation, deadline)
    )
    return (*failed, *(pushed.finish() if pushed else ()))


def _mail_unrecorded(
    notice: Notice, settings: MailSettings, now: datetime, invocation: Invocation, deadline: Deadline
) -> tuple[PaperRunError, ...]:
    from paper_run.notify.email import compose, refusals, smtp, undelivered

    subject, message = compose.of_notice(notice, settings, now, invocation)
    try:
        with smtp.connected(settings, seconds=deadline.for_mail()) as server:
            refused = server.send(message, settings.recipients)
    except refusals.DeliveryFailed as error:
        return (undelivered.unrecorded(error, subject),)
    return (undelivered.refused(settings.server, subject, refused),) if refused else ()
