"""The sandbox's broker, read by the real command: a gateway that hears of nothing leaves nothing unknown."""

import shlex
from decimal import Decimal
from pathlib import Path

from support.command import run_command, start_command
from support.desk import read_rows
from support.faulty_http import exact

SESSIONS = ("2025-01-02", "2025-01-03", "2025-01-06")
WITHOUT_LIMITS = {f"PAPER_RUN_WARN_{name}": "off" for name in ("GROSS", "POSITION", "DAY_LOSS", "DRAWDOWN")}


def test_a_deaf_gateway_in_the_sandbox(tmp_path: Path) -> None:
    """Two sessions with DEAF: its fills are the broker's, everything is valued, nobody needs to look."""
    for session in ("2025-01-02", "2025-01-03"):
        finished = run_command("--sandbox", "--symbols", "DEAF", "AAPL", "MSFT", cwd=tmp_path)
        assert (finished.returncode, finished.stderr) == (0, ""), finished.stdout
        result = exact((tmp_path / f"reports/sandbox/{session}_paper_run.json").read_text("utf-8"))
        statuses = {each["symbol"]: each["status"] for each in result["orders"] if each["side"]}
        assert statuses["DEAF"] == "filled"
        assert (result["pnl"]["complete"], result["warnings"]) == (True, [])
        held = {each["symbol"]: each for each in result["pnl"]["positions"]}
        assert held["DEAF"]["qty"] > 0
        assert held["DEAF"]["price_source"] == "broker"
        assert held["AAPL"]["price_source"] == "gateway"
    ledger = tmp_path / "reports/sandbox/ledger.sqlite3"
    assert {each["told_by"] for each in read_rows(ledger, "orders")} == {"broker"}
    booked = sum(Decimal(each["qty"]) for each in read_rows(ledger, "entries") if each["symbol"] == "DEAF")
    assert booked == held["DEAF"]["qty"]


def test_a_dividend_in_the_sandbox(tmp_path: Path) -> None:
    """Paid in the third session on the shares held before it: its row, the bridge and the page say so."""
    finished = run_command("--sandbox", "--sessions", "3", "--symbols", "DIVIDEND", "AAPL", cwd=tmp_path)
    assert (finished.returncode, finished.stderr) == (0, ""), finished.stdout
    folder = tmp_path / "reports/sandbox"
    first, last = (
        exact((folder / f"{day}_paper_run.json").read_text("utf-8")) for day in ("2025-01-03", "2025-01-06")
    )
    (held,) = [each["qty"] for each in first["pnl"]["positions"] if each["symbol"] == "DIVIDEND"]
    paid = (held * Decimal("0.25")).quantize(Decimal("0.01"))
    assert "money" not in first["pnl"]
    (moved,) = last["pnl"]["money"]
    assert (moved["activity_type"], moved["symbol"], moved["amount"]) == ("DIV", "DIVIDEND", paid)
    assert last["pnl"]["equity"]["money"]["income"] == paid
    assert last["parties"]["broker"]["equity"]["residual"] == 0
    assert "Dividend" in (folder / "2025-01-06_paper_run.html").read_text("utf-8")


def test_fees_interest_and_a_deposit_in_the_sandbox(tmp_path: Path) -> None:
    """Each is in its line of the bridge, what accrues has a name, and nothing is left; a mark agrees."""
    expected = [(0, 0, 0), (1, 0, 0), (1, Decimal("4.17"), 1000)]  # days of fees, interest, cash
    fees = [Decimal(0)]
    for session, (charged, interest, cash) in zip(SESSIONS, expected, strict=True):
        for command in ("run", "mark"):
            asked = ("--symbols", "FEE", "INTEREST", "DEPOSIT") if command == "run" else ("mark",)
            finished = run_command(*asked, "--sandbox", cwd=tmp_path, env=WITHOUT_LIMITS)
            assert (finished.returncode, finished.stderr) == (0, ""), finished.stdout
            kind = "paper_run" if command == "run" else "mark"
            result = exact((tmp_path / f"reports/sandbox/{session}_{kind}.json").read_text("utf-8"))
            assert (result["pnl"]["complete"], result["warnings"]) == (True, [])
            equity, account = result["pnl"]["equity"], result["parties"]["broker"]
            assert (account["equity"]["residual"], account["cash"]["unexplained"]) == (0, 0)
            moved = equity.get("money", {"income": 0, "flows": 0})
            assert moved["income"] == interest - charged * fees[-1]
            assert (moved["flows"], equity["adjustments"]) == (cash, cash)
            types = [each["activity_type"] for each in result["pnl"].get("money", [])]
            assert types == ["FEE"] * charged + (["INT", "CSD"] if cash else [])
        (bought,) = [each["qty"] for each in result["orders"] if each["symbol"] == "FEE"]
        fees.append(Decimal(bought) / 100)
        assert account["equity"]["accrued_fees"] == fees[-1] > 0


def test_a_served_sandbox_is_read_with_the_printed_command(tmp_path: Path) -> None:
    """The command that it prints leads to its broker too."""
    with start_command("sandbox", "--port", "0", cwd=tmp_path) as process:
        assert process.stdout is not None
        printed = ""
        while " -m paper_run " not in printed:
            printed = process.stdout.readline()
            assert printed
        words = shlex.split(printed)
        at = words.index("-m")
        env = dict(word.split("=", 1) for word in words[: at - 1])
        args = words[at + 2 :]
        finished = run_command(*args, "--symbols", "DEAF", "AAPL", "MSFT", cwd=tmp_path, env=env)
        assert (finished.returncode, finished.stderr) == (0, ""), finished.stdout
    assert "SANDBOX" in finished.stdout
    result = exact((tmp_path / "reports/sandbox/2025-01-02_paper_run.json").read_text("utf-8"))
    assert {each["status"] for each in result["orders"] if each["symbol"] == "DEAF"} == {"filled"}
    assert result["pnl"]["complete"] is True


def test_a_split_in_the_sandbox(tmp_path: Path) -> None:
    """SPLIT doubles on the third session: its broker lists it and shows it, so it is booked by itself."""
    for session in SESSIONS:
        finished = run_command("--sandbox", "--symbols", "SPLIT", "MSFT", cwd=tmp_path, env=WITHOUT_LIMITS)
        assert (finished.returncode, finished.stderr) == (0, ""), finished.stdout
        result = exact((tmp_path / f"reports/sandbox/{session}_paper_run.json").read_text("utf-8"))
        assert (result["pnl"]["complete"], result["warnings"]) == (True, [])
        assert result["parties"]["broker"]["equity"]["residual"] == 0
    assert [each["subject"] for each in result["findings"] if each["code"] == "split"] == ["SPLIT"]
    (split,) = [
        each for each in read_rows(tmp_path / "reports/sandbox/ledger.sqlite3", "entries") if each["ratio"]
    ]
    assert (split["symbol"], split["ratio"], split["effective"]) == ("SPLIT", "2:1", "2025-01-06")


def test_a_mark_keeps_the_price_that_the_run_had_of_the_broker(tmp_path: Path) -> None:
    """The sandbox's clock shows the next morning by then: what is known of the session stays known."""
    run_command("--sandbox", "--symbols", "DEAF", "AAPL", "MSFT", cwd=tmp_path)
    run = exact((tmp_path / "reports/sandbox/2025-01-02_paper_run.json").read_text("utf-8"))
    for _ in range(2):
        finished = run_command("mark", "--sandbox", cwd=tmp_path)
        assert (finished.returncode, finished.stderr) == (0, ""), finished.stdout
        mark = exact((tmp_path / "reports/sandbox/2025-01-02_mark.json").read_text("utf-8"))
        assert (mark["pnl"]["complete"], mark["warnings"]) == (True, [])
        for name in ("qty", "mark_price", "price_source", "total_pnl"):
            assert [each[name] for each in mark["pnl"]["positions"]] == [
                each[name] for each in run["pnl"]["positions"]
            ]
        assert mark["pnl"]["equity"] == run["pnl"]["equity"]
    (session,) = read_rows(tmp_path / "reports/sandbox/ledger.sqlite3", "sessions")
    assert (session["complete"], session["closed"]) == (1, 0)
