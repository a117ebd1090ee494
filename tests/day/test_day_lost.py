"""The answer takes its time: nobody asks twice, and what is not known is called `unknown`."""

import time
from pathlib import Path

import pytest
from support.answers import Answer, detail_text, plain_500
from support.command import run_command, saved
from support.odd_platform import RUN, RUNS, OddPlatform, still_running


@pytest.mark.parametrize(
    "answer",
    [Answer(delay=60), Answer(freeze=True), Answer(trickle=0.05), Answer(trickle_headers=0.1)],
    ids=["silent", "frozen", "trickled-body", "trickled-headers"],
)
def test_no_answer_within_the_timeout(platform: OddPlatform, tmp_path: Path, answer: Answer) -> None:
    """`--timeout` bounds the whole wait, also against an answer that comes byte by byte."""
    platform.orchestrator.always("POST", RUN, answer)
    platform.orchestrator.always("GET", RUNS + "*", plain_500())
    began = time.monotonic()
    finished = run_command("--timeout", "1", cwd=tmp_path, platform=platform)
    assert time.monotonic() - began < 50
    assert (finished.returncode, len(platform.posts)) == (2, 1)
    result = saved(tmp_path)
    assert (result["status"], result["run_id"]) == ("unknown", None)


@pytest.mark.parametrize(
    "look", [still_running(), plain_500(), detail_text(404, "Run not found")], ids=["running", "500", "404"]
)
def test_a_running_orchestration_is_looked_at_until_it_ends(
    platform: OddPlatform, tmp_path: Path, look: Answer
) -> None:
    """`running` is followed with GET runs/{id}, which may fail in between; never with another POST."""
    platform.orchestrator.answers_running([look])
    finished = run_command(cwd=tmp_path, platform=platform)
    result = saved(tmp_path)
    run_id = platform.orchestrator.runs[0]["run_id"]
    assert (finished.returncode, result["status"], result["run_id"]) == (0, "success", run_id)
    assert result["results"]["num_orders_accepted"] == 3
    assert (len(platform.posts), platform.executed) == (1, 1)
    assert [request.path for request in platform.requests].count(f"{RUNS}/{run_id}") == 2


def test_a_run_that_never_ends(platform: OddPlatform, tmp_path: Path) -> None:
    """Past `--timeout` the status is timeout, exit 2, and the run id is there to look it up."""
    platform.orchestrator.answers_running([])
    platform.orchestrator.always("GET", RUNS + "/*", still_running())
    finished = run_command("--timeout", "2", cwd=tmp_path, platform=platform)
    run_id = platform.orchestrator.runs[0]["run_id"]
    result = saved(tmp_path)
    assert (finished.returncode, result["status"], result["run_id"]) == (2, "timeout", run_id)
    assert run_id in finished.stderr
    assert len(platform.posts) == 1
