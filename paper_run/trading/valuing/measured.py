"""What a valuation makes of arrival prices: the cost of trading, and whether signals were right."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book import execution, marks
from paper_run.ledger.valuations import end_of
from paper_run.model.costs import CostBasis
from paper_run.money import CONTEXT
from paper_run.trading.valuing import execution_costs, predictions

if TYPE_CHECKING:
    from decimal import Decimal

    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.costs import News, SessionCosts
    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.valuations import PastValuation
    from paper_run.model.book_figures import BookFigures
    from paper_run.services.platform import Observations
    from paper_run.trading.account.observations import Moment
    from paper_run.trading.account.pricing import Priced


class Valuing(NamedTuple):
    """What a valuation goes by.

    :ivar before: the book as it was valued before it. :ivar is_over: whether the session keeps its closing.
    """

    ledger: Ledger
    period: BookPeriod
    before: PastValuation | None
    read: Observations
    moment: Moment
    priced: Priced
    is_over: bool


def measured(figures: BookFigures, valuing: Valuing) -> BookFigures:
    """Write what the session's orders cost and how right its signals were, and of earlier ones what changed.

    What is stated of it is returned with the figures.
    """
    ledger, period, before = valuing.ledger, valuing.period, valuing.before
    news = ledger.sessions.costs.news(period.id, before.entry if before is not None else 0)
    basis = _costs(figures, valuing, news)
    suspects = valuing.priced.suspects
    over = [since for symbol, since in (before.suspects if before else {}).items() if symbol not in suspects]
    found = predictions.keep(
        *(ledger, period, figures.session, valuing.moment.calendar, suspects),
        since=min((*over, *filter(None, [news.split]), str(figures.session))),
    )
    return figures._replace(cost_basis=basis, signals=found)


def _costs(figures: BookFigures, valuing: Valuing, news: News) -> CostBasis:
    """Write what the orders cost; return what a result's costs are reckoned with."""
    ledger, period, session = valuing.ledger, valuing.period, figures.session
    moment, found = valuing.moment, ledger.sessions.costs
    first = min((*news.traded, *filter(None, [news.split]), str(session)))
    kept = found.closings(period.id, str(session))
    basis = CostBasis(
        session=session,
        has_closed=moment.has_closed(session),
        closings=kept if valuing.is_over else kept | _closings(session, valuing),
        unknown=figures.unknown,
        splits=found.splits(period.id, first),
        fees=_fees(valuing, session),
        mean=execution.mean(()),
        watched=_watched(valuing, session),
    )
    for each in _earlier(found, period, session, news):
        then = basis._replace(
            session=each,
            has_closed=True,
            closings=found.closings(period.id, str(each)),
            watched=_watched(valuing, each),
        )
        execution_costs.keep(ledger, found, period, each, zone=moment.now.tzinfo, present=then)
    attempts = execution_costs.keep(ledger, found, period, session, zone=moment.now.tzinfo, present=basis)
    return basis._replace(mean=execution.mean(found.latest(period.id, str(session))), attempts=attempts)


def _watched(valuing: Valuing, session: date) -> frozenset[str] | None:
    """Return the symbols that were held before a session; None where nothing splits."""
    if valuing.moment.calendar.exchange == "24/7":
        return None
    before = valuing.before
    if before is None or before.session >= session:
        return predictions.held_before(valuing.ledger, valuing.period, session)
    return frozenset(before.seen)


def _fees(valuing: Valuing, session: date) -> Decimal | None:
    """Return a session's fees, dollars, a cost positive: what is charged of it, and what accrued of the day.

    None where no broker tells, where an account of several ledgers does, and where what accrued may be of
    another day.
    """
    reading, kept = valuing.read.proven_broker, valuing.ledger.broker_money
    account = None if reading is None or reading.money is None else reading.account
    if account is None or account.accrued_fees is None or kept.shared_by(valuing.period) is not None:
        return None
    if account.accrued_fees and valuing.moment.now.date() != session:
        return None
    charged = kept.fees(valuing.period, session.isoformat(), end_of(session, through=True))
    return CONTEXT.add(charged, account.accrued_fees)


def _earlier(found: SessionCosts, period: BookPeriod, session: date, news: News) -> list[date]:
    """Return the sessions before one whose costs are others by now."""
    sessions = set(news.traded)
    if news.split:
        sessions.update(found.since(period.id, news.split))
    return sorted(each for each in map(date.fromisoformat, sessions) if period.session <= each < session)


def _closings(session: date, valuing: Valuing) -> dict[str, Decimal]:
    """Return current prices by symbol, dollars, as closing marks; none while the session is open.

    What a position was valued at earlier in the session is none: it may be of any time of it.
    """
    read, moment, priced = valuing.read, valuing.moment, valuing.priced
    if not moment.has_closed(session):
        return {}
    market = (read.market.by_symbol if read.market is not None else None) or {}
    quoted = {
        symbol: marks.choose(each, moment.now, moment.calendar.is_open_at) for symbol, each in market.items()
    }
    following = moment.calendar.next_session(session)
    usable = {
        symbol: each.price
        for symbol, each in quoted.items()
        if each is not None and marks.is_of(each, moment.now, following)
    }
    marked = {name: each.price for name, each in priced.prices.items() if name not in priced.earlier}
    return usable | marked
