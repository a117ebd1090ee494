"""What a tear sheet states: a book over any period, of its complete sessions alone."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from paper_run import NamedTuple
from paper_run.book.execution import MeanCost, SessionsCost
from paper_run.book.signals import Quality
from paper_run.book.statistics import Statistic
from paper_run.book.symbols import SymbolTotals, TripFigures
from paper_run.model.benchmark import Benchmark
from paper_run.model.history import SessionLine
from paper_run.model.periods import Periods
from paper_run.model.signals import SignalSession
from paper_run.model.symbols import TripRow


class Asked(NamedTuple):
    """The period that was asked for, ISO dates, both in it; `until` None: to the latest session."""

    since: str
    until: str | None


class CostsOver(NamedTuple):
    """What trading cost over a period; dollars and cents, a cost positive.

    :ivar begins: the book's first session with arrival prices, an ISO date: before it nothing is known.
    :ivar of_sessions: of those sessions of which it is known; `not_known`: how many others there are.
    :ivar fees: those that the broker has posted of the period's days; None: no broker tells them.
    :ivar total: shortfall and fees; None where the fees, or the shortfall of a session, are not known.
    """

    begins: str
    of_sessions: SessionsCost
    not_known: int
    fees: Decimal | None
    total: Decimal | None
    total_bps: Decimal | None
    mean: MeanCost


class SignalsOver(NamedTuple):
    """How right signals were over a period: the pairs that its sessions have ended.

    :ivar begins: the book's first session with arrival prices, an ISO date. :ivar sessions: oldest first; the
        rank IC of 20 sessions is None of those before which the period does not have so many.
    """

    begins: str
    quality: Quality
    sessions: Sequence[SignalSession]


class SymbolsOver(NamedTuple):
    """What each symbol came to over a period; dollars and cents, a loss negative.

    :ivar begins: the book's first session with rows by symbol, an ISO date.
    :ivar totals: by symbol. :ivar other_pnl: what the period earned before there were such rows.
    :ivar trips: the round trips that ended in the period, whenever they began, newest first.
    """

    begins: str
    totals: Mapping[str, SymbolTotals]
    other_pnl: Decimal
    trips: Sequence[TripRow]
    figures: TripFigures


class TearSheet(NamedTuple):
    """A book over a period; dollars and cents, a loss negative.

    :ivar ledger: the id of the ledger. :ivar label: the words that must go with every figure, or None.
    :ivar book: its number; `books`, how many there are.
    :ivar first: its first complete session in the period, an ISO date; `through` its last.
    :ivar not_valued: how many sessions of the period are not: their P&L is in that of the next that is, but
        that of the `behind` ones after the last, which is in no figure.
    :ivar opening: equity that the first one opened from. :ivar adjustments: what moved equity and is no P&L.
    :ivar curve: the complete sessions, oldest first; drawdown and benchmark begin with the period, and
        `total_pnl` counts from there.
    :ivar costs: None where the book has no arrival price at all, like `signals`. :ivar symbols: None where
        it has no rows by symbol.
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
    costs: CostsOver | None = None
    signals: SignalsOver | None = None
    symbols: SymbolsOver | None = None
    behind: int = 0
