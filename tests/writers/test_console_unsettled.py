"""What `resolve` lists: every trade and order that is not settled, with the ready command for each."""

from pathlib import Path

from ledger.trades import SESSION, begun
from writers.test_console import printed

from paper_run.ledger.journal import Ledger


def test_nothing_unsettled_is_said() -> None:
    """One line."""
    assert printed(lambda console: console.unsettled([], [], "")) == "Everything is settled.\n"


def test_each_trade_has_its_commands(tmp_path: Path) -> None:
    """When it was sent, what is known of it, and the three commands, each with what it needs."""
    with Ledger(tmp_path) as ledger:
        first, second = begun(ledger), begun(ledger, number=2)
        second = ledger.record(second, state="unsettled", document="{}", in_doubt=0, run_id="run-2")
    shown = printed(lambda console: console.unsettled([first, second], [], " --sandbox"))
    lines = shown.splitlines()
    assert len(lines) == 8
    assert lines[0].startswith(f"{SESSION}: sent 2025-01-17")
    assert "no run id known" in lines[0]
    assert lines[1:4] == [
        "  It traded:     python -m paper_run resolve 2025-01-17 --sandbox --placed --run-id ID",
        "  or, by orders: python -m paper_run resolve 2025-01-17 --sandbox --placed --order ID --order ID",
        "  It did not:    python -m paper_run resolve 2025-01-17 --sandbox --not-placed",
    ]
    assert "run run-2" in lines[4]
    assert lines[5].endswith("resolve 2025-01-17-2 --sandbox --placed --run-id run-2")


def test_orders_in_doubt_are_listed(tmp_path: Path) -> None:
    """They need no command: each later one asks for them."""
    with Ledger(tmp_path) as ledger:
        row = begun(ledger, number=3)
    shown = printed(lambda console: console.unsettled([], [row], ""))
    assert "2025-01-17-3: has orders in doubt" in shown
    assert "settled" not in shown


def test_quiet_prints_nothing(tmp_path: Path) -> None:
    """-q."""
    with Ledger(tmp_path) as ledger:
        row = begun(ledger)
    assert printed(lambda console: console.unsettled([row], [row], ""), quiet=True) == ""
