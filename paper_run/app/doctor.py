"""Everything that a day depends on, looked at one by one: what it is, whether it is well, and the fix."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paper_run
from paper_run import __version__
from paper_run.app import beginning, doctor_alpaca
from paper_run.app.looked_at import Finding
from paper_run.errors import DataError, ExitStatus, PaperRunError, Remedy
from paper_run.ledger import existing
from paper_run.model import reading_messages
from paper_run.model.commands import of_another, ours
from paper_run.services import health
from paper_run.services.call_failures import CallFailed
from paper_run.services.deadline import AFTER, BEFORE
from paper_run.services.execution_gateway import Unauthorized
from paper_run.services.parallel import gather
from paper_run.services.platform import READ_SECONDS
from paper_run.services.wire import http_date
from paper_run.settings.broker import says_unread
from paper_run.trading import hours, pending, todays_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from paper_run.model.service import ServiceHealth, ServiceIdentity, ServiceUrl
    from paper_run.services.deadline import Deadline
    from paper_run.services.platform import Platform
    from paper_run.settings.config import Config

_LEAST_FREE = 200 * 1024 * 1024
_CLOCK_SECONDS = 10
_NO_ORDER = "0" * 24


def examine(config: Config, platform: Platform, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Look at each thing, the quick ones first; nothing is traded and nothing mailed.

    :param now: the machine's clock, UTC.
    """
    yield _program()
    yield _settings(config)
    yield from _secret_files(config)
    yield _folder(config)
    yield _disk(config)
    yield from _ledger(config)
    yield _calendar(config, now())
    platform.deadline.begin(BEFORE)
    services, heard = platform.health(), now()
    for service in services:
        yield _service(service)
    yield from _account(config, platform, services)
    platform.deadline.begin(AFTER)
    if services[1].healthy:
        yield from _reads(config, platform)
    yield _clocks(config, services, heard)
    yield from doctor_alpaca.examine(config, platform)
    yield _mail(config, platform.deadline)
    if config.heartbeat is not None:
        yield Finding("Heartbeat", f"each run tells {config.heartbeat.shown}; not told now")


def _program() -> Finding:
    package = Path(paper_run.__file__).resolve().parent
    return Finding("Program", f"paper_run {__version__} in {package}, run by {sys.executable}")


def _settings(config: Config) -> Finding:
    where = f"{config.env_file}" if config.env_file else "no .env file; the environment and the defaults"
    notices = [each.text for each in config.notices if not says_unread(each)]
    if not notices:
        return Finding("Settings", where)
    return Finding(
        "Settings",
        f"{where}: {' '.join(notices)}",
        ExitStatus.DATA,
        "correct that name",
    )


def _secret_files(config: Config) -> Iterator[Finding]:
    """Look at who may read the files that hold a secret."""
    for path in config.secret_files:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            words = f"{path} holds a secret, and others than its owner may read it (mode {mode:o})"
            yield Finding("Permissions", words, ExitStatus.DATA, of_another("chmod", "600", str(path)))
        else:
            yield Finding("Permissions", f"{path} is its owner's alone (mode {mode:o})")


def _folder(config: Config) -> Finding:
    folder = config.reports_dir
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        words = f"{folder}: {nearest} can't be written to"
        return Finding(
            "Reports folder", words, ExitStatus.DATA, "give write permission, or --reports-dir DIR"
        )
    return Finding("Reports folder", f"{folder}" + ("" if folder.exists() else ", made by the first run"))


def _disk(config: Config) -> Finding:
    folder = config.reports_dir
    free = shutil.disk_usage(next(each for each in (folder, *folder.parents) if each.exists())).free
    words = f"{free // (1024 * 1024):,} MB free where the reports go"
    if free < _LEAST_FREE:
        return Finding(
            "Disk space", words, ExitStatus.DATA, "make room: a day needs about 1 MB, a year 300 MB"
        )
    return Finding("Disk space", words)


def _ledger(config: Config) -> Iterator[Finding]:
    try:
        with existing.read_if_any(config.reports_dir) as ledger:
            if ledger is None:
                missing = None if config.plays_sandbox else beginning.absence(config)
                none = Finding("Ledger", f"none in {config.reports_dir} yet: the first run makes it")
                yield none if missing is None else _wrong_ledger(config, missing)
                return
            if (older := beginning.outdated(config, ledger)) is not None:
                yield _wrong_ledger(config, older)
            ledger.prove_whole()
            latest = ledger.attempts.latest()
            last = f"the last attempt is {latest.name}" if latest else "no attempt in it yet"
            yield Finding("Ledger", f"{ledger.path} is whole; {last}")
            if unknown := [row.name for row in ledger.attempts.incomplete()]:
                words = f"outcome unknown: {', '.join(unknown)}"
                fix = config.invocation.whole(ours("resolve"))
                yield Finding("Attempts", words, ExitStatus.DATA, fix)
            for kept in pending.unreadable(config.reports_dir):
                fix = "; ".join(str(_whole(config, each)) for each in kept.remedies)
                yield Finding("Kept answers", kept.text, ExitStatus.DATA, fix)
            if queued := len(ledger.mails.queued()):
                words = f"{queued} could not be sent yet"
                fix = config.invocation.whole(ours("email"))
                yield Finding("E-mail queue", words, ExitStatus.DEPENDENCY, fix)
    except DataError as error:
        yield _wrong_ledger(config, error)


def _wrong_ledger(config: Config, error: DataError) -> Finding:
    fix = "; ".join(str(_whole(config, each)) for each in error.remedies)
    return Finding("Ledger", str(error), ExitStatus.DATA, fix)


def _whole(config: Config, remedy: Remedy) -> Remedy:
    return remedy._replace(command=config.invocation.whole(remedy.command))


def _calendar(config: Config, now: datetime) -> Finding:
    """Say what of the calendar a run would find now."""
    try:
        with existing.read_if_any(config.reports_dir) as ledger:
            calendar = hours.calendar(ledger, config)
            closed = hours.no_session(calendar, now)
            day = calendar.session_date(now) if closed is None else closed.next_session
            opens, closes = calendar.hours(day)
    except PaperRunError as error:
        return Finding("Calendar", str(error), ExitStatus.DATA, "; ".join(map(str, error.remedies)))
    local = f"{calendar.clock(now):%Y-%m-%d %H:%M %Z}"
    today = "today is a session" if closed is None else f"no session today ({closed.why}), the next is {day}"
    return Finding(
        "Calendar", f"{config.exchange}, where it is {local}: {today}, {opens:%H:%M} to {closes:%H:%M}"
    )


def _service(service: ServiceHealth) -> Finding:
    title = service.title
    if service.healthy:
        detail = f", {service.detail}" if service.detail else ""
        return Finding(title, f"{service.url} is healthy ({service.latency_ms} ms){detail}")
    remedies = health.failure(service).remedies
    is_down = service.status == "unreachable" and not service.fix
    fix = str(remedies[1] if is_down else remedies[0])
    return Finding(title, f"{service.url}: it {service.detail}", ExitStatus.DEPENDENCY, fix)


def _account(config: Config, platform: Platform, services: tuple[ServiceHealth, ...]) -> Iterator[Finding]:
    """Compare whose ledger it is with the services that answer, as a run would."""
    orchestrator = services[2]
    if not orchestrator.healthy:
        return
    is_sandbox = orchestrator.sandbox_session is not None
    try:
        with existing.read_if_any(config.reports_dir) as ledger:
            if ledger is not None:
                ledger.account.belongs_to(
                    sandbox=is_sandbox,
                    orchestrator_url=platform.orchestrator.url.base,
                    strategy=orchestrator.strategy,
                    exchange=config.exchange,
                    claim=False,
                )
    except DataError as error:
        yield Finding("Account", str(error), ExitStatus.DATA, str(error.remedies[0]))
        return
    kind = "a SANDBOX with simulated prices" if is_sandbox else "a real platform"
    yield Finding(
        "Account", f"the services are {kind}" + ("" if ledger is None else ", and so is the ledger")
    )


def _reads(config: Config, platform: Platform) -> Iterator[Finding]:
    """Read positions and an order as a day does: a healthy gateway may still ask for authentication."""
    gateway = platform.execution_gateway
    try:
        with existing.read_if_any(config.reports_dir) as ledger:
            latest = ledger.attempts.latest() if ledger is not None else None
            known = next(iter(ledger.orders.order_states(latest)), None) if ledger and latest else None
    except DataError:
        known = None  # what is wrong with the ledger stands in its own line
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
        yield Finding("Positions", f"{gateway.url} has {len(positions)}")
    if isinstance(order, Exception):
        yield _unread("Orders", gateway.url, order)
    elif known is None:
        yield Finding("Orders", f"{gateway.url} says of one that nobody placed that there is none")
    elif order is None:
        words = f"{gateway.url} does not know {known} of the latest attempt"
        fix = "name the gateway that the orchestrator trades with: --execution-gateway-url URL"
        yield Finding("Orders", words, ExitStatus.DEPENDENCY, fix)
    else:
        yield Finding("Orders", f"{gateway.url} has {known} of the latest attempt: {order.status}")


def _signature(
    identity: ServiceIdentity, gateway: ServiceUrl, signed: Any, needs_signature: bool | Exception
) -> Finding:
    """Say whether the gateway takes the signature: proved where it refuses the same request without one."""
    if isinstance(signed, Unauthorized):
        fix = str(reading_messages.authentication(signed.refusal)[0])
        words = f"{gateway}: to {identity.name} it {signed.reason}"
        return Finding("Signature", words, ExitStatus.DEPENDENCY, fix)
    if isinstance(signed, Exception) or isinstance(needs_signature, Exception):
        return Finding("Signature", f"unproved: {gateway} could not be read with one and without")
    if needs_signature:
        return Finding("Signature", f"{gateway} takes {identity.name}'s, and refuses to be read without")
    return Finding("Signature", f"unproved: {gateway} can be read by anybody")


def _unread(name: str, gateway: ServiceUrl, error: Exception) -> Finding:
    if not isinstance(error, CallFailed):
        raise error
    ask = Remedy("Check its logs", "tail -f logs/execution_gateway.log")
    remedies = reading_messages.authentication(error.refusal) if isinstance(error, Unauthorized) else (ask,)
    fix = "; ".join(map(str, remedies))
    return Finding(name, f"{gateway}: it {error.reason}", ExitStatus.DEPENDENCY, fix)


def _clocks(config: Config, services: tuple[ServiceHealth, ...], now: datetime) -> Finding:
    """Compare this machine's clock, which says what session it is, with the services' Date headers."""
    calendar, said = hours.calendar(None, config), todays_date.told(services)
    if said is None:
        return Finding("Clock", "unproved: neither orchestrator nor gateway has told the time")
    try:
        todays_date.seconds_until_agreed(said, calendar, now)
    except PaperRunError as error:
        return Finding("Clock", str(error), error.exit_status, str(error.remedies[0]))
    apart = {
        service.title: round((now - theirs).total_seconds())
        for service in services
        if (theirs := http_date(service.own_date)) is not None
    }
    title, seconds = max(apart.items(), key=lambda item: abs(item[1]))
    words = f"{abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} the clock of the {title}"
    if abs(seconds) > _CLOCK_SECONDS:
        return Finding(
            "Clock", words, ExitStatus.DEPENDENCY, "set one of them right: timedatectl set-ntp true"
        )
    return Finding("Clock", "agrees with the services'")


def _mail(config: Config, deadline: Deadline) -> Finding:
    """Log in at the mail server; no mail is sent."""
    mail = config.mail
    if mail is None:
        return Finding("E-mail", "nobody is mailed: PAPER_RUN_EMAIL_TO is not set")
    if mail.on == "never":
        return Finding("E-mail", "nobody is mailed: PAPER_RUN_EMAIL_ON=never")
    from paper_run.notify.email import refusals, smtp

    when = "always" if mail.on == "always" else "only when a person is needed"
    to = f"to {', '.join(mail.recipients)}, {when}"
    try:
        words = smtp.login(mail, seconds=deadline.for_mail())
    except refusals.DeliveryFailed as error:
        fix = "check the PAPER_RUN_SMTP_ settings"
        return Finding("E-mail", f"{mail.server}: it {error.reason}", ExitStatus.DEPENDENCY, fix)
    return Finding("E-mail", f"{mail.server}: {words}; {to}")
