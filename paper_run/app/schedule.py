"""A schedule for this installation: checked, planned, and as systemd's units written into a folder."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from paper_run.errors import DataError
from paper_run.ledger import files
from paper_run.model.calendar import USUAL
from paper_run.schedule import systemd
from paper_run.schedule.plan import TIMES, Schedule
from paper_run.settings.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from paper_run.settings.config import Config

_FILLED_IN = {"PAPER_RUN_EXCHANGE", "PAPER_RUN_REPORTS_DIR", "PAPER_RUN_REQUIRE_LEDGER"}
_OURS = re.compile(
    "|".join(("(?:PAPER_RUN|APCA_API)_[A-Z_]+", *(each.variable for each in OPTIONS if each.variable)))
)


def plan(
    config: Config,
    *,
    folder: Path,
    env_file: Path | None,
    variables: Iterable[str],
    tells_exchange: bool,
    is_sandbox: bool,
) -> Schedule:
    """Return what is to be started by itself, for the interpreter and the user of now.

    :param folder: where it is started. :param env_file: the settings file, None where there is none.
    :param variables: the names of the environment's: what is started sees none of ours.
    :param tells_exchange: whether the exchange was typed, so that what is started is told it too.
    :raises DataError: this machine does not know the exchange's time zone.
    """
    exchange = config.exchange
    _prove_zone(TIMES[exchange].zone)
    return Schedule(
        python=sys.executable,
        folder=folder,
        env_file=None if env_file is None else Path(os.path.abspath(env_file)),
        reports_dir=config.reports_dir,
        outputs=tuple(path.parent for path in config.files),
        exchange=exchange,
        tells_exchange=tells_exchange or exchange != USUAL,
        is_sandbox=is_sandbox,
        user=_user(),
        seconds=int(config.timeout + config.wait),
        unseen=tuple(sorted(filter(_OURS.fullmatch, {*variables} - _FILLED_IN))),
    )


def write_units(planned: Schedule, folder: Path, *, for_user: bool) -> Iterator[Path]:
    """Write systemd's units into a folder, one after the other; yield where each lies.

    :raises DataError: one can't be written, or can't hold what it must name.
    """
    units = systemd.units(planned, for_user=for_user)
    files.prove_writable(folder, purpose="--into: the folder")
    for unit in units:
        files.write_atomic(folder / unit.name, unit.text.encode())
        yield folder / unit.name


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
