import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from builders.sessions import HISTORIES, history, thin
from builders.stated import index_page
from support.chromium import complaints, complaints_of_inks, pictured, resize

from paper_run.model.history import EndedBook

pytestmark = pytest.mark.browser

EVERY_HISTORY = pytest.mark.parametrize("name", HISTORIES)


@pytest.fixture
def opened(pages, tmp_path):
    """Open a history's page from file://."""
    file = tmp_path / "index.html"

    def open_page(lines, *, label=None, book=1, ended=(), **options):
        curve = thin([each for each in lines if each.book == book])
        source = index_page(lines, curve=curve, label=label, cache_folder=None, book=book, ended=ended)
        file.write_text(source, encoding="utf-8")
        return pages.open(file, **options)

    return open_page


@EVERY_HISTORY
def test_the_page_opens_alone_and_in_silence(opened, name):
    """Every history opens with one request, not a word on the console (the fixture checks), and its style."""
    page = opened(HISTORIES[name](), label="SANDBOX - simulated prices")
    assert page.get_by_role("heading", name="Paper run — all sessions").is_visible()
    assert page.get_by_text("SANDBOX - simulated prices").is_visible()
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.masthead')).borderBottomStyle") == "double"
    )


def test_what_the_policy_forbids_does_not_happen(browser, tmp_path):
    """A script, a handler and an image that got in after all would still be refused."""
    source = index_page(history(3), curve=history(3), label=None, cache_folder=None)
    attack = "<img src=http://127.0.0.1:9/x onerror='document.title=1'><script>document.title=2</script>"
    file = tmp_path / "attacked.html"
    file.write_text(source.replace("<main>", "<main>" + attack), encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    stopped = {}
    page.on("requestfailed", lambda request: stopped.update({request.url: request.failure}))
    page.goto(file.as_uri())
    assert page.title() == "Paper run — all sessions"
    assert stopped == {"http://127.0.0.1:9/x": "csp"}
    context.close()


@pytest.mark.parametrize("present", [0, 30])
def test_earlier_books_read_well(opened, present):
    """Ended books, with a present one and without: axe has no complaint, and only the table scrolls."""
    days = history(50 + present)
    lines = [each._replace(book=1 if at < 50 else 2) for at, each in enumerate(days)]
    total, closing = Decimal("-1234.56"), Decimal("98765.44")
    ended = EndedBook(
        1, "2025-01-02", "by a@b on 2025-03-14 16:20:00-04:00", 60, "2025-03-13", total, closing, None
    )
    page = opened(lines, book=2, ended=[ended], bypass_csp=True)
    assert page.get_by_role("heading", name="Earlier books").is_visible()
    assert page.get_by_text("10 of them only in history.csv").is_visible()
    for width in (1280, 390):
        resize(page, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints(page, contrast=width == 1280) == ""
    page.emulate_media(color_scheme="dark")
    assert complaints_of_inks(page) == ""


@pytest.mark.parametrize("name", ["none", "unvalued", "losses", "quarter"])
def test_axe_finds_nothing(opened, name):
    """The accessibility checker has no complaint, contrast of both palettes included, wide and on a phone."""
    page = opened(HISTORIES[name](), label="SANDBOX - simulated prices", bypass_csp=True)
    for width in (1280, 360):
        resize(page, width)
        assert complaints(page, contrast=width == 1280) == ""
    page.emulate_media(color_scheme="dark")
    assert complaints_of_inks(page) == ""


@EVERY_HISTORY
def test_the_page_never_scrolls_sideways(opened, name):
    """From a phone to 4K the page fits the window; what is wider scrolls in a focusable, named region."""
    page = opened(HISTORIES[name]())
    for width in (360, 768, 1280, 3840):
        resize(page, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    for region in page.get_by_role("region").all():
        if region.evaluate("part => getComputedStyle(part).overflowX") == "auto":
            assert region.get_attribute("tabindex") == "0"
            assert region.get_attribute("aria-label")


def test_a_link_opens_the_report_beside_the_page(browser, tmp_path):
    """Followed by keyboard, the first attempt's link and a mark's lead to the files of those names."""
    lines = [history(1)[0]._replace(attempts=((1, "success"), (2, "partial")), marked=True)]
    source = index_page(lines, curve=lines, label=None, cache_folder=None)
    (tmp_path / "index.html").write_text(source, encoding="utf-8")
    names = ["2025-01-02_paper_run.html", "2025-01-02-2_paper_run.html", "2025-01-02_mark.html"]
    for name in names:
        (tmp_path / name).write_text(f"<!DOCTYPE html><title>{name}</title>", encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    links = page.locator("#all-sessions a").all()
    assert [link.evaluate("link => link.href") for link in links] == [
        (tmp_path / name).as_uri() for name in names
    ]
    for name, link in zip(names, ["attempt 1: success", "attempt 2 partial", "mark"], strict=True):
        page.get_by_role("link", name=link).press("Enter")
        page.wait_for_url(f"**/{name}")
        assert page.title() == name
        page.go_back()
    context.close()


def test_the_curve_reaches_from_edge_to_edge(opened):
    """The plot and its scale stand side by side, and no label is cut off at any width."""
    page = opened(HISTORIES["year"]())
    for width in (360, 1280, 3840):
        resize(page, width)
        outside = page.evaluate(
            """() => [...document.querySelectorAll(".panel")].flatMap((panel) => {
                const edge = panel.getBoundingClientRect();
                return [...panel.querySelectorAll("text")].filter((label) => {
                    const box = label.getBoundingClientRect();
                    return box.width && (box.left < edge.left - 1 || box.right > edge.right + 1
                        || box.top < edge.top - 1 || box.bottom > edge.bottom + 1);
                }).map((label) => label.textContent);
            })"""
        )
        assert outside == []


@EVERY_HISTORY
def test_no_figure_is_cut_off(opened, name):
    """On a phone and wide, each headline figure and each day of the calendar holds its text."""
    page = opened(HISTORIES[name]())
    for width in (360, 700, 1280):
        resize(page, width)
        cut = page.evaluate(
            """() => [...document.querySelectorAll(".month td, .figures dd")]
                .filter((part) => part.scrollWidth > part.clientWidth + 1).map((part) => part.textContent)"""
        )
        assert cut == []


def test_the_page_follows_light_and_dark_and_prints_light(opened):
    """Dark follows the reader's system; paper is white whatever the screen was."""
    page = opened(history(8), color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(18, 21, 24)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.emulate_media(media="screen", color_scheme="light")
    assert page.evaluate(ground) == "rgb(250, 248, 243)"


def test_paper_has_every_session_and_repeats_the_heading(opened, pdftotext, tmp_path):
    """Printed, the list is whole, with its heading on every page that it covers."""
    lines = HISTORIES["year"]()
    opened(lines).pdf(path=tmp_path / "index.pdf", prefer_css_page_size=True)
    command = [pdftotext, "-layout", tmp_path / "index.pdf", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert all(each.session in text for each in lines)
    listed = [page for page in text.split("\f") if page.count("success") > 5]
    assert len(listed) > 3
    assert all("Total P&L" in page for page in listed)


def test_pictures_for_people(opened, screenshots):
    """Wide, phone, dark and printed pages are written for someone to look at."""
    for name in pictured(("one", "none", "ends-unvalued", "year")):
        page = opened(HISTORIES[name]())
        page.pdf(path=screenshots / f"index-{name}.pdf", prefer_css_page_size=True)
        for look, width, scheme in (("wide", 1280, "light"), ("dark", 1280, "dark"), ("phone", 360, "light")):
            page.emulate_media(color_scheme=scheme)
            resize(page, width)
            picture = Path(screenshots, f"index-{name}-{look}.png")
            page.screenshot(path=picture, full_page=True)
            assert picture.read_bytes().startswith(b"\x89PNG")
