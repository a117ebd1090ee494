"""The sandbox fills what arrival prices are for: the cost of trading, and whether signals were right."""

from pathlib import Path

from support.command import run_command
from support.faulty_http import exact


def test_a_sandbox_fills_costs_and_signals(tmp_path: Path) -> None:
    """Fills slip by some basis points of the quote before; predictions are right a little more often."""
    finished = run_command("--sandbox", "--sessions", "36", "-q", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    last = max((tmp_path / "reports" / "sandbox").glob("*_paper_run.json"))
    document = exact(last.read_text("utf-8"))
    costs, quality = document["costs"], document["signals"]["quality"]
    assert [each["arrival_source"] for each in document["orders"]] == ["quote"] * 3
    assert costs["includes_wait"] is True
    assert (costs["num_known"], costs["fill_ratio"], costs["fees"]) == (len(costs["orders"]), 1, 0)
    assert (costs["mean"]["n"], 0 < costs["mean"]["bps"] < 8) == (20, True)
    assert (quality["pairs"], quality["ranked"]) == (35 * 3, 35 * 3)
    assert 0.5 < quality["hit_rate"] < 0.7
    assert 0 < quality["rank_ic"] < 0.4
    page = last.with_suffix(".html").read_text("utf-8")
    for heading in ("Execution costs", "Signals", "Predicted and realized", "Rank IC of 20 sessions"):
        assert heading in page
