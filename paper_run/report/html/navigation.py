"""The way from a page: to its sections, its session's other files, and through the index to its neighbours.

What follows a session is not known when its page is made, and a page is made once: so the way to a neighbour,
or to a mark, leads over the session's own place in the index, which knows all of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from paper_run.model.attempt import attempt_name
from paper_run.report import text
from paper_run.report.html.assets import markup
from paper_run.report.html.svg import escaped

if TYPE_CHECKING:
    from markupsafe import Markup

    from paper_run.model.history import SessionLine

INDEX = "index.html"
_HEADING = re.compile(r'<h2 id="([^"]+)"[^>]*>(.*?)</h2>')
_PLAIN = re.compile("[A-Za-z0-9_.~-]+")
_NAMED = re.compile(r'<span class="sr">(.*?): </span>.*')
_NAME = r"\1"


def address(file: str) -> str:
    """Return the relative address of a file in the same folder; no name can make it lead anywhere else."""
    return file if _PLAIN.fullmatch(file) else quote(text.one_line(file), safe="")


def page_of(line: SessionLine) -> str | None:
    """Return the relative address of a session's page: the mark's, else its last attempt's."""
    if line.marked:
        return address(f"{line.session}_mark.html")
    if not line.attempts:
        return None
    return address(f"{attempt_name(line.session, line.attempts[-1][0])}_paper_run.html")


def links(session: str, name: str) -> Markup:
    """Return the links of a page to its neighbours and to the files beside it, as list items.

    :param session: ISO 8601. :param name: of the page's files, see `Reports`.
    """
    tables, place, is_mark = name.removesuffix("_paper_run"), address(session), name.endswith("_mark")
    other = ("attempt", "Attempts") if is_mark else ("mark", "Mark")
    found = (
        (f"{INDEX}?previous#{place}", ' rel="prev"', "← Previous session"),
        (f"{INDEX}?next#{place}", ' rel="next"', "Next session →"),
        (f"{INDEX}?{other[0]}#{place}", "", other[1]),
        (f"{INDEX}#{place}", "", "All sessions"),
        (f"{address(name)}.json", "", "JSON"),
        (f"{address(tables)}_orders.csv", "", "Orders (CSV)"),
        (f"{address(tables)}_positions.csv", "", "Positions (CSV)"),
    )
    return markup("".join(f'<li><a href="{to}"{more}>{escaped(words)}</a></li>' for to, more, words in found))


def sections(body: str) -> Markup:
    """Return the links to the sections of a page, in their sequence, as list items.

    A heading that is a sentence has its name before it, out of sight.

    :param body: what it is made of, escaped.
    """
    return markup(
        "".join(
            f'<li><a href="#{place}">{_NAMED.sub(_NAME, words)}</a></li>'
            for place, words in _HEADING.findall(body)
        )
    )
