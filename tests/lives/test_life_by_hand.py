"""What a person says of the book is not refused for what somebody else can't tell; what is ambiguous is."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from support.answers import Answer, plain_500
from support.desk import Desk
from support.faulty_http import exact
from support.life import NO_ORDER, Life, amounts, buy, figures, row
from support.mail_server import MailServer, letters
from support.odd_platform import POSITIONS, RUN, RUNS, Plan


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    with found.platform:
        yield found


def test_a_trade_by_hand_is_booked_while_the_gateway_is_down(life: Life) -> None:
    """The valuation that was whole stays until the next one, which has both."""
    life.trade(AAPL=buy(10, "100"))
    life.mark()
    before = life.rows("sessions")
    life.gateway.always("GET", POSITIONS, plain_500())
    said = life.run("resolve", "--position", "AAPL=4@110", status=1)
    assert "It was valued whole before: that stays, and what was said is in the book." in said.stderr
    assert life.rows("sessions") == before
    life.run("mark", status=1)
    assert "that stays, and nothing was written" in life.last.stderr
    life.gateway.always("GET", POSITIONS, Answer())
    life.says("AAPL", qty="4")
    # 6 x (110 - 100) realized, 4 at 100 left.
    assert figures(row(life.mark(), "AAPL"), "qty realized_pnl unrealized_pnl") == amounts("4 60 0")


def test_what_is_no_longer_listed_is_sold_at_a_price_that_is_said(life: Life) -> None:
    """Merged away at 12.50: there is no price to book the difference at, so the command asks for it."""
    life.trade(XYZ=buy(10, "10"), AAPL=buy(10, "100"))
    life.next_session()
    life.gateway.says["XYZ"] = None
    life.says("AAPL", qty="19")
    day = life.trade(MSFT=NO_ORDER)
    found = {each["subject"]: each for each in day["findings"] if each["code"] == "gateway_differs"}
    commands = {symbol: each["remedies"][0]["command"] for symbol, each in found.items()}
    assert "resolve --position AAPL --ledger" in commands["AAPL"]
    assert "resolve --position XYZ=0@PRICE --ledger" in commands["XYZ"]
    _, *args = commands["XYZ"].replace("PRICE", "12.50").split()
    life.run(*args)
    assert figures(row(life.mark(), "XYZ"), "qty realized_pnl market_value") == amounts("0 25 0")


@pytest.mark.parametrize(
    ("said", "head"),
    [
        (("--position", "AAPL=4@110.5"), "AAPL is 4 shares, at 110.5"),
        (("--position", "AAPL=1@110.5"), "AAPL is 1 share, at 110.5"),
        (("--position", "AAPL"), "quantity of AAPL corrected"),
        (("--position", "all"), "quantity of each symbol that differs corrected"),
        (("--split", "AAPL", "2:1"), "split 2:1 of AAPL"),
        (("--split", "AAPL", "1:1"), "no split of AAPL"),
        (("--order", "", "--filled", "10@101"), "order {order} filled 10 at 101"),
        (("--order", "", "--not-filled"), "order {order} not filled"),
    ],
)
def test_a_change_of_the_book_heads_its_result(life: Life, said: tuple[str, ...], head: str) -> None:
    """By what it did, and not as a mark, which goes with it."""
    life.trade(AAPL=buy(10, "100"))
    order = life.order_id("AAPL")
    life.next_session()
    life.says(
        "AAPL", qty="20" if "--split" in said else "19", current_price="50" if "--split" in said else "100"
    )
    life.trade(MSFT=NO_ORDER)
    life.run("resolve", *(word or order for word in said))
    shown = life.last.stdout
    assert shown.splitlines()[1].startswith(f"  RESOLVE: {head.format(order=order)} - 20")
    assert "RESOLVE COMPLETE - Status: " in shown
    assert "MARK" not in shown


def test_a_symbol_that_nobody_holds_is_not_said_to_be_none(life: Life) -> None:
    """It is misspelt; what one of the two does hold, or can't tell, is taken as said."""
    life.trade(AAPL=buy(10, "100"))
    before = life.rows("entries")
    said = life.run("resolve", "--position", "APPL=0@100", status=3)
    assert "--position: nobody holds APPL" in said.stderr
    assert "Correct the symbol and run again; nothing was booked" in said.stderr
    life.run("resolve", "--position", "AAPL=4@100", "--position", "APPL=0@100", status=3)
    assert life.rows("entries") == before
    life.gateway.hold("GOOG", "5", "50", "60")
    life.resolve("--position", "GOOG=0@60")
    life.gateway.always("GET", POSITIONS, plain_500())
    life.run("resolve", "--position", "MSFT=0@60", status=1)
    assert {each["symbol"] for each in life.rows("entries")[len(before) :]} == {"GOOG", "MSFT"}


def test_without_a_book_it_is_said_what_begins_one(life: Life) -> None:
    """Nobody but an attempt has its capital; one of which nothing is known is settled first."""
    life.platform.orchestrator.script("POST", RUN, [Answer(process="before", hang_up=True)])
    life.platform.orchestrator.always("GET", RUNS + "*", plain_500())
    life.run("--symbols", "AAPL", "--capital", "50000", status=2)
    said = life.run("resolve", "--position", "AAPL=10@100", status=3)
    assert "--position: there is no book to change" in said.stderr
    assert "its capital is the base" in said.stderr
    (command,) = [line for line in said.stderr.splitlines() if "resolve 2025-01-06 --placed --order" in line]
    life.run("resolve", "2025-01-06", "--placed", "--order", life.order_id("AAPL"), status=0)
    assert "If it did trade" in said.stderr, command
    marked = life.resolve("--position", "AAPL=7@100")
    assert (row(marked, "AAPL")["qty"], marked["pnl"]["base"]) == (7, 50000)


def test_a_split_that_is_said_between_two_sessions_names_its_session(desk: Desk) -> None:
    """Before the bell it is not the last session's by guess; after it, it is the new one's."""
    desk.platform.plan = {"AAPL": buy(10, "100")}
    assert desk.run("--symbols", "AAPL").returncode == 0
    desk.next_session()
    desk.platform.plan = {}
    desk.platform.gateway.says["AAPL"] = {"current_price": "100", "qty": "10"}
    desk.ahead += timedelta(hours=6, minutes=30)
    assert desk.run("mark").returncode == 0
    closed = desk.rows("sessions")
    desk.ahead += timedelta(hours=15)  # 07:30 of the next day
    desk.platform.gateway.says["AAPL"] = {"current_price": "50", "qty": "20"}
    said = desk.resolve("--split", "AAPL", "2:1")
    assert said.returncode == 3
    assert "of which session is that of AAPL?" in said.stderr
    assert "2026-03-04 is over, and the next one has not opened" in said.stderr
    assert desk.rows("sessions") == closed
    assert "resolve --split AAPL 2:1 --ex-date 2026-03-04" in said.stderr
    desk.ahead += timedelta(hours=3)
    assert desk.resolve("--split", "AAPL", "2:1").returncode == 0
    marked = exact((desk.reports / "2026-03-05_mark.json").read_text("utf-8"))
    assert figures(row(marked, "AAPL"), "qty total_pnl") == amounts("20 0")
    assert desk.rows("sessions")[:2] == closed


def test_a_word_that_is_only_tried_is_mailed_to_nobody(life: Life, server: MailServer) -> None:
    """Said for real it is; what waits to be sent waits on."""
    life.env |= server.env
    doubt = {"client_order_id": None, "order_status": "rejected", "skip_reason": "submission_failed: 504"}
    life.trade(AAPL=Plan(mapping=doubt), status=2)
    sent = len(letters(server))
    said = ("resolve", "--order", "AAPL@2025-01-06", "--filled", "10@100.25")
    life.run(*said, "--dry-run")
    assert "[dry run] Would change:" in life.last.stdout
    assert len(letters(server)) == sent
    life.run(*said)
    assert len(letters(server)) == sent + 1


def test_a_word_that_can_t_be_valued_is_tried(life: Life) -> None:
    """It would be in the book all the same, and so it is shown; then it is said, and is there."""
    life.trade(AAPL=buy(10, "100"))
    life.gateway.always("GET", POSITIONS, plain_500())
    said = ("resolve", "--position", "AAPL=4@110")
    tried = life.run(*said, "--dry-run", status=1).stdout
    assert "10 at $100.00, realized $0.00 -> 4 at $100.00, realized +$60.00" in tried
    assert "that stays, and what was said would be in the book" in life.last.stderr
    found = json.loads(life.run(*said, "--dry-run", "--json", status=1).stdout)
    assert found["after"]["book"]["cash"] == 99660
    assert "that stays, and what was said is in the book" in life.run(*said, status=1).stderr
    assert life.entries("AAPL")[-1] == ("2025-01-06", "adjustment", Decimal(-6), Decimal(-660))
