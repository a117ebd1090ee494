"""What a person sees: the console, the requests of -v, the JSON of --output -, the error block."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import flags
from paper_run.errors import DataError, ExitStatus, PaperRunError, Remedy, worst

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from paper_run.model.commands import Invocation
    from paper_run.model.progress import Clock
    from paper_run.report.console import Console


_TENTH, _LEAST_WIDTH = 10, 40


@contextlib.contextmanager
def progress(given: Mapping[str, Any], sessions: int) -> Iterator[Callable[[], None]]:
    """Show how many of several sessions are played: a bar on a terminal, piped a line at every tenth.

    What is yielded is to be called after each.
    """
    if given["quiet"] or sys.stdout.isatty():
        with click.progressbar(length=sessions, label="SANDBOX sessions", hidden=given["quiet"]) as bar:
            yield lambda: bar.update(1)
        return
    shown, played = console(given), itertools.count(1)

    def tell() -> None:
        number = next(played)
        if number % _TENTH == 0 and number < sessions:
            shown.say(f"SANDBOX: {number:,} of {sessions:,} sessions played")

    yield tell


def width() -> int:
    """Return how many columns a table may have: those that the variable COLUMNS names, or the usual ones."""
    from paper_run.report import columns

    typed = os.environ.get("COLUMNS", "")
    is_number = typed.isascii() and typed.isdigit() and len(typed) < 6
    return max(_LEAST_WIDTH, min(columns.WIDTH, int(typed))) if is_number else columns.WIDTH


def _fits() -> int | None:
    """Return how many columns a sentence may have: as many as it takes where COLUMNS says nothing."""
    return width() if os.environ.get("COLUMNS") else None


def clock() -> Clock:
    """Return the machine's clock."""
    from paper_run.model.calendar import utc_now
    from paper_run.model.progress import Clock

    return Clock(now=utc_now)


def console(given: Mapping[str, Any], *, quiet: bool = False) -> Console:
    """Return the console, quiet if asked to be."""
    from paper_run.report import console, terminal

    return console.Console(
        terminal.standard_output(os.environ),
        quiet=quiet or given["quiet"],
        invocation=invocation(given),
        width=_fits(),
    )


def invocation(given: Mapping[str, Any]) -> Invocation:
    """Return what makes commands run as they stand; bare ones, where the settings can't be read."""
    from paper_run.model.commands import PLAIN

    try:
        return flags.invocation(given, flags.sources(given))
    except DataError:
        return PLAIN


def watch_requests(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what shows each request, for -v."""
    if not given["verbose"]:
        return {}
    from paper_run.report import lines, terminal

    stderr = terminal.standard_error(os.environ)
    return {"watch": lambda exchange: stderr.line(lines.exchange_line(exchange))}


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
    """Make the commands in remedies run as they stand, on the ledger that the present one has used."""
    context = click.get_current_context(silent=True)
    if context is None:
        return
    from paper_run.model import messages

    known = invocation(context.params)
    for error in errors:
        for each in messages.single(error):
            here = known._replace(ledger=error.ledger or each.ledger)
            each.remedies = tuple(Remedy(remedy.text, here.whole(remedy.command)) for remedy in each.remedies)


def show_failures(failures: Sequence[PaperRunError], exit_status: ExitStatus) -> None:
    """Print the error block on standard error, if there is anything to say."""
    if not failures:
        return
    from paper_run.report import lines, terminal

    make_hints_whole(*failures)
    stderr = terminal.standard_error(os.environ)
    stderr.line(lines.error_block(failures, exit_status, _fits()), paint=None)


def written_files(
    console: Console, written: Sequence[Path], unwritten: Sequence[PaperRunError]
) -> ExitStatus:
    """Show which files were written and which could not be."""
    for path in written:
        console.saved(path)
    return ended(unwritten)
