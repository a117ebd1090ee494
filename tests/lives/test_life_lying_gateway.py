"""Random lives of a lying gateway and a truthful broker: what is stated is true, or null with a reason."""

import os

import pytest
from lives.lying_life import LyingLife
from support.life import Life

COUNT = int(os.environ.get("LYING_LIVES", "5"))
"""How many lives are played; the seeds are always the same, from 0."""
SESSIONS = 8


@pytest.mark.parametrize("seed", range(COUNT))
def test_what_is_stated_is_the_brokers_or_not_known(life: Life, seed: int) -> None:
    """Every figure to the cent, or null with a reason; the residual is nothing; one order a session."""
    lived = LyingLife(life, seed)
    lived.play(SESSIONS)
    assert lived.counts["compared"] > SESSIONS / 2, lived.counts
