"""From page to page: through the index to the neighbours, with the script and without, by keys too."""

from dataclasses import replace
from decimal import Decimal

import pytest
from builders import documents
from builders.sessions import history, thin
from builders.stated import index_page
from builders.stated import render as render_page
from builders.symbols import SYMBOLS, row
from support.chromium import complaints

from paper_run.book.symbols import SymbolTotals
from paper_run.model.result_json import of_document
from paper_run.report.html import page

pytestmark = pytest.mark.browser

LINES = [
    line._replace(attempts=((1, "success"), (2, "partial")), marked=line.session == "2025-01-03")
    for line in history(4)
]
SESSIONS = [line.session for line in LINES]


@pytest.fixture
def window(browser, tmp_path):
    """Open a file of a folder in which every session has its pages; a context's options may be given."""
    (tmp_path / "index.html").write_text(index_page(LINES, curve=thin(LINES), label=None, cache_folder=None))
    for session in SESSIONS:
        for number, name in ((1, "_paper_run"), (2, "-2_paper_run"), (None, "_mark")):
            document = documents.changed(documents.good_day(), session=session, trade=number)
            (tmp_path / f"{session}{name}.html").write_text(
                render_page(document | {"kind": "run" if number else "mark"})
            )
    contexts = []

    def opened(name, **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.goto((tmp_path / name).as_uri())
        return page

    yield opened
    for each in contexts:
        each.close()


def file_of(page):
    return page.url.rsplit("/", 1)[1]


def test_the_next_and_the_previous_session_are_one_click_away(window):
    """A link leads to the neighbour's last attempt or its mark, and Back leads back."""
    page = window(f"{SESSIONS[2]}_paper_run.html")
    page.get_by_role("link", name="Next session").click()
    page.wait_for_url(f"**/{SESSIONS[3]}-2_paper_run.html")
    page.go_back()
    assert file_of(page) == f"{SESSIONS[2]}_paper_run.html"
    page.get_by_role("link", name="Previous session").click()
    page.wait_for_url(f"**/{SESSIONS[1]}_mark.html")


def test_the_arrow_keys_turn_the_pages(window):
    """Right is the next session, left the one before; in a field they move the caret."""
    page = window(f"{SESSIONS[0]}_paper_run.html")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**/{SESSIONS[1]}_mark.html")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**/{SESSIONS[0]}-2_paper_run.html")


def test_behind_the_last_session_is_the_index(window):
    """Where there is no next one yet, the index shows the session's row."""
    page = window(f"{SESSIONS[3]}_paper_run.html")
    page.get_by_role("link", name="Next session").click()
    page.wait_for_url("**/index.html?next#*")
    assert page.locator("tr:target th").text_content().startswith(SESSIONS[3])


def test_a_mark_and_the_attempts_lead_to_each_other(window):
    """From an attempt to its session's mark, and from there to the last attempt."""
    page = window("2025-01-03_paper_run.html")
    page.get_by_role("link", name="Mark", exact=True).click()
    page.wait_for_url("**/2025-01-03_mark.html")
    page.get_by_role("link", name="Attempts").click()
    page.wait_for_url("**/2025-01-03-2_paper_run.html")


def test_without_the_script_the_index_shows_the_row(window):
    """The session's row, its neighbours' beside it, with the links to all their pages."""
    page = window(f"{SESSIONS[1]}_paper_run.html", java_script_enabled=False)
    page.get_by_role("link", name="Next session").click()
    page.wait_for_url(f"**/index.html?next#{SESSIONS[1]}")
    assert page.locator("tr:target th").text_content().startswith(SESSIONS[1])
    page.get_by_role("link", name=f"{SESSIONS[2]}, attempt 1").click()
    page.wait_for_url(f"**/{SESSIONS[2]}_paper_run.html")


def test_the_files_beside_a_page_have_its_name(window):
    """JSON and CSVs by their own names, relative, so that the folder may lie anywhere."""
    page = window("2025-01-03-2_paper_run.html")
    ways = page.get_by_role("navigation", name="Sessions and files")
    addresses = [each.get_attribute("href") for each in ways.get_by_role("link").all()]
    assert addresses == [
        "index.html?previous#2025-01-03",
        "index.html?next#2025-01-03",
        "index.html?mark#2025-01-03",
        "index.html#2025-01-03",
        "2025-01-03-2_paper_run.json",
        "2025-01-03-2_orders.csv",
        "2025-01-03-2_positions.csv",
    ]


@pytest.mark.parametrize("name", ["index.html", "2025-01-03_paper_run.html"])
def test_each_section_is_named_above_them(window, name):
    """The list has each section once, in its sequence, and leads to it."""
    page = window(name)
    listed = page.get_by_role("navigation", name="Sections").get_by_role("link").all()
    headings = page.locator("main h2").all()
    assert [each.get_attribute("href") for each in listed] == [
        f"#{each.get_attribute('id')}" for each in headings
    ]
    assert all(each.text_content() for each in listed)


def test_a_day_of_the_calendar_leads_to_its_page(window):
    """The mark's where the session was marked, else the last attempt's."""
    page = window("index.html")
    days = page.locator(".month td a")
    assert [each.get_attribute("href") for each in days.all()] == [
        f"{session}_mark.html" if session == "2025-01-03" else f"{session}-2_paper_run.html"
        for session in SESSIONS
    ]
    days.first.press("Enter")
    page.wait_for_url(f"**/{SESSIONS[0]}-2_paper_run.html")


def test_the_index_sorts_filters_and_has_a_crosshair(window, browser, tmp_path):
    """As the page of a day: headings sort, a field narrows, and keys walk along the curve."""
    lines = history(30)
    (tmp_path / "index.html").write_text(index_page(lines, curve=thin(lines), label=None, cache_folder=None))
    page = window("index.html")
    page.locator("#all-sessions thead button", has_text="Day P&L").click()
    rows = page.locator("#all-sessions tbody tr")
    best = max(lines, key=lambda line: line.day_pnl or 0)
    assert rows.first.get_attribute("id") == best.session
    page.get_by_label("Filter sessions").fill("2025-01")
    assert sum(row.is_visible() for row in rows.all()) == sum("2025-01" in line.session for line in lines)
    control = page.get_by_label("Session of the curve")
    control.focus()
    page.keyboard.press("Home")
    assert page.locator("#reading dd").first.text_content() == lines[0].session
    assert page.locator(".cross").is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_the_symbols(window, tmp_path, width):
    """On the page of a day and on the index, wide and on a phone, which only their tables scroll."""
    result = replace(of_document(documents.good_day()), symbols=SYMBOLS)
    (tmp_path / "day.html").write_text(page.render(result, curve=documents.curve(40)))
    totals = {"AAPL": SymbolTotals("2025-01-02", "2025-01-03", 2, 1, 2, 0, Decimal(40), Decimal(-10))}
    (tmp_path / "all.html").write_text(
        index_page(LINES, curve=thin(LINES), label=None, cache_folder=None, symbols=totals)
    )
    for name in ("day.html", "all.html"):
        opened = window(name, bypass_csp=True, viewport={"width": width, "height": 800})
        assert opened.locator("#symbols-table tbody tr").first.is_visible()
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints(opened) == ""


def test_the_symbols_sort_by_the_figure_alone(window, tmp_path):
    """What stands below a figure in small letters is no part of it."""
    rows = tuple(
        row(name, "5.00", sessions=at, trips=at) for name, at in (("A", 9), ("B", 40), ("C", 10), ("D", 8))
    )
    result = replace(of_document(documents.good_day()), symbols=SYMBOLS._replace(rows=rows))
    (tmp_path / "day.html").write_text(page.render(result, curve=documents.curve(40)))
    opened = window("day.html")
    for heading in ("Sessions", "Round trips"):
        opened.locator("#symbols-table thead button", has_text=heading).click()
        names = opened.locator("#symbols-table tbody th").all_text_contents()
        assert names == ["B", "C", "A", "D"]
