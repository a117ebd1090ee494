"""What speaks for a split, ratio by ratio and to the last digit of every limit."""

from decimal import Decimal, localcontext

import pytest
from book.worked import number

from paper_run.book import splits
from paper_run.book.splits import Now, Ratio, Seen, Suspicion

NUMBERS = (
    *(2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 18, 20, 25, 28, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80),
    *(85, 90, 95, 100, 120, 150, 200, 250, 300, 400, 500, 1000),
)
BETWEEN = ("3:2", "4:3", "5:2", "5:3", "5:4", "6:5", "7:2", "7:4", "7:5", "8:5", "11:10", "21:20")
USUAL = (*(f"{each}:1" for each in NUMBERS), *(f"1:{each}" for each in NUMBERS), *BETWEEN)
TWO = splits.ratio("2:1")


def seen(price: str = "100", ours: str = "10", theirs: str | None = "10") -> Seen:
    """Return 10 shares at 100 dollars last night, here and there."""
    return Seen(Decimal(price), "2025-01-16", Decimal(ours), number(theirs))


def now(
    *prices: str,
    said: tuple[str, ...] = (),
    ours: str = "10",
    theirs: str | None = "10",
    traded: bool = False,
) -> Now:
    """Return the morning: its prices, and as many shares as before."""
    return Now(
        tuple(map(Decimal, prices)), tuple(map(splits.ratio, said)), Decimal(ours), number(theirs), traded
    )


@pytest.mark.parametrize("text", USUAL)
def test_every_usual_ratio_is_known_by_its_quantity(text: str) -> None:
    """1,000,000 shares that became so many, long or short, and nothing was traded."""
    became, shares = map(Decimal, text.split(":"))
    for held in (Decimal(1000000), Decimal(-1000000)):
        theirs = (held * became / shares).quantize(Decimal("1E-9"))
        found = splits.quantity_ratio(
            Seen(Decimal(100), "2025-01-16", held, held), held, theirs, (), missing=None, counts_twice=True
        )
        assert str(found) == text


@pytest.mark.parametrize("text", [each for each in USUAL if "1" in each.split(":")])
def test_every_usual_ratio_of_one_is_known_by_its_price(text: str) -> None:
    """1000 dollars become 1000 / N, or 1000 x N; the ratios in between are never guessed of a price."""
    became, shares = map(Decimal, text.split(":"))
    assert str(splits.price_ratio(Decimal(1000), Decimal(1000) * shares / became)) == text


@pytest.mark.parametrize("moved", ["11", "13", "14", "17", "19", "110", "10.1", "9.9", "0"])
def test_a_quantity_that_moved_otherwise_is_no_split(moved: str) -> None:
    """10,000 shares that became 11 times, 13 times ... 1.01 times as many: no company splits so."""
    held = Decimal(10000)
    theirs = held * Decimal(moved)
    if moved in ("10.1", "9.9"):
        theirs = Decimal(moved) * 1000
    assert (
        splits.quantity_ratio(
            Seen(Decimal(100), "2025-01-16", held, held), held, theirs, (), missing=None, counts_twice=True
        )
        is None
    )


@pytest.mark.parametrize("price", ["70.000001", "66.67", "80", "100", "125", "133.33", "150", "0.95"])
def test_a_price_between_is_no_ratio(price: str) -> None:
    """4:3, 5:4 and 3:2 are usual nights too, and nobody splits 105:1."""
    assert splits.price_ratio(Decimal(100), Decimal(price)) is None


@pytest.mark.parametrize(
    ("price", "ratio"),
    [
        ("51", "2:1"),
        ("51.0000001", None),
        ("49", "2:1"),
        ("48.9999999", None),
        ("204", "1:2"),
        ("196", "1:2"),
    ],
)
def test_a_price_fits_within_two_percent(price: str, ratio: str | None) -> None:
    """50 and 1 up or down; 200 and 4 up or down."""
    found = splits.price_ratio(Decimal(100), Decimal(price))
    assert (None if found is None else str(found)) == ratio


@pytest.mark.parametrize(
    ("price", "beyond"),
    [("70", False), ("69.99999", True), ("140", False), ("140.00001", True), ("100", False)],
)
def test_a_usual_night_ends_where_it_says(price: str, beyond: bool) -> None:
    """-30 % and +40 % are usual, any more is not."""
    assert splits.is_beyond(Decimal(100), Decimal(price)) is beyond


def test_a_split_is_seen_of_what_is_held() -> None:
    """Of all else an unusual night may have been a split; around the clock nothing splits."""
    night = (Decimal(100), Decimal(50), "AAPL")
    assert splits.is_unwatched(*night, frozenset({"MSFT"})) is True
    assert splits.is_unwatched(*night, frozenset({"AAPL"})) is False
    assert splits.is_unwatched(*night, None) is False
    assert splits.is_unwatched(Decimal(100), Decimal(75), "AAPL", frozenset()) is False


@pytest.mark.parametrize(
    ("ratio", "qty", "became"),
    [
        ("2:1", "10", "20"),
        ("1:10", "25", "2.5"),
        ("1:3", "10", "3.333333333"),
        ("1:8", "0.00000001", "0.000000001"),  # 1.25E-9, half to even at nine decimals
        ("1:7", "-10", "-1.428571429"),
        ("10:1", "10", "100"),
        ("1:1", "1E-12", "1E-12"),
    ],
)
def test_what_a_quantity_became(ratio: str, qty: str, became: str) -> None:
    """Nine decimals, without needless zeros, and a whole number without an exponent."""
    with localcontext(prec=3):  # the caller's precision is not used
        assert str(splits.ratio(ratio).applied(Decimal(qty))) == str(Decimal(became))


def test_a_long_quantity_is_turned_without_losing_a_digit() -> None:
    """12345678901234567890.123456789 x 2, also of a size beyond 28 digits."""
    qty = Decimal("12345678901234567890.123456789")
    assert TWO.applied(qty) == Decimal("24691357802469135780.246913578")
    assert str(TWO.applied(Decimal("5" + "0" * 30))) == "1" + "0" * 31


def test_the_price_of_before_in_shares_of_now() -> None:
    """3:2 makes 66.666... of 100; 1:10 makes 1000."""
    assert round(splits.ratio("3:2").price(Decimal(100)), 9) == Decimal("66.666666667")
    assert splits.ratio("1:10").price(Decimal(100)) == 1000


def test_a_ratio_is_read_as_it_is_written() -> None:
    """N:M, decimals too."""
    assert splits.ratio("3:2") == Ratio(Decimal(3), Decimal(2))
    assert str(splits.ratio("1.5:1")) == "1.5:1"
    assert (splits.ratio("2:2").is_none, TWO.is_none) == (True, False)


@pytest.mark.parametrize(
    ("became", "qty", "is_so"),
    [("13.125", "13", True), ("13.125", "13.125", True), ("13.9", "13", True), ("13.9", "14", False)],
)
def test_a_fraction_may_have_been_paid_out(became: str, qty: str, is_so: bool) -> None:
    """The whole shares of it, never one more; of a short the same, without its sign."""
    assert splits.is_that(Decimal(became), Decimal(qty)) is is_so
    assert splits.is_that(-Decimal(became), -Decimal(qty)) is is_so


def test_a_quantity_beyond_28_digits_is_compared_too() -> None:
    """The whole shares of 5E+30."""
    assert splits.is_that(Decimal("5E+30"), Decimal("5E+30"))
    assert not splits.is_that(Decimal("5E+30"), Decimal("4E+30"))


def test_nothing_is_what_nothing_became() -> None:
    """A party without shares has not split: half a share is paid out, and so is any."""
    assert not splits.fits(splits.ratio("1:2"), Decimal(1), Decimal(0))
    assert splits.fits(splits.ratio("1:2"), Decimal(4), Decimal(2))


@pytest.mark.parametrize(
    ("prices", "speaks"),
    [
        (("50",), True),
        (("70",), True),  # 70 / 50 = 1.4, 100 / 70 = 1.43
        (("71",), False),  # 71 / 50 = 1.42, 100 / 71 = 1.408
        (("100",), False),
        (("30",), True),
        (("200",), False),
        (("100", "50"), True),
        ((), False),
    ],
)
def test_a_price_speaks_for_what_it_is_nearer_to(prices: tuple[str, ...], speaks: bool) -> None:
    """2:1 of 100: nearer to 50 than to 100, as a ratio."""
    assert splits.speaks(TWO, Decimal(100), map(Decimal, prices)) is speaks


def test_as_near_to_the_one_as_to_the_other_speaks_for_none() -> None:
    """4:1 of 100 is 25: 50 is twice that, and half of 100."""
    assert not splits.speaks(splits.ratio("4:1"), Decimal(100), [Decimal(50)])


@pytest.mark.parametrize(
    ("before", "after", "ratio"),
    [
        pytest.param(seen(), now(theirs="20"), "2:1", id="theirs doubled"),
        pytest.param(seen(), now(theirs="10"), None, id="both as before"),
        pytest.param(seen(theirs="20"), now(theirs="40"), None, id="apart before"),
        pytest.param(seen(theirs=None), now(theirs="20"), None, id="not known before"),
        pytest.param(seen(ours="0", theirs="0"), now(ours="0", theirs="20"), None, id="nothing held before"),
        # 3 bought since: 23 there are 20 and the 3
        pytest.param(seen(), now("50", ours="13", theirs="23", traded=True), "2:1", id="bought"),
        pytest.param(seen(), now("50", ours="6", theirs="16", traded=True), "2:1", id="sold"),
        pytest.param(
            seen(), now("100", ours="20", theirs="30", traded=True), None, id="a fill counted twice"
        ),
        pytest.param(
            seen(), now("50", ours="20", theirs="30", traded=True), "2:1", id="the price speaks too"
        ),
        pytest.param(seen(), now("100", theirs="20"), "2:1", id="not traded: the price need not speak"),
        pytest.param(seen(), now("100", theirs="23"), None, id="no usual ratio"),
        pytest.param(seen(), now("100", ours="8", traded=True), None, id="sold, and theirs as before"),
        pytest.param(seen(), now("51", ours="0", traded=True), "2:1", id="the price speaks for it"),
        pytest.param(seen(), now(theirs="1"), "1:10", id="no price: one that leaves no fraction"),
        pytest.param(seen(), now("805", theirs="1"), "1:8", id="the one that the price fits"),
        # 24 and 3 of them bought: 21 is no usual part of 10
        pytest.param(
            seen(), now("50", ours="13", theirs="24", traded=True), None, id="bought, no usual ratio"
        ),
    ],
)
def test_what_a_quantity_says(before: Seen, after: Now, ratio: str | None) -> None:
    """10 here and there before: what moved there, less what was traded, by a usual ratio."""
    assert after.theirs is not None
    found = splits.quantity_ratio(
        before, after.ours, after.theirs, after.prices, missing=None, counts_twice=True
    )
    assert (None if found is None else str(found)) == ratio


@pytest.mark.parametrize(
    ("after", "why", "ratio"),
    [
        pytest.param(now("100"), None, None, id="nothing happened"),
        pytest.param(now(), None, None, id="no price"),
        pytest.param(now("50"), "its price went from 100 to 50 without a fill", "2:1", id="halved"),
        pytest.param(now("50", traded=True), "its price went from 100 to 50", "2:1", id="halved, traded"),
        pytest.param(now("60"), "its price went from 100 to 60 without a fill", None, id="like no ratio"),
        pytest.param(
            now("100", "60", "50"), "its price went from 100 to 60 without a fill", None, id="first"
        ),
        pytest.param(now("50", said=("1:1",)), None, None, id="there was none"),
        pytest.param(now("50", said=("2:1",)), None, None, id="said"),
        pytest.param(now("50", said=("2:1", "1:1")), None, None, id="said, and then none"),
        # 100 is 50 of the new shares, which are 25 after the other
        pytest.param(now("25", said=("2:1", "2:1")), None, None, id="said twice"),
        pytest.param(
            now("100", said=("2:1",)), "its price went from 50 to 100 without a fill", "1:2", id="late"
        ),
        pytest.param(now("100", theirs="20"), "the gateway has 20 instead of 10", "2:1", id="quantity"),
        pytest.param(now("100", theirs=None), None, None, id="theirs not known"),
        # 2:1 is said: the gateway's 40 is no second split of our 10 of then
        pytest.param(
            now("50", said=("2:1",), ours="20", theirs="40"), None, None, id="quantity after a split"
        ),
        pytest.param(
            now("34", theirs="30"),
            "its price went from 100 to 34 without a fill and the gateway has 30 instead of 10",
            "3:1",
            id="both",
        ),
        pytest.param(
            now("50", ours="13", theirs="23", traded=True),
            "its price went from 100 to 50 and the gateway has 23 instead of 13",
            "2:1",
            id="both, traded",
        ),
        pytest.param(now("100", ours="20", theirs="30", traded=True), None, None, id="a fill counted twice"),
        # the price is like no ratio within 2 %, the quantity is
        pytest.param(
            now("60", theirs="15"),
            "its price went from 100 to 60 without a fill and the gateway has 15 instead of 10",
            "3:2",
            id="the quantity goes before the price",
        ),
    ],
)
def test_why_a_symbol_is_not_believed(after: Now, why: str | None, ratio: str | None) -> None:
    """In words, with the ratio that it looks like."""
    expected = None if why is None else Suspicion(why, None if ratio is None else splits.ratio(ratio))
    assert splits.suspicion(seen(), after) == expected


@pytest.mark.parametrize(("price", "ratio"), [("50", "2:1"), ("204", "1:2"), ("60", None), ("100", None)])
def test_a_price_that_moves_within_a_session(price: str, ratio: str | None) -> None:
    """By a split's ratio it is one that a source learned late; by any other it is a price."""
    for is_traded, how in ((False, " without a fill"), (True, "")):
        found = splits.late_price(Decimal(100), Decimal(price), is_traded=is_traded)
        why = f"its price went from 100 to {price}{how}"
        assert found == (Suspicion(why, splits.ratio(ratio)) if ratio else None)


def test_why_is_said_without_exponents() -> None:
    """The wire may write 100 as 1E+2; a person reads 100."""
    before, price = Decimal("1E+2"), Decimal("5E+1")
    after = Now([price], (), Decimal("1E+1"), Decimal("2E+1"), is_traded=True)
    found = splits.suspicion(Seen(before, "2025-01-16", Decimal(10), Decimal(10)), after)
    assert found == Suspicion("its price went from 100 to 50 and the gateway has 20 instead of 10", TWO)
    late = splits.late_price(before, price, is_traded=True)
    assert late == Suspicion("its price went from 100 to 50", TWO)


def test_nothing_was_traded_until_it_is_said() -> None:
    """A move of the price alone is one without a fill."""
    halved = Now([Decimal(50)], (), Decimal(10), None)
    assert splits.suspicion(seen(), halved) == Suspicion("its price went from 100 to 50 without a fill", TWO)


@pytest.mark.parametrize(
    ("theirs", "price", "missing", "ratio"),
    [
        ("20", "50", (0, 10), None),  # all that is missing
        ("12", "84", (0, 3), None),  # 6:5, and less than is missing
        ("20", "50", (0, 9), "2:1"),  # a share more than that
        ("20", "100", (0, 9), None),  # and a price that says nothing of a split
        ("5", "199", (-5, 0), None),  # a sale
        ("5", "199", (-4, 0), "1:2"),
        ("5", "199", (0, 100), "1:2"),  # what may be bought explains no sale
    ],
)
def test_missing_fills_are_no_split(
    theirs: str, price: str, missing: tuple[int, int], ratio: str | None
) -> None:
    """10 shares here; the other party may have counted fills that are not known here yet, and no more."""
    span = splits.Span(*map(Decimal, missing))
    after = now(price, theirs=theirs)
    assert after.theirs is not None
    found = splits.quantity_ratio(seen(), after.ours, after.theirs, after.prices, span, counts_twice=True)
    assert found == (ratio and splits.ratio(ratio))


@pytest.mark.parametrize(
    ("new", "old", "text"),
    [
        ("2", "1", "2:1"),
        ("4.0", "2", "2:1"),
        ("1", "10", "1:10"),
        ("1.05", "1", "21:20"),
        ("0.5", "0.75", "2:3"),
        ("1E+1", "1", "10:1"),
        ("7.000", "7", "1:1"),
    ],
)
def test_rates_in_the_lowest_whole_numbers(new: str, old: str, text: str) -> None:
    """As `resolve --split` takes them; the same ratio in any terms."""
    found = splits.lowest(Decimal(new), Decimal(old))
    assert str(found) == text
    assert found.is_same(splits.Ratio(Decimal(new), Decimal(old)))
    assert not found.is_same(splits.ratio("3:1"))


@pytest.mark.parametrize(
    ("qty", "theirs", "is_so"),
    [
        ("2.5", "2", True),
        ("2.5", "3", True),
        ("-0.5", "-1", True),
        ("0.5", "0", True),
        ("2.5", "2.5", False),
        ("3", "2", False),
        ("2.5", "4", False),
        ("2.6", "2.1", False),
    ],
)
def test_shares_but_for_a_fraction(qty: str, theirs: str, is_so: bool) -> None:
    """Less than one apart, and what the party has is whole."""
    assert splits.is_without_fraction(Decimal(qty), Decimal(theirs)) is is_so


@pytest.mark.parametrize(
    ("ours", "there", "had", "span", "ratio"),
    [
        pytest.param("10", "20", "10", None, "2:1", id="twice ours"),
        pytest.param("13", "23", "10", None, "2:1", id="traded that day, whatever the price says"),
        pytest.param("7", "17", "10", None, "2:1", id="sold that day"),
        pytest.param("10", "20", "9", None, None, id="it differed before"),
        pytest.param("10", "20", None, None, None, id="it was not known before"),
        pytest.param("10", "10", "10", None, None, id="ours"),
        pytest.param("10", "20", "10", (0, 10), None, id="what fills of ours may explain"),
        pytest.param("13", "23", "10", (-1, 0), None, id="unknown fills, and an unmoved price"),
    ],
)
def test_what_the_brokers_quantity_says(
    ours: str, there: str, had: str | None, span: tuple[int, int] | None, ratio: str | None
) -> None:
    """It counts no fill twice: on a day with a trade the price need not speak for it."""
    before = Seen(Decimal(100), "2025-01-16", Decimal(10), None, None if had is None else Decimal(had))
    missing = None if span is None else splits.Span(*map(Decimal, span))
    after = Now([Decimal(100)], (), Decimal(ours), None, missing=missing, at_broker=Decimal(there))
    found = splits.suspicion(before, after)
    assert (None if found is None else str(found.ratio)) == ratio
    assert found is None or found.why == f"the broker has {there} instead of {ours}"
