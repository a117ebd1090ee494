"""Messages: those that are queued, a session's again, and what stops a run before there is a ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from paper_run.app.finish import deliver
from paper_run.app.workspace import opened
from paper_run.errors import DataError, Remedy, SeveralErrors
from paper_run.ledger import existing
from paper_run.model import calendar, messages
from paper_run.model.commands import ours
from paper_run.model.findings import counted
from paper_run.notify import outbox
from paper_run.notify.contents import Contents, Told
from paper_run.notify.email.compose import Composer
from paper_run.report.summary.notices import Notice
from paper_run.settings import config
from paper_run.settings.email import require_host
from paper_run.trading import verdicts

if TYPE_CHECKING:
    from collections.abc import Callable

    from paper_run.app.workspace import Workspace
    from paper_run.errors import PaperRunError
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.commands import Invocation
    from paper_run.model.progress import Clock
    from paper_run.report.console import Console
    from paper_run.services.deadline import Deadline
    from paper_run.settings.config import Config
    from paper_run.settings.email import MailSettings
    from paper_run.settings.sources import Sources


T = TypeVar("T")

_MOST_UNREACHED = 10


def composed(account: Config, clock: Clock, console: Console, attempt: str | None, *, of_mark: bool) -> bytes:
    """Return a whole message, to be sent by somebody else; nothing is recorded.

    :param attempt: whose mail it is; None: the latest attempt's.
    :raises DataError: nobody is to be mailed, or the ledger has no such thing.
    """
    mail = _mail(account)
    with opened(account, clock, console) as workspace:
        told = _told(workspace.ledger, _name(attempt), of_mark=of_mark)
        contents = Contents(workspace.ledger, workspace.publisher, invocation=account.invocation)
        return Composer(contents, mail).printed(told, clock.now())


def send(
    account: Config, clock: Clock, console: Console, attempt: str | None, *, of_mark: bool
) -> tuple[PaperRunError, ...]:
    """Send what is queued, and first queue a session's message again if one is named; return what failed.

    By mail and by push, whichever there is.

    :raises DataError: there is neither, or it can't be used, or the ledger has no such thing.
    """
    mail = _mail(account) if account.push is None else account.mail
    prove_push(account)
    existing.require_ledger(account.place)
    if mail is not None:
        require_host(mail)
    with opened(account, clock, console) as workspace:
        if attempt is not None or of_mark:
            workspace.outbox.again(_told(workspace.ledger, _name(attempt), of_mark=of_mark))
        elif not workspace.ledger.mails.queued():
            command = account.invocation.whole(ours("email", "SESSION"))
            console.say(f"No message is waiting. To send one again: {command}")
        failed = deliver(workspace)
        if attempt is None and not failed:
            _tell_unreached(workspace)
        return failed


def _tell_unreached(workspace: Workspace) -> None:
    """Say which messages have ended before anybody had them, with the commands for the latest ones."""
    from paper_run.notify.email import undelivered

    rows = workspace.outbox.unreached()
    if not rows:
        return
    workspace.console.say(
        f"{counted(len(rows), 'message')} reached nobody. To send what is not sent by itself:"
    )
    for remedy in undelivered.again(rows, "refused")[-_MOST_UNREACHED:]:
        workspace.console.say(f"  {workspace.config.invocation.whole(remedy.command)}")


def _mail(account: Config) -> MailSettings:
    if account.mail is None:
        raise DataError(
            "No mail can be sent: PAPER_RUN_EMAIL_TO is not set",
            "Allowed: addresses, joined by commas, such as trader@example.com.",
            remedies=("Set PAPER_RUN_EMAIL_TO, or use --email-to ADDRESS.",),
        )
    return account.mail


def prove_push(account: Config) -> None:
    """Prove that push notifications can be sent, if they are to be; nothing is sent.

    :raises DataError: they can't.
    """
    if account.push is not None:
        from paper_run.notify.push.services import services

        services(account.push.urls)


def unrecorded(
    error: PaperRunError,
    sources: Sources,
    invocation: Invocation,
    deadline: Deadline,
    *,
    is_sandbox: bool,
    mails: bool = True,
) -> PaperRunError:
    """Tell what stops a run before there is a ledger to queue a message in; return all that went wrong.

    :param sources: where the settings are typed; with wrong ones there is no way to tell.
    :param mails: whether a mail is to be sent too.
    """
    try:
        today = calendar.exchange_time(calendar.utc_now(), config.exchange(sources)).date()
    except DataError:
        return error
    mail = _usable(lambda: config.mail(sources)) if mails else None
    push = _usable(lambda: config.push(sources))
    if mail is not None and mail.host is None:
        mail = None
    if mail is None and push is None:
        return error
    notice = Notice.of_error(error, "stopped", today, is_sandbox=is_sandbox)
    unsent = outbox.send_unrecorded(notice, mail, push, calendar.utc_now(), invocation, deadline)
    return SeveralErrors((*messages.single(error), *unsent)) if unsent else error


def _usable(read: Callable[[], T | None]) -> T | None:
    """Return settings; None where they are wrong: another channel may tell of it."""
    try:
        return read()
    except DataError:
        return None


def _name(attempt: str | None) -> str:
    """Return what is named, the latest where nothing is; an empty name is wrong, and names nothing."""
    return "latest" if attempt is None else attempt


def _told(ledger: Ledger, name: str, *, of_mark: bool) -> Told:
    """Return what a person names: an attempt, a session's latest mark, or why a session was not traded.

    :raises DataError: the ledger has no such thing.
    """
    if not of_mark:
        try:
            row = verdicts.named(ledger, name)
        except DataError:
            notices = [mail for mail in ledger.mails.of_session(name) if mail.content is not None]
            if notices:
                return Told(notices[-1].kind, name, content=notices[-1].content)
            if ledger.sessions.mark(name) is None:
                raise
        else:
            return Told("run", str(row.session), attempt=row)
    session = ledger.sessions.latest_marked() if name == "latest" else name
    if session is None or ledger.sessions.mark(session) is None:
        raise DataError(
            f"The ledger {ledger.name} has no mark {'yet' if name == 'latest' else f'of {name}'}",
            remedies=(Remedy("See which sessions there are", ours("history")),),
        )
    is_close = any(mail.kind == "close" for mail in ledger.mails.of_session(session))
    return Told("close" if is_close else "mark", session)
