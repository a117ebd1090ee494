"""What an e-mail says before it is addressed: a subject, its figures as text and as HTML, attachments."""

from __future__ import annotations

from typing import NamedTuple

from paper_run.report.summary.summary import Attachment


class Letter(NamedTuple):
    """A letter, not yet addressed; `subject` is one line of printable text."""

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
