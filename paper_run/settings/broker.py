"""Whether the broker is read, and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import urlsplit

from paper_run import NamedTuple
from paper_run.errors import DataError, Remedy
from paper_run.model import findings
from paper_run.model.service import ServiceUrl
from paper_run.settings import raw
from paper_run.settings.variables import LIVE_HOST, PAPER_HOST

if TYPE_CHECKING:
    from paper_run.model.findings import Finding
    from paper_run.settings.raw import RawValue
    from paper_run.settings.sources import SourcedValue, Sources

VARIABLE, HOST = "PAPER_RUN_BROKER", "ALPACA_BASE_URL"
Mode = Literal["auto", "paper", "live", "off"]
_FORM = "auto (read when there are keys), paper, live or off"
_ALPACA = ".alpaca.markets"


class BrokerSettings(NamedTuple):
    """A broker that is to be read.

    `is_demanded`: PAPER_RUN_BROKER names it, so that a failure to read it counts; else its keys may be for
    quotes alone. `is_named`: its host was typed, and is no default.
    """

    url: ServiceUrl
    is_live: bool
    is_demanded: bool
    is_named: bool

    @property
    def kind(self) -> Literal["paper", "live"]:
        """Whose money it is."""
        return "live" if self.is_live else "paper"


def read(
    sources: Sources, *, has_keys: bool, quotes: ServiceUrl | None
) -> tuple[BrokerSettings | None, tuple[Finding, ...]]:
    """Return the broker, None where none is to be read, and what a person should know of that.

    :param quotes: the quote source that was named: the keys may be another one's than Alpaca's.
    :raises DataError: the mode is no mode, contradicts the host, or has no keys; or the host is no URL.
    """
    said, host = sources.variable(VARIABLE), sources.variable(HOST)
    mode: Mode = sources.checked(VARIABLE)
    if said is not None and mode in ("paper", "live") and not has_keys:
        raise DataError(
            f"{said.origin} is {mode}, but there are no keys to read the broker with",
            "Allowed: ALPACA_API_KEY_ID and ALPACA_API_SECRET_KEY beside it, or auto, or off.",
            remedies=(f"Set the keys or correct {said.origin} and run again; nothing was sent.",),
        )
    if mode == "off" or not has_keys:
        return None, ()
    if mode == "auto" and host is None and quotes is not None and not _is_alpaca(quotes):
        return None, ()
    url = sources.checked(HOST) or ServiceUrl(PAPER_HOST)
    is_live, where = _is_live(url), f"{HOST} (its default)" if host is None else host.origin
    if mode == "auto" and is_live:
        return None, (_live_host(url, where),)
    if said is not None and mode != "auto" and (mode == "live") != is_live and _is_alpaca(url):
        raise _contradiction(said, url, where, is_live=is_live)
    return BrokerSettings(url, is_live or mode == "live", mode != "auto", host is not None), ()


def says_unread(found: Finding) -> bool:
    """Tell whether a finding is the one about a live account that is not read."""
    return found.code == "broker_live"


def mode(given: RawValue) -> Mode:
    """Read whether the broker is read.

    :raises DataError: it is no word for that.
    """
    for word in get_args(Mode):
        if given.value == word:
            found: Mode = word
            return found
    raise given.wrong(_FORM)


def host(given: RawValue) -> ServiceUrl:
    """Read the broker's host; platforms name it with and without the version of its interface.

    :raises DataError: it is no URL.
    """
    url = raw.base_url(given)
    return url._replace(base=url.base.removesuffix("/v2").rstrip("/"))


def _is_alpaca(url: ServiceUrl) -> bool:
    return (urlsplit(url.base).hostname or "").endswith(_ALPACA)


def _is_live(url: ServiceUrl) -> bool:
    """Whether it is one of Alpaca's own hosts and neither its paper one nor a sandbox of it."""
    first = (urlsplit(url.base).hostname or "").removesuffix(_ALPACA)
    return _is_alpaca(url) and "paper" not in first and "sandbox" not in first


def _live_host(url: ServiceUrl, where: str) -> Finding:
    return findings.warning(
        "broker_live",
        f"The broker is not read: {where} names a live account's host, {url}.",
        remedies=(
            Remedy(f"Set {VARIABLE}=live if it is to be read; nothing is ever sent to it"),
            Remedy(f"For the paper account set {HOST}={PAPER_HOST}"),
            Remedy(f"Set {VARIABLE}=off where the keys are for quotes alone"),
        ),
    )


def _contradiction(said: SourcedValue, url: ServiceUrl, where: str, *, is_live: bool) -> DataError:
    right, other = (LIVE_HOST, "live") if said.value == "live" else (PAPER_HOST, "paper")
    kind = "a live account's" if is_live else "the paper accounts'"
    return DataError(
        f"{said.origin} is {said.value}, but {where} is {kind} host, {url}",
        f"Allowed: {VARIABLE}=live with {LIVE_HOST}, {VARIABLE}=paper with {PAPER_HOST}.",
        remedies=(
            f"Set {HOST}={right} for a {other} account and run again; nothing was sent.",
            f"Or set {VARIABLE}={'live' if is_live else 'paper'}, whose host it is.",
        ),
    )
