"""The limits that warn on the page: each figure with its limit and a tick, escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.model import limits
from paper_run.report import text
from paper_run.report.html import cells
from paper_run.report.html.svg import escaped

if TYPE_CHECKING:
    from paper_run.book.limits import Limit, Limits

_LABELS = {
    "gross": "Gross exposure",
    "position": "Largest position",
    "day_loss": "Day loss",
    "drawdown": "Drawdown",
}


def items(stated: Limits) -> str:
    """Return the figures as items of a list of definitions: four with a limit, and net exposure."""
    net = text.ABSENT if stated.net_percent is None else limits.shown(stated.net_percent)
    would = " if filled" if stated.gross.if_filled and stated.net_percent is not None else ""
    shown = [*map(_item, stated.each), _definition("Net exposure", net, f"of equity{would}")]
    return "\n".join(shown)


def label(each: Limit) -> str:
    """Return what a figure is called where it stands alone, with the symbol of a position."""
    name = _LABELS[each.name]
    return f"{name}, {text.clipped(text.one_line(each.symbol))}" if each.symbol else name


def _item(each: Limit) -> str:
    limit = "no limit" if each.limit is None else f"limit {limits.shown(each.limit)}"
    if each.percent is None and not each.passed:
        return _definition(label(each), text.ABSENT, f"not known: {each.reason}" if each.reason else limit)
    tone = "" if each.passed is None else "caution" if each.passed else "good"
    would = "if filled, " if each.if_filled else ""
    return _definition(label(each), limits.figure(each), f"{would}{limit}", tone)


def _definition(label: str, shown: str, aside: str, tone: str = "") -> str:
    named = ' class="caution"' if tone == "caution" else ""
    absent = ' class="absent"' if shown == text.ABSENT else ""
    sign = f" {cells.signed(tone)}" if tone else ""
    return (
        f"<div{named}><dt>{escaped(label)}</dt><dd{absent}>{escaped(shown)}{sign}</dd>"
        f'<dd class="aside">{escaped(aside)}</dd></div>'
    )
