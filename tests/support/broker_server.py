"""A broker on a port of its own: an account, its orders, positions and activities, and corporate actions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from paper_run.model.service import ServiceUrl
from support.faulty_http import Log, Request, ScriptedService

KEY, SECRET = "PKTESTKEYID0123", "s3cretS3cretS3cret"
NUMBER = "PA3FAKE00001"
ACCOUNT: dict[str, Any] = {
    "id": "8c1b0a6e-6a2f-4d4a-9b3e-0a5d0c3f1e77",
    "account_number": NUMBER,
    "status": "ACTIVE",
    "currency": "USD",
    "cash": "63870.25",
    "accrued_fees": "0.13",
    "equity": "100012.345",
    "last_equity": "100000",
    "long_market_value": "36142.095",
    "short_market_value": "0",
    "trading_blocked": False,
    "account_blocked": False,
    "trade_suspended_by_user": False,
    "shorting_enabled": True,
    "created_at": "2024-11-04T15:01:02.123456789Z",
}
REFUSED = {"code": 40110000, "message": "request is not authorized"}


def an_order(number: int, submitted_at: str = "2025-01-17T14:30:00.5Z", **more: Any) -> dict[str, Any]:
    """Return an order as the broker words it."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "client_order_id": f"{number:024x}",
        "created_at": submitted_at,
        "updated_at": submitted_at,
        "submitted_at": submitted_at,
        "filled_at": None,
        "replaced_by": None,
        "replaces": None,
        "symbol": "AAPL",
        "asset_class": "us_equity",
        "notional": None,
        "qty": "10",
        "filled_qty": "0",
        "filled_avg_price": None,
        "order_class": "simple",
        "order_type": "market",
        "type": "market",
        "side": "buy",
        "time_in_force": "day",
        "limit_price": None,
        "stop_price": None,
        "status": "accepted",
        "extended_hours": False,
        "legs": None,
        **more,
    }


class BrokerServer(ScriptedService):
    """Answers as the broker does, and refuses whoever has other keys.

    `between` is called before each page of orders or activities is put together. `newest_first`: it minds
    no `direction`. `with_that_day`: activities of the day that `after` names are among those after it.
    """

    def __init__(self) -> None:
        super().__init__("broker", Log())
        self.account = dict(ACCOUNT)
        self.orders: list[dict[str, Any]] = []
        self.positions: list[dict[str, Any]] = []
        self.activities: list[dict[str, Any]] = []
        self.actions: dict[str, list[dict[str, Any]]] = {}
        self.actions_a_page = 1000
        self.newest_first = self.with_that_day = False
        self.between: Callable[[], None] = lambda: None

    @property
    def at(self) -> ServiceUrl:
        return ServiceUrl(base=self.url)

    @property
    def requests(self) -> list[Request]:
        return self.log.requests

    def healthy(self, request: Request) -> tuple[int, Any]:
        if request.method != "GET":
            return 405, {"code": 40510000, "message": "this account is only ever read here"}
        headers = request.headers
        if (headers.get("apca-api-key-id"), headers.get("apca-api-secret-key")) != (KEY, SECRET):
            return 401, REFUSED
        answers: dict[str, Callable[[dict[str, str]], tuple[int, Any]]] = {
            "/v2/account": lambda _: (200, self.account),
            "/v2/orders": lambda query: (200, self._orders(query)),
            "/v2/orders:by_client_order_id": lambda query: self._order(query["client_order_id"]),
            "/v2/positions": lambda _: (200, self.positions),
            "/v2/account/activities": lambda query: (200, self._activities(query)),
            "/v1/corporate-actions": lambda query: (200, self._actions(query)),
        }
        if request.path not in answers:
            return 404, {"message": "no such endpoint"}
        return answers[request.path]({name: values[-1] for name, values in request.query.items()})

    def _orders(self, query: dict[str, str]) -> list[dict[str, Any]]:
        assert (query["status"], query["direction"], query["nested"].lower()) == ("all", "asc", "false")
        self.between()
        after = _moment(query["after"])
        later = [each for each in self.orders if _moment(each["submitted_at"]) > after]
        later.sort(key=lambda each: _moment(each["submitted_at"]), reverse=self.newest_first)
        return later[: min(int(query["limit"]), 500)]

    def _order(self, client_order_id: str) -> tuple[int, Any]:
        for each in self.orders:
            if each["client_order_id"] == client_order_id:
                return 200, each
        return 404, {"code": 40410000, "message": f"order not found for {client_order_id}"}

    def _activities(self, query: dict[str, str]) -> list[dict[str, Any]]:
        assert query["direction"] == "asc"
        self.between()
        begin = query["after"].replace("-", "") + ("" if self.with_that_day else "~")
        later = [each for each in self.activities if each["id"] > begin]
        later = sorted(later, key=lambda each: each["id"])
        later = [each for each in later if each["id"] > query.get("page_token", "")]
        return later[: int(query["page_size"])]

    def _actions(self, query: dict[str, str]) -> dict[str, Any]:
        symbols, kinds = query["symbols"].split(","), query["types"].split(",")
        found = [
            (kind, each)
            for kind, entries in self.actions.items()
            for each in entries
            if query["start"] <= each["process_date"] <= query["end"]
            and kind.removesuffix("s") in kinds
            and {each.get(name) for name in ("symbol", "old_symbol", "source_symbol")} & set(symbols)
        ]
        begin = int(query.get("page_token", "0"))
        end = begin + min(int(query["limit"]), self.actions_a_page)
        lists: dict[str, list[dict[str, Any]]] = {}
        for kind, each in found[begin:end]:
            lists.setdefault(kind, []).append(each)
        return {"corporate_actions": lists, "next_page_token": str(end) if end < len(found) else None}


@contextmanager
def serving_broker() -> Iterator[BrokerServer]:
    """Serve one while the block runs; nothing in it may crash."""
    made = BrokerServer()
    made.up()
    try:
        yield made
    finally:
        made.log.stopping.set()
        made.stop()
    assert made.log.crashes == []


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
