"""Which entries of the book count, and in which order; one that restates its order takes its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paper_run.book.holdings import Entry


class Booked(NamedTuple):
    """An entry as it stands in the book.

    :ivar session: the one in which it was booked, an ISO date. :ivar order: the order whose fill it is.
    :ivar ordered_in: the session in which that order was placed.
    :ivar restates: whether it takes the place of all that was booked of its order before.
    """

    entry: Entry
    session: str
    order: str | None = None
    ordered_in: str | None = None
    restates: bool = False


def in_force(booked: Sequence[Booked]) -> list[Entry]:
    """Return the entries that count, in the order in which they are folded.

    A restated order is folded as if it had been filled so from the start: where its first fill stands, or
    where nothing of it was booked, in the session in which it was placed.

    :param booked: in the order in which they were booked.
    """
    restated = {each.order: at for at, each in enumerate(booked) if each.restates}
    first: dict[str | None, int] = {}
    found: list[tuple[str, int, Entry]] = []
    for at, each in enumerate(booked):
        last = restated.get(each.order, -1) if each.order is not None else -1
        first.setdefault(each.order, at)
        if at < last:
            continue
        if at > last:
            found.append((each.session, at, each.entry))
        elif each.entry.qty:
            place = first[each.order]
            found.append(
                (booked[place].session if place != at else each.ordered_in or each.session, place, each.entry)
            )
    return [entry for *_, entry in sorted(found, key=lambda one: one[:2])]
