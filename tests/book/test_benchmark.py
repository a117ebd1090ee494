"""The book beside a benchmark: worked by hand, and beside empyrical and numpy."""

from decimal import Decimal

import empyrical
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paper_run.book.benchmark import Beside, Reading, figures, followed, through
from paper_run.book.days import Day

NONE = {"beta", "alpha", "correlation", "tracking_error", "information_ratio"}


def beside(*sessions: tuple[str, str | None]) -> Beside | None:
    """Return the state after sessions: of 100 dollars each its return, and the benchmark's price."""
    return through(
        (f"2025-{1 + at // 28:02}-{1 + at % 28:02}", day(earned), reading(price))
        for at, (earned, price) in enumerate(sessions)
    )


def day(earned: str, *, spans: bool = False) -> Day:
    pnl = Decimal(100) * Decimal(earned)
    return Day(Decimal(100), pnl, Decimal(100) + pnl, Decimal(0), Decimal(0), spans=spans)


def reading(price: str | None) -> Reading:
    return Reading("SPY", None if price is None else Decimal(price))


def values(state: Beside | None) -> dict[str, tuple[Decimal | None, int]]:
    return {name: (each.value, each.n) for name, each in figures(state, 252).items()}


def test_it_begins_with_the_closing_of_its_first_price() -> None:
    """That session's own return is in nothing; then +1 % and -2 % beside 400, 404 and 408.04."""
    state = beside(("0.05", None), ("0.1", "400"), ("0.01", "404"), ("-0.02", "408.04"))
    assert state is not None
    assert (state.since, state.base, state.line) == ("2025-01-02", 110, Decimal("112.21"))
    found = values(state)
    assert found["return"] == (Decimal("0.020100"), 2)
    assert found["own_return"] == (Decimal("-0.010200"), 2)
    assert found["excess_return"] == (Decimal("-0.030300"), 2)
    assert found["daily_return"] == (Decimal("0.010000"), 1)
    assert {found[name] for name in NONE} == {(None, 2)}
    assert {each.minimum for name, each in figures(state, 252).items() if name in NONE} == {20}
    assert {each[:3] for each in figures(None, 252).values()} == {(None, 0, 1), (None, 0, 20)}


def test_a_session_without_a_price_is_made_up_for() -> None:
    """Both are compounded from price to price; of the two days no pair is made."""
    without = beside(("0", "100"), ("0.01", None))
    assert without is not None
    assert without.line is None
    state = beside(("0", "100"), ("0.01", None), ("0.01", "110"), ("0.02", "121"))
    assert state is not None
    assert state.line == 121
    found = values(state)
    assert found["return"] == (Decimal("0.210000"), 2)
    assert found["own_return"] == (Decimal("0.040502"), 2)
    assert (state.pairs, state.gap) == (1, False)
    waiting = beside(("0", "100"), ("0.01", None))
    assert values(waiting)["own_return"] == (None, 0)
    assert values(waiting)["daily_return"] == (None, 0)


def test_a_session_that_spans_several_is_no_pair() -> None:
    """Its return is no day's."""
    state = followed(beside(("0", "100")), "2025-01-02", day("0.03", spans=True), reading("101"))
    assert state is not None
    assert (state.sessions, state.pairs, state.latest) == (1, 0, None)


@pytest.mark.parametrize(("price", "left_out"), [("69.99", 1), ("70", 0), ("140", 0), ("140.01", 1)])
def test_a_benchmark_that_may_have_split_is_left_out(price: str, left_out: int) -> None:
    """By more than -30 % or +40 %: neither its return of that session nor ours is in anything."""
    state = beside(("0", "100"), ("0.01", "100"), ("0.5", price), ("0.02", price))
    assert state is not None
    assert state.left_out == left_out
    assert state.sessions == 3 - left_out
    if left_out:
        assert (values(state)["return"][0], values(state)["own_return"][0]) == (0, Decimal("0.030200"))


def test_another_benchmark_begins_anew_and_none_ends_it() -> None:
    """What was compared with the one before is not gone on from."""
    before = beside(("0", "100"), ("0.01", "101"))
    other = followed(before, "2025-01-03", day("0.01"), Reading("QQQ", Decimal(50)))
    assert other == Beside("QQQ", "2025-01-03", Decimal("101.00"), Decimal(50))
    assert followed(before, "2025-01-03", day("0.01"), Reading("QQQ", None)) is None
    assert followed(before, "2025-01-03", day("0.01"), None) is None


def test_of_nothing_there_is_no_return() -> None:
    """A book that opened with nothing has no pair from then on, and nothing compounded."""
    nothing = Day(Decimal(0), Decimal(5), Decimal(5), Decimal(0), Decimal(0))
    state = followed(
        beside(*[("0.01", str(100 + at)) for at in range(30)]), "2025-03-01", nothing, reading("130")
    )
    found = values(state)
    assert {found[name][0] for name in (*NONE, "own_return", "excess_return")} == {None}
    assert found["return"][0] == Decimal("0.300000")
    assert values(followed(state, "2025-03-02", day("0.01"), reading("131")))["beta"][0] is None


def test_without_a_spread_nothing_is_divided_by_it() -> None:
    """A benchmark that never moves has no beta; a book that is the benchmark has no information ratio."""
    flat = values(beside(*[(str(Decimal(at % 3) / 100), "100") for at in range(30)]))
    assert {flat[name][0] for name in ("beta", "alpha", "correlation")} == {None}
    assert flat["tracking_error"][0]
    still = values(beside(*[("0", str(100 + at % 2)) for at in range(30)]))
    assert (still["beta"][0], still["correlation"][0]) == (0, None)
    same, price = [("0", "100")], Decimal(100)
    for at in range(25):
        moved = Decimal(at % 5 - 2) / 100
        price *= 1 + moved
        same.append((str(moved), str(price)))
    found = values(beside(*same))
    assert (found["tracking_error"][0], found["beta"][0], found["correlation"][0]) == (0, 1, 1)
    assert found["information_ratio"][0] is None
    assert found["alpha"][0] == 0


def test_a_loss_of_all_in_a_session_has_no_yearly_rate() -> None:
    """An alpha of -100 % a session and beyond compounds to nothing."""
    found = values(beside(("0", "100"), *[("-1.5", str(100 + at % 2)) for at in range(25)]))
    assert (found["alpha"][0], found["beta"][0] is None) == (None, False)


MOVES = st.lists(st.tuples(st.integers(-900, 900), st.integers(-900, 900)), min_size=21, max_size=200)


@settings(max_examples=60)
@given(MOVES)
def test_it_is_what_empyrical_says(moves: list[tuple[int, int]]) -> None:
    """Beta, alpha, both returns; correlation, tracking error and information ratio as numpy has them."""
    price, sessions = Decimal(400), [("0", "400")]
    for ours, theirs in moves:
        price *= 1 + Decimal(theirs) / 10_000
        sessions.append((str(Decimal(ours) / 10_000), str(price)))
    found = values(beside(*sessions))
    own, its = (np.array([each[at] for each in moves]) / 10_000 for at in (0, 1))
    assert float(found["own_return"][0] or 0) == pytest.approx(empyrical.cum_returns_final(own), abs=1e-6)
    assert float(found["return"][0] or 0) == pytest.approx(empyrical.cum_returns_final(its), abs=1e-6)
    apart = own - its
    assert float(found["tracking_error"][0] or 0) == pytest.approx(apart.std(ddof=1) * 252**0.5, abs=1e-6)
    if its.std() < 1e-4 or own.std() < 1e-4 or apart.std() < 1e-4:
        return
    alpha, beta = empyrical.alpha_beta(own, its)
    assert float(found["beta"][0] or 0) == pytest.approx(beta, rel=1e-6, abs=1e-6)
    if found["alpha"][0] is not None and abs(alpha) < 1e9:
        assert float(found["alpha"][0]) == pytest.approx(alpha, rel=1e-6, abs=1e-6)
    assert float(found["correlation"][0] or 0) == pytest.approx(np.corrcoef(own, its)[0, 1], abs=1e-6)
    ratio = empyrical.excess_sharpe(own, its) * 252**0.5
    assert float(found["information_ratio"][0] or 0) == pytest.approx(ratio, rel=1e-6, abs=1e-6)
