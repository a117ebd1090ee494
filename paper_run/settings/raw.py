"""A value as a person typed it, as every check on settings is given it; and the forms that several have."""

from __future__ import annotations

import os
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from paper_run.model.service import ServiceUrl

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

    from paper_run.errors import DataError


class RawValue(Protocol):
    """A value and the place it was typed in; `paper_run.settings.sources.SourcedValue` is one."""

    @property
    def value(self) -> str:
        """The text."""

    @property
    def origin(self) -> str:
        """A flag or a variable, with its file."""

    def wrong(self, form: str, *, because: str = "") -> DataError:
        """Say what is wrong, where, and what is allowed."""

    def showing(self, value: str) -> RawValue:
        """Return it with the text that an error may show."""


SYMBOL_FORM = "letters and digits, joined by '.', '-' or '/', such as AAPL, BRK.B or BTC/USD"


def symbol(word: str) -> str | None:
    """Return a symbol as it is traded, in capitals, such as `BRK.B`; None where the word can be none."""
    parts = word.replace("/", ".").replace("-", ".").split(".")
    return word.upper() if word.isascii() and all(map(str.isalnum, parts)) else None


def is_plain_number(text: str, *, digits: int = 100, places: int = 100) -> bool:
    """Whether a text is digits, and behind a point more: no sign, no exponent, no blank.

    :param digits: how many may stand before the point. :param places: and behind it.
    """
    whole, point, decimals = text.partition(".")
    parts = (whole, decimals) if point else (whole,)
    return (
        text.isascii() and all(map(str.isdigit, parts)) and len(whole) <= digits and len(decimals) <= places
    )


def seconds(given: RawValue, *, least: Decimal, most: Decimal, example: Decimal) -> Decimal:
    """Read a number of seconds.

    :raises DataError: it is no plain number, or out of bounds.
    """
    form = f"seconds as a plain number from {least} to {most}, such as {example} or 2.5"
    if not is_plain_number(given.value):
        raise given.wrong(form)
    read = Decimal(given.value)
    if not least <= read <= most:
        raise given.wrong(form)
    return read


def switch(given: RawValue) -> bool:
    """Read a yes or no.

    :raises DataError: it is neither 1 nor 0.
    """
    if given.value not in ("0", "1"):
        raise given.wrong("1 for yes, 0 for no")
    return given.value == "1"


def path(given: RawValue, folder: Path, *, form: str) -> Path:
    """Read a path; a relative one lies in `folder`, and `~` is a home folder.

    :raises DataError: it holds what no path can, or nobody's home folder is called so.
    """
    if "\0" in given.value:
        raise given.wrong(form)
    try:
        expanded = Path(given.value).expanduser()
    except RuntimeError:
        raise given.wrong(form, because="nobody here has a home folder of that name") from None
    return Path(os.path.abspath(folder / expanded))


def file_path(given: RawValue, folder: Path) -> Path:
    """Read the path of a file, see `path`.

    :raises DataError: as there.
    """
    return path(given, folder, form="the path of a file")


_URL_FORM = "http://HOST[:PORT][/PATH], or the same with https://"


def shown_url(text: str) -> str:
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


def base_url(given: RawValue) -> ServiceUrl:
    """Read where a service is.

    :raises DataError: for what is no http or https URL, or has a query or a fragment.
    """

    def wrong(because: str) -> DataError:
        return given.showing(shown_url(given.value)).wrong(_URL_FORM, because=because)

    service, _ = split_url(given.value, wrong)
    if "?" in given.value or "#" in given.value:
        raise wrong("a base URL has no query and no fragment")
    return service
