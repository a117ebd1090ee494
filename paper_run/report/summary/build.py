"""From a result or a notice to what its letter says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.errors import Remedy
from paper_run.model.commands import PLAIN, Invocation
from paper_run.model.findings import unlisted
from paper_run.report import text
from paper_run.report.summary import figures
from paper_run.report.summary.figures import Figure
from paper_run.report.summary.glance import NO_PAST, Past, changes, glance
from paper_run.report.summary.headline import (
    Banner,
    banners,
    headline,
    is_known,
    needs_only_a_look,
    passed_limits,
    problem,
)
from paper_run.report.summary.issues import issues, order_items
from paper_run.report.summary.movers import movers
from paper_run.report.summary.summary import NOT_KNOWN, Count, Item, Section, Summary, clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from paper_run.errors import PaperRunError
    from paper_run.model.result import RunResult, Totals
    from paper_run.report.summary.headline import Headline, Tone
    from paper_run.report.summary.notices import Notice
    from paper_run.report.summary.summary import Attachment, Occasion

_NAMES = {"run": "Paper run", "mark": "Mark", "close": "Close of the day", "settled": "Outcome known"}
_NEEDS_NAMED = 3
_WELL: tuple[Tone, ...] = ("good", "calm")
_LONGEST_STATUS, _LONGEST_FACT, _LONGEST_LINE = 320, 160, 600
_MOST_LINES, _MOST_REMEDIES = 12, 10
_BEFORE = "P&L and equity are from before its outcome was known: the next run or mark books what was found."


def of_result(
    result: RunResult,
    occasion: Occasion,
    attachments: Sequence[Attachment] = (),
    invocation: Invocation = PLAIN,
    past: Past = NO_PAST,
) -> Summary:
    """Return what is told of a result.

    :param past: what it is looked back on from there.
    """
    head = headline(result)
    has_orders = any(each.subtype == "csv" for each in attachments)
    orders_file = "the attached CSV" if has_orders else "the report"
    found = issues(result, orders_file=orders_file, before=past.before)
    seen = glance(result, past)
    status = head.word if needs_only_a_look(result) else head.label
    pnl, known_now = result.pnl, _known_now(result, occasion)
    return Summary(
        name=_NAMES[occasion] if occasion != "settled" or is_known(result) else "More known",
        day=_day(result.session),
        moment=text.moment(clip(str(result.timestamp or text.ABSENT), 64)),
        tone=head.tone,
        verdict=_verdict(result, head, found.needs),
        status=clip(f"{status}: {_sentence(result, head)}", _LONGEST_STATUS),
        banners=tuple(_short(banner) for banner in banners(result)),
        figures=_figures(result, past),
        absence="" if pnl else figures.absence(result, past.lines),
        counts=_counts(result.totals),
        notional=_in_words(figures.notional(result)),
        sections=(*known_now, *found.sections),
        steps_heading="What to do",
        steps=_whole(found.steps, invocation),
        glance=seen._replace(
            periods=tuple(map(_in_words, seen.periods)),
            risk=tuple(map(_in_words, seen.risk)),
            beside=tuple(map(_in_words, seen.beside)),
        ),
        news=(*changes(result, past), *order_items(result, orders_file=orders_file)),
        movers=movers(pnl) if pnl else None,
        facts=_facts(result, says_how=not known_now),
        closing=tuple(
            filter(
                None,
                (
                    _attached(attachments),
                    _BEFORE if pnl and result.how_known else "",
                    f"Equity: {made[0].lower()}{made[1:]}" if (made := figures.equity_is(result)) else "",
                    figures.whose_money(result),
                ),
            )
        ),
    )


def with_failures(summary: Summary, failed: Sequence[PaperRunError]) -> Summary:
    """Return a result's summary with what failed besides the result: its files, its mails."""
    titles = ", ".join(each.title for each in failed[:_NEEDS_NAMED])
    said = tuple(Item("bad", "", "", clip(str(each), _LONGEST_LINE)) for each in failed[:_MOST_LINES])
    more = unlisted(len(failed), _MOST_LINES)
    steps = dict.fromkeys((*(remedy for each in failed for remedy in each.remedies), *summary.steps))
    return summary._replace(
        tone="bad",
        verdict=f"Needs you: {titles}." if summary.tone in _WELL else f"{summary.verdict} Also: {titles}.",
        sections=(Section("What failed besides", said, more), *summary.sections),
        steps=tuple(steps)[:_MOST_REMEDIES],
        facts=tuple(each for each in summary.facts if each[0] != "Exit status"),  # it is the result's alone
    )


def of_notice(notice: Notice, invocation: Invocation = PLAIN) -> Summary:
    """Return what is told of a day that left no result."""
    is_closed = notice.kind == "closed"
    tone: Tone = "good" if is_closed else "bad"
    done = "valued" if notice.kind == "unvalued" else "traded"
    name = "No session" if is_closed else f"Not {done}"
    status = f"{name}: {clip(notice.title, _LONGEST_STATUS).rstrip('.')}."
    said = [clip(part, _LONGEST_LINE) for part in notice.explanation.split("\n") if part.strip()]
    facts = [("Session", notice.session), ("Exit status", str(notice.exit_status))]
    if notice.next_session:
        status += f" The next session is on {_day(notice.next_session)}."
        facts.insert(1, ("Next session", notice.next_session))
    lines = tuple(Item(tone, "", "", each) for each in said[:_MOST_LINES])
    more = unlisted(len(said), _MOST_LINES, "lines")
    return Summary(
        name=name,
        day=_day(notice.session),
        moment="",
        tone=tone,
        verdict="Nothing to do." if is_closed else f"Needs you: nothing was {done}.",
        status=status,
        banners=_banners(notice.label),
        sections=(Section("What happened", lines, more),) if lines else (),
        steps_heading="If it should trade after all" if is_closed else "What to try",
        steps=_whole(notice.remedies[:_MOST_REMEDIES], invocation),
        facts=tuple((label, clip(value, _LONGEST_FACT)) for label, value in facts),
    )


def _banners(label: str | None) -> tuple[Banner, ...]:
    """Return the words of a label as banners."""
    words = [clip(each, _LONGEST_FACT) for each in (label or "").split("; ") if each]
    return tuple(
        Banner("rehearsal" if each.startswith("REHEARSAL") else "sandbox", each, "") for each in words
    )


def _whole(remedies: Iterable[Remedy], invocation: Invocation) -> tuple[Remedy, ...]:
    """Return remedies with commands that run as they stand; none is shortened: it is copied."""
    return tuple(Remedy(clip(each.text, _LONGEST_LINE), invocation.whole(each.command)) for each in remedies)


def _sentence(result: RunResult, head: Headline) -> str:
    """Say how the day went; an error that follows from the orders stands below, with the others."""
    worst = problem(result)
    return worst if worst and head.sentence.startswith(worst) else head.sentence


def _verdict(result: RunResult, head: Headline, needs: Sequence[str]) -> str:
    if head.is_well:
        return "Nothing to do."
    if needs_only_a_look(result):
        return f"Look: {passed_limits(result)}."
    return f"Needs you: {', '.join(needs[:_NEEDS_NAMED]) or 'see how it ended'}."


def _figures(result: RunResult, past: Past) -> tuple[Figure, ...]:
    pnl = result.pnl
    return tuple(map(_in_words, figures.figures(result, pnl, past.lines))) if pnl else ()


def _counts(totals: Totals) -> tuple[Count, ...]:
    return tuple(Count(*each) for each in figures.counts(totals))


def _known_now(result: RunResult, occasion: Occasion) -> tuple[Section, ...]:
    """Return how the outcome of an attempt became known, where that is what the letter is about."""
    if occasion != "settled" or not result.how_known:
        return ()
    said = Item("good", "Outcome", "", clip(str(result.how_known), _LONGEST_STATUS))
    return (Section("What is known now", (said,)),)


def _facts(result: RunResult, *, says_how: bool) -> tuple[tuple[str, str], ...]:
    attempt, run = result.attempt, result.run_id
    is_mark = result.is_mark  # its parameters are those of whichever attempt was the last
    signals = f"{text.count(result.totals.num_signals)}, as of {result.parameters.as_of_date}"
    facts = (
        ("Session", result.session),
        ("Attempt", f"{attempt} of this session" if attempt and attempt != 1 else None),
        ("Signals", None if is_mark else signals),
        ("Run", run or (None if is_mark else "no run id was received")),
        ("Outcome", result.how_known if says_how else None),
        ("Exit status", result.exit_status),
    )
    return tuple((label, clip(str(value), _LONGEST_FACT)) for label, value in facts if value is not None)


def _attached(attachments: Iterable[Attachment]) -> str:
    what = {"html": "the whole report", "csv": "every order"}
    named = [f"{what.get(each.subtype, 'more')} in {each.name}" for each in attachments]
    return f"Attached: {', '.join(named)}." if named else ""


def _day(session: str) -> str:
    return clip(text.long_day(session), _LONGEST_FACT)


def _short(banner: Banner) -> Banner:
    return banner._replace(title=clip(banner.title, _LONGEST_STATUS), text=clip(banner.text, _LONGEST_STATUS))


def _in_words(figure: Figure) -> Figure:
    """Return a figure as a letter has it: what is not known is said to be, not dashed."""
    aside = clip(figure.aside, _LONGEST_STATUS)
    if figure.shown != text.ABSENT:
        return figure._replace(aside=aside)
    return figure._replace(shown=NOT_KNOWN, aside=aside.removeprefix(NOT_KNOWN).removeprefix(": "))
