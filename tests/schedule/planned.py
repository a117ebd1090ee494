"""A schedule to put into words, a program that notes how it was started, and cron's reading of a line."""

from pathlib import Path
from typing import Any

from paper_run.schedule.plan import Schedule, Waits

ODD = "a b%c$d'e\"f\\g%h é;&*(x"
"""A name of a folder with everything that a shell, cron or systemd gives a meaning."""


def planned(base: Path, **changes: Any) -> Schedule:
    """Return a schedule of an installation in a folder."""
    schedule = Schedule(
        python=str(base / "python"),
        folder=base,
        env_file=base / ".env",
        reports_dir=base / "reports",
        outputs=(),
        exchange="XNYS",
        tells_exchange=False,
        is_sandbox=False,
        user="jo",
        waits=Waits(timeout=300, wait=0),
    )
    return schedule._replace(**changes)


def noting(folder: Path, *, exit_status: int = 0, says: str = "") -> Path:
    """Make an interpreter that notes where it was started, its exchange and its arguments, a line each."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "python"
    program.write_text(
        "#!/bin/sh\n"
        'here=$(dirname "$0")\n'
        'printf "%s\\n" "$PWD" "${PAPER_RUN_EXCHANGE-}" "$@" >> "$here/noted"\n'
        f"printf '{says}'\n"
        f"exit {exit_status}\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    return folder / "noted"


def read_by_cron(text: str) -> list[tuple[str, str]]:
    """Return the minutes and the command of each line, as the crons of Debian and Fedora read it."""
    lines = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        minutes, *every, command = line.split(" ", 5)
        assert every == ["*"] * 4
        lines.append((minutes, _without_escapes(command)))
    return lines


def _without_escapes(command: str) -> str:
    r"""Take away the backslash of `\%`; a bare `%` ends the command, as in do_command.c of Vixie's cron."""
    read, escaped = "", False
    for character in command:
        if escaped and character != "%":
            read += "\\"
        elif not escaped and character == "%":
            return read
        escaped = character == "\\"
        if not escaped:
            read += character
    return read
