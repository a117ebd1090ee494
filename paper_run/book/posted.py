"""What an activity at a broker counts as in the book, and how one word of it follows another.

The broker changes an activity under its id: it cancels or corrects it. Booked is the difference between the
activity as it stands and as it was booked last, so that a cancellation books itself back.

Source: docs/CONCEPTS, "Money that is not trading".
"""

from decimal import Decimal

from paper_run import NamedTuple, money
from paper_run.book.holdings import Entry
from paper_run.money import CONTEXT, ZERO


class Posted(NamedTuple):
    """What an activity counts as: kind, symbol, signed shares and dollars as an `Entry` has them."""

    kind: str
    symbol: str
    qty: Decimal
    dollars: Decimal

    @property
    def moves_shares(self) -> bool:
        """Whether it is a trade of a fraction, or shares in or out."""
        return self.kind == "cash_in_lieu" or bool(self.qty)

    @property
    def amount(self) -> Decimal:
        """The money that it brought, dollars; negative: it cost. Of shares, what came in was worth."""
        return self.dollars.copy_negate() if self.kind == "cash_in_lieu" else self.dollars


def entries(
    activity: str, before: Posted | None, now: Posted | None, base: Posted | None, effective: str
) -> tuple[Entry, ...]:
    """Return what has the book count an activity as it stands.

    Money is booked by the difference. Of shares all that was booked of them is put in another's place, so
    that the fills after them are folded as if it had been said so from the start.

    :param activity: its id. :param before: as it was booked last, None: as nothing; `now` likewise.
    :param base: what of it the base of the book has in it. :param effective: its session, an ISO date.
    """
    made = []
    for each in dict.fromkeys(_place(posted) for posted in (before, now) if posted is not None):
        if not each.moves_shares:
            shares, dollars = money.ZERO, CONTEXT.subtract(_at(now, each)[1], _at(before, each)[1])
            if dollars:
                made.append(Entry(each.kind, each.symbol, shares, dollars, effective))
        elif (whole := _beyond(base, now, each)) != _beyond(base, before, each):
            order = f"{activity} {each.kind} {each.symbol}"
            made.append(Entry(each.kind, each.symbol, *whole, effective, order, restates=True))
    return tuple(made)


class _Place(NamedTuple):
    """Where an activity counts."""

    kind: str
    symbol: str
    moves_shares: bool


def _place(posted: Posted) -> _Place:
    return _Place(posted.kind, posted.symbol, posted.moves_shares)


def _at(posted: Posted | None, place: _Place) -> tuple[Decimal, Decimal]:
    """Return the shares and dollars that it counts at a place."""
    return (posted.qty, posted.dollars) if posted and _place(posted) == place else (ZERO, ZERO)


def _beyond(base: Posted | None, posted: Posted | None, place: _Place) -> tuple[Decimal, Decimal]:
    """Return the shares and dollars that it counts at a place, without those that the base has in it.

    Shares that came in beside those of the base are worth what each of all of them is.
    """
    (had, paid), (qty, dollars) = _at(base, place), _at(posted, place)
    more = CONTEXT.subtract(qty, had)
    if place.kind != "flow" or not had:
        return more, CONTEXT.subtract(dollars, paid)
    return more, money.portion(dollars, more, qty) if qty else paid.copy_negate()


def worth(before: Posted | None, symbol: str, qty: Decimal) -> Decimal | None:
    """Return what shares are worth at what they were booked at, dollars; None where they never were.

    :param qty: signed shares.
    """
    if before is None or not before.qty or before.symbol != symbol:
        return None
    return money.portion(before.dollars, qty, before.qty)
