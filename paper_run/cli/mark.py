"""The command `mark`: value the latest session at the prices of now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import connect, flags, output
from paper_run.cli.parsing import (
    options_of,
)
from paper_run.errors import ExitStatus, worst

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paper_run.trading.adjustments import Change


@click.command()
@options_of("mark")
def mark(**given: Any) -> ExitStatus:
    """Read orders, positions and quotes again and value the latest session that has opened; never trades."""
    return valued(given, with_stale=given["stale"], again=given["again"])


def valued(
    given: Mapping[str, Any], *, with_stale: bool = False, again: bool = False, change: Change | None = None
) -> ExitStatus:
    """Value the latest session, with a change of the book where there is one."""
    from paper_run.app import mark

    flags.refuse_urls_with_sandbox(given)
    with connect.connected(flags.settings(given), given) as (settings, platform):
        console = output.console(given)
        end = mark.mark_session(
            settings,
            platform,
            output.clock(),
            console,
            with_stale=with_stale,
            again=again,
            change=change,
        )
    unopened = output.open_page(end.reports.page) if end.reports is not None and given.get("opens") else []
    exit_status = worst((end.exit_status, *(failure.exit_status for failure in unopened)))
    output.show_failures((*end.failures, *unopened), exit_status)
    return exit_status
