"""What happens between a question and its answer: a fill under a suspected split, an adjustment in flight."""

from support.life import Life, amounts, buy, figures, row


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
    settled = life.resolve("--split", "XYZ", "1:1")["pnl"]
    assert figures(settled, "total_pnl unrealized_pnl") == amounts("-500 -500")


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
