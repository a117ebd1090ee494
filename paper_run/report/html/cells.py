"""The cells of the page's tables: escaped, and with the digits that are not shown in the title."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from paper_run import money
from paper_run.model.findings import counted
from paper_run.report import text
from paper_run.report.html.svg import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from paper_run.book.statistics import Statistic


_NUMBER = re.compile(r">((?:[-+]|\u2212)?\$?[\d.,]+(?:\s%)?)</td>")
_WIDTHS = range(7, 17)


def widest(rows: Sequence[str], totals: str) -> int:
    """Return how many characters a column needs for every number of rows and of their totals, 7 to 16.

    Totals are bold: an eighth wider.
    """
    longest = max(map(len, _NUMBER.findall("".join(rows))), default=0)
    of_totals = max(map(len, _NUMBER.findall(totals)), default=0)
    return min(max(longest, -(-of_totals * 9 // 8), _WIDTHS[0]), _WIDTHS[-1])


def number(value: Any, show: Callable[[Any], str], places: int) -> str:
    """Return a cell with the value as shown, and all its digits in the title where some are left out."""
    if value is None:
        return f"<td>{text.ABSENT}</td>"
    title = f' title="{text.exact(value)}"' if text.is_rounded(value, places) else ""
    return f"<td{title}>{show(value)}</td>"


def share(part: Decimal | None, whole: Decimal | None) -> str:
    """Return a cell with the percentage that a part is of the whole."""
    return f"<td>{text.fixed_percent(money.share(part, whole))}</td>"


def gain(amount: Decimal | None, note: str = "") -> str:
    """Return a cell with a gain or a loss in dollars, its sign always shown, and a note, which is markup."""
    tone = text.tone_of(amount)
    coloured = f' class="{tone}"' if tone else ""
    return f"<td{coloured}>{text.signed_money(amount)}{note}</td>"


def sessions(number: int) -> str:
    """Say how many sessions."""
    return counted(number, "session")


def needs(number: int) -> str:
    """Say how many sessions a figure lacks."""
    return f"needs {counted(number, 'more session')}"


def begins(data: str, first: str) -> str:
    """Say when a figure's data begin, where that is behind a period's first session; both ISO dates."""
    return f"Begins on {escaped(data)}, where its data begin. " if data > first else ""


def statistic(figure: Statistic, label: str, show: Callable[[Any], str], places: int) -> str:
    """Return a row with a figure and its sessions; one that needs more of them says how many."""
    value, n, minimum = figure.value, figure.n, figure.minimum
    if value is not None:
        cell = number(value, lambda _: show(text.percentage(figure)), places)
    elif n < minimum:
        cell = f'<td class="needs">{needs(minimum - n)}</td>'
    else:
        cell = '<td class="needs">not defined</td>'
    return f'<tr><th scope="row">{escaped(label)}</th>{cell}<td>{text.count(n)}</td></tr>'


def signed(tone: str, sign: str = "") -> str:
    """Return a tone's sign, or another, in its colour."""
    return f'<b class="{tone}">{sign or text.SIGNS[tone]}</b>'


def name(symbol: str) -> str:
    """Return the cell that heads a row, a long name clipped to its column."""
    short = text.clipped(symbol)
    title = f' title="{escaped(symbol)}"' if short != symbol else ""
    return f'<th scope="row"{title}>{escaped(short)}</th>'


def words(value: str | None) -> str:
    """Return a cell of text, a dash for none."""
    return f"<td>{escaped(value) if value else text.ABSENT}</td>"
