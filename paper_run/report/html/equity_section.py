"""The section of a page with the equity curve: its panels under each other, in words, and as a table."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run.report import text
from paper_run.report.html import cells
from paper_run.report.html.equity_curve import described, equity_curve, scale
from paper_run.report.html.svg import SIDE, escaped, x_scale

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
        from paper_run.report.html import exposure

        exposed = exposure.exposure_curve(valued)
        exposed_words = escaped(exposure.described(valued)) if exposed else ""
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


_MARGIN = 70
_THINNEST = 1.4
_WIDEST = 14.0


def day_bars(curve: Sequence[SessionLine], number: int) -> str:
    """Return the panel: a bar for each session that was valued, at the curve's own place across.

    :param number: how many sessions the book has; where the curve goes through fewer, the best and the worst
        are among these.
    """
    valued = [(line, line.day_pnl) for line in curve if line.closing is not None and line.day_pnl is not None]
    if not valued:
        return ""
    gains = [pnl for _, pnl in valued]
    lowest, highest = min((*gains, Decimal(0))), max((*gains, Decimal(0)))
    span = float(highest - lowest) or 1.0
    room = SIDE - 2 * _MARGIN

    def down(pnl: Decimal) -> float:
        return _MARGIN + float(highest - pnl) / span * room

    scale = x_scale(curve)
    wide = min(_WIDEST, max(_THINNEST, scale.step * 0.72))
    zero = down(Decimal(0))
    paths = {"gain": "", "loss": ""}
    for line, pnl in valued:
        if pnl:
            place = scale.places[line.session]
            paths[text.tone_of(pnl)] += (
                f"M{place - wide / 2:.1f} {zero:.1f}V{down(pnl):.1f}h{wide:.1f}V{zero:.1f}Z"
            )
    drawn = "".join(f'<path class="{tone} bar" d="{path}"/>' for tone, path in paths.items() if path)
    ticks = [pnl for pnl in (highest, lowest) if pnl]
    labels = "".join(
        f'<text y="{down(pnl) / 10:.1f}%" dy=".35em">{text.signed_money(pnl)}</text>'
        for pnl in (Decimal(0), *ticks)
        if not pnl or abs(down(pnl) - zero) > 0.16 * SIDE
    )
    return (
        '<div class="panel daily"><svg class="plot" role="img" aria-labelledby="daily-title daily-desc" '
        f'width="100%" height="100%"><title id="daily-title">P&amp;L by session</title>'
        f'<desc id="daily-desc">{escaped(_bars_described(valued, number))}</desc>'
        f'<svg viewBox="0 0 {SIDE} {SIDE}" preserveAspectRatio="none" width="100%" height="100%">'
        f"{drawn}</svg>"
        f'<line class="zero" x1="0" x2="100%" y1="{zero / 10:.1f}%" y2="{zero / 10:.1f}%"/></svg>'
        f'<svg class="scale" aria-hidden="true" height="100%">{labels}</svg></div>'
    )


def _bars_described(valued: Sequence[tuple[SessionLine, Decimal]], number: int) -> str:
    """Return in words what the bars show, P&L in dollars.

    :param number: how many sessions there are; of fewer bars nobody can say how many gained.
    """
    best = max(valued, key=lambda each: each[1])
    worst = min(valued, key=lambda each: each[1])
    won = sum(pnl > 0 for _, pnl in valued)
    lost = sum(pnl < 0 for _, pnl in valued)
    counted = (
        f"{won:,} of {cells.sessions(len(valued))} gained, {lost:,} lost."
        if number <= len(valued)
        else f"{len(valued):,} of {number:,} sessions are drawn."
    )
    return (
        f"{counted} Best {text.signed_money(best[1])} on {best[0].session}, "
        f"worst {text.signed_money(worst[1])} on {worst[0].session}."
    )


def table_rows(curve: Sequence[SessionLine]) -> str:
    """Return one row a session that was valued, the newest first."""
    return "\n".join(
        f"<tr><th>{escaped(line.session)}</th><td>{text.money(line.closing)}</td>"
        f"<td>{text.signed_money(line.day_pnl)}</td><td>{text.signed_percent(line.daily_return)}</td>"
        f"<td>{text.signed_percent(line.drawdown)}</td></tr>"
        for line in reversed(curve)
        if line.closing is not None
    )
