"""What is made of a document: each is read as a record is, and what reads it gets the result."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from paper_run.book.symbols import SymbolTotals
from paper_run.model.history import EndedBook, SessionLine
from paper_run.model.json_text import loads
from paper_run.model.result import RunResult
from paper_run.model.result_json import encode, of_document
from paper_run.notify.email import letters
from paper_run.notify.email import subject as subjects
from paper_run.notify.email.letters import Letter
from paper_run.report import csv_tables
from paper_run.report.html import index, page
from paper_run.report.summary import headline
from paper_run.report.summary.headline import Headline
from paper_run.report.summary.notices import Notice
from paper_run.report.summary.summary import Occasion


def document(result: RunResult) -> dict[str, Any]:
    """Return a result as its file has it."""
    return loads(encode(result))


def render(
    document: dict[str, Any], *, curve: Sequence[SessionLine] = (), cache_folder: Path | None = None
) -> str:
    """Return the page."""
    return page.render(of_document(document), curve=curve, cache_folder=cache_folder)


def index_page(
    lines: Sequence[SessionLine],
    *,
    curve: Sequence[SessionLine],
    label: str | None,
    cache_folder: Path | None = None,
    num_sessions: int | None = None,
    book: int = 1,
    ended: Sequence[EndedBook] = (),
    symbols: Mapping[str, SymbolTotals] | None = None,
) -> str:
    """Return the page over all sessions, of which so many are listed."""
    number = num_sessions or sum(line.book == book for line in lines)
    sessions = index.Overview(lines, curve, number, book, ended, (), symbols or {})
    return index.render(sessions, label=label, cache_folder=cache_folder)


def headline_of(document: dict[str, Any]) -> Headline:
    """Return the day in a sentence."""
    return headline.headline(of_document(document))


def orders_csv(document: dict[str, Any]) -> str:
    """Return the orders' table."""
    return csv_tables.orders_csv(of_document(document))


def positions_csv(document: dict[str, Any]) -> str:
    """Return the positions' table."""
    return csv_tables.positions_csv(of_document(document))


def letter(document: dict[str, Any], **more: Any) -> Letter:
    """Return the mail."""
    return letters.of_result(of_document(document), **more)


def subject(document: dict[str, Any], occasion: Occasion) -> str:
    """Return the mail's subject."""
    return subjects.of_result(of_document(document), occasion)


def summary(document: dict[str, Any], *more: Any) -> str:
    """Return the mail's text alone."""
    return letters.summary(of_document(document), *more)


def is_problem(told: dict[str, Any] | Notice) -> bool:
    """Tell whether a person is needed."""
    return letters.is_problem(told if isinstance(told, Notice) else of_document(told))
