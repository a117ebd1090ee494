"""A real Chromium for the pages: found, started once, and watched for every request and complaint."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from paper_run.writers.html_page import render

# Debian's Chromium as root, without a word to the network of its own.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PLACES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")


def unavailable(reason: str) -> NoReturn:
    """Skip, saying why; where CI has promised a browser, its absence is a failure."""
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(f"CI must have a browser: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for the whole session."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        unavailable("playwright is not installed (pip install 'paper_run[test]')")
    executable = next(filter(None, map(shutil.which, PLACES)), None)
    if executable is None:
        unavailable("no Chromium found (apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def pdftotext() -> str:
    """The program that reads a printed page back."""
    reader = shutil.which("pdftotext")
    if reader is None:
        unavailable("no pdftotext found (apt-get install poppler-utils)")
    return reader


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures for people go: PAPER_RUN_SCREENSHOTS, else a temporary folder."""
    named = os.environ.get("PAPER_RUN_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


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
