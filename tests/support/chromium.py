"""Programs that some tests look with: a real Chromium, started once for the whole suite, and others."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

# Debian's Chromium as root, without a word to the network of its own.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # no process of its own for each page
]
PLACES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")


def unavailable(reason: str) -> NoReturn:
    """Skip, saying why; in CI, which installs what its tests need, it is a failure."""
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(f"CI must have it: {reason}")
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
def systemd_analyze() -> str:
    """systemd's own check of units."""
    found = shutil.which("systemd-analyze")
    return found or unavailable("no systemd-analyze found (apt-get install systemd)")


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures for people go: PAPER_RUN_SCREENSHOTS, else a temporary folder."""
    named = os.environ.get("PAPER_RUN_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def pictured(names: Sequence[str]) -> Sequence[str]:
    """Return what to make pictures of: all where somebody named a folder for them, else the first."""
    return names if os.environ.get("PAPER_RUN_SCREENSHOTS") else names[:1]


def printed(page: Any, reader: str) -> list[list[str]]:
    """Return the lines of each sheet of paper that a page is printed on, without those in its margin.

    :param reader: see `pdftotext`.
    """
    paper = page.pdf(prefer_css_page_size=True)
    command = [reader, "-layout", "-", "-"]
    text = subprocess.run(command, input=paper, capture_output=True, check=True).stdout.decode()
    sheets = [[line for line in sheet.splitlines() if line.strip()] for sheet in text.split("\f")[:-1]]
    for number, sheet in enumerate(sheets, 1):
        margin = sheet.pop()
        assert margin.replace(" ", "") == f"{number}/{len(sheets)}"
    return sheets


class Windows:
    """Windows that are used again: each new one would start a process of its own."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._free: dict[tuple[tuple[str, Any], ...], list[Any]] = {}

    def take(self, options: tuple[tuple[str, Any], ...]) -> Any:
        """Return an empty one whose context has these options."""
        free = self._free.setdefault(options, [])
        return free.pop() if free else self._browser.new_context(**dict(options)).new_page()

    def put_back(self, options: tuple[tuple[str, Any], ...], window: Any) -> None:
        """Empty one, with the pointer in its corner."""
        window.goto("about:blank")
        window.mouse.move(0, 0)
        self._free[options].append(window)


class Pages:
    """Pages from files, each in a window of its own: they ask for nothing else, and complain of nothing."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._opened: list[tuple[tuple[tuple[str, Any], ...], Any]] = []
        self._asked: list[str] = []
        self._complaints: list[str] = []
        self._addresses: set[str] = set()
        self._watchers = {
            "request": lambda request: self._asked.append(request.url),
            "console": lambda message: self._complaints.append(message.text),
            "pageerror": lambda error: self._complaints.append(str(error)),
            "dialog": self._dismissed,
        }

    def open(
        self,
        file: Path,
        *,
        width: int = 1280,
        height: int = 800,
        color_scheme: str = "light",
        at_rest: bool = True,
        **options: Any,
    ) -> Any:
        """Open a file; further options are a context's.

        :param at_rest: with all rows there and drawn at once, as they are after a second; else as it opens.
        """
        which = tuple(sorted(options.items()))
        page = self._windows.take(which)
        self._opened.append((which, page))
        for event, watcher in self._watchers.items():
            page.on(event, watcher)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(media="null", color_scheme=color_scheme)
        self._addresses.add(file.as_uri())
        page.goto(file.as_uri())
        if at_rest and options.get("java_script_enabled", True):
            page.evaluate("document.documentElement.classList.add('drawn')")
            page.wait_for_selector(".rest", state="detached")
        return page

    def _dismissed(self, dialog: Any) -> None:
        self._complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def close(self) -> None:
        """Close them, and say what they did that they should not."""
        for which, page in self._opened:
            self._windows.put_back(which, page)
            for event, watcher in self._watchers.items():
                page.remove_listener(event, watcher)
        assert set(self._asked) == self._addresses, "a page asked for more than itself"
        assert self._complaints == []


def resize(page: Any, width: int, height: int = 800) -> None:
    """Give a page's window another size, and wait until the page is drawn in it."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(
        """([width, height]) => new Promise(done => {
            const there = () => innerWidth === width && innerHeight === height;
            const look = () => requestAnimationFrame(there() ? () => requestAnimationFrame(done) : look);
            look();
        })""",
        [width, height],
    )


def complaints(page: Any, *, contrast: bool = True) -> str:
    """Return what the accessibility checker has against a page.

    :param contrast: also of the inks, which are the same at any width and take most of the time.
    """
    return _complaints(page, rules={"color-contrast": {"enabled": contrast}})


def complaints_of_inks(page: Any) -> str:
    """Return what the accessibility checker has against a page's colours alone: the palette is another."""
    return _complaints(page, runOnly=["color-contrast"])


def _complaints(page: Any, **options: Any) -> str:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"], **options})
    return found.generate_report() if found.violations_count else ""


@pytest.fixture(scope="session")
def windows(browser: Any) -> Windows:
    """The windows of the one Chromium."""
    return Windows(browser)


@pytest.fixture
def pages(windows: Windows) -> Iterator[Pages]:
    """Pages that are watched for every request and complaint."""
    opened = Pages(windows)
    yield opened
    opened.close()
