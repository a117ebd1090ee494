"""What a letter says, in words and figures, before it is laid out: both of its parts show this alone."""

from typing import TYPE_CHECKING, Literal

from paper_run import NamedTuple
from paper_run.errors import Remedy
from paper_run.model.attempt import attempt_name
from paper_run.report.summary.figures import Figure
from paper_run.report.summary.headline import Banner, Tone
from paper_run.report.text import one_line

if TYPE_CHECKING:
    from paper_run.model.result import RunResult
    from paper_run.report.summary.movers import Movers


NOT_KNOWN = "not known"
"""What a figure says that is not."""

# What a character that a mail carries as several octets counts for, when text is cut to a length.
_WIDE = 3
_LONGEST_NUMBER = 24


class Count(NamedTuple):
    """How many orders; `tone` is its colour where it asks for a look, else ""."""

    label: str
    shown: str
    tone: str = ""


class Item(NamedTuple):
    """One thing to look at: what it is in a word or two, what it is about, and why."""

    tone: Tone | Literal[""]
    kind: str
    about: str
    said: str


class Section(NamedTuple):
    """Things to look at under a heading; `more` says where the rest is, "" when these are all."""

    heading: str
    items: tuple[Item, ...]
    more: str = ""


class Bar(NamedTuple):
    """A session's P&L: pixels above zero, and below it."""

    up: int
    down: int


class Glance(NamedTuple):
    """How it has gone: `words` say what the bars show; what there is nothing of is empty.

    :ivar beside: what trading cost, and how the book does beside its benchmark.
    """

    bars: tuple[Bar, ...]
    words: str
    periods: tuple[Figure, ...]
    risk: tuple[Figure, ...]
    beside: tuple[Figure, ...]


class Summary(NamedTuple):
    """A letter's content, most important first; what it has nothing of is empty.

    :ivar name: what the letter is of. :ivar day: the session in words. :ivar moment: when it began.
    :ivar verdict: whether a person is needed. :ivar status: how the day went, in a sentence or two.
    :ivar figures: day P&L, total P&L and equity. :ivar absence: why there are none.
    :ivar glance: how it has gone so far. :ivar news: what changed, and the orders that went well.
    :ivar notional: what was traded. :ivar steps: what a person may do, under `steps_heading`.
    """

    name: str
    day: str
    moment: str
    tone: Tone
    verdict: str
    status: str
    banners: tuple[Banner, ...] = ()
    figures: tuple[Figure, ...] = ()
    absence: str = ""
    counts: tuple[Count, ...] = ()
    notional: Figure | None = None
    sections: tuple[Section, ...] = ()
    steps_heading: str = ""
    steps: tuple[Remedy, ...] = ()
    glance: Glance | None = None
    news: tuple[Section, ...] = ()
    movers: "Movers | None" = None
    facts: tuple[tuple[str, str], ...] = ()
    closing: tuple[str, ...] = ()


def clip(words: str, longest: int) -> str:
    """Return text on one line, cut with an ellipsis; a character beyond ASCII takes the room of three.

    It is cut between two words, so that no number is left that is another one; within one of a word that is
    longer than a number.
    """
    shown = " ".join(one_line(words).split())
    if len(shown) * _WIDE <= longest:
        return shown
    room = longest
    for at, character in enumerate(shown):
        room -= 1 if character.isascii() else _WIDE
        if room < 0:
            kept = shown[: max(0, at - 1)]
            whole = kept if shown[len(kept)] == " " else kept.rpartition(" ")[0] or kept
            return (whole if len(kept) - len(whole) <= _LONGEST_NUMBER else kept).rstrip(" ,;:") + "…"
    return shown


class Attachment(NamedTuple):
    """A file that goes with a letter.

    :ivar subtype: of `text/...`: `html` or `csv`; the content is UTF-8.
    """

    name: str
    subtype: str
    content: bytes


Occasion = Literal["run", "mark", "close", "settled"]


def name_of(result: "RunResult") -> str:
    """Return the attempt that a result is of, as commands name it; of a mark its session."""
    return attempt_name(result.session, result.attempt or 1)
