"""The account's shares beside the book's: what the broker lists and has, and trades that are none of ours."""

from __future__ import annotations

from decimal import ROUND_DOWN
from functools import cached_property
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import folding, splits
from paper_run.book.folding import Names, Rename, end_of
from paper_run.model.broker import OF_NO_ORDER, comparable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from paper_run.book.folding import Place
    from paper_run.book.holdings import Book, Entry
    from paper_run.ledger.book import BookPeriod, Books
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.broker import CorporateAction
    from paper_run.model.calendar import Calendar
    from paper_run.services.platform import Observations


_LEAVE_FRACTIONS = ("split", "adjustment")


def come(read: Observations, session: date) -> list[CorporateAction]:
    """Return the listed actions whose date has come by a session, in the order of their dates."""
    actions = read.broker.actions if read.broker is not None else None
    dated = [(day, each) for each in actions or () if (day := each.ex_date or each.process_date) is not None]
    return [each for day, each in sorted(dated, key=lambda pair: pair[0]) if day <= session]


def at_broker(read: Observations) -> dict[str, Decimal] | None:
    """Return the broker's quantities, signed shares, by symbols as `comparable` writes them.

    None where they were not read, or its account is not proven to be the book's.
    """
    if (proven := read.proven_broker) is None or proven.positions is None:
        return None
    return {comparable(each.symbol): each.qty for each in proven.positions if each.qty}


def is_rename(action: CorporateAction) -> bool:
    """Whether shares are called otherwise by it."""
    return action.kind != "spin_off" and action.new_symbol not in (None, action.symbol)


def is_called(
    ours: str, theirs: str, ledger: Ledger, actions: Iterable[CorporateAction] | None = None
) -> bool:
    """Whether a party may call by another symbol what an order of ours was for, since the order was sent.

    :param actions: what it lists, booked or not.
    """
    if comparable(ours) == comparable(theirs):
        return True
    period = ledger.books.period()
    booked = () if period is None else ledger.books.renames(period)
    listed = (Rename(each.symbol, each.new_symbol or "") for each in actions or () if is_rename(each))
    return theirs in Names(booked, listed).kin(ours)


class OurShares:
    """The entries of a book, read when they are asked for first; then only what came since.

    :ivar period: which book it is. :param session: the one that is valued: what is listed for a later one has
        not come.
    """

    def __init__(self, books: Books, period: BookPeriod, session: date, read: Observations) -> None:
        self._books = books
        self.period = period
        self._session = session
        self._read = read
        self._entries: list[Entry] = []
        self._last = 0

    @property
    def entries(self) -> Sequence[Entry]:
        """The book's entries so far, in their sequence."""
        new, self._last = self._books.entries_after(self.period, self._last)
        self._entries += new
        return self._entries

    @cached_property
    def listed(self) -> list[CorporateAction]:
        """What is listed and has come, in the order of the dates."""
        return come(self._read, self._session)

    def names(self) -> Names:
        """Return the names of the shares, with the renames that are listed and that the book has not yet."""
        booked = self._books.renames(self.period)
        return Names(booked, self._pending(booked))

    def is_renaming(self) -> bool:
        """Whether a rename of shares of ours is listed that the book does not have yet."""
        return bool(self._pending(self._books.renames(self.period)))

    def booked_names(self) -> Names:
        """Return the names of the shares, as the book has them."""
        return Names(self._books.renames(self.period))

    def found_unpriced(self) -> list[Entry]:
        """Return the holdings from before the first attempt of which no price was known yet."""
        return self._books.found_unpriced(self.period)

    def of(self, symbol: str, names: Names) -> list[Entry]:
        """Return the entries of a symbol, and of all that it was ever called."""
        kin = names.kin(symbol)
        return [each for each in self.entries if each.symbol in kin]

    def qty(self, symbol: str, names: Names) -> Decimal:
        """Return how many signed shares there are of what is called so now, under all its names."""
        return names.qty(names.now(symbol), self.of(symbol, names))

    def held_before(self, action: CorporateAction, names: Names) -> bool:
        """Whether a rename is of shares of ours: its symbol may be another company's by now.

        What a book that began later has under it was called so after the rename.
        """
        day = action.ex_date or action.process_date or self._session
        if day < self.period.session:
            return False
        until = end_of(day.isoformat())
        return bool(names.held(names.now(action.symbol, until), self.of(action.symbol, names), until))

    def has_split(self, symbol: str) -> bool:
        """Whether a split of what is called so is booked, by whatever name."""
        return any(each.kind == "split" for each in self.of(symbol, self.booked_names()))

    def fraction_left(self, symbol: str) -> Decimal:
        """Return the fraction of a share, signed, that there was after the last split of what is called so.

        Or after a person said last how many there are, as of what was spun off.
        """
        entries = self.of(symbol, self.booked_names())
        until = max((folding.place(each) for each in entries if each.kind in _LEAVE_FRACTIONS), default=None)
        return money.ZERO if until is None else _fraction(entries, until)

    def fraction_now(self, symbol: str, qty: Decimal, session: str) -> Decimal:
        """Return what a fraction of a share that a split left, unsigned, is after the splits behind that one.

        The account had paid it out before those, whenever it says so; the book had not, and they moved it.

        :param session: the one in which it is folded, an ISO date: splits behind that move it by themselves.
        """
        entries = self.of(symbol, self.booked_names())
        splits_until = [each for each in entries if each.ratio is not None and each.effective <= session]
        # One may have been booked under several symbols, and the next one under another name.
        apart = {(each.effective, each.ratio): each for each in sorted(splits_until, key=folding.place)}
        now, made = qty, [*apart.values()]
        for number, each in reversed([*enumerate(made, 1)]):
            if _fraction(entries, folding.place(each)).copy_abs() == qty:
                for behind in made[number:]:
                    now = behind.ratio.applied(now) if behind.ratio is not None else now
                return now
        return qty

    def there(self, shares: str, names: Names) -> Decimal | None:
        """Return the signed shares that the account has of what has this last name; None: not known.

        An account that is read after the session may have them by a new name of later already.
        """
        held = at_broker(self._read)
        if held is None:
            return None
        later = set() if comparable(shares) in held else self._later_names(shares, names)
        return money.total(
            qty for symbol, qty in held.items() if names.now(symbol) == shares or symbol in later
        )

    def _later_names(self, shares: str, names: Names) -> set[str]:
        """Return what renames that have not come call shares; what the book holds so is others."""
        actions = (self._read.broker.actions if self._read.broker is not None else None) or ()
        renames = (each for each in actions if is_rename(each) and each not in self.listed)
        new = {each.new_symbol for each in renames if each.symbol == shares and each.new_symbol is not None}
        return {comparable(each) for each in new if not self.qty(each, names)}

    def has(self, symbol: str) -> bool:
        """Whether the account has shares under this very symbol."""
        return comparable(symbol) in (at_broker(self._read) or {})

    def _pending(self, booked: Sequence[Entry]) -> list[Rename]:
        pending: list[Rename] = []
        for action in self.listed:
            if is_rename(action) and not self._is_booked(action, booked):
                names = Names(booked, pending)
                if self.held_before(action, names):
                    pending.append(Rename(action.symbol, action.new_symbol or action.symbol))
        return pending

    @staticmethod
    def _is_booked(action: CorporateAction, booked: Sequence[Entry]) -> bool:
        day = str(action.ex_date or action.process_date or "")
        pair = (action.symbol, action.new_symbol)
        return any((each.symbol, each.new_symbol) == pair and each.effective >= day for each in booked)


def _fraction(entries: Iterable[Entry], until: Place) -> Decimal:
    """Return the fraction of a share, signed, that there was after a moment of the book."""
    held = folding.fold(each for each in entries if folding.place(each) <= until).holdings
    qty = money.total(each.qty for each in held.values())
    return money.CONTEXT.subtract(qty, qty.to_integral_value(ROUND_DOWN))


class Stranger(NamedTuple):
    """Signed shares that the account traded, and on which day at the exchange."""

    symbol: str
    qty: Decimal
    day: date

    def shares(self, names: Names) -> str:
        """Return the last name of the shares that it is of."""
        return names.now(self.symbol, folding.start_of(self.day.isoformat()))


class Strangers:
    """The proven account's trades that no order of ours was for, looked for when asked for."""

    def __init__(self, ledger: Ledger, read: Observations, calendar: Calendar) -> None:
        self._ledger = ledger
        self._read = read
        self._calendar = calendar

    @cached_property
    def all(self) -> Sequence[Stranger]:
        """All of them, oldest first; those of a day's options before its executions."""
        reading = self._read.proven_broker
        if reading is None or reading.activities is None:
            return ()
        fills = {each.identity: each for each in reading.activities.fills}
        orders = {each.identity: each.client_order_id for each in reading.all_orders}
        named = {each.order_id: orders[each.order_id] for each in fills.values() if each.order_id in orders}
        owned = self._ledger.orders.owners(set(named.values()) - self._read.told.keys())
        ours = self._read.told.keys() | owned.keys()
        by_options = [
            Stranger(each.symbol, each.qty, each.date)
            for each in reading.ended_holdings
            if each.activity_type in OF_NO_ORDER and each.symbol and each.qty and each.date
        ]
        by_orders = [
            Stranger(
                each.symbol,
                each.qty if each.side == "buy" else each.qty.copy_negate(),
                self._calendar.session_date(each.time),
            )
            for each in sorted(fills.values(), key=lambda each: each.identity)
            if each.time is not None and each.order_id in named and named[each.order_id] not in ours
        ]
        return sorted([*by_options, *by_orders], key=lambda each: each.day)

    def of(self, shares: str, names: Names) -> list[Stranger]:
        """Return those of the shares that have this last name."""
        return [each for each in self.all if each.shares(names) == shares]

    def missing(
        self, book: Book, ours: OurShares, session: date, more: Mapping[str, splits.Span]
    ) -> Mapping[str, splits.Span]:
        """Return by symbol how many signed shares the book may lack of what another party has counted.

        What the broker has beyond the book is that where it is what was traded by hand since the valuation of
        an earlier session; of that session's day it may have been before that or after. What a person has
        booked by hand since is lacked no more.

        :param more: what it may lack besides.
        """
        there = at_broker(self._read)
        ahead = {} if there is None else _ahead(book, there)
        if not ahead:
            return more
        before = self._ledger.books.valuations.last(ours.period.id, before=session.isoformat())
        if before is None:
            return more
        names, result = ours.booked_names(), dict(more)
        for symbol, qty in ahead.items():
            own = [each for each in self.of(symbol, names) if each.day >= before.session]
            booked = money.total(
                each.qty
                for each in ours.of(symbol, names)
                if each.kind == "adjustment" and each.id > before.entry and names.of_entry(each) == symbol
            )
            may_be_before = len([each for each in own if each.day == before.session])
            sums = {money.total(each.qty for each in own[start:]) for start in range(may_be_before + 1)}
            if own and money.CONTEXT.add(qty, booked) in sums:
                low, high = more.get(symbol, (money.ZERO, money.ZERO))
                result[symbol] = splits.Span(
                    money.CONTEXT.add(low, min(qty, money.ZERO)),
                    money.CONTEXT.add(high, max(qty, money.ZERO)),
                )
        return result


def _ahead(book: Book, there: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return by how many signed shares the broker is ahead of the book, by symbol."""
    differ = (
        (symbol, money.CONTEXT.subtract(there.get(comparable(symbol), money.ZERO), held.qty))
        for symbol, held in book.holdings.items()
    )
    return {symbol: qty for symbol, qty in differ if qty}
