"""In which order entries make the book: by the session they took effect in, splits first, as they came.

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
    return sorted(corrected(sorted(entries, key=_sequence)), key=place)


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


def _sequence(entry: Entry) -> int:
    return entry.id
