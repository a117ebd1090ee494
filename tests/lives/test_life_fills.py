"""Fills as they come: in parts, late, odd; each is booked once, in the session in which it is seen."""

from decimal import Decimal
from typing import Any

from support.life import NO_ORDER, Life, amounts, buy, figures, row, says
from support.odd_platform import Plan

FIRST, SECOND, THIRD = "2025-01-06", "2025-01-07", "2025-01-08"
GTC: dict[str, Any] = {"limit_price": Decimal(110), "detail": {"time_in_force": "gtc"}}
"""What may well work for days."""


def fill(session: str, qty: str, dollars: str, kind: str = "fill") -> tuple[str, str, Decimal, Decimal]:
    return session, kind, Decimal(qty), Decimal(dollars)


def test_a_fill_that_grows_over_two_sessions(life: Life) -> None:
    """Each growth has its own price and session; once filled, the order is read again in the next session."""
    life.prices(AAPL="102")
    # Session 1: 3 of 10 at 100, 300 in all; at 102 it is 3 x 102 - 300 = 6 up.
    day = life.trade(AAPL=buy(10, "100", filled="3", status="partially_filled", **GTC))
    assert (row(day, "AAPL")["orders_in_flight"], day["pnl"]["day_pnl"]) == (True, 6)
    order = life.order_id("AAPL")
    # Session 2: 7 at 101 by now, 707 in all: 4 came at (707 - 300) / 4 = 101.75; 7 x 102 - 707 = 7 up.
    life.next_session()
    life.fill("AAPL", "7", "101")
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty avg_entry_price unrealized_pnl day_pnl") == amounts("7 101 7 1")
    assert figures(day["pnl"]["equity"], "opening closing") == amounts("100006 100007")
    # A mark: 10 at 101.5, 1,015 in all: 3 came at (1015 - 707) / 3 = 102.67; 10 x 102 - 1015 = 5 up.
    life.fill("AAPL", "10", "101.5", "filled")
    marked = life.mark()
    assert figures(row(marked, "AAPL"), "qty avg_entry_price unrealized_pnl") == amounts("10 101.5 5")
    assert (marked["pnl"]["day_pnl"], row(marked, "AAPL")["orders_in_flight"]) == (-1, False)
    assert life.entries("AAPL") == [
        fill(FIRST, "3", "300"),
        fill(SECOND, "4", "407"),
        fill(SECOND, "3", "308"),
    ]
    reads = life.reads_of(order)
    assert reads == 3
    life.mark()
    assert life.reads_of(order) == reads
    life.next_session()
    life.trade(MSFT=NO_ORDER)
    assert life.reads_of(order) == reads + 1


def test_an_order_that_works_for_days_is_read_by_every_command(life: Life) -> None:
    """However many sessions later it fills, it is booked in that one."""
    waiting = {**GTC, "detail": {"filled_avg_price": None, "time_in_force": "gtc"}}
    life.trade(SLOW=buy(8, "20", filled="0", status="accepted", **waiting))
    life.gateway.hold("SLOW", "0", "0")
    slow = life.order_id("SLOW")
    for number in range(1, 6):
        life.next_session()
        day = life.trade(AAPL=NO_ORDER)
        life.mark()
        assert (life.reads_of(slow), life.entries("SLOW")) == (1 + 2 * number, [])
        assert (day["pnl"]["complete"], day["warnings"]) == (True, [])
    # 8 at 20, worth 21: 8 up.
    life.fill("SLOW", "8", "20", "filled")
    life.gateway.hold("SLOW", "8", "20", "21")
    marked = life.mark()
    assert life.entries("SLOW") == [fill(life.session, "8", "160")]
    assert figures(marked["pnl"], "day_pnl total_pnl") == amounts("8 8")


def test_odd_fills(life: Life) -> None:
    """A fill that shrinks, another price, a fill without a price, and more than was ordered."""
    part = {"status": "partially_filled", **GTC}
    unpriced = {"status": "filled", "detail": {"filled_qty": "10", "filled_avg_price": None}}
    day = life.trade(
        SHRK=buy(10, "100", filled="6", **part),
        CORR=buy(10, "100", filled="6", **part),
        WAIT=buy(10, None, **unpriced),
        OVER=buy(10, "100", filled="12"),
        PART=buy(10, "100", filled="4", status="canceled"),
    )
    assert life.entries("WAIT") == []
    assert life.entries("OVER") == [fill(FIRST, "12", "1200")]
    assert life.entries("PART") == [fill(FIRST, "4", "400")]
    assert row(day, "OVER")["qty"] == 12
    assert says(day["warnings"], "OVER", "12 filled, more than the 10 ordered")
    assert says(day["warnings"], "WAIT", "10 filled without a price")
    # SHRK falls from 6 to 4, and CORR's 6 were at 101 and not at 100: nothing is booked of either.
    # WAIT's 10 have their price now, 100.
    life.fill("SHRK", "4", "100")
    life.fill("CORR", "6", "101")
    life.fill("WAIT", "10", "100", "filled")
    life.gateway.hold("WAIT", "10", "100", "100")
    marked = life.mark()
    assert says(marked["warnings"], "SHRK", "went back from 6 to 4; nothing was booked")
    assert says(marked["warnings"], "CORR", "the price of its 6 went from 100 to 101; nothing was booked")
    assert figures(row(marked, "CORR"), "qty avg_entry_price realized_pnl") == amounts("6 100 0")
    assert life.entries("CORR") == [fill(FIRST, "6", "600")]
    assert life.entries("WAIT") == [fill(FIRST, "10", "1000")]
    # SHRK grows again, from the 6 that are booked to 8 at 100.5: 2 for 804 - 600 = 204.
    life.fill("SHRK", "8", "100.5")
    marked = life.mark()
    assert life.entries("SHRK") == [fill(FIRST, "6", "600"), fill(FIRST, "2", "204")]
    # OVER and PART had ended when they were read after the attempt, SHRK works on.
    reads = [life.reads_of(life.order_id(symbol)) for symbol in ("OVER", "PART", "SHRK")]
    assert reads == [1, 1, 3]
    # All at 100: SHRK 800 - 804 = -4, the others 0.
    assert figures(marked["pnl"], "realized_pnl unrealized_pnl total_pnl") == amounts("0 -4 -4")


def test_the_same_order_in_two_trades_is_booked_once(life: Life) -> None:
    """The gateway answers --again with the order that it has: a repeat, so nothing new was placed, exit 2."""
    life.prices(AAPL="101")
    life.trade(AAPL=buy(10, "100"))
    again = life.trade("--again", AAPL=buy(10, "100"), status=2)
    assert (again["trade"], again["orders"][0]["outcome"]) == (2, "repeat")
    assert life.entries("AAPL") == [fill(FIRST, "10", "1000")]
    assert figures(again["pnl"], "total_pnl day_pnl") == amounts("10 10")


def test_amounts_in_every_form_keep_their_digits(life: Life) -> None:
    """Exponents, 28 digits, fractions of a share and 0E-8 are exact in the JSON, to the last digit."""
    price = "12.34567890123456789012345678"
    plans = {
        "EXPO": buy(100, "150", detail={"filled_qty": "1E+2", "filled_avg_price": "1.5E+2"}),
        "FRAC": buy(3, price, detail={"filled_qty": "2.5", "filled_avg_price": price}),
        "ZERO": Plan(
            qty=7, price=None, status="new", detail={"filled_qty": "0E-8", "filled_avg_price": "0E-8"}
        ),
    }
    life.says("EXPO", qty="1E+2", avg_entry_price="1.5E+2", current_price="1.6E+2", realized_pl="0E-8")
    # 28 digits: 2.5 x 20.00000000000000000000000004 = 50.0000000000000000000000001.
    life.says("FRAC", qty="2.5", avg_entry_price=price, current_price="20.00000000000000000000000004")
    day = life.trade(**plans)
    # EXPO: 100 x (160 - 150) = 1000. FRAC: cost 2.5 x 12.345678901... = 30.8641972530...; 50 - that = 19.14.
    assert figures(row(day, "EXPO"), "qty avg_entry_price unrealized_pnl") == amounts("100 150 1000")
    assert figures(row(day, "FRAC"), "qty market_value unrealized_pnl") == amounts("2.5 50.00 19.14")
    assert differences(day) == []
    assert life.entries("ZERO") == []
    text = next(life.reports.glob("*_paper_run.json")).read_text("utf-8")
    for line in (
        f'"avg_entry_price": {price},',
        '"mark_price": 20.00000000000000000000000004,',
        '"qty": 2.5,',
        '"mark_price": 160,',
        '"unrealized_pnl": 1019.14,',
    ):
        assert line in text
    assert not says([line for line in text.splitlines() if '": "' not in line], "E+")


def differences(document: object) -> list[object]:
    positions = document["pnl"]["positions"]  # type: ignore[index]
    return [each for position in positions for each in position["differences"]]
