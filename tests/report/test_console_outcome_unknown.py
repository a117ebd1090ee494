"""What `resolve` lists: every attempt and order of unknown outcome, with the ready command for each."""

from pathlib import Path

from builders.attempts import begun
from builders.moments import SESSION
from builders.screens import printed

from paper_run.ledger.ledger import Ledger
from paper_run.model.commands import PLAIN, Invocation
from paper_run.report import listing

ON_HOST = Invocation("python -m paper_run", " --sandbox", ledger="ab12")
RESOLVE = "python -m paper_run resolve 2025-01-17"


def test_nothing_unsettled_is_said() -> None:
    """One line."""
    assert (
        printed(lambda console: listing.outcome_unknown(console, listing.Open([], [], PLAIN)))
        == "Nothing is open: every outcome is known.\n"
    )


def test_each_trade_has_its_commands(tmp_path: Path) -> None:
    """When it was sent, what is known of it, and the three commands, each with what it needs."""
    with Ledger(tmp_path) as ledger:
        first, second = begun(ledger), begun(ledger, number=2)
        second = ledger.attempts.record(second, state="unsettled", document="{}", in_doubt=0, run_id="run-2")
    shown = printed(
        lambda console: listing.outcome_unknown(console, listing.Open([first, second], [], ON_HOST))
    )
    lines = shown.splitlines()
    assert len(lines) == 8
    assert lines[0].startswith(f"{SESSION}: sent 2025-01-17")
    assert "no run id known" in lines[0]
    assert lines[1:4] == [
        f"  If it did trade: {RESOLVE} --placed --run-id ID --ledger ab12 --sandbox",
        f"  Or, by the orders' ids: {RESOLVE} --placed --order ID --order ID --ledger ab12 --sandbox",
        f"  If it did not: {RESOLVE} --not-placed --ledger ab12 --sandbox",
    ]
    assert "run run-2" in lines[4]
    assert lines[5].endswith("resolve 2025-01-17-2 --placed --run-id run-2 --ledger ab12 --sandbox")


def test_orders_in_doubt_are_listed(tmp_path: Path) -> None:
    """They need no command: each later one asks for them."""
    with Ledger(tmp_path) as ledger:
        row = begun(ledger, number=3)
    shown = printed(lambda console: listing.outcome_unknown(console, listing.Open([], [row], PLAIN)))
    assert "2025-01-17-3: has orders in doubt" in shown
    assert "settled" not in shown


def test_quiet_prints_nothing(tmp_path: Path) -> None:
    """-q."""
    with Ledger(tmp_path) as ledger:
        row = begun(ledger)
    assert (
        printed(
            lambda console: listing.outcome_unknown(console, listing.Open([row], [row], PLAIN)), quiet=True
        )
        == ""
    )
