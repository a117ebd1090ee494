"""Run by the interpreter under test: `page_maker.py ORDERS FILE` writes a page, prints what it took.

What it prints is the CPU time of making the page alone, in seconds: imports and the result come before.
"""

import sys
import time
from pathlib import Path

import jinja2  # noqa: F401 - rendering imports it first of all, and imports are no part of what is measured
from builders import whole_days

from paper_run.report.html import page as html_page

SESSIONS = 60


def main() -> None:
    orders, file = int(sys.argv[1]), Path(sys.argv[2])
    result = whole_days.result(orders)
    curve, signals = whole_days.curve(result, SESSIONS), whole_days.past(result, SESSIONS)
    start = time.process_time()
    page = html_page.render(result, curve=curve, signals=signals)
    print(time.process_time() - start)
    file.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
