"""The platform of the random schedules, in a process of its own, led over a pipe."""

from datetime import UTC, datetime, timedelta
from typing import Any

from builders.moments import NEW_YORK
from faults.mishaps import EVERY, STILL_RUNNING
from support.desk import FIRST
from support.faulty_http import Request
from support.hosted import Hosted
from support.odd_platform import ORDERS, POSITIONS, RUN, RUNS, OddPlatform

ROUTES = {
    "post": ("orchestrator", "POST", RUN),
    "list": ("orchestrator", "GET", RUNS),
    "run": ("orchestrator", "GET", RUNS + "/*"),
    "order": ("gateway", "GET", ORDERS + "/*"),
    "positions": ("gateway", "GET", POSITIONS),
}


class World(Hosted):
    """Starts the platform's process and asks it things; every method is a question with an answer."""

    def __init__(self) -> None:
        super().__init__(_Host)
        self.urls: dict[str, str] = self.ask("urls")


class _Host:
    """The platform's process: does what it is told, one thing at a time."""

    def __init__(self) -> None:
        self.ahead = FIRST - datetime.now(UTC)
        self.platform = OddPlatform(now=lambda: datetime.now(UTC) + self.ahead)
        self.posts: list[tuple[str, str]] = []
        self.racing: tuple[str, str] | None = None
        record = self.platform.log.record

        def recorded(request: Request) -> None:
            record(request)
            if request.method == "POST":
                session = self.platform.now().astimezone(NEW_YORK).date().isoformat()
                self.posts.append((request.headers.get("idempotency-key", ""), session))
                if self.racing is not None:
                    symbol, as_of_date = self.racing
                    self.platform.orchestrator.run_for_somebody_else(symbol, as_of_date=as_of_date)
                    self.racing = None

        self.platform.log.record = recorded  # type: ignore[method-assign]

    def urls(self) -> dict[str, str]:
        return self.platform.urls

    def begin(self, ahead: timedelta, zone: timedelta) -> None:
        """Forget everything: another schedule begins."""
        self.calm()
        self.drain()
        self.ahead = ahead
        platform = self.platform
        platform.orchestrator.zone = zone
        platform.log.requests.clear()
        platform.orchestrator.runs.clear()
        platform.orchestrator.keys.clear()
        platform.gateway.orders.clear()
        platform.gateway.positions.clear()
        self.posts.clear()

    def move(self, ahead: timedelta) -> None:
        self.ahead = ahead

    def calm(self) -> None:
        """Let every service be well again."""
        self.racing = None
        for service in self.platform.services.values():
            with self.platform.log.changed:
                service._scripts.clear()
        if self.platform.log.crashes:
            raise RuntimeError(repr(self.platform.log.crashes))

    def mishap(self, route: str, names: list[str], then: str | None) -> None:
        service, method, path = ROUTES[route]
        kind = route if route in ("post", "list") else "read"
        answers = [EVERY[f"{kind} {name}"] for name in names]
        last = EVERY[f"{kind} {then}"] if then else None
        self.platform.services[service].script(method, path, answers, last)

    def running(self, looks: int) -> None:
        self.platform.orchestrator.answers_running([STILL_RUNNING] * looks)

    def stranger(self, symbol: str, as_of_date: str) -> None:
        self.platform.orchestrator.run_for_somebody_else(symbol, as_of_date=as_of_date)

    def race(self, symbol: str, as_of_date: str) -> None:
        """Let somebody else's run be executed the moment our POST arrives."""
        self.racing = (symbol, as_of_date)

    def drain(self) -> None:
        """Wait until nothing is worked on any more whose client is gone."""
        self.platform.log.until(lambda: not self.platform.log.late)

    def truth(self) -> dict[str, Any]:
        """Tell what really happened."""
        orchestrator = self.platform.orchestrator
        with self.platform.log.changed:
            runs = [
                {
                    "run_id": run["run_id"],
                    "key": orchestrator.keys[run["run_id"]],
                    "as_of_date": run["as_of_date"],
                    "orders": [each["client_order_id"] for each in run["mappings"]],
                }
                for run in orchestrator.runs
            ]
            return {"posts": list(self.posts), "runs": runs, "requests": len(self.platform.log.requests)}
