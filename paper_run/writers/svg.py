"""Charts as inline SVG: escaped text in, markup out, any width without a script."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from paper_run.writers.text import one_line

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_ROW_EM = 2.6
_LONGEST_LABEL = 24

# Lines across the bar: a second kind can be told from the first without its colour.
_HATCH = (
    '<defs><pattern id="{}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="3" height="6"/>'
    "</pattern></defs>"
)


class Bar(NamedTuple):
    """One bar: `size` is not negative, `shown` its value in words, `second` draws it hatched."""

    label: str
    note: str
    size: Decimal
    shown: str
    second: bool


def escaped(text: str) -> str:
    """Return printable text on one line that is safe in an element or a quoted attribute."""
    return one_line(text).translate(_ESCAPES)


def clipped(label: str) -> str:
    """Return a label short enough for a chart or a narrow column."""
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


def bar_chart(bars: Sequence[Bar], *, name: str, title: str, description: str) -> str:
    """Return horizontal bars, the label above each; lengths are shares of the largest."""
    largest = max((bar.size for bar in bars), default=Decimal(0))
    hatched = f' fill="url(#{name}-hatch)"'
    rows = []
    for number, bar in enumerate(bars):
        top = number * _ROW_EM
        share = float(bar.size / largest) * 100 if largest else 0
        rows.append(
            f'<text x="0" y="{top + 1:.1f}em">{escaped(clipped(bar.label))}'
            f'<tspan class="note" dx=".6em">{escaped(clipped(bar.note))}</tspan></text>'
            f'<text class="amount" x="100%" y="{top + 1:.1f}em">{escaped(bar.shown)}</text>'
            f'<rect class="track" y="{top + 1.4:.1f}em" width="100%" height=".55em"/>'
            f'<rect class="bar"{hatched if bar.second else ""} y="{top + 1.4:.1f}em" width="{share:.2f}%" '
            'height=".55em"/>'
        )
    return (
        f'<svg class="bars" role="img" aria-labelledby="{name}-title {name}-desc" width="100%" '
        f'height="{len(bars) * _ROW_EM:.1f}em"><title id="{name}-title">{escaped(title)}</title>'
        f'<desc id="{name}-desc">{escaped(description)}</desc>'
        f"{_HATCH.format(f'{name}-hatch')}{''.join(rows)}</svg>"
    )
