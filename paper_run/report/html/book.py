"""The book on the page: positions, bridge and statistics as escaped rows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run.report import text
from paper_run.report.html import cells
from paper_run.report.html.svg import escaped
from paper_run.report.summary.figures import has_money

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from paper_run.book.bridge import Bridge
    from paper_run.book.comparison import Difference
    from paper_run.book.statistics import Statistic
    from paper_run.model.result import MoneyRow, Pnl, PositionRow, RunResult, Statistics

    _Show = Callable[[Decimal | None], str]

MOST_POSITIONS = 500
MOST_MONEY = 60

_FIELDS: dict[str, tuple[str, _Show]] = {
    "qty": ("quantity", text.quantity),
    "avg_entry_price": ("average", text.price),
    "realized_pl": ("realized", text.signed_money),
}
_CLOSING, _SUM = "Closing equity", ' class="sum"'
_BRIDGE: tuple[tuple[str, Callable[[Bridge], str]], ...] = (
    ("Opening equity", lambda bridge: text.money(bridge.opening)),
    ("Realized P&L", lambda bridge: text.signed_money(bridge.realized)),
    ("Change in unrealized P&L", lambda bridge: text.signed_money(bridge.unrealized_change)),
    ("Adjustments", lambda bridge: text.signed_money(bridge.adjustments)),
    (_CLOSING, lambda bridge: text.money(bridge.closing)),
)
_PARTS: dict[str, tuple[tuple[str, Callable[[Bridge], Decimal | None]], ...]] = {
    "Realized P&L": (
        ("trading", lambda bridge: bridge.trading),
        ("income and fees", lambda bridge: bridge.money and bridge.money.income),
    ),
    "Adjustments": (
        ("cash and shares in and out", lambda bridge: bridge.money and bridge.money.flows),
        ("other money", lambda bridge: bridge.money and bridge.money.other),
        ("the rest", lambda bridge: bridge.taken_over),
    ),
}
_REST = frozenset({"trading", "the rest"})
_KINDS = {"income": "P&amp;L", "flow": "no P&amp;L", "other": "no P&amp;L", "cash_in_lieu": "a trade"}
_STATISTICS: tuple[tuple[str, str, _Show, int], ...] = (
    ("Total return", "total_return", text.signed_percent, 4),
    ("Return of the day", "daily_return", text.signed_percent, 4),
    ("Best day", "best_day", text.signed_percent, 4),
    ("Worst day", "worst_day", text.signed_percent, 4),
    ("Maximum drawdown", "max_drawdown", text.signed_percent, 4),
    ("Win rate", "win_rate", text.fixed_percent, 4),
    ("Mean exposure", "exposure", text.fixed_percent, 4),
    ("Mean turnover", "turnover", text.fixed_percent, 4),
    ("Volatility, a year", "volatility", text.fixed_percent, 4),
    ("Sharpe ratio", "sharpe_ratio", text.ratio, 2),
    ("Sharpe ratio, standard error", "sharpe_standard_error", text.ratio, 2),
    ("Sharpe ratio, 95% from", "sharpe_lower", text.ratio, 2),
    ("Sharpe ratio, 95% to", "sharpe_upper", text.ratio, 2),
    ("Sharpe ratio above 0, probability", "probabilistic_sharpe", text.fixed_percent, 4),
    ("Sortino ratio", "sortino_ratio", text.ratio, 2),
    ("Skewness", "skewness", text.ratio, 2),
    ("Kurtosis", "kurtosis", text.ratio, 2),
    ("Annualised return", "annualised_return", text.signed_percent, 4),
)


def listed_positions(positions: Iterable[PositionRow]) -> list[PositionRow]:
    """Return those the page has room for: without a price, the gateway's alone, the largest, closed ones."""
    return sorted(positions, key=_importance)[:MOST_POSITIONS]


def position_rows(positions: Sequence[PositionRow], equity: Decimal | None) -> list[str]:
    """Return one table row a position, in the order given.

    :param equity: the closing equity that the shares are of; None where it is not known.
    """
    return [_position_row(position, equity) for position in positions]


def position_totals(pnl: Pnl) -> str:
    """Return the cells of the totals: market value, exposure, and the four P&Ls."""
    equity = pnl.equity.closing
    return (
        f"<td>{text.money(pnl.market_value)}</td>"
        f"{cells.share(pnl.market_value, equity)}"
        f"{cells.gain(pnl.unrealized_pnl)}{cells.gain(pnl.realized_pnl)}"
        f"{cells.gain(pnl.total_pnl)}{cells.gain(pnl.day_pnl)}"
    )


def adjustments_are(result: RunResult) -> str:
    """Say what the adjustments of the bridges are, a sentence; "" where there can be none."""
    if (pnl := result.pnl) is None:
        return ""
    made = ["cash and shares in and out", "other money"] if has_money(result) else []
    if pnl.equity.taken_over and any(each.code == "closing_kept" for each in result.findings):
        made.append("what was learned after the closing that the session keeps")
    elif pnl.equity.taken_over or pnl.since_inception.taken_over:
        made.append("the unrealized gains of holdings that were found before the first attempt")
    return f"Adjustments are {', '.join(made)}: part of equity, not of this P&L." if made else ""


def bridge_rows(pnl: Pnl) -> str:
    """Return the way from opening to closing, of the session and since inception, and what it leaves open."""
    session, inception = pnl.equity, pnl.since_inception
    rows = "".join(
        f'<tr{_SUM if label == _CLOSING else ""}><th scope="row">{escaped(label)}</th>'
        f"<td>{shown(session)}</td><td>{shown(inception)}</td></tr>{_part_rows(label, session, inception)}"
        for label, shown in _BRIDGE
    )
    return (
        f'{rows}<tr><th scope="row">Unexplained</th>'
        f"{_unexplained(session.unexplained)}{_unexplained(inception.unexplained)}</tr>"
    )


def _part_rows(label: str, *bridges: Bridge) -> str:
    """Return what a line of the bridges is made of; nothing where no money besides trading is part of it."""
    parts = [
        (part, [of(each) for each in bridges])
        for part, of in _PARTS.get(label, ())
        if any(of(each) for each in bridges)
    ]
    if {part for part, _ in parts} <= _REST:
        return ""
    return "".join(
        f'<tr class="of"><th scope="row">of it {escaped(part)}</th>'
        + "".join(f"<td>{text.signed_money(amount)}</td>" for amount in amounts)
        + "</tr>"
        for part, amounts in parts
    )


def money_rows(moved: Sequence[MoneyRow]) -> str:
    """Return one table row for each of the money besides trading, as many as the page has room for."""
    return "\n".join(
        f'<tr><th scope="row">{escaped(text.one_line(each.day))}</th>{cells.words(text.one_line(each.what))}'
        f"{cells.words(each.symbol and text.one_line(each.symbol))}"
        f"{cells.number(each.qty, text.quantity, 6)}{cells.gain(each.amount)}"
        f"<td>{_KINDS.get(each.kind, escaped(each.kind))}</td>{cells.words(each.source)}</tr>"
        for each in moved[:MOST_MONEY]
    )


def statistic_rows(statistics: Statistics) -> str:
    """Return each statistic with its sessions; one that needs more of them says how many."""
    return named_statistic_rows(statistics._asdict())


def named_statistic_rows(statistics: Mapping[str, Statistic | None]) -> str:
    """Return the rows of statistics by their names, see `statistic_rows`."""
    return "".join(
        cells.statistic(found, label, show, places)
        for label, name, show, places in _STATISTICS
        if (found := statistics[name]) is not None
    )


def _importance(position: PositionRow) -> tuple[int, Decimal, str]:
    if position.is_not_known or position.is_unpriced:
        rank = 0
    elif not position.qty:
        rank = 1 if position.differences else 3
    else:
        rank = 2
    size = position.market_value or position.realized_pnl
    return rank, -abs(size or Decimal(0)), position.symbol


def _position_row(position: PositionRow, equity: Decimal | None) -> str:
    missing = position.is_not_known or position.is_unpriced
    look = ' class="bad"' if missing else "" if position.qty else ' class="closed"'
    return (
        f"<tr{look}>{cells.name(position.symbol)}{cells.number(position.qty, text.quantity, 6)}"
        f"{cells.number(position.avg_entry_price, text.price, 4)}{_mark(position)}"
        f"{cells.number(position.market_value, text.money, 2)}"
        f"{cells.share(position.market_value if position.qty else None, equity)}"
        f"{cells.gain(position.unrealized_pnl)}{cells.gain(position.realized_pnl)}"
        f"{cells.gain(position.total_pnl)}{cells.gain(position.day_pnl)}{_gateway(position)}</tr>"
    )


def _mark(position: PositionRow) -> str:
    """Return the cells of the mark and of where it comes from and how old it was."""
    if position.is_not_known:
        reason = escaped(position.unknown_reason or "its fills are not known")
        return f'<td>{cells.signed("bad")} not known</td><td class="why">{reason}</td>'
    if position.is_unpriced:
        reason = escaped(position.why_unpriced)
        return f'<td>{cells.signed("bad")} no price</td><td class="why">{reason}</td>'
    source, age = position.price_source, position.price_age_seconds
    if source is None:
        return f"<td>{text.ABSENT}</td><td>{text.ABSENT}</td>"
    taken = position.price_time
    title = f' title="{escaped(text.moment(taken))}"' if taken else ""
    old = f" <small>{text.age(age)} old</small>" if age is not None else ""
    return f"{cells.number(position.mark_price, text.price, 4)}<td{title}>{escaped(source)}{old}</td>"


def _gateway(position: PositionRow) -> str:
    differences = position.differences
    flight = "<small>orders in flight</small>" if position.orders_in_flight else ""
    if differences:
        said = "".join(_difference(each) for each in differences)
        return f'<td class="why">{said}{flight}</td>'
    if position.is_not_known and position.gateway is not None:
        there = text.quantity(position.gateway.qty)
        return f'<td class="why">quantity {there}, not compared {flight}</td>'
    if position.gateway is None:
        return (
            f'<td class="why">not listed {flight}</td>'
            if position.qty
            else f"<td>{text.ABSENT} {flight}</td>"
        )
    return f"<td>{cells.signed('good')} agrees {flight}</td>"


def _difference(difference: Difference) -> str:
    label, show = _FIELDS.get(difference.field, (difference.field, text.quantity))
    return (
        f"<div>{cells.signed('caution', '≠')} {escaped(label)} {show(difference.theirs)}"
        f" <small>ours {show(difference.ours)}</small></div>"
    )


def _unexplained(amount: Decimal | None) -> str:
    if amount is None:
        return f"<td>{text.ABSENT}</td>"
    return f"<td>{cells.signed('bad' if amount else 'good')} {text.signed_money(amount)}</td>"
