"""What a change would come to, before and after, as `resolve --dry-run` shows it: on the console, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run import NamedTuple
from paper_run.model.findings import counted
from paper_run.model.json_text import dumps
from paper_run.report import terminal, text
from paper_run.report.lines import order_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from paper_run.model.result import RunResult
    from paper_run.report.console import Console


class Position(NamedTuple):
    """What the book has of a symbol.

    :ivar qty: signed shares. :ivar avg_entry_price: dollars a share; None: none are held, or it is not known.
    :ivar realized_pnl: dollars, a loss negative.
    """

    qty: Decimal
    avg_entry_price: Decimal | None
    realized_pnl: Decimal


class ClosedBy(NamedTuple):
    """The attempt that a run of its session would only show, by name.

    :ivar is_unknown: whether its outcome is, so that not even --again would trade.
    """

    name: str
    is_unknown: bool


class BookNow(NamedTuple):
    """The book as its entries make it, without a price.

    :ivar cash: dollars, negative where it is owed. :ivar realized_pnl: dollars, a loss negative; None: both
        are not known.
    :ivar positions: by symbol, closed ones too; None: not known.
    """

    cash: Decimal | None
    realized_pnl: Decimal | None
    positions: Mapping[str, Position | None]


class Standing(NamedTuple):
    """How a ledger stands.

    :ivar attempts: the results of those that a change may be about, by name.
    :ivar sessions: and theirs, ISO dates: what closes each; None: a run of it would trade.
    :ivar book: None: there is none.
    """

    attempts: Mapping[str, RunResult]
    sessions: Mapping[str, ClosedBy | None]
    book: BookNow | None


class Preview(NamedTuple):
    """How a ledger stands, and how it would."""

    before: Standing
    after: Standing


def show(console: Console, found: Preview) -> None:
    """Print what would change."""
    before, after = found
    rows = [*_rows(before, after)]
    changes = any(was != is_now for _, was, is_now in rows)
    console.say()
    console.say(f"[dry run] {'Would' if changes else 'Nothing would'} change:", paint=terminal.BOLD)
    wide = max(len(label) for label, _, _ in rows) + 2
    for label, was, is_now in rows:
        words = f"{was} -> {is_now}" if was != is_now else f"{was} (no change)"
        console.say(f"  {label + ':':<{wide}}{words}")
    for name, result in after.attempts.items():
        if result == before.attempts[name] or not result.orders:
            continue
        console.say(f"  {name} would have:")
        for order in result.orders:
            console.say(f"  {order_line(order)}")
        if after.book == before.book:
            console.say("  What they have filled is booked by the next run or mark.")
    console.say()


def _rows(before: Standing, after: Standing) -> Iterator[tuple[str, str, str]]:
    """Yield what it is about, how it stands and how it would, in words."""
    for name, result in before.attempts.items():
        yield f"Attempt {name}", _status(result), _status(after.attempts[name])
    for session, closed_by in before.sessions.items():
        yield f"Session {session}", _session(closed_by), _session(after.sessions[session])
    was, is_now = before.book, after.book
    yield "Cash", _money(was), _money(is_now)
    yield "Realized P&L", _realized(was), _realized(is_now)
    for symbol in sorted({*_positions(was), *_positions(is_now)}):
        held, would_be = _position(was, symbol), _position(is_now, symbol)
        if held != would_be:
            yield symbol, held, would_be


def _status(result: RunResult) -> str:
    in_doubt = result.totals.num_orders_in_doubt
    doubt = f", {counted(in_doubt, 'order')} in doubt" if in_doubt else ""
    return result.status + doubt + (f" ({text.one_line(result.how_known)})" if result.how_known else "")


def _session(closed_by: ClosedBy | None) -> str:
    if closed_by is None:
        return "open, a run would trade it"
    again = ", and --again be refused" if closed_by.is_unknown else ""
    return f"closed, a run would only show {closed_by.name}{again}"


def _money(book: BookNow | None) -> str:
    return "no book" if book is None else "not known" if book.cash is None else text.money(book.cash)


def _realized(book: BookNow | None) -> str:
    if book is None or book.realized_pnl is None:
        return _money(book and book._replace(cash=None))
    return text.signed_money(book.realized_pnl)


def _positions(book: BookNow | None) -> Mapping[str, Position | None]:
    return {} if book is None else book.positions


def _position(book: BookNow | None, symbol: str) -> str:
    positions = _positions(book)
    if symbol not in positions:
        return "none"
    if (held := positions[symbol]) is None:
        return "not known"
    at = "" if not held.qty else f" at {text.price(held.avg_entry_price)}"
    return f"{text.quantity(held.qty)}{at}, realized {text.signed_money(held.realized_pnl)}"


def to_json(found: Preview) -> str:
    """Return it as one document; see docs/schema/commands.schema.json."""
    return dumps({"dry_run": True, "before": _standing(found.before), "after": _standing(found.after)})


def _standing(standing: Standing) -> dict[str, Any]:
    book = standing.book
    return {
        "attempts": [
            {
                "name": name,
                "status": result.status,
                "how_known": result.how_known,
                "num_orders_in_doubt": result.totals.num_orders_in_doubt,
            }
            for name, result in standing.attempts.items()
        ],
        "sessions": [
            {
                "session": session,
                "closed_by": closed_by and closed_by.name,
                "again_is_refused": closed_by is not None and closed_by.is_unknown,
            }
            for session, closed_by in standing.sessions.items()
        ],
        "book": book
        and {
            "cash": book.cash,
            "realized_pnl": book.realized_pnl,
            "positions": [
                {"symbol": symbol, **(held or Position(*(None,) * 3))._asdict()}  # type: ignore[arg-type]
                for symbol, held in book.positions.items()
            ],
        },
    }
