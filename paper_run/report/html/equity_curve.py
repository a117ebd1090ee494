"""The equity of every session as a curve with its drawdown below: inline SVG that fits any width."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.money import ZERO
from paper_run.report import text
from paper_run.report.html.svg import SIDE, escaped, x_scale
from paper_run.report.text import day_of, short_date

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from paper_run.model.history import SessionLine

_MARGIN = Decimal("0.14")
# How near to the ends of the plot, in percent, a label has no room to be centred.
_EDGE = 25
# Labels of the scale closer than this share of the height would run into each other.
_NEAREST = 0.09
_SCALES = ((9, "narrow"), (12, "middling"))
_DATES_BETWEEN = (1 / 3, 2 / 3)
_LEAST_DAYS_BETWEEN = 30


class _Point(NamedTuple):
    """A session on the plot: `across` from 0 to 1000, `equity` in dollars, `drawdown` a ratio up to 0.

    :ivar drawdown: None from the session on at which nothing was left to compound.
    :ivar benchmark: what equity would be in it, dollars; None: it has not begun.
    """

    across: float
    session: str
    equity: Decimal
    drawdown: Decimal | None
    benchmark: Decimal | None = None


class _Label(NamedTuple):
    """Words beside the plot, `down` in percent of its height."""

    down: float
    words: str


def equity_curve(curve: "Sequence[SessionLine]") -> str:
    """Return the curve as a figure's content, "" when no session has a closing."""
    points = _points(curve)
    if not points:
        return ""
    equity, equity_labels = _equity_plot(points)
    fall, fall_labels = _drawdown_plot(points)
    longest = max(len(label.words) for label in equity_labels + fall_labels)
    room = f"{longest * 0.66 + 0.9:.1f}em"
    return (
        '<div class="panel equity"><svg class="plot" role="img" aria-labelledby="curve-title curve-desc" '
        f'width="100%" height="100%"><title id="curve-title">Equity and drawdown by session</title>'
        f'<desc id="curve-desc">{escaped(_described(points))}</desc>{equity}</svg>'
        f"{_scale(equity_labels, room)}</div>"
        f'<div class="panel drawdown"><svg class="plot" aria-hidden="true" width="100%" height="100%">{fall}'
        f"</svg>{_scale(fall_labels, room)}</div>"
        f'<div class="panel dates"><svg class="plot" aria-hidden="true" width="100%" height="100%">'
        f"{_dates(points)}</svg>{_scale((), room)}</div>"
    )


def scale(curve: "Sequence[SessionLine]") -> str:
    """Return how wide the figures beside the panels are: `narrow`, `middling` or `wide`."""
    closings = [line.closing for line in curve if line.closing is not None]
    ends = (max(closings), min(closings)) if closings else ()
    longest = max((len(text.money(closing)) for closing in ends), default=0)
    return next((name for most, name in _SCALES if longest <= most), "wide")


def described(curve: "Sequence[SessionLine]") -> str:
    """Return in words what the curve shows, "" when no session has a closing."""
    points = _points(curve)
    return _described(points) if points else ""


def _described(points: Sequence[_Point]) -> str:
    start, last = points[0], points[-1]
    high = max(points[1:], key=lambda point: point.equity)
    low = min(points[1:], key=lambda point: point.equity)
    depth, deepest = min(_falls(points), key=lambda each: each[0])
    fall = (
        f"Deepest drawdown {text.signed_percent(depth)} on {text.short_day(deepest.session)}."
        if depth
        else "There was no drawdown."
    )
    if (ended := next((point for point in points if point.drawdown is None), None)) is not None:
        fall = f"There is no drawdown from {text.short_day(ended.session)} on: nothing was left to compound."
    extremes = (
        f"Highest {text.money(high.equity)} on {text.short_day(high.session)}, "
        f"lowest {text.money(low.equity)} on {text.short_day(low.session)}. "
        if high.equity > low.equity
        else ""
    )
    return (
        f"From {text.money(start.equity)} at the start to {text.money(last.equity)} "
        f"on {text.short_day(last.session)}. {extremes}{fall}"
    )


def _points(curve: "Sequence[SessionLine]") -> list[_Point]:
    """Return the start, a day before the first session, and each session that has a closing."""
    valued = [(line, line.closing) for line in curve if line.closing is not None]
    if not valued:
        return []
    scale = x_scale(curve)
    opening = valued[0][0].opening
    start = _Point(0, "", ZERO if opening is None else opening, ZERO)
    return [
        start,
        *(
            _Point(scale.places[line.session], line.session, equity, line.drawdown, line.benchmark)
            for line, equity in valued
        ),
    ]


def _equity_plot(points: Sequence[_Point]) -> tuple[str, list[_Label]]:
    compared = [point.benchmark for point in points if point.benchmark is not None]
    heights = [*(point.equity for point in points), *compared]
    lowest, highest = min(heights), max(heights)
    span = max(highest - lowest, abs(highest) / 1000, Decimal(1))
    bottom, top = lowest - span * _MARGIN, highest + span * _MARGIN

    room = float(top - bottom)

    def down(equity: Decimal) -> float:
        return float(top - equity) / room * SIDE

    start = points[0].equity
    level = down(start)
    step = _round_step((top - bottom) / 5)
    labels = [_Label(level / 10, _tick(start, step))]
    tick = (bottom // step) * step
    while tick <= top:
        at = down(tick)
        if 0.03 * SIDE < at < 0.97 * SIDE and abs(at - level) > _NEAREST * SIDE:
            labels.append(_Label(at / 10, _tick(tick, step)))
        tick += step
    grid = "".join(
        f'<line class="grid" x1="0" x2="100%" y1="{label.down:.2f}%" y2="{label.down:.2f}%"/>'
        for label in labels[1:]
    )
    line = "L".join(f"{point.across:.1f} {down(point.equity):.1f}" for point in points)
    area = f'd="M{line}L{SIDE} {level:.1f}L0 {level:.1f}Z"'
    drawn = (
        f'{grid}<svg viewBox="0 0 {SIDE} {SIDE}" preserveAspectRatio="none" width="100%" height="100%">'
        f'<clipPath id="above"><rect width="{SIDE}" height="{level:.1f}"/></clipPath>'
        f'<path class="gain" clip-path="url(#above)" {area}/>'
        f'<clipPath id="below"><rect y="{level:.1f}" width="{SIDE}" height="{SIDE}"/></clipPath>'
        f'<path class="loss" clip-path="url(#below)" {area}/>'
        f'<path class="start" d="M0 {level:.1f}H{SIDE}"/><path class="line" d="M{line}"/>'
        f"{_beside(points, down)}</svg>"
    )
    sessions = points[1:]
    high = max(sessions, key=lambda point: point.equity)
    low = min(sessions, key=lambda point: point.equity)
    if high.equity > start and len(sessions) > 1:
        drawn += _extreme("High", high, down(high.equity), above=True)
    if low.equity < start and len(sessions) > 1:
        drawn += _extreme("Low", low, down(low.equity), above=False)
    last = sessions[-1]
    drawn += (
        f'<circle class="last" cx="{last.across / 10:.2f}%" cy="{down(last.equity) / 10:.2f}%" r=".3em"/>'
    )
    return drawn, labels


def _beside(points: Sequence[_Point], down: "Callable[[Decimal], float]") -> str:
    """Return the benchmark's line; where a session has none it is broken."""
    path, pen = "", "M"
    for point in points:
        if point.benchmark is None:
            pen = "M"
        else:
            path += f"{pen}{point.across:.1f} {down(point.benchmark):.1f}"
            pen = "L"
    return f'<path class="beside" d="{path}"/>' if path else ""


def _falls(points: Sequence[_Point]) -> list[tuple[Decimal, _Point]]:
    """Return the drawdown of each point that has one, the start's among them."""
    return [(point.drawdown, point) for point in points if point.drawdown is not None]


def _drawdown_plot(points: Sequence[_Point]) -> tuple[str, list[_Label]]:
    falls = _falls(points)
    deepest = min(ratio for ratio, _ in falls)
    depth = float(deepest)

    def down(ratio: Decimal) -> float:
        return 120 + (float(ratio) / depth * 700 if depth else 0)

    line = "L".join(f"{point.across:.1f} {down(ratio):.1f}" for ratio, point in falls)
    labels = [_Label(12, "0%")]
    if deepest:
        labels.append(_Label(82, text.signed_percent(deepest)))
    return (
        '<line class="grid" x1="0" x2="100%" y1="12%" y2="12%"/>'
        f'<svg viewBox="0 0 {SIDE} {SIDE}" preserveAspectRatio="none" width="100%" height="100%">'
        f'<path class="fall" d="M0 120L{line}L{falls[-1][1].across:.1f} 120Z"/>'
        f'<path class="edge" d="M{line}"/></svg>',
        labels,
    )


def _extreme(name: str, point: _Point, down: float, *, above: bool) -> str:
    across = point.across / 10
    anchor = "start" if across < _EDGE else "end" if across > 100 - _EDGE else "middle"
    beside = "-.7em" if above else "1.4em"
    return (
        f'<circle class="extreme" cx="{across:.2f}%" cy="{down / 10:.2f}%" r=".2em"/>'
        f'<text class="note {anchor}" x="{across:.2f}%" y="{down / 10:.2f}%" dy="{beside}">'
        f"{name} {escaped(text.money(point.equity))}</text>"
    )


def _scale(labels: Sequence[_Label], room: str) -> str:
    words = "".join(
        f'<text y="{label.down:.2f}%" dy=".35em">{escaped(label.words)}</text>' for label in labels
    )
    return f'<svg class="scale" aria-hidden="true" width="{room}" height="100%">{words}</svg>'


def _dates(points: Sequence[_Point]) -> str:
    first, last = points[1], points[-1]
    begin, end = day_of(first.session), day_of(last.session)
    shown = [_date_label(100, text.short_day(last.session), "end")]
    if first.across < SIDE * 0.6:
        shown.append(_date_label(first.across / 10, text.short_day(first.session), "start"))
    else:
        shown.append(_date_label(0, "start", "start"))
    if begin and end and (days := (end - begin).days) >= _LEAST_DAYS_BETWEEN:
        for share in _DATES_BETWEEN:
            day: date = begin + timedelta(days=round(days * share))
            across = first.across + (SIDE - first.across) * share
            shown.append(_date_label(across / 10, short_date(day), "middle between"))
    return "".join(shown)


def _date_label(across: float, words: str, anchor: str) -> str:
    return f'<text class="{anchor}" x="{across:.2f}%" y="1.1em">{escaped(words)}</text>'


def _round_step(rough: Decimal) -> Decimal:
    """Return the first of 1, 2, 5, 10 ... times a power of ten that is not less."""
    power = Decimal(1).scaleb(rough.adjusted())
    return next(step for factor in (1, 2, 5, 10) if (step := factor * power) >= rough)


def _tick(equity: Decimal, step: Decimal) -> str:
    shown = text.money(equity)
    return shown.removesuffix(".00") if step >= 1 else shown
