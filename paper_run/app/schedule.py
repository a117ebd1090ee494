"""A schedule for this installation: checked, planned, and as systemd's units written into a folder."""

from __future__ import annotations

import math
import os
import re
import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from paper_run import __version__
from paper_run.errors import DataError
from paper_run.ledger import files
from paper_run.model.calendar import USUAL, Calendar, ClosedDays
from paper_run.schedule import kubernetes, systemd
from paper_run.schedule.plan import TIMES, Schedule, Waits
from paper_run.settings.options import OPTIONS
from paper_run.settings.raw import file_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from paper_run.settings.config import Config
    from paper_run.settings.sources import Sources

_KEYS_TOO = ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY")
_FILLED_IN = {"PAPER_RUN_EXCHANGE", "PAPER_RUN_REPORTS_DIR", "PAPER_RUN_REQUIRE_LEDGER"}
_OURS = re.compile(
    "|".join(("(?:PAPER_RUN|APCA_API)_[A-Z_]+", *(each.variable for each in OPTIONS if each.variable)))
)

_OF_LIBRARIES = re.compile(r"REQUESTS_CA_BUNDLE|SSL_CERT_(?:FILE|DIR)|(?i:https?|all|no)_(?i:proxy)")
_OF_LIBPQ = re.compile(r"PG[A-Z]+")
"""What no settings file can hold: certificates and proxies, and how a database is reached."""

_OUTPUT = "PAPER_RUN_OUTPUT"
_NAMES = (
    *(each.variable for each in OPTIONS if each.variable not in {"", _OUTPUT, *_FILLED_IN}),
    *_KEYS_TOO,
)
_SECRETS = {*(each.variable for each in OPTIONS if each.secret), *_KEYS_TOO}
_LOCAL = re.compile(r"https?://(?:localhost|127\.[0-9.]+|\[::1\])(?=[:/]|$)")


def plan(
    config: Config,
    *,
    folder: Path,
    env_file: Path | None,
    variables: Iterable[str],
    tells_exchange: bool,
    is_sandbox: bool,
    name: str = "",
) -> Schedule:
    """Return what is to be started by itself, for the interpreter and the user of now.

    :param folder: where it is started. :param env_file: the settings file, None where there is none.
    :param variables: the names of the environment's: what is started sees none of ours.
    :param tells_exchange: whether the exchange was typed, so that what is started is told it too.
    :param name: tells its units from another account's.
    """
    exchange, names = config.exchange, {*variables}
    lost = filter(_OF_LIBRARIES.fullmatch, names)
    lost_too = filter(_OF_LIBPQ.fullmatch, names) if config.place.database is not None else ()
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
        waits=_waits(config),
        unseen=tuple(sorted(filter(_OURS.fullmatch, names - _FILLED_IN))),
        lost=tuple(sorted((*lost, *lost_too))),
        name=name,
    )


def duties(
    planned: Schedule, config: Config, sources: Sources, *, image: str | None, has_second: bool
) -> kubernetes.Duties:
    """Return what a cluster is to start, with every setting that is in force here.

    :param image: None for this version's own. :param has_second: whether a second duty tries after the first.
    """
    typed = {name: given for name in _NAMES if (given := sources.variable(name)) is not None}
    named = [name for name in typed if name.endswith("_FILE")]
    plain = {name: given.value for name, given in typed.items() if name not in named}
    hidden = [name for name in plain if name in _SECRETS or config.secrets.text(plain[name]) != plain[name]]
    services = {
        "SIGNAL_SERVICE_URL": config.signal_service,
        "EXECUTION_GATEWAY_URL": config.execution_gateway,
        "ORCHESTRATOR_URL": config.orchestrator,
    }
    return kubernetes.Duties(
        schedule=planned,
        image=image or f"paper-run:{__version__}",
        opens=_open_for(config),
        values=tuple((name, value) for name, value in plain.items() if name not in hidden),
        secrets=tuple(hidden),
        files=tuple((name, file_path(typed[name], sources.folder)) for name in named),
        left_out=(_OUTPUT,) if config.outputs else (),
        local=tuple(name for name, url in services.items() if _LOCAL.match(url.base)),
        has_second=has_second,
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


def _waits(config: Config) -> Waits:
    return Waits(timeout=math.ceil(config.timeout), wait=math.ceil(config.wait))


def _open_for(config: Config) -> int:
    """Return how long after its start a day may begin, seconds: until the latest start of a usual session."""
    calendar = Calendar(lambda _: ClosedDays(2025, {}, {}, ""), exchange=config.exchange)
    starts = time.fromisoformat(TIMES[config.exchange].starts[0].clock)
    day = date(2025, 1, 17)
    latest = calendar.latest_start(day, config.latest_start)
    return int((latest - datetime.combine(day, starts, calendar.zone)).total_seconds())


def prove_zone(zone: str) -> None:
    """Refuse a machine on which `date` would take the zone's time for UTC's, and say nothing.

    A cluster has zones of its own.

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
