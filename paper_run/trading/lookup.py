"""Looking for what a lost answer left behind: a run, or an order, adopted only when nothing else fits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.model.calendar import not_before, read_moment
from paper_run.services.answer import CallFailed, UnreadableAnswer
from paper_run.services.orchestrator import read_orchestration
from paper_run.trading.account import order_ids
from paper_run.trading.conclude import contradicts_itself, fits, has_ended, has_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from paper_run.model.attempt import Snapshot
    from paper_run.model.order import ListedRun, Orchestration, OrderState, SignalOrder
    from paper_run.services.orchestrator import Orchestrator

LOOK_SECONDS = 2.0
_MOST_CANDIDATES = 5
_CLOCK_SLACK = timedelta(seconds=1)  # an HTTP Date has whole seconds


class Found(NamedTuple):
    """The run that the lost answer was about, ended, and the answer that states it."""

    orchestration: Orchestration
    answer: str


class NotFound(NamedTuple):
    """Nothing that may be adopted.

    `silent` tells that the orchestrator did not answer, `broken` that it answered 500, as deployed ones do.
    """

    reason: str
    silent: bool = False
    broken: bool = False


def look(
    snapshot: Snapshot, run_id: str | None, orchestrator: Orchestrator, knows_run: Callable[[str], bool]
) -> Found | NotFound:
    """Look once for the run of a lost answer: by its id when one was seen, else in the list of runs.

    From the list only a run with an order is taken: one without proves nothing about ours.

    :param knows_run: whether some attempt of the ledger owns a run.
    """
    try:
        if run_id is not None:
            return _by_id(orchestrator, run_id)
        listed = orchestrator.runs(seconds=LOOK_SECONDS)
        strategy = _strategy(snapshot, listed)
        candidates = [run for run in listed if _may_be_ours(run, snapshot, strategy, knows_run)]
        found = [
            one
            for run in candidates[:_MOST_CANDIDATES]
            if (one := _ended(orchestrator, run.run_id)) is None
            or _could_be_ours(one.orchestration, snapshot)
        ]
    except UnreadableAnswer as error:
        return NotFound(f"it {error.reason}", broken=True)
    except CallFailed as error:
        return NotFound(f"it {error.reason}", silent=True)
    if len(candidates) > _MOST_CANDIDATES or len(found) > 1:
        names = ", ".join(run.run_id for run in candidates)
        return NotFound(f"more than one of its runs could be this one: {names}")
    if not found:
        return NotFound("it lists no run that could be this one")
    return found[0] or NotFound(f"run {candidates[0].run_id} has not ended")


def _by_id(orchestrator: Orchestrator, run_id: str) -> Found | NotFound:
    found = _ended(orchestrator, run_id)
    if found is None:
        return NotFound(f"run {run_id} has not ended")
    if contradicts_itself(found.orchestration):
        return NotFound(f"run {run_id} counts orders that it does not show")
    return found


def _ended(orchestrator: Orchestrator, run_id: str) -> Found | None:
    answer = orchestrator.run_by_id(run_id, seconds=LOOK_SECONDS)
    if answer is None:
        return None
    run = read_orchestration(answer)
    if run.run_id != run_id or not has_ended(run):
        return None
    return Found(run, answer.kept())


def fits_too(found: Found, snapshot: Snapshot) -> bool:
    """Whether a run that was found for one attempt could be another's as well."""
    run = found.orchestration
    return (
        not snapshot.listed_before(run.run_id)
        and run.as_of_date == snapshot.parameters.as_of_date.isoformat()
        and run.strategy in (None, own_strategy(snapshot) or run.strategy)
        and not_before(run.started_at, snapshot.orchestrator_clock)
        and _could_be_ours(run, snapshot)
    )


def own_strategy(snapshot: Snapshot) -> str | None:
    """Return the strategy that the services said before the POST that they trade."""
    return next((each.strategy for each in reversed(snapshot.health) if each.strategy), None)


def _strategy(snapshot: Snapshot, listed: Iterable[ListedRun]) -> str | None:
    """Return whose runs can be ours, "" where that can't be told: nobody's.

    Where no service said it, it is the one strategy that the orchestrator's list has, if it has but one.
    """
    named = {run.strategy for run in listed}
    return own_strategy(snapshot) or (named.pop() if len(named) == 1 else "")


def _may_be_ours(
    run: ListedRun, snapshot: Snapshot, strategy: str | None, knows_run: Callable[[str], bool]
) -> bool:
    """Tell whether a listed run can be the lost one: unknown before, begun after, same date and strategy."""
    return run.strategy == strategy and may_be_of(run, snapshot) and not knows_run(run.run_id)


def may_be_of(run: ListedRun, snapshot: Snapshot) -> bool:
    """Whether a listed run was not there before a POST, began after it, and is of the same date."""
    return (
        not snapshot.listed_before(run.run_id)
        and run.as_of_date == snapshot.parameters.as_of_date.isoformat()
        and not_before(run.started_at, snapshot.orchestrator_clock)
    )


def _could_be_ours(run: Orchestration, snapshot: Snapshot) -> bool:
    """Whether a run has exactly our symbols and an order, and shows all that it counts."""
    symbols = {mapping.symbol for mapping in run.mappings}
    return symbols == set(snapshot.parameters.symbols) and has_orders(run) and not contradicts_itself(run)


def doubtful_ids(
    mappings: Iterable[SignalOrder], snapshot: Snapshot, strategy: str | None
) -> dict[str, SignalOrder]:
    """Return the ids under which the gateway may have the orders in doubt, and the order each would be."""
    if strategy is None or snapshot.gateway_clock is None:
        return {}
    doubtful = [each for each in mappings if each.client_order_id is None and each.qty is not None]
    return {identity: each for each in doubtful for identity in possible_ids(each, snapshot, strategy)}


def adoptable(
    wanted: Mapping[str, SignalOrder],
    states: Mapping[str, OrderState],
    post: datetime | None,
    next_clock: datetime | None,
    owned: Collection[str],
    repeated: Collection[str] = (),
) -> dict[str, OrderState]:
    """Return the orders of a party that are the ones in doubt, each under its id.

    Symbol, side and quantity agree, and no attempt owns it, or another of the same session: then it is that
    one's order once more. It was created after the POST and before the next attempt's, and it is the only one
    that fits.

    :param wanted: the possible ids. :param post: the party's own time (UTC) before the POST.
    :param next_clock: its time before the next attempt.
    :param repeated: those of the owned ones that another attempt of the same session owns.
    """
    found = {
        identity: state
        for identity, state in states.items()
        if fits(wanted[identity], state)
        and (identity in repeated if identity in owned else was_created_between(state, post, next_clock))
    }
    rivals = [id(wanted[identity]) for identity in found]
    return {identity: state for identity, state in found.items() if rivals.count(id(wanted[identity])) == 1}


def strangers(
    wanted: Mapping[str, SignalOrder],
    states: Mapping[str, OrderState],
    post: datetime | None,
    owned: Collection[str],
) -> dict[str, OrderState]:
    """Return the orders that would be the ones in doubt, were they not there before and nobody's of ours.

    :param post: the party's own time (UTC) before the POST.
    """
    return {
        identity: state
        for identity, state in states.items()
        if identity not in owned and fits(wanted[identity], state) and was_created_before(state, post)
    }


def was_created_before(state: OrderState, post: datetime | None) -> bool:
    """Whether a party has made an order before a POST, by its own clock; not where that is not known."""
    created = read_moment(state.created_at)
    return created is not None and post is not None and created < post - _CLOCK_SLACK


def was_created_between(state: OrderState, post: datetime | None, next_clock: datetime | None) -> bool:
    """Whether a party has made an order after one POST and before the next, by its own clock."""
    created = read_moment(state.created_at)
    if created is None or post is None:
        return False
    return created >= post - _CLOCK_SLACK and (next_clock is None or created < next_clock)


def possible_ids(mapping: SignalOrder, snapshot: Snapshot, strategy: str) -> list[str]:
    """Return the ids that the gateway may have given: both generations, each date it may have had."""
    if mapping.qty is None or mapping.side is None:
        return []
    clock = snapshot.gateway_clock
    today = clock.date() if clock else snapshot.session
    dates = (snapshot.session, *(today + timedelta(days=days) for days in (-1, 0, 1)))
    return order_ids.possible(mapping.symbol, mapping.side, mapping.qty, strategy, dates)
