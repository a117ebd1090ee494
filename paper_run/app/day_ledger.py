"""The ledger that a day trades with: its absence is never taken for a beginning."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from paper_run.errors import DataError, LedgerLostError, Remedy
from paper_run.ledger import existing, results
from paper_run.model.commands import ours
from paper_run.model.findings import listed
from paper_run.model.place import HOST_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from paper_run.ledger.ledger import Ledger
    from paper_run.model.progress import Waiting
    from paper_run.services.platform import Platform
    from paper_run.settings.config import Config

_RESTORE = "Restore the ledger from a backup"
_NEW = Remedy(
    "If it is gone for good, begin a new one; what lies there is moved into a folder before-...",
    ours("--new-ledger"),
)

_MIDWAY = Remedy("If it is a backup of the middle of that run, record what came of it", ours("resolve"))

_APART = (
    "If it is gone for good, move its files into a folder before-NAME beside them: "
    "what lies there is still not traded again"
)
"""Of a database, where a ledger is never made over another one."""


@contextlib.contextmanager
def ledger_of_the_day(config: Config, platform: Platform, waiting: Waiting) -> Iterator[Ledger]:
    """Open the ledger of the day; make one where nothing says that there was one, or on purpose.

    To be called under the lock. A sandbox's file may always be made; a schema is made on purpose alone.

    :raises DataError: it is gone, or older than the results beside it, or can't be used; nothing was made.
    :raises OrchestrationError: another host has the lease, and goes on having it.
    """
    try:
        opened = _opened(config, platform, waiting)
    except LedgerLostError as lost:
        raise lost.before_sending() from lost
    with opened as ledger:
        is_apart = config.new_ledger or config.plays_sandbox
        if not is_apart and (older := outdated(config, ledger)) is not None:
            raise older
        yield ledger


def _opened(config: Config, platform: Platform, waiting: Waiting) -> Ledger:
    folder = config.reports_dir
    if config.new_ledger:
        _refuse_beside_another(config, waiting.now)
        return existing.opened(
            config.place, waiting, first=lambda identity: results.move_aside(folder, identity)
        )
    missing = None if config.plays_sandbox else absence(config)
    if missing is not None and platform.gateway_health().sandbox_session is None:
        raise missing
    return existing.opened(config.place, waiting, makes=config.plays_sandbox)


def absence(config: Config) -> DataError | None:
    """Return that there is no ledger where there must be one, or none that is gone on with.

    None where there is one, or may be none.
    """
    folder = config.reports_dir
    if config.database is not None:
        return None  # whether it has one is known when it is opened
    path, has_file = existing.path_of(folder), existing.is_there(folder)
    if existing.is_of_database(folder):
        anew = Remedy("If it is gone for good, begin a new one, in a file", ours("--new-ledger"))
        return DataError(
            f"The ledger of {folder} is in a database",
            "What was traded from here is kept there, and no database is named now. Nothing was sent.",
            remedies=(
                "Name it: --ledger-url URL (PAPER_RUN_LEDGER_URL)",
                f"If {path.name} is the ledger again, remove {HOST_FILE} beside it." if has_file else anew,
            ),
            code="ledger_missing",
        )
    if has_file:
        return None
    if folder.is_dir() and (found := next(results.of_account(folder, config.orchestrator.base), None)):
        return DataError(
            f"There is no ledger {path}, but there are results of one",
            f"{found.relative_to(folder)} tells of a session that was traded, or may have been; without its "
            "ledger it would be traded again. Nothing was sent.",
            remedies=(_RESTORE, _NEW),
            code="ledger_missing",
        )
    if config.require_ledger:
        return DataError(
            f"There is no ledger {path}, and PAPER_RUN_REQUIRE_LEDGER=1 wants one",
            "A folder that was not mounted, or is another one, looks like this; nothing was sent.",
            remedies=(
                "Name the folder that has it: --reports-dir DIR",
                Remedy("If this is the first day, make it on purpose", ours("--new-ledger")),
            ),
            code="ledger_missing",
        )
    return None


def outdated(config: Config, ledger: Ledger) -> DataError | None:
    """Return that a ledger knows nothing of results beside it; a sandbox's need not."""
    if ledger.account.is_sandbox:
        return None
    lacked = results.lacking(ledger, config.reports_dir, config.orchestrator.base)
    if not lacked:
        return None
    named = listed([str(each.relative_to(config.reports_dir)) for each in reversed(lacked)], 1)
    return DataError(
        f"The ledger {ledger.name} knows nothing of {named} beside it",
        "It is older than these results, or another one: what it does not know it would trade again; "
        "nothing was sent.",
        remedies=(
            *((_MIDWAY,) if ledger.attempts.incomplete() else ()),
            "Restore the newest backup of the ledger",
            _NEW if config.database is None else _APART,
        ),
        code="ledger_missing",
    )


def traded_before(config: Config, session: date) -> DataError | None:
    """Return that an earlier ledger of the folder has traded a session."""
    found = results.traded_before(config.reports_dir, session, config.orchestrator.base)
    if found is None:
        return None
    return DataError(
        f"The session of {session} was traded with an earlier ledger",
        f"{found} tells of it; nothing was sent.",
        remedies=(Remedy("To trade it once more, on purpose", ours("--again")),),
        code="already_traded",
        subject=str(session),
    )


def _refuse_beside_another(config: Config, now: datetime) -> None:
    """Refuse a new file beside one that knows all there is; a schema that has a ledger is refused later.

    :raises DataError: there is one.
    """
    if config.database is not None:
        return
    with existing.read_if_any(config.place, now) as ledger:
        if ledger is not None and outdated(config, ledger) is None:
            raise absence(config) or DataError(
                f"--new-ledger: there is a ledger already, {ledger.name}",
                "It knows all the results beside it; nothing was sent.",
                remedies=(Remedy("Go on with it", ours()), "Or name another folder: --reports-dir DIR"),
            )
