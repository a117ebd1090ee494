"""The months as `history --monthly` prints them: a table for a terminal, or JSON."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple
from paper_run.book.days import deepest, rounded
from paper_run.book.periods import return_over
from paper_run.model.json_text import dumps
from paper_run.money import total
from paper_run.report import columns, text
from paper_run.report.columns import Block

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from paper_run.model.history import SessionLine

_HEADS = ("Month", "Sessions", "P&L", "Return", "Total P&L", "Equity", "Drawdown")
_WORDS, _SPARE = 1, ("Drawdown", "Total P&L")


class Month(NamedTuple):
    """The sessions of a book in a month; dollars and cents, None where none of them is valued.

    :ivar month: 2025-01. :ivar not_valued: how many could not be valued whole: what follows is of the others.
    :ivar pnl: the sum of their day P&L. :ivar monthly_return: their returns compounded, a ratio, unrounded;
        None too where it is not defined. :ivar total_pnl: the book's, after the last, like `closing`.
    :ivar drawdown: the deepest, a ratio, zero or negative; None too once nothing is left to compound.
    """

    month: str
    book: int
    sessions: int
    not_valued: int
    pnl: Decimal | None
    monthly_return: Decimal | None
    total_pnl: Decimal | None
    closing: Decimal | None
    drawdown: Decimal | None


def months(lines: Iterable[SessionLine], newest: int | None = None) -> list[Month]:
    """Return the months of sessions that are given oldest first.

    :param newest: how many months, the newest; None: all of them.
    """
    found = [
        _month(*key, list(own)) for key, own in groupby(lines, key=lambda each: (each.session[:7], each.book))
    ]
    return found[-newest:] if newest else found


def _month(month: str, book: int, lines: Sequence[SessionLine]) -> Month:
    whole = [line for line in lines if line.day_pnl is not None]
    last = whole[-1] if whole else None
    return Month(
        month,
        book,
        len(lines),
        len(lines) - len(whole),
        total(line.day_pnl for line in whole if line.day_pnl is not None) if whole else None,
        return_over(line.daily_return for line in whole) if whole else None,
        last and last.total_pnl,
        last and last.closing,
        deepest(line.drawdown for line in whole),
    )


def table(found: Sequence[Month], width: int = columns.WIDTH) -> str:
    """Return the months in the order given, at least one, and below each book what they come to."""
    books = [list(own) for _, own in groupby(found, key=lambda each: each.book)]
    blocks = [_block(own, several=len(books) > 1) for own in books]
    return columns.table(_HEADS, blocks, wrapped=_WORDS, width=width, spare=_SPARE)


def json_text(found: Sequence[Month]) -> str:
    """Return a JSON list of the months in the order given; amounts have their exact digits."""
    content: Any = [
        each._asdict() | {name: rounded(getattr(each, name)) for name in ("monthly_return", "drawdown")}
        for each in found
    ]
    return dumps(content)


def _block(found: Sequence[Month], *, several: bool) -> Block:
    known = [each.pnl for each in found if each.pnl is not None]
    earned = return_over(each.monthly_return for each in found if each.pnl is not None) if known else None
    footer = (
        f"Book {found[0].book}" if several else "Sum",
        _sessions(sum(each.sessions for each in found), sum(each.not_valued for each in found)),
        text.signed_money(total(known) if known else None),
        text.signed_percent(earned),
        *[""] * (len(_HEADS) - 4),
    )
    return Block([_row(each) for each in found], footer)


def _row(each: Month) -> tuple[str, ...]:
    return (
        text.one_line(each.month),
        _sessions(each.sessions, each.not_valued),
        text.signed_money(each.pnl),
        text.signed_percent(each.monthly_return),
        text.signed_money(each.total_pnl),
        text.money(each.closing),
        text.signed_percent(each.drawdown),
    )


def _sessions(number: int, not_valued: int) -> str:
    return f"{number:,}" + (f", {not_valued:,} not valued" if not_valued else "")
