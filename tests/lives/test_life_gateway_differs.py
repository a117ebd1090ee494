"""What the gateway says beside the book: shown, and booked only when a person says so."""

import re
from decimal import Decimal

from support.life import NO_ORDER, Life, amounts, buy, differences, figures, row, says

TOTALS = "realized_pnl unrealized_pnl total_pnl day_pnl"


def notes(life: Life, kind: str, before: str) -> list[tuple[str, Decimal, Decimal]]:
    """Return the entries of a kind that say by whom and when, after these words: symbol, shares, dollars."""
    return [
        (each["symbol"], Decimal(each["qty"]), Decimal(each["dollars"]))
        for each in life.rows("entries")
        if each["kind"] == kind
        and re.fullmatch(before + r"by \S+@\S+ on 20\d\d-\d\d-\d\d .*", each["note"] or "")
    ]


def test_a_fill_counted_twice_and_one_dropped_are_booked_by_hand(life: Life) -> None:
    """A difference is booked at the mark, so that no P&L moves, and says by whom; then there is none."""
    life.prices(AAPL="100", MSFT="48")
    life.says("MSFT", qty="2")
    life.trade(AAPL=buy(10, "100", filled="4", status="partially_filled"), MSFT=buy(3, "48"))
    # AAPL is 10 at 103 by now: 4 at 100 and 6 at 105. The gateway adds all 10 to its 4: 14 for
    # 400 + 1030 = 1430, at 102.142857142857. Of MSFT's 3 shares it has dropped one.
    # ours - gateway: 10 - 14 = -4, 103 - 102.142857142857 = 0.857142857143, 3 - 2 = 1.
    life.next_session()
    life.fill("AAPL", "10", "103", "filled")
    life.says("AAPL", qty="14", avg_entry_price="102.142857142857")
    day = life.trade(NVDA=NO_ORDER)
    assert differences(day, "AAPL") == {
        "qty": amounts("10 14 -4"),
        "avg_entry_price": amounts("103 102.142857142857 0.857142857143"),
    }
    assert differences(day, "MSFT") == {"qty": amounts("3 2 1")}
    # AAPL at 100: 1000 - 1030 = -30, all of it today.
    expected = amounts("0 -30 -30 -30")
    assert figures(day["pnl"], TOTALS) == expected
    # 4 shares for 4 x 100 = 400: 14 for 1430, at 102.14285714...; 14 x 100 - 1430 = -30 still.
    resolved = life.resolve("--position", "AAPL")
    assert (row(resolved, "AAPL")["qty"], row(resolved, "AAPL")["differences"]) == (14, [])
    assert figures(resolved["pnl"], TOTALS) == expected
    assert notes(life, "adjustment", "to the gateway's quantity ") == [("AAPL", Decimal(4), Decimal(400))]
    # `all` is MSFT alone now: one share less at 48, what it cost.
    resolved = life.resolve("--position", "all")
    assert figures(resolved["pnl"], TOTALS) == expected
    assert notes(life, "adjustment", "to the gateway's quantity ")[1:] == [
        ("MSFT", Decimal(-1), Decimal(-48))
    ]
    marked = life.mark()
    assert [each["differences"] for each in marked["pnl"]["positions"]] == [[], []]
    assert figures(marked["pnl"], TOTALS) == expected
    # There is nothing left to bring into line: wrong input, nothing booked.
    life.run("resolve", "--position", "AAPL", status=3)
    assert "Nothing was booked" in life.last.stderr
    assert len(notes(life, "adjustment", "to the gateway's quantity ")) == 2


def test_an_adjustment_that_closes_shares_moves_no_total(life: Life) -> None:
    """What the closed shares were up becomes realized; total and day P&L and equity stay."""
    # 3 at 48, worth 50: 6 up. One less at 50: 2 realized, 2 x 2 = 4 up, 6 in all.
    life.prices(MSFT="50")
    life.says("MSFT", qty="2")
    day = life.trade(MSFT=buy(3, "48"))
    resolved = life.resolve("--position", "MSFT")
    assert figures(day["pnl"], TOTALS) == amounts("0 6 6 6")
    assert figures(resolved["pnl"], TOTALS) == amounts("2 4 6 6")
    assert day["pnl"]["equity"]["closing"] == resolved["pnl"]["equity"]["closing"] == Decimal(100006)


def test_somebody_elses_trade_is_listed_and_not_valued(life: Life) -> None:
    """A symbol that the book does not have stands there with our 0, the gateway's quantity, and no money."""
    life.prices(AAPL="101")
    day = life.trade(AAPL=buy(10, "100"))
    life.gateway.hold("TSLA", "3", "300", "310")
    marked = life.mark()
    stranger = row(marked, "TSLA")
    assert figures(stranger, "qty mark_price market_value total_pnl") == amounts("0 - 0 0")
    # ours - gateway: 0 - 3 = -3.
    assert differences(marked, "TSLA") == {"qty": amounts("0 3 -3")}
    assert stranger["gateway"]["qty"] == 3
    assert says(marked["warnings"], "The gateway differs on TSLA: quantity 3 instead of 0")
    names = "complete market_value total_pnl day_pnl"
    assert figures(marked["pnl"], names) == figures(day["pnl"], names) == (True, *amounts("1010 10 10"))
    assert life.entries("TSLA") == []
    # Taken over by hand it has a price at once: 3 at 310, no P&L.
    adopted = life.resolve("--position", "TSLA")
    assert figures(row(adopted, "TSLA"), "qty mark_price market_value total_pnl") == amounts("3 310 930 0")
    assert adopted["pnl"]["complete"]


def test_a_possible_split_is_unpriced_until_a_person_says_what_it_was(life: Life) -> None:
    """A price that halves without a fill gives the reason and the command; 2:1 books it, 1:1 accepts it."""
    life.trade(XYZ=buy(10, "100"), ABC=buy(10, "100"))
    life.next_session()
    # XYZ did split: the gateway has 20 at 50. ABC did not: it just lost half.
    life.says("XYZ", qty="20", avg_entry_price="50", current_price="50")
    life.prices(ABC="50")
    day = life.trade(NVDA=NO_ORDER)
    for symbol in ("XYZ", "ABC"):
        reason = row(day, symbol)["unpriced_reason"]
        assert "a possible split 2:1: its price went from 100 to 50 without a fill" in reason
        assert reason in life.last.stdout
        assert f"resolve --split {symbol} 2:1 --ledger" in life.last.stdout
    assert (day["pnl"]["complete"], day["pnl"]["total_pnl"], day["exit_status"]) == (False, None, 0)
    # One share for two would have doubled the price.
    life.run("resolve", "--split", "XYZ", "1:2", status=3)
    assert "does not fit a split of 1:2" in life.last.stderr
    # 20 shares for 1000; at 50 they are worth 1000: nothing is won or lost.
    resolved = life.resolve("--split", "XYZ", "2:1")
    assert figures(row(resolved, "XYZ"), "qty avg_entry_price total_pnl") == amounts("20 50 0")
    assert row(resolved, "XYZ")["differences"] == []
    assert (resolved["pnl"]["complete"], row(resolved, "ABC")["mark_price"]) == (False, None)
    # ABC: 10 x (50 - 100) = -500, today's loss.
    resolved = life.resolve("--split", "ABC", "1:1")
    assert figures(row(resolved, "ABC"), "qty avg_entry_price total_pnl") == amounts("10 100 -500")
    assert figures(resolved["pnl"], TOTALS) == amounts("0 -500 -500 -500")
    assert notes(life, "split", "2:1 ") == [("XYZ", Decimal(10), Decimal(0))]
    assert notes(life, "split", "1:1 ") == [("ABC", Decimal(0), Decimal(0))]
    # The next prices are compared with these: XYZ at 51 is 20 x (51 - 50) = 20 up; ABC has halved again.
    life.prices(XYZ="51", ABC="25")
    marked = life.mark()
    assert figures(marked["pnl"], "complete priced_so_far") == (False, Decimal(20))
    assert "its price went from 50 to 25 without a fill" in row(marked, "ABC")["unpriced_reason"]


def test_a_split_of_what_is_not_held_is_wrong_input(life: Life) -> None:
    """Exit 3, and nothing is booked."""
    life.trade(XYZ=buy(10, "100"))
    before = life.rows("entries")
    life.run("resolve", "--split", "ABC", "2:1", status=3)
    assert "the book holds no ABC" in life.last.stderr
    assert life.rows("entries") == before
