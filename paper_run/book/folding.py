"""In which order entries make the book: by the session they took effect in, splits first, as they came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.book.holdings import Book
from paper_run.money import CONTEXT, ZERO, product, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from paper_run.book.holdings import Entry


def fold(entries: Iterable[Entry]) -> Book:
    """Return the book that all of its entries make, in whatever order they were learned."""
    return Book().after(sorted(corrected(sorted(entries, key=_sequence)), key=place))


def place(entry: Entry) -> tuple[str, int, int]:
    """Return an entry's place in the folding; the holdings from before the first trade are before all else.

    A split without a ratio, of an older program, says only how many shares it added to what was held then:
    it keeps its place in the sequence.
    """
    session = "" if entry.kind in ("found", "gain") else entry.effective
    return session, int(entry.ratio is None), entry.id


def goes_on(entries: Iterable[Entry], session: str) -> bool:
    """Whether entries go behind all that took effect until a session, so that no earlier one is folded anew.

    :param session: an ISO date.
    """
    return all(
        entry.kind == "gain"
        or (entry.kind != "correction" and not entry.restates and place(entry) >= (session, 1))
        for entry in entries
    )


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
            parts = [result[at] for at in places]
            for at, part in zip(places, _shared(parts, entry), strict=True):
                result[at] = part
            continue
        if entry.kind == "fill":
            places.append(len(result))
        result.append(entry)
    return result


def _shared(parts: Sequence[Entry], said: Entry) -> list[Entry]:
    """Return an order's fills at what is said of all of them; the last takes what the others leave."""
    qty, dollars = total(each.qty for each in parts), total(each.dollars for each in parts)
    whole = (said.qty, said.dollars)
    if not said.restates:
        whole = (CONTEXT.add(qty, said.qty), CONTEXT.add(dollars, said.dollars))
    left, shared = whole, []
    for part in parts[:-1]:
        share = tuple(
            CONTEXT.divide(product(each, to), of) if of else ZERO
            for each, to, of in zip((part.qty, part.dollars), whole, (qty, dollars), strict=True)
        )
        left = (CONTEXT.subtract(left[0], share[0]), CONTEXT.subtract(left[1], share[1]))
        shared.append(part._replace(qty=share[0], dollars=share[1]))
    return [*shared, parts[-1]._replace(qty=left[0], dollars=left[1])]


def _sequence(entry: Entry) -> int:
    return entry.id
