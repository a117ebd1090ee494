"""The subject of a letter: one printable line that says at a glance whether a person is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.report import text
from paper_run.report.summary.figures import OVER_SEVERAL, is_of_several
from paper_run.report.summary.headline import (
    STILL_UNKNOWN,
    headline,
    is_known,
    needs_only_a_look,
    problem,
)
from paper_run.report.summary.summary import Occasion, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paper_run.model.result import Pnl, RunResult
    from paper_run.report.summary.notices import Notice


PREFIX = "[paper_run]"
LONGEST = 120
_LONGEST_ENDING = 24

# What a list of mails shows best in plain characters.
_PLAIN = str.maketrans({text.MINUS: "-", text.ABSENT: "-", "×": "x", "…": "..."})


def of_result(result: RunResult, occasion: Occasion) -> str:
    """Return the subject of a result: day P&L and OK, or the worst problem in words."""
    flags = ["SANDBOX"] * result.sandbox + ["REHEARSAL"] * result.rehearsal
    if occasion == "settled" and result.is_unknown and result.how_known:
        return _subject(name_of(result), flags, f"{STILL_UNKNOWN}; outcome: {result.how_known}")
    if occasion != "run":
        known = "known now" if is_known(result) else "more known"
        flags.append(known if occasion == "settled" else occasion)
    return _subject(name_of(result), flags, _words(result))


def of_notice(notice: Notice) -> str:
    """Return the subject of a notice: not traded and why, or no session and when the next one is."""
    flags = [name for name in ("SANDBOX", "REHEARSAL") if name in (notice.label or "")]
    if notice.kind != "closed":
        done = "valued" if notice.kind == "unvalued" else "traded"
        return _subject(notice.session, flags, f"Not {done}: {notice.title}")
    coming = f"; next {notice.next_session}" if notice.next_session else ""
    return _subject(notice.session, flags, f"No session: {notice.title}", coming)


def line(words: str) -> str:
    """Return text on one line without any character that is not printable."""
    shown = " ".join(text.one_line(words).split())
    return shown if shown.isprintable() else "".join(map(_printable, shown))


def _words(result: RunResult) -> str:
    head = headline(result)
    amount = _day_pnl(result, result.pnl) if result.pnl and result.pnl.complete else ""
    if head.is_well:
        return f"{amount} OK" if amount else "OK, no P&L"
    worst = problem(result) or head.sentence
    if result.status == "success":
        return f"{amount} {'Look' if needs_only_a_look(result) else 'Check'}: {worst}".lstrip()
    return f"{head.label}: {worst}"


def _day_pnl(result: RunResult, pnl: Pnl) -> str:
    """Return the day's P&L, its share of the opening equity if known, and that it is of several."""
    rate = text.percentage(result.statistics.daily_return)
    shown = text.signed_money(pnl.day_pnl)
    whole = shown if rate is None else f"{shown} ({text.signed_percent(rate)})"
    return f"{whole} {OVER_SEVERAL}" if is_of_several(result) else whole


def _subject(name: str, flags: Iterable[str], words: str, ending: str = "") -> str:
    """Return the parts on a line; where there is no room for all words, whole sentences or a cut one."""
    ending = line(ending.translate(_PLAIN))[:_LONGEST_ENDING]
    whole = line(" ".join([PREFIX, name, *flags, words]).translate(_PLAIN))
    room = LONGEST - len(ending)
    if len(whole) <= room:
        return (whole if whole.endswith("..") else whole.removesuffix(".")) + ending
    sentence = whole[: room + 1].rpartition(". ")[0]
    if len(sentence) > len(line(" ".join([PREFIX, name, *flags]))):
        return sentence + ending
    cut = whole[: room - 2]
    kept = cut.rpartition(" ")[0] if " " in cut[room // 2 :] else cut[:-1]
    return kept.rstrip(" ,;:.(") + "..." + ending


def _printable(character: str) -> str:
    return character if character.isprintable() else text.REPLACEMENT
