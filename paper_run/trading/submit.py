"""One attempt: the journal row, the POST, the wait, the orders; each fact is recorded as it comes."""

from __future__ import annotations

import contextlib
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError, PaperRunError
from paper_run.ledger.results import ANSWERS
from paper_run.model import findings, messages
from paper_run.model.attempt import LEAVES_WITHIN
from paper_run.model.termination import PATIENCE, undisguised
from paper_run.services.answer import CallFailed, HeldBack
from paper_run.services.orchestrator import read_orchestration
from paper_run.trading import kept_answers, response, restatement
from paper_run.trading.conclude import UNREAD, has_ended
from paper_run.trading.underway import AttemptUnderway, Means

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paper_run.ledger.outbox import ChannelName
    from paper_run.model.attempt import AttemptRow, Snapshot
    from paper_run.model.order import Orchestration
    from paper_run.trading.conclude import Known

_FIRST_LOOK, _LOOKS_GROW, _LONGEST_PAUSE = 0.5, 1.5, 5.0
_LOOK_SECONDS, _SEARCH_PAST_TIMEOUT = 5.0, 10.0
_BROKEN_LOOKS = 3


class AttemptEnd(NamedTuple):
    """An attempt's result as JSON text, the failures to be shown with it, earlier attempts stated anew."""

    document: str
    failures: tuple[PaperRunError, ...]
    restated: tuple[AttemptRow, ...] = ()


def submit(
    snapshot: Snapshot,
    means: Means,
    *,
    number: int,
    timeout: Decimal,
    after: int | None = None,
    channels: Sequence[ChannelName] = (),
) -> AttemptEnd:
    """Have the orchestrator trade once and record what comes of it, fact by fact.

    :param timeout: seconds that the orchestration may take.
    :param after: the session's newest row when a person asked to trade once more; None: nobody did.
    :param channels: by which a message about it is to be queued.
    :raises DataError: the journal row could not be written, or its ledger was replaced; nothing was sent.
        Whatever happens afterwards ends in an AttemptEnd.
    :raises OrchestrationError: another command trades the session; nothing was sent.
    """
    attempt = AttemptUnderway(snapshot, number, means)
    sending = _Sending(attempt, means, timeout)
    sending.begin(after=after, channels=channels)
    try:
        with undisguised():
            with means.platform.deadline.stopped():
                sending.orchestrate()
            attempt.observe()
    except KeyboardInterrupt:
        sending.interrupted()
    except Exception as error:
        if not sending.asked:
            raise
        if isinstance(error, DataError):  # the ledger could not be read; what is known is still stated
            attempt.unwritten.append(error)
        else:
            sending.broken.append(messages.broke_behind_the_post(error))
    return sending.end()


class _Sending:
    """An attempt's way: sent, waited for and followed.

    :ivar asked: whether the POST may have left. :ivar is_kept: whether its answer lies beside the ledger.
    :ivar is_taken: whether all that the answer proves is recorded. :ivar leaves_by: on the clock of boottime.
    """

    def __init__(self, attempt: AttemptUnderway, means: Means, timeout: Decimal) -> None:
        self.attempt = attempt
        self.platform, self.ledger, self.clock, self.progress, self.calendar, _ = means
        self.timeout = timeout
        self.broken: list[PaperRunError] = []
        self.asked = self.is_kept = self.is_taken = False
        self.leaves_by = 0.0
        self._folder = self.ledger.folder
        self._urls = (self.platform.orchestrator.url, self.platform.execution_gateway.url)

    def begin(self, *, after: int | None, channels: Sequence[ChannelName]) -> None:
        """Write the row that says what is about to be sent; until more is known, its result is unknown."""
        attempt = self.attempt
        self.ledger.refuse_replaced()
        kept_answers.prove_keepable(self._folder)
        cut_off = messages.cut_off(*self._urls, attempt.name)
        attempt.known = attempt.known._replace(failures=(cut_off,))
        self.leaves_by = self.clock.boottime() + LEAVES_WITHIN
        attempt.row = self.ledger.attempts.begin(
            attempt.known.snapshot,
            number=attempt.known.number,
            key=str(uuid.uuid4()),
            started_at=attempt.known.started_at,
            document=attempt.stated(),
            timeout=self.timeout,
            leaves_until=self.ledger.now(self.clock.now) + timedelta(seconds=LEAVES_WITHIN),
            after=after,
            channels=channels,
            annulled=attempt.stated_as_nothing,
        )
        attempt.known = attempt.known._replace(failures=())

    def orchestrate(self) -> None:
        """Send the POST, once, and follow the run to its end."""
        attempt = self.attempt
        self.progress.step(2, "Triggering orchestration run")
        with self.progress.waiting("Waiting for the orchestrator"):
            self._take(self._post())
            self.is_taken = True
        self._heed_sigterm()
        self.progress.run_id(attempt.known.run_id)
        self.progress.step(3, "Waiting for completion")
        result, run = attempt.outcome.result, attempt.known.orchestration
        ended = run.status if run is not None and attempt.known.status is None else result.status
        self.progress.ended(ended, result.totals.duration_seconds or Decimal(0))

    def _post(self) -> response.Verdict:
        """Send it, and keep its answer before anything is made of it."""
        attempt, orchestrator = self.attempt, self.platform.orchestrator
        snapshot = attempt.known.snapshot
        if not snapshot.sandbox:
            with contextlib.suppress(DataError):  # the ledger tells of it
                kept_answers.ask(self._folder, attempt.row.key, session=snapshot.session)
        with PATIENCE.holding():
            self.asked = True
            try:
                answer = orchestrator.run(
                    snapshot.parameters,
                    idempotency_key=attempt.row.key,
                    seconds=float(self.timeout),
                    held_back=self._held_back,
                )
            except DataError as error:
                self.asked = False
                kept_answers.withdraw(self._folder, attempt.row.key)
                self._take(response.PlacedNothing(error))  # this ledger may be put back
                raise
            except HeldBack:
                self.asked = False
                if PATIENCE.is_asked:
                    raise KeyboardInterrupt from None
                return response.PlacedNothing(messages.not_sent_in_time(snapshot.session))
            except CallFailed as error:
                self._look_at_rehearsal()
                return response.judge_failure(error, orchestrator.url, self._knew_run)
            with contextlib.suppress(DataError):  # told if the ledger can't keep it either
                kept_answers.keep(self._folder, attempt.row.key, answer, session=snapshot.session)
                self.is_kept = True
            self._look_at_rehearsal()
            return response.judge_answer(answer, orchestrator.url, self._knew_run)

    def _held_back(self) -> str | None:
        """Say why the POST may not leave any more: it is late, another day by now, or somebody stops it.

        :raises DataError: the ledger's file was replaced; what whoever opens the other one does is not told.
        """
        snapshot = self.attempt.known.snapshot
        self.ledger.refuse_replaced()
        if PATIENCE.is_asked:
            return "was not asked: this program was told to stop"
        if self.clock.boottime() > self.leaves_by:
            return f"was not asked: more than {LEAVES_WITHIN:g} s had passed since that was journaled"
        if not snapshot.sandbox and self.calendar.session_date(self.clock.now()) != snapshot.session:
            return "was not asked: the exchange's date had changed"
        return None

    def _knew_run(self, run_id: str) -> bool:
        """Whether a run was there before the POST."""
        return self.attempt.known.snapshot.listed_before(run_id) or self.ledger.attempts.knows_run(run_id)

    def _look_at_rehearsal(self) -> None:
        """Ask the gateway right afterwards whether it is in DRY_RUN still."""
        if self.attempt.known.snapshot.rehearsal:
            gateway = self.platform.gateway_health()
            self.attempt.stayed_dry = gateway.healthy and gateway.dry_run

    def _take(self, verdict: response.Verdict) -> None:
        """Record what the answer to the POST proves, and go on from there."""
        attempt = self.attempt
        if isinstance(verdict, response.PlacedNothing):
            attempt.learn("nothing", attempt.known._replace(status="failed", failures=(verdict.error,)))
        elif isinstance(verdict, response.Lost):
            self._lost(verdict)
        elif not has_ended(verdict.orchestration):
            self._follow(verdict)
        else:
            self._ended(verdict.orchestration, verdict.answer)

    def _ended(self, run: Orchestration, answer: str) -> None:
        attempt = self.attempt
        state = response.state_of(run)
        attempt.answer = answer
        known = attempt.known._replace(
            run_id=run.run_id,
            orchestration=run,
            status=None,
            failures=(),
            repeats=self._repeats(run),
            found=(*attempt.known.found, *(() if state == "nothing" else (UNREAD,))),
        )
        attempt.learn(state, known)

    def _repeats(self, run: Orchestration) -> frozenset[str]:
        identities = [each.client_order_id for each in run.mappings if each.client_order_id]
        try:
            owners = self.ledger.orders.owners(identities)
        except DataError as error:  # the ledger is lost, and the answer is here: it is told
            self.attempt.unwritten.append(error)
            return frozenset()
        return frozenset(identity for identity, owner in owners.items() if owner != self.attempt.row.id)

    def _lost(self, verdict: response.Lost) -> None:
        """Look for the run of a lost answer, at least once and up to 10 s past --timeout."""
        from paper_run.trading import lookup

        attempt = self.attempt
        lost = messages.lost(*self._urls, verdict.reason, attempt.name, verdict.run_id)
        attempt.is_over = verdict.over
        known = attempt.known._replace(run_id=verdict.run_id, status="unknown", failures=(lost,))
        attempt.learn("unsettled", known)
        self._heed_sigterm()
        last = attempt.started + float(self.timeout) + _SEARCH_PAST_TIMEOUT
        if verdict.over:  # the orchestrator has answered: its run, if there is one, is written by now
            last = min(last, self.clock.monotonic() + _SEARCH_PAST_TIMEOUT)
        pause, broken = _FIRST_LOOK, 0
        while True:
            known, knows_run = attempt.known, self.ledger.attempts.knows_run
            seen = lookup.look(known.snapshot, known.run_id, self.platform.orchestrator, knows_run)
            if isinstance(seen, lookup.Found):
                words = f"The answer was lost (the orchestrator {verdict.reason}); the run was found."
                attempt.found(findings.warning("found_later", words))
                self._ended(seen.orchestration, seen.answer)
                return
            broken = broken + 1 if seen.broken else 0
            left = last - self.clock.monotonic()
            if left <= 0 or broken >= _BROKEN_LOOKS:
                words = f"The run was looked for at the orchestrator: {seen.reason}."
                attempt.found(findings.warning("looked_for", words))
                attempt.learn("unsettled", self._at_broker())
                return
            if pause == _FIRST_LOOK:
                self.progress.notice(
                    f"The answer was lost: the orchestrator {verdict.reason}. Its list is searched for "
                    f"the run, for {left:.0f} s at most; to stop waiting is safe, nothing is sent again"
                )
            self.clock.pause(min(pause, left))
            pause = min(pause * _LOOKS_GROW, _LONGEST_PAUSE)

    def _at_broker(self) -> Known:
        """Return what is known with what the broker shows of the run; more may come: nothing is counted."""
        from paper_run.trading.at_broker import AtBroker, found_at_broker

        attempt = self.attempt
        placed = AtBroker(self.ledger, self.platform.broker, self.calendar).placed(attempt.row)
        if placed is None or not placed.fresh:
            return attempt.known
        words = found_at_broker(placed)
        self.progress.notice(f"Its orders were {words}")
        attempt.found(findings.warning("found_at_broker", f"{words}."))
        run = restatement.run_of(attempt.row, placed.states)
        return attempt.known._replace(orchestration=run, states=placed.states)

    def _follow(self, verdict: response.Run) -> None:
        """Follow a run that says `running` until it ends or --timeout passes."""
        attempt, run_id = self.attempt, verdict.orchestration.run_id
        late = messages.timed_out(run_id, self.timeout, attempt.name)
        attempt.answer = verdict.answer
        run = verdict.orchestration
        known = attempt.known._replace(run_id=run_id, orchestration=run, status="timeout", failures=(late,))
        attempt.learn("unsettled", known)
        self._heed_sigterm()
        pause, deadline = _FIRST_LOOK, attempt.started + float(self.timeout)
        while (left := deadline - self.clock.monotonic()) > 0:
            self.clock.pause(min(pause, left))
            pause = min(pause * _LOOKS_GROW, _LONGEST_PAUSE)
            try:
                seconds = min(_LOOK_SECONDS, max(left, 0.1))
                answer = self.platform.orchestrator.run_by_id(run_id, seconds=seconds)
                seen = read_orchestration(answer) if answer else None
            except CallFailed as error:
                words = f"The orchestrator could not be asked for run {run_id}: it {error.reason}."
                attempt.found(findings.warning("looked_for", words))
                continue
            if answer and seen and seen.run_id == run_id and has_ended(seen):
                if (why := response.leaves_open(seen)) is not None:
                    attempt.known = attempt.known._replace(orchestration=None)
                    attempt.answer = None
                    self._lost(response.Lost(why, over=True, run_id=run_id))
                else:
                    self._ended(seen, answer.kept())
                return
        attempt.learn("unsettled", attempt.known)

    def _heed_sigterm(self) -> None:
        """Stop now, if this program was told to while it waited for the answer: that is recorded."""
        if PATIENCE.is_asked:
            raise KeyboardInterrupt

    def interrupted(self) -> None:
        """Record that the wait was broken off; a run that has ended keeps its own status."""
        attempt = self.attempt
        if not self.asked:
            stopped = messages.interrupted_before()
            attempt.learn("nothing", attempt.known._replace(status="interrupted", failures=(stopped,)))
            return
        broken_off = messages.interrupted(*self._urls, attempt.known.run_id, attempt.name)
        if attempt.state in ("answered", "closed", "nothing"):
            attempt.learn(
                attempt.state, attempt.known._replace(failures=(*attempt.known.failures, broken_off))
            )
            if attempt.is_superseded:  # the record is whole already
                self.broken.append(broken_off)
        else:
            attempt.learn("unsettled", attempt.known._replace(status="interrupted", failures=(broken_off,)))

    def end(self) -> AttemptEnd:
        """Return the result and every failure, the ledger's own included; put the answer by that it has."""
        attempt = self.attempt
        own = attempt.recorded_failures() if attempt.is_superseded else attempt.outcome.failures
        found = (*own, *attempt.unwritten[:1], *self.broken)
        if self.asked and attempt.unwritten and attempt.known.orchestration is not None:
            where = ANSWERS if self.is_kept else None
            found = (*found, messages.not_recorded(attempt.known.orchestration, where, attempt.name))
        elif self.is_kept and not attempt.unwritten and (self.is_taken or not attempt.row.outcome_unknown):
            try:
                kept_answers.take(self._folder, attempt.row.key)
            except DataError:
                pass  # it is brought in once more, to no effect
            except Exception as error:
                found = (*found, messages.broke_behind_the_post(error))
        return AttemptEnd(attempt.document, found, attempt.restated)
