"""What the proven account has besides a book that opened without it: booked once, as money that came in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book.holdings import ACCOUNT, Entry
from paper_run.model import findings
from paper_run.model.broker import comparable, may_be_share
from paper_run.model.findings import listed
from paper_run.trading.account import not_known

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date, datetime
    from decimal import Decimal

    from paper_run.book.holdings import Book
    from paper_run.book.parties import Item
    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.broker import BrokerPosition, BrokerReading
    from paper_run.model.findings import Finding
    from paper_run.services.platform import Observations
    from paper_run.trading.account.observations import Moment

_NAMED = 5


class Joined(NamedTuple):
    """The book's period by then, and what is worth saying."""

    period: BookPeriod
    found: tuple[Finding, ...] = ()


class Ours(NamedTuple):
    """What we have when the account is compared with it.

    :ivar unsure: the symbols of which fills, or a split, are not known. :ivar waiting: what has moved at the
        broker and is not in the book yet. :ivar is_changed: whether a person changes the book in this step:
        that comes first, and the account is compared with it later.
    """

    book: Book
    unsure: Collection[str]
    waiting: Collection[Item]
    is_changed: bool


def join(
    ledger: Ledger,
    read: Observations,
    period: BookPeriod,
    session: date,
    ours: Ours,
    moment: Moment,
    booked_at: datetime,
) -> Joined:
    """Book the account beside the book, once for each book: its other shares, and the rest of its cash.

    It waits until all that we hold is known and is what the account has of it, for what differs there would
    be booked with it. The shares cost what they are worth in that answer: it moves no P&L.

    To be called in a transaction of the ledger, with the fills booked.

    :param booked_at: UTC.
    """
    proven = read.proven_broker
    if proven is None or ours.is_changed or period.has_account or period.provisional:
        return Joined(period)
    from paper_run.trading.account import order_ids

    if order_ids.shared_by(ledger, period, proven, read.told) is not None:
        return Joined(period)
    book = ours.book
    beside = others(book, proven, moment.is_beside)
    why = why_it_waits(ours, proven, beside) or _was_filled_meanwhile(ledger, proven, moment)
    if why is not None:
        return Joined(period, (_waits(proven, why),))
    cash = cash_beside(proven, period, book)
    shares = [Entry("adjustment", each.symbol, each.qty, _worth(each) or money.ZERO) for each in beside]
    # One flow of all: what other shares had cost is off the cash, and is no money that went out.
    more = money.total((cash, *(each.dollars for each in shares)))
    entries = [*([Entry("flow", ACCOUNT, money.ZERO, more)] if more else []), *shares]
    note = f"account {_number(proven)} beside this book"
    ledger.books.append(period, session, entries, booked_at, note=note)
    found = (_joined(proven, beside, cash),) if entries else ()
    return Joined(ledger.books.join(period, session), found)


def others(book: Book, proven: BrokerReading, is_beside: Callable[[str], bool]) -> list[BrokerPosition]:
    """Return the shares of the account that the book has never had."""
    own = set(map(comparable, book.holdings))
    return [
        each
        for each in proven.positions or ()
        if each.qty
        and comparable(each.symbol) not in own
        and may_be_share(each.asset_class)
        and not is_beside(each.symbol)
    ]


def why_it_waits(ours: Ours, proven: BrokerReading, beside: Collection[BrokerPosition]) -> str | None:
    """Say why it can't be booked yet, a clause; None where it can."""
    account = proven.account
    if account is None or account.cash is None or proven.positions is None:
        return "its cash or its positions could not be read"
    if proven.unsure is not None or ours.unsure:
        return proven.unsure or f"what we hold of {listed(sorted(ours.unsure), _NAMED)} is not known"
    if ours.waiting:
        return f"{listed([each.subject for each in ours.waiting], _NAMED)} is not in the book yet"
    if other := _differing(ours.book, proven.positions):
        return f"it has another quantity of {listed(other, _NAMED)} than the book"
    unpriced = sorted(each.symbol for each in beside if _worth(each) is None)
    if unpriced:
        return f"it has no price of {listed(unpriced, _NAMED)}"
    return None


def _differing(book: Book, positions: Collection[BrokerPosition]) -> list[str]:
    """Return the symbols of which the account has another quantity, and those that wait for a price."""
    theirs = {comparable(each.symbol): each.qty for each in positions}
    return sorted(
        symbol
        for symbol, held in book.holdings.items()
        if held.waiting or held.qty != theirs.get(comparable(symbol), money.ZERO)
    )


def _was_filled_meanwhile(ledger: Ledger, proven: BrokerReading, moment: Moment) -> str | None:
    """Say why its cash and its positions may be of several moments, a clause; None: they are of one.

    A market order that still works while the exchange is open is filled any moment.
    """
    as_of = None if proven.account is None else proven.account.as_of
    filled = [each.filled_at for each in proven.all_orders if each.filled_at is not None]
    works = (each.state for each in ledger.open_orders.followed())
    is_open = moment.calendar.is_open_at(moment.now)
    if is_open and any(each is None or not_known.is_market(each) for each in works):
        return "a market order of ours still works"
    if as_of is not None and any(each > as_of for each in filled):
        return "an order was filled while it was read"
    return None


def cash_beside(proven: BrokerReading, period: BookPeriod, book: Book) -> Decimal:
    """Return the broker's cash less ours, signed dollars: the fees off its balances are not off ours yet.

    :raises ValueError: the account does not tell its cash.
    """
    account = proven.account
    if account is None or account.cash is None:
        raise ValueError("an account that does not tell its cash can't be booked")
    theirs = money.CONTEXT.add(account.cash, account.accrued_fees or money.ZERO)
    return money.CONTEXT.subtract(theirs, money.CONTEXT.add(period.base, book.cash))


def _worth(position: BrokerPosition) -> Decimal | None:
    from paper_run.book.parties import Held

    return Held(position.qty, position.current_price, position.market_value).worth


def _number(proven: BrokerReading) -> str:
    return "" if proven.account is None else proven.account.number


def _joined(proven: BrokerReading, beside: Collection[BrokerPosition], cash: Decimal) -> Finding:
    shares = [f"{money.short(each.qty)} {each.symbol}" for each in beside]
    what = [listed(shares, _NAMED)] if shares else []
    what += [f"{cash:+,.2f} dollars of cash"] if cash else []
    text = (
        f"What the account {_number(proven)} at the broker has besides this book is booked as money that "
        f"came in: {', '.join(what)}. It is in equity, and in no P&L."
    )
    return findings.note("account_beside", text, subject=_number(proven))


def _waits(proven: BrokerReading, why: str) -> Finding:
    text = f"What the account {_number(proven)} at the broker has besides this book is not booked yet: {why}."
    return findings.note("account_beside", text, subject=_number(proven))
