"""The broker behind the odd platform: the account that its gateway trades, told by a server of its own."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from support.broker_server import BrokerServer, an_order
from support.faulty_http import Request
from support.odd_account import Account, decimal
from support.odd_services import utc_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from support.odd_platform import OddPlatform


class OddBroker(BrokerServer):
    """Has each order that the gateway placed, as it was filled in truth; the account follows from them.

    `prices` are what shares cost now; else each costs what it was filled at last. `executions` are what the
    activities list of a symbol's orders, each a quantity and a price; else one that is the whole fill; and
    `by_order` those of one alone, by the broker's id.
    `fees` are accrued and not charged yet. `ahead` is how much later than now its orders are said to be
    submitted. `no_price` are symbols that it gives neither price nor value of. `money` is what it lists
    besides fills; its cash follows what of that stands and has come. `classes` are of what is no share.
    `market` are quotes and trades where it is the host of market data too: none.
    """

    def __init__(self, platform: "OddPlatform") -> None:
        super().__init__()
        self.platform = platform
        self.prices: dict[str, Decimal] = {}
        self.executions: dict[str, list[tuple[str, str]]] = {}
        self.by_order: dict[str, list[tuple[str, str]]] = {}
        self.ahead = timedelta()
        self.deposit = Decimal(100_000)
        self.no_price: set[str] = set()
        self.money: list[dict[str, Any]] = []
        self._events: list[tuple[int, Callable[[Account], None]]] = []
        self.fees: str | None = "0"
        self.classes: dict[str, str] = {}
        self.market: dict[str, dict[str, Any]] = {}

    def now(self) -> "datetime":
        return self.platform.now()

    def place(
        self, order: dict[str, Any], filled: Decimal, price: Decimal | None, status: str, identity: str = ""
    ) -> dict[str, Any]:
        """Take an order of the gateway's, filled so far at an average price."""
        now = utc_text(self.now() + self.ahead)
        made = an_order(
            len(self.orders) + 1,
            now,
            client_order_id=identity or order["client_order_id"],
            symbol=order["symbol"],
            side=order["side"],
            qty=str(order["qty"]),
            type=order["order_type"],
            order_type=order["order_type"],
            time_in_force=order["time_in_force"],
            limit_price=None if order["limit_price"] is None else str(order["limit_price"]),
            status=status,
        )
        self.orders.append(made)
        self._fill(made, filled, price)
        return made

    def order(self, symbol: str) -> dict[str, Any]:
        """Return the symbol's latest order."""
        return next(each for each in reversed(self.orders) if each["symbol"] == symbol)

    def fill(self, symbol: str, qty: str, price: str | None, status: str = "filled") -> None:
        """Have the symbol's latest order be filled so, all of it together at this average price."""
        made = self.order(symbol)
        made["status"] = status
        self._fill(made, Decimal(qty), None if price is None else Decimal(price))

    def replace(self, symbol: str, qty: int, filled: str, price: str | None) -> dict[str, Any]:
        """Have somebody replace the symbol's latest order at the broker by another one, filled so."""
        before = self.order(symbol)
        now = None if price is None else Decimal(price)
        status = "filled" if Decimal(filled) == qty else "accepted"
        name = f"{len(self.orders) + 1:032x}"
        made = self.place({**before, "qty": qty}, Decimal(filled), now, status, name)
        before |= {"status": "replaced", "replaced_by": made["id"], "replaced_at": made["submitted_at"]}
        made["replaces"] = before["id"]
        return made

    def post(
        self, kind: str, amount: str, symbol: str | None = None, *, day: str = "", **fields: Any
    ) -> dict[str, Any]:
        """Post money, signed dollars, dated today unless told; return the activity, to be changed at will.

        As the broker does it, an id begins with the date at 00:00, and not with the time of posting.
        """
        on = day or self.now().date().isoformat()
        made = {
            "id": f"{on.replace('-', '')}000000000::{len(self.money):08x}",
            "activity_type": kind,
            "date": on,
            "net_amount": amount,
            "description": "",
            "status": "executed",
            **({"symbol": symbol} if symbol else {}),
            **fields,
        }
        self.money.append(made)
        return made

    def move(self, symbol: str, qty: str, cost: str = "0") -> None:
        """Have shares come, negative ones go, without cash: at this cost in all, dollars."""

        def happen(account: Account) -> None:
            account.move(symbol, Fraction(qty), Fraction(cost))

        self._events.append((len(self.orders), happen))

    def _fill(self, order: dict[str, Any], qty: Decimal, price: Decimal | None) -> None:
        order["filled_qty"] = str(qty)
        order["filled_avg_price"] = None if price is None or not qty else str(price)
        order["filled_at"] = utc_text(self.now()) if qty else None

    def split(
        self, symbol: str, became: int, shares: int, *, whole: bool = False, of_orders: int | None = None
    ) -> None:
        """Have what is held of a symbol split now; `whole`: the fraction of a share is to be paid.

        :param of_orders: what so many orders filled splits, the first ones; None: what all did.
        """

        def happen(account: Account) -> None:
            held = account.positions[symbol]
            held.qty = held.qty * became / shares
            if whole:
                held.qty = Fraction(int(held.qty))

        self._events.append((len(self.orders) if of_orders is None else of_orders, happen))

    def rename(self, symbol: str, new: str) -> None:
        """Have what is held of a symbol be called otherwise from now on."""

        def happen(account: Account) -> None:
            gone = account.positions.pop(symbol)
            account.move(new, gone.qty, gone.cost)

        self._events.append((len(self.orders), happen))

    def lists(self, kind: str, symbol: str, day: str, *, processed: str = "", **more: Any) -> None:
        """List what a company did on a day."""
        name = {"spin_offs": "source_symbol", "name_changes": "old_symbol", "unit_splits": "old_symbol"}
        of_day = "effective_date" if kind == "unit_splits" else "ex_date"
        dates = {"process_date": processed or day} | ({} if kind == "name_changes" else {of_day: day})
        self.actions.setdefault(kind, []).append({name.get(kind, "symbol"): symbol} | dates | more)

    def held(self) -> Account:
        """Return the account that its orders make, in the order in which they were taken."""
        account = Account(Fraction(self.deposit))
        for number, each in enumerate([*self.orders, None]):
            for at, happen in self._events:
                if at == number:
                    happen(account)
            if each is None:
                break
            if each["filled_avg_price"] is not None:
                signed = Decimal(each["filled_qty"]) * (1 if each["side"] == "buy" else -1)
                account.fill(each["symbol"], signed, Decimal(each["filled_avg_price"]))
        today = self.now().date().isoformat()
        for posted in self.money:
            if posted["status"] != "canceled" and posted["date"] <= today:
                account.cash += Fraction(posted.get("net_amount", 0))
        return account

    @property
    def cash(self) -> Decimal:
        return decimal(self.held().cash)

    def healthy(self, request: Request) -> tuple[int, Any]:
        held = self.held()
        self.positions = [
            self._position(symbol, each.qty, each.average)
            for symbol, each in held.positions.items()
            if each.qty
        ]
        worth = sum((Decimal(each["market_value"] or 0) for each in self.positions), decimal(held.cash))
        if request.path in ("/v2/stocks/quotes/latest", "/v2/stocks/trades/latest"):
            kind = request.path.split("/")[3]  # the host of market data
            return 200, {kind: self.market.get(kind, {})}
        self.account |= {"cash": str(decimal(held.cash)), "equity": str(worth), "accrued_fees": self.fees}
        self.activities = [
            self._activity(each, number, qty, price)
            for each in self.orders
            for number, (qty, price) in enumerate(self._executed(each))
        ] + self.money
        return super().healthy(request)

    def _position(self, symbol: str, qty: Fraction, average: Fraction) -> dict[str, Any]:
        filled = [each["filled_avg_price"] for each in self.orders if each["symbol"] == symbol]
        price = self.prices.get(symbol) or Decimal((filled and filled[-1]) or decimal(average))
        return {
            "symbol": symbol,
            "asset_class": self.classes.get(symbol, "us_equity"),
            "qty": str(decimal(qty)),
            "side": "long" if qty > 0 else "short",
            "avg_entry_price": str(decimal(average)),
            "market_value": None if symbol in self.no_price else str(decimal(qty) * price),
            "current_price": None if symbol in self.no_price else str(price),
        }

    def _executed(self, order: dict[str, Any]) -> list[tuple[str, str]]:
        if order["filled_avg_price"] is None:
            return []
        if order["id"] in self.by_order:
            return self.by_order[order["id"]]
        return self.executions.get(order["symbol"], [(order["filled_qty"], order["filled_avg_price"])])

    def _activity(self, order: dict[str, Any], number: int, qty: str, price: str) -> dict[str, Any]:
        day = (order["filled_at"] or order["submitted_at"])[:10].replace("-", "")
        return {
            "id": f"{day}000000000::{order['id']}{number}",
            "activity_type": "FILL",
            "transaction_time": order["filled_at"] or order["submitted_at"],
            "type": "fill",
            "price": price,
            "qty": qty,
            "side": order["side"],
            "symbol": order["symbol"],
            "leaves_qty": "0",
            "cum_qty": order["filled_qty"],
            "order_id": order["id"],
            "order_status": order["status"],
        }
