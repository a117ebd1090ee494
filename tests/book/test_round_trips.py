"""Round trips against an oracle that knows cash and quantities alone, and no average cost."""

from decimal import Decimal
from fractions import Fraction

from book.worked import fill
from hypothesis import given
from hypothesis import strategies as st

from paper_run.book import folding, splits
from paper_run.book.holdings import Entry, Holding
from paper_run.book.symbols import OpenTrip, SymbolDay, SymbolTotals, Trip, follow_trips

MOVES = st.lists(
    st.tuples(st.integers(-9, 9).filter(bool), st.integers(1, 400), st.integers(0, 6)), max_size=25
)
FIRST = 10


def entries_of(moves: list[tuple[int, int, int]]) -> list[Entry]:
    """One fill each, at a price in quarters of a dollar; the last number is how many days later it came."""
    made, day = [], FIRST
    for at, (qty, quarters, later) in enumerate(moves):
        day += later
        made.append(
            fill(str(qty), str(Decimal(quarters) / 4))._replace(effective=f"2025-{day:03d}", id=at + 1)
        )
    return made


def by_cash(moves: list[tuple[int, int, int]]) -> list[tuple[str, str, str, Fraction]]:
    """The oracle: what came in less what went out from one time without shares to the next."""
    trips, held, cash, opened, day = [], 0, Fraction(0), "", FIRST
    for moved, quarters, later in moves:
        day, qty = day + later, moved
        name, price = f"2025-{day:03d}", Fraction(quarters, 4)
        if held and (held > 0) != (qty > 0) and abs(qty) >= abs(held):
            trips.append(("long" if held > 0 else "short", opened, name, cash + held * price))
            qty, held, cash = qty + held, 0, Fraction(0)
            if not qty:
                continue
        if not held:
            opened = name
        held, cash = held + qty, cash - qty * price
    return trips


@given(MOVES)
def test_a_trip_is_the_cash_between_two_times_without_shares(moves: list[tuple[int, int, int]]) -> None:
    """Side, both sessions and P&L of each, flips and adding included."""
    found = follow_trips({}, {}, entries_of(moves)).closed
    assert [(each.side, each.opened, each.closed) for each in found] == [each[:3] for each in by_cash(moves)]
    for each, expected in zip(found, by_cash(moves), strict=True):
        assert abs(Fraction(each.pnl) - expected[3]) < Fraction(1, 10**30)


@given(MOVES, st.integers(0, 25))
def test_going_on_is_the_same_as_reading_everything(moves: list[tuple[int, int, int]], cut: int) -> None:
    """From any session's state on, the same trips end, and the same one is under way."""
    entries = entries_of(moves)
    whole = follow_trips({}, {}, entries)
    first = follow_trips({}, {}, entries[:cut])
    then = follow_trips(folding.fold(entries[:cut]).holdings, first.under_way, entries[cut:])
    assert (*first.closed, *then.closed) == whole.closed
    assert then.under_way == whole.under_way


def test_a_dividend_of_the_time_belongs_to_the_trip() -> None:
    """10 bought at 5 and sold at 6, with 3 dollars in between: 13; one that comes when flat is no trip's."""
    income = Entry("income", "AAPL", Decimal(0), Decimal(3), "2025-01-07", id=2)
    entries = [fill("10", "5"), income, fill("-10", "6"), income, fill("10", "5"), fill("-10", "5")]
    assert [each.pnl for each in follow_trips({}, {}, entries).closed] == [13, 0]


def test_a_split_and_a_rename_take_the_trip_along() -> None:
    """10 at 8 become 20 at 4, of another name, and are sold at 5."""
    entries = [
        fill("10", "8")._replace(effective="2025-01-06"),
        Entry("split", "AAPL", Decimal(0), Decimal(0), "2025-01-07", ratio=splits.ratio("2:1")),
        Entry("rename", "AAPL", Decimal(20), Decimal(0), "2025-01-08", new_symbol="APL"),
        fill("-20", "5")._replace(symbol="APL", effective="2025-01-09"),
    ]
    found = follow_trips({}, {}, entries)
    assert found.closed == (Trip("APL", "long", "2025-01-06", "2025-01-09", Decimal(20)),)
    assert found.under_way == {}


def test_a_rename_into_what_is_held_goes_on_with_that_one() -> None:
    """Shares that join others are of their trip; a short side that meets a long one ends it."""
    other = fill("4", "2")._replace(symbol="APL", effective="2025-01-03")
    rename = Entry("rename", "AAPL", Decimal(0), Decimal(0), "2025-01-08", new_symbol="APL")
    long = follow_trips({}, {}, [other, fill("10", "8"), rename])
    assert long.under_way == {"APL": OpenTrip("2025-01-03", Decimal(0))}
    none = follow_trips({}, {}, [other, fill("-4", "8"), rename])
    over = Trip("APL", "long", "2025-01-03", "2025-01-08", Decimal(24))
    assert none == ((over,), {})
    turned = follow_trips({}, {}, [other, fill("-7", "8"), rename])
    assert turned == ((over,), {"APL": OpenTrip("2025-01-08", Decimal(24))})
    # A name without shares has no trip to take along.
    assert follow_trips({}, {}, [rename]) == ((), {})


def test_cash_alone_is_no_trip() -> None:
    """A flow of cash and other money pass by; shares that come in open one at their worth."""
    cash = Entry("flow", "account", Decimal(0), Decimal(500))
    other = Entry("other", "account", Decimal(0), Decimal(5))
    shares = Entry("flow", "AAPL", Decimal(10), Decimal(50), "2025-01-06")
    found = follow_trips({"MSFT": Holding(Decimal(1))}, {}, [cash, other, shares])
    assert found == ((), {"AAPL": OpenTrip("2025-01-06", Decimal(0))})


def test_the_sums_of_trips_are_of_whole_cents() -> None:
    """Gains and losses apart; one of nothing is neither."""
    totals = SymbolTotals()
    for pnl in ("10.005", "-3.337", "0.001"):
        totals = totals.with_trip(Decimal(pnl))
    assert totals[-5:] == (3, 1, Decimal("10.00"), Decimal("-3.34"), None)
    assert totals.without_trips() == SymbolTotals()


def test_a_day_that_is_not_known_counts_nothing() -> None:
    """Neither as a session nor as a gain."""
    day = SymbolDay("AAPL", Decimal(5), None, None, None, None, None, None, None)
    assert SymbolTotals().after("2025-01-06", day) == SymbolTotals()
    assert day.total_pnl is None
