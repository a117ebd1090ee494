"""The broker's word: whether its account is ours, and what it says of our orders, over the gateway's word."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book.fills import is_average
from paper_run.model.broker import ProvenAccount
from paper_run.model.findings import Finding, listed, note, warning
from paper_run.model.order import BROKER, Asked, OrderState
from paper_run.model.reading_messages import another_account
from paper_run.services.broker_reading import Wanted
from paper_run.trading.account import our_shares
from paper_run.trading.account.order_outcomes import REFUSED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from paper_run.errors import PaperRunError
    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.order_rows import Sent
    from paper_run.model.broker import Account, BrokerOrder, BrokerReading, FillActivity
    from paper_run.services.platform import Observations

_READ_AGAIN = timedelta(days=7)
LOOKS_BACK = timedelta(days=45)
"""So far back money is read each time, and orders where the broker was not read since."""
_MARGIN = timedelta(hours=1)
"""How much further back the list is read: it goes by the broker's clock, and what is sent by another."""
_CLOCKS_APART = timedelta(minutes=5)
_SINGLY = 20
"""So many older orders are asked for one by one; more of them are read as a list."""
_NAMED = 5


class Heard(NamedTuple):
    """What the broker's word brings to light, and what of it is a failure."""

    found: tuple[Finding, ...] = ()
    failures: tuple[PaperRunError, ...] = ()


def wanted(ledger: Ledger, session: date) -> Wanted:
    """Return what a command of a session asks the broker for.

    The orders of the last seven days, or since the broker was read last, those that have ended too; of older
    ones those that have not; what moved money or shares without a fill.
    """
    recent = _since(ledger, session)
    older = [each for each in ledger.open_orders.sent(recent) if each.session < recent and not each.has_ended]
    first = ledger.open_orders.sent_from(recent)
    if len(older) > _SINGLY:
        first, older = min(each.sent_at for each in older), []
    since = None if first is None else first - _MARGIN
    return Wanted(since, tuple(each.name for each in older), _money_from(ledger, session))


def _money_from(ledger: Ledger, session: date) -> date:
    """Return from which day on money is read: 45 days before the session, or before it was read last.

    Before the first reading that is 45 days before the opening of the book.
    """
    return _read_last(ledger, session) - LOOKS_BACK


def _read_last(ledger: Ledger, session: date) -> date:
    """Return the session in which the broker was read last, or the one in which the book began."""
    period = ledger.books.period()
    last = None if period is None else ledger.broker_money.read_in(period) or period.session
    return min(session, last or session)


def other_account(ledger: Ledger, after: Observations, broker: str) -> PaperRunError | None:
    """Return that the keys lead to another account than the one that is proven to be the book's.

    :param broker: its address.
    """
    proven, reading = ledger.broker_accounts.proven(), after.broker
    if proven is None or reading is None or reading.account is None:
        return None
    if reading.account.number == proven.number:
        return None
    return another_account(broker, reading.account.number, proven.number)


def take(
    ledger: Ledger, after: Observations, session: date, *, own: Collection[str] = (), broker: str = ""
) -> Heard:
    """Put the broker's word in the place of the gateway's, once its account is proven to be ours.

    What it does not tell stays as it is: that an order is missing proves nothing. The account that is proven
    by this is in `after.account`, the orders that it tells of are in `after.told`.

    To be called in a transaction, with the gateway's word on a run's own orders written.

    :param own: the ids of a run's own orders. :param broker: the broker's address.
    """
    reading = after.broker
    if reading is None or reading.account is None:
        return Heard()
    if (other := other_account(ledger, after, broker)) is not None:
        return Heard(failures=(other,))
    ledger.orders.keep_orders((after.earlier | after.ended).values())
    sent = ledger.open_orders.sent(_since(ledger, session))
    orders = {each.client_order_id: each for each in reading.all_orders}
    known = ledger.broker_accounts.proven()
    found: list[Finding] = []
    if known is None:
        known, found = _judged(sent, orders, reading.account.number, session, ledger, reading)
    if known is None:
        return Heard(tuple(found))
    after.account = known
    before, fills = {each.name: each.state for each in sent}, _fills_of(reading)
    by_identity = {order.identity: order for order in reading.all_orders}
    changed = []
    for each in sent:
        order = orders.get(each.name)
        if order is None:
            continue
        if not _agrees(each.asked, order, ledger, reading):
            found.append(_another_order(each, order))
            continue
        said = [_state(each.asked, order, fills)]
        # The gateway may have told that it fills on, and not what was corrected.
        if not each.has_ended or each.state is None or each.state.filled_qty != order.filled_qty:
            after.executed[each.name] = fills.get(order.identity, ())
        said += _replacements(ledger, each, order, by_identity, fills, found)
        said = [_with_dollars(state, before.get(state.client_order_id)) for state in said]
        changed += [
            state.client_order_id for state in said if _keep(ledger, state, before.get(state.client_order_id))
        ]
        after.told.update((state.client_order_id, state) for state in said)
    ledger.open_orders.follow_told(changed)
    _show(after, own, changed)
    return Heard(tuple(found))


def before(ledger: Ledger | None, account: Account | None, broker: str) -> tuple[Finding, ...]:
    """Prove before the POST that an account is the book's own, if one is; return what it is not fit for.

    :param account: None: none is read. :param broker: its address.
    :raises DataError: it is another one.
    """
    if account is None:
        return ()
    proven = ledger.broker_accounts.proven() if ledger is not None else None
    if proven is not None and proven.number != account.number:
        raise another_account(broker, account.number, proven.number)
    return faults_of(account)


def account_faults(after: Observations) -> tuple[Finding, ...]:
    """Say what keeps the account from trading; the gateway decides, so it stops nobody."""
    account = after.broker.account if after.broker is not None else None
    return faults_of(account) if account is not None else ()


def faults_of(account: Account) -> tuple[Finding, ...]:
    """Say what keeps an account from trading; nothing where nothing does."""
    if not account.faults:
        return ()
    text = f"The account {account.number} at the broker may take no order: {'; '.join(account.faults)}."
    return (warning("broker_account", text, subject=account.number),)


def _since(ledger: Ledger, session: date) -> date:
    """Return from which session on orders are read, ended ones too: 45 days back at most.

    Of a time without the broker the gateway alone has told, and what nothing explains may be an older order.
    """
    last = max(_read_last(ledger, session), session - LOOKS_BACK)
    return min(session - _READ_AGAIN, last)


def _judged(
    sent: Sequence[Sent],
    orders: Mapping[str, BrokerOrder],
    number: str,
    session: date,
    ledger: Ledger,
    reading: BrokerReading,
) -> tuple[ProvenAccount | None, list[Finding]]:
    """Return the account if it knows an order of ours; what speaks against it otherwise.

    The same id exists in each account of a platform: the gateway's id for the broker's order tells them
    apart, where it has one.
    """
    fits = [
        (each, order)
        for each in sent
        if (order := orders.get(each.name)) is not None
        and _agrees(each.asked, order, ledger, reading)
        and order.submitted_at is not None
        and order.submitted_at >= each.sent_at - _CLOCKS_APART
    ]
    of_another = [
        (each, order) for each, order in fits if (theirs := _gateway_id(each)) and theirs != order.identity
    ]
    if of_another:
        return None, [_not_ours(number, of_another)]
    if fits:
        return ProvenAccount(number, fits[0][0].name), []
    placed = [each for each in sent if each.state is None or each.state.status not in REFUSED]
    return None, [_unproven(number, placed, session)] if placed else []


def _gateway_id(each: Sent) -> str | None:
    return each.state.broker_order_id if each.state is not None and each.state.told_by is None else None


def _agrees(asked: Asked, order: BrokerOrder, ledger: Ledger, reading: BrokerReading) -> bool:
    """Whether an order of the broker's is what was asked for; its symbol may be another since a rename."""
    if (order.side, order.qty) != (asked.side, asked.qty):
        return False
    return our_shares.is_called(asked.symbol, order.symbol or "", ledger, reading.actions)


def _fills_of(reading: BrokerReading) -> Mapping[str, Sequence[FillActivity]]:
    """Return the executions that were read, by the broker's id of their order."""
    found: dict[str, list[FillActivity]] = {}
    for fill in reading.activities.fills if reading.activities is not None else ():
        found.setdefault(fill.order_id, []).append(fill)
    return found


def _state(asked: Asked, order: BrokerOrder, fills: Mapping[str, Sequence[FillActivity]]) -> OrderState:
    """Return an order as the broker has it; its dollars are those of its executions where all are there."""
    filled = order.filled_qty or money.ZERO
    return order.as_state(asked)._replace(
        filled_qty=filled,
        created_at=order.submitted_at.isoformat() if order.submitted_at is not None else None,
        filled_dollars=_dollars(fills.get(order.identity, ()), filled),
    )


def _dollars(fills: Iterable[FillActivity], filled: Decimal) -> Decimal | None:
    """Return what executions came to, unsigned; None where they are not all of the order's."""
    each = list({fill.identity: fill for fill in fills}.values())
    if not each or money.total(fill.qty for fill in each) != filled:
        return None
    return money.total(money.product(fill.qty, fill.price) for fill in each)


def _replacements(
    ledger: Ledger,
    each: Sent,
    order: BrokerOrder,
    by_identity: Mapping[str, BrokerOrder],
    fills: Mapping[str, Sequence[FillActivity]],
    found: list[Finding],
) -> list[OrderState]:
    """Take over the orders that one was replaced by, one after the other, each with its own fills."""
    said: list[OrderState] = []
    seen: set[str] = set()
    while (following := order.replaced_by) is not None:
        replacement = None if following in seen else by_identity.get(following)
        seen.add(following)
        if replacement is None or replacement.qty is None or replacement.side is None:
            text = (
                f"{each.asked} ({each.name}) was replaced at the broker by its order {following}, which "
                "could not be read: what that fills is not in the book."
            )
            found.append(warning("broker_order", text, subject=each.name))
            break
        order = replacement
        asked = Asked(each.asked.symbol, replacement.side, replacement.qty)
        name = order.client_order_id
        ledger.open_orders.add(name, each.attempt, asked.symbol, asked.side, asked.qty)
        said.append(_state(asked, order, fills))
    return said


def _with_dollars(state: OrderState, before: OrderState | None) -> OrderState:
    """Return what the broker says of an order, with what its executions came to when they were read last.

    Where its average is another than theirs one of the two was corrected alone: the one that is news.

    :param before: as it was read last; None: never.
    """
    is_same = before is not None and before.told_by == BROKER and _fill(before) == _fill(state)
    known = before.filled_dollars if before is not None and is_same else None
    is_corrected = not is_average(state.filled_dollars, *_fill(state))
    if state.filled_dollars is None or (known is None and is_corrected):
        return state._replace(filled_dollars=known)
    return state


def _keep(ledger: Ledger, state: OrderState, before: OrderState | None) -> bool:
    """Write what the broker says of an order; return whether it is news.

    :param before: as it was read last; None: never, or it was not asked for by us.
    """
    if state == before:
        return False
    ledger.orders.keep_told(state)
    return before is None or _news(before) != _news(state)


def _news(state: OrderState) -> tuple[object, ...]:
    return (state.status, *_fill(state), state.filled_dollars)


def _fill(state: OrderState) -> tuple[Decimal | None, Decimal | None]:
    return state.filled_qty, state.filled_avg_price


def _show(after: Observations, own: Collection[str], changed: Collection[str]) -> None:
    """Have a result state the broker's word where the gateway's was read, and what is news."""
    for name, state in after.told.items():
        if name in own:
            after.states[name] = state
        elif name in after.ended:
            after.ended[name] = state
        elif name in after.earlier or name in changed:
            after.earlier[name] = state


def _not_ours(number: str, of_another: Sequence[tuple[Sent, BrokerOrder]]) -> Finding:
    each, order = of_another[0]
    text = (
        f"The account {number} at the broker is not the one that the gateway trades: its order "
        f"{order.identity} has the name of ours ({each.asked}, {each.name}), which the gateway knows as "
        f"{_gateway_id(each)}. Nothing of it is booked: give the keys of the gateway's own account, or set "
        "PAPER_RUN_BROKER=off."
    )
    return warning("broker_unproven", text, subject=number)


def _unproven(number: str, placed: Sequence[Sent], session: date) -> Finding:
    names = listed([f"{each.asked} ({each.name})" for each in placed], _NAMED, by="; ")
    text = (
        f"The account {number} at the broker is not proven to be the one that the gateway trades: it knows "
        f"none of {names}. Nothing of it is booked."
    )
    if any(each.session < session for each in placed):
        return warning("broker_unproven", text, subject=number)
    return note("broker_unproven", text, subject=number)


def _another_order(each: Sent, order: BrokerOrder) -> Finding:
    text = (
        f"The broker has {order.side} {order.qty} {order.symbol} as {each.name}, and it was {each.asked}: "
        "nothing of it is booked."
    )
    return warning("broker_order", text, subject=each.name)
