"""Dates as a person types them and files are named, YYYY-MM-DD alone; and times as services write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

PATTERN = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


def read(text: str) -> date:
    """Return the date that a text is.

    :raises ValueError: it is none, in words that follow it: `2025-02-30: day is out of range for month`.
    """
    if not re.fullmatch(PATTERN, text):
        raise ValueError("it is not written YYYY-MM-DD")
    return date.fromisoformat(text)


def moment(text: str | None) -> datetime | None:
    """Return the time that a service wrote, aware; one without a zone is UTC. None: it is no time."""
    try:
        read = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read
