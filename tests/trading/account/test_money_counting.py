"""What an activity counts as: each type of the broker's, of both signs, new, booked before or in the base."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from builders.moments import NOON

from paper_run.book.folding import Names
from paper_run.book.holdings import ACCOUNT, Holding
from paper_run.book.marks import Market
from paper_run.book.posted import Posted
from paper_run.model.broker import MoneyActivity
from paper_run.model.calendar import Calendar, ClosedDays, exchange_time
from paper_run.services.platform import MarketReading, Observations
from paper_run.trading.account.money_counting import Counting, Waits
from paper_run.trading.account.observations import Moment

CALENDAR = Calendar(lambda year: ClosedDays(year, {}, {}, "nobody"), exchange="XNYS")
BEGUN, FRIDAY, MONDAY = (date(2025, 1, day) for day in (13, 17, 20))
ZERO = Decimal(0)
NEVER_RENAMED: Any = SimpleNamespace(
    period=SimpleNamespace(session=BEGUN),
    names=lambda: Names(()),
    of=lambda *_: (),
    fraction_left=lambda _: ZERO,
    fraction_now=lambda _, qty, __: qty,
)
"""Our shares, of which nothing was booked since the book began."""
HELD = {"AAPL": Holding(Decimal(10), Decimal(1000)), "BTC/USD": Holding(Decimal(1), Decimal(90000))}


def activity(kind: str, amount: str | None = None, **fields: Any) -> MoneyActivity:
    """Return an activity of Friday."""
    made = MoneyActivity("1", kind, FRIDAY, None, "executed", None, None, None, None)
    return made._replace(net_amount=None if amount is None else Decimal(amount), **fields)


def counts(
    what: MoneyActivity,
    before: Posted | None = None,
    *,
    in_base: bool = False,
    quotes: bool = False,
    now: datetime = NOON,
    session: date = FRIDAY,
) -> Posted | Waits | None:
    """Return what it counts as in a session, Friday's; each share costs 50 where there are quotes."""
    quote = Market(Decimal("49.5"), Decimal("50.5"), NOON, None, None)
    read = Observations(MarketReading({"NVDA": quote}, ()) if quotes else None, is_silent=False)
    moment = Moment(session, exchange_time(now, "XNYS"), CALENDAR)
    counting = Counting(NEVER_RENAMED, session, read, moment, lambda: HELD)
    return counting.counts(what, before, in_base=in_base)


INCOME = (
    "DIV DIVCGL DIVCGS DIVFEE DIVFT DIVNRA DIVROC DIVTW DIVTXEX DIVWH WH INT INTNRA INTPNL INTTW "
    "FEE CFEE PTC PTR"
)
OTHER = "CORR MEM SPLIT REORG SPIN MA NC VOF OPASN OPEXC OPEXP OPTRD OPCSH XYZZY"


@pytest.mark.parametrize("amount", ["4.80", "-4.80"])
@pytest.mark.parametrize("kind", INCOME.split())
def test_income_is_of_its_symbol_or_of_the_account(kind: str, amount: str) -> None:
    """The sign is the amount's; a quantity beside it moves coins of a fee alone; one not held has no row."""
    made = Posted("income", "AAPL", ZERO, Decimal(amount))
    assert counts(activity(kind, amount, symbol="AAPL", qty=Decimal(10))) == made
    assert counts(activity(kind, amount)) == made._replace(symbol=ACCOUNT)
    assert counts(activity(kind, amount, symbol="ETHUSD")) == made._replace(symbol=ACCOUNT)
    assert counts(activity(kind, amount, symbol="BTCUSD")) == made._replace(symbol="BTC/USD")
    coins = Posted("cash_in_lieu", "BTC/USD", Decimal("-0.001"), ZERO) if kind == "CFEE" else None
    assert counts(activity(kind, "0", symbol="BTCUSD", qty=Decimal("-0.001"))) == coins
    assert counts(activity(kind, "0", symbol="ETHUSD", qty=Decimal("-0.001"))) is None


@pytest.mark.parametrize("amount", ["500", "-500"])
@pytest.mark.parametrize("kind", ["CSD", "CSW", "JNLC", "ACATC", "JNLS", "ACATS"])
def test_cash_in_and_out(kind: str, amount: str) -> None:
    """A withdrawal that comes in, comes in; so does cash of a transfer of shares without any."""
    assert counts(activity(kind, amount)) == Posted("flow", ACCOUNT, ZERO, Decimal(amount))


@pytest.mark.parametrize("qty", ["4", "-4"])
@pytest.mark.parametrize("kind", ["JNLS", "ACATS"])
def test_shares_in_and_out(kind: str, qty: str) -> None:
    """At the price that is told, else as they were booked, else at the mark; without any they wait."""
    shares = activity(kind, "0", symbol="NVDA", qty=Decimal(qty))
    assert counts(shares._replace(price=Decimal(40))) == Posted(
        "flow", "NVDA", Decimal(qty), 40 * Decimal(qty)
    )
    booked = Posted("flow", "NVDA", Decimal(2), Decimal(90))
    assert counts(shares, booked, quotes=True) == Posted("flow", "NVDA", Decimal(qty), 45 * Decimal(qty))
    assert counts(shares, quotes=True) == Posted("flow", "NVDA", Decimal(qty), 50 * Decimal(qty))
    waits = counts(shares)
    assert isinstance(waits, Waits)
    assert (waits.cash, waits.worth, "no price" in waits.why) == (0, None, True)
    assert counts(shares._replace(symbol="ETHUSD"), quotes=True) is None


@pytest.mark.parametrize("qty", ["0.5", "-0.5"])
def test_cash_in_lieu_is_a_trade_of_the_fraction(qty: str) -> None:
    """Paid in, it was sold; paid out, bought back, whatever the sign of the quantity is."""
    sold = Posted("cash_in_lieu", "AAPL", Decimal("-0.5"), Decimal(-55))
    assert counts(activity("CIL", "55", symbol="AAPL", qty=Decimal(qty))) == sold
    bought = Posted("cash_in_lieu", "AAPL", Decimal("0.5"), Decimal(55))
    assert counts(activity("CIL", "-55", symbol="AAPL", qty=Decimal(qty))) == bought


def test_cash_in_lieu_of_nothing_is_other_money() -> None:
    """Without a quantity, or of what the book does not hold; what was a trade stays one."""
    other = Posted("other", ACCOUNT, ZERO, Decimal(55))
    assert counts(activity("CIL", "55", symbol="AAPL")) == other
    gone = activity("CIL", "55", symbol="GONE", qty=Decimal("0.5"))
    assert counts(gone) == other
    before = Posted("cash_in_lieu", "GONE", Decimal("-0.5"), Decimal(-54))
    assert counts(gone, before) == before._replace(dollars=Decimal(-55))


@pytest.mark.parametrize("kind", OTHER.split())
def test_any_other_money(kind: str) -> None:
    """Its amount, and nothing of shares that it moves; where it tells no amount there is none."""
    moved = activity(kind, "-7.25", symbol="AAPL", qty=Decimal(3))
    assert counts(moved) == Posted("other", ACCOUNT, ZERO, Decimal("-7.25"))
    for amount in ("0", None):
        assert counts(activity(kind, amount, symbol="AAPL", qty=Decimal(3))) is None


@pytest.mark.parametrize("kind", ["DIV", "CSD", "CIL"])
def test_money_without_its_amount_waits(kind: str) -> None:
    """Something came, and nobody knows how much: neither is what is left of the cash."""
    waits = counts(activity(kind))
    assert isinstance(waits, Waits)
    assert (waits.cash, waits.is_said) == (None, True)


@pytest.mark.parametrize("kind", ["DIV", "CSD", "JNLS", "CIL", "XYZZY"])
def test_what_is_canceled_counts_as_nothing(kind: str) -> None:
    """However it is written; corrected, or with a status that nobody knows, it counts as it stands."""
    for status in ("canceled", "cancelled"):
        assert counts(activity(kind, "5", status=status, symbol="AAPL", qty=Decimal(1))) is None
    for status in ("correct", "pending", None):
        assert counts(activity(kind, "5", status=status)) is not None


@pytest.mark.parametrize("day", [MONDAY, date(2025, 1, 21)])
def test_what_is_dated_ahead_waits(day: date) -> None:
    """Its cash has not come, so it is not worth saying; what was booked, or is in the base, waits no more."""
    what = activity("INT", "5", date=day)
    assert counts(what) == Waits("its session is yet to come", is_said=False)
    made = Posted("income", ACCOUNT, ZERO, Decimal(5))
    assert counts(what, made) == counts(what, in_base=True) == made
    assert counts(what._replace(date=None)) == made


def test_what_is_dated_of_a_closed_day_has_come_and_waits() -> None:
    """On Saturday its cash is there, or its shares, whose worth nobody knows: it has a name till Monday."""
    saturday = NOON + timedelta(days=1)
    paid = activity("INT", "5", date=saturday.date())
    assert counts(paid, now=saturday) == Waits("its session is yet to come", Decimal(5))
    shares = activity("JNLS", "0", date=saturday.date(), symbol="NVDA", qty=Decimal(4))
    assert counts(shares, now=saturday) == Waits("its session is yet to come", ZERO, None)


def test_a_session_that_was_traded_on_a_closed_day_has_its_money() -> None:
    """What is dated of it, or of the closed days before, is its own; what is dated ahead still waits."""
    saturday = NOON + timedelta(days=1)
    paid = activity("INT", "5", date=saturday.date())
    made = Posted("income", ACCOUNT, ZERO, Decimal(5))
    assert counts(paid, now=saturday, session=saturday.date()) == made
    assert isinstance(counts(paid._replace(date=MONDAY), now=saturday, session=saturday.date()), Waits)


def test_what_is_booked_stays_in_its_row() -> None:
    """A symbol that was none of the book's when its fee came may be one by now."""
    before = Posted("income", ACCOUNT, ZERO, Decimal(-3))
    assert counts(activity("FEE", "-4", symbol="AAPL"), before) == before._replace(dollars=Decimal(-4))
