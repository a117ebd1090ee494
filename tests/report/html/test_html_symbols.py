"""The symbols' section of a day's page, and their table on the index."""

from dataclasses import replace
from decimal import Decimal

from builders import documents
from builders.sessions import history, thin
from builders.stated import index_page
from builders.symbols import SYMBOLS, row
from report.seen_page import Page

from paper_run.book.symbols import Rate, SymbolTotals
from paper_run.model.result_json import decode, encode, of_document
from paper_run.model.symbols import Symbols
from paper_run.report.csv_tables import symbols_csv
from paper_run.report.html import page, symbols
from paper_run.report.html.navigation import page_of

TOTALS = {
    "AAPL": SymbolTotals("2025-01-02", "2025-01-03", 2, 1, 2, 0, Decimal("40.10"), Decimal("-10.00")),
    "=MSFT": SymbolTotals(
        *("2025-01-02", "2025-01-07", 4, 3, 1, 2, Decimal("-90.00"), Decimal("-1.50")),
        *(2, 1, Decimal("20.00"), Decimal("-111.50")),
    ),
}


def page_with(stated: Symbols | None) -> Page:
    document = documents.good_day()
    result = of_document(document | ({"symbols": None} if stated is None else {}))
    if stated is not None:
        result = replace(result, symbols=stated)
    return Page(page.render(decode(encode(result)), curve=()))


def cells_of(seen: Page, symbol: str, number: int) -> list[list[str]]:
    return [
        [" ".join(cell.split()) for cell in each]
        for each in seen.rows
        if each[0] == symbol and len(each) == number
    ]


def test_a_symbol_has_its_session_and_its_history() -> None:
    """Total, both parts of the day and of all days, sides, hit rate, round trips, target and held."""
    seen = page_with(SYMBOLS)
    assert cells_of(seen, "AAPL", 12)[-1] == [
        *("AAPL", "", "+$1,320.40", "+$10.00", "+$2.50", "+$1,315.40", "+$5.00", "40 30 long, 8 short"),
        *("55.00%", "6 +$1,300.40", "+25.00%", "+19.81%"),
    ]
    googl = cells_of(seen, "GOOGL", 12)[-1]
    assert googl[3:5] == ["—", "—"]
    assert googl[-1] == "−19.38%"
    nvda = cells_of(seen, "NVDA", 12)[-1]
    assert (nvda[1], nvda[8], nvda[-1]) == ("—", "needs 17 more", "—")
    assert "count since 2024-11-04" in seen.text


def test_the_round_trips_have_their_figures_and_their_list() -> None:
    """Each figure with how many it comes from; the latest trips, newest first."""
    seen = page_with(SYMBOLS)
    assert "Win rate 58.33% of 12 round trips" in seen.text
    assert "Profit factor 1.73 of 12 round trips" in seen.text
    assert "Expectancy +$45.10 of 12 round trips" in seen.text
    assert cells_of(seen, "NVDA", 6) == [["NVDA", "short", "2025-01-13", "2025-01-16", "3", "−$41.20"]]


def test_what_too_few_round_trips_cannot_say_says_how_many_are_missing() -> None:
    """And where no one has lost yet the profit factor is not defined."""
    few = SYMBOLS._replace(num_trips=3, win_rate=Rate(None, 3, 10), profit_factor=Rate(None, 12, 10))
    seen = page_with(few)
    assert "Win rate — needs 7 more" in seen.text
    assert "Profit factor — not defined" in seen.text
    none = page_with(SYMBOLS._replace(num_trips=0, trips=()))
    assert "No position has been closed yet" in none.text


def test_a_record_without_symbols_has_no_such_section() -> None:
    """An older one shows nothing, and nothing is added to it."""
    seen = page_with(None)
    assert "Symbols and round trips" not in seen.text
    assert "symbols" not in {attrs.get("id") for _, attrs in seen.elements}


def test_a_page_lists_only_so_many() -> None:
    """The rest is counted, and is in the JSON."""
    many = SYMBOLS._replace(rows=tuple(row(f"S{at:03d}", "5.00") for at in range(symbols.MOST + 7)))
    seen = page_with(many)
    assert len([each for each in seen.rows if len(each) == 12 and each[0].startswith("S0")]) == symbols.MOST
    assert "7 more in the JSON" in seen.text


def test_the_index_has_each_symbol_with_its_last_page() -> None:
    """The largest first; its last session's page is a link where that is listed."""
    lines = history(4)
    source = index_page(lines, curve=thin(lines), label=None, cache_folder=None, symbols=TOTALS)
    seen = Page(source)
    rows = [each for each in seen.rows if len(each) == 11 and each[0] in TOTALS]
    assert rows == [
        [
            "=MSFT",
            "−$91.50",
            "−$90.00",
            "−$1.50",
            "4",
            "1",
            "2",
            "needs 16 more",
            "2",
            "−$91.50",
            "2025-01-07",
        ],
        ["AAPL", "+$30.10", "+$40.10", "−$10.00", "2", "2", "0", "needs 18 more", "0", "—", "2025-01-03"],
    ]
    assert [each["href"] for each in seen.having("a") if each["href"].endswith("html#symbols")] == [
        f"{page_of(lines[3])}#symbols",
        f"{page_of(lines[1])}#symbols",
    ]


def test_the_index_of_500_symbols_stays_light() -> None:
    """The 100 largest are on it, which is said; all are in the table beside it."""
    many = {f"S{at:03d}": TOTALS["AAPL"]._replace(holding_pnl=Decimal(at)) for at in range(500)}
    lines = history(4)
    plain, full = (
        index_page(lines, curve=thin(lines), label=None, cache_folder=None, symbols=each)
        for each in (None, many)
    )
    assert len(full) - len(plain) < 40_000
    assert "The 100 largest of 500; all" in Page(full).text
    assert symbols_csv(many, None).count("\r\n") == 501


def test_the_table_has_all_digits_and_is_safe_to_open() -> None:
    """One row a symbol, sums in whole cents; a name that could be a formula is none."""
    lines = symbols_csv(TOTALS, "SANDBOX - simulated prices").split("\r\n")
    assert lines[0].startswith("symbol,since,last,sessions,gains,long,short,total_pnl,")
    assert (
        lines[1] == "AAPL,2025-01-02,2025-01-03,2,1,2,0,30.10,40.10,-10.00,0,0,0,0,SANDBOX - simulated prices"
    )
    assert lines[2].startswith("'=MSFT,")


def test_a_small_line_goes_through_zero() -> None:
    """Its lowest and highest lie at the edges; a single closing is no line."""
    drawn = page.render(of_document(documents.good_day() | {"symbols": None}), curve=())
    assert 'spark"' not in drawn.split("</style>")[1]
    source = symbols.sparkline([Decimal(-10), Decimal(10), Decimal(0)])
    assert 'd="M0 15L30 1L60 8"' in source
    assert 'd="M0 8H60"' in source
    assert symbols.sparkline([Decimal(1)]) == "—"
    assert 'd="M0 15L60 15"' in symbols.sparkline([Decimal(0), Decimal(0)])
