"""The figures of a result as a person reads them first: P&L and equity, counts, or why there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.model.findings import counted, listed
from paper_run.report import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from decimal import Decimal

    from paper_run.model.benchmark import Benchmark
    from paper_run.model.costs import Costs
    from paper_run.model.history import SessionLine
    from paper_run.model.result import Pnl, PositionRow, RunResult, Totals

OVER_SEVERAL = "over several sessions"
"""What stands by a day P&L since a session that is not the one before: that one was not valued."""
WAIT = "includes the wait for the open"
_NAMED = 3

_ORDER_COUNTS: tuple[tuple[str, Callable[[Totals], int | None], str], ...] = (
    ("Submitted", lambda totals: totals.num_orders_submitted, ""),
    ("Accepted", lambda totals: totals.num_orders_accepted, ""),
    ("Rejected", lambda totals: totals.num_orders_rejected, "bad"),
    ("In doubt", lambda totals: totals.num_orders_in_doubt, "unsure"),
    ("Filled", lambda totals: totals.num_orders_filled, ""),
)
"""The counts of orders: label, count, and the tone of one that is not zero."""


class Figure(NamedTuple):
    """A figure of the first screen, and the words below it; `tone` is gain, loss or ""."""

    label: str
    shown: str
    aside: str
    tone: str = ""


def counts(totals: Totals) -> list[tuple[str, str, str]]:
    """Return the counts of orders as they are shown: label, number, and the tone of one that is not zero."""
    return [
        (label, text.count(count(totals)), tone if count(totals) else "")
        for label, count, tone in _ORDER_COUNTS
    ]


def figures(result: RunResult, pnl: Pnl, before: Sequence[SessionLine] = ()) -> list[Figure]:
    """Return day P&L, total P&L and equity; where a price is missing, what is known without it.

    :param pnl: the result's. :param before: the complete sessions of its book before its own, oldest first.
    """
    since = f"since {text.one_line(pnl.since)}"
    if not pnl.complete:
        unknown = _named(pnl.not_known)
        unpriced = _named(pnl.unpriced)
        missing = "not known: " + "; ".join(
            [f"the shares of {unknown}"] * bool(unknown) + [f"{unpriced} without a price"] * bool(unpriced)
        )
        known = f"unrealized, priced so far: {text.signed_money(pnl.priced_so_far)}"
        if pnl.realized_pnl is not None:
            known = f"realized: {text.signed_money(pnl.realized_pnl)} {since}; {known}"
        return [
            Figure("Day P&L", text.ABSENT, missing),
            Figure("Total P&L", text.ABSENT, known),
            Figure("Equity", text.ABSENT, _known_of_equity(result, before)),
        ]
    stated = result.statistics
    daily, whole = (text.percentage(each) for each in (stated.daily_return, stated.total_return))
    earned = "from opening to closing" if daily is None else f"{text.signed_percent(daily)} of {_whole(pnl)}"
    if is_of_several(result):
        earned += f", {OVER_SEVERAL}"
    return [
        Figure(
            "Day P&L",
            text.signed_money(pnl.day_pnl),
            earned,
            text.tone_of(pnl.day_pnl),
        ),
        Figure(
            "Total P&L",
            text.signed_money(pnl.total_pnl),
            f"{text.signed_percent(whole)} {since}" if whole is not None else since,
            text.tone_of(pnl.total_pnl),
        ),
        Figure("Equity", text.money(pnl.equity.closing), _opened(pnl)),
    ]


def last_known(result: RunResult, before: Sequence[SessionLine]) -> str:
    """Return what is known of an equity that is not: the last one, a clause; "" where none is.

    :param before: the complete sessions of its book before its own, oldest first.
    """
    if before and (result.pnl is None or before[-1].closing == result.pnl.equity.opening):
        last = before[-1]
        return f"last stood at {text.money(last.closing)}, in session {text.one_line(last.session)}"
    return "" if result.pnl is None else _opened(result.pnl)


def _known_of_equity(result: RunResult, before: Sequence[SessionLine]) -> str:
    """Return that, and what its broker says of the account's, which is no figure of the book."""
    broker = None if result.parties is None or _is_shared(result) else result.parties.broker
    account = broker.equity.broker if broker is not None and broker.proven else None
    said = "" if account is None else f"the broker says {text.money(account)}"
    return "; ".join(filter(None, (last_known(result, before), said)))


def _opened(pnl: Pnl) -> str:
    return f"opened at {text.money(pnl.equity.opening)}"


def beside(result: RunResult) -> tuple[Figure, ...]:
    """Return what trading cost, and how the book does beside its benchmark, as far as they are stated."""
    return (*_cost(result.costs), *_against(result.benchmark, result.session))


def tone_of_cost(cost: Decimal | None) -> str:
    """Return the tone of a cost: what was paid is a loss."""
    return text.tone_of(None if cost is None else -cost)


def orders_known(costs: Costs) -> str:
    """Return of how many orders the cost is known, and what is in it."""
    known = f"{costs.num_known:,} of {counted(len(costs.orders), 'order')}"
    return f"{known}, {WAIT}" if costs.includes_wait else known


def _cost(costs: Costs | None) -> Iterable[Figure]:
    """Yield the shortfall."""
    if costs is None or not costs.orders:
        return
    before = "" if costs.shortfall_bps is None else f"{text.ratio(costs.shortfall_bps)} bp, "
    if costs.shortfall is None and costs.num_known:
        before = f"{text.signed_money(costs.known_so_far)} so far, of "
    shown, tone = text.signed_money(costs.shortfall), tone_of_cost(costs.shortfall)
    yield Figure("Execution cost", shown, f"{before}{orders_known(costs)}", tone)


def _against(benchmark: Benchmark | None, session: str) -> Iterable[Figure]:
    """Yield the excess return, and what the benchmark itself did in the session, where it has its price."""
    if benchmark is None or benchmark.since is None or benchmark.since == benchmark.through:
        return
    symbol = text.clipped(text.one_line(benchmark.symbol))
    excess = text.percentage(benchmark.figures.get("excess_return"))
    is_whole = benchmark.price is not None and benchmark.through == session
    ends = "" if is_whole else ", to its last price"
    since = f"since {text.short_day(benchmark.since)}{ends}"
    yield Figure(f"Against {symbol}", text.signed_percent(excess), since, text.tone_of(excess))
    if is_whole:
        daily = text.percentage(benchmark.figures.get("daily_return"))
        yield Figure(symbol, text.signed_percent(daily), "this session")


def is_of_several(result: RunResult) -> bool:
    """Tell whether a result's day P&L is of more than its own session."""
    return any(each.code == "several_sessions" for each in result.findings)


def base_is(pnl: Pnl) -> str:
    """Return what the book opened from, a clause: the amount, and whose it is."""
    of = "the first trade’s capital" + ", not final yet" * pnl.provisional
    if pnl.base_account is not None:
        of = f"account {text.one_line(pnl.base_account)} before the first trade"
    return f"{text.money(pnl.base)}, {of}"


def equity_is(result: RunResult) -> str:
    """Return how the equity of a book is made, a sentence; "" without a book."""
    if result.pnl is None:
        return ""
    made = f"The base ({base_is(result.pnl)}) and all P&L since"
    if has_money(result):
        return (
            f"{made}, dividends, fees and interest in it, as the broker tells them; "
            "and what came in and went out."
        )
    return f"{made}, without dividends, fees and interest: no broker tells them."


def has_money(result: RunResult) -> bool:
    """Tell whether money besides trading is booked: a proven account tells it, of this book alone."""
    if (pnl := result.pnl) is None:
        return False
    if pnl.base_account is not None or pnl.since_inception.money is not None:
        return True
    return result.parties is not None and result.parties.broker.proven and not _is_shared(result)


def _is_shared(result: RunResult) -> bool:
    """Tell whether another ledger trades the account too."""
    return any(each.code == "money_shared" for each in result.findings)


def whose_money(result: RunResult) -> str:
    """Say whether it is real money that is traded, a sentence; "" where no account tells it."""
    broker = result.parties.broker if result.parties is not None else None
    if broker is not None and broker.kind == "live":
        is_ours = "is" if broker.proven else "may be"
        return f"The account at the broker is a live one: this {is_ours} real money."
    if broker is not None and broker.proven:
        return "The account at the broker is a paper one: no real money."
    return "The sandbox: no real money." if result.sandbox else ""


def absence(result: RunResult, before: Sequence[SessionLine] = ()) -> str:
    """Return in words why a result has no book, and what its equity was last.

    :param before: the complete sessions of its book before its own, oldest first.
    """
    known = _known_of_equity(result, before)
    return f"{_why_absent(result)} Equity {known}." if known else _why_absent(result)


def _why_absent(result: RunResult) -> str:
    if result.executed_nothing:
        return (
            "This was a rehearsal: nothing was executed, so there is nothing to value. "
            "Rehearsals never enter the book."
        )
    if result.is_unknown:
        return (
            "It is not known which orders this run placed, so nothing can be valued. "
            f"Once {'its orders are named' if result.how_known else 'its outcome is known'} its fills "
            "are booked."
        )
    if result.totals.num_orders_in_doubt:
        return "What this run filled is not known while orders are in doubt, so nothing is valued."
    if result.how_known:
        return "What it filled is booked by the next run or mark: its P&L is in that report."
    if not result.totals.num_orders_accepted:
        return "This run placed no order, and the book is empty: there is no position to value."
    return (
        "The fills of this run could not be read from the execution gateway. "
        "Without fills there is no position, and no profit or loss is invented."
    )


def notional(result: RunResult) -> Figure:
    """Return what was traded, dollars, and how much of it is an estimate."""
    label = "Simulated notional" if result.rehearsal else "Total notional"
    amount = result.totals.total_notional
    if amount is None:
        return Figure(label, text.ABSENT, "not known")
    guessed = sum(
        order.outcome == "accepted" and order.price_source == "estimated" for order in result.orders
    )
    aside = f"{guessed:,} of the orders estimated" if guessed else "accepted orders, quantity × price"
    return Figure(label, text.money(amount), aside)


def _whole(pnl: Pnl) -> str:
    """Return what a session's return is of."""
    moved = pnl.equity.money
    return "opening equity" + " and what came in" * bool(moved is not None and moved.inflows)


def _named(positions: Iterable[PositionRow]) -> str:
    """Return the first few symbols, and how many more there are."""
    return listed([text.one_line(each.symbol) for each in positions], _NAMED)
