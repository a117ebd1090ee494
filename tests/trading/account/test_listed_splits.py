"""What the list of corporate actions is asked for, and what it says of a session that is over."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from trading.valued_account import FIRST, Account

from paper_run.model.book_figures import BookFigures
from paper_run.model.broker import Account as AtBroker
from paper_run.model.broker import (
    Activities,
    BrokerPosition,
    BrokerReading,
    CorporateAction,
    MoneyActivity,
    ProvenAccount,
)
from paper_run.services.platform import Observations
from paper_run.trading.account import listed_splits
from paper_run.trading.account.observations import Moment
from paper_run.trading.valuing import value_session

TEN = timedelta(days=10)
NUMBER = "PA1"


def test_the_dates_that_are_asked_for(tmp_path: Path) -> None:
    """From ten days before the last valuation that compared it with an account, to ten days ahead."""
    account = Account(tmp_path)
    wanted = listed_splits.wanted(account.ledger, FIRST, ["AAPL"])
    assert wanted == (("AAPL",), FIRST - TEN, FIRST + TEN)
    account.trade(("AAPL", "10", "100"))
    account.next_session(days=3)
    later = account.session
    assert listed_splits.wanted(account.ledger, later, [])[1:] == (FIRST - TEN, later + TEN)
    account.prices["AAPL"] = Decimal(50)
    account.mark()
    account.next_session(days=10)
    account.mark()
    assert listed_splits.wanted(account.ledger, account.session, [])[1] == FIRST - TEN
    now = datetime(account.session.year, account.session.month, account.session.day, 15, tzinfo=UTC)
    valued(account, Moment(account.session, now, account.calendar), read(account, 10, ()))
    assert listed_splits.wanted(account.ledger, account.session, [])[1] == account.session - TEN


def test_always_open_there_are_no_splits(tmp_path: Path) -> None:
    """So no list is asked for."""
    assert listed_splits.wanted(Account(tmp_path, exchange="24/7").ledger, FIRST, ["BTC"]) is None


def at_broker(qty: int) -> BrokerPosition:
    price = Decimal(50)
    return BrokerPosition("AAPL", Decimal(qty), "us_equity", price, qty * price, price)


def read(account: Account, qty: int, actions: tuple[CorporateAction, ...]) -> Observations:
    """Return what was read: also the broker's quantity, and its list."""
    told = dict.fromkeys(AtBroker._fields) | {"number": NUMBER, "status": "ACTIVE", "latency_ms": 1}
    found = account.observed()
    found.broker = BrokerReading(AtBroker(**told), positions=(at_broker(qty),), actions=actions)
    found.account = ProvenAccount(NUMBER, "1")
    return found


def valued(account: Account, moment: Moment, observed: Observations) -> BookFigures:
    with account.ledger.transaction():
        figures = value_session.bring_up_to_date(account.ledger, observed, moment, datetime.now(UTC))
    assert figures is not None
    return figures


def test_a_split_of_the_next_session_is_none_of_the_one_before(tmp_path: Path) -> None:
    """On Wednesday before the bell Tuesday is valued, and the account has the shares of after the split."""
    account = Account(tmp_path)
    account.trade(("AAPL", "10", "100"))
    monday = Moment(FIRST, datetime(2025, 1, 6, 15, tzinfo=UTC), account.calendar)
    valued(account, monday, read(account, 10, ()))
    tuesday, wednesday = date(2025, 1, 7), date(2025, 1, 8)
    action = CorporateAction("forward_split", "AAPL", None, Decimal(2), Decimal(1), wednesday, wednesday)
    morning = Moment(tuesday, datetime(2025, 1, 8, 13, tzinfo=UTC), account.calendar)
    for actions, codes in (((action,), set()), ((), {"possible_split"})):
        figures = valued(account, morning, read(account, 20, actions))
        (held,) = figures.valuation.positions
        assert held.holding.qty == 10
        assert {each.code for each in figures.remarks} & {"possible_split", "split"} == codes
        (differs,) = [each for each in figures.remarks if each.code == "broker_differs"]
        assert differs.remedies == ()


def test_a_rename_of_the_next_session_is_none_of_the_one_before(tmp_path: Path) -> None:
    """On Wednesday before the bell the account has the shares under the new name: no trade to be booked."""
    account = Account(tmp_path)
    account.trade(("AAPL", "10", "100"))
    tuesday, wednesday = date(2025, 1, 7), date(2025, 1, 8)
    action = CorporateAction("name_change", "AAPL", "APPL", Decimal(1), Decimal(1), None, wednesday)
    morning = Moment(tuesday, datetime(2025, 1, 8, 13, tzinfo=UTC), account.calendar)
    for actions, remedies in (((action,), [0, 0]), ((), [1, 2])):
        observed = read(account, 10, actions)
        assert observed.broker is not None
        there = (at_broker(10)._replace(symbol="APPL"),)
        observed.broker = observed.broker._replace(positions=there)
        figures = valued(account, morning, observed)
        differ = [each for each in figures.remarks if each.code == "broker_differs"]
        assert [each.subject for each in differ] == ["AAPL", "APPL"]
        assert [len(each.remedies) for each in differ] == remedies  # the one has no price to book it at


def test_what_is_no_split_is_named(tmp_path: Path) -> None:
    """A merger that the account tells of, and a split without a date: of what is held alone."""
    account = Account(tmp_path)
    account.trade(("AAPL", "10", "100"))
    undated = CorporateAction("forward_split", "AAPL", None, Decimal(2), Decimal(1), None, None)
    told = dict.fromkeys(MoneyActivity._fields) | {
        "identity": "1",
        "activity_type": "MA",
        "status": "executed",
    }
    merger = MoneyActivity(**{**told, "symbol": "AAPL", "description": "Merger for cash", "date": FIRST})
    others = (merger._replace(symbol="MSFT"), merger._replace(status="canceled"))
    dividend = merger._replace(activity_type="DIV")
    observed = read(account, 10, (undated, undated._replace(symbol="MSFT")))
    assert observed.broker is not None
    activities = Activities((), (merger, *others, dividend))
    observed.broker = observed.broker._replace(activities=activities)
    monday = Moment(FIRST, datetime(2025, 1, 6, 15, tzinfo=UTC), account.calendar)
    said = [each for each in valued(account, monday, observed).remarks if each.code == "corporate_action"]
    assert [each.text for each in said] == [
        "AAPL: The broker lists a forward_split of it without a date; nothing of that is booked by itself.",
        "AAPL: The account tells of MA: Merger for cash (2025-01-06); nothing of that is booked by itself.",
    ]
    assert {each.remedies[0].command for each in said} == {"paper-run resolve --position AAPL=QTY@PRICE"}
