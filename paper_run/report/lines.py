"""An order, a position, a request or a failure in words, for the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.report import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paper_run.book.bridge import Bridge
    from paper_run.book.limits import Limits
    from paper_run.errors import PaperRunError, Remedy
    from paper_run.model.order import Order
    from paper_run.model.result import PositionRow
    from paper_run.model.service import Exchange


def position_line(position: PositionRow) -> str:
    """Return an open position, or one that is not known, on a line."""
    if position.qty is None:
        return f"    {position.symbol:<8} {'not known':>10}: {position.unknown_reason}"
    shown = f"    {position.symbol:<8} {text.quantity(position.qty):>10}"
    if position.avg_entry_price is not None:
        shown += f" @ {text.price(position.avg_entry_price)}"
    if position.mark_price is None:
        return f"{shown}, no price"
    unrealized = text.signed_money(position.unrealized_pnl)
    return f"{shown}, now {text.price(position.mark_price)}: {unrealized} unrealized"


def moved_line(bridge: Bridge) -> str:
    """Return what a session has besides trading on a line, "" for nothing."""
    if bridge.money is None:
        return ""
    amounts = (
        (bridge.money.income, "income and fees"),
        (bridge.money.flows, "in and out, no P&L"),
        (bridge.money.other, "other, no P&L"),
    )
    return "; ".join(f"{text.signed_money(amount)} {words}" for amount, words in amounts if amount)


def limits_line(stated: Limits) -> str:
    """Return what is at risk on a line, each figure with a tick, or an exclamation mark past its limit."""
    from paper_run.model import limits

    shown = []
    for each in stated.each:
        sign = "" if each.passed is None else f" {text.SIGNS['caution' if each.passed else 'good']}"
        amount = text.ABSENT if each.percent is None and not each.passed else limits.figure(each)
        shown.append(f"{limits.named(each)} {amount}{sign}")
    return ", ".join(shown)


def order_line(order: Order) -> str:
    """Return an order, or a signal without one, on a line."""
    if order.outcome is None:
        why = text.why_no_order(order.skip_reason) or "no reason given"
        return f"  {'-':<4} {order.symbol:<8} no order: {why}"
    shown = f"  {(order.side or '').upper():<4} {order.symbol:<8} {text.quantity(order.qty):>10}"
    if order.price is not None:
        shown += f" @ {text.price(order.price)} ({order.price_source})"
    if order.notional is not None:
        shown += f" = {text.money(order.notional)}"
        shown += " estimated" if order.price_source == "estimated" else ""
    state = order.status or "no status"
    if order.outcome == "in_doubt":
        state = "IN DOUBT"
    elif order.outcome == "repeat":
        state += ", the same order again"
    reason = order.error_message or (order.skip_reason if order.outcome != "accepted" else None)
    return f"{shown}  {state}" + (f": {reason}" if reason else "")


def error_block(errors: Sequence[PaperRunError], exit_status: int, width: int | None) -> str:
    """Return what failed, why, and what to try, one block each, and the exit status.

    :param width: how many columns a line may have, None for as many as it takes; a command has them always.
    """
    blocks = []
    for error in errors:
        lines = [*fitted(f"❌ ERROR: {error.title}", width)]
        if error.explanation:
            lines += ["", *fitted(error.explanation, width)]
            for each in error.details:
                lines += fitted(f"- {each}", width)
        if error.remedies:
            lines += ["", "Troubleshooting:"]
            for number, remedy in enumerate(error.remedies, 1):
                lines += _steps(number, remedy, width)
        blocks.append("\n".join(lines))
    return "\n\n".join([*blocks, f"Exiting with code {exit_status}."])


def _steps(number: int, remedy: Remedy, width: int | None) -> list[str]:
    line = f"{number}. {remedy}"
    if width is None or not remedy.command or len(line) <= width:
        return fitted(line, width, indent="   ")
    return [*fitted(f"{number}. {remedy.text}:", width, indent="   "), f"   {remedy.command}"]


def fitted(words: str, width: int | None, *, indent: str = "") -> list[str]:
    """Return words in lines of at most so many columns; a longer word, such as a path, stays whole."""
    if width is None or len(words) <= width:
        return [words]
    from textwrap import wrap

    lines = words.split("\n")
    return [
        fit
        for line in lines
        for fit in wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        or [""]
    ]


def exchange_line(exchange: Exchange) -> str:
    """Return a request as `-v` shows it."""
    return f"{exchange.method} {exchange.url} -> {exchange.outcome} ({exchange.milliseconds} ms)"
