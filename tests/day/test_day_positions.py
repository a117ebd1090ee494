"""Positions are read before the POST and after it; each failure has its own consequence."""

from pathlib import Path

import pytest
from support.answers import Answer, detail_text, plain_500, too_many
from support.command import reports, run_command, saved
from support.odd_platform import POSITIONS, OddPlatform

UNREADABLE = {
    "500": plain_500(),
    "404": detail_text(404, "Not Found"),
    "not-json": Answer(body="<h1>hello</h1>"),
    "a-list": Answer(body=[]),
    "no-quantity": Answer(body={"positions": [{"symbol": "AAPL", "qty": "many"}], "total_positions": 1}),
    "truncated": Answer(truncate=10),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_unreadable_before(platform: OddPlatform, tmp_path: Path, kind: str) -> None:
    """Without the positions of before nothing is sent: exit 1, no result."""
    platform.gateway.always("GET", POSITIONS, UNREADABLE[kind])
    finished = run_command(cwd=tmp_path, platform=platform)
    assert (finished.returncode, platform.posts) == (1, [])
    assert "position" in finished.stderr.lower()
    assert platform.gateway.url in finished.stderr
    assert reports(tmp_path) == []


def test_unreadable_after(platform: OddPlatform, tmp_path: Path) -> None:
    """What was traded is saved as it was, a success, with a warning; the exit status is 1."""
    platform.gateway.script("GET", POSITIONS, [Answer()], then=plain_500())
    finished = run_command(cwd=tmp_path, platform=platform)
    result = saved(tmp_path)
    assert (finished.returncode, result["status"], platform.executed) == (1, "success", 1)
    assert any("position" in warning.lower() for warning in result["warnings"])
    assert "position" in finished.stderr.lower()
    assert len(platform.posts) == 1


def test_odd_positions_are_read(platform: OddPlatform, tmp_path: Path) -> None:
    """Fractions, shorts, exponents and nulls are positions like any other."""
    platform.gateway.hold("AMZN", "10.5", "131.123456789", "133.10")
    platform.gateway.hold("NVDA", "-0.25", "9.001E+2")
    finished = run_command(cwd=tmp_path, platform=platform)
    assert (finished.returncode, finished.stderr) == (0, "")


def test_a_passing_failure_is_tried_again(platform: OddPlatform, tmp_path: Path) -> None:
    """A read that was turned away for a moment is repeated; the POST is not."""
    passing = [too_many("0"), detail_text(503, "busy"), Answer(reset=True), Answer(close_idle=True)]
    platform.gateway.script("GET", POSITIONS, passing)
    finished = run_command(cwd=tmp_path, platform=platform)
    assert (finished.returncode, finished.stderr, len(platform.posts)) == (0, "", 1)
