"""A full day, with the services already up in another process, against importing the four packages."""

import functools
import itertools
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from measuring import arguments, cpu_seconds, environment, installed, medians, show

IMPORTS = "import click, requests, tenacity, jinja2"
WARM = "a day, template cache warm"
COLD = "a day in a new reports folder (cache cold)"
BUDGETS = {WARM: 1.4}
UP_SECONDS = 15.0


@contextmanager
def platform(python: Path, folder: Path) -> Iterator[dict[str, str]]:
    """Serve the sandbox in a process of its own; yield the environment of a client of it."""
    first = _free_ports()
    command = [python, "-m", "paper_run", "sandbox", "--port", str(first), "--reports-dir", folder / "served"]
    with (folder / "served.log").open("wb") as log:
        served = subprocess.Popen(command, cwd=folder, env=environment(), stdout=log, stderr=log)
    try:
        _wait_for(first + 3, served, folder / "served.log")
        yield environment(
            SIGNAL_SERVICE_URL=f"http://127.0.0.1:{first}",
            EXECUTION_GATEWAY_URL=f"http://127.0.0.1:{first + 1}",
            ORCHESTRATOR_URL=f"http://127.0.0.1:{first + 2}",
        )
    finally:
        served.send_signal(signal.SIGINT)
        served.wait(timeout=UP_SECONDS)


def _free_ports(count: int = 4) -> int:
    """Return the first of so many free ports in a row."""
    for first in range(18001, 60000, 10):
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    sys.exit("no free ports")


def _wait_for(port: int, served: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(int(UP_SECONDS * 10)):
        if served.poll() is not None:
            break
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)
    sys.exit(f"the sandbox did not come up:\n{log.read_text('utf-8', errors='replace')}")


def day(python: Path, folder: Path, client: dict[str, str], next_reports: Callable[[], Path]) -> float:
    """Run a day; it must have traded with success, a day that only shows an earlier one would be cheaper."""
    reports = next_reports()
    before = set(reports.glob("*_paper_run.json"))
    used = cpu_seconds([python, "-m", "paper_run", "--reports-dir", reports], cwd=folder, env=client)
    (result,) = set(reports.glob("*_paper_run.json")) - before
    if json.loads(result.read_text("utf-8"))["status"] != "success":
        sys.exit(f"the day did not succeed:\n{result.read_text('utf-8')}")
    return used


def main() -> None:
    given = arguments(__doc__ or "", rounds=15)
    with (
        installed(given.python) as python,
        tempfile.TemporaryDirectory() as made,
        platform(python, folder := Path(made)) as client,
    ):
        numbers = itertools.count()
        what = {
            IMPORTS: functools.partial(cpu_seconds, [python, "-c", IMPORTS], folder),
            WARM: functools.partial(day, python, folder, client, lambda: folder / "warm"),
            COLD: functools.partial(day, python, folder, client, lambda: folder / f"cold-{next(numbers)}"),
        }
        show("A day", medians(what, given.rounds), base=IMPORTS, budgets=BUDGETS)


if __name__ == "__main__":
    main()
