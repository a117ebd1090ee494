"""A letter's summary as HTML that mail programs show: tables and inline styles, plain ASCII, short lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.model.calendar import DATE_PATTERN
from paper_run.report import text
from paper_run.report.html import assets
from paper_run.report.html.assets import markup
from paper_run.report.html.svg import escaped
from paper_run.report.summary.summary import NOT_KNOWN
from paper_run.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from markupsafe import Markup

    from paper_run.report.summary.summary import Summary

# A line of a message has at most 998 octets.
_LONGEST_LINE = 900
_LONG_WORD = re.compile(r"\S{24}(?=\S)")
# The space is where a line may end, inside of the tag, where nobody sees it.
_MAY_BREAK = "<wbr >"
_WHOLE = re.compile(rf"\b{DATE_PATTERN}\b|[+\u2212]\$[\d,.]{{1,14}}(?![\d,.])")
_UNBROKEN = r'<span style="white-space:nowrap">\g<0></span>'


class Look(NamedTuple):
    """The colour and the sign of a tone, and the ground that its words stand on."""

    ink: str
    wash: str
    sign: str = ""


# The page's own colours, light. Mail programs that darken a letter change ground and ink together, so each
# coloured cell has both.
PALETTE = {
    "paper": "#faf8f3",
    "sheet": "#fffefb",
    "ink": "#1c2126",
    "soft_ink": "#575d63",
    "hair": "#e3ded2",
    "rule": "#b9b2a1",
    "track": "#ece7db",
}
LOOKS = {
    "good": Look("#1e6a43", "#eaf3ec", text.SIGNS["good"]),
    "calm": Look("#3f4a54", "#f0eee8", text.SIGNS["calm"]),
    "caution": Look("#835200", "#fbf1dc", text.SIGNS["caution"]),
    "bad": Look("#a3262a", "#faeae7", text.SIGNS["bad"]),
    "unsure": Look("#6a3a94", "#f1eaf8", text.SIGNS["unsure"]),
    "sandbox": Look("#835200", "#fbf1dc"),
    "rehearsal": Look("#1d5c73", "#e8f1f3"),
    "gain": Look("#1e6a43", "#fffefb"),
    "loss": Look("#a3262a", "#fffefb"),
    "": Look("#1c2126", "#fffefb"),
}


def render(summary: Summary, *, title: str, cache_folder: Path | None = None) -> str:
    """Return the HTML document: ASCII alone, no line longer than a message may have."""
    page = assets.template("email.html", cache_folder=cache_folder).render(
        title=one_line(title), summary=summary, soft=soft, looks=LOOKS, not_known=NOT_KNOWN, **PALETTE
    )
    plain = page.encode("ascii", "xmlcharrefreplace").decode()
    return "\n".join(folded for line in plain.splitlines() if line for folded in _folded(line)) + "\n"


def soft(words: str) -> Markup:
    """Return escaped text whose long words may be broken, and its dates and signed amounts not."""
    parts = _LONG_WORD.sub("\\g<0>\0", one_line(words)).split("\0")
    return markup(_WHOLE.sub(_UNBROKEN, _MAY_BREAK.join(map(escaped, parts))))


def _folded(line: str) -> Iterator[str]:
    """Yield a line in parts that a message may have, ended at a space: a line's end is one to HTML."""
    while len(line) > _LONGEST_LINE:
        at = line.rindex(" ", 0, _LONGEST_LINE)
        yield line[:at]
        line = line[at + 1 :]
    yield line
