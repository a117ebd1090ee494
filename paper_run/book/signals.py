"""Whether signals were right: what was predicted against what came, between two arrival prices.

Source: docs/CONCEPTS, "Signals".
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from operator import mul

from paper_run import NamedTuple
from paper_run.book.days import CONTEXT, SUMS, rounded
from paper_run.money import ZERO

LEAST_PAIRS = 100
"""Before there are so many pairs no figure says anything."""
LEAST_SYMBOLS = 5
"""So many pairs a session needs for a rank IC of its own."""
RANKED = 1000
"""The rank IC over all pairs is over the latest of them, at most so many: a day reads no more."""
RECENT = 20
"""Over so many sessions the recent rank IC is."""
_PLACES = Decimal(10) ** -10
_Z = Decimal("1.959963984540054")  # of the normal distribution, 95 % on both sides


class Pair(NamedTuple):
    """A prediction and what came; both ratios, 0.01 is 1 %, a fall negative; none of them zero.

    :ivar counts: whether it is of a session's first attempt; else it is only shown.
    """

    symbol: str
    predicted: float
    realized: float
    counts: bool = True

    @property
    def is_hit(self) -> bool:
        """Whether the direction was right."""
        return (self.predicted > 0) == (self.realized > 0)


def realized(before: Decimal, after: Decimal) -> Decimal:
    """Return after / before - 1 of two prices of the same shares, dollars; ten places, a fall negative."""
    with localcontext(CONTEXT):
        return (after / before - 1).quantize(_PLACES) + ZERO


class Tally(NamedTuple):
    """What all pairs up to a session have come to.

    :ivar pairs: those that count. :ivar hits: of the right direction.
    :ivar sessions: those with a rank IC of their own; `total` is the sum of these, a negative one counts
        against it, `squares` that of their squares.
    """

    pairs: int = 0
    hits: int = 0
    sessions: int = 0
    total: Decimal = ZERO
    squares: Decimal = ZERO

    def after(self, pairs: Sequence[Pair]) -> "Tally":
        """Return it after one more session's pairs."""
        counted = [each for each in pairs if each.counts]
        more = self._replace(
            pairs=self.pairs + len(counted), hits=self.hits + sum(each.is_hit for each in counted)
        )
        if (ic := session_ic(counted)) is None:
            return more
        with localcontext(SUMS):
            return more._replace(
                sessions=self.sessions + 1, total=self.total + ic, squares=self.squares + ic * ic
            )


def session_ic(pairs: Sequence[Pair]) -> Decimal | None:
    """Return a session's rank IC, a ratio, negative where it was wrong; None with fewer than 5 pairs."""
    return rank_ic(pairs) if len(pairs) >= LEAST_SYMBOLS else None


def rank_ic(pairs: Sequence[Pair]) -> Decimal | None:
    """Return Spearman's correlation of predicted and realized, a ratio, negative where they go apart.

    Equal values have the mean of their ranks. None where one side has no two different values.
    Spearman, "The Proof and Measurement of Association between Two Things" (1904).
    """
    ours = _doubled_ranks([each.predicted for each in pairs])
    theirs = _doubled_ranks([each.realized for each in pairs])
    n, sum_of = len(pairs), sum(ours)  # of both: ranks always add up to the same
    both = n * sum(map(mul, ours, theirs)) - sum_of * sum_of
    spread = (n * sum(map(mul, side, side)) - sum_of * sum_of for side in (ours, theirs))
    left, right = spread
    if not (left and right):
        return None
    with localcontext(SUMS):
        return Decimal(both) / (Decimal(left) * Decimal(right)).sqrt()


def _doubled_ranks(values: Sequence[float]) -> list[int]:
    """Return twice each value's rank, which is whole also where it is the mean of two."""
    ranks = [0] * len(values)
    order = sorted(range(len(values)), key=values.__getitem__)
    if len(set(values)) == len(values):  # as nearly always, and thousands of them must cost a day little
        for at, of_it in enumerate(order, 1):
            ranks[of_it] = 2 * at
        return ranks
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for at in range(start, end + 1):
            ranks[order[at]] = start + end + 2
        start = end + 1
    return ranks


class Interval(NamedTuple):
    """Where a rate lies with 95 % confidence, ratios of six places."""

    low: Decimal
    high: Decimal


def wilson(hits: int, n: int) -> Interval:
    """Return the interval of hits / n at 95 %; n is above zero.

    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927).
    """
    with localcontext(SUMS):
        number, rate, z2 = Decimal(n), Decimal(hits) / n, _Z * _Z
        centre = rate + z2 / (2 * number)
        half = _Z * (rate * (1 - rate) / number + z2 / (4 * number * number)).sqrt()
        low, high = ((each / (1 + z2 / number)) for each in (centre - half, centre + half))
        return Interval(rounded(max(ZERO, low)) or ZERO, rounded(min(Decimal(1), high)) or ZERO)


class Quality(NamedTuple):
    """How right signals were; with fewer than `minimum` pairs every figure is None. Ratios, six places.

    :ivar hit_rate: of the right direction / pairs. :ivar interval: where that lies with 95 % confidence.
    :ivar rank_ic: over the latest `ranked` pairs, -1 to 1, negative where they were wrong.
    :ivar recent_ic: over the pairs of the latest 20 sessions, likewise.
    :ivar mean_ic: the mean of the sessions' own, likewise; `sessions` is of how many.
    :ivar ic_t: that mean / its standard error, negative like it.
    """

    pairs: int
    minimum: int
    hits: int
    hit_rate: Decimal | None = None
    interval: Interval | None = None
    rank_ic: Decimal | None = None
    ranked: int = 0
    recent_ic: Decimal | None = None
    mean_ic: Decimal | None = None
    ic_t: Decimal | None = None
    sessions: int = 0


def quality(tally: Tally, latest: Sequence[Pair], recent: Decimal | None) -> Quality:
    """Return the figures of all pairs so far.

    :param latest: the newest pairs that count, at most `RANKED`. :param recent: the rank IC of the latest 20
        sessions, a ratio, negative where it was wrong; None: not known.
    """
    found = Quality(tally.pairs, LEAST_PAIRS, tally.hits, ranked=len(latest), sessions=tally.sessions)
    if tally.pairs < LEAST_PAIRS:
        return found
    mean, t = _mean(tally)
    return found._replace(
        hit_rate=rounded(SUMS.divide(Decimal(tally.hits), Decimal(tally.pairs))),
        interval=wilson(tally.hits, tally.pairs),
        rank_ic=rounded(rank_ic(latest)),
        recent_ic=rounded(recent),
        mean_ic=rounded(mean),
        ic_t=rounded(t),
    )


def _mean(tally: Tally) -> tuple[Decimal | None, Decimal | None]:
    """Return the mean of the sessions' rank ICs, and its t; the variance is that of a sample."""
    n = tally.sessions
    if not n:
        return None, None
    with localcontext(SUMS):
        mean = tally.total / n
        if n == 1:
            return mean, None
        variance = max(ZERO, tally.squares - tally.total * tally.total / n) / (n - 1)
        return mean, mean / (variance / n).sqrt() if variance > _NO_SPREAD else None


_NO_SPREAD = Decimal(10) ** -30


def recent_ic(sessions: Iterable[Sequence[Pair]]) -> Decimal | None:
    """Return the rank IC over the pairs of the latest 20 sessions, a ratio, negative where it was wrong.

    :param sessions: each session's pairs, the newest first. None: they are fewer.
    """
    latest = [*sessions][:RECENT]
    if len(latest) < RECENT:
        return None
    return rank_ic([pair for session in latest for pair in session if pair.counts])


def of_sessions(sessions: Sequence[Sequence[Pair]]) -> Quality:
    """Return the figures of some sessions' pairs alone, ratios, negative where they were wrong.

    :param sessions: each session's pairs, the newest last.
    """
    tally, newest = Tally(), sessions[::-1]
    for pairs in sessions:
        tally = tally.after(pairs)
    latest = [pair for pairs in newest for pair in pairs if pair.counts]
    return quality(tally, latest[:RANKED], recent_ic(newest))
