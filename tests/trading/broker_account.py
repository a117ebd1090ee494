"""An account with its broker: a book in a real ledger, and what the broker would have said."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from trading.valued_account import Account

from paper_run import money
from paper_run.model import broker as wire
from paper_run.model.book_figures import BookFigures
from paper_run.model.broker import BrokerPosition, BrokerReading, OrdersRead, ProvenAccount
from paper_run.services.platform import Observations

NUMBER = "PA3XYZ12ABCD"


def position(symbol: str, qty: str, price: str | None, **fields: Any) -> BrokerPosition:
    """Return a position that cost what it is worth."""
    shares, at = Decimal(qty), None if price is None else Decimal(price)
    made: dict[str, Any] = {
        "symbol": symbol,
        "qty": shares,
        "asset_class": "us_equity",
        "avg_entry_price": at,
        "market_value": None if at is None else money.product(shares, at),
        "current_price": at,
    }
    return BrokerPosition(**made | fields)


@dataclass
class AtBroker:
    """An account at a broker, whose equity is its cash and its positions."""

    cash: Decimal = Decimal(100_000)
    fees: Decimal | None = money.ZERO
    positions: tuple[BrokerPosition, ...] | None = ()
    more: Decimal = money.ZERO
    is_proven: bool = True
    number: str = NUMBER
    orders: list[str] = field(default_factory=list)

    def buys(self, symbol: str, qty: str, price: str, **fields: Any) -> None:
        """Book a trade, by whomever."""
        self.cash -= money.product(Decimal(qty), Decimal(price))
        self.positions = (*(self.positions or ()), position(symbol, qty, price, **fields))

    @property
    def equity(self) -> Decimal:
        values = (each.market_value for each in self.positions or ())
        return self.cash + self.more + money.total(each for each in values if each is not None)

    def reading(self) -> BrokerReading:
        account = wire.Account(
            number=self.number,
            status="ACTIVE",
            identity=None,
            currency="USD",
            cash=self.cash,
            accrued_fees=self.fees,
            equity=self.equity,
            trading_blocked=False,
            account_blocked=False,
            trade_suspended_by_user=False,
            as_of=None,
            latency_ms=1,
        )
        return BrokerReading(
            account=account,
            orders=OrdersRead((), None),
            positions=self.positions,
            orders_since=datetime(2024, 1, 1, tzinfo=UTC),
        )


class Both(Account):
    """An account with its broker."""

    def __init__(self, folder: Path, **more: Any) -> None:
        super().__init__(folder, **more)
        self.average = None
        self.at_broker: AtBroker | None = AtBroker()

    def observed(self) -> Observations:
        read = super().observed()
        if self.at_broker is not None:
            read.broker = self.at_broker.reading()
            read.account = ProvenAccount(NUMBER, "order") if self.at_broker.is_proven else None
        return read

    @property
    def broker(self) -> AtBroker:
        assert self.at_broker is not None
        return self.at_broker

    def both_buy(self, symbol: str, qty: str, price: str) -> BookFigures:
        """Buy, and have the broker know it."""
        self.broker.buys(symbol, qty, price)
        return self.trade((symbol, qty, price))
