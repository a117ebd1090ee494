"""One trade of a session: the POST, the wait, the orders as they stand, and the result of it all."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from paper_run import failures, money, orders, submission
from paper_run.errors import PaperRunError, worst
from paper_run.models import RunResult
from paper_run.services.transport import CallFailed
from paper_run.session import exchange_time

if TYPE_CHECKING:
    from paper_run.config import Config
    from paper_run.models import Orchestration, OrderState, Prepared, RunStatus
    from paper_run.services.platform import Platform
    from paper_run.watch import Clock, Watch

_FIRST_LOOK, _LOOKS_GROW, _LONGEST_PAUSE = 0.5, 1.5, 5.0
_LOOK_SECONDS = 5.0


class Outcome(NamedTuple):
    """The day's result, and the failures to be shown with it."""

    result: RunResult
    failures: tuple[PaperRunError, ...]


def trade(
    config: Config, prepared: Prepared, platform: Platform, clock: Clock, watch: Watch, *, number: int
) -> Outcome:
    """Have the orchestrator trade once and state what came of it.

    Whatever happens after the POST has begun ends in an Outcome: no failure may lose the record.
    """
    day = _Day(config, prepared, platform, clock, watch, number)
    try:
        day.orchestrate()
        day.read_orders()
    except KeyboardInterrupt:
        day.interrupted()
    return day.outcome()


class _Day:
    """One trade of a session while it happens."""

    def __init__(
        self, config: Config, prepared: Prepared, platform: Platform, clock: Clock, watch: Watch, number: int
    ) -> None:
        self.prepared = prepared
        self.platform = platform
        self.clock = clock
        self.watch = watch
        self.number = number
        self.timeout = config.timeout
        self.timestamp = clock.now()
        self.started = clock.monotonic()
        self.run_id: str | None = None
        self.orchestration: Orchestration | None = None
        self.status: RunStatus | None = None
        self.states: dict[str, OrderState] = {}
        self.warnings: list[str] = list(config.notices)
        self.failures: list[PaperRunError] = []
        self.duration = money.ZERO
        self._urls = (platform.orchestrator.url, platform.execution_gateway.url)

    def orchestrate(self) -> None:
        """Send the POST, once, and follow the run to its end."""
        self.watch.step(2, "Triggering orchestration run")
        with self.watch.waiting("Waiting for the orchestrator"):
            verdict = self._post()
            if isinstance(verdict, submission.Run):
                self.run_id = verdict.orchestration.run_id
                self.orchestration = self._followed(verdict.orchestration)
        self.watch.run_id(self.run_id)
        self.watch.step(3, "Waiting for completion")
        if isinstance(verdict, submission.PlacedNothing):
            self.status = "failed"
            self.failures.append(verdict.error)
        elif isinstance(verdict, submission.Lost):
            self.status = "unknown"
            self.failures.append(failures.lost(*self._urls, verdict.reason, self.prepared.session))
        elif self.orchestration is not None and self.orchestration.status == "running":
            self.status = "timeout"
            self.failures.append(failures.timed_out(self.run_id, self.timeout))
        self.duration = self._duration()
        self.watch.ended(self.orchestration.status if self.orchestration else str(self.status), self.duration)

    def _post(self) -> submission.Verdict:
        orchestrator = self.platform.orchestrator
        try:
            answer = orchestrator.run(
                self.prepared.parameters, idempotency_key=str(uuid.uuid4()), seconds=float(self.timeout)
            )
        except CallFailed as error:
            return submission.judge_failure(error, orchestrator.url)
        return submission.judge_answer(answer, orchestrator.url)

    def _followed(self, first: Orchestration) -> Orchestration:
        """Follow a run that says `running` until it ends; it still says so when --timeout passes first."""
        latest, pause = first, _FIRST_LOOK
        deadline = self.started + float(self.timeout)
        while latest.status == "running":
            left = deadline - self.clock.monotonic()
            if left <= 0:
                break
            self.clock.pause(min(pause, left))
            pause = min(pause * _LOOKS_GROW, _LONGEST_PAUSE)
            try:
                seen = self.platform.orchestrator.run_by_id(first.run_id, seconds=_LOOK_SECONDS)
            except CallFailed as error:
                self._note_once(
                    f"The orchestrator could not be asked for run {first.run_id}: it {error.reason}."
                )
                continue
            if seen is not None and seen.run_id == first.run_id:
                latest = seen
        return latest

    def _note_once(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    def _duration(self) -> Decimal:
        """Return the orchestrator's own figure where it gives one, else the time waited, in seconds."""
        if self.orchestration is not None and self.orchestration.duration_seconds is not None:
            return self.orchestration.duration_seconds
        return Decimal(round((self.clock.monotonic() - self.started) * 1000)) / 1000

    def interrupted(self) -> None:
        """Record that the wait was broken off; a run that has ended keeps its own status."""
        if self.orchestration is None:
            self.status = "interrupted"
            self.duration = self._duration()
        self.failures.append(failures.interrupted(*self._urls, self.run_id, self.prepared.session))

    def read_orders(self) -> None:
        """Read the orders, and the positions beside them; what can't be read is a failure of the gateway."""
        if self.orchestration is None:
            return
        mappings = self.orchestration.mappings
        after = self.platform.after_trade(each.client_order_id for each in mappings if each.client_order_id)
        self.states = after.states
        if after.unreadable:
            failure = failures.gateway_unreadable(self.platform.execution_gateway.url, after.unreadable)
            self.failures.append(failure)
            self.warnings.append(str(failure))

    def outcome(self) -> Outcome:
        """Read how the orders stand now and put the result together."""
        run = self.orchestration
        mappings = run.mappings if run else ()
        rows = orders.order_rows(mappings, self.states, self.prepared.parameters)
        tally = orders.counts(
            rows,
            signals=len(mappings) or (run.num_signals if run and run.num_signals else 0),
            states_complete=all(
                row.client_order_id in self.states for row in rows if row.outcome == "accepted"
            ),
        )
        if run is not None:
            self._judge(run, tally.accepted == tally.submitted)
            self.status = self.status or orders.run_status(run, tally)
            self.warnings += orders.differences(run, tally)
        problems = tuple(text for row in rows if (text := orders.problem(row)))
        if run is not None and self.status in ("partial", "failed"):
            self.failures.append(failures.unsuccessful(run, tally.accepted, tally.submitted, problems))
        else:
            self.warnings += problems
        result = RunResult(
            run_id=self.run_id,
            session=self.prepared.session,
            trade=self.number,
            timestamp=exchange_time(self.timestamp),
            status=self.status or "unknown",
            exit_status=worst(failure.exit_status for failure in self.failures),
            sandbox=self.prepared.sandbox,
            rehearsal=self.prepared.rehearsal,
            parameters=self.prepared.parameters,
            counts=tally,
            total_notional=money.total(row.notional for row in rows if row.notional is not None),
            success_rate=money.rate(tally.accepted, tally.submitted),
            duration_seconds=self.duration,
            orders=rows,
            health=self.prepared.health,
            warnings=tuple(self.warnings),
            errors=tuple(str(failure) for failure in self.failures),
        )
        return Outcome(result, tuple(self.failures))

    def _judge(self, run: Orchestration, all_accepted: bool) -> None:
        if run.as_of_date not in (None, self.prepared.parameters.as_of_date.isoformat()):
            self.warnings.append(
                f"The orchestrator ran for {run.as_of_date}, not for {self.prepared.parameters.as_of_date}."
            )
        strangers = {mapping.symbol for mapping in run.mappings} - set(self.prepared.parameters.symbols)
        if strangers:
            self.warnings.append(
                f"The orchestrator traded symbols not asked for: {', '.join(sorted(strangers))}."
            )
        if run.error_message and run.status == "completed" and all_accepted:
            self.warnings.append(f"The orchestrator completed the run but says: {run.error_message}")
