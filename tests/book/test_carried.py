"""What was held at a closing, by what it is called since, beside shares that are followed one by one."""

from decimal import Decimal
from fractions import Fraction

from book.worked import booked, fill, shares
from hypothesis import given
from hypothesis import strategies as st

from paper_run.book import carried
from paper_run.book.holdings import Entry, Holding
from paper_run.book.splits import ratio
from paper_run.money import ZERO, cents

NAMES = ("A", "B", "C")
NOTHING = Fraction(1, 10**12)


def rename(old: str, new: str) -> Entry:
    return Entry("rename", old, ZERO, ZERO, new_symbol=new)


STEPS = st.one_of(
    st.builds(
        lambda name, qty, price: fill(str(qty), str(price), name),
        st.sampled_from(NAMES),
        st.integers(-9, 9),
        st.integers(1, 9),
    ),
    st.builds(lambda name: Entry("split", name, ZERO, ZERO, ratio=ratio("2:1")), st.sampled_from(NAMES)),
    st.permutations(NAMES).map(lambda names: rename(*names[:2])),
)


@given(
    st.dictionaries(st.sampled_from(NAMES), st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1),
    st.integers(1, 9),
    st.lists(STEPS, max_size=6),
)
def test_shares_go_where_they_are_called_and_nothing_is_lost(
    had: dict[str, tuple[int, int]], price: int, steps: list[Entry]
) -> None:
    """Each origin's shares are followed as a heap of a thousand grains, sold from each heap alike."""
    start = booked(*(fill(str(qty), str(cost), name) for name, (qty, cost) in had.items()))
    now = {name: {name: Fraction(1)} for name in had}
    sold = {name: dict[str, Fraction]() for name in NAMES}
    qty = {name: Fraction(had.get(name, (0, 0))[0]) for name in NAMES}
    for each in steps:
        name = each.symbol
        if each.new_symbol is not None:
            new = each.new_symbol
            for origin, share in now.pop(name, {}).items():
                now.setdefault(new, {})[origin] = now.get(new, {}).get(origin, Fraction(0)) + share
            qty[new], qty[name] = qty[new] + qty[name], Fraction(0)
        elif each.kind == "split":
            qty[name] *= 2
        else:
            if qty[name] * Fraction(each.qty) < 0:
                gone = min(Fraction(1), abs(Fraction(each.qty)) / abs(qty[name]))
                for origin, share in now.get(name, {}).items():
                    sold[name][origin] = sold[name].get(origin, Fraction(0)) + share * gone
                    now[name][origin] = share * (1 - gone)
            qty[name] += Fraction(each.qty)
    found = carried.parts(start.holdings, steps)
    for origin in had:
        for name in NAMES:
            own = sum(
                (Fraction(part.share) for part in found.get(name, ()) if part.origin == origin), Fraction(0)
            )
            expected = now.get(name, {}).get(origin, Fraction(0)) + sold[name].get(origin, Fraction(0))
            assert abs(own - expected) < NOTHING
    # All totals together are what they were, and so is what was held, without the splits.
    closed_at = {
        name: cents(held.unrealized(Decimal(price)) + held.realized) for name, held in start.holdings.items()
    }
    assert sum(carried.totals(closed_at, start.holdings, steps).values()) == sum(closed_at.values())
    if not any(each.kind == "split" for each in steps):
        held = carried.held(start.holdings, dict.fromkeys(NAMES, Decimal(price)), steps)
        together = sum((Fraction(each.qty) for each, _ in held.values()), Fraction(0))
        assert abs(together - sum(qty for qty, _ in had.values())) < NOTHING
        assert all(at is None or abs(at - price) < NOTHING for _, at in held.values())


def test_a_holding_that_is_renamed_takes_its_gain_along() -> None:
    """10 at 100, at 110 by the closing, 7 realized before: 100 go over to NEW, 7 stay."""
    old = {"OLD": Holding(Decimal(10), Decimal(1000), Decimal(7))}
    entries = [rename("OLD", "NEW")]
    assert carried.totals({"OLD": Decimal(107)}, old, entries) == {"OLD": 7, "NEW": 100}
    found = carried.held(old, {"OLD": Decimal(110)}, entries)
    assert {name: (held.qty, held.realized, price) for name, (held, price) in found.items()} == {
        "OLD": (0, 7, None),
        "NEW": (10, 0, 110),
    }


def test_what_was_sold_before_the_rename_stays_where_it_was_sold() -> None:
    """4 of 10 are sold as OLD: 40 of the 100 that they had won stay there."""
    old = {"OLD": Holding(Decimal(10), Decimal(1000))}
    entries = [fill("-4", "112", "OLD"), rename("OLD", "NEW")]
    assert carried.totals({"OLD": Decimal(100)}, old, entries) == {"OLD": 40, "NEW": 60}
    found = carried.held(old, {"OLD": Decimal(110)}, entries)
    assert {name: (held.qty, price) for name, (held, price) in found.items()} == {
        "OLD": (4, 110),
        "NEW": (6, 110),
    }


def test_a_price_or_a_total_that_is_not_known_stays_so() -> None:
    """Also of what it joins; an older program's split, and one of what is not held."""
    both = booked(fill("2", "10", "OLD"), fill("3", "10", "NEW")).holdings
    entries = [shares("2", "OLD"), shares("1", "GONE"), rename("OLD", "NEW")]
    found = carried.held(both, {"NEW": Decimal(20), "OLD": None}, entries)
    assert (found["NEW"][0].qty, found["NEW"][1]) == (7, None)
    price = carried.held(both, {"NEW": Decimal(20), "OLD": Decimal(6)}, entries)["NEW"][1]
    assert price is not None
    assert abs(price * 7 - 72) < NOTHING
    assert carried.totals({"OLD": None, "NEW": Decimal(1)}, both, entries) == {"OLD": None, "NEW": None}
    # Two of which neither is known, and a split of what is sold.
    entries = [rename("OLD", "NEW"), rename("NEW", "LAST")]
    assert carried.totals({"OLD": None, "NEW": Decimal(1)}, both, entries)["LAST"] is None
    sold = carried.parts(
        {"OLD": Holding(Decimal(2), Decimal(20))}, [fill("-2", "10", "OLD"), shares("0", "OLD")]
    )
    assert [each.qty for each in sold["OLD"]] == [0, 2]
