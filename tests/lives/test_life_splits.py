"""Splits through the real command: suspected, said at once or late, refused, voided."""

from decimal import Decimal
from typing import Any

from support.life import NO_ORDER, Life, amounts, buy, figures, row, says, sell

HELD = Decimal(100)
# symbol, ratio, the close before and on the ex-date, whether the gateway knows, what is traded that day
REAL = (
    ("AAPL", "4:1", "499.23", "129.04", False, 0),
    ("GOOGL", "20:1", "2235.55", "109.03", True, 0),
    ("NVDA", "10:1", "1208.88", "121.79", False, 1),
    ("TSLA", "3:1", "891.29", "296.07", True, -10),
    ("GE", "1:8", "12.95", "102.60", True, 0),
    ("SNAP", "1:1", "22.47", "12.79", False, -10),
)


def became(ratio: str) -> Decimal:
    after, before = map(Decimal, ratio.split(":"))
    return HELD * after / before


def played(life: Life) -> Any:
    """Buy 100 of each the day before; return the result of the ex-date."""
    life.trade(**{symbol: buy(100, before) for symbol, _, before, *_ in REAL})
    life.next_session()
    plans = {}
    for symbol, ratio, _, after, knows, moved in REAL:
        life.prices(**{symbol: after})
        held = (became(ratio) if knows else HELD) + moved
        life.says(symbol, qty=str(held))
        if moved:
            plans[symbol] = buy(moved, after) if moved > 0 else sell(-moved, after)
    return life.trade(**plans)


def proved(life: Life, document: Any, symbol: str) -> None:
    """Prove that a symbol is worth what it was worth, and no more shares or fewer."""
    ratio, before, after, _, moved = next(each[1:] for each in REAL if each[0] == symbol)
    worth = became(ratio) * Decimal(after) - HELD * Decimal(before)
    position = row(document, symbol)
    assert position["qty"] == became(ratio) + moved
    assert abs(position["total_pnl"] - worth) <= Decimal("0.01")
    cost = HELD * Decimal(before) / became(ratio)
    realized = -moved * (Decimal(after) - cost) if moved < 0 else Decimal(0)
    assert abs(position["realized_pnl"] - realized) <= Decimal("0.01")
    assert life.last.returncode == 0


def test_real_splits_are_said_the_same_day_and_three_sessions_later(life: Life) -> None:
    """Until then there is no P&L; a sale of that day is of the shares after the split."""
    day = played(life)
    assert figures(day["pnl"], "complete realized_pnl total_pnl day_pnl") == (False, None, None, None)
    for symbol, *_, moved in REAL:
        assert "a possible split" in row(day, symbol)["unpriced_reason"]
        assert figures(row(day, symbol), "unrealized_pnl total_pnl") == (None, None)
        assert (row(day, symbol)["realized_pnl"] is None) == bool(moved)
    found = [each for each in day["findings"] if each["code"] == "possible_split"]
    assert sorted(each["subject"] for each in found) == sorted(each[0] for each in REAL)
    commands = [each["command"] for each in found[0]["remedies"]]
    assert any("resolve --split" in each and "1:1" in each for each in commands)
    for symbol in ("AAPL", "NVDA", "TSLA"):
        ratio = next(each[1] for each in REAL if each[0] == symbol)
        proved(life, life.resolve("--split", symbol, ratio), symbol)
    for _ in range(3):
        life.next_session()
        later = life.trade(MSFT=NO_ORDER)
        assert figures(later["pnl"], "complete total_pnl") == (False, None)
    for symbol in ("GOOGL", "GE", "SNAP"):
        ratio = next(each[1] for each in REAL if each[0] == symbol)
        proved(life, resolved := life.resolve("--split", symbol, ratio), symbol)
    assert figures(resolved["pnl"], "complete") == (True,)
    assert resolved["pnl"]["equity"]["opening"] == Decimal("100000.00")


def test_a_split_that_nothing_speaks_for_is_refused(life: Life) -> None:
    """Without a price and at the gateway's old quantity; also another ratio's price."""
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    life.trade(MSFT=NO_ORDER)
    before = life.rows("entries")
    for price in (None, "100", "51"):
        life.prices(AAPL=price)
        life.run("resolve", "--split", "AAPL", "20:1", status=3)
        assert "does not fit a split of 20:1" in life.last.stderr
    for typed in ("20", "0:1", "2:0", "a:b", "1.5:1", "2:1:1"):
        life.run("resolve", "--split", "AAPL", typed, status=3)
        assert "is no ratio" in life.last.stderr
    life.run("resolve", "--ex-date", life.session, status=3)
    assert "--ex-date goes with --split" in life.last.stderr
    life.run("resolve", "--split", "AAPL", "2:1", "--ex-date", "tomorrow", status=3)
    assert "--ex-date" in life.last.stderr
    assert life.rows("entries") == before
    # 1:1 never is.
    life.resolve("--split", "AAPL", "1:1")


def test_a_split_said_late_voids_the_closings_made_without_it(life: Life) -> None:
    """5:4 at -20 % looks like a bad night; said later its sessions leave curve and statistics."""
    life.trade(AAPL=buy(100, "100"))
    life.next_session()
    ex_date = life.session
    life.prices(AAPL="80.90")
    assert life.trade(MSFT=NO_ORDER)["pnl"]["day_pnl"] == -1910
    life.next_session()
    life.trade(MSFT=NO_ORDER)
    resolved = life.resolve("--split", "AAPL", "5:4", "--ex-date", ex_date)
    # 125 x 80.90 - 10,000
    assert figures(resolved["pnl"], "total_pnl day_pnl") == amounts("112.50 112.50")
    assert resolved["pnl"]["equity"]["opening"] == 100000
    assert figures(resolved["statistics"]["total_return"], "value n") == (Decimal("0.001125"), 2)
    assert says(
        resolved["warnings"], f"The closings of {ex_date} to {life.session} were made without the split"
    )


def test_a_trade_by_hand(life: Life) -> None:
    """Bought out at 130: its P&L counts, and what can't be read is wrong input."""
    life.trade(AAPL=buy(10, "100"), MSFT=buy(1, "50"))
    life.gateway.says["AAPL"] = None
    assert life.mark()["pnl"]["complete"] is False
    for typed in ("AAPL=0", "AAPL=@5", "AAPL=0@", "AAPL=1e3@5", "AAPL=0@-5", "=0@5", "AAPL=\u0664@5"):
        life.run("resolve", "--position", typed, status=3)
        assert "Allowed:" in life.last.stderr
    resolved = life.resolve("--position", "AAPL=0@130")
    assert figures(resolved["pnl"], "complete realized_pnl total_pnl day_pnl") == (
        True,
        *amounts("300 300 300"),
    )
    # A short one, at a price of no dollars, beside a difference at the mark.
    life.says("MSFT", qty="3")
    resolved = life.resolve("--position", "AAPL=-2.5@0", "--position", "MSFT", status=0)
    assert row(resolved, "AAPL")["qty"] == Decimal("-2.5")
    assert row(resolved, "MSFT")["qty"] == 3
