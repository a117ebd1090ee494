"""Bringing the book up to date: fills are booked, positions priced, the session valued, all in the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from paper_run import money
from paper_run.book import days, holdings, statistics, valuation
from paper_run.book.limits import Working
from paper_run.errors import Remedy
from paper_run.ledger.book import CurrentBook
from paper_run.ledger.periods import over_sessions
from paper_run.ledger.valuations import Closing
from paper_run.model.book_figures import BookFigures, NotKnown
from paper_run.model.commands import ours
from paper_run.model.findings import Finding
from paper_run.trading import (
    adjustments,
    arrivals,
    beside_gateway,
    best_party,
    book_opening,
    corporate,
    hand_trades,
    joining,
    listed_splits,
    not_known,
    order_outcomes,
    other_money,
    pricing,
    symbol_rows,
    valuation_findings,
)
from paper_run.trading.our_shares import OurShares, come
from paper_run.trading.strangers import Strangers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from paper_run.book import marks
    from paper_run.book.bridge import Opening
    from paper_run.book.splits import Span
    from paper_run.ledger.book import BookPeriod, Books
    from paper_run.ledger.followed import Followed
    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.valuations import PastValuation
    from paper_run.services.platform import Observations
    from paper_run.trading.observations import Moment


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
    books = ledger.books
    change, is_beside = occasion.change or adjustments.Change(), moment.is_beside
    period, remarks = book_opening.present(ledger, read, moment, booked_at, is_beside)
    if period is None:
        adjustments.refuse_without_a_book(change, ledger.doubts.attempts())
        return None
    if change.split is not None:
        voided = adjustments.book_split(books, period, change.split, read, moment, booked_at, change.note)
        remarks += corporate.voided_closings(change.split.symbol, change.split.ratio, voided)
    kept = before = books.last_valuation(period)
    session = max(moment.session, kept.session) if kept else moment.session
    remarks += ledger.open_orders.book_fills(
        *(period, session, booked_at, order_outcomes.FINAL, moment.calendar.session_date),
        awaits_broker=read.awaits_broker,
        dated={each.symbol for each in come(read, session)},
    )
    shares, by_others = OurShares(books, period, session, read), Strangers(ledger, read, moment.calendar)
    # What else moved shares comes before the splits, which are proven by what the account has beyond it. A
    # fraction that was paid is of the shares after a split all the same: that is folded before it.
    moved = other_money.book(ledger, read, shares, session, moment, booked_at, is_beside)
    missing = _not_known(ledger, read, moment)
    remarks += (*moved.found, *not_known.found_out(missing, has_broker=read.broker is not None))
    followed = ledger.open_orders.followed()
    in_flight = frozenset(order.symbol for order in followed)
    lacks = {**ledger.open_orders.missing(), **not_known.anything(missing)}
    if of_list := corporate.book_listed(books, session, read, shares, lacks, by_others, booked_at):
        kept, remarks = books.last_valuation(period), [*remarks, *of_list]
    is_over = kept is not None and kept.session == session and kept.is_closed and not occasion.again
    (book, last), priced = _priced(books, shares, kept, session, read, moment, lacks, by_others)
    new = book_opening.first_prices(shares, book, priced.prices)
    beside = frozenset(
        filter(is_beside, {each.symbol for each in read.positions or ()} - book.holdings.keys())
    )
    new += adjustments.trades(book, change.trades)
    by_hand = best_party.differences(book, read, priced.prices, change, in_flight, beside, moment)
    unsure = {*priced.unknown, *priced.suspects, *not_known.by_symbol(missing)}
    own = joining.Ours(book, unsure, moved.waiting, is_changed=occasion.change is not None)
    joined = joining.join(ledger, read, period, session, own, moment, booked_at, is_beside)
    if new or by_hand.entries or by_hand.is_all or joined.period != period:
        books.append(period, session, new, booked_at, note=change.note or None)
        hand_trades.book(ledger, read, joined.period, session, by_hand, own, booked_at, is_beside)
        (book, last), priced = _priced(books, shares, kept, session, read, moment, lacks, by_others)
    positions = pricing.listed_positions(read)
    shown = book._replace(holdings={**dict.fromkeys(positions, holdings.Holding()), **book.holdings})
    opening = books.opening(period, session, through=is_over)
    unknown = {**priced.unknown, **not_known.by_symbol(missing)}
    valued = valuation.value(shown, priced.prices, period.base, opening, unknown=unknown)
    spans, since_closing = _spans(period, opening, session, moment), valued.day_pnl
    if is_over and opening is not None:
        valued = valuation.with_closing(valued, books.opening(period, session), opening)
    elif valued.complete or not (occasion.keeps_whole and books.is_complete(session)):
        closing = _closing(period, kept, session, valued, priced, occasion, moment, spans=spans)._replace(
            benchmark=pricing.of_benchmark(read, moment, session)
        )
        symbol_rows.keep(ledger, period, session, CurrentBook(book, last), valued, closing, occasion.signals)
    counted = _counted(ledger, period, session, valued, book.traded, spans=spans, is_over=is_over)
    theirs = {symbol: beside_gateway.theirs(each) for symbol, each in positions.items()}
    compared = {} if read.positions is None else beside_gateway.differences(shown, theirs, period, unknown)
    figures = BookFigures(
        since=period.session,
        session=session,
        now=moment.now,
        valuation=valued,
        gateway=theirs,
        differences={symbol: each for symbol, each in compared.items() if symbol not in beside},
        in_flight=in_flight,
        working=_working(followed, priced.prices),
        unpriced=priced.unpriced,
        sessions_a_year=statistics.SESSIONS_A_YEAR[ledger.account.exchange],
        statistics=_statistics(ledger, counted),
        drawdown=None if counted.is_without or not valued.complete else counted.state.drawdown,
        **over_sessions(
            *(books.valuations, period.id, session, statistics.SESSIONS_A_YEAR[ledger.account.exchange]),
            through=not counted.is_without,
        ),
        unknown=unknown,
        not_known=missing,
        is_gateway_read=read.positions is not None,
        base_account=period.base_account,
        provisional=period.provisional,
        waiting=moved.waiting,
        moved=other_money.in_bridge(ledger, period, session, is_over=is_over),
        symbols=symbol_rows.stated(ledger, period, session, valued),
    )
    remarks += (
        *([closing_kept(session, since_closing)] if is_over else ()),
        *_of_several(
            *(period, books.opening(period, session) if is_over else opening, session, valued, moment)
        ),
        *joined.found,
        *corporate.named(session, read, shares),
        *beside_gateway.standing_beside(beside),
        *valuation_findings.of(figures, priced, best_party.of(read, shown.holdings)),
    )
    return _beside_broker(
        arrivals.made_of(
            figures._replace(remarks=tuple(remarks)),
            *(ledger, period, before, read, moment, priced, is_over),
        ),
        *(ledger, shares, read, joined.period, book, is_beside, priced.splitting),
    )


def _beside_broker(
    figures: BookFigures,
    ledger: Ledger,
    shares: OurShares,
    read: Observations,
    period: BookPeriod,
    book: holdings.Book,
    is_beside: Callable[[str], bool],
    splitting: Collection[str],
) -> BookFigures:
    if read.broker is None:
        return figures
    from paper_run.trading import beside_broker

    return beside_broker.compared(figures, ledger, shares, read, period, book, is_beside, splitting)


def _priced(
    books: Books,
    shares: OurShares,
    kept: PastValuation | None,
    session: date,
    read: Observations,
    moment: Moment,
    missing: Mapping[str, Span],
    strangers: Strangers,
) -> tuple[CurrentBook, pricing.Priced]:
    """Return the book as it is now, priced."""
    now = books.current(shares.period, kept)
    listed = listed_splits.listed(shares, session, read, missing, moment.calendar, moment.now.date())
    lacks = strangers.missing(now.book, shares, session, missing)
    return now, pricing.price(books, shares, kept, session, now.book, read, moment, listed, lacks)


def _not_known(ledger: Ledger, read: Observations, moment: Moment) -> tuple[NotKnown, ...]:
    by_gateway = frozenset() if read.awaits_broker else frozenset({*read.states, *read.earlier})
    told = not_known.Told(gateway=by_gateway, broker=read.told)
    return not_known.at(ledger, moment.calendar, moment.now, read=told)


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


def _spans(period: BookPeriod, opening: Opening | None, session: date, moment: Moment) -> bool:
    """Whether there was a session between what a bridge opens from, a closing or the base, and its own."""
    one = timedelta(days=1)
    day = period.session - one if opening is None else date.fromisoformat(opening.session)
    while (day := day + one) < session:
        if moment.calendar.is_session(day):
            return True
    return False


def _of_several(
    period: BookPeriod, opened: Opening | None, session: date, valued: valuation.Valuation, moment: Moment
) -> list[Finding]:
    """Say that what is called the P&L of a day is of several."""
    if valued.day_pnl is None or not _spans(period, opened, session, moment):
        return []
    return [valuation_findings.several_sessions(session, opened)]


def _closing(
    period: BookPeriod,
    kept: PastValuation | None,
    session: date,
    valued: valuation.Valuation,
    priced: pricing.Priced,
    occasion: Occasion,
    moment: Moment,
    *,
    spans: bool,
) -> Closing:
    """Return how a session is kept: one that was marked whole after its close stays, if its base does.

    One that has a price of a valuation before does not, which is of any time of the session, unless that
    stayed.
    """
    is_last = occasion.is_mark and valued.complete and moment.calendar.hours(session)[1] <= moment.now
    counts = not period.provisional
    stayed = kept is not None and kept.session == session and kept.is_closed
    is_closed = is_last and counts and (stayed or not priced.earlier)
    marks = priced.prices
    return Closing(
        *(priced.seen, priced.suspects, is_closed, spans, counts, marks), gross_limit=occasion.gross_limit
    )


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


def _counted(
    ledger: Ledger,
    period: BookPeriod,
    session: date,
    valued: valuation.Valuation,
    traded: Decimal,
    *,
    spans: bool,
    is_over: bool,
) -> _Counted:
    """Return the statistics' state after this valuation.

    :param is_over: whether the session keeps its closing: nothing of this valuation is in it.
    """
    state = ledger.books.valuations.running(period.id, session, through=is_over)
    if is_over:
        return _Counted(state)
    bridge = valued.session
    since = money.CONTEXT.subtract(traded, ledger.books.valuations.traded_before(period.id, session))
    today = (
        None
        if period.provisional
        else days.whole(
            *(bridge.opening, valued.day_pnl, bridge.closing, valued.exposure, since),
            None if bridge.money is None else bridge.money.inflows,
            spans=spans,
        )
    )
    return _Counted(state, is_without=True) if today is None else _Counted(state.after(today))


def _statistics(ledger: Ledger, counted: _Counted) -> dict[str, statistics.Statistic]:
    """Return the statistics over the complete sessions; one that is not has no return of its own."""
    found = statistics.statistics(counted.state, statistics.SESSIONS_A_YEAR[ledger.account.exchange])
    if not counted.is_without:
        return found
    return {**found, "daily_return": found["daily_return"]._replace(value=None, percent=None)}
