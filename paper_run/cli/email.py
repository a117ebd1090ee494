"""The command about the e-mail: send what is queued, send a session's mail again, print it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import flags as given
from paper_run.cli import output, streams
from paper_run.cli.parsing import common_options, email_to, ledger_option
from paper_run.errors import DataError, ExitStatus, PaperRunError, Remedy, SeveralErrors
from paper_run.model.commands import ours

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from paper_run.ledger.ledger import Ledger
    from paper_run.notify.email.compose import Told
    from paper_run.services.deadline import Deadline


@click.command(short_help="Send what is queued, or a session's mail again.")
@click.argument("trade", metavar="[SESSION[-n]|latest]", required=False)
@click.option("--mark", "of_mark", is_flag=True, help="The mail about the session's latest mark.")
@click.option("--to-stdout", is_flag=True, help="Print the message, for sendmail or mutt; nothing is sent.")
@email_to
@ledger_option
@common_options
def email(*, trade: str | None, of_mark: bool, to_stdout: bool, **flags: Any) -> ExitStatus:
    """Send the mails that are queued; with a session, send its mail again, on purpose."""
    from paper_run.app.finish import deliver
    from paper_run.app.workspace import PATIENCE
    from paper_run.ledger import existing
    from paper_run.ledger.sqlite import lock
    from paper_run.notify.email.compose import Composer
    from paper_run.notify.outbox import Outbox
    from paper_run.report.publisher import Filing
    from paper_run.settings import email as mail_settings

    settings = given.settings(flags, sends=False)
    folder, clock, console = given.reports_folder(flags), output.clock(), output.console(flags)
    if settings.mail is None:
        raise DataError(
            "Nobody is to be mailed: PAPER_RUN_EMAIL_TO is not set",
            "Allowed: addresses, joined by commas, such as trader@example.com.",
            remedies=("Set PAPER_RUN_EMAIL_TO, or use --email-to ADDRESS; nothing was sent.",),
        )
    existing.require_ledger(folder)
    if not to_stdout:
        mail_settings.require_host(settings.mail)
    with (
        lock.held(folder, now=clock.now(), patience=PATIENCE, pause=clock.pause),
        existing.existing_ledger(folder) as ledger,
    ):
        ledger.account.refuse_another(settings.ledger)
        is_named = trade is not None or of_mark or to_stdout
        told = _told(ledger, trade or "latest", of_mark=of_mark) if is_named else None
        filing = Filing(ledger, folder)
        if told is not None and to_stdout:
            composer = Composer(ledger, filing, settings.mail, invocation=settings.invocation)
            message = composer.printed(told, clock.now())
            failed = streams.print_raw(message.decode("ascii").replace("\r\n", "\n"))
        else:
            outbox = Outbox(ledger, settings.mail, clock.now, settings.invocation)
            if told is not None:
                outbox.again(told)
            elif not ledger.mails.queued():
                command = settings.invocation.whole(ours("email", "SESSION"))
                console.say(f"No e-mail is waiting. To send one again: {command}")
            failed = [*deliver(filing, outbox, console)]
    return output.ended(failed)


@contextlib.contextmanager
def untold(flags: Mapping[str, Any], deadline: Deadline) -> Iterator[None]:
    """Mail what stops a run before there is a ledger to queue a mail in, if nobody was told of it."""
    try:
        yield
    except PaperRunError as error:
        if error.told or flags["dry_run"] or flags["no_email"]:
            raise
        unsent = _send_unrecorded(error, flags, deadline)
        if unsent:
            from paper_run.model import messages

            raise SeveralErrors((*messages.single(error), *unsent)) from None
        raise


def _send_unrecorded(
    error: PaperRunError, flags: Mapping[str, Any], deadline: Deadline
) -> tuple[PaperRunError, ...]:
    from paper_run.model.calendar import utc_now
    from paper_run.notify import outbox
    from paper_run.report.summary.notices import Notice
    from paper_run.settings import config

    sources = given.sources(flags)
    try:
        settings = config.mail(sources)
        today = given.today(sources)
    except DataError:
        return ()  # with settings like these there is no way to tell; the error itself is shown
    if settings is None or settings.host is None:
        return ()
    notice = Notice.of_error(error, "stopped", today, is_sandbox=bool(flags["sandbox"]))
    return outbox.send_unrecorded(notice, settings, utc_now(), given.invocation(flags, sources), deadline)


def _told(ledger: Ledger, name: str, *, of_mark: bool) -> Told:
    """Return what a person names: a trade, a session's latest mark, or why a session was not traded.

    :raises DataError: the ledger has no such thing.
    """
    from paper_run.notify.email.compose import Told
    from paper_run.trading import verdicts

    if not of_mark:
        try:
            row = verdicts.named(ledger, name)
        except DataError:
            notices = [mail for mail in ledger.mails.of_session(name) if mail.content is not None]
            if notices:
                return Told(notices[-1].kind, name, content=notices[-1].content)
            if ledger.history.mark(name) is None:
                raise
        else:
            return Told("run", str(row.session), trade=row)
    session = ledger.history.latest_marked() if name == "latest" else name
    if session is None or ledger.history.mark(session) is None:
        raise DataError(
            f"The ledger {ledger.path} has no mark of {name}",
            remedies=(Remedy("See which sessions there are", ours("history")),),
        )
    is_close = any(mail.kind == "close" for mail in ledger.mails.of_session(session))
    return Told("close" if is_close else "mark", session)
