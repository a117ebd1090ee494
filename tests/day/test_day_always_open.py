"""A market that never closes: with `--exchange 24/7` a book is valued and changed by hand at any hour."""

import itertools
import shlex
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from day.exchange_day import Day
from support.faulty_http import exact
from support.odd_platform import Plan

SATURDAY = "2026-11-28 20:00"
ALWAYS = ("--exchange", "24/7")


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    """A day whose quotes are a source's, traded on a Saturday evening: 10 BTC at 100."""
    made = Day(tmp_path).at(SATURDAY)
    with made.platform:
        keys = {"ALPACA_API_KEY_ID": "PKALWAYSOPEN", "ALPACA_API_SECRET_KEY": "s3cr3t-of-the-source"}
        made.env |= {**keys, "PAPER_RUN_QUOTES_URL": made.platform.quotes.url}
        quote(made, "101", "103")
        made.platform.plan = {"BTC": Plan(side="buy", qty=Decimal(10), price=Decimal(100))}
        made.must("--symbols", "BTC", *ALWAYS)
        yield made


def quote(day: Day, bid: str, ask: str) -> None:
    """Have the market ask and bid, a moment ago."""
    moment = datetime.now(UTC) + day.ahead
    day.platform.quotes.quotes["BTC"] = {
        "t": moment.isoformat().replace("+00:00", "Z"),
        "bp": float(bid),
        "ap": float(ask),
    }


def position(document: Any) -> tuple[Any, ...]:
    (found,) = document["pnl"]["positions"]
    return found["qty"], found["mark_price"], found["price_source"]


def marked(day: Day) -> Any:
    return exact((day.reports / f"{day.session}_mark.json").read_text("utf-8"))


def test_a_printed_command_names_the_exchange(day: Day) -> None:
    """As it stands it runs: what was typed for this command is typed for the next."""
    day.platform.gateway.hold("BTC", "12", "100")
    said = day.must("mark", *ALWAYS).stdout
    (printed,) = [line for line in said.splitlines() if "resolve --position BTC" in line]
    assert " --exchange 24/7" in printed
    day.must(*shlex.split(printed.partition(" -m paper_run ")[2]))
    assert position(marked(day)) == (12, 102, "quote")


def test_a_quote_has_no_closing_hours(day: Day) -> None:
    """A Saturday evening's is as good as any: the run, a mark and a change by hand take its middle."""
    assert position(day.saved()) == (10, 102, "quote")
    day.at("2026-11-29 03:00")
    quote(day, "103", "105")
    day.must("mark", *ALWAYS)
    assert position(marked(day)) == (10, 104, "quote")
    day.platform.gateway.hold("BTC", "12", "100")
    quote(day, "104", "106")
    day.must("resolve", "--position", "BTC", *ALWAYS)
    assert position(marked(day)) == (12, 105, "quote")
    (adjusted,) = [row for row in day.rows("entries") if row["kind"] == "adjustment"]
    assert adjusted["note"].endswith("+00:00")


def test_a_quote_counts_on_a_day_that_is_listed_as_closed(day: Day) -> None:
    """Then nobody trades, but the market goes on."""
    day.env["PAPER_RUN_CLOSED_DATES"] = "2026-11-29"
    day.at("2026-11-29 03:00")
    quote(day, "103", "105")
    day.must("mark", *ALWAYS)
    document = exact((day.reports / "2026-11-28_mark.json").read_text("utf-8"))
    assert position(document) == (10, 104, "quote")


@pytest.mark.parametrize("command", [["mark"], ["resolve", "--position", "all"]], ids=["mark", "resolve"])
def test_a_book_is_valued_by_its_own_exchange(day: Day, command: list[str]) -> None:
    """By another one's hours it would be another session; the message names the option."""
    said = day.must(*command, status=3)
    assert "has the sessions of 24/7, and this one is XNYS" in said.stderr
    assert "--exchange 24/7" in said.stderr
    assert list(day.reports.glob("*_mark.*")) == []


def test_a_year_has_365_sessions(day: Day) -> None:
    """The yearly figures of twenty days, weekends too, count with them, and JSON and page state so."""
    closings = [100_020]
    for number in range(19):
        day.next_session()
        price = 104 + 3 * (number % 4)
        quote(day, str(price - 1), str(price + 1))
        day.must("mark", *ALWAYS)
        closings.append(100_000 + 10 * (price - 100))
    document = marked(day)
    assert document["pnl"]["sessions_a_year"] == 365
    returns = [after / before - 1 for before, after in itertools.pairwise([100_000, *closings])]
    volatility = statistics.stdev(returns) * 365**0.5
    found = document["statistics"]
    assert float(found["volatility"]["value"]) == pytest.approx(volatility, abs=1e-6)
    sharpe = statistics.mean(returns) / statistics.stdev(returns) * 365**0.5
    assert float(found["sharpe_ratio"]["value"]) == pytest.approx(sharpe, abs=1e-6)
    page = (day.reports / f"{day.session}_mark.html").read_text("utf-8")
    assert "× √365" in page
    assert "<sup>365 ÷ sessions</sup>" in page
    assert "√252" not in page


def test_a_reset_is_dated_by_the_ledgers_clock(day: Day) -> None:
    """It needs no option for that: the ledger knows its exchange."""
    day.must("resolve", "--reset")
    (book,) = day.rows("epochs")
    assert f" on {SATURDAY}" in book["closed"]
    assert book["closed"].endswith("+00:00")
