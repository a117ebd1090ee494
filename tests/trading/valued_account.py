"""The book of an account in a real ledger, without services: what they would have said is handed over."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from builders.attempts import begun, order

from paper_run.book import splits
from paper_run.book.marks import Market
from paper_run.ledger.ledger import Ledger
from paper_run.model.book_figures import BookFigures
from paper_run.model.calendar import Calendar, ClosedDays
from paper_run.model.order import OrderState
from paper_run.model.service import Position, Refusal
from paper_run.services.platform import MarketReading, Observations
from paper_run.trading.account.adjustments import Change, Split, Trade
from paper_run.trading.account.observations import Moment
from paper_run.trading.valuing import value_session

NEW_YORK = ZoneInfo("America/New_York")
FIRST = date(2025, 1, 6)
"""A Monday."""


class Account:
    """A ledger, what the gateway holds and quotes, and the session that it is."""

    def __init__(self, folder: Path, *, exchange: Any = "XNYS") -> None:
        self.ledger = Ledger(folder)
        url = "http://127.0.0.1:8003"
        self.ledger.account.belongs_to(sandbox=False, orchestrator_url=url, strategy=None, exchange=exchange)
        self.calendar = Calendar(lambda year: ClosedDays(year, {}, {}, "nobody"), exchange=exchange)
        self.session = FIRST
        self.hour = 10
        self.held: dict[str, Decimal] = {}
        self.prices: dict[str, Decimal | None] = {}
        self.realized: dict[str, Decimal] = {}
        self.unrealized: dict[str, Decimal] = {}
        self.average: Decimal | None = Decimal(1)
        self.working: dict[str, OrderState] = {}
        self.earlier: dict[str, OrderState] = {}
        self.quotes: dict[str, str] | None = None
        self.unreadable = False
        self.refusal: Refusal | None = None
        self.orders = 0

    def next_session(self, *, days: int = 1) -> None:
        """Let nights go by, and weekends."""
        for _ in range(days):
            self.session = self.calendar.next_session(self.session)

    def holds(self, symbol: str, qty: str | Decimal, price: str | None = None) -> None:
        """Have the gateway say this of a position."""
        self.held[symbol] = Decimal(qty)
        if price is not None:
            self.prices[symbol] = Decimal(price)

    def trade(self, *fills: tuple[str, str, str], **changes: Any) -> BookFigures:
        """Trade: symbol, signed shares and price of each order, filled whole; the gateway counts them."""
        states = []
        for symbol, qty, price in fills:
            self.orders += 1
            shares = Decimal(qty)
            self.held[symbol] = self.held.get(symbol, Decimal(0)) + shares
            self.prices.setdefault(symbol, Decimal(price))
            states.append(
                order(
                    f"{self.orders:024}",
                    symbol=symbol,
                    side="buy" if shares > 0 else "sell",
                    qty=abs(shares),
                    filled_qty=abs(shares),
                    filled_avg_price=Decimal(price),
                )
            )
        row = begun(self.ledger, self.session, number=self.ledger.fences.next_number(self.session), **changes)
        self.ledger.attempts.record(row, state="closed", document=row.document, in_doubt=0, states=states)
        return self.value(value_session.AN_ATTEMPT)

    def orders_work(self, *bought: tuple[str, str], **changes: Any) -> BookFigures:
        """Trade: symbol and shares of each limit order that nothing of has filled yet."""
        for symbol, qty in bought:
            self.orders += 1
            works = {"status": "new", "filled_qty": None, "filled_avg_price": None, "time_in_force": "gtc"}
            limit = {"order_type": "limit", "limit_price": Decimal("0.5")}
            name = f"{self.orders:024}"
            self.working[name] = order(name, symbol=symbol, side="buy", qty=Decimal(qty), **works, **limit)
            self.working[name] = self.working[name]._replace(**changes)
        states = [*self.working.values()]
        row = begun(self.ledger, self.session, number=self.ledger.fences.next_number(self.session))
        self.ledger.attempts.record(row, state="closed", document=row.document, in_doubt=0, states=states)
        return self.value(value_session.AN_ATTEMPT)

    def mark(self, *, again: bool = False) -> BookFigures:
        """Value the session."""
        return self.value(value_session.Occasion(is_mark=True, again=again))

    def split(self, symbol: str, ratio: str, ex_date: date | None = None) -> BookFigures:
        """Book a split by hand."""
        said = Split(symbol, splits.ratio(ratio), ex_date)
        return self.value(value_session.Occasion(is_mark=True, change=Change(split=said, note="by ann")))

    def by_hand(self, *adjust: str, trades: tuple[tuple[str, str, str], ...] = ()) -> BookFigures:
        """Book differences, and trades by hand: symbol, shares afterwards, price."""
        said = tuple(Trade(symbol, Decimal(qty), Decimal(price)) for symbol, qty, price in trades)
        change = Change(adjust=adjust, trades=said, note="by ann")
        return self.value(value_session.Occasion(is_mark=True, change=change))

    def value(self, occasion: value_session.Occasion) -> BookFigures:
        """Bring the book up to date."""
        read = self.observed()
        now = datetime.combine(self.session, datetime.min.time(), NEW_YORK) + timedelta(hours=self.hour)
        moment = Moment(self.session, now, self.calendar)
        with self.ledger.transaction():
            figures = value_session.bring_up_to_date(self.ledger, read, moment, datetime.now(UTC), occasion)
        assert figures is not None
        return figures

    def observed(self) -> Observations:
        """Return what was read."""
        read = Observations(self.quoted(), is_silent=False)
        read.states, read.earlier = dict(self.working), dict(self.earlier)
        read.refusal = self.refusal
        if not self.unreadable:
            read.positions = tuple(self.position(symbol) for symbol in self.held)
        return read

    def quoted(self) -> MarketReading | None:
        """Return the source's last trades, None without one."""
        if self.quotes is None:
            return None
        traded = {symbol: Market(traded=Decimal(price)) for symbol, price in self.quotes.items()}
        return MarketReading(traded, ())

    def position(self, symbol: str) -> Position:
        """Return what the gateway says of a symbol."""
        return Position(
            symbol=symbol,
            qty=self.held[symbol],
            avg_entry_price=self.average,
            current_price=self.prices.get(symbol),
            unrealized_pl=self.unrealized.get(symbol),
            realized_pl=self.realized.get(symbol),
        )


def row(figures: BookFigures, symbol: str) -> Any:
    """Return a symbol's row."""
    return next(each for each in figures.valuation.positions if each.symbol == symbol)
