"""What a person sees: console, requests of -v, JSON of --output -, errors; over streams that may fail."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import sys
from typing import TYPE_CHECKING, cast

import click

from paper_run.cli import flags
from paper_run.errors import DataError, Remedy, worst
from paper_run.model.termination import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any, TextIO

    from paper_run.errors import ExitStatus, PaperRunError
    from paper_run.model.commands import Invocation
    from paper_run.model.progress import Clock
    from paper_run.report.console import Console

_TENTH, _LEAST_WIDTH = 10, 40
_LAST_WORDS = 2.0
"""Seconds that a command which was told to end waits for whoever reads what it says."""


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
    if context is None or "env_file" not in context.params:  # a command's own is gone once it was broken off
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


class Guarded:
    """A stream that takes everything; the first error that it met is `failure`, and nothing follows it."""

    def __init__(self, stream: Any, whole: Guarded | None = None) -> None:
        self._stream = stream
        self._whole = whole or self
        self.failure: OSError | None = None

    def write(self, content: Any) -> int:
        """Write, or drop what can't be written."""
        self._unless_failed(lambda: self._stream.write(content))
        return len(content)

    def flush(self) -> None:
        """Flush, unless it has failed."""
        self._unless_failed(self._stream.flush)

    @property
    def buffer(self) -> Guarded:
        """The stream of bytes below, which fails with it."""
        return Guarded(self._stream.buffer, self._whole)

    def _unless_failed(self, call: Callable[[], Any]) -> None:
        if self._whole.failure is None:
            try:
                if PATIENCE.is_told:
                    self._wait_for_room()
                call()
            except OSError as error:
                self._whole.failure = error

    def _wait_for_room(self) -> None:
        """Wait a little for whoever reads.

        :raises OSError: nobody does.
        """
        import select

        with contextlib.suppress(TypeError, ValueError):  # it has no descriptor, and never waits
            if not select.select([], [self._stream], [], _LAST_WORDS)[1]:
                raise BlockingIOError(errno.EAGAIN, "Nobody reads it")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Guard both streams; a program started without one (`>&-`) gets one that leads nowhere.

    One that failed is None afterwards: what it still holds would fail once more when Python exits, with a
    status of its own.
    """
    before = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        guards = {name: Guarded(stream or nowhere) for name, stream in before.items()}
        for name, guard in guards.items():
            setattr(sys, name, guard)
        try:
            yield
        finally:
            for name, guard in guards.items():
                guard.flush()
                setattr(sys, name, before[name] if guard.failure is None else None)


def unwritten() -> list[PaperRunError]:
    """Return why standard output could not be written; that a reader went away (`| head`) is no reason."""
    failure = _flushed()
    return [] if failure is None or isinstance(failure, BrokenPipeError) else [_error(failure)]


def print_json(document: str) -> list[PaperRunError]:
    """Print a JSON document alone, nothing in it that acts on a terminal; return as `print_raw` does."""
    from paper_run.report.text import printable_json

    return print_raw(printable_json(document))


def print_raw(content: str) -> list[PaperRunError]:
    """Print text alone, as it is; return what went wrong, a reader that went away too."""
    cast("TextIO", sys.stdout).buffer.write(content.encode())
    failure = _flushed()
    return [] if failure is None else [_error(failure)]


def _flushed() -> OSError | None:
    sys.stdout.flush()
    return cast("Guarded", sys.stdout).failure


def _error(failure: OSError) -> PaperRunError:
    gone = "Whoever was to read it has gone: " if isinstance(failure, BrokenPipeError) else ""
    return DataError(
        "The standard output can't be written",
        f"{gone}{failure.strerror}.",
        remedies=(f"Send it somewhere else, {_again(click.get_current_context(silent=True))}",),
    )


def _again(context: click.Context | None) -> str:
    """Say whether to run a command again that has perhaps done something."""
    from paper_run.cli.resolve_flags import SAYS

    name, params = (None, {}) if context is None else (context.info_name, context.params)
    if params.get("dry_run"):
        return "and run again."
    if name == "resolve" and any(params.get(each) for each in SAYS):
        return "and see with history what came of it: what was said is recorded, and must not be said again."
    return f"and run again{_DONE.get(name or '', '.')}"


_DONE = {
    "run": ": a session that was traded is only shown.",
    "mark": ": the session is valued once more.",
    "email": "; what was sent is sent all the same.",
}
