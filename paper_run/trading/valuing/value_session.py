"""Bringing the book up to date and valuing the session, all in the ledger: what is stated of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import days, holdings, statistics, valuation
from paper_run.book.limits import Working
from paper_run.errors import Remedy
from paper_run.ledger.book import CurrentBook
from paper_run.ledger.periods import over_sessions
from paper_run.ledger.session_states import NOTHING_ACCRUED
from paper_run.ledger.valuations import Closing
from paper_run.model.book_figures import BookFigures
from paper_run.model.commands import ours
from paper_run.model.findings import Finding
from paper_run.trading.account import (
    adjustments,
    best_party,
    book_opening,
    corporate,
    listed_splits,
    other_money,
    pricing,
)
from paper_run.trading.valuing import arrivals, symbol_rows, valuation_findings
from paper_run.trading.valuing.session_book import SessionBook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from paper_run.book import marks
    from paper_run.book.bridge import Opening
    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.order_rows import Followed
    from paper_run.model.book_figures import BookedMoney
    from paper_run.services.platform import Observations
    from paper_run.trading.account.observations import Moment


class Occasion(NamedTuple):
    """Why the book is valued.

    :ivar gross_limit: past what it is warned of gross exposure, percent of equity; None: it never is.
    :ivar is_mark: whether its closing stays once the session is over. :ivar again: whether one that stays is
        moved on purpose. :ivar change: what a person changes in the book first. :ivar keeps_whole: whether a
        session that was valued whole keeps that where this valuation is not.
    :ivar signals: prediction and weight by symbol, ratios, where this is the session's attempt.
    """

    is_mark: bool = False
    again: bool = False
    change: adjustments.Change | None = None
    keeps_whole: bool = False
    gross_limit: Decimal | None = None
    signals: Mapping[str, tuple[Decimal | None, Decimal | None]] | None = None


AN_ATTEMPT = Occasion()


def bring_up_to_date(
    ledger: Ledger, read: Observations, moment: Moment, booked_at: datetime, occasion: Occasion = AN_ATTEMPT
) -> BookFigures | None:
    """Book what is new and value the session; None while no attempt is known to have been placed.

    A session that was marked whole after its close keeps that closing and its day P&L: what is learned later
    is shown as an adjustment, and belongs to the next session.

    To be called inside a transaction of the ledger, with the orders' states written.

    :param booked_at: UTC. :raises DataError: a change that a person wants can't be booked.
    """
    period, remarks = book_opening.present(ledger, read, moment, booked_at)
    if period is None:
        adjustments.refuse_without_a_book(occasion.change or adjustments.Change(), ledger.doubts.attempts())
        return None
    at = SessionBook(ledger, period, read, moment, booked_at, occasion.change, again=occasion.again)
    at.remarks += remarks
    at.fold()
    at.price()
    at.take_over()
    return _figures(at, occasion)


def _figures(at: SessionBook, occasion: Occasion) -> BookFigures:
    """Value the book, keep the session, and return what is to be stated of it."""
    books, period, read, unknown = at.books, at.period, at.read, at.unknown
    positions = pricing.listed_positions(read)
    shown = at.book._replace(holdings={**dict.fromkeys(positions, holdings.Holding()), **at.book.holdings})
    opening = books.opening(period, at.date, through=at.is_over)
    moved = other_money.in_bridge(at.ledger, period, at.date, is_over=at.is_over)
    now = valuation.value(shown, at.priced.prices, period.base, opening, unknown=unknown)
    spans = _spans(at, opening)
    valued = _came_in(_kept(at, _came_in(now, moved), opening, occasion, spans=spans), moved)
    counted = _counted(at, valued, spans=spans)
    theirs = {symbol: valuation_findings.theirs(each) for symbol, each in positions.items()}
    compared = (
        {} if read.positions is None else valuation_findings.differences(shown, theirs, period, unknown)
    )
    year = statistics.SESSIONS_A_YEAR[at.ledger.account.exchange]
    figures = BookFigures(
        since=period.session,
        session=at.date,
        now=at.moment.now,
        valuation=valued,
        gateway=theirs,
        differences={symbol: each for symbol, each in compared.items() if symbol not in at.beside},
        in_flight=at.in_flight,
        working=_working(at.followed, at.priced.prices),
        unpriced=at.priced.unpriced,
        sessions_a_year=year,
        statistics=_statistics(counted, year),
        drawdown=None if counted.is_without or not valued.complete else counted.state.drawdown,
        **over_sessions(books.valuations, period.id, at.date, year, through=not counted.is_without),
        unknown=unknown,
        not_known=at.not_known,
        is_gateway_read=read.positions is not None,
        base_account=period.base_account,
        provisional=period.provisional,
        waiting=at.moved.waiting,
        moved=moved,
        symbols=symbol_rows.stated(at.ledger, period, at.date, valued),
    )
    remarks = (
        *at.remarks,
        *([closing_kept(at.date, now.day_pnl)] if at.is_over else ()),
        *_of_several(at, valued, books.opening(period, at.date) if at.is_over else opening),
        *at.joined.found,
        *corporate.named(at.date, read, at.shares, at.ledger.broker_money),
        *valuation_findings.standing_beside(at.beside),
        *valuation_findings.of(figures, at.priced, best_party.of(read, shown.holdings)),
    )
    return _beside_broker(at, _measured(at, figures._replace(remarks=remarks)))


def _kept(
    at: SessionBook,
    valued: valuation.Valuation,
    opening: Opening | None,
    occasion: Occasion,
    *,
    spans: bool,
) -> valuation.Valuation:
    """Keep the session as it is valued now; one that is over is valued with the closing that it keeps."""
    if at.is_over and opening is not None:
        return valuation.with_closing(valued, at.books.opening(at.period, at.date), opening)
    if valued.complete or not (occasion.keeps_whole and at.books.is_complete(at.date)):
        closing = _closing(at, valued, occasion, spans=spans)
        now = CurrentBook(at.book, at.last)
        symbol_rows.keep(at.ledger, at.period, at.date, now, valued, closing, occasion.signals)
    return valued


def _came_in(valued: valuation.Valuation, moved: Iterable[BookedMoney]) -> valuation.Valuation:
    """Return a valuation with what of a session's money came in, and was not taken back or booked anew."""
    bridge = valued.session
    if bridge.money is None or not bridge.money.inflows:
        return valued
    in_and_out = (each.amount for each in moved if each.kind in ("flow", "other"))
    came_in = money.cents(money.total(max(each, money.ZERO) for each in in_and_out))
    inflows = min(came_in, bridge.money.inflows)
    return valued._replace(session=bridge._replace(money=bridge.money._replace(inflows=inflows)))


def _measured(at: SessionBook, figures: BookFigures) -> BookFigures:
    """Return the figures with what trading cost, and whether the signals were right."""
    observed = (at.before, at.read, at.moment, at.priced, at.is_over)
    return arrivals.made_of(figures, at.ledger, at.period, *observed)


def _beside_broker(at: SessionBook, figures: BookFigures) -> BookFigures:
    if at.read.broker is None:
        return figures
    from paper_run.trading.account import beside_broker

    ours = (at.ledger, at.shares, at.read, at.joined.period, at.book)
    spin_offs = corporate.spin_offs(at.date, at.read, at.shares)
    return beside_broker.compared(figures, *ours, at.moment.is_beside, at.priced.splitting, spin_offs)


def _spans(at: SessionBook, opening: Opening | None) -> bool:
    """Whether there was a session between what a bridge opens from, a closing or the base, and its own."""
    one = timedelta(days=1)
    day = at.period.session - one if opening is None else date.fromisoformat(opening.session)
    while (day := day + one) < at.date:
        if at.moment.calendar.is_session(day):
            return True
    return False


def _of_several(at: SessionBook, valued: valuation.Valuation, opened: Opening | None) -> list[Finding]:
    """Say that what is called the P&L of a day is of several."""
    if valued.day_pnl is None or not _spans(at, opened):
        return []
    return [valuation_findings.several_sessions(at.date, opened)]


def _closing(at: SessionBook, valued: valuation.Valuation, occasion: Occasion, *, spans: bool) -> Closing:
    """Return how a session is kept: one that was marked whole after its close stays, if its base does.

    One that has a price of a valuation before does not, which is of any time of the session, unless that
    stayed.
    """
    moment, kept, priced, counts = at.moment, at.kept, at.priced, not at.period.provisional
    is_last = occasion.is_mark and valued.complete and moment.has_closed(at.date)
    stayed = kept is not None and kept.session == at.date and kept.is_closed
    is_closed = is_last and counts and (stayed or not priced.earlier)
    splits_at_all = moment.calendar.exchange != "24/7"
    return Closing(
        *(priced.seen, priced.suspects, is_closed, spans, counts, priced.prices),
        gross_limit=occasion.gross_limit,
        benchmark=pricing.of_benchmark(at.read, moment, at.date),
        unlisted=listed_splits.unlisted(kept, at.shares, at.read, at.date) if splits_at_all else None,
        fees=NOTHING_ACCRUED if at.before is None else at.before.fees,
    )


def stays(ledger: Ledger, read: Observations, moment: Moment) -> Finding:
    """Say that a session keeps its closing; of what was read only the fees that have accrued by now are kept.

    To be called inside a transaction of the ledger.
    """
    if read.broker is not None:
        from paper_run.trading.account import charged_fees

        charged_fees.keep_after_closing(ledger, read, moment.now.date())
    return closing_kept(moment.session)


def closing_kept(session: date, moved: Decimal | None = None) -> Finding:
    """Say that a session keeps its closing, and how it is moved on purpose.

    :param moved: by how much the book has moved since, dollars.
    """
    came = f", {moved:+,.2f} dollars of equity," if moved else ""
    words = (
        f"The session {session} keeps the closing that it was marked at after its close; what was learned "
        f"since{came} belongs to the next session."
    )
    return Finding("closing_kept", "note", str(session), words, (Remedy("Move it", ours("mark", "--again")),))


def _working(orders: Iterable[Followed], prices: Mapping[str, marks.Mark]) -> dict[str, Working]:
    """Return what each order may yet fill, at its limit, else at its symbol's mark."""
    found = {}
    for order in orders:
        state, mark = order.state, prices.get(order.symbol)
        left = money.CONTEXT.subtract(order.qty, (state.filled_qty if state else None) or money.ZERO)
        price = (state.limit_price if state else None) or (mark.price if mark else None)
        if left > 0:
            found[order.name] = Working(order.symbol, left if order.side == "buy" else -left, price)
    return found


class _Counted(NamedTuple):
    """The statistics' state, and whether the session is not in it for it is not valued whole."""

    state: days.Running
    is_without: bool = False


def _counted(at: SessionBook, valued: valuation.Valuation, *, spans: bool) -> _Counted:
    """Return the statistics' state after this valuation; one with a closing that stays has nothing of it."""
    valuations, period = at.books.valuations, at.period
    state = valuations.running(period.id, at.date, through=at.is_over)
    if at.is_over:
        return _Counted(state)
    if period.provisional:
        return _Counted(state, is_without=True)
    bridge = valued.session
    since = money.CONTEXT.subtract(at.book.traded, valuations.traded_before(period.id, at.date))
    today = days.whole(
        *(bridge.opening, valued.day_pnl, bridge.closing, valued.exposure, since),
        None if bridge.money is None else bridge.money.inflows,
        spans=spans,
    )
    return _Counted(state, is_without=True) if today is None else _Counted(state.after(today))


def _statistics(counted: _Counted, year: int) -> dict[str, statistics.Statistic]:
    """Return the statistics over the complete sessions; one that is not has no return of its own.

    :param year: how many sessions it has.
    """
    found = statistics.statistics(counted.state, year)
    if not counted.is_without:
        return found
    return {**found, "daily_return": found["daily_return"]._replace(value=None, percent=None)}
