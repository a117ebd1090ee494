"""The command `mark`: value the latest session at current prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import connect, flags, output
from paper_run.cli.parsing import MarkCommand, options_of
from paper_run.errors import ExitStatus, worst

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from paper_run.report.preview import Preview
    from paper_run.trading.account.adjustments import Change


@click.command(cls=MarkCommand)
@options_of("mark")
def mark(**given: Any) -> ExitStatus:
    """Read orders, positions and quotes again and value the latest session that has opened; never trades."""
    return valued(given, with_stale=given["stale"], again=given["again"], as_json=given["as_json"])


def valued(
    given: Mapping[str, Any],
    *,
    with_stale: bool = False,
    again: bool = False,
    change: Change | None = None,
    as_json: bool = False,
    show: Callable[[Preview], None] | None = None,
) -> ExitStatus:
    """Value the latest session, with a change of the book where there is one.

    :param show: shows what the change comes to; nothing is written then.
    """
    from paper_run.app import mark
    from paper_run.settings.config import STDOUT

    flags.refuse_urls_with_sandbox(given)
    settings = flags.settings(given)
    # Its variable names the day's files, which a mark must not replace.
    outputs = settings.outputs if given.get("output") else ()
    settings = settings._replace(outputs=(*outputs, STDOUT) if as_json else outputs)
    with connect.connected(settings, given) as (settings, platform):
        console = output.console(given, quiet=settings.to_stdout or given["as_json"])
        end = mark.mark_session(
            settings,
            platform,
            output.clock(),
            console,
            with_stale=with_stale,
            again=again,
            change=change,
            show=show,
        )
    reports = end.reports
    failed = output.print_json(reports.json) if reports is not None and settings.to_stdout else []
    failed += output.open_page(reports.page) if reports is not None and given.get("opens") else []
    exit_status = worst((end.exit_status, *(failure.exit_status for failure in failed)))
    output.show_failures((*end.failures, *failed), exit_status)
    return exit_status
