"""Execution costs through the real command: order by order, before and after the close, and what is kept."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.life import Life, buy, figures, sell
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
        *(Decimal("154.50"), Decimal("128.75")) * 2,
        None,
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
