"""The book on the page: what is valued, what is not and why, and how the figures come about."""

from dataclasses import replace
from decimal import Decimal

import pytest
from builders import days, documents, moved
from builders.stated import document, render
from report.seen_page import Page
from support.schema import SCHEMA

from paper_run.model.result_json import of_document
from paper_run.report.html.book import listed_positions
from paper_run.report.html.equity_section import day_bars

TWELVE, SEVEN = 12, 7


def table(page, columns, head):
    """The rows below the heading that begins with `head`, by column."""
    rows = [[" ".join(cell.split()) for cell in row] for row in page.rows if len(row) == columns]
    start = next(at for at, row in enumerate(rows) if row[:2] == head)
    return [dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :] if row != rows[start]]


def stated(document):
    return of_document(document).pnl.positions


def positions(document, **more):
    return {row["Symbol"]: row for row in table(Page(render(document, **more)), TWELVE, ["Symbol", "Qty"])}


def test_a_position_shows_how_its_value_comes_about():
    """Quantity, average, mark with source and age, value, share, the four P&Ls, and the gateway's word."""
    assert positions(documents.good_day())["GOOGL"] == {
        "Symbol": "GOOGL",
        "Qty": "−101",
        "Average": "$195.19",
        "Mark": "$196.025",
        "Source": "quote 14 s old",
        "Market value": "−$19,798.52",
        "Share": "−19.38%",
        "Unrealized": "−$84.33",
        "Realized": "+$318.40",
        "Total": "+$234.07",
        "Day": "−$84.34",
        "Gateway": "✓ agrees",
    }


def test_a_position_that_the_gateway_has_otherwise_shows_both_figures():
    """Ours stays what it is; the gateway's stands beside it, with the reason that may explain it."""
    rows = positions(days.incomplete_day())
    assert rows["MSFT"]["Gateway"] == "≠ realized +$531.20 ours +$212.40"
    assert rows["AAPL"]["Gateway"] == "≠ quantity 100 ours 133orders in flight"


def test_a_position_that_only_one_side_has():
    """One that the gateway does not list says so; a closed one has a dash, and its realized P&L stays."""
    rows = positions(
        documents.changed(
            documents.good_day(), pnl=documents.book([documents.position("A", "1", "2", "3", gateway=None)])
        )
    )
    assert rows["A"]["Gateway"] == "not listed"
    closed = positions(documents.good_day())["NVDA"]
    assert (closed["Gateway"], closed["Realized"], closed["Mark"]) == ("—", "+$1,336.56", "—")


def test_the_exact_price_and_its_time_are_in_the_title():
    """28 digits of an average don't fit a column; none is lost."""
    titles = {each["title"] for each in Page(render(documents.good_day())).having("td") if "title" in each}
    assert {"415.1041666666666666666666667", "2025-01-17 09:00:02 EST"} <= titles


def test_without_a_price_nothing_is_invented():
    """The position says why, the figures that need it are dashes, and what is known stands beside them."""
    page = Page(render(days.incomplete_day()))
    row = positions(days.incomplete_day())["TSLA"]
    assert row["Mark"] == "✕ no price"
    assert row["Source"].startswith("the quote is crossed (bid 426.10, ask 418.02)")
    assert {row[each] for each in ("Market value", "Share", "Unrealized", "Total", "Day")} == {"—"}
    assert "Day P&L — not known: TSLA without a price" in page.text
    assert "unrealized, priced so far: +$270.31" in page.text
    assert "Equity — opened at $101,962.83" in page.text
    assert "No price for TSLA: P&L and equity are not known." in page.text


def test_without_fills_not_even_the_realized_is_stated():
    """The symbol stands first and says why; it and each total have a dash, in chart and bridge too."""
    page = Page(render(days.not_known_day()))
    row = next(iter(positions(days.not_known_day()).values()))
    assert (row["Symbol"], row["Mark"]) == ("AAPL", "✕ not known")
    assert row["Source"] == "buy 133 AAPL still works 15 minutes into an open session"
    figures = ("Qty", "Average", "Market value", "Share", "Unrealized", "Realized", "Total", "Day")
    assert {row[each] for each in figures} == {"—"}
    assert row["Gateway"] == "quantity 133, not compared orders in flight"
    assert "Day P&L — not known: the shares of AAPL" in page.text
    assert "Total P&L — unrealized, priced so far: " in page.text
    assert "Realized P&L — —" in page.text
    assert "The shares of AAPL are not known, so P&L and equity are not known." in page.text
    assert "AAPL realized —, unrealized —" in page.text


def test_the_totals_of_the_positions_are_those_of_the_first_screen():
    totals = next(row for row in Page(render(documents.good_day())).rows if row[0] == "Total")
    assert totals[1:7] == ["$20,464.86", "20.04%", "+$270.31", "+$1,867.36", "+$2,137.67", "+$177.38"]


def test_the_bridge_leads_from_opening_to_closing_twice():
    """The session's and the whole way are beside each other, and the check says whether they add up."""
    page = Page(render(documents.good_day()))
    rows = [row for row in page.rows if len(row) == 3]
    start = rows.index(["Step", "Session", "Since 2024-11-04"])
    assert rows[start + 1 : start + 7] == [
        ["Opening equity", "$101,960.29", "$100,000.00"],
        ["Realized P&L", "+$64.20", "+$1,867.36"],
        ["Change in unrealized P&L", "+$113.18", "+$270.31"],
        ["Adjustments", "$0.00", "$0.00"],
        ["Closing equity", "$102,137.67", "$102,137.67"],
        ["Unexplained", "✓ $0.00", "✓ $0.00"],
    ]


def test_a_book_that_does_not_add_up_is_the_headline():
    """A cent that nobody can explain is said first, and crossed in the bridge."""
    broken = documents.book(documents.good_day()["pnl"]["positions"], unexplained="-0.01")
    page = Page(render(documents.changed(documents.good_day(), pnl=broken)))
    assert "The book does not add up: −$0.01 is unexplained." in page.text
    assert ["Unexplained", "✕ −$0.01", "✕ −$0.01"] in page.rows


def test_adjustments_are_explained_where_there_are_some():
    found = documents.book(documents.good_day()["pnl"]["positions"], adjustments="12.50")
    words = "holdings that were found before the first attempt"
    assert words in Page(render(documents.changed(documents.good_day(), pnl=found))).text
    assert words not in Page(render(documents.good_day())).text


def test_money_besides_trading_has_its_lines_in_the_bridge_and_a_table():
    """Each line only where the book has any; a row for each of the session's, with its source."""
    page = Page(render(moved.day(documents.good_day())))
    rows = [row for row in page.rows if len(row) == 3]
    start = rows.index(["Step", "Session", "Since 2024-11-04"])
    assert rows[start + 2 : start + 9] == [
        ["Realized P&L", "+$64.20", "+$1,867.36"],
        ["of it trading", "+$51.86", "+$1,855.02"],
        ["of it income and fees", "+$12.34", "+$12.34"],
        ["Change in unrealized P&L", "+$113.18", "+$270.31"],
        ["Adjustments", "+$4,119.90", "+$4,119.90"],
        ["of it cash and shares in and out", "+$4,139.90", "+$4,139.90"],
        ["of it other money", "−$20.00", "−$20.00"],
    ]
    assert [list(each.values()) for each in table(page, SEVEN, ["Date", "What"])] == [
        ["2025-01-16", "Dividend", "AAPL", "—", "+$12.34", "P&L", "broker"],
        ["2025-01-17", "Cash deposit", "—", "—", "+$5,000.00", "no P&L", "broker"],
        ["2025-01-17", "Share journal", "MSFT", "−2", "−$860.10", "no P&L", "broker"],
        ["2025-01-17", "Activity XYZZY", "—", "—", "−$20.00", "no P&L", "broker"],
    ]
    assert "Adjustments are cash and shares in and out, other money: part of equity" in page.text
    assert "Besides trading" not in Page(render(documents.good_day())).text


def test_what_is_left_of_the_adjustments_has_a_line_beside_money_alone():
    """Of an older program's opening; without any money the adjustments are that, and no line says so."""
    result = of_document(documents.good_day())
    pnl = moved.with_money(result.pnl)
    bridge = pnl.since_inception._replace(adjustments=pnl.since_inception.adjustments + Decimal("12.50"))
    page = Page(render(document(replace(result, pnl=pnl._replace(since_inception=bridge)))))
    assert ["of it the rest", "$0.00", "+$12.50"] in page.rows


@pytest.mark.parametrize(
    ("sessions", "sharpe", "annualised"),
    [
        (1, "needs 19 more sessions", "needs 59 more sessions"),
        (19, "needs 1 more session", "needs 41 more sessions"),
        (20, "1.44", "needs 40 more sessions"),
        (60, "1.44", "+10.91%"),
    ],
)
def test_a_statistic_says_how_many_sessions_it_still_needs(sessions, sharpe, annualised):
    """No yearly rate of a day: before its minimum a statistic has no value, and says for how long."""
    page = Page(render(documents.changed(documents.good_day(), statistics=documents.statistics(sessions))))
    assert ["Sharpe ratio", sharpe, str(sessions)] in page.rows
    assert ["Annualised return", annualised, str(sessions)] in page.rows


def test_a_statistic_that_is_not_defined_says_so():
    """Enough sessions and still no value (no losses, no Sortino) is another thing than too few."""
    counted = documents.statistics(60)
    counted["sortino_ratio"]["value"] = None
    page = Page(render(documents.changed(documents.good_day(), statistics=counted)))
    assert ["Sortino ratio", "not defined", "60"] in page.rows


def test_every_statistic_of_the_schema_is_on_the_page():
    page = Page(render(documents.good_day()))
    start = page.rows.index(["Figure", "Value", "Sessions"])
    known = SCHEMA["$defs"]["statistics"]["required"]
    assert all(len(row) == 3 for row in page.rows[start : start + len(known) + 1])


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (days.rehearsal(), "This was a rehearsal: nothing was executed"),
        (days.unknown_run(), "It is not known which orders this run placed"),
        (days.failed_run(), "This run placed no order, and the book is empty"),
        (
            documents.changed(documents.good_day(), pnl=None, statistics={}),
            "The fills of this run could not be read from the execution gateway.",
        ),
    ],
)
def test_without_a_book_the_page_says_why(document, words):
    """The words stand on the first screen, and no empty box of a book does."""
    page = Page(render(document))
    assert page.text.index(words) < page.text.index("Signals")
    assert not {"Equity bridge", "Statistics", "Day P&L"} & set(page.text.split("  "))
    assert "bridge" not in {attrs.get("id") for _, attrs in page.elements}


def test_without_a_book_the_last_known_equity_is_said():
    page = Page(render(days.unknown_run(), curve=documents.curve(9)[:-1]))
    assert "Equity last stood at $101,960.29, in session 2025-01-16." in page.text


def test_a_mark_is_no_run():
    """It has its own name, no run id, and says that nothing was traded."""
    page = Page(render(days.mark()))
    assert page.texts["title"] == "Mark — 2025-01-17"
    assert "3 open positions at current prices. Nothing was traded" in page.text
    assert "no run id" not in page.text


def test_shares_that_nobody_knows_are_not_said_to_be_none():
    """A book of which no quantity is known has not "no open position"."""
    day = days.not_known_day() | {"kind": "mark", "trade": None}
    day["pnl"]["positions"] = day["pnl"]["positions"][:1]
    page = Page(render(day))
    assert "Nothing could be valued. Nothing was traded." in page.text
    assert "no open position" not in page.text


def test_realized_and_unrealized_are_bars_apart():
    """A plain and a hatched bar, of nothing none; the description and the table have their figures."""
    page = Page(render(documents.good_day()))
    looks = [each["class"] for each in page.having("rect") if each.get("fill", "").startswith("url(#pnl-")]
    assert looks == ["bar gain", "bar gain", "bar loss"]
    assert "GOOGL realized +$318.40, unrealized −$84.33" in page.text
    assert ["GOOGL", "+$318.40", "−$84.33", "+$234.07"] in page.rows


def test_positions_without_a_price_come_first_and_closed_ones_last():
    """Then the largest; at most 500 are listed, the rest counted."""
    assert [each.symbol for each in listed_positions(stated(days.incomplete_day()))] == [
        *("TSLA", "AAPL", "MSFT", "GOOGL", "NVDA")
    ]
    many = days.many_positions(600)
    page = Page(render(many))
    assert len(positions(many)) == 500
    assert "100 more in the CSV" in page.text
    assert f"${many['pnl']['market_value']:,.2f}" in page.text


def test_an_exposure_has_its_share_of_equity_and_its_side():
    page = Page(render(documents.good_day()))
    assert "GOOGL short $19,798.52 · 19.38%" in page.text
    assert "Gross exposure $60,061.90 58.80% of equity" in page.text
    assert ["GOOGL", "−$19,798.52", "−19.38%"] in page.rows


def test_equity_at_or_below_zero_has_no_shares():
    """A share of nothing is no number."""
    wiped = documents.book([documents.position("A", "-100", "100", "1200")])
    page = Page(render(documents.changed(documents.good_day(), pnl=wiped)))
    assert wiped["equity"]["closing"] < 0
    assert next(row for row in page.rows if row[0] == "A" and len(row) == TWELVE)[6] == "—"


def test_a_curve_of_two_sessions_is_drawn_and_of_one_is_said():
    """One point is no curve: words take its place, the same on a first day and when nothing is valued yet."""
    good, first = documents.good_day(), days.first_day()
    assert Page(render(good, curve=documents.curve(2))).having("figure")[0]["id"] == "curve"
    alone = Page(render(first, curve=documents.curve(1, first)))
    assert "Only one session has a complete valuation so far. One point is no curve" in alone.text
    later = documents.changed(first, session="2025-01-17", pnl={**first["pnl"], "complete": False})
    assert "Only one session has a complete" in Page(render(later, curve=documents.curve(1, first))).text
    assert "curve" not in {attrs.get("id") for _, attrs in alone.elements}
    assert "No session has a complete valuation yet" in Page(render(days.rehearsal())).text


def test_the_curve_has_its_table_newest_first():
    """What the curve shows is in a table too: session, equity, day, return, drawdown."""
    lines = documents.curve(30)
    rows = [row for row in Page(render(documents.good_day(), curve=lines)).rows if len(row) == 5]
    assert rows[0] == ["Session", "Equity", "Day P&L", "Return", "Drawdown"]
    assert [row[0] for row in rows[1:]] == [line.session for line in reversed(lines)]
    assert rows[1][1:3] == ["$102,137.67", "+$177.38"]


def test_a_session_that_could_not_be_valued_is_left_out_of_the_curve():
    lines = list(documents.curve(10))
    lines[4] = lines[4]._replace(complete=False, closing=None, day_pnl=None, total_pnl=None, drawdown=None)
    page = Page(render(documents.good_day(), curve=lines))
    assert lines[4].session not in {row[0] for row in page.rows}


def test_a_curve_that_ends_before_the_session_says_so():
    page = Page(render(days.incomplete_day(), curve=documents.curve(10)[:-1]))
    assert "It ends with 2025-01-16: session 2025-01-17 is not in it." in page.text


def test_a_thinned_curve_says_of_how_many_sessions():
    many = documents.changed(documents.good_day(), statistics=documents.statistics(812))
    assert "260 of 812 sessions are drawn" in Page(render(many, curve=documents.curve(260))).text


def test_a_bar_of_the_day_stands_where_its_gain_puts_it():
    """Gains rise from the zero line, losses hang from it, a day of nothing has none."""
    lines = [
        line._replace(day_pnl=Decimal(pnl))
        for line, pnl in zip(documents.curve(3), ("100.00", "-50.00", "0.00"), strict=True)
    ]
    page = Page(render(documents.good_day(), curve=lines))
    paths = {each["class"]: each["d"] for each in page.having("path") if "bar" in each["class"]}
    assert {name: path.count("M") for name, path in paths.items()} == {"gain bar": 1, "loss bar": 1}
    assert "V70.0" in paths["gain bar"]
    assert "V930.0" in paths["loss bar"]
    extremes = "Best +$100.00 on 2025-01-15, worst −$50.00 on 2025-01-16."
    assert extremes in page.text
    assert f"1 of 3 sessions gained, 1 lost. {extremes}" in day_bars(lines, 3)


def test_amounts_of_any_size_are_drawn():
    """A book of billions and one of cents make a page; coordinates stay short."""
    for factor in ("0.000001", "10000000"):
        lines = [
            line._replace(
                **{
                    name: getattr(line, name) * Decimal(factor)
                    for name in ("closing", "total_pnl", "day_pnl")
                }
            )
            for line in documents.curve(40)
        ]
        page = Page(render(documents.good_day(), curve=lines))
        assert len(page.having("path")) > 3


def test_hostile_sessions_are_inert_in_the_curve():
    """A session's name reaches the curve, its table and the words below them as text alone."""
    lines = [line._replace(session=documents.HOSTILE) for line in documents.curve(5)]
    source = render(days.hostile(), curve=lines)
    source.encode("utf-8")
    page = Page(source)
    assert len(page.having("script")) == 1
    assert not page.having("img")
    assert "onerror" not in {name for _, attrs in page.elements for name in attrs}


def test_a_name_of_any_length_stays_in_its_column():
    """A long symbol is clipped in the table and the charts; its whole name is in the title."""
    long = "A" * 60
    page = Page(
        render(
            documents.changed(
                documents.good_day(), pnl=documents.book([documents.position(long, "1", "2", "3")])
            )
        )
    )
    heads = [each for each in page.having("th") if each.get("title") == long]
    assert heads
    assert all(long not in cell for row in page.rows for cell in row)
