"""The three services of a platform, behind one transport, with the quotes and the broker beside them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from paper_run import NamedTuple
from paper_run.book.marks import Market
from paper_run.model.order import OrderState
from paper_run.services import broker_reading, health
from paper_run.services.answer import CallFailed, NeverSent, NoAnswer
from paper_run.services.deadline import AFTER, BEFORE, Deadline, gather, result_of
from paper_run.services.execution_gateway import ExecutionGateway, Unauthorized
from paper_run.services.orchestrator import Orchestrator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from paper_run.model.broker import BrokerReading, FillActivity, ProvenAccount
    from paper_run.model.order import Asked
    from paper_run.model.service import Position, Refusal, ServiceHealth, ServiceUrl
    from paper_run.services.broker import Broker
    from paper_run.services.broker_reading import Wanted
    from paper_run.services.quotes import MarketData, Quotes
    from paper_run.services.transport import Transport

READ_SECONDS = BEFORE
_NOT_SAID: Mapping[str, Asked] = {}

T = TypeVar("T")


class BenchmarkSource(NamedTuple):
    """What the book is compared with, and who has its price: the quote source, in a sandbox one beside it."""

    symbol: str
    quotes: Quotes


class Platform:
    """What the day talks to.

    :ivar benchmark: what the book is compared with; None: nothing.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        signal_service: ServiceUrl,
        execution_gateway: ServiceUrl,
        orchestrator: ServiceUrl,
        quotes: Quotes | None,
        arrivals: Quotes | None,
        broker: Broker | None,
        demands_broker: bool,
        deadline: Deadline | None,
    ) -> None:
        """Connect to nothing yet.

        :param deadline: the command's own, which the transports keep.
        :param quotes: the configured quote source; None: positions are valued at the gateway's prices.
        :param arrivals: what is asked, before an attempt, at which prices it trades; None: nobody.
        :param broker: the account's own broker; None: it is not read.
        :param demands_broker: whether a person has said that it is to be read, so that a failure counts.
        """
        self.quotes = quotes
        self.arrivals = arrivals
        self.benchmark: BenchmarkSource | None = None
        self.broker = broker
        self.demands_broker = demands_broker
        self.deadline = deadline or Deadline()
        self._transport = transport
        self._urls = (signal_service, execution_gateway, orchestrator)
        self.execution_gateway = ExecutionGateway(transport, execution_gateway)
        self.orchestrator = Orchestrator(transport, orchestrator)

    def health(self) -> tuple[ServiceHealth, ...]:
        """Ask all three at the same time."""
        calls = [
            partial(health.check, self._transport, service, url)
            for service, url in zip(health.SERVICES, self._urls, strict=True)
        ]
        return tuple(map(result_of, gather(calls)))

    def gateway_health(self) -> ServiceHealth:
        """Ask the execution gateway alone."""
        return health.check(self._transport, health.EXECUTION_GATEWAY, self._urls[1])

    def observe(
        self,
        client_order_ids: Iterable[str],
        *,
        earlier: Iterable[str] = (),
        ended: Iterable[str] = (),
        symbols: Iterable[str] = (),
        asked: Mapping[str, Asked] = _NOT_SAID,
        of_broker: Wanted | None = None,
        with_benchmark: bool = False,
    ) -> Observations:
        """Read the orders, the positions, the quotes and the broker at once, over the pooled connections.

        When the gateway stops answering, what has not been asked yet is not asked: 500 orders on a frozen
        gateway take as long as one.

        :param earlier: orders of earlier attempts that still work. :param ended: those that had ended before.
        :param symbols: what quotes are asked for, if a source of them is configured.
        :param asked: what the orders are, by id, where that is known.
        :param of_broker: what is asked of the broker, if one is configured; None: nothing.
        :param with_benchmark: whether the benchmark's price is read, with the quotes.
        :raises Exception: a fault of our own; what can't be read is said in the observations.
        """
        own = tuple(dict.fromkeys(client_order_ids))
        over = tuple(identity for identity in dict.fromkeys(ended) if identity not in own)
        others = tuple(identity for identity in dict.fromkeys((*earlier, *over)) if identity not in own)
        self.deadline.begin(AFTER, orders=len(own) + len(others))
        gateway = _GivesUp(self.execution_gateway, seconds=AFTER, patience=1)
        compared = self.benchmark if with_benchmark else None
        first: list[Callable[[], Any]] = [
            partial(self._market, tuple(symbols), compared),
            gateway.positions,
        ]
        at_broker = broker_reading.calls(self.broker, of_broker, seconds=AFTER)
        reads: list[Callable[[], Any]] = [
            partial(gateway.order, identity, asked.get(identity)) for identity in (*own, *others)
        ]
        market, positions, *answers = gather([*first, *at_broker, *reads])
        if isinstance(market, Exception):
            raise market
        after = Observations(market.of_positions, is_silent=isinstance(positions, NoAnswer | NeverSent))
        if compared is not None:
            after.benchmark = (compared.symbol, market.of_benchmark)
        read = broker_reading.reading(of_broker, answers[: len(at_broker)])
        asked_for, read = broker_reading.with_replacements(self.broker, of_broker, read, seconds=AFTER)
        after.broker = broker_reading.of_one_moment(self.broker, asked_for, read, seconds=AFTER)
        orders = answers[len(at_broker) :]
        refused = (each.refusal for each in (positions, *orders) if isinstance(each, Unauthorized))
        after.refusal = next(refused, None)
        if isinstance(positions, Exception):
            after.unreadable.append(f"the positions: it {_reason(positions)}")
        else:
            after.positions = positions
        for identity, answer in zip((*own, *others), orders, strict=True):
            after.take_in(identity, answer, is_own=identity in own, had_ended=identity in over)
        return after

    def _market(self, symbols: tuple[str, ...], compared: BenchmarkSource | None) -> _Prices:
        """Ask the quote source, if one is configured; that it failed is a value."""
        if compared is None:
            return _Prices(_asked(self.quotes, symbols), None)
        shared = compared.quotes is self.quotes and bool(symbols)
        read = _asked(self.quotes, tuple(sorted({*symbols, compared.symbol})) if shared else symbols)
        beside = read if shared else _asked(compared.quotes, (compared.symbol,))
        known = None if beside is None else beside.by_symbol
        return _Prices(read, None if known is None else known.get(compared.symbol))

    def find_orders(
        self, client_order_ids: Iterable[str], *, seconds: float, asked: Mapping[str, Asked]
    ) -> FoundOrders:
        """Ask for orders that the gateway may have, until it stops answering; see `observe`."""
        ids = tuple(dict.fromkeys(client_order_ids))
        gateway = _GivesUp(self.execution_gateway, seconds=seconds, patience=3)
        answers = gather([partial(gateway.order, identity, asked.get(identity)) for identity in ids])
        for answer in answers:
            if isinstance(answer, Exception):
                _reason(answer)
        found = {
            identity: answer
            for identity, answer in zip(ids, answers, strict=True)
            if isinstance(answer, OrderState)
        }
        return FoundOrders(found, gateway.is_silent)


class FoundOrders(NamedTuple):
    """The orders that the gateway has, and whether it stopped answering."""

    states: dict[str, OrderState]
    silent: bool


class MarketReading(NamedTuple):
    """What the quote source says by symbol, None when it could not be read; and a clause for each failure."""

    by_symbol: dict[str, Market] | None
    problems: tuple[str, ...]


class Observations:
    """What was read at once after an attempt, or for a mark.

    :ivar states: the attempt's own orders. :ivar earlier: those of earlier attempts that worked.
    :ivar ended: those that had ended before. :ivar positions: None when they could not be read.
    :ivar unreadable: a clause for each own order, and the positions, that could not be read.
    :ivar unread: likewise for earlier orders, by id. :ivar unknown: ids that the gateway does not know.
    :ivar market: None without a quote source. :ivar silent: whether the gateway did not answer.
    :ivar broker: what the broker says, None where none is configured. :ivar account: its account, once that
        is proven to be the book's. :ivar told: the orders of ours that it tells of then. :ivar executed:
        by the same ids, what it lists of their executions where those have filled on.
    :ivar left_out: how many earlier orders were not asked for. :ivar unread_ended: the ids of those that had
        ended and that the gateway did not tell of again. :ivar benchmark: its symbol, and what the quote
        source has of it.
    :ivar refusal: why it would not be read (401, 403); None: it was no such.
    """

    def __init__(self, market: MarketReading | None, *, is_silent: bool) -> None:
        self.states: dict[str, OrderState] = {}
        self.earlier: dict[str, OrderState] = {}
        self.ended: dict[str, OrderState] = {}
        self.positions: tuple[Position, ...] | None = None
        self.unreadable: list[str] = []
        self.unread: dict[str, str] = {}
        self.unknown: list[str] = []
        self.market = market
        self.silent = is_silent
        self.refusal: Refusal | None = None
        self.broker: BrokerReading | None = None
        self.account: ProvenAccount | None = None
        self.told: dict[str, OrderState] = {}
        self.executed: dict[str, Sequence[FillActivity]] = {}
        self.benchmark: tuple[str, Market | None] | None = None
        self.left_out = 0
        self.unread_ended: list[str] = []

    def take_in(
        self, identity: str, answer: OrderState | Exception | None, *, is_own: bool, had_ended: bool
    ) -> None:
        """Take in what came of asking the gateway for an order; None: it does not know it."""
        if isinstance(answer, OrderState):
            read = self.ended if had_ended else self.states if is_own else self.earlier
            read[identity] = answer
            return
        reason = "does not know it (is this the orchestrator's own gateway?)"
        if answer is not None:
            reason = _reason(answer)
        if had_ended:
            self.unread_ended.append(identity)
            return
        if answer is None:
            self.unknown.append(identity)
        problem = f"order {identity}: it {reason}"
        if is_own:
            self.unreadable.append(problem)
        else:
            self.unread[identity] = problem

    @property
    def is_wrong_gateway(self) -> bool:
        """Whether the gateway knows none of the orders that it was asked for, and no broker has our orders.

        With those of the proven broker nothing is booked of the gateway's: it may have lost its memory.
        """
        if not self.unknown or self.states or self.earlier:
            return False
        return self.proven_broker is None or not self.proven_broker.all_orders

    @property
    def proven_broker(self) -> BrokerReading | None:
        """What the broker says, if the account that it shows is the one that is proven to be the book's."""
        if self.broker is None or self.broker.account is None or self.account is None:
            return None
        return self.broker if self.broker.account.number == self.account.number else None

    @property
    def awaits_broker(self) -> bool:
        """Whether the broker, whose account is proven, was asked for orders and did not tell of them.

        Then the gateway's word on a fill is not taken for its.
        """
        if self.account is None or self.broker is None:
            return False
        return self.proven_broker is None or self.proven_broker.orders is None


class _GivesUp:
    """The gateway, until it has failed to answer `patience` times."""

    def __init__(self, gateway: ExecutionGateway, *, seconds: float, patience: int) -> None:
        self._gateway = gateway
        self._seconds = seconds
        self._patience = patience
        self._failures: list[CallFailed] = []

    @property
    def is_silent(self) -> bool:
        return len(self._failures) >= self._patience

    def order(self, client_order_id: str, asked: Asked | None) -> OrderState | None:
        read = partial(self._gateway.order, client_order_id, seconds=self._seconds, asked=asked)
        return self._unless_silent(read)

    def positions(self) -> tuple[Position, ...]:
        return self._unless_silent(partial(self._gateway.positions, seconds=self._seconds))

    def _unless_silent(self, call: Callable[[], T]) -> T:
        if self.is_silent:
            raise self._failures[-1]
        try:
            return call()
        except (NoAnswer, NeverSent) as error:
            self._failures.append(error)
            raise


class _Prices(NamedTuple):
    of_positions: MarketReading | None
    of_benchmark: Market | None


def _asked(quotes: Quotes | None, symbols: tuple[str, ...]) -> MarketReading | None:
    if quotes is None:
        return None
    if not symbols:
        return MarketReading({}, ())
    try:
        seen = quotes.latest(symbols, seconds=AFTER)
    except CallFailed as error:
        return MarketReading(None, (f"it {error.words}",))
    return MarketReading(by_symbol(seen), seen.problems)


def by_symbol(seen: MarketData) -> dict[str, Market]:
    """Put each symbol's quote and last trade together, dollars."""
    market = {}
    for symbol in {**seen.quotes, **seen.trades}:
        quote, trade = seen.quotes.get(symbol), seen.trades.get(symbol)
        market[symbol] = Market(
            bid=quote.bid if quote else None,
            ask=quote.ask if quote else None,
            quoted_at=quote.time if quote else None,
            traded=trade.price if trade else None,
            traded_at=trade.time if trade else None,
        )
    return market


def _reason(error: Exception) -> str:
    if not isinstance(error, CallFailed):
        raise error
    return error.reason
