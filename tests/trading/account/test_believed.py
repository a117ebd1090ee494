"""Whether a price is of the shares after a split, or of those before it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from paper_run.book import splits
from paper_run.book.holdings import Entry
from paper_run.book.marks import Mark
from paper_run.trading.account import believed

EVE, NOW = "2025-01-06", datetime(2025, 1, 7, 14, 0, tzinfo=UTC)
SPLIT = Entry("split", "AAPL", Decimal(25), Decimal(0), "2025-01-07", ratio=splits.ratio("5:4"))
LAST = splits.Seen(Decimal(100), EVE, Decimal(100), None)


def priced(price: str, source: str, hours_ago: int | None, *since: Entry, last: bool = True) -> Any:
    """Return what becomes of a price at 09:00 of the ex-date, in New York."""
    time = None if hours_ago is None else NOW - timedelta(hours=hours_ago)
    mark = Mark(Decimal(price), source, time)
    now = NOW.astimezone(ZoneInfo("America/New_York"))
    found = believed.of_these_shares(mark, since, LAST if last else None, now)
    return "believed" if found is mark else found


def test_a_quote_of_before_the_ex_date_is_not_of_these_shares() -> None:
    """It says of when it is: at 09:00 the last trade is of the day before."""
    why = "its price is of before its split of 2025-01-07"
    assert priced("100", "trade", 17, SPLIT) == why
    assert priced("80", "trade", 17, SPLIT) == why
    assert priced("100", "trade", 1, SPLIT) == "believed"  # it has risen by a quarter
    assert priced("100", "trade", 17) == "believed"
    none = SPLIT._replace(ratio=splits.ratio("1:1"))
    assert priced("100", "trade", 17, none) == "believed"


def test_a_price_without_a_time_is_believed_where_it_is_nearer_to_what_is_due() -> None:
    """That is 80 after 100, or what a trade since was at."""
    why = "its price is nearer to the one of before its split of 2025-01-07 than to what that made of it"
    assert priced("100", "gateway", 1, SPLIT) == why
    assert priced("100", "broker", None, SPLIT) == why
    assert priced("85", "gateway", 1, SPLIT) == "believed"
    assert priced("100", "gateway", 1, SPLIT, last=False) == "believed"
    bought = Entry("fill", "AAPL", Decimal(1), Decimal(97), "2025-01-07")
    assert priced("98", "gateway", 1, bought._replace(id=1), SPLIT._replace(id=2)) == "believed"
    assert priced("100", "gateway", 1, SPLIT, bought) == why
