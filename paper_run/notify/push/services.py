"""The services behind the URLs of push notifications, by apprise; it is kept silent."""

from __future__ import annotations

import logging
import threading
import warnings
from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple
from paper_run.errors import DataError, Remedy
from paper_run.model.commands import of_pip
from paper_run.model.redaction import Secrets
from paper_run.settings import notify
from paper_run.settings.sources import NOTIFY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from paper_run.notify.push.text import Push
    from paper_run.settings.notify import PushUrl

_LONGEST_REASON = 200
_CONNECT_SECONDS = 4.0


class Answer(NamedTuple):
    """What a service said to a notification: `is_taken`, or why not; as much as is known, in a clause."""

    is_taken: bool
    reason: str = ""


class Service:
    """A service that takes notifications.

    :ivar name: the service's own, such as ntfy.
    """

    def __init__(self, url: PushUrl, plugin: Any, said: _Said) -> None:
        self.url = url
        self.name = str(plugin.service_name)
        self._plugin = plugin
        self._said = said
        # What a command sends is too little to be spread over time.
        plugin.request_rate_per_sec = 0

    def send(self, push: Push, seconds: float) -> Answer:
        """Hand a notification over; it is for the caller not to wait for longer than it can.

        :param seconds: how long the caller waits: an answer that comes later is nobody's, and must not end
            as a refusal.
        """
        from apprise import NotifyFormat, NotifyType

        self._said.forget()
        self._plugin.socket_connect_timeout = min(_CONNECT_SECONDS, seconds / 2)
        self._plugin.socket_read_timeout = 2 * seconds
        try:
            is_taken = self._plugin.notify(
                title=push.title,
                body=push.body,
                body_format=NotifyFormat.TEXT,
                notify_type=NotifyType.WARNING if push.needs_a_person else NotifyType.SUCCESS,
            )
        except Exception as error:  # whatever a service's code raises is that service's failure alone
            return Answer(is_taken=False, reason=type(error).__name__)
        return Answer(bool(is_taken), "" if is_taken else self._reason())

    def _reason(self) -> str:
        """Return what apprise warned of, in one line without anything of the URL but its host."""
        words = Secrets(logins=filter(None, [self.url.login]), keys=self.url.parts).text(self._said.last())
        return " ".join("".join(each if each.isprintable() else " " for each in words).split())[
            :_LONGEST_REASON
        ].rstrip(".")


class _Said(logging.Handler):
    """Keeps what apprise warned of last, by thread; nothing of it is written anywhere."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._by_thread: dict[int | None, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning."""
        self._by_thread[record.thread] = record.getMessage()

    def forget(self) -> None:
        """Forget this thread's: the number of a thread is used again."""
        self._by_thread.pop(threading.get_ident(), None)

    def last(self) -> str:
        """Return this thread's."""
        return self._by_thread.get(threading.get_ident(), "")


def services(urls: Iterable[PushUrl]) -> Sequence[Service]:
    """Return the services of URLs; nothing is sent.

    :raises DataError: apprise is not installed, or can't read one of them.
    """
    said = _Said()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of modules that it loads, and that Python will drop one day
        apprise = _apprise(said)
        asset = apprise.AppriseAsset(
            app_id="paper_run",
            app_desc="paper_run",
            app_url="",
            async_mode=False,
            http_redirects=False,  # a POST that is redirected arrives nowhere, as a GET
            pgp_autogen=False,
            pem_autogen=False,
            storage_mode=apprise.PersistentStoreMode.MEMORY,
        )
        return [_service(url, apprise, asset, said) for url in urls]


def _service(url: PushUrl, apprise: Any, asset: Any, said: _Said) -> Service:
    plugin = apprise.Apprise.instantiate(url.url, asset=asset)
    if plugin is None:
        raise notify.refused(url, f"apprise {apprise.__version__} can't read it, or can't use it here")
    return Service(url, plugin, said)


def _apprise(said: _Said) -> Any:
    try:
        import apprise
    except ImportError:
        raise not_installed() from None
    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [said], False
    logger.setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message="Unverified HTTPS request")
    return apprise


def not_installed() -> DataError:
    """Say that nothing can be pushed without apprise."""
    return DataError(
        f"{NOTIFY} is set, and apprise is not installed",
        "Push notifications are sent by it.",
        remedies=(Remedy("Install it", of_pip("notify")),),
    )
