"""How a book begins and ends: holdings that were there, a wiped account, a rehearsal, another gateway."""

import pytest
from support.life import NO_ORDER, Life, amounts, buy, differences, figures, row, says

BRIDGE = "opening realized unrealized_change adjustments closing unexplained"


def test_holdings_from_before_are_adopted_and_pnl_starts_at_zero(life: Life) -> None:
    """What they are up when they are found is an adjustment of equity and no P&L; then they count."""
    # 10 XYZ for 900, worth 1000: 100 up, which is none of ours.
    life.gateway.hold("XYZ", "10", "90", "100")
    day = life.trade(AAPL=NO_ORDER)
    pnl = day["pnl"]
    assert figures(pnl, "total_pnl day_pnl realized_pnl") == amounts("0 0 0")
    assert figures(pnl["equity"], BRIDGE) == amounts("100000 0 0 100 100100 0")
    assert figures(row(day, "XYZ"), "qty avg_entry_price total_pnl") == amounts("10 90 0")
    # At 105: 10 x (105 - 100) = 50.
    life.next_session()
    life.prices(XYZ="105")
    pnl = life.trade(AAPL=NO_ORDER)["pnl"]
    assert figures(pnl, "total_pnl day_pnl") == amounts("50 50")
    assert figures(pnl["equity"], BRIDGE) == amounts("100100 0 50 0 100150 0")
    assert figures(pnl["since_inception"], BRIDGE) == amounts("100000 0 50 100 100150 0")


def test_a_found_holding_without_a_price_waits_for_its_first(life: Life) -> None:
    """It is up nothing of ours at its first price, in whichever session that comes."""
    life.gateway.hold("XYZ", "10", "90")
    life.says("XYZ", realized_pl="77")  # from before our time: no difference
    assert life.trade(AAPL=NO_ORDER)["pnl"]["total_pnl"] is None
    life.next_session()
    life.prices(XYZ="100")
    day = life.trade(AAPL=NO_ORDER)
    # Worth 1000, cost 900: the 100 are an adjustment of the session in which they are seen.
    assert figures(day["pnl"], "total_pnl day_pnl") == amounts("0 0")
    assert figures(day["pnl"]["equity"], BRIDGE) == amounts("100000 0 0 100 100100 0")
    assert differences(day, "XYZ") == {}


def test_a_wiped_account_ends_the_book_by_hand_alone(life: Life) -> None:
    """Orders that nobody knows are the wrong gateway; after --reset the next trade begins a new book."""
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
    """The trade is saved, nothing is valued, exit 1; a mark at the right gateway completes it."""
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
