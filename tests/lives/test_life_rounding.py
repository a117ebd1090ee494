"""What is rounded is rounded once: percentages where they are shown, money row by row."""

import csv
import io
import json
import re
from decimal import Decimal

from support.life import NO_ORDER, Life, buy, sell


def page(life: Life) -> str:
    return (life.reports / f"{life.session}_paper_run.html").read_text("utf-8")


def test_a_share_of_equity_is_rounded_once(life: Life) -> None:
    """23,585.01 of 100,000 is 23.58501 %: 23.59, in the chart, its table, positions and statistics."""
    life.prices(AAPL="23585.01")
    life.trade(AAPL=buy(1, "23585.01"))
    # Gross and net exposure; the bar, in words and in its table; the position and the total; what is held of
    # the symbol; mean exposure and turnover.
    assert len(re.findall(r"23\.59%", page(life))) == 10
    assert "23.58%" not in page(life)


def test_a_return_is_rounded_once_and_everywhere_the_same(life: Life) -> None:
    """23,585.01 on 100,000, then a fall of 18,865.28 from 123,585.01, 15.265023 %: wherever it is shown.

    JSON and CSV state the ratio with six places, and the result's JSON the percentage that is shown.
    """
    life.prices(AAPL="100")
    day = life.trade(AAPL=buy(1000, "76.41499"))
    assert day["statistics"]["daily_return"] == {
        "value": Decimal("0.235850"),
        "n": 1,
        "minimum": 1,
        "percent": Decimal("23.59"),
    }
    assert "Day P&L:            +$23,585.01 (+23.59%)" in life.last.stdout
    # The day's return twice, and the total's, the best and the worst day.
    assert len(re.findall(r"\+23\.59%", page(life))) >= 5
    assert "23.58%" not in page(life)
    assert "+23.59%" in life.run("history").stdout
    index = (life.reports / "index.html").read_text("utf-8")
    # The figure, the calendar and the list; four periods to date, month and year; the curve's table.
    assert len(re.findall(r"\+23\.59%", index)) == 11
    assert "23.58%" not in index
    (listed,) = json.loads(life.run("history", "--json").stdout, parse_float=Decimal)
    (row,) = csv.DictReader(io.StringIO(life.run("history", "--csv").stdout))
    (kept,) = csv.DictReader(io.StringIO((life.reports / "history.csv").read_text("utf-8")))
    assert {str(listed["daily_return"]), row["daily_return"], kept["daily_return"]} == {"0.235850"}
    life.next_session()
    life.prices(AAPL="81.13472")
    life.trade(MSFT=NO_ORDER)
    index = (life.reports / "index.html").read_text("utf-8")
    for shown in (page(life), index, life.last.stdout, life.run("history").stdout):
        assert "−15.27%" in shown
        assert "15.26%" not in shown
    assert '"drawdown": -0.152650' in life.run("history", "--json").stdout


def test_totals_are_the_sums_of_the_rows_in_every_format(life: Life) -> None:
    """Three positions of 3.335 are rows of 3.34 and 10.02 in all, not 10.00; a day later 9.99, not 10.00."""
    symbols = ("AAPL", "MSFT", "NVDA")
    life.prices(**dict.fromkeys(symbols, "103.335"))
    first = life.trade(**dict.fromkeys(symbols, buy(1, "100")))
    assert first["pnl"]["total_pnl"] == Decimal("10.02")
    life.next_session()
    # Half of each at 106.6649 realizes 3.33245, the other half is up 3.33495.
    life.prices(**dict.fromkeys(symbols, "106.6699"))
    day = life.trade(**dict.fromkeys(symbols, sell(1, "106.6649", filled="0.5")))
    pnl = day["pnl"]
    assert (pnl["realized_pnl"], pnl["unrealized_pnl"]) == (Decimal("9.99"), Decimal("9.99"))
    rows = tables(life, "_positions.csv")
    for name in ("market_value", "realized_pnl", "unrealized_pnl", "total_pnl", "day_pnl"):
        assert sum(Decimal(row[name]) for row in rows) == sum(each[name] for each in pnl["positions"])
        assert sum(Decimal(row[name]) for row in rows) == pnl[name], name
    notionals = [Decimal(row["notional"]) for row in tables(life, "_orders.csv")]
    assert sum(notionals) == day["results"]["total_notional"]
    # The page's totals, the console, and what the sessions come to in table, index and file.
    totals = re.search(r'<th scope="row" colspan="5">Total(.*?)</tfoot>', page(life))
    assert totals is not None
    shown = re.findall(r"<td[^>]*>([^<>]+)", totals[1])
    wanted = [
        f"${pnl['market_value']:,}",
        *(f"+${pnl[name]:,}" for name in ("unrealized_pnl", "realized_pnl")),
    ]
    assert [shown[0], shown[2], shown[3]] == wanted
    assert shown[4:] == [f"+${pnl['total_pnl']:,}", f"+${pnl['day_pnl']:,}"]
    assert f"Total P&L:          +${pnl['total_pnl']:,}" in life.last.stdout
    assert f"Total Notional:     ${day['results']['total_notional']:,}" in life.last.stdout
    kept = csv.DictReader(io.StringIO((life.reports / "history.csv").read_text("utf-8")))
    assert sum(Decimal(row["day_pnl"]) for row in kept) == pnl["total_pnl"]
    (summed,) = [line for line in life.run("history").stdout.splitlines() if line.startswith("Sum")]
    assert summed.split()[-1] == f"+${pnl['total_pnl']:,}"
    index = (life.reports / "index.html").read_text("utf-8")
    assert f"January 2025 <span>+${pnl['total_pnl']:,}</span>" in index


def tables(life: Life, ending: str) -> list[dict[str, str]]:
    text = (life.reports / f"{life.session}{ending}").read_bytes().decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_a_price_below_the_usual_decimals_is_not_shown_as_nothing(life: Life) -> None:
    """Five billionths of a dollar: on the console, the page and in what a correction by hand says."""
    life.prices(SHIB="0.000000005")
    life.trade(SHIB=buy(1000, "0.000000004"))
    assert "SHIB 1,000 @ $0.000000004, now $0.000000005" in " ".join(life.last.stdout.split())
    assert "$0.000000005" in page(life)
    life.resolve("--position", "SHIB=900@0.000000006")
    assert "at 0.000000006" in life.last.stdout


def test_one_is_singular(life: Life) -> None:
    """Of one session, one order."""
    life.trade(AAPL=buy(1, "100"), MSFT=NO_ORDER)
    life.run("report", "--since", life.session)
    assert "0 of 1 session gained, 0 lost" in (life.reports / "tearsheet.html").read_text("utf-8")
    assert not re.search(r"\b1 (sessions|orders)\b", page(life))
    life.next_session()
    refused = buy(1, "100", mapping={"client_order_id": None, "order_status": "submission_failed: 422"})
    life.trade(AAPL=refused, status=2)
    assert "The one order is in doubt" in life.last.stderr
