"""What a day comes down to: its status, its worst problem in a sentence, and the banners nobody may miss."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from paper_run import NamedTuple
from paper_run.model import findings, order
from paper_run.model.findings import counted, listed
from paper_run.model.order import has_failed
from paper_run.report.text import one_line, signed_money

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paper_run.model.order import Order, Outcome
    from paper_run.model.result import Pnl, PositionRow, RunResult

Tone = Literal["good", "calm", "caution", "bad", "unsure"]
"""`calm`: all went well, at a loss: nobody is needed, and nothing is green."""

STATUSES: dict[str, tuple[Tone, str]] = {
    "success": ("good", "Success"),
    "partial": ("caution", "Partial"),
    "failed": ("bad", "Failed"),
    "timeout": ("unsure", "Timed out"),
    "unknown": ("unsure", "Unknown"),
    "interrupted": ("unsure", "Interrupted"),
}
# What happened, and what that means; where there is a banner, the banner says the latter.
_LOST = {
    "timeout": ("The run had not ended when the wait was over.", "It may still place orders."),
    "unknown": ("The orchestrator's answer was lost.", "Orders may or may not have been placed."),
    "interrupted": ("The run was interrupted.", "Orders may or may not have been placed."),
}
STILL_UNKNOWN = "What was placed is not known"
"""Of a lost answer after somebody, or the broker, has told something of what came of it."""
_NAMED = 4
_LIMITS_NAMED = 2


class Headline(NamedTuple):
    """A status and the sentence that explains it; `tone` is its colour and its sign.

    :ivar word: the status alone; `label` has the limits that are passed with it.
    """

    tone: Tone
    label: str
    sentence: str
    word: str

    @property
    def is_well(self) -> bool:
        """Whether nobody is needed."""
        return self.tone in ("good", "calm")


class Banner(NamedTuple):
    """A strip across the page: `kind` is its look, `title` what it shouts, `text` what that means."""

    kind: str
    title: str
    text: str


def headline(result: RunResult) -> Headline:
    """Return the status of the day in words, the worst problem first."""
    status = result.status
    tone, label = STATUSES.get(status, ("unsure", status.capitalize()))
    if tone == "good":
        if result.is_mark:
            label = "Valued"
        found = result.findings
        if any(each.severity != "note" for each in found) or _valuation(result):
            tone = "caution"
        elif has_lost(result.pnl):
            tone = "calm"
    passed = passed_limits(result) if status == "success" else ""
    whole = f"{label}, but {passed}" if passed else label
    return Headline(tone, one_line(whole), one_line(_sentence(result)), one_line(label))


def is_known(result: RunResult) -> bool:
    """Tell whether it is known what came of an attempt and of each of its orders."""
    return not (result.is_unknown or result.totals.num_orders_in_doubt)


def problem(result: RunResult) -> str:
    """Return the worst problem in a sentence; "" where nothing is wrong.

    Without what went well, and where orders are the problem without the error that follows from them; limits
    that are passed where nothing else is.
    """
    return one_line(_failure(result, with_error=False) or _concern(result) or passed_limits(result))


def passed_limits(result: RunResult) -> str:
    """Return the limits that are passed, two at most, such as `gross exposure 198% (limit 150%)`."""
    if result.limits is None or not (passed := result.limits.passed):
        return ""
    from paper_run.model import limits

    more = len(passed) - _LIMITS_NAMED
    named = [limits.words(each) for each in passed[:_LIMITS_NAMED]]
    return one_line(" and ".join(named) if more <= 0 else f"{', '.join(named)} and {more} more")


def needs_only_a_look(result: RunResult) -> bool:
    """Tell whether a success needs a look for its limits alone."""
    return bool(passed_limits(result)) and not _failure(result) and not _concern(result)


def has_lost(pnl: Pnl | None) -> bool:
    """Tell whether a day is known to have lost money."""
    return pnl is not None and pnl.day_pnl is not None and pnl.day_pnl < 0


def banners(result: RunResult) -> list[Banner]:
    """Return the banners of a day: not real, not executed, not known, in that order."""
    found = []
    if result.sandbox:
        found.append(
            Banner(
                "sandbox",
                "SANDBOX - simulated prices",
                "An invented market. No real account, no real broker, no money.",
            )
        )
    if result.rehearsal and not result.executed_nothing:
        found.append(
            Banner(
                "rehearsal",
                "REHEARSAL - its outcome is not known",
                "The execution gateway was in DRY_RUN before the request. What it did with it is not known.",
            )
        )
    elif result.rehearsal:
        found.append(
            Banner(
                "rehearsal",
                "REHEARSAL - nothing was executed",
                "The execution gateway was in DRY_RUN: no order left it. Every notional is simulated.",
            )
        )
    status = result.status
    if status in _LOST:
        how_known = result.how_known
        open_still = "The session stays closed until the outcome is known. See the broker's own list."
        meaning = STILL_UNKNOWN.lower() if how_known else "orders may have been placed"
        found.append(
            Banner(
                "unsure",
                f"{STATUSES[status][1].upper()} - {meaning}",
                one_line(f"Outcome: {how_known}.") if how_known else open_still,
            )
        )
    doubtful = _symbols(_having(result, "in_doubt"))
    if number := result.totals.num_orders_in_doubt:
        found.append(
            Banner(
                "unsure",
                f"{counted(number, 'order').upper()} IN DOUBT",
                f"Sent, without an answer that proves what became of {'it' if number == 1 else 'them'}: "
                f"{doubtful or 'see the orders'}. Look at the broker's own list before trading again.",
            )
        )
    return found


def _sentence(result: RunResult) -> str:
    if failure := _failure(result):
        return failure
    done = _valued(result) if result.is_mark else _done(result)
    concern = _concern(result)
    return f"{done} {concern}" if concern else done


def _failure(result: RunResult, *, with_error: bool = True) -> str:
    """Return what failed, "" when nothing did; in a mark the orders are the session's, not what failed."""
    status = result.status
    submitted = result.totals.num_orders_submitted or 0
    rejected = result.totals.num_orders_rejected
    errors = [each for each in result.findings if each.severity == "error"]
    if status in _LOST:
        happened, meaning = _LOST[status]
        if result.how_known:
            meaning = f"{STILL_UNKNOWN}."
        return happened if with_error else f"{happened} {meaning}"
    if result.is_mark and not errors:
        return ""
    error = f" {_ended(errors[0].text)}" if errors else ""
    # That orders were not accepted is what the counts say.
    said = error if with_error and errors and errors[0].code != "orders_not_accepted" else ""
    if doubtful := result.totals.num_orders_in_doubt:
        named = _symbols(_having(result, "in_doubt"))
        return f"{doubtful:,} of {counted(submitted, 'order')} in doubt: {named}.{said}"
    if rejected:
        return f"{rejected:,} of {counted(submitted, 'order')} rejected: {_rejections(result)}.{said}"
    if status != "success" and not error:
        return "The orchestration failed and gave no reason."
    return error.strip()


def _concern(result: RunResult) -> str:
    """Return what a day without a failure leaves to be looked at, "" when nothing."""
    others = (each for each in result.findings if each.code != "limit_passed")
    warnings = findings.texts(others, "warning")
    if (wrong := _valuation(result)) or not warnings:
        return wrong
    more = f" ({len(warnings) - 1:,} more below.)" if len(warnings) > 1 else ""
    return f"{_ended(warnings[0])}{more}"


def _valued(result: RunResult) -> str:
    held = [each for each in result.pnl.positions if each.qty] if result.pnl else []
    if not held and result.pnl and result.pnl.not_known:
        return "Nothing could be valued. Nothing was traded."
    if not held:
        return "The book holds no open position. Nothing was traded."
    valued = sum(each.market_value is not None for each in held)
    of = f"{valued:,} of " if valued < len(held) else ""
    others = ", and others that were read again" * result.has_others
    return (
        f"{of}{counted(len(held), 'open position')} at current prices. "
        f"Nothing was traded: the orders are the session's{others}."
    )


def _valuation(result: RunResult) -> str:
    """Return what is wrong with the valuation, "" when it is whole and adds up."""
    pnl = result.pnl
    if pnl is None:
        return ""
    if not pnl.complete:
        unknown = _symbols(pnl.not_known)
        if unknown:
            return f"The shares of {unknown} are not known, so P&L and equity are not known."
        return f"No price for {_symbols(pnl.unpriced) or 'a position'}: P&L and equity are not known."
    apart = pnl.unexplained
    return "" if apart is None else f"The book does not add up: {signed_money(apart)} is unexplained."


def _done(result: RunResult) -> str:
    if submitted := result.totals.num_orders_submitted:
        filled = result.totals.num_orders_filled
        if submitted == 1:
            return "The one order was accepted and filled." if filled else "The one order was accepted."
        every = "both" if submitted == 2 else "all"
        done = f", {every if filled == submitted else f'{filled:,}'} filled" if filled else ""
        these = "Both" if submitted == 2 else f"All {submitted:,}"
        return f"{these} orders were accepted{done}."
    signals = result.totals.num_signals
    if not signals:
        return "No signals, so no orders: there was nothing to trade."
    failed = [each for each in result.orders if order.has_failed(each.skip_reason)]
    if failed:
        return f"No orders: {len(failed):,} of {counted(signals, 'signal')} failed."
    return f"No orders: {counted(signals, 'signal')}, none of which called for a trade."


def _ended(sentence: str) -> str:
    first = sentence.strip().partition("\n")[0].rstrip(" :,;")
    return first if first.endswith((".", "!", "?")) else first + "."


def _symbols(rows: Iterable[Order | PositionRow]) -> str:
    return listed([one_line(each.symbol) for each in rows], _NAMED)


def _rejections(result: RunResult) -> str:
    reasons = (
        (order.symbol, order.error_message or order.skip_reason or order.status)
        for order in _having(result, "rejected")
    )
    return listed([f"{symbol} ({reason})" if reason else f"{symbol}" for symbol, reason in reasons], _NAMED)


def _having(result: RunResult, outcome: Outcome) -> Iterable[Order]:
    return (order for order in result.orders if order.outcome == outcome)


_URGENCY = {"in_doubt": 0, "rejected": 1, "accepted": 3, "repeat": 4}


def by_importance(orders: Iterable[Order]) -> list[Order]:
    """Return them with the problems first, then the largest notional."""
    return sorted(orders, key=_importance)


def is_problem(order: Order) -> bool:
    """Tell whether an order, or a signal left without one, went wrong."""
    if order.outcome is None:
        return bool(order.error_message) or has_failed(order.skip_reason)
    return order.outcome in ("rejected", "in_doubt")


def _importance(order: Order) -> tuple[int, Decimal]:
    outcome = order.outcome
    urgency = _URGENCY.get(outcome) if outcome else (2 if is_problem(order) else 5)
    return (3 if urgency is None else urgency, -(order.notional or Decimal(0)))
