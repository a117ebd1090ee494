"""The broker behind a desk's gateway: it lives in the same time and has what the orchestrator ordered."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from support.broker_server import KEY, NUMBER, SECRET, BrokerServer, an_order
from support.desk import Desk
from support.faulty_http import Request
from support.odd_orchestrator import order_id_of


class DeskBroker(BrokerServer):
    """Orders of the orchestrator's runs appear by themselves, unless `is_cut_off`; others are `placed`."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.is_cut_off = False
        self._mirrored: set[str] = set()

    def now(self) -> datetime:
        return self.desk.platform.now()

    def healthy(self, request: Request) -> tuple[int, Any]:
        if not self.is_cut_off:
            self.mirror()
        return super().healthy(request)

    def mirror(self) -> None:
        """Have the orders of all runs so far."""
        for run in self.desk.platform.orchestrator.runs:
            self._mirror(run)

    def place(
        self,
        symbol: str,
        qty: int = 10,
        *,
        side: str = "buy",
        at: datetime | None = None,
        kind: str = "",
        **changes: Any,
    ) -> str:
        """Take an order that fills at once; under the gateway's id for it, if no other is given."""
        at = at or self.now()
        identity = str(changes.pop("client_order_id", order_id_of(symbol, side, qty, at.date(), kind)))
        filled = {"status": "filled", "filled_qty": str(qty), "filled_avg_price": "100.25"}
        stated = {"client_order_id": identity, "symbol": symbol, "side": side, "qty": str(qty), **filled}
        self.orders.append(an_order(len(self.orders) + 1, _text(at), **(stated | changes)))
        return identity

    def _mirror(self, run: dict[str, Any]) -> None:
        if run["run_id"] in self._mirrored:
            return
        self._mirrored.add(run["run_id"])
        for mapping in run["mappings"]:
            order = self.desk.platform.gateway.orders.get(mapping["client_order_id"])
            if order is None:
                continue
            at = datetime.fromisoformat(run["started_at"]).replace(tzinfo=UTC)
            self.place(
                order["symbol"],
                order["qty"],
                side=order["side"],
                at=at,
                id=order["broker_order_id"] or f"broker-{order['symbol']}",
                client_order_id=order["client_order_id"],
                filled_avg_price=order["filled_avg_price"],
            )


def prove(desk: Desk, number: str = NUMBER) -> None:
    """Have the account be the present book's, as if it had known one of its orders."""
    desk.write(
        "INSERT INTO broker_accounts (epoch, number, proven_at, proven_by) "
        f"SELECT MAX(id), '{number}', '', '' FROM epochs WHERE true ON CONFLICT (epoch) DO NOTHING"
    )


@contextmanager
def serving_desk_broker(desk: Desk) -> Iterator[DeskBroker]:
    """Serve one while the block runs, and name it to the desk's commands; nothing in it may crash."""
    made = DeskBroker(desk)
    made.up()
    desk.env |= {"ALPACA_API_KEY_ID": KEY, "ALPACA_API_SECRET_KEY": SECRET, "ALPACA_BASE_URL": made.url}
    desk.env |= {"PAPER_RUN_QUOTES_URL": desk.platform.quotes.url}
    try:
        yield made
    finally:
        made.log.stopping.set()
        made.stop()
    assert made.log.crashes == []


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
