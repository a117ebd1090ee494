"""Take docs/report.png anew: days of the real program on the sandbox, the last opened in a headless Chromium.

It needs the `test` extra and pillow: pip install -e ".[test]" pillow
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from paper_run.cli import main

PICTURE = Path(__file__).with_name("report.png")
SYMBOLS = ("AAPL", "MSFT", "GOOGL", "AMZN", "NVDA", "TSLA")
SESSIONS = 45
WIDTH, HEIGHT, SCALE = 1280, 1080, 1.5
COLOURS = 128


def report(folder: Path) -> Path:
    """Play sessions in the folder and return the last one's page."""
    words = ["--sandbox", "-q", "--reports-dir", str(folder), "--sessions", str(SESSIONS)]
    status = main([*words, "--symbols", *SYMBOLS])
    if status:
        sys.exit(f"the day ended with exit status {status}")
    return max(folder.rglob("*_paper_run.html"))


def picture(page_file: Path) -> bytes:
    """Return the first screen of a page as PNG."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium found (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE, color_scheme="light"
        )
        page.goto(page_file.as_uri())
        taken = page.screenshot()
        browser.close()
    return taken


def save(png: bytes) -> None:
    """Write the picture with few colours, which keeps it small."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(PICTURE, optimize=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        save(picture(report(Path(temporary))))
    sys.stdout.write(f"{PICTURE} ({PICTURE.stat().st_size // 1024} KB)\n")
