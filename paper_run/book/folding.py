"""In which order entries make the book, and what a symbol means at a moment of it.

By the session they took effect in, splits first, as they came. A company's shares are called otherwise from
a rename on, and a symbol may be another company's afterwards. What a symbol means belongs to a moment, as a
quantity does: each comparison of a symbol of the book with one of a list, of an activity or of an account
asks `Names`.

Source: docs/CONCEPTS, "What is in it".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book.holdings import MOVE_SHARES, Book
from paper_run.money import CONTEXT, ZERO, portion, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from paper_run.book.holdings import Entry


def fold(entries: Iterable[Entry]) -> Book:
    """Return the book that all of its entries make, in whatever order they were learned."""
    return Book().after(in_order(entries))


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries as they are folded: corrected, by the sessions in which they took effect."""
    return sorted(corrected(sorted(entries, key=lambda entry: entry.id)), key=place)


def place(entry: Entry) -> tuple[str, int, int]:
    """Return an entry's place in the folding; the holdings from before the first attempt are before all else.

    A split without a ratio, of an older program, says only how many shares it added to what was held then:
    it keeps its place in the sequence.
    """
    session = "" if entry.kind in ("found", "gain") else entry.effective
    return session, int(entry.ratio is None), entry.id


def goes_on(entries: Iterable[Entry], session: str, book: Book) -> bool:
    """Whether entries go behind all that took effect until a session, so that no earlier one is folded anew.

    The first price of shares that wait for one is put in its place where they are still called so.

    :param session: an ISO date. :param book: as it was by then.
    """
    lots = [(symbol, lot.symbol) for symbol, held in book.holdings.items() for lot in held.waiting]
    if any(not found for _, found in lots):
        return False  # an older program wrote it: which of the shares wait is not in it
    waiting = {symbol for symbol, found in lots if symbol == found}
    return all(
        entry.symbol in waiting
        if entry.kind == "gain"
        else (entry.kind not in ("found", "correction") and not entry.restates and _is_behind(entry, session))
        for entry in entries
    )


def _is_behind(entry: Entry, session: str) -> bool:
    """Whether an entry goes behind all of a session: also its own fills do, and its splits do not."""
    return entry.effective >= session if entry.ratio is None else entry.effective > session


def corrected(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries with what was said later of an order as if it had been filled so from the start.

    What is said of the whole is shared out among the order's fills in their proportion.

    :param entries: in their sequence.
    """
    result: list[Entry] = []
    fills: dict[str, list[int]] = {}
    for entry in entries:
        places = fills.setdefault(entry.order, []) if entry.order is not None else []
        if places and (entry.restates or entry.kind == "correction"):
            _share_out(entry, result, places)
            continue
        if entry.kind in MOVE_SHARES:
            places.append(len(result))
        result.append(entry)
    return result


def _share_out(said: Entry, entries: list[Entry], places: Sequence[int]) -> None:
    """Put an order's fills at what is said of all of them; the last takes what the others leave."""
    *firsts, last = places
    had = _Sum(total(entries[at].qty for at in places), total(entries[at].dollars for at in places))
    now = _Sum(said.qty, said.dollars)
    if not said.restates:
        now = _Sum(CONTEXT.add(had.qty, said.qty), CONTEXT.add(had.dollars, said.dollars))
    left = now
    for at in firsts:
        qty = portion(now.qty, entries[at].qty, had.qty) if had.qty else ZERO
        dollars = portion(now.dollars, entries[at].dollars, had.dollars) if had.dollars else ZERO
        entries[at] = entries[at]._replace(qty=qty, dollars=dollars)
        left = _Sum(CONTEXT.subtract(left.qty, qty), CONTEXT.subtract(left.dollars, dollars))
    entries[last] = entries[last]._replace(qty=left.qty, dollars=left.dollars)


class _Sum(NamedTuple):
    """Signed shares and dollars."""

    qty: Decimal
    dollars: Decimal


Place = tuple[str, int, int]
"""A moment of the book: see `folding.place`."""


def start_of(session: str) -> Place:
    """Return the moment before all that took effect in a session, an ISO date."""
    return session, -1, 0


def end_of(session: str) -> Place:
    """Return the moment after all that took effect in a session, an ISO date."""
    return session, 2, 0


class Rename(NamedTuple):
    """A symbol that has become another one, and is not in the book yet."""

    old: str
    new: str


class Called(NamedTuple):
    """The symbol under which the book has shares in a session; whether it held any then."""

    symbol: str
    is_held: bool


class Names:
    """The names of shares.

    :param booked: renames that the book has. :param pending: those that are listed, have come and are not in
        it, in the order of their dates: another party may use either name.
    """

    def __init__(self, booked: Iterable[Entry], pending: Iterable[Rename] = ()) -> None:
        renames = [each for each in booked if each.new_symbol is not None]
        self._booked = sorted(renames, key=place)
        self._pending = [*pending]

    def now(self, symbol: str, since: Place | None = None) -> str:
        """Return the last name of what is called so: the same shares have the same one.

        :param since: the moment at which it was called so; None: now, by whomever.
        """
        for each in self._booked if since is not None else ():
            if each.symbol == symbol and since is not None and place(each) > since:
                symbol = each.new_symbol or symbol
        for rename in self._pending:
            if rename.old == symbol:
                symbol = rename.new
        return symbol

    def of_entry(self, entry: Entry) -> str:
        """Return the last name of the shares that an entry is about."""
        return self.now(entry.new_symbol or entry.symbol, place(entry))

    def of(self, entries: Iterable[Entry]) -> dict[str, list[Entry]]:
        """Return entries by the last name of the shares that they are about, in their order.

        A split of shares that the book had under two names is there once.
        """
        found: dict[str, list[Entry]] = {}
        for each in entries:
            own = found.setdefault(self.of_entry(each), [])
            if each.ratio is None or not any(_is_one_split(each, other) for other in own):
                own.append(each)
        return found

    def kin(self, symbol: str) -> frozenset[str]:
        """Return every symbol that has ever become this one, or has come of it, over however many renames."""
        pairs = [(each.symbol, each.new_symbol or "") for each in self._booked]
        pairs += [(each.old, each.new) for each in self._pending]
        found, before = {symbol}, set[str]()
        while found != before:
            before = {*found}
            found |= {name for pair in pairs if not found.isdisjoint(pair) for name in pair}
        return frozenset(found)

    def held(self, shares: str, entries: Iterable[Entry], until: Place | None = None) -> dict[str, Decimal]:
        """Return by symbol how many signed shares entries make of what has this last name; none of it, none.

        :param entries: of all its names. :param until: only those before a moment, as it was called then.
        """
        counted = [each for each in entries if until is None or place(each) < until]
        return {
            symbol: holding.qty
            for symbol, holding in fold(counted).holdings.items()
            if holding.qty and self.now(symbol, until) == shares
        }

    def qty(self, shares: str, entries: Iterable[Entry]) -> Decimal:
        """Return how many signed shares entries make of what has this last name, under all its names."""
        return total(self.held(shares, entries).values()) or ZERO

    def called(self, symbol: str, entries: Sequence[Entry], session: str) -> Called:
        """Return under which symbol the book has what another party calls so, be it by an older name.

        :param entries: of all its names. :param session: in which something came of it, an ISO date.
        """
        until = (session, 1, max((each.id for each in entries), default=0) + 1)
        for since in (start_of(session), start_of("")):
            held = self.held(self.now(symbol, since), entries, until)
            if held:
                return Called(symbol if symbol in held else min(held), is_held=True)
        return Called(symbol, is_held=False)


def _is_one_split(split: Entry, other: Entry) -> bool:
    had = (other.ratio, other.effective)
    return had == (split.ratio, split.effective) and other.symbol != split.symbol
