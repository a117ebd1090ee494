"""What doctor looks at in the ledger: whether it is whole, whose it is, what is open, and its calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.app import day_ledger
from paper_run.app.checks import Check, fix_of
from paper_run.errors import DataError, ExitStatus, PaperRunError
from paper_run.model.commands import ours
from paper_run.trading import hours, kept_answers, preflight, several_hosts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from paper_run.errors import Remedy
    from paper_run.ledger.ledger import Ledger
    from paper_run.model.database import Server
    from paper_run.model.service import ServiceHealth
    from paper_run.services.platform import Platform
    from paper_run.settings.config import Config


def examine(config: Config, ledger: Ledger | None) -> Iterator[Check]:
    """Look at the ledger, if there is one yet, and at what in it needs a person."""
    try:
        missing = None if config.plays_sandbox else day_ledger.absence(config)
        if missing is not None:
            yield wrong(config, missing)
        if ledger is not None:
            yield from _whole_and_open(config, ledger)
        elif missing is None:
            yield Check("Ledger", f"none in {config.reports_dir} yet: the first run makes it")
    except DataError as error:
        yield wrong(config, error)


def _whole_and_open(config: Config, ledger: Ledger) -> Iterator[Check]:
    if (older := day_ledger.outdated(config, ledger)) is not None:
        yield wrong(config, older)
    ledger.prove_whole()
    latest = ledger.attempts.latest()
    last = f"the last attempt is {latest.name}" if latest else "no attempt in it yet"
    yield Check("Ledger", f"{ledger.name} is whole; {last}")
    if (server := ledger.server()) is not None:
        yield from _server(ledger, server)
    if unknown := [row.name for row in ledger.attempts.incomplete()]:
        words = f"outcome unknown: {', '.join(unknown)}"
        yield Check("Attempts", words, ExitStatus.DATA, config.invocation.whole(ours("resolve")))
    for kept in kept_answers.unreadable(config.reports_dir):
        yield Check("Kept answers", kept.text, ExitStatus.DATA, _fix(config, kept.remedies))
    if queued := len(ledger.mails.queued()):
        words = f"{queued} could not be sent yet"
        fix = config.invocation.whole(ours("email"))
        yield Check("E-mail queue", words, ExitStatus.DEPENDENCY, fix)


def _server(ledger: Ledger, server: Server) -> Iterator[Check]:
    """Say what a database's server tells of itself."""
    size = f"{server.size / 1_000_000:,.1f} MB"
    words = f"{server.product}, answers in {server.latency_ms} ms; {size}; schema version {server.version}"
    yield Check("Database", words)
    where = "a standby" if server.timeline is None else f"timeline {int(server.timeline, 16)}"
    as_of = f", as of {server.replayed}" if server.replayed and server.timeline is None else ""
    yield Check("Server", f"system {server.system}, {where}{as_of}")
    if server.timeline is not None and (why := ledger.account.other_database()) is not None:
        words = f"what was written last may be missing: {why}"
        fix = "see what was traded today: a run trades only if somebody tells that nothing is missing"
        yield Check("Restored", words, ExitStatus.DATA, fix)
    yield Check("Lease", f"{server.holder} holds it" if server.holder else "nobody holds it")
    synced = f"synchronous_commit {server.synchronous_commit} by default, on in our sessions"
    yield Check("Durability", f"fsync {server.fsync}; {synced}")
    found = [*several_hosts.standbys(ledger)]
    followed = ", ".join(each or "not known" for each in server.standbys) or "no standby"
    if not found:
        yield Check("Replication", followed)
        return
    fix = "name it in synchronous_standby_names" if "async" in server.standbys else "GRANT pg_monitor"
    yield Check("Replication", f"{followed}. {'. '.join(found)}", ExitStatus.DEPENDENCY, fix)


def wrong(config: Config, error: DataError) -> Check:
    """Say what is wrong with the ledger."""
    return Check("Ledger", str(error), ExitStatus.DATA, _fix(config, error.remedies))


def _fix(config: Config, remedies: Iterable[Remedy]) -> str:
    return fix_of(each._replace(command=config.invocation.whole(each.command)) for each in remedies)


def calendar(config: Config, ledger: Ledger | None, now: datetime) -> Check:
    """Say what of the calendar a run would find now.

    :param now: this machine's clock, UTC.
    """
    try:
        calendar = hours.calendar(ledger, config)
        closed = hours.no_session(calendar, now)
        day = calendar.session_date(now) if closed is None else closed.next_session
        opens, closes = calendar.hours(day)
    except PaperRunError as error:
        return Check("Calendar", str(error), ExitStatus.DATA, fix_of(error.remedies))
    local = f"{calendar.clock(now):%Y-%m-%d %H:%M %Z}"
    today = "today is a session" if closed is None else f"no session today ({closed.why}), the next is {day}"
    return Check(
        "Calendar",
        f"{config.exchange}, where it is {local}: {today}, {opens:%H:%M} to {closes:%H:%M}",
    )


def compare(
    config: Config, ledger: Ledger | None, platform: Platform, orchestrator: ServiceHealth
) -> Iterator[Check]:
    """Compare whose ledger it is with the services that answer, as a run would."""
    if not orchestrator.healthy:
        return
    is_sandbox = orchestrator.sandbox_session is not None
    try:
        if ledger is not None:
            preflight.prove_account(ledger, platform, orchestrator, exchange=config.exchange)
    except DataError as error:
        yield Check("Account", str(error), ExitStatus.DATA, str(error.remedies[0]))
        return
    kind = "a SANDBOX with simulated prices" if is_sandbox else "a real platform"
    its = "" if ledger is None else ", and so is the ledger"
    yield Check("Account", f"the services are {kind}{its}")


def latest_order(ledger: Ledger | None) -> str | None:
    """Return the id of an order of the latest attempt, if it has one that can be read."""
    if ledger is None:
        return None
    try:
        latest = ledger.attempts.latest()
        return None if latest is None else next(iter(ledger.orders.order_states(latest)), None)
    except DataError:
        return None  # what is wrong with the ledger stands in its own line
