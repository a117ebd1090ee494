"""What of a day needs a person: orders, prices, the book, errors, warnings, and the commands for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import Remedy
from paper_run.model import commands, findings, messages
from paper_run.model.commands import PROGRAM, of_ledger, ours
from paper_run.model.findings import counted, unlisted
from paper_run.report import text
from paper_run.report.summary.headline import by_importance, is_problem
from paper_run.report.summary.summary import Item, Section, clip, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from decimal import Decimal

    from paper_run.model.findings import Finding, Severity
    from paper_run.model.order import Order, Outcome
    from paper_run.model.parties import Parties
    from paper_run.model.result import Pnl, PositionRow, RunResult
    from paper_run.report.summary.headline import Tone

MOST_ORDERS = 8
_MOST_UNPRICED = 8
_MOST_SENTENCES = 6
_LONGEST_REASON = 140
_LONGEST_SENTENCE = 280
_KINDS: dict[str | None, tuple[Tone, str]] = {
    "in_doubt": ("unsure", "In doubt"),
    "rejected": ("bad", "Rejected"),
    None: ("caution", "No order"),
}
# What the lists of orders and positions say, and what the letter tells in a place of its own.
_LISTED = frozenset({"unpriced", "unexplained", "residual"})
_HAVE_STEPS = frozenset({"answer_lost", "interrupted", "run_goes_on", "gateway_differs", "unpriced"})


class Issues(NamedTuple):
    """What needs a look; `needs` says in a few words why a person is asked for."""

    needs: tuple[str, ...]
    sections: tuple[Section, ...]
    steps: tuple[Remedy, ...]


def issues(result: RunResult, *, orders_file: str, before: RunResult | None) -> Issues:
    """Return what needs a person, the most urgent first.

    :param orders_file: where all orders are listed.
    :param before: what a session before was stated as: what it had not said is new; None: nothing is.
    """
    wrong = [each for each in result.orders if is_problem(each)]
    listed = by_importance(wrong)[:MOST_ORDERS]
    unknown = result.pnl.not_known if result.pnl else ()
    unpriced = result.pnl.unpriced if result.pnl else ()
    apart = _unexplained(result.pnl)
    beside = _beside(result.parties)
    found = result.findings
    errors, warnings = _sentences(found, "error"), _sentences(found, "warning")
    sections = (
        Section(
            "Orders to look at",
            tuple(map(_order, listed)),
            unlisted(len(wrong), MOST_ORDERS, f"in {orders_file}"),
        ),
        Section(
            "The book",
            (*apart, *beside, *map(_position, [*unknown, *unpriced][:_MOST_UNPRICED])),
            unlisted(len(unknown) + len(unpriced), _MOST_UNPRICED, "in the report"),
        ),
        _said(errors, warnings, _new(found, before)),
    )
    needs = _needs(
        result, wrong, len(unknown), len(unpriced), is_unexplained=bool(apart), is_apart=bool(beside)
    )
    return Issues(
        tuple(needs or _counted(("error", len(errors)), ("warning", len(warnings)))),
        tuple(section for section in sections if section.items),
        _each_once(
            remedy._replace(command=of_ledger(remedy.command, result.ledger))
            for remedy in (*_steps(result, wrong, has_unpriced=bool(unpriced)), *_remedies(found))
        ),
    )


def _each_once(remedies: Iterable[Remedy]) -> tuple[Remedy, ...]:
    """Return remedies without those that say nothing new: a command that is there already is one."""
    found: dict[str, Remedy] = {}
    for each in remedies:
        found.setdefault(each.command or each.text, each)
    return tuple(found.values())


def _needs(
    result: RunResult,
    wrong: Iterable[Order],
    unknown: int,
    unpriced: int,
    *,
    is_unexplained: bool,
    is_apart: bool,
) -> list[str]:
    found = []
    if result.is_unknown:
        found.append("its orders are not known" if result.how_known else "say what came of this attempt")
    elif result.status == "failed":
        found.append("the run failed")
    outcomes = [each.outcome for each in wrong]
    named: tuple[tuple[Outcome, str], ...] = (("in_doubt", "in doubt"), ("rejected", "rejected"))
    for outcome, words in named:
        if number := outcomes.count(outcome):
            found.append(f"{counted(number, 'order')} {words}")
    if unknown:
        found.append(f"{counted(unknown, 'position')} not known")
    if unpriced:
        found.append(f"{counted(unpriced, 'position')} without a price")
    if is_unexplained:
        found.append("the book does not add up")
    if is_apart:
        found.append("the broker's account is not explained")
    return found


def _steps(result: RunResult, wrong: Iterable[Order], *, has_unpriced: bool) -> Iterable[Remedy]:
    if result.is_unknown and not result.how_known:
        attempt, run = name_of(result), result.run_id
        yield Remedy("See at the broker whether orders were placed. The next command looks once more, too.")
        yield from (each for each in commands.say_what_came(attempt, run) if each.command)
    if any(each.outcome == "in_doubt" for each in wrong):
        words = "Each later command looks for an order in doubt. What is still open"
        yield Remedy(words, ours("resolve"))
    placed_none = not result.is_mark and not result.totals.num_orders_submitted
    if result.status == "failed" and placed_none and all(each.outcome != "repeat" for each in result.orders):
        # Of an attempt behind another one the session may be that one's.
        is_open = " The session is still open." * (result.attempt == 1)
        yield Remedy(f"{messages.no_bar_yet()}.{is_open}")
    if differing := _differing(result):
        named = [word for symbol in differing[:_MOST_UNPRICED] for word in ("--position", symbol)]
        words = "The gateway has another quantity. If your broker agrees with it"
        yield Remedy(words, ours("resolve", *named))
    if has_unpriced:
        yield Remedy("Once there is a price, value the session", ours("mark"))


def _remedies(found: Iterable[Finding]) -> Iterable[Remedy]:
    """Yield the commands of ours that findings name besides what the steps above say of them."""
    for each in found:
        if each.severity != "note" and each.code not in _HAVE_STEPS:
            yield from (remedy for remedy in each.remedies if remedy.command.startswith(PROGRAM))


def _differing(result: RunResult) -> list[str]:
    """Return the symbols of which the gateway has another quantity, and no order in flight explains it.

    Where the broker's word is known the gateway's is no reason to book anything.
    """
    told = result.parties.broker if result.parties and result.parties.broker.proven else None
    by_broker = {row.symbol for row in told.positions if row.broker_qty is not None} if told else set()
    return [
        each.symbol
        for each in (result.pnl.positions if result.pnl else ())
        if not each.orders_in_flight
        and each.symbol not in by_broker
        and any(found.field == "qty" for found in each.differences)
    ]


def _order(order: Order) -> Item:
    tone, kind = _KINDS.get(order.outcome, _KINDS[None])
    reasons = dict.fromkeys(reason for reason in (order.error_message, order.skip_reason) if reason)
    said = "; ".join(reasons) or order.status or "no reason was given"
    return Item(tone, kind, _asked(order, text.quantity), clip(said, _LONGEST_REASON))


def _position(position: PositionRow) -> Item:
    if position.is_not_known:
        reason = position.unknown_reason or "its fills are not known"
        return Item(
            "caution",
            "Not known",
            text.clipped(text.one_line(position.symbol)),
            clip(reason, _LONGEST_REASON),
        )
    about = f"{text.quantity(position.qty)} {text.clipped(text.one_line(position.symbol))}"
    reason = position.why_unpriced
    return Item("caution", "No price", about, clip(reason, _LONGEST_REASON))


def _unexplained(pnl: Pnl | None) -> tuple[Item, ...]:
    if pnl is None or (apart := pnl.unexplained) is None:
        return ()
    return (Item("bad", "Does not add up", text.signed_money(apart), "of equity is unexplained"),)


def _beside(parties: Parties | None) -> tuple[Item, ...]:
    """Return what of the broker's equity and cash nothing explains."""
    if parties is None:
        return ()
    left = {"equity": parties.broker.equity.residual, "cash": parties.broker.cash.unexplained}
    return tuple(
        Item("bad", "Residual", text.signed_money(amount), f"of {name} beside the broker's has no name")
        for name, amount in left.items()
        if amount
    )


def _said(errors: Sequence[str], warnings: Sequence[str], new: Collection[str]) -> Section:
    both = [Item("bad", "New error" if each in new else "Error", "", each) for each in errors]
    both += [Item("caution", "New warning" if each in new else "Warning", "", each) for each in warnings]
    more = unlisted(len(both), _MOST_SENTENCES, "in the report")
    heading = "Errors and warnings" if errors else "Warnings"
    return Section(heading, tuple(both[:_MOST_SENTENCES]), more)


def _new(found: Iterable[Finding], before: RunResult | None) -> set[str]:
    """Return the sentences of what was not found out a session before, of the same about the same."""
    if before is None or before.is_old:
        return set()
    was = {(each.code, each.subject) for each in before.findings}
    return {clip(each.text, _LONGEST_SENTENCE) for each in found if (each.code, each.subject) not in was}


def order_items(result: RunResult, *, orders_file: str) -> tuple[Section, ...]:
    """Return the orders that went well, the largest first, as many as the problems leave room for.

    :param orders_file: where all orders are listed.
    """
    own = [each for each in result.orders if each.outcome in ("accepted", "repeat") and not is_problem(each)]
    room = max(0, MOST_ORDERS - sum(map(is_problem, result.orders)))
    listed = by_importance(own)[:room]
    more = len(own) - len(listed)
    said = f"{more:,} more in {orders_file}" if more else ""
    return (Section("What was ordered", tuple(map(_well, listed)), said),) if own else ()


def _well(order: Order) -> Item:
    price = f" at {text.price(order.price)}" if order.price is not None else ""
    worth = f" = {text.money(order.notional)}" if order.notional is not None else ""
    guessed = " estimated" if order.price_source == "estimated" else ""
    again = ", the same order again" if order.outcome == "repeat" else ""
    said = f"{text.one_line(order.status or 'no status')}{price}{worth}{guessed}{again}"
    return Item("", "", _asked(order, text.quantity), clip(said, _LONGEST_REASON))


def _sentences(found: Iterable[Finding], severity: Severity) -> list[str]:
    """Return what failed or is to be looked at, each on a line, but for what the lists above say already."""
    return [
        clip(each.text, _LONGEST_SENTENCE)
        for each in dict.fromkeys(found)
        if each.severity == severity and each.code not in _LISTED and not findings.is_of_an_order(each)
    ]


def _asked(order: Order, show: Callable[[Decimal | None], str]) -> str:
    symbol = text.one_line(order.symbol)
    if order.qty is None:
        return text.clipped(symbol)
    return f"{clip(str(order.side), 12)} {show(order.qty)} {text.clipped(symbol)}"


def _counted(*numbers: tuple[str, int]) -> list[str]:
    return [counted(number, word) for word, number in numbers if number]
