"""Sixty sessions on the built-in sandbox: after each of them the book is the broker's own account."""

import os
import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support import sandbox_books as books
from support.faulty_http import exact
from support.schema import faults

from paper_run.cli import main
from paper_run.sandbox import Sandbox, market

SESSIONS = 60
USUAL = ("AAPL", "MSFT", "GOOGL")
SPECIAL = ("PARTIAL", "LATE", "CANCEL", "REFUSE", "REJECT", "DOUBT")
CENT = Decimal("0.01")


class Seen(NamedTuple):
    """A result, and the broker's account and our own cash at that moment."""

    result: dict[str, Any]
    positions: dict[str, Any]
    cash: Decimal
    our_cash: Decimal

    @property
    def ours(self) -> dict[str, Any]:
        return {each["symbol"]: each for each in self.result["pnl"]["positions"]}

    @property
    def in_doubt(self) -> tuple[Decimal, Decimal]:
        """The signed shares of the order in doubt, and what they came to, signed like them."""
        doubtful = [each for each in self.result["orders"] if each["outcome"] == "in_doubt"]
        if not doubtful:
            return Decimal(0), Decimal(0)
        (order,) = doubtful
        assert order["symbol"] == "DOUBT"
        price = market.fill_price("DOUBT", date.fromisoformat(self.result["session"]), order["side"])
        qty = Decimal(order["qty"] if order["side"] == "buy" else -order["qty"])
        return qty, qty * price


def test_sixty_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quantities, realized P&L, cash and equity are the broker's; of what is in doubt nothing is stated."""
    life = _play(tmp_path, monkeypatch)
    _assert_something_to_prove(life)
    _assert_quantities_and_realized(life)
    _assert_cash_and_equity(life)
    _assert_sessions_hang_together(life)
    _assert_no_differences(life)


def _play(folder: Path, patched: pytest.MonkeyPatch) -> list[Seen]:
    """Play them all with the command in this process; the last one is a mark."""
    reports = folder / "reports"
    with Sandbox(folder / "platform.sqlite3") as sandbox:
        for name in os.environ:
            if name.startswith(("PAPER_RUN_", "ALPACA_", "APCA_")):
                patched.delenv(name)
        patched.chdir(folder)
        patched.setenv("SIGNAL_SERVICE_URL", sandbox.signal_service_url)
        patched.setenv("EXECUTION_GATEWAY_URL", sandbox.execution_gateway_url)
        patched.setenv("ORCHESTRATOR_URL", sandbox.orchestrator_url)
        seen = []
        for number in range(SESSIONS):
            session = sandbox.session
            # The special symbols rank first and are bought, so that beside them the usual ones are always
            # sold; by themselves these are bought and sold. Refused and doubtful orders are exit 2.
            symbols, status = ((*USUAL, *SPECIAL), 2) if number % 6 == 0 else (USUAL, 0)
            assert main(["-q", "--symbols", *symbols]) == status
            seen.append(_seen(reports / f"{session}_paper_run.json", sandbox))
        assert main(["mark", "-q"]) == 0
        return [*seen, _seen(reports / f"{session}_mark.json", sandbox)]


def _seen(path: Path, sandbox: Sandbox) -> Seen:
    text = path.read_text("utf-8")
    assert faults(text) == []
    with closing(sqlite3.connect(path.parent / "ledger.sqlite3")) as connection:
        query = "SELECT json_extract(state, '$.cash') FROM sessions ORDER BY session DESC LIMIT 1"
        our_cash = Decimal(connection.execute(query).fetchone()[0])
    return Seen(exact(text), books.positions(sandbox), books.cash(sandbox), our_cash)


def _assert_something_to_prove(life: list[Seen]) -> None:
    """Every kind of order was there, most symbols were held, and some P&L was realized."""
    words = {(each["symbol"], each["status"]) for seen in life for each in seen.result["orders"]}
    for expected in (("PARTIAL", "partially_filled"), ("LATE", "accepted"), ("CANCEL", "canceled")):
        assert expected in words
    doubtful = [number for number, seen in enumerate(life) if seen.in_doubt[0]]
    assert doubtful == list(range(0, SESSIONS, 6))
    assert set(life[-1].ours) == {*USUAL, "PARTIAL", "LATE", "DOUBT"}
    assert sum(each["realized_pnl"] != 0 for each in life[-1].ours.values()) >= 2
    signs = {
        (symbol, seen.ours[symbol]["qty"] > 0) for seen in life for symbol in USUAL if symbol in seen.ours
    }
    assert len(signs) > len(USUAL), "none of them was flipped"
    assert len({seen.result["session"] for seen in life}) == SESSIONS


def _assert_quantities_and_realized(life: list[Seen]) -> None:
    """Symbol by symbol, after each session; only the shares in doubt are not ours yet, and are soon."""
    for seen in life:
        doubtful, _ = seen.in_doubt
        assert set(seen.ours) - set(seen.positions) == set()
        for symbol, theirs in seen.positions.items():
            ours = seen.ours.get(symbol, {"qty": 0, "realized_pnl": 0, "avg_entry_price": None})
            where = (seen.result["session"], symbol)
            if symbol == "DOUBT" and doubtful:  # nothing is stated of it
                assert (ours["qty"], ours["realized_pnl"]) == (None, None), where
                continue
            assert ours["qty"] == theirs.qty, where
            assert ours["realized_pnl"] == theirs.realized.quantize(CENT), where
            if theirs.qty:
                assert ours["avg_entry_price"] == theirs.avg_entry_price, where


def _assert_cash_and_equity(life: list[Seen]) -> None:
    """Base and cash from fills, to the last digit; closing is cash and market value, nothing unexplained."""
    for seen in life:
        pnl = seen.result["pnl"]
        cash = pnl["base"] + seen.our_cash
        assert cash - seen.in_doubt[1] == seen.cash, seen.result["session"]
        assert pnl["complete"] is not bool(seen.in_doubt[0])
        if not pnl["complete"]:
            continue
        assert pnl["equity"]["unexplained"] == pnl["since_inception"]["unexplained"] == 0
        # The rows are rounded to the cent one by one: half a cent each, of value and of realized P&L.
        apart = abs(pnl["equity"]["closing"] - cash - pnl["market_value"])
        assert apart <= CENT / 2 * 3 * len(pnl["positions"]), seen.result["session"]


def _assert_sessions_hang_together(life: list[Seen]) -> None:
    """Each opens from the last closing that is known, and all day P&L adds up to the total."""
    sessions = [*life[:-2], life[-1]]  # the mark is the last session's own last word
    sessions = [seen for seen in sessions if not seen.in_doubt[0]]
    closing, earned = Decimal(100000), Decimal(0)
    for seen in sessions:
        pnl = seen.result["pnl"]
        assert pnl["equity"]["opening"] == closing, seen.result["session"]
        closing, earned = pnl["equity"]["closing"], earned + pnl["day_pnl"]
    assert earned == life[-1].result["pnl"]["total_pnl"] == closing - Decimal(100000)
    assert life[-1].result["statistics"]["annualised_return"]["n"] == len(sessions) == 50
    _assert_periods(sessions, life[-1].result)


def _assert_periods(sessions: list[Seen], last: dict[str, Any]) -> None:
    """Each month's and year's P&L is that of its sessions, to the cent, and its return compounds theirs."""
    days = [seen.result for seen in sessions]
    for part, length in (("months", 7), ("years", 4)):
        names = list(dict.fromkeys(each["session"][:length] for each in days))
        assert [each["name"] for each in last["periods"][part]] == names
        for period in last["periods"][part]:
            own = [each["pnl"] for each in days if each["session"].startswith(period["name"])]
            assert (period["pnl"], period["n"]) == (sum(each["day_pnl"] for each in own), len(own))
            grown = Decimal(1)
            for each in own:
                grown *= 1 + each["day_pnl"] / each["equity"]["opening"]
            assert abs(period["value"] - (grown - 1)) <= Decimal("0.000001")
    assert last["periods"]["through"] == days[-1]["session"]
    deepest = last["periods"]["drawdowns"][0]
    assert deepest["depth"] == last["statistics"]["max_drawdown"]["value"]
    assert {deepest["trough"], deepest["peak"]} - {""} <= {each["session"] for each in days}


def _assert_no_differences(life: list[Seen]) -> None:
    """The sandbox keeps average cost as we do: no other symbol has a difference, and the mark has none."""
    for seen in life:
        differing = {symbol for symbol, each in seen.ours.items() if each["differences"]}
        assert differing == set(), seen.result["session"]
