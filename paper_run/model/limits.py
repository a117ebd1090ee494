"""A result's figures beside the limits that warn: from the book, in words, and as its document has them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from paper_run import money
from paper_run.book import limits
from paper_run.book.limits import Limit, Limits
from paper_run.model import findings
from paper_run.model import json_fields as fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from paper_run.book.limits import AtRisk, Thresholds, Working
    from paper_run.book.valuation import Valuation
    from paper_run.model.book_figures import BookFigures
    from paper_run.model.findings import Finding
    from paper_run.model.order import Order

_NAMES = {
    "gross": "gross exposure",
    "position": "largest position",
    "day_loss": "day loss",
    "drawdown": "drawdown",
}
_VARIABLES = {name: f"PAPER_RUN_WARN_{name.upper()}" for name in _NAMES}


def of(figures: BookFigures, thresholds: Thresholds, working: Iterable[Working] = ()) -> Limits:
    """Return a book's figures beside the limits.

    :param working: the orders that exposure counts as if they were filled.
    """
    equity, works = figures.valuation.session.closing, tuple(working)
    counted, why = _at_risk(figures.valuation, works)
    gross, net, largest, symbol = (None,) * 4 if counted is None else counted
    net_ratio = money.share(net, equity)
    beside = partial(limits.beside, if_filled=bool(works))
    return Limits(
        beside("gross", gross, equity, thresholds.gross, reason=why),
        beside("position", largest, equity, thresholds.position, symbol=symbol, reason=why),
        *_losses(figures, thresholds),
        None if net_ratio is None else limits.percent(net_ratio),
        net,
    )


def priced(figures: BookFigures, orders: Iterable[Order]) -> tuple[Working, ...]:
    """Return a book's working orders at the price that each one's notional is made from, where it has one."""
    prices = {
        each.client_order_id: money.share(each.notional, each.qty) if each.price is None else each.price
        for each in orders
    }
    return tuple(
        each._replace(price=prices.get(name) or each.price) for name, each in figures.working.items()
    )


def _at_risk(valuation: Valuation, working: Iterable[Working]) -> tuple[AtRisk | None, str]:
    """Return what is at risk, and why it is not known where it is not."""
    if not valuation.complete:
        return None, "a position has no market value"
    values = {row.symbol: row.market_value for row in valuation.positions if row.market_value is not None}
    return limits.at_risk(values, working), "an order that still works has no price"


def _losses(figures: BookFigures, thresholds: Thresholds) -> tuple[Limit, Limit]:
    bridge, fall, pnl = figures.valuation.session, figures.drawdown, figures.valuation.day_pnl
    why = "the session is not valued whole"
    if figures.provisional:
        pnl, why = None, "the base of the book may be set right yet"
    capital = bridge.opening if bridge.money is None else money.total((bridge.opening, bridge.money.inflows))
    loss = None if pnl is None else max(money.ZERO, -pnl)
    # Valued whole and without a drawdown: compounded equity has been at nothing, and goes on from that.
    none_left = why if pnl is None else "equity was not above zero by an earlier session"
    return (
        limits.beside("day_loss", loss, capital, thresholds.day_loss, reason=why),
        limits.of_ratio("drawdown", None if fall is None else -fall, thresholds.drawdown, reason=none_left),
    )


def found(stated: Limits) -> tuple[Finding, ...]:
    """Return what a person is to look at: each limit that is passed."""
    return tuple(map(_passed, stated.passed))


def _passed(each: Limit) -> Finding:
    name = named(each)
    text = (
        f"{name[:1].upper()}{name[1:]} is {figure(each)}{_would(each)}, past the limit of "
        f"{shown(each.limit or money.ZERO)} of equity ({_VARIABLES[each.name]})."
    )
    return findings.warning("limit_passed", text, subject=each.symbol or "")


def words(each: Limit) -> str:
    """Return a figure beside its limit, such as `gross exposure 198% (limit 150%)`."""
    limit = "no limit" if each.limit is None else f"limit {shown(each.limit)}"
    return f"{named(each)} {figure(each)}{_would(each)} ({limit})"


def figure(each: Limit) -> str:
    """Return a figure in percent, with digits enough to tell it from its limit; without equity in dollars."""
    if each.percent is not None:
        return shown(each.percent, each.limit)
    return f"${each.amount:,.2f}" if each.passed else "not known"


def named(each: Limit) -> str:
    """Return what a figure is called, with the symbol of a position."""
    return f"{_NAMES[each.name]} {each.symbol}" if each.symbol else _NAMES[each.name]


def _would(each: Limit) -> str:
    return " if filled" if each.if_filled else ""


def shown(percent: Decimal, limit: Decimal | None = None) -> str:
    """Return a percentage of three digits, more where a limit would look like it: `198%`, `−12.4%`.

    Both are ratios x 100: 150 is 150%.
    """
    places = 0 if abs(percent) >= 100 else 1 if abs(percent) >= 10 else 2
    for digits in range(places, 5):
        rounded = round(percent, digits)
        if limit is None or (rounded > limit) == (percent > limit):
            break
    text = f"{rounded or abs(rounded):,.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def to_json(stated: Limits) -> dict[str, Any]:
    """Return them as a document has them: percent and dollars, Decimal."""
    return {
        **{each.name: _document(each) for each in stated.each},
        "net": {"percent": stated.net_percent, "amount": stated.net},
    }


def from_json(content: Mapping[str, Any]) -> Limits:
    """Read them back.

    :raises ValueError: an amount is none. :raises LookupError: a part is not there.
    """
    percent, amount = (fields.amount(content["net"].get(name)) for name in ("percent", "amount"))
    gross, position, day_loss, drawdown = (_limit(name, content[name]) for name in _NAMES)
    return Limits(gross, position, day_loss, drawdown, percent, amount)


def _document(each: Limit) -> dict[str, Any]:
    return {name: value for name, value in each._asdict().items() if name != "name"}


def _limit(name: Any, content: Mapping[str, Any]) -> Limit:
    passed = content.get("passed")
    return Limit(
        name,
        percent=fields.amount(content.get("percent")),
        amount=fields.amount(content.get("amount")),
        limit=fields.amount(content.get("limit")),
        passed=None if passed is None else bool(passed),
        symbol=fields.text(content.get("symbol")),
        reason=fields.text(content.get("reason")),
        if_filled=bool(content.get("if_filled")),
    )
