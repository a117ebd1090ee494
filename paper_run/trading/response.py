"""The answer to the one POST, by what it proves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DependencyError, OrchestrationError
from paper_run.services import wire
from paper_run.services.answer import NeverSent, UnreadableAnswer
from paper_run.services.auth import UNAUTHORIZED
from paper_run.services.orchestrator import read_orchestration
from paper_run.trading.conclude import contradicts_itself, has_ended, placed_nothing

if TYPE_CHECKING:
    from collections.abc import Callable

    from paper_run.errors import PaperRunError
    from paper_run.model.order import Orchestration
    from paper_run.model.service import ServiceUrl
    from paper_run.services.answer import Answer, CallFailed

PLACED_NOTHING = frozenset({401, 403, 404, 405, 413, 415, 422, 429})
"""Answers that a service gives before it starts; any other failure may come after orders were placed.

To a signed request 401 and 403 are not: a proxy may have sent it twice, and the second copy's nonce is used.
"""


class Run(NamedTuple):
    """The orchestrator answered with a run."""

    orchestration: Orchestration
    answer: str


class PlacedNothing(NamedTuple):
    """Provably no order was placed; the day may be tried again."""

    error: PaperRunError


class Lost(NamedTuple):
    """Whether it traded is not known; it must not be asked again.

    `over` tells that the orchestrator itself has answered, so that it works on it no longer.
    """

    reason: str
    over: bool = False
    run_id: str | None = None


Verdict = Run | PlacedNothing | Lost


def judge_answer(answer: Answer, url: ServiceUrl, knew_run: Callable[[str], bool]) -> Verdict:
    """Read the answer to the POST by the closed list of what proves that nothing was placed.

    :param knew_run: whether a run was there before: an answer that states it is not this POST's.
    """
    if answer.status == 200:
        return _judge_run(answer, knew_run)
    words = wire.refusal(answer)
    if answer.status == 503 and _is_kill_switch(answer):
        return PlacedNothing(
            OrchestrationError(
                "Trading is halted by the kill switch",
                f"The Orchestrator at {url} {words}. No order was placed.",
                remedies=(
                    "Ask whoever engaged it; when it is released, run again: the session is still open.",
                ),
            )
        )
    is_refused = answer.status in PLACED_NOTHING - (UNAUTHORIZED if answer.signed else frozenset())
    if is_refused or (answer.status == 400 and _names_date_format(wire.reason(answer))):
        return PlacedNothing(
            OrchestrationError(
                "The orchestrator refused the run",
                f"The Orchestrator at {url} {words}. No order was placed.",
                remedies=_remedies(answer.status),
            )
        )
    # What an error names may be somebody else's run, such as one in progress.
    named = _run_id_in(answer.body) if 200 < answer.status < 300 else None
    return Lost(words, over=answer.status in (400, 500), run_id=_new(named, knew_run))


def _judge_run(answer: Answer, knew_run: Callable[[str], bool]) -> Run | Lost:
    try:
        run = read_orchestration(answer)
    except UnreadableAnswer as error:
        return Lost(error.reason, over=True, run_id=_new(_run_id_in(answer.body), knew_run))
    if knew_run(run.run_id):
        return Lost(f"answered with run {run.run_id}, which was there before")
    if has_ended(run) and (why := leaves_open(run)) is not None:
        return Lost(why, over=True, run_id=run.run_id)
    return Run(run, answer.kept())


def judge_failure(error: CallFailed, url: ServiceUrl, knew_run: Callable[[str], bool]) -> Verdict:
    """Read a POST that got no answer: only one that provably never left placed nothing."""
    if isinstance(error, NeverSent):
        return PlacedNothing(
            DependencyError(
                "Orchestrator unavailable",
                f"The Orchestrator at {url} {error.reason} when the run was to be sent. No order was placed.",
                remedies=("Start it again and run again: the session is still open.",),
            )
        )
    return Lost(error.reason, run_id=_new(_run_id_in(error.received), knew_run))


def run_of(verdict: Verdict) -> str | None:
    """Return the id of the run that an answer is about, as far as it tells one."""
    if isinstance(verdict, Run):
        return verdict.orchestration.run_id
    return verdict.run_id if isinstance(verdict, Lost) else None


def state_of(run: Orchestration) -> str:
    """Return the state of an attempt whose run ended so."""
    return "nothing" if placed_nothing(run) else "answered"


def leaves_open(run: Orchestration) -> str | None:
    """Say that a run that has ended does not tell what it placed; None: it does."""
    if not contradicts_itself(run):
        return None
    counted = run.num_orders_submitted
    counts = "does not say how many orders it placed" if counted is None else f"counts {counted} orders"
    return (
        f"answered with run {run.run_id}, which ended as {run.status}, {counts} and does not show each of "
        "them with its side and quantity"
    )


def _new(run_id: str | None, knew_run: Callable[[str], bool]) -> str | None:
    return None if run_id is None or knew_run(run_id) else run_id


def _run_id_in(body: bytes) -> str | None:
    """Return the run id that a broken answer still shows."""
    seen = re.search(rb'"run_id"\s*:\s*"([0-9A-Za-z-]{1,64})"', body)
    return seen[1].decode() if seen else None


def _is_kill_switch(answer: Answer) -> bool:
    detail = wire.detail(answer)
    words = f"{detail.get('error')} {detail.get('message')}".lower()
    return (
        "engaged_at" in detail or "engaged_by" in detail or re.search(r"kill[ _-]?switch", words) is not None
    )


def _names_date_format(said: str) -> bool:
    return "date format" in said.lower()


def _remedies(status: int) -> tuple[str, ...]:
    if status in UNAUTHORIZED:
        return (
            "If its operator demands a signature, set PAPER_RUN_SIGN_ORCHESTRATOR=1 beside the secret, then "
            "run again: the session is still open.",
        )
    if status in (404, 405):
        return ("Check --orchestrator-url (ORCHESTRATOR_URL): it must be the base of the orchestrator.",)
    if status == 429:
        return ("Wait a little, then run again: the session is still open.",)
    return ("Correct what it names, then run again: the session is still open.",)
