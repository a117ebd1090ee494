"""The whole platform on loopback: another implementation of the wire, odd on purpose.

Written from the contract alone, without a look at `paper_run.sandbox`.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from support.faulty_http import Log, Request
from support.odd_broker import OddBroker
from support.odd_json import OddJson
from support.odd_orchestrator import LONG_PRICE, RUN, RUNS, Orchestrator, Plan, still_running
from support.odd_services import ORDERS, POSITIONS, Gateway, Quotes, Service, Signal

__all__ = ["LONG_PRICE", "ORDERS", "POSITIONS", "RUN", "RUNS", "OddPlatform", "Plan", "still_running"]


class OddPlatform:
    """The four servers together, a context manager.

    `down` names services (`signal`, `gateway`, `orchestrator`, `quotes`) that refuse connections until
    `up()` is called on them. `now` is the time that all of them go by.
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        down: Iterable[str] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.now = now
        self.log = Log()
        self.odd = OddJson(seed)
        self.plan: dict[str, Plan] = {}
        self.signal = Signal(self)
        self.gateway = Gateway(self)
        self.orchestrator = Orchestrator(self)
        self.quotes = Quotes(self)
        self.broker: OddBroker | None = None
        for name, service in self.services.items():
            if name not in down:
                service.up()

    @property
    def services(self) -> dict[str, Service]:
        return {
            "signal": self.signal,
            "gateway": self.gateway,
            "orchestrator": self.orchestrator,
            "quotes": self.quotes,
        }

    @property
    def urls(self) -> dict[str, str]:
        """The environment variables that lead here."""
        return {
            "SIGNAL_SERVICE_URL": self.signal.url,
            "EXECUTION_GATEWAY_URL": self.gateway.url,
            "ORCHESTRATOR_URL": self.orchestrator.url,
        }

    @property
    def requests(self) -> list[Request]:
        """Every request of any kind so far, in order of arrival."""
        return list(self.log.requests)

    @property
    def posts(self) -> list[Request]:
        """Every request to any service that might have traded: all that are not GET."""
        return [request for request in self.log.requests if request.method != "GET"]

    @property
    def executed(self) -> int:
        """How many orchestrations were carried out, whoever saw their answer."""
        return len(self.orchestrator.runs)

    def with_broker(self) -> OddBroker:
        """Have the account told by its broker too, from now on."""
        self.broker = OddBroker(self)
        self.broker.up()
        return self.broker

    def stop(self) -> None:
        """Release what is frozen, close every connection and port, and raise what went wrong in a server."""
        brokers = [] if self.broker is None else [self.broker]
        logs = [self.log, *(each.log for each in brokers)]
        for log in logs:
            log.stopping.set()
        for service in (*self.services.values(), *brokers):
            service.stop()
        for log in logs:
            if log.crashes:
                raise log.crashes[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
