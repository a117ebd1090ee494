"""Golden files: what a play leaves, less all that differs from play to play, against tests/golden."""

import difflib
import json
import re
import sys
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

UPDATE = "--update-golden"

_WALL_CLOCK = "<now>"
_REPLACED = (
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    (re.compile(r'("ledger": |--ledger )"?[0-9a-f]{8}"?'), r"\1<ledger>"),
    (re.compile(r'("number": ")?(paper account )?PA[0-9A-F]{8}\b'), r"\1\2<account>"),
    (re.compile(r'("timestamp": )"[^"]+"'), rf'\1"{_WALL_CLOCK}"'),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d E[SD]T"), _WALL_CLOCK),
    (re.compile(r'("(?:duration_seconds|latency_ms)": )[\d.]+'), r"\1<measured>"),
    (re.compile(r"\(\d+\.\d+s\)"), "(<measured>s)"),
)
# The sandbox's clock runs while it is asked: its seconds differ from play to play, its minutes do not.
_SECONDS = re.compile(r"(?<=T\d\d:\d\d):\d\d(?=[+-]\d\d:\d\d)")
_AGE = re.compile(r'(?<="price_age_seconds": )\d+|(?<=T\d\d:\d\d:<s>-05:00,)\d+')


def normalised(text: str, folder: Path, run_ids: Iterable[str]) -> str:
    """Return the text with everything replaced that differs from play to play, and nothing else.

    :param folder: below which the files were written. :param run_ids: those of the play, which are random.
    """
    text = text.replace(str(folder), "<folder>").replace(sys.executable, "<python>")
    for number, run_id in enumerate(run_ids, start=1):
        text = text.replace(run_id, f"<run {number}>")
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    text = _SECONDS.sub(":<s>", text)
    return _AGE.sub(lambda age: f"<{round(int(age[0]) / 60)} minutes>", text)


def run_ids(documents: Iterable[str]) -> list[str]:
    """Return the run ids of result documents, in their order."""
    return [run_id for document in documents if (run_id := json.loads(document)["run_id"])]


class _FirstScreen(HTMLParser):
    """Collects every heading, and of banners, masthead and lead also the terms, figures and sentences."""

    _HEADINGS = ("h1", "h2", "h3")
    _FIGURES = ("p", "dt", "dd")

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._within = ""
        self._is_below = False

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the name is the base class's
        if tag in self._HEADINGS or (tag in self._FIGURES and not self._is_below):
            self._within = tag
            self.lines.append("# " if tag in self._HEADINGS else "  = " if tag == "dd" else "  ")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._within:
            self._within = ""
        if tag == "section":
            self._is_below = True

    def handle_data(self, data: str) -> None:
        if self._within:
            self.lines[-1] += data


def first_screen(page: str) -> str:
    """Return a page's headings and the figures of its first screen, a line each."""
    reader = _FirstScreen()
    # Before the header stand what a sheet of paper repeats and the links that skip ahead: no part of it.
    reader.feed(page[page.index("<header>") :])
    marks = (line[: len(line) - len(line.lstrip(" #="))] for line in reader.lines)
    return "".join(
        f"{mark}{' '.join(line[len(mark) :].split())}\n"
        for mark, line in zip(marks, reader.lines, strict=True)
    )


def compare(found: str, file: Path, *, update: bool) -> None:
    """Compare a text with a golden file, byte for byte, or make it the golden file."""
    if update:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(found.encode())
        return
    expected = file.read_bytes().decode() if file.is_file() else ""
    if found == expected:
        return
    shown = "\n".join(
        repr(line) if line.startswith(("+", "-")) and line.endswith("\r") else line
        for line in difflib.unified_diff(
            expected.split("\n"), found.split("\n"), f"golden/{file.name}", "found", lineterm=""
        )
    )
    raise AssertionError(
        f"{file.parent.name}/{file.name} is not the golden one.\n{shown}\n"
        f"If this is what it should be: python -m pytest tests/report/test_golden.py {UPDATE}\n"
        "and read the change of tests/golden before it is kept."
    )


def stale(golden: Path, names: Iterable[str]) -> set[str]:
    """Return the golden files that nothing is compared with."""
    there = {path.relative_to(golden).as_posix() for path in golden.rglob("*") if path.is_file()}
    return there - set(names)
