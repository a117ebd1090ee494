"""The first few of many, and how many more there are: the same words in findings, reports and letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def listed(names: Sequence[str], most: int, *, by: str = ", ") -> str:
    """Return at most so many names, and the number of the others: `AAPL, MSFT and 3 more`.

    :param by: what parts them, such as "; " where a name may hold a comma.
    """
    shown, others = by.join(names[:most]), unlisted(len(names), most)
    return f"{shown}{' ' if by == ', ' else by}{others}" if others else shown


def unlisted(number: int, most: int, what: str = "") -> str:
    """Return how many are more than are listed, "" when all are: `and 1,003 more in the report`.

    :param what: words after it, such as "in the report".
    """
    return f"and {number - most:,} more {what}".rstrip() if number > most else ""
