"""What was held at a closing, by what its shares have been called since: a rename takes them along.

Source: docs/CONCEPTS, "Symbols and round trips".
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from paper_run import NamedTuple
from paper_run.book.holdings import MOVE_SHARES, Book, Entry, Holding
from paper_run.money import CONTEXT, ZERO, cents, portion, product, total

_ONE = Decimal(1)


class Part(NamedTuple):
    """A part of what a symbol had at a closing.

    :ivar origin: what it was called there. :ivar share: of the shares that it had, a ratio.
    :ivar qty: signed shares, as after the splits since.
    """

    origin: str
    share: Decimal
    qty: Decimal


def parts(holdings: Mapping[str, Holding], entries: Iterable[Entry]) -> dict[str, list[Part]]:
    """Return where what was held is by now, by symbol: what was sold since stays where that was sold.

    :param holdings: at the closing. :param entries: since, as they are folded.
    """
    book = Book(holdings)
    here = {name: [Part(name, _ONE, held.qty)] for name, held in holdings.items() if held.qty}
    gone = dict[str, list[Part]]()
    for entry in entries:
        name, qty = entry.symbol, book.holdings.get(entry.symbol, Holding()).qty
        book = book.after((entry,))
        if entry.new_symbol is not None:
            here[entry.new_symbol] = here.get(entry.new_symbol, []) + here.pop(name, [])
        elif entry.kind == "split":
            for place in (here, gone):
                place[name] = [_split(each, entry, qty) for each in place.get(name, ())]
        elif entry.kind in MOVE_SHARES and product(entry.qty, qty) < 0:
            sold = min(_ONE, CONTEXT.divide(entry.qty.copy_abs(), qty.copy_abs()))
            gone.setdefault(name, []).extend(_shares(here.get(name, ()), sold))
            here[name] = [*_shares(here.get(name, ()), CONTEXT.subtract(_ONE, sold))]
    return {name: [*here.get(name, ()), *gone.get(name, ())] for name in {*here, *gone}}


def _shares(found: Iterable[Part], share: Decimal) -> Iterator[Part]:
    for each in found:
        yield each._replace(share=portion(each.share, share, _ONE), qty=portion(each.qty, share, _ONE))


def _split(part: Part, entry: Entry, qty: Decimal) -> Part:
    if entry.ratio is not None:
        return part._replace(qty=entry.ratio.applied(part.qty))
    return part._replace(qty=portion(CONTEXT.add(qty, entry.qty), part.qty, qty) if qty else part.qty)


def totals(
    closed_at: Mapping[str, Decimal | None], holdings: Mapping[str, Holding], entries: Iterable[Entry]
) -> dict[str, Decimal | None]:
    """Return each symbol's total P&L at a closing, cents, a loss negative, as its shares are called by now.

    What was unrealized goes over with them, what was realized stays; all together they are what they were.

    :param closed_at: the totals there. :param holdings: and what was held. :param entries: since, as folded.
    """
    found = dict(closed_at)
    for name, held in parts(holdings, entries).items():
        for each in held:
            if each.origin == name:
                continue
            was, here, now = closed_at[each.origin], found[each.origin], found.get(name, ZERO)
            if was is None or here is None or now is None:
                found[name] = found[each.origin] = None
                continue
            unrealized = CONTEXT.subtract(was, cents(holdings[each.origin].realized))
            moved = cents(product(unrealized, each.share))
            found[each.origin], found[name] = CONTEXT.subtract(here, moved), CONTEXT.add(now, moved)
    return found


def held(
    holdings: Mapping[str, Holding], prices: Mapping[str, Decimal | None], entries: Iterable[Entry]
) -> dict[str, tuple[Holding, Decimal | None]]:
    """Return what was held at a closing as its shares are called and counted by now, with its price there.

    :param prices: at the closing, dollars a share. :param entries: since, as they are folded.
    """
    made: dict[str, tuple[Holding, Decimal | None]] = {
        name: (each._replace(qty=ZERO), None) for name, each in holdings.items()
    }
    for name, each in parts(holdings, entries).items():
        qty = total(part.qty for part in each)
        worth = [_worth(part, holdings, prices) for part in each]
        known = [dollars for dollars in worth if dollars is not None]
        price = CONTEXT.divide(total(known), qty) if qty and len(known) == len(worth) else None
        made[name] = (made.get(name, (Holding(), None))[0]._replace(qty=qty), price)
    return made


def _worth(
    part: Part, holdings: Mapping[str, Holding], prices: Mapping[str, Decimal | None]
) -> Decimal | None:
    price = prices.get(part.origin)
    return None if price is None else product(product(holdings[part.origin].qty, part.share), price)
