"""The command that prints a schedule, ready to install."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import flags, output
from paper_run.cli.parsing import OneOf, options_of
from paper_run.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paper_run.schedule.plan import Schedule
    from paper_run.settings.config import Config
    from paper_run.settings.sources import Sources

_OWN = {"cron": (), "systemd": ("--into", "--user", "--name"), "kubernetes": ("--image", "--second")}
"""What there is, and the options of each alone."""
_NAME = r"(?!(?:mark|failed)$)[a-z0-9]{1,32}"
"""Without a hyphen, and none of ours: no two names make a unit of one name."""
_IMAGE = r"[A-Za-z0-9](?:[A-Za-z0-9._:/@-]*[A-Za-z0-9])?"


@click.command()
@click.argument("kind", metavar="cron|systemd|kubernetes", type=OneOf(list(_OWN)))
@options_of("schedule")
def schedule(
    kind: str,
    *,
    into: str | None,
    for_user: bool,
    name: str | None,
    image: str | None,
    second: bool,
    **given: Any,
) -> ExitStatus:
    """Print what starts day and mark by themselves: a crontab's lines, systemd's units, CronJobs.

    It names this interpreter, this folder, its settings file and its reports folder; for a cluster an image,
    and the settings themselves. Nothing is installed.
    """
    from paper_run.app import schedule as schedules
    from paper_run.schedule import cron, kubernetes, systemd

    typed = {
        "--into": into is not None,
        "--user": for_user,
        "--name": name is not None,
        "--image": image is not None,
        "--second": second,
    }
    _refuse_amiss(kind, image, given, typed)
    _refuse_name(name)
    sources = flags.sources(given)
    config = flags.settings(given, found=sources, sends=False)
    planned = _planned(config, sources, given, name or "")
    if kind == "kubernetes":
        duties = schedules.duties(planned, config, sources, image=image, has_second=second)
        return output.ended(output.print_raw(kubernetes.manifest(duties)))
    schedules.prove_zone(planned.times.zone)
    if kind == "cron":
        return output.ended(output.print_raw(cron.crontab(planned)))
    if into is None:
        return output.ended(output.print_raw(systemd.unit_stream(planned, for_user=for_user)))
    return _written(planned, into, given, for_user=for_user)


def _refuse_amiss(kind: str, image: str | None, given: Mapping[str, Any], typed: Mapping[str, bool]) -> None:
    """Refuse an option that goes with another kind, or means nothing.

    :raises UsageError: there is one. :raises DataError: no image can have that name.
    """
    from paper_run.settings.sources import SourcedValue

    for owner, options in _OWN.items():
        if owner != kind and any(typed[option] for option in options):
            named = f"{', '.join(options[:-1])} and {options[-1]}"
            raise click.UsageError(f"{named} go with schedule {owner}.")
    if typed["--second"] and given["sandbox"]:
        raise click.UsageError("--second means nothing beside --sandbox: each start plays the next day.")
    if image is not None and not re.fullmatch(_IMAGE, image):
        raise SourcedValue(image, "--image").wrong("an image's name, such as registry.example/paper-run:1.0")


def _refuse_name(name: str | None) -> None:
    from paper_run.settings.sources import SourcedValue

    if name is not None and not re.fullmatch(_NAME, name):
        raise SourcedValue(name, "--name").wrong("a word of small letters and digits, but mark and failed")


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
    for words in (*systemd.as_root(planned, for_user=for_user), *systemd.apart(planned)):
        console.say(words)
    console.say("Nothing is installed yet. To install them:")
    for step in systemd.installation(planned, str(folder), for_user=for_user):
        console.say(f"  {step}")
    return ExitStatus.SUCCESS


def _planned(config: Config, sources: Sources, given: Mapping[str, Any], name: str) -> Schedule:
    """Return what is to be scheduled."""
    from paper_run.app import schedule

    return schedule.plan(
        config,
        folder=flags.here(),
        env_file=sources.file,
        variables=os.environ,
        tells_exchange=given["exchange"] is not None,
        is_sandbox=given["sandbox"],
        name=name,
    )
