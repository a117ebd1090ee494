"""What is read right before the POST: the gateway's positions and the account at the broker, at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from paper_run.model import reading_messages
from paper_run.services.call_failures import CallFailed
from paper_run.services.execution_gateway import Unauthorized
from paper_run.services.parallel import gather
from paper_run.services.platform import READ_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from paper_run.model.broker import Account
    from paper_run.model.service import Position
    from paper_run.services.platform import Platform


def read(platform: Platform) -> tuple[tuple[Position, ...], Account | None]:
    """Return the positions, and the account: None where none is read, or it could not be.

    That it could not be is told after the attempt.

    :raises DependencyError: the positions can't be read.
    """
    calls: list[Callable[[], Any]] = [partial(_positions, platform)]
    if platform.broker is not None:
        calls.append(partial(platform.broker.account, seconds=READ_SECONDS))
    positions, *accounts = gather(calls)
    if isinstance(positions, Exception):
        raise positions
    for account in accounts:
        if isinstance(account, Exception) and not isinstance(account, CallFailed):
            raise account
    return positions, next((each for each in accounts if not isinstance(each, Exception)), None)


def _positions(platform: Platform) -> tuple[Position, ...]:
    gateway = platform.execution_gateway
    try:
        return gateway.positions(seconds=READ_SECONDS)
    except CallFailed as error:
        refusal = error.refusal if isinstance(error, Unauthorized) else None
        raise reading_messages.positions_unreadable(gateway.url, error.reason, refusal) from None
