"""Symbols over time: which of them are the same shares, so that a word on one is compared with another's.

A company's shares are called otherwise from a rename on, and a symbol may be another company's afterwards.
What a symbol means belongs to a moment, as a quantity does: each comparison of a symbol of the book with one
of a list, of an activity or of an account asks `Names`.

Source: docs/CONCEPTS, "What is in it".
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book import folding
from paper_run.money import ZERO, total

if TYPE_CHECKING:
    from paper_run.book.holdings import Entry

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

    def __init__(self, booked: "Iterable[Entry]", pending: Iterable[Rename] = ()) -> None:
        renames = [each for each in booked if each.new_symbol is not None]
        self._booked = sorted(renames, key=folding.place)
        self._pending = [*pending]

    def now(self, symbol: str, since: Place | None = None) -> str:
        """Return the last name of what is called so: the same shares have the same one.

        :param since: the moment at which it was called so; None: now, by whomever.
        """
        for each in self._booked if since is not None else ():
            if each.symbol == symbol and since is not None and folding.place(each) > since:
                symbol = each.new_symbol or symbol
        for rename in self._pending:
            if rename.old == symbol:
                symbol = rename.new
        return symbol

    def of_entry(self, entry: "Entry") -> str:
        """Return the last name of the shares that an entry is about."""
        return self.now(entry.new_symbol or entry.symbol, folding.place(entry))

    def of(self, entries: "Iterable[Entry]") -> "dict[str, list[Entry]]":
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

    def held(self, shares: str, entries: "Iterable[Entry]", until: Place | None = None) -> dict[str, Decimal]:
        """Return by symbol how many signed shares entries make of what has this last name; none of it, none.

        :param entries: of all its names. :param until: only those before a moment, as it was called then.
        """
        counted = [each for each in entries if until is None or folding.place(each) < until]
        return {
            symbol: holding.qty
            for symbol, holding in folding.fold(counted).holdings.items()
            if holding.qty and self.now(symbol, until) == shares
        }

    def qty(self, shares: str, entries: "Iterable[Entry]") -> Decimal:
        """Return how many signed shares entries make of what has this last name, under all its names."""
        return total(self.held(shares, entries).values()) or ZERO

    def called(self, symbol: str, entries: "Sequence[Entry]", session: str) -> Called:
        """Return under which symbol the book has what another party calls so, be it by an older name.

        :param entries: of all its names. :param session: in which something came of it, an ISO date.
        """
        until = (session, 1, max((each.id for each in entries), default=0) + 1)
        for since in (start_of(session), start_of("")):
            held = self.held(self.now(symbol, since), entries, until)
            if held:
                return Called(symbol if symbol in held else min(held), is_held=True)
        return Called(symbol, is_held=False)


def _is_one_split(split: "Entry", other: "Entry") -> bool:
    had = (other.ratio, other.effective)
    return had == (split.ratio, split.effective) and other.symbol != split.symbol
