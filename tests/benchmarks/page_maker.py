"""Run by the interpreter under test: `page_maker.py ORDERS FILE CACHE` writes a page, prints what it took.

What it prints is the CPU time of making the page alone, in seconds: imports and the document come before.
"""

import sys
import time
from pathlib import Path

import jinja2  # noqa: F401 - rendering imports it first of all, and imports are no part of what is measured
from builders import days, documents

from paper_run.model.result_json import of_document
from paper_run.report.html import page as html_page

SESSIONS = 260


def main() -> None:
    orders, file, cache = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    document = days.many_orders(orders) | {"pnl": days.many_positions(orders)["pnl"]}
    curve = documents.curve(SESSIONS, document)
    start = time.process_time()
    result = of_document(document)
    page = html_page.render(result, curve=curve, cache_folder=cache)
    print(time.process_time() - start)
    file.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
