"""What a person says with `resolve`, read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from paper_run.cli.flags import past_day
from paper_run.errors import DataError
from paper_run.settings.raw import is_plain_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paper_run.book.splits import Ratio
    from paper_run.trading.account.adjustments import Change, Said, Trade
    from paper_run.trading.verdicts import Decision


PLACED_OR_NOT = ("placed", "not_placed", "run_id", "orders")
SAYS = (
    *PLACED_OR_NOT,
    *("position", "split", "ex_date", "reset", "filled", "not_filled", "wrong_date"),
)
"""What a person may say; without any of it, what is not known is listed."""


_FILLED = "resolve --order NAME --filled QTY@PRICE, or resolve --order NAME --not-filled"
_FORMS = {
    "position": "resolve --position SYMBOL, SYMBOL=QTY@PRICE or all; repeatable",
    "split": "resolve --split SYMBOL N:M [--ex-date DATE]",
    "reset": "resolve --reset",
    "filled": _FILLED,
    "not_filled": _FILLED,
}
_PLACED = "resolve SESSION --placed [--run-id ID | --order ID ...], or resolve SESSION --not-placed"


def change(attempt: str | None, flags: Mapping[str, Any]) -> Change | None:
    """Read what a person changes in the book; None when they change nothing.

    :raises DataError: it can't be read, or goes with nothing else that was typed.
    """
    from paper_run.trading.account.adjustments import Change, Split

    typed = [name for name in ("position", "split", "reset", "filled", "not_filled") if flags[name]]
    if flags["ex_date"] is not None and typed != ["split"]:
        raise amiss("--ex-date goes with --split", _FORMS["split"])
    if not typed:
        return None
    is_said = typed[0] in ("filled", "not_filled")
    others = [name for name in (*PLACED_OR_NOT, "wrong_date") if not (is_said and name == "orders")]
    if len(typed) > 1 or attempt is not None or any(flags[name] for name in others):
        raise amiss(f"--{typed[0].replace('_', '-')} goes with nothing else", _FORMS[typed[0]])
    if is_said:
        return Change(said=_said(flags))
    if flags["position"]:
        names = dict.fromkeys(_symbol_or_all(name) for name in flags["position"] if "=" not in name)
        trades = tuple(_by_hand(name) for name in flags["position"] if "=" in name)
        if "all" in names and len(names) > 1:
            raise amiss("--position: all is each symbol that differs already", _FORMS["position"])
        for each in trades:
            if each.symbol in names:
                raise amiss(
                    f"--position: {each.symbol} stands with a quantity and without", _FORMS["position"]
                )
        return Change(adjust=tuple(names), trades=trades)
    if flags["split"]:
        symbol, ratio = flags["split"]
        ex_date = past_day("--ex-date", flags["ex_date"], flags)
        return Change(split=Split(_symbol("--split", symbol), _ratio(ratio), ex_date))
    return Change()


def _said(flags: Mapping[str, Any]) -> Said:
    """Read what a person says that an order has filled.

    :raises DataError: it names no order or several, or no quantity and price.
    """
    from decimal import Decimal

    from paper_run.trading.account.adjustments import Said

    if len(flags["orders"]) != 1:
        raise amiss("--filled and --not-filled go with one --order", _FILLED)
    (name,) = flags["orders"]
    if not name.isprintable() or not name.strip():
        raise amiss(f"--order: {name!a} is no id", "printable text")
    if flags["not_filled"]:
        return Said(name, Decimal(0), None)
    qty, at, price = flags["filled"].partition("@")
    if not at or not all(_is_amount(word) and Decimal(word) > 0 for word in (qty, price)):
        raise amiss(
            f"--filled: {flags['filled']!a} is no quantity and price",
            "QTY@PRICE, all that it filled at the average price in dollars, such as 10@228.50",
        )
    return Said(name, Decimal(qty), Decimal(price))


def _is_amount(word: str) -> bool:
    # As many digits as the wire may have: a printed command names what the gateway said.
    return is_plain_number(word, digits=31, places=40)


def _ratio(typed: str) -> Ratio:
    from paper_run.book import splits

    became, colon, shares = typed.partition(":")
    if not colon or not all(re.fullmatch(r"[1-9][0-9]{0,5}", word) for word in (became, shares)):
        raise amiss(
            f"--split: {typed!a} is no ratio",
            "N:M in whole numbers, where M shares became N: 2:1 doubles, 1:1 says that there was none",
        )
    return splits.ratio(typed)


def _by_hand(typed: str) -> Trade:
    """Read SYMBOL=QTY@PRICE."""
    from decimal import Decimal

    from paper_run.trading.account.adjustments import Trade

    symbol, _, traded = typed.partition("=")
    if symbol == "all":
        raise amiss(
            f"--position: {typed!a} gives one quantity to all symbols",
            "all alone, for each symbol that differs, or SYMBOL=QTY@PRICE for one (the symbol is ALL)",
        )
    qty, at, price = traded.partition("@")
    if not (at and _is_amount(qty.removeprefix("-")) and _is_amount(price)):
        raise amiss(
            f"--position: {typed!a} is no quantity at a price",
            "SYMBOL=QTY@PRICE, the shares that the book is to hold (negative: short) and the dollars that "
            "each was traded at: XYZ=0@12.50 says that all XYZ were sold at 12.50",
        )
    return Trade(_symbol("--position", symbol), Decimal(qty), Decimal(price))


def _symbol_or_all(name: str) -> str:
    return name if name == "all" else _symbol("--position", name)


def _symbol(option: str, name: str) -> str:
    from paper_run.settings import raw

    symbol = raw.symbol(name)
    if symbol is None:
        raise amiss(f"{option}: {name!a} is no symbol", raw.SYMBOL_FORM)
    return symbol


def amiss(title: str, allowed: str) -> DataError:
    """Return what is wrong with what a person says, and what may be said.

    :param allowed: the form, without a full stop.
    """
    return DataError(
        title, f"Allowed: {allowed}.", remedies=("Correct it and run again; nothing was changed.",)
    )


def decision(attempt: str | None, flags: Mapping[str, Any]) -> Decision | None:
    """Read what a person says of an attempt; None when they only ask.

    :raises DataError: it can't be read, contradicts itself, or names no attempt.
    """
    from paper_run.trading.verdicts import Decision

    typed = [("--run-id", flags["run_id"])] if flags["run_id"] is not None else []
    typed += [("--order", order) for order in flags["orders"]]
    for option, name in typed:
        if not name.isprintable() or not name.strip():
            raise amiss(f"{option}: {name!a} is no id", "printable text")
    named = flags["run_id"] is not None or bool(flags["orders"])
    if flags["placed"] and flags["not_placed"]:
        raise amiss("--placed and --not-placed contradict each other", _PLACED)
    if named and (not flags["placed"] or (flags["run_id"] is not None and flags["orders"])):
        form = f"{_PLACED}; or {_FILLED}" if flags["orders"] else _PLACED
        raise amiss("--run-id or --order goes with --placed, one kind of the two", form)
    if flags["placed"] or flags["not_placed"]:
        if attempt is None:
            raise amiss("resolve needs the attempt whose outcome is told", _PLACED)
        return Decision(flags["placed"], flags["run_id"], flags["orders"])
    if attempt is not None:
        raise amiss(f"resolve {attempt!a}: it is not said what came of it", _PLACED)
    return None
