"""Limits that warn: a day past one is a success that needs a look, on page, console and mail."""

from typing import Any

import pytest
from support.life import NO_ORDER, Life, buy, figures, sell
from support.mail_server import MailServer, subjects

WORKS: dict[str, Any] = {"filled": "0", "status": "new", "detail": {"filled_avg_price": None}}
LARGE = ("--max-position-size", "100000")
PAST = "gross exposure 198% (limit 150%)"


def page(life: Life, kind: str = "paper_run") -> str:
    return (life.reports / f"{life.session}_{kind}.html").read_text()


def codes(document: Any) -> list[str]:
    return [each["code"] for each in document["findings"]]


def test_a_day_within_its_limits(life: Life, server: MailServer) -> None:
    """Each has its tick on the page and the console; the mail says OK and nobody is asked for."""
    life.env |= server.env
    day = life.trade(AAPL=buy(100, "200"))
    limits = day["limits"]
    assert limits["gross"] == {
        "percent": 20,
        "amount": 20000,
        "limit": 150,
        "passed": False,
        "symbol": None,
        "reason": None,
        "if_filled": False,
    }
    assert (limits["position"]["symbol"], limits["net"]) == ("AAPL", {"percent": 20, "amount": 20000})
    assert [limits[name]["passed"] for name in ("day_loss", "drawdown")] == [False, False]
    assert "Limits:             gross exposure 20% ✓, largest position AAPL 20% ✓" in life.last.stdout
    assert '20% <b class="good">✓</b>' in page(life)
    (subject,) = subjects(server)
    assert "OK" in subject


def test_a_day_past_its_gross_exposure(life: Life, server: MailServer) -> None:
    """It ends with 0 and needs a look: headline, finding, subject and console say so."""
    life.env |= server.env | {"PAPER_RUN_EMAIL_ON": "problems"}
    day = life.trade(*LARGE, **{symbol: buy(245, "202") for symbol in ("AAPL", "MSFT", "GOOGL", "NVDA")})
    assert (day["status"], day["exit_status"]) == ("success", 0)
    assert day["limits"]["gross"]["passed"] is True
    assert codes(day).count("limit_passed") == 1
    source = page(life)
    assert f"Success, but {PAST}" in source
    assert '198% <b class="caution">!</b>' in source
    assert f"Status: SUCCESS, but {PAST}" in life.last.stdout
    (subject,) = subjects(server)
    assert f"Look: {PAST}" in subject
    mail = server.messages[-1].content.decode()
    for words in ("Nothing to do", "OK"):
        assert words not in mail.split("Content-Disposition")[0]


def test_the_limits_are_set_by_their_variables(life: Life) -> None:
    """A lower one is passed, `off` never; what is off has no tick."""
    life.env |= {"PAPER_RUN_WARN_GROSS": "off", "PAPER_RUN_WARN_POSITION": "19.99"}
    day = life.trade(AAPL=buy(100, "200"))
    assert (day["limits"]["gross"]["limit"], day["limits"]["gross"]["passed"]) == (None, None)
    assert day["limits"]["position"]["passed"] is True
    assert "gross exposure 20%, largest position AAPL 20% !" in life.last.stdout
    assert "largest position AAPL 20% (limit 20%)" in life.last.stdout


def test_a_working_order_counts_if_filled(life: Life) -> None:
    """What remains of it, at the price of its notional; in a mark what is held."""
    day = life.trade(*LARGE, AAPL=buy(400, None, **(WORKS | {"detail": {"limit_price": "200"}})))
    gross = day["limits"]["gross"]
    assert (gross["percent"], gross["if_filled"], gross["amount"]) == (80, True, 80000)
    assert codes(day).count("limit_passed") == 1
    assert "largest position AAPL 80% if filled (limit 50%)" in life.last.stdout
    assert "if filled, limit 50%" in page(life)
    marked = life.mark()
    assert (marked["limits"]["gross"]["amount"], marked["limits"]["gross"]["if_filled"]) == (0, False)


def test_a_day_loss_and_a_drawdown(life: Life, server: MailServer) -> None:
    """A loss past its limit is one of the day; the drawdown stays until equity is back."""
    life.env |= server.env
    life.trade(*LARGE, AAPL=buy(200, "200"))
    life.next_session()
    life.prices(AAPL="140")
    day = life.trade(AAPL=NO_ORDER)
    assert [day["limits"][name]["percent"] for name in ("day_loss", "drawdown")] == [12, 12]
    assert [day["limits"][name]["passed"] for name in ("day_loss", "drawdown")] == [True, True]
    assert "Look: day loss 12% (limit 3%) and drawdown 12% (limit 10%)" in subjects(server)[-1]
    life.next_session()
    day = life.trade(AAPL=NO_ORDER)
    assert [day["limits"][name]["passed"] for name in ("day_loss", "drawdown")] == [False, True]


def test_what_is_not_known_has_a_dash(life: Life) -> None:
    """No price for a position: never a tick beside it, neither on the console nor on the page."""
    life.trade(AAPL=buy(100, "200"))
    life.next_session()
    life.prices(AAPL=None)
    day = life.trade(AAPL=NO_ORDER)
    for name in ("gross", "position", "day_loss", "drawdown"):
        limit = day["limits"][name]
        assert (limit["percent"], limit["passed"]) == (None, None)
        assert limit["reason"]
    assert "gross exposure —, largest position —, day loss —, drawdown —" in life.last.stdout
    row = page(life).partition('class="counts limits"')[2].partition("</dl>")[0]
    assert row.count("—") == 5
    assert "✓" not in row


def test_an_account_that_lost_more_than_it_had(life: Life) -> None:
    """Sold short for 10,000 with 1,000: at 115 it owes 500, at 112 it has won 300 of that back.

    A gain is no loss of a debt, 0%; of a drawdown there is no more to say, and why is said.
    """
    life.trade("--capital", "1000", AAPL=sell(100, "100"))
    life.next_session()
    life.prices(AAPL="115")
    day = life.trade("--capital", "1000", AAPL=NO_ORDER)
    assert day["pnl"]["equity"]["closing"] == -500
    found = {name: figures(day["limits"][name], "percent amount passed") for name in ("gross", "day_loss")}
    assert found == {"gross": (None, 11_500, True), "day_loss": (150, 1500, True)}
    assert figures(day["limits"]["drawdown"], "percent passed reason") == (150, True, None)
    life.next_session()
    life.prices(AAPL="112")
    day = life.trade("--capital", "1000", AAPL=NO_ORDER)
    assert figures(day["limits"]["day_loss"], "percent amount passed reason") == (0, 0, False, None)
    assert figures(day["limits"]["drawdown"], "percent passed reason") == (
        *(None,) * 2,
        "equity was not above zero by an earlier session",
    )
    assert "day loss 0% ✓, drawdown —" in life.last.stdout
    assert "— ✓" not in life.last.stdout


def test_a_short_account_is_as_large_as_a_long_one(life: Life) -> None:
    """Gross adds without signs, net with them."""
    day = life.trade(*LARGE, AAPL=buy(200, "200"), MSFT=sell(400, "200"))
    limits = day["limits"]
    assert (limits["gross"]["percent"], limits["net"]["percent"]) == (120, -40)
    assert (limits["position"]["symbol"], limits["position"]["percent"]) == ("MSFT", 80)


def test_a_mark_past_a_limit(life: Life, server: MailServer) -> None:
    """The mark says it as a run does."""
    life.env |= server.env
    life.trade(*LARGE, AAPL=buy(200, "200"))
    life.prices(AAPL="195.1")
    life.env["PAPER_RUN_WARN_DAY_LOSS"] = "0.5"
    day = life.mark()
    assert day["status"] == "success"
    assert "Valued, but day loss 0.98% (limit 0.5%)" in page(life, "mark")
    assert "Look: day loss 0.98% (limit 0.5%)" in subjects(server)[-1]


@pytest.mark.parametrize("value", ["0", "-5", "1e3", "", "ten", "1.234", "5%"])
def test_a_limit_that_is_none_is_refused(life: Life, value: str) -> None:
    """Naming the variable and what is allowed; set to nothing it is not set."""
    life.env["PAPER_RUN_WARN_DRAWDOWN"] = value
    life.platform.plan = {"AAPL": NO_ORDER}
    life.run("--symbols", "AAPL", status=3 if value else 0)
    if value:
        assert "PAPER_RUN_WARN_DRAWDOWN" in life.last.stderr
        assert "or off" in life.last.stderr


def test_exposure_over_time(life: Life) -> None:
    """Each session keeps what it held long and short; page and index draw it with the limit, from then on."""
    life.trade(*LARGE, AAPL=buy(200, "200"), MSFT=sell(100, "200"))
    assert "panel exposure" not in page(life)
    life.next_session()
    life.prices(AAPL="200", MSFT="200")
    life.env["PAPER_RUN_WARN_GROSS"] = "75"
    life.trade(*LARGE, AAPL=buy(100, "200"))
    rows = [(each["long_value"], each["short_value"], each["gross_limit"]) for each in life.rows("sessions")]
    assert rows == [("40000.00", "-20000.00", "150"), ("60000.00", "-20000.00", "75")]
    said = "Gross 80% of equity on 7 Jan 2025 (limit 75%): long 60%, short −20%."
    assert said in page(life)
    assert said in (life.reports / "index.html").read_text()
    written = page(life)
    life.run("report", life.session)
    assert page(life) == written
