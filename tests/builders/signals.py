"""How right signals were, as results state it."""

from decimal import Decimal

from paper_run.book.signals import Interval, Pair, Quality
from paper_run.model.signals import SignalPair, Signals, SignalSession

QUALITY = Quality(
    pairs=132,
    minimum=100,
    hits=73,
    hit_rate=Decimal("0.553030"),
    interval=Interval(Decimal("0.467910"), Decimal("0.635152")),
    rank_ic=Decimal("0.133209"),
    ranked=132,
    recent_ic=Decimal("0.031064"),
    mean_ic=Decimal("0.041000"),
    ic_t=Decimal("1.870000"),
    sessions=44,
)
SIGNALS = Signals(
    quality=QUALITY,
    predicted_in="2025-01-16",
    pairs=(
        SignalPair("AAPL", Decimal("0.0123"), Decimal("0.0041000000"), True),
        SignalPair("MSFT", Decimal("-0.0050"), Decimal("0.0020000000"), True),
        SignalPair("MSFT", Decimal("-0.0060"), Decimal("0.0010000000"), False),
    ),
    session_ic=None,
    reason=None,
)
"""A pair that was right, one that was wrong, and one that does not count."""
PAST = tuple(
    SignalSession(f"2025-01-{day:02}", (Pair("AAPL", 0.01, -0.002),), Decimal("0.05") * (day - 10))
    for day in (15, 14, 13)
)
"""Three sessions before, the newest first."""
