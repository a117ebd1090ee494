"""The orchestrator says no: its own words are shown, nothing was traded, and it is asked only once."""

from pathlib import Path
from typing import Any

import pytest
from support.answers import Answer, detail_list, detail_object, detail_text, error_and_detail, kill_switch
from support.command import run_command, saved
from support.odd_platform import POSITIONS, RUN, OddPlatform


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (detail_list("too few symbols", "and odd ones"), ["422", "too few symbols", "and odd ones"]),
        (
            detail_text(400, "Invalid date format: 2025. Use YYYY-MM-DD."),
            ["400", "Invalid date format: 2025."],
        ),
        (kill_switch("market maker down"), ["503", "All trading stands still", "market maker down"]),
        (error_and_detail(422, "ValidationError", "capital is odd"), ["422", "capital is odd"]),
        (detail_object(403, "forbidden", "token too old"), ["403", "token too old"]),
        (detail_text(404, "no such strategy"), ["404", "no such strategy"]),
        (Answer(status=413, body="the body is too large"), ["413", "the body is too large"]),
        (detail_text(429, "slow down"), ["429", "slow down"]),
    ],
    ids=["422-list", "400-date", "kill-switch", "error-detail", "403-object", "404", "413-text", "429"],
)
def test_refused(platform: OddPlatform, tmp_path: Path, answer: Answer, words: list[str]) -> None:
    """Exit 2 with the service's reason on stderr and in a JSON that says failed; one POST."""
    platform.orchestrator.always("POST", RUN, answer)
    finished = run_command(cwd=tmp_path, platform=platform)
    assert finished.returncode == 2
    assert [word for word in words if word not in finished.stderr] == []
    assert (len(platform.posts), platform.executed) == (1, 0)
    result = saved(tmp_path)
    assert (result["status"], result["exit_status"], result["orders"]) == ("failed", 2, [])
    assert words[1] in " ".join(result["errors"])


def test_gone_before_the_post(platform: OddPlatform, tmp_path: Path) -> None:
    """An orchestrator that goes down after its health check was never asked: exit 1, nothing traded."""

    def gone(positions: Any) -> Any:
        platform.orchestrator.down()
        return positions

    platform.gateway.script("GET", POSITIONS, [Answer(edit=gone)])
    finished = run_command(cwd=tmp_path, platform=platform)
    assert (finished.returncode, platform.posts) == (1, [])
    assert "Orchestrator unavailable" in finished.stderr
    assert platform.orchestrator.url in finished.stderr
