"""The positions that moved the day's P&L most, up and down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from paper_run.writers import text
from paper_run.writers.html_book import is_not_known, is_unpriced
from paper_run.writers.svg import clipped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

MOST = 5
_NAMED = 4


class Mover(NamedTuple):
    """A position and what it gained or lost.

    :ivar note: how much is held, at which price. :ivar share: of the largest one's, percent, 1 to 100.
    """

    symbol: str
    note: str
    shown: str
    share: int


class Movers(NamedTuple):
    """The best and the worst, each the largest first; `note` says what is not among them."""

    heading: str
    best: tuple[Mover, ...]
    worst: tuple[Mover, ...]
    note: str


def movers(pnl: Mapping[str, Any]) -> Movers | None:
    """Return at most five positions that gained most and five that lost most; None where none has moved."""
    positions = pnl["positions"]
    is_of_the_day = any(each.get("day_pnl") is not None for each in positions)
    name = "day_pnl" if is_of_the_day else "total_pnl"
    moved = sorted((each for each in positions if each.get(name)), key=lambda each: _order(each, name))
    if not moved:
        return None
    best = [each for each in reversed(moved) if each[name] > 0][:MOST]
    worst = [each for each in moved if each[name] < 0][:MOST]
    largest = max(abs(each[name]) for each in (*best[:1], *worst[:1]))
    since = text.one_line(str(pnl["since"]))
    unlisted = len(moved) - len(best) - len(worst)
    more = f"{unlisted:,} more moved: see the report." if unlisted else ""
    return Movers(
        "What moved the day" if is_of_the_day else f"Total P&L by position, since {since}",
        tuple(_mover(each, each[name], largest) for each in best),
        tuple(_mover(each, each[name], largest) for each in worst),
        " ".join(filter(None, (_left_out(positions), more))),
    )


def _order(position: Mapping[str, Any], name: str) -> tuple[Decimal, str]:
    return position[name], str(position["symbol"])


def _mover(position: Mapping[str, Any], amount: Decimal, largest: Decimal) -> Mover:
    held = "closed"
    if position["qty"]:
        held = f"{text.quantity(position['qty'])} at {text.price(position['mark_price'])}"
    share = max(1, round(abs(amount) * 100 / largest))
    return Mover(clipped(text.one_line(str(position["symbol"]))), held, text.signed_money(amount), share)


def _left_out(positions: Sequence[Mapping[str, Any]]) -> str:
    """Say which have no price, or fills that are not known."""
    said = []
    for why, which in (("Not known", is_not_known), ("Without a price", is_unpriced)):
        names = [clipped(text.one_line(str(each["symbol"]))) for each in positions if which(each)]
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        if names:
            said.append(f"{why}, so not among them: {', '.join(names[:_NAMED])}{more}.")
    return " ".join(said)
