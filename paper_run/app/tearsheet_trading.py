"""What a tear sheet says of trading: its costs, its signals and its symbols, from what each session keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import execution, signals
from paper_run.book.symbols import SymbolTotals, of_trips
from paper_run.model.tearsheet import CostsOver, SignalsOver, SymbolsOver

if TYPE_CHECKING:
    from decimal import Decimal

    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.symbols import Totals


class Span(NamedTuple):
    """The sessions of a book that a tear sheet is of.

    :ivar since: the first date, ISO 8601. :ivar before: the one behind its last complete session, likewise.
    """

    book: BookPeriod
    since: str
    before: str


def costs(ledger: Ledger, span: Span) -> CostsOver | None:
    """Return what trading cost; None where the book has no arrival price."""
    kept, book = ledger.sessions.costs, span.book
    begins = kept.first(book.id)
    if begins is None:
        return None
    rows = kept.between(book.id, span.since, span.before)
    known = [each for each in rows if each is not None]
    of_them, fees = execution.of_sessions(known), _fees(ledger, span)
    not_known, total, bps = len(rows) - len(known), None, None
    cost, notional = of_them.shortfall, of_them.arrival_notional
    if cost is not None and notional is not None and fees is not None and not not_known:
        total = money.total((cost, fees))
        bps = execution.basis_points(total, notional)
    return CostsOver(begins, of_them, not_known, fees, total, bps, execution.mean(known))


def _fees(ledger: Ledger, span: Span) -> Decimal | None:
    """Return the fees that the broker has posted of the days, dollars; None: its word is not the book's."""
    kept = ledger.broker_money
    if kept.read_in(span.book) is None or kept.shared_by(span.book) is not None:
        return None
    return money.cents(kept.fees(span.book, span.since, span.before))


def quality(ledger: Ledger, span: Span) -> SignalsOver | None:
    """Return how right signals were; None where the book has no arrival price."""
    kept = ledger.sessions.signals
    begins = kept.first(span.book.id)
    if begins is None:
        return None
    found = kept.between(span.book.id, span.since, span.before)
    sessions = [
        each if at >= signals.RECENT else each._replace(recent=None) for at, each in enumerate(found, 1)
    ]
    return SignalsOver(begins, signals.of_sessions([each.pairs for each in sessions]), sessions)


def symbols(ledger: Ledger, span: Span, pnl: Decimal) -> SymbolsOver | None:
    """Return what each symbol came to; None where the book has no rows of them.

    :param pnl: of the period, dollars and cents, a loss negative.
    """
    kept, book = ledger.symbols, span.book
    begins = kept.first(book.id)
    if begins is None:
        return None
    trips = kept.trips_closed(book.id, span.since, span.before)
    totals: Totals = kept.totals_from_rows(book.id, span.before, span.since)
    for each in trips:
        totals[each.symbol] = totals.get(each.symbol, SymbolTotals()).with_trip(each.pnl)
    own = money.total(each.pnl for each in totals.values())
    other = money.CONTEXT.subtract(pnl, own)
    return SymbolsOver(begins, dict(sorted(totals.items())), other, trips, of_trips(totals))
