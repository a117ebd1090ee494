"""The page of a tear sheet: what it shows of a long, a short and a lost book."""

from builders.tearsheets import of
from report.seen_page import Page

from paper_run.report.html.tearsheet import render


def test_it_shows_figures_curve_statistics_periods_and_benchmark() -> None:
    """Each in a section of its own, with how many sessions it is of."""
    page = render(of(60))
    rows = {row[0]: row[1:] for row in Page(page).rows}
    assert rows["Total return"][1] == rows["Kurtosis"][1] == "60"
    assert rows["Return of SPY"][1] == "57"
    for heading in (
        *("Equity and drawdown", "Statistics", "Periods", "Beside SPY"),
        *("Execution costs", "Signals", "Symbols and round trips"),
    ):
        assert f">{heading}</h2>" in page
    assert "sessions are drawn" not in page
    assert "book 1 of" not in page
    assert "Not valued" not in page


def test_a_long_one_is_drawn_with_few_points() -> None:
    """At most 260, the best and the worst day among them."""
    sheet = of(900)
    page = render(sheet)
    assert " of 900 sessions are drawn" in page
    best = max(each.day_pnl or 0 for each in sheet.curve)
    assert f"Best +${best:,.2f}" in page


def test_a_short_one_says_what_it_needs() -> None:
    """And which book it is of, and what is in no figure."""
    label = "SANDBOX - simulated prices"
    page = render(of(1)._replace(book=2, books=3, not_valued=2, label=label, benchmark=None))
    assert "needs 19 more sessions" in page
    assert "book 2 of 3" in page
    assert "2 more: what they earned is in the next one’s" in page
    assert "<title>[SANDBOX] Tear sheet" in page
    assert 'id="benchmark"' not in page


def test_a_lost_book_has_no_figure_that_would_flatter() -> None:
    """After a total loss there is no total return: it says that it is not defined."""
    sheet = of(3)
    lost = {name: each._replace(value=None, percent=None) for name, each in sheet.statistics.items()}
    page = render(sheet._replace(statistics=lost))
    assert '<dd class="absent">—</dd><dd class="aside">not defined</dd>' in page
