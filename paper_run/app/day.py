"""A day, top to bottom: ledger, lock, earlier attempts, already traded?, health, snapshot, POST, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.app import day_ledger
from paper_run.app.finish import End, save, stopped, without_result
from paper_run.app.recover import file_again, recover_earlier
from paper_run.app.workspace import Workspace, prove_folders, waiting
from paper_run.errors import ExitStatus, PaperRunError, Remedy, SeveralErrors
from paper_run.ledger import existing, files, results
from paper_run.ledger.ledger import refuse_foreign
from paper_run.model import commands, messages
from paper_run.model.commands import ours
from paper_run.model.termination import undisguised
from paper_run.services.deadline import BEFORE
from paper_run.trading import before_post, hours, preflight
from paper_run.trading.hours import already_traded, closing_attempt
from paper_run.trading.submit import submit
from paper_run.trading.underway import Means

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from paper_run.model.attempt import AttemptRow
    from paper_run.model.progress import Clock
    from paper_run.report.console import Console
    from paper_run.report.day import Reports
    from paper_run.report.listing import Tally
    from paper_run.report.summary.notices import NoticeKind
    from paper_run.services.platform import Platform
    from paper_run.settings.config import Config


def run_day(
    config: Config,
    platform: Platform,
    clock: Clock,
    console: Console,
    *,
    again: bool = False,
    begins: Callable[[], None] | None = None,
) -> End:
    """Run the day: at most one POST a session, and whatever comes of it recorded, saved and mailed.

    :param again: trade the session once more, on purpose. :param begins: called where it is about to trade,
        and not only to show what was recorded.
    :raises PaperRunError: nothing was sent: a service is unfit, the ledger or a folder can't be used, another
        run is in progress, the session was traded otherwise, it is too late.
    """
    prove_folders(config)
    refuse_foreign(config.reports_dir)
    patient = waiting(clock, platform.deadline, outlasts=True, tell=console.notice)
    with existing.under_lock(
        config.place,
        patient,
        opens=lambda: day_ledger.ledger_of_the_day(config, platform, patient),
    ) as ledger:
        files.sweep(config.reports_dir)
        workspace = Workspace(config, ledger, clock, console, platform.deadline)
        day = _Day(workspace, platform, again=again, begins=begins or (lambda: None))
        hours.refuse_closed_signals(config, day.calendar)
        try:
            return day.run()
        except PaperRunError as error:
            raise day.stopped(error) from None


class Played(NamedTuple):
    """What several sandbox sessions came to.

    :ivar last: the end of the last one. :ivar earlier: what failed in those before it.
    """

    tally: Tally
    last: End
    earlier: tuple[PaperRunError, ...]


def play(
    config: Config,
    platform: Platform,
    clock: Clock,
    console: Console,
    sessions: int,
    *,
    show: Callable[[], None],
) -> Played:
    """Play several sandbox sessions one after the other, each a day like any other; the last is told of.

    :param sessions: how many, one at least. :param show: called after each.
    :raises PaperRunError: as `run_day`; those before it are played.
    """
    from paper_run.report.listing import Tally

    tally, last = Tally(), End(ExitStatus.SUCCESS)
    earlier: tuple[PaperRunError, ...] = ()
    for left in reversed(range(sessions)):
        earlier += last.failures
        last = run_day(config._replace(mail=None, push=None) if left else config, platform, clock, console)
        if last.reports is not None:
            tally.add(last.reports.result)
        show()
    return Played(tally, last, earlier)


class _Day:
    """One run, under the lock.

    :ivar session: the session that it is about: the exchange's date, in a sandbox the one that it plays.
    :ivar is_told: whether the services have told that already.
    """

    def __init__(
        self, workspace: Workspace, platform: Platform, *, again: bool, begins: Callable[[], None]
    ) -> None:
        self.workspace = workspace
        self.config = workspace.config
        self.platform = platform
        self.ledger = workspace.ledger
        self.clock = workspace.clock
        self.console = workspace.console
        self.again = again
        self.begins = begins
        self.calendar = workspace.calendar
        self.outbox = workspace.outbox
        self.publisher = workspace.publisher
        self.session = self.calendar.session_date(self.clock.now())
        self.is_told = False
        self.is_late = False
        self.newest = 0

    def run(self) -> End:
        """Go the way of a day: earlier attempts, already traded?, calendar, health, snapshot, POST, files."""
        self.platform.deadline.begin(BEFORE)
        # A sandbox tells its session itself, and is asked first; one of our own needs no calendar.
        if not self.ledger.account.is_sandbox and not (
            self.config.plays_sandbox and self.ledger.attempts.is_untraded
        ):
            self.ledger.account.refuse_other_url(self.platform.orchestrator.url.base)
            recover_earlier(self.workspace, self.platform)
            if (recorded := self._recorded()) is not None:
                self._header()
                return self._show(recorded)
            if (closed := self._heeded_obstacle()) is not None:
                return self._stay_closed(closed)
        self._header()
        services = preflight.check(
            self.config, self.platform, self.calendar, self.clock, self.console, self.ledger
        )
        began, self.session, self.is_told = self.session, services.session, True
        preflight.prove_account(
            *(self.ledger, self.platform, services.orchestrator), exchange=self.config.exchange, claim=True
        )
        preflight.keep_real_quotes_away(self.config, self.platform, is_sandbox=services.sandbox)
        if services.sandbox:
            recover_earlier(self.workspace, self.platform)
        if (recorded := self._recorded()) is not None:
            return self._show(recorded)
        if not services.sandbox:
            if self.session != began and (closed := self._heeded_obstacle()) is not None:
                return self._stay_closed(closed)  # midnight was waited for
            if not self.again and (obstacle := self._earlier_one(services)) is not None:
                raise obstacle
        self.begins()
        return self._trade(services)

    def _trade(self, services: preflight.Services) -> End:
        moment = None if services.sandbox else self.clock.now()
        as_of_date = hours.signals_date(self.config, self.calendar, self.session, moment)
        preparation = before_post.snapshot(
            self.config, services, self.platform, self.ledger, as_of_date, self.clock.now()
        )
        for notice in self._proved(preparation, services):
            self.console.notice(notice)
        if not self.again:
            before_post.refuse_someone_elses(preparation, self.platform, self.ledger)
        if not preparation.is_told and not services.gateway.dry_run:
            self.console.notice(
                "Neither the orchestrator's list of runs nor a broker can tell: that nobody else traded "
                "today is not proved"
            )
        if not services.sandbox:
            self._refuse_what_time_has_changed(services)
        end = submit(
            preparation.snapshot,
            Means(
                self.platform, self.ledger, self.clock, self.console, self.calendar, self.config.thresholds
            ),
            number=self.ledger.fences.next_number(self.session),
            timeout=self.config.timeout,
            after=self.newest if self.again else None,
            channels=self.outbox.takes,
        )
        try:
            with undisguised():
                file_again(self.workspace, end.restated)
                return self._save(self.publisher.reports(end.document), end.failures)
        except (PaperRunError, KeyboardInterrupt):
            raise
        except Exception as error:
            raise SeveralErrors((*end.failures, messages.broke_behind_the_post(error))) from error

    def _proved(self, preparation: before_post.Preparation, services: preflight.Services) -> Iterable[str]:
        """Prove what several hosts rest on; a sandbox is on this host alone."""
        if services.sandbox or self.ledger.account.platform is None:
            return ()
        from paper_run.trading import several_hosts

        accepts = self.config.accept_database
        return several_hosts.prove(self.ledger, self.platform, preparation, accepts_database=accepts)

    def _earlier_one(self, services: preflight.Services) -> PaperRunError | None:
        """Return that the session was traded with an earlier ledger, or that a later one was traded."""
        before = day_ledger.traded_before(self.config, services.session)
        return before or preflight.older_session(services, self.ledger)

    # the calendar

    def _heeded_obstacle(self) -> hours.NoSession | None:
        """Return that there is no session today; a sandbox has its own, and a rehearsal is only warned.

        :raises OrchestrationError: it is too late to trade. :raises DependencyError: it is another day by the
            gateway's clock, or by the database's.
        """
        gateway = None
        if self.ledger.attempts.is_untraded:
            # To ask for a year's holidays costs as much as all the rest: a sandbox's first day needs none.
            gateway = self.platform.gateway_health()
            if gateway.sandbox_session is not None:
                return None
        found = hours.obstacle(self.config, self.calendar, self.clock.now())
        if found is None:
            return None
        gateway = gateway or self.platform.gateway_health()
        if gateway.sandbox_session is not None:
            return None
        if gateway.dry_run:
            self.console.notice(f"A rehearsal goes on all the same: {found}")
            return None
        for said in preflight.told((gateway,), self.ledger):
            hours.seconds_until_agreed(said, self.calendar, self.clock.now())
        if isinstance(found, PaperRunError):
            self.is_late = True
            raise found
        return found

    def _stay_closed(self, closed: hours.NoSession) -> End:
        """Say in a line that there is no session; only mails are sent."""
        self.console.say(str(closed))
        self.outbox.closed(closed.day, closed.why, str(closed), closed.next_session)
        return without_result(self.workspace, str(closed))

    def _refuse_what_time_has_changed(self, services: preflight.Services) -> None:
        """Prove that the session has not ended while it was being prepared, nor the time to trade it.

        :raises OrchestrationError: it has.
        """
        now = self.clock.now()
        if self.calendar.session_date(now) != services.session:
            raise messages.midnight(services.session)
        if self.config.ignore_calendar or services.gateway.dry_run:
            return
        if (late := hours.too_late(self.config, self.calendar, now)) is not None:
            self.is_late = True
            raise late

    # what there is already, and the end

    def _header(self) -> None:
        self.console.header(self.config, self.calendar.clock(self.clock.now()))
        if self.ledger.attempts.is_untraded:
            self.console.notice(f"A new ledger, without an attempt yet: {self.ledger.name}")
            if (moved := results.moved_to(self.config.reports_dir, self.ledger.account.identity)) is not None:
                self.console.notice(f"What lay there before was moved to {moved}")
            self.console.say()

    def _recorded(self) -> AttemptRow | None:
        self.newest = self.ledger.fences.newest(self.session)
        return already_traded(self.ledger, self.session, self.config, self.calendar, again=self.again)

    def _show(self, row: AttemptRow) -> End:
        """Show what was recorded and write its files again, byte for byte; no service is asked anything."""
        reports = self.publisher.reports(row.document)
        self.console.notice(
            f"The session was already traded, as {row.name}: this is what was recorded; nothing is sent"
        )
        recorded = reports.result.findings
        shown = messages.recorded(recorded, reports.result.exit_status)
        if row.outcome_unknown and reports.result.is_old:
            for failure in shown:
                failure.remedies = commands.say_what_came(row.name)
        if reports.result.pnl is None and not (shown or reports.result.rehearsal):
            self._say_where_it_is_valued(row.session)
        return self._save(reports, shown)

    def _say_where_it_is_valued(self, session: date) -> None:
        """Say how the P&L of an attempt becomes known that was recorded and not valued, as when killed."""
        if self.ledger.sessions.mark(str(session)) is not None:
            self.console.notice(f"It was not valued; its P&L is in the session's mark, {session}_mark.html")
            return
        has_opened = (
            self.ledger.account.is_sandbox or self.calendar.latest_opened(self.clock.now()) >= session
        )
        when = "Value the session" if has_opened else "Once the session has opened, value it"
        self.console.advice("It was not valued, so its P&L is not known yet", Remedy(when, ours("mark")))

    def _save(self, reports: Reports, failed: tuple[PaperRunError, ...]) -> End:
        return save(self.workspace, reports, failed, outputs=self.config.files)

    def stopped(self, error: PaperRunError) -> PaperRunError:
        """Mail why nothing was traded, unless the session was traded before; return all that went wrong."""

        def queue() -> None:
            session = self.session if self.is_told else self._sandbox_session() or self.session
            if closing_attempt(self.ledger, session) is None:
                kind: NoticeKind = "late" if self.is_late else "stopped"
                coming = self.calendar.next_session(session)
                played = self.config.plays_sandbox
                self.outbox.failed(kind, session, error, coming, is_sandbox=played)

        return stopped(self.workspace, error, queue)

    def _sandbox_session(self) -> date | None:
        """Return the session that a sandbox would have played: as it says, else the one after its last."""
        if not (self.ledger.account.is_sandbox or self.config.plays_sandbox):
            return None
        told, latest = self.platform.gateway_health().sandbox_session, self.ledger.attempts.latest()
        return told or (self.calendar.next_session(latest.session) if latest is not None else None)
