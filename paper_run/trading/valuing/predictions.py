"""Signals against what came: kept for each session from its arrival prices and the predictions before it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book import execution, signals, splits
from paper_run.book.days import rounded
from paper_run.model.signals import SignalPair, Signals
from paper_run.services.orchestrator import recorded_orchestration
from paper_run.trading.valuing import execution_costs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from decimal import Decimal

    from paper_run.book.execution import Split
    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.calendar import Calendar

_OLDEST_PRICE = timedelta(days=10)


class _Ended(NamedTuple):
    """The pairs that a session has ended; or why there are none. `day`: in which they were predicted."""

    day: date | None
    pairs: tuple[SignalPair, ...] = ()
    reason: str | None = None

    @property
    def ranked(self) -> list[signals.Pair]:
        """The pairs as they are ranked and kept."""
        return [
            signals.Pair(each.symbol, float(each.predicted), float(each.realized), each.counts)
            for each in self.pairs
        ]


def keep(
    ledger: Ledger,
    period: BookPeriod,
    session: date,
    calendar: Calendar,
    suspects: Mapping[str, str],
    *,
    since: str,
) -> Signals:
    """Write the pairs of a session, and of those from another one on anew; return what a result states.

    :param suspects: the symbols that may have split, with the session since which, an ISO date.
    :param since: the first session of which something else is known by now, an ISO date.
    """
    kept = ledger.sessions.signals
    ended = _Ended(None, reason="no first attempt of this session, in this book, has arrival prices")
    for name in sorted({*kept.since(period.id, since), str(session)}):
        day = date.fromisoformat(name)
        first = _first(ledger, period, day)
        if first is None:
            continue
        found = _ended(ledger, period, first, calendar, suspects)
        ended = found if day == session else ended
        before = kept.tally(period.id, name) or signals.Tally()
        latest = kept.latest(period.id, name, pairs=0, sessions=signals.RECENT - 1)
        recent = signals.recent_ic([found.ranked, *(each.pairs for each in latest)])
        kept.keep(period.id, name, found.ranked, before.after(found.ranked), recent)
    return _stated(ledger, period, session, ended)


def _stated(ledger: Ledger, period: BookPeriod, session: date, ended: _Ended) -> Signals:
    kept, name = ledger.sessions.signals, str(session)
    tally = kept.tally(period.id, name, through=True) or signals.Tally()
    latest: Sequence[signals.Pair] = ()
    recent = None
    if tally.pairs >= signals.LEAST_PAIRS:
        sessions = kept.latest(period.id, name, pairs=signals.RANKED, through=True)
        latest = [pair for each in sessions for pair in each.pairs if pair.counts][: signals.RANKED]
        recent = sessions[0].recent
    return Signals(
        quality=signals.quality(tally, latest, recent),
        predicted_in=None if ended.day is None else str(ended.day),
        pairs=ended.pairs,
        session_ic=rounded(signals.session_ic([each for each in ended.ranked if each.counts])),
        reason=ended.reason,
    )


def _first(ledger: Ledger, period: BookPeriod, day: date) -> AttemptRow | None:
    """Return a session's first executed attempt, if arrival prices were asked for then."""
    rows = (row for row in _executed(ledger, period, day) if row.fence == str(day))
    return next(rows, None)


def _executed(ledger: Ledger, period: BookPeriod, day: date) -> Iterator[AttemptRow]:
    for row in ledger.attempts.of_session(day):
        if row.id >= period.attempt and row.closes and row.snapshot.arrivals is not None:
            yield row


def _ended(
    ledger: Ledger, period: BookPeriod, now: AttemptRow, calendar: Calendar, suspects: Mapping[str, str]
) -> _Ended:
    """Return what the session before predicted, against this one's arrival prices."""
    day = calendar.previous_session(now.session)
    attempts = [*_executed(ledger, period, day)]
    if not attempts:
        return _Ended(None, reason=f"no attempt of the session before, {day}, has arrival prices")
    booked = ledger.sessions.costs.splits(period.id, str(day - _OLDEST_PRICE))
    unsure = {symbol for symbol, since in suspects.items() if since <= str(now.session)}
    pairs: list[SignalPair] = []
    for row in attempts:
        counts = row.fence == str(day)
        pairs += _pairs(
            row,
            now,
            booked,
            calendar,
            counts=counts,
            unsure=unsure,
            watched=lambda: held_before(ledger, period, now.session),
        )
    reason = None if pairs else "no prediction of the session before has both prices"
    return _Ended(day, tuple(pairs), reason)


def _pairs(
    row: AttemptRow,
    now: AttemptRow,
    booked: Sequence[Split],
    calendar: Calendar,
    *,
    counts: bool,
    unsure: set[str],
    watched: Callable[[], Collection[str]],
) -> Iterator[SignalPair]:
    """Yield an attempt's predictions with what came of each; one of zero, on either side, is none."""
    zone = calendar.clock(now.started_at).tzinfo
    predicted = {} if row.answer is None else _predicted(row.answer)
    before, after = row.snapshot.arrivals or {}, now.snapshot.arrivals or {}
    for symbol, expected in predicted.items():
        if symbol in unsure or not (symbol in before and symbol in after):
            continue
        was, became = before[symbol], after[symbol]
        price = execution.of_shares_on(
            execution_costs.dated(became, now.started_at, zone),
            *(was.price, execution_costs.dated(was, row.started_at, zone), symbol, booked),
        )
        is_watched = calendar.exchange == "24/7" or not splits.is_beyond(price, became.price)
        if not is_watched and symbol not in watched():
            continue
        if came := signals.realized(price, became.price):
            yield SignalPair(symbol, expected, came, counts)


def held_before(ledger: Ledger, period: BookPeriod, session: date) -> frozenset[str]:
    """Return the symbols that were held before a session, of which a split would have been seen."""
    before = ledger.books.valuations.last(period.id, before=str(session))
    return frozenset() if before is None else frozenset(before.seen)


def _predicted(answer: str) -> dict[str, Decimal]:
    """Return a run's predictions by symbol; of a symbol that it has twice the first."""
    found: dict[str, Decimal] = {}
    for each in recorded_orchestration(answer).mappings:
        if each.predicted_return:
            found.setdefault(each.symbol, each.predicted_return)
    return found
