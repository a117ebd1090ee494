"""Trades whose answer was lost: what they filled enters the book once, when they are found or settled."""

from decimal import Decimal

from support.answers import Answer, plain_500
from support.life import NO_ORDER, Life, amounts, buy, figures, row, says
from support.odd_platform import RUN, RUNS


def lose_the_answer(life: Life) -> None:
    """Have the orchestrator trade, say nothing of it, and not list its runs."""
    life.platform.orchestrator.script("POST", RUN, [Answer(process="before", hang_up=True)])
    life.platform.orchestrator.always("GET", RUNS + "*", plain_500())


def list_runs_again(life: Life) -> None:
    life.platform.orchestrator.always("GET", RUNS + "*", Answer())


def test_a_lost_trade_that_is_found_is_booked_then(life: Life) -> None:
    """Its capital is the base and its fill belongs to the session in which it is seen."""
    lose_the_answer(life)
    life.run("--symbols", "AAPL", "--capital", "50000", status=2)
    assert life.rows("epochs") == []
    list_runs_again(life)
    life.next_session()
    # The plan was the usual one: 10 AAPL; at 1 above its price they are 10 up.
    price = Decimal(life.gateway.positions["AAPL"]["avg_entry_price"])
    life.prices(AAPL=str(price + 1))
    day = life.trade(MSFT=NO_ORDER)
    assert figures(row(day, "AAPL"), "qty total_pnl") == amounts("10 10")
    assert figures(day["pnl"]["equity"], "opening closing") == amounts("50000 50010")
    assert [each[:3] for each in life.entries("AAPL")] == [(life.session, "fill", Decimal(10))]


def test_a_lost_trade_found_after_its_holdings_were_adopted(life: Life) -> None:
    """What the book found as a holding is not booked a second time, and nothing is said to work still."""
    lose_the_answer(life)
    life.run("--symbols", "AAPL", status=2)
    life.next_session()
    day = life.trade(MSFT=buy(5, "200"))
    assert row(day, "AAPL")["qty"] == 10
    list_runs_again(life)
    marked = life.mark()
    assert "The outcome of the attempt 2025-01-06 is known" in life.last.stdout
    assert (row(marked, "AAPL")["qty"], row(marked, "AAPL")["orders_in_flight"]) == (10, False)
    assert [entry[1] for entry in life.entries("AAPL")] == ["found", "gain"]
    life.next_session()
    day = life.trade(MSFT=NO_ORDER)
    assert not says(day["warnings"], "still works")


def test_a_reset_before_there_is_a_book(life: Life) -> None:
    """The attempt that nobody knows any more is in no book: the next one begins with its own capital."""
    life.trade(AAPL=buy(10, "100", detail=None), status=1)
    life.gateway.positions.clear()
    life.run("resolve", "--reset")
    life.next_session()
    day = life.trade("--capital", "50000", MSFT=buy(5, "200"))
    assert figures(day["pnl"], "since base") == (life.session, Decimal(50000))
    assert [each["symbol"] for each in day["pnl"]["positions"]] == ["MSFT"]
