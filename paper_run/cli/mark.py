"""The commands about the book: value it, change it by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import connect, output, streams
from paper_run.cli import flags as reading
from paper_run.cli.parsing import common_options, exchange_option, ledger_option, mail_options, service_urls
from paper_run.errors import DataError, ExitStatus, worst

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paper_run.trading.adjustments import Change


@click.command(short_help="Value the latest session at the prices of now; never trades.")
@click.option("--stale", is_flag=True, help="Read every order that still works, not only the newest 500.")
@click.option("--again", is_flag=True, help="Move the closing of a session that was marked whole.")
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@exchange_option
@mail_options
@service_urls
@ledger_option
@common_options
def mark(**flags: Any) -> ExitStatus:
    """Read orders, positions and quotes again and value the latest session that has opened; never trades."""
    return _mark(flags, with_stale=flags["stale"], again=flags["again"])


def change_book(change: Change, flags: Mapping[str, Any]) -> ExitStatus:
    """Change the book by hand, and value it; or end it."""
    from paper_run.settings import config
    from paper_run.trading import verdicts

    if flags["reset"]:
        return _reset(flags)
    note = verdicts.by_whom(output.clock().now(), config.exchange(reading.sources(flags)))
    return _mark(flags, change=change._replace(note=note))


def _reset(flags: Mapping[str, Any]) -> ExitStatus:
    """End the book, say what ended with it, and make the files anew that it has changed."""
    from paper_run.app import mark
    from paper_run.ledger import existing
    from paper_run.ledger.sqlite import lock
    from paper_run.report.publisher import Filing
    from paper_run.trading import verdicts

    folder, clock, console = reading.reports_folder(flags), output.clock(), output.console(flags)
    with (
        lock.held(folder, now=clock.now(), patience=mark.PATIENCE, pause=clock.pause),
        existing.existing_ledger(folder) as ledger,
    ):
        ledger.refuse_another(flags["ledger"] or "")
        by = verdicts.by_whom(clock.now(), ledger.exchange)
        ended = verdicts.end_book(ledger, by)
        filing = Filing(ledger, folder)
        written, unwritten = filing.save([filing.reports(row.document) for row in ended.trades])
    console.say(f"The book was ended {by}. The next trade begins a new one, with the holdings that it finds.")
    for order in ended.orders:
        console.say(f"  No longer followed: {order}")
    for doubt in ended.doubts:
        console.say(f"  No longer looked for: {doubt}")
    for path in written:
        console.saved(path)
    return output.ended(unwritten)


def set_aside(session: str | None, flags: Mapping[str, Any]) -> ExitStatus:
    """Open a session again whose date is yet to come."""
    from paper_run.app import mark, wrong_date
    from paper_run.ledger import existing
    from paper_run.ledger.sqlite import lock
    from paper_run.trading import trading_days

    if session is None or any(flags[name] for name in reading.SETTLING):
        raise DataError(
            "--wrong-date goes with a session and nothing else", "Allowed: resolve SESSION --wrong-date."
        )
    clock = output.clock()
    with connect.connected(reading.settings(flags), flags) as (settings, platform):
        existing.require_ledger(settings.reports_dir)
        with (
            lock.held(settings.reports_dir, now=clock.now(), patience=mark.PATIENCE, pause=clock.pause),
            existing.existing_ledger(settings.reports_dir) as ledger,
        ):
            ledger.refuse_another(settings.ledger)
            calendar = trading_days.calendar(ledger, settings)
            day = wrong_date.set_aside(ledger, platform, calendar, session, clock.now())
    output.console(flags).say(
        f"The session {day} is set aside: on that day it is traded as if it had not been. "
        "What was placed stays in the record and in the book."
    )
    return ExitStatus.SUCCESS


def _mark(
    flags: Mapping[str, Any], *, with_stale: bool = False, again: bool = False, change: Change | None = None
) -> ExitStatus:
    from paper_run.app import mark

    reading.refuse_urls_with_sandbox(flags)
    with connect.connected(reading.settings(flags), flags) as (settings, platform):
        console = output.console(flags)
        end = mark.mark_session(
            settings,
            platform,
            output.clock(),
            console,
            with_stale=with_stale,
            again=again,
            change=change,
        )
    unopened = output.open_page(end.reports.page) if end.reports is not None and flags.get("opens") else []
    exit_status = worst((end.exit_status, *(failure.exit_status for failure in unopened)))
    output.show_failures((*end.failures, *unopened), exit_status)
    return exit_status


@click.command(short_help="List the sessions: day and cumulative P&L, equity, drawdown.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--since", metavar="YYYY-MM-DD", help="Leave out earlier sessions.")
@common_options
def history(*, as_json: bool, as_csv: bool, since: str | None, **flags: Any) -> ExitStatus:
    """List the sessions of the ledger, oldest first: status, day and cumulative P&L, equity, drawdown."""
    from paper_run.ledger import existing
    from paper_run.report import csv_tables
    from paper_run.report import history_table as tables

    if as_json and as_csv:
        raise click.UsageError("--json and --csv are two forms; use one of them.")
    first = reading.past_day("--since", since, flags)
    with existing.read(reading.reports_folder(flags)) as ledger:
        lines = ledger.history.lines(since=first.isoformat() if first else "")
        is_sandbox = bool(ledger.is_sandbox)
    if as_json or as_csv:
        text = tables.json_text(lines) if as_json else csv_tables.history_csv(lines)
        return output.ended(streams.print_raw(text))
    output.console(flags).table(tables.table(lines), is_sandbox=is_sandbox)
    return ExitStatus.SUCCESS
