"""`history`: the sessions, a line each; or several accounts, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import flags, output
from paper_run.cli.parsing import complete_folder, options_of
from paper_run.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from paper_run.model.place import Place


_MOST = 1_000_000


@click.command()
@click.argument("places", metavar="[DIR...]", nargs=-1, shell_complete=complete_folder)
@options_of("history")
def history(
    places: tuple[str, ...],
    *,
    of_all: bool,
    as_json: bool,
    as_csv: bool,
    since: str | None,
    last: str | None,
    monthly: bool,
    **given: Any,
) -> ExitStatus:
    """List the sessions of the ledger, oldest first: status, day and cumulative P&L, equity, drawdown.

    With --all the latest session of each account whose reports folder is named, and what they come to.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv are two forms; use one of them.")
    if as_csv and monthly:
        raise click.UsageError("--monthly has no CSV; use --json in place of --csv.")
    if of_all:
        others = as_csv or monthly or since is not None or last is not None
        return _accounts(places, given, as_json=as_json, others=others)
    if places:
        raise click.UsageError(
            "history takes no name by itself: --since DATE or --last N; --reports-dir DIR, or --all DIR DIR."
        )
    newest = None if last is None else flags.whole_number({"last": last}, "last", least=1, most=_MOST)
    if monthly:
        return _months(given, as_json=as_json, since=since, newest=newest)
    return _sessions(given, as_json=as_json, as_csv=as_csv, since=since, newest=newest)


def _sessions(
    given: Mapping[str, Any], *, as_json: bool, as_csv: bool, since: str | None, newest: int | None
) -> ExitStatus:
    from paper_run.app import history
    from paper_run.report import csv_tables, history_table, listing

    first = flags.past_day("--since", since, given)
    lines, is_sandbox = history.sessions(flags.place(given), output.clock().now(), first, newest)
    if as_json:
        return output.ended(output.print_json(history_table.json_text(lines)))
    if as_csv:
        return output.ended(output.print_raw(csv_tables.history_csv(lines)))
    text = history_table.table(lines, output.width()) if lines else _none(given, since)
    listing.table(output.console(given), text, is_sandbox=is_sandbox)
    return ExitStatus.SUCCESS


def _months(given: Mapping[str, Any], *, as_json: bool, since: str | None, newest: int | None) -> ExitStatus:
    from paper_run.app import history
    from paper_run.report import listing, months_table

    first = flags.past_day("--since", since, given)
    lines, is_sandbox = history.sessions(flags.place(given), output.clock().now(), first)
    found = months_table.months(lines, newest)
    if as_json:
        return output.ended(output.print_json(months_table.json_text(found)))
    text = months_table.table(found, output.width()) if found else _none(given, since)
    listing.table(output.console(given), text, is_sandbox=is_sandbox)
    return ExitStatus.SUCCESS


def _none(given: Mapping[str, Any], since: str | None) -> str:
    """Say that there is no session, and where there is one perhaps."""
    from paper_run.ledger import existing

    words = "No session yet" if since is None else f"No session since {since}"
    played = not given["sandbox"] and existing.is_there(flags.reports_folder(given) / flags.SANDBOX_FOLDER)
    return f"{words}.{' The sandbox has a ledger of its own: add --sandbox' if played else ''}\n"


def _accounts(places: Sequence[str], given: Mapping[str, Any], *, as_json: bool, others: bool) -> ExitStatus:
    from paper_run.app import history
    from paper_run.report import accounts_table, listing

    if not places:
        raise click.UsageError("--all needs the reports folder of each account, such as --all reports other.")
    if others or given["reports_dir"] is not None or given["ledger_url"] is not None:
        raise click.UsageError("--all goes with folders, URLs and --json alone.")
    found = history.accounts(_places(places, given), output.clock().now())
    if as_json:
        return output.ended([*output.print_json(accounts_table.json_text(found.lines)), *found.errors])
    listing.table(
        output.console(given), accounts_table.table(found.lines, output.width()), is_sandbox=found.is_sandbox
    )
    return output.ended(found.errors)


def _places(places: Sequence[str], given: Mapping[str, Any]) -> dict[str, Place]:
    """Return the places, by what may be shown of what was typed; a sandbox's ledger is one of its own.

    :raises DataError: one can be neither the path of a folder nor a database's URL.
    """
    from paper_run.model.place import Place
    from paper_run.settings import database, raw
    from paper_run.settings.sources import SourcedValue

    found, suffix = {}, flags.SANDBOX_FOLDER if given["sandbox"] else ""
    for place in places:
        typed = SourcedValue(place, "history --all")
        if "://" in place:
            named = database.named_with_schema(typed, flags.sources(given))
            named = named.of_sandbox if suffix else named
            found[named.name] = Place(flags.here(), named)
            continue
        if not place.strip():
            raise typed.wrong("the path of a folder, or the URL of a database")
        folder = raw.path(typed, flags.here(), form="the path of a folder")
        found[place] = Place(folder / suffix)
    return found
