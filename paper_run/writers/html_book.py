"""The book on the page: positions, bridge and statistics as escaped rows, or why there is none."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from paper_run.writers import cells, text
from paper_run.writers.svg import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

MOST_POSITIONS = 500

_NAMED = 3

_FIELDS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "qty": ("quantity", text.quantity),
    "avg_entry_price": ("average", text.price),
    "realized_pl": ("realized", text.signed_money),
}
_BRIDGE: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("opening", "Opening equity", text.money),
    ("realized", "Realized P&L", text.signed_money),
    ("unrealized_change", "Change in unrealized P&L", text.signed_money),
    ("adjustments", "Adjustments", text.signed_money),
    ("closing", "Closing equity", text.money),
)
_STATISTICS: tuple[tuple[str, str, Callable[[Any], str], int], ...] = (
    ("total_return", "Total return", text.signed_percent, 4),
    ("daily_return", "Return of the day", text.signed_percent, 4),
    ("best_day", "Best day", text.signed_percent, 4),
    ("worst_day", "Worst day", text.signed_percent, 4),
    ("max_drawdown", "Maximum drawdown", text.signed_percent, 4),
    ("win_rate", "Win rate", text.fixed_percent, 4),
    ("exposure", "Mean exposure", text.fixed_percent, 4),
    ("turnover", "Mean turnover", text.fixed_percent, 4),
    ("volatility", "Volatility, a year", text.fixed_percent, 4),
    ("sharpe_ratio", "Sharpe ratio", text.ratio, 2),
    ("sortino_ratio", "Sortino ratio", text.ratio, 2),
    ("annualised_return", "Annualised return", text.signed_percent, 4),
)


class Figure(NamedTuple):
    """A figure of the first screen, and the words below it; `tone` is gain, loss or ""."""

    label: str
    shown: str
    aside: str
    tone: str = ""


def figures(pnl: Mapping[str, Any], statistics: Mapping[str, Any]) -> list[Figure]:
    """Return day P&L, total P&L and equity; where a price is missing, what is known without it."""
    since = f"since {text.one_line(str(pnl['since']))}"
    opened = f"opened at {text.money(pnl['equity']['opening'])}"
    if not pnl["complete"]:
        unknown, unpriced = (_named(pnl["positions"], which) for which in (is_not_known, is_unpriced))
        missing = "not known: " + "; ".join(
            [f"the fills of {unknown}"] * bool(unknown) + [f"{unpriced} without a price"] * bool(unpriced)
        )
        priced = f"unrealized, priced so far: {text.signed_money(pnl['priced_so_far'])}"
        realized = f"realized: {text.signed_money(pnl['realized_pnl'])} {since}"
        return [
            Figure("Day P&L", text.ABSENT, missing),
            Figure("Total P&L", text.ABSENT, f"{realized}; {priced}"),
            Figure("Equity", text.ABSENT, opened),
        ]
    daily, whole = (_value(statistics, name) for name in ("daily_return", "total_return"))
    return [
        Figure(
            "Day P&L",
            text.signed_money(pnl["day_pnl"]),
            f"{text.signed_percent(daily)} of opening equity" if daily is not None else "of this session",
            cells.tone_of(pnl["day_pnl"]),
        ),
        Figure(
            "Total P&L",
            text.signed_money(pnl["total_pnl"]),
            f"{text.signed_percent(whole)} {since}" if whole is not None else since,
            cells.tone_of(pnl["total_pnl"]),
        ),
        Figure("Equity", text.money(pnl["equity"]["closing"]), opened),
    ]


def absence(document: Mapping[str, Any]) -> str:
    """Return in words why a document has no book."""
    if document.get("rehearsal"):
        return (
            "This was a rehearsal: nothing was executed, so there is nothing to value. "
            "Rehearsals never enter the book."
        )
    status = document.get("status")
    if status in ("unknown", "timeout", "interrupted"):
        return (
            "It is not known which orders this run placed, so nothing can be valued. "
            f"Once {'its orders are named' if document.get('settled') else 'the run is settled'} its fills "
            "are booked."
        )
    if (document.get("results") or {}).get("num_orders_in_doubt"):
        return "What this run filled is not known while orders are in doubt, so nothing is valued."
    if document.get("settled"):
        return "What it filled is booked by the next run or mark: its P&L is in that report."
    if not (document.get("results") or {}).get("num_orders_accepted"):
        return "This run placed no order, and the book holds no trade: there is no position to value."
    return (
        "The fills of this run could not be read from the execution gateway. "
        "Without fills there is no position, and no profit or loss is invented."
    )


def is_unpriced(position: Mapping[str, Any]) -> bool:
    """Tell whether a position is open and has no price."""
    return bool(position["qty"]) and position["market_value"] is None


def is_not_known(position: Mapping[str, Any]) -> bool:
    """Tell whether a position's quantity is not known, so that it has no figures."""
    return position["qty"] is None


def listed_positions(positions: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return those the page has room for: without a price, the gateway's alone, the largest, closed ones."""
    return sorted(positions, key=_importance)[:MOST_POSITIONS]


def position_rows(positions: Sequence[Mapping[str, Any]], equity: Decimal | None) -> str:
    """Return one table row a position, in the order given.

    :param equity: the closing equity that the shares are of; None where it is not known.
    """
    return "\n".join(_position_row(position, equity) for position in positions)


def position_totals(pnl: Mapping[str, Any]) -> str:
    """Return the cells of the totals: market value, exposure, and the four P&Ls."""
    equity = pnl["equity"]["closing"]
    return (
        f"<td>{text.money(pnl['market_value'])}</td>"
        f"{cells.share(pnl['market_value'], equity)}"
        f"{cells.gain(pnl['unrealized_pnl'])}{cells.gain(pnl['realized_pnl'])}"
        f"{cells.gain(pnl['total_pnl'])}{cells.gain(pnl['day_pnl'])}"
    )


def bridge_rows(pnl: Mapping[str, Any]) -> str:
    """Return the way from opening to closing, of the session and since inception, and what it leaves open."""
    session, inception = pnl["equity"], pnl["since_inception"]
    rows = "".join(
        f'<tr><th scope="row">{escaped(label)}</th>'
        f"<td>{show(session[name])}</td><td>{show(inception[name])}</td></tr>"
        for name, label, show in _BRIDGE
    )
    return (
        f'{rows}<tr><th scope="row">Unexplained</th>'
        f"{_unexplained(session['unexplained'])}{_unexplained(inception['unexplained'])}</tr>"
    )


def statistic_rows(statistics: Mapping[str, Any]) -> str:
    """Return each statistic with its sessions; one that needs more of them says how many."""
    return "".join(
        _statistic_row(statistics[name], label, show, places)
        for name, label, show, places in _STATISTICS
        if name in statistics
    )


def _named(positions: Iterable[Mapping[str, Any]], which: Callable[[Mapping[str, Any]], bool]) -> str:
    """Return the symbols of the positions that are so, the first few by name."""
    symbols = [text.one_line(str(each["symbol"])) for each in positions if which(each)]
    more = f" and {len(symbols) - _NAMED:,} more" if len(symbols) > _NAMED else ""
    return ", ".join(symbols[:_NAMED]) + more


def _importance(position: Mapping[str, Any]) -> tuple[int, Decimal, str]:
    if is_not_known(position) or is_unpriced(position):
        rank = 0
    elif not position["qty"]:
        rank = 1 if position["differences"] else 3
    else:
        rank = 2
    size = position["market_value"] or position["realized_pnl"]
    return rank, -abs(size or Decimal(0)), str(position["symbol"])


def _position_row(position: Mapping[str, Any], equity: Decimal | None) -> str:
    get = position.get
    missing = is_not_known(position) or is_unpriced(position)
    look = ' class="bad"' if missing else "" if get("qty") else ' class="closed"'
    return (
        f"<tr{look}>{cells.name(str(get('symbol')))}{cells.number(get('qty'), text.quantity, 6)}"
        f"{cells.number(get('avg_entry_price'), text.price, 4)}{_mark(position)}"
        f"{cells.number(get('market_value'), text.money, 2)}"
        f"{cells.share(get('market_value') if get('qty') else None, equity)}"
        f"{cells.gain(get('unrealized_pnl'))}{cells.gain(get('realized_pnl'))}"
        f"{cells.gain(get('total_pnl'))}{cells.gain(get('day_pnl'))}{_gateway(position)}</tr>"
    )


def _mark(position: Mapping[str, Any]) -> str:
    """Return the cells of the mark and of where it comes from and how old it was."""
    if is_not_known(position):
        reason = escaped(str(position["unknown_reason"] or "its fills are not known"))
        return f'<td><b class="bad">✕</b> not known</td><td class="why">{reason}</td>'
    if is_unpriced(position):
        reason = escaped(str(position["unpriced_reason"] or "no source has one"))
        return f'<td><b class="bad">✕</b> no price</td><td class="why">{reason}</td>'
    source, age = position["price_source"], position["price_age_seconds"]
    if source is None:
        return f"<td>{text.ABSENT}</td><td>{text.ABSENT}</td>"
    taken = position["price_time"]
    title = f' title="{escaped(text.moment(str(taken)))}"' if taken else ""
    old = f" <small>{text.age(age)} old</small>" if age is not None else ""
    return f"{cells.number(position['mark_price'], text.price, 4)}<td{title}>{escaped(str(source))}{old}</td>"


def _gateway(position: Mapping[str, Any]) -> str:
    differences = position["differences"]
    flight = "<small>orders in flight</small>" if position["orders_in_flight"] else ""
    if differences:
        said = "".join(_difference(each) for each in differences)
        return f"<td>{said}{flight}</td>"
    if is_not_known(position) and position["gateway"] is not None:
        return f"<td>quantity {text.quantity(position['gateway']['qty'])}, not compared {flight}</td>"
    if position["gateway"] is None:
        return f"<td>{'not listed' if position['qty'] else text.ABSENT} {flight}</td>"
    return f'<td><b class="good">✓</b> agrees {flight}</td>'


def _difference(difference: Mapping[str, Any]) -> str:
    field = str(difference["field"])
    label, show = _FIELDS.get(field, (field, text.quantity))
    return (
        f'<div><b class="caution">≠</b> {escaped(label)} {show(difference["gateway"])}'
        f" <small>ours {show(difference['ours'])}</small></div>"
    )


def _unexplained(amount: Decimal | None) -> str:
    if amount is None:
        return f"<td>{text.ABSENT}</td>"
    sign, tone = ("✕", "bad") if amount else ("✓", "good")
    return f'<td><b class="{tone}">{sign}</b> {text.signed_money(amount)}</td>'


def _statistic_row(statistic: Mapping[str, Any], label: str, show: Callable[[Any], str], places: int) -> str:
    value, n, minimum = statistic["value"], statistic["n"], statistic["minimum"]
    if value is not None:
        cell = cells.number(value, lambda _: show(text.percentage(statistic)), places)
    elif n < minimum:
        more = minimum - n
        cell = f'<td class="needs">needs {more:,} more session{"s" * (more != 1)}</td>'
    else:
        cell = '<td class="needs">not defined</td>'
    return f'<tr><th scope="row">{escaped(label)}</th>{cell}<td>{text.count(n)}</td></tr>'


def _value(statistics: Mapping[str, Any], name: str) -> Decimal | None:
    return text.percentage(statistics.get(name) or {})
