"""Tear sheets of so many sessions."""

from decimal import Decimal

from builders import benchmarks, documents, periods
from paper_run.book import statistics
from paper_run.book.days import running
from paper_run.model.tearsheet import Asked, TearSheet


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
    )
