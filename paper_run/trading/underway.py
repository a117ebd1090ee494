"""An attempt while it happens: what is known of it, each fact recorded as it comes, and its valuation."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book.limits import Thresholds
from paper_run.errors import DataError, PaperRunError
from paper_run.model import messages, result_json
from paper_run.model.attempt import attempt_name
from paper_run.model.calendar import exchange_time
from paper_run.trading import preflight, recording
from paper_run.trading.account import broker_word, observations
from paper_run.trading.conclude import UNREAD, Known, Outcome, conclude, was_executed
from paper_run.trading.restatement import identities, read_again
from paper_run.trading.valuing import value_session

if TYPE_CHECKING:
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow, Snapshot
    from paper_run.model.calendar import Calendar
    from paper_run.model.findings import Finding
    from paper_run.model.order import Orchestration
    from paper_run.model.progress import Clock, Progress
    from paper_run.services.platform import Observations, Platform


class Means(NamedTuple):
    """What an attempt is made with.

    :ivar calendar: says whether the exchange was open when a price was quoted.
    :ivar thresholds: past what a limit is passed.
    """

    platform: Platform
    ledger: Ledger
    clock: Clock
    progress: Progress
    calendar: Calendar
    thresholds: Thresholds = Thresholds()


def _signals(run: Orchestration | None) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """Return prediction and weight by symbol, ratios."""
    found = run.mappings if run is not None else ()
    return {each.symbol: (each.predicted_return, each.target_weight) for each in found}


class AttemptUnderway:
    """How an attempt stands; what is stated of it follows from what is known.

    :ivar name: the session, and the number of a later one. :ivar started: on the monotonic clock, seconds.
    :ivar row: its row in the ledger, once there is one. :ivar unwritten: what the ledger could not take.
    :ivar is_over: whether the orchestrator has answered. :ivar stayed_dry: whether the gateway was in DRY_RUN
        right after a rehearsal's POST. :ivar is_superseded: whether another command has recorded more.
    :ivar restated: earlier attempts whose orders were read again.
    """

    row: AttemptRow

    def __init__(self, snapshot: Snapshot, number: int, means: Means) -> None:
        self.platform, self.ledger, self.clock, _, self.calendar, thresholds = means
        self.started = self.clock.monotonic()
        self.name = attempt_name(snapshot.session, number)
        started = exchange_time(self.ledger.now(self.clock.now), self.ledger.account.exchange)
        identity = self.ledger.account.identity
        self.known = Known(snapshot, number, started, ledger=identity, thresholds=thresholds)
        self.outcome = Outcome(*conclude(self.known))
        self.unwritten: list[PaperRunError] = []
        self.state = "sent"
        self.answer: str | None = None
        self.document = ""
        self.is_over = self.stayed_dry = self.is_superseded = False
        self.restated: tuple[AttemptRow, ...] = ()

    def observe(self) -> None:
        """Read the orders, the positions and the quotes, and value the book; what can't be read is said."""
        if self.is_superseded:  # another command has recorded more: the next one values it
            return
        run, snapshot = self.known.orchestration, self.known.snapshot
        has_ended = self.state == "answered"
        mappings = run.mappings if run is not None and has_ended else ()
        if snapshot.rehearsal and not mappings:
            return
        after = observations.read(
            self.platform,
            self.ledger,
            snapshot.session,
            own=mappings,
            symbols=(*(each.symbol for each in mappings), *snapshot.held),
        )
        moment = self._moment()
        problems = observations.problems(after, self.platform, of_a=observations.RUN if has_ended else None)
        known = self.known._replace(
            quotes=observations.market_prices(after, moment),
            failures=(*self.known.failures, *problems.failures),
            found=(*(each for each in self.known.found if each != UNREAD), *problems.found),
        )
        state = "closed" if has_ended else self.state
        if has_ended and not after.is_wrong_gateway:
            known = known._replace(states=after.states)
        with self.ledger.transaction():
            known = known._replace(repeats=recording.take_over(self.ledger, self.row, known).repeats)
        self.known = self.known._replace(repeats=known.repeats)
        rehearsed = snapshot.rehearsal and not was_executed(conclude(known).result.orders)
        if after.is_wrong_gateway:
            self.learn(state, known)
        elif rehearsed:
            self.learn(state, known._replace(found=(*known.found, *observations.unread_orders(after))))
        else:
            self._value(state, after, moment, known)

    def _moment(self) -> observations.Moment:
        """Return the moment of the valuation: the run may have taken minutes; a sandbox has its own time."""
        snapshot = self.known.snapshot
        now = (snapshot.gateway_clock if snapshot.sandbox else None) or self.clock.now()
        local = exchange_time(now, self.ledger.account.exchange)
        return observations.Moment(snapshot.session, local, self.calendar)

    def _value(self, state: str, after: Observations, moment: observations.Moment, known: Known) -> None:
        """Record the orders and value the session, all or nothing; if that fails, at least say the rest."""
        before = self.known, self.state, self.answer
        try:
            with self.ledger.transaction():
                run = known.orchestration
                self.row = recording.claim(
                    self.ledger,
                    self.ledger.attempts.by_id(self.row.id, document=self.document),
                    known,
                    state,
                    stayed_dry=self.stayed_dry,
                )
                self.ledger.orders.own(self.row, run.mappings if run else (), known.states.values())
                self.ledger.attempts.close(self.row, state)
                heard = broker_word.take(
                    self.ledger,
                    after,
                    moment.session,
                    own=identities(run) if run else (),
                    broker=str(self.platform.broker.url) if self.platform.broker else "",
                )
                restated = read_again(self.ledger, after, self.clock.now())
                notices = self.row.snapshot.notices
                held, opened = preflight.told_anew(self.ledger, notices, restated)
                if held != notices:
                    self.ledger.attempts.keep_notices(self.row, held)
                known = known._replace(
                    states=after.states if self.state == "answered" else known.states,
                    failures=(*known.failures, *heard.failures),
                    found=(*known.found, *observations.unread_orders(after), *heard.found, *opened),
                )
                # The valuation asks the record which orders are in doubt.
                in_doubt = conclude(known).result.totals.num_orders_in_doubt
                if in_doubt or self.row.id in self.ledger.attempts.in_doubt():
                    self.record(state, known)
                occasion = value_session.Occasion(
                    gross_limit=self.known.thresholds.gross, signals=_signals(run)
                )
                book = value_session.bring_up_to_date(self.ledger, after, moment, self.clock.now(), occasion)
                self.record(state, known._replace(book=book))
            self.restated = restated
        except DataError as error:
            self.unwritten.append(error)
            self.known, self.state, self.answer = before
            self.learn(state, known)
        except BaseException:  # nothing of it was written, so nothing of it may be stated
            self.known, self.state, self.answer = before
            raise

    def learn(self, state: str, known: Known) -> None:
        """Take in what is known now and record it; a ledger that can't be written is a failure, no end."""
        try:
            self.record(state, known)
        except DataError as error:
            self.unwritten.append(error)

    def record(self, state: str, known: Known) -> None:
        """Take in what is known now and record it, and what is stated of it.

        :raises DataError: the ledger can't be written; what is known is stated all the same.
        """
        self.state = state
        self.known = known._replace(waited=self._waited())
        try:
            self.row, outcome = recording.write(
                self.ledger,
                self.row,
                self.known,
                state,
                answer=self.answer,
                over=self.is_over,
                stayed_dry=self.stayed_dry,
            )
        except BaseException:
            self.stated()
            raise
        self.answer = None  # the row has it
        self.document = self.row.document
        self.is_superseded = outcome is None
        self.outcome = outcome or conclude(self.known)
        if outcome is not None:
            self.known = self.known._replace(snapshot=self.row.snapshot, number=self.row.number)

    def stated(self) -> str:
        """State what is known; what is stated last is kept, should the next one fail."""
        self.outcome = conclude(self.known)
        self.document = result_json.encode(self.outcome.result)
        return self.document

    def stated_as_nothing(self, error: PaperRunError) -> str:
        """State that nothing was sent, and why."""
        self.known = self.known._replace(status="failed", failures=(error,))
        return self.stated()

    def _waited(self) -> Decimal:
        return Decimal(round((self.clock.monotonic() - self.started) * 1000)) / 1000

    def recorded_failures(self) -> tuple[PaperRunError, ...]:
        """Return what the record says that failed, where another command has recorded more."""
        stated = result_json.decode(self.document)
        return messages.recorded(stated.findings, stated.exit_status)

    def found(self, finding: Finding) -> None:
        """Take in what was found out, once."""
        if finding not in self.known.found:
            self.known = self.known._replace(found=(*self.known.found, finding))
