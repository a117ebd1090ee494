"""Starts that run nothing (`--help`, `--version`, a usage error) against an empty interpreter."""

import functools
import tempfile
from pathlib import Path

from measuring import cpu_seconds, installed, medians, options, show

EMPTY = "python -c pass"
BUDGET = 5.0


def main() -> None:
    given = options(__doc__ or "", rounds=21).parse_args()
    with installed(given.python) as python, tempfile.TemporaryDirectory() as folder:
        run = functools.partial(cpu_seconds, cwd=Path(folder))
        program = [python, "-m", "paper_run"]
        starts = {
            "--help": functools.partial(run, [*program, "--help"]),
            "-h": functools.partial(run, [*program, "-h"]),
            "--version": functools.partial(run, [*program, "--version"]),
            "a usage error": functools.partial(run, [*program, "--no-such-option"], exit_status=3),
        }
        found = medians({EMPTY: functools.partial(run, [python, "-c", "pass"])} | starts, given.rounds)
        show("Starts that run nothing", found, base=EMPTY, budgets=dict.fromkeys(starts, BUDGET))


if __name__ == "__main__":
    main()
