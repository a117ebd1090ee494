"""What a person takes over from a party: shares, with what they cost besides the current price, and cash."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book.holdings import ACCOUNT, Entry
from paper_run.model.broker import comparable
from paper_run.trading.account import best_party, charged_fees, joining, order_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import date, datetime
    from decimal import Decimal

    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.broker import Paid
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.broker import BrokerReading, FillActivity
    from paper_run.model.order import OrderState
    from paper_run.services.platform import Observations
    from paper_run.trading.account.best_party import ByHand
    from paper_run.trading.account.charged_fees import Charged
    from paper_run.trading.account.joining import Ours
    from paper_run.trading.account.our_shares import OurShares

_PAID_IN = timedelta(days=7)


def book(
    ledger: Ledger,
    read: Observations,
    period: BookPeriod,
    session: date,
    said: ByHand,
    ours: Ours,
    booked_at: datetime,
    is_beside: Callable[[str], bool],
) -> None:
    """Book the shares that a person takes over, and what they cost in cash besides the current price.

    With both our cash is the account's, and P&L has not moved. The broker's executions tell what they cost;
    else it is what its cash is off ours, unless more than these shares may be in that. What is left over so
    is booked by `all` once no quantity differs.

    :param ours: without what the person has said. :param booked_at: UTC.
    :raises DataError: all that differs was to be booked, and nothing does, or not by what is known.
    """
    if not said.entries and not said.is_all:
        return
    ledger.books.append(period, session, said.entries, booked_at, note=said.note)
    cash = _cash(ledger, read, period, session, said, ours, is_beside)
    if cash:
        rest = Entry("other", ACCOUNT, money.ZERO, cash)
        ledger.books.append(period, session, (rest,), booked_at, note=f"cash of trades by hand, {said.note}")
    elif not said.entries:
        same = "The broker has the book's quantity of every symbol"
        raise best_party.nothing_differs(
            f"{same}, and its cash."
            if cash is not None
            else f"{same}; what its cash may differ by is not known."
        )


def _cash(
    ledger: Ledger,
    read: Observations,
    period: BookPeriod,
    session: date,
    said: ByHand,
    ours: Ours,
    is_beside: Callable[[str], bool],
) -> Decimal | None:
    """Return the dollars to book besides the entries, in is positive; None: that can't be known."""
    proven = read.proven_broker
    if proven is None or not period.has_account or order_ids.shared_by(ledger, period, proven, read.told):
        return None
    if said.entries and (cash := _by_executions(ledger, read, said.entries)) is not None:
        return cash
    ours = ours._replace(book=ledger.books.current(period).book)
    off = _off_ours(proven, period, ours, is_beside)
    return off and _without_fees(off, charged_fees.read(ledger, period, session), session)


def take_out(
    ledger: Ledger, period: BookPeriod, session: date, trades: Iterable[Entry], booked_at: datetime, note: str
) -> None:
    """Take out of other money what a merger paid for shares that a person says to have gone for it.

    It is the trade's by now, and would be counted twice. What an option paid is not that of fewer shares.

    :param trades: as the person has said them, booked already. :param booked_at: UTC.
    """
    said = [each for each in trades if each.dollars]
    if not said:
        return
    for activity, paid in ledger.broker_money.paid_for_holdings(period).items():
        if any(_is_paid_by(each, paid) for each in said):
            less = Entry("other", ACCOUNT, money.ZERO, paid.dollars.copy_negate())
            ledger.books.append(period, session, (less,), booked_at, note=note, activity=activity)


def _is_paid_by(trade: Entry, paid: Paid) -> bool:
    """Whether what was paid may be what a trade brought."""
    is_of = comparable(trade.symbol) == comparable(paid.symbol) and trade.dollars * paid.dollars < 0
    return is_of and (paid.qty is None or paid.qty.copy_abs() <= trade.qty.copy_abs())


def take_out_what_came_later(
    ledger: Ledger, shares: OurShares, session: date, booked_at: datetime
) -> frozenset[str]:
    """Take out of other money what a merger paid after a person had said what its shares went for.

    That is what the last trade of them brought, to the cent: it would be counted twice.

    :param booked_at: UTC. :returns: the ids of what was paid so.
    """
    period, names, taken = shares.period, shares.names(), []
    paid: dict[str, list[tuple[str, Decimal]]] = {}
    for activity, each in ledger.broker_money.paid_for_holdings(period).items():
        paid.setdefault(each.symbol, []).append((activity, each.dollars))
    settled = ledger.broker_money.taken_out(period) if paid else {}
    for symbol, parts in paid.items():
        moved = [entry for entry in shares.of(symbol, names) if entry.qty]
        last = max(moved, key=lambda entry: entry.id, default=None)
        if last is None or last.kind != "adjustment" or settled.get(symbol, 0) > last.id:
            continue
        if money.cents(last.dollars.copy_negate()) != money.cents(money.total(part for _, part in parts)):
            continue
        for activity, dollars in parts:
            less = Entry("other", ACCOUNT, money.ZERO, dollars.copy_negate())
            note = f"paid for the shares that went before: {symbol}"
            ledger.books.append(period, session, (less,), booked_at, note=note, activity=activity)
            taken.append(activity)
    return frozenset(taken)


def why_unpaid(shares: OurShares, cash: Decimal, today: date) -> list[str]:
    """Say which shares have gone by a person's word for just what our cash is more: it may be still to come.

    For a week; what has not come by then is nothing that a person need not look at.

    :param cash: dollars, negative where it is less.
    """
    last = {each.symbol: each for each in shares.entries if each.qty}
    since = (today - _PAID_IN).isoformat()
    return [
        f"what {symbol} went for, as a person has said, may not be paid yet"
        for symbol, each in last.items()
        if each.kind == "adjustment" and each.effective >= since
        if money.cents(each.dollars.copy_negate()) == money.cents(cash)
    ]


def brought_by_latest(fills: Iterable[FillActivity], qty: Decimal) -> Decimal | None:
    """Return what the latest executions that make up signed shares brought, dollars; None: none do."""
    shares = cash = money.ZERO
    dated = [(each.time, each) for each in fills if each.time is not None]
    for _, each in sorted(dated, key=lambda pair: pair[0], reverse=True):
        signed = each.qty if each.side == "buy" else each.qty.copy_negate()
        shares = money.CONTEXT.add(shares, signed)
        cash = money.CONTEXT.subtract(cash, money.product(signed, each.price))
        if shares == qty:
            return cash
    return None


class Outside(NamedTuple):
    """A trade of the account that no attempt of the book made.

    :ivar qty: signed shares. :ivar cash: what it brought, dollars, negative for what was bought.
    :ivar order: of an earlier book, which has filled since; None: it was by hand.
    :ivar is_said: whether it takes back what a person had booked, and an order of ours has filled.
    :ivar is_paid: whether what it brought is in the book already, as other money.
    """

    qty: Decimal
    cash: Decimal
    order: OrderState | None = None
    is_said: bool = False
    is_paid: bool = False

    @property
    def price(self) -> Decimal:
        """What a share of it cost, dollars."""
        return money.CONTEXT.divide(self.cash.copy_negate(), self.qty)

    @property
    def whose(self) -> str:
        """Who made it, a clause."""
        order, filled = self.order, f"{money.short(self.qty.copy_abs())} at {money.short(self.price)}"
        if self.is_said:
            return f"a person booked {filled} that orders of ours have filled"
        if self.is_paid:
            return f"the account tells of {filled} that no order was for"
        if order is None:
            return f"somebody {'bought' if self.qty > 0 else 'sold'} {filled} by hand"
        return (
            f"{order.side} {money.short(order.qty)} {order.symbol} ({order.client_order_id}), an order from "
            f"before this book, has filled {filled}"
        )


def outside(
    more: Iterable[tuple[str, Decimal]], ledger: Ledger, read: Observations, period: BookPeriod
) -> dict[str, Outside]:
    """Return by symbol the trade whose latest executions are all that the broker has more.

    Else what the account tells of as an option's trade, or what a person has booked as a trade, and is not
    there a second time: while nobody told what an order of ours had filled it was said so, and the order has
    told since.

    :param more: by symbol, signed shares.
    """
    proven = read.proven_broker
    fills = proven.activities.fills if proven is not None and proven.activities is not None else ()
    paid = ledger.broker_money.paid_for_holdings(period).values()
    found = {}
    for symbol, qty in more:
        by_order: dict[str, list[FillActivity]] = {}
        for fill in fills:
            if comparable(fill.symbol) == comparable(symbol):
                by_order.setdefault(fill.order_id, []).append(fill)
        for identity, order in ledger.orders.sent_before(period.attempt, by_order).items():
            if (cash := brought_by_latest(by_order[identity], qty)) is not None:
                found[symbol] = Outside(qty, cash, order)
        cash = None if symbol in found else brought_by_latest(by_hand(ledger, read, symbol), qty)
        if cash is not None:
            found[symbol] = Outside(qty, cash)
        if symbol not in found and (cash := _by_an_option(paid, symbol, qty)):
            found[symbol] = Outside(qty, cash, is_paid=True)
        if symbol not in found and (said := _said_before(ledger, period, symbol, qty.copy_negate())):
            found[symbol] = Outside(qty, said.dollars, is_said=True)
    return found


def _by_an_option(paid: Collection[Paid], symbol: str, qty: Decimal) -> Decimal | None:
    """Return what signed shares brought that came or went by no order, dollars: one trade of them, or all.

    :param paid: what is other money in the book of trades that no order was for, among others.
    """
    told = [
        (each.qty, each.dollars)
        for each in paid
        if each.qty and comparable(each.symbol) == comparable(symbol) and each.dollars * each.qty < 0
    ]
    together = money.total(shares for shares, _ in told), money.total(cash for _, cash in told)
    return next((cash for shares, cash in (*told, together) if shares == qty), None)


def _said_before(ledger: Ledger, period: BookPeriod, symbol: str, qty: Decimal) -> Entry | None:
    """Return the trade of signed shares that a person had booked before an order of ours told its fill."""
    entries = [each for each in ledger.books.entries_after(period)[0] if each.symbol == symbol]
    told = max((each.id for each in entries if each.kind in ("fill", "correction")), default=0)
    said = (each for each in entries if each.kind == "adjustment" and each.qty == qty and each.id < told)
    return max(said, key=lambda each: each.id, default=None)


def by_hand(ledger: Ledger, read: Observations, symbol: str) -> list[FillActivity]:
    """Return the executions in a symbol of the account's orders that no attempt made."""
    proven = read.proven_broker
    if proven is None or proven.activities is None:
        return []
    theirs = [each for each in proven.activities.fills if comparable(each.symbol) == comparable(symbol)]
    named = {each.identity: each.client_order_id for each in proven.all_orders}
    names = {named[each.order_id] for each in theirs if each.order_id in named} - read.told.keys()
    others = names - ledger.orders.owners(names).keys()
    return [each for each in theirs if named.get(each.order_id) in others]


def _by_executions(ledger: Ledger, read: Observations, entries: Iterable[Entry]) -> Decimal | None:
    """Return what executions of others' orders brought more than the entries say, dollars.

    None where those that were read do not add up to the shares of each entry.
    """
    brought = []
    for entry in entries:
        if (cash := brought_by_latest(by_hand(ledger, read, entry.symbol), entry.qty)) is None:
            return None
        brought.append(money.CONTEXT.add(cash, entry.dollars))
    return money.total(brought)


def _without_fees(off: Decimal, fees: Charged, session: date) -> Decimal | None:
    """Return what cash is off ours without fees that are posted only later; None: not known."""
    more = off.copy_negate()
    if fees.of(more).by_day:
        return money.ZERO
    return None if fees.why_more(more, session) else off


def _off_ours(
    proven: BrokerReading, period: BookPeriod, ours: Ours, is_beside: Callable[[str], bool]
) -> Decimal | None:
    """Return what the broker's cash is off ours, without what of it waits to be booked; None: not known."""
    waiting = [each.cash for each in ours.waiting]
    known = [each for each in waiting if each is not None]
    if len(known) < len(waiting) or joining.others(ours.book, proven, is_beside):
        return None
    if joining.why_it_waits(ours._replace(waiting=()), proven, ()) is not None:
        return None
    return money.total((joining.cash_beside(proven, period, ours.book), *known))
