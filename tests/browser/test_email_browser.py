import re

import pytest
from builders.letters import LETTERS, letter_named
from support.chromium import complaints, complaints_of_inks, pictured, resize

pytestmark = pytest.mark.browser

EVERY_LETTER = pytest.mark.parametrize("name", LETTERS)
LETTERS_SEEN = ("good", "partial", "failed", "unknown", "incomplete", "crowded", "settled", "closed")
INKS = {"hostile", "huge", "stopped", "partial", "settled", "failed", "unknown", "crowded"}
"""Letters that have every pair of ink and ground between them."""
WIDTHS = (360, 600, 1280)
LIGHT = "rgb(250, 248, 243)"


@pytest.fixture
def opened(pages, tmp_path):
    """Open a letter's HTML part from file://."""
    file = tmp_path / "letter.html"

    def open_letter(source, **options):
        file.write_text(source, encoding="ascii")
        return pages.open(file, **options)

    return open_letter


@EVERY_LETTER
def test_a_letter_fits_and_begins_with_whether_a_person_is_needed(opened, name):
    """On a phone's first screen, before anything else: nothing to do, or what is.

    From a phone to a wide screen it never scrolls sideways, whatever a symbol or a reason says.
    """
    page = opened(letter_named(name).html, width=360, height=640)
    verdict = page.get_by_role("heading", level=1)
    assert re.match(r"Nothing to do\.|Needs you: |Look: ", verdict.text_content())
    box = verdict.bounding_box()
    assert box["y"] + box["height"] <= 200
    for width in WIDTHS:
        resize(page, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        sheet = page.locator("table table").first.bounding_box()
        assert sheet["width"] <= 600
        assert abs(sheet["x"] * 2 + sheet["width"] - width) <= 1, "it is not in the middle"


def test_the_first_screen_of_a_good_day_has_its_figures(opened):
    """On a phone day P&L, total P&L and equity need no scrolling."""
    page = opened(letter_named("good").html, width=360, height=640)
    for figure in ("+$177.38", "+$2,137.67", "$102,137.67"):
        box = page.get_by_text(figure, exact=True).bounding_box()
        assert box["y"] + box["height"] <= 640


def test_no_figure_of_the_periods_is_broken_on_a_phone(opened):
    """A figure of week, month or year stands on one line, also where it has thousands."""
    page = opened(letter_named("good").html, width=360, height=640)
    found = []
    for label in ("Week to date", "Month to date", "Year to date"):
        shown = page.get_by_text(label, exact=True).locator("xpath=following-sibling::span[1]")
        assert re.fullmatch(r"[+−]\$[\d.,]{6,}", shown.text_content())
        found.append(shown.evaluate("each => each.getClientRects().length"))
    assert found == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "width"),
    [*((name, 600) for name in LETTERS), *((name, 360) for name in ("partial", "incomplete", "crowded"))],
)
def test_axe_finds_nothing(opened, name, width):
    """The accessibility checker has no complaint, contrast of each ink included, whichever scheme."""
    page = opened(letter_named(name).html, width=width)
    assert complaints(page, contrast=width == 600 and name in INKS) == ""
    if name in {"partial", "stopped"}:
        page.emulate_media(color_scheme="dark")
        assert complaints_of_inks(page) == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_reader_in_the_dark_sees_the_colours_that_were_chosen(opened, scheme):
    """The letter is light in either scheme, so that no ground is left without its ink."""
    page = opened(letter_named("good").html, color_scheme=scheme)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == LIGHT
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 33, 38)"


def test_the_bars_are_seen_in_their_lengths(opened):
    """Of three movers the largest fills the width and the others their share, to a percent."""
    page = opened(letter_named("good").html, width=600)
    widths = page.evaluate(
        """[...document.querySelectorAll("td[style*='height:8px']")]
            .filter((cell) => cell.getAttribute("bgcolor") !== "#ece7db")
            .map((cell) => cell.getBoundingClientRect().width / cell.closest("table").clientWidth * 100)"""
    )
    assert [abs(width - share) < 1 for width, share in zip(widths, (100, 6, 34), strict=True)] == [True] * 3


def test_pictures_for_people(opened, screenshots):
    """Wide, phone and dark letters are written for someone to look at."""
    for name in pictured(LETTERS_SEEN):
        for look, width, scheme in (("wide", 1280, "light"), ("dark", 600, "dark"), ("phone", 360, "light")):
            page = opened(letter_named(name).html, width=width, color_scheme=scheme)
            file = screenshots / f"letter-{name.replace(' ', '-')}-{look}.png"
            page.screenshot(path=file, full_page=True)
            assert file.read_bytes().startswith(b"\x89PNG")
