"""Round trips: each symbol from flat to flat, by the entries that opened and closed it.

Source: docs/CONCEPTS, "Symbols and round trips".
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal

from paper_run import NamedTuple
from paper_run.book.holdings import Entry, Holding
from paper_run.money import CONTEXT


class OpenTrip(NamedTuple):
    """A trip that is under way; its side is that of the holding.

    :ivar session: the one it began in, an ISO date. :ivar realized: dollars, what the symbol had realized
        by then; a loss is negative.
    """

    session: str
    realized: Decimal


class Trip(NamedTuple):
    """A trip that is over.

    :ivar opened: the session it began in, :ivar closed: and the one it ended in, ISO dates.
    :ivar pnl: dollars, what the symbol realized from there to there, income too; a loss is negative.
    """

    symbol: str
    side: Literal["long", "short"]
    opened: str
    closed: str
    pnl: Decimal


class Followed(NamedTuple):
    """What entries came to: the trips that ended, in their sequence, and those under way, by symbol."""

    closed: tuple[Trip, ...]
    under_way: Mapping[str, OpenTrip]


def follow(
    holdings: Mapping[str, Holding], under_way: Mapping[str, OpenTrip], entries: Iterable[Entry]
) -> Followed:
    """Go on from holdings and their trips through entries, in the order of their folding.

    A flip through zero ends a trip and begins another at the same price. What goes over to another symbol
    takes its trip along; where that has shares already it is a part of their trip, or ends it.
    """
    held, trips, closed = dict(holdings), dict(under_way), []
    for entry in entries:
        if entry.kind == "other" or (entry.kind == "flow" and not entry.qty):
            continue
        symbol, before = entry.symbol, held.get(entry.symbol, Holding())
        if entry.new_symbol is not None:
            gone, began = before, trips.pop(symbol, None)
            held[symbol], symbol = gone.left(), entry.new_symbol
            before = held.get(symbol, Holding())
            after = held[symbol] = before.joined_by(gone)
            if began is not None and not before.qty:
                so_far = CONTEXT.subtract(gone.realized, began.realized)
                trips[symbol] = OpenTrip(began.session, CONTEXT.subtract(before.realized, so_far))
        else:
            after = held[symbol] = before.after(entry)
        if before.qty and (not after.qty or (before.qty > 0) != (after.qty > 0)):
            over = trips.pop(symbol)
            side: Literal["long", "short"] = "long" if before.qty > 0 else "short"
            earned = CONTEXT.subtract(after.realized, over.realized)
            closed.append(Trip(symbol, side, over.session, entry.effective, earned))
        if after.qty and symbol not in trips:
            trips[symbol] = OpenTrip(entry.effective, after.realized)
    return Followed(tuple(closed), trips)
