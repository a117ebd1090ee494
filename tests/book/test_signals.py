"""How right signals were: beside scipy, whose own definitions these are, and by hand."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from paper_run.book.signals import (
    LEAST_PAIRS,
    RECENT,
    Interval,
    Pair,
    Quality,
    Tally,
    of_sessions,
    quality,
    rank_ic,
    realized,
    recent_ic,
    session_ic,
    wilson,
)

# Few different values, so that ranks are shared.
RETURNS = st.integers(-6, 6).filter(bool).map(lambda each: each / 64) | st.floats(-0.5, 0.5).filter(bool)
PAIRS = st.lists(st.builds(Pair, st.just("A"), RETURNS, RETURNS, st.just(True)), max_size=40)


def close(ours: Decimal | None, theirs: float, within: float = 1e-6) -> bool:
    return ours is not None and abs(float(ours) - theirs) <= within


def varied(pairs: list[Pair]) -> bool:
    return len({each.predicted for each in pairs}) > 1 and len({each.realized for each in pairs}) > 1


@given(PAIRS)
def test_a_rank_ic_is_spearmans(pairs: list[Pair]) -> None:
    """Scipy's, with shared ranks; where one side does not vary there is none."""
    if not varied(pairs):
        assert rank_ic(pairs) is None
        return
    expected = stats.spearmanr([each.predicted for each in pairs], [each.realized for each in pairs])
    assert close(rank_ic(pairs), expected.statistic, 1e-12)


def test_a_rank_ic_by_hand() -> None:
    """Predicted 1 2 3 4 5, came 2 1 4 3 5: 1 - 6 x 4 / (5 x 24) = 0.8."""
    came = (2, 1, 4, 3, 5)
    pairs = [Pair("A", expected, each) for expected, each in enumerate(came, 1)]
    assert rank_ic(pairs) == Decimal("0.8")


@given(st.lists(PAIRS, max_size=30))
def test_the_sessions_mean_and_t_are_those_of_a_sample(sessions: list[list[Pair]]) -> None:
    """From what each session adds to the tally: the mean of their rank ICs, and scipy's one-sample t."""
    tally = Tally()
    for pairs in sessions:
        tally = tally.after(pairs)
    counted = [pair for pairs in sessions for pair in pairs]
    assert (tally.pairs, tally.hits) == (len(counted), sum(each.is_hit for each in counted))
    found = quality(tally, counted, None)
    own = [float(ic) for pairs in sessions if len(pairs) >= 5 and (ic := rank_ic(pairs)) is not None]
    assert found.sessions == len(own)
    if len(counted) < LEAST_PAIRS:
        assert found == Quality(len(counted), 100, tally.hits, ranked=len(counted), sessions=len(own))
        return
    assert close(found.hit_rate, tally.hits / len(counted))
    if not own:
        assert (found.mean_ic, found.ic_t) == (None, None)
        return
    assert close(found.mean_ic, sum(own) / len(own))
    assume(len(own) > 1 and max(own) - min(own) > 1e-9)
    expected = stats.ttest_1samp(own, 0).statistic
    assert close(found.ic_t, expected, 1e-5 * max(1, abs(expected)))


def test_a_hundred_pairs_of_small_sessions_have_no_mean() -> None:
    """None of them has five symbols: there is a hit rate, and no session's rank IC to take a mean of."""
    found = quality(Tally(pairs=100, hits=60), [], None)
    assert (found.hit_rate, found.mean_ic, found.ic_t) == (Decimal("0.6"), None, None)


def test_one_session_or_equal_ones_have_no_t() -> None:
    """A mean, and nothing that says how sure it is."""
    pairs = [Pair("A", float(at), float(at)) for at in range(1, 101)]
    once = Tally().after(pairs)
    assert (quality(once, pairs, None).mean_ic, quality(once, pairs, None).ic_t) == (1, None)
    assert quality(once.after(pairs), pairs, None).ic_t is None


@given(st.data())
def test_the_interval_is_wilsons(data: st.DataObject) -> None:
    """Scipy's, without continuity correction; it never leaves 0 to 1."""
    n = data.draw(st.integers(1, 5000))
    hits = data.draw(st.integers(0, n))
    expected = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    found = wilson(hits, n)
    assert close(found.low, expected.low)
    assert close(found.high, expected.high)


def test_an_interval_by_hand() -> None:
    """50 of 100 hits lie, with 95 % confidence, between 40.4 % and 59.6 %."""
    assert wilson(50, 100) == Interval(Decimal("0.403832"), Decimal("0.596168"))


def test_what_does_not_count_is_in_no_figure() -> None:
    """A prediction made with --again is shown alone."""
    pairs = [Pair("A", 0.1, 0.2), Pair("A", 0.1, -0.2, counts=False)]
    assert Tally().after(pairs) == Tally(1, 1)


@pytest.mark.parametrize(("number", "has_one"), [(4, False), (5, True)])
def test_a_session_needs_five_symbols(number: int, has_one: bool) -> None:
    """For a rank IC of its own; four say nothing."""
    pairs = [Pair("A", float(at), float(at)) for at in range(1, number + 1)]
    assert (session_ic(pairs) is not None) is has_one


def test_the_recent_one_is_over_twenty_sessions() -> None:
    """Of nineteen there is none; of more the newest twenty count."""
    session = [Pair("A", 0.1, 0.1), Pair("B", 0.2, 0.2), Pair("B", 0.3, -0.2, counts=False)]
    other = [Pair("A", 0.1, 0.2), Pair("B", 0.2, 0.1)]
    assert recent_ic([session] * (RECENT - 1)) is None
    assert recent_ic([session] * RECENT + [other] * 50) == 1


@pytest.mark.parametrize(
    ("before", "after", "came"),
    [
        ("100", "101", "0.01"),
        ("3", "2", "-0.3333333333"),
        ("100", "100", "0"),
        ("100", "100.0000000001", "0"),
    ],
)
def test_a_return_has_ten_places(before: str, after: str, came: str) -> None:
    """What is less than that is none, and no pair."""
    assert realized(Decimal(before), Decimal(after)) == Decimal(came)


@pytest.mark.parametrize("number", [RECENT - 1, RECENT, 3 * RECENT])
def test_sessions_alone_are_what_all_of_them_come_to(number: int) -> None:
    """Session by session as a book keeps it, of these alone: the newest pairs, the newest twenty."""
    sessions = [
        [
            Pair("A", (5 * at + 3 * of_it) % 17 - 8.5, (7 * at + of_it * of_it) % 13 - 6.5)
            for of_it in range(7)
        ]
        for at in range(number)
    ]
    every = [pair for pairs in sessions for pair in pairs]
    found = of_sessions(sessions)
    hits = sum((pair.predicted > 0) == (pair.realized > 0) for pair in every)
    assert (found.pairs, found.hits, found.ranked) == (len(every), hits, len(every))
    assert close(found.rank_ic, stats.spearmanr([pair[1:3] for pair in every]).statistic)
    recent = [pair for pairs in sessions[-RECENT:] for pair in pairs]
    if len(sessions) < RECENT:
        assert found.recent_ic is None
    else:
        assert close(found.recent_ic, stats.spearmanr([pair[1:3] for pair in recent]).statistic)
    own = [stats.spearmanr([pair[1:3] for pair in pairs]).statistic for pairs in sessions]
    assert close(found.mean_ic, sum(own) / number)
    assert of_sessions([]) == Quality(0, LEAST_PAIRS, 0)
