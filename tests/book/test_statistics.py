"""Statistics: worked by hand, their properties, and beside an independent library."""

from collections.abc import Callable, Sequence
from decimal import Context, Decimal, localcontext
from math import isnan

import empyrical
import numpy as np
import pytest
from builders.whole_lists import drawdown, figures
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from scipy import stats
from support.schema import SCHEMA

from paper_run.book.days import (
    Day,
    daily_return,
    drawdown_level,
    fall,
    inflow,
    running,
    unrounded_return,
    whole,
)
from paper_run.book.statistics import SESSIONS_A_YEAR, Statistic
from paper_run.book.statistics import statistics as of_state

RISK = ("volatility", "sharpe_ratio", "sortino_ratio")
DOCUMENT = Draft202012Validator({"$ref": "#/$defs/statistics", "$defs": SCHEMA["$defs"]})


def statistics(days: Sequence[Day], sessions_a_year: int = SESSIONS_A_YEAR["XNYS"]) -> dict[str, Statistic]:
    """Return the statistics of the state after these sessions."""
    return of_state(running(days), sessions_a_year)


COMPOUNDED = ("total_return", "max_drawdown", "annualised_return")


def day(
    opening: str, day_pnl: str, *, closing: str | None = None, exposure: str = "0", traded: str = "0"
) -> Day:
    """Return a day that closes where its P&L takes it, unless told otherwise."""
    start, pnl = Decimal(opening), Decimal(day_pnl)
    return Day(start, pnl, Decimal(closing) if closing else start + pnl, Decimal(exposure), Decimal(traded))


def returning(*returns: str) -> list[Day]:
    """Return days of these returns, each on 100 dollars."""
    return [day("100", str(Decimal(each) * 100)) for each in returns]


def values(days: Sequence[Day]) -> dict[str, Decimal | None]:
    return {name: statistic.value for name, statistic in statistics(days).items()}


# 1000 -> 1100 -> 990 -> 990 -> 1188
FOUR = [
    day("1000", "100", exposure="550", traded="550"),
    day("1100", "-110", exposure="495", traded="0"),
    day("990", "0", exposure="0", traded="495"),
    day("990", "198", exposure="1188", traded="1188"),
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # 1.1 x 0.9 x 1 x 1.2 = 1.188 = 1188 / 1000
        ("total_return", "0.188000"),
        # 198 / 990
        ("daily_return", "0.200000"),
        # from 1.1 to 0.99: -0.11 / 1.1
        ("max_drawdown", "-0.100000"),
        ("best_day", "0.200000"),
        ("worst_day", "-0.100000"),
        # 2 of 4: a day of zero is none
        ("win_rate", "0.500000"),
        # 550 / 1100 = 0.5; 495 / 990 = 0.5; 0; 1188 / 1188 = 1; 2 / 4
        ("exposure", "0.500000"),
        # 550 / 1000 = 0.55; 0; 495 / 990 = 0.5; 1188 / 990 = 1.2; 2.25 / 4 = 0.5625
        ("turnover", "0.562500"),
    ],
)
def test_four_days_worked_by_hand(name: str, expected: str) -> None:
    """What one session is enough for is what the arithmetic beside it says, with six decimals."""
    found = statistics(FOUR)[name]
    assert str(found.value) == expected
    assert found.minimum == 1


@pytest.mark.parametrize(
    ("earned", "value", "percent"),
    [
        ("23585.01", "0.235850", "23.59"),  # 23.58501: the six places alone would make it 23.58
        ("-23585.01", "-0.235850", "-23.59"),
        ("23584.99", "0.235850", "23.58"),
        ("23585.00", "0.235850", "23.58"),  # half to even
        ("23575.00", "0.235750", "23.58"),
        ("-0.01", "0.000000", "0.00"),
    ],
)
def test_a_percentage_is_rounded_once(earned: str, value: str, percent: str) -> None:
    """To two places of a percent from all digits, half to even; zero has no sign, and a ratio is none."""
    found = statistics([day("100000", earned)])
    for name in ("daily_return", "total_return", "best_day", "worst_day"):
        assert (str(found[name].value), str(found[name].percent)) == (value, percent)
    risky = statistics(returning(*["0.02", "-0.01"] * 10))
    assert risky["sharpe_ratio"].value is not None
    assert {risky[name].percent for name in ("sharpe_ratio", "sortino_ratio")} == {None}


def test_a_year_of_every_day_has_365_sessions() -> None:
    """On 24/7 volatility and the ratios grow with the root of 365, a yearly return with 365 / n."""
    # The deviation of ten +2 % and ten -1 % is 0.015389675281; x 19.104973175 (the root of 365) = 0.29401933.
    year = statistics(returning(*["0.02", "-0.01"] * 10), SESSIONS_A_YEAR["24/7"])
    # 0.005 / 0.015389675281 x 19.104973175 = 6.2070748
    assert [str(year[name].value) for name in ("volatility", "sharpe_ratio")] == ["0.294019", "6.207075"]
    # 1.1 ** (365 / 73) = 1.1 ** 5 = 1.61051
    grown = statistics([day("100", "10"), *[day("110", "0")] * 72], SESSIONS_A_YEAR["24/7"])
    assert str(grown["annualised_return"].value) == "0.610510"


def test_risk_worked_by_hand() -> None:
    """Ten days of +2 % and ten of -1 %: sample deviation, downside over all days, 252 sessions a year."""
    found = values(returning(*["0.02", "-0.01"] * 10))
    # mean = 10 x 0.01 / 20 = 0.005; each day is 0.015 from it: 20 x 0.000225 / 19 = 0.000236842105...
    # root = 0.015389675281; x 15.874507866 (the root of 252) = 0.244303521...
    assert found["volatility"] == Decimal("0.244304")
    # 0.005 / 0.015389675281 x 15.874507866 = 5.157518772...
    assert found["sharpe_ratio"] == Decimal("5.157519")
    # 10 x 0.0001 / 20 = 0.00005; root = 0.007071067812; 0.005 / it x 15.874507866 = 11.22497216
    assert found["sortino_ratio"] == Decimal("11.224972")


def test_an_annualised_return_worked_by_hand() -> None:
    """A gain of 10 % in 63 sessions, a quarter of a year, is 1.1 ** 4 - 1 a year; in 126, 1.1 ** 2 - 1."""
    assert values(returning("0.1", *["0"] * 62))["annualised_return"] == Decimal("0.464100")
    assert values(returning("0.1", *["0"] * 125))["annualised_return"] == Decimal("0.210000")
    # 1.1 ** (252 / 60) = 1.1 ** 4.2 = e ** (4.2 x 0.0953101798) = e ** 0.400302755 = 1.492276...
    assert values(returning("0.1", *["0"] * 59))["annualised_return"] == Decimal("0.492276")


def test_the_running_drawdown_worked_by_hand() -> None:
    """Each day stands beside the highest so far; a new peak is zero."""
    # equity 0.9, 0.99, 1.089, 0.9801, 0.98010; the peak is 1, 1, 1.089, 1.089, 1.089
    falls = drawdown(returning("-0.1", "0.1", "0.1", "-0.1", "0"))
    assert [str(fall) for fall in falls] == ["-0.100000", "-0.010000", "0.000000", "-0.100000", "-0.100000"]


def test_the_start_is_the_first_peak() -> None:
    """A loss on the first day is a drawdown already."""
    assert drawdown(returning("-0.25")) == (Decimal("-0.25"),)
    assert values(returning("-0.25", "0.1"))["max_drawdown"] == Decimal("-0.25")


def test_equity_is_compounded_from_returns_and_not_from_closings() -> None:
    """What an adjustment adds between two days is no return: 1000 -> 1100, 500 added, 1600 -> 1760."""
    days = [day("1000", "100"), day("1600", "160")]
    assert values(days)["total_return"] == Decimal("0.21")  # 1.1 x 1.1, not 1760 / 1000
    # and within a day: its P&L is the return, not its closing
    assert values([day("1000", "100", closing="1600")])["total_return"] == Decimal("0.1")


def test_exposure_is_of_the_closing_and_turnover_of_the_opening() -> None:
    """Exposure is what is held at the end of a day, turnover what was traded with its start."""
    found = values([day("1000", "600", exposure="800", traded="800")])
    assert (found["exposure"], found["turnover"]) == (Decimal("0.5"), Decimal("0.8"))


@pytest.mark.parametrize(
    ("day_pnl", "rounded"), [("0.5", "0.000000"), ("1.5", "0.000002"), ("-1.5", "-0.000002")]
)
def test_figures_are_rounded_half_to_even_once(day_pnl: str, rounded: str) -> None:
    """Six decimals; half of the last one goes to the even neighbour."""
    assert str(daily_return(day("1000000", day_pnl))) == rounded


def test_a_zero_has_no_sign() -> None:
    """A loss too small for six decimals is written as zero, not as minus zero."""
    tiny = day("1000000000", "-0.01")
    assert str(daily_return(tiny)) == "0.000000"
    assert str(drawdown([tiny])[0]) == "0.000000"
    assert {str(statistics([tiny])[name].value) for name in ("total_return", "max_drawdown")} == {"0.000000"}


# How many sessions a figure needs


def test_the_names_are_those_of_the_schema_in_its_order() -> None:
    """Every statistic of the result document is there, and none besides."""
    assert list(statistics(FOUR)) == list(SCHEMA["$defs"]["statistics"]["properties"])


def test_without_sessions_there_are_no_figures() -> None:
    """Every value is None over zero sessions, and there is no curve."""
    found = statistics([])
    assert {statistic[:2] for statistic in found.values()} == {(None, 0)}
    assert drawdown([]) == ()


UNCERTAIN = ("sharpe_standard_error", "sharpe_lower", "sharpe_upper", "probabilistic_sharpe")
SHAPE = ("skewness", "kurtosis")
MINIMUMS = (
    dict.fromkeys(statistics([]), 1)
    | dict.fromkeys((*RISK, *UNCERTAIN, *SHAPE), 20)
    | {"annualised_return": 60}
)


@pytest.mark.parametrize("n", [1, 19, 20, 59, 60])
def test_a_figure_has_a_value_from_its_minimum_on(n: int) -> None:
    """One session less than the minimum is None, the minimum is enough; n counts the sessions used."""
    days = returning(*["0.02", "-0.01"] * 30)[:n]
    for name, found in statistics(days).items():
        assert found.minimum == MINIMUMS[name], name
        assert found.n == (1 if name == "daily_return" else n), name
        assert (found.value is not None) == (n >= MINIMUMS[name]), name


# What is not defined


def test_days_that_are_all_the_same_have_no_sharpe_ratio() -> None:
    """Without deviation volatility is zero and the ratio a division by it: None, not the noise of a mean."""
    days = [day("700", "100")] * 23  # 1 / 7 has no last digit
    found = values(days)
    assert (found["volatility"], found["sharpe_ratio"]) == (0, None)


def test_days_without_a_loss_have_no_sortino_ratio() -> None:
    """Without a negative return there is no downside to divide by; the Sharpe ratio stands."""
    found = values(returning(*["0.01", "0"] * 10))
    assert found["sortino_ratio"] is None
    assert found["sharpe_ratio"] is not None


def test_days_without_any_pnl_are_zero_and_not_none() -> None:
    """A book that never moved has returns, drawdown and volatility of zero; its ratios are not defined."""
    found = values(returning(*["0"] * 60))
    undefined = {"sharpe_ratio", "sortino_ratio", *UNCERTAIN, *SHAPE}
    assert {name for name, value in found.items() if value is None} == undefined
    assert {value for value in found.values() if value is not None} == {0}


@pytest.mark.parametrize("opening", ["0", "-0.01", "-500"])
def test_a_day_that_opened_from_nothing_has_no_return(opening: str) -> None:
    """Of zero or of a debt there is no part: what needs that day's return is None, the counts go on."""
    broken = day(opening, "50", closing="50", exposure="25")
    days = [*returning(*["0.02", "-0.01"] * 30), broken]
    found = statistics(days)
    assert daily_return(broken) is None
    defined = {name for name, statistic in found.items() if statistic.value is not None}
    assert defined == {"win_rate", "exposure"}
    # 30 gains of 60, and this one: 31 / 61 = 0.508196...
    assert found["win_rate"] == Statistic(Decimal("0.508197"), 61, 1, Decimal("50.82"))
    # only the last of 61 holds anything, 25 / 50: 0.5 / 61 = 0.008196...
    assert found["exposure"] == Statistic(Decimal("0.008197"), 61, 1, Decimal("0.82"))


def test_the_day_after_one_without_a_return_has_its_own() -> None:
    """The last day's return needs no other day; what is compounded or averaged over all stays None."""
    days = [day("100", "10"), day("0", "100"), day("100", "10")]
    found = values(days)
    assert found["daily_return"] == Decimal("0.1")
    assert found["win_rate"] == 1
    assert {
        found[name] for name in ("total_return", "max_drawdown", "best_day", "worst_day", "turnover")
    } == {None}
    assert drawdown(days) == (0, None, None)


@pytest.mark.parametrize(("closing", "defined"), [("0", False), ("-1", False), ("0.01", True)])
def test_a_day_that_closed_at_nothing_has_no_exposure(closing: str, defined: bool) -> None:
    """Exposure is a part of the closing; where there is none, the mean is None and the others stand."""
    found = values([day("100", "-1"), day("100", "1", closing=closing)])
    assert (found["exposure"] is not None) is defined
    assert found["turnover"] == 0


@pytest.mark.parametrize(("lost", "left"), [("-1", "0"), ("-1.5", "-0.5")])
def test_the_day_that_loses_everything_is_stated(lost: str, left: str) -> None:
    """On that day return, total and drawdown are plain arithmetic, also below -100 %."""
    days = returning("0.25", lost)
    found = values(days)
    assert found["daily_return"] == found["worst_day"] == Decimal(lost)
    assert found["total_return"] == Decimal("1.25") * Decimal(left) - 1
    assert found["max_drawdown"] == Decimal(left) - 1  # of the peak of 1.25
    assert drawdown(days) == (0, Decimal(left) - 1)


@pytest.mark.parametrize("lost", ["-1", "-1.5"])
@pytest.mark.parametrize("next_opening", ["100", "-50"])
def test_after_everything_was_lost_nothing_is_compounded(lost: str, next_opening: str) -> None:
    """Nothing grows from zero, and a debt times a gain is no gain: what is compounded is None."""
    days = [*returning(*["0.01"] * 59, lost), day(next_opening, "10")]
    found = values(days)
    assert [found[name] for name in COMPOUNDED] == [None, None, None]
    assert drawdown(days)[-3:] == (0, Decimal(lost), None)
    # a new start has returns of its own, so that the figures of single days go on
    assert (found["worst_day"] is not None) == (next_opening == "100")
    assert (found["volatility"] is not None) == (next_opening == "100")


@pytest.mark.parametrize("n", [60, 63, 126, 252])
def test_a_debt_has_no_yearly_rate(n: int) -> None:
    """(1 + total) ** (252 / n) of a negative is None, also where the power is whole and would be a number."""
    found = values(returning(*["0"] * (n - 1), "-1.5"))
    assert (found["total_return"], found["annualised_return"]) == (Decimal("-1.5"), None)


def test_a_total_loss_is_a_total_loss_a_year() -> None:
    """Zero to any power is zero: -100 %."""
    assert values(returning(*["0"] * 59, "-1"))["annualised_return"] == -1


def test_a_ratio_to_next_to_nothing_is_no_figure() -> None:
    """A return of 1e12 or more is None rather than twenty digits; below it all six decimals are there."""
    assert daily_return(day("0.01", "9999999999.99")) == Decimal("999999999999")
    assert daily_return(day("0.01", "10000000000")) is None
    assert daily_return(day("0.01", "-10000000000")) is None
    days = [day("0.01", "1000000")] * 60  # each 1e8: compounded 1e480
    found = values(days)
    assert found["best_day"] == Decimal(10) ** 8
    assert (found["total_return"], found["annualised_return"]) == (None, None)
    assert found["max_drawdown"] == 0


# Properties

RATES = st.integers(-50_000, 50_000).map(lambda millionths: Decimal(millionths).scaleb(-6))
PNLS = st.integers(-90_000_00, 150_000_00).map(lambda cents: Decimal(cents).scaleb(-2))
AMOUNTS = st.integers(0, 500_000_00).map(lambda cents: Decimal(cents).scaleb(-2))
OPENINGS = st.integers(-10_00, 500_000_00).map(lambda cents: Decimal(cents).scaleb(-2))
ANY_DAY = st.builds(
    lambda opening, pnl, exposure, traded: Day(opening, pnl, opening + pnl, exposure, traded),
    *(OPENINGS, PNLS, AMOUNTS, AMOUNTS),
)
SOUND_DAY = st.builds(
    lambda rate, exposure, traded: Day(
        Decimal(100_000), 100_000 * rate, 100_000 * (1 + rate), exposure, traded
    ),
    *(RATES, AMOUNTS, AMOUNTS),
)
DAYS = st.lists(ANY_DAY, max_size=80) | st.lists(SOUND_DAY, min_size=20, max_size=80)
FACTORS = st.integers(1, 10**9).map(lambda number: Decimal(number).scaleb(-4))


@settings(max_examples=60)
@given(DAYS, FACTORS)
def test_scaling_all_dollars_changes_nothing(days: list[Day], factor: Decimal) -> None:
    """Every figure is a ratio: in another currency it is the same, to the last digit."""
    scaled = [Day(*(amount * factor for amount in each)) for each in days]
    assert statistics(scaled) == statistics(days)
    assert drawdown(scaled) == drawdown(days)


@settings(max_examples=60)
@given(st.data())
def test_the_order_of_days_changes_only_what_follows_a_path(data: st.DataObject) -> None:
    """Drawdown and the last day depend on the order; no other figure of solvent days does."""
    days = data.draw(st.lists(SOUND_DAY, min_size=1, max_size=80))
    before, after = statistics(days), statistics(data.draw(st.permutations(days)))
    for name in before.keys() - {"daily_return", "max_drawdown"}:
        assert after[name] == before[name], name


@settings(max_examples=60)
@given(DAYS)
def test_a_drawdown_is_never_positive_and_the_deepest_is_the_statistic(days: list[Day]) -> None:
    """One value a day, zero or less; None only until the end; the least of a whole curve is max_drawdown."""
    falls = drawdown(days)
    known = [fall for fall in falls if fall is not None]
    assert len(falls) == len(days)
    assert falls == (*known, *[None] * (len(falls) - len(known)))
    assert all(fall <= 0 for fall in known)
    whole = known and len(known) == len(falls)
    assert values(days)["max_drawdown"] == (min(known) if whole else None)


@settings(max_examples=60)
@given(st.integers(1, 1_000_000_00), st.lists(PNLS, min_size=1, max_size=60))
def test_a_chain_of_days_returns_its_last_closing_over_its_first_opening(
    start: int, pnls: list[Decimal]
) -> None:
    """When each day opens from the closing before, compounding comes to the plain ratio."""
    equity = Decimal(start).scaleb(-2)
    days = []
    for pnl in pnls:
        if equity <= 0:
            break
        days.append(Day(equity, pnl, equity + pnl, Decimal(0), Decimal(0)))
        equity += pnl
    total = values(days)["total_return"]
    expected = equity / days[0].opening - 1
    assert (total is None) == (abs(expected) >= 10**12)
    assert total is None or abs(total - expected) <= Decimal("0.0000005000001")


@settings(max_examples=60)
@given(DAYS)
def test_every_figure_fits_the_schema_and_its_bounds(days: list[Day]) -> None:
    """Whatever the days, nothing raises; at most six decimals; rates of wins lie in 0..1; best >= worst."""
    found = statistics(days)
    DOCUMENT.validate({name: figure._asdict() for name, figure in found.items()})
    for figure in found.values():
        assert figure.value is None or figure.value.as_tuple().exponent == -6
    best, worst, wins = (found[name].value for name in ("best_day", "worst_day", "win_rate"))
    assert (best is None) == (worst is None)
    assert best is None or worst is None or best >= worst
    assert wins is None or 0 <= wins <= 1


# Beside an independent library: empyrical, in binary floats

SERIES = st.lists(RATES, min_size=1, max_size=300)
LONG_SERIES = st.integers(0, 240).flatmap(
    lambda more: st.lists(RATES, min_size=60 + more, max_size=60 + more)
)


def _beside(series: list[Decimal]) -> tuple[dict[str, Decimal | None], np.ndarray]:
    return values(returning(*map(str, series))), np.array([float(each) for each in series])


def _same(ours: Decimal | None, theirs: float) -> bool:
    """Whether two figures agree to 1e-6; of one above 1 a part of it, which is what a float holds."""
    return ours is not None and float(ours) == pytest.approx(theirs, rel=1e-6, abs=1e-6)


@settings(max_examples=60)
@given(SERIES | LONG_SERIES)
def test_compounding_agrees_with_empyrical(series: list[Decimal]) -> None:
    """Total return, drawdown, yearly rate; empyrical gives the last from the first day, we from the 60th."""
    ours, returns = _beside(series)
    assert _same(ours["total_return"], empyrical.cum_returns_final(returns))
    assert _same(ours["max_drawdown"], empyrical.max_drawdown(returns))
    if len(series) >= 60:
        assert _same(ours["annualised_return"], empyrical.annual_return(returns))
    else:
        assert ours["annualised_return"] is None


@settings(max_examples=60)
@given(SERIES | LONG_SERIES)
@example([Decimal("0.01")] * 20)
@example([Decimal(0)] * 20)
def test_risk_agrees_with_empyrical(series: list[Decimal]) -> None:
    """Volatility, Sharpe and Sortino; a division by zero is an infinity or NaN there and None with us."""
    ours, returns = _beside(series)
    if len(series) < 20:  # empyrical starts at two days
        assert {ours[name] for name in RISK} == {None}
        return
    assert _same(ours["volatility"], empyrical.annual_volatility(returns))
    for name, theirs in (
        ("sharpe_ratio", empyrical.sharpe_ratio(returns)),
        ("sortino_ratio", empyrical.sortino_ratio(returns)),
    ):
        if isnan(theirs) or abs(theirs) == float("inf"):
            assert ours[name] is None, name
        else:
            assert _same(ours[name], theirs), name


@settings(max_examples=30)
@given(SERIES)
def test_the_running_drawdown_agrees_with_empyrical(series: list[Decimal]) -> None:
    """Day by day; its curve has a value a day and counts the start as a peak, like ours."""
    _, returns = _beside(series)
    theirs = empyrical.stats.drawdown_series(returns)
    assert [float(fall or 0) for fall in drawdown(returning(*map(str, series)))] == pytest.approx(
        theirs, abs=1e-6
    )


def test_a_return_over_several_sessions_is_no_days() -> None:
    """It is in the total and the drawdown, and in none of the figures of single days, nor in their n."""
    days = [day("100", "10"), day("110", "-55")._replace(spans=True), day("55", "11")]
    found = statistics(days)
    # 1.1 x 0.5 x 1.2
    assert found["total_return"][:2] == (Decimal("-0.34"), 3)
    assert (found["max_drawdown"].value, found["daily_return"].value) == (Decimal("-0.5"), Decimal("0.2"))
    assert (found["best_day"][:2], found["worst_day"][:2]) == ((Decimal("0.2"), 2), (Decimal("0.1"), 2))
    assert (found["win_rate"][:2], found["volatility"].n, found["turnover"].n) == ((1, 2), 2, 3)
    assert {name: each.n for name, each in found.items() if name not in COMPOUNDED} == {
        **dict.fromkeys(("best_day", "worst_day", "win_rate", *RISK, *UNCERTAIN, *SHAPE), 2),
        "exposure": 3,
        "turnover": 3,
        "daily_return": 1,
    }
    alone = statistics(days[1:2])
    assert (alone["win_rate"][:2], alone["best_day"][:2], alone["total_return"].n) == (
        (None, 0),
        (None, 0),
        1,
    )


def test_risk_counts_the_single_days_alone() -> None:
    """20 sessions of which one spans several are 19 days."""
    days = [day("100", "1"), *(day("100", "-1") for _ in range(19))]
    assert statistics(days)["volatility"].value is not None
    assert statistics([days[0], days[1]._replace(spans=True), *days[2:]])["volatility"][:2] == (None, 19)


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_return_of_a_million_millions_is_none(sign: str) -> None:
    """Of a cent: 10,000,000,000 dollars are 1E+12 times it, a dollar less is a return."""
    found = statistics([day("0.01", f"{sign}10000000000")])["daily_return"]
    assert (found.value, found.percent) == (None, None)
    found = statistics([day("0.01", f"{sign}9999999999")])["daily_return"]
    assert (str(found.value), str(found.percent)) == (
        f"{sign}999999999900.000000",
        f"{sign}99999999990000.00",
    )


def test_a_cent_is_a_day_that_was_won() -> None:
    """Of a cent, a dollar, nothing and a cent lost two are won."""
    found = values([day("100", each) for each in ("0.01", "1", "0", "-0.01")])
    assert found["win_rate"] == Decimal("0.5")


def test_a_year_has_so_many_sessions() -> None:
    """On the exchange and where there is no night."""
    assert SESSIONS_A_YEAR == {"XNYS": 252, "24/7": 365}


def test_what_came_in_was_earned_with_too() -> None:
    """10 of 100 and 400 that came in are 2 %; what went out counts at the end, as if it had stayed."""
    grown = day("100", "10")._replace(inflow=Decimal(400))
    assert daily_return(grown) == Decimal("0.02")
    assert inflow(Decimal(100), Decimal(10), Decimal(510)) == 400
    assert inflow(Decimal(100), Decimal(10), Decimal(60)) == 0


def test_a_session_of_which_a_figure_is_not_known_is_no_day() -> None:
    """Neither its P&L, nor its closing, nor what it held may be missing; what came in may be."""
    figures = [Decimal(10), Decimal(150), Decimal(90)]
    assert whole(Decimal(100), *figures, Decimal(7), spans=True) == Day(
        Decimal(100), *figures, Decimal(7), inflow=Decimal(40), spans=True
    )
    said = whole(Decimal(100), *figures, Decimal(7), Decimal(45))
    assert said is not None
    assert said.capital == 145
    for at in range(3):
        missing = [None if at == each else figure for each, figure in enumerate(figures)]
        assert whole(Decimal(100), *missing, Decimal(7)) is None


def test_after_a_debt_there_is_no_height() -> None:
    """Nothing is compounded from nothing, or from less."""
    for before in ("0", "-0.5"):
        assert drawdown_level(Decimal(before), day("100", "1")) is None


LONG = [day("30000", "10000.01"), *returning(*["0.012345678", "-0.0123"] * 30)]


@pytest.mark.parametrize(
    "figure",
    [
        lambda: statistics(LONG),
        lambda: drawdown(LONG),
        lambda: daily_return(LONG[0]),
        lambda: unrounded_return(LONG[0]),
        lambda: drawdown_level(Decimal("0.123456789"), LONG[1]),
        lambda: drawdown_level(Decimal("0.123456789"), LONG[2]),
        lambda: fall(Decimal("0.123456789")),
        lambda: inflow(Decimal("123456.78"), Decimal("0.01"), Decimal("234567.89")),
    ],
    ids=["statistics", "drawdown", "return", "unrounded", "height up", "height down", "fall", "inflow"],
)
def test_figures_are_reckoned_in_a_context_of_their_own(figure: Callable[[], object]) -> None:
    """The precision that a caller has set for itself cuts none of them, and adds no digit."""
    expected = figure()
    for precision in (5, 50):
        with localcontext(prec=precision):
            assert str(figure()) == str(expected)


def test_a_return_for_the_books_own_reckoning_has_28_digits() -> None:
    """1 of 3 dollars; of nothing there is no part."""
    assert str(unrounded_return(day("3", "1"))) == "0." + "3" * 28
    assert unrounded_return(day("0", "1")) is None


DAYS = st.lists(
    st.builds(
        Day,
        opening=st.decimals("-5", "1000", places=2),
        day_pnl=st.decimals("-500", "500", places=2),
        closing=st.decimals("-5", "1000", places=2),
        exposure=st.decimals("0", "2000", places=2),
        traded=st.decimals("0", "2000", places=2),
        inflow=st.decimals("0", "50", places=2),
        spans=st.booleans(),
    ),
    min_size=1,
    max_size=80,
)


@given(DAYS, st.sampled_from([252, 365]))
def test_the_state_tells_what_all_sessions_tell(days: list[Day], year: int) -> None:
    """Every figure of the state that goes along is that of the whole list, at six places."""
    with localcontext(Context(prec=28)):
        expected = figures(days, year)
    found = statistics(days, year)
    for name, statistic in found.items():
        value = expected.get(name)
        if value is None or abs(value) >= 10**12:
            assert statistic.value is None, name
        else:
            assert statistic.value is not None, name
            assert abs(statistic.value - value) <= Decimal("0.00000051"), name


# How sure a Sharpe ratio is


def test_the_uncertainty_worked_by_hand() -> None:
    """Ten days of +2 % and ten of -1 %: two values of equal number have no skewness and a kurtosis of 1."""
    found = statistics(returning(*["0.02", "-0.01"] * 10))
    # A session's ratio: 0.005 / 0.015389675281 = 0.324893...; squared 0.105555... = 19 / 180
    # root((1 + 0.0527777...) / 20) x root(252) = 0.229431... x 15.874507866
    assert found["sharpe_standard_error"].value == Decimal("3.642115")
    # 5.157519 -+ 1.959964 x 3.642115
    assert found["sharpe_lower"].value == Decimal("-1.980895")
    assert found["sharpe_upper"].value == Decimal("12.295933")
    # 0.324893 x root(19) / root(1 - 0 + 0) = 1.416176; of a normal distribution 92.1638 % lie below it
    assert (found["probabilistic_sharpe"].value, found["probabilistic_sharpe"].percent) == (
        Decimal("0.921638"),
        Decimal("92.16"),
    )
    assert (found["skewness"].value, found["kurtosis"].value) == (0, 1)
    assert {found[name].minimum for name in (*UNCERTAIN, *SHAPE)} == {20}
    assert {found[name].percent for name in UNCERTAIN[:3]} == {None}
    assert {values(returning(*["0.02", "-0.01"] * 9))[name] for name in UNCERTAIN} == {None}


@settings(max_examples=80)
@given(LONG_SERIES)
def test_the_uncertainty_agrees_with_scipy(series: list[Decimal]) -> None:
    """Skewness and kurtosis are scipy's of the population, the probability its normal distribution's."""
    ours, returns = _beside(series)
    spread = returns.std(ddof=1)
    if not spread or abs(returns.mean()) >= spread * 1e3 or spread < 1e-7:
        return
    skewness, kurtosis = stats.skew(returns), stats.kurtosis(returns, fisher=False)
    assert _same(ours["skewness"], skewness)
    assert _same(ours["kurtosis"], kurtosis)
    ratio, n = returns.mean() / spread, len(returns)
    error = ((1 + ratio**2 / 2) / n) ** 0.5 * 252**0.5
    assert _same(ours["sharpe_standard_error"], error)
    low, high = stats.norm.interval(0.95, loc=ratio * 252**0.5, scale=error)
    assert _same(ours["sharpe_lower"], low)
    assert _same(ours["sharpe_upper"], high)
    beyond = 1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2
    if beyond > 1e-9:
        assert _same(ours["probabilistic_sharpe"], stats.norm.cdf(ratio * ((n - 1) / beyond) ** 0.5))


def test_where_the_shape_says_nothing_there_is_no_probability() -> None:
    """Returns without a spread, or with next to none; or two values that leave the estimate no spread."""
    for series in (["0.01"] * 20, [*["0.01"] * 19, "0.0100000001"]):
        found = values(returning(*series))
        assert {found[name] for name in (*UNCERTAIN, *SHAPE)} == {None}
    # Five of a and fifteen of 1 %, with a such that the ratio is 2 / skewness: a/4 + 0.0075 is the root of
    # three times the deviation, 0.75 x (a - 0.01) x root(20/19).
    part = Decimal("0.75") * (Decimal(20) / 19).sqrt()
    a = ((part + Decimal("0.75")) / 100 / (part - Decimal("0.25"))).quantize(Decimal(10) ** -20)
    found = values(returning(*[str(a)] * 5, *["0.01"] * 15))
    assert (found["probabilistic_sharpe"], found["sharpe_standard_error"] is None) == (None, False)
