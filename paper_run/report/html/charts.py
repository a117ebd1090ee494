"""Which bars the page draws: P&L, exposure and notional by symbol, and P&L by day, each with its table."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book.holdings import ACCOUNT
from paper_run.money import ZERO, share, total
from paper_run.report import text
from paper_run.report.html import cells
from paper_run.report.html.svg import Bar, BarRow, bar_chart, escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from paper_run.model.order import Order
    from paper_run.model.result import PositionRow

MOST_BARS = 12


class Chart(NamedTuple):
    """A chart, what it leaves out in words, and the rows of the table that says the same."""

    svg: str
    left_out: str
    rows: str


NO_CHART = Chart("", "", "")


def pnl_by_symbol(positions: Iterable[PositionRow]) -> Chart:
    """Return realized and unrealized P&L apart, the largest total first; one that is not known says so."""
    moved = [each for each in positions if each.realized_pnl or each.unrealized_pnl or _missing(each)]
    if not moved:
        return NO_CHART
    ordered = sorted(moved, key=lambda each: (-abs(_known_pnl(each)), each.symbol))
    shown = ordered[:MOST_BARS]
    rows = [
        BarRow(
            each.symbol,
            "closed" if each.qty == 0 and each.symbol != ACCOUNT else "",
            _missing(each) or text.signed_money(each.total_pnl),
            (
                _pnl_bar(each.realized_pnl or ZERO, hatched=False),
                _pnl_bar(each.unrealized_pnl or ZERO, hatched=True),
            ),
        )
        for each in shown
    ]
    told = "; ".join(
        f"{each.symbol} realized {text.signed_money(each.realized_pnl)}, "
        f"unrealized {text.signed_money(each.unrealized_pnl)}"
        for each in shown
    )
    return Chart(
        bar_chart(
            rows,
            name="pnl",
            title="Realized and unrealized P&L by symbol",
            description=f"{told}. The positions table has every figure.",
        ),
        _left_out([*map(_known_pnl, ordered)], text.signed_money),
        "".join(
            f"<tr>{cells.name(each.symbol)}{cells.gain(each.realized_pnl)}"
            f"{cells.gain(each.unrealized_pnl)}{cells.gain(each.total_pnl)}</tr>"
            for each in shown
        ),
    )


def exposure(positions: Iterable[PositionRow], equity: Decimal | None) -> Chart:
    """Return the market value of each open position without its sign, short ones hatched."""
    held = [(each.symbol, each.market_value) for each in positions if each.market_value]
    if not held:
        return NO_CHART
    ordered = sorted(held, key=lambda each: (-abs(each[1]), each[0]))
    shown = ordered[:MOST_BARS]
    rows = [
        BarRow(
            symbol,
            "short" if value < 0 else "long",
            " · ".join([text.money(abs(value)), *_share(abs(value), equity)]),
            (Bar(abs(value), "sell" if value < 0 else "buy", hatched=value < 0),),
        )
        for symbol, value in shown
    ]
    return Chart(
        bar_chart(
            rows,
            name="exposure",
            title="Exposure by symbol",
            description=f"{_described(rows)}. The positions table has every figure.",
        ),
        _left_out([abs(value) for _, value in ordered], text.money),
        "".join(
            f"<tr>{cells.name(symbol)}<td>{text.money(value)}</td>{cells.share(value, equity)}</tr>"
            for symbol, value in shown
        ),
    )


def notional(orders: Iterable[Order]) -> Chart:
    """Return the notional of the accepted orders by symbol and side, the largest first."""
    sums: dict[tuple[str, str], Decimal] = {}
    for order in orders:
        amount = order.notional
        if order.outcome == "accepted" and amount:
            key = (order.symbol, order.side or "")
            sums[key] = total((sums.get(key, ZERO), amount))
    if not sums:
        return NO_CHART
    largest = sorted(sums.items(), key=lambda item: (-abs(item[1]), item[0]))
    shown = largest[:MOST_BARS]
    rows = [
        BarRow(
            symbol,
            side,
            text.money(amount),
            (Bar(abs(amount), "sell" if side == "sell" else "buy", hatched=side == "sell"),),
        )
        for (symbol, side), amount in shown
    ]
    return Chart(
        bar_chart(
            rows,
            name="notional",
            title="Notional of the accepted orders by symbol",
            description=f"{_described(rows)}. The orders table has every figure.",
        ),
        _left_out([amount for _, amount in largest], text.money),
        "".join(
            f"<tr>{cells.name(symbol)}{cells.words(side)}<td>{text.money(amount)}</td></tr>"
            for (symbol, side), amount in shown
        ),
    )


def legend(*entries: tuple[str, str]) -> str:
    """Return what the bars' looks mean: pairs of a class and words."""
    return "".join(f'<li><i class="{look}"></i>{escaped(words)}</li>' for look, words in entries)


def _pnl_bar(amount: Decimal, *, hatched: bool) -> Bar:
    return Bar(amount, "loss" if amount < 0 else "gain", hatched=hatched)


def _known_pnl(position: PositionRow) -> Decimal:
    known = position.total_pnl
    return position.realized_pnl or ZERO if known is None else known


def _missing(position: PositionRow) -> str:
    """Return in words what keeps a position from having figures, "" for one that has them."""
    if position.qty is None:
        return "not known"
    return "no price" if position.is_unpriced else ""


def _share(value: Decimal, equity: Decimal | None) -> Sequence[str]:
    part = share(value, equity)
    return () if part is None else (text.fixed_percent(part),)


def _described(rows: Iterable[BarRow]) -> str:
    return "; ".join(f"{row.label} {row.note} {row.shown}" for row in rows)


def _left_out(amounts: Sequence[Decimal], show: Callable[[Decimal], str]) -> str:
    """Say how many have no bar, and what they come to; "" when every one has."""
    number = len(amounts) - MOST_BARS
    if number <= 0:
        return ""
    together = show(total(amounts[MOST_BARS:]))
    return f"{number:,} smaller {'one' if number == 1 else 'ones'}, {together} together, left out."
