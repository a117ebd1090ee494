"""What happens between a question and its answer: a fill under a suspected split, an adjustment in flight."""

from decimal import Decimal

from support.life import NO_ORDER, Life, amounts, buy, figures, row


def test_a_fill_does_not_settle_a_suspected_split(life: Life) -> None:
    """10 @ 100, then 50 without a fill: suspected. One more @ 50 says nothing of the first ten.

    Nor is it known then how many there are.
    """
    life.prices(XYZ="100")
    life.trade(XYZ=buy(10, "100"))
    life.prices(XYZ="50")
    suspected = life.mark()["pnl"]
    assert (suspected["complete"], suspected["total_pnl"]) == (False, None)
    life.next_session()
    bought = life.trade(XYZ=buy(1, "50"))
    assert (bought["pnl"]["complete"], bought["pnl"]["total_pnl"]) == (False, None)
    assert "possible split 2:1" in row(bought, "XYZ")["unpriced_reason"]
    assert figures(row(bought, "XYZ"), "qty realized_pnl") == (None, None)
    assert bought["pnl"]["realized_pnl"] is None
    # There was none: 11 at (1000 + 50) / 11, worth 550, so 500 down.
    resolved = life.resolve("--split", "XYZ", "1:1")["pnl"]
    assert figures(resolved, "total_pnl unrealized_pnl") == amounts("-500 -500")


def test_a_difference_is_not_booked_while_an_order_may_be_it(life: Life) -> None:
    """4 of 10 are seen, the gateway has 10: the six come as a fill, and must not come twice."""
    life.trade(AAPL=buy(10, "100", filled="4", status="partially_filled"))
    life.says("AAPL", qty="10")
    life.run("resolve", "--position", "AAPL", status=3)
    assert "an order of ours in AAPL still works" in life.last.stderr
    life.run("resolve", "--position", "all", status=3)
    life.fill("AAPL", "10", "100", "filled")
    position = row(life.mark(), "AAPL")
    assert (position["qty"], position["differences"]) == (10, [])


def test_a_fill_that_the_gateway_has_counted_is_no_split(life: Life) -> None:
    """It has 16 instead of 13, near 5:4, while an order of 3 of ours works: the order is what is missing."""
    limit = {"limit_price": Decimal(101), "detail": {"time_in_force": "gtc"}}
    life.trade(AAPL=buy(13, "100"))
    life.next_session()
    life.prices(AAPL="100")
    day = life.trade(AAPL=buy(3, None, status="accepted", **limit))
    life.says("AAPL", qty="16")
    for document in (day, marked := life.mark()):
        assert "possible_split" not in [each["code"] for each in document["findings"]]
    assert figures(row(marked, "AAPL"), "qty total_pnl unpriced_reason") == (13, 0, None)
    life.fill("AAPL", "3", "100", "filled")
    life.next_session()
    assert figures(row(life.trade(MSFT=NO_ORDER), "AAPL"), "qty total_pnl") == amounts("16 0")


def test_what_the_gateway_takes_back_is_no_split(life: Life) -> None:
    """100 filled are 50 the next day, and the gateway holds 50: the order is asked about, and no split."""
    life.trade(AAPL=buy(100, "10"))
    life.next_session()
    life.fill("AAPL", "50", "10", "filled")
    life.says("AAPL", qty="50")
    day = life.trade(MSFT=NO_ORDER)
    codes = [each["code"] for each in day["findings"]]
    assert "fill_taken_back" in codes
    assert "possible_split" not in codes
    assert row(day, "AAPL")["market_value"] == 1000


def test_a_split_is_seen_beside_a_working_order_by_its_price(life: Life) -> None:
    """The gateway has 20 instead of 10 and half the price: that is no order of ours."""
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    life.says("AAPL", qty="20", current_price="50")
    limit = {"limit_price": Decimal(40), "detail": {"time_in_force": "gtc"}}
    day = life.trade(AAPL=buy(10, None, status="accepted", **limit))
    assert "possible split 2:1" in row(day, "AAPL")["unpriced_reason"]
