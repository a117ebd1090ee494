"""The command about the e-mail: send what is queued, send a session's mail again, print it."""

from __future__ import annotations

from typing import Any

import click

from paper_run.cli import flags, output, streams
from paper_run.cli.parsing import options_of
from paper_run.errors import DataError, ExitStatus


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
