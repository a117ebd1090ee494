"""The command about the e-mail: send what is queued, send a session's mail again, print it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import flags, output, streams
from paper_run.cli.parsing import options_of
from paper_run.errors import DataError, ExitStatus, PaperRunError, SeveralErrors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from paper_run.services.deadline import Deadline


@click.command(short_help="Send what is queued, or a session's mail again.")
@click.argument("attempt", metavar="[SESSION[-n]|latest]", required=False)
@options_of("email")
def email(*, attempt: str | None, of_mark: bool, to_stdout: bool, **given: Any) -> ExitStatus:
    """Send the mails that are queued; with a session, send its mail again, on purpose."""
    from paper_run.app import send
    from paper_run.ledger import existing
    from paper_run.settings import email as mail_settings

    settings = flags.account(given)
    clock, console = output.clock(), output.console(given)
    if settings.mail is None:
        raise DataError(
            "Nobody is to be mailed: PAPER_RUN_EMAIL_TO is not set",
            "Allowed: addresses, joined by commas, such as trader@example.com.",
            remedies=("Set PAPER_RUN_EMAIL_TO, or use --email-to ADDRESS; nothing was sent.",),
        )
    existing.require_ledger(settings.reports_dir)
    if to_stdout:
        message = send.composed(settings, settings.mail, clock, console, attempt, of_mark=of_mark)
        return output.ended(streams.print_raw(message.decode("ascii").replace("\r\n", "\n")))
    mail_settings.require_host(settings.mail)
    return output.ended(send.send(settings, clock, console, attempt, of_mark=of_mark))


@contextlib.contextmanager
def untold(given: Mapping[str, Any], deadline: Deadline) -> Iterator[None]:
    """Mail what stops a run before there is a ledger to queue a mail in, if nobody was told of it."""
    try:
        yield
    except PaperRunError as error:
        if error.told or given["dry_run"] or given["no_email"]:
            raise
        unsent = _send_unrecorded(error, given, deadline)
        if unsent:
            from paper_run.model import messages

            raise SeveralErrors((*messages.single(error), *unsent)) from None
        raise


def _send_unrecorded(
    error: PaperRunError, given: Mapping[str, Any], deadline: Deadline
) -> tuple[PaperRunError, ...]:
    from paper_run.model.calendar import utc_now
    from paper_run.notify import outbox
    from paper_run.report.summary.notices import Notice
    from paper_run.settings import config

    sources = flags.sources(given)
    try:
        settings = config.mail(sources)
        today = flags.today(sources)
    except DataError:
        return ()  # with settings like these there is no way to tell; the error itself is shown
    if settings is None or settings.host is None:
        return ()
    notice = Notice.of_error(error, "stopped", today, is_sandbox=bool(given["sandbox"]))
    return outbox.send_unrecorded(notice, settings, utc_now(), flags.invocation(given, sources), deadline)
