"""Our figures beside the gateway's: what differs is named, what is only rounded is not."""

from decimal import Decimal

import pytest
from book.worked import fill, held, number

from paper_run.book.comparison import Difference, Theirs, differences
from paper_run.book.holdings import Entry, Holding

OURS = held(fill("10", "100"), fill("10", "110"), fill("-5", "120"))  # 15 at 105, realized 75


def gateway(
    qty: str, average: str | None = None, realized: str | None = None, unrealized: str | None = None
) -> Theirs:
    return Theirs(Decimal(qty), number(average), number(realized), number(unrealized))


def test_the_same_figures_do_not_differ() -> None:
    """Trailing zeros are no difference, and unrealized is not compared: it hangs on the price."""
    assert differences("gateway", OURS, gateway("15.000", "105.0000", "75.00", "-1")) == ()


def test_every_figure_that_differs_is_named_with_ours_less_theirs() -> None:
    """A gateway that books a partial close as an add has 25, another average, and nothing realized."""
    assert differences("gateway", OURS, gateway("25", "108", "0")) == (
        Difference("gateway", "qty", Decimal(15), Decimal(25), Decimal(-10)),
        Difference("gateway", "avg_entry_price", Decimal(105), Decimal(108), Decimal(-3)),
        Difference("gateway", "realized_pl", Decimal("75.00"), Decimal(0), Decimal(75)),
    )


def test_realized_is_compared_in_cents() -> None:
    """Ours is a row of the report, rounded like it: 75.004 is 75.00, and 75.00 - 74 is 1.00."""
    (differs,) = differences(
        "gateway", OURS._replace(realized=Decimal("75.004")), gateway("15", realized="74")
    )
    assert [str(each) for each in differs[2:]] == ["75.00", "74", "1.00"]


def test_a_quantity_differs_by_any_fraction() -> None:
    """Quantities are not rounded by anyone: the smallest fraction of a share counts."""
    assert [each.field for each in differences("gateway", OURS, gateway("15.0000000000000000000000001"))] == [
        "qty"
    ]


def test_a_symbol_that_the_gateway_does_not_list_has_no_shares_there() -> None:
    """Closed positions are left out of its answer, and their realized P&L with them."""
    assert differences("gateway", OURS, None) == (
        Difference("gateway", "qty", Decimal(15), Decimal(0), Decimal(15)),
    )
    assert differences("gateway", held(fill("10", "100"), fill("-10", "120")), None) == ()
    assert differences("gateway", Holding(), gateway("3")) == (
        Difference("gateway", "qty", Decimal(0), Decimal(3), Decimal(-3)),
    )


def test_what_one_side_does_not_have_is_not_compared() -> None:
    """Not without an average or a realized figure of theirs, nor without shares on one side."""
    assert differences("gateway", OURS, gateway("15")) == ()
    assert [each.field for each in differences("gateway", Holding(), gateway("3", "100"))] == ["qty"]
    assert [each.field for each in differences("gateway", OURS, gateway("0", "99"))] == ["qty"]


@pytest.mark.parametrize(
    ("average", "differs"),
    [
        # Ours is 100 / 3 = 33.333...; a price with few decimals is right when it rounds to that, or is cut.
        ("33.33", False),
        ("33.338", True),
        ("33.333", False),
        ("33.334", False),
        ("33.335", True),
        ("33.3333333333", False),
        ("33.3333333335", True),
        # Whole dollars and tens are taken for cents.
        ("33", True),
        ("3E+1", True),
    ],
)
def test_an_average_may_be_off_by_its_last_digit(average: str, differs: bool) -> None:
    """Half a cent with two decimals or fewer, one of the last digit with more."""
    ours = held(Entry("fill", "AAPL", Decimal(3), Decimal(100)))
    assert bool(differences("gateway", ours, gateway("3", average))) is differs


@pytest.mark.parametrize(
    ("average", "ours", "differs"),
    [
        ("105", "105.005", False),
        ("105", "105.0050001", True),
        ("105.00", "104.995", False),
        ("105.00", "104.9949999", True),
        ("105.000", "105.001", False),
        ("105.000", "105.0010001", True),
    ],
)
def test_the_margin_of_an_average_ends_where_it_says(average: str, ours: str, differs: bool) -> None:
    """Exactly the margin is no difference, any more is."""
    assert bool(differences("gateway", held(fill("10", ours)), gateway("10", average))) is differs


@pytest.mark.parametrize(
    ("realized", "theirs", "differs"),
    [
        ("75.004", "75.00", False),
        ("75.00", "75.005", False),  # 0.005 apart
        ("75.00", "75.0051", True),
        ("75.00", "75.01", True),
        ("-0.001", "0", False),
    ],
)
def test_realized_may_be_off_by_half_a_cent(realized: str, theirs: str, differs: bool) -> None:
    """Ours is shown in cents; theirs may have more digits."""
    ours = OURS._replace(realized=Decimal(realized))
    assert bool(differences("gateway", ours, gateway("15", realized=theirs))) is differs


def test_income_is_in_no_party_s_realized() -> None:
    """A dividend is P&L of ours; what a gateway realized is by trading alone."""
    ours = held(fill("10", "100"), fill("-5", "120"), Entry("income", "AAPL", Decimal(0), Decimal("12.34")))
    assert ours.realized == Decimal("112.34")
    assert differences("gateway", ours, gateway("5", realized="100")) == ()
