"""The splits that the broker lists, beside the book: which have come, which its account shows, which wait."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from paper_run import money
from paper_run.book import folding, holdings, marks, splits
from paper_run.errors import Remedy
from paper_run.model.broker import comparable
from paper_run.model.commands import ours
from paper_run.model.order import BROKER, GATEWAY
from paper_run.services.broker_reading import Companies

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from paper_run.ledger.book import BookPeriod, Books
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.broker import CorporateAction
    from paper_run.model.calendar import Calendar
    from paper_run.services.platform import Observations

_AROUND = timedelta(days=10)
"""So far around the last valuation and the session the list is read; it may be late, or change a date."""
_SESSIONS = 5
"""So many of them a split is waited for before a person is offered to say what it was."""


class Waiting(NamedTuple):
    """A listed split that the account does not show.

    :ivar why: a clause, why the symbol has no price. :ivar since: the session it is listed for, an ISO date.
    :ivar traded: a clause, why what it realized is not known; empty if it was not traded since.
    :ivar remedies: what a person may do.
    """

    why: str
    since: str
    traded: str
    remedies: tuple[Remedy, ...]


class Listed(NamedTuple):
    """What the broker lists of a book's symbols.

    :ivar is_read: whether the list was read. :ivar waiting: by symbol, the split that is not booked yet.
    :ivar coming: the symbols that have split by now, which is after the session.
    """

    is_read: bool
    waiting: Mapping[str, Waiting]
    coming: frozenset[str] = frozenset()


class Split(NamedTuple):
    """A listed split of what the book held, whether or not it is in the book.

    :ivar entry: as it would be booked. :ivar before: what was held when it took effect, signed shares.
    :ivar qty: the book's quantity with it. :ivar is_booked: whether the book has it, whoever said so.
    :ivar is_answered: whether a person has said since how many shares there are, or the book began with them.
    :ivar is_traded: whether the symbol was traded since.
    """

    action: CorporateAction
    entry: holdings.Entry
    before: Decimal
    qty: Decimal
    is_booked: bool
    is_answered: bool
    is_traded: bool

    @property
    def ratio(self) -> splits.Ratio:
        """By what it multiplied the shares."""
        return ratio_of(self.action)

    @property
    def became(self) -> Decimal:
        """What the shares from before it became."""
        return self.ratio.applied(self.before)

    @property
    def since(self) -> Decimal:
        """What was traded since, signed shares."""
        return money.CONTEXT.subtract(self.qty, self.became)


def wanted(ledger: Ledger, session: date, symbols: Iterable[str]) -> Companies | None:
    """Return what is asked of the list for these symbols; nothing where there are no splits.

    It is read from before the last valuation, or from before what has been waited for since.
    """
    if ledger.account.exchange == "24/7":
        return None
    period = ledger.books.period()
    kept = ledger.books.last_valuation(period) if period is not None else None
    since = [kept.session, *map(date.fromisoformat, kept.suspects.values())] if kept is not None else []
    return Companies(tuple(symbols), min([session, *since]) - _AROUND, session + _AROUND)


def ratio_of(action: CorporateAction) -> splits.Ratio:
    """Return the ratio of a split in whole numbers."""
    return splits.lowest(action.new, action.old)


def due(symbol: str, books: Books, period: BookPeriod, session: date, read: Observations) -> list[Split]:
    """Return the listed splits of a symbol that have come and are not in the book."""
    entries, _ = books.entries_after(period)
    made = (split_of(each, entries, period) for each in come(read, session) if each.symbol == symbol)
    return [each for each in made if each is not None and not each.is_booked]


def listed(
    books: Books, period: BookPeriod, session: date, read: Observations, calendar: Calendar, today: date
) -> Listed:
    """Return what the list says of what is not in the book yet.

    :param today: at the exchange; it may be later than the session.
    """
    if read.broker is None or read.broker.actions is None:
        return Listed(is_read=False, waiting={})
    entries: list[holdings.Entry] | None = None
    waiting = {}
    for action in come(read, session):
        entries = books.entries_after(period)[0] if entries is None else entries
        split = None if action.kind == "spin_off" else split_of(action, entries, period)
        if split is not None and not (split.is_booked or split.is_answered):
            waiting[action.symbol] = _waiting(split, session, read, calendar)
    coming = frozenset(
        each.symbol for each in read.broker.actions if each.ex_date and session < each.ex_date <= today
    )
    return Listed(is_read=True, waiting=waiting, coming=coming)


def at_broker(read: Observations) -> dict[str, Decimal] | None:
    """Return the broker's quantities, signed shares, by symbols as `comparable` writes them.

    None where they were not read, or its account is not proven to be the book's.
    """
    if (proven := read.proven_broker) is None or proven.positions is None:
        return None
    return {comparable(each.symbol): each.qty for each in proven.positions if each.qty}


def come(read: Observations, session: date) -> list[CorporateAction]:
    """Return the listed actions whose date has come by a session, in the order of their dates."""
    actions = read.broker.actions if read.broker is not None else None
    dated = [(day, each) for each in actions or () if (day := each.ex_date or each.process_date) is not None]
    return [each for day, each in sorted(dated, key=lambda pair: pair[0]) if day <= session]


def split_of(action: CorporateAction, entries: Sequence[holdings.Entry], period: BookPeriod) -> Split | None:
    """Return a listed split beside the book; None if it is none, or nothing was held when it took effect."""
    ex_date, ratio = action.ex_date or action.process_date, ratio_of(action)
    if ex_date is None or ratio.is_none:
        return None
    own = [each for each in entries if each.symbol == action.symbol]
    effective = max(ex_date, period.session).isoformat()
    next_id = max((each.id for each in entries), default=0) + 1
    entry = holdings.Entry("split", action.symbol, money.ZERO, money.ZERO, effective, ratio=ratio, id=next_id)
    before = held([each for each in own if folding.place(each) < folding.place(entry)], action.symbol)
    if not before:
        return None
    later = [each for each in own if each.effective >= effective]
    return Split(
        action=action,
        entry=entry,
        before=before,
        qty=held([*own, entry], action.symbol),
        is_booked=any(_is_that(each, ratio, ex_date) for each in own),
        is_answered=ex_date <= period.session or any(each.kind in ("split", "adjustment") for each in later),
        is_traded=any(each.kind in holdings.TRADES for each in later),
    )


def held(entries: Iterable[holdings.Entry], symbol: str) -> Decimal:
    """Return the signed shares of a symbol that entries make."""
    return folding.fold(entries).holdings.get(symbol, holdings.Holding()).qty


def _is_that(entry: holdings.Entry, ratio: splits.Ratio, ex_date: date) -> bool:
    """Whether an entry is a listed split, however its date was put."""
    if entry.ratio is None or not entry.ratio.is_same(ratio):
        return False
    return abs(date.fromisoformat(entry.effective) - ex_date) <= _AROUND


def there_of(action: CorporateAction, read: Observations) -> Decimal | None:
    """Return the signed shares that the account has of a symbol, under its new name too; None: not known."""
    there = at_broker(read)
    if there is None:
        return None
    names = {comparable(each) for each in (action.symbol, action.new_symbol) if each}
    return money.total(there.get(name, money.ZERO) for name in names)


def _waiting(split: Split, session: date, read: Observations, calendar: Calendar) -> Waiting:
    action, since = split.action, split.entry.effective
    there = there_of(action, read)
    if there is not None:
        state = f"the account has {money.short(there)} shares instead of {money.short(split.qty)}"
    elif read.proven_broker is None:
        state = "no account at the broker is proven to be the book's"
    else:
        state = "the broker's positions could not be read"
    why = (
        f"a split {split.ratio} is pending at the broker: it is listed ({action.kind}) from {since} on, and "
        f"{state}"
    )
    remedies = [Remedy("It is booked by itself, once the account shows it")]
    if read.proven_broker is None or _sessions(date.fromisoformat(since), session, calendar) >= _SESSIONS:
        qty = money.trimmed(split.became if there is None else there)
        remedies = [
            Remedy(
                "If it split and the account never shows it (paper accounts may not)",
                ours("resolve", "--split", action.symbol, str(split.ratio)),
            ),
            Remedy(
                "Or what you hold, and at which price a share of that came to be",
                ours("resolve", "--position", f"{action.symbol}={qty}@PRICE"),
            ),
        ]
    traded = f"it was traded, and {why}" if split.is_traded else ""
    return Waiting(why, since, traded, tuple(remedies))


def _sessions(first: date, session: date, calendar: Calendar) -> int:
    """Count the sessions after one until another, as far as it matters."""
    count = 0
    while first < session and count < _SESSIONS:
        first, count = calendar.next_session(first), count + 1
    return count


def of_these_shares(
    mark: marks.Mark | str, since: Iterable[holdings.Entry], last: splits.Seen | None, now: datetime
) -> marks.Mark | str:
    """Return a price, or that it is one from before a split that the book has: it is not these shares' price.

    A quote says of when it is. What the gateway or the broker says may be old all the same: it is believed
    where it is nearer to what the split made of the last price, or to a trade since, than to the last price.

    :param since: the symbol's entries after it was believed last. :param now: on the exchange's clock.
    """
    known = [each for each in since if each.ratio is not None and not each.ratio.is_none]
    if isinstance(mark, str) or not known:
        return mark
    ex_date = max(each.effective for each in known)
    why = f"its price is of before its split of {ex_date}"
    if mark.source not in (GATEWAY, BROKER) and mark.time is not None:
        return why if mark.time.astimezone(now.tzinfo).date().isoformat() < ex_date else mark
    if last is None or last.session >= ex_date:  # the price of that session may be of before it or after
        return mark
    expected = last.price
    for each in sorted(since, key=folding.place):
        if each.ratio is not None:
            expected = each.ratio.price(expected)
        elif each.price is not None and each.effective >= ex_date:
            expected = each.price
    if splits.is_nearer(mark.price, expected, last.price):
        return mark
    return f"its price is nearer to the one of before its split of {ex_date} than to what that made of it"
