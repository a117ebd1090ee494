"""The sandbox put together: four services on one state file, started and stopped as one."""

from datetime import date
from pathlib import Path

from paper_run.sandbox.clock import Clock
from paper_run.sandbox.errors import SandboxError
from paper_run.sandbox.execution_gateway import execution_gateway
from paper_run.sandbox.orchestrator import orchestrator
from paper_run.sandbox.quotes import quotes_service
from paper_run.sandbox.servers import Servers
from paper_run.sandbox.signal_service import signal_service
from paper_run.sandbox.signatures import Signatures
from paper_run.sandbox.state import State
from paper_run.sandbox.store import Store

NAMES = ("signal service", "execution gateway", "orchestrator", "quotes service")
_FINISH_SECONDS = 0.1


class Sandbox:
    """The trading platform in miniature, on loopback, while inside a `with` statement.

    `state_file` is created when it does not exist (its folder must); the account in it lives on from one
    sandbox to the next. `ports` are those of T3, T4, T5 and the quotes service, 0 for any free one. With
    `again` the next orchestration trades in the session played last instead of the one after it. With a
    `secret` T3 and T4 demand signatures made with it.

    Raises SandboxError when a port or the state file is not to be had; nothing is left running then.
    """

    def __init__(
        self,
        state_file: Path,
        *,
        ports: tuple[int, int, int, int] = (0, 0, 0, 0),
        again: bool = False,
        secret: str | None = None,
    ) -> None:
        self.state_file = state_file
        self._ports = ports
        self._clock = Clock(again=again)
        self._signatures = None if secret is None else Signatures(secret)
        self._state: State | None = None
        self._servers: Servers | None = None
        self.signal_service_url = self.execution_gateway_url = self.orchestrator_url = self.quotes_url = ""

    def __enter__(self) -> "Sandbox":
        """Start the services."""
        store = Store(self.state_file)
        try:
            self._servers = Servers(NAMES, self._ports)
        except SandboxError:
            store.close()
            raise
        self._state = state = State(store, self._clock)
        t3_url, t4_url, t5_url, quotes_url = self._servers.urls
        self.signal_service_url, self.execution_gateway_url = t3_url, t4_url
        self.orchestrator_url, self.quotes_url = t5_url, quotes_url
        gate = None if self._signatures is None else self._signatures.refusal
        sign = None if self._signatures is None else self._signatures.headers
        self._servers.start(
            [
                signal_service(state, gate),
                execution_gateway(state, gate),
                orchestrator(state, t3_url, t4_url, sign),
                quotes_service(state),
            ]
        )
        return self

    def __exit__(self, *_: object) -> None:
        """Stop them; a run in progress gets a moment to end, else it has never been."""
        if self._servers is None or self._state is None:
            return
        self._state.store.wait_until_idle(_FINISH_SECONDS)
        self._servers.stop()
        self._state.store.close()
        self._state = self._servers = None

    @property
    def broker_url(self) -> str:
        """Where the broker is, without the `/v2` of its paths: it is served with the quotes."""
        return self.quotes_url

    @property
    def broker_keys(self) -> tuple[str, str]:
        """A pair of keys that quotes and broker accept, as they do any."""
        return "PKSANDBOX", "nobodys-secret-in-a-sandbox"

    @property
    def session(self) -> date:
        """The session that the next orchestration trades in."""
        if self._state is None:
            raise SandboxError("The sandbox is not running: use it in a `with` statement.")
        return self._state.session()
