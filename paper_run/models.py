"""The frozen values that flow from the services through the day into the writers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from paper_run import money

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from decimal import Decimal

    from paper_run.book.comparison import Difference, Theirs
    from paper_run.book.statistics import Statistic
    from paper_run.book.valuation import Valuation
    from paper_run.errors import Remedy
    from paper_run.model.findings import Finding

RunStatus = Literal["success", "partial", "failed", "timeout", "unknown", "interrupted"]
RUN_ENDS = frozenset({"completed", "partial", "failed"})
"""The orchestrator's words for a run that is over."""
PriceSource = Literal["fill", "limit", "quote", "estimated"]
Outcome = Literal["accepted", "rejected", "in_doubt", "repeat"]


def trade_name(session: date | str, number: int) -> str:
    """Return how a trade is named, in commands and files: its session, and its number if not the first."""
    return f"{session}" if number == 1 else f"{session}-{number}"


class ServiceUrl(NamedTuple):
    """Where a service is: a base without trailing slash or credentials, which travel beside it."""

    base: str
    credentials: tuple[str, str] | None = None

    def __str__(self) -> str:
        return self.base

    def __repr__(self) -> str:
        return f"ServiceUrl({self.base!r})"


class Parameters(NamedTuple):
    """What the orchestrator is asked to trade; amounts in dollars, exactly as given."""

    symbols: tuple[str, ...]
    capital: Decimal
    max_position_size: Decimal
    as_of_date: date


class Exchange(NamedTuple):
    """One request as `-v` shows it: the outcome is its status, or the reason why there is none."""

    method: str
    url: str
    outcome: str
    milliseconds: int


class ServiceHealth(NamedTuple):
    """One service's answer to the health check; `status` is `healthy` only when every flag agrees.

    `clock` is the service's own time, as it words it: it is compared with that service's times alone.
    `date_header` is the HTTP Date of its answer, `own_date` the same where nobody between can have said it.
    `fix` is what helps, where a look is enough to know it.
    """

    service: str
    url: str
    status: str
    latency_ms: int
    detail: str | None
    dry_run: bool = False
    sandbox_session: date | None = None
    clock: str | None = None
    date_header: str | None = None
    strategy: str | None = None
    own_date: str | None = None
    fix: str = ""

    @property
    def healthy(self) -> bool:
        """Whether the day may go on with it."""
        return self.status == "healthy"


class Position(NamedTuple):
    """A holding as the gateway words it; `qty` is signed, prices in dollars, `*_pl` the gateway's own."""

    symbol: str
    qty: Decimal
    avg_entry_price: Decimal | None
    current_price: Decimal | None
    unrealized_pl: Decimal | None
    realized_pl: Decimal | None
    updated_at: datetime | None = None


class Prepared(NamedTuple):
    """All that is known before anything is sent.

    `known_runs` are the ids that the orchestrator listed, None when its list could not be read.
    `gateway_clock` is the gateway's own time (UTC), with which its orders' times can be compared.
    """

    session: date
    parameters: Parameters
    health: tuple[ServiceHealth, ...]
    positions: tuple[Position, ...]
    sandbox: bool
    rehearsal: bool
    known_runs: tuple[str, ...] | None
    orchestrator_clock: str | None
    gateway_clock: datetime | None
    notices: tuple[Finding, ...]


class TradeRow(NamedTuple):
    """A trade as the ledger keeps it; see `paper_run.ledger` for its states.

    :ivar version: how often it was written. :ivar fence: what no second one of its session can have; None:
        it closes none. :ivar timeout: its --timeout, seconds; None: an older row.
    :ivar leaves_until: when its POST may leave at the latest (UTC). :ivar over: whether the orchestrator
        itself has answered, so that it works on it no longer. :ivar stayed_dry: whether the gateway was in
        DRY_RUN again right after a rehearsal.
    :ivar wrong_date: by whom and when its session was said to be a wrong date; it closes none then.
    """

    id: int
    session: date
    number: int
    key: str
    state: str
    started_at: datetime
    prepared: Prepared
    run_id: str | None
    answer: str | None
    settled: str | None
    document: str
    version: int = 0
    fence: str | None = None
    timeout: Decimal | None = None
    leaves_until: datetime | None = None
    over: bool = False
    stayed_dry: bool = False
    wrong_date: str | None = None

    @property
    def name(self) -> str:
        """The trade as commands name it: its session, and its number when it is not the first."""
        return trade_name(self.session, self.number)

    @property
    def unsettled(self) -> bool:
        """Whether it is not known what came of it."""
        return self.state in ("sent", "unsettled")

    @property
    def closes(self) -> bool:
        """Whether its session is closed by it: no rehearsal, or one that is not known to have been one."""
        if self.state == "nothing" or self.wrong_date is not None:
            return False
        unproved = self.unsettled and not self.stayed_dry
        return not self.prepared.rehearsal or self.fence is not None or unproved


class SignalOrder(NamedTuple):
    """A signal and what the orchestrator made of it (a `mapping`); qty and side are None without an order."""

    symbol: str
    predicted_return: Decimal | None
    rank: int | None
    target_weight: Decimal | None
    client_order_id: str | None
    qty: Decimal | None
    side: str | None
    broker_order_id: str | None
    status: str | None
    filled_qty: Decimal | None
    filled_avg_price: Decimal | None
    skip_reason: str | None


class Orchestration(NamedTuple):
    """The orchestrator's answer for one run; the counts are its own opinion."""

    run_id: str
    status: str
    strategy: str | None
    as_of_date: str | None
    started_at: str | None
    num_signals: int | None
    num_orders_submitted: int | None
    num_orders_accepted: int | None
    num_orders_rejected: int | None
    mappings: tuple[SignalOrder, ...]
    duration_seconds: Decimal | None
    error_message: str | None


class ListedRun(NamedTuple):
    """A run as the orchestrator's list shows it; `orders` is how many it says it had, None: not said."""

    run_id: str
    status: str
    as_of_date: str | None
    started_at: str | None
    orders: int | None
    strategy: str | None = None


class Asked(NamedTuple):
    """What an order of ours asked for, whatever the gateway says of it: shares without a sign."""

    symbol: str
    side: str
    qty: Decimal

    def __str__(self) -> str:
        return f"{self.side} {money.digits(self.qty)} {self.symbol}"


class OrderState(NamedTuple):
    """An order as the gateway knows it now; `filled_qty` and `filled_avg_price` are cumulative."""

    client_order_id: str
    symbol: str
    side: str
    qty: Decimal
    status: str
    broker_order_id: str | None
    limit_price: Decimal | None
    filled_qty: Decimal | None
    filled_avg_price: Decimal | None
    error_message: str | None
    created_at: str | None = None
    order_type: str | None = None
    time_in_force: str | None = None
    filled_at: datetime | None = None


class Order(NamedTuple):
    """A row of the result: the signal, its order, how it stands, and its notional in dollars and cents.

    `outcome` is None for a signal without an order. `price_source` says where `price` comes from; an
    `estimated` notional has no price, only a size.
    """

    symbol: str
    side: str | None
    qty: Decimal | None
    status: str | None
    outcome: Outcome | None
    client_order_id: str | None
    broker_order_id: str | None
    filled_qty: Decimal | None
    filled_avg_price: Decimal | None
    price: Decimal | None
    price_source: PriceSource | None
    notional: Decimal | None
    predicted_return: Decimal | None
    rank: int | None
    target_weight: Decimal | None
    skip_reason: str | None
    error_message: str | None


Unsure = Literal["working", "unread", "unpriced", "uncounted", "doubt", "attempt"]


class NotKnown(NamedTuple):
    """An order, or an attempt, of which it is not known what it has filled.

    :ivar name: as `resolve` takes it. :ivar about: what it is, in words. :ivar why: a clause.
    :ivar remedies: what a person can say of it.
    """

    kind: Unsure
    name: str
    symbols: tuple[str, ...]
    about: str
    why: str
    remedies: tuple[Remedy, ...]


class BookFigures(NamedTuple):
    """The book as a result states it.

    :ivar since: the session of its first trade. :ivar session: the one that is valued.
    :ivar now: the moment of the valuation, on the exchange's clock.
    :ivar gateway: the gateway's positions by symbol. :ivar differences: where they differ from ours.
    :ivar in_flight: the symbols of orders that are still working. :ivar unpriced: why a symbol has no price.
    :ivar unknown: why a symbol's quantity or realized P&L is not known, so that it has no figures.
    :ivar not_known: the orders and attempts for which it is not.
    :ivar sessions_a_year: what the yearly statistics count with.
    """

    since: date
    session: date
    now: datetime
    valuation: Valuation
    gateway: Mapping[str, Theirs]
    differences: Mapping[str, tuple[Difference, ...]]
    in_flight: frozenset[str]
    unpriced: Mapping[str, str]
    sessions_a_year: int
    statistics: Mapping[str, Statistic]
    remarks: tuple[Finding, ...] = ()
    unknown: Mapping[str, str] = {}
    not_known: tuple[NotKnown, ...] = ()


class SessionLine(NamedTuple):
    """A session as the history, the index and the curves show it; dollars and cents, ratios as such.

    Money is None in a session that could not be valued whole (or not at all); it is left out of curves.

    :ivar trades: the number and the status of each trade, rehearsals too, in order.
    :ivar daily_return: day_pnl / opening. :ivar drawdown: zero or negative, from the highest closing before;
        both unrounded: they are rounded once, where they are shown.
    :ivar marked: whether it was valued by a mark, which has files of its own.
    :ivar book: the number of its book, see `EndedBook`.
    """

    session: str
    trades: tuple[tuple[int, str], ...]
    complete: bool
    day_pnl: Decimal | None
    total_pnl: Decimal | None
    closing: Decimal | None
    daily_return: Decimal | None
    drawdown: Decimal | None
    marked: bool
    book: int = 1


class EndedBook(NamedTuple):
    """A book that a `resolve --reset` ended, and what it came to by itself; dollars and cents.

    :ivar number: 1 for the first. :ivar since: the session that it began with. :ivar ended: by whom and when.
    :ivar num_sessions: in how many it traded or was valued.
    :ivar valued: its last complete session; without one the figures are None.
    :ivar deepest: its deepest drawdown, a ratio, zero or negative.
    """

    number: int
    since: str
    ended: str
    num_sessions: int
    valued: str | None
    total_pnl: Decimal | None
    closing: Decimal | None
    deepest: Decimal | None
