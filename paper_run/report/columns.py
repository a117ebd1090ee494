"""A table for a terminal: words to the left, amounts to the right, one column of words wrapped to fit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH = 100
_LEAST_WIDTH = 40
_GAP = "  "
_NO_BREAK = "\N{NO-BREAK SPACE}"
# "interrupted," fits.
_NARROWEST = 12


def width() -> int:
    """Return how many columns there are: those that the variable COLUMNS names, at most `WIDTH`."""
    typed = os.environ.get("COLUMNS", "")
    return max(_LEAST_WIDTH, min(WIDTH, int(typed))) if typed.isascii() and typed.isdigit() else WIDTH


class Block(NamedTuple):
    """Rows that belong together, and what they come to."""

    rows: Sequence[Sequence[str]]
    footer: Sequence[str]


def table(heads: Sequence[str], blocks: Sequence[Block], *, wrapped: int) -> str:
    """Return a table of at most `width()` columns, as far as amounts leave room: none is shortened.

    :param wrapped: which column takes more rows where it is too long; it and those before it are words.
    """
    rows = [row for block in blocks for row in (*block.rows, block.footer)]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    others = sum(widths) - widths[wrapped] + len(_GAP) * (len(widths) - 1)
    widths[wrapped] = max(_NARROWEST, min(widths[wrapped], width() - others))
    rule = "-" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    shown = _shown(heads, widths, wrapped)
    for block in blocks:
        shown.append(rule)
        for row in block.rows:
            shown += _shown(row, widths, wrapped)
        shown += [rule, *_shown(block.footer, widths, wrapped)]
    return "\n".join(shown) + "\n"


def in_lines(words: Sequence[str]) -> Iterator[str]:
    """Yield words that belong together on a line, or from where there is no room on lines of their own."""
    line = ""
    for each in words:
        if line and len(line) + len(_GAP) + len(each.rstrip()) > width():
            yield line.rstrip()
            line = _GAP + each
        else:
            line += (_GAP if line else "") + each
    yield line.rstrip()


def _shown(row: Sequence[str], widths: Sequence[int], wrapped: int) -> list[str]:
    """Return the lines of a row."""
    first, *more = _wrapped(row[wrapped], widths[wrapped])
    cells = [
        f"{words:<{width}}" if at <= wrapped else f"{words:>{width}}"
        for at, (words, width) in enumerate(zip(row, widths, strict=True))
    ]
    cells[wrapped] = f"{first:<{widths[wrapped]}}"
    indent = "".join(" " * width + _GAP for width in widths[:wrapped])
    return [_GAP.join(cells).rstrip(), *(indent + words for words in more)]


def _wrapped(words: str, width: int) -> list[str]:
    """Return the lines of words, each part between commas whole on one line where the longest one fits."""
    if len(words) <= width:
        return [words]
    from textwrap import wrap

    whole = words.replace(" ", _NO_BREAK).replace("," + _NO_BREAK, ", ")
    fit = all(len(part) <= width for part in whole.split(" "))
    return [line.replace(_NO_BREAK, " ") for line in wrap(whole if fit else words, width)] or [""]
