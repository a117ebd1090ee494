"""The units of systemd: a service and a timer each for run and mark, and what follows a failure."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.schedule.plan import refuse_unwritable, remarks

if TYPE_CHECKING:
    from pathlib import Path

    from paper_run.schedule.plan import Schedule, Start

SYSTEM_FOLDER = "/etc/systemd/system"
USER_FOLDER = "~/.config/systemd/user"
_SHARED = ("/tmp", "/var/tmp")  # noqa: S108  named, not used: with a /tmp of its own a service sees neither
_TIME_WAIT = "systemd-time-wait-sync.service"

_NO_PROGRAM = re.compile(r"""['"\\]""")
"""What systemd refuses in a program's name, and takes in an argument."""


class Unit(NamedTuple):
    """A unit of systemd: the name of its file, and what is in it."""

    name: str
    text: str


def units(schedule: Schedule, *, for_user: bool) -> tuple[Unit, ...]:
    """Return the units of systemd: a service and a timer each for run and mark, and what follows a failure.

    :param for_user: for the user's own systemd, which needs no root and can isolate a service less.
    :raises DataError: a path that no unit can hold.
    """
    refuse_unwritable(schedule, "a unit of systemd")
    made = []
    for start in schedule.times.starts:
        name = start.name(schedule.name)
        made.append(Unit(f"{name}.service", _service(schedule, start, for_user=for_user)))
        made.append(Unit(f"{name}.timer", _timer(schedule, start)))
    made.append(Unit("paper-run-failed@.service", _failed(for_user=for_user)))
    return tuple(made)


def unit_stream(schedule: Schedule, *, for_user: bool) -> str:
    """Return all units one after the other, each below the path of its file, and how to install them."""
    folder = USER_FOLDER if for_user else SYSTEM_FOLDER
    named = ["--name", schedule.name] if schedule.name else []
    into = schedule.again("systemd", *named, *(["--user"] if for_user else []), "--into", "paper-run-units")
    instead = schedule.again("systemd", *named, *([] if for_user else ["--user"]))
    comments = [
        f"Five units of systemd for {schedule.label}. To install them:",
        f"  {into}",
        *(f"  {step}" for step in installation(schedule, "paper-run-units", for_user=for_user)),
        f"For {'the whole machine' if for_user else 'your own systemd, without root'}:",
        f"  {instead}",
        *as_root(schedule, for_user=for_user),
        *apart(schedule),
        *remarks(schedule),
    ]
    parts = [f"# {folder}/{unit.name}\n{unit.text}" for unit in units(schedule, for_user=for_user)]
    return "\n".join(["\n".join([*(f"# {comment}" for comment in comments), ""]), *parts])


def as_root(schedule: Schedule, *, for_user: bool) -> tuple[str, ...]:
    """Return what there is to know where the services would run as root; else nothing."""
    if for_user or schedule.user != "root":
        return ()
    return (
        "They run as root, as you are root here, and can write to root's own folders alone. Better make them",
        "as the user whose reports they are.",
    )


def apart(schedule: Schedule) -> tuple[str, ...]:
    """Return what there is to know where this machine may have another account's units."""
    if schedule.name:
        return ()
    return (
        "A second account's on one machine need names of their own: schedule systemd --name WORD. Without,",
        "they take the place of the first one's, which is then not traded any more.",
    )


def installation(schedule: Schedule, into: str, *, for_user: bool) -> tuple[str, ...]:
    """Return the commands that install the units that were written into a folder, and look after them."""
    sudo, own = ("", " --user") if for_user else ("sudo ", "")
    writable = shlex.join(["mkdir", "-p", *map(str, _writable(schedule))])
    copy = f"cp {shlex.quote(into)}/paper-run* "
    timers = " ".join(f"{start.name(schedule.name)}.timer" for start in schedule.times.starts)
    place = f"mkdir -p {USER_FOLDER} && {copy}{USER_FOLDER}/" if for_user else f"{sudo}{copy}{SYSTEM_FOLDER}/"
    return (
        writable,
        *([] if for_user else [f"sudo systemctl enable {_TIME_WAIT}    # the clock is waited for"]),
        place,
        f"{sudo}systemctl{own} daemon-reload && {sudo}systemctl{own} enable --now {timers}",
        *(["loginctl enable-linger    # so that it goes on while you are logged out"] if for_user else []),
        f"systemctl{own} list-timers 'paper-run*'    # when they start next",
        f"{sudo}journalctl{own} -u 'paper-run*'    # what they said",
        *(
            [f"{schedule.first}    # once, where there is no ledger yet: the first day"]
            if schedule.first
            else []
        ),
    )


def _service(schedule: Schedule, start: Start, *, for_user: bool) -> str:
    words = schedule.words(*start.command, "-q")
    if _NO_PROGRAM.search(words[0]):
        words = ("/usr/bin/env", *words)
    # systemd would replace $NAME in the arguments, but not in the program; with `:` in neither.
    prefix = ":" if any("$" in word for word in words) else ""
    command = " ".join([_unit_quoted(prefix + words[0]), *map(_unit_quoted, words[1:])])
    # The clock says which session it is. A user's own systemd knows neither target.
    targets = "network-online.target time-sync.target"
    after = [] if for_user else [f"Wants={targets}", f"After={targets}"]
    return "\n".join(
        [
            "[Unit]",
            f"Description={_label(schedule)}: {start.what}",
            *after,
            "OnFailure=paper-run-failed@%n.service",
            "",
            "[Service]",
            "Type=oneshot",
            *([] if for_user else [f"User={schedule.user}"]),
            f"WorkingDirectory={_unit_path(schedule.folder)}",
            *(f"Environment={name}={value}" for name, value in schedule.variables),
            f"ExecStart={command}",
            f"TimeoutStartSec={schedule.waits.whole}",
            f"TimeoutStopSec={schedule.waits.stop}",
            "",
            *(_COMMON_HARDENING if for_user else [*_COMMON_HARDENING, *_isolation(schedule)]),
            "",
        ]
    )


_COMMON_HARDENING = (
    "NoNewPrivileges=yes",
    "LockPersonality=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=~@privileged @resources",
    "SystemCallErrorNumber=EPERM",
    "MemoryDenyWriteExecute=yes",
    "UMask=0027",
)


def _isolation(schedule: Schedule) -> list[str]:
    """Return what only the machine's systemd can do: everything but the reports is read-only."""
    paths = (schedule.folder, schedule.python, schedule.env_file, *_writable(schedule))
    is_shared = any(f"{path}/".startswith(f"{shared}/") for path in paths for shared in _SHARED)
    return [
        "ProtectSystem=strict",
        "ProtectHome=read-only",
        f"ReadWritePaths={' '.join(_unit_quoted(str(folder)) for folder in _writable(schedule))}",
        *([] if is_shared else ["PrivateTmp=yes"]),
        "CapabilityBoundingSet=",
        "AmbientCapabilities=",
        "PrivateUsers=yes",
        "PrivateDevices=yes",
        "DevicePolicy=closed",
        "PrivateMounts=yes",
        "KeyringMode=private",
        "RemoveIPC=yes",
        "ProtectProc=invisible",
        "ProcSubset=pid",
        "ProtectClock=yes",
        "ProtectControlGroups=yes",
        "ProtectHostname=yes",
        "ProtectKernelLogs=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelTunables=yes",
    ]


def _timer(schedule: Schedule, start: Start) -> str:
    times = schedule.times
    return "\n".join(
        [
            "[Unit]",
            f"Description={_label(schedule)}: {start.what}, at {start.clock} {times.place} time",
            "",
            "[Timer]",
            f"OnCalendar={times.days} {start.clock} {times.zone}",
            "# What was missed while the machine was off is made up for at boot, be that before the bell.",
            "# On a closed day it values the session before it once more."
            if start.command
            else "# Less than 15 minutes before the close, and on a closed day, a run does not trade.",
            "Persistent=true",
            "RandomizedDelaySec=60",
            "AccuracySec=1s",
            "",
            "[Install]",
            "WantedBy=timers.target",
            "",
        ]
    )


def _failed(*, for_user: bool) -> str:
    own = " --user" if for_user else ""
    return "\n".join(
        [
            "[Unit]",
            "Description=A failure of %i is reported",
            "",
            "[Service]",
            "Type=oneshot",
            "# An error in the journal. To be called too, by telephone, say, add one more ExecStart= by",
            f"# systemctl{own} edit paper-run-failed@.service: the next installation writes over this file.",
            f"ExecStart=/bin/sh -c \"echo '<3>%i failed; what it said: journalctl{own} -u %i'\"",
            "NoNewPrivileges=yes",
            "",
        ]
    )


def _label(schedule: Schedule) -> str:
    return " ".join(filter(None, (schedule.label, schedule.name)))


def _writable(schedule: Schedule) -> tuple[Path, ...]:
    return tuple(dict.fromkeys((schedule.reports_folder, *schedule.outputs)))


def _unit_quoted(word: str) -> str:
    if re.fullmatch(r"[\w@+=:,./-]+", word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _unit_path(path: Path) -> str:
    """Return a path for a setting that takes one unquoted; a slash guards an end that would be lost."""
    text = str(path).replace("%", "%%")
    return f"{text}/" if text.endswith((" ", "\\")) else text
