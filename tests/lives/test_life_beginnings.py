"""How a book begins and ends: holdings that were there, a wiped account, a rehearsal, another gateway."""

import pytest
from support.life import NO_ORDER, Life, amounts, buy, differences, figures, row, says, sell

BRIDGE = "opening realized unrealized_change adjustments closing unexplained"


def test_holdings_from_before_cost_what_they_were_worth(life: Life) -> None:
    """P&L starts at zero and equity at its base, whatever they had cost; then they count."""
    # 10 XYZ that had cost 900, worth 1000: they cost 1000 here.
    life.gateway.hold("XYZ", "10", "90", "100")
    day = life.trade(AAPL=NO_ORDER)
    pnl = day["pnl"]
    assert figures(pnl, "total_pnl day_pnl realized_pnl") == amounts("0 0 0")
    assert figures(pnl["equity"], BRIDGE) == amounts("100000 0 0 0 100000 0")
    assert figures(row(day, "XYZ"), "qty avg_entry_price total_pnl") == amounts("10 100 0")
    # The gateway's own average stands beside it.
    assert differences(day, "XYZ") == {"avg_entry_price": amounts("100 90 10")}
    # At 105: 10 x (105 - 100) = 50.
    life.next_session()
    life.prices(XYZ="105")
    pnl = life.trade(AAPL=NO_ORDER)["pnl"]
    assert figures(pnl, "total_pnl day_pnl") == amounts("50 50")
    assert figures(pnl["equity"], BRIDGE) == amounts("100000 0 50 0 100050 0")
    assert figures(pnl["since_inception"], BRIDGE) == amounts("100000 0 50 0 100050 0")


def test_holdings_that_had_lost_more_than_the_capital_are_no_debt(life: Life) -> None:
    """100 bought at 500, now 100, beside a capital of 10,000: equity is 10,000, statistics are sane."""
    life.gateway.hold("XYZ", "100", "500", "100")
    day = life.trade("--capital", "10000", AAPL=NO_ORDER)
    assert figures(day["pnl"]["equity"], BRIDGE) == amounts("10000 0 0 0 10000 0")
    # 100 x (101 - 100) = 100 up, 1 %.
    life.next_session()
    life.prices(XYZ="101")
    day = life.trade("--capital", "10000", AAPL=NO_ORDER)
    assert figures(day["pnl"]["equity"], BRIDGE) == amounts("10000 0 100 0 10100 0")
    statistics = day["statistics"]
    assert [statistics[name]["value"] for name in ("daily_return", "total_return", "max_drawdown")] == [
        *amounts("0.01 0.01 0")
    ]
    # 40 sold at 102: 40 x 2 = 80 realized.
    life.next_session()
    life.prices(XYZ="102")
    pnl = life.trade("--capital", "10000", XYZ=sell(40, "102"))["pnl"]
    assert figures(pnl, "realized_pnl total_pnl day_pnl") == amounts("80 200 100")


def test_a_holding_from_before_without_a_price_waits_for_its_first(life: Life) -> None:
    """It is adopted at that price, in whichever session it comes; equity is the base until then and then."""
    life.gateway.hold("XYZ", "10", "90")
    life.says("XYZ", realized_pl="77")  # from before our time: no difference
    waiting = life.trade(AAPL=NO_ORDER)
    assert waiting["pnl"]["total_pnl"] is None
    assert figures(row(waiting, "XYZ"), "qty avg_entry_price differences") == (10, None, [])
    life.next_session()
    life.prices(XYZ="100")
    day = life.trade(AAPL=NO_ORDER)
    assert figures(day["pnl"], "total_pnl day_pnl") == amounts("0 0")
    assert figures(day["pnl"]["equity"], BRIDGE) == amounts("100000 0 0 0 100000 0")
    assert differences(day, "XYZ") == {"avg_entry_price": amounts("100 90 10")}


def test_what_is_no_us_share_stands_beside_the_book(life: Life) -> None:
    """An option is no share and a coin no share: listed, in no total, no difference, never adopted."""
    life.gateway.hold("AAPL250117C00150000", "3", "2.50", "4.10")
    life.gateway.hold("BTC/USD", "0.5", "60000", "90000")
    life.gateway.hold("MSFT", "1", "400", "410")
    day = life.trade(AAPL=buy(10, "100"))
    assert figures(day["pnl"], "market_value total_pnl complete") == (*amounts("1410 0"), True)
    for symbol in ("AAPL250117C00150000", "BTC/USD"):
        beside = row(day, symbol)
        assert figures(beside, "qty market_value differences") == (*amounts("0 0"), [])
        assert beside["gateway"]["qty"]
        assert life.entries(symbol) == []
    assert says([each["text"] for each in day["findings"]], "BTC/USD stands beside the book")
    assert not says(day["warnings"], "BTC/USD")
    life.run("resolve", "--position", "all", status=3)
    assert "there is no difference to book" in life.last.stderr


def test_a_wiped_account_ends_the_book_by_hand_alone(life: Life) -> None:
    """Orders that nobody knows are the wrong gateway; after --reset the next attempt begins a new book."""
    life.trade(AAPL=buy(10, "100", filled="4", status="partially_filled"))
    kept = life.rows("sessions")
    life.gateway.orders.clear()
    life.gateway.positions.clear()
    life.run("mark", status=1)
    assert "The gateway does not know the orders" in life.last.stderr
    assert "python -m paper_run resolve --reset" in life.last.stderr
    assert (life.rows("sessions"), len(life.rows("entries"))) == (kept, 1)
    assert list(life.reports.glob("*_mark.json")) == []
    assert "The book was ended by " in life.run("resolve", "--reset").stdout
    assert "There is no book" in life.run("mark").stdout
    # The new book: its own capital, and only what was traded from here on. 5 at 200, worth 202: 10 up.
    life.next_session()
    life.prices(MSFT="202")
    day = life.trade("--capital", "50000", MSFT=buy(5, "200"))
    assert figures(day["pnl"], "since total_pnl day_pnl") == (life.session, *amounts("10 10"))
    assert figures(day["pnl"]["equity"], BRIDGE) == amounts("50000 0 10 0 50010 0")
    assert [each["symbol"] for each in day["pnl"]["positions"]] == ["MSFT"]
    assert day["statistics"]["total_return"]["n"] == 1


def test_a_run_whose_orders_the_gateway_does_not_know(life: Life) -> None:
    """The attempt is saved, nothing is valued, exit 1; a mark at the right gateway completes it."""
    life.trade(AAPL=buy(10, "100"))
    kept = life.rows("sessions")
    life.next_session()
    day = life.trade(MSFT=buy(5, "200", detail=None), status=1)
    assert (day["pnl"], day["status"], day["exit_status"]) == (None, "success", 1)
    assert "does not know the orders" in life.last.stderr
    assert (life.rows("sessions"), len(life.rows("entries"))) == (kept, 1)
    order = day["orders"][0]["client_order_id"]
    life.gateway.orders[order] = life.gateway.orders[life.order_id("AAPL")] | {
        "client_order_id": order,
        "symbol": "MSFT",
        "qty": 5,
        "filled_qty": "5",
        "filled_avg_price": "200",
    }
    life.gateway.hold("MSFT", "5", "200", "201")
    marked = life.mark()
    assert figures(marked["pnl"], "total_pnl day_pnl") == amounts("5 5")
    assert says([each["symbol"] for each in marked["orders"]], "MSFT")


@pytest.mark.parametrize("when", ["before the book", "within it"])
def test_a_rehearsal_enters_neither_book_nor_statistics(life: Life, when: str) -> None:
    """It has no P&L and leaves the book's tables as they are."""
    sessions = 0
    if when == "within it":
        life.trade(AAPL=buy(10, "100"))
        life.next_session()
        sessions = 1
    kept = {table: life.rows(table) if sessions else [] for table in ("sessions", "entries", "epochs")}
    life.gateway.health["dry_run"] = True
    day = life.trade(MSFT=buy(5, "77", status="dry_run"))
    assert (day["rehearsal"], day["pnl"], day["statistics"]) == (True, None, {})
    assert "REHEARSAL" in life.last.stdout
    assert "rehearsal" in life.run("history").stdout  # no success in an overview
    assert "rehearsal" in (life.reports / "index.html").read_text("utf-8")
    assert {table: life.rows(table) for table in kept} == kept
    if not sessions:
        assert "There is no book" in life.run("mark").stdout
    # Traded for real, the session is the second of its files and enters the book as usual: 5 x 1 = 5 up.
    life.gateway.health["dry_run"] = False
    life.prices(NVDA="41")
    day = life.trade(NVDA=buy(5, "40"))
    assert (day["trade"], day["pnl"]["day_pnl"]) == (2, 5)
    assert day["statistics"]["total_return"]["n"] == sessions + 1
    assert life.entries("MSFT") == []
