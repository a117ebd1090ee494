"""Dates as a person types them and files are named: YYYY-MM-DD, and no other of ISO 8601's forms."""

from __future__ import annotations

import re
from datetime import date

PATTERN = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


def read(text: str) -> date:
    """Return the date that a text is.

    :raises ValueError: it is none, in words that follow it: `2025-02-30: day is out of range for month`.
    """
    if not re.fullmatch(PATTERN, text):
        raise ValueError("it is not written YYYY-MM-DD")
    return date.fromisoformat(text)
