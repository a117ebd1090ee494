"""The tear sheet in a real Chromium: alone, at every width, in the dark and in forced colours."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builders.tearsheets import of
from support.chromium import Pages, complaints, resize

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
