"""The section of signals: its figures with their n, the points, the line, and what is not known."""

from decimal import Decimal

from builders.signals import PAST, QUALITY, SIGNALS

from paper_run.book.signals import Pair, Quality
from paper_run.model.signals import SignalSession
from paper_run.report.html.signals import MOST_POINTS, section

SESSION = "2025-01-17"


def test_each_figure_has_its_n() -> None:
    """Hit rate with its interval, rank IC, the sessions' mean with its t."""
    found = section(SIGNALS, PAST, SESSION)
    for words in (
        "55.30%",
        "46.79% to 63.52% at 95%, 132 pairs",
        "<dd>0.13</dd>",
        ">132 pairs<",
        "t 1.87, 44 sessions",
    ):
        assert words in found, words


def test_below_a_hundred_pairs_it_says_how_many_are_missing() -> None:
    """A dash and the number, and no figure of a session's mean."""
    found = section(SIGNALS._replace(quality=Quality(99, 100, 60)), (), SESSION)
    assert found.count("needs 1 more pair<") == 2
    assert "Mean IC" not in found
    few = SIGNALS._replace(quality=QUALITY._replace(pairs=99))
    assert "Rank IC of 20 sessions" not in section(few, PAST, SESSION)
    assert "needs 97 more pairs<" in section(SIGNALS._replace(quality=Quality(3, 100, 2)), (), SESSION)


def test_the_sessions_points_are_apart_and_all_at_most_some_hundreds() -> None:
    """The session's own three in their own colour; the newest of the others up to three hundred in all."""
    many = SignalSession("2025-01-16", tuple(Pair("A", 0.01, 0.02) for _ in range(500)), None)
    found = section(SIGNALS, (many,), SESSION)
    own = found.split('class="dots latest" d="')[1].split('"')[0]
    earlier = found.split('class="dots earlier" d="')[1].split('"')[0]
    assert own.count("M") == 3
    assert earlier.count("M") == MOST_POINTS - 3
    assert "300 pairs, 3 of this session" in found


def test_the_line_goes_through_the_sessions_that_have_one() -> None:
    """Oldest first, the session's own last; of one point there is none."""
    found = section(SIGNALS, PAST, SESSION)
    assert "From +0.15 on 2025-01-13 to +0.03 on 2025-01-17, 4 sessions." in found
    alone = SIGNALS._replace(quality=QUALITY._replace(recent_ic=None))
    assert "Rank IC of 20 sessions" not in section(alone, PAST[:1], SESSION)
    fallen = SIGNALS._replace(quality=QUALITY._replace(recent_ic=Decimal("-0.5")))
    assert "to −0.50 on" in section(fallen, PAST, SESSION)
    for ic, shown in (("-1", "−1.00"), ("-0.001", "0.00"), ("1", "+1.00")):
        ended = SIGNALS._replace(quality=QUALITY._replace(recent_ic=Decimal(ic)))
        assert f"to {shown} on" in section(ended, PAST, SESSION), ic


def test_a_pair_that_does_not_count_says_so() -> None:
    """Right and wrong have signs and words, never the colour alone."""
    found = section(SIGNALS, PAST, SESSION)
    assert "✓</b> right" in found
    assert "✕</b> wrong" in found
    assert "made with --again: not counted" in found


def test_a_session_without_pairs_says_why() -> None:
    """And draws nothing where there are none before either."""
    none = SIGNALS._replace(pairs=(), reason="no attempt of the session before, <b>, has arrival prices")
    found = section(none, (), SESSION)
    assert "&lt;b&gt;, has arrival prices." in found
    assert "<svg" not in found.replace('<svg class="plot" role="img" aria-labelledby="ic', "")
