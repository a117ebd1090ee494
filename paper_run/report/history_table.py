"""The sessions as `history` prints them: a table for a terminal, or JSON (CSV: `csv_tables.history_csv`)."""

from __future__ import annotations

from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from paper_run.book.days import rounded
from paper_run.model import result_json
from paper_run.money import total
from paper_run.report import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paper_run.model.history import SessionLine

WIDTH = 100
_HEADS = ("Session", "Status", "Day P&L", "Total P&L", "Equity", "Return", "Drawdown")
_STATUS = 1
_GAP = "  "
_NO_BREAK = "\N{NO-BREAK SPACE}"
# "interrupted," fits.
_NARROWEST_STATUS = 12


def table(lines: Sequence[SessionLine]) -> str:
    """Return the sessions in the order given, one a row, and below each book their number and its day P&L.

    Nothing is added up over a reset: P&L, equity and drawdown begin again with the next book.
    At most `WIDTH` columns while no amount reaches a billion dollars: a session of many attempts takes more
    rows. Amounts are never shortened, so that the rows add up to the sum.
    """
    if not lines:
        return "No session yet.\n"
    books = [list(own) for _, own in groupby(lines, key=lambda line: line.book)]
    blocks = [_block(own, several=len(books) > 1) for own in books]
    rows = [row for sessions, footer in blocks for row in (*sessions, footer)]
    longest = max(len(row[_STATUS]) for row in [_HEADS, *rows])
    room = max(_NARROWEST_STATUS, min(longest, _room_for_statuses(rows)))
    widths = [max(map(len, column)) for column in zip(_HEADS, *rows, strict=True)]
    widths[_STATUS] = room
    rule = "-" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    shown = _shown(_HEADS, widths)
    for sessions, footer in blocks:
        shown.append(rule)
        for row in sessions:
            shown += _shown(row, widths)
        shown += [rule, *_shown(footer, widths)]
    return "\n".join(shown) + "\n"


def json_text(lines: Sequence[SessionLine]) -> str:
    """Return a JSON list of the sessions in the order given; amounts have their exact digits, ratios six."""
    content: Any = [_record(line) for line in lines]
    return result_json.dumps(content)


def _record(line: SessionLine) -> dict[str, Any]:
    trades = [{"trade": number, "status": status} for number, status in line.attempts]
    ratios = {"daily_return": rounded(line.daily_return), "drawdown": rounded(line.drawdown)}
    fields = {"trades" if name == "attempts" else name: value for name, value in line._asdict().items()}
    return fields | {"trades": trades} | ratios


def _row(line: SessionLine) -> tuple[str, ...]:
    return (
        text.one_line(line.session),
        _statuses(line),
        text.signed_money(line.day_pnl),
        text.signed_money(line.total_pnl),
        text.money(line.closing),
        text.signed_percent(line.daily_return),
        text.signed_percent(line.drawdown),
    )


def _block(lines: Sequence[SessionLine], *, several: bool) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """Return a book's rows and its sum."""
    name = f"Book {lines[0].book}" if several else "Sum"
    return [_row(line) for line in lines], _footer(lines, name)


def _footer(lines: Sequence[SessionLine], name: str) -> tuple[str, ...]:
    known = [line.day_pnl for line in lines if line.day_pnl is not None]
    unvalued = len(lines) - len(known)
    return (
        name,
        f"{len(lines):,} session{'s' * (len(lines) != 1)}"
        + (f", {unvalued:,} not valued" if unvalued else ""),
        text.signed_money(total(known) if known else None),
        *[""] * (len(_HEADS) - 3),
    )


def _statuses(line: SessionLine) -> str:
    """Return the status of a single attempt, several with their numbers, `mark` for a session without any."""
    if len(line.attempts) == 1 and line.attempts[0][0] == 1:
        return text.one_line(line.attempts[0][1])
    numbered = ", ".join(f"{number} {text.one_line(status)}" for number, status in line.attempts)
    return numbered or ("mark" if line.marked else text.ABSENT)


def _room_for_statuses(rows: Sequence[Sequence[str]]) -> int:
    widths = [max(map(len, column)) for column in zip(_HEADS, *rows, strict=True)]
    return WIDTH - sum(widths) + widths[_STATUS] - len(_GAP) * (len(widths) - 1)


def _wrapped(statuses: str, width: int) -> list[str]:
    """Return the lines of statuses, each whole on one line where the longest one fits."""
    whole = statuses.replace(" ", _NO_BREAK).replace("," + _NO_BREAK, ", ")
    fit = all(len(part) <= width for part in whole.split(" "))
    return [line.replace(_NO_BREAK, " ") for line in wrap(whole if fit else statuses, width)] or [""]


def _shown(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Return the lines of a row: words to the left, amounts to the right, long statuses wrapped."""
    first, *more = _wrapped(row[_STATUS], widths[_STATUS])
    cells = [
        f"{words:<{width}}" if at <= _STATUS else f"{words:>{width}}"
        for at, (words, width) in enumerate(zip(row, widths, strict=True))
    ]
    cells[_STATUS] = f"{first:<{widths[_STATUS]}}"
    indent = " " * widths[0] + _GAP
    return [_GAP.join(cells).rstrip(), *(indent + words for words in more)]
