"""Charts as inline SVG: where sessions lie across them, and bars; escaped text in, markup out, no script."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.report.text import clipped, day_of, one_line, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal

    from paper_run.model.history import SessionLine

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_MARKS = frozenset("&<>\"'")
_TEXT_EM, _BAR_EM, _GAP_EM = 1.45, 0.6, 0.65

# Lines across the bar: a second kind can be told from the first without its colour.
_HATCH = (
    '<pattern id="{0}-{1}" class="{1}" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/>'
    '<rect class="hatch-line" width="3" height="6"/></pattern>'
)


class Bar(NamedTuple):
    """One bar from zero to `size`, which is signed; `tone` is its colour, `hatched` its second kind."""

    size: Decimal
    tone: Literal["buy", "sell", "gain", "loss"]
    hatched: bool


class BarRow(NamedTuple):
    """A label with a note, the value in words, and the bars below them."""

    label: str
    note: str
    shown: str
    bars: tuple[Bar, ...]


def escaped(text: str) -> str:
    """Return printable text on one line that is safe in an element or a quoted attribute."""
    shown = text if text.isprintable() else one_line(text)
    return shown if _MARKS.isdisjoint(shown) else shown.translate(_ESCAPES)


def escaped_lines(text: str) -> str:
    """Return printable text, its line breaks kept, that is safe in an element."""
    return printable(text).translate(_ESCAPES)


def bar_chart(rows: Sequence[BarRow], *, name: str, title: str, description: str) -> str:
    """Return horizontal bars, their label above them, to one scale; zero stands where the losses need it."""
    sizes = [bar.size for row in rows for bar in row.bars]
    lowest, highest = min((Decimal(0), *sizes)), max((Decimal(0), *sizes))
    span = (highest - lowest) or Decimal(1)
    zero = float(-lowest / span) * 100
    drawn, top = [], 0.0
    for row in rows:
        note = f'<tspan class="note" dx=".6em">{escaped(clipped(row.note))}</tspan>' if row.note else ""
        drawn.append(
            f'<text y="{top + 1:.1f}em">{escaped(clipped(row.label))}{note}</text>'
            f'<text class="amount" x="100%" y="{top + 1:.1f}em">{escaped(row.shown)}</text>'
        )
        top += _TEXT_EM
        height = _BAR_EM * len(row.bars)
        drawn.append(f'<rect class="track" y="{top:.1f}em" width="100%" height="{height:.1f}em"/>')
        for bar in row.bars:
            length = float(abs(bar.size) / span) * 100
            start = zero - length if bar.size < 0 else zero
            fill = f' fill="url(#{name}-{bar.tone})"' if bar.hatched else ""
            if bar.size:
                drawn.append(
                    f'<rect class="bar {bar.tone}"{fill} x="{start:.1f}%" y="{top:.1f}em" '
                    f'width="{length:.1f}%" height="{_BAR_EM - 0.1:.1f}em"/>'
                )
            top += _BAR_EM
        if lowest:
            drawn.append(
                f'<line class="zero" x1="{zero:.1f}%" x2="{zero:.1f}%" '
                f'y1="{top - height:.1f}em" y2="{top:.1f}em"/>'
            )
        top += _GAP_EM
    tones = sorted({bar.tone for row in rows for bar in row.bars if bar.hatched})
    hatches = "".join(_HATCH.format(name, tone) for tone in tones)
    return (
        f'<svg class="bars" role="img" aria-labelledby="{name}-title {name}-desc" width="100%" '
        f'height="{top - _GAP_EM:.1f}em"><title id="{name}-title">{escaped(title)}</title>'
        f'<desc id="{name}-desc">{escaped(description)}</desc>'
        f"{f'<defs>{hatches}</defs>' if hatches else ''}{''.join(drawn)}</svg>"
    )


SIDE = 1000
"""The width, and the height, of a chart's own coordinates."""


class XScale(NamedTuple):
    """Places from 0, which is the start, to SIDE; `step` is the least distance of two sessions."""

    places: Mapping[str, float]
    step: float


def x_scale(curve: Sequence[SessionLine]) -> XScale:
    """Return the places of the sessions that have a closing, by their names; the start lies a day before.

    They lie by date, so that a gap is a gap; by their number where a session is named after no date.
    """
    sessions = [line.session for line in curve if line.closing is not None]
    if not sessions:
        return XScale({}, SIDE)
    days = [day.toordinal() for session in sessions if (day := day_of(session))]
    at = days if len(days) == len(sessions) and days[-1] >= days[0] else list(range(1, len(sessions) + 1))
    first, width = at[0] - 1, at[-1] - at[0] + 1
    places = {session: (each - first) / width * SIDE for session, each in zip(sessions, at, strict=True)}
    return XScale(places, SIDE / width)
