"""What a valuation has to say: what has no price, what does not tie out, where the gateway differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import money
from paper_run.book import comparison
from paper_run.errors import Remedy
from paper_run.model import findings
from paper_run.model.commands import ours
from paper_run.model.order import GATEWAY
from paper_run.trading.account import corporate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from paper_run.book import holdings
    from paper_run.book.bridge import Opening
    from paper_run.ledger.book import BookPeriod
    from paper_run.model.book_figures import BookFigures
    from paper_run.model.findings import Finding
    from paper_run.model.service import Position
    from paper_run.trading.account import pricing
    from paper_run.trading.account.best_party import BestParty

_MOST_DIFFERENCES = 20


def of(figures: BookFigures, priced: pricing.Priced, best: BestParty | None) -> list[Finding]:
    """Say what has no price, what does not tie out, and where the gateway has another quantity.

    Another average price or realized P&L stands beside the position alone: nobody need act on it.

    :param best: where it is the broker, nobody need act on the gateway's quantity: what the broker has
        stands beside it.
    """
    said = [_unpriced(symbol, reason, priced) for symbol, reason in figures.unpriced.items()]
    said += [
        _possible_split(symbol, f"What {symbol} realized is not known: {reason}.", priced)
        for symbol, reason in priced.unknown.items()
        if symbol not in figures.unpriced
    ]
    said += corporate.over(priced.over)
    bridges = (figures.valuation.session, figures.valuation.inception)
    for unexplained in {bridge.unexplained for bridge in bridges if bridge.unexplained}:
        words = f"The book does not tie out: {unexplained} dollars are unexplained."
        said.append(findings.warning("unexplained", words))
    found = comparison.quantities(figures.differences)
    for symbol, each in found[:_MOST_DIFFERENCES]:
        flying = "; orders of ours are in flight" if symbol in figures.in_flight else ""
        quantities = f"quantity {money.short(each.theirs)} instead of {money.short(each.ours)}"
        words = f"The {each.party} differs on {symbol}: {quantities}{flying}"
        if best is not None and best.is_broker:
            theirs = best.qty(symbol)
            other = "ours" if theirs == each.ours else money.short(theirs)
            said.append(findings.note("gateway_differs", f"{words}; the broker has {other}.", subject=symbol))
            continue
        # Without a price nothing can be booked at it.
        at = f"={money.trimmed(each.theirs)}@PRICE" if symbol in figures.unpriced else ""
        take = Remedy("If your broker agrees with it", ours("resolve", "--position", f"{symbol}{at}"))
        is_split = symbol in priced.splitting
        remedies = () if symbol in figures.in_flight or is_split else (take,)
        said.append(findings.warning("gateway_differs", f"{words}.", subject=symbol, remedies=remedies))
    if (more := len(found) - _MOST_DIFFERENCES) > 0:
        said.append(findings.warning("gateway_differs", f"The gateway differs on {more} more symbols."))
    return said


def several_sessions(session: date, opening: Opening | None) -> Finding:
    """Say that the day P&L is of more than one session.

    :param opening: the closing that it is from; None: what the book began with.
    """
    since = "the beginning of the book" if opening is None else f"the closing of {opening.session}"
    words = f"The day P&L of {session} is since {since}: what lies between was not valued whole."
    return findings.note("several_sessions", words, subject=str(session))


def _unpriced(symbol: str, reason: str, priced: pricing.Priced) -> Finding:
    words = f"{symbol} has no price: {reason}."
    if symbol in priced.suspects:
        return _possible_split(symbol, words, priced)
    return findings.warning("unpriced", words, subject=symbol)


def _possible_split(symbol: str, words: str, priced: pricing.Priced) -> Finding:
    if (waiting := priced.waiting.get(symbol)) is not None:
        return findings.warning("split_pending", words, subject=symbol, remedies=waiting.remedies)
    ratio = priced.ratios.get(symbol, "N:M")
    remedies = (
        Remedy("If it split, with M shares that became N", ours("resolve", "--split", symbol, ratio)),
        Remedy("If it did not", ours("resolve", "--split", symbol, "1:1")),
    )
    return findings.warning("possible_split", words, subject=symbol, remedies=remedies)


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
