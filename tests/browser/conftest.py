"""A page of its own for each test."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from builders.stated import render
from support.chromium import Pages


@pytest.fixture
def opened(pages: Pages, tmp_path: Path) -> Callable[..., Any]:
    """Open a document's page from file://."""
    numbers = count()

    def open_page(document: Any, *, curve: Any = (), **options: Any) -> Any:
        file = tmp_path / f"page-{next(numbers)}.html"
        file.write_text(render(document, curve=curve), encoding="utf-8")
        return pages.open(file, **options)

    return open_page
