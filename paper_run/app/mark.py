"""A mark: orders, positions and prices read again, the latest session valued; it never trades."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.app import day_ledger
from paper_run.app.finish import End, save, stopped, without_result
from paper_run.app.recover import file_again, recover_earlier
from paper_run.app.workspace import opened, prove_folders
from paper_run.errors import DataError, PaperRunError
from paper_run.ledger import existing, files
from paper_run.model import reading_messages, result_json
from paper_run.services.deadline import BEFORE
from paper_run.trading import hours, preflight
from paper_run.trading.account import broker_word, not_known, observations
from paper_run.trading.mark_result import result_of
from paper_run.trading.restatement import read_again
from paper_run.trading.valuing import value_session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from paper_run.app.workspace import Workspace
    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.outbox import MailKind
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.book_figures import BookFigures
    from paper_run.model.calendar import Calendar
    from paper_run.model.progress import Clock
    from paper_run.model.service import ServiceHealth
    from paper_run.report.console import Console
    from paper_run.report.preview import Preview
    from paper_run.services.platform import Observations, Platform
    from paper_run.settings.config import Config
    from paper_run.trading.account.adjustments import Change, Said


def mark_session(
    config: Config,
    platform: Platform,
    clock: Clock,
    console: Console,
    *,
    with_stale: bool,
    again: bool,
    change: Change | None,
    show: Callable[[Preview], None] | None,
) -> End:
    """Value the latest session that has opened, at current prices; one that keeps its closing is shown.

    :param with_stale: read every order that still works, not only the newest. :param again: move a closing
        that stays.
    :param change: what a person says of the book, made first, in the same step; it is noted who, and when.
    :param show: shows what that comes to, of which nothing is written then.
    :raises PaperRunError: nothing was written: the gateway is another one, the ledger fails or is older than
        the results beside it, or what could be read is not enough to value anew what was valued whole before.
    """
    if change is not None:
        from paper_run.trading import verdicts

        change = change._replace(note=verdicts.by_whom(clock.now(), config.exchange))
    existing.require_ledger(config.place)
    prove_folders(config)
    with opened(config, clock, console, platform.deadline, is_trial=show is not None) as workspace:
        ledger, calendar = workspace.ledger, workspace.calendar
        ledger.account.refuse_other_exchange(config.exchange)
        if (older := day_ledger.outdated(config, ledger)) is not None:
            raise older
        files.sweep(ledger.folder)
        console.mark_header(config, calendar.clock(clock.now()), _what(change) if change else "")
        try:
            occasion = value_session.Occasion(
                is_mark=True, again=again, change=change, gross_limit=config.thresholds.gross
            )
            with _compared(workspace, platform, show):
                valued = _value(workspace, platform, with_stale, occasion)
        except PaperRunError as error:
            failed = error

            def queue() -> None:
                if change is None:  # a person who changes the book sees what became of it
                    workspace.outbox.failed("unvalued", _session(ledger, calendar, clock.now()), failed)

            raise stopped(workspace, error, queue) from None
        if valued is not None:
            file_again(workspace, valued.restated)
            reports, by_hand = workspace.publisher.reports(valued.document), change is not None
            return save(workspace, reports, valued.failures, outputs=config.files, of_a_change=by_hand)
        console.notice(
            "There is no book yet: it begins with the first attempt that trades. Nothing was valued."
        )
        return without_result(workspace)


def _compared(
    workspace: Workspace, platform: Platform, show: Callable[[Preview], None] | None
) -> contextlib.AbstractContextManager[None]:
    if show is None:
        return contextlib.nullcontext()
    from paper_run.app import preview

    return preview.compared(workspace, platform, show)


def _what(change: Change) -> str:
    """Say what a person changes, for the head of its result."""
    said = [
        f"{each.symbol} is {money.digits(each.qty)} share{'s' * (abs(each.qty) != 1)}, "
        f"at {money.digits(each.price)}"
        for each in change.trades
    ]
    if change.adjust:
        which = "each symbol that differs" if change.adjust == ("all",) else ", ".join(change.adjust)
        said.append(f"quantity of {which} corrected")
    if (split := change.split) is not None:
        said.append(
            f"no split of {split.symbol}" if split.ratio.is_none else f"split {split.ratio} of {split.symbol}"
        )
    if (order := change.said) is not None:
        filled = "not filled" if order.price is None else f"filled {order.qty} at {order.price}"
        said.append(f"order {order.name} {filled}")
    return "; ".join(said)


class _Valued(NamedTuple):
    """The result as JSON text, what could not be read for it, and the attempts that were stated anew."""

    document: str
    failures: tuple[PaperRunError, ...]
    restated: tuple[AttemptRow, ...]


def _value(
    workspace: Workspace, platform: Platform, with_stale: bool, occasion: value_session.Occasion
) -> _Valued | None:
    """Read, value and record, with the mail about it, all or nothing; None when there is no book.

    A session that keeps its closing is not valued anew: what is learned of its orders waits for the next one.
    """
    ledger, console = workspace.ledger, workspace.console
    platform.deadline.begin(BEFORE)
    health = _health(workspace, platform)
    change = occasion.change
    told = _told(workspace, health)
    recover_earlier(workspace, platform)
    if change is not None and change.said is not None:
        _say(workspace, change.said, change.note)
    started = workspace.clock.now()
    moment = _moment(ledger, workspace.calendar, health, told, started)
    after = observations.read(
        platform,
        ledger,
        moment.session,
        symbols=(*_found_before(ledger), *_changed(ledger, change)),
        all_of_them=with_stale,
    )
    if after.is_wrong_gateway:
        raise reading_messages.wrong_gateway(platform.execution_gateway.url, after.unknown)
    broker = str(platform.broker.url) if platform.broker else ""
    if change is None and (other := broker_word.other_account(ledger, after, broker)) is not None:
        raise other
    problems = observations.problems(after, platform, of_a=observations.MARK)
    with ledger.transaction():
        heard = broker_word.take(ledger, after, moment.session, broker=broker)
        problems = observations.Problems(
            (*problems.failures, *heard.failures),
            (
                *observations.unread_orders(after),
                *problems.found,
                *broker_word.account_faults(after),
                *heard.found,
            ),
        )
        restated = read_again(ledger, after, started)
        if (closed := _closed(ledger, moment, occasion)) is not None:
            console.notice(value_session.stays(ledger, after, moment).text)
            return _Valued(closed, problems.failures, restated)
        was_whole = ledger.books.is_complete(moment.session)
        failed = (*problems.failures, *_unread(after, platform))
        book = value_session.bring_up_to_date(
            ledger, after, moment, started, occasion._replace(keeps_whole=bool(failed))
        )
        if book is None:
            if attempts := ledger.doubts.attempts():
                raise reading_messages.no_book_yet([row.name for row in attempts])
            return None
        less = None
        if failed and was_whole and not book.valuation.complete:
            less = reading_messages.valued_before(book.session, failed, _written(change, workspace))
            if not (change and change.trades):
                raise less
        else:
            written = _recorded(workspace, book, problems, moment, started, health, after, change)
    if less is not None:  # the trade by hand is booked all the same
        raise less
    return _Valued(*written, restated)


def _written(change: Change | None, workspace: Workspace) -> str:
    """Say whether what a person says is in the book, for it does not hang on what can be read."""
    if change is None or not (change.trades or change.said):
        return "nothing was written"
    return f"what was said {'would be' if workspace.is_trial else 'is'} in the book"


def _recorded(
    workspace: Workspace,
    book: BookFigures,
    problems: observations.Problems,
    moment: observations.Moment,
    started: datetime,
    health: tuple[ServiceHealth, ...],
    after: Observations,
    change: Change | None,
) -> tuple[str, tuple[PaperRunError, ...]]:
    """Write a valuation as the session's latest mark, queue its mail; return it, and what failed."""
    ledger, outbox = workspace.ledger, workspace.outbox
    if book.not_known and change is None:
        problems = problems._replace(failures=(*problems.failures, not_known.failure(book.not_known)))
    still_open = preflight.still_open(ledger)
    now = moment.calendar.clock(started)
    result = result_of(
        *(ledger, book, problems, now, health, after.earlier, still_open), workspace.config.thresholds
    )
    document = result_json.encode(result)
    before = ledger.sessions.mark_status(result.session)
    ledger.sessions.keep_mark(book.session, document)
    if change is None:
        kind = _kind(ledger, moment)
        outbox.marked(kind, result.session, result.status, before)
    return document, problems.failures


def _say(workspace: Workspace, said: Said, by: str) -> None:
    """Record what an order has filled, with the files of its attempt where a doubt ends with it."""
    from paper_run.trading import said_filled

    with workspace.ledger.attempts.telling(workspace.outbox.outcome_known):
        row = said_filled.say_filled(said, workspace.ledger, by)
    filled = "not filled" if said.price is None else f"filled {said.qty} at {said.price}"
    workspace.console.notice(f"Order {said.name}: {filled}, said {by}")
    if row is None:
        return
    file_again(workspace, (row,))


def _unread(after: Observations, platform: Platform) -> tuple[PaperRunError, ...]:
    if not (clauses := observations.unread(after)):
        return ()
    gateway = platform.execution_gateway.url
    return (reading_messages.gateway_unreadable(gateway, clauses, of_a_mark=True, refusal=after.refusal),)


def _kind(ledger: Ledger, moment: observations.Moment) -> MailKind:
    """Tell the day's close from a look in between; a sandbox's session is over once it was played."""
    return "close" if ledger.account.is_sandbox or moment.has_closed(moment.session) else "mark"


def _health(workspace: Workspace, platform: Platform) -> tuple[ServiceHealth, ...]:
    """Check that the ledger's own platform answers; only the gateway is needed."""
    ledger = workspace.ledger
    health = platform.health()
    workspace.console.health(health)
    gateway, orchestrator = health[1], health[2]
    if orchestrator.status != "unreachable":
        preflight.prove_account(ledger, platform, orchestrator)
    elif not ledger.account.is_sandbox:
        ledger.account.refuse_other_url(platform.orchestrator.url.base)
    preflight.keep_real_quotes_away(workspace.config, platform, is_sandbox=bool(ledger.account.is_sandbox))
    if gateway.sandbox_session is not None and not ledger.account.is_sandbox:
        raise DataError(
            f"The ledger {ledger.name} belongs to a real platform, and the gateway is a sandbox",
            "Simulated and real prices are never mixed in one ledger.",
            remedies=("Name the real gateway: --execution-gateway-url URL; nothing was written.",),
        )
    return health


def _told(workspace: Workspace, health: tuple[ServiceHealth, ...]) -> list[hours.ToldDate]:
    """Return what time others say that it is; nothing is concluded from this machine's alone.

    :raises DependencyError: the session that has opened last is another one by theirs.
    """
    if workspace.ledger.account.is_sandbox:
        return []
    calendar, now = workspace.calendar, workspace.clock.now()
    told = preflight.told(health, workspace.ledger)
    for said in told:
        session = hours.agreed_session(said, calendar, now)
        if said.moment < calendar.hours(session)[1] <= now:
            workspace.console.notice(
                f"By the clock of the {said.title} at {said.url} the session {session} has not closed yet: "
                "what it is valued at now may move"
            )
    return told


def _moment(
    ledger: Ledger,
    calendar: Calendar,
    health: tuple[ServiceHealth, ...],
    told: Sequence[hours.ToldDate],
    now: datetime,
) -> observations.Moment:
    """Return what is valued: the latest session that has opened, in a sandbox the one played last."""
    simulated = (preflight.gateway_clock(health[1]) if ledger.account.is_sandbox else None) or now
    heard = tuple(said.moment for said in told)
    session = _session(ledger, calendar, min((simulated, *heard)))
    return observations.Moment(session, calendar.clock(simulated), calendar, heard)


def _session(ledger: Ledger, calendar: Calendar, now: datetime) -> date:
    """Return the session that a mark is of, as far as the ledger can tell; a sandbox plays its own."""
    if not ledger.account.is_sandbox:
        return calendar.latest_opened(now)
    latest = ledger.attempts.latest()
    return latest.session if latest is not None else now.date()


def _found_before(ledger: Ledger) -> tuple[str, ...]:
    """Return the symbols held before the attempt that a new book begins with; they need prices too."""
    opener = None if ledger.books.period() else ledger.books.opens_with()
    return () if opener is None else ledger.attempts.by_id(opener).snapshot.held


def _changed(ledger: Ledger, change: Change | None) -> tuple[str, ...]:
    """Return the symbols of what a person says; the book need not hold them yet."""
    if change is None:
        return ()
    order = ledger.open_orders.order(change.said.name) if change.said else None
    return (*change.symbols, *((order.symbol,) if order else ()))


def _closed(ledger: Ledger, moment: observations.Moment, occasion: value_session.Occasion) -> str | None:
    """Return the result of the mark whose closing the session keeps, as JSON text."""
    period = ledger.books.period()
    kept = ledger.books.last_valuation(period) if period else None
    if kept is None or not kept.is_closed or kept.session < moment.session:
        return None
    if occasion.again or occasion.change is not None:
        return None
    return ledger.sessions.mark(str(kept.session))
