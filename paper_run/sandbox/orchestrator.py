"""T5: asks T3 for signals, sizes them, sends the orders to T4, and remembers its runs."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from paper_run.sandbox import broker, market, sizing, special
from paper_run.sandbox.broker import STRATEGY
from paper_run.sandbox.clock import naive
from paper_run.sandbox.execution_gateway import RUN_HEADER
from paper_run.sandbox.identifiers import is_uuid, random_uuid
from paper_run.sandbox.peer import AnswerLostError, Peer, Sign, UnreachableError
from paper_run.sandbox.state import Run, State
from paper_run.sandbox.validation import Fields, as_date
from paper_run.sandbox.web import INTERNAL_SERVER_ERROR, Answer, RefusedError, Request, Route, Service

_CAPITAL = Decimal(100_000)
_MAX_POSITION_SIZE = Decimal(20_000)
_PROBE_SECONDS = 2.0
_SIGNALS_PATH = "/api/v1/signals/generate"
_SUMMARY = (
    "run_id",
    "status",
    "strategy_id",
    "as_of_date",
    "num_signals",
    "num_orders_submitted",
    "num_orders_accepted",
    "num_orders_rejected",
    "num_orders_filled",
    "started_at",
    "completed_at",
    "duration_seconds",
)
_REASONS = {400: "Bad Request", 404: "Not Found", 422: "Unprocessable Entity"}


class _Asked(NamedTuple):
    """The body of a run request, with the defaults filled in."""

    symbols: Sequence[str]
    as_of_date: date | None
    capital: Decimal
    max_position_size: Decimal


class _Behind(NamedTuple):
    """The services behind it, and what signs the requests to them where they demand that."""

    signal_service_url: str
    execution_gateway_url: str
    sign: Sign | None


def orchestrator(
    state: State, signal_service_url: str, execution_gateway_url: str, sign: Sign | None = None
) -> Service:
    """Build the service on the shared state; it reaches the other two over HTTP."""
    behind = _Behind(signal_service_url, execution_gateway_url, sign)

    def root(_: Request) -> Answer:
        return Answer(200, {"service": "orchestrator", "version": "0.1.0", "status": "running"})

    def health(_: Request) -> Answer:
        t3_healthy, t4_healthy = _is_healthy(signal_service_url), _is_healthy(execution_gateway_url)
        session, now = state.now()
        body = {
            "status": "healthy" if t3_healthy and t4_healthy else "degraded",
            "service": "orchestrator",
            "version": "0.1.0",
            "timestamp": naive(now),
            "signal_service_url": signal_service_url,
            "execution_gateway_url": execution_gateway_url,
            "signal_service_healthy": t3_healthy,
            "execution_gateway_healthy": t4_healthy,
            "database_connected": True,
            "details": {
                "capital": float(_CAPITAL),
                "max_position_size": float(_MAX_POSITION_SIZE),
                "strategy_id": STRATEGY,
            },
            "sandbox": True,
            "session": session.isoformat(),
        }
        return Answer(200, body)

    def run(request: Request) -> Answer:
        asked = _asked(request)
        if special.HALT in asked.symbols:
            raise RefusedError(503, special.kill_switch(naive(state.now()[1])))
        if asked.capital < 0 or asked.max_position_size < 0:
            return INTERNAL_SERVER_ERROR
        with state.run() as current:
            answer = _orchestrate(current, asked, behind)
            if asked.capital < sizing.LARGEST_AMOUNT:
                current.connection.execute(
                    "INSERT INTO runs (run_id, status, strategy_id, answer) VALUES (?, ?, ?, ?)",
                    (answer["run_id"], answer["status"], STRATEGY, json.dumps(answer)),
                )
                return Answer(200, answer)
        return INTERNAL_SERVER_ERROR  # the orders are placed, but such a capital overflows T5's table

    def runs(request: Request) -> Answer:
        fields = Fields(dict(request.query), "query")
        limit, offset = fields.integer("limit", 50, 1), fields.integer("offset", 0, 0)
        fields.check()
        wanted = [request.query.get("strategy_id"), request.query.get("status")]
        where = " WHERE strategy_id = coalesce(?, strategy_id) AND status = coalesce(?, status)"
        with state.store.reading() as connection:
            total = connection.execute(f"SELECT count(*) FROM runs{where}", wanted).fetchone()[0]  # noqa: S608
            rows = connection.execute(
                f"SELECT answer FROM runs{where} ORDER BY number DESC LIMIT ? OFFSET ?",  # noqa: S608
                [*wanted, min(limit, 2**31), min(offset, 2**31)],
            ).fetchall()
        answers = [json.loads(row[0]) for row in rows]
        shown = [{name: answer[name] for name in _SUMMARY} for answer in answers]
        return Answer(200, {"runs": shown, "total": total, "limit": limit, "offset": offset})

    def one_run(request: Request) -> Answer:
        run_id = _as_run_id(request.names[0])
        with state.store.reading() as connection:
            row = connection.execute("SELECT answer FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        if row is None:
            raise RefusedError(404, f"Run not found: {run_id}")
        return Answer(200, json.loads(row[0]) | {"symbols": [], "capital": "0"})

    return Service(
        "orchestrator",
        [
            Route("GET", "/", root),
            Route("GET", "/health", health),
            Route("POST", "/api/v1/orchestration/run", run),
            Route("GET", "/api/v1/orchestration/runs", runs),
            Route("GET", "/api/v1/orchestration/runs/{}", one_run),
        ],
    )


def _asked(request: Request) -> _Asked:
    fields = Fields.of_body(request)
    symbols, as_of_text = fields.symbols(), fields.text("as_of_date")
    capital, max_position_size = fields.amount("capital"), fields.amount("max_position_size")
    fields.check()
    as_of_date = None if as_of_text is None else as_date(as_of_text)
    # Zero is "not given" to T5, and so means its own defaults.
    return _Asked(symbols, as_of_date, capital or _CAPITAL, max_position_size or _MAX_POSITION_SIZE)


def _orchestrate(run: Run, asked: _Asked, behind: _Behind) -> dict[str, Any]:
    """Play the session of `run`, unless T3 gives no signals."""
    started_at = run.clock.now()
    signals, metadata, error_message = _signals(run, asked, behind)
    mappings: list[dict[str, Any]] = []
    if error_message is None:
        run.played = True
        broker.open_session(run.connection, run.session)
        with Peer(behind.execution_gateway_url, sign=behind.sign) as gateway:
            mappings = [_trade(run, asked, signal, gateway) for signal in signals]
    counted = sizing.counts(mappings)
    completed_at = run.clock.now()
    return {
        "run_id": random_uuid(),
        "status": "failed" if error_message is not None else sizing.outcome(counted),
        "strategy_id": STRATEGY,
        "as_of_date": (asked.as_of_date or run.session).isoformat(),
        "symbols": list(asked.symbols),
        "capital": str(asked.capital),
        "num_signals": len(signals),
        "signal_metadata": metadata,
        **counted,
        "mappings": mappings,
        "started_at": naive(started_at),
        "completed_at": naive(completed_at),
        "duration_seconds": _seconds(started_at, completed_at),
        "error_message": error_message,
    }


def _signals(
    run: Run, asked: _Asked, behind: _Behind
) -> tuple[list[dict[str, Any]], dict[str, Any] | None, str | None]:
    """Return T3's signals and metadata, or why there are none (as with the real T5, not in T3's words)."""
    top_n, bottom_n = sizing.top_and_bottom(asked.symbols)
    as_of_date = (asked.as_of_date or run.session).isoformat()
    body = {"symbols": asked.symbols, "as_of_date": as_of_date, "top_n": top_n, "bottom_n": bottom_n}
    try:
        with Peer(behind.signal_service_url, sign=behind.sign) as signal_service:
            status, answer = signal_service.ask("POST", _SIGNALS_PATH, body)
    except UnreachableError:
        return [], None, "All connection attempts failed"
    except AnswerLostError:
        return [], None, _lost(run, "ReadTimeout")
    if status != 200 or answer is None:
        kind = "Client" if status < 500 else "Server"
        words = f"{status} {_REASONS.get(status, 'Internal Server Error')}"
        url = behind.signal_service_url + _SIGNALS_PATH
        more = f"https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/{status}"
        return [], None, (
            f"{kind} error '{words}' for url '{url}'\nFor more information check: {more}"
        )  # fmt: skip
    metadata = {name: answer["metadata"][name] for name in ("model_version", "strategy", "top_n", "bottom_n")}
    return answer["signals"], metadata, None


def _trade(run: Run, asked: _Asked, signal: dict[str, Any], gateway: Peer) -> dict[str, Any]:
    """Size one signal and send its order; return the mapping."""
    symbol, weight = signal["symbol"], Decimal(str(signal["target_weight"]))
    if not weight:
        return sizing.mapping(signal, skip_reason="zero_weight")
    price = market.open_price(symbol, run.session)
    qty = sizing.quantity(weight, price, asked.capital, asked.max_position_size)
    if qty < 1:
        return sizing.mapping(signal, skip_reason="qty_less_than_one_share")
    side = "buy" if weight > 0 else "sell"
    force = "gtc" if symbol in special.OUTLIVE else "day"
    order = {"symbol": symbol, "side": side, "qty": qty, "order_type": "market", "time_in_force": force}
    wanted = {"order_qty": qty, "order_side": side}
    try:
        status, answer = gateway.ask("POST", "/api/v1/orders", order, {RUN_HEADER: run.token})
    except UnreachableError:
        reason = _unexpected(run, "ConnectError")
    except AnswerLostError:
        reason = _unexpected(run, "ReadTimeout")
    else:
        if status == 200:
            named = {name: answer[name] for name in ("client_order_id", "broker_order_id")}
            return sizing.mapping(signal, **wanted, **named, order_status=answer["status"])
        reason = f"submission_failed: {status}"
    return sizing.mapping(signal, **wanted, order_status="rejected", skip_reason=reason)


def _unexpected(run: Run, exception: str) -> str:
    return f"unexpected_error: {_lost(run, exception)}"


def _lost(run: Run, exception: str) -> str:
    """Write what the real T5 says once its retries are used up."""
    return f"RetryError[<Future at {id(run):#x} state=finished raised {exception}>]"


def _is_healthy(url: str) -> bool:
    try:
        with Peer(url, _PROBE_SECONDS) as peer:
            status, answer = peer.ask("GET", "/health")
    except (UnreachableError, AnswerLostError):
        return False
    return bool(status == 200 and answer and answer["status"] == "healthy")


def _as_run_id(text: str) -> str:
    if not is_uuid(text.lower()):
        problem = {
            "type": "uuid_parsing",
            "loc": ["path", "run_id"],
            "msg": "Input should be a valid UUID",
            "input": text,
        }
        raise RefusedError(422, [problem])
    return text.lower()


def _seconds(started_at: datetime, completed_at: datetime) -> str:
    return str(Decimal((completed_at - started_at).total_seconds()).quantize(Decimal("0.000001")))
