"""The commands about the book: value it, change it by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import platforms, reading, showing
from paper_run.cli.arguments import common_options, service_urls
from paper_run.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paper_run.config import Config
    from paper_run.mark import Change


@click.command(short_help="Value the latest session at the prices of now; never trades.")
@click.option("--stale", is_flag=True, help="Also read the orders that were given up after two sessions.")
@service_urls
@common_options
def mark(**flags: Any) -> ExitStatus:
    """Read orders, positions and quotes again and value the latest session that has opened; never trades."""
    return _mark(flags, with_stale=flags["stale"])


def change_book(change: Change, flags: Mapping[str, Any]) -> ExitStatus:
    """Change the book by hand, and value it; or end it."""
    from paper_run import mark, prepare, resolve
    from paper_run.ledger import lock

    clock = showing.clock()
    note = resolve.by_whom(clock.now())
    if not flags["reset"]:
        return _mark(flags, change=change._replace(note=note))
    folder = reading.reports_folder(flags)
    with (
        lock.held(folder, now=clock.now(), patience=mark.PATIENCE, pause=clock.pause),
        prepare.existing_ledger(folder) as ledger,
        ledger.transaction(),
    ):
        ledger.books.close_epoch(note)
    console = showing.console(flags)
    console.say(
        f"The book was ended {note}. The next trade begins a new one, with the holdings that it finds."
    )
    return ExitStatus.SUCCESS


def _mark(flags: Mapping[str, Any], *, with_stale: bool = False, change: Change | None = None) -> ExitStatus:
    from paper_run import mark

    reading.refuse_urls_with_sandbox(flags)
    with platforms.connected(_settings(flags), flags) as (settings, platform):
        console = showing.console(flags)
        end = mark.mark_session(
            settings, platform, showing.clock(), console, with_stale=with_stale, change=change
        )
    showing.show_failures(end.failures, end.exit_status)
    return end.exit_status


def _settings(flags: Mapping[str, Any]) -> Config:
    from dataclasses import replace

    from paper_run import config

    settings = config.load(reading.sources(flags), today=reading.today())
    return replace(settings, place=reading.place(flags), context=reading.context(flags))
