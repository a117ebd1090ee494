"""What a valuation reads of the services, and in words what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from paper_run import failures, orders
from paper_run.book import marks, valuation
from paper_run.model import findings
from paper_run.model.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime
    from decimal import Decimal

    from paper_run.errors import PaperRunError
    from paper_run.ledger.journal import Ledger
    from paper_run.services.platform import AfterTrade, Platform


RUN, MARK = "run", "mark"


class Moment(NamedTuple):
    """When a valuation takes place.

    :ivar session: the session that it belongs to. :ivar now: the time that prices are as old as against, on
        the exchange's clock; a sandbox's own time in a sandbox.
    :ivar is_open_at: whether the exchange was open at a moment.
    """

    session: date
    now: datetime
    is_open_at: Callable[[datetime], bool]


class Problems(NamedTuple):
    """What could not be read: what the exit status must tell, and what is only said."""

    failures: tuple[PaperRunError, ...]
    found: tuple[Finding, ...]


def read(
    platform: Platform, ledger: Ledger, *, own: Iterable[str] = (), symbols: Iterable[str] = ()
) -> AfterTrade:
    """Read at once: a run's own orders, the working ones of earlier trades, the positions, the quotes.

    :param symbols: what else needs a price besides what the book holds and what still works.
    """
    followed = ledger.following.followed()
    wanted = {*symbols, *held(ledger), *(order.symbol for order in followed)}
    return platform.after_trade(
        own, earlier=(order.client_order_id for order in followed), symbols=sorted(wanted)
    )


def problems(after: AfterTrade, platform: Platform, *, of_a: str | None) -> Problems:
    """Put into words what could not be read.

    :param of_a: RUN for one that ended, MARK, or None for a run whose own failure says enough.
    """
    gateway = platform.execution_gateway.url
    found: list[PaperRunError] = []
    if after.is_wrong_gateway:
        found.append(failures.wrong_gateway(gateway, after.unknown))
    elif after.unreadable:
        found.append(
            failures.gateway_unreadable(
                gateway, after.unreadable, of_a_mark=of_a == MARK, unauthorized=after.unauthorized
            )
        )
    said = [
        findings.warning("order_unread", f"Of an earlier trade, {clause}.")
        for clause in after.unread
        if not after.is_wrong_gateway
    ]
    said += [
        findings.warning(
            "order_status",
            f"Order {identity} of an earlier trade has a status that is not known here, {state.status!r}; "
            "taken as working.",
            subject=state.symbol,
        )
        for identity, state in after.earlier.items()
        if state.status not in orders.KNOWN
    ]
    if after.market is not None and platform.quotes is not None:
        if after.market.by_symbol is None:
            found.append(failures.quotes_unreadable(platform.quotes.url, after.market.problems))
        else:
            said += [
                findings.warning("quote", f"The quote source at {platform.quotes.url}: {each}.")
                for each in after.market.problems
            ]
    if of_a is not None:
        return Problems(tuple(found), tuple(said))
    return Problems((), (*(findings.of_error(each)._replace(severity="warning") for each in found), *said))


def market_prices(after: AfterTrade, moment: Moment) -> dict[str, Decimal]:
    """Return the quote source's price of each symbol that has one, dollars."""
    if after.market is None or after.market.by_symbol is None:
        return {}
    chosen = {
        symbol: marks.choose(market, moment.now, moment.is_open_at)
        for symbol, market in after.market.by_symbol.items()
    }
    return {symbol: mark.price for symbol, mark in chosen.items() if mark is not None}


def held(ledger: Ledger) -> tuple[str, ...]:
    """Return the symbols that the book holds or has booked since it was valued last."""
    epoch = ledger.books.epoch()
    if epoch is None:
        return ()
    return valuation.open_symbols(ledger.books.standing(epoch).book)
