"""The section of the page that says whether signals were right: figures, points and a line."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run.model.findings import counted, unlisted
from paper_run.report import text
from paper_run.report.html import cells
from paper_run.report.html.charts import legend
from paper_run.report.html.svg import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from paper_run.book.signals import Quality
    from paper_run.model.signals import SignalPair, Signals, SignalSession
    from paper_run.model.tearsheet import SignalsOver

MOST_POINTS = 300
"""So many pairs are drawn, the session's own among them."""
MOST_SESSIONS = 60
"""So many sessions the line of the recent rank IC goes through."""
MOST_OVER = 260
"""On a tear sheet so many, the latest."""
_MOST_ROWS = 40
_SIDE = 1000
_ROOM = 0.92
_LEAST_OF_A_LINE = 2
_HEADS = "".join(f'<th scope="col">{each}</th>' for each in ("Symbol", "Predicted", "Realized", "Direction"))


def section(signals: Signals, past: Sequence[SignalSession], session: str) -> str:
    """Return the section as markup.

    :param past: the sessions before this one, the newest first. :param session: this one, an ISO date.
    """
    own = [(float(each.predicted), float(each.realized)) for each in signals.pairs]
    known = [(each.session, each.recent) for each in reversed(past[:MOST_SESSIONS])]
    known.append((session, signals.quality.recent_ic))
    drawn = _scatter(own, _points(past), "this session")
    line = _line(known, MOST_SESSIONS) if signals.quality.pairs >= signals.quality.minimum else ""
    return _section(signals.quality, drawn, line, f"{_table(signals)}\n", "")


def section_over(signals: SignalsOver | None, first: str) -> str:
    """Return the section of a tear sheet, "" where there is none.

    :param first: the first session of the period, an ISO date.
    """
    if signals is None:
        return ""
    newest = signals.sessions[::-1]
    ended = [each for each in newest if each.pairs]
    drawn = _scatter(_points(ended[:1]), _points(ended[1:]), "the last session")
    line = _line([(each.session, each.recent) for each in signals.sessions], MOST_OVER)
    number = sum(len(each.pairs) for each in ended)
    more = f"The latest {MOST_POINTS} of {number:,} pairs are drawn. " if number > MOST_POINTS else ""
    return _section(signals.quality, drawn, line, "", f"{cells.begins(signals.begins, first)}{more}")


def _section(quality: Quality, drawn: str, line: str, table: str, before: str) -> str:
    charts = f'<div class="columns even">{drawn}{line}</div>' if drawn or line else ""
    return (
        '<section aria-labelledby="signals">\n<h2 id="signals">Signals</h2>\n'
        f'<dl class="strip">{"".join(_figures(quality))}</dl>\n{charts}\n{table}'
        f'<p class="aside">{before}A pair is a prediction of a session\u2019s first run against the way from '
        "that run\u2019s arrival price to the next session\u2019s. The rank IC is Spearman\u2019s "
        "correlation of both.</p>\n</section>"
    )


def _points(sessions: Iterable[SignalSession]) -> list[tuple[float, float]]:
    return [(pair.predicted, pair.realized) for each in sessions for pair in each.pairs]


def _figures(quality: Quality) -> list[str]:
    missing = quality.minimum - quality.pairs
    if missing > 0:
        why = f"needs {counted(missing, 'more pair')}"
        return [_figure(label, text.ABSENT, why) for label in ("Hit rate", "Rank IC")]
    found = [
        _figure("Hit rate", text.fixed_percent(quality.hit_rate), _interval(quality)),
        _figure("Rank IC", _ic(quality.rank_ic), f"{quality.ranked:,} {_latest(quality)}pairs"),
    ]
    if quality.sessions:
        t = f"t {text.ratio(quality.ic_t)}, " if quality.ic_t is not None else ""
        found.append(
            _figure("Mean IC of a session", _ic(quality.mean_ic), f"{t}{quality.sessions:,} sessions")
        )
    return found


def _latest(quality: Quality) -> str:
    return "latest " if quality.ranked < quality.pairs else ""


def _interval(quality: Quality) -> str:
    if quality.interval is None:
        return f"{quality.pairs:,} pairs"
    low, high = map(text.fixed_percent, quality.interval)
    return f"{low} to {high} at 95%, {quality.pairs:,} pairs"


def _figure(label: str, shown: str, aside: str) -> str:
    absent = ' class="absent"' if shown == text.ABSENT else ""
    return f'<div><dt>{label}</dt><dd{absent}>{shown}</dd><dd class="aside">{escaped(aside)}</dd></div>'


def _ic(value: Decimal | None) -> str:
    return text.ABSENT if value is None else text.ratio(value)


# predicted against realized


def _scatter(own: Sequence[tuple[float, float]], earlier: Sequence[tuple[float, float]], whose: str) -> str:
    own = own[:MOST_POINTS]
    earlier = earlier[: MOST_POINTS - len(own)]
    points = [*own, *earlier]
    if not points:
        return ""
    widest = max(abs(across) for across, _ in points)
    highest = max(abs(up) for _, up in points)
    right = sum((across > 0) == (up > 0) for across, up in points)
    words = (
        f"{counted(len(points), 'pair')}, {len(own):,} of {whose}. "
        f"Of the predicted direction: {right:,}. "
        f"Predicted {_span(across for across, _ in points)}, realized {_span(up for _, up in points)}."
    )
    dots = _dots(earlier, widest, highest, "earlier") + _dots(own, widest, highest, "latest")
    return (
        '<figure class="scatter"><h3>Predicted and realized</h3>'
        f'<ul class="key" aria-label="Legend">{legend(("sell", whose), ("earlier", "earlier"))}</ul>'
        '<div class="panel"><svg class="plot" role="img" aria-labelledby="pairs-title pairs-desc" '
        'width="100%" height="100%"><title id="pairs-title">Predicted and realized returns</title>'
        f'<desc id="pairs-desc">{escaped(words)}</desc>'
        '<line class="zero" x1="0" x2="100%" y1="50%" y2="50%"/>'
        '<line class="zero" x1="50%" x2="50%" y1="0" y2="100%"/>'
        f'<svg viewBox="0 0 {_SIDE} {_SIDE}" preserveAspectRatio="none" width="100%" height="100%">'
        f"{dots}</svg>"
        f'<text x="0" y="50%" dy="-.4em">{_percent(-widest)}</text>'
        f'<text class="end" x="100%" y="50%" dy="-.4em">{_percent(widest)} predicted</text>'
        f'<text x="50%" dx=".4em" y="1em">{_percent(highest)} realized</text>'
        f'<text x="50%" dx=".4em" y="100%" dy="-.4em">{_percent(-highest)}</text></svg></div>'
        f'<figcaption class="aside">{escaped(words)}</figcaption></figure>'
    )


def _dots(points: Iterable[tuple[float, float]], widest: float, highest: float, name: str) -> str:
    half = _SIDE / 2
    path = "".join(
        f"M{half + across / widest * half * _ROOM:.0f} {half - up / highest * half * _ROOM:.0f}h0"
        for across, up in points
    )
    return f'<path class="dots {name}" d="{path}"/>' if path else ""


def _span(values: Iterable[float]) -> str:
    """Say from where to where ratios reach."""
    reached = [*values]
    low, high = min(reached), max(reached)
    return _percent(low) if low == high else f"from {_percent(low)} to {_percent(high)}"


def _percent(value: float) -> str:
    return text.signed_percent(Decimal(value))


# the rank IC of twenty sessions


def _line(known: Sequence[tuple[str, Decimal | None]], longest: int) -> str:
    points = [(name, float(ic)) for name, ic in known if ic is not None][-longest:]
    if len(points) < _LEAST_OF_A_LINE:
        return ""
    most = max(abs(ic) for _, ic in points) or 1.0
    step, half = _SIDE / (len(points) - 1), _SIDE / 2
    drawn = "L".join(
        f"{at * step:.0f} {half - ic / most * half * _ROOM:.0f}" for at, (_, ic) in enumerate(points)
    )
    first, last = points[0], points[-1]
    words = (
        f"Each point is the rank IC over the pairs of 20 sessions. From {_signed(first[1])} on {first[0]} to "
        f"{_signed(last[1])} on {last[0]}, {len(points)} sessions."
    )
    return (
        '<figure class="scatter"><h3>Rank IC of 20 sessions</h3><div class="panel">'
        '<svg class="plot" role="img" aria-labelledby="ic-title ic-desc" width="100%" height="100%">'
        f'<title id="ic-title">Rank IC of 20 sessions</title><desc id="ic-desc">{escaped(words)}</desc>'
        '<line class="zero" x1="0" x2="100%" y1="50%" y2="50%"/>'
        f'<svg viewBox="0 0 {_SIDE} {_SIDE}" preserveAspectRatio="none" width="100%" height="100%">'
        f'<path class="line" d="M{drawn}"/></svg>'
        f'<text x="0" y="1em">{_signed(most)}</text><text x="0" y="100%" dy="-.4em">{_signed(-most)}</text>'
        f'</svg></div><figcaption class="aside">{escaped(words)}</figcaption></figure>'
    )


def _signed(ic: float) -> str:
    return text.signed_ratio(Decimal(ic))


# the session's own pairs


def _table(signals: Signals) -> str:
    if not signals.pairs:
        why = escaped(signals.reason or "none is known")
        return f'<p class="none">No pair ends with this session: {why}.</p>'
    rows = "\n".join(map(_row, signals.pairs[:_MOST_ROWS]))
    ic = f", rank IC {text.ratio(signals.session_ic)}" if signals.session_ic is not None else ""
    others = unlisted(len(signals.pairs), _MOST_ROWS, "in the JSON")
    more = f'<p class="aside">{others}.</p>' if others else ""
    return (
        f"<details><summary>What {escaped(signals.predicted_in or '')} predicted, and what came{ic}</summary>"
        '<div class="scroll" role="region" tabindex="0" aria-label="Signals table">'
        f'<table class="plain"><thead><tr>{_HEADS}</tr></thead><tbody>\n'
        f"{rows}\n</tbody></table></div>{more}</details>"
    )


def _row(pair: SignalPair) -> str:
    is_hit = (pair.predicted > 0) == (pair.realized > 0)
    sign = f"{cells.signed('good')} right" if is_hit else f"{cells.signed('bad')} wrong"
    shown = sign if pair.counts else "made with --again: not counted"
    return (
        f"<tr>{cells.name(pair.symbol)}{cells.number(pair.predicted, text.signed_percent, 4)}"
        f"{cells.number(pair.realized, text.signed_percent, 4)}<td>{shown}</td></tr>"
    )
