"""The command `run`: the day, or with `--sessions` several of a sandbox's."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import (
    connect,
    flags,
    heartbeat,
    output,
    streams,
)
from paper_run.cli.parsing import (
    DayCommand,
    options_of,
    version,
)
from paper_run.errors import ExitStatus, PaperRunError, worst

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from paper_run.services.deadline import Deadline
    from paper_run.services.platform import Platform
    from paper_run.settings.config import Config
    from paper_run.settings.sources import Sources


@click.command(name="run", cls=DayCommand, hidden=True)
@options_of("run")
@version
def run(**given: Any) -> ExitStatus:
    """Run the day."""
    from paper_run.services.deadline import Deadline

    sources, deadline = flags.sources(given), Deadline()
    with heartbeat.beating(given, sources, deadline) as beat:
        return _run(given, sources, beat, deadline)


def _run(given: Mapping[str, Any], sources: Sources, beat: heartbeat.Beat, deadline: Deadline) -> ExitStatus:
    sessions = flags.sessions(given)
    flags.refuse_urls_with_sandbox(given)
    flags.refuse_new_ledger(given)
    with _untold(given, sources, deadline):
        settings = flags.settings(given, found=sources)
    if sessions > 1 and given["again"]:
        raise click.UsageError("--again trades one session once more, --sessions plays several; use one.")
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
    unprinted = streams.unwritten() if as_json is None else streams.print_raw(as_json)
    if end.reports is not None and given["opens"]:
        unprinted += output.open_page(end.reports.page)
    exit_status = worst((end.exit_status, *(failure.exit_status for failure in unprinted)))
    output.show_failures((*end.failures, *unprinted), exit_status)
    beat.ended(exit_status, end, unprinted)
    return exit_status


def _play_sessions(
    settings: Config, platform: Platform, given: Mapping[str, Any], sessions: int, beat: heartbeat.Beat
) -> ExitStatus:
    from paper_run.app import day
    from paper_run.report import listing

    beat.begins()
    silent = output.console(given, quiet=True)
    with output.progress(given, sessions) as show:
        played = day.play(settings, platform, output.clock(), silent, sessions, show=show)
    listing.sessions(output.console(given), played.tally, settings.reports_dir)
    unopened = output.open_page(settings.reports_dir / "index.html") if given["opens"] else []
    unopened += streams.unwritten()
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
