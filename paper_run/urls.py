"""A URL as a person typed it, taken apart: where a service is, and what stood behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.models import ServiceUrl

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

    from paper_run.errors import DataError


def taken_apart(
    text: str, wrong: Callable[[str], DataError], *, is_secret: bool = False
) -> tuple[ServiceUrl, SplitResult]:
    """Return the service that a URL names, and its parts, query and fragment among them.

    :param wrong: makes the error of a reason.
    :param is_secret: no reason may quote any of it; of one with credentials none does anyway.
    :raises DataError: for what is no http or https URL.
    """
    from urllib.parse import unquote, urlsplit

    if not text.isprintable() or not text.isascii() or " " in text or "\\" in text:
        raise wrong("it holds a space or another character that no URL has")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise wrong("it can't be read as a URL" if is_secret or "@" in text else str(error)) from None
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
