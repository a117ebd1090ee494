"""`resolve`: what is not known, and what a person says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import connect, flags, mark, output, resolve_flags
from paper_run.cli.output import written_files
from paper_run.cli.parsing import options_of
from paper_run.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paper_run.errors import PaperRunError
    from paper_run.trading.adjustments import Change


@click.command()
@click.argument("attempt", metavar="[SESSION[-n]]", required=False)
@options_of("resolve")
def resolve(attempt: str | None, **given: Any) -> ExitStatus:
    """List the attempts whose outcome is unknown, or say what came of one; or change the book by hand.

    --position, --split and --reset change the book, --order and --filled an order in it.
    """
    from paper_run.app import resolve as resolving
    from paper_run.report import listing

    as_json = given["as_json"]
    if as_json and (attempt is not None or any(given[name] for name in resolve_flags.SAYS)):
        raise click.UsageError("--json goes with the list alone.")
    change = resolve_flags.change(attempt, given)
    if change is not None:
        return change_book(change, given)
    if given["wrong_date"]:
        return set_aside(attempt, given)
    decision = resolve_flags.decision(attempt, given)
    with connect.connected(flags.settings(given), given) as (settings, platform):
        console = output.console(given, quiet=as_json)
        unprinted: list[PaperRunError] = []

        def show(found: listing.Open) -> None:
            if as_json:
                unprinted.extend(output.print_json(listing.outcome_unknown_json(found)))
            else:
                listing.outcome_unknown(console, found)

        done = resolving.resolve(settings, platform, output.clock(), console, attempt, decision, show=show)
    return written_files(console, done.written, [*done.failed, *unprinted])


def change_book(change: Change, given: Mapping[str, Any]) -> ExitStatus:
    """Change the book by hand, and value it; or end it."""
    if given["reset"]:
        return _reset(given)
    return mark.valued(given, change=change)


def _reset(given: Mapping[str, Any]) -> ExitStatus:
    from paper_run.app import resolve as resolving

    console = output.console(given)
    done = resolving.end_book(flags.account(given), output.clock(), console)
    return written_files(console, done.written, done.failed)


def set_aside(session: str | None, given: Mapping[str, Any]) -> ExitStatus:
    """Open a session again whose date is yet to come.

    :raises DataError: no session is named, or more is said of it.
    """
    from paper_run.app import resolve as resolving

    if session is None or any(given[name] for name in resolve_flags.PLACED_OR_NOT):
        raise resolve_flags.amiss(
            "--wrong-date goes with a session and nothing else", "resolve SESSION --wrong-date"
        )
    console = output.console(given)
    with connect.connected(flags.settings(given), given) as (settings, platform):
        day = resolving.set_aside(settings, platform, output.clock(), console, session)
    console.say(
        f"The session {day} is set aside: on that day it is traded as if it had not been. "
        "What was placed stays in the record and in the book."
    )
    return ExitStatus.SUCCESS
