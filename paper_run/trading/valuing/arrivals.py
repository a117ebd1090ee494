"""Arrival prices: at which price the market stood when it was decided to trade.

They are read right before the POST, beside what else is: they hold nothing up, and set no price of the book.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.book import marks
from paper_run.model import findings
from paper_run.services.answer import CallFailed
from paper_run.services.platform import by_symbol

if TYPE_CHECKING:
    from datetime import datetime

    from paper_run.ledger.book import BookPeriod
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.book_figures import BookFigures
    from paper_run.model.findings import Finding
    from paper_run.services.platform import Platform
    from paper_run.services.quotes import MarketData
    from paper_run.settings.config import Config

_SECONDS = 2.0


def read(config: Config, platform: Platform | None) -> MarketData | None:
    """Read the quotes and last trades of the symbols that are to be traded; None where nobody is asked.

    :raises CallFailed: nothing at all could be read.
    """
    if platform is None or platform.arrivals is None:
        return None
    return platform.arrivals.latest(config.symbols, seconds=_SECONDS)


def prices(market: MarketData | Exception | None, now: datetime | None) -> dict[str, marks.Mark] | None:
    """Return the price of each symbol that has one, dollars; None where nobody was asked.

    :param now: when they were read, of any zone; None: not known, and then nothing tells a fresh quote.
    """
    if market is None:
        return None
    if now is None or isinstance(market, Exception):
        return {}
    priced = {symbol: marks.arrival(each, now) for symbol, each in by_symbol(market).items()}
    return {symbol: mark for symbol, mark in priced.items() if mark is not None}


def unread(platform: Platform, market: MarketData | Exception | None) -> tuple[Finding, ...]:
    """Say that they could not be read, whatever went wrong: the trade does not hang on them."""
    if platform.arrivals is None or not isinstance(market, Exception):
        return ()
    why = f"it {market.reason}" if isinstance(market, CallFailed) else repr(market)
    text = (
        f"The quote source at {platform.arrivals.url} could not be read before the run was sent: {why}. "
        "What trading cost, and whether the signals were right, is not known of this session."
    )
    return (findings.note("arrivals_unread", text),)


def made_of(figures: BookFigures, ledger: Ledger, period: BookPeriod, *observed: Any) -> BookFigures:
    """Bring costs and signals up to date; nothing of them where no arrival price was ever asked for."""
    has_arrivals = ledger.sessions.has_arrivals(str(figures.session))
    if not (has_arrivals or ledger.sessions.has_costs(period.id)):
        return figures
    from paper_run.trading.valuing import measured

    found = measured.measured(figures, measured.Valuing(ledger, period, *observed))
    return found if has_arrivals else found._replace(cost_basis=None)
