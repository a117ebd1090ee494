"""Quotes of a configured source: which price is taken, from when, and what happens when there is none."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from support.answers import Answer, detail_text, plain_500
from support.life import NO_ORDER, Life, amounts, buy, figures, row, says
from support.odd_platform import POSITIONS

KEY, SECRET = "PKLIFEANDDEATH", "s3cr3t/0f+th3=source"
SPELLINGS = (
    {"ALPACA_API_KEY_ID": KEY, "ALPACA_API_SECRET_KEY": SECRET},
    {"APCA_API_KEY_ID": KEY, "APCA_API_SECRET_KEY": SECRET},
)
SOURCE = "mark_price price_source price_time price_age_seconds"


@pytest.fixture
def quoted(life: Life) -> Life:
    """Return a life whose marks come from the quote source."""
    life.env = {**SPELLINGS[0], "PAPER_RUN_QUOTES_URL": life.platform.quotes.url}
    return life


def quote(life: Life, bid: str, ask: str, ago: int) -> Mapping[str, Any]:
    moment = (life.now - timedelta(seconds=ago)).isoformat().replace("+00:00", ".123456789Z")
    return {"t": moment, "bp": float(bid), "ap": float(ask), "bs": 1, "as": 2}


def trade(life: Life, price: str, ago: int) -> Mapping[str, Any]:
    moment = (life.now - timedelta(seconds=ago)).isoformat().replace("+00:00", "Z")
    return {"t": moment, "p": float(price), "s": 100}


@pytest.mark.parametrize("keys", SPELLINGS, ids=["ALPACA", "APCA"])
def test_each_symbol_gets_the_best_price_there_is(quoted: Life, keys: Mapping[str, str]) -> None:
    """The middle of a fresh narrow quote, else the last trade, else the gateway's; each with its time."""
    life = quoted
    life.env = {**keys, "PAPER_RUN_QUOTES_URL": life.platform.quotes.url}
    source = life.platform.quotes
    # It is 10:00 in New York. AAPL: (99.98 + 100.06) / 2 = 100.02, of 89.9 s ago.
    source.quotes["AAPL"] = dict(quote(life, "99.98", "100.06", 90))
    source.trades["AAPL"] = dict(trade(life, "90", 1))
    # MSFT's quote is 10 minutes old, WIDE's 20 % wide, CROS's crossed, ONES has no bid: their last trades.
    source.quotes["MSFT"] = dict(quote(life, "199.9", "200.1", 600))
    source.quotes["WIDE"] = dict(quote(life, "90", "110", 5))
    source.quotes["CROS"] = dict(quote(life, "102", "101", 5))
    source.quotes["ONES"] = dict(quote(life, "0", "101", 5))
    for symbol, price in (("MSFT", "201.5"), ("WIDE", "101"), ("CROS", "102.5"), ("ONES", "103")):
        source.trades[symbol] = dict(trade(life, price, 60))
    # GONE is absent there: the gateway's 50, of its own time.
    life.prices(GONE="50")
    day = life.trade(
        AAPL=buy(10, "100"),
        MSFT=buy(1, "200"),
        WIDE=buy(1, "100"),
        CROS=buy(1, "100"),
        ONES=buy(1, "100"),
        GONE=buy(1, "50"),
    )
    assert figures(row(day, "AAPL"), SOURCE) == (*amounts("100.02"), "quote", "2025-01-06T09:58:30-05:00", 90)
    for symbol, price in (("MSFT", "201.5"), ("WIDE", "101"), ("CROS", "102.5"), ("ONES", "103")):
        assert figures(row(day, symbol), SOURCE) == (
            *amounts(price),
            "trade",
            "2025-01-06T09:59:00-05:00",
            60,
        )
    assert figures(row(day, "GONE"), SOURCE) == (*amounts("50"), "gateway", "2025-01-06T10:00:00-05:00", 0)
    # 10 x 0.02 = 0.20, 1.50, 1, 2.50, 3 and 0: 8.20 up.
    assert day["pnl"]["total_pnl"] == amounts("8.20")[0]
    asked = [each for each in life.requests_of("quotes") if each.path.startswith("/v2/stocks/")]
    assert {each.headers["apca-api-key-id"] for each in asked} == {KEY}
    assert {each.headers["apca-api-secret-key"] for each in asked} == {SECRET}
    # After the close a quote is no market, however fresh: the last trade, 90; 10 x -10 = -100.
    life.now += timedelta(hours=6, minutes=30)
    source.quotes["AAPL"] = dict(quote(life, "99.98", "100.06", 5))
    marked = life.mark()
    assert figures(row(marked, "AAPL"), "mark_price price_source unrealized_pnl") == (90, "trade", -100)


@pytest.mark.parametrize(
    "answer", [None, plain_500(), detail_text(403, f"forbidden, {SECRET}")], ids=["down", "500", "403"]
)
def test_an_unreadable_source_leaves_the_book_to_be_valued_later(quoted: Life, answer: Answer | None) -> None:
    """All that is known is saved, P&L is null and not the gateway's, exit 1; the next mark is complete."""
    life = quoted
    source = life.platform.quotes
    if answer is None:
        source.down()
    else:
        source.always("GET", "/v2/*", answer)
    life.prices(AAPL="101")
    day = life.trade(AAPL=buy(10, "100"), status=1)
    assert (day["status"], day["exit_status"], day["orders"][0]["filled_qty"]) == ("success", 1, 10)
    assert figures(day["pnl"], "complete total_pnl day_pnl") == (False, None, None)
    assert row(day, "AAPL")["unpriced_reason"] == "the quote source could not be read"
    assert says(day["errors"], "The quotes could not be read", source.url)
    assert "python -m paper_run mark" in life.last.stderr
    assert SECRET not in life.last.stdout + life.last.stderr
    if answer is None:
        source.up()
    else:
        source.always("GET", "/v2/*", Answer())
    # 10 x (102 - 100) = 20.
    source.trades["AAPL"] = dict(trade(life, "102", 60))
    marked = life.mark()
    assert figures(marked["pnl"], "complete total_pnl day_pnl") == (True, *amounts("20 20"))
    assert (marked["status"], life.last.stderr) == ("success", "")


def test_quotes_value_the_book_while_positions_are_unreadable(quoted: Life) -> None:
    """The P&L is whole, the gateway's side is not there, and the exit status still tells."""
    quoted.gateway.script("GET", POSITIONS, [Answer()], then=plain_500())
    quoted.platform.quotes.trades["AAPL"] = dict(trade(quoted, "103", 60))
    day = quoted.trade(AAPL=buy(10, "100"), status=1)
    assert figures(day["pnl"], "complete total_pnl day_pnl") == (True, *amounts("30 30"))
    assert figures(row(day, "AAPL"), "gateway differences") == (None, [])


@pytest.mark.parametrize("name", ["ALPACA_API_KEY_ID", "APCA_API_SECRET_KEY"])
def test_half_a_pair_of_keys_is_wrong_input(life: Life, name: str) -> None:
    """Exit 3 before anything is asked or sent, for a run and for a mark; the value is not repeated."""
    life.env = {name: SECRET}
    for command in ((), ("mark",)):
        life.run(*command, status=3)
        assert f"{name} is set, but" in life.last.stderr
        assert SECRET not in life.last.stdout + life.last.stderr
    assert life.platform.requests == []


def test_the_keys_are_in_no_file_and_no_output(quoted: Life) -> None:
    """Not with -v either, and not when the source repeats them."""
    life = quoted
    life.platform.quotes.trades["AAPL"] = dict(trade(life, "101", 60))
    life.trade("-v", AAPL=buy(10, "100"))
    life.platform.quotes.always("GET", "/v2/*", detail_text(401, f"key {KEY} with {SECRET} is not allowed"))
    life.run("mark", "-v", status=1)
    assert "/v2/stocks/quotes/latest" in life.last.stderr
    written = [path.read_bytes() for path in life.folder.rglob("*") if path.is_file()]
    assert len(written) > 5
    for text in (*written, *(said.encode() for each in life.said for said in (each.stdout, each.stderr))):
        assert KEY.encode() not in text
        assert SECRET.encode() not in text


def test_a_sandbox_asks_no_real_source(life: Life) -> None:
    """With keys and no PAPER_RUN_QUOTES_URL it is valued at its own prices; whoever asked would fail here."""
    closed = life.platform.quotes
    closed.down()
    life.env = {**SPELLINGS[0], "HTTPS_PROXY": closed.url, "HTTP_PROXY": closed.url}
    life.prices(AAPL="101")
    day = life.trade(AAPL=buy(10, "100"))
    assert figures(row(day, "AAPL"), "price_source unrealized_pnl") == ("gateway", 10)
    marked = life.mark()
    assert figures(row(marked, "AAPL"), "price_source unrealized_pnl") == ("gateway", 10)
    life.run("doctor")
    assert not re.search("Quotes:|Broker:", life.last.stdout)


def test_what_a_person_says_of_a_new_symbol_is_priced_at_once(quoted: Life) -> None:
    """A trade by hand, an order in doubt, a canceled one that was filled: none was held before."""
    life = quoted
    doubt = {"client_order_id": None, "skip_reason": "unexpected_error: ReadTimeout", "order_status": None}
    for symbol in ("NEW", "DOUB", "CANC"):
        life.platform.quotes.trades[symbol] = dict(trade(life, "101", 60))
    life.trade(
        DOUB=buy(10, "100", mapping=doubt, detail=None),
        CANC=buy(5, None, status="canceled", filled="0"),
        status=2,
    )
    life.next_session()
    for symbol in ("NEW", "DOUB", "CANC"):
        life.platform.quotes.trades[symbol] = dict(trade(life, "101", 60))
    life.trade(MSFT=NO_ORDER)
    marked = life.resolve("--order", "DOUB@2025-01-06", "--filled", "10@100")
    assert figures(row(marked, "DOUB"), "mark_price unrealized_pnl") == amounts("101 10")
    marked = life.resolve("--position", "NEW=7@100")
    assert figures(row(marked, "NEW"), "mark_price unrealized_pnl") == amounts("101 7")
    life.fill("CANC", "2", "100", "canceled")
    marked = life.mark()
    assert figures(row(marked, "CANC"), "mark_price unrealized_pnl") == amounts("101 2")
    assert figures(marked["pnl"], "complete total_pnl") == (True, 19)


def test_the_next_mornings_price_does_not_make_a_session_unknown(quoted: Life) -> None:
    """At 08:00 there is a trade of that day alone: the session keeps its price of 10:00, and is not closed.

    A mark of the evening has the last trade of the day, and stays.
    """
    life = quoted
    source = life.platform.quotes
    source.trades["AAPL"] = dict(trade(life, "101", 60))
    day = life.trade(AAPL=buy(10, "100"))
    assert figures(row(day, "AAPL"), "mark_price price_source") == (101, "trade")
    first = row(day, "AAPL")["price_time"]
    life.now += timedelta(hours=22)
    source.trades["AAPL"] = dict(trade(life, "140", 60))
    for _ in range(2):
        life.run("mark")
        marked = life.result(life.reports / "2025-01-06_mark.json", "2025-01-06")
        assert figures(row(marked, "AAPL"), "mark_price price_source price_time") == (101, "trade", first)
        assert figures(marked["pnl"], "complete total_pnl") == (True, 10)
        assert marked["warnings"] == []
    (session,) = life.rows("sessions")
    assert (session["complete"], session["closed"]) == (1, 0)
    source.trades["AAPL"] = dict(trade(life, "103", 12 * 3600))  # of 20:00 in New York
    life.run("mark")
    assert [(each["complete"], each["closed"]) for each in life.rows("sessions")] == [(1, 1)]


def spy(life: Life, price: str) -> None:
    life.platform.quotes.trades["SPY"] = dict(trade(life, price, 60))


def test_the_benchmark_is_read_with_the_marks(quoted: Life) -> None:
    """In their own requests; its line begins with its first price, at the equity of that session."""
    life = quoted
    life.prices(AAPL="100")
    life.platform.quotes.trades["AAPL"] = dict(trade(life, "100", 60))
    first = life.trade(AAPL=buy(10, "100"))
    assert (first["benchmark"]["since"], first["benchmark"]["price"]) == (None, None)
    asked = [each for each in life.requests_of("quotes") if each.path.startswith("/v2/stocks/")]
    # Before the request the arrival prices of what is traded, after it the marks and the benchmark at once.
    symbols = [each.query["symbols"][0] for each in asked]
    assert sorted(symbols) == ["AAPL", "AAPL", "AAPL,SPY", "AAPL,SPY"]
    prices = ("400", "404", "202", "204.02")
    for at, price in enumerate(prices):
        life.next_session()
        spy(life, price)
        life.platform.quotes.trades["AAPL"] = dict(trade(life, str(101 + at), 60))
        life.prices(AAPL=str(101 + at))
        day = life.trade(AAPL=NO_ORDER)
    found = day["benchmark"]
    # From 400 over 404; 202 may be a split and is left out; then 1 % again: 1.01 x 1.01.
    assert figures(found, "symbol left_out price_source") == ("SPY", 1, "trade")
    assert figures(found["figures"]["return"], "value n minimum") == (*amounts("0.0201"), 2, 1)
    # Equity was 100,010 where it began.
    assert found["equity"] == amounts("102020.20")[0]
    assert figures(found["figures"]["beta"], "value n minimum") == (None, 2, 20)
    page = next(life.folder.rglob(f"{day['session']}_paper_run.html")).read_text("utf-8")
    assert '<path class="beside" d="M' in page
    assert page.count("The thin line is SPY, from the equity of 7 Jan 2025, where its data begin") == 1
    assert "Since 7 Jan 2025, where its data begin. Price returns" in page


def test_a_session_without_a_price_of_the_benchmark(quoted: Life) -> None:
    """It has no equity there, and no point of the line; the next one that has makes up for it."""
    life = quoted
    spy(life, "500")
    life.trade(AAPL=buy(10, "100"))
    assert "SPY begins with the closing of 6 Jan 2025." in (life.reports / "index.html").read_text("utf-8")
    life.next_session()
    del life.platform.quotes.trades["SPY"]
    day = life.trade(AAPL=NO_ORDER)
    assert figures(day["benchmark"], "since equity price") == ("2025-01-06", None, None)
    assert figures(day["benchmark"]["figures"]["return"], "value n") == (None, 0)
    assert "Of the last session it has no price" in (life.reports / "index.html").read_text("utf-8")
    life.next_session()
    spy(life, "510")
    day = life.trade(AAPL=NO_ORDER)
    assert figures(day["benchmark"], "equity price") == (102_000, 510)
    assert figures(day["benchmark"]["figures"]["return"], "value n") == (*amounts("0.02"), 1)
    assert [row["benchmark_equity"] for row in life.rows("sessions")] == ["100000.00", None, "102000.00"]


def test_none_is_asked_for_no_benchmark(quoted: Life) -> None:
    """`none` reads none and states none; another symbol begins anew."""
    life = quoted
    life.env = {**life.env, "PAPER_RUN_BENCHMARK": "none"}
    life.prices(AAPL="100")
    day = life.trade(AAPL=buy(10, "100"))
    assert "benchmark" not in day
    assert {*(each.query["symbols"][0] for each in life.requests_of("quotes") if each.query)} == {"AAPL"}
    life.env = {**life.env, "PAPER_RUN_BENCHMARK": "qqq"}
    life.platform.quotes.trades["QQQ"] = dict(trade(life, "50", 60))
    life.next_session()
    life.platform.quotes.trades["QQQ"] = dict(trade(life, "50", 60))
    day = life.trade(AAPL=NO_ORDER)
    assert figures(day["benchmark"], "symbol since price") == ("QQQ", day["session"], 50)


def test_a_mark_of_the_next_morning_keeps_the_benchmark_of_its_session(quoted: Life) -> None:
    """The source has a price of after it alone by then: as a position does, it keeps the one it had."""
    life = quoted
    spy(life, "500")
    life.platform.quotes.trades["AAPL"] = dict(trade(life, "101", 60))
    first = life.trade(AAPL=buy(10, "100"))
    life.next_session()
    spy(life, "510")
    life.platform.quotes.trades["AAPL"] = dict(trade(life, "103", 60))
    life.run("mark")
    marked = life.result(life.reports / "2025-01-06_mark.json", "2025-01-06")
    assert row(marked, "AAPL")["mark_price"] == 101
    assert marked["benchmark"] == first["benchmark"]
    assert marked["benchmark"]["price"] == 500
    day = life.trade(AAPL=NO_ORDER)
    assert figures(day["benchmark"]["figures"]["return"], "value n") == (*amounts("0.02"), 1)
