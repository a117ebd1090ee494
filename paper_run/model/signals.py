"""What a result states of its signals: the pairs of the session, and what all of them have come to."""

from decimal import Decimal

from paper_run import NamedTuple
from paper_run.book.signals import Pair, Quality


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
