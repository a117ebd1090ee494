"""What a result states of a benchmark."""

from collections.abc import Mapping
from decimal import Decimal

from paper_run import NamedTuple
from paper_run.book.statistics import Statistic


class Benchmark(NamedTuple):
    """A benchmark beside the book, over the same sessions.

    :ivar since: the session whose closing the comparison begins with, an ISO date; None: it has no price yet.
    :ivar through: the last complete session, an ISO date.
    :ivar equity: what the equity of where it began is worth in the benchmark at `through`, dollars and cents;
        None: it has no price there. The figures run until its last price.
    :ivar price: dollars a share at `through`, with its source and its time, ISO 8601 in UTC; None: none.
    :ivar left_out: how many sessions are in no figure, for the benchmark may have split.
    """

    symbol: str
    since: str | None
    through: str
    equity: Decimal | None
    price: Decimal | None
    price_source: str | None
    price_time: str | None
    left_out: int
    figures: Mapping[str, Statistic]
