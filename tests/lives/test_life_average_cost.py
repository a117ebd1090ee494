"""Our average cost and realized P&L, whatever the gateway makes of the same fills."""

from decimal import Decimal

import pytest
from support.life import NO_ORDER, Life, amounts, buy, differences, figures, row, sell

POSITION = "qty avg_entry_price realized_pnl unrealized_pnl"


def test_a_partial_close_that_the_gateway_books_as_an_add(life: Life) -> None:
    """Realized and average are right, the gateway's stand beside them, and nothing is booked from them."""
    # Session 1: bought 10 at 100; cost 1,000.
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    # Session 2: sold 4 at 110: realized 4 x (110 - 100) = 40.00; 6 left at 100, worth 660: 60.00 up.
    # The gateway adds the sale to the average: (10 x 100 - 4 x 110) / 6 = 560 / 6 = 93.33333333.
    # ours - gateway: 100 - 93.33333333 = 6.66666667, and 40.00 - 0 = 40.00.
    life.says("AAPL", avg_entry_price="93.33333333", realized_pl="0")
    day = life.trade(AAPL=sell(4, "110"))
    pnl = day["pnl"]
    assert figures(row(day, "AAPL"), POSITION) == amounts("6 100 40.00 60.00")
    assert figures(pnl, "realized_pnl unrealized_pnl total_pnl day_pnl") == amounts("40 60 100 100")
    names = "opening realized unrealized_change adjustments closing unexplained"
    assert figures(pnl["equity"], names) == amounts("100000 40 60 0 100100 0")
    expected = {
        "avg_entry_price": amounts("100 93.33333333 6.66666667"),
        "realized_pl": amounts("40.00 0 40.00"),
    }
    assert differences(day, "AAPL") == expected
    assert day["warnings"] == []  # nobody need act on it
    # A mark later the same is still true: only the two fills are in the book.
    marked = life.mark()
    assert differences(marked, "AAPL") == expected
    assert marked["pnl"]["total_pnl"] == 100
    assert life.entries("AAPL") == [
        ("2025-01-06", "fill", Decimal(10), Decimal(1000)),
        ("2025-01-07", "fill", Decimal(-4), Decimal(-440)),
    ]


def test_long_short_long_closed_and_opened_again(life: Life) -> None:
    """A flip realizes the old side and opens at its own price; a short grows; a closed symbol stays."""
    told = []

    def play(expected: str, **plans: object) -> None:
        day = life.trade(**plans)  # type: ignore[arg-type]
        told.append((figures(row(day, "XYZ"), POSITION), day["pnl"]["total_pnl"], day["pnl"]["day_pnl"]))
        qty, average, realized, unrealized, total, today = amounts(expected)
        assert told[-1] == ((qty, average, realized, unrealized), total, today)
        life.next_session()

    # The gateway's price is that of the last fill, so what was just opened is up 0.
    play("10 100 0 0 0 0", XYZ=buy(10, "100"))
    # 25 sold at 110: 10 close, 10 x (110 - 100) = 100; 15 open short at 110.
    play("-15 110 100 0 100 100", XYZ=sell(25, "110"))
    # 5 more short at 120: (15 x 110 + 5 x 120) / 20 = 2250 / 20 = 112.5; at 120: 2250 - 2400 = -150.
    play("-20 112.5 100 -150 -50 -150", XYZ=sell(5, "120"))
    # 30 bought at 105: 20 close, 20 x (112.5 - 105) = 150, 250 in all; 10 open long at 105.
    play("10 105 250 0 250 300", XYZ=buy(30, "105"))
    # 10 sold at 106: 10 x 1 = 10, 260 in all; nothing is left.
    play("0 - 260 0 260 10", XYZ=sell(10, "106"))
    # The gateway lists XYZ no more, and its realized P&L is gone there; here it stays.
    play("0 - 260 0 260 0", ABC=NO_ORDER)
    # 3 bought at 90: a new average, the old realized.
    play("3 90 260 0 260 0", XYZ=buy(3, "90"))


@pytest.mark.parametrize("closes", ["as a sale", "as a cover"])
def test_a_closed_symbol_ties_out_without_a_row_of_the_gateway(life: Life, closes: str) -> None:
    """Quantity 0 here and no row there is no difference."""
    # Open 10 at 50 and close them at 52, long or short: +20 or -20.
    first, last, realized = (buy, sell, "20") if closes == "as a sale" else (sell, buy, "-20")
    life.trade(XYZ=first(10, "50"))
    life.next_session()
    day = life.trade(XYZ=last(10, "52"))
    closed = row(day, "XYZ")
    assert figures(closed, "qty realized_pnl unrealized_pnl market_value") == amounts(f"0 {realized} 0 0")
    assert (closed["gateway"], closed["differences"], day["pnl"]["complete"]) == (None, [], True)
