"""T3: predicts returns and ranks symbols by how far their last session outran their week."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from paper_run.sandbox import market, special
from paper_run.sandbox.broker import STRATEGY
from paper_run.sandbox.clock import naive, zulu
from paper_run.sandbox.exchange_days import FIRST_SESSION, is_session, new_york, previous_session
from paper_run.sandbox.state import State
from paper_run.sandbox.validation import Fields, as_date
from paper_run.sandbox.web import Answer, Gate, RefusedError, Request, Route, Service

LOOKBACK = 5
_MODEL_VERSION = "v1.0.0"
_ACTIVATED_AT = naive(new_york(FIRST_SESSION, 8))


def signal_service(state: State, gate: Gate | None) -> Service:
    """Build the service on the shared state; `gate` lets requests in."""

    def root(_: Request) -> Answer:
        return Answer(200, {"service": "signal_service", "version": "0.1.0", "status": "running"})

    def health(_: Request) -> Answer:
        session, now = state.now()
        body = {
            "status": "healthy",
            "model_loaded": True,
            "model_info": {"strategy": STRATEGY, "version": _MODEL_VERSION, "activated_at": _ACTIVATED_AT},
            "timestamp": zulu(now),
            "sandbox": True,
            "session": session.isoformat(),
        }
        return Answer(200, body)

    def generate(request: Request) -> Answer:
        fields = Fields.of_body(request)
        symbols = fields.symbols()
        as_of_text = fields.text("as_of_date")
        top_n, bottom_n = fields.integer("top_n", 1, 0), fields.integer("bottom_n", 1, 0)
        fields.check()
        session, now = state.now()
        as_of_date = session if as_of_text is None else as_date(as_of_text)
        if as_of_date > session or not is_session(as_of_date):
            raise RefusedError(400, f"No data available for {as_of_date}: no symbol has a bar of that date")
        if len(symbols) < top_n + bottom_n:
            raise RefusedError(
                400, f"Insufficient symbols: {len(symbols)} given, top_n + bottom_n needs {top_n + bottom_n}"
            )
        signals = [signal._asdict() for signal in rank(symbols, as_of_date, top_n, bottom_n)]
        metadata = {
            "as_of_date": as_of_date.isoformat(),
            "model_version": _MODEL_VERSION,
            "strategy": STRATEGY,
            "num_signals": len(signals),
            "generated_at": zulu(now),
            "top_n": top_n,
            "bottom_n": bottom_n,
        }
        return Answer(200, {"signals": signals, "metadata": metadata})

    return Service(
        "signal service",
        [
            Route("GET", "/", root),
            Route("GET", "/health", health),
            Route("POST", "/api/v1/signals/generate", generate, "generate_signals"),
        ],
        gate,
    )


class Signal(NamedTuple):
    """One ranked symbol; the weight is a fraction of the capital, negative for a short."""

    symbol: str
    predicted_return: float
    rank: int
    target_weight: float


def rank(symbols: Sequence[str], day: date, top_n: int, bottom_n: int) -> list[Signal]:
    """Rank the symbols as of `day` from the closes before it; special symbols come first."""
    closes = [previous_session(day)]
    while len(closes) <= LOOKBACK:
        closes.append(previous_session(closes[-1]))
    scored = sorted(
        ((_predicted_return(symbol, closes), symbol) for symbol in symbols),
        key=lambda pair: (-pair[0], pair[1]),
    )
    return [
        Signal(symbol, float(predicted), place, _weight(place, len(scored), top_n, bottom_n))
        for place, (predicted, symbol) in enumerate(scored, start=1)
    ]


def _predicted_return(symbol: str, closes: Sequence[date]) -> Decimal:
    """Return the last session's return less its average over the lookback.

    That difference changes sign often, so the ranking rotates and positions neither run away nor stand still.
    """
    last, before, first = (market.close_price(symbol, closes[index]) for index in (0, 1, LOOKBACK))
    predicted = (last / before - 1) - (last / first - 1) / LOOKBACK
    # No other symbol comes near a predicted return of 1: a session moves a price by a few percent.
    return predicted + 1 if symbol in special.TRADED else predicted


def _weight(place: int, count: int, top_n: int, bottom_n: int) -> float:
    if place <= top_n:
        return 1 / top_n
    return -1 / bottom_n if place > count - bottom_n else 0.0
