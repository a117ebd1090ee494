"""Days that have every section of a page, with as many orders, positions and symbols as one asks for."""

from dataclasses import replace
from decimal import Decimal

from builders import costs, days, documents, limits, parties, signals, symbols
from paper_run.book.signals import Pair
from paper_run.model.history import SessionLine
from paper_run.model.result import RunResult
from paper_run.model.result_json import of_document
from paper_run.model.signals import SignalPair, SignalSession
from paper_run.report.html import page


def result(orders: int) -> RunResult:
    """Return a day of so many orders, each of a symbol of its own that is held, known to the broker too."""
    document = days.many_orders(orders) | {"pnl": days.many_positions(orders)["pnl"]}
    made = of_document(document)
    names = [each.symbol for each in made.orders]
    history = tuple(Decimal(at * 37 % 400 - 150) for at in range(30))
    broker = parties.PARTIES.broker
    positions = tuple(broker.positions[0]._replace(symbol=name) for name in names)
    pairs = tuple(
        SignalPair(name, Decimal(at % 19 - 9) / 1000 + Decimal("0.0005"), Decimal(at % 23 - 11) / 900, True)
        for at, name in enumerate(names)
    )
    return replace(
        made,
        symbols=symbols.SYMBOLS._replace(
            rows=tuple(symbols.row(name, "1320.40", history=history) for name in names)
        ),
        costs=costs.COSTS._replace(orders=tuple(costs.FILLED._replace(symbol=name) for name in names)),
        signals=signals.SIGNALS._replace(pairs=pairs),
        parties=parties.PARTIES._replace(broker=broker._replace(positions=positions)),
        limits=limits.LIMITS,
    )


def curve(of_result: RunResult, sessions: int) -> tuple[SessionLine, ...]:
    """Return so many sessions, with what was held long and short in each."""
    lines = documents.curve(sessions, days.many_orders(len(of_result.orders)))
    half = Decimal(2)
    return tuple(
        each._replace(
            long=each.closing and each.closing / half, short=each.closing and -each.closing / half / half
        )
        for each in lines
    )


def past(of_result: RunResult, sessions: int) -> tuple[SignalSession, ...]:
    """Return the pairs of so many sessions before it, the newest first."""
    pairs = tuple(
        Pair(each.symbol, (at % 17 - 8.5) / 900, (at % 13 - 6.5) / 700)
        for at, each in enumerate(of_result.orders)
    )
    return tuple(
        SignalSession(f"2025-{1 + at // 28:02}-{1 + at % 28:02}", pairs, Decimal(at % 30 - 12) / 100)
        for at in reversed(range(sessions))
    )


def render(orders: int, sessions: int) -> str:
    """Return the page of such a day."""
    made = result(orders)
    return page.render(made, curve=curve(made, sessions), signals=past(made, sessions))
