"""Everything that a day depends on, looked at one by one: what it is, whether it is well, and the fix."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paper_run
from paper_run import __version__
from paper_run.app import doctor_ledger
from paper_run.app.checks import Check, fix_of
from paper_run.errors import DataError, ExitStatus, PaperRunError, Remedy
from paper_run.ledger import existing, results
from paper_run.model import reading_messages
from paper_run.model.commands import of_another
from paper_run.services import health
from paper_run.services.answer import CallFailed
from paper_run.services.deadline import AFTER, BEFORE, gather, result_of
from paper_run.services.execution_gateway import Unauthorized
from paper_run.services.platform import READ_SECONDS
from paper_run.services.wire import http_date
from paper_run.settings.broker import says_unread
from paper_run.trading import hours, preflight
from paper_run.trading.hours import date_told, seconds_until_agreed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from paper_run.model.service import ServiceHealth, ServiceIdentity, ServiceUrl
    from paper_run.services.broker import Broker
    from paper_run.services.deadline import Deadline
    from paper_run.services.platform import Platform
    from paper_run.services.quotes import Quotes
    from paper_run.settings.broker import BrokerSettings
    from paper_run.settings.config import Config

_LEAST_FREE = 200 * 1024 * 1024
_CLOCK_SECONDS = 10
_NO_ORDER = "0" * 24


def examine(config: Config, platform: Platform, now: Callable[[], datetime]) -> Iterator[Check]:
    """Look at each thing, the quick ones first; nothing is traded and nothing mailed.

    :param now: the machine's clock, UTC.
    """
    yield _program()
    yield _settings(config)
    yield from _secret_files(config)
    yield _folder(config)
    yield _disk(config)
    with contextlib.ExitStack() as stack:
        try:
            ledger = stack.enter_context(existing.read_if_any(config.place, now()))
        except DataError as error:  # the one line tells of it; the rest is looked at as without a ledger
            ledger = None
            yield doctor_ledger.wrong(config, error)
        else:
            yield from doctor_ledger.examine(config, ledger)
        yield doctor_ledger.calendar(config, ledger, now())
        platform.deadline.begin(BEFORE)
        services, heard = platform.health(), now()
        for service in services:
            yield _service(service)
        yield from doctor_ledger.compare(config, ledger, platform, services[2])
        known = doctor_ledger.latest_order(ledger) if services[1].healthy else None
    platform.deadline.begin(AFTER)
    if services[1].healthy:
        yield from _reads(config, platform, known)
    yield _clocks(config, services, heard)
    is_sandbox = any(each.sandbox_session is not None for each in services)
    preflight.keep_real_quotes_away(config, platform, is_sandbox=is_sandbox)
    yield from _alpaca(config, platform)
    yield _mail(config, platform.deadline)
    yield from _push(config)
    if config.heartbeat is not None:
        yield Check("Heartbeat", f"each run tells {config.heartbeat.shown}; not told now")


def _program() -> Check:
    package = Path(paper_run.__file__).resolve().parent
    return Check("Program", f"paper_run {__version__} in {package}, run by {sys.executable}")


def _settings(config: Config) -> Check:
    where = f"{config.env_file}" if config.env_file else "no .env file; the environment and the defaults"
    notices = [each.text for each in config.notices if not says_unread(each)]
    if not notices:
        return Check("Settings", where)
    return Check(
        "Settings",
        f"{where}: {' '.join(notices)}",
        ExitStatus.DATA,
        "correct what it names",
    )


def _secret_files(config: Config) -> Iterator[Check]:
    """Look at who may read the files that hold a secret."""
    for path in config.secret_files:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            words = f"{path} holds a secret, and others than its owner may read it (mode {mode:o})"
            yield Check("Permissions", words, ExitStatus.DATA, of_another("chmod", "600", str(path)))
        else:
            yield Check("Permissions", f"{path} is its owner's alone (mode {mode:o})")


def _folder(config: Config) -> Check:
    folder = config.reports_dir
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        words = f"{'' if nearest == folder else f'{folder}: '}{nearest} can't be written to"
        return Check("Reports folder", words, ExitStatus.DATA, "give write permission, or --reports-dir DIR")
    if folder.exists() and (path := existing.unwritable(folder, results.ANSWERS)) is not None:
        fix = "give write permission, or be the user whose it is"
        return Check("Reports folder", f"{path} can't be written to", ExitStatus.DATA, fix)
    return Check("Reports folder", f"{folder}" + ("" if folder.exists() else ", made by the first run"))


def _disk(config: Config) -> Check:
    folder = config.reports_dir
    free = shutil.disk_usage(next(each for each in (folder, *folder.parents) if each.exists())).free
    words = f"{free // (1024 * 1024):,} MB free where the reports go"
    if free < _LEAST_FREE:
        return Check("Disk space", words, ExitStatus.DATA, "make room: a day needs about 1 MB, a year 300 MB")
    return Check("Disk space", words)


def _service(service: ServiceHealth) -> Check:
    title = service.title
    if service.healthy:
        detail = f", {service.detail}" if service.detail else ""
        return Check(title, f"{service.url} is healthy ({service.latency_ms} ms){detail}")
    remedies = health.failure(service).remedies
    is_down = service.status == "unreachable" and not service.fix
    fix = str(remedies[1] if is_down else remedies[0])
    return Check(title, f"{service.url}: it {service.detail}", ExitStatus.DEPENDENCY, fix)


def _reads(config: Config, platform: Platform, known: str | None) -> Iterator[Check]:
    """Read positions and an order as a day does: a healthy gateway may still ask for authentication.

    :param known: the id of an order of the latest attempt; None: it has none.
    """
    gateway = platform.execution_gateway
    calls: list[Callable[[], Any]] = [
        partial(gateway.positions, seconds=READ_SECONDS),
        partial(gateway.order, known or _NO_ORDER, seconds=READ_SECONDS),
        *([partial(gateway.needs_signature, seconds=READ_SECONDS)] if config.identity else []),
    ]
    positions, order, *needs_signature = gather(calls)
    if config.identity is not None:
        yield _signature(config.identity, gateway.url, positions, *needs_signature)
    if isinstance(positions, Exception):
        yield _unread("Positions", gateway.url, positions)
    else:
        yield Check("Positions", f"{gateway.url} has {len(positions)}")
    if isinstance(order, Exception):
        yield _unread("Orders", gateway.url, order)
    elif known is None:
        yield Check("Orders", f"{gateway.url} says of one that nobody placed that there is none")
    elif order is None:
        words = f"{gateway.url} does not know {known} of the latest attempt"
        fix = "name the gateway that the orchestrator trades with: --execution-gateway-url URL"
        yield Check("Orders", words, ExitStatus.DEPENDENCY, fix)
    else:
        yield Check("Orders", f"{gateway.url} has {known} of the latest attempt: {order.status}")


def _signature(
    identity: ServiceIdentity, gateway: ServiceUrl, signed: Any, needs_signature: bool | Exception
) -> Check:
    """Say whether the gateway takes the signature: proved where it refuses the same request without one."""
    if isinstance(signed, Unauthorized):
        fix = str(reading_messages.authentication(signed.refusal)[0])
        words = f"{gateway}: to {identity.name} it {signed.reason}"
        return Check("Signature", words, ExitStatus.DEPENDENCY, fix)
    if isinstance(signed, Exception) or isinstance(needs_signature, Exception):
        return Check("Signature", f"unproved: {gateway} could not be read with one and without")
    if needs_signature:
        return Check("Signature", f"{gateway} takes {identity.name}'s, and refuses to be read without")
    return Check("Signature", f"unproved: {gateway} can be read by anybody")


def _unread(name: str, gateway: ServiceUrl, error: Exception) -> Check:
    if not isinstance(error, CallFailed):
        raise error
    ask = Remedy("Check its logs", "tail -f logs/execution_gateway.log")
    remedies = reading_messages.authentication(error.refusal) if isinstance(error, Unauthorized) else (ask,)
    fix = fix_of(remedies)
    return Check(name, f"{gateway}: it {error.reason}", ExitStatus.DEPENDENCY, fix)


def _clocks(config: Config, services: tuple[ServiceHealth, ...], now: datetime) -> Check:
    """Compare this machine's clock, which says what session it is, with the services' Date headers."""
    played = {service.sandbox_session for service in services if service.sandbox_session is not None}
    if played:
        return Check("Clock", f"a sandbox has its own date: it plays the session of {max(played)}")
    calendar, said = hours.calendar(None, config), date_told(services)
    if said is None:
        return Check("Clock", "unproved: neither orchestrator nor gateway has told the time")
    try:
        seconds_until_agreed(said, calendar, now)
    except PaperRunError as error:
        return Check("Clock", str(error), error.exit_status, str(error.remedies[0]))
    apart = {
        service.title: round((now - theirs).total_seconds())
        for service in services
        if (theirs := http_date(service.own_date)) is not None
    }
    title, seconds = max(apart.items(), key=lambda item: abs(item[1]))
    words = f"{abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} the clock of the {title}"
    if abs(seconds) > _CLOCK_SECONDS:
        return Check("Clock", words, ExitStatus.DEPENDENCY, "set one of them right: timedatectl set-ntp true")
    return Check("Clock", "agrees with the services'")


def _alpaca(config: Config, platform: Platform) -> Iterator[Check]:
    """Ask the quote source and the broker at the same time, those of them that are to be read."""
    for notice in config.notices:
        if says_unread(notice):
            yield Check("Broker", notice.text, ExitStatus.DATA, fix_of(notice.remedies))
    calls: list[Callable[[], Check]] = []
    if platform.quotes is not None:
        calls.append(partial(_quotes, platform.quotes, config.symbols[0]))
    if platform.broker is not None and config.broker is not None:
        calls.append(partial(_broker, platform.broker, config.broker))
    yield from map(result_of, gather(calls))


def _quotes(quotes: Quotes, symbol: str) -> Check:
    try:
        seen = quotes.latest((symbol,), seconds=AFTER)
    except CallFailed as error:
        fix = "check ALPACA_API_KEY_ID, ALPACA_API_SECRET_KEY and PAPER_RUN_QUOTES_URL"
        return Check("Quotes", f"{quotes.url}: it {error.reason}", ExitStatus.DEPENDENCY, error.fix or fix)
    found = "has" if symbol in {*seen.quotes, *seen.trades} else "answers, but has nothing of"
    return Check("Quotes", f"{quotes.url} {found} {symbol}")


def _broker(broker: Broker, settings: BrokerSettings) -> Check:
    """Look at the account as it stands."""
    try:
        account = broker.account(seconds=AFTER)
    except CallFailed as error:
        fix = error.fix or "look at the host in ALPACA_BASE_URL, or set PAPER_RUN_BROKER=off"
        return Check("Broker", f"{broker.url}: it {error.reason}", ExitStatus.DEPENDENCY, fix)
    words = f"{broker.url} has the {settings.kind} account {account.number}"
    if account.faults:
        fix = "see in the broker's dashboard what it asks for; until then it may take no order"
        return Check("Broker", f"{words}: {'; '.join(account.faults)}", ExitStatus.DEPENDENCY, fix)
    missing = f"; it does not tell its {' and its '.join(account.missing)}" if account.missing else ""
    return Check("Broker", f"{words}, {account.status} ({account.latency_ms} ms){missing}")


def _push(config: Config) -> Iterator[Check]:
    """Read each URL as a day does, if there is one; nothing is pushed."""
    push = config.push
    if push is None:
        return
    if push.on == "never":
        yield Check("Push", "nothing is pushed: PAPER_RUN_NOTIFY_ON=never")
        return
    from paper_run.notify.push.services import services

    when = "always" if push.on == "always" else "only when a person is needed"
    for url in push.urls:
        try:
            (service,) = services([url])
        except DataError as error:
            remedy = error.remedies[0]
            yield Check("Push", str(error), error.exit_status, remedy.command or remedy.text)
        else:
            yield Check("Push", f"{url.shown} by {service.name}; {when}; nothing is sent now")


def _mail(config: Config, deadline: Deadline) -> Check:
    """Log in at the mail server; no mail is sent."""
    mail = config.mail
    if mail is None:
        return Check("E-mail", "nobody is mailed: PAPER_RUN_EMAIL_TO is not set")
    if mail.on == "never":
        return Check("E-mail", "nobody is mailed: PAPER_RUN_EMAIL_ON=never")
    from paper_run.notify.email import refusals, smtp

    when = "always" if mail.on == "always" else "only when a person is needed"
    to = f"to {', '.join(mail.recipients)}, {when}"
    try:
        words = smtp.login(mail, seconds=deadline.for_mail())
    except refusals.DeliveryFailed as error:
        fix = "check the PAPER_RUN_SMTP_ settings"
        return Check("E-mail", f"{mail.server}: it {error.reason}", ExitStatus.DEPENDENCY, fix)
    return Check("E-mail", f"{mail.server}: {words}; {to}")
