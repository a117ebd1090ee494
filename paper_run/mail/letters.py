"""From a result document or a notice to the letter about it, and whether it needs a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.mail import html_part, subjects, text_part, tidings
from paper_run.mail.letter import Letter
from paper_run.mail.notices import Notice
from paper_run.mail.subjects import Occasion
from paper_run.writers.headline import headline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from paper_run.mail.letter import Attachment

__all__ = ["Notice", "Occasion", "is_problem", "of_notice", "of_result", "summary"]


def of_result(
    document: Mapping[str, Any],
    *,
    occasion: Occasion,
    attachments: tuple[Attachment, ...] = (),
    context: str = "",
    cache_folder: Path | None = None,
) -> Letter:
    """Return the letter about a result; the same document gives the same letter.

    :param context: the options that a command needs to find this ledger. :param cache_folder: where the
        compiled template is kept, see `page_assets.template`.
    """
    told = _told(document)
    digest = tidings.of_result(told, occasion, attachments, context)
    subject = subjects.of_result(told, occasion)
    return Letter(
        subject,
        text_part.render(digest),
        html_part.render(digest, title=subject, cache_folder=cache_folder),
        attachments,
    )


def of_notice(notice: Notice, *, cache_folder: Path | None = None) -> Letter:
    """Return the letter about a day that left no result."""
    digest, subject = tidings.of_notice(notice), subjects.of_notice(notice)
    return Letter(
        subject,
        text_part.render(digest),
        html_part.render(digest, title=subject, cache_folder=cache_folder),
    )


def is_problem(told: Mapping[str, Any] | Notice) -> bool:
    """Tell whether a person is needed; a trade that was settled later is news to one, however it ended."""
    if isinstance(told, Notice):
        return told.kind != "closed"
    return bool(told["exit_status"]) or told["status"] != "success" or headline(told).tone != "good"


def summary(document: Mapping[str, Any]) -> str:
    """Return the letter's text alone: what a result comes down to, and what of it needs a person."""
    return text_part.render(tidings.of_result(_told(document), _occasion(document)))


def _occasion(document: Mapping[str, Any]) -> Occasion:
    return "mark" if document.get("kind") == "mark" else "run"


def _told(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the document without the warning that it was settled: of that the letter tells anyway."""
    said = f"Settled: {document.get('settled')}."
    warnings = [each for each in document.get("warnings") or () if each != said]
    return {**document, "warnings": warnings}
