"""From a result or a notice to the letter about it, not yet addressed, and whether it needs a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.model.commands import PLAIN, Invocation
from paper_run.notify.email import html, subject, text
from paper_run.report.summary import build
from paper_run.report.summary.glance import NO_PAST, Past
from paper_run.report.summary.headline import headline
from paper_run.report.summary.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from paper_run.errors import PaperRunError
    from paper_run.model.result import RunResult
    from paper_run.report.summary.summary import Attachment, Occasion, Summary


def of_result(
    result: RunResult,
    *,
    occasion: Occasion,
    attachments: tuple[Attachment, ...] = (),
    invocation: Invocation = PLAIN,
    cache_folder: Path | None = None,
    past: Past = NO_PAST,
) -> Letter:
    """Return the letter about a result; the same result and past give the same letter.

    :param invocation: what makes its commands run as they stand. :param cache_folder: where the compiled
        template is kept, see `assets.template`.
    """
    content = build.of_result(result, occasion, attachments, invocation, past)
    line = subject.of_result(result, occasion)
    return _letter(line, content, cache_folder)._replace(attachments=attachments)


def of_notice(notice: Notice, invocation: Invocation = PLAIN, *, cache_folder: Path | None = None) -> Letter:
    """Return the letter about a day that left no result; for the parameters see `of_result`."""
    content, line = build.of_notice(notice, invocation), subject.of_notice(notice)
    return _letter(line, content, cache_folder)


def _letter(line: str, content: Summary, cache_folder: Path | None) -> Letter:
    return Letter(line, text.render(content), html.render(content, title=line, cache_folder=cache_folder))


def is_problem(told: RunResult | Notice) -> bool:
    """Tell whether a person is needed; an outcome that became known later is news to one, whatever it is."""
    if isinstance(told, Notice):
        return told.kind != "closed"
    return bool(told.exit_status) or told.status != "success" or not headline(told).is_well


def summary(result: RunResult, beside: Sequence[PaperRunError] = ()) -> str:
    """Return the letter's text alone: what a result comes down to, and what of it needs a person.

    :param beside: what failed besides, which the result does not tell of.
    """
    content = build.of_result(result, _occasion(result))
    return text.render(build.with_failures(content, beside) if beside else content)


def _occasion(result: RunResult) -> Occasion:
    return "mark" if result.is_mark else "run"


class Letter(NamedTuple):
    """A letter, not yet addressed; `subject` is one line of printable text."""

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
