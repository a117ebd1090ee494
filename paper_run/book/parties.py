"""Why our equity is not the broker's: each part of the difference by its name, and what is left of it.

Source: docs/CONCEPTS, "The broker's equity beside ours".
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Literal

from paper_run import NamedTuple
from paper_run.money import CONTEXT, ZERO, known_cents, portion, product, total

Kind = Literal["beside", "flow", "own", "trade"]
"""What is named: a position beside the book, money that is not booked yet, what the broker is off its own, a
trade that is not in the book."""


class Held(NamedTuple):
    """A symbol as a party has it: signed shares, dollars a share, dollars; None is not known.

    :ivar market_value: as the party says it, unrounded; else it is quantity x price.
    """

    qty: Decimal | None
    price: Decimal | None
    market_value: Decimal | None = None

    @property
    def worth(self) -> Decimal | None:
        """What it is worth, dollars, unrounded; None where that is not known."""
        if self.market_value is not None:
            return self.market_value
        return None if self.qty is None or self.price is None else product(self.qty, self.price)


class Party(NamedTuple):
    """What a party says of the account, dollars; None is not known.

    :ivar cash: all digits, negative where it is owed. :ivar equity: as the party states it.
    :ivar positions: None: they were not read.
    :ivar accrued_fees: what is off its balances already and not charged yet; the broker's alone.
    """

    cash: Decimal | None
    equity: Decimal | None
    positions: Mapping[str, Held] | None
    accrued_fees: Decimal | None = ZERO


class Item(NamedTuple):
    """A part of the difference that has a name; dollars, positive where we have more than the broker.

    :ivar subject: a symbol, or what it is about; "" for the account as a whole.
    :ivar cash: by how much our cash is more. :ivar worth: by how much our positions are worth more, at the
        broker's prices. :ivar reason: why one of them is not known, a clause.
    """

    kind: Kind
    subject: str
    cash: Decimal | None
    worth: Decimal | None
    reason: str = ""

    @property
    def amount(self) -> Decimal | None:
        """Its part of the difference in equity, unrounded."""
        return None if self.cash is None or self.worth is None else CONTEXT.add(self.cash, self.worth)


class Left(NamedTuple):
    """What is left of a difference, dollars and cents; None with the reasons, a clause each."""

    amount: Decimal | None
    reasons: tuple[str, ...] = ()


class Explained(NamedTuple):
    """The difference in its parts, each ours - the broker's and rounded once, to the cent.

    difference = prices + accrued_fees + items + rounding + residual.

    :ivar cash: what is left of the difference in cash without the accrued fees and the cash of the items.
    :ivar effects: by symbol what the other price makes. :ivar prices: their sum.
    :ivar items: with their amounts. :ivar rounding: what rounding all these rows and the book's leaves.
    :ivar residual: what has no name, and must be 0.00.
    """

    difference: Decimal | None
    cash: Left
    effects: Mapping[str, Decimal | None]
    prices: Decimal | None
    accrued_fees: Decimal | None
    items: tuple[tuple[Item, Decimal | None], ...]
    rounding: Decimal | None
    residual: Left


def explain(ours: Party, broker: Party, items: Iterable[Item] = (), lacking: Sequence[str] = ()) -> Explained:
    """Take the difference of two equities, ours - the broker's, apart.

    Source: BOOK, "Three parties": difference = sum of quantity x (our mark - the broker's current price) over
    the positions that both hold + accrued fees (they are off the broker's balances, not off ours) + named
    items + residual. The quantity is ours; a quantity that differs, and cash that does, is in the residual
    unless an item names it. What is not known makes the figures that need it None, with the reason.

    :param ours: its equity is the book's, in cents; its cash and its prices have all their digits.
    :param lacking: why what is left can't be told, whatever the figures are, a clause each.
    """
    named = tuple(items)
    exact = _effects(ours, broker)
    effects = {symbol: known_cents(each) for symbol, each in exact.items()}
    prices = None if broker.positions is None else _total(effects.values())
    stated = tuple((each, known_cents(each.amount)) for each in named)
    fees = known_cents(broker.accrued_fees)
    difference = _less(ours.equity, known_cents(broker.equity))
    residual = _residual(ours, broker, named, exact, lacking)
    parts = (prices, fees, *(amount for _, amount in stated), residual.amount)
    return Explained(
        difference=difference,
        cash=_cash(ours, broker, named, lacking),
        effects=effects,
        prices=prices,
        accrued_fees=fees,
        items=stated,
        rounding=known_cents(_less(difference, _total(parts))),
        residual=residual,
    )


def _effects(ours: Party, broker: Party) -> dict[str, Decimal | None]:
    """Return what the other price makes of each position that both hold, unrounded; None without a price."""
    found: dict[str, Decimal | None] = {}
    mine, of_broker = ours.positions or {}, broker.positions or {}
    for symbol in sorted(mine.keys() & of_broker.keys()):
        held, other = mine[symbol], of_broker[symbol]
        if held.qty and other.qty:
            theirs = other.worth
            if theirs is not None and held.qty != other.qty:
                theirs = portion(theirs, held.qty, other.qty)
            found[symbol] = _less(held.worth, theirs)
    return found


def _cash(ours: Party, broker: Party, items: tuple[Item, ...], why: Sequence[str]) -> Left:
    lacking = [
        *why,
        *_lacking("the cash of the book is not known", ours.cash),
        *_lacking("the broker does not tell its cash", broker.cash),
        *_lacking("the broker does not tell its accrued fees", broker.accrued_fees),
        *(each.reason for each in items if each.cash is None),
    ]
    theirs = _total((broker.cash, broker.accrued_fees, *(each.cash for each in items)))
    return _left(_less(ours.cash, theirs), lacking)


def _residual(
    ours: Party,
    broker: Party,
    items: tuple[Item, ...],
    effects: Mapping[str, Decimal | None],
    why: Sequence[str],
) -> Left:
    """Return the difference of the unrounded equities without its parts: rounding is no fault."""
    held = {symbol: each.worth for symbol, each in (ours.positions or {}).items() if each.qty != 0}
    valueless = [f"{symbol} has no value in the book" for symbol, worth in held.items() if worth is None]
    of_book = [
        *_lacking("the equity of the book is not known", ours.equity),
        *_lacking("the cash of the book is not known", ours.cash),
    ]
    lacking = [
        *why,
        *(valueless or of_book),  # the one explains the other
        *_lacking("the broker does not tell its equity", broker.equity),
        *_lacking("the broker does not tell its accrued fees", broker.accrued_fees),
        *(["the broker's positions could not be read"] if broker.positions is None else []),
        *(
            f"the broker has no price of {symbol}"
            for symbol, each in (broker.positions or {}).items()
            if symbol in effects and each.worth is None
        ),
        *(each.reason for each in items if each.amount is None),
    ]
    equity = _total((ours.cash, *held.values()))
    parts = (broker.equity, broker.accrued_fees, *effects.values(), *(each.amount for each in items))
    return _left(_less(equity, _total(parts)), lacking)


def _left(amount: Decimal | None, lacking: list[str]) -> Left:
    return Left(None, tuple(dict.fromkeys(lacking))) if lacking else Left(known_cents(amount))


def _lacking(reason: str, amount: Decimal | None) -> list[str]:
    return [reason] if amount is None else []


def _total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Add up; None where one of them is not known."""
    known = list(amounts)
    return None if None in known else total(each for each in known if each is not None)


def _less(amount: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if amount is None or other is None else CONTEXT.subtract(amount, other)
