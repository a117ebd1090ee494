"""What a valuation says beside its figures, word for word, and what it compares with the gateway's."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders.moments import NEW_YORK
from trading.valued_account import FIRST, Account, row

from paper_run.book import splits
from paper_run.book.comparison import Difference, Theirs
from paper_run.book.days import running
from paper_run.book.statistics import statistics
from paper_run.errors import DataError, Remedy
from paper_run.ledger.valuations import PastValuation, Valuations
from paper_run.model.book_figures import BookFigures
from paper_run.model.commands import ours
from paper_run.model.findings import Finding
from paper_run.model.service import Position
from paper_run.services.platform import Observations
from paper_run.trading.account import pricing
from paper_run.trading.account.adjustments import Change, Split, Trade
from paper_run.trading.account.observations import Moment
from paper_run.trading.valuing.value_session import AN_ATTEMPT, Occasion, bring_up_to_date

CALL = "AAPL250117C00150000"


@pytest.fixture
def account(tmp_path: Path) -> Account:
    account = Account(tmp_path)
    account.average = None
    return account


def said(figures: BookFigures, code: str) -> list[Finding]:
    """Return what is said of a kind."""
    return [each for each in figures.remarks if each.code == code]


def test_nothing_is_said_of_a_book_in_order(account: Account) -> None:
    """It ties out, is priced, and the gateway has the same."""
    figures = account.trade(("AAPL", "10", "100"), ("MSFT", "5", "20"))
    assert (figures.remarks, figures.unpriced, figures.unknown) == ((), {}, {})
    assert (figures.differences, figures.not_known, figures.in_flight) == ({}, (), frozenset())
    assert (figures.since, figures.session, figures.sessions_a_year) == (FIRST, FIRST, 252)


def test_a_session_that_keeps_its_closing_says_how_to_move_it(account: Account) -> None:
    """Of which session, and with which command."""
    account.trade(("AAPL", "10", "100"))
    account.hour = 16
    account.mark()
    (kept,) = account.mark().remarks
    assert kept == Finding(
        "closing_kept",
        "note",
        "2025-01-06",
        "The session 2025-01-06 keeps the closing that it was marked at after its close; what was learned "
        "since belongs to the next session.",
        (Remedy("Move it", "paper-run mark --again"),),
    )


@pytest.mark.parametrize(("hour", "stays"), [(15, False), (16, True), (17, True)])
def test_a_closing_stays_from_the_close_on(account: Account, hour: int, stays: bool) -> None:
    """Not before it."""
    account.trade(("AAPL", "10", "100"))
    account.hour = hour
    account.mark()
    assert bool(said(account.mark(), "closing_kept")) is stays


def test_a_symbol_without_a_price_is_named(account: Account) -> None:
    """With the reason."""
    account.prices["AAPL"] = None
    figures = account.trade(("AAPL", "10", "100"))
    assert figures.remarks == (
        Finding("unpriced", "warning", "AAPL", "AAPL has no price: the gateway gives no price.", ()),
    )


def remedies(ratio: str) -> tuple[Remedy, ...]:
    """Return what can be done about a possible split of AAPL."""
    return (
        Remedy("If it split, with M shares that became N", f"paper-run resolve --split AAPL {ratio}"),
        Remedy("If it did not", "paper-run resolve --split AAPL 1:1"),
    )


@pytest.mark.parametrize(("price", "looks", "ratio"), [("50", " 2:1", "2:1"), ("60", "", "N:M")])
def test_a_possible_split_names_its_commands(account: Account, price: str, looks: str, ratio: str) -> None:
    """With the ratio that it looks like, if it looks like one."""
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    account.prices["AAPL"] = Decimal(price)
    why = f"a possible split{looks}: its price went from 100 to {price} without a fill"
    assert account.mark().remarks == (
        Finding("possible_split", "warning", "AAPL", f"AAPL has no price: {why}.", remedies(ratio)),
    )


def test_of_what_was_sold_after_a_possible_split_the_realized_is_asked_for(account: Account) -> None:
    """All sold: there is no price to ask for, and what it realized is not known."""
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    account.prices["AAPL"] = Decimal(50)
    figures = account.trade(("AAPL", "-10", "50"))
    why = "it was traded after a possible split 2:1: its price went from 100 to 50"
    (asked,) = said(figures, "possible_split")
    assert asked == Finding(
        "possible_split",
        "warning",
        "AAPL",
        f"What AAPL realized is not known: {why}.",
        remedies("2:1"),
    )


def test_another_quantity_at_the_gateway_is_a_warning(account: Account) -> None:
    """In shares as a person reads them; of a possible split it is the split's commands that help."""
    account.trade(("AAPL", "10", "100"), ("MSFT", "5.000000001", "20"))
    account.held["MSFT"] = Decimal("4.123456789")
    (differs,) = account.mark().remarks
    assert differs == Finding(
        "gateway_differs",
        "warning",
        "MSFT",
        "The gateway differs on MSFT: quantity 4.12345679 instead of 5.",
        (Remedy("If your broker agrees with it", "paper-run resolve --position MSFT"),),
    )
    account.next_session()
    account.holds("AAPL", "20", "50")
    (split,) = [each for each in said(account.mark(), "gateway_differs") if each.subject == "AAPL"]
    assert split.remedies == ()


def test_of_an_order_in_flight_the_gateway_may_count_more(account: Account) -> None:
    """There is nothing to do but to wait for it."""
    account.trade(("AAPL", "10", "100"))
    account.held["AAPL"] = Decimal(13)
    figures = account.orders_work(("AAPL", "5"))
    assert figures.in_flight == {"AAPL"}
    assert figures.remarks == (
        Finding(
            "gateway_differs",
            "warning",
            "AAPL",
            "The gateway differs on AAPL: quantity 13 instead of 10; orders of ours are in flight.",
            (),
        ),
    )


@pytest.mark.parametrize("more", [0, 1, 2])
def test_twenty_differences_are_named_and_the_rest_counted(account: Account, more: int) -> None:
    """One finding each, and one for all others."""
    names = [f"S{at:02}" for at in range(20 + more)]
    account.trade(*((name, "1", "10") for name in names))
    account.held |= dict.fromkeys(names, Decimal(2))
    differs = said(account.mark(), "gateway_differs")
    assert [each.subject for each in differs[:20]] == names[:20]
    rest = [f"The gateway differs on {more} more symbols."] if more else []
    assert [each.text for each in differs[20:]] == rest


def test_what_stands_beside_the_book_is_named_and_not_compared(account: Account) -> None:
    """An option that no order of ours traded: in no total, in no difference, adjusted by nobody."""
    account.holds(CALL, "2", "5")
    account.holds("A" + CALL, "2", "5")
    figures = account.trade(("AAPL", "10", "100"))
    assert list(figures.remarks) == [
        Finding("beside", "note", name, f"{name} stands beside the book: no US share, in no total.", ())
        for name in ("A" + CALL, CALL)
    ]
    assert (figures.differences, figures.valuation.market_value) == ({}, 1000)


def test_a_share_that_no_order_of_ours_traded_is_a_difference(account: Account) -> None:
    """It is shown with a quantity of zero here; the book holds none of it."""
    account.holds("TSLA", "3", "200")
    figures = account.trade(("AAPL", "10", "100"))
    assert figures.differences == {
        "TSLA": (Difference("gateway", "qty", Decimal(0), Decimal(3), Decimal(-3)),),
    }
    assert row(figures, "TSLA").qty == 0
    assert [each.subject for each in said(figures, "gateway_differs")] == ["TSLA"]


def test_on_a_market_of_coins_nothing_stands_beside_the_book(tmp_path: Path) -> None:
    """There a coin is what is traded, and a year has 365 sessions."""
    account = Account(tmp_path, exchange="24/7")
    account.holds("BTCUSD", "2", "5")
    figures = account.trade(("ETHUSD", "1", "100"))
    assert ("beside" in [each.code for each in figures.remarks], figures.sessions_a_year) == (False, 365)
    assert "BTCUSD" in figures.differences


@pytest.mark.parametrize(("quoted", "made"), [(None, 10), ("101", 0)])
def test_what_was_held_before_costs_its_price_of_then(
    account: Account, quoted: str | None, made: int
) -> None:
    """10 XYZ at 100 before the attempt are worth 101 after it; no quote source had a price before."""
    account.holds("XYZ", "10", "100")
    before = account.position("XYZ")
    account.prices["XYZ"] = Decimal(101)
    account.quotes = None if quoted is None else {"XYZ": quoted, "AAPL": "5"}
    figures = account.trade(("AAPL", "1", "5"), positions=(before,))
    assert (row(figures, "XYZ").total_pnl, figures.valuation.total_pnl) == (made, made)
    notes = account.ledger.books._rows("SELECT kind, qty, note FROM entries WHERE symbol = 'XYZ' ORDER BY id")
    before_trade = "held before the first attempt"
    assert [tuple(each) for each in notes] == [
        ("found", "10", before_trade),
        ("gain", "0", None if quoted else before_trade),
    ]


def test_a_year_of_coins_has_365_sessions(tmp_path: Path) -> None:
    """In a session's own figures, and in those of a session that is not whole."""
    account = Account(tmp_path, exchange="24/7")
    account.trade(("ETHUSD", "1", "100"))
    for at in range(21):
        account.next_session()
        account.prices["ETHUSD"] = Decimal(100 + at % 3)
        whole = account.mark()
    account.prices["ETHUSD"] = None
    account.next_session()
    books = account.ledger.books
    period = books.period()
    assert period is not None
    expected = statistics(running(day for _, day in books.valuations.days(period.id, account.session)), 365)
    assert expected["volatility"].value is not None
    assert whole.statistics == expected
    assert account.mark().statistics["volatility"] == expected["volatility"]


def test_what_was_held_before_of_a_coin_is_in_no_book_of_shares(tmp_path: Path) -> None:
    """Beside shares it stands beside the book; on a market of coins it is a holding from before."""
    for exchange, is_held in (("XNYS", False), ("24/7", True)):
        folder = tmp_path / exchange.replace("/", "")
        folder.mkdir()
        account = Account(folder, exchange=exchange)
        account.holds("BTCUSD", "2", "5")
        figures = account.trade(("AAPL", "1", "100"), positions=(account.position("BTCUSD"),))
        held = {each.symbol: each.qty for each in figures.valuation.positions}
        assert held.get("BTCUSD") == (2 if is_held else 0)


def test_what_is_not_explained_is_a_warning_of_its_own(account: Account) -> None:
    """A cash that somebody has altered: said once, though both bridges have it."""
    account.trade(("AAPL", "10", "100"))
    cash = "UPDATE sessions SET state = json_replace(state, '$.cash', '-999.875')"
    account.ledger.books._run(cash)
    figures = account.mark()
    assert figures.valuation.session.unexplained == figures.valuation.inception.unexplained == Decimal("0.12")
    assert figures.remarks == (
        Finding(
            "unexplained",
            "warning",
            "",
            "The book does not tie out: 0.12 dollars are unexplained.",
            (),
        ),
    )


def test_two_bridges_that_do_not_tie_out_are_two_warnings(account: Account) -> None:
    """A closing that somebody has altered moves the session's alone."""
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    account.ledger.books._run("UPDATE sessions SET closing = '100001.00'")
    account.ledger.books._run("UPDATE sessions SET state = json_replace(state, '$.cash', '-998')")
    texts = {each.text for each in said(account.mark(), "unexplained")}
    assert texts == {
        f"The book does not tie out: {dollars} dollars are unexplained." for dollars in ("1.00", "2.00")
    }


def test_the_gateways_realized_counts_from_the_books_beginning(account: Account) -> None:
    """7 dollars that it had realized before are not ours; its 17 are our 10, its 18 are a dollar more."""
    before = Position("AAPL", Decimal(0), None, None, None, Decimal(7))
    account.realized["AAPL"] = Decimal(7)
    account.trade(("AAPL", "10", "100"), positions=(before,))
    account.realized["AAPL"] = Decimal(17)
    assert "realized_pl" not in fields(account.trade(("AAPL", "-5", "102")))
    account.realized["AAPL"] = Decimal(18)
    figures = account.mark()
    assert figures.differences["AAPL"][-1] == Difference(
        "gateway", "realized_pl", Decimal(10), Decimal(11), Decimal(-1)
    )
    assert figures.remarks == ()  # it stands beside the position alone
    assert figures.gateway["AAPL"].realized_pl == 18


def test_the_gateways_figures_are_stated_as_it_says_them(account: Account) -> None:
    """Beside ours, by symbol; one of no shares is no position."""
    account.average, account.unrealized["AAPL"], account.realized["AAPL"] = map(Decimal, (98, 20, 3))
    account.holds("NONE", "0", "5")
    figures = account.trade(("AAPL", "10", "100"))
    assert figures.gateway == {"AAPL": Theirs(*map(Decimal, (10, 98, 3, 20)))}
    assert fields(figures) == ["avg_entry_price", "realized_pl"]
    assert said(figures, "gateway_differs") == []  # nobody need act on them


def test_a_suspect_stays_one_while_another_symbol_is_brought_right(account: Account) -> None:
    """Nobody has said anything of AAPL: what is booked of MSFT does not price it."""
    account.trade(("AAPL", "10", "100"), ("MSFT", "5", "20"))
    account.next_session()
    account.prices["AAPL"] = Decimal(50)
    account.mark()
    account.prices["AAPL"] = Decimal(100)
    assert list(account.mark().unpriced) == ["AAPL"]
    account.held["MSFT"] = Decimal(9)
    figures = account.by_hand("MSFT")
    assert (list(figures.unpriced), row(figures, "MSFT").qty) == (["AAPL"], 9)


def fields(figures: BookFigures) -> list[str]:
    """Return in which figures of AAPL the gateway differs."""
    return [each.field for each in figures.differences.get("AAPL", ())]


def test_a_realized_of_before_that_the_gateway_no_longer_tells_is_not_compared(account: Account) -> None:
    """It had told one, and tells none."""
    before = Position("AAPL", Decimal(0), None, None, None, Decimal(7))
    assert "realized_pl" not in fields(account.trade(("AAPL", "10", "100"), positions=(before,)))


def test_a_symbol_that_may_have_split_is_not_compared(account: Account) -> None:
    """Sold after it: neither quantity nor realized is known here, which is said once; others are."""
    account.trade(("AAPL", "10", "100"), ("MSFT", "5", "20"))
    account.next_session()
    account.prices["AAPL"] = Decimal(50)
    account.realized["AAPL"] = Decimal(3)
    account.held["MSFT"] = Decimal(9)
    figures = account.trade(("AAPL", "-4", "50"))
    assert (list(figures.unknown), list(figures.differences)) == (["AAPL"], ["MSFT"])
    assert len(said(figures, "possible_split")) == 1


def test_where_the_gateway_cannot_be_read_nothing_differs(account: Account) -> None:
    """No position is listed, and nobody says that it holds none."""
    account.trade(("AAPL", "10", "100"))
    account.unreadable = True
    figures = account.mark()
    assert (figures.differences, figures.gateway) == ({}, {})


def test_an_order_that_is_called_filled_without_a_number_is_said(account: Account) -> None:
    """Its symbol has no figure."""
    account.orders_work(("AAPL", "5"))
    account.ledger.books._run("UPDATE orders SET status = 'filled', followed = 1")
    figures = account.mark()
    assert [each.kind for each in figures.not_known] == ["uncounted"]
    assert said(figures, "fills_not_known")
    assert list(figures.unknown) == ["AAPL"]
    assert row(figures, "AAPL").realized_pnl is None


def test_an_order_that_was_not_read_again_is_said(account: Account) -> None:
    """Of its own attempt or of an earlier one: read is read."""
    account.orders_work(("AAPL", "5"))
    account.earlier, account.working = account.working, {}
    assert account.mark().not_known == ()
    account.earlier = {}
    assert [each.kind for each in account.mark().not_known] == ["unread"]


def test_a_market_order_that_still_works_is_said_by_the_clock(account: Account) -> None:
    """Of 9:50: at 10:00 it may work, at 11:00 it is not known what it filled."""
    market = {"order_type": "market", "limit_price": None, "created_at": "2025-01-06T14:50:00+00:00"}
    assert account.orders_work(("AAPL", "5"), **market).not_known == ()
    account.hour = 11
    figures = account.mark()
    assert [each.kind for each in figures.not_known] == ["working"]
    assert figures.now == datetime(2025, 1, 6, 11, tzinfo=NEW_YORK)


def test_without_a_trade_there_is_no_book(account: Account) -> None:
    """A mark values nothing, and a person can't change what is not there."""
    assert nothing(account, AN_ATTEMPT) is None
    split = Change(split=Split("AAPL", splits.ratio("2:1")))
    with pytest.raises(DataError, match="the book holds no AAPL"):
        nothing(account, Occasion(change=split))
    for change in (Change(adjust=("all",)), Change(trades=(Trade("AAPL", Decimal(1), Decimal(1)),))):
        with pytest.raises(DataError, match="there is no book to change"):
            nothing(account, Occasion(change=change))


def nothing(account: Account, occasion: Occasion) -> BookFigures | None:
    """Value a ledger without an attempt."""
    moment = Moment(FIRST, datetime(2025, 1, 6, 10, tzinfo=NEW_YORK), account.calendar)
    with account.ledger.transaction():
        return bring_up_to_date(
            account.ledger, Observations(market=None, is_silent=False), moment, moment.now, occasion
        )


def test_the_book_as_it_was_valued_last_is_read_once(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its five hundred holdings are not decoded again for each step."""
    account.trade(("AAPL", "10", "100"))
    asked: list[str] = []
    kept = Valuations.last

    def count(self: Valuations, period: int, before: str = "last") -> PastValuation | None:
        asked.append(before)
        return kept(self, period) if before == "last" else kept(self, period, before)

    monkeypatch.setattr(Valuations, "last", count)
    account.mark()
    assert asked == ["last", "2025-01-06"]
    asked.clear()
    account.held["AAPL"] = Decimal(17)
    account.by_hand("AAPL")
    assert asked == ["last", "2025-01-06", "2025-01-06"]


def test_the_positions_are_priced_once_where_nothing_is_booked(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five hundred of them are not looked at twice for nothing; what is booked is looked at again."""
    account.trade(("AAPL", "10", "100"))
    looked: list[Any] = []
    price = pricing.price
    monkeypatch.setattr(pricing, "price", lambda *given: looked.append(given) or price(*given))
    account.mark()
    assert len(looked) == 1
    account.holds("AAPL", "12", "100")
    account.by_hand("AAPL")
    assert len(looked) == 3


def test_what_was_traded_today_is_what_was_since_the_last_closing(account: Account) -> None:
    """1000 of 100,000 on Monday, nothing on Tuesday, 200 on Wednesday: turnover is their mean."""
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    assert account.mark().statistics["turnover"].value == Decimal("0.005")
    account.next_session()
    assert account.trade(("AAPL", "2", "100")).statistics["turnover"].value == Decimal("0.004")
    assert account.mark().statistics["exposure"].value == Decimal("0.010667")


def test_a_command_of_an_earlier_date_values_the_session_that_was_valued_last(account: Account) -> None:
    """No session is valued before one that was."""
    account.trade(("AAPL", "10", "100"))
    account.next_session()
    account.mark()
    account.session = FIRST
    assert str(account.mark().session) == "2025-01-07"


def test_the_command_of_a_difference_is_of_its_symbol() -> None:
    """As `resolve` takes it."""
    assert ours("resolve", "--position", "BRK.B") == "paper-run resolve --position BRK.B"
