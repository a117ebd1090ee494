"""How a ledger stands before and after a change of it that does not stay."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from paper_run import money
from paper_run.errors import PaperRunError
from paper_run.model import result_json
from paper_run.model.attempt import attempt_name
from paper_run.report.preview import BookNow, ClosedBy, Position, Preview, Standing
from paper_run.trading import hours, preflight
from paper_run.trading.account import not_known

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import date

    from paper_run.app.workspace import Workspace
    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.book_figures import NotKnown
    from paper_run.services.platform import Platform


@contextlib.contextmanager
def compared(
    workspace: Workspace,
    platform: Platform | None,
    show: Callable[[Preview], None] | None,
    row: AttemptRow | None = None,
) -> Iterator[None]:
    """Show what the block does to a ledger on trial.

    :param platform: None: none is asked. :param show: None: it is not on trial, and nothing is shown.
    :param row: the attempt that the change is about.
    """
    if show is None:
        yield
        return
    ledger = workspace.ledger
    rows = (row, ledger.attempts.latest(), *ledger.attempts.incomplete(), *ledger.attempts.doubtful())
    named = {(each.session, each.number) for each in rows if each is not None}
    before = _standing(workspace, platform, named)
    try:
        yield
    except PaperRunError:
        # What a person says may be in the book though it can't be valued.
        if (after := _standing(workspace, platform, named)) != before:
            show(Preview(before, after))
        raise
    show(Preview(before, _standing(workspace, platform, named)))


def open_fills(workspace: Workspace, platform: Platform | None) -> tuple[NotKnown, ...]:
    """Return what is not known of the book now, by what was read of it last.

    :param platform: tells what time it is in a sandbox; None: it is the time of its latest attempt.
    """
    ledger, calendar, now = workspace.ledger, workspace.calendar, workspace.clock.now()
    if ledger.account.is_sandbox:
        latest = ledger.attempts.latest()
        played = None if latest is None else latest.snapshot.gateway_clock
        now = (preflight.gateway_clock(platform.gateway_health()) if platform else played) or now
    return not_known.at(ledger, calendar, calendar.clock(now))


def _traded_while_splitting(ledger: Ledger, period: BookPeriod) -> set[str]:
    """Return the symbols that may have split of which the last valuation does not say what they realized."""
    kept = ledger.books.last_valuation(period)
    if kept is None or not kept.suspects:
        return set()
    stated = {each.symbol for each in ledger.symbols.days(period.id, kept.session.isoformat())}
    return {*kept.suspects} - stated


def _standing(
    workspace: Workspace, platform: Platform | None, named: Collection[tuple[date, int]]
) -> Standing:
    ledger = workspace.ledger
    rows = {attempt_name(*each): ledger.attempts.numbered(*each) for each in sorted(named)}
    closing = {
        session: hours.closing_attempt(ledger, session) for session in sorted({day for day, _ in named})
    }
    return Standing(
        {name: result_json.decode(row.document) for name, row in rows.items() if row is not None},
        {
            str(session): None if row is None else ClosedBy(row.name, row.outcome_unknown)
            for session, row in closing.items()
        },
        _book(workspace, platform),
    )


def _book(workspace: Workspace, platform: Platform | None) -> BookNow | None:
    books = workspace.ledger.books
    if (period := books.period()) is None:
        return None
    book = books.current(period).book
    unknown = {symbol for each in open_fills(workspace, platform) for symbol in each.symbols}
    unknown |= _traded_while_splitting(workspace.ledger, period)
    positions: dict[str, Position | None] = {
        symbol: Position(held.qty, held.avg_entry_price, money.cents(held.realized))
        for symbol, held in sorted(book.holdings.items())
    }
    realized = money.total(each.realized_pnl for each in positions.values() if each is not None)
    return BookNow(
        None if unknown else money.cents(money.CONTEXT.add(period.base, book.cash)),
        None if unknown else realized,
        positions | dict.fromkeys(sorted(unknown)),
    )
