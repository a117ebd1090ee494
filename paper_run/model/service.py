"""The services: where they are, how healthy, and a position in the gateway's words."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from paper_run import NamedTuple

HEALTHY = "healthy"
"""The status of a service that is fit to trade with."""


def service_title(service: str) -> str:
    """Return a service's name as people write it: `signal_service` is `Signal Service`."""
    return service.replace("_", " ").title()


class ServiceUrl(NamedTuple):
    """Where a service is: a base without trailing slash or credentials, which travel beside it."""

    base: str
    credentials: tuple[str, str] | None = None

    def __str__(self) -> str:
        return self.base

    def __repr__(self) -> str:
        return f"ServiceUrl({self.base!r})"


class ServiceIdentity(NamedTuple):
    """Who this program is to the platform's services, where they ask for a signature.

    :ivar name: that of the service it signs as. :ivar secret: what both sides know, shown nowhere.
    :ivar signs_run: whether the request to trade is signed too.
    """

    name: str
    secret: str
    signs_run: bool = False

    def __repr__(self) -> str:
        return f"ServiceIdentity({self.name!r})"


RefusalCause = Literal["unsigned", "not_received", "secret", "clock", "name", "unexplained"]


class Refusal(NamedTuple):
    """What is likely wrong where a service refuses to be read (401, 403).

    :ivar name: what was signed as. :ivar seconds: how far this machine's clock is ahead of the service's.
    """

    cause: RefusalCause
    name: str = ""
    seconds: int = 0


class Exchange(NamedTuple):
    """One request as `-v` shows it: the outcome is its status, or the reason why there is none."""

    method: str
    url: str
    outcome: str
    milliseconds: int


class ServiceHealth(NamedTuple):
    """One service's answer to the health check; `status` is `healthy` only when every flag agrees.

    `clock` is the service's own time, as it words it: it is compared with that service's times alone.
    `date_header` is the HTTP Date of its answer, `own_date` the same where nobody between can have said it.
    `fix` is what helps, where a look is enough to know it; `refusal` says why it would not be asked.
    """

    service: str
    url: str
    status: str
    latency_ms: int
    detail: str | None
    dry_run: bool = False
    sandbox_session: date | None = None
    clock: str | None = None
    date_header: str | None = None
    strategy: str | None = None
    own_date: str | None = None
    fix: str = ""
    refusal: Refusal | None = None

    @property
    def healthy(self) -> bool:
        """Whether the day may go on with it."""
        return self.status == HEALTHY

    @property
    def title(self) -> str:
        """Its name as people write it."""
        return service_title(self.service)


class Position(NamedTuple):
    """A holding as the gateway words it; `qty` is signed, prices in dollars, `*_pl` the gateway's own."""

    symbol: str
    qty: Decimal
    avg_entry_price: Decimal | None
    current_price: Decimal | None
    unrealized_pl: Decimal | None
    realized_pl: Decimal | None
    updated_at: datetime | None = None
