"""The command that prints a schedule, ready to install."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import flags, output, streams
from paper_run.cli.parsing import options_of
from paper_run.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paper_run.schedule.plan import Schedule


@click.command()
@click.argument("kind", metavar="cron|systemd", type=click.Choice(["cron", "systemd"]))
@options_of("schedule")
def schedule(kind: str, *, into: str | None, for_user: bool, **given: Any) -> ExitStatus:
    """Print the text that starts the day and its mark by itself: a crontab's lines, or systemd's units.

    It names this interpreter, this folder, its settings file and its reports folder. Nothing is installed.
    """
    from paper_run.schedule import cron, systemd

    if kind == "cron" and (into is not None or for_user):
        raise click.UsageError("--into and --user go with schedule systemd.")
    planned = _planned(given)
    if kind == "cron":
        return output.ended(streams.print_raw(cron.crontab(planned)))
    if into is None:
        return output.ended(streams.print_raw(systemd.unit_stream(planned, for_user=for_user)))
    return _written(planned, into, given, for_user=for_user)


def _written(planned: Schedule, into: str, given: Mapping[str, Any], *, for_user: bool) -> ExitStatus:
    from paper_run.app import schedule
    from paper_run.schedule import systemd
    from paper_run.settings import raw
    from paper_run.settings.sources import SourcedValue

    found = SourcedValue(into, "--into")
    if not into:
        raise found.wrong("the path of a folder")
    folder = raw.path(found, flags.here(), form="the path of a folder")
    console = output.console(given)
    for path in schedule.write_units(planned, folder, for_user=for_user):
        console.saved(path)
    console.say()
    console.say("Nothing is installed yet. To install them:")
    for step in systemd.installation(planned, str(folder), for_user=for_user):
        console.say(f"  {step}")
    return ExitStatus.SUCCESS


def _planned(given: Mapping[str, Any]) -> Schedule:
    """Return what is to be scheduled, every setting checked.

    :raises DataError: one is wrong, or this machine does not know the exchange's time zone.
    """
    from paper_run.app import schedule

    sources = flags.sources(given)
    return schedule.plan(
        flags.settings(given, found=sources, sends=False),
        folder=flags.here(),
        env_file=sources.file,
        variables=os.environ,
        tells_exchange=given["exchange"] is not None,
        is_sandbox=given["sandbox"],
    )
