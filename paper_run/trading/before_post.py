"""What is read right before the POST, all at once; and whether somebody else has traded the session."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple, money
from paper_run.model import calendar, findings, reading_messages
from paper_run.model.attempt import Snapshot
from paper_run.model.broker import Account, BrokerBefore, HeldBefore, OrderIds, OrdersRead
from paper_run.model.findings import listed as first_of
from paper_run.services import broker_reading
from paper_run.services.answer import CallFailed
from paper_run.services.deadline import gather, result_of
from paper_run.services.execution_gateway import Unauthorized
from paper_run.services.platform import READ_SECONDS
from paper_run.trading import preflight
from paper_run.trading.account import broker_word
from paper_run.trading.hours import parameters
from paper_run.trading.valuing import arrivals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from paper_run.ledger.ledger import Ledger
    from paper_run.model.broker import BrokerOrder, BrokerPosition, BrokerReading, MoneyActivity
    from paper_run.model.findings import Finding
    from paper_run.model.order import ListedRun
    from paper_run.model.service import Position
    from paper_run.services.broker import Broker
    from paper_run.services.platform import Platform
    from paper_run.settings.config import Config
    from paper_run.trading.preflight import Services

_LIST_SECONDS = 2.0
_NAMED = 5
_MOMENT = timedelta(milliseconds=1)
_MONEY_OF = timedelta(days=45)
"""So far back money that is posted late may be dated."""


class Preparation(NamedTuple):
    """What the attempt starts from, and who else has traded the session, as far as it is told.

    :ivar listed: the runs that the orchestrator listed, if it did. :ivar midnight: what its own clock said
        when the session's date began at the exchange, None: not known.
    :ivar strangers: the proven broker's orders of the day that no attempt of the ledger owns; None: not
        known. :ivar strategy: the one that is traded, as far as it is told.
    """

    snapshot: Snapshot
    listed: tuple[ListedRun, ...]
    strangers: tuple[BrokerOrder, ...] | None = None
    strategy: str | None = None
    midnight: str | None = None

    @property
    def is_told(self) -> bool:
        """Whether anybody tells that somebody else has traded, or has not."""
        return self.snapshot.known_runs is not None or self.strangers is not None

    def is_ours(self, order: BrokerOrder) -> bool:
        """Whether it is an order of this gateway and strategy, whoever asked for it."""
        from paper_run.trading.account import order_ids

        return self.strategy is not None and order_ids.is_hash_of(order, self.strategy)


class _Told(NamedTuple):
    """What the broker told; None of what it did not, and why.

    :ivar failed: the first call that failed.
    """

    account: Account | None = None
    orders: OrdersRead | None = None
    failed: CallFailed | None = None


def snapshot(
    config: Config,
    services: Services,
    platform: Platform,
    ledger: Ledger | None,
    as_of_date: date,
    now: datetime | None = None,
) -> Preparation:
    """Read positions, runs and the broker's orders that are there already, and put down all that is known.

    :param as_of_date: the date of the signals. :param now: when the market's prices are asked for, of any
        zone; None: nothing is about to be sent, and they are not.
    :raises DependencyError: the positions can't be read.
    """
    calls: list[Callable[[], Any]] = [
        partial(_positions, platform),
        partial(_listed_runs, platform),
        partial(arrivals.read, config, platform if now else None),
    ]
    opens = _of_an_opening(ledger, services.session)
    if platform.broker is not None:
        calls += _of_broker(platform.broker, _midnight(config, services.session) - _MOMENT)
        calls += broker_reading.calls(platform.broker, opens, seconds=READ_SECONDS)
    positions, listed, market, *read = gather(calls)
    told, opening = read[:2], broker_reading.reading(opens, read[2:])
    positions, listed = result_of(positions), result_of(listed)
    heard = _told(told)
    opening = broker_reading.of_one_moment(platform.broker, opens, opening, seconds=READ_SECONDS)
    broker = _broker_before(heard, opening, services.session) if platform.broker is not None else None
    strangers = None if ledger is None else _strangers(ledger, heard)
    midnight = None if services.sandbox else _orchestrators_midnight(config, services)
    if services.sandbox:
        now = preflight.gateway_clock(services.gateway)
    snapshot = Snapshot(
        session=services.session,
        parameters=parameters(config, as_of_date),
        health=services.health,
        positions=positions,
        sandbox=services.sandbox,
        rehearsal=services.gateway.dry_run,
        known_runs=None if listed is None else tuple(run.run_id for run in listed),
        orchestrator_clock=services.orchestrator.clock,
        gateway_clock=preflight.gateway_clock(services.gateway),
        notices=(
            *config.notices,
            *broker_word.before(ledger, heard.account, str(platform.broker and platform.broker.url)),
            *preflight.reminders(ledger, services),
            *_unreadable(platform.broker, heard.failed),
            *arrivals.unread(platform, market),
        ),
        broker=broker,
        arrivals=arrivals.prices(market, now),
    )
    strategy = None if ledger is None or broker is None else _strategy(ledger, snapshot)
    found = Preparation(snapshot, listed or (), strangers, strategy, midnight)
    return found._replace(snapshot=snapshot._replace(notices=(*snapshot.notices, *_beside(found))))


def _strategy(ledger: Ledger, snapshot: Snapshot) -> str | None:
    from paper_run.trading import at_broker

    return at_broker.traded_strategy(ledger, snapshot)


def refuse_someone_elses(preparation: Preparation, platform: Platform, ledger: Ledger) -> None:
    """Prove that nobody else has traded the session, as far as orchestrator or broker can tell.

    :raises OrchestrationError: a run of today is listed that the ledger does not know, with orders, or
        without saying that it had none; or one with orders, of an attempt that was said to have placed none;
        or the proven broker has an order of today of this gateway and strategy that no attempt owns.
    """
    snapshot = preparation.snapshot
    if snapshot.rehearsal:
        return
    for run in preparation.listed:
        if run.orders == 0 or not _is_of_today(run, preparation):
            continue
        denied = ledger.attempts.denied_run(run.run_id) if run.orders else None
        if denied is not None or not ledger.attempts.knows_run(run.run_id):
            from paper_run.trading import traded_already

            url, rows = platform.orchestrator.url, ledger.attempts.of_session(snapshot.session)
            raise traded_already.error(url, run, denied, snapshot.session, rows)
    if platform.broker is None:
        return
    for order in preparation.strangers or ():
        if preparation.is_ours(order):
            from paper_run.model import broker_messages

            raise broker_messages.someone_elses_order(
                platform.broker.url, _words(order), order.client_order_id, snapshot.session
            )


def _is_of_today(run: ListedRun, preparation: Preparation) -> bool:
    """Whether a run began today, the exchange's or the orchestrator's own, or traded this session's signals.

    The orchestrator's clock is its own, and its midnight may be in the middle of the session.
    """
    snapshot = preparation.snapshot
    today = (snapshot.orchestrator_clock or snapshot.session.isoformat())[:10]
    return (
        (run.started_at or "")[:10] == today
        or run.as_of_date == snapshot.session.isoformat()
        or calendar.not_before(run.started_at, preparation.midnight)
    )


def _orchestrators_midnight(config: Config, services: Services) -> str | None:
    """Return what the orchestrator's clock said when the session's date began at the exchange."""
    try:
        clock = datetime.fromisoformat(services.orchestrator.clock or "")
        return (clock - (services.heard - _midnight(config, services.session))).isoformat()
    except (ValueError, OverflowError):
        return None


def _positions(platform: Platform) -> tuple[Position, ...]:
    gateway = platform.execution_gateway
    try:
        return gateway.positions(seconds=READ_SECONDS)
    except CallFailed as error:
        refusal = error.refusal if isinstance(error, Unauthorized) else None
        raise reading_messages.positions_unreadable(gateway.url, error.reason, refusal) from None


def _listed_runs(platform: Platform) -> tuple[ListedRun, ...] | None:
    """Return the runs that are there already, None when the list can't be read (deployed ones answer 500)."""
    try:
        return platform.orchestrator.runs(seconds=_LIST_SECONDS)
    except CallFailed:
        return None


def _of_broker(broker: Broker, since: datetime) -> list[Callable[[], Any]]:
    return [
        partial(broker.account, seconds=READ_SECONDS),
        partial(broker.orders, since, seconds=READ_SECONDS),
    ]


def _of_an_opening(ledger: Ledger | None, session: date) -> broker_reading.Wanted | None:
    """Return what is read besides where a book may begin with the attempt: it opens from what is there."""
    if ledger is None or ledger.books.period() is not None:
        return None
    return broker_reading.Wanted(money_since=session - _MONEY_OF)


def _midnight(config: Config, session: date) -> datetime:
    """Return when a session's date begins at the exchange."""
    return datetime.combine(session, time.min, calendar.zone(config.exchange))


def _told(answers: Sequence[Account | OrdersRead | Exception]) -> _Told:
    """Tell the broker's answers apart.

    :raises Exception: what went wrong is no failure of a call.
    """
    told = _Told()
    for each in answers:
        if isinstance(each, Account):
            told = told._replace(account=each)
        elif isinstance(each, OrdersRead):
            told = told._replace(orders=each)
        elif isinstance(each, CallFailed):
            told = told._replace(failed=told.failed or each)
        else:
            raise each
    return told


def _broker_before(told: _Told, opening: BrokerReading | None, session: date) -> BrokerBefore:
    """Put down what the broker told; what is dated ahead of the session is not in its cash yet.

    A book opens from nothing that may be of several moments.

    :param opening: cash, positions and money, where they were asked for.
    """
    account, read = told.account, told.orders
    ids = read and tuple(OrderIds(each.client_order_id, each.identity) for each in read.orders)
    before = BrokerBefore(account and account.number, ids, read and read.as_of)
    there = opening.account if opening is not None and opening.unsure is None else None
    if opening is None or account is None or there is None or there.number != account.number:
        return before
    held, posted = opening.positions, opening.money
    return before._replace(
        cash=there.cash,
        accrued_fees=there.accrued_fees,
        positions=None if held is None else tuple(map(_held, held)),
        money=None if posted is None else tuple(each.identity for each in posted if _has_come(each, session)),
    )


def _has_come(activity: MoneyActivity, session: date) -> bool:
    return activity.date is None or activity.date <= session


def _held(position: BrokerPosition) -> HeldBefore:
    return HeldBefore(
        symbol=position.symbol,
        qty=position.qty,
        asset_class=position.asset_class,
        avg_entry_price=position.avg_entry_price,
        price=position.current_price,
        market_value=position.market_value,
    )


def _strangers(ledger: Ledger, told: _Told) -> tuple[BrokerOrder, ...] | None:
    """Return the proven account's orders of the day that no attempt owns; None where it does not tell."""
    account, read = told.account, told.orders
    proven = ledger.broker_accounts.proven() if account is not None else None
    if proven is None or account is None or account.number != proven.number or read is None:
        return None
    owned = ledger.orders.owners(each.client_order_id for each in read.orders)
    return tuple(each for each in read.orders if each.client_order_id not in owned)


def _unreadable(broker: Broker | None, failed: CallFailed | None) -> tuple[Finding, ...]:
    """Say that the broker could not be read before the POST: then nothing can be told by it later."""
    if broker is None or failed is None:
        return ()
    text = (
        f"The broker at {broker.url} could not be read before the run was sent: it {failed.words}. Should "
        "the run's answer be lost, its orders prove nothing of it."
    )
    return (findings.warning("broker_unread", text),)


def _beside(preparation: Preparation) -> tuple[Finding, ...]:
    """Say which orders of the day at the broker are nobody's of ours, such as a click in its dashboard."""
    found = []
    for is_ours, what in ((True, "of this gateway and strategy"), (False, "of somebody else's")):
        orders = [each for each in preparation.strangers or () if preparation.is_ours(each) == is_ours]
        if orders:
            named = first_of([_words(each) for each in orders], _NAMED)
            text = f"The broker has orders of today that no attempt of this ledger owns, {what}: {named}."
            found.append(findings.warning("broker_strangers", text, subject=orders[0].symbol or ""))
    return tuple(found)


def _words(order: BrokerOrder) -> str:
    """Return an order in words; one that was sized in dollars has no quantity."""
    size = f"{money.digits(order.qty)} " if order.qty is not None else ""
    return f"{order.side or 'an order of'} {size}{order.symbol or 'several legs'} ({order.client_order_id})"
