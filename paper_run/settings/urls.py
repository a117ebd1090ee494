"""A URL as a person typed it, taken apart: where a service is, and what stood behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paper_run.model.service import ServiceUrl

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

    from paper_run.errors import DataError
    from paper_run.settings.raw import RawValue

_FORM = "http://HOST[:PORT][/PATH], or the same with https://"


def shown(text: str) -> str:
    """Return a URL that was typed wrong without what may be a password, a token or a key in it."""
    rest = re.sub(r"^([^:]*://)?.*@", r"\1<hidden>@", text, flags=re.DOTALL)
    rest = re.sub(r"([?#]).+", r"\1<hidden>", rest, flags=re.DOTALL)
    return re.sub(r"(://[^/?#:\[]*:)(?![0-9]{0,5}(?:[/?#]|$))[^/?#]*", r"\1<hidden>", rest)


def split_url(text: str, wrong: Callable[[str], DataError]) -> tuple[ServiceUrl, SplitResult]:
    """Return the service that a URL names, and its parts, query and fragment among them.

    :param wrong: makes the error of a reason, which quotes nothing of the URL.
    :raises DataError: for what is no http or https URL.
    """
    from urllib.parse import unquote, urlsplit

    if not text.isprintable() or not text.isascii() or " " in text or "\\" in text:
        raise wrong("it holds a space or another character that no URL has")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise wrong("it can't be read as a URL, or its port is no number up to 65535") from None
    if parts.scheme not in ("http", "https"):
        raise wrong("it does not begin with http:// or https://")
    if not parts.hostname or port == 0:
        raise wrong("it names no host" if not parts.hostname else "0 is no port")
    credentials = None
    if parts.username is not None:
        credentials = (unquote(parts.username), unquote(parts.password or ""))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if port is None else f"{host}:{port}"
    return ServiceUrl(f"{parts.scheme}://{netloc}{parts.path.rstrip('/')}", credentials), parts


def base(given: RawValue) -> ServiceUrl:
    """Read where a service is.

    :raises DataError: for what is no http or https URL, or has a query or a fragment.
    """

    def wrong(because: str) -> DataError:
        return given.showing(shown(given.value)).wrong(_FORM, because=because)

    service, _ = split_url(given.value, wrong)
    if "?" in given.value or "#" in given.value:
        raise wrong("a base URL has no query and no fragment")
    return service
