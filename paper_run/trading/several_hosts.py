"""What is proved before one of several hosts trades: the ledger lacks nothing, and the gateway is its own."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from paper_run.errors import DataError, DependencyError, OrchestrationError, Remedy
from paper_run.model.commands import ours
from paper_run.services.answer import CallFailed
from paper_run.services.platform import READ_SECONDS
from paper_run.trading.before_post import refuse_someone_elses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paper_run.ledger.ledger import Ledger
    from paper_run.services.platform import Platform
    from paper_run.trading.before_post import Preparation

_HERE = ("localhost", "127.0.0.1", "::1")


def prove(
    ledger: Ledger, platform: Platform, preparation: Preparation, *, accepts_database: bool
) -> Iterator[str]:
    """Prove both, and yield what a person is told of it; nothing where the ledger is a file.

    :param accepts_database: whether a person says that the database lacks nothing.
    :raises DataError: rows of today may be missing, or the gateway is another one than the other hosts'.
    :raises DependencyError: the gateway can't be asked.
    :raises OrchestrationError: rows of today are missing.
    """
    if ledger.account.platform is None:
        return
    if urlsplit(platform.orchestrator.url.base).hostname in _HERE:
        yield (
            f"The orchestrator is at {platform.orchestrator.url}, on this host alone: other hosts must reach "
            "the same one by another URL"
        )
    yield from standbys(ledger)
    if (why := ledger.account.other_database()) is not None:
        _prove_nothing_is_missing(ledger, platform, preparation, why, accepted=accepts_database)
        told = "you say that it may trade" if accepts_database else "nothing of today is missing"
        yield f"The ledger might lack what was written last ({why}): {told}"
    if why is not None or not ledger.account.tells_of_dumps:
        ledger.account.keep_database()
    host = socket.gethostname()
    if not ledger.account.knows_host(host):
        _prove_gateway(ledger, platform)
        ledger.account.keep_host(host, platform.orchestrator.url.base)


def standbys(ledger: Ledger) -> Iterator[str]:
    """Yield what a person is told of the standbys of a ledger's server."""
    found = ledger.standbys()
    if "async" in found:
        yield (
            "A standby follows the ledger's server asynchronously: what it lacks when it is promoted may be "
            "traded a second time"
        )
    if None in found:
        yield "Whether the ledger's standbys are synchronous is not known: GRANT pg_monitor TO its user"


def _prove_nothing_is_missing(
    ledger: Ledger, platform: Platform, preparation: Preparation, why: str, *, accepted: bool
) -> None:
    if accepted:
        return
    if preparation.is_told:
        snapshot = preparation.snapshot._replace(rehearsal=False)  # nobody asks again after a rehearsal
        try:
            refuse_someone_elses(preparation._replace(snapshot=snapshot), platform, ledger)
        except OrchestrationError as error:
            error.explanation += f" {why[:1].upper()}{why[1:]}."
            beside = Remedy("Trade beside it, on purpose", ours("--again", "--accept-database"))
            error.remedies = (*error.remedies[:-1], beside)
            raise
        return
    raise DataError(
        f"The ledger {ledger.name} may lack what was written last",
        f"{why[:1].upper()}{why[1:]}. Neither orchestrator nor proven broker tells whether today was "
        "traded. Nothing was sent.",
        remedies=(
            "See what the orchestrator did today.",
            Remedy("If nothing of it is missing in the ledger", ours("--accept-database")),
        ),
        code="database_changed",
    )


def _prove_gateway(ledger: Ledger, platform: Platform) -> None:
    """Prove, before a host's first trade, that its gateway is the other hosts'."""
    known, gateway = ledger.orders.newest_at_gateway(), platform.execution_gateway
    if known is None:
        return
    try:
        order = gateway.order(known, seconds=READ_SECONDS)
    except CallFailed as error:
        raise DependencyError(
            f"It is not proved that the gateway of this host, {gateway.url}, is the ledger's",
            f"Asked for the order {known}, it {error.reason}. Nothing was sent.",
            remedies=("Run again once it answers.",),
            code="gateway_unreadable",
        ) from None
    if order is None:
        raise DataError(
            f"The gateway of this host, {gateway.url}, does not know the ledger's order {known}",
            "Other hosts trade with another gateway. Nothing was sent.",
            remedies=("Name theirs: --execution-gateway-url URL",),
            code="wrong_gateway",
        )
