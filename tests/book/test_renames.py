"""Symbols over time: whatever shares are called, they are the same; whoever has their name then is not."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_run.book import folding, splits
from paper_run.book.folding import Called, Names, Rename, end_of, start_of
from paper_run.book.holdings import Entry, Holding
from paper_run.money import total

SESSIONS = [f"2025-01-{day:02}" for day in range(6, 11)]
ZERO = Decimal(0)
CHAIN = ("FB", "META", "MVRS")
"""What one company is called, one after the other; from then on the first is another one's symbol."""
whole = st.integers(-40, 40).filter(bool).map(lambda number: Decimal(number * 12))
prices = st.integers(1, 60).map(Decimal)


def rename(session: str, old: str, new: str, number: int) -> Entry:
    return Entry("rename", old, ZERO, ZERO, session, id=number, new_symbol=new)


@st.composite
def companies(draw: st.DrawFn) -> list[tuple[str, Entry]]:
    """Draw the entries of two companies, in the order in which they are learned, each with whose it is."""
    days = sorted(draw(st.lists(st.integers(0, 4), max_size=2)))
    made: list[tuple[str, Entry]] = []
    for session in range(5):
        for _ in range(draw(st.integers(0, 2))):
            # Of this session or of one before it: what comes late has the symbol that was used then.
            day = draw(st.integers(0, session))
            is_other = bool(days) and day > days[0] and draw(st.booleans())
            is_split, number, qty = draw(st.integers(0, 3)) == 0, len(made) + 1, draw(whole)
            # In the session of a rename a split is before it, and so is what was learned before it.
            gone = [each for each in days if each < day or (each == day < session and not is_split)]
            name = CHAIN[0] if is_other else CHAIN[len(gone)]
            entry = Entry("fill", name, qty, qty * draw(prices), SESSIONS[day], id=number)
            if is_split:
                ratio = splits.ratio(draw(st.sampled_from(["2:1", "3:1", "1:2", "1:4"])))
                entry = Entry("split", name, ZERO, ZERO, SESSIONS[day], ratio=ratio, id=number)
            made.append(("another" if is_other else "the first", entry))
        for step, day in enumerate(days):
            if day == session:
                made.append(("the first", rename(SESSIONS[day], CHAIN[step], CHAIN[step + 1], len(made) + 1)))
    return made


@given(companies())
def test_shares_are_the_same_under_every_name(made: list[tuple[str, Entry]]) -> None:
    """Each company's quantity, cost and realized are those of a book in which it never had another name."""
    entries = [each for _, each in made]
    names, book = Names(entries), folding.fold(entries)
    last = CHAIN[len([each for each in entries if each.new_symbol])]
    for whose, symbol in (("the first", last), ("another", CHAIN[0])):
        own = [each for who, each in made if who == whose and each.new_symbol is None]
        if not own or (symbol == last and whose == "another"):
            continue
        assert {names.of_entry(each) for each in own} == {symbol}
        alone = folding.fold(each._replace(symbol="ALONE") for each in own).holdings["ALONE"]
        kin = [each for each in entries if each.symbol in names.kin(symbol)]
        assert names.qty(symbol, kin) == alone.qty
        assert names.held(symbol, kin) == ({symbol: alone.qty} if alone.qty else {})
        held = book.holdings.get(symbol, Holding())
        assert abs(Fraction(held.cost) - Fraction(alone.cost)) <= Fraction(1, 10**20)
    realized = total(each.realized for each in book.holdings.values())
    by_company = (
        folding.fold(
            each._replace(symbol="ALONE") for who, each in made if who == whose and not each.new_symbol
        )
        for whose in ("the first", "another")
    )
    summed = total(each.realized for one in by_company for each in one.holdings.values())
    assert abs(Fraction(realized) - Fraction(summed)) <= Fraction(1, 10**20)


@given(companies(), st.integers(0, 4))
def test_what_is_held_at_a_moment_is_what_the_entries_until_then_make(
    made: list[tuple[str, Entry]], day: int
) -> None:
    """Under the symbol of then, by the last name; a split of that moment is of all of it."""
    entries, until = [each for _, each in made], end_of(SESSIONS[day])
    names = Names(entries)
    by_then = folding.fold(each for each in entries if folding.place(each) < until).holdings
    for shares in CHAIN:
        held = names.held(shares, entries, until)
        assert held == {
            symbol: each.qty
            for symbol, each in by_then.items()
            if each.qty and names.now(symbol, until) == shares
        }


FB = Entry("fill", "FB", Decimal(10), Decimal(1000), SESSIONS[0], id=1)
BOOKED = rename(SESSIONS[1], "FB", "META", 2)
ANOTHER = Entry("fill", "FB", Decimal(3), Decimal(30), SESSIONS[2], id=3)


def test_a_name_belongs_to_a_moment() -> None:
    """FB of the first session is META; FB of the third is another company's."""
    names = Names([BOOKED])
    assert [names.now("FB", start_of(each)) for each in SESSIONS[:3]] == ["META", "META", "FB"]
    assert (names.now("FB"), names.now("FB", end_of(SESSIONS[1]))) == ("FB", "FB")
    assert [names.of_entry(each) for each in (FB, BOOKED, ANOTHER)] == ["META", "META", "FB"]
    assert names.kin("META") == {"FB", "META"}
    assert names.kin("MSFT") == {"MSFT"}


def test_a_rename_that_is_not_booked_is_of_now() -> None:
    """Either name is used for what the book has under the old one, and renames follow one another."""
    names = Names([], [Rename("FB", "META"), Rename("META", "MVRS")])
    assert {names.now(each) for each in ("FB", "META", "MVRS")} == {"MVRS"}
    assert names.held("MVRS", [FB]) == {"FB": Decimal(10)}
    assert names.kin("FB") == {"FB", "META", "MVRS"}


@pytest.mark.parametrize(
    ("symbol", "session", "called"),
    [
        ("FB", SESSIONS[0], Called("FB", is_held=True)),
        ("META", SESSIONS[0], Called("FB", is_held=True)),
        ("META", SESSIONS[3], Called("META", is_held=True)),
        # By the old name after the rename: it is those shares, until the name is another company's.
        ("FB", SESSIONS[1], Called("META", is_held=True)),
        ("FB", SESSIONS[3], Called("FB", is_held=True)),
        ("MSFT", SESSIONS[3], Called("MSFT", is_held=False)),
    ],
)
def test_what_the_book_calls_what_another_party_means(symbol: str, session: str, called: Called) -> None:
    """The symbol under which it has the shares in a session."""
    entries = [FB, BOOKED, ANOTHER]
    assert Names([BOOKED]).called(symbol, entries, session) == called


def test_a_split_of_shares_under_two_names_is_one() -> None:
    """It is booked under each of them; a second one of that day is another."""
    double = Entry("split", "FB", ZERO, ZERO, SESSIONS[1], ratio=splits.ratio("2:1"), id=2)
    booked = rename(SESSIONS[1], "FB", "META", 4)
    own = Names([booked]).of([FB, double, double._replace(symbol="META", id=3), booked])
    assert own == {"META": [FB, double, booked]}
    again = double._replace(id=3)
    assert Names([booked]).of([double, again]) == {"META": [double, again]}
