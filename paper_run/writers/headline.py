"""What a day comes down to: its status, its worst problem in a sentence, and the banners nobody may miss."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from paper_run import orders
from paper_run.model import findings
from paper_run.writers.text import one_line, signed_money

Tone = Literal["good", "caution", "bad", "unsure"]

_STATUSES: dict[str, tuple[Tone, str]] = {
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
_NAMED = 4


class Headline(NamedTuple):
    """A status and the sentence that explains it; `tone` is its colour and its sign."""

    tone: Tone
    label: str
    sentence: str


class Banner(NamedTuple):
    """A strip across the page: `kind` is its look, `title` what it shouts, `text` what that means."""

    kind: str
    title: str
    text: str


def headline(document: Mapping[str, Any]) -> Headline:
    """Return the status of the day in words, the worst problem first."""
    status = str(document.get("status"))
    tone, label = _STATUSES.get(status, ("unsure", status.capitalize()))
    if tone == "good":
        if document.get("kind") == "mark":
            label = "Valued"
        found = findings.of_document(document)
        if any(each.severity != "note" for each in found) or _valuation(document):
            tone = "caution"
    return Headline(tone, one_line(label), one_line(_sentence(document)))


def problem(document: Mapping[str, Any]) -> str:
    """Return the worst problem in a sentence; "" where nothing is wrong.

    Without what went well, and where orders are the problem without the error that follows from them.
    """
    return one_line(_failure(document, with_error=False) or _concern(document))


def banners(document: Mapping[str, Any]) -> list[Banner]:
    """Return the banners of a day: not real, not executed, not known, in that order."""
    found = []
    if document.get("sandbox"):
        found.append(
            Banner(
                "sandbox",
                "SANDBOX - simulated prices",
                "An invented market. No account, no broker, no money.",
            )
        )
    if document.get("rehearsal"):
        found.append(
            Banner(
                "rehearsal",
                "REHEARSAL - nothing was executed",
                "The execution gateway was in DRY_RUN: no order left it. Every notional is simulated.",
            )
        )
    status = str(document.get("status"))
    if status in _LOST:
        settled = document.get("settled")
        open_still = "The session stays closed until this is settled. See the broker's own list."
        found.append(
            Banner(
                "unsure",
                f"{_STATUSES[status][1].upper()} - orders may have been placed",
                one_line(f"Settled: {settled}.") if settled else open_still,
            )
        )
    doubtful = _symbols(document, "in_doubt")
    if number := _figure(document, "num_orders_in_doubt"):
        found.append(
            Banner(
                "unsure",
                f"{_orders(number).upper()} IN DOUBT",
                f"Sent, without an answer that proves what became of {'it' if number == 1 else 'them'}: "
                f"{doubtful or 'see the orders'}. Look at the broker's own list before trading again.",
            )
        )
    return found


def _sentence(document: Mapping[str, Any]) -> str:
    if failure := _failure(document):
        return failure
    done = _valued(document) if document.get("kind") == "mark" else _done(document)
    concern = _concern(document)
    return f"{done} {concern}" if concern else done


def _failure(document: Mapping[str, Any], *, with_error: bool = True) -> str:
    """Return what failed, "" when nothing did; in a mark the orders are the session's, not what failed."""
    status = str(document.get("status"))
    submitted = _figure(document, "num_orders_submitted")
    rejected = _figure(document, "num_orders_rejected")
    errors = [each for each in findings.of_document(document) if each.severity == "error"]
    if status in _LOST:
        happened, meaning = _LOST[status]
        return happened if with_error else f"{happened} {meaning}"
    if document.get("kind") == "mark" and not errors:
        return ""
    error = f" {_ended(errors[0].text)}" if errors else ""
    # That orders were not accepted is what the counts say.
    said = error if with_error and errors and errors[0].code != "orders_not_accepted" else ""
    if doubtful := _figure(document, "num_orders_in_doubt"):
        return f"{doubtful:,} of {_orders(submitted)} in doubt: {_symbols(document, 'in_doubt')}.{said}"
    if rejected:
        return f"{rejected:,} of {_orders(submitted)} rejected: {_rejections(document)}.{said}"
    if status != "success" and not error:
        return "The orchestration failed and gave no reason."
    return error.strip()


def _concern(document: Mapping[str, Any]) -> str:
    """Return what a day without a failure leaves to be looked at, "" when nothing."""
    warnings = findings.texts(findings.of_document(document), "warning")
    if (wrong := _valuation(document)) or not warnings:
        return wrong
    more = f" ({len(warnings) - 1:,} more below.)" if len(warnings) > 1 else ""
    return f"{_ended(warnings[0])}{more}"


def _valued(document: Mapping[str, Any]) -> str:
    held = sum(1 for each in _positions(document) if each["qty"])
    if not held:
        return "The book holds no open position. Nothing was traded."
    return (
        f"{held:,} open position{'s' * (held != 1)} valued. Nothing was traded: the orders are the session's."
    )


def _valuation(document: Mapping[str, Any]) -> str:
    """Return what is wrong with the valuation, "" when it is whole and adds up."""
    pnl = document.get("pnl")
    if not pnl:
        return ""
    if not pnl["complete"]:
        unknown = [one_line(str(each["symbol"])) for each in _positions(document) if each["qty"] is None]
        if unknown:
            return f"The fills of {_listed(unknown)} are not known, so P&L and equity are not known."
        missing = [
            one_line(str(each["symbol"]))
            for each in _positions(document)
            if each["qty"] and each["market_value"] is None
        ]
        return f"No price for {_listed(missing) or 'a position'}: P&L and equity are not known."
    apart = unexplained(pnl)
    return "" if apart is None else f"The book does not add up: {signed_money(apart)} is unexplained."


def unexplained(pnl: Mapping[str, Any]) -> Decimal | None:
    """Return what of equity no bridge explains, dollars; None when the book adds up."""
    return next(
        (each for bridge in ("equity", "since_inception") if (each := pnl[bridge]["unexplained"])), None
    )


def is_unknown(document: Mapping[str, Any]) -> bool:
    """Tell whether it is not known which orders a trade has placed."""
    return document.get("status") in _LOST


def _positions(document: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    found: Iterable[Mapping[str, Any]] = (document.get("pnl") or {}).get("positions") or ()
    return found


def _done(document: Mapping[str, Any]) -> str:
    if submitted := _figure(document, "num_orders_submitted"):
        filled = _figure(document, "num_orders_filled")
        if submitted == 1:
            return "The one order was accepted and filled." if filled else "The one order was accepted."
        done = f", {'all' if filled == submitted else f'{filled:,}'} filled" if filled else ""
        return f"All {submitted:,} orders were accepted{done}."
    signals = _figure(document, "num_signals")
    if not signals:
        return "No signals, so no orders: there was nothing to trade."
    failed = [each for each in document.get("orders") or () if orders.has_failed(each.get("skip_reason"))]
    if failed:
        return f"No orders: {len(failed)} of {signals} signal{'s' * (signals != 1)} failed."
    return f"No orders: {signals} signal{'s' * (signals != 1)}, none of which called for a trade."


def _figure(document: Mapping[str, Any], name: str) -> int:
    return (document.get("results") or {}).get(name) or 0


def _orders(number: int) -> str:
    return f"{number:,} order{'s' * (number != 1)}"


def _ended(sentence: str) -> str:
    first = sentence.strip().partition("\n")[0].rstrip(" :,;")
    return first if first.endswith((".", "!", "?")) else first + "."


def _symbols(document: Mapping[str, Any], outcome: str) -> str:
    return _listed([one_line(str(order.get("symbol"))) for order in _having(document, outcome)])


def _rejections(document: Mapping[str, Any]) -> str:
    reasons = (
        (order.get("symbol"), order.get("error_message") or order.get("skip_reason") or order.get("status"))
        for order in _having(document, "rejected")
    )
    return _listed([f"{symbol} ({reason})" if reason else f"{symbol}" for symbol, reason in reasons])


def _having(document: Mapping[str, Any], outcome: str) -> Iterable[Mapping[str, Any]]:
    return (order for order in document.get("orders") or () if order.get("outcome") == outcome)


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
