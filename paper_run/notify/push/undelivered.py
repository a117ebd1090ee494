"""What is told of a push notification that did not arrive: why, whether it is tried again, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import DependencyError, PaperRunError, Remedy
from paper_run.model.commands import ours
from paper_run.settings.sources import NOTIFY

if TYPE_CHECKING:
    from paper_run.ledger.outbox import Delivery, MailRow
    from paper_run.notify.push.services import Answer
    from paper_run.settings.notify import PushUrl


def unsent(
    url: PushUrl, answer: Answer, title: str, row: MailRow, after: Delivery, most: int
) -> PaperRunError:
    """Say that a notification was not taken, and what becomes of it."""
    if after.state == "open":
        fate = f"Try {after.copies} of {most} failed, and it stays queued"
        remedy = Remedy("The next run, mark or email tries again; now", ours("email"))
    else:
        waited = " in 24 hours" if after.state == "expired" else f" {most} times"
        fate = f"It was tried{waited} and is not sent again by itself"
        remedy = _again(row, "Once that is corrected")
    return _failure(url, answer, f"{fate}: {title}.", remedy)


def unrecorded(url: PushUrl, answer: Answer, title: str) -> PaperRunError:
    """Say that a notification is lost that no ledger can keep."""
    return _failure(url, answer, f"It said: {title}.")


def unconfirmed(url: PushUrl, row: MailRow, most: int) -> PaperRunError:
    """Say that each try of a notification began, and that programs which were killed had no answer."""
    return DependencyError(
        "It is not known whether a push notification arrived",
        f"{url.shown} got that of {row.session} up to {most} times and confirmed none. "
        "It is not sent again by itself.",
        remedies=(_again(row, "If it did not arrive"),),
        code="push_unsent",
    )


def _failure(url: PushUrl, answer: Answer, fate: str, *remedies: Remedy) -> PaperRunError:
    reason = f" ({answer.reason})" if answer.reason else ""
    return DependencyError(
        "A push notification was not taken",
        f"{url.shown} did not take it{reason}. {fate}",
        remedies=(*remedies, Remedy(f"Check {NOTIFY}", ours("doctor"))),
        code="push_unsent",
    )


def _again(row: MailRow, when: str) -> Remedy:
    name = row.session + (f"-{row.attempt_number}" if row.attempt_number > 1 else "")
    mark = ("--mark",) if row.kind in ("mark", "close") else ()
    return Remedy(f"{when}, send it again", ours("email", name, *mark))
