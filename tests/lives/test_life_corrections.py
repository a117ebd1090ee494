"""What the gateway takes back after an order has ended, and a person's word that settles it."""

import shlex
from decimal import Decimal
from typing import Any

from support.life import NO_ORDER, Life, amounts, buy, figures, row, says, sell, told

FIRST, SECOND = "2025-01-06", "2025-01-07"


def test_fewer_shares_after_filled(life: Life) -> None:
    """100 of 100 filled, the next day 60: nothing is booked, each report warns until a person says so."""
    life.trade(AAPL=buy(100, "10"))
    order = life.order_id("AAPL")
    life.next_session()
    life.fill("AAPL", "60", "10", "filled")
    life.prices(AAPL="11")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty total_pnl") == amounts("100 100")
    assert says(told(day), order, "went back from 100 to 60; nothing was booked", "--filled 60@10")
    # Long after it was read for the last time, it is still said.
    for _ in range(5):
        life.next_session()
        day = life.trade(MSFT=NO_ORDER)
        assert says(told(day), order, "went back from 100 to 60")
    assert f"--order {order} --filled 60@10" in life.run("resolve").stdout
    marked = life.resolve("--order", order, "--filled", "60@10")
    assert figures(row(marked, "AAPL"), "qty avg_entry_price total_pnl") == amounts("60 10 60")
    assert not says(told(life.mark()), "went back")
    assert "Nothing is open" in life.run("resolve").stdout


def test_another_price_after_filled_goes_to_the_cost(life: Life) -> None:
    """10 dollars are 9 the next day; once a person says so it is the cost of what is held."""
    life.trade(AAPL=buy(100, "10"))
    order = life.order_id("AAPL")
    life.next_session()
    # 40 are sold at 12: realized 40 x 2 = 80.
    day = life.trade(AAPL=sell(40, "12"))
    assert figures(row(day, "AAPL"), "qty avg_entry_price realized_pnl") == amounts("60 10 80")
    life.gateway.orders[order] |= {"filled_avg_price": "9"}
    life.prices(AAPL="12")
    marked = life.mark()
    assert says(told(marked), order, "went from 10 to 9; nothing was booked", "--filled 100@9")
    assert figures(row(marked, "AAPL"), "avg_entry_price realized_pnl") == amounts("10 80")
    # As if it had been 9 from the start: 40 x (12 - 9) = 120 realized, 60 at 9 held, 60 x 3 = 180.
    marked = life.resolve("--order", order, "--filled", "100@9")
    assert figures(row(marked, "AAPL"), "qty avg_entry_price realized_pnl unrealized_pnl") == amounts(
        "60 9 120 180"
    )
    assert marked["pnl"]["total_pnl"] == 300
    # The gateway, read again, changes nothing of it.
    life.gateway.orders[order] |= {"filled_qty": "50"}
    life.next_session()
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty avg_entry_price realized_pnl") == amounts("60 9 120")
    assert not says(told(day), order)


def test_the_printed_commands_run_as_they_stand(life: Life) -> None:
    """Both of them, of a price with all the digits that the wire may have, and zeros at their end."""
    long = "150.2512345678901234567890123"
    life.trade(AAPL=buy(100, long), MSFT=buy(100, "10"))
    for symbol, price in (("AAPL", "150.2512345678901234567890124"), ("MSFT", "9.50000000000000000000000")):
        life.fill(symbol, "60.000000000000000000000", price, "filled")
    life.next_session()
    day = life.trade(NVDA=NO_ORDER)
    taken_back = [each["remedies"] for each in day["findings"] if each["code"] == "fill_taken_back"]
    gateway_right, booked_right = ([each[at]["command"] for each in taken_back] for at in (0, 1))
    for command in (booked_right[0], gateway_right[1]):
        program, *args = shlex.split(command)
        assert program == "paper-run"
        marked = life._marked(*args, status=0)
    assert figures(row(marked, "AAPL"), "qty avg_entry_price") == (100, Decimal(long))
    assert figures(row(marked, "MSFT"), "qty avg_entry_price") == amounts("60 9.5")
    assert "--filled 60@9.5" in gateway_right[1]


def test_ended_orders_are_read_again_in_three_sessions(life: Life) -> None:
    """Not in the session in which they ended, in each command of the next three, and then no more."""
    life.trade(AAPL=buy(10, "100"), CANC=buy(5, None, status="canceled", filled="0"), status=2)
    orders = [life.order_id("AAPL"), life.order_id("CANC")]
    life.mark()
    assert [life.reads_of(each) for each in orders] == [1, 1]
    for number in range(5):
        life.next_session()
        life.trade(MSFT=NO_ORDER)
        assert [life.reads_of(each) for each in orders] == [2 + min(number, 2)] * 2
    # A canceled one that was filled after all is booked when it is seen.
    assert life.entries("CANC") == []


def test_a_late_fill_of_a_canceled_order_is_booked(life: Life) -> None:
    """It ended without a fill, and the next day it has one: that is growth, and it is booked."""
    life.trade(CANC=buy(5, None, status="canceled", filled="0"), status=2)
    life.next_session()
    life.fill("CANC", "2", "50", "canceled")
    life.gateway.hold("CANC", "2", "50", "51")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "CANC"), "qty total_pnl") == amounts("2 2")
    assert [each[:3] for each in life.entries("CANC")] == [(SECOND, "fill", Decimal(2))]


def test_a_persons_word_on_a_sale_and_on_a_flip(life: Life) -> None:
    """The order is folded in its own place: what came after it is computed anew from there."""
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    day = life.trade(AAPL=sell(15, "110"))  # 10 x 10 = 100 realized, 5 short at 110
    assert figures(row(day, "AAPL"), "qty avg_entry_price realized_pnl") == amounts("-5 110 100")
    sold = life.order_id("AAPL")
    life.next_session()
    day = life.trade(AAPL=buy(5, "105"))  # 5 x 5 = 25 more
    assert figures(row(day, "AAPL"), "qty realized_pnl") == amounts("0 125")
    # The sale was of 8 at 112: 8 x 12 = 96 realized, 2 at 100 left; 5 bought at 105: 7, costing 725.
    life.prices(AAPL="105")
    life.says("AAPL", qty="7", avg_entry_price="103")
    marked = life.resolve("--order", sold, "--filled", "8@112")
    assert figures(row(marked, "AAPL"), "qty realized_pnl unrealized_pnl") == amounts("7 96 10")
    assert marked["pnl"]["total_pnl"] == 106
    assert marked["pnl"]["equity"]["unexplained"] == 0
    # Said again, otherwise, only the last word counts; and what was not filled at all leaves the rest.
    marked = life.resolve("--order", sold, "--not-filled")
    assert figures(row(marked, "AAPL"), "qty realized_pnl unrealized_pnl") == amounts("15 0 50")
    marked = life.resolve("--order", sold, "--filled", "15@110")
    assert figures(row(marked, "AAPL"), "qty realized_pnl") == amounts("0 125")


def test_more_than_was_ordered_by_a_persons_word(life: Life) -> None:
    """It is refused as a slip; where the gateway says as much it is booked, with who said it."""
    life.trade(AAPL=buy(10, "100"))
    order, before = life.order_id("AAPL"), life.rows("orders")
    for slip in ("12.5@99.75", "100@100", "1000000000000@1"):
        life.run("resolve", "--order", order, "--filled", slip, status=3)
        assert f"more than the order '{order}' asked for" in life.last.stderr
        assert "It is buy 10 AAPL." in life.last.stderr
        assert "resolve --position AAPL=QTY@PRICE" in life.last.stderr
    assert life.rows("orders") == before
    life.next_session()
    life.trade(MSFT=buy(10, "100", filled="12.5"))
    marked = life.resolve("--order", life.order_id("MSFT"), "--filled", "12.5@99.75")
    assert figures(row(marked, "MSFT"), "qty avg_entry_price") == amounts("12.5 99.75")
    assert says(told(marked), "12.5 filled at 99.75, said by", "booked as 12.5 at 100 before")
    entries: list[Any] = [each for each in life.rows("entries") if each["symbol"] == "MSFT"]
    assert [each["restates"] for each in entries] == [0, 1]
    assert "by " in entries[1]["note"]


def test_more_than_was_ordered_is_taken_back(life: Life) -> None:
    """12 of 10 fill and are booked, then 8: that what is booked is right can be said, and 13 still can't."""
    life.trade(AAPL=buy(10, "100", filled="0", status="new"))
    life.fill("AAPL", "12", "100")
    life.mark()
    life.fill("AAPL", "8", "100")
    (said,) = [each for each in life.mark()["findings"] if each["code"] == "fill_taken_back"]
    _, *args = shlex.split(said["remedies"][1]["command"])
    assert "12@100" in args
    life.run("resolve", "--order", life.order_id("AAPL"), "--filled", "13@100", status=3)
    assert row(life._marked(*args, status=0), "AAPL")["qty"] == 12
