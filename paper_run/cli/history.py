"""`history`: the sessions, a line each; or several accounts, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import flags, output, streams
from paper_run.cli.parsing import options_of
from paper_run.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@click.command()
@click.argument("places", metavar="[DIR...]", nargs=-1, type=click.Path(file_okay=False, path_type=str))
@options_of("history")
def history(
    places: tuple[str, ...], *, of_all: bool, as_json: bool, as_csv: bool, since: str | None, **given: Any
) -> ExitStatus:
    """List the sessions of the ledger, oldest first: status, day and cumulative P&L, equity, drawdown.

    With --all the latest session of each account whose reports folder is named, and what they come to.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv are two forms; use one of them.")
    if of_all:
        return _accounts(places, given, as_json=as_json, others=as_csv or since is not None)
    if places:
        raise click.UsageError("A folder is named by --reports-dir DIR; several by --all DIR DIR.")
    return _sessions(given, as_json=as_json, as_csv=as_csv, since=since)


def _sessions(given: Mapping[str, Any], *, as_json: bool, as_csv: bool, since: str | None) -> ExitStatus:
    from paper_run.app import history
    from paper_run.report import csv_tables, history_table, listing

    first = flags.past_day("--since", since, given)
    lines, is_sandbox = history.sessions(flags.reports_folder(given), first)
    if as_json or as_csv:
        text = history_table.json_text(lines) if as_json else csv_tables.history_csv(lines)
        return output.ended(streams.print_raw(text))
    listing.table(output.console(given), history_table.table(lines), is_sandbox=is_sandbox)
    return ExitStatus.SUCCESS


def _accounts(places: Sequence[str], given: Mapping[str, Any], *, as_json: bool, others: bool) -> ExitStatus:
    from paper_run.app import history
    from paper_run.report import accounts_table, listing

    if not places:
        raise click.UsageError("--all needs the reports folder of each account, such as --all reports other.")
    if others or given["reports_dir"] is not None:
        raise click.UsageError("--all goes with folders and --json alone.")
    found = history.accounts(_folders(places, given))
    if as_json:
        return output.ended([*streams.print_raw(accounts_table.json_text(found.lines)), *found.errors])
    listing.table(output.console(given), accounts_table.table(found.lines), is_sandbox=found.is_sandbox)
    return output.ended(found.errors)


def _folders(places: Sequence[str], given: Mapping[str, Any]) -> dict[str, Path]:
    """Return the folders, by what was typed for each; a sandbox's lies in one of its own.

    :raises DataError: one can be no path.
    """
    from paper_run.settings import raw, urls
    from paper_run.settings.sources import SourcedValue

    folders = {}
    for place in places:
        typed = SourcedValue(place, "history --all")
        if not place.strip() or "://" in place:
            raise typed.showing(urls.shown(place)).wrong("the path of a folder")
        folder = raw.path(typed, flags.here(), form="the path of a folder")
        folders[place] = folder / flags.SANDBOX_FOLDER if given["sandbox"] else folder
    return folders
