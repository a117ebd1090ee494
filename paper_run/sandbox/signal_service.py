"""T3: predicts returns and ranks symbols."""

from paper_run.sandbox.broker import STRATEGY
from paper_run.sandbox.clock import naive, zulu
from paper_run.sandbox.exchange_days import FIRST_SESSION, is_session, new_york
from paper_run.sandbox.signals import rank
from paper_run.sandbox.state import State
from paper_run.sandbox.validation import Fields, as_date
from paper_run.sandbox.web import Answer, Gate, RefusedError, Request, Route, Service

_MODEL_VERSION = "v1.0.0"
_ACTIVATED_AT = naive(new_york(FIRST_SESSION, 8))


def signal_service(state: State, gate: Gate | None = None) -> Service:
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
