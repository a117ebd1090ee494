"""--dry-run looks at everything and sends nothing."""

from pathlib import Path

import pytest
from support.command import reports, run_command
from support.odd_platform import OddPlatform


def test_it_prints_the_plan_and_never_posts(platform: OddPlatform, tmp_path: Path) -> None:
    """All well: exit 0, what would be asked is shown, nothing is traded, no result is left."""
    args = ("--dry-run", "--symbols", "AAPL", "msft", "--capital", "54321", "--as-of-date", "2024-12-31")
    finished = run_command(*args, cwd=tmp_path, platform=platform)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert (platform.posts, platform.executed) == ([], 0)
    for fact in ("AAPL, MSFT", "$54,321.00", "$20,000.00", "2024-12-31", platform.orchestrator.url):
        assert fact in finished.stdout
    assert {request.path for request in platform.requests} >= {"/health"}
    assert reports(tmp_path) == []


@pytest.mark.parametrize(
    ("held", "words"), [(0, "0 open positions"), (1, "1 open position"), (2, "2 open positions")]
)
def test_it_counts_what_is_held(platform: OddPlatform, tmp_path: Path, held: int, words: str) -> None:
    for number in range(held):
        platform.gateway.hold(f"S{number}", "1", "10", "10")
    finished = run_command("--dry-run", cwd=tmp_path, platform=platform)
    assert (finished.returncode, f"  {words} could be read" in finished.lines) == (0, True)


def test_it_finds_what_is_down(platform: OddPlatform, tmp_path: Path) -> None:
    """An unhealthy service is exit 1 with the block of any other run."""
    platform.gateway.health["database_connected"] = False
    finished = run_command("--dry-run", cwd=tmp_path, platform=platform)
    assert (finished.returncode, platform.posts) == (1, [])
    assert "❌ ERROR: Execution Gateway" in finished.stderr


def test_it_finds_what_is_wrong(platform: OddPlatform, tmp_path: Path) -> None:
    """A wrong setting is exit 3, before any request."""
    finished = run_command("--dry-run", "--capital", "0", cwd=tmp_path, platform=platform)
    assert (finished.returncode, platform.requests) == (3, [])


def test_it_says_that_the_session_was_already_traded(platform: OddPlatform, tmp_path: Path) -> None:
    """Of a day that was run it names the attempt; it neither sends again nor makes a file."""
    assert run_command(cwd=tmp_path, platform=platform).returncode == 0
    (saved,) = reports(tmp_path)
    before = sorted(saved.parent.iterdir())
    finished = run_command("--dry-run", cwd=tmp_path, platform=platform)
    assert (finished.returncode, finished.stderr) == (0, "")
    name = saved.name.removesuffix("_paper_run.json")
    assert f"The session was already traded, as {name}: a run would only show that." in finished.stdout
    assert (len(platform.posts), sorted(saved.parent.iterdir())) == (1, before)
