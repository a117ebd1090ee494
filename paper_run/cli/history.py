"""`history`: the sessions, a line each."""

from __future__ import annotations

from typing import Any

import click

from paper_run.cli import flags, output, streams
from paper_run.cli.parsing import options_of
from paper_run.errors import ExitStatus


@click.command()
@options_of("history")
def history(*, as_json: bool, as_csv: bool, since: str | None, **given: Any) -> ExitStatus:
    """List the sessions of the ledger, oldest first: status, day and cumulative P&L, equity, drawdown."""
    from paper_run.app import history
    from paper_run.report import csv_tables, history_table, listing

    if as_json and as_csv:
        raise click.UsageError("--json and --csv are two forms; use one of them.")
    first = flags.past_day("--since", since, given)
    lines, is_sandbox = history.sessions(flags.reports_folder(given), first)
    if as_json or as_csv:
        text = history_table.json_text(lines) if as_json else csv_tables.history_csv(lines)
        return output.ended(streams.print_raw(text))
    listing.table(output.console(given), history_table.table(lines), is_sandbox=is_sandbox)
    return ExitStatus.SUCCESS
