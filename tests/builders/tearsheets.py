"""Tear sheets of so many sessions."""

from collections.abc import Sequence
from decimal import Decimal

from builders import benchmarks, documents, periods
from builders import symbols as of_symbols
from paper_run.book import execution, signals, statistics
from paper_run.book.days import running
from paper_run.book.signals import Pair
from paper_run.book.symbols import SymbolTotals, of_trips
from paper_run.model.history import SessionLine
from paper_run.model.signals import SignalSession
from paper_run.model.tearsheet import Asked, CostsOver, SignalsOver, SymbolsOver, TearSheet

SYMBOLS = ("AAPL", "BRK.B", "GOOGL", "META", "MSFT", "NVDA")


def of(number: int) -> TearSheet:
    """Return the tear sheet of so many sessions."""
    days, lines = periods.sessions(number), documents.curve(number)
    figures = statistics.statistics(running(day for _, day in days))
    pnl = sum((day.day_pnl for _, day in days), Decimal(0))
    return TearSheet(
        ledger="ab12cd34",
        label=None,
        book=1,
        books=1,
        asked=Asked(lines[0].session, None),
        first=lines[0].session,
        through=lines[-1].session,
        not_valued=0,
        sessions_a_year=252,
        opening=days[0][1].opening,
        pnl=pnl,
        adjustments=Decimal(0),
        closing=days[-1][1].closing,
        statistics=figures,
        periods=periods.of(days),
        benchmark=benchmarks.of(number),
        curve=lines,
        costs=_costs(lines),
        signals=_signals(lines),
        symbols=_symbols(lines, pnl),
    )


def _costs(lines: Sequence[SessionLine]) -> CostsOver:
    known = [(Decimal(at * 7 % 40 - 12), Decimal(60_000)) for at in range(len(lines))]
    of_all, fees = execution.of_sessions(known), Decimal("12.40")
    total = of_all.shortfall and of_all.shortfall + fees
    bps = execution.basis_points(total, of_all.arrival_notional or fees)
    return CostsOver(lines[0].session, of_all, 0, fees, total, bps, execution.mean(known))


def _signals(lines: Sequence[SessionLine]) -> SignalsOver:
    pairs = [
        tuple(
            Pair(name, (at * 13 + of_it * 7) % 19 / 900 - 0.0101, (at * 5 + of_it * 11) % 23 / 700 - 0.0155)
            for of_it, name in enumerate(SYMBOLS)
        )
        for at in range(len(lines))
    ]
    sessions = [
        SignalSession(line.session, own, signals.recent_ic(pairs[: at + 1][::-1]))
        for at, (line, own) in enumerate(zip(lines, pairs, strict=True))
    ]
    return SignalsOver(lines[0].session, signals.of_sessions(pairs), sessions)


def _symbols(lines: Sequence[SessionLine], pnl: Decimal) -> SymbolsOver:
    first, last, n = lines[0].session, lines[-1].session, len(lines)
    totals, rest = {}, pnl
    for at, name in enumerate(SYMBOLS):
        earned = rest if name == SYMBOLS[-1] else Decimal(at * at * 37 - 300)
        totals[name] = SymbolTotals(
            *(first, last, n, n // 2 + at % 3, n - at, 0, earned - 20, Decimal(20)),
            *(at + 2, at, Decimal(at * 120), Decimal(-90)),
        )
        rest -= earned
    return SymbolsOver(first, totals, rest, of_symbols.SYMBOLS.trips, of_trips(totals))
