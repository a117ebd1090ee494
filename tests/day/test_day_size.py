"""An answer of any size costs a day no more than 150 MiB."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.answers import Answer, plain_500
from support.command import Finished, clean_environment
from support.odd_platform import ORDERS, POSITIONS, RUN, RUNS, OddPlatform

MOST = 150 * 1024  # KiB
MEASURED = """
import re, sys
from paper_run.cli import main
status = main()
print(re.search(r"VmHWM:\\s*([0-9]+)", open("/proc/self/status").read())[1], file=sys.stderr)
sys.exit(status)
"""
BODIES = {
    "30 MB": b'{"detail": "' + b"x" * 30_000_000 + b'"}',
    "lists": b"[" + b"[]," * 2_600_000 + b"[]]",
    "objects": b'{"detail":[' + b'{"a":1},' * 900_000 + b"{}]}",
    "one long text": b'{"detail":"' + "\U0001f600".encode() * 2_000_000 + b'"}',
    "not JSON": b"<p>" * 2_700_000,
}
PLACES = {
    "health": ("gateway", "GET", "/health"),
    "positions": ("gateway", "GET", POSITIONS),
    "list": ("orchestrator", "GET", RUNS),
    "post": ("orchestrator", "POST", RUN),
    "order": ("gateway", "GET", ORDERS + "/*"),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc on this system")
@pytest.mark.parametrize(
    ("place", "kind", "status"),
    [*((place, "30 MB", 200) for place in PLACES), *(("post", kind, 200) for kind in list(BODIES)[1:])],
)
def test_a_huge_answer(platform: OddPlatform, tmp_path: Path, place: str, kind: str, status: int) -> None:
    """Wherever it comes and whatever it holds; what is lost by it is said, and nothing is sent twice."""
    service, method, path = PLACES[place]
    platform.services[service].always(method, path, Answer(status=status, body=BODIES[kind]))
    if place == "post":
        platform.orchestrator.always("GET", RUNS + "*", plain_500())  # which is soon given up
    finished = _measured(platform, tmp_path, "--timeout", "0.5")
    assert "Traceback" not in finished.stderr
    assert int(finished.stderr.split()[-1]) < MOST
    assert finished.returncode == {"health": 1, "positions": 1, "list": 0, "post": 2, "order": 1}[place]
    if kind == "30 MB" and place != "list":
        assert "answered with more than 8 MiB" in finished.stdout + finished.stderr
    assert len(platform.posts) <= 1


def _measured(platform: OddPlatform, folder: Path, *args: str) -> Finished:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *args],
        cwd=folder,
        env=clean_environment(folder) | platform.urls,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Finished(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)
