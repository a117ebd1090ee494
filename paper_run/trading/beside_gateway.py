"""The gateway's positions beside the book: what they say, where they differ, and what is no share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import money
from paper_run.book import comparison
from paper_run.model import findings
from paper_run.model.order import GATEWAY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from paper_run.book import holdings
    from paper_run.ledger.book import BookPeriod
    from paper_run.model.findings import Finding
    from paper_run.model.service import Position


def theirs(position: Position) -> comparison.Theirs:
    """Return a position in the gateway's words, signed shares and dollars."""
    amounts = (position.avg_entry_price, position.realized_pl, position.unrealized_pl)
    return comparison.Theirs(position.qty, *amounts)


def standing_beside(symbols: Collection[str]) -> list[Finding]:
    """Say what the gateway has that is no share of the US."""
    return [
        findings.note("beside", f"{symbol} stands beside the book: no US share, in no total.", subject=symbol)
        for symbol in sorted(symbols)
    ]


def differences(
    book: holdings.Book, stated: Mapping[str, comparison.Theirs], period: BookPeriod, unknown: Collection[str]
) -> dict[str, tuple[comparison.Difference, ...]]:
    """Return where the gateway differs; with what is not known nothing can be compared."""
    found = {}
    for symbol, holding in book.holdings.items():
        if symbol in unknown:
            continue
        their = stated.get(symbol)
        if their is not None and their.realized_pl is not None and symbol in period.realized:
            since = money.CONTEXT.subtract(their.realized_pl, period.realized[symbol])
            their = their._replace(realized_pl=since)
        if differs := comparison.differences(GATEWAY, holding, their):
            found[symbol] = differs
    return found
