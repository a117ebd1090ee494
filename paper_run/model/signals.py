"""What a result states of its signals: the pairs of the session, and what all of them have come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book.signals import Interval, Quality
from paper_run.model import json_fields as fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from typing import Any

    from paper_run.book.signals import Pair


class SignalPair(NamedTuple):
    """A prediction of the session before, and what came; ratios, 0.01 is 1 %, a fall negative.

    :ivar counts: whether it is of that session's first attempt; one made with `--again` is only shown.
    """

    symbol: str
    predicted: Decimal
    realized: Decimal
    counts: bool


class Signals(NamedTuple):
    """The pairs that the session has ended, by `predicted_in`, an ISO date, and the figures over all.

    :ivar session_ic: the session's own rank IC, -1 to 1, negative where it was wrong; None with fewer than
        five pairs. :ivar reason: why it has no pairs.
    """

    quality: Quality
    predicted_in: str | None
    pairs: tuple[SignalPair, ...]
    session_ic: Decimal | None
    reason: str | None


class SignalSession(NamedTuple):
    """A session by its ISO date, its pairs, and the rank IC of 20 sessions up to it, -1 to 1, signed."""

    session: str
    pairs: tuple[Pair, ...]
    recent: Decimal | None


def to_json(signals: Signals) -> dict[str, Any]:
    """Return it as a document has it; ratios stay Decimal, negative for a fall."""
    pairs = (each._asdict() for each in signals.pairs)
    return {**signals._asdict(), "quality": quality_to_json(signals.quality), "pairs": pairs}


def quality_to_json(quality: Quality) -> dict[str, Any]:
    """Return the figures as a document has them, ratios."""
    interval = None if quality.interval is None else quality.interval._asdict()
    return {**quality._asdict(), "interval": interval}


def from_json(content: Mapping[str, Any]) -> Signals:
    """Read it back.

    :raises ValueError: a figure is none. :raises LookupError: a part is not there.
    """
    quality = content["quality"]
    interval = quality.get("interval")
    return Signals(
        quality=Quality(
            **fields.read(quality, _QUALITY),
            interval=None
            if interval is None
            else Interval(fields.stated(interval["low"]), fields.stated(interval["high"])),
        ),
        predicted_in=fields.text(content.get("predicted_in")),
        pairs=tuple(
            SignalPair(
                str(each["symbol"]),
                fields.stated(each["predicted"]),
                fields.stated(each["realized"]),
                bool(each["counts"]),
            )
            for each in content["pairs"]
        ),
        session_ic=fields.amount(content.get("session_ic")),
        reason=fields.text(content.get("reason")),
    )


_QUALITY = fields.reading(
    fields.amount, [name for name in Quality._fields if name != "interval"]
) | fields.reading(lambda value: fields.whole(value) or 0, ["pairs", "minimum", "hits", "ranked", "sessions"])
