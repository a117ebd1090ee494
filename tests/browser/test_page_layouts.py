"""The page at every width: wide tables, two lines a row, cards on a phone, few colours, and paper."""

from functools import cache

import pytest
from builders import days, documents
from support.chromium import complaints, printed, resize

pytestmark = pytest.mark.browser

CURVE = documents.curve(40)
WIDTHS = (390, 700, 1024, 1280, 1440, 3840)

# Of each cell that is seen: is its number on one line, and does its text stay inside it?
_UNREADABLE = """() => {
  const found = [];
  for (const row of document.querySelectorAll(':is(.orders, .positions) tr')) for (const cell of row.cells) {
    if (getComputedStyle(cell).clipPath !== 'none') continue;
    const words = document.createRange();
    words.selectNodeContents(cell);
    const lines = [...words.getClientRects()].filter((each) => each.width > 1 && each.height > 1);
    const box = cell.getBoundingClientRect();
    const isNumber = /^[-+\\u2212$\\d.,%\\s]+$/.test(cell.textContent);
    const isBroken = isNumber && new Set(lines.map((each) => Math.round(each.top))).size > 1;
    const isOver = lines.some((each) => each.right > box.right + 1 || each.left < box.left - 1);
    if (isBroken || isOver) found.push(cell.textContent);
  }
  return found;
}"""


@cache
def a_day_of(rows):
    """A day with so many orders and positions, long and short, gains and losses of any size."""
    document = days.many_orders(rows)
    held = [
        documents.position(
            f"S{at:03d}", str((17 + 7 * at) * (-1) ** (at // 3)), f"{151 + 3 * at}.253712",
            f"{152 + 3 * at}.115", day=f"{(-1) ** at * 247.1 * at:.2f}", realized=f"{13.4 * at:.2f}",
        )
        for at in range(rows)
    ]  # fmt: skip
    return document | {"pnl": documents.book(held)}


@pytest.mark.parametrize("rows", [3, 60, 61, 150])
def test_every_number_is_whole_at_every_width(opened, rows):
    """From phone to 4K: no number is broken or lies over another, and no table is wider than the page."""
    page = opened(a_day_of(rows), curve=CURVE)
    for width in WIDTHS:
        resize(page, width)
        assert page.evaluate(_UNREADABLE) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for table in ("positions", "orders"):
            room = page.locator(f".scroll:has(#{table}-table)")
            assert room.evaluate("each => each.scrollWidth - each.clientWidth") == 0, (table, width)


def test_an_order_id_is_broken_in_its_middle(opened):
    """The gateway's 24 digits are two lines of twelve, not one and a digit."""
    page = opened(documents.good_day(), curve=CURVE, width=1280)
    page.locator("#orders-table tbody td:nth-child(13)").first.evaluate(
        "each => each.textContent = '0a1b2c' .repeat(4)"
    )
    widths = page.locator("#orders-table tbody td:nth-child(13)").first.evaluate(
        """each => {
          const words = document.createRange();
          words.selectNodeContents(each);
          return [...words.getClientRects()].map((line) => Math.round(line.width));
        }"""
    )
    assert len(widths) == 2
    assert widths[0] == widths[1]


@pytest.mark.parametrize("width", [390, 360])
def test_a_phone_shows_the_gains_without_scrolling_sideways(opened, width):
    """A position is a card of two lines: symbol, value, total and day above quantity, mark and the rest."""
    page = opened(documents.good_day(), curve=CURVE, width=width)
    row = page.locator("#positions-table tbody tr").first
    places = [cell.bounding_box() for cell in row.locator("th, td").all()]
    card = row.bounding_box()
    for number, line in ((1, 0), (6, 0), (10, 0), (11, 0), (2, 1), (4, 1), (8, 1), (9, 1)):
        box = places[number - 1]
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert int((box["y"] + box["height"] / 2 - card["y"]) / (card["height"] / 2)) == line
    assert row.locator("td:nth-child(10)").text_content() == "+$247.56"


def test_a_card_is_still_a_row_of_a_table(opened):
    """On a phone each figure keeps its heading for a screen reader, also those not on the card."""
    page = opened(documents.good_day(), curve=CURVE, width=390, bypass_csp=True)
    table = page.get_by_role("region", name="Positions table")
    heads = [each.text_content() for each in table.get_by_role("columnheader").all()]
    assert heads == [
        "Symbol", "Qty", "Average", "Mark", "Source", "Market value", "Share", "Unrealized", "Realized",
        "Total", "Day", "Gateway",
    ]  # fmt: skip
    row = table.get_by_role("row").nth(1)
    assert row.get_by_role("rowheader").text_content() == "AAPL"
    assert row.get_by_role("cell").count() == 11
    assert complaints(page) == ""


def test_a_heading_that_a_key_reaches_is_seen(opened):
    """A column that is not on the card can be sorted by: its button shows while it has the focus."""
    page = opened(documents.good_day(), curve=CURVE, width=390)
    button = page.locator("#positions-table thead button", has_text="Average")
    seen = "each => getComputedStyle(each.closest('th')).clipPath"
    assert button.evaluate(seen) != "none"
    button.focus()
    assert button.evaluate(seen) == "none"


def test_a_card_has_a_line_more_for_what_is_wrong(opened):
    """Why a position has no price, where the gateway differs, why an order was rejected: below the card."""
    page = opened(days.incomplete_day(), curve=CURVE, width=390)
    reason = page.locator("#positions-table td.why:nth-child(5)")
    assert reason.bounding_box()["width"] > 300
    page = opened(days.partial_day(), curve=CURVE, width=390)
    assert page.locator("#orders-table td.why").first.bounding_box()["width"] > 300


def test_a_table_that_scrolls_has_a_shade_at_its_edge(opened):
    """Wherever something scrolls sideways, it shows; where nothing does, the shade is covered."""
    page = opened(days.DAYS["three-parties"](), curve=CURVE, width=390)
    ground = page.locator(".scroll").first.evaluate(
        "each => [getComputedStyle(each).backgroundImage, getComputedStyle(each).backgroundAttachment]"
    )
    assert ground[0].count("linear-gradient") == 4
    assert ground[1] == "local, local, scroll, scroll"


@pytest.mark.parametrize("script", [True, False])
def test_a_full_page_capture_has_every_row(opened, script):
    """The last row of a long table is in the picture as the first is; without the script none waits."""
    page = opened(a_day_of(150), curve=CURVE, java_script_enabled=script)
    for table in ("positions", "orders"):
        rows = page.locator(f"#{table}-table tbody tr")
        assert rows.last.evaluate("row => getComputedStyle(row).contentVisibility") == "visible"
        first, last = rows.first.bounding_box(), rows.last.bounding_box()
        size = {"x": 0, "width": 1280, "height": 30}
        drawn = [len(page.screenshot(full_page=True, clip=size | {"y": each["y"]})) for each in (first, last)]
        assert drawn[1] > drawn[0] * 0.5


def test_with_few_colours_everything_can_still_be_told_apart(opened):
    """In forced colours curve and bars keep their shapes, and patterns say what they are."""
    page = opened(documents.good_day(), curve=CURVE, forced_colors="active", bypass_csp=True)
    line = page.locator(".line").first.evaluate("each => getComputedStyle(each).stroke")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert line != paper
    looks = page.locator(".bars .bar").evaluate_all("all => all.map((each) => getComputedStyle(each).fill)")
    assert paper not in looks
    assert len(set(looks)) > 1
    assert complaints(page) == ""


@pytest.mark.parametrize("number", [1, 2, 5, 20, 60])
def test_no_sheet_of_paper_has_a_line_or_two_alone(opened, pdftotext, number):
    """The footer is in the margin of each; at its end no heading stands without what it heads."""
    page = opened(documents.good_day(), curve=documents.curve(number))
    sheets = printed(page, pdftotext)
    assert min(map(len, sheets)) > 5
    page.emulate_media(media="print")
    assert page.locator("footer").is_hidden()
    headings = {each.strip() for each in page.locator("h2").all_inner_texts()}
    assert headings & {sheet[-1].strip() for sheet in sheets} == set()


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}], ids=str)
def test_on_a_phone_what_goes_on_beside_the_edge_has_a_shade(opened, look):
    """Both rows of links run on behind the edge, and show it as a table does; their names are short."""
    page = opened(days.past_limits(), curve=CURVE, width=390, **look)
    for row in page.locator(".ways ul").all():
        assert row.evaluate("each => each.scrollWidth > each.clientWidth")
        assert "linear-gradient" in row.evaluate("each => getComputedStyle(each).backgroundImage")
    assert page.locator(".parts a").first.inner_text() == "Status"
    assert max(len(each) for each in page.locator(".parts a").all_inner_texts()) < 30


def test_on_a_phone_no_date_below_a_figure_is_broken(opened):
    """Since when a figure counts stands on one line."""
    page = opened(documents.good_day(), curve=CURVE, width=390)
    heights = page.locator(".figures .aside").evaluate_all(
        "all => all.map((each) => each.offsetHeight / parseFloat(getComputedStyle(each).lineHeight))"
    )
    assert max(heights) < 1.5
