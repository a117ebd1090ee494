"""The three services of a platform, behind one transport."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from paper_run.models import OrderState
from paper_run.services import health
from paper_run.services.execution_gateway import ExecutionGateway
from paper_run.services.orchestrator import Orchestrator
from paper_run.services.parallel import at_once
from paper_run.services.transport import CallFailed, NeverSent, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from paper_run.models import Position, ServiceHealth, ServiceUrl
    from paper_run.services.transport import Transport

READ_SECONDS = 4.0

T = TypeVar("T")


class Platform:
    """What the day talks to."""

    def __init__(
        self,
        transport: Transport,
        *,
        signal_service: ServiceUrl,
        execution_gateway: ServiceUrl,
        orchestrator: ServiceUrl,
    ) -> None:
        self._transport = transport
        self._urls = (signal_service, execution_gateway, orchestrator)
        self.execution_gateway = ExecutionGateway(transport, execution_gateway)
        self.orchestrator = Orchestrator(transport, orchestrator)

    def health(self) -> tuple[ServiceHealth, ...]:
        """Ask all three at the same time, 5 s each in all."""
        calls = [
            partial(health.check, self._transport, service, url)
            for service, url in zip(health.SERVICES, self._urls, strict=True)
        ]
        return tuple(_result(answer) for answer in at_once(calls))

    def after_trade(self, client_order_ids: Iterable[str]) -> AfterTrade:
        """Read the orders and the positions at once, over the pooled connections.

        When the gateway stops answering, what has not been asked yet is not asked: 500 orders on a frozen
        gateway take as long as one.
        """
        ids = tuple(dict.fromkeys(client_order_ids))
        gateway = _GivesUp(self.execution_gateway, seconds=READ_SECONDS, patience=1)
        calls: list[Callable[[], OrderState | tuple[Position, ...] | None]] = [gateway.positions]
        calls += [partial(gateway.order, identity) for identity in ids]
        positions, *orders = at_once(calls)
        after = AfterTrade({}, [], isinstance(positions, NoAnswer | NeverSent))
        if isinstance(positions, Exception):
            after.unreadable.append(f"the positions: it {_reason(positions)}")
        for identity, state in zip(ids, orders, strict=True):
            if isinstance(state, OrderState):
                after.states[identity] = state
            elif isinstance(state, Exception):
                after.unreadable.append(f"order {identity}: it {_reason(state)}")
            else:
                after.unreadable.append(
                    f"order {identity}: it does not know it (is this the orchestrator's own gateway?)"
                )
        return after

    def find_orders(self, client_order_ids: Iterable[str], *, seconds: float) -> FoundOrders:
        """Ask for orders that the gateway may or may not have, until it stops answering."""
        ids = tuple(dict.fromkeys(client_order_ids))
        gateway = _GivesUp(self.execution_gateway, seconds=seconds, patience=3)
        answers = at_once([partial(gateway.order, identity) for identity in ids])
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


class AfterTrade(NamedTuple):
    """The orders as they stand, and a clause for each thing that could not be read."""

    states: dict[str, OrderState]
    unreadable: list[str]
    silent: bool


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

    def order(self, client_order_id: str) -> OrderState | None:
        return self._unless_silent(partial(self._gateway.order, client_order_id, seconds=self._seconds))

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


def _reason(error: Exception) -> str:
    if not isinstance(error, CallFailed):
        raise error
    return error.reason


def _result(answer: ServiceHealth | Exception) -> ServiceHealth:
    if isinstance(answer, Exception):
        raise answer
    return answer
