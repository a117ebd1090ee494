"""The account at the broker beside the book, in a real ledger: what differs, has a name, is kept."""

from decimal import Decimal
from pathlib import Path

import pytest
from support.desk import read_rows
from trading.broker_account import NUMBER, Both, position

from paper_run import money
from paper_run.book.comparison import Difference
from paper_run.book.parties import Left
from paper_run.errors import Remedy
from paper_run.model import result_rows
from paper_run.model.book_figures import BookFigures
from paper_run.model.commands import ours
from paper_run.model.findings import Finding
from paper_run.model.parties import CashBeside

BOOKED = Remedy(
    "If nobody will ever say what it was, book it as money besides trading",
    ours("resolve", "--position", "all"),
)


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return Both(tmp_path)


def said(figures: BookFigures) -> list[Finding]:
    """What is said of the broker."""
    return [each for each in figures.remarks if each.code in ("broker_differs", "residual")]


def flows(both: Both) -> list[tuple[str, Decimal, Decimal, str]]:
    """What came in: symbol, shares, dollars, and what it was."""
    rows = read_rows(Path(both.ledger.name), "entries")
    return [
        (row["symbol"], Decimal(row["qty"]), Decimal(row["dollars"]), row["note"])
        for row in rows
        if row["kind"] == "flow"
    ]


def joined(both: Both) -> str | None:
    """In which session the account was booked whole."""
    period = both.ledger.books.period()
    assert period is not None
    return period.joined


def waits(figures: BookFigures) -> str:
    """Why what the account has besides the book is not booked yet."""
    (found,) = [each.text for each in figures.remarks if each.code == "account_beside"]
    return found.removeprefix(
        f"What the account {NUMBER} at the broker has besides this book is not booked yet: "
    ).removesuffix(".")


def left(figures: BookFigures) -> tuple[Decimal | None, Decimal | None]:
    """What of equity and of cash has no name."""
    assert figures.apart is not None
    return figures.apart.residual.amount, figures.apart.cash.amount


def test_a_broker_that_agrees_leaves_nothing(both: Both) -> None:
    """Quantities and cash are ours, at its prices; nothing is said."""
    figures = both.both_buy("AAPL", "10", "100")
    assert (figures.broker_differences, said(figures)) == ({}, [])
    assert figures.cash == Decimal(99_000)
    assert left(figures) == (0, 0)
    assert figures.broker is not None
    assert (figures.broker.number, figures.broker.kind, figures.broker.is_proven) == (NUMBER, "paper", True)
    both.quotes = {"AAPL": "101.50"}
    figures = both.mark()
    assert figures.apart is not None
    assert figures.apart.effects == {"AAPL": Decimal("15.00")}
    assert (figures.apart.difference, left(figures)) == (Decimal("15.00"), (0, 0))


def test_without_a_broker_nothing_is_stated(both: Both) -> None:
    """Neither figures nor a part in the result."""
    both.at_broker = None
    figures = both.trade(("AAPL", "10", "100"))
    assert (figures.broker, figures.apart, result_rows.parties(figures)) == (None, None, None)


def test_an_account_that_could_not_be_read_is_none(both: Both) -> None:
    """What else came of it says nothing of whose it is."""
    read = both.observed()
    assert read.broker is not None
    read.broker = read.broker._replace(account=None)
    both.observed = lambda: read  # type: ignore[method-assign]
    assert both.trade(("AAPL", "10", "100")).broker is None


def test_an_account_that_is_not_proven_is_shown_alone(both: Both) -> None:
    """Nothing of it is compared, nothing is said, nothing is kept."""
    both.broker.is_proven = False
    both.broker.cash = Decimal(7)
    figures = both.trade(("AAPL", "10", "100"))
    assert figures.broker is not None
    assert (figures.broker.is_proven, figures.broker.cash) == (False, 7)
    assert (figures.apart, figures.broker_differences, said(figures)) == (None, {}, [])
    stated = result_rows.parties(figures)
    assert stated is not None
    reasons = ("the account is not yet proven to be ours",)
    assert stated.broker.cash == CashBeside(Decimal("99000.00"), Decimal("7.00"), None, reasons)
    assert stated.broker.equity.residual is None
    assert (figures.base_account, figures.provisional) == (None, True)
    assert joined(both) is None


def test_another_account_than_the_proven_one_is_not_ours(both: Both) -> None:
    both.broker.number = "PA000"
    assert both.trade(("AAPL", "10", "100")).apart is None


def test_what_the_account_has_besides_is_booked_once(both: Both) -> None:
    """50,000 more when it is proven came in; what comes later has no name and is said."""
    both.broker.cash += Decimal(50_000)
    figures = both.both_buy("AAPL", "10", "100")
    assert figures.apart is not None
    assert flows(both) == [("account", money.ZERO, Decimal(50_000), f"account {NUMBER} beside this book")]
    assert (joined(both), figures.apart.items) == ("2025-01-06", ())
    assert (left(figures), said(figures)) == ((0, 0), [])
    both.next_session()
    both.broker.cash += Decimal("0.37")
    figures = both.mark()
    assert len(flows(both)) == 1
    assert left(figures) == (Decimal("-0.37"), Decimal("-0.37"))
    assert said(figures) == [
        Finding(
            "broker_differs",
            "warning",
            "cash",
            "The broker's cash is 0.37 dollars more than the book's, and nothing explains that.",
            (BOOKED,),
        ),
        Finding(
            "residual",
            "warning",
            "",
            "The broker's equity is 0.37 dollars more than ours, and nothing explains that.",
        ),
    ]


def test_what_the_account_has_besides_needs_no_price_of_ours(both: Both) -> None:
    """Cash and quantities are enough for it; the residual is known when there is a price."""
    both.quotes = {}
    both.prices["AAPL"] = None
    both.broker.buys("AAPL", "10", "100", current_price=None)
    both.broker.cash += Decimal(7)
    figures = both.trade(("AAPL", "10", "100"))
    assert left(figures) == (None, 0)
    assert [dollars for _, _, dollars, _ in flows(both)] == [Decimal(7)]
    both.quotes = {"AAPL": "101"}
    assert left(both.mark()) == (0, 0)


def test_a_residual_that_is_not_known_is_said_with_its_reasons(both: Both) -> None:
    """Fees that the broker does not tell, a price that it has not; not what is said already."""
    both.both_buy("AAPL", "10", "100")
    both.broker.fees = None
    figures = both.mark()
    assert left(figures) == (None, None)
    (found,) = said(figures)
    assert (found.code, found.severity) == ("residual", "warning")
    assert found.text == (
        "Whether our equity and the broker's differ by what nothing explains is not known: the broker does "
        "not tell its accrued fees."
    )
    both.broker.fees = money.ZERO
    both.broker.positions = (position("AAPL", "10", None),)
    (found,) = said(both.mark())
    assert found.text.endswith(" is not known: the broker has no price of AAPL.")
    # Positions that could not be read, another quantity, a position of ours without a price: each is said so.
    both.broker.positions = None
    assert said(both.mark()) == []
    both.broker.positions = (position("AAPL", "9", None),)
    assert [each.code for each in said(both.mark())] == ["broker_differs"]
    both.broker.positions, both.prices["AAPL"] = (position("AAPL", "10", None),), None
    figures = both.mark()
    assert (figures.valuation.complete, said(figures)) == (False, [])


def test_another_quantity_is_said_with_the_way_out(both: Both) -> None:
    """While the base is not known no residual is; the finding is there all the same."""
    both.broker.buys("AAPL", "12.5", "100")
    figures = both.trade(("AAPL", "10", "100"))
    assert figures.broker_differences == {
        "AAPL": (Difference("broker", "qty", Decimal(10), Decimal("12.5"), Decimal("-2.5")),)
    }
    assert said(figures) == [
        Finding(
            "broker_differs",
            "warning",
            "AAPL",
            "The broker differs on AAPL: quantity 12.5 instead of 10.",
            (
                Remedy(
                    "If it was traded by hand, at what a share of that cost",
                    "paper-run resolve --position AAPL=12.5@PRICE",
                ),
                Remedy("Else, at the current price, which moves no P&L", "paper-run resolve --position AAPL"),
            ),
        )
    ]
    assert figures.apart is not None
    reason = "what the account has besides this book is not booked"
    assert figures.apart.residual == Left(None, (reason,))


def test_a_trade_by_hand_at_the_broker_shows_in_quantity_cash_and_residual(both: Both) -> None:
    """After both have agreed: 5 MSFT at 20 and now worth 21 each are 100 less cash and 5 more equity."""
    both.both_buy("AAPL", "10", "100")
    both.broker.buys("MSFT", "5", "20", market_value=Decimal(105), current_price=Decimal(21))
    figures = both.mark()
    assert list(figures.broker_differences) == ["MSFT"]
    assert left(figures) == (Decimal("-5.00"), Decimal("100.00"))
    assert [each.subject for each in said(figures)] == ["MSFT", "cash", ""]


def test_orders_in_flight_explain_a_quantity(both: Both) -> None:
    """It is said, and nothing is to be booked for it."""
    both.both_buy("AAPL", "10", "100")
    both.broker.buys("MSFT", "5", "0.5")
    figures = both.orders_work(("MSFT", "5"))
    found = next(each for each in said(figures) if each.subject == "MSFT")
    assert found.text.endswith("quantity 5 instead of 0; orders of ours are in flight.")
    assert found.remedies == ()


def test_a_position_beside_the_book_is_an_item(both: Both) -> None:
    """A coin and an option are in its equity and in no total of ours."""
    both.both_buy("BRK.B", "10", "100")
    both.broker.positions = (
        *(both.broker.positions or ()),
        position("BTCUSD", "0.5", "90000", asset_class="crypto"),
        position("AAPL250117C00150000", "1", "3", asset_class="us_option", market_value=Decimal(300)),
    )
    figures = both.mark()
    assert figures.apart is not None
    amounts = {item.subject: amount for item, amount in figures.apart.items if item.kind == "beside"}
    assert amounts == {"BTCUSD": Decimal("-45000.00"), "AAPL250117C00150000": Decimal("-300.00")}
    assert (left(figures), figures.broker_differences, said(figures)) == ((0, 0), {}, [])
    both.broker.positions = (*both.broker.positions[:-1], position("X2", "1", None, asset_class="us_option"))
    figures = both.mark()
    assert figures.apart is not None
    assert figures.apart.residual.reasons == ("the broker has no value of X2",)


def test_a_coin_is_known_by_either_name(tmp_path: Path) -> None:
    """Orders write BTC/USD, positions BTCUSD."""
    both = Both(tmp_path, exchange="24/7")
    both.broker.buys("BTCUSD", "0.5", "90000", asset_class="crypto")
    figures = both.trade(("BTC/USD", "0.5", "90000"))
    assert (left(figures), figures.broker_differences) == ((0, 0), {})
    assert figures.broker is not None
    assert list(figures.broker.positions or ()) == ["BTC/USD"]


def test_what_is_not_known_is_not_compared(both: Both) -> None:
    """Positions that could not be read, fees that are not told, a book without a price."""
    both.both_buy("AAPL", "10", "100")
    held = both.broker.positions
    both.broker.positions = None
    figures = both.mark()
    assert figures.apart is not None
    assert figures.apart.residual.reasons == ("the broker's positions could not be read",)
    assert figures.broker_differences == {}
    stated = result_rows.parties(figures)
    assert stated is not None
    assert [(row.symbol, row.qty, row.broker_qty) for row in stated.broker.positions] == [("AAPL", 10, None)]
    both.broker.positions, both.broker.fees = held, None
    assert left(both.mark()) == (None, None)
    both.broker.fees, both.prices["AAPL"] = money.ZERO, None
    both.broker.positions = tuple(each._replace(current_price=None) for each in held or ())
    assert left(both.mark()) == (None, 0)


def test_fills_that_are_not_known_leave_no_cash(both: Both) -> None:
    """Ours is not known then, so nothing is left of it, and the symbol is not compared."""
    both.both_buy("AAPL", "10", "100")
    figures = both.orders_work(("MSFT", "5"), status="filled", filled_qty=Decimal(5))
    assert "MSFT" in figures.unknown
    assert figures.cash is None
    assert figures.apart is not None
    assert figures.apart.cash.reasons == ("the cash of the book is not known",)
    assert figures.broker_differences == {}


def test_nothing_is_booked_of_what_is_not_known(both: Both) -> None:
    """Neither while a fill of ours is not, nor without positions or cash; what it waits for is said."""
    figures = both.orders_work(("MSFT", "5"), status="filled", filled_qty=Decimal(5))
    assert figures.broker_differences == {}
    assert waits(figures) == "what we hold of MSFT is not known"
    both.broker.positions = None
    assert waits(both.mark()) == "its cash or its positions could not be read"
    both.broker.positions = ()
    read = both.observed()
    assert read.broker is not None
    assert read.broker.account is not None
    read.broker = read.broker._replace(account=read.broker.account._replace(cash=None))
    both.observed = lambda: read  # type: ignore[method-assign]
    assert waits(both.mark()) == "its cash or its positions could not be read"
    assert (flows(both), joined(both)) == ([], None)


def test_an_order_that_works_keeps_nothing_from_being_booked(both: Both) -> None:
    """Quantities and cash are what they are; a market order in an open session may be filled meanwhile."""
    figures = both.orders_work(("MSFT", "5"), order_type="market", limit_price=None)
    assert waits(figures) == "a market order of ours still works"
    both.hour = 17
    figures = both.mark()
    assert (figures.in_flight, joined(both)) == ({"MSFT"}, "2025-01-06")


def test_a_gateway_that_could_not_be_read_says_no_quantity(both: Both) -> None:
    """What it does not list is 0 there; what it could not be asked is not known, and nobody differs."""
    both.both_buy("AAPL", "10", "100")
    del both.held["AAPL"]
    for both.unreadable, qty in ((False, money.ZERO), (True, None)):
        stated = result_rows.parties(both.mark())
        assert stated is not None
        (row,) = stated.broker.positions
        assert (row.gateway_qty, row.agree) == (qty, both.unreadable)


def test_an_equity_that_is_not_the_broker_s_own_sum_is_said_so(both: Both) -> None:
    """Account and positions are two answers: what prices can have moved by between them has a name."""
    both.both_buy("AAPL", "10", "100")
    for more in ("50", "-0.01"):
        both.broker.more = Decimal(more)
        figures = both.mark()
        assert (said(figures), left(figures)) == ([], (0, 0))
        assert figures.apart is not None
        assert [(item.kind, amount) for item, amount in figures.apart.items] == [("own", -Decimal(more))]
    both.broker.more = Decimal("50.01")
    (found,) = said(both.mark())
    assert found.text == (
        "The broker's equity is 50.01 dollars more than ours, and nothing explains that. The broker's own "
        "equity is 50.01 dollars off its cash and positions."
    )
    both.broker.more = Decimal("-2.50")
    both.broker.positions = tuple(each._replace(market_value=None) for each in both.broker.positions or ())
    (found,) = said(both.mark())
    assert found.text.startswith("The broker's equity is 1,002.50 dollars less than ours")


def test_many_differences_are_counted(both: Both) -> None:
    both.both_buy("AAPL", "10", "100")
    for number in range(22):
        both.broker.buys(f"X{chr(65 + number)}", "1", "1")
    texts = [each.text for each in said(both.mark())]
    assert "The broker differs on 2 more symbols." in texts
    assert sum("differs on X" in each for each in texts) == 20


def test_fees_of_the_day_are_off_its_balances(both: Both) -> None:
    """They explain cash and equity alike."""
    both.both_buy("AAPL", "10", "100")
    both.broker.cash -= Decimal("0.42")
    both.broker.fees = Decimal("0.42")
    figures = both.mark()
    assert figures.apart is not None
    assert (figures.apart.accrued_fees, left(figures)) == (Decimal("0.42"), (0, 0))
