"""The platform of the random schedules: what may go wrong there, by name."""

from datetime import UTC, datetime, timedelta

from faults.mishaps import EVERY, STILL_RUNNING
from support.desk import FIRST
from support.faulty_http import Request
from support.odd_platform import ORDERS, POSITIONS, RUN, RUNS
from support.world import Outside

ROUTES = {
    "post": ("orchestrator", "POST", RUN),
    "list": ("orchestrator", "GET", RUNS),
    "run": ("orchestrator", "GET", RUNS + "/*"),
    "order": ("gateway", "GET", ORDERS + "/*"),
    "positions": ("gateway", "GET", POSITIONS),
}


class Faulty(Outside):
    """The odd platform with mishaps."""

    def __init__(self) -> None:
        super().__init__(FIRST - datetime.now(UTC))
        self.racing: tuple[str, str] | None = None

    def arrived(self, request: Request) -> None:
        super().arrived(request)
        if request.method == "POST" and self.racing is not None:
            symbol, as_of_date = self.racing
            self.platform.orchestrator.run_for_somebody_else(symbol, as_of_date=as_of_date)
            self.racing = None

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
        platform.gateway.account.positions.clear()
        self.posts.clear()

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
