"""The sandbox disguised as a real platform: it goes by a time passed in, and says nowhere that it is one."""

import email.utils
import socket
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from year.days import NEW_YORK

from paper_run.sandbox import Sandbox, assembly, desk, execution_gateway, quotes, servers
from paper_run.sandbox.clock import Clock
from paper_run.sandbox.exchange_days import close_time, is_session, previous_session
from paper_run.sandbox.web import Answer, Service

RUN = "/api/v1/orchestration/run"
GATEWAY = "execution gateway (T4)"
_LOCAL = "127.0.0.1"


class Asked(NamedTuple):
    """A request that came in: of which service, and by the platform's time when."""

    service: str
    method: str
    path: str
    at: str
    key: str | None


def priced_on(now: datetime) -> date:
    """Return the session whose close is the market's price at a moment: the latest that has closed."""
    day = now.astimezone(NEW_YORK).date()
    return day if is_session(day) and close_time(day) <= now else previous_session(day)


class RealPlatform:
    """T3, T4 and T5 on ports of their own, a context manager; `now` is the time that they go by.

    Unlike a sandbox it trades on the day that it is, as often as it is asked, and its prices move by
    themselves. It changes how the sandbox of this process works: give it one of its own.
    """

    def __init__(self, state_file: Path, now: Callable[[], datetime]) -> None:
        self._state_file = state_file
        self._now = now
        self._ports = (0, 0, 0, 0)
        self._sandbox: Sandbox | None = None
        self._held_port: socket.socket | None = None
        self._changed = threading.Condition()
        self._post_held = False
        self._posts_in_work = 0
        self.asked: list[Asked] = []
        _go_by(now)

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release_port()
        self.sandbox.__exit__(kind, error, trace)

    @property
    def sandbox(self) -> Sandbox:
        """What it really is."""
        assert self._sandbox is not None
        return self._sandbox

    @property
    def urls(self) -> dict[str, str]:
        """The variables that lead to it."""
        return {
            "SIGNAL_SERVICE_URL": self.sandbox.signal_service_url,
            "EXECUTION_GATEWAY_URL": self.sandbox.execution_gateway_url,
            "ORCHESTRATOR_URL": self.sandbox.orchestrator_url,
        }

    def _start(self) -> None:
        sandbox = self._sandbox = Sandbox(self._state_file, ports=self._ports)
        sandbox._clock = _WallClock(self._now)
        sandbox.__enter__()
        running = sandbox._servers._servers
        self._ports = tuple(server.server_port for server in running)
        for server in running:
            server.service = _Disguised(server.service, self)

    def take_gateway_down(self) -> None:
        """Have T4 refuse every connection; its port stays taken, so that nobody else gets it."""
        self.sandbox.take_down(GATEWAY)
        self._held_port = held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((_LOCAL, self._ports[assembly.NAMES.index(GATEWAY)]))

    def bring_gateway_up(self) -> None:
        """Start all of it again, on the same ports, with what it knew."""
        self.sandbox.__exit__(None, None, None)
        self._start()
        self._release_port()

    def _release_port(self) -> None:
        if self._held_port is not None:
            self._held_port.close()
            self._held_port = None

    # a POST that is held back as soon as it has arrived

    def hold_post(self) -> None:
        """Hold the next POST back before anything is made of it."""
        with self._changed:
            self._post_held = True

    def await_post(self) -> None:
        """Wait until a POST has arrived and is held back."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._posts_in_work, timeout=60), "no POST came"

    def release_post(self) -> None:
        """Let it go on, and wait until it is executed to its end."""
        with self._changed:
            self._post_held = False
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: not self._posts_in_work, timeout=60), "the POST never ended"

    def answer_post(self, answer: Callable[[], Answer]) -> Answer:
        with self._changed:
            self._posts_in_work += 1
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: not self._post_held, timeout=60), "held back for ever"
        try:
            return answer()
        finally:
            with self._changed:
                self._posts_in_work -= 1
                self._changed.notify_all()

    def record(self, service: str, method: str, path: str, key: str | None) -> None:
        """Remember a request."""
        self.asked.append(Asked(service, method, path, self._now().isoformat(), key))


class _Disguised:
    """A service whose health says nothing of a sandbox, and whose requests are remembered."""

    def __init__(self, service: Service, platform: RealPlatform) -> None:
        self.name = service.name
        self._service = service
        self._platform = platform

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        path = target.partition("?")[0]
        self._platform.record(self.name, method, path, headers.get("idempotency-key"))

        def answered() -> Answer:
            return self._service.answer(method, target, headers, body)

        if path == RUN and method == "POST":
            return self._platform.answer_post(answered)
        answer = answered()
        if path != "/health" or isinstance(answer.body, str):
            return answer
        shown = {name: value for name, value in answer.body.items() if name not in ("sandbox", "session")}
        return answer._replace(body=shown)


class _WallClock(Clock):
    """A platform's clock that knows of no sessions to be played: it is what day it is."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(again=False)
        self._now = now

    def session(self, last_played: date | None) -> date:  # noqa: ARG002 - Clock's
        return self._now().astimezone(NEW_YORK).date()

    def before_the_bell(self, last_played: date | None, floor: datetime | None) -> datetime:  # noqa: ARG002
        return self._now()


def _go_by(now: Callable[[], datetime]) -> None:
    """Have the runs, the prices and the HTTP Date of this process's sandbox follow a clock."""

    class RunClock:
        def __init__(self, _session: date, floor: datetime | None) -> None:
            self._earliest = (floor or now()) + timedelta(microseconds=1)

        def now(self) -> datetime:
            return max(now(), self._earliest)

    def date_header(_self: Any, _timestamp: float | None = None) -> str:
        return email.utils.format_datetime(now(), usegmt=True)

    desk.RunClock = RunClock  # type: ignore[misc, assignment]
    for service in (execution_gateway, quotes):
        service.priced_session = lambda _: priced_on(now())
    servers._Handler.date_time_string = date_header  # type: ignore[method-assign]
