"""The platform that a command talks to: the configured services, or the sandbox started for it."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Any

from paper_run.cli import flags, output
from paper_run.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from paper_run.model.service import ServiceIdentity
    from paper_run.services.broker import Broker
    from paper_run.services.deadline import Deadline
    from paper_run.services.platform import BenchmarkSource, Platform
    from paper_run.services.quotes import Quotes
    from paper_run.settings.config import Config

_USUAL_BENCHMARK = "SPY"


@contextlib.contextmanager
def connected(
    settings: Config, given: Mapping[str, Any], deadline: Deadline | None = None
) -> Iterator[tuple[Config, Platform]]:
    """Connect to the configured services, or start the sandbox and connect to that.

    :param deadline: the command's, if it has begun already.
    """
    from paper_run.model.service import ServiceUrl
    from paper_run.services.auth import Signer
    from paper_run.services.deadline import Deadline
    from paper_run.services.platform import Platform
    from paper_run.services.transport import Transport

    with contextlib.ExitStack() as stack:
        pair = settings.quote_keys
        if given["sandbox"]:
            from paper_run.sandbox import Sandbox
            from paper_run.settings.broker import BrokerSettings, says_unread

            folder = settings.reports_dir / flags.SANDBOX_FOLDER
            stack.enter_context(sandbox_errors())
            again = bool(given.get("again"))
            identity = made_identity() if settings.sandbox_demands_signatures else None
            secret = identity.secret if identity else None
            sandbox = stack.enter_context(Sandbox(state_file(folder), again=again, secret=secret))
            pair = sandbox.broker_keys  # no secret, so nothing is to be kept from being shown
            settings = settings._replace(
                reports_dir=folder,
                database=settings.database and settings.database.of_sandbox,
                plays_sandbox=True,
                broker=BrokerSettings(
                    ServiceUrl(base=sandbox.broker_url), is_live=False, is_demanded=False, is_named=True
                ),
                notices=tuple(each for each in settings.notices if not says_unread(each)),
                signal_service=ServiceUrl(base=sandbox.signal_service_url),
                execution_gateway=ServiceUrl(base=sandbox.execution_gateway_url),
                orchestrator=ServiceUrl(base=sandbox.orchestrator_url),
                identity=identity,
            )
        deadline = deadline or Deadline()
        shared = {**output.watch_requests(given), "secrets": settings.secrets, "deadline": deadline}
        signer = settings.identity and Signer(settings.identity, now=output.clock().now)
        transport = Transport(**shared, signer=signer)
        stack.callback(transport.close)
        quotes, broker = _alpaca(settings, pair, shared, stack)
        platform = Platform(
            transport,
            signal_service=settings.signal_service,
            execution_gateway=settings.execution_gateway,
            orchestrator=settings.orchestrator,
            quotes=None if settings.plays_sandbox else quotes,
            arrivals=quotes,
            broker=broker,
            demands_broker=settings.broker is not None and settings.broker.is_demanded,
            deadline=deadline,
        )
        platform.benchmark = _benchmark(settings, quotes)
        yield settings, platform


def made_identity() -> ServiceIdentity:
    """Return one for a sandbox, with a secret that nobody else has."""
    import secrets

    from paper_run.model.service import ServiceIdentity

    return ServiceIdentity("orchestrator", secrets.token_hex(32))


def _alpaca(
    settings: Config, pair: tuple[str, str] | None, shared: Mapping[str, Any], stack: contextlib.ExitStack
) -> tuple[Quotes | None, Broker | None]:
    """Connect to the quote source and the broker, if there are keys for them; of a sandbox to its own."""
    if pair is None:
        return None, None
    from paper_run.model.service import ServiceUrl
    from paper_run.services.alpaca import Keys
    from paper_run.services.quotes import Quotes
    from paper_run.services.transport import Transport
    from paper_run.settings.variables import DATA_HOST

    # A sandbox is on this machine: no proxy leads to it.
    transport = Transport(**shared, environment=not settings.plays_sandbox, reads_only=True)
    stack.callback(transport.close)
    data = settings.quotes or ServiceUrl(base=DATA_HOST)
    if settings.plays_sandbox and settings.broker is not None:
        data = settings.broker.url
    keys = Keys(*pair)
    quotes = Quotes(transport, data, keys)
    if settings.broker is None:
        return quotes, None
    from paper_run.services.broker import Broker

    return quotes, Broker(transport, settings.broker.url, data=data, keys=keys, kind=settings.broker.kind)


def _benchmark(settings: Config, quotes: Quotes | None) -> BenchmarkSource | None:
    """Return what the book is compared with: what was named, else SPY on New York's days."""
    if quotes is None:
        return None
    from paper_run.model.calendar import USUAL
    from paper_run.services.platform import BenchmarkSource

    usual = _USUAL_BENCHMARK if settings.exchange == USUAL else ""
    symbol = usual if settings.benchmark is None else settings.benchmark
    return BenchmarkSource(symbol, quotes) if symbol else None


def wait_for_ctrl_c() -> None:
    """Wait until a signal ends it."""
    while True:
        signal.pause()


def state_file(folder: Path) -> Path:
    """Return where a sandbox's account is kept.

    :raises DataError: the folder can't be written.
    """
    from paper_run.ledger.files import prove_writable

    prove_writable(folder, purpose="The reports folder")
    return folder / "platform.sqlite3"


def ports(first: int) -> tuple[int, int, int, int]:
    """Return four ports in a row, or four that are free."""
    return (first, first + 1, first + 2, first + 3) if first else (0, 0, 0, 0)


@contextlib.contextmanager
def sandbox_errors() -> Iterator[None]:
    """Turn what the sandbox says is wrong into an error of ours.

    :raises DataError: it can't start.
    """
    from paper_run.sandbox import SandboxError

    try:
        yield
    except SandboxError as error:
        raise DataError(
            "The sandbox can't start",
            str(error),
            remedies=("Correct what it names, and run again; nothing was sent.",),
        ) from None
