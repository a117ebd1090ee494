"""Shares from before the first attempt that have no price yet, whatever meets them until they have one."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from book.worked import found
from builders.moments import NOON
from hypothesis import given
from hypothesis import strategies as st

from paper_run.book import folding
from paper_run.book.holdings import Book, Entry, Holding
from paper_run.book.marks import Mark
from paper_run.book.splits import ratio
from paper_run.book.valuation import first_prices, open_symbols, value
from paper_run.ledger.session_states import read_holdings, written_holdings
from paper_run.money import ZERO

NOTHING = Fraction(1, 10**20)
NAMES = ("A", "B", "C")
COMES_IN = ("fill", "flow", "adjustment", "cash_in_lieu")
BASE = Decimal(100_000)


class Step(NamedTuple):
    """What happens next: the price is of a share, also a first one; a split has 2 for 1."""

    kind: str
    symbol: str
    qty: int = 0
    price: int = 0
    new_symbol: str | None = None

    def entry(self, at: int) -> Entry:
        dollars = Decimal(self.qty * self.price)
        return Entry(
            *(self.kind, self.symbol, Decimal(self.qty), dollars),
            effective=f"2025-01-{at:02}",
            ratio=ratio("2:1") if self.kind == "split" else None,
            id=at,
            new_symbol=self.new_symbol,
        )


def marks(**prices: int) -> dict[str, Mark]:
    return {symbol: Mark(Decimal(price), "quote", NOON) for symbol, price in prices.items()}


def priced(entries: list[Entry], **prices: int) -> Book:
    """Return the book of entries with what has its first price now, gone on where it may."""
    book = folding.fold(entries)
    gains = [
        Entry("gain", each.found_as, ZERO, each.gain, id=90) for each in first_prices(book, marks(**prices))
    ]
    anew = folding.fold([*entries, *gains])
    if folding.goes_on(gains, "2025-01-31", book):
        gone_on = book.after(gains)
        for name, held in gone_on.holdings.items():
            assert all(abs(a - b) < NOTHING for a, b in zip(held[:3], anew.holdings[name][:3], strict=True))
        assert abs(gone_on.cash - anew.cash) < NOTHING
        return gone_on
    return anew


class Textbook:
    """Average cost of one symbol, in fractions, of shares whose cost is known from the start."""

    def __init__(self) -> None:
        self.qty = self.cost = self.realized = Fraction(0)

    def trade(self, qty: Fraction, dollars: Fraction) -> None:
        if self.qty * qty >= 0:
            self.qty, self.cost = self.qty + qty, self.cost + dollars
            return
        closed = min(abs(qty), abs(self.qty)) / abs(self.qty)
        opened = max(abs(qty) - abs(self.qty), Fraction(0)) / abs(qty)
        self.realized += -dollars * (1 - opened) - self.cost * closed
        self.cost = self.cost * (1 - closed) + dollars * opened
        self.qty += qty


def hindsight(lots: dict[str, int], steps: list[Step], last: dict[str, int]) -> dict[str, Textbook]:
    """Return what is held at the end, from costs that are known in hindsight.

    A first reading looks for the first price of each lot: that of a fill, of what takes shares away, of the
    end. A second one has the lots cost so much from the start.
    """
    cost = {}
    for origin, qty in lots.items():
        name, shares = origin, Fraction(qty)
        in_all = {each: Fraction(lots.get(each, 0)) for each in NAMES}
        for each in steps:
            if each.kind == "rename":
                in_all[each.new_symbol or ""] += in_all[each.symbol]
                in_all[each.symbol] = Fraction(0)
                name = (each.new_symbol or "") if name == each.symbol else name
            elif each.kind == "split":
                in_all[each.symbol] *= 2
                shares *= 2 if each.symbol == name else 1
            else:
                tells = each.kind != "flow" and each.price > 0
                if each.symbol == name and each.qty and (tells or in_all[name] * each.qty < 0):
                    cost[origin] = shares * each.price
                    break
                in_all[each.symbol] += each.qty
        else:
            cost[origin] = shares * last[name]
    books = {name: Textbook() for name in NAMES}
    for origin, worth in cost.items():
        books[origin].trade(Fraction(lots[origin]), worth)
    for each in steps:
        own = books[each.symbol]
        if each.kind == "rename":
            books[each.new_symbol or ""].trade(own.qty, own.cost)
            own.qty = own.cost = Fraction(0)
        elif each.kind == "split":
            own.qty *= 2
        else:
            own.trade(Fraction(each.qty), Fraction(each.qty * each.price))
    return books


@st.composite
def lives(draw: st.DrawFn) -> tuple[dict[str, int], list[Step]]:
    """Draw holdings that are found without a price, and what comes of them; all of them of one side."""
    side = draw(st.sampled_from((1, -1)))
    lots = draw(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 9).map(side.__mul__), min_size=1))
    steps, held = [], {name: lots.get(name, 0) for name in NAMES}
    for kind in draw(st.lists(st.sampled_from((*COMES_IN, "out", "split", "rename")), max_size=8)):
        symbol = draw(st.sampled_from(NAMES))
        price = draw(st.integers(1, 30))
        if kind == "rename":
            new = draw(st.sampled_from([each for each in NAMES if each != symbol]))
            steps.append(Step("rename", symbol, new_symbol=new))
            held[new], held[symbol] = held[new] + held[symbol], 0
        elif kind == "split":
            steps.append(Step("split", symbol))
            held[symbol] *= 2
        elif kind == "out":
            qty = -side * draw(st.integers(0, abs(held[symbol])))
            price = draw(st.sampled_from((0, price)))
            steps.append(Step(draw(st.sampled_from(COMES_IN)), symbol, qty, price))
            held[symbol] += qty
        else:
            qty = side * draw(st.integers(0, 9))
            steps.append(Step(kind, symbol, qty, 0 if draw(st.integers(0, 4)) == 0 else price))
            held[symbol] += qty
    return lots, steps


@given(lives(), st.fixed_dictionaries(dict.fromkeys(NAMES, st.integers(1, 30))))
def test_what_waits_costs_its_own_first_price_whatever_it_meets(
    life: tuple[dict[str, int], list[Step]], last: dict[str, int]
) -> None:
    """Shares, cost and realized are those of a book that knew the first prices from the start."""
    lots, steps = life
    starts = [Entry("found", name, Decimal(qty), Decimal(7 * qty)) for name, qty in lots.items()]
    entries = [each.entry(at) for at, each in enumerate(steps, 1)]
    book = Book()
    for entry in (*starts, *entries):
        book = book.after([entry])
        # What a session keeps of it is what the next one goes on from.
        holdings, cash, _ = read_holdings(written_holdings(book, {}))
        assert (holdings, cash) == (book.holdings, book.cash)
    now = priced([*starts, *entries], **last)
    expected = hindsight(lots, steps, last)
    for name in NAMES:
        held, own = now.holdings.get(name, Holding()), expected[name]
        assert held.waiting == ()
        assert held.qty == own.qty
        assert abs(Fraction(held.cost) - own.cost) < NOTHING
        assert abs(Fraction(held.realized) - own.realized) < NOTHING
    assert value(now, marks(**last), BASE, None).session.unexplained == 0


def test_shares_that_come_in_beside_keep_their_cost() -> None:
    """5 found without a price, 3 came in at 100: at 120 the 3 have won 60, and the 5 begin at zero."""
    came = Entry("flow", "AAPL", Decimal(3), Decimal(300))
    book = Book().after([found("5", "90"), came])
    held = book.holdings["AAPL"]
    assert (held.qty, held.cost, held.avg_entry_price) == (8, 300, None)
    assert [(each.symbol, each.worth, each.gain) for each in first_prices(book, marks(AAPL=120))] == [
        ("AAPL", 600, 150)
    ]
    now = value(priced([found("5", "90"), came], AAPL=120), marks(AAPL=120), BASE, None)
    assert (now.unrealized_pnl, now.realized_pnl, now.session.unexplained) == (60, 0, 0)


def test_a_price_of_nothing_is_none() -> None:
    """3 more that a person puts in at 0 say nothing of the 5 that wait; what is taken out at 0 does."""
    put_in = Entry("adjustment", "AAPL", Decimal(3), ZERO)
    now = value(priced([found("5", "90"), put_in], AAPL=100), marks(AAPL=100), BASE, None)
    assert (now.unrealized_pnl, now.market_value) == (300, 800)
    book = Book().after([found("5", "90"), Entry("adjustment", "AAPL", Decimal(-5), ZERO)])
    assert book.holdings["AAPL"] == Holding()
    assert book.cash == 0


def test_a_gift_of_what_waits_is_no_profit() -> None:
    """4 of 5 go out at 100 each: what they were worth is what they cost, and the last one costs it too."""
    gone = Entry("flow", "AAPL", Decimal(-4), Decimal(-400))
    now = value(Book().after([found("5", "90"), gone]), marks(AAPL=120), BASE, None)
    assert (now.realized_pnl, now.unrealized_pnl) == (0, 20)


def test_nothing_is_stated_of_what_waits_though_there_is_a_price() -> None:
    """Until its first price is booked it has no worth, also where what else is held makes it nothing."""
    book = Book().after([found("5", "90")])
    assert value(book, marks(AAPL=120), BASE, None).unrealized_pnl is None
    short = Entry("fill", "APPL", Decimal(-5), Decimal(-500), "2025-01-06")
    renamed = Entry("rename", "AAPL", Decimal(5), ZERO, "2025-01-07", new_symbol="APPL")
    entries = [found("5", "90"), short, renamed]
    book = Book().after(entries)
    assert (book.holdings["APPL"].qty, open_symbols(book)) == (0, ("APPL",))
    assert value(book, {}, BASE, None).unrealized_pnl is None
    # Worth 600 at its first price, which closes what was sold for 500.
    now = value(priced(entries, APPL=120), {}, BASE, None)
    assert (now.realized_pnl, now.complete, now.session.unexplained) == (-100, True, 0)


def test_two_that_wait_under_one_name_have_a_gain_each() -> None:
    """Each is what it was found as, whatever both are called by now."""
    renamed = Entry("rename", "OLD", Decimal(2), ZERO, new_symbol="NEW")
    book = Book().after([found("2", "10", "OLD"), found("3", "20", "NEW"), renamed])
    found_as = {each.found_as: each for each in first_prices(book, marks(NEW=50))}
    gains = {name: (each.symbol, each.worth, each.gain) for name, each in found_as.items()}
    assert gains == {"NEW": ("NEW", 150, 90), "OLD": ("NEW", 100, 80)}


def test_a_split_of_what_waits_leaves_no_crumbs() -> None:
    """1 and 1 of OLD and NEW become a third each by 1:3, to nine decimals in all; and a split of crumbs."""
    renamed = Entry("rename", "OLD", Decimal(1), ZERO, new_symbol="NEW")
    split = Entry("split", "NEW", ZERO, ZERO, ratio=ratio("1:3"))
    held = Book().after([found("1", "10", "OLD"), found("1", "20", "NEW"), renamed, split]).holdings["NEW"]
    assert (str(held.qty), sum(each.qty for each in held.waiting)) == ("0.666666667", held.qty)
    # An older program's split said only how many shares it added; one of none leaves nothing that waits.
    doubled = Book().after([found("1", "10", "OLD"), Entry("split", "OLD", Decimal(1), ZERO)])
    assert doubled.holdings["OLD"].waiting[0].qty == 2
    gone = Book().after([found("1", "10", "OLD"), Entry("split", "OLD", Decimal(-1), ZERO)])
    assert gone.holdings["OLD"] == Holding()


def test_a_book_of_an_older_program_is_folded_anew() -> None:
    """It kept of what waits that all of a symbol does, also what had joined it."""
    written = {"cash": "-750", "holdings": {"AAPL": ["8", "750", "0", True, None]}}
    holdings, cash, _ = read_holdings(written)
    assert (holdings["AAPL"].cost, holdings["AAPL"].waiting, cash) == (0, (("", 8, 750),), 0)
    assert not folding.goes_on([], "2025-01-06", Book(holdings, cash))
