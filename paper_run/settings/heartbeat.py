"""What a person may type about the heartbeat: the URL that is told when a run starts and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError
from paper_run.settings import raw

if TYPE_CHECKING:
    from paper_run.model.service import ServiceUrl
    from paper_run.settings.raw import RawValue

_FORM = "http://HOST[:PORT]/PATH[?QUERY] or https://..., such as the ping URL of healthchecks.io"


class HeartbeatUrl(NamedTuple):
    """Where the heartbeat goes. Whoever knows it can send one, so it is a secret.

    :ivar query: kept at the end of each request, with its `?`; else empty.
    """

    service: ServiceUrl
    query: str

    def __repr__(self) -> str:
        return f"HeartbeatUrl({self.shown!r})"

    @property
    def shown(self) -> str:
        """What a person may see of it: the scheme and the host."""
        scheme, _, rest = self.service.base.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}/..."


def heartbeat_url(given: RawValue) -> HeartbeatUrl:
    """Read the heartbeat's URL; an error hides it.

    :raises DataError: for what is no http or https URL, or has a fragment.
    """

    def wrong(because: str) -> DataError:
        return given.showing("<hidden>").wrong(_FORM, because=because)

    text = given.value.strip()
    service, parts = raw.split_url(text, wrong)
    if "#" in text:
        raise wrong("it has a fragment, which is never sent")
    return HeartbeatUrl(service, f"?{parts.query}" if parts.query else "")
