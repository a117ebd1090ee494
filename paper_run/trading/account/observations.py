"""What a valuation reads of the services, and in words what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.book import marks, valuation
from paper_run.errors import Remedy
from paper_run.model import findings, reading_messages
from paper_run.model.commands import ours
from paper_run.model.findings import Finding
from paper_run.trading.account import broker_word, listed_splits, order_outcomes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime
    from decimal import Decimal

    from paper_run.errors import PaperRunError
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.calendar import Calendar
    from paper_run.model.order import SignalOrder
    from paper_run.services.broker_reading import Wanted
    from paper_run.services.platform import Observations, Platform


RUN, MARK = "run", "mark"


class Moment(NamedTuple):
    """When a valuation takes place.

    :ivar session: the session that it belongs to. :ivar now: the time that prices are as old as against, on
        the exchange's clock; a sandbox's own time in a sandbox. :ivar calendar: the exchange's.
    :ivar told: what time others say that it is, UTC.
    """

    session: date
    now: datetime
    calendar: Calendar
    told: tuple[datetime, ...] = ()

    def has_closed(self, session: date) -> bool:
        """Whether a session is over, by everybody's clock."""
        return self.calendar.hours(session)[1] <= min((self.now, *self.told))

    def is_beside(self, symbol: str) -> bool:
        """Whether a symbol stands beside the book, unless an order of ours traded it."""
        return self.calendar.exchange != "24/7" and not marks.is_us_equity(symbol)


class Problems(NamedTuple):
    """What could not be read: what the exit status must tell, and what is only said."""

    failures: tuple[PaperRunError, ...]
    found: tuple[Finding, ...]


def read(
    platform: Platform,
    ledger: Ledger,
    session: date,
    *,
    own: Collection[SignalOrder] = (),
    symbols: Iterable[str] = (),
    all_of_them: bool = False,
) -> Observations:
    """Read at once: a run's own orders, earlier ones, the positions, the quotes, the broker.

    :param own: the run's mappings.
    :param symbols: what else needs a price besides what the book holds and what is read again.
    :param all_of_them: read every earlier order, not only the newest.
    """
    names = [each.client_order_id for each in own if each.client_order_id]
    again = ledger.open_orders.to_read(session, besides=frozenset(names), all_of_them=all_of_them)
    wanted = {*symbols, *held(ledger), *(order.symbol for order in again.orders)}
    asked = order_outcomes.asked(own)
    at_gateway = [order for order in again.orders if not order.is_brokers_alone]
    after = platform.observe(
        names,
        earlier=[order.name for order in at_gateway if not order.has_ended],
        ended=[order.name for order in at_gateway if order.has_ended],
        symbols=sorted(wanted),
        asked={order.name: order.asked for order in again.orders} | asked,
        of_broker=_of_broker(platform, ledger, session, wanted),
        with_benchmark=True,
    )
    after.account = ledger.broker_accounts.proven()
    after.left_out = again.more
    return after


def _of_broker(platform: Platform, ledger: Ledger, session: date, symbols: Collection[str]) -> Wanted | None:
    """Return what is asked of the broker; nothing without one."""
    if platform.broker is None:
        return None
    wanted = broker_word.wanted(ledger, session)
    if platform.broker.data is None:
        return wanted
    return wanted._replace(companies=listed_splits.wanted(ledger, session, sorted(symbols)))


def problems(after: Observations, platform: Platform, *, of_a: str | None) -> Problems:
    """Put into words what could not be read.

    :param of_a: RUN for one that ended, MARK, or None for a run whose own failure says enough.
    """
    gateway = platform.execution_gateway.url
    found: list[PaperRunError] = []
    if after.is_wrong_gateway:
        found.append(reading_messages.wrong_gateway(gateway, after.unknown))
    elif after.unreadable:
        found.append(
            reading_messages.gateway_unreadable(
                gateway, after.unreadable, of_a_mark=of_a == MARK, refusal=after.refusal
            )
        )
    said: list[Finding] = []
    if after.left_out:
        said.append(
            findings.warning(
                "orders_left_out",
                f"{after.left_out} more orders of earlier attempts were not read, only the newest.",
                remedies=(Remedy("Read all of them", ours("mark", "--stale")),),
            )
        )
    said += [
        findings.warning(
            "order_status",
            f"Order {identity} of an earlier attempt has a status that is not known here, {state.status!r}; "
            "taken as working.",
            subject=state.symbol,
        )
        for identity, state in (after.earlier | after.ended).items()
        if state.status not in order_outcomes.KNOWN
    ]
    if after.market is not None and platform.quotes is not None:
        if after.market.by_symbol is None:
            found.append(reading_messages.quotes_unreadable(platform.quotes.url, after.market.problems))
        else:
            said += [
                findings.warning("quote", f"The quote source at {platform.quotes.url}: {each}.")
                for each in after.market.problems
            ]
    of_broker = _broker_problems(after, platform)
    found += of_broker.failures
    said += of_broker.found
    if of_a is not None:
        return Problems(tuple(found), tuple(said))
    return Problems((), (*(findings.of_error(each)._replace(severity="warning") for each in found), *said))


def unread(after: Observations) -> tuple[str, ...]:
    """Return a clause for each order of an earlier attempt that works, and of which nobody has told.

    As `unread_orders` to be asked once the broker was heard (`broker_word.take`).
    """
    return tuple(clause for name, clause in after.unread.items() if name not in after.told)


def unread_orders(after: Observations) -> tuple[Finding, ...]:
    """Put into words which orders of earlier attempts neither the gateway nor the proven broker told of."""
    said = [findings.warning("order_unread", f"Of an earlier attempt, {clause}.") for clause in unread(after)]
    if ended := len(set(after.unread_ended) - after.told.keys()):
        orders = "1 order" if ended == 1 else f"{ended} orders"
        which = f"{orders} of earlier attempts that had ended could not be read again."
        said.append(findings.warning("order_unread", which))
    return tuple(said)


def _broker_problems(after: Observations, platform: Platform) -> Problems:
    """Put into words what of the broker could not be read."""
    if (broker := platform.broker) is None or after.broker is None:
        return Problems((), ())
    said: list[Finding] = []
    if after.broker.has_no_list:
        text = (
            f"{broker.data} has no list of corporate actions (it answered 404): a split is only suspected, "
            "and none is booked by itself."
        )
        said.append(findings.note("no_list", text))
    if not after.broker.problems:
        return Problems((), tuple(said))
    unread = reading_messages.broker_unreadable(broker.url, after.broker.problems)
    # Keys that nobody has said are for the broker may be for quotes alone.
    may_fail = after.account is None or after.broker.refused
    if platform.demands_broker or not may_fail:
        return Problems((unread,), tuple(said))
    return Problems((), (*said, findings.of_error(unread)._replace(severity="warning")))


def market_prices(after: Observations, moment: Moment) -> dict[str, Decimal]:
    """Return the quote source's price of each symbol that has one, dollars."""
    if after.market is None or after.market.by_symbol is None:
        return {}
    chosen = {
        symbol: marks.choose(market, moment.now, moment.calendar.is_open_at)
        for symbol, market in after.market.by_symbol.items()
    }
    return {symbol: mark.price for symbol, mark in chosen.items() if mark is not None}


def held(ledger: Ledger) -> tuple[str, ...]:
    """Return the symbols that the book holds, and those that it may still hold after a split."""
    period = ledger.books.period()
    if period is None:
        return ()
    kept = ledger.books.last_valuation(period)
    return (
        *valuation.open_symbols(ledger.books.current(period, kept).book),
        *(kept.suspects if kept else ()),
    )
