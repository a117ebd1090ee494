"""Our figures beside another party's: where they differ, and by how much. Nothing is booked from it.

Source: docs/CONCEPTS, "Beside the gateway's figures".
"""

from collections.abc import Mapping
from decimal import Decimal

from paper_run import NamedTuple, money
from paper_run.book.holdings import Holding

_HALF_A_CENT = Decimal("0.005")


class Theirs(NamedTuple):
    """A position in a party's words: signed shares, dollars a share, dollars; None: it does not say."""

    qty: Decimal
    avg_entry_price: Decimal | None
    realized_pl: Decimal | None
    unrealized_pl: Decimal | None


class Difference(NamedTuple):
    """A figure of which a party says another; `difference` is ours - theirs, in the figure's own unit.

    :ivar party: its name, such as "gateway".
    """

    party: str
    field: str
    ours: Decimal
    theirs: Decimal
    difference: Decimal


def differences(party: str, ours: Holding, theirs: Theirs | None) -> tuple[Difference, ...]:
    """Return the figures of a symbol that differ by more than the party's own rounding.

    A symbol that the party does not list is a quantity of zero there: closed positions are left out of
    its answer, and their realized P&L with them.

    :param party: its name, such as "gateway". :param theirs: None: it does not list the symbol.
    """
    found = [("qty", ours.qty, theirs.qty if theirs else money.ZERO, money.ZERO)]
    if theirs is not None:
        average = ours.avg_entry_price
        if average is not None and theirs.qty and theirs.avg_entry_price is not None:
            margin = _rounding(theirs.avg_entry_price)
            found.append(("avg_entry_price", average, theirs.avg_entry_price, margin))
        if theirs.realized_pl is not None:
            # What came in besides trading is in no party's realized P&L.
            traded = money.cents(money.CONTEXT.subtract(ours.realized, ours.income))
            found.append(("realized_pl", traded, theirs.realized_pl, _HALF_A_CENT))
    return tuple(
        Difference(party, field, our, their, apart)
        for field, our, their, margin in found
        if (apart := money.CONTEXT.subtract(our, their)).copy_abs() > margin
    )


def quantities(differing: Mapping[str, tuple[Difference, ...]]) -> list[tuple[str, Difference]]:
    """Return the symbols of which a party's quantity is another, signed shares."""
    return [
        (symbol, each) for symbol, differs in differing.items() for each in differs if each.field == "qty"
    ]


def _rounding(price: Decimal) -> Decimal:
    """Return what a price may be off by for its number of decimals alone: half a cent at most."""
    places = -int(price.as_tuple().exponent)
    return _HALF_A_CENT if places <= 2 else Decimal((0, (1,), -places))
