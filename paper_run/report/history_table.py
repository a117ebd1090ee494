"""The sessions as `history` prints them: a table for a terminal, or JSON (CSV: `csv_tables.history_csv`)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from paper_run.book.days import rounded
from paper_run.model.findings import counted
from paper_run.model.json_text import dumps
from paper_run.money import total
from paper_run.report import columns, text
from paper_run.report.columns import Block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paper_run.model.history import SessionLine

_HEADS = ("Session", "Status", "Day P&L", "Total P&L", "Equity", "Return", "Drawdown")
_STATUS, _SPARE = 1, ("Return", "Drawdown", "Total P&L")


def table(lines: Sequence[SessionLine], width: int = columns.WIDTH) -> str:
    """Return the sessions, at least one, a row each, and below each book their number and its day P&L.

    Nothing is added up over a reset: P&L, equity and drawdown begin again with the next book.
    At most `width` wide while no amount reaches a billion dollars: a session of many attempts takes
    more rows. Amounts are never shortened, so that the rows add up to the sum.
    """
    books = [list(own) for _, own in groupby(lines, key=lambda line: line.book)]
    blocks = [_block(own, several=len(books) > 1) for own in books]
    return columns.table(_HEADS, blocks, wrapped=_STATUS, width=width, spare=_SPARE)


def json_text(lines: Sequence[SessionLine]) -> str:
    """Return a JSON list of the sessions in the order given; amounts have their exact digits, ratios six."""
    content: Any = [record(line) for line in lines]
    return dumps(content)


def record(line: SessionLine) -> dict[str, Any]:
    """Return a session as JSON has it."""
    trades = [{"trade": number, "status": status} for number, status in line.attempts]
    ratios = {"daily_return": rounded(line.daily_return), "drawdown": rounded(line.drawdown)}
    fields = {"trades" if name == "attempts" else name: value for name, value in line._asdict().items()}
    del fields["opening"]  # of the curves alone
    return fields | {"trades": trades} | ratios


def _row(line: SessionLine) -> tuple[str, ...]:
    return (
        text.one_line(line.session),
        statuses(line),
        text.signed_money(line.day_pnl),
        text.signed_money(line.total_pnl),
        text.money(line.closing),
        text.signed_percent(line.daily_return),
        text.signed_percent(line.drawdown),
    )


def _block(lines: Sequence[SessionLine], *, several: bool) -> Block:
    """Return a book's rows and its sum."""
    name = f"Book {lines[0].book}" if several else "Sum"
    return Block([_row(line) for line in lines], _footer(lines, name))


def _footer(lines: Sequence[SessionLine], name: str) -> tuple[str, ...]:
    known = [line.day_pnl for line in lines if line.day_pnl is not None]
    unvalued = len(lines) - len(known)
    return (
        name,
        counted(len(lines), "session") + (f", {unvalued:,} not valued" if unvalued else ""),
        text.signed_money(total(known) if known else None),
        *[""] * (len(_HEADS) - 3),
    )


def statuses(line: SessionLine) -> str:
    """Return the status of a single attempt, several with their numbers, `mark` for a session without any."""
    if len(line.attempts) == 1 and line.attempts[0][0] == 1:
        return text.one_line(line.attempts[0][1])
    numbered = ", ".join(f"{number} {text.one_line(status)}" for number, status in line.attempts)
    return numbered or ("mark" if line.marked else text.ABSENT)
