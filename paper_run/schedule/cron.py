"""The lines of a crontab, right in every cron and in every time zone."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from paper_run.errors import DataError
from paper_run.schedule.plan import refuse_unwritable, remarks

if TYPE_CHECKING:
    from pathlib import Path

    from paper_run.schedule.plan import Schedule, Start

LARGEST_LOG = 1024 * 1024
"""Bytes; a larger one is kept once, beside the next, and what was kept before is dropped."""
LONGEST_LINE = 998
"""Bytes of a command that Debian's cron reads; it cuts off the rest and says nothing."""


def crontab(schedule: Schedule) -> str:
    """Return the lines for a crontab, with what there is to know of them as comments.

    :raises DataError: a path that no crontab can hold, or a line longer than every cron takes.
    """
    refuse_unwritable(schedule, "a crontab")
    times = schedule.times
    run, mark = times.starts
    log = schedule.reports_folder / "cron.log"
    comments = [
        f"{schedule.label}: the day at {run.clock}, its value at {mark.clock}, {times.place} time, "
        f"{times.words}.",
        "Into your crontab, once: with crontab -e, or",
        f"  (crontab -l 2>/dev/null; {schedule.again('cron')}) | crontab -",
        f"Cron looks every quarter of an hour; a line goes on only when it is time in {times.zone}. So it",
        "is right in each time zone, through every change of the clocks, and in every cron. It does without",
        "CRON_TZ, which works in cronie (Fedora, RHEL, Arch); the cron of Debian and Ubuntu ignores it.",
        "Nothing is printed when all is well. Problems, each with its date, are appended to",
        f"  {log}",
        "(past a megabyte it becomes cron.log.1, in place of the one before),",
        "so that cron itself mails only when a line could not be started. A session is traded once, however",
        "often this is started. A start missed while the machine is off is not made up for: systemd's is.",
        *_first_day(schedule),
        *remarks(schedule),
    ]
    lines = [
        f"{start.minutes} * * * * {_fitting(_cron_command(schedule, start, log))}" for start in times.starts
    ]
    return "\n".join([*(f"# {comment}" for comment in comments), *lines, ""])


def _first_day(schedule: Schedule) -> list[str]:
    if not schedule.first:
        return []
    return [
        "What is started here makes no ledger, so that a folder that was not mounted is no beginning. Where",
        "there is none yet, run the first day by hand, once:",
        f"  {schedule.first}",
    ]


def _cron_command(schedule: Schedule, start: Start, log: Path) -> str:
    times = schedule.times
    variables = "".join(f"{name}={value} " for name, value in schedule.variables)
    command = variables + " ".join(map(_cron_quoted, schedule.words(*start.command, "-q")))
    folder, reports, file = map(_cron_quoted, map(str, (schedule.folder, schedule.reports_folder, log)))
    # A log that can't be kept or written, one of root's say, does not cost the day: cron has the words then,
    # on the file that it has opened itself. No user may open that once more, as /dev/stdout would.
    kept = (
        f'{{ test -z "$(find "$l" -size +{LARGEST_LOG // 512} 2>/dev/null)" || mv "$l" "$l.1"; '
        'true >>"$l" && exec >>"$l"; true; }'
    )
    return (
        rf'case "$(TZ={times.zone} date +\%u-\%H:\%M)" in {times.pattern}-{start.pattern}) '
        f"cd {folder} && mkdir -p {reports} && l={file} && {kept} && "
        f'{{ {command} || echo "exit status $?, $(date)"; }} 2>&1;; esac'
    )


def _cron_quoted(word: str) -> str:
    r"""Quote for a shell and for cron, to which `%` is a line break.

    `\%` stands outside the quotes, so that it is right too where cron leaves the backslash to the shell.
    """
    return r"\%".join(shlex.quote(part) if part else "" for part in word.split("%")) or "''"


def _fitting(command: str) -> str:
    if len(command.encode()) <= LONGEST_LINE:
        return command
    raise DataError(
        f"The line for cron has {len(command.encode())} bytes, and Debian's cron reads {LONGEST_LINE}",
        "It would cut off the rest without a word.",
        remedies=("Use shorter paths, or schedule systemd; nothing was installed.",),
    )
