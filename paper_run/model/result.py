"""The run result: what a run or a mark states, rounded and worded as its record has it.

Console, JSON, CSV, page, mail and push are made from it alone; `result_json` is its only codec.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from paper_run import NamedTuple
from paper_run.book.bridge import Bridge
from paper_run.book.comparison import Difference, Theirs
from paper_run.book.statistics import SESSIONS_A_YEAR, Statistic
from paper_run.model.calendar import USUAL
from paper_run.model.findings import Finding
from paper_run.model.service import HEALTHY

if TYPE_CHECKING:
    from paper_run.book.limits import Limits
    from paper_run.model.benchmark import Benchmark
    from paper_run.model.costs import Costs
    from paper_run.model.order import Order
    from paper_run.model.parties import Parties
    from paper_run.model.periods import Periods
    from paper_run.model.signals import Signals
    from paper_run.model.symbols import Symbols


LOST = frozenset({"timeout", "unknown", "interrupted"})
"""The statuses of an attempt of which it is not known which orders it placed."""


class Requested(NamedTuple):
    """What the orchestrator was asked to trade; amounts in dollars, exactly as given.

    :ivar as_of_date: the date of the signals, ISO 8601.
    """

    symbols: tuple[str, ...] = ()
    capital: Decimal | None = None
    max_position_size: Decimal | None = None
    as_of_date: str | None = None


class Totals(NamedTuple):
    """What became of the submitted orders; a count or an amount that is not known is None.

    :ivar total_notional: of the accepted orders, dollars and cents.
    :ivar success_rate: accepted / submitted, four places. :ivar duration_seconds: of the orchestrator's run.
    """

    num_signals: int | None = None
    num_orders_submitted: int | None = None
    num_orders_accepted: int | None = None
    num_orders_rejected: int | None = None
    num_orders_in_doubt: int | None = None
    num_orders_filled: int | None = None
    total_notional: Decimal | None = None
    success_rate: Decimal | None = None
    duration_seconds: Decimal | None = None


class PositionRow(NamedTuple):
    """A symbol of the book; dollars and cents, `qty` signed shares. What is not known is None.

    :ivar price_time: when the mark was made, on the exchange's clock, ISO 8601.
    :ivar gateway: the position in the gateway's words; None: it does not list it.
    :ivar unpriced_reason: why an open position has no price.
    :ivar unknown_reason: why its quantity is not known, so that it has no figures.
    """

    symbol: str
    qty: Decimal | None
    avg_entry_price: Decimal | None
    mark_price: Decimal | None
    price_source: str | None
    price_time: str | None
    price_age_seconds: int | None
    unpriced_reason: str | None
    market_value: Decimal | None
    realized_pnl: Decimal | None
    unrealized_pnl: Decimal | None
    total_pnl: Decimal | None
    day_pnl: Decimal | None
    orders_in_flight: bool
    gateway: Theirs | None
    differences: tuple[Difference, ...]
    unknown_reason: str | None = None

    @property
    def is_unpriced(self) -> bool:
        """Whether it is open and has no price."""
        return bool(self.qty) and self.market_value is None

    @property
    def why_unpriced(self) -> str:
        """Why it has no price, in words; older records do not say."""
        return self.unpriced_reason or "no source has one"

    @property
    def is_not_known(self) -> bool:
        """Whether its quantity is not known, so that it has no figures."""
        return self.qty is None


class MoneyRow(NamedTuple):
    """Money besides trading that a session's bridge has in it; dollars and cents, in is positive.

    :ivar day: the source's date of it, ISO 8601. :ivar kind: "income", "flow", "other", or "cash_in_lieu".
    :ivar activity_type: the source's name of what it is, and `what` in words. :ivar symbol: None: none's.
    :ivar qty: signed shares that came with it, or went; None: none. :ivar activity: the source's id of it.
    """

    day: str
    kind: str
    activity_type: str | None
    what: str
    symbol: str | None
    qty: Decimal | None
    amount: Decimal
    status: str | None
    activity: str | None
    source: str


class Pnl(NamedTuple):
    """The book: P&L, equity and positions, dollars and cents, a loss negative.

    :ivar complete: whether each position has its figures; else what needs them all is None.
    :ivar since: the session of the book's first attempt. :ivar base: the capital of that attempt, or what
        `base_account`, at the broker, was worth before it.
    :ivar equity: from the session's opening to its closing. :ivar since_inception: from `base` to there.
    :ivar money: what the session's bridge has besides trading.
    :ivar provisional: whether the base may be set right yet; it is in no statistics then.
    """

    method: str
    complete: bool
    since: str
    base: Decimal | None
    sessions_a_year: int
    realized_pnl: Decimal | None
    unrealized_pnl: Decimal | None
    total_pnl: Decimal | None
    day_pnl: Decimal | None
    priced_so_far: Decimal | None
    market_value: Decimal | None
    exposure: Decimal | None
    equity: Bridge
    since_inception: Bridge
    positions: tuple[PositionRow, ...]
    money: tuple[MoneyRow, ...] = ()
    base_account: str | None = None
    provisional: bool = False

    @property
    def unpriced(self) -> tuple[PositionRow, ...]:
        """The open positions without a price."""
        return tuple(each for each in self.positions if each.is_unpriced)

    @property
    def not_known(self) -> tuple[PositionRow, ...]:
        """The symbols whose quantity is not known."""
        return tuple(each for each in self.positions if each.is_not_known)

    @property
    def unexplained(self) -> Decimal | None:
        """What of equity no bridge explains, dollars; None when the book adds up."""
        bridges = (self.equity, self.since_inception)
        return next((each.unexplained for each in bridges if each.unexplained), None)


class Statistics(NamedTuple):
    """Each statistic with the number of sessions it comes from and needs; None: the record has none."""

    total_return: Statistic | None = None
    daily_return: Statistic | None = None
    max_drawdown: Statistic | None = None
    best_day: Statistic | None = None
    worst_day: Statistic | None = None
    win_rate: Statistic | None = None
    exposure: Statistic | None = None
    turnover: Statistic | None = None
    volatility: Statistic | None = None
    sharpe_ratio: Statistic | None = None
    sortino_ratio: Statistic | None = None
    annualised_return: Statistic | None = None
    sharpe_standard_error: Statistic | None = None
    sharpe_lower: Statistic | None = None
    sharpe_upper: Statistic | None = None
    probabilistic_sharpe: Statistic | None = None
    skewness: Statistic | None = None
    kurtosis: Statistic | None = None


class HealthRow(NamedTuple):
    """A service's answer to the health check."""

    service: str
    url: str | None
    status: str
    latency_ms: Decimal | int | None
    detail: str | None

    @property
    def healthy(self) -> bool:
        """Whether it was fit to trade with."""
        return self.status == HEALTHY


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResult:
    """An attempt or a mark, whole: what was asked, what came of it, and everything that was found out.

    :ivar attempt: the attempt's number; None in a mark. :ivar session: its date, ISO 8601.
    :ivar timestamp: when it began, on the exchange's clock, ISO 8601 with its offset.
    :ivar how_known: how it became known what came of it, where that was not known at once.
    :ivar pnl: None where nothing could be valued. :ivar parties: what the broker has beside it; None where no
        broker was read. :ivar limits: what is at risk beside the limits that warn; None where nothing is
        valued, and in older records. :ivar costs: what trading cost; None where no arrival price was asked
        for. :ivar signals: how right the predictions were; None where it never was.
    :ivar periods: None without a book, and in older records. :ivar benchmark: None where none is read.
    :ivar symbols: each with its history; older records have none.
    :ivar ledger: the id of the ledger that has it.
    :ivar is_old: whether its record is from before findings had codes; an opening's gain was in the closing
        then, and in no return.
    """

    run_id: str | None
    session: str
    attempt: int | None
    timestamp: str
    status: str
    exit_status: int
    sandbox: bool
    rehearsal: bool
    how_known: str | None
    parameters: Requested
    totals: Totals
    orders: "tuple[Order, ...]"
    pnl: Pnl | None
    statistics: Statistics
    health: tuple[HealthRow, ...]
    findings: tuple[Finding, ...]
    ledger: str
    parties: "Parties | None" = None
    limits: "Limits | None" = None
    costs: "Costs | None" = None
    signals: "Signals | None" = None
    periods: "Periods | None" = None
    benchmark: "Benchmark | None" = None
    symbols: "Symbols | None" = None
    is_old: bool = False

    @property
    def has_others(self) -> bool:
        """Whether a mark lists orders besides the session's own, which no count of it has in it."""
        signals = self.totals.num_signals
        return self.is_mark and signals is not None and len(self.orders) > signals

    @property
    def is_mark(self) -> bool:
        """Whether it values a session, and traded nothing."""
        return self.attempt is None

    @property
    def is_unknown(self) -> bool:
        """Whether it is not known which orders an attempt has placed."""
        return self.status in LOST

    @property
    def label(self) -> str | None:
        """The words that must go with every figure, see `label`."""
        return label(sandbox=self.sandbox, rehearsal=self.rehearsal, is_known=self.executed_nothing)

    @property
    def executed_nothing(self) -> bool:
        """Whether it is a rehearsal that is known to be one: each of its orders was answered for."""
        return self.rehearsal and not (self.is_unknown or self.totals.num_orders_in_doubt)


def label(*, sandbox: bool, rehearsal: bool, is_known: bool = True) -> str | None:
    """Return the words that must go with every figure that is not of a real run.

    :param is_known: whether it is known that nothing of a rehearsal was executed.
    """
    words = ["SANDBOX - simulated prices"] if sandbox else []
    words += [f"REHEARSAL - {'nothing executed' if is_known else 'outcome unknown'}"] if rehearsal else []
    return "; ".join(words) or None


USUAL_SESSIONS_A_YEAR = SESSIONS_A_YEAR[USUAL]
"""What the yearly statistics of a record count with that does not say it."""


RunStatus = Literal["success", "partial", "failed", "timeout", "unknown", "interrupted"]
