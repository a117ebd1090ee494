"""Earlier attempts of which not all is known: each later command looks again and records what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import Remedy
from paper_run.model import findings, messages, reading_messages, result_json
from paper_run.model.calendar import exchange_time
from paper_run.model.commands import ours
from paper_run.services.orchestrator import recorded_orchestration
from paper_run.trading import kept_answers, lookup, response
from paper_run.trading.account import order_outcomes
from paper_run.trading.at_broker import AtBroker, found_at_broker
from paper_run.trading.conclude import has_ended
from paper_run.trading.doubtful import DoubtLook
from paper_run.trading.restatement import (
    also,
    identities,
    restate,
    run_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from paper_run.errors import PaperRunError
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.calendar import Calendar
    from paper_run.model.findings import Finding
    from paper_run.model.order import Orchestration
    from paper_run.services.platform import Platform


def look_again(
    ledger: Ledger,
    platform: Platform,
    calendar: Calendar,
    now: datetime,
    *,
    tell: Callable[[str], None],
    is_heard: bool,
) -> list[AttemptRow]:
    """Look once at every attempt of which not all is known; return those of which more is known now.

    An answer that was kept and not recorded is brought in first. A service that does not answer is asked once
    and no more; it tells nothing and is no error here.

    :param now: of any zone; the record has the exchange's.
    :param tell: told what is nobody's of ours. :param is_heard: whether the platform can be asked.
    """
    when = f"on {exchange_time(now, ledger.account.exchange).isoformat(sep=' ', timespec='seconds')}"
    look = _Look(ledger, platform, AtBroker(ledger, platform.broker, calendar), when, is_heard=is_heard)
    found = [look.at_kept(each) for each in kept_answers.readable(ledger.folder)]
    found += [look.at(row) for row in ledger.attempts.incomplete()]
    found += [look.doubts.at(row) for row in ledger.attempts.doubtful()]
    for text in look.doubts.strangers:
        tell(text)
    return [row for row in found if row is not None]


class _Look:
    """One look at every such attempt; whoever does not answer is not asked again.

    :ivar doubts: the look at the orders in doubt; it knows whether the gateway answers.
    """

    def __init__(
        self, ledger: Ledger, platform: Platform, broker: AtBroker, when: str, *, is_heard: bool
    ) -> None:
        self._ledger = ledger
        self._platform = platform
        self._broker = broker
        self._when = when
        self._orchestrator_silent = not is_heard
        self.doubts = DoubtLook(ledger, platform, broker, when, is_heard=is_heard)

    def at_kept(self, each: kept_answers.Pending) -> AttemptRow | None:
        """Bring the answer that a command kept, and could not record, into the ledger.

        It answers this very request, and takes the place of a run that was found for it. One that says less
        than the ledger knows is put by; one of another ledger's attempt is left, and one that the ledger
        can't take yet.
        """
        row = self._ledger.attempts.by_key(each.key)
        if row is None:
            return None
        verdict = response.judge_answer(
            each.answer,
            self._platform.orchestrator.url,
            lambda run_id: (
                row.snapshot.listed_before(run_id)
                or (run_id != row.run_id and self._ledger.attempts.knows_run(run_id))
            ),
        )
        now, is_taken = self._with_answer(row, verdict, response.run_of(verdict))
        if is_taken:
            kept_answers.take(self._ledger.folder, each.key)
        return now if now.version != row.version else None

    def _with_answer(
        self, row: AttemptRow, verdict: response.Verdict, run_id: str | None
    ) -> tuple[AttemptRow, bool]:
        """Return the attempt with an answer, and whether the ledger has all that the answer proves."""
        how = f"its answer, which was kept, was read {self._when}"
        if isinstance(verdict, response.PlacedNothing):
            if row.state == "nothing":
                return row, True
            now = restate(
                row,
                self._ledger,
                run=None,
                state="nothing",
                status="failed",
                how_known=how,
                failed=(verdict.error,),
            )
            return now, True
        if run_id is None or (run_id == row.run_id and row.answer is not None):
            return row, True
        ended = _ended(verdict)
        if ended is None and row.outcome_unknown and row.run_id is None:
            return self._ledger.attempts.name_run(row, run_id), True
        ended = ended or self._seen(row, run_id)
        if ended is None:
            return row, run_id == row.run_id
        now = adopt(row, ended.orchestration, ended.answer, how, self._ledger, self._platform)
        return now, now.run_id == run_id or response.state_of(ended.orchestration) == "nothing"

    def at(self, row: AttemptRow) -> AttemptRow | None:
        """Look for an attempt's run, or read the orders of one whose run is known."""
        if row.state == "answered" and row.answer is not None:
            if self.doubts.is_gateway_silent:
                return None
            how = also(row.how_known, f"its orders were read {self._when}")
            run = recorded_orchestration(row.answer)
            finished = _with_orders(row, run, None, how, self._ledger, self._platform)
            self.doubts.is_gateway_silent = finished.state == "answered"
            return None if self.doubts.is_gateway_silent else finished
        return self._at_orchestrator(row) or self._at_broker(row)

    def _seen(self, row: AttemptRow, run_id: str | None) -> lookup.Found | None:
        """Return the run of an attempt, by its id where that is known; None: it can't be told."""
        if self._orchestrator_silent:
            return None
        orchestrator, knows_run = self._platform.orchestrator, self._ledger.attempts.knows_run
        seen = lookup.look(row.snapshot, run_id, orchestrator, knows_run)
        if isinstance(seen, lookup.Found):
            return seen
        self._orchestrator_silent = seen.silent
        return None

    def _at_orchestrator(self, row: AttemptRow) -> AttemptRow | None:
        seen = self._seen(row, row.run_id)
        if seen is None:
            return None
        rivals = [
            each for each in self._ledger.attempts.incomplete() if each.outcome_unknown and each.id != row.id
        ]
        if row.run_id is None and any(lookup.fits_too(seen, each.snapshot) for each in rivals):
            return None
        how = f"run {seen.orchestration.run_id} was found {self._when}"
        return adopt(row, seen.orchestration, seen.answer, how, self._ledger, self._platform)

    def _at_broker(self, row: AttemptRow) -> AttemptRow | None:
        """Take what the broker shows of an attempt: found so far, until a look after the close ends it."""
        placed = self._broker.placed(row)
        if placed is None or not placed.states or not (placed.fresh or placed.is_over):
            return None
        stated = result_json.decode(row.document)
        return restate(
            row,
            self._ledger,
            run=run_of(row, placed.states),
            state="closed" if placed.is_over else "unsettled",
            status=None if placed.is_over else "unknown",
            how_known=f"{found_at_broker(placed)}, {self._when}",
            states=placed.states,
            failed=() if placed.is_over else messages.recorded(stated.findings, stated.exit_status),
            found=(findings.warning("found_at_broker", f"{found_at_broker(placed)}."),),
        )


def _ended(verdict: response.Verdict) -> lookup.Found | None:
    """Return the run that an answer states, if it has ended."""
    if not isinstance(verdict, response.Run) or not has_ended(verdict.orchestration):
        return None
    return lookup.Found(verdict.orchestration, verdict.answer)


def adopt(
    row: AttemptRow, run: Orchestration, answer: str, how: str, ledger: Ledger, platform: Platform
) -> AttemptRow:
    """Take a run for the one that an attempt asked for, and read its orders."""
    if response.state_of(run) == "nothing":
        return restate(row, ledger, run=run, answer=answer, state="nothing", how_known=how)
    return _with_orders(row, run, answer, how, ledger, platform)


def _not_of(run: Orchestration, row: AttemptRow, ledger: Ledger) -> tuple[Finding, ...]:
    """Say which orders were taken for a run's, before it was known, that it does not show."""
    beside = sorted(set(ledger.orders.order_states(row)) - set(identities(run)))
    return tuple(
        findings.warning(
            "found_beside",
            f"Order {identity} was taken for one of {row.name}, and run {run.run_id} does not show it: it is "
            "another caller's, and in the book.",
            subject=identity,
            remedies=(
                Remedy("Take it out of the book", ours("resolve", "--order", identity, "--not-filled")),
            ),
        )
        for identity in beside
    )


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
        row,
        ledger,
        run=run,
        answer=answer,
        state="closed",
        how_known=how,
        states=after.states,
        failed=found,
        found=_not_of(run, row, ledger),
    )
