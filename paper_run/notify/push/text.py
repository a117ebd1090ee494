"""What a push notification says: the mail's subject, its first lines, and the command if one is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.notify.email import subject
from paper_run.report.summary import build
from paper_run.report.summary.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paper_run.model.commands import Invocation
    from paper_run.notify.contents import Result
    from paper_run.report.summary.summary import Summary

MOST_LINES = 5


class Push(NamedTuple):
    """A push notification, not yet addressed: a line, and some more."""

    title: str
    body: str
    needs_a_person: bool


def of_notice(notice: Notice, invocation: Invocation) -> Push:
    """Return what is told of a day that left no result."""
    return _push(subject.of_notice(notice), build.of_notice(notice, invocation))


def of(told: Result | Notice, invocation: Invocation) -> Push:
    """Return what is told of a result or a notice; its commands run as they stand."""
    if isinstance(told, Notice):
        return of_notice(told, invocation)
    result = told.reports.result
    summary = build.of_result(result, told.occasion, invocation=invocation)
    return _push(subject.of_result(result, told.occasion), summary)


def _push(title: str, summary: Summary) -> Push:
    lines = [*filter(None, _lines(summary))][:MOST_LINES]
    needs_a_person = summary.tone != "good"
    if needs_a_person and summary.steps:
        step = next((each for each in summary.steps if each.command), summary.steps[0])
        lines += [f"{step.text}:", step.command] if step.command else [step.text]
    return Push(title, "\n".join(lines), needs_a_person)


def _lines(summary: Summary) -> Iterator[str]:
    yield summary.verdict
    yield summary.status
    yield summary.absence
    for figure in summary.figures:
        yield f"{figure.label}: {figure.shown} {figure.aside}".strip()
    yield ", ".join(f"{each.label.lower()} {each.shown}" for each in summary.counts)
    for section in summary.sections:
        yield from (item.said for item in section.items)
