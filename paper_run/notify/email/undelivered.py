"""What is told of an e-mail that did not arrive: why, whether it is sent again, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import DependencyError, Remedy
from paper_run.model.commands import ours
from paper_run.model.findings import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from paper_run.errors import PaperRunError
    from paper_run.ledger.outbox import Delivery, DeliveryState, MailRow
    from paper_run.notify.email.refusals import DeliveryFailed, Refusal

_FATES: dict[DeliveryState, str] = {
    "open": "It stays queued",
    "refused": "It is not sent again by itself",
    "expired": "It has waited for 24 hours and is not sent again by itself",
    "unconfirmed": "Its copy before was not confirmed either, and no more are sent by themselves",
}


def unsent(
    error: DeliveryFailed, fates: Mapping[DeliveryState, Sequence[MailRow]], subject: str = ""
) -> PaperRunError:
    """Say that mails went to nobody, once for all of them.

    :param fates: what became of which. :param subject: of the one mail, "" where it is not known.
    """
    said: list[str] = []
    steps: list[Remedy] = []
    for state, rows in fates.items():
        fate = "One more copy stays queued" if state == "open" and error.in_doubt else _FATES[state]
        said.append(f"{fate}: {subject or counted(len(rows), 'mail')}.")
        steps += again(rows, state) if state != "open" else (_WAITS,)
    return _failure(
        "The e-mail could not be sent",
        f"The mail server {error.server} {error.reason}. {' '.join(said)}",
        *steps,
        Remedy("Check the PAPER_RUN_SMTP_ settings", ours("doctor")),
    )


def unrecorded(error: DeliveryFailed, subject: str) -> PaperRunError:
    """Say that a mail is lost that no ledger can keep."""
    return _failure(
        "The e-mail could not be sent",
        f"The mail server {error.server} {error.reason}. It said: {subject}.",
        Remedy("Check the PAPER_RUN_SMTP_ settings", ours("doctor")),
    )


def refused(
    server: str,
    subject: str,
    refusals: Mapping[str, Refusal],
    row: MailRow | None = None,
    after: Mapping[str, Delivery] | None = None,
) -> PaperRunError:
    """Say who did not get a mail that others have.

    :param server: host and port. :param row: None where no ledger keeps it, likewise `after`.
    """
    named = "; ".join(f"{address}: it {refusal.words}" for address, refusal in refusals.items())
    waiting = [address for address in refusals if after is not None and after[address].state == "open"]
    stays = f" It stays queued for {', '.join(waiting)}." if waiting else ""
    has_ended = row is not None and len(waiting) < len(refusals)
    return _failure(
        "The e-mail did not reach everybody",
        f"The mail server {server} refused {named}. The others have it: {subject}.{stays}",
        Remedy("Correct PAPER_RUN_EMAIL_TO or PAPER_RUN_EMAIL_CC"),
        *(again([row], "refused") if row is not None and has_ended else ()),
        *((_WAITS,) if waiting else ()),
    )


def unconfirmed(server: str, row: MailRow) -> PaperRunError:
    """Say that all copies of a mail left, and that a program which was killed had no answer to the last."""
    return _failure(
        "It is not known whether an e-mail arrived",
        f"The mail server {server} got two copies of the e-mail of {row.session} and confirmed neither. "
        "No more are sent by themselves.",
        *again([row], "unconfirmed"),
    )


_WAITS = Remedy("The next run, mark or email sends it; now", ours("email"))


def again(rows: Sequence[MailRow], state: DeliveryState) -> tuple[Remedy, ...]:
    """Say how mails that have ended are sent again."""
    when = "If it did not arrive" if state == "unconfirmed" else "Once that is corrected"
    commands = dict.fromkeys(
        ours("email", _name(row), *(("--mark",) if row.kind in ("mark", "close") else ())) for row in rows
    )
    return tuple(Remedy(f"{when}, send it again", command) for command in commands)


def _name(row: MailRow) -> str:
    return row.session + (f"-{row.attempt_number}" if row.attempt_number > 1 else "")


def _failure(title: str, explanation: str, *remedies: Remedy) -> PaperRunError:
    return DependencyError(title, explanation, remedies=remedies, code="mail_unsent")
