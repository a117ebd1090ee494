"""Alpaca in miniature: quotes of before the next bell, trades of the last close, and the broker."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from paper_run.sandbox import market, special
from paper_run.sandbox.alpaca import broker_routes, has_keys
from paper_run.sandbox.clock import priced_session, zulu
from paper_run.sandbox.exchange_days import close_time
from paper_run.sandbox.state import State
from paper_run.sandbox.web import Answer, Request, Route, Service

_FORBIDDEN = Answer(403, {"message": "forbidden."})


def quotes_service(state: State) -> Service:
    """Build the service on the shared state; any pair of keys is let read."""

    def latest(kind: str, one: Callable[[State, str], dict[str, Any]]) -> Callable[[Request], Answer]:
        def serve(request: Request) -> Answer:
            if not has_keys(request):
                return _FORBIDDEN
            symbols = [symbol for symbol in request.query.get("symbols", "").split(",") if symbol]
            if not symbols:
                return Answer(400, {"message": "symbols is required"})
            found = {symbol: one(state, symbol) for symbol in symbols if symbol != special.NOPRICE}
            return Answer(200, {kind: found})

        return serve

    return Service(
        "quotes service",
        [
            Route("GET", "/v2/stocks/quotes/latest", latest("quotes", _quote)),
            Route("GET", "/v2/stocks/trades/latest", latest("trades", _trade)),
            *broker_routes(state),
        ],
    )


def _quote(state: State, symbol: str) -> dict[str, Any]:
    session, now = state.now()
    bid, ask = market.quote(symbol, session)
    sides: dict[str, Decimal | int | str] = {"ap": ask, "as": 2, "ax": "V", "bp": bid, "bs": 3, "bx": "V"}
    return {"t": zulu(now), **sides, "c": ["R"], "z": "C"}


def _trade(state: State, symbol: str) -> dict[str, Any]:
    day = priced_session(state.last_played())
    price = market.close_price(symbol, day)
    return {
        "t": zulu(close_time(day)),
        "x": "V",
        "p": price,
        "s": 100,
        "c": ["@"],
        "i": day.toordinal(),
        "z": "C",
    }
