"""The execution gateway (T4): positions, and each order as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from paper_run.model.order import Asked, OrderState
from paper_run.model.service import Position
from paper_run.services import wire
from paper_run.services.answer import UnreadableAnswer, of_status
from paper_run.services.auth import UNAUTHORIZED

if TYPE_CHECKING:
    from paper_run.model.service import Refusal, ServiceUrl
    from paper_run.services.answer import Answer
    from paper_run.services.transport import Transport


class Unauthorized(UnreadableAnswer):
    """The gateway asks for authentication (401), or lets whoever asks read nothing (403)."""

    def __init__(self, url: str, reason: str, refusal: Refusal) -> None:
        super().__init__(url, reason)
        self.refusal = refusal


_POSITIONS = "/api/v1/positions"


class ExecutionGateway:
    """Reads from the gateway; it never sends it an order."""

    def __init__(self, transport: Transport, url: ServiceUrl) -> None:
        self._transport = transport
        self.url = url

    def positions(self, *, seconds: float) -> tuple[Position, ...]:
        """Return the open positions; closed ones are not on this wire.

        :raises CallFailed: they could not be read; the gateway's own reason is in it.
        """
        answer = self._expect_ok(self._transport.get(self.url, _POSITIONS, seconds=seconds))
        try:
            envelope = wire.an_object(answer.json(), "the answer")
            return tuple(_position(entry) for entry in wire.objects(envelope, "positions"))
        except wire.Unreadable as error:
            raise UnreadableAnswer(answer.url, f"answered positions that can't be read: {error}") from None

    def order(self, client_order_id: str, *, seconds: float, asked: Asked | None = None) -> OrderState | None:
        """Return an order's latest state, None if the gateway does not know it (404).

        :param asked: what it is, where that is known; what is said of another one is not said of it.
        :raises CallFailed: it could not be read, or another order came back.
        """
        path = f"/api/v1/orders/{quote(client_order_id, safe='')}"
        answer = self._transport.get(self.url, path, seconds=seconds)
        if answer.status == 404:
            return None
        try:
            state = _order(wire.an_object(self._expect_ok(answer).json(), "the answer"))
        except wire.Unreadable as error:
            raise UnreadableAnswer(answer.url, f"answered an order that can't be read: {error}") from None
        if state.client_order_id != client_order_id:
            raise UnreadableAnswer(answer.url, f"answered with another order, {state.client_order_id}")
        if asked is None:
            return state
        if (state.symbol, state.side) != (asked.symbol, asked.side):
            told = Asked(state.symbol, state.side, state.qty)
            raise UnreadableAnswer(answer.url, f"calls it {told}, and it was to {asked}")
        return state._replace(qty=asked.qty)  # more than that is more than was ordered

    def needs_signature(self, *, seconds: float) -> bool:
        """Tell whether it refuses its positions to whoever does not sign.

        :raises CallFailed: it did not answer.
        """
        answer = self._transport.get(self.url, _POSITIONS, seconds=seconds, unsigned=True)
        return answer.status in UNAUTHORIZED

    def _expect_ok(self, answer: Answer) -> Answer:
        if answer.status == 200:
            return answer
        words = wire.refusal(answer)
        if answer.status in UNAUTHORIZED:
            raise Unauthorized(answer.url, words, self._transport.refusal(answer))
        raise of_status(answer.status)(answer.url, words)


def _position(entry: dict[str, Any]) -> Position:
    return Position(
        symbol=wire.text(entry, "symbol"),
        qty=wire.amount(entry, "qty"),
        avg_entry_price=wire.optional_amount(entry, "avg_entry_price"),
        current_price=wire.opinion(entry, "current_price"),
        unrealized_pl=wire.opinion(entry, "unrealized_pl"),
        realized_pl=wire.opinion(entry, "realized_pl"),
        updated_at=wire.moment(entry, "updated_at"),
    )


def _order(body: dict[str, Any]) -> OrderState:
    qty, filled_qty = wire.amount(body, "qty"), wire.optional_amount(body, "filled_qty")
    if qty <= 0 or (filled_qty is not None and filled_qty < 0):
        raise wire.Unreadable("qty or filled_qty is no number of shares")
    return OrderState(
        client_order_id=wire.text(body, "client_order_id"),
        symbol=wire.text(body, "symbol"),
        side=wire.text(body, "side").lower(),
        qty=qty,
        status=wire.text(body, "status").lower(),
        broker_order_id=wire.optional_text(body, "broker_order_id"),
        limit_price=wire.optional_amount(body, "limit_price"),
        filled_qty=filled_qty,
        filled_avg_price=wire.optional_amount(body, "filled_avg_price"),
        error_message=wire.optional_text(body, "error_message"),
        created_at=wire.optional_text(body, "created_at"),
        order_type=wire.optional_text(body, "order_type"),
        time_in_force=wire.optional_text(body, "time_in_force"),
        filled_at=wire.moment(body, "filled_at"),
    )
