"""Exposure on the page: over the sessions under the equity curve, and the limits that warn, with a tick."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.model import limits
from paper_run.report import text
from paper_run.report.html import cells
from paper_run.report.html.charts import legend
from paper_run.report.html.svg import SIDE, escaped, x_scale

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paper_run.book.limits import Limit, Limits
    from paper_run.model.history import SessionLine

_TOP, _BOTTOM = 90, 910
# A limit that lies farther up than this many times what is there would leave no room for it.
_FARTHEST = 3
_NEAREST = 0.16

_LOOKS = (("held long", "long"), ("held short", "short"), ("edge gross", "gross"))


class _Held(NamedTuple):
    """A session on the panel: `across` from 0 to 1000, the rest in percent of closing equity."""

    across: float
    session: str
    long: float
    short: float
    gross: float


def exposure_curve(curve: Sequence[SessionLine]) -> str:
    """Return the panel with its legend, "" while fewer than two sessions have kept what they held."""
    held, limit = _held(curve), _limit(curve)
    if len(held) < 2:
        return ""
    highest, lowest = max(each.gross for each in held), min(each.short for each in held)
    shown = limit if limit is not None and limit <= _FARTHEST * max(highest, 1.0) else None
    looks = legend(*_LOOKS, *([("edge limit", "limit")] if shown is not None else []))
    top = max(highest, shown or 0.0, 1.0)

    def down(percent: float) -> float:
        return _TOP + (top - percent) / (top - lowest) * (_BOTTOM - _TOP)

    zero = down(0)
    drawn = "".join(
        f'<path class="held {name}" d="M{held[0].across:.1f} {zero:.1f}L{line}'
        f'L{held[-1].across:.1f} {zero:.1f}Z"/>'
        for name, line in (
            ("long", _line(held, [down(each.long) for each in held])),
            ("short", _line(held, [down(each.short) for each in held])),
        )
    )
    drawn += f'<path class="edge gross" d="M{_line(held, [down(each.gross) for each in held])}"/>'
    if shown is not None:
        drawn += f'<path class="edge limit" d="M0 {down(shown):.1f}H{SIDE}"/>'
    ticks = [(0.0, "0%"), (top, _percent(top)), *([(shown, _percent(shown))] if shown is not None else [])]
    ticks += [(lowest, _percent(lowest))] if lowest else []
    frame = f'<svg viewBox="0 0 {SIDE} {SIDE}" preserveAspectRatio="none" width="100%" height="100%">'
    return (
        f'<ul class="key" aria-label="Legend of exposure">{looks}</ul>'
        '<div class="panel exposure"><svg class="plot" role="img" '
        'aria-labelledby="exposed-title exposed-desc" width="100%" height="100%">'
        '<title id="exposed-title">Exposure in percent of equity</title>'
        f'<desc id="exposed-desc">{escaped(_described(curve, held))}</desc>'
        f"{frame}{drawn}</svg>"
        f'<line class="zero" x1="0" x2="100%" y1="{zero / 10:.1f}%" y2="{zero / 10:.1f}%"/></svg>'
        f'<svg class="scale" aria-hidden="true" height="100%">{_scale(ticks, down)}</svg></div>'
    )


def described(curve: Sequence[SessionLine]) -> str:
    """Return in words what the panel shows, and where it begins if not with the curve."""
    held = _held(curve)
    return _described(curve, held) if held else ""


def _described(curve: Sequence[SessionLine], held: Sequence[_Held]) -> str:
    limit = _limit(curve)
    highest, last = max(held, key=lambda each: each.gross), held[-1]
    valued = [line for line in curve if line.closing is not None]
    late = ""
    if earlier := [line for line in valued if line.session < held[0].session]:
        why = "equity was not above zero before"
        if any(line.long is None for line in earlier):
            why = "what was held in earlier sessions was not kept"
        late = f" It begins with {text.short_day(held[0].session)}: {why}."
    beside = "no limit" if limit is None else f"limit {_percent(limit)}"
    return (
        f"Gross {_percent(last.gross)} of equity on {text.short_day(last.session)} ({beside}): "
        f"long {_percent(last.long)}, short {_percent(last.short)}. "
        f"Highest {_percent(highest.gross)} on {text.short_day(highest.session)}.{late}"
    )


def _held(curve: Sequence[SessionLine]) -> list[_Held]:
    """Return the sessions that have kept what they held, and had equity."""
    places, found = x_scale(curve).places, []
    for line in curve:
        if line.closing is not None and line.closing > 0 and line.long is not None and line.short is not None:
            equity = float(line.closing) / 100
            long, short = float(line.long) / equity, float(line.short) / equity
            found.append(_Held(places[line.session], line.session, long, short, long - short))
    return found


def _limit(curve: Sequence[SessionLine]) -> float | None:
    """Return the limit that was in force last."""
    last = curve[-1].gross_limit if curve else None
    return None if last is None else float(last)


def _line(held: Sequence[_Held], downs: Sequence[float]) -> str:
    return "L".join(f"{each.across:.1f} {down:.1f}" for each, down in zip(held, downs, strict=True))


def _scale(ticks: Sequence[tuple[float, str]], down: Callable[[float], float]) -> str:
    """Return the labels, but for those that would run into one before them."""
    shown: list[float] = []
    words = ""
    for percent, label in ticks:
        at = down(percent)
        if all(abs(at - other) > _NEAREST * SIDE for other in shown):
            shown.append(at)
            words += f'<text y="{at / 10:.1f}%" dy=".35em">{label}</text>'
    return words


def _percent(value: float) -> str:
    return limits.shown(Decimal(f"{value:.4f}"))


_LABELS = {
    "gross": "Gross exposure",
    "position": "Largest position",
    "day_loss": "Day loss",
    "drawdown": "Drawdown",
}


def items(stated: Limits) -> str:
    """Return the figures as items of a list of definitions: four with a limit, and net exposure."""
    return "\n".join((*map(_item, stated.each), _net(stated)))


def _net(stated: Limits) -> str:
    if stated.net_percent is None:
        return _definition("Net exposure", text.ABSENT, _unknown(stated.gross) or "of equity")
    would = " if filled" if stated.gross.if_filled else ""
    return _definition("Net exposure", limits.shown(stated.net_percent), f"of equity{would}")


def _unknown(each: Limit) -> str:
    return f"not known: {each.reason}" if each.reason else ""


def label(each: Limit) -> str:
    """Return what a figure is called where it stands alone, with the symbol of a position."""
    name = _LABELS[each.name]
    return f"{name}, {text.clipped(text.one_line(each.symbol))}" if each.symbol else name


def _item(each: Limit) -> str:
    limit = "no limit" if each.limit is None else f"limit {limits.shown(each.limit)}"
    if each.percent is None and not each.passed:
        return _definition(label(each), text.ABSENT, _unknown(each) or limit)
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
