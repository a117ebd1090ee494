"""Signal service, execution gateway and quotes: the parts of the odd platform that only tell."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from support.faulty_http import Request, ScriptedService
from support.odd_account import Account, Held, decimal

if TYPE_CHECKING:
    from support.odd_platform import OddPlatform

STRATEGY = "alpha_baseline"
POSITIONS = "/api/v1/positions"
ORDERS = "/api/v1/orders"


UNHEARD: dict[str, Any] = {"status": "pending_new", "filled_qty": "0", "filled_avg_price": None}
"""What a gateway says of every order that nobody told it more of."""


class Service(ScriptedService):
    """A service with a health answer that tests may edit."""

    def __init__(self, name: str, platform: "OddPlatform", health: dict[str, Any]) -> None:
        super().__init__(name, platform.log)
        self.platform = platform
        self.odd = platform.odd
        self.health = health
        self.has_health = True
        """False: /health is 404 and only / answers, as in early generations."""

    def healthy(self, request: Request) -> tuple[int, Any]:
        status, body = self._common(request) or self.route(request) or (404, {"detail": "Not Found"})
        return status, self.odd.disguise(body) if status == 200 else body

    def now(self) -> datetime:
        return self.platform.now()

    def timestamp(self) -> str:
        """Write the time as this service does in its health answer."""
        return utc_text(self.now())

    def _common(self, request: Request) -> tuple[int, Any] | None:
        if request.path == "/":
            return 200, {"service": self.name, "version": "0.1.0", "docs": "/docs"}
        if request.path == "/health" and self.has_health:
            return 200, {"timestamp": self.timestamp()} | self.health
        return None

    def route(self, request: Request) -> tuple[int, Any] | None:
        raise NotImplementedError


class Signal(Service):
    """T3; the orchestrator of this platform does not need it, a client only looks at its health."""

    def __init__(self, platform: "OddPlatform") -> None:
        info = {"strategy": STRATEGY, "version": "v1.0.0", "activated_at": None}
        super().__init__(
            "signal_service", platform, {"status": "healthy", "model_loaded": True, "model_info": info}
        )

    def route(self, request: Request) -> tuple[int, Any] | None:  # noqa: ARG002  it has no route of its own
        return None


class Gateway(Service):
    """T4: orders by their id, and positions."""

    def __init__(self, platform: "OddPlatform") -> None:
        super().__init__(
            "execution_gateway",
            platform,
            {
                "status": "healthy",
                "service": "execution_gateway",
                "dry_run": False,
                "database_connected": True,
                "alpaca_connected": True,
                "details": None,
            },
        )
        self.orders: dict[str, dict[str, Any]] = {}
        """What GET /orders/{id} answers, by client_order_id."""
        self.positions: dict[str, dict[str, Any]] = {}
        """The envelope's items by symbol; those with a qty of 0 are left out."""
        self.says: dict[str, Mapping[str, Any] | None] = {}
        """What the envelope's item of a symbol says instead, in these fields; None: it is left out."""
        self.is_deaf = False
        """Whether it hears of no fill: nobody can call it."""
        self.account = Account()
        """The broker's: what was really filled."""
        self.market: Callable[[str], Decimal] | None = None
        """What a share costs now. With it the envelope is the broker's account at these prices."""

    def route(self, request: Request) -> tuple[int, Any] | None:
        if request.path == POSITIONS:
            told = [
                position | said
                for symbol, position in self._items().items()
                if (said := self.says.get(symbol, {})) is not None
            ]
            held = [position for position in told if Decimal(position["qty"]) != 0]
            return 200, {
                "positions": held,
                "total_positions": len(held),
                "total_unrealized_pl": None,
                "total_realized_pl": self.odd.text_amount(Decimal(0)),
            }
        if request.path.startswith(ORDERS + "/"):
            order_id = request.path.removeprefix(ORDERS + "/")
            known = self.orders.get(order_id)
            if known and self.is_deaf and known["broker_order_id"]:  # its own refusals it knows
                known = known | UNHEARD
            return (200, known) if known else (404, {"detail": f"Order not found: {order_id}"})
        return None

    def hold(self, symbol: str, qty: str, average: str, price: str | None = None) -> None:
        """Have a position, as if from before the test."""
        self.positions[symbol] = self._item(symbol, qty, average, price)

    def book(self, symbol: str, qty: Decimal, price: Decimal) -> None:
        """Add a fill to the position: average kept when reducing, the fill's price when flipping."""
        self.account.fill(symbol, qty, price)
        held = self.positions.get(symbol, {"qty": "0", "avg_entry_price": "0"})
        before, average = Decimal(held["qty"]), Decimal(held["avg_entry_price"])
        after = before + qty
        if before * qty >= 0 and after:
            average = (before * average + qty * price) / after
        elif before * after < 0:
            average = price
        self.hold(symbol, str(after), str(average), str(price))

    def _items(self) -> dict[str, dict[str, Any]]:
        if self.is_deaf:
            return {}
        if self.market is None:
            return self.positions
        return {symbol: self._valued(symbol, held) for symbol, held in self.account.positions.items()}

    def _valued(self, symbol: str, held: Held) -> dict[str, Any]:
        """Word a position of the account at the market's price."""
        assert self.market is not None
        price = self.market(symbol)
        unrealized = held.qty * Fraction(price) - held.cost
        known = self._item(symbol, str(decimal(held.qty)), str(decimal(held.average)), str(price))
        return known | {
            "unrealized_pl": self.odd.text_amount(decimal(unrealized)),
            "realized_pl": self.odd.text_amount(decimal(held.realized)),
        }

    def _item(self, symbol: str, qty: str, average: str, price: str | None) -> dict[str, Any]:
        return {
            "symbol": symbol,
            "qty": qty,
            "avg_entry_price": average,
            "current_price": price,
            "unrealized_pl": None,
            "realized_pl": "0E-8",
            "updated_at": utc_text(self.now()),
            "last_trade_at": None,
        }


class Quotes(Service):
    """Market data in Alpaca's form; a symbol without data is absent."""

    def __init__(self, platform: "OddPlatform") -> None:
        super().__init__("quotes", platform, {"status": "healthy"})
        self.quotes: dict[str, dict[str, Any]] = {}
        """`{"AAPL": {"t": .., "ap": .., "bp": ..}}`."""
        self.trades: dict[str, dict[str, Any]] = {}
        """`{"AAPL": {"t": .., "p": ..}}`."""

    def route(self, request: Request) -> tuple[int, Any] | None:
        asked = request.query.get("symbols", [""])[0].split(",")
        for path, name, known in (
            ("/v2/stocks/quotes/latest", "quotes", self.quotes),
            ("/v2/stocks/trades/latest", "trades", self.trades),
        ):
            if request.path == path:
                return 200, {name: {symbol: known[symbol] for symbol in asked if symbol in known}}
        return None


def utc_text(moment: datetime) -> str:
    """Write a time as the gateway does."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
