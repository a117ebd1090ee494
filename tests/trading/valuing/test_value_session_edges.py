"""The book's other edges in a real ledger: closings that stay, gaps, trades by hand, older ledgers."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from builders.moments import NEW_YORK
from trading.valued_account import FIRST, Account, row

from paper_run.book.holdings import Entry
from paper_run.book.marks import Mark
from paper_run.errors import DataError
from paper_run.model.service import Position
from paper_run.services.platform import Observations
from paper_run.trading.account import pricing
from paper_run.trading.account.observations import Moment

TUESDAY = date(2025, 1, 7)


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def test_a_closing_that_is_whole_stays(account: Account) -> None:
    """Marked after the close; other prices then move nothing, and are the next session's."""
    account.trade(("AAPL", "10", "100"))
    account.hour = 15
    account.prices["AAPL"] = Decimal(101)
    assert account.mark().valuation.day_pnl == 10  # still in session: the next mark values it anew
    account.hour = 16
    account.prices["AAPL"] = Decimal(102)
    assert account.mark().valuation.session.closing == 100020
    kept = account.ledger.sessions.lines()
    account.prices["AAPL"] = Decimal(105)
    later = account.trade(("MSFT", "1", "50"))
    assert account.ledger.sessions.lines()[0][2:] == kept[0][2:]
    bridge = later.valuation.session
    assert (bridge.opening, later.valuation.day_pnl, bridge.adjustments, bridge.closing) == (
        100000,
        20,
        30,
        100050,
    )
    assert (row(later, "AAPL").day_pnl, row(later, "MSFT").day_pnl) == (20, 0)
    assert later.statistics["total_return"].value == Decimal("0.0002")
    assert later.statistics["daily_return"].value == Decimal("0.0002")
    assert "+30.00 dollars" in next(each.text for each in later.remarks if each.code == "closing_kept")
    assert "closing_kept" in [each.code for each in later.remarks]
    account.next_session()
    account.hour = 10
    tuesday = account.mark()
    assert (tuesday.valuation.session.opening, tuesday.valuation.day_pnl) == (100020, 30)
    assert row(tuesday, "MSFT").qty == 1
    assert "closing_kept" not in [each.code for each in tuesday.remarks]


def test_a_closing_is_moved_on_purpose(account: Account) -> None:
    """mark --again."""
    account.trade(("AAPL", "10", "100"))
    account.hour = 16
    account.mark()
    account.prices["AAPL"] = Decimal(105)
    assert account.mark(again=True).valuation.session.closing == 100050
    account.prices["AAPL"] = Decimal(106)
    later = account.mark().valuation
    assert (later.day_pnl, later.session.adjustments) == (50, 10)


def test_a_trade_after_the_close_is_no_closing_that_stays(account: Account) -> None:
    """Only a mark is the last word; and only one that is whole."""
    account.hour = 17
    account.trade(("AAPL", "10", "100"))
    account.prices["AAPL"] = None
    assert not account.mark().valuation.complete
    account.prices["AAPL"] = Decimal(101)
    marked = account.mark()
    assert marked.valuation.session.closing == 100010
    assert "closing_kept" not in [each.code for each in marked.remarks]


def test_a_split_that_is_said_after_the_closing_is_of_that_session(account: Account) -> None:
    """What it voids does not stay."""
    account.trade(("AAPL", "100", "100"))
    account.next_session()
    account.hour = 16
    account.holds("AAPL", "100", "80.90")
    assert account.mark().valuation.day_pnl == -1910
    resolved = account.split("AAPL", "5:4")
    assert (resolved.session, resolved.valuation.day_pnl) == (TUESDAY, Decimal("112.50"))
    assert [each.code for each in resolved.remarks][:1] == ["closings_voided"]
    assert account.mark().valuation.session.closing == 100112.5


def test_a_return_over_a_gap_of_sessions_is_no_days(account: Account) -> None:
    """Tuesday was not valued: Wednesday is in the total return, and no best, worst or won day."""
    account.trade(("AAPL", "10", "100"))
    account.next_session(days=2)
    account.prices["AAPL"] = Decimal(200)
    account.split("AAPL", "1:1")
    found = account.mark().statistics
    assert found["total_return"][:2] == (Decimal("0.01"), 2)
    assert (found["best_day"][:2], found["win_rate"][:2]) == ((0, 1), (0, 1))
    account.next_session()
    account.prices["AAPL"] = Decimal(201)
    found = account.mark().statistics
    assert (found["best_day"].n, found["win_rate"][:2], found["total_return"].n) == (
        2,
        (Decimal("0.5"), 2),
        3,
    )


def test_a_weekend_is_no_gap(account: Account) -> None:
    """Monday opens from Friday."""
    account.session = date(2025, 1, 10)
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    assert account.session == date(2025, 1, 13)
    assert account.mark().statistics["win_rate"].n == 2


@pytest.mark.parametrize(
    ("filled_at", "effective"),
    [
        ("2025-01-06T20:59:00+00:00", "2025-01-06"),
        ("2025-01-07T04:59:59+00:00", "2025-01-06"),  # 23:59:59 on Monday in New York
        ("2025-01-07T05:00:00+00:00", "2025-01-07"),
        ("2025-01-03T15:00:00+00:00", "2025-01-06"),  # not before its attempt
        ("2026-11-28T15:00:00+00:00", "2025-01-07"),  # not after it was seen
        (None, "2025-01-07"),
    ],
)
def test_a_fill_takes_effect_in_the_session_in_which_it_filled(
    account: Account, filled_at: str | None, effective: str
) -> None:
    """Monday's fill that is read on Tuesday is of before Tuesday's split; its money is Tuesday's."""
    account.trade(("AAPL", "10", "100"))
    account.ledger.books._run(
        "UPDATE orders SET followed = 1, booked_qty = '4', booked_dollars = '400', filled_at = ?", filled_at
    )
    account.ledger.books._run("UPDATE entries SET qty = '4', dollars = '400'")
    account.ledger.books._run("UPDATE sessions SET state = json_replace(state, '$.holdings', json('{}'))")
    account.next_session()
    account.holds("AAPL", "20", "50")
    account.mark()
    assert account.ledger.books._rows("SELECT effective FROM entries")[-1]["effective"] == effective
    resolved = account.split("AAPL", "2:1")
    assert row(resolved, "AAPL").holding.qty == (20 if effective == "2025-01-06" else 14)


@pytest.mark.parametrize(
    ("said", "qty", "realized", "total"),
    [
        (("AAPL", "0", "0"), 0, -1000, -1000),  # delisted: nothing came of it
        (("AAPL", "0", "130"), 0, 300, 300),  # bought out
        (("AAPL", "4", "130"), 4, 180, 180),  # 6 sold by hand; the other 4 at 100
        (("AAPL", "15", "90"), 15, 0, 50),  # 5 bought at 90, worth 100
        (("AAPL", "-2", "110"), -2, 100, 120),
        (("AAPL", "10", "77"), 10, 0, 0),  # right already
        (("TSLA", "3", "200"), 10, 0, 30),  # not ours before: 3 bought at 200, worth 210
    ],
)
def test_a_trade_by_hand_counts(
    account: Account, said: tuple[str, str, str], qty: int, realized: int, total: int
) -> None:
    """Brought to a quantity by an attempt at a price, whose P&L is ours; never refused, always kept."""
    account.holds("TSLA", "3", "210")
    account.trade(("AAPL", "10", "100"), positions=())
    resolved = account.by_hand(trades=(said,))
    assert row(resolved, "AAPL").qty == qty
    assert (resolved.valuation.realized_pnl, resolved.valuation.total_pnl) == (realized, total)
    assert resolved.valuation.session.unexplained == 0
    entries, _ = account.ledger.books.entries_after(account.ledger.books.period())  # type: ignore[arg-type]
    assert entries[-1].kind == "adjustment"


def test_a_trade_by_hand_is_not_refused_where_anything_else_is(account: Account) -> None:
    """No price, a possible split, a gateway that can't be read."""
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    account.prices["AAPL"] = Decimal(50)
    account.trade(("AAPL", "-2", "50"))
    assert account.mark().valuation.realized_pnl is None
    account.unreadable = True
    resolved = account.by_hand(trades=(("AAPL", "0", "60"),))
    assert resolved.valuation.complete
    # 2 x (50 - 100) and 8 x (60 - 100)
    assert resolved.valuation.total_pnl == -420
    account.next_session()
    assert account.mark().valuation.complete


def test_a_difference_without_a_price_is_offered_a_trade_by_hand(account: Account) -> None:
    """At the present price it can't be booked; at one that somebody says it can."""
    account.trade(("AAPL", "10", "100"))
    account.prices["AAPL"] = None
    account.held["AAPL"] = Decimal(4)
    with pytest.raises(DataError, match="no price to book its difference at") as refused:
        account.by_hand("AAPL")
    commands = [each.command for each in refused.value.remedies]
    assert "paper-run resolve --position AAPL=4@PRICE" in commands


def test_both_kinds_of_change_by_hand_go_together(account: Account) -> None:
    """A difference at the mark moves no P&L, the trade by hand does."""
    account.trade(("AAPL", "10", "100"), ("MSFT", "10", "50"))
    account.holds("MSFT", "12", "50")
    resolved = account.by_hand("MSFT", trades=(("AAPL", "0", "90"),))
    assert (row(resolved, "MSFT").qty, resolved.valuation.total_pnl) == (12, -100)


@pytest.mark.parametrize(
    ("at", "priced"),
    [
        ("2025-01-10T16:00:00-05:00", True),
        ("2025-01-12T23:59:59-05:00", True),
        ("2025-01-13T00:00:00-05:00", False),
        (None, False),
    ],
)
def test_friday_is_never_completed_with_mondays_prices(
    account: Account, at: str | None, priced: bool
) -> None:
    """On Monday before the bell a price without a date is Monday's as well."""
    friday, moment = date(2025, 1, 10), datetime(2025, 1, 13, 8, tzinfo=NEW_YORK)
    time = None if at is None else datetime.fromisoformat(at)
    position = Position("AAPL", Decimal(1), None, Decimal(101), None, None, time)
    read = Observations(market=None, is_silent=False)
    read.positions = (position,)
    mark = pricing.mark_of("AAPL", position, read, Moment(friday, moment, account.calendar), friday)
    later = "its price is of 2025-01-13 or later, after the session that is valued"
    assert mark == (Mark(Decimal(101), "gateway", time) if priced else later)


def older(account: Account, *, unrealized: str, gains: str, closing: str, gain: str | None) -> None:
    """Leave Monday as an older program wrote it: 100 XYZ that had cost 500, 100 on Monday, 101 then."""
    account.trade()
    books = account.ledger.books
    period = books.period()
    assert period is not None
    entries = [Entry("found", "XYZ", Decimal(100), Decimal(50000))]
    if gain is not None:
        entries.append(Entry("gain", "XYZ", Decimal(0), Decimal(gain)))
    books.append(period, FIRST, entries, datetime.now(NEW_YORK))
    last = books.entries_after(period)[1]
    state = {
        "cash": "-50000",
        "holdings": {"XYZ": ["100", "50000", "0", gain, "101", "100.00"]},
        "suspects": [],
    }
    books._run("UPDATE epochs SET base = '10000'")
    books._run(
        "UPDATE sessions SET entry = ?, opening = '10000.00', realized = '0.00', unrealized = ?, gains = ?, "
        "day_pnl = '100.00', closing = ?, exposure = '10100.00', traded = '0', total_pnl = '100.00', "
        "daily_return = '0.010000', drawdown = '0.000000', height = '1', state = ?, complete = 1, "
        "running = NULL",
        *(last, unrealized, gains, closing, json.dumps(state)),
    )


def test_an_older_ledgers_gain_leaves_once(account: Account) -> None:
    """Equity loses what was never in it; neither P&L nor a return moves, and the curve goes on."""
    older(account, unrealized="-39900.00", gains="-40000.00", closing="-29900.00", gain="-40000")
    account.next_session()
    account.holds("XYZ", "100", "102")
    moved = account.mark()
    bridge = moved.valuation.session
    assert bridge[:5] == (Decimal("-29900.00"), 0, 100, 40000, 10200)
    assert (bridge.unexplained, moved.valuation.inception.closing) == (0, 10200)
    assert (moved.valuation.day_pnl, moved.valuation.total_pnl, row(moved, "XYZ").day_pnl) == (100, 200, 100)
    # 100 / (-29,900 + 40,000), and not of a debt.
    assert moved.statistics["daily_return"].value == Decimal("0.009901")
    assert moved.statistics["worst_day"].value == Decimal("0.009901")
    lines = account.ledger.sessions.lines()
    assert [round(line.daily_return or 0, 6) for line in lines] == [Decimal("0.01"), Decimal("0.009901")]
    account.next_session()
    account.prices["XYZ"] = Decimal(103)
    after = account.mark().valuation.session
    assert after[:5] == (10200, 0, 100, 0, 10300)


def test_an_older_ledgers_session_is_valued_anew(account: Account) -> None:
    """In the same session too: it opens from the capital, and its day P&L is what it was."""
    older(account, unrealized="-39900.00", gains="-40000.00", closing="-29900.00", gain="-40000")
    account.holds("XYZ", "100", "101")
    valued = account.mark().valuation
    assert (valued.day_pnl, valued.session.closing, valued.session.adjustments) == (100, 10100, 0)


def test_an_older_ledgers_suspects_and_prices_are_kept(account: Account) -> None:
    """What it suspected nobody has said since, and its prices are what the next are compared with."""
    older(account, unrealized="-39900.00", gains="-40000.00", closing="-29900.00", gain="-40000")
    found = account.ledger.books._rows("SELECT state FROM sessions")[0]["state"]
    state = json.loads(found) | {"suspects": ["XYZ"]}
    account.ledger.books._run("UPDATE sessions SET state = ?", json.dumps(state))
    account.next_session()
    account.holds("XYZ", "100", "102")
    assert account.mark().unpriced["XYZ"].startswith(f"a possible split: since {FIRST} nobody has said")
    assert account.split("XYZ", "1:1").valuation.complete
    account.next_session()
    account.prices["XYZ"] = Decimal(60)
    assert "its price went from 102 to 60" in account.mark().unpriced["XYZ"]


def test_an_older_ledgers_suspect_is_one_when_all_of_it_is_sold(account: Account) -> None:
    """It had no price: what the sale realized is not known until somebody says whether there was a split."""
    older(account, unrealized="-39900.00", gains="-40000.00", closing="-29900.00", gain="-40000")
    found = account.ledger.books._rows("SELECT state FROM sessions")[0]["state"]
    state = json.loads(found) | {"suspects": ["XYZ"]}
    state["holdings"]["XYZ"][4] = None
    account.ledger.books._run("UPDATE sessions SET state = ?", json.dumps(state))
    account.next_session()
    account.holds("XYZ", "100", "51")
    why = f"it was traded after a possible split: since {FIRST} nobody has said whether there was one"
    assert account.trade(("XYZ", "-100", "51")).unknown == {"XYZ": why}


def test_an_older_ledgers_suspect_was_not_traded_after_it_was_one(account: Account) -> None:
    """It was bought before: what it realized is known."""
    older(account, unrealized="-39900.00", gains="-40000.00", closing="-29900.00", gain="-40000")
    found = account.ledger.books._rows("SELECT state FROM sessions")[0]["state"]
    state = json.loads(found) | {"suspects": ["XYZ"]}
    state["holdings"]["XYZ"][4] = None
    account.ledger.books._run("UPDATE sessions SET state = ?", json.dumps(state))
    account.ledger.books._run("UPDATE entries SET kind = 'fill' WHERE kind = 'found'")
    account.next_session()
    account.holds("XYZ", "100", "51")
    found = account.mark()
    assert (list(found.unpriced), found.unknown) == (["XYZ"], {})


def test_an_older_ledgers_holding_without_a_price_waits_on(account: Account) -> None:
    """It is adopted at its first price."""
    older(account, unrealized="0", gains="0", closing="10000.00", gain=None)
    account.ledger.books._run("UPDATE sessions SET complete = 0")
    account.next_session()
    account.holds("XYZ", "100", "102")
    valued = account.mark().valuation
    assert (valued.total_pnl, valued.session.closing) == (0, 10000)
    assert row(account.mark(), "XYZ").avg_entry_price == 102
