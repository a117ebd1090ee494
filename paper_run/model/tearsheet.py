"""What a tear sheet states: a book over any period, of its complete sessions alone."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from paper_run.book.statistics import Statistic
from paper_run.model.benchmark import Benchmark
from paper_run.model.history import SessionLine
from paper_run.model.periods import Periods


class Asked(NamedTuple):
    """The period that was asked for, ISO dates, both in it; `until` None: to the latest session."""

    since: str
    until: str | None


class TearSheet(NamedTuple):
    """A book over a period; dollars and cents, a loss negative.

    :ivar ledger: the id of the ledger. :ivar label: the words that must go with every figure, or None.
    :ivar book: its number; `books`, how many there are.
    :ivar first: its first complete session in the period, an ISO date; `through` its last.
    :ivar not_valued: how many sessions of the period are in no figure.
    :ivar opening: equity that the first one opened from. :ivar adjustments: what moved equity and is no P&L.
    :ivar curve: the complete sessions, oldest first; drawdown and benchmark begin with the period, and
        `total_pnl` counts from there.
    """

    ledger: str
    label: str | None
    book: int
    books: int
    asked: Asked
    first: str
    through: str
    not_valued: int
    sessions_a_year: int
    opening: Decimal
    pnl: Decimal
    adjustments: Decimal
    closing: Decimal
    statistics: Mapping[str, Statistic]
    periods: Periods
    benchmark: Benchmark | None
    curve: Sequence[SessionLine]
