"""The book at a moment's prices: each position, the totals that its rows add up to, and the bridges.

Source: docs/CONCEPTS, "Realized, unrealized, total and day P&L".
"""

from collections.abc import Collection, Mapping
from decimal import Decimal

from paper_run import NamedTuple, money
from paper_run.book.bridge import NO_MONEY, Bridge, Opening, bridged, moved_money
from paper_run.book.holdings import Book, Holding
from paper_run.book.marks import Mark
from paper_run.money import CONTEXT, ZERO, cents, total


class PositionValue(NamedTuple):
    """A symbol of the book, money in cents, a loss negative; what needs a price is None without one.

    :ivar holding: what is booked; of a symbol that is not known no figure of it is stated.
    :ivar realized_pnl: None where the symbol is not known, as all its figures are.
    :ivar day_pnl: what `total_pnl` gained since the opening.
    """

    symbol: str
    holding: Holding
    mark: Mark | None
    market_value: Decimal | None
    realized_pnl: Decimal | None
    unrealized_pnl: Decimal | None
    day_pnl: Decimal | None

    @property
    def is_known(self) -> bool:
        """Whether its quantity and what it realized are known."""
        return self.realized_pnl is not None

    @property
    def qty(self) -> Decimal | None:
        """Signed shares; None where they are not known."""
        return self.holding.qty if self.is_known else None

    @property
    def avg_entry_price(self) -> Decimal | None:
        """The average cost of a share, dollars; None when closed or not known."""
        return self.holding.avg_entry_price if self.is_known else None

    @property
    def total_pnl(self) -> Decimal | None:
        """Realized and unrealized P&L since the first attempt, in cents, signed; None: not known."""
        if self.realized_pnl is None or self.unrealized_pnl is None:
            return None
        return CONTEXT.add(self.realized_pnl, self.unrealized_pnl)


class Valuation(NamedTuple):
    """The book at a moment; dollars and cents, a loss negative, every total the sum of the rows.

    :ivar base: the capital of the first attempt.
    :ivar realized_so_far: what is booked as realized, for the record; stated only as `realized_pnl`, which is
        None while a symbol is not known.
    """

    base: Decimal
    positions: tuple[PositionValue, ...]
    realized_so_far: Decimal
    realized_pnl: Decimal | None
    priced_so_far: Decimal
    unrealized_pnl: Decimal | None
    market_value: Decimal | None
    exposure: Decimal | None
    session: Bridge
    inception: Bridge

    @property
    def complete(self) -> bool:
        """Whether every symbol is known and every open position has a price."""
        return self.unrealized_pnl is not None

    @property
    def total_pnl(self) -> Decimal | None:
        """P&L since the first attempt, dollars and cents, a loss negative; None where it is not known."""
        return self.inception.pnl

    @property
    def day_pnl(self) -> Decimal | None:
        """P&L since the session's opening, dollars and cents, a loss negative; None where it is not known."""
        return self.session.pnl


def value(
    book: Book,
    marks: Mapping[str, Mark],
    base: Decimal,
    opening: Opening | None,
    *,
    unknown: Collection[str] = (),
) -> Valuation:
    """Value the book: each row's money is rounded once, to the cent, and the totals are sums of those rows.

    Without a price an open position has no market value, and no total has one that needs it; nothing else
    changes. A symbol whose quantity or realized P&L is not known has no figure, a price or not.

    :param base: the capital of the first attempt, dollars. :param opening: the last complete closing of an
        earlier session, None in the first. :param unknown: the symbols that are not known, also those the
        book has nothing of.
    """
    inception = Opening(cents(base))
    start = inception if opening is None else opening
    rows = tuple(
        _unknown(name, book.holdings.get(name, Holding()))
        if name in unknown
        else _position(name, book.holdings[name], marks.get(name), start)
        for name in sorted({*book.holdings, *unknown})
    )
    priced = total(row.unrealized_pnl for row in rows if row.unrealized_pnl is not None)
    values = [row.market_value for row in rows if row.market_value is not None]
    complete = len(values) == len(rows)
    unrealized = priced if complete else None
    realized = total(cents(row.holding.realized) for row in rows)
    is_known = all(row.is_known for row in rows)
    moved = moved_money(book)
    equity = total((inception.equity, realized, priced, moved.outside))
    figures = Opening(equity, realized, priced, moved=moved)
    unexplained = _unexplained(book, marks, base) if complete else None
    return Valuation(
        base=inception.equity,
        positions=rows,
        realized_so_far=realized,
        realized_pnl=realized if is_known else None,
        priced_so_far=priced,
        unrealized_pnl=unrealized,
        market_value=total(values) if complete else None,
        exposure=total(each.copy_abs() for each in values) if complete else None,
        session=bridged(start, figures, unexplained, is_known=is_known, complete=complete),
        inception=bridged(inception, figures, unexplained, is_known=is_known, complete=complete),
    )


def _unknown(symbol: str, holding: Holding) -> PositionValue:
    return PositionValue(
        symbol=symbol,
        holding=holding,
        mark=None,
        market_value=None,
        realized_pnl=None,
        unrealized_pnl=None,
        day_pnl=None,
    )


def _position(symbol: str, holding: Holding, mark: Mark | None, opening: Opening) -> PositionValue:
    worth = cost = ZERO
    known = not holding.is_open
    if mark is not None and holding.qty and not holding.waiting:
        worth, cost, known = holding.market_value(mark.price), holding.cost, True
    row = PositionValue(
        symbol=symbol,
        holding=holding,
        mark=mark if holding.qty else None,
        market_value=cents(worth) if known else None,
        realized_pnl=cents(holding.realized),
        unrealized_pnl=cents(CONTEXT.subtract(worth, cost)) if known else None,
        day_pnl=None,
    )
    before = None if opening.totals is None else opening.totals.get(symbol, ZERO)
    if row.total_pnl is None or before is None:
        return row
    return row._replace(day_pnl=CONTEXT.subtract(row.total_pnl, before))


def _unexplained(book: Book, marks: Mapping[str, Mark], base: Decimal) -> Decimal:
    """Compare, unrounded, what the cash and the shares are worth with what the P&L says.

    The cash is summed entry by entry and knows no average cost.
    """
    worth, pnl = [base, book.cash], [base, book.flows, book.other]
    for symbol, holding in book.holdings.items():
        pnl.append(holding.realized)
        if holding.qty:
            price = marks[symbol].price
            worth.append(holding.market_value(price))
            pnl.append(holding.unrealized(price))
    return CONTEXT.subtract(total(worth), total(pnl))


def with_closing(now: Valuation, opening: Opening | None, kept: Opening) -> Valuation:
    """Return a valuation that leaves a session the day P&L of the closing that it keeps.

    What the book is worth more or less by now belongs to the next session, and is an adjustment in this one.

    :param now: opened from that closing. :param opening: what the session opened from, None in the first.
    """
    start = opening or Opening(now.base)
    earned = (
        CONTEXT.subtract(kept.realized, start.realized),
        CONTEXT.subtract(kept.unrealized, start.unrealized),
    )
    bridge, moved = now.session, kept.moved.less(start.moved)
    if bridge.closing is None:  # what was learned since is in each line: which of it belongs where waits
        realized = None if bridge.realized is None else CONTEXT.add(bridge.realized, earned[0])
        bridge = bridge._replace(
            opening=start.equity,
            realized=realized,
            adjustments=CONTEXT.add(bridge.adjustments, moved.outside),
            money=bridge.money and bridge.money.plus(moved),
        )
    else:
        learned = CONTEXT.subtract(bridge.closing, total((start.equity, *earned)))
        bridge = bridge._replace(
            opening=start.equity,
            realized=earned[0],
            unrealized_change=earned[1],
            adjustments=cents(learned),
            money=bridge.money and moved,
        )
    days = None if kept.totals is None or start.totals is None else (start.totals, kept.totals)
    rows = tuple(row._replace(day_pnl=_gained(row, days)) for row in now.positions)
    return now._replace(session=bridge, positions=rows)


def _gained(
    row: PositionValue, days: tuple[Mapping[str, Decimal | None], Mapping[str, Decimal | None]] | None
) -> Decimal | None:
    """Return what a symbol gained from an opening to a closing, None where that is not known."""
    if days is None or row.total_pnl is None:
        return None
    before, after = (totals.get(row.symbol, ZERO) for totals in days)
    return None if before is None or after is None else CONTEXT.subtract(after, before)


def closing(valuation: Valuation) -> Opening:
    """Return what the next session opens from; only of a complete valuation.

    :raises ValueError: it is not complete.
    """
    if valuation.session.closing is None:
        raise ValueError("a session that is not valued whole has no closing")
    return Opening(
        valuation.session.closing,
        valuation.realized_so_far,
        valuation.priced_so_far,
        {row.symbol: row.total_pnl for row in valuation.positions},
        moved=valuation.inception.money or NO_MONEY,
    )


class FirstPrice(NamedTuple):
    """What shares from before the first attempt are worth at their first price, dollars.

    :ivar symbol: what they are called by now. :ivar found_as: and when they were found.
    :ivar gain: by how much it is more than what they had cost.
    """

    symbol: str
    found_as: str
    worth: Decimal
    gain: Decimal


def first_prices(book: Book, marks: Mapping[str, Mark]) -> list[FirstPrice]:
    """Return what has waited for a price and has one now."""
    return [
        FirstPrice(symbol, lot.symbol, worth, CONTEXT.subtract(worth, lot.dollars))
        for symbol, holding in book.holdings.items()
        if symbol in marks
        for lot in holding.waiting
        for worth in (money.product(lot.qty, marks[symbol].price),)
    ]


def open_symbols(book: Book) -> tuple[str, ...]:
    """Return the symbols that need a price."""
    return tuple(sorted(symbol for symbol, holding in book.holdings.items() if holding.is_open))


def adjustment(holding: Holding, qty: Decimal, price: Decimal) -> tuple[Decimal, Decimal]:
    """Return the signed shares and dollars that bring a holding to a quantity at a price, P&L-neutral."""
    shares = CONTEXT.subtract(qty, holding.qty)
    return shares, money.product(shares, price)
