"""How long a command waits for another one that has the ledger."""

from collections.abc import Callable
from datetime import datetime

from paper_run import NamedTuple


class Waiting(NamedTuple):
    """How it waits.

    :ivar now: UTC; whoever finds the lock or the lease held is told it. :ivar patience: seconds.
    :ivar pause: waits for some seconds. :ivar outlasts: whether the patience begins only when no attempt is
        under way any more. :ivar tell: says what is waited for.
    """

    now: datetime
    patience: float
    pause: Callable[[float], None]
    outlasts: bool = False
    tell: Callable[[str], None] | None = None
