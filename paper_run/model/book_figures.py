"""The book at a moment, and what of it is not known."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from paper_run import NamedTuple
from paper_run.book.comparison import Difference, Theirs
from paper_run.book.limits import Working
from paper_run.book.statistics import Statistic
from paper_run.book.valuation import Valuation
from paper_run.errors import Remedy
from paper_run.model.findings import Finding

if TYPE_CHECKING:
    from paper_run.book.parties import Explained, Item
    from paper_run.model.benchmark import Benchmark
    from paper_run.model.costs import CostBasis
    from paper_run.model.periods import Periods
    from paper_run.model.signals import Signals
    from paper_run.model.symbols import Symbols

Unsure = Literal["working", "overdue", "unread", "unpriced", "uncounted", "doubt", "attempt"]


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


class BrokerHolding(NamedTuple):
    """A position in the broker's words: signed shares (of an option: contracts), dollars for one, dollars."""

    qty: Decimal
    avg_entry_price: Decimal | None
    price: Decimal | None
    market_value: Decimal | None
    asset_class: str | None


class BrokerFigures(NamedTuple):
    """An account in the broker's words, dollars, cash negative where it is owed; None: it does not tell.

    :ivar number: what its owner knows it by. :ivar kind: "paper" or "live".
    :ivar is_proven: whether it knows an order of ours, so that it is ours.
    :ivar positions: by symbol; None: they could not be read.
    """

    number: str
    kind: str
    is_proven: bool
    cash: Decimal | None
    equity: Decimal | None
    accrued_fees: Decimal | None
    positions: Mapping[str, BrokerHolding] | None


class BookedMoney(NamedTuple):
    """Money that a session's bridge has in it.

    :ivar kind: as an `Entry` has it. :ivar activity_type: the broker's name of what it is; None: no activity
        of the broker's is behind it, and `note` says what it is. :ivar day: the broker's date of it, else the
        session that it took effect in, ISO. :ivar qty: signed shares. :ivar amount: dollars, in is positive.
    """

    kind: str
    activity: str | None
    activity_type: str | None
    note: str | None
    day: str
    symbol: str
    qty: Decimal
    amount: Decimal
    status: str | None


class BookFigures(NamedTuple):
    """The book as a result states it.

    :ivar since: the session of its first attempt. :ivar session: the one that is valued.
    :ivar now: the moment of the valuation, on the exchange's clock.
    :ivar gateway: the gateway's positions by symbol. :ivar differences: where they differ from ours.
    :ivar in_flight: the symbols of orders that are still working. :ivar unpriced: why a symbol has no price.
    :ivar unknown: why a symbol's quantity or realized P&L is not known, so that it has no figures.
    :ivar not_known: the orders and attempts for which it is not.
    :ivar cash: the base less what everything cost, dollars with all digits, negative where it is owed; None
        while a symbol is unknown.
    :ivar broker: the account at the broker; None where none was read. :ivar broker_differences: where its
        positions differ from ours. :ivar apart: why its equity is not ours; None while it is not proven.
    :ivar base_account: the broker's account whose cash and holdings before the first attempt are the base;
        None: it is that attempt's capital. :ivar provisional: whether the base may be set right yet.
    :ivar waiting: what moved at the broker and is not in the book yet.
    :ivar moved: the money besides trading that the session's bridge has in it.
    :ivar symbols: each with its history; None while there is none.
    :ivar is_gateway_read: whether the gateway's positions could be read.
    :ivar working: what each working order may yet fill, by its name, at its limit or its symbol's mark.
    :ivar drawdown: how far equity stands below its highest, a ratio of zero or less; None: not known.
    :ivar cost_basis: what the cost of trading is reckoned with; None: no arrival price was asked for.
    :ivar signals: how right they were; None: no arrival price was ever asked for.
    :ivar sessions_a_year: what the yearly statistics count with.
    :ivar periods: and `benchmark`: over the same sessions as the statistics.
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
    cash: Decimal | None = None
    broker: BrokerFigures | None = None
    broker_differences: Mapping[str, tuple[Difference, ...]] = {}
    apart: "Explained | None" = None
    is_gateway_read: bool = True
    base_account: str | None = None
    provisional: bool = False
    waiting: "tuple[Item, ...]" = ()
    moved: tuple[BookedMoney, ...] = ()
    periods: "Periods | None" = None
    benchmark: "Benchmark | None" = None
    drawdown: Decimal | None = None
    working: Mapping[str, Working] = {}
    cost_basis: "CostBasis | None" = None
    signals: "Signals | None" = None
    symbols: "Symbols | None" = None
