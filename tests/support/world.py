"""The outside in a process of its own, led over a pipe: who forks commands must have no threads."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from builders.moments import NEW_YORK

from support.faulty_http import Request
from support.odd_platform import OddPlatform


class World:
    """Starts that process and asks it things: each method of its `Outside` is a question with an answer."""

    def __init__(self, outside: Callable[[], "Outside"]) -> None:
        self._pipe, theirs = Pipe()
        self.pid = os.fork()
        if not self.pid:
            self._pipe.close()
            try:
                _serve(outside(), theirs)
            finally:
                os._exit(0)
        theirs.close()
        self.env: dict[str, str] = self.ask("variables")

    def ask(self, what: str, *args: Any) -> Any:
        self._pipe.send((what, args))
        answer = self._pipe.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def stop(self) -> None:
        self._pipe.close()
        os.waitpid(self.pid, 0)


class Outside:
    """The odd platform in a time that is told; does one thing after the other."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.ahead = ahead
        self.platform = OddPlatform(now=self.now)
        self.posts: list[tuple[str, str]] = []
        """Key and session, by the platform's time, of each POST that arrived."""
        self.platform.log.arrivals.append(self.arrived)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def arrived(self, request: Request) -> None:
        """Remember a POST."""
        if request.method == "POST":
            session = self.now().astimezone(NEW_YORK).date().isoformat()
            self.posts.append((request.headers.get("idempotency-key", ""), session))

    def variables(self) -> dict[str, str]:
        """Return the environment that leads here."""
        return self.platform.urls

    def move(self, ahead: timedelta) -> None:
        """Let it be so much later than it is."""
        self.ahead = ahead

    def hold_post(self) -> None:
        self.platform.orchestrator.hold_post()

    def await_post(self, number: int) -> None:
        """Wait until so many POSTs have arrived."""
        self.platform.log.until(lambda: len(self.platform.posts) == number)

    def release_post(self) -> None:
        self.platform.orchestrator.release_post()

    def truth(self) -> dict[str, Any]:
        """Tell what really happened."""
        orchestrator = self.platform.orchestrator
        with self.platform.log.changed:
            runs = [
                {
                    "run_id": run["run_id"],
                    "status": run["status"],
                    "key": orchestrator.keys[run["run_id"]],
                    "as_of_date": run["as_of_date"],
                    "orders": [each["client_order_id"] for each in run["mappings"]],
                }
                for run in orchestrator.runs
            ]
            return {"posts": list(self.posts), "runs": runs, "requests": len(self.platform.log.requests)}

    def close(self) -> None:
        """Stop everything."""
        self.platform.stop()


def _serve(outside: Outside, pipe: Connection) -> None:
    """Do what is told, one thing at a time, until the other end is closed."""
    while True:
        try:
            what, args = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(getattr(outside, what)(*args))
        except Exception as error:
            pipe.send(error)
