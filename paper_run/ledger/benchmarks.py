"""What is kept of a benchmark with each session: its price, and the state of the comparison after it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run import money
from paper_run.book import benchmark
from paper_run.book.benchmark import Beside, Reading
from paper_run.book.marks import Mark
from paper_run.ledger.rows import amount, reader_of, text
from paper_run.model.benchmark import Benchmark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from paper_run.book.days import Day

_AS_THEY_ARE = frozenset({"symbol", "since", "gap", "sessions", "left_out", "pairs"})


def of_session(
    rows: Callable[..., list[Any]], read: tuple[str, Mark | str | None], period: int, session: str
) -> tuple[str, Mark | None]:
    """Return a benchmark and its price; of one of after the session, the price that the session keeps.

    :param rows: runs a query and returns its rows. :param period: the book, by its id.
    """
    symbol, mark = read
    if not isinstance(mark, str):
        return symbol, mark
    for row in rows(
        "SELECT benchmark FROM sessions WHERE epoch = ? AND session = ? AND benchmark IS NOT NULL",
        period,
        session,
    ):
        kept, price, source, time = json.loads(row["benchmark"])
        if kept == symbol and price is not None:
            return symbol, Mark(
                Decimal(price), source, None if time is None else datetime.fromisoformat(time)
            )
    return symbol, None


def columns(
    read: tuple[str, Mark | None],
    session: str,
    day: Day | None,
    before: Callable[[], Beside | None],
) -> dict[str, Any]:
    """Return the columns of a session's row.

    :param read: the benchmark, and its price. :param day: None of a session that does not count.
    :param before: returns the state before it.
    """
    symbol, mark = read
    found: dict[str, Any] = {"benchmark": json.dumps([symbol, *_written_mark(mark)])}
    if day is not None:
        price = None if mark is None else mark.price
        state = benchmark.followed(before(), session, day, Reading(symbol, price))
        found["beside"] = json.dumps(None if state is None else [*map(_written, state)])
        found["benchmark_equity"] = None if state is None else text(state.line)
    return found


@reader_of("sessions")
def state_of(row: Any) -> Beside | None:
    """Return the state that a row of `sessions` keeps."""
    if (kept := json.loads(row["beside"])) is None:
        return None
    named = zip(Beside._fields, kept, strict=True)
    return Beside._make(value if name in _AS_THEY_ARE else amount(value) for name, value in named)


def anew(
    rows: Callable[..., list[Any]], period: int, end: str, days: Iterable[tuple[str, Day]]
) -> Beside | None:
    """Return the state after the complete sessions before an ISO date, made of all of them.

    :param rows: runs a query and returns its rows. :param period: the book, by its id. :param days: they.
    """
    read = readings(rows, period, end)
    return benchmark.through((session, day, read[session]) for session, day in days)


def readings(rows: Callable[..., list[Any]], period: int, end: str) -> dict[str, Reading | None]:
    """Return what each complete session before an ISO date keeps of a benchmark, by the session.

    :param rows: runs a query and returns its rows. :param period: the book, by its id.
    """
    found = rows(
        "SELECT session, benchmark FROM sessions WHERE epoch = ? AND session < ? AND complete = 1",
        period,
        end,
    )
    return {row["session"]: _reading(row["benchmark"]) for row in found}


def stated(row: Any, state: Beside | None, sessions_a_year: int) -> Benchmark:
    """Return what a session's row and the state after it state of the benchmark."""
    symbol, price, source, time = json.loads(row["benchmark"])
    return Benchmark(
        symbol=symbol,
        since=None if state is None else state.since,
        through=row["session"],
        equity=None if state is None else state.line,
        price=amount(price),
        price_source=source,
        price_time=time,
        left_out=0 if state is None else state.left_out,
        figures=benchmark.figures(state, sessions_a_year),
    )


@reader_of("sessions")
def _reading(written: str | None) -> Reading | None:
    if written is None:
        return None
    symbol, price, *_ = json.loads(written)
    return Reading(symbol, amount(price))


def _written_mark(mark: Mark | None) -> Sequence[str | None]:
    if mark is None:
        return (None, None, None)
    time = None if mark.time is None else mark.time.astimezone(UTC).isoformat(timespec="seconds")
    return (text(mark.price), mark.source, time)


def _written(each: str | int | Decimal | None) -> str | int | None:
    return money.digits(each) if isinstance(each, Decimal) else each
