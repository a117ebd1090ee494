"""`report`: a session's files made again from the ledger, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import flags, output
from paper_run.cli.parsing import options_of

if TYPE_CHECKING:
    from paper_run.errors import ExitStatus


@click.command()
@click.argument("attempt", metavar="[SESSION[-n]|latest]", required=False)
@options_of("report")
def report(attempt: str | None, *, opens: bool, of_all: bool, **given: Any) -> ExitStatus:
    """Make the files of an attempt again, byte for byte, from the ledger alone: SESSION, SESSION-n or latest.

    SESSION makes those of its first attempt and of its latest mark.
    """
    from paper_run.app.report import make_again
    from paper_run.report import listing

    if of_all and attempt is not None:
        raise click.UsageError("--all means each attempt and mark; name one, or all.")
    console = output.console(given)
    named = None if of_all else attempt or "latest"
    made = make_again(flags.place(given), output.clock(), named)
    for path in made.there:
        listing.there(console, path)
    unopened = output.open_page(made.page) if opens and made.page is not None else []
    return output.written_files(console, made.written, [*made.failed, *unopened])
