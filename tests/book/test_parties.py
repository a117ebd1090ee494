"""Why our equity is not the broker's: worked days, an oracle in fractions, and what is not known."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest
from book.worked import number
from hypothesis import given
from hypothesis import strategies as st

from paper_run import money
from paper_run.book.parties import Explained, Held, Item, Left, Party, explain

CENT = Fraction(1, 100)


def held(qty: str | None, price: str | None, worth: str | None = None) -> Held:
    return Held(number(qty), number(price), number(worth))


HELD = {"AAPL": held("200", "152.10"), "MSFT": held("20", "485.00"), "OLD": held("0", None)}
THERE = {"AAPL": held("200", "152.00"), "MSFT": held("20", "484.90", "9698.00")}
OURS = Party(Decimal("60000.00"), Decimal("100120.00"), HELD)
BROKER = Party(
    Decimal("59994.50"),
    Decimal("100092.50"),
    THERE,
    Decimal("5.50"),
)


def test_another_price_and_accrued_fees_explain_a_day() -> None:
    """200 x 0.10 + 20 x 0.10 = 22.00, and 5.50 that is off the broker's balances already."""
    assert explain(OURS, BROKER, items=(), lacking=()) == Explained(
        difference=Decimal("27.50"),
        cash=Left(Decimal("0.00")),
        effects={"AAPL": Decimal("20.00"), "MSFT": Decimal("2.00")},
        prices=Decimal("22.00"),
        accrued_fees=Decimal("5.50"),
        items=(),
        rounding=Decimal("0.00"),
        residual=Left(Decimal("0.00")),
    )


def test_what_was_traded_by_hand_is_named() -> None:
    """10 MSFT bought at 480 are 4,800 less cash there, and 10 x 484.90 more shares: 49.00 less for us."""
    broker = BROKER._replace(
        cash=Decimal("55194.50"),
        equity=Decimal("100141.50"),
        positions={**THERE, "MSFT": held("30", "484.90", "14547.00")},
    )
    bare = explain(OURS, broker, items=(), lacking=())
    assert (bare.cash.amount, bare.residual.amount) == (Decimal("4800.00"), Decimal("-49.00"))
    assert bare.effects == explain(OURS, BROKER, items=(), lacking=()).effects
    item = Item("beside", "MSFT", Decimal(4800), Decimal("-4849.00"))
    named = explain(OURS, broker, [item], lacking=())
    assert named.items == ((item, Decimal("-49.00")),)
    assert (named.cash, named.residual) == (Left(Decimal("0.00")), Left(Decimal("0.00")))


def test_money_that_nobody_names_is_the_residual() -> None:
    """One cent more at the broker is one cent in cash and in equity."""
    broker = BROKER._replace(cash=Decimal("59994.51"), equity=Decimal("100092.51"))
    found = explain(OURS, broker, items=(), lacking=())
    assert (found.cash.amount, found.residual.amount) == (Decimal("-0.01"), Decimal("-0.01"))
    flow = Item("flow", "INT", Decimal("-0.01"), money.ZERO)
    assert explain(OURS, broker, [flow], lacking=()).residual.amount == 0


def test_rounding_is_a_row_and_no_residual() -> None:
    """Three rows that round up by half a cent each leave it there; unrounded all is equal."""
    thirds = {name: held("1", "100.005") for name in "ABC"}
    ours = Party(Decimal(100), Decimal("400.00"), thirds)
    broker = Party(Decimal(100), Decimal("400.02"), {name: held("1", "100.006") for name in "ABC"})
    found = explain(ours, broker, items=(), lacking=())
    assert (found.difference, found.prices) == (Decimal("-0.02"), Decimal("0.00"))
    assert (found.rounding, found.residual.amount) == (Decimal("-0.02"), Decimal("0.00"))


@pytest.mark.parametrize(
    ("ours", "broker", "items", "cash", "residual"),
    [
        pytest.param(
            OURS._replace(cash=None, equity=None),
            BROKER,
            (),
            ("the cash of the book is not known",),
            ("the equity of the book is not known", "the cash of the book is not known"),
            id="book",
        ),
        pytest.param(
            OURS._replace(equity=None, positions={**HELD, "MSFT": held("20", None)}),
            BROKER,
            (),
            (),
            ("MSFT has no value in the book",),
            id="mark",
        ),
        pytest.param(
            OURS, BROKER._replace(cash=None), (), ("the broker does not tell its cash",), (), id="cash"
        ),
        pytest.param(
            OURS, BROKER._replace(equity=None), (), (), ("the broker does not tell its equity",), id="equity"
        ),
        pytest.param(
            OURS,
            BROKER._replace(accrued_fees=None),
            (),
            ("the broker does not tell its accrued fees",),
            ("the broker does not tell its accrued fees",),
            id="fees",
        ),
        pytest.param(
            OURS,
            BROKER._replace(positions={**THERE, "AAPL": held("200", None)}),
            (),
            (),
            ("the broker has no price of AAPL",),
            id="price",
        ),
        pytest.param(
            OURS,
            BROKER._replace(positions=None),
            (),
            (),
            ("the broker's positions could not be read",),
            id="positions",
        ),
        pytest.param(
            OURS, BROKER, (Item("flow", "", None, money.ZERO, "why"),), ("why",), ("why",), id="flow"
        ),
        pytest.param(
            OURS, BROKER, (Item("beside", "X", money.ZERO, None, "why"),), (), ("why",), id="beside"
        ),
    ],
)
def test_what_is_not_known_is_none_with_its_reason(
    ours: Party, broker: Party, items: tuple[Item, ...], cash: tuple[str, ...], residual: tuple[str, ...]
) -> None:
    """Never a zero: and a figure that does not need it is as it was."""
    found = explain(ours, broker, items, lacking=())
    assert (found.cash.reasons, found.residual.reasons) == (cash, residual)
    assert (found.cash.amount is None, found.residual.amount is None) == (bool(cash), bool(residual))
    assert (found.rounding is None) is bool(residual)
    assert (found.difference is None) is (None in (ours.equity, broker.equity))
    assert (found.prices is None) is (broker.positions is None or None in found.effects.values())
    assert [amount is None for _, amount in found.items] == [True] * len(items)


# Days of any kind

amounts = st.integers(-(10**9), 10**9).map(lambda digits: Decimal(digits).scaleb(-5))
quantities = st.integers(-(10**6), 10**6).map(lambda digits: Decimal(digits).scaleb(-3))
prices = st.integers(1, 10**7).map(lambda digits: Decimal(digits).scaleb(-4))
SYMBOLS = ("A", "B", "C", "D")


class Day(NamedTuple):
    """Two parties' words of one account, and the parts that have a name."""

    ours: Party
    broker: Party
    items: tuple[Item, ...]


@st.composite
def positions(draw: st.DrawFn) -> dict[str, Held]:
    """Draw what a party holds; a market value that it tells is that of its price, or any."""
    found = {}
    for symbol in draw(st.lists(st.sampled_from(SYMBOLS), unique=True)):
        qty, price = draw(quantities), draw(prices)
        told = draw(st.sampled_from([None, money.product(qty, price), draw(amounts)]))
        found[symbol] = Held(qty, price, told)
    return found


def exact(amount: Decimal | None) -> Fraction:
    assert amount is not None
    return Fraction(amount)


def worth(each: Held) -> Fraction:
    return exact(each.market_value if each.market_value is not None else Decimal(0)) or (
        exact(each.qty) * exact(each.price) if each.market_value is None else Fraction(0)
    )


def stated(positions: dict[str, Held], cash: Decimal) -> Decimal:
    """An equity as a book has it: of rows that are rounded to the cent."""
    rows = [money.cents(each.worth) for each in positions.values() if each.worth is not None]
    return money.cents(money.total((cash, *rows)))


named = st.builds(Item, st.just("flow"), st.just(""), amounts, amounts)


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Draw two parties that need not agree in anything."""
    held_by_us = {symbol: each._replace(market_value=None) for symbol, each in draw(positions()).items()}
    cash = draw(amounts)
    ours = Party(cash, stated(held_by_us, cash), held_by_us)
    broker = Party(draw(amounts), draw(amounts), draw(positions()), draw(amounts))
    return Day(ours, broker, tuple(draw(st.lists(named, max_size=3))))


@given(days())
def test_any_two_parties_beside_an_oracle_in_fractions(day: Day) -> None:
    """Each part is the oracle's to half a cent, and the stated rows add up to the stated difference."""
    ours, broker, items = day
    assert ours.positions is not None
    assert broker.positions is not None
    found = explain(*day, lacking=())
    mine = exact(ours.cash) + sum(map(worth, ours.positions.values()))
    prices_of_both = Fraction(0)
    for symbol, each in ours.positions.items():
        other = broker.positions.get(symbol)
        if other is None or not each.qty or not other.qty:
            assert symbol not in found.effects
            continue
        effect = exact(each.qty) * (exact(each.price) - worth(other) / exact(other.qty))
        prices_of_both += effect
        assert abs(exact(found.effects[symbol]) - effect) <= CENT / 2 + Fraction(1, 10**20)
    fees = exact(broker.accrued_fees)
    left = mine - exact(broker.equity) - prices_of_both - fees - sum(exact(each.amount) for each in items)
    assert abs(exact(found.residual.amount) - left) <= CENT / 2 + Fraction(1, 10**20)
    cash = exact(ours.cash) - exact(broker.cash) - fees - sum(exact(each.cash) for each in items)
    assert abs(exact(found.cash.amount) - cash) <= CENT / 2
    rows = (found.prices, found.accrued_fees, found.rounding, found.residual.amount)
    told = sum(map(exact, rows)) + sum(exact(amount) for _, amount in found.items)
    assert told == exact(found.difference)
    most = len(found.effects) + len(ours.positions) + len(items) + 4
    assert abs(exact(found.rounding)) <= most * CENT / 2


@given(days(), st.integers(-1000, 1000))
def test_a_broker_that_holds_what_we_hold_leaves_what_nobody_named(day: Day, lost: int) -> None:
    """At other prices, with fees, with items that it knows: the residual is what is missing, to the cent."""
    ours, other, items = day
    assert ours.positions is not None
    assert other.positions is not None
    theirs = {
        symbol: Held(each.qty, other.positions[symbol].price if symbol in other.positions else each.price)
        for symbol, each in ours.positions.items()
    }
    missing = Decimal(lost).scaleb(-2)
    aside = money.total(each.amount for each in items if each.amount is not None)
    in_cash = money.total(each.cash for each in items if each.cash is not None)
    fees = other.accrued_fees
    assert ours.cash is not None
    assert fees is not None
    cash = ours.cash - fees - in_cash - missing
    values = money.total(each.worth for each in theirs.values() if each.worth is not None)
    broker = Party(cash, cash + values + in_cash - aside, theirs, fees)
    found = explain(ours, broker, items, lacking=())
    assert found.cash.amount == missing
    assert found.residual.amount == missing
