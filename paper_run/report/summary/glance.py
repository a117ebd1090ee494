"""The glance of a letter: the last sessions as bars, what they came to and cost, the risk, what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.model import limits
from paper_run.model.findings import listed
from paper_run.money import CONTEXT, ZERO
from paper_run.report import text
from paper_run.report.summary.figures import Figure, beside
from paper_run.report.summary.summary import Bar, Glance, Item, Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from paper_run.book.holdings import Entry
    from paper_run.book.limits import Limit
    from paper_run.book.periods import Period
    from paper_run.model.history import SessionLine
    from paper_run.model.result import RunResult

MOST_BARS = 30
TALLEST = 44
"""Pixels of the largest bar."""
_NAMED = 4
_PERIODS = frozenset({"week", "month", "year"})


class Past(NamedTuple):
    """What a letter looks back on.

    :ivar lines: complete sessions of its book, oldest first, its own last if it is whole.
    :ivar before: what the session before was stated as; None: there is none of this book.
    :ivar moves: the splits and renames that it did not know, in the order of folding.
    """

    lines: Sequence[SessionLine] = ()
    before: RunResult | None = None
    moves: Sequence[Entry] = ()


NO_PAST = Past()


def glance(result: RunResult, past: Past) -> Glance:
    """Return it; without sessions it has no bars and no periods."""
    shown = past.lines[-MOST_BARS:]
    periods = _periods(result, past.lines)
    return Glance(_bars(shown), _described(shown, result), periods, _risk(result), beside(result))


def changes(result: RunResult, past: Past) -> tuple[Section, ...]:
    """Return what is held otherwise than a session before, and which limits were not passed then.

    What split or was renamed since is named as that, and compared as what it became.
    """
    before = past.before
    if before is None or before.pnl is None or result.pnl is None:
        return ()
    held, was = _held(result), _held(before)
    said = _became(was, past.moves)
    moved: dict[str, list[str]] = {"Opened": [], "Grown": [], "Reduced": [], "Turned": [], "Closed": []}
    not_known = {each.symbol for each in (*result.pnl.not_known, *before.pnl.not_known)}
    compared = sorted((held.keys() | was.keys()) - not_known)
    for symbol in compared:
        if (kind := _kind(was.get(symbol), held.get(symbol))) is not None:
            moved[kind].append(_moved(symbol, was.get(symbol), held.get(symbol)))
    found = {**said, **moved}.items()
    items = [Item("", kind, "", listed(each, _NAMED)) for kind, each in found if each]
    passed = {each.name: each.passed for each in before.limits.each} if before.limits else {}
    limited = [each for each in (result.limits.each if result.limits else ()) if each.limit is not None]
    newly = [each for each in limited if each.passed and passed.get(each.name) is False]
    items += [Item("caution", "Newly past a limit", "", text.one_line(limits.words(each))) for each in newly]
    if not items and (compared or not not_known):
        is_known = all(each.passed is False or (each.passed and passed.get(each.name)) for each in limited)
        same = f"Every {'other ' * bool(not_known)}position is as large as it was"
        items = [Item("", "", "", f"{same}, and no limit is newly passed." if is_known else f"{same}.")]
    if not_known:
        names = [text.clipped(text.one_line(each)) for each in sorted(not_known)]
        items.append(Item("", "Not known", "", f"how many shares of {listed(names, _NAMED)}"))
    return (Section(f"Since {text.short_day(before.session)}", tuple(items)),)


def _bars(lines: Sequence[SessionLine]) -> tuple[Bar, ...]:
    gains = [line.day_pnl or ZERO for line in lines]
    largest = max(map(abs, gains), default=ZERO)
    if not largest:
        return ()
    return tuple(_bar(pnl, largest) for pnl in gains)


def _bar(pnl: Decimal, largest: Decimal) -> Bar:
    tall = max(1, round(abs(pnl) * TALLEST / largest)) if pnl else 0
    return Bar(tall, 0) if pnl > 0 else Bar(0, tall)


def _described(lines: Sequence[SessionLine], result: RunResult) -> str:
    moved = [(line.day_pnl, line.session) for line in lines if line.day_pnl is not None]
    if not moved:
        return ""
    (best, at), (worst, on) = max(moved), min(moved)
    won, lost = sum(pnl > 0 for pnl, _ in moved), sum(pnl < 0 for pnl, _ in moved)
    if len(moved) == 1:
        return f"One session is valued so far, {text.short_day(at)}: {text.signed_money(best)}."
    last = "" if moved[-1][1] == result.session else f" They end with {text.short_day(moved[-1][1])}."
    best_worst = (
        f"Best {text.signed_money(best)} on {text.short_day(at)}, "
        f"worst {text.signed_money(worst)} on {text.short_day(on)}."
    )
    return f"The last {len(moved)} valued sessions: {won} gained, {lost} lost. {best_worst}{last}"


def _periods(result: RunResult, lines: Sequence[SessionLine]) -> tuple[Figure, ...]:
    if not lines or result.periods is None:
        return ()
    through = result.periods.through
    ends = f" to {text.short_day(through)}" if through is not None and through != result.session else ""
    found = [_period(each, ends) for each in result.periods.to_date if each.name in _PERIODS]
    last, statistic = lines[-1], text.percentage(result.statistics.max_drawdown)
    now = text.signed_percent(last.drawdown) if last.session == result.session else text.ABSENT
    deepest = "" if statistic is None else f"deepest {text.signed_percent(statistic)}"
    return (*found, Figure("Drawdown", now, deepest))


def _period(each: Period, ends: str) -> Figure:
    label = f"{each.name.capitalize()} to date"
    rate = text.as_shown(each.value, each.percent)
    shown = "" if rate is None else text.signed_percent(rate)
    aside = "" if each.pnl is None else f"{shown}{ends}".lstrip()
    return Figure(label, text.signed_money(each.pnl), aside, text.tone_of(each.pnl))


def _risk(result: RunResult) -> tuple[Figure, ...]:
    if (stated := result.limits) is None:
        return ()
    net = Figure("Net exposure", text.ABSENT, text.one_line(stated.gross.reason or ""))
    if stated.net_percent is not None:
        net = net._replace(shown=limits.shown(stated.net_percent), aside="of equity")
    return (
        _limited("Gross exposure", stated.gross),
        _limited("Largest position", stated.position),
        net,
    )


def _limited(label: str, each: Limit) -> Figure:
    limit = "no limit" if each.limit is None else f"limit {limits.shown(each.limit)}"
    if each.percent is None and not each.passed:
        return Figure(label, text.ABSENT, text.one_line(each.reason or ""))
    sign = "" if each.passed is None else f" {text.SIGNS['caution' if each.passed else 'good']}"
    would = "if filled, " if each.if_filled else ""
    if each.symbol:
        would = f"{text.clipped(text.one_line(each.symbol))}, {would}"
    return Figure(label, f"{limits.figure(each)}{sign}", f"{would}{limit}", "caution" if each.passed else "")


def _held(result: RunResult) -> dict[str, Decimal]:
    positions = result.pnl.positions if result.pnl else ()
    return {each.symbol: each.qty for each in positions if each.qty}


def _became(was: dict[str, Decimal], moves: Iterable[Entry]) -> dict[str, list[str]]:
    """Put what was held at what splits and renames made of it; return those, in words."""
    said: dict[str, list[str]] = {"Split": [], "Renamed": []}
    for each in moves:
        if not (qty := was.get(each.symbol)):
            continue
        name = text.clipped(text.one_line(each.symbol))
        if each.new_symbol is not None:
            del was[each.symbol]
            was[each.new_symbol] = CONTEXT.add(was.get(each.new_symbol, ZERO), qty)
            said["Renamed"].append(f"{name} to {text.clipped(text.one_line(each.new_symbol))}")
        elif each.ratio is not None and not each.ratio.is_none:
            was[each.symbol] = each.ratio.applied(qty)
            said["Split"].append(
                f"{name} {each.ratio}, {text.quantity(qty)} to {text.quantity(was[each.symbol])}"
            )
    return said


def _kind(was: Decimal | None, now: Decimal | None) -> str | None:
    """Return how a position moved; None where it did not."""
    before, after = was or ZERO, now or ZERO
    if before == after:
        return None
    if not before or not after:
        return "Opened" if after else "Closed"
    if (before > 0) is not (after > 0):
        return "Turned"
    return "Grown" if abs(after) > abs(before) else "Reduced"


def _moved(symbol: str, was: Decimal | None, now: Decimal | None) -> str:
    name = text.clipped(text.one_line(symbol))
    quantities = [text.quantity(each) for each in (was, now) if each is not None]
    return f"{name} {' to '.join(quantities)}"
