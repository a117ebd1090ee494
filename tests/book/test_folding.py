"""In which order entries make the book, against an oracle that knows of each order only how it ended."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest
from book.worked import booked, dollars, entry, fill, found
from hypothesis import given
from hypothesis import strategies as st

from paper_run import money
from paper_run.book import folding, splits
from paper_run.book.holdings import Book, Entry

MONDAY, TUESDAY, WEDNESDAY = "2025-01-06", "2025-01-07", "2025-01-08"


def dated(each: Entry, session: str, number: int, **changes: object) -> Entry:
    """Return an entry that took effect in a session, with its place in the sequence."""
    return each._replace(effective=session, id=number, **changes)


def split(ratio: str, session: str, number: int) -> Entry:
    return Entry("split", "AAPL", Decimal(0), Decimal(0), session, None, splits.ratio(ratio), False, number)


def test_a_split_goes_before_the_days_sale() -> None:
    """10 at 100, split 2:1 on Tuesday: 5 sold at 55 that day are of 20 at 50, whatever was booked first."""
    entries = [
        dated(fill("10", "100"), MONDAY, 1),
        dated(fill("-5", "55"), TUESDAY, 2),
        split("2:1", TUESDAY, 3),
    ]
    holding = folding.fold(entries).holdings["AAPL"]
    assert (holding.qty, holding.cost, holding.realized) == (15, 750, 25)


def test_a_fill_of_before_the_split_is_split_too() -> None:
    """Monday's fill that is learned on Wednesday is among the shares that split on Tuesday."""
    entries = [split("2:1", TUESDAY, 1), dated(fill("10", "100"), MONDAY, 2)]
    assert folding.fold(entries).holdings["AAPL"].qty == 20


def test_two_splits_of_a_day_and_the_fills_of_a_day_go_in_their_sequence() -> None:
    """10 become 20, these 2; 1 bought at 300, then all sold at 400."""
    entries = [
        dated(fill("-3", "400"), TUESDAY, 5),
        split("2:1", TUESDAY, 2),
        dated(fill("10", "100"), MONDAY, 1),
        dated(fill("1", "300"), TUESDAY, 4),
        split("1:10", TUESDAY, 3),
    ]
    holding = folding.fold(entries).holdings["AAPL"]
    assert (holding.qty, holding.realized) == (0, 1200 - 1300)


def test_the_places_of_a_session() -> None:
    """A holding from before the first attempt, then its splits in their sequence, then its fills."""
    in_order = [
        dated(found("10", "90"), TUESDAY, 4),
        split("3:1", TUESDAY, 2),
        split("2:1", TUESDAY, 3),
        dated(fill("1", "300"), TUESDAY, 1),
    ]
    assert sorted([*in_order[2:], *in_order[:2]], key=folding.place) == in_order


def test_an_older_programs_split_keeps_its_place() -> None:
    """It says only what it added to what was held then: 5 sold at 55 of 10 at 100, then 5 more."""
    older = Entry("split", "AAPL", Decimal(5), Decimal(0), TUESDAY, id=3)
    entries = [dated(fill("10", "100"), MONDAY, 1), dated(fill("-5", "55"), TUESDAY, 2), older]
    holding = folding.fold(entries).holdings["AAPL"]
    assert (holding.qty, holding.cost, holding.realized) == (10, 500, -225)


def test_holdings_from_before_are_there_first() -> None:
    """Their price, learned on Wednesday, is their cost also under a fill of Monday that was learned later."""
    entries = [
        dated(found("10", "90"), TUESDAY, 1),
        dated(dollars("gain", "100"), WEDNESDAY, 2),
        dated(fill("-10", "105"), MONDAY, 3),
    ]
    assert folding.fold(entries).holdings["AAPL"].realized == 50


@pytest.mark.parametrize(
    ("sold", "qty", "cost", "realized"),
    [
        ("0", 60, 540, 0),  # all held: the new price is their cost, and nothing is realized
        ("-30", 30, 270, 60),  # 30 x (11 - 9)
        ("-60", 0, 0, 120),
    ],
)
@pytest.mark.parametrize("restates", [False, True])
def test_a_correction_is_as_if_it_had_been_filled_so_from_the_start(
    sold: str, qty: int, cost: int, realized: int, restates: bool
) -> None:
    """100 at 10 were 60 at 9: held shares keep the new cost, closed ones change what was realized."""
    said = fill("60", "9") if restates else Entry("correction", "AAPL", Decimal(-40), Decimal(-460))
    entries = [
        dated(fill("100", "10"), MONDAY, 1, order="a"),
        *([dated(fill(sold, "11"), TUESDAY, 2, order="b")] if sold != "0" else []),
        dated(said, WEDNESDAY, 3, order="a", restates=restates),
    ]
    book = folding.fold(entries)
    assert folding.fold(reversed(entries)) == book
    holding = book.holdings["AAPL"]
    assert (holding.qty, holding.cost, holding.realized) == (qty, cost, realized)
    assert book.cash == -540 - Decimal(sold) * 11


def test_a_correction_is_shared_out_among_an_orders_fills() -> None:
    """1 at 10 on Monday and 2 at 10 on Tuesday were 3 for 33 in all; what is filled later is as it is."""
    entries = [
        dated(fill("1", "10"), MONDAY, 1, order="a"),
        dated(fill("2", "10"), TUESDAY, 2, order="a"),
        dated(dollars("correction", "3"), TUESDAY, 3, order="a"),
        dated(fill("1", "20"), WEDNESDAY, 4, order="a"),
        dated(fill("7", "5"), WEDNESDAY, 5, order="other"),
    ]
    corrected = folding.corrected(entries)
    assert [(each.qty, each.dollars, each.effective) for each in corrected] == [
        (1, 11, MONDAY),
        (2, 22, TUESDAY),
        (1, 20, WEDNESDAY),
        (7, 35, WEDNESDAY),
    ]


def test_an_order_that_was_not_filled_after_all_leaves_nothing() -> None:
    """Both its fills are taken back, and what is said anew of it is whole."""
    entries = [
        dated(fill("1", "10"), MONDAY, 1, order="a"),
        dated(fill("2", "10"), TUESDAY, 2, order="a"),
        dated(Entry("fill", "AAPL", Decimal(0), Decimal(0)), TUESDAY, 3, order="a", restates=True),
        dated(fill("4", "10"), WEDNESDAY, 4, order="a", restates=True),
    ]
    assert folding.fold(entries[:3]).holdings["AAPL"] == booked(fill("0", "0")).holdings["AAPL"]
    assert folding.fold(entries).holdings["AAPL"].qty == 4
    assert [(each.qty, each.dollars) for each in folding.corrected(entries)] == [(0, 0), (4, 40)]


def test_a_correction_of_no_order_of_the_book_stands_by_itself() -> None:
    """There is nothing to fold it into."""
    said = dated(dollars("correction", "3"), MONDAY, 1, order="a")
    assert folding.corrected([said]) == [said]
    again = dated(dollars("correction", "4"), TUESDAY, 2, order="a")
    assert folding.corrected([said, again]) == [said, again]
    nobodys = [dated(fill("4", "10"), MONDAY, 1), dated(dollars("correction", "4"), MONDAY, 2)]
    assert folding.corrected(nobodys) == nobodys
    first = dated(fill("4", "10"), MONDAY, 1, order="a", restates=True)
    assert folding.corrected([first]) == [first]


@pytest.mark.parametrize(
    ("late", "goes_on"),
    [
        (dated(fill("1", "1"), TUESDAY, 9), True),
        (dated(fill("1", "1"), TUESDAY, 0), True),
        (dated(fill("1", "1"), WEDNESDAY, 9), True),
        (dated(fill("1", "1"), MONDAY, 9), False),
        (split("2:1", TUESDAY, 9), False),
        (split("2:1", WEDNESDAY, 9), True),
        (split("2:1", MONDAY, 9), False),
        (dated(entry("adjustment", "1", "1"), TUESDAY, 9), True),
        (dated(dollars("gain", "1"), MONDAY, 9), True),
        (dated(found("1", "1"), WEDNESDAY, 9), False),
        (dated(dollars("correction", "1"), WEDNESDAY, 9), False),
        (dated(fill("1", "1"), WEDNESDAY, 9, restates=True), False),
    ],
)
def test_what_goes_behind_a_book_that_was_valued_on_tuesday(late: Entry, goes_on: bool) -> None:
    """All else is folded anew."""
    book = folding.fold([dated(found("1", "1"), MONDAY, 1)])
    assert folding.goes_on([late], TUESDAY, book) is goes_on
    assert folding.goes_on([], TUESDAY, book)


class Step(NamedTuple):
    """What is learned: at which look, of which session, and what."""

    entry: Entry
    ratio: Fraction | None


SESSIONS = [f"2025-01-{day:02}" for day in range(6, 11)]
RATIOS = ("2:1", "3:1", "1:2", "1:4", "1:1", "3:2")
whole = st.integers(-40, 40).filter(bool).map(lambda number: Decimal(number * 12))
price = st.integers(1, 60).map(Decimal)


@st.composite
def learned(draw: st.DrawFn) -> list[tuple[int, Entry]]:
    """Draw what became known at each of five looks: fills and splits of that session or of an earlier one."""
    steps: list[tuple[int, Entry]] = []
    orders: dict[str, tuple[Decimal, Decimal]] = {}
    for number in range(draw(st.integers(1, 10))):
        look = draw(st.integers(steps[-1][0] if steps else 0, 4))
        session = SESSIONS[draw(st.integers(0, look))]
        kind = draw(st.sampled_from(["fill", "fill", "fill", "split", "restated", "adjustment"]))
        if kind == "split":
            made = split(draw(st.sampled_from(RATIOS)), session, number + 1)
        elif kind == "restated" and orders:
            name = draw(st.sampled_from(sorted(orders)))
            qty = draw(st.sampled_from([abs(orders[name][0]), Decimal(0), Decimal(12)]))
            qty = qty.copy_sign(orders[name][0])
            said = fill(str(qty), str(draw(price)))
            made = dated(said, SESSIONS[look], number + 1, order=name, restates=True)
            orders[name] = (orders[name][0], made.dollars)
        else:
            name = f"order {number}"
            made = dated(
                entry("adjustment" if kind == "adjustment" else "fill", str(draw(whole)), str(draw(price))),
                session,
                number + 1,
                order=None if kind == "adjustment" else name,
            )
            if made.order is not None:
                orders[name] = (made.qty, made.dollars)
        steps.append((look, made))
    return steps


def oracle(entries: list[Entry]) -> tuple[Fraction, Fraction, Fraction]:
    """Return quantity, cost and realized from all entries: each order as it ended."""
    ended: dict[str, Entry] = {}
    trades: list[tuple[str, int, int, Fraction, Fraction, Fraction]] = []
    for each in entries:
        if each.order is not None:
            first = ended.get(each.order, each)
            ended[each.order] = first._replace(qty=each.qty, dollars=each.dollars)
        elif each.ratio is not None:
            into = Fraction(each.ratio.became) / Fraction(each.ratio.shares)
            trades.append((each.effective, 0, each.id, Fraction(0), Fraction(0), into))
        else:
            trades.append(
                (each.effective, 1, each.id, Fraction(each.qty), Fraction(each.dollars), Fraction(1))
            )
    for each in ended.values():
        trades.append((each.effective, 1, each.id, Fraction(each.qty), Fraction(each.dollars), Fraction(1)))
    qty = cost = realized = Fraction(0)
    for _, _, _, moved, came_to, into in sorted(trades):
        qty *= into
        if not moved:
            continue
        closed = min(abs(moved), abs(qty)) if moved * qty < 0 else Fraction(0)
        part = closed / abs(qty) if closed else Fraction(0)
        paid = came_to * closed / abs(moved)
        realized += -paid - cost * part
        cost = cost * (1 - part) + came_to - paid
        qty += moved
    return qty, cost, realized


@given(learned(), st.sets(st.integers(0, 4)))
def test_gone_on_from_any_valuation_it_is_the_book_of_all_entries(
    steps: list[tuple[int, Entry]], valued: set[int]
) -> None:
    """Whatever came late, whenever it was valued: quantity, cost and realized are those of the oracle."""
    known: list[Entry] = []
    kept: tuple[Book, int, str] | None = None
    book = Book()
    for look, session in enumerate(SESSIONS):
        known += [each for at, each in steps if at == look]
        new = known if kept is None else known[kept[1] :]
        if kept is not None and folding.goes_on(new, kept[2], kept[0]):
            book = kept[0].after(sorted(new, key=folding.place))
        else:
            book = folding.fold(known)
        if look in valued:
            kept = (book, len(known), session)
        qty, cost, realized = oracle(known)
        if not known:
            continue
        holding = book.holdings["AAPL"]
        # A ninth decimal of a share is as near as a split goes.
        assert abs(Fraction(holding.qty) - qty) <= Fraction(len(known), 10**8)
        assert abs(Fraction(holding.cost) - cost) <= Fraction(1, 10**3)
        assert abs(Fraction(holding.realized) - realized) <= Fraction(1, 10**3)
        assert book.cash == money.total(-each.dollars for each in folding.corrected(known))


def test_a_rename_carries_all_that_is_held_over() -> None:
    """Shares and cost go to the new name, what was realized stays; a fill that is learned later goes too."""
    renamed = Entry("rename", "AAPL", Decimal(8), Decimal(0), TUESDAY, id=3, new_symbol="APPL")
    entries = [
        dated(fill("10", "100"), MONDAY, 1),
        dated(fill("-2", "110"), MONDAY, 2),
        renamed,
        dated(fill("4", "50"), MONDAY, 4),
        dated(fill("-3", "90"), WEDNESDAY, 5)._replace(symbol="APPL"),
    ]
    book = folding.fold(entries)
    # 10 at 100 and 2 sold at 110, then 4 at 50: 12 that cost 1,000; 3 of them are sold at 90.
    old, new = book.holdings["AAPL"], book.holdings["APPL"]
    assert (old.qty, old.cost, old.realized) == (0, 0, 20)
    assert (new.qty, new.cost, new.realized) == (9, 750, 20)
    assert book.cash == -1000 + 220 - 200 + 270
    assert folding.goes_on([renamed], TUESDAY, folding.fold(entries[:3]))
    # Into a holding of that name; nothing is realized by it.
    both = folding.fold([dated(fill("1", "7"), MONDAY, 9)._replace(symbol="APPL"), *entries[:3]])
    assert both.holdings["APPL"][:3] == (9, 807, 0)


def test_a_rename_of_what_waits_for_a_price() -> None:
    """It waits under the new name, and costs what it is worth at the first price of that."""
    renamed = Entry("rename", "AAPL", Decimal(8), Decimal(0), TUESDAY, id=3, new_symbol="APPL")
    book = folding.fold([dated(found("10", "100"), MONDAY, 1), renamed])
    assert (len(book.holdings["AAPL"].waiting), len(book.holdings["APPL"].waiting)) == (0, 1)
    # Its gain is of what was found: all is folded anew.
    gain = Entry("gain", "AAPL", Decimal(0), Decimal(50), TUESDAY, id=4)
    assert not folding.goes_on([gain], TUESDAY, book)
    first = Entry("found", "AAPL", Decimal(10), Decimal(100), MONDAY, id=1)
    priced = folding.fold([first, renamed, gain])
    assert (priced.holdings["APPL"].cost, priced.holdings["APPL"].waiting) == (150, ())


def test_what_is_shared_out_in_thirds_adds_up_to_whole_shares() -> None:
    """Three fills of 3 that a bust makes 10 of together: ten shares, written as ten."""
    fills = [dated(fill("3", "100"), day, at)._replace(order="A") for at, day in enumerate((MONDAY, TUESDAY))]
    fills.append(dated(fill("3", "100"), WEDNESDAY, 3)._replace(order="A"))
    said = dated(fill("10", "100"), MONDAY, 4)._replace(order="A", restates=True)
    held = folding.fold([*fills, said]).holdings["AAPL"]
    assert (str(held.qty), money.cents(held.cost)) == ("10", 1000)
