"""A page of its own for each test, watched for every request and complaint."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from paper_run.writers.html_page import render


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a document's page from file://; it may ask for nothing but itself, and complain of nothing."""
    contexts, asked, complaints, addresses = [], [], [], set()

    def open_page(
        document: Any, *, curve: Any = (), width: int = 1280, height: int = 800, **options: Any
    ) -> Any:
        file = tmp_path / f"page-{len(contexts)}.html"
        file.write_text(render(document, curve=curve), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        addresses.add(file.as_uri())
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert set(asked) == addresses, "the page asked for more than itself"
    assert complaints == []
