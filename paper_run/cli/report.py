"""`report`: a session's files made again from the ledger, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import flags, output
from paper_run.cli.parsing import options_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paper_run.errors import ExitStatus


@click.command()
@click.argument("attempt", metavar="[SESSION[-n]|latest]", required=False)
@options_of("report")
def report(
    attempt: str | None,
    *,
    opens: bool,
    of_all: bool,
    since: str | None,
    until: str | None,
    **given: Any,
) -> ExitStatus:
    """Make the files of an attempt again, byte for byte, from the ledger alone: SESSION, SESSION-n or latest.

    SESSION makes those of its first attempt and of its latest mark. --since makes a tear sheet instead.
    """
    if since is not None or until is not None:
        return _tear_sheet(given, since, until, opens=opens, others=of_all or attempt is not None)
    from paper_run.app.report import make_again
    from paper_run.report import listing

    if of_all and attempt is not None:
        raise click.UsageError("--all means each attempt and mark; name one, or all.")
    console = output.console(given)
    named = None if of_all else "latest" if attempt is None else attempt
    made = make_again(flags.place(given), output.clock(), named)
    for path in made.there:
        listing.there(console, path)
    unopened = output.open_page(made.page) if opens and made.page is not None else []
    return output.written_files(console, made.written, [*made.failed, *unopened])


def _tear_sheet(
    given: Mapping[str, Any], since: str | None, until: str | None, *, opens: bool, others: bool
) -> ExitStatus:
    if others:
        raise click.UsageError("A tear sheet is of a period: --since DATE [--until DATE], and nothing else.")
    first, last = flags.past_day("--since", since, given), flags.past_day("--until", until, given)
    if first is None:
        raise click.UsageError("--until needs --since: the date that the tear sheet begins with.")
    if last is not None and last < first:
        raise click.UsageError(f"--until {last} lies before --since {first}.")
    from paper_run.app import tearsheet

    written = tearsheet.make(flags.place(given), output.clock().now(), first, last)
    unopened = output.open_page(written[-1]) if opens else []
    return output.written_files(output.console(given), written, unopened)
