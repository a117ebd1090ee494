import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from builders import days, documents
from builders.stated import of_document
from support.chromium import complaints, complaints_of_inks, pictured, printed, resize

from paper_run.report.summary.headline import by_importance

pytestmark = pytest.mark.browser

EVERY_DAY = pytest.mark.parametrize("day", days.DAYS)
CURVE = documents.curve(40)
INKS = {"hostile", "money", "rehearsal", "zero-trade", "not-known", "failed", "sandbox", "apart"}
"""Days whose pages have nearly every kind of element between them."""


def column(page, name):
    """The texts of a column, top to bottom, of the rows that are not filtered out."""
    return page.evaluate(
        """name => {
            const table = document.getElementById("orders-table");
            const at = [...table.tHead.rows[0].cells].findIndex((head) => head.textContent === name);
            const shown = [...table.tBodies[0].rows].filter((row) => !row.hidden);
            return shown.map((row) => row.cells[at].textContent);
        }""",
        name,
    )


def test_the_style_and_the_script_run_under_the_policy(opened):
    """The hashes are right: the stylesheet applies and the script has put its buttons in."""
    page = opened(documents.good_day())
    assert page.evaluate("getComputedStyle(document.querySelector('.figures')).display") == "grid"
    assert page.locator("#orders-table thead button").count() == 13


def test_what_the_policy_forbids_does_not_happen(browser, opened, tmp_path):
    """An inline handler, a foreign script and an image that got in after all would still be refused."""
    page = opened(documents.good_day())
    source = Path(page.url.removeprefix("file://")).read_text(encoding="utf-8")
    attack = "<img src=http://127.0.0.1:9/x onerror='document.title=1'><script>document.title=2</script>"
    file = tmp_path / "attacked.html"
    file.write_text(source.replace("<main>", "<main>" + attack), encoding="utf-8")
    context = browser.new_context()
    refused = context.new_page()
    loaded, stopped = [], {}
    refused.on("requestfinished", lambda request: loaded.append(request.url))
    refused.on("requestfailed", lambda request: stopped.update({request.url: request.failure}))
    refused.goto(file.as_uri())
    assert refused.title() == "Paper run — 2025-01-17"
    assert loaded == [file.as_uri()]
    assert stopped == {"http://127.0.0.1:9/x": "csp"}
    context.close()


def test_sorting_by_keyboard(opened):
    """A key on a heading sorts numbers largest first, then smallest; dashes stay last; ARIA says which."""
    page = opened(days.partial_day())
    heading = page.locator("#orders-table thead button", has_text="Notional")
    heading.focus()
    page.keyboard.press("Enter")
    largest_first = ["$19,983.74", "$19,924.80", "$19,714.19", "$16,666.67", *["—"] * 5]
    assert column(page, "Notional") == largest_first
    assert page.locator("[aria-sort]").get_attribute("aria-sort") == "descending"
    page.keyboard.press("Space")
    assert column(page, "Notional") == [*largest_first[3::-1], *largest_first[4:]]
    assert page.locator("[aria-sort]").get_attribute("aria-sort") == "ascending"
    page.locator("#orders-table thead button", has_text="Symbol").click()
    symbols = column(page, "Symbol")
    assert symbols == sorted(symbols)
    assert page.locator("[aria-sort]").count() == 1


def test_sorting_goes_by_the_exact_value(opened):
    """Two prices that look alike, and a percentage below zero, are ordered by all their digits."""
    orders = [
        documents.order("LOW", "buy", 1, "150.25371", predicted_return=Decimal("-0.0042")),
        documents.order("HIGH", "buy", 1, "150.25374", predicted_return=Decimal("0.01234567")),
        documents.order("MID", "buy", 1, "150.25372", predicted_return=Decimal("0.0124")),
    ]
    page = opened(documents.changed(documents.good_day(), orders=orders))
    assert set(column(page, "Price")) == {"$150.2537"}
    page.locator("#orders-table thead button", has_text="Price").click()
    assert column(page, "Symbol") == ["HIGH", "MID", "LOW"]
    page.locator("#orders-table thead button", has_text="Predicted").click()
    assert column(page, "Symbol") == ["MID", "HIGH", "LOW"]


def test_filtering_shows_the_rows_that_have_every_word(opened):
    """The labelled field narrows the table as one types, says how many rows are left, and lets all back."""
    page = opened(days.many_orders(50))
    field = page.get_by_label("Filter orders")
    field.fill("rejected HALTED")
    assert column(page, "Symbol") == ["S0001"]
    assert page.locator("output[for=orders-filter]").text_content() == "1 of 50 rows"
    field.fill("nothing like it")
    assert column(page, "Symbol") == []
    field.fill("")
    assert page.locator("output[for=orders-filter]").text_content() == "50 of 50 rows"
    assert len(column(page, "Symbol")) == 50


@EVERY_DAY
def test_without_script_the_page_reads_the_same(opened, day):
    """Script off: every row, curve and definition is there, and no control that would do nothing."""
    page = opened(days.DAYS[day](), curve=CURVE, java_script_enabled=False)
    rows = page.locator("#orders-table tbody tr")
    assert rows.count() == len(days.DAYS[day]()["orders"])
    assert all(row.is_visible() for row in rows.all())
    assert page.locator("button").count() == 0
    assert page.locator(".line").is_visible()
    assert page.locator("#reading dd").first.text_content() == CURVE[-1].session
    assert not any(each.is_visible() for each in page.locator("input").all())
    assert page.get_by_role("heading", name="How each figure is defined").is_visible()


@EVERY_DAY
def test_a_page_opens_alone_and_in_silence_and_never_scrolls_sideways(opened, day):
    """One request from file:// and not a word on the console (the fixture checks); it fits a phone and 4K.

    Wide tables scroll in a focusable region of their own.
    """
    page = opened(days.DAYS[day](), curve=CURVE)
    assert page.locator("h1").is_visible()
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    for width in (360, 768, 1280, 3840):
        resize(page, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    for region in page.locator(".scroll").all():
        assert region.get_attribute("tabindex") == "0"
        assert region.get_attribute("aria-label")


def test_the_first_screen_has_the_answers(opened):
    """Status, P&L and equity, on a laptop also every count, need no scrolling."""
    page = opened(days.partial_day(), width=1280, height=720)
    counts = page.locator(".counts").bounding_box()
    assert counts["y"] + counts["height"] <= 720
    phone = opened(days.partial_day(), width=360, height=740)
    figures = phone.locator(".figures").bounding_box()
    assert figures["y"] + figures["height"] <= 740


def test_numbers_stand_under_each_other(opened):
    """Amounts are right-aligned with figures of one width."""
    page = opened(documents.good_day())
    for place in (4, 5, 6, 8, 10, 11, 12):
        cell = page.locator(f"#orders-table tbody tr:first-child > :nth-child({place})")
        style = cell.evaluate(
            "cell => [getComputedStyle(cell).textAlign, getComputedStyle(cell).fontVariantNumeric]"
        )
        assert style[0] == "right"
        assert "tabular-nums" in style[1]


def test_the_page_follows_light_and_dark_and_prints_light(opened):
    """Dark follows the reader's system; paper is white whatever the screen was."""
    page = opened(documents.good_day(), color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(18, 21, 24)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    assert (
        page.evaluate("getComputedStyle(document.querySelector('#orders-table tr')).breakInside") == "avoid"
    )
    page.emulate_media(media="screen", color_scheme="light")
    assert page.evaluate(ground) == "rgb(250, 248, 243)"


@EVERY_DAY
def test_axe_finds_nothing(opened, day):
    """The accessibility checker has no complaint, contrast included: in the dark where most inks are."""
    page = opened(days.DAYS[day](), curve=CURVE[-6:], bypass_csp=True)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert complaints(page) == ""
    if day in INKS:
        page.emulate_media(color_scheme="dark")
        assert complaints_of_inks(page) == ""


@pytest.mark.parametrize("day", ["partial", "unknown", "rehearsal", "incomplete"])
def test_axe_finds_nothing_on_a_phone(opened, day):
    """Nor at 360 px, where the inks are the same."""
    page = opened(days.DAYS[day](), curve=CURVE, width=360, bypass_csp=True)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert complaints(page, contrast=False) == ""


def test_paper_breaks_no_symbol(opened):
    """On the width of an A4 sheet between its margins each symbol stands on one line."""
    day = days.not_known_day()
    day["pnl"]["positions"][0]["symbol"] = "NOPRICE"
    page = opened(day, width=696)
    page.emulate_media(media="print")
    lines = """cells => cells.map(cell => {
        const range = document.createRange(); range.selectNodeContents(cell);
        return new Set([...range.getClientRects()].map(each => Math.round(each.top))).size; })"""
    found = page.locator(":is(.orders, .positions) tbody > tr > :first-child").evaluate_all(lines)
    assert len(found) > 3
    assert set(found) == {1}


def test_paper_repeats_the_heading_and_cuts_no_row(opened, pdftotext, tmp_path):
    """A long table on paper has its heading on every page that it covers, and each row whole on one page."""
    opened(days.many_orders(200)).pdf(path=tmp_path / "long.pdf", prefer_css_page_size=True)
    command = [pdftotext, "-layout", tmp_path / "long.pdf", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    pages = [page for page in text.split("\f") if "filled" in page and "S0" in page]
    assert len(pages) > 3
    assert all("Predicted" in page for page in pages)
    for page in pages[1:-1]:
        assert page.count("accepted") == page.count("filled") > 20


def reading(page):
    return page.locator("#reading dd").all_text_contents()


def test_the_crosshair_follows_the_pointer(opened):
    """Over the curve the reading is that of the nearest session, and of the last one again afterwards."""
    page = opened(documents.good_day(), curve=CURVE)
    last = ["2025-01-17", "$102,137.67", "+$177.38", "+0.17%"]
    assert reading(page)[:4] == last
    box = page.locator(".equity .plot").bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + 30)
    assert reading(page)[0] == CURVE[0].session
    cross = page.locator(".cross")
    assert cross.is_visible()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 30)
    middle = reading(page)[0]
    assert CURVE[15].session < middle < CURVE[25].session
    assert abs(cross.bounding_box()["x"] - box["x"] - box["width"] / 2) < box["width"] / len(CURVE)
    page.mouse.move(box["x"] + 5, 5)
    assert reading(page)[:4] == last
    assert not cross.is_visible()


def test_the_crosshair_walks_by_keys_and_tells_a_screen_reader(opened):
    """Arrow keys go from session to session; the control has a name and says the figures, not a number."""
    page = opened(documents.good_day(), curve=CURVE)
    control = page.get_by_label("Session of the curve")
    control.focus()
    page.keyboard.press("ArrowLeft")
    assert reading(page)[0] == CURVE[-2].session
    assert control.get_attribute("aria-valuetext").startswith("Session 2025-01-16, Equity $101,960.29, Day ")
    page.keyboard.press("Home")
    assert reading(page)[0] == CURVE[0].session
    outline = "panels => getComputedStyle(panels).outlineStyle"
    assert page.locator("#panels").evaluate(outline) == "solid"
    page.keyboard.press("Tab")
    assert page.locator("#panels").evaluate(outline) == "none"


def test_a_finger_moves_the_crosshair_to_where_it_points(opened):
    """A tap in the first tenth reads a session of the first tenth, though sessions lie unevenly by date."""
    page = opened(documents.good_day(), curve=CURVE, width=360, has_touch=True)
    page.locator("#panels").scroll_into_view_if_needed()
    box = page.locator(".equity .plot").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 0.1, box["y"] + 20)
    assert reading(page)[0] in {line.session for line in CURVE[1:8]}


def test_positions_sort_and_filter_too(opened):
    """Both tables have the same tools; those of one leave the other alone."""
    page = opened(days.incomplete_day(), curve=CURVE)
    page.locator("#positions-table thead button", has_text="Realized").last.click()
    rows = page.locator("#positions-table tbody tr")
    assert rows.first.locator("th").text_content() == "NVDA"
    page.get_by_label("Filter positions").fill("quote aapl")
    assert [row.locator("th").text_content() for row in rows.all() if row.is_visible()] == ["AAPL"]
    assert page.locator("#orders-table tbody tr").count() == 3


def test_a_position_without_a_price_sorts_last(opened):
    """What is not known is neither the largest nor the smallest."""
    page = opened(days.incomplete_day())
    button = page.locator("#positions-table thead button", has_text="Market value")
    for _ in range(2):
        button.click()
        assert page.locator("#positions-table tbody tr").last.locator("th").text_content() == "TSLA"


def test_the_panels_stand_under_each_other(opened):
    """Equity, drawdown and P&L by day share one scale of dates, and their figures fit beside them."""
    for width in (1280, 360):
        page = opened(documents.good_day(), curve=CURVE, width=width)
        plots = [plot.bounding_box() for plot in page.locator(".panel .plot").all()]
        assert len({(round(box["x"]), round(box["width"])) for box in plots}) == 1
        for label in page.locator(".scale text").all():
            box = label.bounding_box()
            assert box["x"] + box["width"] <= width


def test_a_page_draws_what_is_below_as_it_comes_into_sight(opened):
    """Rows of a long table and sections open without being drawn, which is fast; at rest all of them are."""
    page = opened(days.many_orders(600), at_rest=False)
    seen = """name => getComputedStyle(document.querySelector(name)).contentVisibility"""
    below = (".long tbody tr", "section.definitions", "section:has(#statistics)")
    assert [page.evaluate(seen, each) for each in below] == ["auto", "auto", "visible"]  # in columns that are
    assert page.evaluate(seen, "section:has(#orders)") == "auto"
    assert page.evaluate(seen, ".columns:has(#statistics)") == "auto"
    assert page.evaluate(seen, "section.lead") == page.evaluate(seen, "section:has(#equity)") == "visible"
    page.wait_for_selector("html.drawn", state="attached")
    assert [page.evaluate(seen, each) for each in below] == ["visible"] * 3
    heads = page.locator("#orders-table thead th").all()
    first = page.locator("#orders-table tbody tr").first.locator("th, td").all()
    assert [round(each.bounding_box()["x"]) for each in heads] == [
        round(each.bounding_box()["x"]) for each in first
    ]


def test_the_rows_that_wait_come_by_themselves(opened):
    """A long table opens with thirty rows; the others follow in their order, by themselves."""
    page = opened(days.many_orders(150), at_rest=False)
    page.locator("output[for=orders-filter]", has_text="150 rows").wait_for(state="attached")
    assert page.locator(".rest").count() == 0
    symbols = column(page, "Symbol")
    assert len(set(symbols)) == len(symbols) == 150
    largest = [row.symbol for row in by_importance(of_document(days.many_orders(150)).orders)]
    assert symbols == largest


@pytest.mark.parametrize("asked", ["by a heading", "by the filter", "by paper"])
def test_rows_that_wait_are_there_when_they_are_asked_for(browser, opened, pdftotext, asked):
    """Sorting, filtering and printing take all rows, also in the moment in which most of them still wait."""
    address = opened(days.many_orders(150)).url
    context = browser.new_context()
    page = context.new_page()
    page.clock.install(time=0)
    page.clock.pause_at(1)
    page.goto(address)
    assert page.locator("#orders-table .rest").count() == 1
    every = [f"S{at:04d}" for at in range(1, 151)]
    if asked == "by a heading":
        page.evaluate("document.querySelector('#orders-table thead button').click()")
        assert column(page, "Symbol") == every
    elif asked == "by the filter":
        page.locator("#orders-filter").fill("S0002")
        assert column(page, "Symbol") == ["S0002"]
    else:
        paper = "\n".join("\n".join(sheet) for sheet in printed(page, pdftotext))
        assert sorted(set(re.findall(r"S0\d{3}", paper))) == every
    assert page.locator("#orders-table .rest").count() == 0
    context.close()


def test_a_page_that_is_loaded_again_stands_where_it_stood(opened):
    """Rows that wait have about their height: the middle of a long table is there to return to."""
    page = opened(days.many_orders(300))
    page.locator("#orders-table tbody tr", has_text="S0150").scroll_into_view_if_needed()
    seen = page.evaluate("scrollY")
    page.reload()
    page.wait_for_selector("html.drawn", state="attached")
    page.wait_for_function("seen => Math.abs(scrollY - seen) < 2000", arg=seen)


@pytest.mark.parametrize("width", [390, 1024, 1280])
def test_without_script_a_long_table_is_one(opened, width):
    """Its rows are in one column each with its headings, whichever come first, and the total is below all."""
    page = opened(days.many_orders(150), width=width, java_script_enabled=False)
    rows = page.locator("#orders-table tbody > tr:not(.rest)")
    assert rows.count() == 150
    places = rows.evaluate_all(
        """all => all.map((row) => [...row.cells].map((cell) => {
            const {left, right} = cell.getBoundingClientRect();
            return [Math.round(left), Math.round(right)];
        }))"""
    )
    assert all(each == places[3] for each in places[3:])  # after the rejected ones, which have a line more
    bottom = rows.last.bounding_box()
    total = page.locator("#orders-table tfoot tr").bounding_box()
    assert bottom["y"] + bottom["height"] <= total["y"] + 1


def test_where_a_server_forbids_the_script_the_page_says_what_is_not_listed(browser, opened, tmp_path):
    """Neither run nor off, it leaves thirty rows and the number of the others, with where they are."""
    source = Path(opened(days.many_orders(150)).url.removeprefix("file://")).read_text(encoding="utf-8")
    file = tmp_path / "forbidden.html"
    file.write_text(re.sub(r"(script-src &#39;sha256-)\w", r"\1!", source), encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto(file.as_uri())
    said = page.locator("#orders-table .rest span")
    said.scroll_into_view_if_needed()
    assert said.is_visible()
    assert said.text_content() == "120 more, in the CSV too"
    assert page.locator("#orders-table noscript").is_hidden()
    context.close()


@pytest.mark.parametrize("name", ["Orders and signals", "Statistics", "How each figure is defined"])
def test_a_link_to_a_section_leads_there_also_while_a_page_opens(opened, name):
    """What is above it gets its true height afterwards, and it stays where it is."""
    page = opened(documents.good_day(), curve=documents.curve(60), at_rest=False)
    page.locator(".parts a", has_text=name).click()
    page.wait_for_selector("html.drawn", state="attached")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert -2 < page.get_by_role("heading", name=name, exact=True).bounding_box()["y"] < 300


def test_axe_finds_nothing_in_a_long_table(opened):
    """Rows laid out by themselves are still rows of a table."""
    page = opened(days.many_orders(70), bypass_csp=True)
    assert complaints(page) == ""
    assert page.get_by_role("table", name="").count() > 0
    assert page.get_by_role("row").count() > 70


def test_pictures_for_people(opened, screenshots):
    """Wide, phone, dark and printed pages are written for someone to look at."""
    for day in pictured(("good", "first", "partial", "incomplete", "mark", "rehearsal", "unknown")):
        page = opened(days.DAYS[day](), curve=() if day in {"first", "rehearsal"} else CURVE)
        page.screenshot(path=screenshots / f"{day}-wide.png", full_page=True)
        page.pdf(path=screenshots / f"{day}.pdf", prefer_css_page_size=True)
        page.emulate_media(color_scheme="dark")
        page.screenshot(path=screenshots / f"{day}-dark.png", full_page=True)
        resize(page, 360, 740)
        page.emulate_media(color_scheme="light")
        page.screenshot(path=screenshots / f"{day}-phone.png", full_page=True)
        for look in ("wide", "dark", "phone"):
            assert (screenshots / f"{day}-{look}.png").read_bytes().startswith(b"\x89PNG")
        assert (screenshots / f"{day}.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(("ci", "outcome"), [("true", "failed"), ("", "skipped")])
def test_a_missing_browser_skips_but_fails_in_ci(tmp_path, ci, outcome):
    """Without a Chromium these tests skip and say so; where CI=true they fail."""
    conftest = (Path(__file__).parents[1] / "support" / "chromium.py").read_text(encoding="utf-8")
    (tmp_path / "conftest.py").write_text(
        conftest.replace("PLACES = (", "PLACES = () and ("), encoding="utf-8"
    )
    (tmp_path / "test_it.py").write_text("def test_it(browser):\n    pass\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={"CI": ci, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert ("1 error" if outcome == "failed" else "1 skipped") in done.stdout, done.stdout
    assert "no Chromium found" in done.stdout


_BROKEN = """() => [...document.querySelectorAll('.long tbody td')].filter((cell) => {
  const words = document.createRange();
  words.selectNodeContents(cell);
  const lines = new Set([...words.getClientRects()].map((each) => Math.round(each.top)));
  return /^[-+\\u2212$\\d.,%\\s]+$/.test(cell.textContent) && lines.size > 1;
}).map((cell) => cell.textContent)"""


@pytest.mark.parametrize("width", [390, 1024, 1280, 1440, 3840])
def test_no_number_of_a_long_table_is_broken(opened, width):
    """Whatever the width: a column is as wide as the longest number needs."""
    document = days.many_orders(70)
    document["pnl"]["positions"] = [
        documents.position(
            f"S{at:03d}", str(17 + 7 * at), f"{151 + 300 * at}.253712", f"{152 + 300 * at}.115",
            day=f"{(-1) ** at * 24756.1 * at:.2f}", realized=f"{13.4 * at:.2f}",
        )
        for at in range(70)
    ]  # fmt: skip
    page = opened(document)
    resize(page, width)
    assert page.locator(".long").count() == 2
    assert page.evaluate(_BROKEN) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
