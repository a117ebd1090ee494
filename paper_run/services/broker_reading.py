"""Reading the broker beside the other reads: what is asked of it at once, and what came."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from paper_run import NamedTuple
from paper_run.model.broker import Account, Activities, BrokerOrder, BrokerReading, OrdersRead
from paper_run.services.answer import CallFailed, KeysRefused
from paper_run.services.deadline import gather

if TYPE_CHECKING:
    from paper_run.model.broker import MoneyActivity
    from paper_run.services.broker import Broker

T = TypeVar("T")


_ACCOUNT, _POSITIONS, _LIST = "its account", "its positions", "its list of corporate actions"
_READINGS = 2
_MOMENT = timedelta(seconds=1)
_MOVED = "it moved while it was read"
_ONCE = "it could not be looked at twice"


class Companies(NamedTuple):
    """Of which stocks it is asked what their companies did, and the first and the last date of that."""

    symbols: tuple[str, ...]
    start: date
    end: date


class Wanted(NamedTuple):
    """What is asked of a broker besides the account and its positions.

    :ivar since: all orders submitted after it, and the activities of its day and later; an aware time, None:
        neither. :ivar by_id: our ids of older orders, asked for one by one.
    :ivar money_since: what moved money or shares on that day and later without being a fill; None: it is not
        asked for.
    :ivar companies: None: nothing of any.
    """

    since: datetime | None = None
    by_id: tuple[str, ...] = ()
    money_since: date | None = None
    companies: Companies | None = None


class _Money(NamedTuple):
    """What moved money or shares without being a fill."""

    activities: "tuple[MoneyActivity, ...]"


def _money(broker: "Broker", since: date, *, seconds: float) -> _Money:
    return _Money(broker.activities(since, besides_fills=True, seconds=seconds).money)


def calls(broker: "Broker | None", wanted: Wanted | None, *, seconds: float) -> list[Callable[[], Any]]:
    """Return what is to be called at once, nothing without a broker; `reading` takes the answers so."""
    if broker is None or wanted is None:
        return []
    made: list[Callable[[], Any]] = [
        partial(broker.account, seconds=seconds),
        partial(broker.positions, seconds=seconds),
    ]
    if wanted.since is not None:
        made.append(partial(broker.orders, wanted.since, seconds=seconds))
        made.append(partial(broker.activities, wanted.since.date(), seconds=seconds))
    if wanted.money_since is not None:
        made.append(partial(_money, broker, wanted.money_since, seconds=seconds))
    made += [partial(broker.order, each, seconds=seconds) for each in wanted.by_id]
    if wanted.companies is not None:
        made.append(partial(broker.corporate_actions, *wanted.companies, seconds=seconds))
    return made


def reading(wanted: Wanted | None, answers: Sequence[Any]) -> BrokerReading | None:
    """Put the answers together, None of none; that one could not be read is a value.

    :raises Exception: an answer is one that is no failure of a call.
    """
    if wanted is None or not answers:
        return None
    names = [_ACCOUNT, _POSITIONS]
    names += ["its orders", "its activities"] if wanted.since is not None else []
    names += ["what moved its money"] if wanted.money_since is not None else []
    names += [f"its order {each}" for each in wanted.by_id]
    names += [_LIST] if wanted.companies is not None else []
    failed = [(name, each) for name, each in zip(names, answers, strict=True) if isinstance(each, Exception)]
    for _, error in failed:
        if not isinstance(error, CallFailed):
            raise error
    # Another host has the list of corporate actions: keys that it refuses may be good for all else.
    refusals = [error for name, error in failed if isinstance(error, KeysRefused) and name != _LIST]
    said = [
        f"{name}{f' at {error.url}' if name == _LIST else ''}: it {error.reason}"
        for name, error in failed
        if isinstance(error, CallFailed)
    ]
    lacking = [name for name, _ in failed if name not in (_ACCOUNT, _POSITIONS, _LIST)]
    account, positions, *others = answers
    actions = others.pop() if wanted.companies is not None else None
    return BrokerReading(
        account=account if isinstance(account, Account) else None,
        orders=OrdersRead((), None) if wanted.since is None else _only(others, OrdersRead),
        by_id={each.client_order_id: each for each in others if isinstance(each, BrokerOrder)},
        positions=None if isinstance(positions, Exception) else positions,
        activities=_only(others, Activities),
        money=next((each.activities for each in others if isinstance(each, _Money)), None),
        actions=None if isinstance(actions, Exception) else actions,
        # Keys that are refused are refused for everything.
        problems=(f"it {refusals[0].words}",) if refusals else tuple(said),
        refused=bool(refusals),
        has_no_list=wanted.companies is not None and actions is None,
        money_since=wanted.money_since,
        orders_since=wanted.since,
        is_list_unread=isinstance(actions, Exception),
        untold=frozenset(each for each in wanted.by_id if f"its order {each}" in lacking),
        unsure=f"{', '.join(lacking)} could not be read" if lacking else None,
    )


def with_replacements(
    broker: "Broker | None", wanted: Wanted | None, first: BrokerReading | None, *, seconds: float
) -> tuple[Wanted | None, BrokerReading | None]:
    """Return a reading that has what older orders were replaced by, and what was asked for to have it.

    The broker names an order's replacement by an id of its own. One from before the list was asked for is not
    in it, and nobody would hear of it again: so the list is read from that order on.

    :param first: what was read. Where the longer list can't be read, it tells nothing of those orders.
    """
    if broker is None or wanted is None or first is None:
        return wanted, first
    known = {None, *(each.identity for each in first.all_orders)}
    lost = [each for each in first.by_id.values() if each.replaced_by not in known]
    stamps = [each.submitted_at for each in lost if each.submitted_at is not None]
    if not stamps:
        return wanted, first
    longer = wanted._replace(since=min(stamps) - _MOMENT)
    again = reading(longer, gather(calls(broker, longer, seconds=seconds)))
    if again is not None and again.orders is not None:
        return longer, again
    names = {each.client_order_id for each in lost}
    return wanted, first._replace(
        by_id={name: each for name, each in first.by_id.items() if name not in names},
        problems=first.problems if again is None else again.problems,
        untold=first.untold | names,
        unsure=first.unsure or (None if again is None else again.unsure),
    )


def of_one_moment(
    broker: "Broker | None", wanted: Wanted | None, first: BrokerReading | None, *, seconds: float
) -> BrokerReading | None:
    """Return a reading whose cash, shares and money are of one moment, as far as two looks can tell.

    Money that comes between two answers of a reading is in one of them alone, and would be a difference that
    nothing explains. So they are asked for once more, at once; where they have moved all is read again, once.

    :param first: what was read; it stays where the second look fails, and is unsure then.
    """
    if broker is None or wanted is None or wanted.money_since is None or first is None:
        return first
    what_moves, read = Wanted(money_since=wanted.money_since), first
    for last in range(_READINGS):
        second = reading(what_moves, gather(calls(broker, what_moves, seconds=seconds)))
        if second is None or second.problems or None in (had := _what_moves(read)):
            return read._replace(unsure=read.unsure or _ONCE)
        if had == _what_moves(second):
            return read
        if last + 1 < _READINGS:
            again = reading(wanted, gather(calls(broker, wanted, seconds=seconds)))
            if again is None or len(again.problems) > len(read.problems):
                break
            read = again
    return read._replace(unsure=_MOVED)


def _what_moves(read: BrokerReading) -> tuple[object, object, object]:
    """Return cash, shares and activities; None for what could not be read."""
    return (
        None if read.account is None else (read.account.number, read.account.cash),
        None if read.positions is None else {each.symbol: each.qty for each in read.positions},
        None if read.money is None else set(read.money),
    )


def _only(answers: Sequence[Any], kind: type[T]) -> T | None:
    return next((each for each in answers if isinstance(each, kind)), None)
