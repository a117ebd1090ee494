"""The page by its number of orders: what it costs to make, what it weighs, how long it takes to open."""

import functools
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measuring import ROOT, environment, installed, medians, options, show

ORDERS = (3, 50, 500, 5000)
WEIGHED, WEIGHT_BUDGET = 50, 150
EMPTY, OPENING_BUDGET = "an empty page", 2.5
EMPTY_PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Empty</title></html>\n'
# As in tests/browser: Debian's Chromium as root, without a word to the network of its own.
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
# Two frames: when the second begins, the first has been painted.
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def main() -> None:
    given = options(__doc__ or "", rounds=9).parse_args()
    with installed(given.python) as python, tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        _show_making(python, folder, given.rounds)
        pages = {f"{orders:,} orders": _page(folder, orders) for orders in ORDERS}
        _show_weights(folder)
        pages = {EMPTY: folder / "empty.html"} | pages
        pages[EMPTY].write_text(EMPTY_PAGE, "utf-8")
        _show_opening(pages, given.rounds)


def _page(folder: Path, orders: int) -> Path:
    return folder / f"{orders}.html"


def _show_making(python: Path, folder: Path, rounds: int) -> None:
    """Print the CPU that making each page takes; the pages are left in the folder."""
    making = {f"{orders:,} orders": functools.partial(_make, python, folder, orders) for orders in ORDERS}
    show(
        "Making a page with all sections and 60 sessions, no imports",
        medians(making, rounds),
        base=next(iter(making)),
        budgets={},
    )


def _make(python: Path, folder: Path, orders: int) -> float:
    maker = Path(__file__).with_name("page_maker.py")
    command = [python, maker, str(orders), _page(folder, orders)]
    # The documents lie in the tests, the package must be the installed one.
    env = environment(PYTHONPATH=str(ROOT / "tests"))
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command}: exit {done.returncode}\n{done.stderr}")
    return float(done.stdout)


def _show_weights(folder: Path) -> None:
    print("Weight of a page with all sections and 60 sessions")
    for orders in ORDERS:
        weight = _page(folder, orders).stat().st_size / 1000
        line = f"  {f'{orders:,} orders and positions':<44} {weight:8.1f} kB"
        if orders == WEIGHED:
            verdict = "within" if weight <= WEIGHT_BUDGET else "OVER"
            line += f"   budget {WEIGHT_BUDGET} kB   {verdict}"
        print(line)


def _show_opening(pages: dict[str, Path], rounds: int) -> None:
    from playwright.sync_api import sync_playwright

    executable = next(filter(None, map(shutil.which, PLACES)), None)
    if executable is None:
        sys.exit("no Chromium found (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        found = medians(
            {name: functools.partial(_open, browser, file) for name, file in pages.items()}, rounds
        )
        show(
            "Chromium opens a page",
            found,
            base=EMPTY,
            budgets=dict.fromkeys(list(found)[1:], OPENING_BUDGET),
            measured="wall time, to the first painted frame after its load event",
        )
        browser.close()


def _open(browser: Any, file: Path) -> float:
    """Return how long it takes from the address to the picture, in a fresh profile."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    start = time.perf_counter()
    page.goto(file.as_uri())
    page.evaluate(PAINTED)
    seconds = time.perf_counter() - start
    context.close()
    return seconds


if __name__ == "__main__":
    main()
