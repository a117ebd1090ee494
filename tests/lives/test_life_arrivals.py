"""Arrival prices: read right before the POST, kept with the attempt, and never in the way of the trade."""

import json
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.answers import Answer, plain_500
from support.life import NO_ORDER, Life, buy, figures, row, sell, told
from support.odd_platform import RUN

ARRIVAL = "arrival_price arrival_source arrival_time"
NOT_KNOWN = dict.fromkeys(ARRIVAL.split())


@pytest.fixture
def quoted(life: Life) -> Life:
    """Return a life with a quote source, which has quotes and trades of two symbols."""
    life.env = {
        "ALPACA_API_KEY_ID": "PKARRIVALS",
        "ALPACA_API_SECRET_KEY": "nobodys",
        "PAPER_RUN_QUOTES_URL": life.platform.quotes.url,
    }
    tell(life)
    return life


def tell(life: Life) -> None:
    """Have the source quote AAPL 99.98 to 100.06, 90 s old, and know a trade of MSFT of yesterday."""
    source = life.platform.quotes
    quoted, traded = life.now - timedelta(seconds=90), life.now - timedelta(hours=18)
    source.quotes["AAPL"] = {"t": quoted.isoformat(), "bp": 99.98, "ap": 100.06}
    source.trades["AAPL"] = {"t": traded.isoformat(), "p": 90}
    source.trades["MSFT"] = {"t": traded.isoformat(), "p": 201.5}


def orders(document: Any) -> dict[str, Any]:
    return {each["symbol"]: each for each in document["orders"]}


def arrival(document: Any, symbol: str) -> dict[str, Any]:
    return {name: orders(document)[symbol].get(name) for name in ARRIVAL.split()}


def test_each_order_has_the_price_that_the_market_was_at(quoted: Life) -> None:
    """The middle of a fresh quote, else the last trade, else none; the ledger has them before the POST."""
    seen: list[str] = []
    service = quoted.platform.orchestrator
    route = service.route

    def watched(request: Any) -> Any:
        if request.path == RUN and request.method == "POST":
            seen.extend(row["arrivals"] for row in quoted.rows("trades"))
        return route(request)

    service.route = watched  # type: ignore[method-assign]
    day = quoted.trade(AAPL=buy(10, "100.10"), MSFT=sell(1, "201"), NONE=buy(1, "50"), IDLE=NO_ORDER)
    found = orders(day)
    # (99.98 + 100.06) / 2 = 100.02, of 10:00 less 90 s.
    assert figures(found["AAPL"], ARRIVAL) == (Decimal("100.02"), "quote", "2025-01-06T09:58:30-05:00")
    assert figures(found["MSFT"], ARRIVAL) == (Decimal("201.5"), "trade", "2025-01-05T16:00:00-05:00")
    assert arrival(day, "NONE") == arrival(day, "IDLE") == NOT_KNOWN
    (kept,) = map(json.loads, seen)
    assert kept == {
        "AAPL": ["100.02", "quote", "2025-01-06T14:58:30+00:00"],
        "MSFT": ["201.5", "trade", "2025-01-05T21:00:00+00:00"],
    }
    # A mark states the same of the orders of its session.
    quoted.now += timedelta(hours=7)
    assert figures(orders(quoted.mark())["AAPL"], ARRIVAL) == figures(found["AAPL"], ARRIVAL)


def test_they_never_replace_a_mark(quoted: Life) -> None:
    """The quote of before the POST is 100.02, the one of after it 103: that is the mark."""
    reads = iter((Answer(), Answer()))
    source, after = quoted.platform.quotes, {"t": quoted.now.isoformat(), "bp": 102.99, "ap": 103.01}
    route = source.route

    def moving(request: Any) -> Any:
        if request.path.endswith("/quotes/latest") and next(reads, None) is None:
            raise AssertionError("asked more often than before and after")
        answer = route(request)
        if request.path.endswith("/quotes/latest"):
            source.quotes["AAPL"] = after
        return answer

    source.route = moving  # type: ignore[method-assign]
    day = quoted.trade(AAPL=buy(10, "100.10"))
    assert orders(day)["AAPL"]["arrival_price"] == Decimal("100.02")
    assert row(day, "AAPL")["mark_price"] == Decimal("103")


@pytest.mark.parametrize(
    "answer",
    [plain_500(), Answer(freeze=True), Answer(body="no JSON")],
    ids=["500", "frozen", "unreadable"],
)
def test_a_source_that_fails_before_the_run_holds_nothing_up(quoted: Life, answer: Answer) -> None:
    """It trades all the same, within the snapshot's time; a note says that the prices are not known."""
    source = quoted.platform.quotes
    for kind in ("quotes", "trades"):
        source.script("GET", f"/v2/stocks/{kind}/latest*", [answer], then=Answer())
    began = time.monotonic()
    day = quoted.trade(AAPL=buy(10, "100.10"))
    assert time.monotonic() - began < 9
    assert quoted.platform.executed == 1
    assert arrival(day, "AAPL") == NOT_KNOWN
    (said,) = [each for each in day["findings"] if each["code"] == "arrivals_unread"]
    assert said["severity"] == "note"
    assert source.url in said["text"]
    assert (day["status"], quoted.last.stderr) == ("success", "")
    # What is read after the trade is another reading.
    assert row(day, "AAPL")["price_source"] == "quote"


def test_without_a_source_they_are_not_known(life: Life) -> None:
    """Nobody is asked, nothing is said, the ledger has none."""
    day = life.trade(AAPL=buy(10, "100"))
    assert arrival(day, "AAPL") == NOT_KNOWN
    assert not [each for each in told(day) if "quote source" in each]
    assert life.requests_of("quotes") == []
    assert [each["arrivals"] for each in life.rows("trades")] == [None]


def test_a_dry_run_asks_for_none(quoted: Life) -> None:
    """Nothing is about to be sent."""
    quoted.run("--dry-run", "--symbols", "AAPL")
    assert quoted.requests_of("quotes") == []


def test_an_attempt_of_an_older_program_has_none(quoted: Life) -> None:
    """Its row has no column of that name; a mark states its orders without."""
    quoted.trade(AAPL=buy(10, "100.10"))
    quoted.forget_arrivals()
    quoted.now += timedelta(hours=7)
    marked = quoted.mark()
    assert arrival(marked, "AAPL") == NOT_KNOWN
