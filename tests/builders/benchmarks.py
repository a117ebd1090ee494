"""A benchmark beside the sessions of `builders.periods`."""

from decimal import Decimal
from typing import Any

from builders import periods
from paper_run.book import benchmark
from paper_run.book.benchmark import Reading
from paper_run.model.benchmark import Benchmark, to_json

_MOVES = (11, -7, 3, 0, -14, 9, 5, -2, 8, -6)


def of(number: int) -> Benchmark:
    """Return it after so many sessions, its price first known in the third."""
    price, read = Decimal("585.20"), []
    for at, (session, day) in enumerate(periods.sessions(number)):
        price += _MOVES[(at * 3 + at // 7) % len(_MOVES)]
        read.append((session, day, Reading("SPY", price if at > 1 else None)))
    state = benchmark.through(read)
    return Benchmark(
        symbol="SPY",
        since=None if state is None else state.since,
        through=read[-1][0],
        equity=None if state is None else state.line,
        price=price,
        price_source="trade",
        price_time="2025-01-17T14:00:00+00:00",
        left_out=0,
        figures=benchmark.figures(state, 252),
    )


BENCHMARK = of(51)


def document(number: int = 51) -> dict[str, Any]:
    """Return it as a result's document has it."""
    return to_json(of(number))
