"""What a person may type about the heartbeat: the URL that is told when a run starts and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from paper_run.errors import DataError
from paper_run.models import ServiceUrl

if TYPE_CHECKING:
    from paper_run.typed import Typed

VARIABLE = "PAPER_RUN_HEARTBEAT_URL"

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


def heartbeat_url(given: Typed) -> HeartbeatUrl:
    """Read the heartbeat's URL; an error hides it.

    :raises DataError: for what is no http or https URL, or has a fragment.
    """
    from urllib.parse import unquote, urlsplit

    def wrong(because: str) -> DataError:
        return DataError(
            f"{given.origin}: '<hidden>' is not allowed ({because})",
            f"Allowed: {_FORM}.",
            remedies=(f"Correct {given.origin} and run again; nothing was sent.",),
        )

    text = given.value.strip()
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise wrong("it holds a space or another character that no URL has")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise wrong("it can't be read as a URL") from None
    if parts.scheme not in ("http", "https"):
        raise wrong("it does not begin with http:// or https://")
    if not parts.hostname or port == 0:
        raise wrong("it names no host" if not parts.hostname else "0 is no port")
    if "#" in text:
        raise wrong("it has a fragment, which is never sent")
    credentials = None
    if parts.username is not None:
        credentials = (unquote(parts.username), unquote(parts.password or ""))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if port is None else f"{host}:{port}"
    base = f"{parts.scheme}://{netloc}{parts.path.rstrip('/')}"
    return HeartbeatUrl(ServiceUrl(base, credentials), f"?{parts.query}" if parts.query else "")
