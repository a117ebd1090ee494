"""The orchestrator (T5): one run is asked for, once, and then looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from paper_run import money
from paper_run.model.order import RUN_ENDS, ListedRun, Orchestration, SignalOrder
from paper_run.services import wire
from paper_run.services.answer import Answer, UnreadableAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from paper_run.model.attempt import Parameters
    from paper_run.model.service import ServiceUrl
    from paper_run.services.transport import Transport

RUN_PATH = "/api/v1/orchestration/run"
RUNS_PATH = "/api/v1/orchestration/runs"


class Orchestrator:
    """Asks for the day's run and reads what became of it."""

    def __init__(self, transport: Transport, url: ServiceUrl) -> None:
        self._transport = transport
        self.url = url

    def run(
        self,
        parameters: Parameters,
        *,
        idempotency_key: str,
        seconds: float,
        held_back: Callable[[], str | None] = lambda: None,
    ) -> Answer:
        """Send the one POST of the day and return the answer as it came.

        :param held_back: says, right before it leaves, why it may not leave any more.
        :raises NeverSent: it provably did not leave. :raises NoAnswer: it may have been acted upon.
        """
        headers = {"Idempotency-Key": idempotency_key}
        return self._transport.post_once(
            self.url,
            RUN_PATH,
            request_body(parameters),
            headers=headers,
            seconds=seconds,
            held_back=held_back,
        )

    def run_by_id(self, run_id: str, *, seconds: float) -> Answer | None:
        """Return the answer that holds a run, None while it is not known (it is written at the end).

        :raises CallFailed: it could not be read; both GETs of a deployed orchestrator may answer 500.
        """
        path = f"{RUNS_PATH}/{quote(run_id, safe='')}"
        answer = self._transport.get(self.url, path, seconds=seconds, retry=False)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise UnreadableAnswer(answer.url, wire.refusal(answer))
        return answer

    def runs(self, *, seconds: float) -> tuple[ListedRun, ...]:
        """Return the latest runs that the orchestrator lists, in whatever order it lists them.

        :raises CallFailed: the list could not be read; in deployed generations it can always answer 500.
        """
        answer = self._transport.get(self.url, f"{RUNS_PATH}?limit=100", seconds=seconds, retry=False)
        if answer.status != 200:
            raise UnreadableAnswer(answer.url, wire.refusal(answer))
        try:
            body = wire.an_object(answer.json(), "the answer")
            return tuple(_listed(entry) for entry in wire.objects(body, "runs"))
        except wire.Unreadable as error:
            raise UnreadableAnswer(answer.url, f"answered a list that can't be read: {error}") from None


def request_body(parameters: Parameters) -> dict[str, Any]:
    """Return the body of the POST: amounts as text, digit for digit as they were given."""
    return {
        "symbols": list(parameters.symbols),
        "as_of_date": parameters.as_of_date.isoformat(),
        "capital": money.digits(parameters.capital),
        "max_position_size": money.digits(parameters.max_position_size),
    }


def read_orchestration(answer: Answer) -> Orchestration:
    """Read a run as the POST and GET runs/{id} answer it; symbols and capital are not read, GET blanks them.

    :raises UnreadableAnswer: the run's id, status or one of its orders can't be told.
    """
    try:
        body = wire.an_object(answer.json(), "the answer")
        return Orchestration(
            run_id=wire.text(body, "run_id"),
            status=wire.text(body, "status").lower(),
            strategy=wire.optional_text(body, "strategy_id"),
            as_of_date=wire.optional_text(body, "as_of_date"),
            started_at=wire.optional_text(body, "started_at"),
            num_signals=wire.count(body, "num_signals"),
            num_orders_submitted=wire.count(body, "num_orders_submitted"),
            num_orders_accepted=wire.count(body, "num_orders_accepted"),
            num_orders_rejected=wire.count(body, "num_orders_rejected"),
            mappings=_mappings(body),
            duration_seconds=wire.opinion(body, "duration_seconds"),
            error_message=wire.optional_text(body, "error_message"),
        )
    except wire.Unreadable as error:
        raise UnreadableAnswer(answer.url, f"answered a run that can't be read: {error}") from None


def recorded_orchestration(answer: str) -> Orchestration:
    """Read an answer that was kept.

    :raises UnreadableAnswer: it is none.
    """
    return read_orchestration(Answer("the ledger", 200, {}, answer.encode(), 0))


def _listed(entry: dict[str, Any]) -> ListedRun:
    return ListedRun(
        run_id=wire.text(entry, "run_id"),
        status=(wire.optional_text(entry, "status") or "").lower(),
        as_of_date=wire.optional_text(entry, "as_of_date"),
        started_at=wire.optional_text(entry, "started_at"),
        orders=_counted(entry),
        strategy=wire.optional_text(entry, "strategy_id"),
    )


def _counted(entry: dict[str, Any]) -> int | None:
    """Return how many orders a listed run says it had; None: it does not say that, or none so far."""
    has_ended = (wire.optional_text(entry, "status") or "").lower() in RUN_ENDS
    counted = wire.count(entry, "num_orders_submitted")
    return counted if counted or has_ended else None


def _mappings(body: dict[str, Any]) -> tuple[SignalOrder, ...]:
    if body.get("mappings") is None:
        return ()
    return tuple(_mapping(entry) for entry in wire.objects(body, "mappings"))


def _mapping(entry: dict[str, Any]) -> SignalOrder:
    side = wire.optional_text(entry, "order_side")
    status = wire.optional_text(entry, "order_status")
    return SignalOrder(
        symbol=wire.text(entry, "symbol"),
        predicted_return=wire.opinion(entry, "predicted_return"),
        rank=wire.count(entry, "rank"),
        target_weight=wire.opinion(entry, "target_weight"),
        client_order_id=wire.optional_text(entry, "client_order_id") or None,
        qty=wire.optional_amount(entry, "order_qty"),
        side=side.lower() if side else None,
        broker_order_id=wire.optional_text(entry, "broker_order_id"),
        status=status.lower() if status else None,
        filled_qty=wire.opinion(entry, "filled_qty"),
        filled_avg_price=wire.opinion(entry, "filled_avg_price"),
        skip_reason=wire.optional_text(entry, "skip_reason"),
    )
