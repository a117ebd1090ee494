"""What the proven broker shows of an attempt later: the orders of a lost answer, and those in doubt."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from paper_run import NamedTuple, money
from paper_run.model.attempt import on_brokers_clock, posted_at, works_until
from paper_run.model.order import Asked
from paper_run.services.answer import CallFailed, NotKnown
from paper_run.services.deadline import gather
from paper_run.services.orchestrator import recorded_orchestration
from paper_run.trading import lookup
from paper_run.trading.account import order_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow, Snapshot
    from paper_run.model.broker import Account, BrokerOrder, OrdersRead
    from paper_run.model.calendar import Calendar
    from paper_run.model.order import OrderState
    from paper_run.services.broker import Broker

T = TypeVar("T")

_CUT_OFF = timedelta(seconds=1)
"""How much less than its own time a broker's Date may tell."""
_LATE = timedelta(minutes=30)


class Placed(NamedTuple):
    """The orders of a lost answer that the broker shows.

    :ivar states: all that are the attempt's, by our id, those that were found before among them.
    :ivar fresh: the ids of the new ones. :ivar rivals: the symbols of which it shows more than one that could
        be the attempt's: none of them is taken. :ivar is_over: whether no more can come.
    """

    states: dict[str, OrderState]
    fresh: tuple[str, ...]
    rivals: tuple[str, ...]
    is_over: bool


class Told(NamedTuple):
    """What the broker says of orders in doubt.

    :ivar orders: those that it knows, by our id. :ivar missing: the ids that it does not know.
    :ivar since: all that were submitted since the POST, None: not known.
    :ivar as_of: its own clock, before any of it was read.
    """

    orders: dict[str, OrderState]
    missing: frozenset[str]
    since: tuple[OrderState, ...] | None
    as_of: datetime | None


class AtBroker:
    """One command's looks at the broker, whose account is the present book's; who is silent is asked once.

    :param broker: None: none is configured, so that nothing is told.
    """

    def __init__(self, ledger: Ledger, broker: Broker | None, calendar: Calendar) -> None:
        proven = ledger.broker_accounts.proven() if broker is not None else None
        self._ledger = ledger
        self._calendar = calendar
        self._number = proven.number if proven is not None else None
        self._broker = broker if proven is not None else None
        self._account: Account | None = None

    @property
    def is_read(self) -> bool:
        """Whether there is a broker whose account is proven, be it silent."""
        return self._number is not None

    def placed(self, row: AttemptRow) -> Placed | None:
        """Look for the orders of an attempt whose answer was lost; None where nothing can be told.

        Its own are those that were not there before the POST, created after it and before the next attempt's,
        while the orchestrator may have been at work on it, one a symbol of its, each under the id that is the
        hash of its own fields.
        """
        before, strategy = row.snapshot.broker, traded_strategy(self._ledger, row.snapshot)
        if before is None or before.orders is None or before.as_of is None or strategy is None:
            return None
        if before.number != self._number or (read := self._orders(before.as_of)) is None:
            return None
        there = {identity for each in before.orders for identity in each}
        owners = self._ledger.orders.owners(each.client_order_id for each in read.orders)
        until = self._until(row)
        new = [
            each
            for each in read.orders
            if each.client_order_id not in owners
            and not {each.client_order_id, each.identity} & there
            and each.symbol in row.snapshot.parameters.symbols
            and each.created_at is not None
            and before.as_of - _CUT_OFF <= each.created_at < until
            and order_ids.is_hash_of(each, strategy)
        ]
        own = self._ledger.orders.order_states(row)
        of_symbol = Counter([each.symbol for each in own.values()] + [each.symbol or "" for each in new])
        fresh = [state for each in new if of_symbol[each.symbol or ""] == 1 and (state := _state(each))]
        rivals = tuple(sorted({each.symbol or "" for each in new if of_symbol[each.symbol or ""] > 1}))
        told = {state.client_order_id: state for each in read.orders if (state := _state(each)) is not None}
        return Placed(
            {
                **{identity: told.get(identity, state) for identity, state in own.items()},
                **{state.client_order_id: state for state in fresh},
            },
            tuple(state.client_order_id for state in fresh),
            rivals,
            is_over=not rivals and self._is_over(row, read.as_of),
        )

    def told(self, row: AttemptRow, client_order_ids: Sequence[str]) -> Told | None:
        """Ask for orders that an attempt may have placed, by our ids for them; None where nothing is told."""
        before = row.snapshot.broker
        if not client_order_ids or (before is not None and before.number not in (None, self._number)):
            return None
        if (account := self._own_account()) is None or self._broker is None:
            return None
        calls = [partial(self._broker.order, each, seconds=lookup.LOOK_SECONDS) for each in client_order_ids]
        by_id = zip(client_order_ids, self._ask(calls), strict=True)
        found = {identity: each for identity, each in by_id if not isinstance(each, CallFailed)}
        read = self._orders(posted_at(row))
        return Told(
            {
                identity: state
                for identity, each in found.items()
                if each is not None and (state := _state(each)) is not None
            },
            frozenset(identity for identity, each in found.items() if each is None),
            None if read is None else tuple(filter(None, map(_state, read.orders))),
            account.as_of,
        )

    def proves_absence(self, row: AttemptRow, as_of: datetime | None, ran: timedelta) -> bool:
        """Whether what the broker did not know at a moment of its own clock was never placed.

        That is after the close of the first session that ends after the POST, and 30 minutes after the run.

        :param ran: how long the run took.
        """
        posted = posted_at(row)
        closes = self._calendar.hours(self._calendar.session_ending_after(posted))[1]
        return as_of is not None and as_of >= max(closes, posted + ran + _LATE)

    def was_created_for(self, row: AttemptRow, state: OrderState) -> bool:
        """Whether the broker has made an order after an attempt's POST and before the next one's."""
        return lookup.was_created_between(state, self.post(row), self.next_post(row))

    @staticmethod
    def post(row: AttemptRow) -> datetime | None:
        """Return the broker's time (UTC) before an attempt's POST, where it was not read the gateway's."""
        before = row.snapshot.broker
        if before is not None and before.as_of is not None:
            return before.as_of
        return row.snapshot.gateway_clock

    def next_post(self, row: AttemptRow) -> datetime | None:
        """Return the broker's time (UTC) at the journal's next row: what comes then is not this one's."""
        after = self._ledger.attempts.after(row)
        if after is None:
            return None
        told = after.snapshot.broker.as_of if after.snapshot.broker is not None else None
        return told or on_brokers_clock(row, after.started_at)

    def _until(self, row: AttemptRow) -> datetime:
        """Return the broker's time before which an order of an attempt is created."""
        works = on_brokers_clock(row, works_until(row)) + _CUT_OFF
        return min(works, self.next_post(row) or works)

    def _is_over(self, row: AttemptRow, as_of: datetime | None) -> bool:
        closes = self._calendar.hours(row.session)[1]
        works = on_brokers_clock(row, works_until(row)) + _CUT_OFF
        return as_of is not None and as_of >= max(closes, works)

    def _own_account(self) -> Account | None:
        """Return the account that the keys lead to, if it is the one that was proven."""
        if self._broker is None or self._account is not None:
            return self._account
        (answer,) = self._ask([partial(self._broker.account, seconds=lookup.LOOK_SECONDS)])
        if isinstance(answer, CallFailed) or answer.number != self._number:
            self._broker = None
            return None
        self._account = answer
        return answer

    def _orders(self, since: datetime) -> OrdersRead | None:
        if self._own_account() is None or self._broker is None:
            return None
        read = partial(self._broker.orders, since - 2 * _CUT_OFF, seconds=lookup.LOOK_SECONDS)
        (answer,) = self._ask([read])
        return None if isinstance(answer, CallFailed) else answer

    def _ask(self, calls: Sequence[Callable[[], T]]) -> list[T | CallFailed]:
        """Return the answers; that a call failed is a value, and nothing more is asked then."""
        found: list[T | CallFailed] = []
        for each in gather(calls):
            if isinstance(each, CallFailed):
                self._broker = self._broker if isinstance(each, NotKnown) else None
            elif isinstance(each, Exception):
                raise each
            found.append(each)
        return found


def traded_strategy(ledger: Ledger, snapshot: Snapshot) -> str | None:
    """Return the strategy that is traded: as the services said before the POST, else as a run said last."""
    if (said := lookup.own_strategy(snapshot)) is not None:
        return said
    answer = ledger.account.last_answer
    return None if answer is None else recorded_orchestration(answer).strategy


def found_at_broker(placed: Placed) -> str:
    """Say which orders of a lost answer the broker shows, and what they do not prove."""
    so_far = "" if placed.is_over else " so far"
    named = ", ".join(
        f"{each.side} {money.digits(each.qty)} {each.symbol} as {identity}"
        for identity, each in placed.states.items()
    )
    return f"found{so_far} at the broker: {named}; another caller of this gateway can't be excluded"


def _state(order: BrokerOrder) -> OrderState | None:
    """Return an order as the broker has it; None for one without a symbol, a side or a quantity."""
    if order.symbol is None or order.side is None or order.qty is None:
        return None
    return order.as_state(Asked(order.symbol, order.side, order.qty))
