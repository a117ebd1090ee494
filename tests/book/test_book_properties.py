"""What holds of every book, whatever was traded: hypothesis looks for one of which it does not."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from builders.moments import NOON
from hypothesis import given, settings
from hypothesis import strategies as st

from paper_run import money
from paper_run.book.bridge import Opening
from paper_run.book.fills import Seen, fill_delta
from paper_run.book.holdings import Book, Entry, Holding
from paper_run.book.marks import Mark
from paper_run.book.valuation import Valuation, adjustment, closing, first_prices, value

NOTHING = Fraction(1, 10**20)
"""Amounts of up to 28 digits agree to this: what does not divide is cut off far behind it."""

whatever = settings(max_examples=50)
long_amounts = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent, money.CONTEXT),
    st.integers(1, 10**28 - 1),
    st.integers(-28, 0),
)
short_amounts = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(1, 2000), st.integers(-2, 0)
)
amounts = short_amounts | long_amounts
signs = st.sampled_from([1, -1])
quantities = st.builds(money.product, amounts, signs.map(Decimal))
prices = amounts
capitals = st.integers(1, 10**12).map(lambda cents: Decimal(cents).scaleb(-2))
SYMBOLS = ("A", "B", "C", "D")
TRADES_OF_NO_ORDER = ("adjustment", "cash_in_lieu", "flow")
KINDS = [
    *("fill", "fill", "fill", "close", "odd", "correction", "split", "income", "other", "cash"),
    *TRADES_OF_NO_ORDER,
]
RATIOS = [(Decimal(n), Decimal(m)) for n, m in ((2, 1), (3, 1), (3, 2), (1, 10), (1, 1))]


@st.composite
def symbol_entries(draw: st.DrawFn, symbol: str, *, most: int = 6) -> list[Entry]:
    """Draw what can come to one symbol: found once and first, then fills (odd ones too) and the rest."""
    entries = []
    qty = money.ZERO
    if draw(st.booleans()):
        qty = draw(quantities)
        entries.append(Entry("found", symbol, qty, money.product(qty, draw(prices))))
    for kind in draw(
        st.lists(
            st.sampled_from(KINDS),
            max_size=most,
        )
    ):
        if kind in ("correction", "income", "other", "cash"):
            entries.append(Entry("flow" if kind == "cash" else kind, symbol, money.ZERO, draw(quantities)))
        elif kind == "split":
            into, of = draw(st.sampled_from(RATIOS))
            added = money.CONTEXT.subtract(money.CONTEXT.divide(money.product(qty, into), of), qty)
            entries.append(Entry(kind, symbol, added, money.ZERO))
            qty = money.CONTEXT.add(qty, added)
        else:
            moved = qty.copy_negate() if kind == "close" and qty else draw(quantities)
            came_to = draw(quantities) if kind == "odd" else money.product(moved, draw(prices))
            entries.append(Entry(kind if kind in TRADES_OF_NO_ORDER else "fill", symbol, moved, came_to))
            qty = money.CONTEXT.add(qty, moved)
    return entries


@st.composite
def ledgers(draw: st.DrawFn) -> list[Entry]:
    """Draw entries of up to four symbols, mixed, each symbol's in their order."""
    by_symbol = {symbol: draw(symbol_entries(symbol)) for symbol in SYMBOLS[: draw(st.integers(0, 4))]}
    return _mixed(draw, by_symbol)


def _mixed(draw: st.DrawFn, by_symbol: dict[str, list[Entry]]) -> list[Entry]:
    turns = draw(st.permutations([symbol for symbol, entries in by_symbol.items() for _ in entries]))
    left = {symbol: iter(entries) for symbol, entries in by_symbol.items()}
    return [next(left[symbol]) for symbol in turns]


all_marks = st.fixed_dictionaries(
    {symbol: prices.map(lambda price: Mark(price, "quote", NOON)) for symbol in SYMBOLS}
)


def folded(entries: list[Entry]) -> Holding:
    return Book().after(entries).holdings.get("A", Holding())


def exact(values: list[Decimal]) -> Fraction:
    return sum(map(Fraction, values), Fraction(0))


def same(left: Decimal, right: Decimal) -> bool:
    return abs(Fraction(left) - Fraction(right)) < NOTHING


def resolved(book: Book, marks: dict[str, Mark]) -> Book:
    """Return the book with its holdings from before at the cost that their first marks give them."""
    return book.after(
        [Entry("gain", each.found_as, money.ZERO, each.gain) for each in first_prices(book, marks)]
    )


@whatever
@given(ledgers(), all_marks)
def test_profit_is_cash_and_market_value(entries: list[Entry], marks: dict[str, Mark]) -> None:
    """Realized + unrealized is what cash and the shares' worth add up to, without what came in besides."""
    book = resolved(Book().after(entries), marks)
    holdings, cash = book.holdings, Fraction(book.cash)
    qty = {symbol: exact([each.qty for each in entries if each.symbol == symbol]) for symbol in holdings}
    worth = sum((qty[symbol] * Fraction(marks[symbol].price) for symbol in holdings), Fraction(0))
    profit = exact([each.realized for each in holdings.values()]) + exact(
        [each.unrealized(marks[symbol].price) for symbol, each in holdings.items()]
    )
    outside = exact([each.dollars for each in entries if each.kind in ("flow", "other")])
    assert Fraction(book.flows) + Fraction(book.other) == outside
    assert abs(profit - (cash + worth - outside)) < NOTHING


class Textbook(NamedTuple):
    """Average cost as a textbook has it: shares, their average, and realized, in fractions."""

    qty: Fraction = Fraction(0)
    average: Fraction = Fraction(0)
    realized: Fraction = Fraction(0)

    def traded(self, qty: Fraction, price: Fraction) -> "Textbook":
        after = self.qty + qty
        if self.qty * qty >= 0:
            return self._replace(qty=after, average=(self.qty * self.average + qty * price) / after)
        closed = min(abs(qty), abs(self.qty)) * (1 if self.qty > 0 else -1)
        realized = self.realized + closed * (price - self.average)
        return Textbook(
            after, price if self.qty * after < 0 else self.average if after else Fraction(0), realized
        )

    def split(self, into: Fraction) -> "Textbook":
        return self._replace(qty=self.qty * into, average=self.average / into)


@whatever
@given(
    st.lists(st.tuples(quantities, prices) | st.sampled_from(RATIOS[:4]).map(lambda r: (None, r)), max_size=8)
)
def test_it_is_the_average_cost_of_the_textbook(steps: list[tuple[Decimal | None, object]]) -> None:
    """Quantity, average x quantity and realized are those of a calculation with averages, in fractions."""
    ours, theirs = Holding(), Textbook()
    for qty, price in steps:
        if qty is not None and isinstance(price, Decimal):
            ours = ours.after(Entry("fill", "A", qty, money.product(qty, price)))
            theirs = theirs.traded(Fraction(qty), Fraction(price))
        elif isinstance(price, tuple):
            into, of = price
            added = money.CONTEXT.subtract(money.CONTEXT.divide(money.product(ours.qty, into), of), ours.qty)
            ours = ours.after(Entry("split", "A", added, money.ZERO))
            theirs = theirs.split(Fraction(into) / Fraction(of))
        assert Fraction(ours.qty) == theirs.qty
        assert abs(Fraction(ours.cost) - theirs.qty * theirs.average) < NOTHING
        assert abs(Fraction(ours.realized) - theirs.realized) < NOTHING


@whatever
@given(st.data(), all_marks, capitals)
def test_the_order_of_symbols_does_not_matter(
    data: st.DataObject, marks: dict[str, Mark], base: Decimal
) -> None:
    """However the symbols' entries are mixed, book and valuation are the same."""
    by_symbol = {symbol: data.draw(symbol_entries(symbol)) for symbol in SYMBOLS[:3]}
    one, other = (Book().after(_mixed(data.draw, by_symbol)) for _ in range(2))
    assert one == other
    assert value(one, marks, base, None) == value(other, marks, base, None)


@whatever
@given(symbol_entries("A"), quantities, amounts, prices)
def test_a_fill_in_two_parts_is_one_fill(
    before: list[Entry], one: Decimal, size: Decimal, price: Decimal
) -> None:
    """At the same price it does not matter in how many parts an order is filled, also through zero."""
    other = size.copy_sign(one)
    parts = [Entry("fill", "A", each, money.product(each, price)) for each in (one, other)]
    both = money.CONTEXT.add(one, other)
    whole = Entry("fill", "A", both, money.product(both, price))
    in_one, in_two = Book().after([*before, whole]), Book().after([*before, *parts])
    assert (in_one.cash, in_one.traded) == (in_two.cash, in_two.traded)
    first, second = in_one.holdings["A"], in_two.holdings["A"]
    assert first.qty == second.qty
    assert same(first.cost, second.cost)
    assert same(first.realized, second.realized)
    assert first.waiting == second.waiting


@whatever
@given(symbol_entries("A"))
def test_the_other_side_of_every_trade_is_the_negative_book(entries: list[Entry]) -> None:
    """Sold for bought: quantity, cost and realized change their sign and nothing else."""
    mirrored = [
        each._replace(qty=each.qty.copy_negate(), dollars=each.dollars.copy_negate()) for each in entries
    ]
    ours, theirs = folded(entries), folded(mirrored)
    assert (theirs.qty, theirs.cost, theirs.realized) == (
        _negated(ours.qty),
        _negated(ours.cost),
        _negated(ours.realized),
    )
    assert len(theirs.waiting) == len(ours.waiting)


def _negated(amount: Decimal) -> Decimal:
    return amount.copy_negate()


@whatever
@given(ledgers(), st.lists(st.integers(0, 24), max_size=4))
def test_a_book_is_the_same_in_pieces(entries: list[Entry], cuts: list[int]) -> None:
    """A book that was kept and goes on from there is the one that is made of all entries at once."""
    book, start = Book(), 0
    for end in [*sorted(cuts), len(entries)]:
        book, start = book.after(entries[start:end]), max(start, end)
    assert book == Book().after(entries)


@st.composite
def looks(draw: st.DrawFn) -> tuple[list[tuple[Decimal | None, Decimal | None]], Decimal, Decimal]:
    """Draw what the gateway said of an order at each look, in whatever mess, and how it ended."""
    qty, price = draw(amounts), draw(prices)
    parts = draw(st.lists(st.fractions(0, 1, max_denominator=20), max_size=6))
    said: list[tuple[Decimal | None, Decimal | None]] = []
    for part in parts:
        numerator, denominator = Decimal(part.numerator), Decimal(part.denominator)
        so_far = money.CONTEXT.divide(money.product(qty, numerator), denominator)
        # Wire amounts have no 120 digits.
        so_far = min(so_far.quantize(Decimal("1E-28"), context=money.CONTEXT), qty)
        said.append(
            (draw(st.sampled_from([so_far, so_far, None])), draw(st.none() | prices | st.just(money.ZERO)))
        )
    return said, qty, price


@whatever
@given(looks(), st.sampled_from(["buy", "sell"]), amounts)
def test_however_often_an_order_is_looked_at_it_is_booked_once(
    order: tuple[list[tuple[Decimal | None, Decimal | None]], Decimal, Decimal], side: str, ordered: Decimal
) -> None:
    """An order that ends at (q, p) is exactly q shares and q p dollars, whatever was said before it ended.

    Unless all q were said before at another price: that stays until a person says what is right.
    """
    said, qty, price = order
    price = next((told for shares, told in said if shares == qty and told), price)
    seen, entries = Seen(), []
    for filled_qty, filled_price in [*said, (qty, price), (qty, price)]:
        grown = fill_delta(side, ordered, seen, filled_qty, filled_price, filled_dollars=None)
        seen = grown.seen
        if grown.kind is not None:
            entries.append(Entry(grown.kind, "A", grown.qty, grown.dollars))
        else:
            assert (grown.qty, grown.dollars) == (0, 0)
    sign = 1 if side == "buy" else -1
    assert exact([each.qty for each in entries]) == sign * Fraction(qty)
    assert exact([each.dollars for each in entries]) == sign * Fraction(qty) * Fraction(price)
    assert seen == Seen(qty, money.product(qty, price))
    assert not grown.waits
    # With the shares come the dollars: what was corrected is realized, the rest is cost.
    holding = folded(entries)
    assert Fraction(holding.cost) - Fraction(holding.realized) == sign * Fraction(qty) * Fraction(price)


def row_sum(valuation: Valuation, name: str) -> Decimal:
    return money.total(getattr(each, name) for each in valuation.positions)


@whatever
@given(ledgers(), all_marks, ledgers(), all_marks, capitals)
def test_rows_add_up_to_totals_and_bridges_to_closings(
    entries: list[Entry], marks: dict[str, Mark], more: list[Entry], later: dict[str, Mark], base: Decimal
) -> None:
    """Of a first and of a second session: to the cent, with nothing unexplained."""
    book = resolved(Book().after(entries), marks)
    first = value(book, marks, base, None)
    going_on = [each for each in more if each.kind != "found"]
    second = value(resolved(book.after(going_on), later), later, base, closing(first))
    assert first.session == first.inception
    assert second.session.opening == first.session.closing
    for valuation in (first, second):
        for name in ("realized_pnl", "unrealized_pnl", "market_value", "total_pnl", "day_pnl"):
            assert row_sum(valuation, name) == getattr(valuation, name)
        assert valuation.unrealized_pnl == valuation.priced_so_far
        assert valuation.exposure == sum(
            abs(Fraction(each.market_value or 0)) for each in valuation.positions
        )
        for bridge, pnl in (
            (valuation.session, valuation.day_pnl),
            (valuation.inception, valuation.total_pnl),
        ):
            parts = [
                bridge.opening,
                bridge.realized,
                bridge.unrealized_change or money.ZERO,
                bridge.adjustments,
            ]
            assert bridge.closing is not None
            assert pnl is not None
            assert exact(parts) == Fraction(bridge.closing)
            assert Fraction(pnl) == Fraction(bridge.closing) - Fraction(bridge.opening) - Fraction(
                bridge.adjustments
            )
            assert str(bridge.unexplained) == "0.00"
            for part in (*parts, bridge.closing, pnl):
                assert part == money.cents(part)
        assert valuation.session.closing == valuation.inception.closing
    # A book that is valued at the prices that it was valued at has made nothing since.
    assert value(book, marks, base, closing(first)).day_pnl == 0


NEEDS_EVERY_PRICE = {"unrealized_pnl", "market_value", "exposure", "total_pnl", "day_pnl"}
NEEDS_ITS_PRICE = {"mark", "market_value", "unrealized_pnl", "total_pnl", "day_pnl"}
BRIDGE_NEEDS_EVERY_PRICE = {"unrealized_change", "closing", "unexplained"}


def figures(valued: object, *properties: str) -> dict[str, object]:
    assert isinstance(valued, tuple)
    fields: dict[str, object] = valued._asdict()  # type: ignore[attr-defined]
    return fields | {name: getattr(valued, name) for name in properties}


@whatever
@given(ledgers(), all_marks, all_marks, capitals)
def test_a_missing_price_takes_away_exactly_what_needs_it(
    entries: list[Entry], before: dict[str, Mark], marks: dict[str, Mark], base: Decimal
) -> None:
    """Its own worth and the totals that need it are null; every other figure is what it was."""
    book = resolved(Book().after(entries), before)
    opening = closing(value(book, before, base, None))
    whole = value(book, marks, base, opening)
    for unpriced, held in book.holdings.items():
        without = value(book, {name: mark for name, mark in marks.items() if name != unpriced}, base, opening)
        if not held.qty:
            assert without == whole
            continue
        assert not without.complete
        lost = next(each.unrealized_pnl for each in whole.positions if each.symbol == unpriced)
        assert lost is not None
        assert exact([without.priced_so_far, lost]) == Fraction(whole.priced_so_far)
        totals = figures(whole, "total_pnl", "day_pnl") | dict.fromkeys(NEEDS_EVERY_PRICE)
        for name in ("session", "inception"):
            expected = figures(totals[name]) | dict.fromkeys(BRIDGE_NEEDS_EVERY_PRICE)
            assert figures(getattr(without, name)) == expected
        aside = ("session", "inception", "positions", "priced_so_far")
        given_figures = figures(without, "total_pnl", "day_pnl")
        assert {k: v for k, v in given_figures.items() if k not in aside} == {
            k: v for k, v in totals.items() if k not in aside
        }
        for was, now in zip(whole.positions, without.positions, strict=True):
            if was.symbol != unpriced:
                assert now == was
            else:
                assert figures(now, "total_pnl") == figures(was, "total_pnl") | dict.fromkeys(NEEDS_ITS_PRICE)


ALL_OF_ITS_FIGURES = {*NEEDS_ITS_PRICE, "realized_pnl", "qty", "avg_entry_price"}


@whatever
@given(ledgers(), all_marks, all_marks, capitals)
def test_a_symbol_that_is_not_known_takes_away_its_realized_too(
    entries: list[Entry], before: dict[str, Mark], marks: dict[str, Mark], base: Decimal
) -> None:
    """Beyond what a missing price takes, realized P&L of the symbol and of the totals; the rest stays."""
    book = resolved(Book().after(entries), before)
    opening = closing(value(book, before, base, None))
    whole = value(book, marks, base, opening)
    for symbol in book.holdings:
        without = value(book, marks, base, opening, unknown={symbol})
        assert not without.complete
        totals = NEEDS_EVERY_PRICE | {"realized_pnl"}
        assert {getattr(without, name) for name in totals} == {None}
        for name in ("session", "inception"):
            lost = dict.fromkeys(BRIDGE_NEEDS_EVERY_PRICE | {"realized"})
            assert figures(getattr(without, name)) == figures(getattr(whole, name)) | lost
        assert (without.base, without.realized_so_far) == (whole.base, whole.realized_so_far)
        for was, now in zip(whole.positions, without.positions, strict=True):
            if was.symbol != symbol:
                assert now == was
            else:
                properties = ("total_pnl", "qty", "avg_entry_price", "is_known")
                expected = figures(was, *properties) | dict.fromkeys(ALL_OF_ITS_FIGURES) | {"is_known": False}
                assert figures(now, *properties) == expected


sessions = st.tuples(ledgers(), all_marks, st.sets(st.sampled_from(SYMBOLS), max_size=1))


@whatever
@given(st.lists(sessions, min_size=1, max_size=4), capitals)
def test_the_days_add_up_to_the_total(
    days: list[tuple[list[Entry], dict[str, Mark], set[str]]], base: Decimal
) -> None:
    """Complete sessions, chained by their closings, sum to the total P&L of the last one."""
    book, opening = Book(), None
    summed, total_pnl, equity, outside = money.ZERO, money.ZERO, base, money.ZERO
    by_symbol = dict.fromkeys(SYMBOLS, money.ZERO)
    for entries, marks, unpriced in days:
        known = set(book.holdings)
        seen = {name: mark for name, mark in marks.items() if name not in unpriced}
        book = resolved(
            book.after(each for each in entries if each.kind != "found" or each.symbol not in known), seen
        )
        valuation = value(book, seen, base, opening)
        if valuation.day_pnl is None or valuation.total_pnl is None or valuation.session.closing is None:
            assert not valuation.complete
            continue
        summed = money.CONTEXT.add(summed, valuation.day_pnl)
        total_pnl, equity, opening = valuation.total_pnl, valuation.session.closing, closing(valuation)
        outside = valuation.inception.adjustments
        assert outside == money.total((money.cents(book.flows), money.cents(book.other)))
        for row in valuation.positions:
            assert row.day_pnl is not None
            by_symbol[row.symbol] = money.CONTEXT.add(by_symbol[row.symbol], row.day_pnl)
            assert by_symbol[row.symbol] == row.total_pnl
    assert summed == total_pnl
    assert equity == money.total((base, total_pnl, outside))


@whatever
@given(symbol_entries("A"), quantities | st.just(money.ZERO), prices)
def test_an_adjustment_at_the_mark_is_never_a_profit(
    before: list[Entry], to: Decimal, price: Decimal
) -> None:
    """Whatever is held and whatever it is brought to, P&L at that price stays what it was."""
    at = {"A": Mark(price, "quote", NOON)}
    holding = resolved(Book().after(before), at).holdings.get("A", Holding())
    qty, came_to = adjustment(holding, to, price)
    if not qty:
        assert came_to == 0
        return
    after = holding.after(Entry("adjustment", "A", qty, came_to))
    assert after.qty == to
    was, now = (exact([each.realized, each.unrealized(price)]) for each in (holding, after))
    assert abs(was - now) < NOTHING


def test_the_opening_of_the_first_session_is_the_capital() -> None:
    """Without an earlier closing a session opens from the capital, in cents."""
    assert value(Book(), {}, Decimal("100000"), None).session.opening == Opening(Decimal(100_000)).equity
