"""Credentials in a URL reach the service, and nobody else."""

from base64 import b64encode
from pathlib import Path

import pytest
from support.answers import Answer, plain_500
from support.command import Finished, run_command
from support.odd_platform import POSITIONS, RUN, RUNS, OddPlatform

CANARY = "CANARY-s3cr3t"


def secret_urls(platform: OddPlatform) -> dict[str, str]:
    """Put a user and a password (with a slash and an at sign, quoted) into every URL."""
    return {
        name: url.replace("http://", f"http://ops:{CANARY}%2F%40x@") for name, url in platform.urls.items()
    }


def assert_kept(finished: Finished, folder: Path) -> None:
    """The password is in no output and in no file, as it is or encoded."""
    said = finished.stdout + finished.stderr
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    encoded = b64encode(f"ops:{CANARY}/@x".encode()).decode()
    for secret in (CANARY, encoded):
        assert secret not in said
        assert secret.encode() not in written


def test_they_reach_the_service_as_basic_auth(platform: OddPlatform, tmp_path: Path) -> None:
    """Every request carries them, percent-encoding undone; -v does not show them."""
    finished = run_command("-v", cwd=tmp_path, env=secret_urls(platform))
    assert (finished.returncode, platform.executed) == (0, 1)
    expected = "Basic " + b64encode(f"ops:{CANARY}/@x".encode()).decode()
    assert {request.headers.get("authorization") for request in platform.requests} == {expected}
    assert_kept(finished, tmp_path)


@pytest.mark.parametrize("kind", ["refused", "500", "positions", "reset", "wrong-url", "dry-run"])
def test_no_failure_tells_them(platform: OddPlatform, tmp_path: Path, kind: str) -> None:
    """Nor does any error message."""
    env, args = secret_urls(platform), ["-v"]
    if kind == "refused":
        platform.signal.down()
    elif kind == "500":
        platform.orchestrator.always("POST", RUN, plain_500())
    elif kind == "positions":
        platform.gateway.always("GET", POSITIONS, Answer(status=401, body={"detail": "who?"}))
    elif kind == "reset":
        platform.orchestrator.always("POST", RUN, Answer(reset=True, process="never"))
        args += ["--timeout", "0.5"]
    elif kind == "wrong-url":
        env["ORCHESTRATOR_URL"] = f"ftp://ops:{CANARY}@host"
    else:
        args.append("--dry-run")
    if kind in {"500", "reset"}:
        platform.orchestrator.always("GET", RUNS + "*", plain_500())  # which is soon given up
    finished = run_command(*args, cwd=tmp_path, env=env)
    assert finished.returncode == {"500": 2, "reset": 2, "wrong-url": 3, "dry-run": 0}.get(kind, 1)
    assert_kept(finished, tmp_path)
