"""Ctrl-C and SIGTERM while the orchestrator works: exit 130, and the user knows what to do."""

import signal
import subprocess
from pathlib import Path

import pytest
from support.answers import Answer
from support.command import saved, start_command
from support.odd_platform import ORDERS, RUN, RUNS, OddPlatform, still_running


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_while_the_post_is_out(platform: OddPlatform, tmp_path: Path, kind: signal.Signals) -> None:
    """The orchestration may go on without us: that is said at once, with where to look."""
    platform.orchestrator.always("POST", RUN, Answer(freeze=True))
    with start_command(cwd=tmp_path, platform=platform) as process:
        platform.log.until(lambda: platform.posts)
        stderr = _stop(process, kind)
    assert process.returncode == 130
    assert "nterrupted" in stderr
    assert "orchestrat" in stderr.lower()
    assert platform.orchestrator.url in stderr
    assert "Traceback" not in stderr
    assert len(platform.posts) == 1
    assert (saved(tmp_path)["status"], saved(tmp_path)["exit_status"]) == ("interrupted", 130)


def _stop(process: subprocess.Popen[str], kind: signal.Signals) -> str:
    """Send a signal that ends the process: the first SIGTERM waits for the answer, the next does not.

    Python takes no third one while it ends: that would be its end.
    """
    process.send_signal(kind)
    if kind is signal.SIGTERM:
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=0.5)
        process.send_signal(kind)
    return process.communicate(timeout=60)[1]


def test_while_a_run_is_followed(platform: OddPlatform, tmp_path: Path) -> None:
    """The run id is known by then, and shown."""
    platform.orchestrator.answers_running([])
    platform.orchestrator.always("GET", RUNS + "/*", still_running())
    with start_command(cwd=tmp_path, platform=platform) as process:
        platform.log.until(lambda: any(one.path.startswith(RUNS + "/") for one in platform.requests))
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    assert platform.orchestrator.runs[0]["run_id"] in stderr
    assert len(platform.posts) == 1


def test_while_the_orders_are_read(platform: OddPlatform, tmp_path: Path) -> None:
    """The attempt is over and its answer is here: whatever comes then, its record is not lost."""
    platform.gateway.always("GET", ORDERS + "/*", Answer(freeze=True))
    with start_command(cwd=tmp_path, platform=platform) as process:
        platform.log.until(lambda: any(one.path.startswith(ORDERS + "/") for one in platform.requests))
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=120)
    assert (process.returncode, len(platform.posts)) == (130, 1)
    result = saved(tmp_path)
    assert result["run_id"] == platform.orchestrator.runs[0]["run_id"]
    assert len(result["orders"]) == 3
    assert result["run_id"] in stderr


def test_before_anything_is_sent(platform: OddPlatform, tmp_path: Path) -> None:
    """During the health check nothing was sent, and nothing remains to be done."""
    platform.signal.always("GET", "/health", Answer(freeze=True))
    with start_command(cwd=tmp_path, platform=platform) as process:
        platform.log.until(lambda: platform.requests)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=120)
    assert (process.returncode, platform.posts) == (130, [])
    assert "Traceback" not in stderr
