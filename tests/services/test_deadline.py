"""The one deadline of a command."""

import math

import pytest

from paper_run.services.deadline import AFTER, BEFORE, Deadline


class Now:
    """A monotonic clock that is set by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def now() -> Now:
    return Now()


def test_all_that_is_waited_for_is_nine_seconds(now: Now) -> None:
    """Reads before and after that take all their time leave the mail two seconds and the heartbeat one."""
    deadline = Deadline(now)
    for seconds in (BEFORE, AFTER):
        deadline.begin(seconds)
        assert deadline.left(100) == seconds
        assert deadline.left(1) == 1
        now.at += seconds
        assert deadline.left(100) == 0
    mail = deadline.for_mail()
    now.at += mail
    assert (mail, deadline.for_heartbeat()) == (2, 1)
    assert BEFORE + AFTER + mail + 1 == 9


def test_what_was_not_needed_is_the_mails(now: Now) -> None:
    """But for the heartbeat's second; and a command that only mails has eight."""
    assert Deadline(now).for_mail() == 8
    deadline = Deadline(now)
    deadline.begin(BEFORE)
    now.at += 0.5
    assert (deadline.for_mail(), deadline.for_heartbeat()) == (7.5, 8.5)


def test_mail_and_heartbeat_have_their_least(now: Now) -> None:
    """However long a slow machine took."""
    deadline = Deadline(now)
    deadline.begin(BEFORE)
    now.at += 60
    assert (deadline.for_mail(), deadline.for_heartbeat()) == (2, 1)


def test_anothers_lock_does_not_count(now: Now) -> None:
    """It is waited for with pauses that take nothing from the rest."""
    deadline = Deadline(now)
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        now.at += seconds

    deadline.uncounted(pause)(60)
    deadline.begin(BEFORE)
    assert (paused, deadline.left(math.inf), deadline.for_mail()) == ([60], BEFORE, 8)


def test_the_orchestrations_time_does_not_count(now: Now) -> None:
    """Nor is a call within it bounded; phases begun in it end with it."""
    deadline = Deadline(now)
    deadline.begin(BEFORE)
    now.at += 1
    with deadline.stopped():
        assert deadline.left(77) == 77
        deadline.begin(AFTER)
        now.at += 300
    assert deadline.left(math.inf) == BEFORE - 1
    assert deadline.for_mail() == 7


def test_many_orders_have_more_time(now: Now) -> None:
    """Each above a hundred ten milliseconds."""
    deadline = Deadline(now)
    deadline.begin(AFTER, orders=100)
    assert deadline.left(math.inf) == AFTER
    deadline.begin(AFTER, orders=500)
    assert deadline.left(math.inf) == AFTER + 4
