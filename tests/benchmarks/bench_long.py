"""A day after thousands of sessions against one after a few; both books' `mark` and `history` beside it."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from measuring import cpu_of, cpu_seconds, environment, installed, medians, options, show
from serving import day, served

FEW = 3
SESSIONS = 2520


def main() -> None:
    parser = options(__doc__ or "", rounds=15)
    parser.add_argument(
        "--sessions", type=int, default=SESSIONS, help="of the long book (default %(default)s)"
    )
    parser.add_argument(
        "--reports-dir",
        type=Path,
        help="in which `--sandbox --sessions N` has been played already; it is copied and stays as it is",
    )
    given = parser.parse_args()
    with (
        installed(given.python) as python,
        tempfile.TemporaryDirectory() as made,
        ExitStack() as platforms,
    ):
        short, long = (Path(made, name) for name in ("short", "long"))
        _play(python, short, FEW)
        if given.reports_dir:
            shutil.copytree(given.reports_dir, long)
        else:
            print(f"Playing {given.sessions:,} sessions...", flush=True)
            _play(python, long, given.sessions)
        books = {folder: platforms.enter_context(served(python, folder)) for folder in (short, long)}
        for folder in books:
            _describe(python, folder)
        for title, measure, budget in (
            ("A day", _day, 1.1),
            ("`mark`", _mark, 1.1),
            ("`history`", _history, 1.5),
        ):
            _compare(title, measure, python, books, budget, given.rounds)


def _play(python: Path, folder: Path, sessions: int) -> None:
    command = [python, "-m", "paper_run", "--sandbox", "--sessions", str(sessions), "-q"]
    cpu_seconds([*command, "--reports-dir", folder], cwd=folder.parent)


def _describe(python: Path, folder: Path) -> None:
    """Print how long the book is, and how much room its ledger takes."""
    sessions = _sessions(python, folder)
    size = (folder / "sandbox" / "ledger.sqlite3").stat().st_size
    print(
        f"{folder.name}: {sessions:,} sessions, the ledger {size / 1e6:.1f} MB,"
        f" {size / sessions / 1000:.1f} kB a session"
    )


def _sessions(python: Path, folder: Path) -> int:
    command = [python, "-m", "paper_run", "history", "--json", "--reports-dir", folder / "sandbox"]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{command}: exit {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return len(json.loads(done.stdout))


def _compare(
    title: str,
    measure: Callable[[Path, Path, dict[str, str]], float],
    python: Path,
    books: dict[Path, dict[str, str]],
    budget: float,
    rounds: int,
) -> None:
    what = {
        f"the {folder.name} book": partial(measure, python, folder / "sandbox", client)
        for folder, client in books.items()
    }
    base, compared = what
    show(
        f"{title} in a long book against a short one",
        medians(what, rounds),
        base=base,
        budgets={compared: budget},
    )


def _day(python: Path, reports: Path, client: dict[str, str]) -> float:
    return cpu_of(day(python, reports, client).used)


def _mark(python: Path, reports: Path, client: dict[str, str]) -> float:
    return _command(python, reports, client, "mark")


def _history(python: Path, reports: Path, client: dict[str, str]) -> float:
    return _command(python, reports, client, "history")


def _command(python: Path, reports: Path, client: dict[str, str], name: str) -> float:
    return cpu_seconds([python, "-m", "paper_run", name, "--reports-dir", reports], reports.parent, client)


if __name__ == "__main__":
    main()
