"""An attempt to trade: what is asked for, what is known before, what is kept of it, how long it may last."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from paper_run.book.marks import Mark
    from paper_run.model.broker import BrokerBefore
    from paper_run.model.findings import Finding
    from paper_run.model.service import Position, ServiceHealth


def attempt_name(session: date | str, number: int) -> str:
    """Return how an attempt is named, in commands and files: its session, and its number if not the first."""
    return f"{session}" if number == 1 else f"{session}-{number}"


class Parameters(NamedTuple):
    """What the orchestrator is asked to trade; amounts in dollars, exactly as given."""

    symbols: tuple[str, ...]
    capital: Decimal
    max_position_size: Decimal
    as_of_date: date


class Snapshot(NamedTuple):
    """All that is known before anything is sent.

    `known_runs` are the ids that the orchestrator listed, None when its list could not be read.
    `gateway_clock` is the gateway's own time (UTC), with which its orders' times can be compared.
    `broker` is None where it was not asked.
    `arrivals` has the market's price of each symbol as it was then; None: nobody was asked.
    """

    session: date
    parameters: Parameters
    health: tuple[ServiceHealth, ...]
    positions: tuple[Position, ...]
    sandbox: bool
    rehearsal: bool
    known_runs: tuple[str, ...] | None
    orchestrator_clock: str | None
    gateway_clock: datetime | None
    notices: tuple[Finding, ...]
    broker: BrokerBefore | None = None
    arrivals: Mapping[str, Mark] | None = None

    @property
    def held(self) -> tuple[str, ...]:
        """The symbols that gateway or broker had before it."""
        at_broker = (self.broker.positions if self.broker is not None else None) or ()
        names = (*(each.symbol for each in self.positions), *(each.symbol for each in at_broker))
        return tuple(dict.fromkeys(names))

    def listed_before(self, run_id: str) -> bool:
        """Whether the orchestrator's list had a run before the POST."""
        return run_id in (self.known_runs or ())


class AttemptRow(NamedTuple):
    """An attempt as the ledger keeps it; see `paper_run.ledger` for its states.

    :ivar version: how often it was written. :ivar fence: what no second one of its session can have; None:
        it closes none. :ivar timeout: its --timeout, seconds; None: an older row.
    :ivar leaves_until: when its POST may leave at the latest (UTC). :ivar over: whether the orchestrator
        itself has answered, so that it works on it no longer. :ivar stayed_dry: whether the gateway was in
        DRY_RUN again right after a rehearsal.
    :ivar wrong_date: by whom and when its session was said to be a wrong date; it closes none then.
    """

    id: int
    session: date
    number: int
    key: str
    state: str
    started_at: datetime
    snapshot: Snapshot
    run_id: str | None
    answer: str | None
    how_known: str | None
    document: str
    version: int = 0
    fence: str | None = None
    timeout: Decimal | None = None
    leaves_until: datetime | None = None
    over: bool = False
    stayed_dry: bool = False
    wrong_date: str | None = None

    @property
    def name(self) -> str:
        """The attempt as commands name it: its session, and its number when it is not the first."""
        return attempt_name(self.session, self.number)

    @property
    def outcome_unknown(self) -> bool:
        """Whether it is not known what came of it."""
        return self.state in ("sent", "unsettled")

    @property
    def closes(self) -> bool:
        """Whether its session is closed by it: no rehearsal, or one that is not known to have been one."""
        if self.state == "nothing" or self.wrong_date is not None:
            return False
        unproved = self.outcome_unknown and not self.stayed_dry
        return not self.snapshot.rehearsal or self.fence is not None or unproved


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


def posted_at(row: AttemptRow) -> datetime:
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
    return posted_at(row) + (moment - row.started_at)
