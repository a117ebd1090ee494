"""The health check: every service, every flag, all at the same time; nothing is traded unless all is well."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from support.answers import Answer, detail_text, plain_500
from support.command import run_command, saved, start_command
from support.odd_platform import OddPlatform

TITLES = {"signal": "Signal Service", "gateway": "Execution Gateway", "orchestrator": "Orchestrator"}


def assert_block(platform: OddPlatform, name: str, stderr: str) -> str:
    """Find the ADR's error block of a service: title, URL, numbered troubleshooting with its own port."""
    service = platform.services[name]
    title = rf"❌ ERROR: {TITLES[name]} (?:unavailable|unhealthy).*"
    found = re.search(rf"^{title}$(?:\n(?!❌|Exiting).*)*", stderr, re.MULTILINE)
    assert found, f"no block of {TITLES[name]} in:\n{stderr}"
    block = found[0]
    assert service.url in block
    steps = block.partition("\nTroubleshooting:\n")[2]
    assert re.findall(r"^(\d)\. ", steps, re.MULTILINE)[:2] == ["1", "2"]
    assert re.search(rf"^\d\. .*\b{service.port}\b", steps, re.MULTILINE)
    return block


UNHEALTHY: dict[str, tuple[str, dict[str, Any], str]] = {
    "t3-status": ("signal", {"status": "degraded"}, "degraded"),
    "t3-model": ("signal", {"model_loaded": False}, "model"),
    "t4-unhealthy": ("gateway", {"status": "unhealthy"}, "unhealthy"),
    "t4-degraded": ("gateway", {"status": "degraded"}, "degraded"),
    "t4-database": ("gateway", {"database_connected": False}, "atabase"),
    "t5-status": ("orchestrator", {"status": "degraded"}, "degraded"),
    "t5-signals": ("orchestrator", {"signal_service_healthy": False}, "ignal"),
    "t5-gateway": ("orchestrator", {"execution_gateway_healthy": False}, "ateway"),
    "t5-database": ("orchestrator", {"database_connected": False}, "atabase"),
}


@pytest.mark.parametrize("kind", UNHEALTHY)
def test_a_flag_that_fails(platform: OddPlatform, tmp_path: Path, kind: str) -> None:
    """HTTP 200 is not health: each flag of the body counts, and the error says which."""
    name, flags, word = UNHEALTHY[kind]
    platform.services[name].health |= flags
    finished = run_command(cwd=tmp_path, platform=platform)
    assert (finished.returncode, platform.posts) == (1, [])
    assert word in assert_block(platform, name, finished.stderr)
    assert finished.stderr.count("❌") == 1
    assert finished.stderr.rstrip().endswith("Exiting with code 1.")


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (detail_text(503, "Model not loaded"), "Model not loaded"),
        (Answer(body="<h1>It works!</h1>", content_type="text/html"), ""),
        (Answer(body=["healthy"]), ""),
        (Answer(body={}), ""),
        (plain_500(), "500"),
        (Answer(reset=True), ""),
    ],
    ids=["503", "html", "list", "empty-object", "500", "reset"],
)
def test_an_answer_that_is_no_health(
    platform: OddPlatform, tmp_path: Path, answer: Answer, word: str
) -> None:
    """Anything but a readable `healthy` fails; `/` is no way out, and the service's own words are shown."""
    platform.signal.always("GET", "/health", answer)
    finished = run_command(cwd=tmp_path, platform=platform)
    assert (finished.returncode, platform.posts) == (1, [])
    assert word in assert_block(platform, "signal", finished.stderr)
    assert "/" not in [request.path for request in platform.requests]


def test_the_root_stands_in_for_a_missing_health_route(platform: OddPlatform, tmp_path: Path) -> None:
    """A generation without /health is asked at /."""
    platform.signal.has_health = False
    finished = run_command(cwd=tmp_path, platform=platform)
    assert finished.returncode == 0
    asked = [request.path for request in platform.requests if request.service == "signal_service"]
    assert asked == ["/health", "/"]


def test_all_that_fails_is_told_in_one_go(tmp_path: Path) -> None:
    """Down, unhealthy and degraded: three blocks, one exit status, and no hint at the sandbox."""
    with OddPlatform(down=["signal"]) as platform:
        platform.gateway.health["status"] = "unhealthy"
        platform.orchestrator.health["signal_service_healthy"] = False
        finished = run_command(cwd=tmp_path, platform=platform)
        assert (finished.returncode, platform.posts) == (1, [])
        blocks = [assert_block(platform, name, finished.stderr) for name in TITLES]
    assert "Signal Service unavailable" in blocks[0]
    assert finished.stderr.count("❌") == 3
    assert finished.stderr.count("Exiting with code 1.") == 1
    assert "--sandbox" not in finished.stderr


def test_nothing_answers_at_all(tmp_path: Path) -> None:
    """Somebody without a platform is told of the sandbox."""
    with OddPlatform(down=["signal", "gateway", "orchestrator"]) as platform:
        finished = run_command(cwd=tmp_path, platform=platform)
        for name in TITLES:
            assert " unavailable" in assert_block(platform, name, finished.stderr)
    assert finished.returncode == 1
    assert "No platform yet? Add --sandbox" in finished.stderr


def test_services_that_hang_cost_five_seconds_in_all(platform: OddPlatform, tmp_path: Path) -> None:
    """Frozen, trickled body, trickled headers: all are given up after 5 s, at the same time."""
    platform.signal.always("GET", "*", Answer(freeze=True))
    platform.gateway.always("GET", "*", Answer(trickle=0.3))
    platform.orchestrator.always("GET", "*", Answer(trickle_headers=0.3))
    finished = run_command(cwd=tmp_path, platform=platform)
    asked = [request.at for request in platform.requests]
    assert max(asked) - min(asked) < 5
    assert (finished.returncode, platform.posts) == (1, [])
    for name in TITLES:
        assert_block(platform, name, finished.stderr)


def test_wait_for_a_service_that_is_not_ready(platform: OddPlatform, tmp_path: Path) -> None:
    """With --wait an unhealthy service is asked again until it is healthy."""
    not_ready = detail_text(503, "Model not loaded")
    platform.signal.script("GET", "/health", [not_ready, not_ready])
    finished = run_command("--wait", "20", cwd=tmp_path, platform=platform)
    assert (finished.returncode, finished.stderr, platform.executed) == (0, "", 1)


def test_wait_for_a_service_that_is_down(tmp_path: Path) -> None:
    """With --wait a service may come up meanwhile."""
    with OddPlatform(down=["signal"]) as platform:
        with start_command("--wait", "20", cwd=tmp_path, platform=platform) as process:
            platform.log.until(lambda: any(request.path == "/health" for request in platform.requests))
            platform.signal.up()
            process.communicate(timeout=120)
        assert (process.returncode, platform.executed) == (0, 1)


def test_waiting_has_an_end(platform: OddPlatform, tmp_path: Path) -> None:
    """When --wait is over, what fails is told as ever."""
    platform.gateway.health["database_connected"] = False
    began = time.monotonic()
    finished = run_command("--wait", "1", cwd=tmp_path, platform=platform)
    assert 1 <= time.monotonic() - began < 40
    assert (finished.returncode, platform.posts) == (1, [])
    assert_block(platform, "gateway", finished.stderr)
    assert [request.service for request in platform.requests].count("execution_gateway") > 1


def test_a_rehearsal_is_called_one(platform: OddPlatform, tmp_path: Path) -> None:
    """A gateway in DRY_RUN executes nothing: the console says so, and so does the JSON."""
    platform.gateway.health["dry_run"] = True
    finished = run_command(cwd=tmp_path, platform=platform)
    assert "REHEARSAL" in finished.stdout
    result = saved(tmp_path)
    assert (result["rehearsal"], result["status"], finished.returncode) == (True, "success", 0)
