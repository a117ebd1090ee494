"""A tear sheet's costs, signals and symbols where a period begins and ends, through the real command."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from support.life import NO_ORDER, Life, buy, figures, sell
from support.odd_platform import Plan

TRIP = "symbol side opened closed pnl"
SUMS = ("pnl", "holding_sum", "trading_sum", "sessions")


@pytest.fixture
def quoted(life: Life) -> Life:
    """Return a life with a quote source that keeps its quotes fresh."""
    life.env = {
        "ALPACA_API_KEY_ID": "PKSHEET",
        "ALPACA_API_SECRET_KEY": "nobodys",
        "PAPER_RUN_QUOTES_URL": life.platform.quotes.url,
    }
    return life


def market(life: Life, **prices: str | None) -> None:
    """Have source and gateway say these prices, now; None: neither knows one."""
    source = life.platform.quotes
    life.prices(**prices)
    for symbol, price in prices.items():
        source.quotes.pop(symbol, None)
        source.trades.pop(symbol, None)
        if price is not None:
            source.quotes[symbol] = {"t": life.now.isoformat(), "bp": float(price), "ap": float(price)}
            source.trades[symbol] = {"t": life.now.isoformat(), "p": float(price)}


def session(life: Life, prices: dict[str, str | None], status: int = 0, **plans: Plan) -> Any:
    """Trade a session as planned at these prices, and let the night go by; return its result."""
    market(life, **prices)
    document = life.trade(status=status, **plans)
    life.next_session()
    return document


def sheet(life: Life, *period: str) -> Any:
    """Make the tear sheet of a period; return its JSON."""
    life.run("report", "--since", *period)
    text = (life.reports / "tearsheet.json").read_text("utf-8")
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def page(life: Life) -> str:
    return (life.reports / "tearsheet.html").read_text("utf-8")


def expected(documents: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    """Return what the symbols of complete sessions came to, of their own documents alone."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    for each in documents:
        for row in each["symbols"]["rows"] if each["pnl"]["complete"] else ():
            if row["day_pnl"] is not None and (row["qty"] or row["day_pnl"]):  # else not held, nor traded
                parts = (row["day_pnl"], row["holding_pnl"], row["trading_pnl"], 1)
                sums[row["symbol"]] = [
                    left + right for left, right in zip(sums[row["symbol"]], parts, strict=True)
                ]
    return {symbol: tuple(each) for symbol, each in sums.items()}


def proved(found: Any, documents: Iterable[Any]) -> None:
    """Prove that a sheet's symbols are those of its sessions' results, and add up to the cent."""
    symbols = found["symbols"]
    assert {row["symbol"]: tuple(row[name] for name in SUMS) for row in symbols["rows"]} == expected(
        documents
    )
    assert sum(row["pnl"] for row in symbols["rows"]) + symbols["other_pnl"] == found["equity"]["pnl"]


def test_a_round_trip_is_of_the_period_that_it_ends_in(quoted: Life) -> None:
    """Opened before and closed within: its whole P&L is there, the period's own P&L apart from it."""
    life, first = quoted, quoted.session
    one = session(life, {"AAPL": "103", "MSFT": "50"}, AAPL=buy(10, "100"), MSFT=sell(4, "50"))
    two = session(life, {"AAPL": "110", "MSFT": "51"}, AAPL=sell(10, "109"), MSFT=NO_ORDER)
    three = session(life, {"MSFT": "49"}, MSFT=buy(4, "48"))
    later = sheet(life, two["session"])
    trips = later["symbols"]["round_trips"]
    assert [figures(each, TRIP) for each in trips["latest"]] == [
        ("MSFT", "short", first, three["session"], 8),
        ("AAPL", "long", first, two["session"], 90),
    ]
    proved(later, [two, three])
    assert later["equity"]["pnl"] == 90 - 30 + 8  # AAPL's 30 and nothing of MSFT were earned before
    before = sheet(life, first, "--until", first)
    assert (before["symbols"]["round_trips"]["n"], before["symbols"]["round_trips"]["latest"]) == (0, [])
    proved(before, [one])
    inner = sheet(life, two["session"], "--until", two["session"])
    assert [each["symbol"] for each in inner["symbols"]["round_trips"]["latest"]] == ["AAPL"]
    proved(inner, [two])


def test_a_symbol_without_a_price_is_counted_with_the_next_whole_session(quoted: Life) -> None:
    """Its session is in no return and no symbol's sum, and its costs and pairs stand all the same."""
    life = quoted
    one = session(life, {"AAPL": "100", "MSFT": "50"}, AAPL=buy(10, "100.10"), MSFT=buy(4, "50.10"))
    two = session(life, {"AAPL": None, "MSFT": "51"}, AAPL=NO_ORDER, MSFT=buy(4, "51.05"))
    three = session(life, {"AAPL": "104", "MSFT": "52"}, AAPL=sell(10, "103.95"), MSFT=NO_ORDER)
    assert [each["pnl"]["complete"] for each in (one, two, three)] == [True, False, True]
    whole = sheet(life, one["session"])
    assert figures(whole, "not_valued first through") == (1, one["session"], three["session"])
    proved(whole, [one, three])
    assert figures(whole["costs"], "sessions not_known shortfall arrival_notional") == (
        3,
        0,
        Decimal("2.10"),  # 10 x 0.10, 4 x 0.10, 4 x 0.05, 10 x 0.05
        1000 + 200 + 204 + 1040,
    )
    assert [each["session"] for each in whole["signals"]["sessions"]] == [
        each["session"] for each in (one, two, three)
    ]
    # What the session without a price earned is in the next one's, which opens from before it.
    behind = sheet(life, two["session"])
    assert (behind["first"], behind["equity"]["opening"]) == (
        three["session"],
        one["pnl"]["equity"]["closing"],
    )
    proved(behind, [three])
    # A period that ends before the next whole session has nothing of it.
    alone = sheet(life, one["session"], "--until", two["session"])
    assert figures(alone["costs"], "sessions shortfall") == (1, Decimal("1.40"))
    proved(alone, [one])


def test_a_voided_session_leaves_nothing(life: Life) -> None:
    """A split said late: the sessions from the ex-date on are out, their round trips found anew."""
    one = session(life, {"AAPL": "500", "MSFT": "50"}, AAPL=buy(10, "500"), MSFT=buy(10, "50"))
    two = session(life, {"AAPL": "480", "MSFT": "52"}, MSFT=sell(10, "52"), AAPL=NO_ORDER)
    life.prices(AAPL="121")
    life.says("AAPL", qty="40")
    life.trade(AAPL=NO_ORDER)
    before = sheet(life, one["session"])
    assert [each["symbol"] for each in before["symbols"]["round_trips"]["latest"]] == ["MSFT"]
    marked = life.resolve("--split", "AAPL", "4:1", "--ex-date", two["session"])
    after = sheet(life, one["session"])
    assert [each["session"] for each in after["curve"]] == [one["session"], marked["session"]]
    proved(after, [one, marked])
    assert [figures(each, TRIP) for each in after["symbols"]["round_trips"]["latest"]] == [
        ("MSFT", "long", one["session"], two["session"], 20)
    ]


def test_a_cost_that_is_not_known_is_in_no_sum(quoted: Life) -> None:
    """It is counted beside the others, and nothing is stated of all of them together."""
    life = quoted
    one = session(life, {"AAPL": "100"}, AAPL=buy(10, "100.10"))
    market(life, AAPL="100")
    life.prices(MSFT="50")  # of which the gateway alone tells a price
    two = life.trade(AAPL=buy(10, "100.10"), MSFT=buy(1, "50"))
    life.next_session()
    session(life, {"AAPL": "100"}, AAPL=buy(10, "100.20"), MSFT=NO_ORDER)
    found = sheet(life, one["session"])["costs"]
    names = "sessions not_known shortfall shortfall_bps total total_bps fees"
    assert figures(found, names) == (2, 1, 3, 15, None, None, None)
    assert found["mean"] == {"bps": None, "dollars": None, "n": 2, "minimum": 20}
    assert "2 sessions, 1 more not known" in page(life)
    assert "needs 18 more sessions" in page(life)
    only = sheet(life, two["session"], "--until", two["session"])["costs"]
    assert figures(only, names) == (0, 1, None, None, None, None, None)


@pytest.mark.parametrize("what", ["some", "none"])
def test_an_older_ledgers_figures_begin_when_their_data_begin(quoted: Life, what: str) -> None:
    """Sessions of a program that kept none of it are in none; the sheet says since when it is kept."""
    life = quoted
    one = session(life, {"AAPL": "100"}, AAPL=buy(10, "100.10"))
    session(life, {"AAPL": "101"}, AAPL=buy(10, "101.10"))
    life.forget_arrivals()
    with closing(sqlite3.connect(life.reports / "ledger.sqlite3")) as connection:
        connection.execute("UPDATE sessions SET symbols = NULL")
        connection.execute("DELETE FROM symbol_sessions")
        connection.execute("DELETE FROM round_trips")
        connection.commit()
    if what == "none":
        found = sheet(life, one["session"])
        assert not {"costs", "signals", "symbols"} & found.keys()
        assert not {"execution", "signals", "symbols"} & {
            part.split('"')[0] for part in page(life).split('<h2 id="')[1:]
        }
        return
    three = session(life, {"AAPL": "102"}, AAPL=sell(20, "101.90"))
    found = sheet(life, one["session"])
    assert [found[name]["begins"] for name in ("costs", "signals", "symbols")] == [three["session"]] * 3
    assert figures(found["costs"], "sessions shortfall") == (1, 2)
    (aapl,) = found["symbols"]["rows"]
    assert (aapl["since"], aapl["sessions"]) == (three["session"], 1)
    assert aapl["pnl"] + found["symbols"]["other_pnl"] == found["equity"]["pnl"]
    assert found["symbols"]["other_pnl"] == sum(each["day_pnl"] for each in found["curve"][:2])
    assert ">Before<td" in page(life)
    assert page(life).count(f"Begins on {three['session']}") == 3
    # A period from before they began says so too, and states nothing.
    before = sheet(life, one["session"], "--until", one["session"])
    assert figures(before["costs"], "begins sessions shortfall") == (three["session"], 0, None)
    assert (before["signals"]["quality"]["pairs"], before["symbols"]["rows"]) == (0, [])
    assert page(life).count(f"Begins on {three['session']}") == 3
    # From where they begin on there is nothing to say.
    sheet(life, three["session"])
    assert "Begins on" not in page(life)


def test_a_book_that_ended_is_not_in_the_next_ones_sheet(quoted: Life) -> None:
    """A sheet is of one book: costs, pairs, symbols and round trips of the other are in none."""
    life = quoted
    one = session(life, {"AAPL": "100"}, AAPL=buy(10, "100.10"))
    two = session(life, {"AAPL": "101"}, AAPL=sell(10, "101"))
    life.gateway.orders.clear()
    life.gateway.positions.clear()
    life.run("resolve", "--reset")
    three = session(life, {"MSFT": "50"}, MSFT=buy(2, "50.50"))
    new = sheet(life, one["session"])
    assert (new["book"], new["first"]) == (2, three["session"])
    assert figures(new["costs"], "begins sessions shortfall") == (three["session"], 1, 1)
    assert new["signals"]["quality"]["pairs"] == 0
    proved(new, [three])
    old = sheet(life, one["session"], "--until", two["session"])
    assert (old["book"], old["costs"]["sessions"]) == (1, 2)
    assert [each["pnl"] for each in old["symbols"]["round_trips"]["latest"]] == [9]
    proved(old, [one, two])


def test_fees_are_those_of_the_period(life: Life) -> None:
    """As the broker posts them: each in the period whose P&L has it; without a broker none is known."""
    broker = life.with_broker()
    life.env["PAPER_RUN_QUOTES_URL"] = life.platform.quotes.url
    broker.post("FEE", "-9.00")  # from before the book: in its base
    one = session(life, {"AAPL": "100"}, AAPL=buy(10, "100.10"))
    broker.post("FEE", "-0.35")
    two = session(life, {"AAPL": "100"}, AAPL=buy(10, "100.10"))
    broker.post("FEE", "-0.40")
    broker.post("INT", "0.25")
    three = session(life, {"AAPL": "100"}, AAPL=sell(20, "100.00"))
    names = "shortfall fees total"
    whole = sheet(life, one["session"])
    assert figures(whole["costs"], names) == (2, Decimal("0.75"), Decimal("2.75"))
    earned = {each["symbol"]: each["pnl"] for each in whole["symbols"]["rows"]}
    assert earned == {"AAPL": -2, "account": Decimal("-0.50")}
    later = sheet(life, three["session"])
    assert figures(later["costs"], names) == (0, Decimal("0.40"), Decimal("0.40"))
    assert later["costs"]["total_bps"] == 2  # 0.40 of 2,000
    inner = sheet(life, two["session"], "--until", two["session"])
    assert figures(inner["costs"], names) == (1, Decimal("0.35"), Decimal("1.35"))
    assert "fees $0.35" in page(life)
