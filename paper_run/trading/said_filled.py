"""What a person says that an order has filled: the end of a doubt, and not more than was ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import money
from paper_run.errors import DataError, Remedy
from paper_run.model import result_json
from paper_run.model.commands import ours
from paper_run.trading import restatement

if TYPE_CHECKING:
    from paper_run.ledger.ledger import Ledger
    from paper_run.ledger.order_rows import Followed
    from paper_run.model.attempt import AttemptRow
    from paper_run.trading.account.adjustments import Said


def say_filled(said: Said, ledger: Ledger, by: str) -> AttemptRow | None:
    """Record a person's word on an order of ours; return the attempt anew of which it was in doubt, if any.

    It is booked with the next valuation, as if the order had been filled so from the start.

    :param by: who says it, and when.
    :raises DataError: the present book has no such order, or it asked for less and nobody else says so.
    """
    doubt = next((each for each in ledger.doubts.orders() if each.name == said.name), None)
    with ledger.transaction():
        if doubt is not None and doubt.client_order_id is None:
            ledger.open_orders.add(doubt.name, doubt.attempt.id, doubt.symbol, doubt.side, doubt.qty)
        order = ledger.open_orders.order(said.name)
        if doubt is None and order is None:
            raise DataError(
                f"--order: the book has no order {said.name!a}",
                "Allowed: the id of an order of ours, or its name as resolve lists it.",
                remedies=(Remedy("See what is open; nothing was booked", ours("resolve")),),
            )
        if order is not None:
            _refuse_more_than_asked(said, order)
        ledger.open_orders.say(said.name, said.qty, said.price, by)
        if doubt is None:
            return None
        row = doubt.attempt
        run, states = restatement.as_recorded(row, ledger, result_json.decode_orders(row.document))
        filled = "not filled" if said.price is None else f"filled {said.qty} at {said.price}"
        return restatement.restate(
            row,
            ledger,
            run=run,
            state=row.state,
            how_known=restatement.also(row.how_known, f"{said.name} {filled}, said {by}"),
            states=states,
        )


def _refuse_more_than_asked(said: Said, order: Followed) -> None:
    """Refuse more shares than were ordered: they are a slip of the finger, unless a party says as many.

    Or said so once, so that the book has them: what it takes back can be kept.
    """
    told = (order.state.qty, order.state.filled_qty) if order.state is not None else ()
    if said.qty <= max(order.qty, order.booked_qty, *(each for each in told if each is not None)):
        return
    raise DataError(
        f"--filled: {money.digits(said.qty)} is more than the order {said.name!a} asked for",
        f"It is {order.asked}. Neither gateway nor broker says that more of it was filled.",
        remedies=(
            "Correct it and run again; nothing was booked.",
            Remedy(
                "If the account has more shares than that, book them by hand",
                ours("resolve", "--position", f"{order.symbol}=QTY@PRICE"),
            ),
        ),
    )
