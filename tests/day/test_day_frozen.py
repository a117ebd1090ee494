"""Everything that a day waits for is frozen: it ends within ten seconds all the same, and says what was."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from services.socket_server import frozen, refusing, serving
from support.answers import Answer
from support.command import Finished, clean_environment, run_command
from support.odd_platform import ORDERS, POSITIONS, OddPlatform

SERVICES = ("SIGNAL_SERVICE_URL", "EXECUTION_GATEWAY_URL", "ORCHESTRATOR_URL")
KEYS = {"ALPACA_API_KEY_ID": "PKTEST", "ALPACA_API_SECRET_KEY": "secret"}
DEAD_NAME_SERVERS = """
import socket, threading
socket.getaddrinfo = lambda *_args, **_more: threading.Event().wait(60)
from paper_run.cli import entry_point
entry_point()
"""


def settings(url: str, *, services: bool) -> dict[str, str]:
    """Return where quotes, mail server and heartbeat are, and the services too if asked for."""
    host = url.removeprefix("http://")
    name, _, port = host.rpartition(":")
    found = {
        **KEYS,
        "PAPER_RUN_QUOTES_URL": url,
        "PAPER_RUN_SMTP_HOST": name,
        "PAPER_RUN_SMTP_PORT": port,
        "PAPER_RUN_SMTP_SECURITY": "none",
        "PAPER_RUN_EMAIL_TO": "me@example.com",
        "PAPER_RUN_HEARTBEAT_URL": f"{url}/ping",
    }
    return found | (dict.fromkeys(SERVICES, url) if services else {})


@pytest.fixture
def seconds(tmp_path: Path) -> float:
    """How long the command takes here and now where nothing is waited for: a slow machine is no fault."""
    started = time.monotonic()
    run_command("--no-email", cwd=tmp_path, env=settings(refusing().base, services=True))
    return time.monotonic() - started


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started - seconds < 9.5


@pytest.mark.parametrize("args", [(), ("mark", "--reports-dir", "played"), ("doctor",)], ids=str)
def test_before_the_trade(
    platform: OddPlatform, tmp_path: Path, seconds: float, args: tuple[str, ...]
) -> None:
    """Three services, quotes, mail server and heartbeat: the command fails, exit 1."""
    if "mark" in args:
        assert run_command("--reports-dir", "played", cwd=tmp_path, platform=platform).returncode == 0
    with serving(frozen) as server, within(seconds):
        finished = run_command(*args, cwd=tmp_path, env=settings(server.url.base, services=True))
    assert finished.returncode == 1
    assert "did not answer within" in finished.stdout + finished.stderr


def test_after_the_trade(platform: OddPlatform, tmp_path: Path, seconds: float) -> None:
    """Gateway, quotes, mail server and heartbeat: it has traded once, the rest is said, exit 1."""
    platform.gateway.script("GET", POSITIONS, [Answer()], then=Answer(freeze=True))
    platform.gateway.always("GET", ORDERS + "/*", Answer(freeze=True))
    with serving(frozen) as server, within(seconds):
        finished = run_command(cwd=tmp_path, env=settings(server.url.base, services=False), platform=platform)
    assert (finished.returncode, platform.executed) == (1, 1)
    assert "The e-mail could not be sent" in finished.stderr
    assert "The quotes could not be read" in finished.stderr


@pytest.mark.parametrize("args", [(), ("doctor",)], ids=str)
def test_dead_name_servers(tmp_path: Path, seconds: float, args: tuple[str, ...]) -> None:
    """No name is ever resolved: it is said of the services and of the mail server."""
    env = settings("http://dead.example:8001", services=True)
    with within(seconds):
        finished = _started(DEAD_NAME_SERVERS, *args, folder=tmp_path, env=env)
    assert finished.returncode == 1
    assert "has a host name that can't be resolved (no answer in time from the name servers)" in (
        finished.stdout + finished.stderr
    )


def test_the_orchestration_has_its_own_time(platform: OddPlatform, tmp_path: Path) -> None:
    """A run that takes longer than all of that takes nothing from what comes after it."""
    platform.orchestrator.script("POST", "*", [Answer(delay=4)])
    platform.gateway.script("GET", POSITIONS, [Answer(), Answer(delay=1)])
    finished = run_command(cwd=tmp_path, platform=platform)
    assert (finished.returncode, finished.stderr, platform.executed) == (0, "", 1)


def _started(script: str, *args: str, folder: Path, env: dict[str, str]) -> Finished:
    done = subprocess.run(
        [sys.executable, "-c", script, *args],
        cwd=folder,
        env=clean_environment(folder) | env,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return Finished(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)
