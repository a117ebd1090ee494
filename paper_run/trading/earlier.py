"""Earlier attempts of which not all is known: each later command looks again and records what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import money
from paper_run.model import reading_messages, result_json
from paper_run.model.calendar import exchange_time
from paper_run.model.order import Orchestration
from paper_run.services.orchestrator import recorded_orchestration
from paper_run.trading import lookup, order_outcomes, pending, response
from paper_run.trading.conclude import has_ended, with_adopted
from paper_run.trading.restating import also, identities, restate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from paper_run.errors import PaperRunError
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.order import OrderState, SignalOrder
    from paper_run.services.platform import Observations, Platform


def look_again(
    ledger: Ledger,
    platform: Platform,
    now: datetime,
    *,
    tell: Callable[[str], None] = lambda _: None,
    is_heard: bool = True,
) -> list[AttemptRow]:
    """Look once at every attempt of which not all is known; return those of which more is known now.

    An answer that was kept and not recorded is brought in first. A service that does not answer is asked once
    and no more; it tells nothing and is no error here.

    :param now: of any zone; the record has the exchange's.
    :param tell: told what is nobody's of ours. :param is_heard: whether the platform can be asked.
    """
    when = f"on {exchange_time(now, ledger.account.exchange).isoformat(sep=' ', timespec='seconds')}"
    look = _Look(ledger, platform, when)
    found = [look.at_kept(each) for each in pending.found(ledger.path.parent)]
    if is_heard:
        found += [look.at(row) for row in ledger.attempts.incomplete()]
        found += [look.at_doubts_of(row) for row in ledger.attempts.doubtful()]
    for text in look.strangers:
        tell(text)
    return [row for row in found if row is not None]


class _Look:
    """One look at every such attempt; whoever does not answer is not asked again."""

    def __init__(self, ledger: Ledger, platform: Platform, when: str) -> None:
        self._ledger = ledger
        self._platform = platform
        self._when = when
        self._orchestrator_silent = self._gateway_silent = False
        self.strangers: list[str] = []

    def at_kept(self, each: pending.Pending) -> AttemptRow | None:
        """Bring the answer that a command kept, and could not record, into the ledger.

        One that says less than the ledger knows already is dropped; one of another ledger's attempt is left.
        """
        row = self._ledger.attempts.by_key(each.key)
        if row is None:
            return None
        written = None if row.answer is not None else self._with_answer(row, each)
        pending.drop(self._ledger.path.parent, each.key)
        return written

    def _with_answer(self, row: AttemptRow, each: pending.Pending) -> AttemptRow | None:
        knew = row.snapshot.known_runs or ()
        url = self._platform.orchestrator.url
        verdict = response.judge_answer(
            each.answer, url, lambda run_id: run_id in knew or self._ledger.attempts.knows_run(run_id)
        )
        how = f"its answer, which was kept, was read {self._when}"
        if isinstance(verdict, response.PlacedNothing):
            if not row.outcome_unknown:
                return None
            return restate(
                row,
                self._ledger,
                run=None,
                state="nothing",
                status="failed",
                how_known=how,
                failed=(verdict.error,),
            )
        if isinstance(verdict, response.Run) and has_ended(verdict.orchestration):
            return adopt(row, verdict.orchestration, verdict.answer, how, self._ledger, self._platform)
        run_id = verdict.run_id if isinstance(verdict, response.Lost) else verdict.orchestration.run_id
        if run_id is not None and row.outcome_unknown and row.run_id is None:
            return self._ledger.attempts.name_run(row, run_id)
        return None

    def at(self, row: AttemptRow) -> AttemptRow | None:
        """Look for an attempt's run, or read the orders of one whose run is known."""
        if row.state == "answered" and row.answer is not None:
            if self._gateway_silent:
                return None
            how = also(row.how_known, f"its orders were read {self._when}")
            run = recorded_orchestration(row.answer)
            finished = _with_orders(row, run, None, how, self._ledger, self._platform)
            self._gateway_silent = finished.state == "answered"
            return None if self._gateway_silent else finished
        if self._orchestrator_silent:
            return None
        seen = lookup.look(
            row.snapshot, row.run_id, self._platform.orchestrator, self._ledger.attempts.knows_run
        )
        if isinstance(seen, lookup.NotFound):
            self._orchestrator_silent = seen.silent
            return None
        rivals = [
            each for each in self._ledger.attempts.incomplete() if each.outcome_unknown and each.id != row.id
        ]
        if row.run_id is None and any(lookup.fits_too(seen, each.snapshot) for each in rivals):
            return None
        how = f"run {seen.orchestration.run_id} was found {self._when}"
        return adopt(row, seen.orchestration, seen.answer, how, self._ledger, self._platform)

    def at_doubts_of(self, row: AttemptRow) -> AttemptRow | None:
        """Ask for an attempt's orders in doubt by their computed ids."""
        if self._gateway_silent:
            return None
        run, states = as_recorded(row, self._ledger)
        strategy = run.strategy or row.snapshot.health[-1].strategy
        wanted = lookup.doubtful_ids(run.mappings, row.snapshot, strategy)
        named = _in_doubt(run, states, row)
        asked = {each: known for each, known in order_outcomes.asked(run.mappings).items() if each in named}
        seen = self._platform.find_orders((*wanted, *named), seconds=lookup.LOOK_SECONDS, asked=asked)
        self._gateway_silent = seen.silent
        found = self._found(row, wanted, {each: seen.states[each] for each in wanted if each in seen.states})
        moved = {
            each: seen.states[each]
            for each in named
            if each in seen.states and seen.states[each] != states.get(each)
        }
        # An earlier version may have called rejected what nothing proves to be.
        is_news = set(named) != _stated_in_doubt(row)
        if not found and not moved and not is_news:
            return None
        names = ", ".join(f"{state.symbol} as {identity}" for identity, state in {**found, **moved}.items())
        how = also(row.how_known, f"the gateway was found to have {names}, {self._when}") if names else None
        written = restate(
            row,
            self._ledger,
            run=run,
            state="closed",
            how_known=how,
            states={**states, **found, **moved},
            is_valued=not is_news,
        )
        self._ledger.open_orders.follow_again(moved)
        return written

    def _found(
        self, row: AttemptRow, wanted: Mapping[str, SignalOrder], states: Mapping[str, OrderState]
    ) -> dict[str, OrderState]:
        """Return which of the gateway's orders are the ones in doubt; a stranger's is only named."""
        owned = self._ledger.orders.owners(states)
        ours = {each.id for each in self._ledger.attempts.of_session(row.session) if each.id != row.id}
        repeated = {identity for identity, owner in owned.items() if owner in ours}
        for identity, state in lookup.strangers(wanted, states, row.snapshot, owned).items():
            self.strangers.append(
                f"The gateway has {state.side} {money.digits(state.qty)} {state.symbol} as {identity}, "
                f"created before {row.name} was sent: somebody else's, not the order in doubt."
            )
        next_clock = self._ledger.attempts.next_gateway_clock(row)
        return lookup.adoptable(wanted, states, row.snapshot, next_clock, owned, repeated)


def _in_doubt(run: Orchestration, states: Mapping[str, OrderState], row: AttemptRow) -> list[str]:
    """Return the ids of the orders that have one and are in doubt all the same."""
    rows = order_outcomes.order_rows(run.mappings, states, row.snapshot.parameters)
    ids = [each.client_order_id for each in rows if each.outcome == "in_doubt"]
    return [identity for identity in ids if identity is not None]


def _stated_in_doubt(row: AttemptRow) -> set[str]:
    """Return the ids of the orders that an attempt's result calls in doubt."""
    stated = result_json.decode(row.document).orders
    return {
        each.client_order_id
        for each in stated
        if each.outcome == "in_doubt" and each.client_order_id is not None
    }


def as_recorded(row: AttemptRow, ledger: Ledger) -> tuple[Orchestration, dict[str, OrderState]]:
    """Return an attempt's run as its answer, or the orders a person named, and the orders as last read."""
    own = identities(recorded_orchestration(row.answer)) if row.answer is not None else []
    states = ledger.orders.order_states(row, also=(*own, *stated_ids(row)))
    run = run_of(row, states) if row.answer is None else recorded_orchestration(row.answer)
    return with_adopted(run, states), states


def run_of(row: AttemptRow, states: Mapping[str, OrderState]) -> Orchestration:
    """Put orders that a person named in the place of a run's mappings; signals are not known."""
    return Orchestration(
        run_id=row.run_id or "",
        status="completed",
        strategy=None,
        as_of_date=None,
        started_at=None,
        num_signals=None,
        num_orders_submitted=None,
        num_orders_accepted=None,
        num_orders_rejected=None,
        mappings=tuple(order_outcomes.signal_of(state) for state in states.values()),
        duration_seconds=None,
        error_message=None,
    )


def read_again(ledger: Ledger, after: Observations, now: datetime) -> tuple[AttemptRow, ...]:
    """Write earlier orders as they were read again; return the attempts that had to be stated anew for it.

    Those are the ones of which other orders are in doubt now. To be called in a transaction.

    :param now: of any zone.
    """
    read = after.earlier | after.ended
    ledger.orders.keep_orders(read.values())
    found = []
    for owner in sorted(set(ledger.orders.owners(read).values())):
        row = ledger.attempts.by_id(owner)
        if row.state != "closed" or row.snapshot.rehearsal:
            continue
        run, states = as_recorded(row, ledger)
        before = _stated_in_doubt(row)
        now_open = set(_in_doubt(run, states, row))
        if before == now_open:
            continue
        ended = ", ".join(f"{states[each].symbol} as {each}" for each in sorted(before - now_open))
        when = exchange_time(now, ledger.account.exchange).isoformat(sep=" ", timespec="seconds")
        how = also(row.how_known, f"the gateway told what became of {ended}, on {when}") if ended else None
        found.append(restate(row, ledger, run=run, state="closed", how_known=how, states=states))
    return tuple(found)


def stated_ids(row: AttemptRow) -> list[str]:
    """Return the ids of an attempt's orders as its result states them, those that were found later too."""
    stated = result_json.decode(row.document).orders
    return [each.client_order_id for each in stated if each.client_order_id]


def adopt(
    row: AttemptRow, run: Orchestration, answer: str, how: str, ledger: Ledger, platform: Platform
) -> AttemptRow:
    """Take a run for the one that an attempt asked for, and read its orders."""
    if response.state_of(run) == "nothing":
        return restate(row, ledger, run=run, answer=answer, state="nothing", how_known=how)
    return _with_orders(row, run, answer, how, ledger, platform)


def _with_orders(
    row: AttemptRow, run: Orchestration, answer: str | None, how: str, ledger: Ledger, platform: Platform
) -> AttemptRow:
    """Read the orders of a run that has ended; while the gateway is silent, they stay to be read."""
    after = platform.observe(identities(run), asked=order_outcomes.asked(run.mappings))
    if after.silent:
        if answer is None:
            return row
        return restate(row, ledger, run=run, answer=answer, state="answered", how_known=how)
    found: tuple[PaperRunError, ...] = ()
    if after.unreadable:
        gateway = platform.execution_gateway.url
        found = (reading_messages.gateway_unreadable(gateway, after.unreadable, refusal=after.refusal),)
    return restate(
        row, ledger, run=run, answer=answer, state="closed", how_known=how, states=after.states, failed=found
    )
