"""Take docs/report.png, index.png and email.png anew: days of the real program on the sandbox, in Chromium.

It needs the `test` extra and pillow: pip install -e ".[test]" pillow
"""

import contextlib
import email
import email.policy
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from paper_run.cli import main

REPORT, INDEX, EMAIL = (Path(__file__).with_name(f"{name}.png") for name in ("report", "index", "email"))
SYMBOLS = ("AAPL", "MSFT", "GOOGL", "AMZN", "NVDA", "TSLA")
SESSIONS = 45
MOST = "5000"
WIDTH, HEIGHT, INDEX_HEIGHT, SCALE = 1280, 1240, 1700, 1.5
EMAIL_WIDTH, EMAIL_HEIGHT = 640, 900
COLOURS = 128


def report(folder: Path) -> Path:
    """Play sessions in the folder and return the last one's page."""
    words = ["--sandbox", "-q", "--reports-dir", str(folder), "--sessions", str(SESSIONS)]
    status = main([*words, "--symbols", *SYMBOLS, "--max-position-size", MOST])
    if status:
        sys.exit(f"the day ended with exit status {status}")
    return max(folder.rglob("*_paper_run.html"))


def letter(folder: Path) -> Path:
    """Return the HTML part of the last session's mail, as a file."""
    os.environ["PAPER_RUN_EMAIL_TO"] = "trader@example.com"
    printed = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with contextlib.redirect_stdout(printed):
        status = main(["email", "latest", "--to-stdout", "--sandbox", "--reports-dir", str(folder)])
    if status:
        sys.exit(f"the mail ended with exit status {status}")
    message = email.message_from_bytes(printed.buffer.getvalue(), policy=email.policy.default)
    file = folder / "letter.html"
    file.write_text(message.get_body(("html",)).get_content(), encoding="utf-8")
    return file


def picture(page_file: Path, width: int, height: int) -> bytes:
    """Return the first screen of a page as PNG."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium found (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(
            viewport={"width": width, "height": height}, device_scale_factor=SCALE, color_scheme="light"
        )
        page.goto(page_file.as_uri())
        taken = page.screenshot()
        browser.close()
    return taken


def save(png: bytes, path: Path) -> None:
    """Write the picture with few colours, which keeps it small."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    sys.stdout.write(f"{path} ({path.stat().st_size // 1024} KB)\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        page = report(Path(temporary))
        save(picture(page, WIDTH, HEIGHT), REPORT)
        save(picture(page.with_name("index.html"), WIDTH, INDEX_HEIGHT), INDEX)
        save(picture(letter(Path(temporary)), EMAIL_WIDTH, EMAIL_HEIGHT), EMAIL)
