"""Letters of every kind that a day can leave, and what a reader sees of their HTML part."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from typing import Any

from builders import days, documents, stated
from paper_run.errors import Remedy
from paper_run.model import findings
from paper_run.model.result_json import of_document
from paper_run.notify.email import letters
from paper_run.notify.email.letters import Letter
from paper_run.report.summary.glance import Past
from paper_run.report.summary.notices import Notice
from paper_run.report.summary.summary import Attachment, Occasion

ATTACHMENTS = (
    Attachment("report.html", "html", b"<p>"),
    Attachment("orders.csv", "csv", b"symbol"),
)
CLOSED = Notice(
    kind="closed",
    session="2026-11-26",
    title="Thanksgiving Day",
    explanation="The exchange is closed. Nothing was sent.",
    remedies=(Remedy("Trade all the same", "paper-run --ignore-calendar"),),
    exit_status=0,
    next_session="2026-11-27",
    label=None,
)
STOPPED = Notice(
    kind="stopped",
    session="2026-11-20",
    title="Signal Service unavailable",
    explanation="It refused the connection at http://localhost:8001/health.\n\nNothing was sent.",
    remedies=(Remedy("Start it", "systemctl start signal-service"), Remedy("Then run again")),
    exit_status=1,
    next_session=None,
    label="SANDBOX - simulated prices; REHEARSAL - nothing executed",
)
LATE = STOPPED._replace(
    kind="late",
    title="The latest start was 15:45",
    exit_status=2,
    next_session="2026-11-23",
    label=None,
)
NOTICES = {"closed": CLOSED, "stopped": STOPPED, "late": LATE}


def crowded_day(number: int = 500) -> dict[str, Any]:
    """A day of many orders and positions, most orders rejected for a long reason, many positions unpriced."""
    day = days.many_orders(number)
    reason = "&<\"'" * 500
    for each in day["orders"][50:]:
        each |= {"outcome": "rejected", "status": "rejected", "error_message": reason, "notional": None}
    positions = days.many_positions(number)["pnl"]["positions"]
    for at in range(0, number, 10):
        positions[at] = documents.position(
            f"{positions[at]['symbol']}{'W' * 900}", "10", "12.50", None, unpriced_reason=reason
        )
    return documents.changed(
        day,
        pnl=documents.book(positions, opening="100000.00"),
        warnings=[f"{at} {reason}" for at in range(number)],
        errors=[f"{'é😀' * 900} {at}" for at in range(number)],
    )


def out_of_balance_day() -> dict[str, Any]:
    """A day whose book does not add up, as its own warning says too."""
    day = documents.good_day()
    return documents.changed(
        day,
        pnl=documents.book(day["pnl"]["positions"], unexplained="-12.50"),
        findings=findings.to_json(
            (
                findings.warning("unexplained", "The book does not tie out: -12.5 dollars are unexplained."),
                findings.warning("quote", "The quotes were old."),
            )
        ),
    )


def known_later_day() -> dict[str, Any]:
    """An attempt that was not known, adopted later: its fills are not valued yet."""
    return documents.changed(
        documents.good_day(),
        pnl=None,
        statistics={},
        settled="run 550e8400 was found by desk@host on 2025-01-17 12:00:00-05:00",
        findings=findings.to_json(
            (
                findings.note(
                    "recovered", "Settled: run 550e8400 was found by desk@host on 2025-01-17 12:00:00-05:00."
                ),
            )
        ),
    )


def huge_day() -> dict[str, Any]:
    """A day whose amounts have as many digits as a ledger holds."""
    day = documents.good_day()
    for each in day["pnl"]["positions"]:
        for name in ("day_pnl", "total_pnl"):
            each[name] = each[name] * Decimal(10) ** 22
    for name in ("day_pnl", "total_pnl"):
        day["pnl"][name] = day["pnl"][name] * Decimal(10) ** 22
    day["pnl"]["equity"]["closing"] = Decimal("1e24")
    return day


DAYS: dict[str, Callable[[], dict[str, Any]]] = {
    **days.DAYS,
    "crowded": crowded_day,
    "out of balance": out_of_balance_day,
    "settled": known_later_day,
    "huge": huge_day,
}


def occasion_of(day: str) -> Occasion:
    """Return the occasion on which a day's letter is written."""
    if day == "mark":
        return "close"
    return "settled" if day == "settled" else "run"


def past(number: int = 45) -> Past:
    """Return what a letter looks back on: so many sessions, the last with other positions and no finding."""
    before = documents.good_day()
    before["session"] = "2025-01-16"
    held = before["pnl"]["positions"]
    held[0]["qty"], held[1]["qty"] = Decimal(40), Decimal(0)
    before["findings"] = []
    return Past(documents.curve(number), of_document(before))


LETTERS = (*DAYS, *NOTICES)
"""The names of all letters: one of each day and each notice."""


@cache
def letter_named(name: str) -> Letter:
    """Return one of them."""
    if name in NOTICES:
        return letters.of_notice(NOTICES[name])
    return stated.letter(DAYS[name](), occasion=occasion_of(name), attachments=ATTACHMENTS, past=past())


class Seen(HTMLParser):
    """What a mail program has of an HTML part: its elements, and the text that is shown, space collapsed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.comments: list[str] = []
        self.ends: list[str] = []
        self._words: list[str] = []
        self.feed(source)
        self.close()

    @property
    def text(self) -> str:
        return " ".join("".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in {"td", "br", "h1", "h2", "body"}:
            self._words.append(" ")
        if tag == "title":
            self._words.append("\0")

    def handle_endtag(self, tag: str) -> None:
        self.ends.append(tag)
        if tag in {"h1", "h2"}:
            self._words.append(" ")
        if tag == "title":
            del self._words[self._words.index("\0") :]

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)
