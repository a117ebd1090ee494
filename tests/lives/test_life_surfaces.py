"""What page, index, mail and tables say of the same sessions: nothing false, and the same figures."""

import json
import re
from decimal import Decimal
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from support.life import NO_ORDER, Life, buy, sell
from support.mail_server import MailServer, letters
from support.odd_platform import Plan

LARGE = ("--max-position-size", "1000000")


class _Words(HTMLParser):
    """The words of a page, without its style, its script and the scale of a chart."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self._is_hidden = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_hidden = tag in ("style", "script") or "scale" in (dict(attrs).get("class") or "").split()

    def handle_endtag(self, tag: str) -> None:
        self._is_hidden = self._is_hidden and tag == "text"

    def handle_data(self, data: str) -> None:
        if not self._is_hidden:
            self.words.append(data)


def page(life: Life, name: str) -> str:
    return (life.reports / name).read_text("utf-8")


def words(life: Life, name: str) -> str:
    """Return what a page says."""
    return " ".join(" ".join(_Words(page(life, name)).words).split())


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def figures(life: Life, *args: str) -> Any:
    """Return what a command prints with --json."""
    return json.loads(life.run(*args, "--json").stdout, parse_float=Decimal)


def test_a_month_that_moved_less_than_a_dollar_is_no_tag(life: Life) -> None:
    """What is shortened to `+<1` is escaped on the page and on the index."""
    life.trade(AAPL=buy(10, "100"))
    life.prices(AAPL="100.05")
    life.mark()
    for name in (f"{life.session}_mark.html", "index.html"):
        assert "<small>+&lt;1 · 1</small>" in page(life, name)
        assert "+<1" not in page(life, name)


def test_nothing_is_said_of_peaks_without_a_valued_session(life: Life) -> None:
    """Of a book whose only session has no closing nobody knows whether equity was below an earlier peak."""
    life.says("AAPL", current_price=None)
    life.trade(AAPL=buy(10, "100"))
    assert "needs 1 more session" in words(life, f"{life.session}_paper_run.html")
    for name in (f"{life.session}_paper_run.html", "index.html"):
        assert "no drawdown." not in words(life, name)
    life.prices(AAPL="100")
    life.mark()
    for name in (f"{life.session}_mark.html", "index.html"):
        assert "There was no drawdown." in words(life, name)


def test_a_mail_counts_the_sessions_that_are_valued(life: Life, server: MailServer) -> None:
    """One without a closing is neither the first of them nor among the last."""
    life.env |= server.env
    life.says("AAPL", current_price=None)
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    life.prices(AAPL="101")
    life.trade(AAPL=buy(1, "101"))
    life.next_session()
    life.says("AAPL", current_price=None)
    life.trade(AAPL=buy(2, "101"))
    life.next_session()
    life.prices(AAPL="102")
    life.trade(AAPL=buy(3, "102"))
    said = [" ".join(text_of(each).split()) for each in letters(server)]
    assert "One session is valued so far, 7 Jan 2025: +$10.00. Week to date" in said[1]
    assert "The last 2 valued sessions: 2 gained, 0 lost." in said[3]


def test_a_day_pnl_of_several_sessions_says_so_where_it_is_read_first(life: Life, server: MailServer) -> None:
    """In the mail, its subject and at the top of the page, as the note does; the next day is one day's."""
    life.env |= server.env
    life.trade(AAPL=buy(10, "100"))
    for price in (None, "103", "104"):
        life.next_session()
        life.says("AAPL", current_price=price)
        life.trade(NVDA=NO_ORDER)
    subjects = [each["Subject"].partition(" SANDBOX ")[2] for each in letters(server)]
    assert subjects[-2:] == ["+$30.00 (+0.03%) over several sessions OK", "+$10.00 (+0.01%) OK"]
    *_, several, single = [" ".join(text_of(each).split()) for each in letters(server)]
    assert "Day P&L +$30.00 +0.03% of opening equity, over several sessions" in several
    assert "Day P&L +$10.00 +0.01% of opening equity Total" in single
    assert "+0.03% of opening equity, over several sessions" in words(life, "2025-01-08_paper_run.html")
    assert "over several sessions" not in words(life, "2025-01-09_paper_run.html")


def test_what_is_not_known_of_a_session_is_not_said_to_be_as_before(life: Life, server: MailServer) -> None:
    """A symbol whose order is in doubt is not as large as it was, nor within limits; periods end before."""
    life.env |= server.env
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    lost = {
        "client_order_id": None,
        "order_status": "failed",
        "skip_reason": "order_submission_failed: reset",
    }
    life.trade(MSFT=Plan(price=None, mapping=lost), status=2)
    said = " ".join(text_of(letters(server)[-1]).split())
    since = said.partition("Since 6 Jan 2025 ")[2]
    assert since.startswith(
        "- Every other position is as large as it was. - Not known: how many shares of MSFT Session"
    )
    assert "Week to date $0.00 0.00% to 6 Jan 2025 Month to date" in said
    life.next_session()
    life.trade(AAPL=sell(5, "100"))
    said = " ".join(text_of(letters(server)[-1]).split())
    assert "- Reduced: AAPL 10 to 5 - Not known: how many shares of MSFT" in said
    assert "as large as it was" not in said


def test_a_limit_of_which_nothing_was_known_is_not_newly_passed(life: Life, server: MailServer) -> None:
    """Nor is it said not to be: the session before could not be valued."""
    life.env |= server.env
    life.says("MSFT", current_price=None)
    life.trade(*LARGE, AAPL=buy(800, "100"), MSFT=buy(1, "100"))
    for _ in range(2):
        life.next_session()
        life.prices(MSFT="100")
        life.trade(NVDA=NO_ORDER)
    *_, first, second = [" ".join(text_of(each).split()) for each in letters(server)]
    assert "Look: largest position AAPL 80% (limit 50%)." in first
    assert "- Every position is as large as it was. Session" in first
    assert "- Every position is as large as it was, and no limit is newly passed. Session" in second


def test_an_order_that_is_the_same_again_is_not_told_as_another_one(life: Life, server: MailServer) -> None:
    """Nor is the session called open that it was placed in."""
    life.env |= server.env
    life.trade(AAPL=buy(10, "100"))
    life.trade("--again", AAPL=buy(10, "100"), status=2)
    life.mark()
    _, again, marked = [" ".join(text_of(each).split()) for each in letters(server)]
    assert "Failed: Nothing new was placed." in again
    assert "- buy 10 AAPL - filled at $100.00, the same order again" in again
    assert "still open" not in again
    assert (
        "- buy 10 AAPL - filled at $100.00 = $1,000.00 - buy 10 AAPL - filled at $100.00, the same" in marked
    )


def test_a_session_that_may_be_set_right_is_in_no_curve_and_no_period(life: Life, server: MailServer) -> None:
    """While the account is not proven to be ours no surface gives the session a drawdown, or counts it."""
    life.env |= server.env | {"PAPER_RUN_EMAIL_ON": "always"}
    life.with_broker()
    life.platform.broker = None  # it hears of no order
    life.trade(AAPL=buy(10, "100"))
    life.prices(AAPL="99")
    document = life.mark()
    assert document["pnl"]["provisional"]
    assert document["limits"]["drawdown"]["percent"] is None
    for mail in letters(server):
        said = " ".join(text_of(mail).split())
        assert "not final yet" in said
        assert not re.search("Drawdown|valued session|to date", said)
    assert "There is no curve yet: the base of the book may be set right." in words(
        life, f"{life.session}_mark.html"
    )
    assert [each["drawdown"] for each in figures(life, "history")] == [None]


def test_a_mail_rounds_a_period_once_as_the_page_does(life: Life, server: MailServer) -> None:
    """134.99 of 100,000 is 0.13 %, though at six places it is 0.00135."""
    life.env |= server.env
    life.trade(*LARGE, AAPL=buy(100, "100"))
    life.prices(AAPL="101.3499")
    document = life.mark()
    assert document["periods"]["to_date"][0]["value"] == Decimal("0.00135")
    said = " ".join(text_of(letters(server)[-1]).split())
    assert "Day P&L +$134.99 +0.13% of opening equity" in said
    assert "Week to date +$134.99 +0.13% Month to date +$134.99 +0.13%" in said


def test_once_all_is_lost_no_surface_states_a_drawdown(life: Life) -> None:
    """Neither of the sessions since nor the deepest one, as the statistics: also of an ended book."""
    life.trade(*LARGE, AAPL=sell(1000, "200"))
    life.prices(AAPL="279")
    life.mark()
    life.next_session()
    life.prices(AAPL="380")
    life.trade(MSFT=buy(1, "380"))
    life.next_session()
    life.prices(AAPL="360")
    document = life.trade(MSFT=buy(1, "360"))
    assert document["statistics"]["max_drawdown"]["value"] is None
    lost = "There is no drawdown from 8 Jan 2025 on: nothing was left to compound."
    for name in (f"{life.session}_paper_run.html", "index.html"):
        assert lost in words(life, name)
        assert "no drawdown." not in words(life, name)
    assert "— nothing was left to compound" in words(life, "index.html")
    assert [each["drawdown"] for each in figures(life, "history")] == [
        Decimal("-0.790000"),
        Decimal("-1.800000"),
        None,
    ]
    assert figures(life, "history", "--monthly")[0]["drawdown"] is None
    life.run("report", "--since", "2025-01-06")
    assert lost in words(life, "tearsheet.html")
    life.run("resolve", "--reset")
    assert "— deepest" in words(life, "index.html")


def test_half_a_place_is_rounded_as_what_it_is(life: Life) -> None:
    """97,015 of 100,000 is -2.985 %, half to even -2.98 %, whatever returns it was compounded of."""
    life.trade(*LARGE, AAPL=buy(100, "100"))
    life.prices(AAPL="100.10")
    life.mark()
    life.next_session()
    life.prices(AAPL="70.15")
    document = life.trade(*LARGE, MSFT=buy(1, "100"))
    assert document["pnl"]["equity"]["closing"] == 97015
    assert document["statistics"]["total_return"]["percent"] == Decimal("-2.98")
    assert "Total P&L −$2,985.00 −2.98% since 2025-01-06" in words(life, f"{life.session}_paper_run.html")
    year = document["periods"]["years"][0]
    assert (year["pnl"], year["percent"]) == (-2985, Decimal("-2.98"))


def test_a_deposit_in_the_first_session_is_not_what_the_curve_begins_with(life: Life) -> None:
    """The curve begins with what the session opened from, on each page that draws it."""
    broker = life.with_broker()
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    life.prices(AAPL="101")
    broker.prices["AAPL"] = Decimal(101)
    broker.post("CSD", "1000")
    document = life.trade(AAPL=buy(1, "101"))
    assert document["pnl"]["equity"]["adjustments"] == 1000
    opening = document["pnl"]["equity"]["opening"]
    life.run("report", "--since", life.session)
    said = words(life, "tearsheet.html")
    assert f"Opening equity ${opening:,.2f}" in said
    assert f"From ${opening:,.2f} at the start to" in said


def test_links_lead_somewhere_also_from_a_book_that_was_ended(life: Life) -> None:
    """Each page's to its session's row of the index, of whichever book; of a session in two the newer's."""
    life.trade(AAPL=buy(10, "100"))
    life.mark()
    life.next_session()
    life.trade(AAPL=buy(1, "100"))
    life.run("resolve", "--reset")
    life.trade("--again", AAPL=buy(2, "100"))
    index = page(life, "index.html")
    for path in life.reports.glob("*.html"):
        for to in re.findall(r'href="([^"]*)"', path.read_text("utf-8")):
            file, _, place = to.partition("#")
            there = life.reports / (file.partition("?")[0] or path.name)
            assert there.is_file(), (path.name, to)
            assert not place or f'id="{place}"' in there.read_text("utf-8"), (path.name, to)
    assert index.count(f'id="{life.session}"') == index.count(f'id="{life.session}.1"') == 1


def test_money_that_went_out_is_no_drawdown_and_equity_is_lower(life: Life) -> None:
    """So no page says that equity was never below an earlier high; of the compounded one it is true."""
    broker = life.with_broker()
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    broker.post("CSW", "-2500")
    document = life.trade(AAPL=buy(1, "100"))
    assert document["pnl"]["equity"]["closing"] == 97500
    for name in (f"{life.session}_paper_run.html", "index.html"):
        said = words(life, name)
        assert "to $97,500.00 on 7 Jan 2025." in said
        assert "There was no drawdown." in said
        assert "never below" not in said


def test_a_symbol_is_given_a_hit_rate_by_all_or_by_none(life: Life) -> None:
    """Below twenty sessions page, index and tear sheet say how many it needs, as the JSON has none."""
    life.trade(AAPL=buy(10, "100"))
    life.prices(AAPL="101")
    document = life.mark()
    assert document["symbols"]["rows"][0]["hit_rate"]["value"] is None
    life.run("report", "--since", life.session)
    for name in (f"{life.session}_mark.html", "index.html", "tearsheet.html"):
        assert "Hit rate" in words(life, name)
        assert re.search(r"needs 19 more(?! session)", words(life, name))


def test_a_tear_sheet_says_where_the_sessions_that_are_not_valued_are(life: Life) -> None:
    """What one earned is in the next one's; of one behind the last there is no next one."""
    life.trade(AAPL=buy(10, "100"))
    for price in (None, "103", None):
        life.next_session()
        life.says("AAPL", current_price=price)
        life.trade(NVDA=NO_ORDER)
    life.run("report", "--since", "2025-01-06")
    one = "1 more: what they earned is in the next one’s"
    assert f"{one}; 1 more after the last: what they earned is in no figure here Ledger" in words(
        life, "tearsheet.html"
    )
    life.run("report", "--since", "2025-01-06", "--until", "2025-01-08")
    assert f"{one} Ledger" in words(life, "tearsheet.html")


def test_what_is_held_is_never_shown_as_none(life: Life) -> None:
    """A ten-millionth of a coin has its digits on console and page, also beside the gateway's other."""
    life.trade(COIN=buy(3, "60"))
    life.resolve("--position", "COIN=0.0000001@60")
    assert re.search(r"COIN +0\.0000001 @ \$60\.00", life.last.stdout)
    assert "COIN 0.0000001 $60.00" in words(life, f"{life.session}_mark.html")
    assert "quantity 3 ours 0.0000001" in words(life, f"{life.session}_mark.html")


def test_a_chart_says_what_was_predicted_and_no_more(life: Life) -> None:
    """Of one pair its two figures, not the reach of the axes."""
    quotes = life.platform.quotes
    life.env |= {
        "ALPACA_API_KEY_ID": "PKSURFACES",
        "ALPACA_API_SECRET_KEY": "nobodys",
        "PAPER_RUN_QUOTES_URL": quotes.url,
        "PAPER_RUN_BROKER": "off",
    }
    for price in (100.0, 99.0):
        quotes.quotes["AAPL"] = {"t": life.now.isoformat(), "bp": price, "ap": price}
        life.trade(AAPL=buy(10, str(price)))
        life.next_session()
    (name,) = sorted(path.name for path in life.reports.glob("*_paper_run.html"))[-1:]
    said = words(life, name)
    found = re.findall(r"1 pair, 1 of this session\. .*?\. (Predicted .*?)\. ", said)
    assert set(found) == {"Predicted +2.81%, realized −1.00%"}


def test_a_return_that_is_too_large_to_be_stated_is_stated_nowhere(life: Life) -> None:
    """A dollar of equity and a loss of ten trillion: the ratio says nothing, so JSON and tables have none."""
    first = life.trade("--capital", "1", A=buy(1, "0.50"))
    life.next_session()
    life.trade("--capital", "1", *LARGE, B=sell(10**6, "1.00"))
    life.prices(B="10000001")
    marked = life.mark()
    assert marked["pnl"]["day_pnl"] == -(10**13)
    assert (marked["statistics"]["daily_return"]["value"], marked["periods"]["drawdowns"]) == (None, None)
    life.run("report", "--since", first["session"])

    point = json.loads(page(life, "tearsheet.json"))["curve"][-1]
    assert (point["daily_return"], point["drawdown"]) == (None, None)
    assert ",-9999999999999.00,,,true,1" in page(life, "history.csv")
    for file in (f"{life.session}_mark.html", "tearsheet.html", "index.html"):
        said = words(life, file)
        assert not re.search(r"−[\d,.]{12,}%", said), file  # a loss beside its limit has no sign
        assert "There was no drawdown" not in said, file
