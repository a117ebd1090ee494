"""How a figure is made is said by how it was made: mail, page and console, for every base of a book."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from support.answers import Answer, plain_500
from support.broker_server import NUMBER
from support.faulty_http import Request
from support.life import NO_ORDER, Life, buy, sell
from support.mail_server import MailServer, letters
from support.odd_broker import OddBroker
from support.odd_platform import RUN, RUNS

HIDDEN = Answer(body="[]")
CAPITAL = "the first trade’s capital"
ACCOUNT = f"account {NUMBER} before the first trade"
WITHOUT = "and all P&L since, without dividends, fees and interest: no broker tells them."
WITH = (
    "and all P&L since, dividends, fees and interest in it, as the broker tells them; and what came in and "
    "went out."
)


@pytest.fixture(autouse=True)
def _mailed(life: Life, server: MailServer) -> None:
    life.env |= server.env


def page(life: Life, kind: str = "paper_run") -> str:
    html = (life.reports / f"{life.session}_{kind}.html").read_text("utf-8").partition("<body>")[2]
    return " ".join(re.sub(r"<[^>]*>", " ", html.rpartition("<script>")[0]).replace("&amp;", "&").split())


def mail(server: MailServer) -> str:
    part = letters(server)[-1].get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def stated(life: Life, server: MailServer, base: str, made: str, kind: str = "paper_run") -> None:
    """Prove that mail, page and console of the last command say the same base, and how equity is made."""
    assert f"Equity: the base ({base}) {made}" in mail(server)
    shown = page(life, kind)
    assert f"Equity The base ({base}) {made}" in shown
    assert f"The book’s base: {base}." in shown
    assert f"  Base:               {base}" in life.last.lines
    (other,) = {WITH, WITHOUT} - {made}
    assert other not in shown + mail(server)


def test_of_a_gateway_alone_it_is_the_capital(life: Life, server: MailServer) -> None:
    """No broker is read: nobody tells dividends, fees and interest."""
    life.trade(AAPL=buy(10, "100"))
    stated(life, server, f"$100,000.00, {CAPITAL}", WITHOUT)
    shown = page(life)
    assert "Adjustments are" not in shown
    assert "dividends, interest and fees" not in shown


def test_of_a_candidate_it_is_the_capital_for_now(life: Life, server: MailServer) -> None:
    """An account was read that knows no order of ours: the base may be set right, and nothing is booked."""
    broker = life.with_broker()
    broker.always("GET", "/v2/orders", HIDDEN)
    life.trade(AAPL=buy(10, "100"))
    stated(life, server, f"$100,000.00, {CAPITAL}, not final yet", WITHOUT)


def test_of_a_proven_account_it_is_what_that_was_worth(life: Life, server: MailServer) -> None:
    """Its money is booked, and equity says so: on the first day without any, and with what came in."""
    broker = life.with_broker()
    broker.deposit = Decimal(150_000)
    life.trade(AAPL=buy(10, "100"))
    stated(life, server, f"$150,000.00, {ACCOUNT}", WITH)
    life.next_session()
    broker.post("CSD", "50000")
    broker.prices["AAPL"] = Decimal(110)
    life.prices(AAPL="110")
    day = life.trade(NVDA=NO_ORDER)
    stated(life, server, f"$150,000.00, {ACCOUNT}", WITH)
    assert day["statistics"]["daily_return"]["value"] == Decimal("0.0005")  # 100 / (150,000 + 50,000)
    assert "+0.05% of opening equity and what came in" in mail(server)
    assert "+0.05% of opening equity and what came in" in page(life)
    assert "Adjustments are cash and shares in and out, other money: part of equity" in page(life)
    life.take_keys()  # what is booked stays booked
    life.next_session()
    life.trade(NVDA=NO_ORDER)
    stated(life, server, f"$150,000.00, {ACCOUNT}", WITH)


def test_of_keys_on_the_fifth_day_it_stays_the_capital(life: Life, server: MailServer) -> None:
    """The account comes in beside the book: until then nobody tells its money, from then on it does."""
    broker = life.with_broker()
    broker.deposit = Decimal(150_000)
    life.take_keys()
    for day in range(4):
        life.trade(AAPL=buy(10, str(100 + day)))
        stated(life, server, f"$100,000.00, {CAPITAL}", WITHOUT)
        life.next_session()
    life.give_keys(broker)
    life.trade(NVDA=NO_ORDER)
    stated(life, server, f"$100,000.00, {CAPITAL}", WITH)


def test_after_a_reset_it_is_the_next_books(life: Life, server: MailServer) -> None:
    """The first book was of a gateway, the next one is of an account; and the other way round."""
    life.trade(AAPL=buy(10, "100"))
    life.run("resolve", "--reset")
    life.next_session()
    broker: OddBroker = life.with_broker()
    broker.deposit = Decimal(70_000)
    life.gateway.positions.clear()
    life.trade(MSFT=buy(10, "100"))
    stated(life, server, f"$70,000.00, {ACCOUNT}", WITH)
    life.run("resolve", "--reset")
    life.take_keys()
    life.next_session()
    life.trade(NVDA=buy(10, "100"))
    stated(life, server, f"$100,000.00, {CAPITAL}", WITHOUT)


def test_of_an_account_that_another_ledger_trades_nothing_is_told(life: Life, server: MailServer) -> None:
    """Its money can't be told apart, so that none of it is booked."""
    broker = life.with_broker()
    order = {"client_order_id": "00c0ffee00c0ffee00c0ffee", "symbol": "GOOG", "side": "buy", "qty": 3}
    order |= {"order_type": "market", "time_in_force": "day", "limit_price": None}
    broker.place(order, Decimal(3), Decimal(50), "filled")
    day = life.trade(AAPL=buy(10, "100"))
    assert "money_shared" in {each["code"] for each in day["findings"]}
    stated(life, server, f"$100,000.00, {CAPITAL}", WITHOUT)


def test_what_a_kept_closing_leaves_is_no_gain_from_before(life: Life) -> None:
    """What was learned after the session's last closing stands among its adjustments, and is called that."""
    life.trade(AAPL=buy(10, "100", filled=5, status="partially_filled"))
    life.now = life.now.replace(hour=21, minute=30)
    life.fill("AAPL", "5", "100", "canceled")
    life.prices(AAPL="101")
    life.mark()
    marked = life.resolve("--order", life.order_id("AAPL"), "--filled", "6@100")
    assert marked["pnl"]["equity"]["adjustments"] != 0
    shown = page(life, "mark")
    assert "Adjustments are what was learned after the closing that the session keeps: part of" in shown
    assert "holdings that were found" not in shown


def test_a_live_account_is_never_called_paper(life: Life, server: MailServer) -> None:
    """Mail and page say whose money it is where it is known; sheet and index nothing of it."""
    life.trade(AAPL=buy(10, "100"))
    for text in (mail(server), page(life)):
        assert "The sandbox: no real money." in text
    broker = life.with_broker()
    life.next_session()
    life.trade(AAPL=buy(10, "100"))
    for text in (mail(server), page(life)):
        assert "The account at the broker is a paper one: no real money." in text
    broker.always("GET", "*", plain_500())
    life.next_session()
    life.trade(AAPL=buy(10, "100"), status=1)
    for text in (mail(server), page(life)):
        assert "The sandbox: no real money." in text
        assert "paper one" not in text
    broker.always("GET", "*", Answer())
    life.env["PAPER_RUN_BROKER"] = "live"
    life.next_session()
    life.trade(AAPL=sell(5, "101"))
    for text in (mail(server), page(life)):
        assert "The account at the broker is a live one: this is real money." in text
        assert "no real money" not in text
    life.run("report", "--since", "2025-01-01")
    for name in ("index.html", "tearsheet.html"):
        (path,) = life.reports.rglob(name)
        assert "no real money" not in path.read_text("utf-8")


def test_a_position_without_a_price_is_not_said_to_be_valued(life: Life) -> None:
    """Of two that are open one has a price."""
    life.trade(AAPL=buy(10, "100"), MSFT=buy(10, "100"))
    life.prices(AAPL="101", MSFT=None)
    life.mark()
    assert "1 of 2 open positions at current prices. Nothing was traded" in page(life, "mark")


def test_a_kept_closing_beside_what_has_no_price_now(life: Life) -> None:
    """Its bridge is since the session's opening all the same, and no limit is ticked."""
    life.trade(AAPL=buy(10, "100"), MSFT=buy(10, "50"))
    life.next_session()
    life.trade(AAPL=sell(5, "110"))
    life.now = life.now.replace(hour=21, minute=30)
    life.prices(AAPL="111", MSFT="51")
    kept = life.mark()["pnl"]["equity"]
    assert (kept["opening"], kept["realized"], kept["closing"]) == (100_000, 50, 100_115)
    life.prices(MSFT=None)
    marked = life.resolve("--position", "AAPL=4@112")
    bridge = marked["pnl"]["equity"]
    assert (bridge["opening"], bridge["realized"], bridge["closing"]) == (100_000, 62, None)
    assert marked["pnl"]["since_inception"]["realized"] == 62
    assert [each["passed"] for each in marked["limits"].values() if "passed" in each] == [None] * 4


def test_a_rehearsal_of_which_nothing_is_known_is_not_said_to_have_executed_nothing(
    life: Life, server: MailServer
) -> None:
    """The gateway left DRY_RUN and the answer was lost: label, banner, page, console and mail don't know."""
    life.gateway.health["dry_run"] = True
    life.platform.orchestrator.script("POST", RUN, [Answer(process="before", hang_up=True)])
    life.platform.orchestrator.always("GET", RUNS + "*", plain_500())
    life.platform.log.arrivals.append(_leaves_dry_run(life))
    day = life.trade(status=2, AAPL=buy(10, "100"))
    assert (day["rehearsal"], day["status"]) == (True, "unknown")
    assert day["label"] == "SANDBOX - simulated prices; REHEARSAL - outcome unknown"
    for text in (page(life), mail(server)):
        assert "REHEARSAL - its outcome is not known" in text
        assert "nothing was executed" not in text.partition("How each figure is defined")[0]
        assert "no order left it" not in text
    assert "It is not known which orders this run placed" in page(life)
    assert "nothing executed" not in life.last.stdout
    life.platform.orchestrator.always("GET", RUNS + "*", Answer())
    life.run("resolve")
    found = life.result(life.reports / f"{life.session}_paper_run.json")
    assert (found["rehearsal"], found["label"]) == (False, "SANDBOX - simulated prices")


def _leaves_dry_run(life: Life) -> Callable[[Request], None]:
    def arrived(request: Request) -> None:
        if request.method == "POST":
            life.gateway.health["dry_run"] = False

    return arrived


def test_warnings_fit_the_columns_there_are(life: Life) -> None:
    """Each sentence is whole, in lines of at most so many; a command to copy is never broken."""
    life.trade(AAPL=buy(10, "100"))
    life.gateway.is_deaf = True
    life.now = life.now.replace(hour=21, minute=30)
    life.env["COLUMNS"] = "60"
    marked = life.mark()
    lines = life.last.lines
    commands = [line for line in lines if " -m paper_run " in line]
    assert commands
    at = next(number for number, line in enumerate(lines) if line.startswith("  !"))
    said = [line for line in lines[at : lines.index("", at)] if line not in commands]
    assert len(said) > len(marked["findings"])
    assert max(map(len, said)) <= 60
    shown = " ".join(life.last.stdout.split())
    for each in marked["findings"]:
        assert " ".join(each["text"].split()) in shown
