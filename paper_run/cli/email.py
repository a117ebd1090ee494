"""The command about messages: send what is queued, send a session's again, print its mail."""

from __future__ import annotations

from typing import Any

import click

from paper_run.cli import flags, output
from paper_run.cli.parsing import options_of
from paper_run.errors import ExitStatus


@click.command()
@click.argument("attempt", metavar="[SESSION[-n]|latest]", required=False)
@options_of("email")
def email(*, attempt: str | None, of_mark: bool, to_stdout: bool, **given: Any) -> ExitStatus:
    """Send the messages that are queued, by mail and push; with a session, send its own again, on purpose."""
    from paper_run.app import send

    if of_mark and attempt is None and not to_stdout:
        raise click.UsageError("--mark goes with a session, or with latest, such as email latest --mark.")
    settings = flags.account(given)
    clock, console = output.clock(), output.console(given)
    if to_stdout:
        message = send.composed(settings, clock, console, attempt, of_mark=of_mark)
        return output.ended(output.print_raw(message.decode("ascii").replace("\r\n", "\n")))
    return output.ended(send.send(settings, clock, console, attempt, of_mark=of_mark))
