"""What a person may type about push notifications: where they go, and when."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError
from paper_run.settings.sources import NOTIFY, NOTIFY_ON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paper_run.settings.email import EmailOn
    from paper_run.settings.raw import RawValue
    from paper_run.settings.sources import Sources


_FORM = "URLs of apprise with blanks between them, such as ntfys://ntfy.sh/TOPIC or json://HOST:PORT/PATH"
_URL = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://(.*)", re.DOTALL)
_HOST = re.compile(r"localhost|\d+(?:\.\d+){3}|\[[0-9a-fA-F:]+\]|(?:[a-z0-9-]+\.)+[a-z]{2,24}", re.IGNORECASE)
_TOKEN, _WORD = 8, re.compile(r"[a-z]+")


class PushUrl(NamedTuple):
    """Where a push notification goes. Whoever knows the URL can send one, so it is a secret.

    :ivar origin: the variable, with its file. :ivar number: which of the URLs in it, from 1.
    """

    url: str
    origin: str = NOTIFY
    number: int = 1

    def __repr__(self) -> str:
        return f"PushUrl({self.shown!r})"

    @property
    def shown(self) -> str:
        """What a person may see of it: the scheme, and the host where it is one and no token."""
        scheme, _, host = self._server
        return f"{scheme}://{host}/..." if host else f"{scheme}://..."

    @property
    def login(self) -> tuple[str, str] | None:
        """User and password, if it has them."""
        from urllib.parse import unquote

        user, colon, password = self._server[1].partition(":")
        return (unquote(user), unquote(password)) if colon and user and password else None

    @property
    def parts(self) -> tuple[str, ...]:
        """All that it consists of but for scheme and host: what nobody may read beside it."""
        return tuple(filter(None, self._parts()))

    @property
    def tokens(self) -> tuple[str, ...]:
        """The parts that are secrets wherever they stand: no plain word, and none of less than 8 letters."""
        return tuple(each for each in self.parts if len(each) >= _TOKEN and not _WORD.fullmatch(each))

    @property
    def _server(self) -> tuple[str, str, str]:
        """Return scheme, what stands before an @, and the host with its port, if it is one."""
        scheme, _, rest = self.url.partition("://")
        user, _, place = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")
        host = re.sub(r":\d{1,5}$", "", place)
        return scheme, user, place if _HOST.fullmatch(host) else ""

    def _parts(self) -> Iterator[str]:
        from urllib.parse import unquote

        _, user, host = self._server
        rest = self.url.partition("://")[2]
        yield self.url
        if not host:
            yield rest
        behind = rest.removeprefix(f"{user}@" if user else "").removeprefix(host)
        for part in (user, *user.split(":"), *re.split(r"[/?&#=:]", behind)):
            yield part
            yield unquote(part)


class PushSettings(NamedTuple):
    """Everything about push notifications, checked as far as it can be without what sends them."""

    urls: tuple[PushUrl, ...]
    on: EmailOn


def read(sources: Sources) -> PushSettings | None:
    """Read the settings of push notifications; None when there is nowhere to send one.

    :raises DataError: for the first wrong value, naming its origin and the allowed form.
    """
    found: tuple[PushUrl, ...] | None = sources.checked(NOTIFY)
    when: EmailOn | None = sources.checked(NOTIFY_ON)
    if not found:
        return None
    from paper_run.settings import email

    as_the_mail: EmailOn = sources.checked(email.ON)
    return PushSettings(found, when or as_the_mail)


def urls(given: RawValue) -> tuple[PushUrl, ...]:
    """Read where push notifications go, each URL once; an error hides them.

    :raises DataError: one is no URL.
    """
    found: dict[str, PushUrl] = {}
    for number, url in enumerate(given.value.split(), start=1):
        named = PushUrl(url, given.origin, number)
        if not url.isprintable() or not _URL.fullmatch(url):
            raise refused(named, "it does not begin with the name of a service and ://", is_shown=False)
        found.setdefault(url, named)
    return tuple(found.values())


def refused(url: PushUrl, because: str, *, is_shown: bool = True) -> DataError:
    """Say that a URL can't be used.

    :param is_shown: whether its scheme and host are known.
    """
    name = url.shown if is_shown else "<hidden>"
    return DataError(
        f"{url.origin}: its URL number {url.number}, '{name}', is not allowed ({because})",
        f"Allowed: {_FORM}.",
        remedies=(f"Correct {url.origin} and run again; nothing was sent.",),
    )
