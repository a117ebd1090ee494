"""The command that prints a schedule, ready to install."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from paper_run.cli import flags, output, streams
from paper_run.cli.parsing import options_of
from paper_run.errors import DataError, ExitStatus
from paper_run.settings.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paper_run.schedule.plan import Schedule

_FILLED_IN = {"PAPER_RUN_EXCHANGE", "PAPER_RUN_REPORTS_DIR", "PAPER_RUN_REQUIRE_LEDGER"}
_OURS = re.compile(
    "|".join(("(?:PAPER_RUN|APCA_API)_[A-Z_]+", *(each.variable for each in OPTIONS if each.variable)))
)


@click.command(short_help="Print a crontab's lines or systemd's units; installs nothing.")
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
    from paper_run.ledger import files
    from paper_run.schedule import systemd
    from paper_run.settings import raw
    from paper_run.settings.sources import SourcedValue

    found = SourcedValue(into, "--into")
    if not into:
        raise found.wrong("the path of a folder")
    folder = raw.path(found, flags.here(), form="the path of a folder")
    units = systemd.units(planned, for_user=for_user)
    files.prove_writable(folder, purpose="--into: the folder")
    console = output.console(given)
    for unit in units:
        files.write_atomic(folder / unit.name, unit.text.encode())
        console.saved(folder / unit.name)
    console.say()
    console.say("Nothing is installed yet. To install them:")
    for step in systemd.installation(planned, str(folder), for_user=for_user):
        console.say(f"  {step}")
    return ExitStatus.SUCCESS


def _planned(given: Mapping[str, Any]) -> Schedule:
    """Return what is to be scheduled, every setting checked.

    :raises DataError: one is wrong, or this machine does not know the exchange's time zone.
    """
    from paper_run.schedule.plan import TIMES, Schedule

    sources = flags.sources(given)
    settings = flags.settings(given, found=sources, sends=False)
    exchange = settings.exchange
    _prove_zone(TIMES[exchange].zone)
    return Schedule(
        python=sys.executable,
        folder=flags.here(),
        env_file=None if sources.file is None else Path(os.path.abspath(sources.file)),
        reports_dir=settings.reports_dir,
        outputs=tuple(path.parent for path in settings.files),
        exchange=exchange,
        tells_exchange=given["exchange"] is not None or exchange != "XNYS",
        is_sandbox=given["sandbox"],
        user=_user(),
        seconds=int(settings.timeout + settings.wait),
        unseen=tuple(sorted(filter(_OURS.fullmatch, os.environ.keys() - _FILLED_IN))),
    )


def _prove_zone(zone: str) -> None:
    """Refuse a machine on which `date` would take the zone's time for UTC's, and say nothing.

    :raises DataError: its C library has no such time zone.
    """
    import zoneinfo

    if zone == "UTC" or any((Path(folder) / zone).is_file() for folder in zoneinfo.TZPATH):
        return
    raise DataError(
        f"This machine does not know the time zone {zone}",
        "A schedule would start hours off.",
        remedies=("Install the time zones (on Debian and Ubuntu the package tzdata), then ask again.",),
    )


def _user() -> str:
    """Return the name of who asks, or their number where there is no name."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
