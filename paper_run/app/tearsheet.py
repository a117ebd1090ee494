"""A tear sheet: a book over any period, from the ledger alone."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple, money
from paper_run.book import benchmark, days, drawdowns, execution, periods, signals, statistics
from paper_run.book.symbols import SymbolTotals, of_trips
from paper_run.errors import DataError, Remedy
from paper_run.ledger import benchmarks, existing, files
from paper_run.ledger.valuations import end_of
from paper_run.model import result, tearsheet_json
from paper_run.model.commands import ours
from paper_run.model.history import SessionLine
from paper_run.model.json_text import dumps
from paper_run.model.periods import made
from paper_run.model.tearsheet import Asked, CostsOver, SignalsOver, SymbolsOver, TearSheet
from paper_run.report.day import CACHE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from paper_run.book.benchmark import Beside, Reading
    from paper_run.book.days import Day
    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.symbols import Totals
    from paper_run.ledger.valuations import Valuations
    from paper_run.model.benchmark import Benchmark
    from paper_run.model.periods import Periods
    from paper_run.model.place import Place

_END = date.max


class _Span(NamedTuple):
    """The sessions of a book that a tear sheet is of.

    :ivar since: the first date, ISO 8601. :ivar before: the one behind its last complete session, likewise.
    """

    book: BookPeriod
    since: str
    before: str


def make(place: Place, now: datetime, since: date, until: date | None) -> list[Path]:
    """Write the tear sheet of a period into the reports folder; return its files, the page last.

    The ledger is only read, and figures are of the book that has the period's last complete session.

    :param now: UTC. :param until: the last date that is in it; None: whatever there is.
    :raises DataError: there is no ledger or no complete session in the period, or a file can't be written.
    """
    with existing.read(place, now) as ledger:
        sheet = _sheet(ledger, since, until)
    from paper_run.report.html import tearsheet

    files.prove_writable(place.folder, purpose="The reports folder")
    document = dumps(tearsheet_json.to_json(sheet))
    page = tearsheet.render(sheet, cache_folder=place.folder / CACHE_FOLDER)
    written = [place.folder / "tearsheet.json", place.folder / "tearsheet.html"]
    for path, content in zip(written, (document, page), strict=True):
        files.write_atomic(path, content.encode())
    return written


def _sheet(ledger: Ledger, since: date, until: date | None) -> TearSheet:
    end = _END if until is None else until + timedelta(days=1)
    first, after = since.isoformat(), end.isoformat()
    valuations, lines = ledger.books.valuations, ledger.sessions.lines()
    own = [line for line in lines if first <= line.session < after]
    whole = [line for line in own if line.complete]
    if not whole:
        raise _nothing_there(since, until, [line.session for line in lines if line.complete])
    book = whole[-1].book
    read = valuations.days_between(book, first, after)
    year = statistics.SESSIONS_A_YEAR[ledger.account.exchange]
    beside, compared = _compared(ledger, book, read, year)
    pnl = money.total(day.day_pnl for _, day in read)
    span = _span(ledger, book, read[-1][0], first)
    opening, closing = read[0][1].opening, read[-1][1].closing
    not_valued = [line.session for line in own if line.book == book and not line.complete]
    return TearSheet(
        ledger=ledger.account.identity,
        label=result.label(sandbox=bool(ledger.account.is_sandbox), rehearsal=False),
        book=book,
        books=ledger.sessions.present(),
        asked=Asked(first, None if until is None else until.isoformat()),
        first=read[0][0],
        through=read[-1][0],
        not_valued=len(not_valued),
        sessions_a_year=year,
        opening=opening,
        pnl=pnl,
        adjustments=money.total((closing, -opening, -pnl)),
        closing=closing,
        statistics=statistics.statistics(days.running(day for _, day in read), year),
        periods=_periods(read),
        benchmark=beside,
        curve=_curve(read, compared, {line.session: line for line in whole if line.book == book}),
        costs=_costs(ledger, span),
        signals=_signals(ledger, span),
        symbols=_symbols(ledger, span, pnl),
        behind=sum(session > read[-1][0] for session in not_valued),
    )


def _span(ledger: Ledger, book: int, through: str, since: str) -> _Span:
    (period,) = (each for each in ledger.books.periods() if each.id == book)
    return _Span(period, since, end_of(date.fromisoformat(through), through=True))


def _periods(read: Sequence[tuple[str, Day]]) -> Periods:
    through = read[-1][0]
    months, falls = periods.months(read), drawdowns.fallen(read)
    return made(date.fromisoformat(through), through, months, read, falls)


def _compared(
    ledger: Ledger, book: int, read: Sequence[tuple[str, Day]], year: int
) -> tuple[Benchmark | None, Sequence[Beside | None]]:
    """Return the benchmark over the period, and its state after each session; it begins before the first."""
    valuations = ledger.books.valuations
    readings = valuations.benchmark_readings(book)
    state, states = _begun(valuations, book, read[0], readings), []
    for session, day in read:
        state = benchmark.followed(state, session, day, readings.get(session))
        states.append(state)
    last = valuations.last_complete(book, date.fromisoformat(read[-1][0]), through=True)
    if last is None or last["benchmark"] is None:
        return None, states
    return benchmarks.stated(last, state, year), states


def _begun(
    valuations: Valuations, book: int, first: tuple[str, Day], readings: dict[str, Reading | None]
) -> Beside | None:
    """Return the comparison as it begins with the closing that the first session opened from."""
    session, day = first
    row = valuations.last_complete(book, session)
    before = None if row is None else readings.get(row["session"])
    if row is None or before is None or before.price is None:
        return None
    return benchmark.Beside(before.symbol, row["session"], day.opening, before.price)


def _curve(
    read: Sequence[tuple[str, Day]],
    compared: Sequence[Beside | None],
    lines_of: Mapping[str, SessionLine],
) -> list[SessionLine]:
    level: Decimal | None = Decimal(1)
    earned, lines = money.ZERO, []
    for (session, day), state in zip(read, compared, strict=True):
        level = days.drawdown_level(level, day)
        earned = money.total((earned, day.day_pnl))
        lines.append(
            SessionLine(
                session=session,
                attempts=(),
                complete=True,
                day_pnl=day.day_pnl,
                total_pnl=earned,
                closing=day.closing,
                daily_return=days.stated(days.unrounded_return(day)),
                drawdown=days.stated(None if level is None else level - 1),
                marked=False,
                long=lines_of[session].long,
                short=lines_of[session].short,
                gross_limit=lines_of[session].gross_limit,
                benchmark=None if state is None else state.line,
                opening=day.opening,
            )
        )
    return lines


def _costs(ledger: Ledger, span: _Span) -> CostsOver | None:
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


def _fees(ledger: Ledger, span: _Span) -> Decimal | None:
    """Return the fees that the broker has posted of the days, dollars; None: its word is not the book's."""
    kept = ledger.broker_money
    if kept.read_in(span.book) is None or kept.shared_by(span.book) is not None:
        return None
    return money.cents(kept.fees(span.book, span.since, span.before))


def _signals(ledger: Ledger, span: _Span) -> SignalsOver | None:
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


def _symbols(ledger: Ledger, span: _Span, pnl: Decimal) -> SymbolsOver | None:
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


def _nothing_there(since: date, until: date | None, complete: Sequence[str]) -> DataError:
    of = f"from {since} {'on' if until is None else f'to {until}'}" if since != until else f"on {since}"
    there = (
        f"The ledger's complete sessions are from {complete[0]} to {complete[-1]}."
        if len(complete) > 1
        else f"The ledger has one complete session, {complete[0]}."
        if complete
        else "No session of this ledger has a complete valuation yet."
    )
    return DataError(
        f"There is no complete session {of}",
        there,
        remedies=[
            Remedy("Take all of them", ours("report", "--since", complete[0]))
            if complete
            else Remedy("Value the latest one", ours("mark"))
        ],
    )
