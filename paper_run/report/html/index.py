"""All sessions on one self-contained page beside their reports: figures, curve, calendar and list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple
from paper_run.book.days import deepest
from paper_run.model.attempt import attempt_name
from paper_run.model.findings import counted
from paper_run.report import text
from paper_run.report.html import benchmark, calendar, cells, equity_section, navigation, periods
from paper_run.report.html.assets import asset, markup, policy, rendered
from paper_run.report.html.svg import escaped
from paper_run.report.summary.headline import STATUSES
from paper_run.report.text import WEEKDAYS, day_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal
    from pathlib import Path

    from paper_run.book.symbols import SymbolTotals
    from paper_run.model.benchmark import Benchmark
    from paper_run.model.history import EndedBook, SessionLine
    from paper_run.model.periods import Periods

_PAGE, _STYLE, _SCRIPT = "index.html", "index.css", "report.js"
HISTORY_FILE, SYMBOLS_FILE = "history.csv", "symbols.csv"

_REHEARSAL, _OTHER = "≈", "·"


class Overview(NamedTuple):
    """All sessions as the files show them.

    :ivar latest: those to list, the newest last. :ivar curve: those of the present book that its curve shows.
    :ivar number: how many the present book has. :ivar book: its number. :ivar ended: the books before it.
    :ivar symbols: what each symbol of the present book has come to.
    :ivar table: all of all books as text, see `csv_tables.HISTORY_COLUMNS`.
    :ivar periods: the present book's; `benchmark` likewise.
    """

    latest: Sequence[SessionLine]
    curve: Sequence[SessionLine]
    number: int
    book: int
    ended: Sequence[EndedBook]
    table: Iterable[Sequence[str]]
    symbols: Mapping[str, SymbolTotals] = {}
    periods: Periods | None = None
    benchmark: Benchmark | None = None


def render(sessions: Overview, *, label: str | None, cache_folder: Path | None = None) -> str:
    """Return the page; the same sessions give the same text.

    Figures, curve and calendar are the present book's alone; earlier books are listed with their own totals.

    :param label: the words that must go with figures that are not real.
    :param cache_folder: where the compiled template is kept, see `assets.template`.
    """
    lines, curve, ended, symbols = sessions.latest, sessions.curve, sessions.ended, sessions.symbols
    present = [line for line in lines if line.book == sessions.book]
    places = {line.session: line.book for line in lines}
    shown = text.one_line(label or "")
    bounds = calendar.shades(present)
    num_earlier = max(0, sessions.number - len(present))
    view = {
        "css": markup(asset(_STYLE)),
        "script": markup(asset(_SCRIPT)),
        "policy": policy(style_of=_STYLE, script_of=_SCRIPT),
        "sections": navigation.sections,
        "label": shown,
        "tag": f"[{shown.split()[0]}] " if shown.strip() else "",
        "curve": markup(
            equity_section.section(
                [line for line in curve if line.closing is not None],
                without="The curve begins with the first session that can be valued whole.",
                has_days=False,
                benchmark=benchmark.line(sessions.benchmark),
            )
        ),
        "months": markup(calendar.months(present, cut=num_earlier > 0)),
        "benchmark": markup(benchmark.section(sessions.benchmark)),
        "periods": markup(periods.section(sessions.periods)),
        "moved": bounds is not None,
        "shades": [text.money(bound) for bound in bounds] if bounds and bounds[0] < bounds[1] else None,
        "rows": markup(_rows(present, places)),
        "num_listed": text.count(len(present)),
        "book": sessions.book if ended else None,
        "ended": markup("\n".join(_ended_book(each, lines, places) for each in reversed(ended))),
        "symbols": markup(_symbols(symbols, present)),
        "num_symbols": len(symbols),
        "symbols_file": SYMBOLS_FILE,
        "num_earlier": num_earlier,
        "history_file": HISTORY_FILE,
        **_figures(present, curve, sessions.number),
    }
    return rendered(_PAGE, view, cache_folder=cache_folder)


def _symbols(totals: Mapping[str, SymbolTotals], lines: Sequence[SessionLine]) -> str:
    if not totals:
        return ""
    from paper_run.report.html import symbols

    return symbols.table(totals, {line.session: navigation.page_of(line) or "" for line in lines})


def _figures(lines: Sequence[SessionLine], curve: Sequence[SessionLine], number: int) -> dict[str, Any]:
    """Return the figures of the last session that has any, and what they are of."""
    sessions = [*curve, *lines]
    first = min((each[0].session for each in (curve, lines) if each), default="")
    latest = next((line for line in reversed(sessions) if line.closing is not None), None)
    newest = lines[-1] if lines else latest
    falls = [line.drawdown for line in sessions if line.closing is not None]
    return {
        "number": text.count(number),
        "num_unvalued": sum(not line.complete for line in lines),
        "since": text.short_day(first),
        "newest": text.long_day(newest.session) if newest else "",
        "newest_unvalued": newest is not None and newest.closing is None,
        "valued": text.short_day(latest.session) if latest else "",
        "equity": text.money(latest.closing if latest else None),
        "total_pnl": _gain(latest.total_pnl if latest else None),
        "day_pnl": _gain(latest.day_pnl if latest else None),
        "daily_return": text.signed_percent(latest.daily_return) if latest else text.ABSENT,
        "drawdown": text.signed_percent(latest.drawdown if latest else None),
        "deepest": _deepest(falls),
    }


def _deepest(falls: Sequence[Decimal | None]) -> str:
    """Return the deepest of the drawdowns of valued sessions in words."""
    found = deepest(falls)
    return "nothing was left to compound" if found is None else f"deepest {text.signed_percent(found)}"


def _gain(amount: Decimal | None) -> tuple[str, str]:
    """Return a gain or a loss in dollars and its tone."""
    return text.signed_money(amount), text.tone_of(amount)


def _ended_book(book: EndedBook, lines: Sequence[SessionLine], places: Mapping[str, int]) -> str:
    """Return an earlier book as rows of their own: what it came to, then its sessions that are listed."""
    own = [line for line in lines if line.book == book.number]
    number = f"{counted(book.num_sessions, 'session')} since {text.short_day(book.since)}"
    unlisted = book.num_sessions - len(own)
    more = f"; {unlisted:,} of them only in {HISTORY_FILE}" if unlisted > 0 else ""
    valued = f" <small>on {text.short_day(book.valued)}</small>" if book.valued else ""
    return (
        f'<tbody><tr class="book"><th scope="rowgroup">Book {book.number}</th>'
        f'<td colspan="3">{number}{more} <small>ended {escaped(book.ended)}</small></td>'
        f"{cells.gain(book.total_pnl)}<td>{text.money(book.closing)}{valued}</td>"
        f"<td>{text.signed_percent(book.deepest)} <small>deepest</small></td></tr>\n"
        f"{_rows(own, places)}</tbody>"
    )


def _rows(lines: Sequence[SessionLine], places: Mapping[str, int]) -> str:
    """Return a row a session, the newest first.

    :param places: which book's row pages lead to by a session's name, the newest that has it.
    """
    return "\n".join(_row(line, is_place=places[line.session] == line.book) for line in reversed(lines))


def _row(line: SessionLine, *, is_place: bool) -> str:
    place = f' id="{escaped(line.session)}{"" if is_place else f".{line.book}"}"'
    name = escaped(line.session)
    day = day_of(line.session)
    weekday = f" <small>{WEEKDAYS[day.weekday()][:3]}</small>" if day else ""
    has_lost = line.day_pnl is not None and line.day_pnl < 0
    links = [_trade(line.session, number, status, has_lost=has_lost) for number, status in line.attempts]
    if line.marked:
        links.append(_link(f"{line.session}_mark.html", f"{line.session}: mark", "≈", "quiet", "mark"))
    incomplete = "" if line.complete else ' class="incomplete"'
    note = "" if line.complete else " <small>not valued</small>"
    return (
        f'<tr{place}{incomplete}><th scope="row">{name}{weekday}</th>'
        f"<td>{' '.join(links) or text.ABSENT}</td>"
        f"{cells.gain(line.day_pnl, note)}{_rate(line.daily_return)}{cells.gain(line.total_pnl)}"
        f"<td>{text.money(line.closing)}</td>{_rate(line.drawdown)}</tr>"
    )


def _trade(session: str, number: int, status: str, *, has_lost: bool) -> str:
    tone, sign = ("quiet", _REHEARSAL if status == "rehearsal" else _OTHER)
    if status in STATUSES:
        tone, sign = STATUSES[status][0], ""
    if tone == "good" and has_lost:
        tone = "calm"
    shown = status if number == 1 else f"{number} {status}"
    name = f"{session}, attempt {'1: ' if number == 1 else ''}{shown}"
    return _link(f"{attempt_name(session, number)}_paper_run.html", name, sign, tone, shown)


def _link(file: str, name: str, sign: str, tone: str, shown: str) -> str:
    """Return a link to a report in the same folder; no name can make it lead anywhere else."""
    words = f"{cells.signed(tone, sign)} {escaped(shown)}"
    return f'<a href="{navigation.address(file)}" aria-label="{escaped(name)}">{words}</a>'


def _rate(rate: Decimal | None) -> str:
    return f"<td>{text.signed_percent(rate)}</td>"
