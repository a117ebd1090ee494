"""A letter's summary as plain text of a width that every reader shows."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paper_run.errors import Remedy
    from paper_run.report.summary.figures import Figure
    from paper_run.report.summary.movers import Movers
    from paper_run.report.summary.summary import Glance, Section, Summary

_WIDTH = 78
_LABEL = 20


def render(summary: Summary) -> str:
    """Return the text: paragraphs with an empty line between them."""
    day = " - ".join(filter(None, (summary.name, summary.day, summary.moment)))
    orders = _fact("Orders", ", ".join(f"{each.label.lower()} {each.shown}" for each in summary.counts))
    blocks = [
        [*_lines(summary.verdict), *_lines(summary.status)],
        *(_lines(f"{banner.title}. {banner.text}") for banner in summary.banners),
        _lines(day),
        _lines(summary.absence),
        [line for figure in summary.figures for line in _figure(figure)],
        *_glance(summary.glance),
        [*(_figure(summary.notional) if summary.notional else ()), *orders],
        *(_section(section) for section in summary.sections),
        _steps(summary.steps_heading, summary.steps),
        *(_section(section) for section in summary.news),
        _movers(summary.movers),
        [line for label, value in summary.facts for line in _fact(label, value)],
        [line for words in summary.closing for line in _lines(words)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _lines(words: str, first: str = "", rest: str = "") -> list[str]:
    return wrap(words, _WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _figure(figure: Figure) -> list[str]:
    return _lines(f"{figure.shown}  {figure.aside}", f"{figure.label:<{_LABEL}}", " " * _LABEL)


def _glance(glance: Glance | None) -> list[list[str]]:
    if glance is None:
        return []
    figures = (*glance.periods, *glance.risk, *glance.beside)
    return [_lines(glance.words), [line for figure in figures for line in _figure(figure)]]


def _fact(label: str, value: str) -> list[str]:
    return _lines(value, f"{label:<{_LABEL}}", " " * _LABEL) if value else []


def _section(section: Section) -> list[str]:
    lines = [section.heading]
    for item in section.items:
        about = f"{item.about} - {item.said}" if item.about and item.said else item.about or item.said
        lines += _lines(f"{item.kind}: {about}" if item.kind else about, "- ", "  ")
    return lines + _lines(section.more, "  ", "  ")


def _steps(heading: str, steps: Iterable[Remedy]) -> list[str]:
    lines: list[str] = []
    for step in steps:
        lines += _lines(f"{step.text}:" if step.command else step.text, "- ", "  ")
        # A command is copied: it stays on one line, whatever its length.
        lines += [f"    {step.command}"] if step.command else []
    return [heading, *lines] if lines else []


def _movers(movers: Movers | None) -> list[str]:
    if movers is None:
        return []
    lines = [movers.heading]
    for heading, found in (("Best", movers.best), ("Worst", movers.worst)):
        for number, each in enumerate(found):
            lines.append(f"{'' if number else heading:<7}{each.symbol:<12} {each.note:<24} {each.shown:>14}")
    return lines + _lines(movers.note)
