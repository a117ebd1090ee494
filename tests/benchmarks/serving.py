"""The sandbox served in a process of its own, and one day against it."""

import json
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from measuring import environment, used_by

UP_SECONDS = 15.0


@contextmanager
def served(python: Path, folder: Path) -> Iterator[dict[str, str]]:
    """Serve the sandbox whose account is kept below `folder`; yield the environment of a client of it."""
    first = _free_ports()
    command = [python, "-m", "paper_run", "sandbox", "--port", str(first), "--reports-dir", folder]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd="/", env=environment(), stdout=log, stderr=log)
        try:
            _wait_for(first + 3, process, log)
            yield environment(
                SIGNAL_SERVICE_URL=f"http://127.0.0.1:{first}",
                EXECUTION_GATEWAY_URL=f"http://127.0.0.1:{first + 1}",
                ORCHESTRATOR_URL=f"http://127.0.0.1:{first + 2}",
            )
        finally:
            process.terminate()
            process.wait(timeout=UP_SECONDS)


def with_broker(client: dict[str, str]) -> dict[str, str]:
    """Return a client's environment with keys for the quotes and the broker that are served beside."""
    orchestrator = client["ORCHESTRATOR_URL"]
    host, _, port = orchestrator.rpartition(":")
    url = f"{host}:{int(port) + 1}"
    keys = {"ALPACA_API_KEY_ID": "PKSANDBOX", "ALPACA_API_SECRET_KEY": "nobodys-secret-in-a-sandbox"}
    return client | keys | {"ALPACA_BASE_URL": url, "PAPER_RUN_QUOTES_URL": url}


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


def _wait_for(port: int, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    for _ in range(int(UP_SECONDS * 10)):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)
    log.seek(0)
    sys.exit(f"the sandbox did not come up:\n{log.read().decode(errors='replace')}")


class Day(NamedTuple):
    """A day that was run: what it used of the machine, and its result."""

    used: resource.struct_rusage
    result: dict[str, Any]


def day(python: Path, reports: Path, client: dict[str, str], *options: str) -> Day:
    """Run a day; it must have traded with success, a day that only shows an earlier one would be cheaper."""
    before = set(reports.glob("*_paper_run.json"))
    command = [python, "-m", "paper_run", "--reports-dir", reports, *options]
    used = used_by(command, cwd=reports.parent, env=client)
    (written,) = set(reports.glob("*_paper_run.json")) - before
    result = json.loads(written.read_text("utf-8"))
    if result["status"] != "success":
        sys.exit(f"the day did not succeed: see {written}")
    return Day(used, result)
