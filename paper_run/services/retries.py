"""Reads that are asked again: what passes, and how long to wait. Loaded where a first read failed."""

from __future__ import annotations

import email.utils
import random
import time
from typing import TYPE_CHECKING

from tenacity import RetryCallState, Retrying

from paper_run.services.answer import PASSING, Answer, CallFailed, NeverSent, NoAnswer, Untrusted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_LEAST = 0.05
"""Seconds that another call needs at least: cut off at once it would tell less than the one before."""


def until(
    first: Answer | CallFailed,
    again: Callable[[], Answer],
    *,
    ends: float,
    now: Callable[[], float],
    pause: Callable[[float], None],
) -> Answer:
    """Ask again while what comes is a passing failure, and there is time for a pause and another call.

    :param first: what came of the first call. :param ends: when, by `now`, a monotonic clock in seconds.
    :param pause: waits that many seconds.
    :raises CallFailed: no answer came. The last answer there was is returned, be it a 4xx or 5xx: a
        service's own reason says more than a final timeout.
    """
    answers: list[Answer] = []
    known: list[Answer | CallFailed] = [first]

    def call() -> Answer:
        came = known.pop() if known else again()
        if isinstance(came, CallFailed):
            raise came
        answers.append(came)
        return came

    def last_word(state: RetryCallState) -> Answer:
        if answers or state.outcome is None:
            return answers[-1]
        outcome: Answer = state.outcome.result()
        return outcome

    answer: Answer = Retrying(
        retry=_is_passing,
        wait=_pause_before_retry,
        stop=lambda state: now() + state.upcoming_sleep + _LEAST > ends,
        sleep=pause,
        retry_error_callback=last_word,
    )(call)
    return answer


def _is_passing(state: RetryCallState) -> bool:
    outcome = state.outcome
    if outcome is None:
        return False
    if outcome.failed:
        failure = outcome.exception()
        return isinstance(failure, NeverSent | NoAnswer) and not isinstance(failure, Untrusted)
    return outcome.result().status in PASSING


def _pause_before_retry(state: RetryCallState) -> float:
    """Full-jitter exponential back-off, or what the service asks for in Retry-After."""
    if state.outcome is not None and not state.outcome.failed:
        asked = retry_after(state.outcome.result().headers)
        if asked is not None:
            return asked
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (state.attempt_number - 1))
    return random.uniform(longest / 2, longest)  # noqa: S311  a pause is no secret


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, in seconds or as a date; None when absent or unreadable."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, moment.timestamp() - time.time())
