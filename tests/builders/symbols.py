"""What a result states of its symbols, each field with something in it."""

from decimal import Decimal

from paper_run.book.symbols import Rate
from paper_run.model.symbols import SymbolRow, Symbols, TripRow


def row(symbol: str, total: str, **changes: object) -> SymbolRow:
    """Return a symbol that is held, bought and sold before, with a history."""
    made = SymbolRow(
        symbol=symbol,
        qty=Decimal(120),
        realized_pnl=Decimal(total) - 20,
        unrealized_pnl=Decimal("20.00"),
        total_pnl=Decimal(total),
        day_pnl=Decimal("12.50"),
        holding_pnl=Decimal("10.00"),
        trading_pnl=Decimal("2.50"),
        prediction=Decimal("0.0123"),
        weight=Decimal("0.25"),
        since="2024-11-04",
        sessions=40,
        long=30,
        short=8,
        hit_rate=Rate(Decimal("0.5500"), 40, 20),
        holding_sum=Decimal(total) - 5,
        trading_sum=Decimal("5.00"),
        trips=6,
        trips_pnl=Decimal(total) - 20,
        history=(Decimal(0), Decimal("-40.25"), Decimal(total)),
    )
    return made._replace(**changes)  # type: ignore[arg-type]


SYMBOLS = Symbols(
    rows=(
        row("AAPL", "1320.40"),
        row("GOOGL", "-250.75", qty=Decimal(-40), day_pnl=None, holding_pnl=None, trading_pnl=None),
        row("NVDA", "88.00", qty=Decimal(0), sessions=3, hit_rate=Rate(None, 3, 20), history=()),
    ),
    trips=(
        TripRow("NVDA", "short", "2025-01-13", "2025-01-16", 3, Decimal("-41.20")),
        TripRow("AAPL", "long", "2025-01-09", "2025-01-14", 3, Decimal("210.00")),
    ),
    num_trips=12,
    win_rate=Rate(Decimal("0.5833"), 12, 10),
    profit_factor=Rate(Decimal("1.7345"), 12, 10),
    expectancy=Rate(Decimal("45.10"), 12, 10),
)
