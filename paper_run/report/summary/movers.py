"""The positions that moved the day's P&L most, up and down."""

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book.holdings import ACCOUNT
from paper_run.model.findings import listed
from paper_run.report import text

if TYPE_CHECKING:
    from paper_run.model.result import Pnl, PositionRow

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


def movers(pnl: "Pnl") -> Movers | None:
    """Return at most five positions that gained most and five that lost most; None where none has moved."""
    positions = pnl.positions
    is_of_the_day = any(each.day_pnl is not None for each in positions)
    gains = [(each, each.day_pnl if is_of_the_day else each.total_pnl) for each in positions]
    moved = sorted(((gain, each.symbol, each) for each, gain in gains if gain), key=lambda each: each[:2])
    if not moved:
        return None
    best = [each for each in reversed(moved) if each[0] > 0][:MOST]
    worst = [each for each in moved if each[0] < 0][:MOST]
    largest = max(abs(gain) for gain, *_ in (*best[:1], *worst[:1]))
    since = text.one_line(pnl.since)
    unlisted = len(moved) - len(best) - len(worst)
    more = f"{unlisted:,} more moved: see the report." if unlisted else ""
    return Movers(
        "What moved the day" if is_of_the_day else f"Total P&L by position, since {since}",
        tuple(_mover(each, gain, largest) for gain, _, each in best),
        tuple(_mover(each, gain, largest) for gain, _, each in worst),
        " ".join(filter(None, (_left_out(pnl), more))),
    )


def _mover(position: "PositionRow", amount: Decimal, largest: Decimal) -> Mover:
    held = "no position" if position.symbol == ACCOUNT else "closed"
    if position.qty:
        held = f"{text.quantity(position.qty)} at {text.price(position.mark_price)}"
    share = max(1, round(abs(amount) * 100 / largest))
    return Mover(text.clipped(text.one_line(position.symbol)), held, text.signed_money(amount), share)


def _left_out(pnl: "Pnl") -> str:
    """Say which have no price, or fills that are not known."""
    said = []
    for why, rows in (("Not known", pnl.not_known), ("Without a price", pnl.unpriced)):
        names = [text.clipped(text.one_line(each.symbol)) for each in rows]
        if names:
            said.append(f"{why}, so not among them: {listed(names, _NAMED)}.")
    return " ".join(said)
