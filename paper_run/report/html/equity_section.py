"""The section of a page with the equity curve: its panels under each other, in words, and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.report import text
from paper_run.report.html.day_bars import day_bars, table_rows
from paper_run.report.html.equity_curve import described, equity_curve, scale
from paper_run.report.html.svg import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paper_run.model.history import SessionLine

_HEADS = "".join(
    f'<th scope="col">{name}</th>' for name in ("Session", "Equity", "Day P&amp;L", "Return", "Drawdown")
)


def section(
    valued: Sequence[SessionLine],
    *,
    without: str,
    number: int = 0,
    has_days: bool = True,
    is_live: bool = True,
    benchmark: str = "",
    ends: str = "",
) -> str:
    """Return the section as markup.

    :param valued: the sessions to draw, all with a closing, oldest first; without any it says `without`.
    :param number: how many sessions there are; where fewer are drawn it says so. :param has_days: whether
        their P&L is drawn too. :param is_live: whether the page's script reads the curve out at the pointer.
    :param benchmark: what the line of a benchmark is, and `ends` that the curve ends too early; markup.
    """
    body = f'<p class="none">{without}</p>'
    if valued:
        body = _figure(valued, number, has_days, is_live, f"{benchmark} {ends}") + _table(valued, is_live)
    return f'<section aria-labelledby="equity">\n<h2 id="equity">Equity and drawdown</h2>\n{body}\n</section>'


def _figure(valued: Sequence[SessionLine], number: int, has_days: bool, is_live: bool, words: str) -> str:
    exposed = exposed_words = days = drawn = ""
    if len(valued) > 1:
        from paper_run.report.html import exposure_curve

        exposed = exposure_curve.exposure_curve(valued)
        exposed_words = escaped(exposure_curve.described(valued)) if exposed else ""
    if has_days:
        days = day_bars(valued, max(number, len(valued)))
    if number > len(valued):
        drawn = f"{len(valued):,} of {number:,} sessions are drawn, the highest and the lowest among them."
    said = " ".join(f"{escaped(described(valued))} {words} {exposed_words} {drawn}".split())
    reading, of_curve, of_panels = "", "", ""
    if is_live:
        reading, of_curve, of_panels = _reading(valued[-1]), ' id="curve"', ' id="panels"'
    return (
        f'<figure class="curve {scale(valued)}"{of_curve}>\n{reading}<div class="panels"{of_panels}>\n'
        f"{equity_curve(valued)}\n{_panel('Exposure, in percent of equity', exposed)}"
        f"{_panel('P&amp;L by day', days)}</div>\n"
        f'<figcaption class="aside">{said}</figcaption>\n</figure>\n'
    )


def _panel(heading: str, panel: str) -> str:
    return f"<h3>{heading}</h3>\n{panel}\n" if panel else ""


def _reading(last: SessionLine) -> str:
    shown = (
        ("Session", escaped(last.session)),
        ("Equity", text.money(last.closing)),
        ("Day", text.signed_money(last.day_pnl)),
        ("Return", text.signed_percent(last.daily_return)),
        ("Drawdown", text.signed_percent(last.drawdown)),
    )
    rows = "\n".join(f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in shown)
    return f'<dl class="reading" id="reading">\n{rows}\n</dl>\n'


def _table(valued: Sequence[SessionLine], is_live: bool) -> str:
    named = ' id="sessions-table"' if is_live else ""
    return (
        "<details><summary>The curve as a table, newest first</summary>\n"
        '<div class="scroll" role="region" tabindex="0" aria-label="The curve as a table">'
        f'<table class="points"{named}><thead><tr>{_HEADS}</tr></thead>\n<tbody>\n'
        f"{table_rows(valued)}\n</tbody></table></div>\n</details>"
    )
