"""`resolve`: what is not known, and what a person says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import connect, flags, mark, output, resolve_flags
from paper_run.cli.output import written_files
from paper_run.cli.parsing import options_of
from paper_run.errors import ExitStatus, PaperRunError, worst

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from paper_run.report.preview import Preview
    from paper_run.trading.account.adjustments import Change


@click.command()
@click.argument("attempt", metavar="[SESSION[-n]]", required=False)
@options_of("resolve")
def resolve(attempt: str | None, **given: Any) -> ExitStatus:
    """List the attempts whose outcome is unknown, or say what came of one; or change the book by hand.

    --position, --split and --reset change the book, --order and --filled an order in it.
    """
    if not given["dry_run"]:
        if given["as_json"] and (attempt is not None or any(given[name] for name in resolve_flags.SAYS)):
            raise click.UsageError("--json goes with the list, or with --dry-run.")
        return _said(attempt, given)
    found: list[Preview] = []
    try:
        status = _said(attempt, given, found.append)
    except PaperRunError:
        if found:
            _shown(found, given)
        raise
    return worst((status, output.ended(_shown(found, given))))


def _shown(found: Sequence[Preview], given: Mapping[str, Any]) -> list[PaperRunError]:
    """Show what a change would come to, if one was said, and that there is none; return what went wrong."""
    from paper_run.report import preview

    if given["as_json"]:
        return [failed for each in found for failed in output.print_json(preview.to_json(each))]
    console = output.console(given)
    for each in found:
        preview.show(console, each)
    console.say("Nothing was sent, traded or saved.")
    return output.unwritten()


def _said(
    attempt: str | None, given: Mapping[str, Any], tried: Callable[[Preview], None] | None = None
) -> ExitStatus:
    """List what is not known, or do what a person says.

    :param tried: shows what that comes to; nothing is written then.
    """
    from paper_run.app import resolve as resolving
    from paper_run.report import listing

    as_json = given["as_json"]
    change = resolve_flags.change(attempt, given)
    if change is not None:
        return change_book(change, given, tried)
    if given["wrong_date"]:
        return set_aside(attempt, given, tried)
    decision = resolve_flags.decision(attempt, given)
    flags.refuse_urls_with_sandbox(given)
    with connect.connected(flags.settings(given), given) as (settings, platform):
        console = output.console(given, quiet=as_json)
        unprinted: list[PaperRunError] = []

        def show(found: listing.Open) -> None:
            if as_json:
                unprinted.extend(output.print_json(listing.outcome_unknown_json(found)))
            else:
                listing.outcome_unknown(console, found)

        done = resolving.resolve(
            *(settings, platform, output.clock(), console, attempt, decision), show=show, tried=tried
        )
    return written_files(console, done.written, [*done.failed, *unprinted])


def change_book(
    change: Change, given: Mapping[str, Any], tried: Callable[[Preview], None] | None
) -> ExitStatus:
    """Change the book by hand, and value it; or end it."""
    if given["reset"]:
        return _reset(given, tried)
    return mark.valued(given, change=change, show=tried)


def _reset(given: Mapping[str, Any], tried: Callable[[Preview], None] | None) -> ExitStatus:
    from paper_run.app import resolve as resolving

    console = output.console(given, quiet=given["as_json"])
    done = resolving.end_book(flags.account(given), output.clock(), console, tried)
    return written_files(console, done.written, done.failed)


def set_aside(
    session: str | None, given: Mapping[str, Any], tried: Callable[[Preview], None] | None
) -> ExitStatus:
    """Open a session again whose date is yet to come.

    :raises DataError: no session is named, or more is said of it.
    """
    from paper_run.app import resolve as resolving

    if session is None or any(given[name] for name in resolve_flags.PLACED_OR_NOT):
        raise resolve_flags.amiss(
            "--wrong-date goes with a session and nothing else", "resolve SESSION --wrong-date"
        )
    console = output.console(given, quiet=given["as_json"])
    with connect.connected(flags.settings(given), given) as (settings, platform):
        day = resolving.set_aside(settings, platform, output.clock(), console, session, tried)
    console.say(
        f"The session {day} is set aside: on that day it is traded as if it had not been. "
        "What was placed stays in the record and in the book."
    )
    return ExitStatus.SUCCESS
