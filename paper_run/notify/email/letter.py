"""What an e-mail says before it is addressed: a subject, its figures as text and as HTML, attachments."""

from __future__ import annotations

from typing import NamedTuple


class Attachment(NamedTuple):
    """A file that goes with a letter.

    :ivar subtype: of `text/...`: `html` or `csv`; the content is UTF-8.
    """

    name: str
    subtype: str
    content: bytes


class Letter(NamedTuple):
    """A letter, not yet addressed; `subject` is one line of printable text."""

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
