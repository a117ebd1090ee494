"""The worked examples of docs/CONCEPTS are true: each runs against the program, in the order of the page."""

import doctest
import re
from pathlib import Path

import pytest
from support.tree import ROOT

PAGES = sorted((ROOT / "docs" / "CONCEPTS").glob("*.md"))


def _examples(page: Path) -> doctest.DocTest:
    """Return the fenced `python` blocks of a page as one doctest, with the page's own line numbers."""
    text = page.read_text("utf-8")
    kept = [""] * (text.count("\n") + 1)
    for block in re.finditer(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        first = text.count("\n", 0, block.start(1))
        lines = block[1].splitlines()
        assert lines[0].startswith(">>> "), f"{page.name}, line {first + 1}: no example"
        kept[first : first + len(lines)] = lines
    return doctest.DocTestParser().get_doctest("\n".join(kept), {}, page.name, str(page), 0)


def test_there_are_pages() -> None:
    """The search finds the pages, so that the next test is not empty."""
    assert "pnl-calculation.md" in [page.name for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_of_a_page_are_true(page: Path) -> None:
    """Every example gives what the page says it gives."""
    test = _examples(page)
    said: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert result.attempted > 10
    assert result.failed == 0, "".join(said)


def test_a_wrong_example_is_found(tmp_path: Path) -> None:
    """An example that gives something else fails, and is named with its line on the page."""
    page = tmp_path / "wrong.md"
    page.write_text("# Sums\n\n```python\n>>> 1 + 1\n3\n```\n", "utf-8")
    said: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(_examples(page), out=said.append)
    assert result.failed == 1
    assert "line 4" in "".join(said)
