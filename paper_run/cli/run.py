"""The command `run`: the day, or with `--sessions` several of a sandbox's; and its heartbeat."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from paper_run.cli import connect, flags, output
from paper_run.cli.parsing import DayCommand, options_of, version
from paper_run.errors import DataError, ExitStatus, PaperRunError, UnderwayError, worst
from paper_run.model.termination import undisguised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from paper_run.app.finish import End
    from paper_run.services.deadline import Deadline
    from paper_run.services.platform import Platform
    from paper_run.settings.config import Config
    from paper_run.settings.heartbeat import HeartbeatUrl
    from paper_run.settings.sources import Sources


@click.command(name="run", cls=DayCommand, hidden=True)
@options_of("run")
@version
def run(**given: Any) -> ExitStatus:
    """Run the day."""
    from paper_run.services.deadline import Deadline

    sources, deadline = flags.sources(given), Deadline()
    with beating(given, sources, deadline) as beat:
        return _run(given, sources, beat, deadline)


def _run(given: Mapping[str, Any], sources: Sources, beat: Beat, deadline: Deadline) -> ExitStatus:
    sessions = flags.sessions(given)
    flags.refuse_urls_with_sandbox(given)
    flags.refuse_new_ledger(given)
    with _untold(given, sources, deadline):
        settings = flags.settings(given, found=sources)
    _refuse_what_means_nothing(given, settings)
    if sessions > 1 and given["again"]:
        raise click.UsageError("--again trades one session once more, --sessions plays several; use one.")
    if sessions > 1 and given["dry_run"]:
        raise click.UsageError("--dry-run sends nothing, --sessions plays several days; use one.")
    if sessions > 1 and settings.to_stdout:
        raise click.UsageError("--output - prints one JSON, --sessions plays several days; use one.")
    with (
        _untold(given, sources, deadline),
        connect.connected(settings, given, deadline) as (settings, platform),
    ):
        if sessions > 1:
            return _play_sessions(settings, platform, given, sessions, beat)
        console = output.console(given, quiet=settings.to_stdout and not given["dry_run"])
        if given["dry_run"]:
            from paper_run.app import plan

            end = plan.plan_day(settings, platform, output.clock(), console, again=given["again"])
        else:
            from paper_run.app import day

            end = day.run_day(
                settings, platform, output.clock(), console, again=given["again"], begins=beat.begins
            )
    as_json = end.reports.json if end.reports is not None and settings.to_stdout else None
    unprinted = output.unwritten() if as_json is None else output.print_json(as_json)
    if end.reports is not None and given["opens"]:
        unprinted += output.open_page(end.reports.page)
    exit_status = worst((end.exit_status, *(failure.exit_status for failure in unprinted)))
    output.show_failures((*end.failures, *unprinted), exit_status)
    beat.ended(exit_status, end, unprinted)
    return exit_status


def _refuse_what_means_nothing(given: Mapping[str, Any], settings: Config) -> None:
    """Refuse what was typed beside something with which it does nothing.

    :raises UsageError: there is such a thing.
    """
    if given["dry_run"] and given["opens"]:
        raise click.UsageError("--open opens the page of a result, --dry-run leaves none; use one.")
    if given["dry_run"] and given["output"] and settings.to_stdout:
        raise click.UsageError("--output - prints the JSON of a result, --dry-run leaves none; use one.")
    if given["accept_database"] and settings.database is None:
        raise click.UsageError("--accept-database means nothing here: the ledger is in no database.")


def _play_sessions(
    settings: Config, platform: Platform, given: Mapping[str, Any], sessions: int, beat: Beat
) -> ExitStatus:
    from paper_run.app import day
    from paper_run.report import listing

    beat.begins()
    silent = output.console(given, quiet=True)
    with output.progress(given, sessions) as show:
        played = day.play(settings, platform, output.clock(), silent, sessions, show=show)
    listing.sessions(output.console(given), played.tally, settings.reports_dir)
    unopened = output.open_page(settings.reports_dir / "index.html") if given["opens"] else []
    unopened += output.unwritten()
    failures = (*played.earlier, *played.last.failures, *unopened)
    exit_status = worst(failure.exit_status for failure in failures)
    output.show_failures(failures[-1:], exit_status)
    beat.ended(exit_status, played.last, (*played.earlier, *unopened))
    return exit_status


@contextlib.contextmanager
def _untold(given: Mapping[str, Any], sources: Sources, deadline: Deadline) -> Iterator[None]:
    """Tell what stops a run before there is a ledger to queue a message in, if nobody was told of it."""
    try:
        yield
    except PaperRunError as error:
        if error.told or given["dry_run"]:
            raise
        from paper_run.app import send

        invocation = output.invocation(given)
        found = send.unrecorded(
            error,
            sources,
            invocation,
            deadline,
            is_sandbox=given["sandbox"],
            mails=not given["no_email"],
        )
        if found is error:
            raise
        raise found from None


class Beat:
    """How a run ended, as far as it did not fail: to be said with the last heartbeat.

    :ivar begins: says that a run starts, where that is not said yet: one of several hosts may only show what
        another one has traded.
    """

    def __init__(self, begins: Callable[[], None] | None = None) -> None:
        self.begins = begins or (lambda: None)
        self.exit_status = ExitStatus.SUCCESS
        self._end: End | None = None
        self._beside: tuple[PaperRunError, ...] = ()

    def ended(
        self, exit_status: ExitStatus, end: End | None = None, beside: Iterable[PaperRunError] = ()
    ) -> None:
        """Remember how it ended.

        :param beside: what failed besides what `end` tells.
        """
        self.exit_status = exit_status
        self._end = end
        self._beside = tuple(beside)

    @property
    def summary(self) -> str:
        """What a run came to, in words: what its result's mail says, and what failed besides the result."""
        if self._end is None:
            return ""
        beside = (*self._end.beside, *self._beside)
        if self._end.reports is None:
            return "\n".join(filter(None, (*map(str, beside), self._end.said)))
        from paper_run.notify.email import letters

        return letters.summary(self._end.reports.result, beside)


@contextlib.contextmanager
def beating(flags: Mapping[str, Any], sources: Sources, deadline: Deadline) -> Iterator[Beat]:
    """Say that a run starts, and when the block is left how it ended; a dry run says nothing."""
    url = None if flags["dry_run"] else _heartbeat_url(sources)
    if url is None:
        yield Beat()
        return
    from paper_run.model import messages
    from paper_run.notify.heartbeat import Heartbeat

    heart = Heartbeat(url, **output.watch_requests(flags), deadline=deadline)
    is_one_of_several = bool(sources.given("--ledger-url"))
    beat = Beat(heart.start if is_one_of_several else None)
    if not is_one_of_several:
        heart.start()
    try:
        with undisguised():
            yield beat
    except UnderwayError:
        raise  # how the day ends is the other one's to say
    except PaperRunError as error:
        heart.end(int(error.exit_status), "\n".join(map(str, messages.single(error))))
        raise
    except (KeyboardInterrupt, click.Abort):
        heart.end(int(ExitStatus.INTERRUPTED), "Interrupted.")
        raise
    heart.end(int(beat.exit_status), beat.summary)


def _heartbeat_url(sources: Sources) -> HeartbeatUrl | None:
    from paper_run.settings import config

    try:
        return config.heartbeat(sources)
    except DataError:
        return None  # the settings are read once more by the run itself, which says what is wrong
