"""What a text says, line by line."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo


def assert_in_order(text: str, patterns: Iterable[str]) -> None:
    """Find each regular expression as a whole line, in this order; other lines may stand between."""
    lines = iter(text.splitlines())
    for pattern in patterns:
        if not any(re.fullmatch(pattern, line) for line in lines):
            raise AssertionError(f"no line {pattern!r} (after the ones before it) in:\n{text}")


def new_york_today() -> date:
    return datetime.now(ZoneInfo("America/New_York")).date()
