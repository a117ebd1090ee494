"""Which price a position gets, or the words for why it has none; and when a suspicion ends."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders.moments import NOON
from trading.valued_account import Account, row

from paper_run.book.holdings import Entry
from paper_run.book.marks import Mark, Market
from paper_run.model.calendar import Calendar, ClosedDays, exchange_time
from paper_run.model.commands import ours
from paper_run.model.service import Position
from paper_run.services.platform import MarketReading, Observations
from paper_run.trading.account import pricing
from paper_run.trading.account.observations import Moment

CALENDAR = Calendar(lambda year: ClosedDays(year, {}, {}, "nobody"), exchange="XNYS")
FRIDAY, MONDAY = date(2025, 1, 17), date(2025, 1, 20)
OPEN = Market(Decimal(99), Decimal(101), NOON, Decimal("99.5"), NOON)
HELD = Position("AAPL", Decimal(10), Decimal(90), Decimal(95), None, None, NOON)
NO_QUOTE = "there is no quote for it, and the gateway gives no price"
UNREADABLE = "the gateway's positions could not be read"


def read(market: dict[str, Market] | str | None = "none", *, positions: bool = True) -> Observations:
    """Return what was read: quotes by symbol, None of a source that could not be read, or no source."""
    found = Observations(None if isinstance(market, str) else MarketReading(market, ()), is_silent=False)
    found.positions = () if positions else None
    return found


def priced(
    what: Observations, position: Position | None, now: datetime, session: date = FRIDAY
) -> Mark | str:
    return pricing.mark_of(
        "AAPL", position, what, Moment(session, exchange_time(now, "XNYS"), CALENDAR), session
    )


@pytest.mark.parametrize(
    ("what", "position", "expected"),
    [
        pytest.param(
            read({"AAPL": OPEN}), HELD, Mark(Decimal(100), "quote", NOON), id="the quote goes first"
        ),
        pytest.param(read({"AAPL": OPEN}), None, Mark(Decimal(100), "quote", NOON), id="also alone"),
        pytest.param(
            read({"AAPL": OPEN}, positions=False),
            None,
            Mark(Decimal(100), "quote", NOON),
            id="unreadable too",
        ),
        pytest.param(read({"MSFT": OPEN}), HELD, Mark(Decimal(95), "gateway", NOON), id="no quote of it"),
        pytest.param(read(), HELD, Mark(Decimal(95), "gateway", NOON), id="no source"),
        pytest.param(read(None), HELD, "the quote source could not be read", id="source unreadable"),
        pytest.param(read(positions=False), None, UNREADABLE, id="positions unreadable"),
        pytest.param(read({}, positions=False), None, UNREADABLE, id="positions unreadable, no quote"),
        pytest.param(read(), None, "the gateway does not list it, so it gives no price", id="not listed"),
        pytest.param(read(), HELD._replace(current_price=None), "the gateway gives no price", id="no price"),
        pytest.param(
            read(), HELD._replace(current_price=Decimal(0)), "the gateway gives no price", id="zero"
        ),
        pytest.param(read({}), HELD._replace(current_price=None), NO_QUOTE, id="no quote and no price"),
    ],
)
def test_a_price_or_why_there_is_none(
    what: Observations, position: Position | None, expected: object
) -> None:
    """The source's quote, else the gateway's price; a source that cannot be read is not gone round."""
    assert priced(what, position, NOON) == expected


@pytest.mark.parametrize(
    ("quoted", "now", "session", "is_so"),
    [
        # Monday morning, Friday is valued: Friday's last price is, Monday's first is not
        ("2025-01-17T21:00:00", "2025-01-20T15:00:00", FRIDAY, True),
        ("2025-01-20T04:59:59", "2025-01-20T15:00:00", FRIDAY, True),
        ("2025-01-20T05:00:00", "2025-01-20T15:00:00", FRIDAY, False),
        ("2025-01-20T15:00:00", "2025-01-20T15:00:00", MONDAY, True),
        # a clock that is ahead: no date is asked of the session's own day
        ("2025-01-20T06:00:00", "2025-01-17T20:00:00", FRIDAY, True),
        ("2025-01-20T06:00:00", "2025-01-16T20:00:00", FRIDAY, True),
    ],
)
def test_a_session_is_completed_with_its_own_prices(
    quoted: str, now: str, session: date, is_so: bool
) -> None:
    """What is dated the next session's date, or later, is none of this one's."""
    at, moment = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (quoted, now))
    found = priced(read({"AAPL": Market(traded=Decimal(7), traded_at=at)}), HELD, moment, session)
    late = "its price is of 2025-01-20 or later, after the session that is valued"
    assert found == (Mark(Decimal(7), "trade", at) if is_so else late)


def test_a_session_that_has_no_price_says_why_later_too() -> None:
    """On Monday of Friday: the reason stays the reason."""
    assert priced(read(positions=False), None, NOON + timedelta(days=3)) == UNREADABLE


def test_the_positions_that_are_listed() -> None:
    """Those with shares."""
    found = Observations(market=None, is_silent=False)
    assert pricing.listed_positions(found) == {}
    found.positions = (
        HELD,
        HELD._replace(symbol="MSFT", qty=Decimal(0)),
        HELD._replace(symbol="B", qty=Decimal(-1)),
    )
    assert sorted(pricing.listed_positions(found)) == ["AAPL", "B"]


@pytest.fixture
def account(tmp_path: Path) -> Any:
    return Account(tmp_path)


def overnight(account: Account, price: str | None, *, qty: str = "10") -> Any:
    """Hold ten at 100, let a night go by, and mark at a price."""
    account.trade(("AAPL", qty, "100"))
    account.next_session()
    account.prices["AAPL"] = None if price is None else Decimal(price)
    return account.mark()


@pytest.mark.parametrize(("price", "looks"), [("50", " 2:1"), ("200", " 1:2"), ("60", "")])
def test_a_possible_split_in_words(account: Account, price: str, looks: str) -> None:
    """With the ratio that it looks like, if it looks like one; the commands name it, else N:M."""
    found = overnight(account, price)
    why = f"a possible split{looks}: its price went from 100 to {price} without a fill"
    assert found.unpriced == {"AAPL": why}
    (said,) = [each for each in found.remarks if each.code == "possible_split"]
    assert said.text == f"AAPL has no price: {why}."
    commands = [each.command for each in said.remedies]
    assert commands == [ours("resolve", "--split", "AAPL", each) for each in (looks.strip() or "N:M", "1:1")]


def test_a_suspicion_lasts_until_somebody_says(account: Account) -> None:
    """Its price is back within the night's bounds: nobody has said whether there was one, since its day."""
    assert "AAPL" in overnight(account, "50").unpriced
    since = account.session
    for _ in range(2):
        account.next_session()
        account.prices["AAPL"] = Decimal(101)
        why = account.mark().unpriced["AAPL"]
        assert why == f"a possible split: since {since} nobody has said whether there was one"
    resolved = account.split("AAPL", "1:1")
    assert (resolved.unpriced, row(resolved, "AAPL").total_pnl) == ({}, 10)
    account.next_session()
    assert account.mark().unpriced == {}


@pytest.mark.parametrize("qty", ["10", "20"])
def test_a_quantity_by_hand_ends_a_suspicion(account: Account, qty: str) -> None:
    """A person has said how many shares there are, at which price: 500 are lost, and no more."""
    assert "AAPL" in overnight(account, "50").unpriced
    resolved = account.by_hand(trades=(("AAPL", qty, "50"),))
    assert (resolved.unpriced, row(resolved, "AAPL").qty) == ({}, Decimal(qty))
    assert row(resolved, "AAPL").total_pnl == -500


def test_what_was_traded_is_not_known_with_the_split(account: Account) -> None:
    """Sold after a night beyond the usual: what that realized is not known, in the words of the split."""
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    account.prices["AAPL"] = Decimal(50)
    sold = account.trade(("AAPL", "-4", "50"))
    assert row(sold, "AAPL").realized_pnl is None
    why = "it was traded after a possible split 2:1: its price went from 100 to 50"
    assert sold.unknown == {"AAPL": why}


def test_a_first_price_is_a_trades_where_there_is_no_other(account: Account) -> None:
    """Bought at 100, never priced that day: the next morning's 50 is compared with what was paid."""
    account.prices["AAPL"] = None
    account.trade(("AAPL", "10", "100"))
    assert account.mark().unpriced == {"AAPL": "the gateway gives no price"}
    account.next_session()
    account.prices["AAPL"] = Decimal(50)
    assert "its price went from 100 to 50" in account.mark().unpriced["AAPL"]


def test_a_closed_position_is_forgotten(account: Account) -> None:
    """All sold at a usual price: bought again weeks later at a third, there is no night to compare with."""
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    account.prices["AAPL"] = Decimal(101)
    sold = account.trade(("AAPL", "-10", "101"))
    assert (sold.unpriced, sold.valuation.complete) == ({}, True)
    account.next_session()
    account.prices["AAPL"] = Decimal(33)
    bought = account.trade(("AAPL", "10", "33"))
    assert (bought.unpriced, bought.valuation.total_pnl) == ({}, 10)


def test_without_a_price_it_is_compared_with_the_last_that_it_had(account: Account) -> None:
    """100, then a day without a price, then 50: halved over both nights."""
    assert overnight(account, None).unpriced == {"AAPL": "the gateway gives no price"}
    account.next_session()
    account.prices["AAPL"] = Decimal(50)
    assert "its price went from 100 to 50" in account.mark().unpriced["AAPL"]
    account.split("AAPL", "2:1")
    assert row(account.mark(), "AAPL").qty == 20


def test_a_suspicion_goes_on_in_the_words_of_what_speaks_for_it(account: Account) -> None:
    """The next morning it is still at 50: that is said, and not only that nobody has said anything."""
    overnight(account, "50")
    account.next_session()
    assert "its price went from 100 to 50" in account.mark().unpriced["AAPL"]


def test_a_night_is_not_made_good_by_a_morning(account: Account) -> None:
    """100 last night, 95 in the morning, 50 at noon: half of the one, no ratio of the other."""
    assert overnight(account, "95").unpriced == {}
    account.prices["AAPL"] = Decimal(50)
    assert "its price went from 100 to 50" in account.mark().unpriced["AAPL"]


def test_a_price_that_halves_on_the_day_of_the_purchase(account: Account) -> None:
    """What was sold before that was sold at a price of then: 4 x 10 are won."""
    account.trade(("AAPL", "10", "100"), ("AAPL", "-4", "110"))
    account.prices["AAPL"] = Decimal(50)
    found = account.mark()
    assert "a possible split 2:1: its price went from 100 to 50 without a fill" in found.unpriced["AAPL"]
    assert (found.unknown, row(found, "AAPL").realized_pnl) == ({}, 40)


def test_a_split_of_an_older_program_settles_it(account: Account) -> None:
    """It says how many shares it added: 10 more, and 50 is no suspicion."""
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    period = account.ledger.books.period()
    assert period is not None
    older = Entry("split", "AAPL", Decimal(10), Decimal(0))
    account.ledger.books.append(period, account.session, [older], datetime.now(UTC))
    account.holds("AAPL", "20", "50")
    found = account.mark()
    assert (found.unpriced, row(found, "AAPL").qty, row(found, "AAPL").total_pnl) == ({}, 20, 0)


def test_a_holding_from_before_without_a_price_has_none(account: Account) -> None:
    """It was never traded here: no price is invented, and the others have theirs, in their order."""
    names = [f"X{at}" for at in range(9, 0, -1)]
    held = tuple(HELD._replace(symbol=name, current_price=None) for name in names)
    for name in names:
        account.holds(name, "10")
    found = account.trade(("MSFT", "1", "20"), positions=held)
    assert list(found.unpriced.items()) == [(f"X{at}", "the gateway gives no price") for at in range(1, 10)]
    account.next_session()
    account.prices |= dict.fromkeys(names, Decimal(7))
    assert account.mark().valuation.complete


@pytest.mark.parametrize("moved", ["-4", "1"])
def test_a_fill_of_the_day_does_not_end_its_suspicion(account: Account, moved: str) -> None:
    """Valued at 100, then traded at 50: half, within a session, and it is not known what was realized."""
    account.trade(("AAPL", "10", "100"))
    account.prices["AAPL"] = Decimal(50)
    found = account.trade(("AAPL", moved, "50"))
    why = "a possible split 2:1: its price went from 100 to 50"
    assert found.unpriced == {"AAPL": why}
    assert found.unknown == {"AAPL": f"it was traded after {why}"}
    assert row(found, "AAPL").realized_pnl is None


def test_a_trade_of_less_than_a_dollar_speaks_for_a_split(account: Account) -> None:
    """80 cents, no price in the morning, and one bought at 40."""
    account.trade(("AAPL", "10", "0.80"))
    account.next_session()
    account.prices["AAPL"] = None
    found = account.trade(("AAPL", "1", "0.40"))
    assert found.unpriced == {"AAPL": "a possible split 2:1: its price went from 0.80 to 0.40"}


def test_a_share_that_came_for_nothing_is_no_price(account: Account) -> None:
    """An order's growth may bring no dollars: one more for nothing, and all 11 at 100."""
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    period = account.ledger.books.period()
    assert period is not None
    free = Entry("fill", "AAPL", Decimal(1), Decimal(0))
    account.ledger.books.append(period, account.session, [free], datetime.now(UTC))
    account.holds("AAPL", "11")
    found = account.mark()
    assert (found.unpriced, row(found, "AAPL").total_pnl) == ({}, 100)


def test_the_last_trade_is_what_an_unpriced_share_is_compared_with(account: Account) -> None:
    """Bought at 100 and at 120 without a price beside it: the next morning's 60 is half of 120."""
    account.prices["AAPL"] = None
    account.trade(("AAPL", "10", "100"), ("AAPL", "10", "120"))
    account.next_session()
    account.prices["AAPL"] = Decimal(60)
    assert "2:1: its price went from 120 to 60" in account.mark().unpriced["AAPL"]


def test_all_sold_after_a_price_that_halved_within_a_session(account: Account) -> None:
    """Valued at 100, sold at 50 an hour later: nothing is open, and what it realized is not known."""
    account.quotes = {"AAPL": "100"}
    account.trade(("AAPL", "10", "100"))
    account.quotes["AAPL"] = "50"
    sold = account.trade(("AAPL", "-10", "50"))
    why = "it was traded after a possible split 2:1: its price went from 100 to 50"
    assert sold.unknown == {"AAPL": why}
    for _ in range(2):  # until somebody says
        assert list(account.mark().unknown) == ["AAPL"]
        account.next_session()
    assert row(account.split("AAPL", "1:1"), "AAPL").realized_pnl == -500


def test_a_holding_from_before_that_halved_is_compared_with_what_it_was(account: Account) -> None:
    """It was never traded: valued at 100, then at 50 in the same session, and at 51 the next morning."""
    account.holds("XYZ", "10", "100")
    account.trade(("AAPL", "1", "10"), positions=(HELD._replace(symbol="XYZ"),))
    account.prices["XYZ"] = Decimal(50)
    assert "its price went from 100 to 50 without a fill" in account.mark().unpriced["XYZ"]
    account.next_session()
    account.prices["XYZ"] = Decimal(51)
    assert "its price went from 100 to 51 without a fill" in account.mark().unpriced["XYZ"]


def test_that_there_was_none_holds_without_a_price_too(account: Account) -> None:
    """Halved, said to be no split while nobody had a price; the next morning it is still at 50."""
    overnight(account, "50")
    account.prices["AAPL"] = None
    account.split("AAPL", "1:1")
    account.prices["AAPL"] = Decimal(50)
    assert account.mark().unpriced == {}
    account.prices["AAPL"] = None
    account.next_session()
    account.prices["AAPL"] = Decimal(50)
    found = account.mark()
    assert (found.unpriced, row(found, "AAPL").total_pnl) == ({}, -500)


def test_what_the_gateway_had_is_kept_only_where_it_was_read(account: Account) -> None:
    """Unreadable: its quantity is not known, and not zero."""
    account.quotes = {"AAPL": "100"}
    account.trade(("AAPL", "10", "100"))
    books = account.ledger.books
    for unreadable, theirs in ((False, Decimal(10)), (True, None)):
        account.unreadable = unreadable
        account.mark()
        period = books.period()
        assert period is not None
        kept = books.last_valuation(period)
        assert kept is not None
        assert kept.seen["AAPL"].theirs == theirs


def test_what_came_on_the_day_that_it_was_seen_is_not_since(account: Account) -> None:
    """Bought at 100 and valued at 250 that day, 240 in the morning: of the 100 nothing is said."""
    account.prices["AAPL"] = Decimal(250)
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    account.prices["AAPL"] = Decimal(240)
    assert account.mark().unpriced == {}


def test_of_a_symbol_what_came_since_it_was_seen_counts(account: Account) -> None:
    """Without a price for two nights, and 4 sold in the first: all that came since Monday is since."""
    account.trade(("AAPL", "10", "100"), ("MSFT", "1", "10"))
    account.next_session()
    account.prices["AAPL"] = None
    account.trade(("AAPL", "-4", "99"), ("MSFT", "1", "10"))
    account.next_session()
    account.prices["AAPL"] = Decimal(50)
    found = account.mark()
    why = "a possible split 2:1: its price went from 100 to 50"
    assert found.unknown == {"AAPL": f"it was traded after {why}"}


def test_what_a_symbol_was_traded_at_before_it_was_seen_says_nothing(account: Account) -> None:
    """MSFT: 130 paid and 90 in the evening, as in the morning; AAPL has had no price for two nights."""
    account.trade(("AAPL", "10", "100"), ("MSFT", "10", "100"))
    account.next_session()
    account.prices |= {"AAPL": None, "MSFT": Decimal(90)}
    account.trade(("MSFT", "1", "130"))
    account.next_session()
    assert account.mark().unpriced == {"AAPL": "the gateway gives no price"}


def test_a_round_trip_after_a_possible_split_is_a_trade(account: Account) -> None:
    """95 in the morning, 50 at noon, 4 sold there and bought again: as many shares as before."""
    overnight(account, "95")
    account.prices["AAPL"] = Decimal(50)
    found = account.trade(("AAPL", "-4", "50"), ("AAPL", "4", "50"))
    assert found.unknown == {
        "AAPL": "it was traded after a possible split 2:1: its price went from 100 to 50"
    }
