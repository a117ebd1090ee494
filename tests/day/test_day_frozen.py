"""Everything that a day waits for is frozen: it ends within ten seconds all the same, and says what was."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from support.answers import Answer
from support.command import Finished, clean_environment, run_command
from support.odd_platform import ORDERS, POSITIONS, OddPlatform
from support.socket_server import frozen, serving
from support.tree import ROOT

SERVICES = ("SIGNAL_SERVICE_URL", "EXECUTION_GATEWAY_URL", "ORCHESTRATOR_URL")
KEYS = {"ALPACA_API_KEY_ID": "PKTEST", "ALPACA_API_SECRET_KEY": "secret"}
COMMAND = """
import time
from pathlib import Path

def at_work():
    # Seconds that this thread was on a core, or ready for one.
    running, ready, _ = Path("/proc/thread-self/schedstat").read_text().split()
    return (int(running) + int(ready)) / 1e9

def tell():
    Path("waited").write_text(str(time.monotonic() - began - (at_work() - worked)))

began, worked = time.monotonic(), at_work()
from paper_run import __main__ as program
leave = program._leave  # when threads are joined
program._leave = lambda: (tell(), leave())
program.entry_point()
"""
DEAD_NAME_SERVERS = f"""
import socket, sys, threading
sys.path.append({str(ROOT / "tests")!r})
from support.socket_server import silent_names
socket.getaddrinfo = silent_names(threading.Event())
{COMMAND}
"""
LONGEST = 12
"""Seconds: nine, and what a busy machine takes for disks and threads that end."""


def settings(url: str, *, services: bool) -> dict[str, str]:
    """Return where quotes, mail server, push and heartbeat are, and the services too if asked for."""
    host = url.removeprefix("http://")
    name, _, port = host.rpartition(":")
    found = {
        **KEYS,
        "PAPER_RUN_QUOTES_URL": url,
        "ALPACA_BASE_URL": url,
        "PAPER_RUN_SMTP_HOST": name,
        "PAPER_RUN_SMTP_PORT": port,
        "PAPER_RUN_SMTP_SECURITY": "none",
        "PAPER_RUN_EMAIL_TO": "me@example.com",
        "PAPER_RUN_NOTIFY": f"json://{host}/push",
        "PAPER_RUN_HEARTBEAT_URL": f"{url}/ping",
    }
    return found | (dict.fromkeys(SERVICES, url) if services else {})


class Ended(NamedTuple):
    """A command that has ended, and how many seconds it waited: not for a core, which is no fault of its."""

    finished: Finished
    waited: float
    executed: int


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """Every case, all at once: each of them mostly waits."""
    with serving(frozen) as server, OddPlatform() as traded, OddPlatform() as slow, OddPlatform() as played:
        everything = settings(server.url.base, services=True)
        traded.gateway.script("GET", POSITIONS, [Answer()], then=Answer(freeze=True))
        traded.gateway.always("GET", ORDERS + "/*", Answer(freeze=True))
        slow.orchestrator.script("POST", "*", [Answer(delay=4)])
        slow.gateway.script("GET", POSITIONS, [Answer(), Answer(delay=1)])
        dead = settings("http://dead.example:8001", services=True)
        cases: dict[str, tuple[str, tuple[str, ...], dict[str, str], OddPlatform | None]] = {
            "day": (COMMAND, (), everything, None),
            "mark": (COMMAND, ("mark", "--reports-dir", "played"), everything, None),
            "doctor": (COMMAND, ("doctor",), everything, None),
            "traded": (COMMAND, (), settings(server.url.base, services=False), traded),
            "slow": (COMMAND, (), {}, slow),
            "dead-names day": (DEAD_NAME_SERVERS, (), dead, None),
            "dead-names doctor": (DEAD_NAME_SERVERS, ("doctor",), dead, None),
        }
        folders = {name: tmp_path_factory.mktemp("case") for name in cases}
        assert run_command("--reports-dir", "played", cwd=folders["mark"], platform=played).returncode == 0

        def end(name: str) -> Ended:
            script, args, env, platform = cases[name]
            urls = platform.urls if platform else {}
            finished = _started(script, *args, folder=folders[name], env=env | urls)
            waited = float((folders[name] / "waited").read_text())
            return Ended(finished, waited, platform.executed if platform else 0)

        with ThreadPoolExecutor(len(cases)) as pool:
            return dict(zip(cases, pool.map(end, cases), strict=True))


@pytest.mark.parametrize("command", ["day", "mark", "doctor"])
def test_before_the_trade(ended: dict[str, Ended], command: str) -> None:
    """Three services, quotes, broker, mail server, push and heartbeat: the command fails, exit 1."""
    finished, waited, _ = ended[command]
    assert (finished.returncode, waited < LONGEST) == (1, True), waited
    assert "did not answer within" in finished.stdout + finished.stderr


def test_after_the_trade(ended: dict[str, Ended]) -> None:
    """Gateway, quotes, mail server, push and heartbeat: it has traded once, the rest is said, exit 1."""
    finished, waited, executed = ended["traded"]
    assert (finished.returncode, executed, waited < LONGEST) == (1, 1, True), waited
    assert "The e-mail could not be sent" in finished.stderr
    assert "The quotes could not be read" in finished.stderr
    assert "A push notification" not in finished.stderr, "it counts as sent"
    assert "which has not confirmed it in time" in finished.stdout


@pytest.mark.parametrize("command", ["day", "doctor"])
def test_dead_name_servers(ended: dict[str, Ended], command: str) -> None:
    """No name is ever resolved: it is said of the services and of the mail server."""
    finished, waited, _ = ended[f"dead-names {command}"]
    assert (finished.returncode, waited < LONGEST) == (1, True), waited
    assert "has a host name that can't be resolved (no answer in time from the name servers)" in (
        finished.stdout + finished.stderr
    )


def test_the_orchestration_has_its_own_time(ended: dict[str, Ended]) -> None:
    """A run that takes longer than all of that takes nothing from what comes after it."""
    finished, _, executed = ended["slow"]
    assert (finished.returncode, finished.stderr, executed) == (0, "", 1)


def _started(script: str, *args: str, folder: Path, env: dict[str, str]) -> Finished:
    done = subprocess.run(
        [sys.executable, "-c", script, *args],
        cwd=folder,
        env=clean_environment(folder) | env,
        capture_output=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )
    return Finished(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)
