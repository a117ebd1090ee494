"""A book that a reset ended, and the next one: each has its own rows, totals and curve."""

import csv
import io
import json
import re
from decimal import Decimal
from typing import Any

from support.answers import Answer, plain_500
from support.life import NO_ORDER, Life, buy, sell
from support.odd_platform import RUN, RUNS, Plan


def books(life: Life) -> None:
    """Play two: the first wins 50 and then loses 80, and ends on the day on which the second wins 20."""
    life.prices(AAPL="105")
    life.trade(AAPL=buy(10, "100"))
    life.next_session()
    life.prices(AAPL="97")
    life.trade(AAPL=NO_ORDER)
    life.gateway.orders.clear()
    life.gateway.positions.clear()
    life.run("resolve", "--reset")
    life.prices(MSFT="204")
    life.trade("--again", "--capital", "50000", MSFT=buy(5, "200"))


FIGURES = ("book", "session", "day_pnl", "total_pnl", "closing")
ROWS = [
    (1, "2025-01-06", Decimal(50), Decimal(50), Decimal(100050)),
    (1, "2025-01-07", Decimal(-80), Decimal(-30), Decimal(99970)),
    (2, "2025-01-07", Decimal(20), Decimal(20), Decimal(50020)),
]


def index(life: Life) -> str:
    return (life.reports / "index.html").read_text("utf-8")


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def section(html: str, name: str) -> str:
    """The page's section that a heading of this id names."""
    (found,) = re.findall(rf'<section[^>]*aria-labelledby="{name}">.*?</section>', html, re.DOTALL)
    return str(found)


def of_table(text: str) -> list[tuple[Any, ...]]:
    return [
        (int(row["book"]), row["session"], *(Decimal(row[name]) for name in FIGURES[2:]))
        for row in csv.DictReader(io.StringIO(text))
    ]


def test_a_session_of_two_books_has_a_row_in_each(life: Life) -> None:
    """In the table, JSON and CSV, and in the file beside the pages; an attempt stands in its book's row."""
    books(life)
    listed = json.loads(life.run("history", "--json").stdout, parse_float=Decimal)
    assert [tuple(row[name] for name in FIGURES) for row in listed] == ROWS
    assert [[each["trade"] for each in row["trades"]] for row in listed] == [[1], [1], [2]]
    assert of_table(life.run("history", "--csv").stdout) == ROWS
    assert of_table((life.reports / "history.csv").read_text("utf-8")) == ROWS


def test_nothing_is_added_up_over_two_books(life: Life) -> None:
    """The table has a sum for each, and none of both; `--since` sums what it lists."""
    books(life)
    shown = life.run("history").stdout
    assert [line.split()[:5] for line in shown.splitlines() if line.startswith(("Book", "Sum"))] == [
        ["Book", "1", "2", "sessions", "−$30.00"],
        ["Book", "2", "1", "session", "+$20.00"],
    ]
    assert "−$10.00" not in shown
    since = life.run("history", "--since", "2025-01-07").stdout
    assert [line.split()[4] for line in since.splitlines() if line.startswith("Book")] == [
        "−$80.00",
        "+$20.00",
    ]


def test_the_index_draws_the_present_book_alone(life: Life) -> None:
    """Figures, curve, calendar and list begin with it; the one before stands below under its own totals."""
    books(life)
    page = index(life)
    assert "Since 7 Jan 2025 Book 2, begun after a reset" in words(page)
    lead = words(section(page, "standing"))
    assert "Equity $50,020.00" in lead
    assert "Total P&amp;L +$20.00 since 7 Jan 2025" in lead
    assert "Sessions 1 all valued" in lead
    curve = words(section(page, "equity"))
    assert "From $50,000.00 at the start to $50,020.00" in curve
    assert "100,0" not in curve
    assert "January 2025 +$20.00" in words(section(page, "calendar"))
    sessions = section(page, "sessions")
    assert sessions.count('<th scope="row">') == 1
    assert re.findall(r'href="([^"]*)"', sessions) == ["2025-01-07-2_paper_run.html"]
    earlier = section(page, "earlier")
    assert "Book 1 2 sessions since 6 Jan 2025 ended by " in words(earlier)
    assert "−$30.00 $99,970.00 on 7 Jan 2025 −0.08% deepest" in words(earlier)
    assert re.findall(r'href="([^"]*)"', earlier) == [
        "2025-01-07_paper_run.html",
        "2025-01-06_paper_run.html",
    ]


def test_each_page_draws_its_own_book(life: Life) -> None:
    """Made again, the page of the first book's last trade has that book's curve, later ones their own."""
    books(life)
    life.next_session()
    life.prices(MSFT="206")
    life.trade(MSFT=NO_ORDER)
    life.run("report", "2025-01-07")
    first = words((life.reports / "2025-01-07_paper_run.html").read_text("utf-8"))
    assert "From $100,000.00 at the start to $99,970.00" in first
    last = words((life.reports / f"{life.session}_paper_run.html").read_text("utf-8"))
    assert "From $50,000.00 at the start to $50,030.00" in last
    assert "From $50,000.00 at the start to $50,030.00" in words(section(index(life), "equity"))


def test_a_mark_is_of_the_book_that_it_values(life: Life) -> None:
    """A session marked before the reset keeps the mark in the old book's row, until the new one is marked."""
    life.trade(AAPL=buy(10, "100"))
    life.mark()
    life.run("resolve", "--reset")
    life.trade("--again", MSFT=buy(5, "200"))
    marked = [row["marked"] for row in json.loads(life.run("history", "--json").stdout)]
    assert marked == [True, False]
    life.mark()
    marked = [row["marked"] for row in json.loads(life.run("history", "--json").stdout)]
    assert marked == [False, True]


def test_after_a_reset_the_index_awaits_the_next_book(life: Life) -> None:
    """It is made anew at once: no figure of the ended book stands where the present one's will be."""
    life.trade(AAPL=buy(10, "100"))
    assert 'id="standing"' in index(life)
    life.run("resolve", "--reset")
    page = index(life)
    assert 'id="standing"' not in page
    assert "The next attempt begins book 2" in words(page)
    assert "1 session since 6 Jan 2025" in words(section(page, "earlier"))
    # A rehearsal begins none, and is listed where the next one will be.
    life.gateway.health["dry_run"] = True
    life.trade("--again", MSFT=NO_ORDER)
    listed = json.loads(life.run("history", "--json").stdout)
    assert [(row["book"], row["complete"]) for row in listed] == [(1, True), (2, False)]


def test_a_reset_says_what_it_ends(life: Life) -> None:
    """Which orders are followed no more, what will not be known; neither is asked for again."""
    life.trade(
        AAPL=buy(10, "100", filled="4", status="partially_filled"),
        MSFT=Plan(mapping={"client_order_id": None, "order_status": None}),
        status=2,
    )
    order = life.order_id("AAPL")
    life.next_session()
    life.platform.orchestrator.script("POST", RUN, [Answer(process="before", hang_up=True)])
    life.platform.orchestrator.always("GET", RUNS + "*", plain_500())
    life.run("--symbols", "NVDA", status=2)
    life.run("resolve", "--reset")
    said = life.last.stdout
    assert f"No longer followed: AAPL order {order} of 2025-01-06" in said
    assert "No longer looked for: 2025-01-06: its orders in doubt" in said
    assert "No longer looked for: 2025-01-07: what it placed" in said
    assert "Nothing is open: every outcome is known." in life.run("resolve").stdout
    (ended,) = life.rows("epochs")
    assert re.fullmatch(r"by \S+@\S+ on 20\d\d-\d\d-\d\d [0-9:]{8}-0[45]:00", ended["closed"])
    # The session stays closed, its report says why, and the new book is complete without them.
    shown = life.run("--symbols", "NVDA", status=2)
    assert "already traded" in shown.stdout
    report = json.loads((life.reports / "2025-01-07_paper_run.json").read_text("utf-8"))
    assert report["status"] == "unknown"
    assert report["settled"].startswith("its book was ended by ")
    asked = life.reads_of(order)
    life.next_session()
    life.platform.orchestrator.always("GET", RUNS + "*", Answer())
    day = life.trade(GOOGL=sell(3, "150"))
    assert (day["status"], day["pnl"]["complete"]) == ("success", True)
    assert [text for text in day["warnings"] if "2025-01-0" in text] == []
    assert life.reads_of(order) == asked


def test_without_a_book_no_position_is_said_to_be_changed(life: Life) -> None:
    """A person's word that is not booked is no success, nor is it lost in silence."""
    life.trade(A=buy(10, "10.00"))
    life.run("resolve", "--reset")
    for said in ("A=5@13", "A", "all"):
        finished = life.run("resolve", "-q", "--position", said, status=3)
        assert "--position: there is no book to change" in finished.stderr
        assert "Nothing was booked" in finished.stderr
