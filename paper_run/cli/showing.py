"""What a person sees: the console, the requests of -v, the JSON of --output -, the error block."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from paper_run.errors import DataError, ExitStatus, PaperRunError, worst

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from paper_run.watch import Clock
    from paper_run.writers.console import Console


def is_silent(flags: Mapping[str, Any]) -> bool:
    """Whether nobody watches a progress bar."""
    return flags["quiet"] or not sys.stdout.isatty()


def clock() -> Clock:
    """Return the machine's clock."""
    from paper_run.session import utc_now
    from paper_run.watch import Clock

    return Clock(now=utc_now)


def console(flags: Mapping[str, Any], *, quiet: bool = False) -> Console:
    """Return the console, quiet if asked to be."""
    from paper_run.writers import console

    return console.Console(console.standard_output(os.environ), quiet=quiet or flags["quiet"])


def watch_requests(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return what shows each request, for -v."""
    if not flags["verbose"]:
        return {}
    from paper_run.writers import console

    stderr = console.standard_error(os.environ)
    return {"watch": lambda exchange: stderr.line(console.exchange_line(exchange))}


def print_raw(content: str) -> list[PaperRunError]:
    """Print text alone, as it is; return what went wrong, if anything did."""
    try:
        sys.stdout.buffer.write(content.encode())
        sys.stdout.buffer.flush()
    except OSError as error:
        # What is still buffered would fail once more when Python exits, with a status of its own.
        sys.stdout = None
        return [DataError("The standard output can't be written", f"{error.strerror}.")]
    return []


def open_page(page: Path) -> list[PaperRunError]:
    """Show a page in the default browser; return what went wrong, if anything did."""
    import webbrowser

    try:
        is_open = webbrowser.open(page.as_uri())
    except (OSError, webbrowser.Error):
        is_open = False
    if is_open:
        return []
    return [
        DataError(
            "--open: no browser could be started",
            f"The page is {page}.",
            remedies=("Open that file yourself, or name a browser in the variable BROWSER.",),
        )
    ]


def ended(failures: Sequence[PaperRunError]) -> ExitStatus:
    """Show what failed, if anything did, and return the exit status that it comes to."""
    exit_status = worst(failure.exit_status for failure in failures)
    show_failures(failures, exit_status)
    return exit_status


def make_hints_whole(*errors: PaperRunError) -> None:
    """Give the commands in remedies the options with which the present one has found its ledger."""
    from paper_run import failures
    from paper_run.cli import reading

    context = click.get_current_context(silent=True)
    if context is None:
        return
    place, services = reading.place(context.params), reading.context(context.params)
    for error in errors:
        for each in failures.single(error):
            each.remedies = failures.in_place(each.remedies, place, services)


def show_failures(failures: Sequence[PaperRunError], exit_status: ExitStatus) -> None:
    """Print the error block on standard error, if there is anything to say."""
    if not failures:
        return
    from paper_run.writers import console

    make_hints_whole(*failures)
    stderr = console.standard_error(os.environ)
    stderr.line(console.error_block(failures, exit_status), paint=None)
