"""No invented number: what has no price, and what could not be read, is null, and completed later."""

from decimal import Decimal
from typing import Any

import pytest
from support.answers import Answer, plain_500
from support.faulty_http import exact
from support.life import NO_ORDER, Life, amounts, buy, differences, figures, row, sell
from support.odd_platform import ORDERS, POSITIONS

NEEDS_A_PRICE = "unrealized_pnl total_pnl day_pnl market_value exposure"
BRIDGE = "opening realized unrealized_change adjustments closing unexplained"


def test_an_open_position_without_a_price(life: Life) -> None:
    """It and the totals that need it are null, nothing else; the next complete session spans both."""
    # Session 1: 10 AAPL at 100, 5 MSFT at 200, worth what they cost.
    life.trade(AAPL=buy(10, "100"), MSFT=buy(5, "200"))
    # Session 2: 2 AAPL sold at 110, 20 realized; 8 x (110 - 100) = 80 up. MSFT has no price.
    life.next_session()
    life.says("AAPL", realized_pl="20")
    life.prices(MSFT=None)
    _without_msft(life.trade(AAPL=sell(2, "110")), "the gateway gives no price")
    assert "MSFT has no price: the gateway gives no price." in life.last.stdout
    for price in ("0", "-5", "NaN"):
        life.prices(MSFT=price)
        _without_msft(life.mark(), "the gateway gives no price")
    life.gateway.says["MSFT"] = None
    marked = life.mark()
    _without_msft(marked, "the gateway does not list it, so it gives no price")
    assert differences(marked, "MSFT") == {"qty": amounts("5 0 5")}
    # Session 3: AAPL 111: 8 x 11 = 88; MSFT 203: 5 x 3 = 15; with the 20 realized 123 since session 1.
    life.next_session()
    life.prices(AAPL="111", MSFT="203")
    day = life.trade(NVDA=NO_ORDER)
    assert figures(day["pnl"], "complete total_pnl day_pnl") == (True, *amounts("123 123"))
    assert figures(day["pnl"]["equity"], BRIDGE) == amounts("100000 20 103 0 100123 0")
    assert figures(row(day, "MSFT"), "day_pnl total_pnl") == amounts("15 15")
    (said,) = (each["text"] for each in day["findings"] if each["code"] == "several_sessions")
    assert said.startswith(f"The day P&L of {day['session']} is since the closing of ")
    assert said in life.last.stdout
    # Sessions 1 and 3 are in the statistics: (100123 / 100000) - 1 = 0.00123. The third's return is no day's.
    assert (day["statistics"]["total_return"]["n"], day["statistics"]["win_rate"]["n"]) == (2, 1)
    assert figures(day["statistics"]["best_day"], "value n") == (0, 1)
    assert day["statistics"]["total_return"]["value"] == Decimal("0.00123")
    history = exact(life.run("history", "--json").stdout)
    closings = [figures(line, "complete closing day_pnl") for line in history]
    assert closings == [(True, 100000, 0), (False, None, None), (True, 100123, 123)]


def _without_msft(document: Any, reason: str) -> None:
    pnl = document["pnl"]
    assert (pnl["complete"], document["exit_status"]) == (False, 0)
    assert figures(pnl, NEEDS_A_PRICE) == (None,) * 5
    assert figures(pnl["equity"], BRIDGE) == amounts("100000 20 - 0 - -")
    assert figures(pnl, "realized_pnl priced_so_far") == amounts("20 80")
    names = "qty mark_price market_value realized_pnl unrealized_pnl total_pnl day_pnl"
    assert figures(row(document, "AAPL"), names) == amounts("8 110 880 20 80 100 100")
    assert figures(row(document, "MSFT"), names) == amounts("5 - - 0 - - -")
    assert row(document, "MSFT")["unpriced_reason"] == reason
    daily, total = document["statistics"]["daily_return"], document["statistics"]["total_return"]
    assert (daily["value"], total["n"]) == (None, 1)


@pytest.mark.parametrize("answer", [plain_500(), Answer(body={"positions": "none"})], ids=["500", "no-list"])
def test_positions_unreadable_after_the_trade(life: Life, answer: Answer) -> None:
    """The fill is booked, the P&L is null, exit 1; the next mark completes it, exit 0."""
    life.gateway.script("GET", POSITIONS, [Answer()], then=answer)
    day = life.trade(AAPL=buy(10, "100"), status=1)
    assert (day["status"], day["exit_status"]) == ("success", 1)
    assert figures(day["pnl"], "complete realized_pnl " + NEEDS_A_PRICE) == (False, 0, *(None,) * 5)
    assert figures(row(day, "AAPL"), "qty avg_entry_price gateway") == (*amounts("10 100"), None)
    assert row(day, "AAPL")["differences"] == []
    assert life.gateway.url in life.last.stderr
    # A mark that can't read them either says so, and books nothing by hand.
    marked = life.mark(status=1)
    assert (marked["status"], marked["pnl"]["complete"]) == ("partial", False)
    life.run("resolve", "--position", "all", status=1)
    # Back again, at 101: 10 up.
    life.gateway.always("GET", POSITIONS, Answer())
    life.prices(AAPL="101")
    marked = life.mark()
    assert figures(marked["pnl"], "complete total_pnl day_pnl") == (True, *amounts("10 10"))
    assert (marked["status"], marked["exit_status"]) == ("success", 0)
    assert len(life.entries("AAPL")) == 1


def test_nothing_readable_after_the_trade(life: Life) -> None:
    """Orders unread as well: nothing is booked yet; the next mark reads, books and values them."""
    life.gateway.script("GET", POSITIONS, [Answer()], then=plain_500())
    life.gateway.always("GET", ORDERS + "/*", plain_500())
    day = life.trade(AAPL=buy(10, "100"), status=1)
    assert (day["status"], day["results"]["num_orders_filled"], life.entries("AAPL")) == ("success", None, [])
    life.gateway.always("GET", POSITIONS, Answer())
    life.gateway.always("GET", ORDERS + "/*", Answer())
    life.prices(AAPL="101")
    marked = life.mark()
    assert figures(marked["pnl"], "complete total_pnl day_pnl") == (True, *amounts("10 10"))
    assert figures(marked["orders"][0], "status filled_qty") == ("filled", 10)
