"""Execution costs through the real command: order by order, before and after the close, and what is kept."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.life import NO_ORDER, Life, amounts, buy, figures, row, sell
from support.odd_broker import OddBroker
from support.odd_platform import Plan

PARTS = "execution_cost opportunity_cost shortfall shortfall_bps fill_ratio"


@pytest.fixture
def quoted(life: Life) -> Life:
    """Return a life with a quote source that keeps its quotes fresh."""
    life.env = {
        "ALPACA_API_KEY_ID": "PKCOSTS",
        "ALPACA_API_SECRET_KEY": "nobodys",
        "PAPER_RUN_QUOTES_URL": life.platform.quotes.url,
    }
    return life


def market(life: Life, **prices: str) -> None:
    """Have the source quote and know a trade at these prices, now."""
    source = life.platform.quotes
    for symbol, price in prices.items():
        source.quotes[symbol] = {"t": life.now.isoformat(), "bp": float(price), "ap": float(price)}
        source.trades[symbol] = {"t": life.now.isoformat(), "p": float(price)}


def cost(document: Any, symbol: str) -> Any:
    (found,) = [each for each in document["costs"]["orders"] if each["symbol"] == symbol]
    return found


def working() -> Plan:
    """Return a limit order for 100 shares, of which 50 are filled."""
    limit = {"order_type": "limit", "limit_price": "100.10"}
    return buy(100, "100.10", filled="50", status="partially_filled", detail=limit)


def kept(life: Life) -> list[tuple[str, Decimal | None, Decimal | None]]:
    return [
        (
            row["session"],
            *(None if row[name] is None else Decimal(row[name]) for name in ("cost", "notional")),
        )
        for row in life.rows("session_costs")
    ]


def test_costs_of_a_day_before_and_after_its_close(quoted: Life) -> None:
    """What was filled is known at once; what was not, at the closing mark; the rows add up everywhere."""
    life = quoted
    market(life, AAPL="100", MSFT="200")
    # Half of AAPL is filled, 10 cents worse: 50 x 0.10 = 5.00. MSFT is sold 5 cents better: 10 x -0.05.
    day = life.trade(AAPL=working(), MSFT=sell(10, "200.05"))
    nothing = (None, None)
    assert figures(cost(day, "AAPL"), PARTS) == (Decimal("5.00"), *nothing, None, Decimal("0.5"))
    assert cost(day, "AAPL")["reason"] == "what was not filled is not known: the session has not closed"
    assert figures(cost(day, "MSFT"), PARTS) == (Decimal("-0.50"), 0, Decimal("-0.50"), Decimal("-2.50"), 1)
    whole = day["costs"]
    assert figures(whole, "execution_cost opportunity_cost shortfall shortfall_bps total fees") == (
        Decimal("4.50"),
        *(None,) * 5,
    )
    assert figures(whole, "known_so_far num_known arrival_notional") == (Decimal("-0.50"), 1, 12000)
    # (0.5 x 10,000 + 2,000) / 12,000
    assert whole["fill_ratio"] == Decimal("0.5833")
    assert kept(life) == [(life.session, None, None)]
    # The close: AAPL at 103. 50 shares that were wanted at 100 would have gained 150.
    life.now += timedelta(hours=6, minutes=30)
    market(life, AAPL="103", MSFT="201")
    life.fill("AAPL", "50", "100.10", "canceled")
    marked = life.mark()
    assert figures(cost(marked, "AAPL"), PARTS) == (5, 150, 155, 155, Decimal("0.5"))
    # 155.00 - 0.50 = 154.50 of 12,000 is 128.75 bp.
    assert figures(marked["costs"], "shortfall shortfall_bps total total_bps fees") == (
        *(Decimal("154.50"), Decimal("128.75")),
        *(None,) * 3,
    )
    assert kept(life) == [(life.session, Decimal("154.5"), 12000)]
    assert marked["costs"]["mean"] == {"bps": None, "dollars": None, "n": 1, "minimum": 20}
    table = list(csv.DictReader(io.StringIO((life.reports / f"{life.session}_mark_orders.csv").read_text())))
    cells = [
        tuple(row[name] for name in ("symbol", "shortfall", "shortfall_bps", "includes_wait"))
        for row in table
    ]
    assert [each[:3] for each in cells] == [("AAPL", "155.00", "155.00"), ("MSFT", "-0.50", "-2.50")]
    assert list(table[0])[-9:-6] == ["arrival_price", "arrival_source", "arrival_time"]


def test_a_fill_that_is_learned_of_later_is_in_its_own_session(quoted: Life) -> None:
    """An order that filled on Monday, as Tuesday tells: Monday's cost is another one by then."""
    life = quoted
    market(life, AAPL="100")
    life.trade(AAPL=working())
    monday = life.session
    life.now += timedelta(hours=6, minutes=30)
    market(life, AAPL="103")
    life.fill("AAPL", "50", "100.10", "canceled")
    life.mark()
    assert kept(life) == [(monday, 155, 10000)]
    life.next_session()
    life.now = life.now.replace(hour=15, minute=0)
    life.fill("AAPL", "80", "100.10", "canceled")
    market(life, AAPL="103", MSFT="200")
    life.trade(MSFT=buy(1, "200"))
    # 80 x 0.10 + 20 x 3 = 68
    assert kept(life) == [(monday, 68, 10000), (life.session, 0, 200)]


def test_an_order_whose_price_was_not_read_has_no_cost(quoted: Life) -> None:
    """It says so, and the total is not known; what is known is summed beside it."""
    market(quoted, AAPL="100")
    day = quoted.trade(AAPL=buy(10, "100.10"), NONE=buy(1, "50"), status=0)
    assert cost(day, "NONE")["reason"] == "no price of it was read before the run"
    assert figures(cost(day, "NONE"), PARTS) == (*(None,) * 4, 1)
    assert figures(day["costs"], "shortfall known_so_far num_known") == (None, 1, 1)
    assert kept(quoted) == [(quoted.session, None, None)]
    page = (quoted.reports / f"{quoted.session}_paper_run.html").read_text()
    assert "Known so far: +$1.00" in page
    assert "needs 20 more sessions" in page


def test_the_wait_for_the_open_is_said(quoted: Life) -> None:
    """An arrival price of yesterday's last trade waited; one of now did not."""
    life = quoted
    market(life, AAPL="100", MSFT="200")
    del life.platform.quotes.quotes["MSFT"]
    life.platform.quotes.trades["MSFT"]["t"] = (life.now - timedelta(hours=18)).isoformat()
    filled = {"filled_at": life.now.isoformat()}
    day = life.trade(AAPL=buy(10, "100.10", detail=filled), MSFT=buy(1, "201", detail=filled))
    assert [cost(day, each)["includes_wait"] for each in ("AAPL", "MSFT")] == [False, True]
    assert day["costs"]["includes_wait"] is True
    page = (life.reports / f"{life.session}_paper_run.html").read_text()
    assert "includes the wait for the open" in page


@pytest.fixture
def broker(quoted: Life) -> OddBroker:
    """Return the broker of a life whose quotes are told by another host."""
    made = quoted.platform.with_broker()
    quoted.give_keys(made)
    return made


FEES = "fees shortfall total total_bps"


def marked_later(life: Life) -> Any:
    """Mark Monday on another day, whatever it was marked at; return the JSON result."""
    life.run("mark", "--again")
    return life.result(life.reports / "2025-01-06_mark.json", "2025-01-06")


def test_fees_are_those_of_the_session(quoted: Life, broker: OddBroker) -> None:
    """What accrued by day is of it, and is charged at its end: the next session has its own fees alone."""
    life = quoted
    market(life, AAPL="100")
    broker.fees = "0.30"
    # 100 shares at 100.01: 1.00 of 10,000, and 0.30 of fees.
    day = life.trade(AAPL=buy(100, "100.01"))
    assert figures(day["costs"], FEES) == amounts("0.30 1 1.30 1.30")
    page = (life.reports / f"{life.session}_paper_run.html").read_text()
    assert "1.30 bp; fees $0.30" in page
    monday = life.session
    # At the day's end it is charged, dated that day; a mark of the evening says the same.
    broker.fees = "0"
    broker.post("FEE", "-0.30")
    life.now += timedelta(hours=6, minutes=30)
    market(life, AAPL="101")
    marked = life.mark()
    assert figures(marked["costs"], FEES) == amounts("0.30 1 1.30 1.30")
    # Tuesday's are a rebate, and a dime that accrued.
    life.next_session()
    life.now = life.now.replace(hour=15, minute=0)
    broker.post("PTR", "0.05", "AAPL")
    broker.post("DIV", "4.00", "AAPL")
    broker.fees = "0.15"
    market(life, AAPL="101", MSFT="200")
    day = life.trade(MSFT=buy(10, "200.10"))
    assert figures(day["costs"], FEES) == amounts("0.10 1 1.10 5.50")
    # Monday's are corrected: they are Monday's still.
    broker.money[0]["net_amount"] = "-0.50"
    assert figures(life.mark()["costs"], FEES) == amounts("0.10 1 1.10 5.50")
    assert (monday, [each[0] for each in kept(life)]) == ("2025-01-06", ["2025-01-06", "2025-01-07"])


def test_fees_that_nobody_tells_are_in_no_total(quoted: Life, broker: OddBroker) -> None:
    """Accrued ones that are not told, or are read on another day, and those of an account of two ledgers."""
    life = quoted
    market(life, AAPL="100")
    broker.fees = None
    day = life.trade(AAPL=buy(100, "100.01"))
    assert figures(day["costs"], FEES) == amounts("- 1 - -")
    assert "its fees are not known" in (life.reports / f"{life.session}_paper_run.html").read_text()
    # On the next morning what accrues may be that day's.
    life.now += timedelta(hours=17)
    broker.fees = "0.30"
    assert figures(marked_later(life)["costs"], FEES) == amounts("- 1 - -")
    broker.fees = "0"
    assert figures(marked_later(life)["costs"], FEES) == amounts("0 1 1 1")
    # Another ledger's order: whose the fees are can't be told.
    order = {"client_order_id": "00c0ffee00c0ffee00c0ffee", "symbol": "GOOG", "side": "buy", "qty": 5}
    order |= {"order_type": "market", "time_in_force": "day", "limit_price": None}
    broker.place(order, Decimal(5), Decimal(50), "filled")
    broker.post("FEE", "-0.30", day="2025-01-06")
    assert figures(marked_later(life)["costs"], FEES) == amounts("- 1 - -")


def test_fees_of_two_attempts_are_those_of_the_session(quoted: Life, broker: OddBroker) -> None:
    """Which of them are of the second one's orders can't be told; a mark states those of all."""
    life = quoted
    market(life, AAPL="100")
    broker.fees = "0.30"
    life.trade(AAPL=buy(100, "100.01"))
    broker.fees = "0.50"
    day = life.trade("--again", AAPL=buy(50, "100.02"))
    assert figures(day["costs"], FEES) == amounts("- 1 - -")
    # 1.00 + 1.00 + 0.50 of 15,000
    assert figures(life.mark()["costs"], FEES) == amounts("0.50 2 2.50 1.67")


@pytest.fixture
def listing(life: Life) -> OddBroker:
    """Return the broker of a life that is the host of quotes and of the list of splits too."""
    return life.with_broker(with_list=True)


def last_trade(broker: OddBroker, symbol: str, price: str, *, hours: int) -> None:
    """Have a symbol's last trade be of so many hours ago, and no quote of it."""
    at = (broker.now() - timedelta(hours=hours)).isoformat()
    broker.market["trades"] = {symbol: {"t": at, "p": float(price)}}


@pytest.mark.parametrize("is_listed_late", [False, True])
def test_a_split_between_arrival_and_fill(life: Life, listing: OddBroker, *, is_listed_late: bool) -> None:
    """An arrival price of 200, of before a split 2:1, is 100 for the shares that are bought after it.

    100 of them at 100.10 cost 10 of 10,000. Until the split is booked nothing is stated of it.
    """
    last_trade(listing, "AAPL", "200", hours=20)
    life.trade(AAPL=buy(50, "200"))
    life.next_session()
    last_trade(listing, "AAPL", "200", hours=20)
    split = ("forward_splits", "AAPL", life.session)
    if not is_listed_late:
        listing.lists(*split, new_rate=2, old_rate=1)
    listing.split("AAPL", 2, 1)
    life.gateway.is_deaf = True
    day = life.trade(AAPL=buy(100, "100.10", detail={"filled_at": life.now.isoformat()}))
    if is_listed_late:
        assert figures(cost(day, "AAPL"), PARTS) == amounts("- - - - -")
        assert "split" in cost(day, "AAPL")["reason"]
        assert kept(life)[-1] == (life.session, None, None)
        listing.lists(*split, new_rate=2, old_rate=1)
        day = life.mark()
    assert row(day, "AAPL")["qty"] == 200
    assert figures(cost(day, "AAPL"), PARTS) == amounts("10 0 10 10 1")
    assert cost(day, "AAPL")["arrival_notional"] == 10_000
    assert kept(life)[-1] == (life.session, 10, 10_000)


def test_a_split_while_an_order_works_leaves_its_cost_unknown(life: Life, listing: OddBroker) -> None:
    """Filled on Wednesday, after a split 2:1: not the shares that were ordered at Tuesday's price."""
    listing.market["quotes"] = {"AAPL": {"t": life.now.isoformat(), "bp": 100.0, "ap": 100.0}}
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    tuesday = life.session
    listing.market["quotes"]["AAPL"]["t"] = life.now.isoformat()
    limit = {"order_type": "limit", "limit_price": "101", "time_in_force": "gtc"}
    life.trade(AAPL=buy(100, None, filled="0", status="accepted", detail=limit))
    life.next_session()
    listing.market["quotes"] = {"AAPL": {"t": life.now.isoformat(), "bp": 50.0, "ap": 50.0}}
    listing.lists("forward_splits", "AAPL", life.session, new_rate=2, old_rate=1)
    listing.split("AAPL", 2, 1, of_orders=1)
    life.trade(MSFT=NO_ORDER)
    life.fill("AAPL", "100", "50.00", "filled")
    listing.fill("AAPL", "100", "50.00")
    life.mark()
    assert [each["kind"] for each in life.rows("entries")] == ["fill", "fill", "split"]
    assert (tuesday, None, None) in kept(life)


LIMIT = {"order_type": "limit", "limit_price": "101"}


@pytest.mark.parametrize(
    ("plan", "known"),
    [
        (buy(100, "50.10"), False),
        (buy(100, None, filled="0", status="accepted", detail=LIMIT), False),
        (buy(100, "70.10"), True),
    ],
    ids=["filled", "not filled", "a usual night"],
)
def test_a_split_that_nobody_would_have_seen(quoted: Life, plan: Plan, *, known: bool) -> None:
    """Never held, and priced at yesterday's last trade, 100: at 50 it may have split, at 70 it has not."""
    life = quoted
    then = (life.now - timedelta(hours=18)).isoformat()
    life.platform.quotes.trades["AAPL"] = {"t": then, "p": 100.0}
    life.trade(AAPL=plan)
    if plan.status == "accepted":
        life.fill("AAPL", "0", None, "canceled")
    life.now += timedelta(hours=7)
    market(life, AAPL="50" if not known else "70")
    found = cost(life.mark(), "AAPL")
    if known:
        assert figures(found, PARTS) == amounts("-2990 0 -2990 -2990 1")
    else:
        assert figures(found, PARTS)[:4] == amounts("- - - -")
        assert found["reason"] == "it may have split since its arrival price, of the day before"
    assert (kept(life)[0][1] is not None) == known


def test_a_price_of_earlier_in_the_session_is_no_closing_mark(quoted: Life) -> None:
    """Marked on the next day, Monday has the price of its run at 10:00: what was missed is not known."""
    life = quoted
    market(life, AAPL="100")
    life.trade(AAPL=working())
    life.fill("AAPL", "50", "100.10", "canceled")
    life.now += timedelta(hours=24)
    market(life, AAPL="103")
    marked = marked_later(life)
    assert row(marked, "AAPL")["mark_price"] == 100
    assert figures(cost(marked, "AAPL"), PARTS) == (5, None, None, None, Decimal("0.5"))
    assert cost(marked, "AAPL")["reason"] == "what was not filled is not known: it has no closing price"
    assert kept(life) == [("2025-01-06", None, None)]


def test_a_new_book_has_the_costs_of_its_own_orders(quoted: Life) -> None:
    """Of a session in which the account was wiped a mark states those of the present book alone."""
    life = quoted
    market(life, AAPL="100")
    life.trade(AAPL=buy(10, "100.10"))
    life.run("resolve", "--reset")
    day = life.trade("--again", AAPL=buy(5, "100.20"))
    life.now += timedelta(hours=6, minutes=30)
    market(life, AAPL="101")
    for document in (day, life.mark()):
        assert figures(document["costs"], "shortfall arrival_notional num_known") == amounts("1 500 1")
        assert len(document["costs"]["orders"]) == 1
    assert [each[1:] for each in kept(life)] == [(1, 1000), (1, 500)]


def test_without_arrival_prices_there_are_no_costs(life: Life) -> None:
    """No quote source: the document has none, the page no section, the ledger no row."""
    day = life.trade(AAPL=buy(10, "100"))
    assert "costs" not in day
    assert "Execution costs" not in (life.reports / f"{life.session}_paper_run.html").read_text()
    assert life.rows("session_costs") == []


def test_figures_begin_when_the_data_begin(quoted: Life) -> None:
    """A session from before arrival prices were read has none, and is in no mean."""
    life = quoted
    market(life, AAPL="100")
    life.trade(AAPL=buy(10, "100.10"))
    life.forget_arrivals()
    life.next_session()
    market(life, AAPL="100")
    day = life.trade(AAPL=buy(10, "100.10"))
    assert day["costs"]["mean"]["n"] == 1
    assert kept(life)[-1] == (life.session, 1, 1000)


def test_an_order_that_was_replaced_at_the_broker(quoted: Life) -> None:
    """What its replacement filled is not missed: 40 at 100 and 60 at 101 of 100, 45 at 201 of 50.

    The counts of a mark are those of the session's own signals.
    """
    life = quoted
    broker = life.with_broker()
    life.gateway.is_deaf = True
    market(life, AAPL="100", MSFT="200")
    part = {"filled": "40", "status": "partially_filled"}
    life.trade(AAPL=buy(100, "100", **part), MSFT=buy(50, None, status="new"))
    broker.replace("AAPL", 60, "60", "101")
    broker.replace("MSFT", 45, "45", "201")
    life.now += timedelta(hours=6, minutes=30)
    market(life, AAPL="110", MSFT="210")
    marked = life.mark()
    assert figures(row(marked, "AAPL"), "qty avg_entry_price") == amounts("100 100.6")
    assert figures(cost(marked, "AAPL"), PARTS) == (60, 0, 60, 60, 1)
    # 45 x 1, and 5 that were not bought at 200 and are worth 210; 95 of 10,000
    assert figures(cost(marked, "MSFT"), PARTS) == (45, 50, 95, 95, Decimal("0.9"))
    assert kept(life) == [(life.session, 155, 20_000)]
    names = "num_signals num_orders_submitted num_orders_accepted num_orders_filled total_notional"
    assert figures(marked["results"], names) == (2, 2, 2, 0, 20_000)
    assert len(marked["orders"]) == 4
    page = (life.reports / f"{life.session}_mark.html").read_text("utf-8")
    assert "the orders are the session&#39;s, and others that were read again." in page
    assert "Total notional of the session&#39;s accepted orders" in page
