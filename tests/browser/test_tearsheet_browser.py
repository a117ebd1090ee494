"""The tear sheet in a real Chromium: alone, at every width, in the dark and in forced colours."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builders.tearsheets import of
from support.chromium import Pages, complaints, printed, resize

from paper_run.report.html.tearsheet import render

pytestmark = pytest.mark.browser
WIDTHS = (390, 1280, 3840)


@pytest.fixture
def shown(pages: Pages, tmp_path: Path) -> Callable[..., Any]:
    """Open the tear sheet of so many sessions from file://."""

    def open_page(number: int, **options: Any) -> Any:
        file = tmp_path / "tearsheet.html"
        file.write_text(render(of(number)), encoding="utf-8")
        return pages.open(file, **options)

    return open_page


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, {"forced_colors": "active"}], ids=str)
def test_it_reads_well(shown: Callable[..., Any], look: dict[str, str]) -> None:
    """Axe has no complaint, nothing is loaded, and at no width the page is wider than the window."""
    page = shown(700, bypass_csp=True, **look)
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    assert complaints(page) == ""
    for width in WIDTHS:
        resize(page, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_loss_is_told_without_its_colour(shown: Callable[..., Any]) -> None:
    """It is hatched, and has its sign."""
    page = shown(60)
    loss = page.locator(".bymonth td.loss").first
    assert "repeating-linear-gradient" in loss.evaluate("each => getComputedStyle(each).backgroundImage")
    assert loss.inner_text().startswith("\N{MINUS SIGN}")


@pytest.mark.parametrize("number", [2, 20, 60, 700])
def test_on_paper_it_is_a_few_full_sheets(shown: Callable[..., Any], pdftotext: str, number: int) -> None:
    """Three, or four with many months; none with a line or two, no table of figures cut in two."""
    sheets = printed(shown(number), pdftotext)
    assert len(sheets) <= 4
    assert min(map(len, sheets)) > 5
    (with_statistics,) = [sheet for sheet in sheets if any("Kurtosis" in line for line in sheet)]
    assert any("Best day" in line for line in with_statistics)


def test_all_of_its_sections_are_there(shown: Callable[..., Any]) -> None:
    """On a phone too: what scrolls inside a table has a shade, and the page itself does not."""
    page = shown(60)
    resize(page, 390)
    for name in ("Execution costs", "Signals", "Symbols and round trips", "Periods"):
        assert page.get_by_role("heading", name=name, exact=True).is_visible()
    table = page.locator(".scroll:has(.by-symbol)")
    assert table.evaluate("each => each.scrollWidth > each.clientWidth")
    assert "linear-gradient" in table.evaluate("each => getComputedStyle(each).backgroundImage")
    assert page.locator("#symbols-table tfoot th").all_inner_texts() == ["All symbols"]


def test_on_paper_no_label_of_the_curve_is_cut_off(shown: Callable[..., Any]) -> None:
    """The one of a high at the very top too: it lies inside its panel."""
    page = shown(60, width=690)  # a sheet's width
    page.emulate_media(media="print")
    label = page.locator(".equity text", has_text="High $").first
    above = label.evaluate(
        "each => each.getBoundingClientRect().top - each.closest('.panel').getBoundingClientRect().top"
    )
    assert above >= 0
