"""What of a day needs a person: orders, prices, the book, errors, warnings, and commands that settle it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from paper_run import failures
from paper_run.mail.digest import Item, Section, Step, clip
from paper_run.mail.subjects import name_of
from paper_run.writers import html_tables, text
from paper_run.writers.headline import is_unknown, unexplained
from paper_run.writers.html_book import is_unpriced
from paper_run.writers.svg import clipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from paper_run.writers.headline import Tone

MOST_ORDERS = 15
_MOST_UNPRICED = 8
_MOST_SENTENCES = 6
_LONGEST_REASON = 140
_LONGEST_SENTENCE = 280
_KINDS: dict[str | None, tuple[Tone, str]] = {
    "in_doubt": ("unsure", "In doubt"),
    "rejected": ("bad", "Rejected"),
    None: ("caution", "No order"),
}


class Troubles(NamedTuple):
    """What needs a look; `needs` says in a few words why a person is asked for."""

    needs: tuple[str, ...]
    sections: tuple[Section, ...]
    steps: tuple[Step, ...]


def troubles(document: Mapping[str, Any], *, orders_file: str, context: str) -> Troubles:
    """Return what needs a person, the most urgent first.

    :param orders_file: where all orders are listed. :param context: the options that a command needs to find
        this ledger.
    """
    pnl = document.get("pnl") or {}
    wrong = [each for each in document.get("orders") or () if html_tables.is_problem(each)]
    listed = html_tables.listed_orders(wrong)[:MOST_ORDERS]
    unpriced = [each for each in pnl.get("positions") or () if is_unpriced(each)]
    apart = _unexplained(pnl)
    told = _prefixes(wrong, unpriced, is_unexplained=bool(apart))
    errors = _sentences(document.get("errors") or (), told, ())
    warnings = _sentences(document.get("warnings") or (), told, document.get("errors") or ())
    sections = (
        Section("Orders to look at", tuple(map(_order, listed)), _more(len(wrong), MOST_ORDERS, orders_file)),
        Section(
            "The book",
            (*apart, *map(_position, unpriced[:_MOST_UNPRICED])),
            _more(len(unpriced), _MOST_UNPRICED, "the report"),
        ),
        _said(errors, warnings),
    )
    needs = _needs(document, wrong, len(unpriced), is_unexplained=bool(apart))
    return Troubles(
        tuple(needs or _counted(("error", len(errors)), ("warning", len(warnings)))),
        tuple(section for section in sections if section.items),
        tuple(_steps(document, wrong, context, has_unpriced=bool(unpriced))),
    )


def _needs(
    document: Mapping[str, Any], wrong: Iterable[Mapping[str, Any]], unpriced: int, *, is_unexplained: bool
) -> list[str]:
    found = []
    if is_unknown(document):
        found.append("its orders are not known" if document.get("settled") else "settle this trade")
    elif document.get("status") == "failed":
        found.append("the run failed")
    outcomes = [each.get("outcome") for each in wrong]
    for outcome, words in (("in_doubt", "in doubt"), ("rejected", "rejected")):
        if number := outcomes.count(outcome):
            found.append(f"{_plural(number, 'order')} {words}")
    if unpriced:
        found.append(f"{_plural(unpriced, 'position')} without a price")
    if is_unexplained:
        found.append("the book does not add up")
    return found


def _steps(
    document: Mapping[str, Any], wrong: Iterable[Mapping[str, Any]], context: str, *, has_unpriced: bool
) -> Iterable[Step]:
    resolve = "python -m paper_run resolve"
    if is_unknown(document) and not document.get("settled"):
        trade = f"{resolve} {_typed(name_of(document))}{context}"
        run = _typed(str(document["run_id"])) if document.get("run_id") else "ID"
        yield Step("See at the broker whether orders were placed. The next command looks once more, too.")
        yield Step("If they were:", f"{trade} --placed --run-id {run}")
        yield Step("If they were not, which opens the session again:", f"{trade} --not-placed")
    if any(each.get("outcome") == "in_doubt" for each in wrong):
        yield Step("Each later command looks for an order in doubt. What is still open:", resolve + context)
    placed_none = document.get("kind") != "mark" and not (document.get("results") or {}).get(
        "num_orders_submitted"
    )
    if document.get("status") == "failed" and placed_none:
        yield Step(f"{failures.no_bar_yet()}. The session is still open.")
    if differing := _differing(document.get("pnl") or {}):
        named = "".join(f" --position {_typed(symbol)}" for symbol in differing[:_MOST_UNPRICED])
        yield Step(
            "The gateway has another quantity. If your broker agrees with it:", resolve + named + context
        )
    if has_unpriced:
        yield Step("Once there is a price, value the session:", f"python -m paper_run mark{context}")


def _differing(pnl: Mapping[str, Any]) -> list[str]:
    """Return the symbols of which the gateway has another quantity, while none of our orders explains it."""
    return [
        str(each["symbol"])
        for each in pnl.get("positions") or ()
        if not each["orders_in_flight"] and any(found["field"] == "qty" for found in each["differences"])
    ]


def _order(order: Mapping[str, Any]) -> Item:
    get = order.get
    tone, kind = _KINDS.get(get("outcome"), _KINDS[None])
    reasons = dict.fromkeys(str(reason) for reason in (get("error_message"), get("skip_reason")) if reason)
    said = "; ".join(reasons) or str(get("status") or "no reason was given")
    return Item(tone, kind, _asked(order, text.quantity), clip(said, _LONGEST_REASON))


def _position(position: Mapping[str, Any]) -> Item:
    about = f"{text.quantity(position['qty'])} {clipped(text.one_line(str(position['symbol'])))}"
    reason = str(position["unpriced_reason"] or "no source has one")
    return Item("caution", "No price", about, clip(reason, _LONGEST_REASON))


def _unexplained(pnl: Mapping[str, Any]) -> tuple[Item, ...]:
    if not pnl or (apart := unexplained(pnl)) is None:
        return ()
    return (Item("bad", "Does not add up", text.signed_money(apart), "of equity is unexplained"),)


def _said(errors: Sequence[str], warnings: Sequence[str]) -> Section:
    both = [Item("bad", "Error", "", each) for each in errors]
    both += [Item("caution", "Warning", "", each) for each in warnings]
    more = _more(len(both), _MOST_SENTENCES, "the report")
    return Section("Errors and warnings", tuple(both[:_MOST_SENTENCES]), more)


def _sentences(texts: Iterable[Any], told: tuple[str, ...], others: Iterable[Any]) -> list[str]:
    """Return errors or warnings, each on a line, without what the lists above them say already."""
    found = []
    for said in dict.fromkeys(map(str, texts)):
        if said in others or said.startswith(told):
            continue
        lines = (part for part in said.split("\n") if not part.removeprefix("- ").startswith(told))
        found.append(clip(" ".join(lines), _LONGEST_SENTENCE))
    return found


def _prefixes(
    wrong: Iterable[Mapping[str, Any]], unpriced: Iterable[Mapping[str, Any]], *, is_unexplained: bool
) -> tuple[str, ...]:
    """Return how sentences begin that only say again what the lists of orders and positions say."""
    return (
        *(f"{_asked(each, text.exact)} " for each in wrong if each.get("qty") is not None),
        *(f"{each['symbol']} has no price: " for each in unpriced),
        *(("The book does not tie out: ",) if is_unexplained else ()),
    )


def _asked(order: Mapping[str, Any], show: Any) -> str:
    symbol = text.one_line(str(order.get("symbol")))
    if order.get("qty") is None:
        return clipped(symbol)
    return f"{clip(str(order.get('side')), 12)} {show(order['qty'])} {clipped(symbol)}"


def _typed(word: str) -> str:
    """Return a word as a shell takes it, whatever it says."""
    return shlex.quote(clip(word, 64))


def _more(number: int, most: int, place: str) -> str:
    return f"and {number - most:,} more in {place}" if number > most else ""


def _counted(*numbers: tuple[str, int]) -> list[str]:
    return [_plural(number, word) for word, number in numbers if number]


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' * (number != 1)}"
