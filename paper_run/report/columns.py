"""A table for a terminal: words to the left, amounts to the right, one column of words wrapped to fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH = 100
_GAP = "  "
_NO_BREAK = "\N{NO-BREAK SPACE}"
# "interrupted," fits.
_NARROWEST = 12


class Block(NamedTuple):
    """Rows that belong together, and what they come to."""

    rows: Sequence[Sequence[str]]
    footer: Sequence[str]


def table(
    heads: Sequence[str],
    blocks: Sequence[Block],
    *,
    wrapped: int,
    width: int = WIDTH,
    spare: Sequence[str] = (),
) -> str:
    """Return a table of at most `width` columns, as far as amounts leave room: none is shortened.

    :param wrapped: which column takes more rows where it is too long; it and those before it are words.
    :param spare: heads of the columns that are left out where there is no room, the first one first.
    """
    left_out: list[str] = []
    widths = _widths(heads, blocks)

    def others() -> int:
        return sum(widths) - widths[wrapped] + len(_GAP) * (len(widths) - 1)

    for head in spare:
        if others() + _NARROWEST <= width:
            break
        at = heads.index(head)
        heads = [*heads[:at], *heads[at + 1 :]]
        blocks = [_without(each, at) for each in blocks]
        del widths[at]
        left_out.append(head)
    widths[wrapped] = max(_NARROWEST, min(widths[wrapped], width - others()))
    rule = "-" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    # One text for all rows: a decade of sessions has thousands.
    line = _GAP.join(f"{{:{'<' if at <= wrapped else '>'}{each}}}" for at, each in enumerate(widths)).format
    room = widths[wrapped]

    def lines(row: Sequence[str]) -> list[str]:
        if len(row[wrapped]) <= room:
            return [line(*row).rstrip()]
        first, *more = _wrapped(row[wrapped], room)
        indent = "".join(" " * width + _GAP for width in widths[:wrapped])
        cut = [*row[:wrapped], first, *row[wrapped + 1 :]]
        return [line(*cut).rstrip(), *(indent + words for words in more)]

    shown = lines(heads)
    for block in blocks:
        shown.append(rule)
        for row in block.rows:
            shown += lines(row)
        shown += [rule, *lines(block.footer)]
    if left_out:
        shown.append(f"No room for: {', '.join(reversed(left_out))}.")
    return "\n".join(shown) + "\n"


def _widths(heads: Sequence[str], blocks: Sequence[Block]) -> list[int]:
    rows = [row for block in blocks for row in (*block.rows, block.footer)]
    return [max(map(len, column)) for column in zip(heads, *rows, strict=True)]


def _without(block: Block, at: int) -> Block:
    """Return a block without a column."""
    return Block(
        [[*row[:at], *row[at + 1 :]] for row in block.rows], [*block.footer[:at], *block.footer[at + 1 :]]
    )


def in_lines(words: Sequence[str], width: int) -> Iterator[str]:
    """Yield words that belong together on a line, or from where there is no room on lines of their own."""
    line = ""
    for each in words:
        if line and len(line) + len(_GAP) + len(each.rstrip()) > width:
            yield line.rstrip()
            line = _GAP + each
        else:
            line += (_GAP if line else "") + each
    yield line.rstrip()


def _wrapped(words: str, width: int) -> list[str]:
    """Return the lines of words, each part between commas whole on one line where the longest one fits."""
    from textwrap import wrap

    whole = words.replace(" ", _NO_BREAK).replace("," + _NO_BREAK, ", ")
    fit = all(len(part) <= width for part in whole.split(" "))
    return [line.replace(_NO_BREAK, " ") for line in wrap(whole if fit else words, width)] or [""]
