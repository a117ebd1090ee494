"""The orchestrator of the odd platform: it trades what a test planned, and counts how often."""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Event
from typing import TYPE_CHECKING, Any

from support.answers import Answer
from support.faulty_http import Request
from support.odd_services import STRATEGY, Service, utc_text

if TYPE_CHECKING:
    from support.odd_platform import OddPlatform

RUN = "/api/v1/orchestration/run"
RUNS = "/api/v1/orchestration/runs"
LONG_PRICE = Decimal("150.2512345678901234567890123")
"""28 digits: what a binary float or a short context would spoil."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What becomes of one symbol when the orchestrator runs."""

    side: str | None = "buy"
    """None: no order, as for a weight of zero (give `skip_reason` in `mapping`)."""
    qty: int = 10
    weight: Decimal = Decimal("0.2")
    filled: Decimal | None = None
    """How many shares are filled; None: all of them."""
    price: Decimal | None = Decimal("100.25")
    """The average fill price; None: nothing is filled."""
    limit_price: Decimal | None = None
    status: str = "filled"
    """What the gateway says of the order."""
    mapping: Mapping[str, Any] = field(default_factory=dict)
    """Overrides in the orchestrator's mapping; a client_order_id of None: the order never got one."""
    detail: Mapping[str, Any] | None = field(default_factory=dict)
    """Overrides in the gateway's answer about the order; None: it does not know the order."""


class Orchestrator(Service):
    """T5: trades what the platform plans, remembers its runs, counts how often it was made to."""

    def __init__(self, platform: "OddPlatform") -> None:
        super().__init__(
            "orchestrator",
            platform,
            {
                "status": "healthy",
                "service": "orchestrator",
                "signal_service_healthy": True,
                "execution_gateway_healthy": True,
                "database_connected": True,
                "details": None,
            },
        )
        self.runs: list[dict[str, Any]] = []
        """Every orchestration that was executed, oldest first, as the POST answered it."""
        self.answer: dict[str, Any] = {}
        """Overrides in the answer of each orchestration, e.g. status, error_message, counts."""
        self.zone = timedelta()
        """What this server's local time is ahead of UTC; its times are naive."""
        self._let_go = Event()
        self.keys: dict[str, str | None] = {}
        """The Idempotency-Key that each orchestration, by run_id, was asked for with; None: somebody else."""

    def timestamp(self) -> str:
        return (self.now() + self.zone).replace(tzinfo=None).isoformat()

    def run_for_somebody_else(self, *symbols: str, as_of_date: str, **changes: Any) -> dict[str, Any]:
        """Execute an orchestration that another client asked for; `changes` override its answer."""
        with self.log.changed:
            _, run = self._run({"symbols": list(symbols), "as_of_date": as_of_date}, None)
            run |= changes
        return run

    def route(self, request: Request) -> tuple[int, Any] | None:
        if request.path == RUN and request.method == "POST":
            return self._run(request.json(), request.headers.get("idempotency-key"))
        if request.path == RUNS:
            limit = int(request.query.get("limit", ["20"])[0])
            newest = [_listed(run) for run in reversed(self.runs)]
            return 200, {"runs": newest[:limit], "total": len(newest), "limit": limit, "offset": 0}
        if request.path.startswith(RUNS + "/"):
            run_id = request.path.removeprefix(RUNS + "/")
            for run in self.runs:
                if run["run_id"] == run_id:
                    return 200, run | {"symbols": [], "capital": "0"}
            return 404, {"detail": f"Run not found: {run_id}"}
        return None

    def answers_running(self, polls: Iterable[Answer]) -> None:
        """Let the POST say `running`, then GET runs/{id} these answers, then the run as it ended.

        `still_running` is such an answer; so is any error.
        """
        self.script("POST", RUN, [Answer(edit=lambda run: run | STILL_RUNNING)])
        self.script("GET", RUNS + "/*", polls)

    def hold_post(self) -> None:
        """Hold the next POST back as soon as it has arrived."""
        self._let_go = Event()
        self.script("POST", RUN, [Answer(held=self._let_go)])

    def release_post(self) -> None:
        """Let it go on, and wait until it is executed."""
        number = len(self.runs) + 1
        self._let_go.set()
        self.log.until(lambda: len(self.runs) == number)

    def _run(self, asked: dict[str, Any], key: str | None) -> tuple[int, Any]:
        as_of = asked.get("as_of_date") or self.now().date().isoformat()
        try:
            datetime.strptime(as_of, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            return 400, {"detail": f"Invalid date format: {as_of}. Use YYYY-MM-DD."}
        mappings = [
            self._trade(symbol, rank, self.platform.plan.get(symbol) or _usual(rank))
            for rank, symbol in enumerate(asked["symbols"], start=1)
        ]
        ordered = [mapping for mapping in mappings if mapping["client_order_id"]]
        now = self.timestamp()
        run = {
            "run_id": str(uuid.uuid4()),
            "status": "completed",
            "strategy_id": STRATEGY,
            "as_of_date": as_of,
            "symbols": asked["symbols"],
            "capital": self.odd.text_amount(Decimal(asked.get("capital", "100000"))),
            "num_signals": len(mappings),
            "signal_metadata": None,
            "num_orders_submitted": len(ordered),
            "num_orders_accepted": len(ordered),
            "num_orders_rejected": 0,
            "num_orders_filled": None,
            "mappings": mappings,
            "started_at": now,
            "completed_at": now,
            "duration_seconds": "4.2371",
            "error_message": None,
        } | self.answer
        self.runs.append(run)
        self.keys[run["run_id"]] = key
        return 200, run

    def _trade(self, symbol: str, rank: int, plan: Plan) -> dict[str, Any]:
        order_id = order_id_of(symbol, plan.side, plan.qty, self.now().date())
        filled = Decimal(plan.qty) if plan.filled is None else plan.filled
        filled = filled if plan.price is not None else Decimal(0)
        mapping = {
            "symbol": symbol,
            "predicted_return": Decimal("0.028138855729595295") / rank,
            "rank": rank,
            "target_weight": plan.weight,
            "client_order_id": order_id if plan.side else None,
            "order_qty": plan.qty if plan.side else None,
            "order_side": plan.side,
            "broker_order_id": None,
            "order_status": "accepted" if plan.side else None,
            "filled_qty": None,
            "filled_avg_price": None,
            "skip_reason": None if plan.side else "zero_weight",
        } | plan.mapping
        order_id = mapping["client_order_id"]
        if order_id and plan.detail is not None:
            known = order_id in self.platform.gateway.orders
            order = self._order(order_id, symbol, plan, filled) | plan.detail
            is_rehearsed = self.platform.gateway.health["dry_run"] is True
            if self.platform.broker is not None and plan.side and not known and not is_rehearsed:
                truth = "filled" if filled == plan.qty else plan.status
                taken = self.platform.broker.place(order, filled, plan.price, truth)
                order |= {"broker_order_id": taken["id"]} | plan.detail
            if is_rehearsed:
                order |= REHEARSED
                mapping |= {"order_status": "dry_run"}
            self.platform.gateway.orders[order_id] = order
            if plan.price is not None and plan.side and not known and not is_rehearsed:
                signed = filled if plan.side == "buy" else -filled
                self.platform.gateway.book(symbol, signed, plan.price)
        return mapping

    def _order(self, order_id: str, symbol: str, plan: Plan, filled: Decimal) -> dict[str, Any]:
        return {
            "client_order_id": order_id,
            "strategy_id": STRATEGY,
            "symbol": symbol,
            "side": plan.side,
            "qty": plan.qty,
            "order_type": "market" if plan.limit_price is None else "limit",
            "limit_price": None if plan.limit_price is None else self.odd.amount(plan.limit_price),
            "stop_price": None,
            "time_in_force": "day",
            "status": plan.status,
            "broker_order_id": f"broker-{symbol}",
            "error_message": None,
            "retry_count": 0,
            "created_at": utc_text(self.now()),
            "updated_at": utc_text(self.now()),
            "submitted_at": None,
            "filled_at": None,
            "filled_qty": self.odd.text_amount(filled),
            "filled_avg_price": None if plan.price is None else self.odd.amount(plan.price),
            "metadata": {},
        }


REHEARSED: dict[str, Any] = {
    "status": "dry_run",
    "broker_order_id": None,
    "filled_qty": "0",
    "filled_avg_price": None,
}
"""What the gateway says of an order while it is in DRY_RUN."""
STILL_RUNNING: dict[str, Any] = {
    "status": "running",
    "mappings": [],
    "completed_at": None,
    "duration_seconds": None,
    "num_orders_submitted": 0,
    "num_orders_accepted": 0,
}


def still_running() -> Answer:
    """Answer GET runs/{id} while the orchestration works."""
    return Answer(edit=lambda run: run | STILL_RUNNING)


def order_id_of(symbol: str, side: str | None, qty: int, day: date, kind: str = "") -> str:
    """Compute a client_order_id as the gateway does: the same order on the same day is one order.

    `kind` is `market|day|` in the generation of 2026.
    """
    text = f"{symbol}|{side}|{qty}|None|None|{kind}{STRATEGY}|{day}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _usual(rank: int) -> Plan:
    """Order something different for each rank, the first one at a price of 28 digits."""
    return Plan(qty=10 * rank, side="sell" if rank == 3 else "buy", price=LONG_PRICE * rank)


def _listed(run: dict[str, Any]) -> dict[str, Any]:
    left_out = {"symbols", "capital", "signal_metadata", "mappings", "error_message"}
    return {name: value for name, value in run.items() if name not in left_out}
