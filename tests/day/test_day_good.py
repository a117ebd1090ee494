"""The good day through the real command: what it prints, sends and leaves behind."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import pytest
from support.command import Finished, reports, run_command, saved
from support.lines import assert_in_order, new_york_today
from support.odd_platform import LONG_PRICE, POSITIONS, RUN, OddPlatform

RULE = "=" * 80
WIDE = Context(prec=60)
PRICES = {"AAPL": LONG_PRICE, "MSFT": LONG_PRICE * 2, "GOOGL": LONG_PRICE * 3}
QTYS = {"AAPL": 10, "MSFT": 20, "GOOGL": 30}
NOTIONALS = {
    symbol: WIDE.multiply(Decimal(QTYS[symbol]), PRICES[symbol]).quantize(Decimal("0.01"))
    for symbol in PRICES
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    platform: OddPlatform
    folder: Path
    finished: Finished
    days: set[date]
    """Today in New York, or the two days if midnight passed meanwhile."""

    @property
    def result(self) -> Any:
        return saved(self.folder)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    folder = tmp_path_factory.mktemp("good")
    with OddPlatform() as platform:
        before = new_york_today()
        finished = run_command(cwd=folder, platform=platform)
        yield Day(platform=platform, folder=folder, finished=finished, days={before, new_york_today()})


def test_it_succeeds_in_silence_on_stderr(day: Day) -> None:
    """A good day is exit 0, and stderr has nothing to say."""
    assert day.finished.stderr == ""
    assert day.finished.returncode == 0


def test_the_console_is_the_adrs(day: Day) -> None:
    """The five steps stand as in section 5 of the ADR, down to the blanks."""
    (json_file,) = reports(day.folder)
    total = f"{sum(NOTIONALS.values()):,}"
    assert_in_order(
        day.finished.stdout,
        [
            RULE,
            r"  PAPER TRADING RUN - \d{4}-\d\d-\d\d \d\d:\d\d:\d\d E[SD]T",
            RULE,
            "",
            "Symbols:     AAPL, MSFT, GOOGL",
            r"Capital:     \$100,000\.00",
            r"Maximum per signal: \$20,000\.00",
            "",
            r"\[1/5\] Checking dependencies\.\.\.",
            rf"  ✓ Signal Service \({day.platform.signal.url}\)",
            rf"  ✓ Execution Gateway \({day.platform.gateway.url}\)",
            rf"  ✓ Orchestrator \({day.platform.orchestrator.url}\)",
            "",
            r"\[2/5\] Triggering orchestration run\.\.\.",
            f"  Run ID: {day.platform.orchestrator.runs[0]['run_id']}",
            "",
            r"\[3/5\] Waiting for completion\.\.\.",
            r"  Status: completed \(\d+\.\ds\)",
            "",
            r"\[4/5\] Calculating P&L\.\.\.",
            "  Signals Generated:  3",
            "  Orders Submitted:   3",
            "  Orders Accepted:    3",
            "  Orders Rejected:    0",
            rf"  Total Notional:     \${re.escape(total)}",
            "  Success Rate:       100%",
            "",
            r"\[5/5\] Saving results\.\.\.",
            f"  ✓ Saved to: {re.escape(str(json_file))}",
            "",
            RULE,
            "  PAPER RUN COMPLETE - Status: SUCCESS",
            RULE,
        ],
    )
    assert day.finished.lines[:3] == [RULE, day.finished.lines[1], RULE]
    assert day.finished.lines[-1] == RULE
    assert day.finished.lines.count(RULE) == 4


def test_the_console_is_plain_text(day: Day) -> None:
    """A pipe gets no escape codes, no carriage returns, and no progress."""
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", day.finished.stdout)


def test_one_post_with_what_was_asked(day: Day) -> None:
    """Exactly one POST: the symbols, today's date in New York, and amounts as strings as they were given."""
    (post,) = day.platform.posts
    body = post.json()
    assert (post.service, post.path) == ("orchestrator", RUN)
    assert body["symbols"] == ["AAPL", "MSFT", "GOOGL"]
    assert (body["capital"], body["max_position_size"]) == ("100000", "20000")
    assert date.fromisoformat(body["as_of_date"]) in day.days
    assert post.headers["content-type"].startswith("application/json")
    assert day.platform.executed == 1


def test_positions_are_read_before_the_post(day: Day) -> None:
    """Health of all three, in a new folder the gateway's twice, then positions, then the POST."""
    paths = [request.path for request in day.platform.requests]
    assert paths.count("/health") == 1 + 3  # the first tells whether it is a sandbox
    assert "/" not in paths
    assert max(n for n, path in enumerate(paths) if path == "/health") < paths.index(POSITIONS)
    assert paths.index(POSITIONS) < paths.index(RUN)


def test_the_json_has_every_name(day: Day) -> None:
    """The names are those of the design, no fewer; a machine finds the ADR's at the top."""
    result = day.result
    assert set(result) >= {
        *("schema_version", "kind", "run_id", "session", "trade", "timestamp", "status", "exit_status"),
        *("sandbox", "rehearsal", "parameters", "results", "orders", "pnl", "health", "warnings", "errors"),
    }
    assert set(result["parameters"]) >= {"symbols", "capital", "max_position_size", "as_of_date"}
    assert set(result["results"]) >= {
        *("num_signals", "num_orders_submitted", "num_orders_accepted", "num_orders_rejected"),
        *("num_orders_in_doubt", "num_orders_filled", "total_notional", "success_rate", "duration_seconds"),
    }
    names = {
        *("symbol", "side", "qty", "status", "client_order_id", "broker_order_id", "filled_qty"),
        *("filled_avg_price", "price", "price_source", "notional", "predicted_return", "rank"),
        *("target_weight", "skip_reason"),
    }
    assert [names - set(order) for order in result["orders"]] == [set()] * 3
    assert [set(one) for one in result["health"]] == [
        {"service", "url", "status", "latency_ms", "detail"}
    ] * 3


def test_the_json_says_what_happened(day: Day) -> None:
    """Kind, ids, dates, parameters and counts are those of this day."""
    result = day.result
    session = date.fromisoformat(result["session"])
    assert session in day.days
    assert re.fullmatch(
        rf"{'|'.join(map(str, day.days))}T\d\d:\d\d:\d\d(\.\d+)?-0[45]:00", result["timestamp"]
    )
    facts = ("kind", "trade", "status", "exit_status", "sandbox", "rehearsal", "warnings", "errors")
    assert [result[fact] for fact in facts] == ["run", 1, "success", 0, False, False, [], []]
    assert result["run_id"] == day.platform.orchestrator.runs[0]["run_id"]
    assert result["parameters"] == {
        "symbols": ["AAPL", "MSFT", "GOOGL"],
        "capital": 100000,
        "max_position_size": 20000,
        "as_of_date": day.platform.posts[0].json()["as_of_date"],
    }
    counts = {name: number for name, number in result["results"].items() if name.startswith("num_")}
    assert counts == {
        "num_signals": 3,
        "num_orders_submitted": 3,
        "num_orders_accepted": 3,
        "num_orders_rejected": 0,
        "num_orders_in_doubt": 0,
        "num_orders_filled": 3,
    }


def test_every_figure_can_be_derived_again(day: Day) -> None:
    """28-digit prices keep each digit; each row is rounded once, the total is the sum of the rows."""
    result = day.result
    for order in result["orders"]:
        symbol = order["symbol"]
        assert order["filled_avg_price"] == order["price"] == PRICES[symbol]
        assert (order["qty"], order["filled_qty"], order["status"]) == (QTYS[symbol], QTYS[symbol], "filled")
        assert (order["notional"], order["price_source"]) == (NOTIONALS[symbol], "fill")
        assert order["client_order_id"] in day.platform.gateway.orders
        assert order["broker_order_id"] == f"broker-{symbol}"
    assert [order["side"] for order in result["orders"]] == ["buy", "buy", "sell"]
    assert result["results"]["total_notional"] == sum(NOTIONALS.values())
    assert result["results"]["success_rate"] == 1
    assert result["results"]["duration_seconds"] > 0
    assert result["orders"][0]["predicted_return"] == Decimal("0.028138855729595295")


def test_no_number_is_written_with_an_exponent(day: Day) -> None:
    """Amounts are plain digits in the file: no E, no quotes, none added and none lost."""
    (path,) = reports(day.folder)
    outside_strings = re.sub(r'"(?:[^"\\]|\\.)*"', '""', path.read_text("utf-8"))
    assert not re.search(r"[0-9.][eE]", outside_strings)
    assert not re.search(r"NaN|Infinity", outside_strings)
    assert str(LONG_PRICE) in outside_strings


def test_the_files_are_named_after_the_session(day: Day) -> None:
    """JSON, page and orders table of the session, in ./reports."""
    session = day.result["session"]
    present = {path.name for path in (day.folder / "reports").iterdir()}
    assert {f"{session}_paper_run.json", f"{session}_paper_run.html", f"{session}_orders.csv"} <= present
    page = (day.folder / "reports" / f"{session}_paper_run.html").read_text("utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert day.result["run_id"] in page
    with (day.folder / "reports" / f"{session}_orders.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = {row["symbol"]: row for row in csv.DictReader(file)}
    assert {symbol: Decimal(row["filled_avg_price"]) for symbol, row in rows.items()} == PRICES
    assert {symbol: Decimal(row["notional"]) for symbol, row in rows.items()} == NOTIONALS
