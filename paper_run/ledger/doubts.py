"""What the ledger knows that it does not know: attempts without an outcome, and orders in doubt."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.model import result_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from paper_run.ledger.attempts import Attempts
    from paper_run.model.attempt import AttemptRow
    from paper_run.model.order import Order


class Doubt(NamedTuple):
    """An order that may have been placed.

    :ivar name: as `resolve` lists it: its id, else `SYMBOL@SESSION[-n]` of its attempt; a symbol's second one
        there ends in `.2`.
    :ivar qty: shares, unsigned. :ivar client_order_id: None: it got none.
    :ivar why: in words, "" where nobody said it.
    """

    name: str
    attempt: AttemptRow
    symbol: str
    side: str
    qty: Decimal
    client_order_id: str | None
    why: str

    @property
    def session(self) -> date:
        """The session of its attempt."""
        return self.attempt.session


class Doubts:
    """The part of the ledger that a valuation, `resolve` and each later report ask what is open."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    def attempts(self) -> list[AttemptRow]:
        """Return the attempts of which it is not known what they placed, in order.

        Those of which a person said only that they placed something are among them.
        """
        return [row for row in self._attempts.unsure() if row.closes]

    def orders(self) -> list[Doubt]:
        """Return the orders in doubt, in order, as the attempts' results state them."""
        found = []
        for row in self._attempts.doubtful():
            stated = result_json.decode_orders(row.document)
            found += [
                Doubt(
                    name=name,
                    attempt=row,
                    symbol=each.symbol,
                    side=each.side or "",
                    qty=each.qty or Decimal(0),
                    client_order_id=each.client_order_id,
                    why=each.error_message or each.skip_reason or "",
                )
                for each, name in zip(stated, _names(stated, row.name), strict=True)
                if each.outcome == "in_doubt"
            ]
        return found


def _names(orders: Sequence[Order], attempt: str) -> list[str]:
    """Return what an attempt's orders are called: by their ids, else each by a name of its own."""
    taken = {each.client_order_id for each in orders}
    names = []
    for each in orders:
        name = first = f"{each.symbol}@{attempt}"
        number = 1
        while each.client_order_id is None and name in taken:
            number += 1
            name = f"{first}.{number}"
        names.append(each.client_order_id or name)
        taken.add(names[-1])
    return names
