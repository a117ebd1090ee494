"""What was found out about a day, typed: what it is, how much it matters, what it is about, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from paper_run.errors import PaperRunError, Remedy

Severity = Literal["error", "warning", "note"]
"""An `error` is told by the exit status; a `warning` wants a person to look; a `note` wants nobody."""

CODES = {
    "unclassified": "A sentence of a record that was written before findings had codes.",
}
"""Each code with what it stands for; a code that was once written is never given another meaning."""


class Finding(NamedTuple):
    """Something that was found out, with what a person may do about it.

    :ivar code: one of `CODES`: what it is, for a program. :ivar subject: what it is about: a symbol, an order,
        a session, a service; "" for the day as a whole. :ivar text: the sentence that says it, made once.
    """

    code: str
    severity: Severity
    subject: str
    text: str
    remedies: tuple[Remedy, ...] = ()


def of_error(error: PaperRunError) -> Finding:
    """Return what failed as a finding."""
    return Finding(error.code, "error", error.subject, str(error), error.remedies)
