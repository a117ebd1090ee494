"""While an attempt's orders may appear: until when its POST leaves, and its orchestrator is at work on it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from paper_run.model.attempt import AttemptRow

LEAVES_WITHIN = 10.0
"""Seconds after its row is written in which the POST may leave."""
LONGEST_WAIT = Decimal(300)
"""The --timeout of an attempt that does not say its own, at least; seconds."""
_A_SYMBOL = 100.0
"""Seconds that a gateway which hangs can cost the orchestrator for one order (94 were seen)."""


def works_until(row: AttemptRow, timeout: Decimal = LONGEST_WAIT) -> datetime:
    """Return when (UTC) the orchestrator has surely ended what an attempt asked for, whatever hung behind it.

    :param timeout: the --timeout in force, seconds, for an attempt that does not say its own.
    """
    leaves = row.leaves_until or row.started_at + timedelta(seconds=LEAVES_WITHIN)
    waited = row.timeout or max(timeout, LONGEST_WAIT)
    return leaves + timedelta(seconds=float(waited) + _A_SYMBOL * len(row.snapshot.parameters.symbols))


def posted(row: AttemptRow) -> datetime:
    """Return when (UTC) an attempt's snapshot was taken, by the broker's own clock where it told it.

    In a sandbox all services have one time, which is not ours.
    """
    before, gateway = row.snapshot.broker, row.snapshot.gateway_clock
    if before is not None and before.as_of is not None:
        return before.as_of
    return gateway if row.snapshot.sandbox and gateway is not None else row.started_at


def on_brokers_clock(row: AttemptRow, moment: datetime) -> datetime:
    """Return a moment of our clock on the broker's, as the two stood at an attempt's snapshot.

    The clocks themselves are never compared; the broker's tells whole seconds, cut off.
    """
    return posted(row) + (moment - row.started_at)
