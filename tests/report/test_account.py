"""The account at the broker: three columns and a residual, on page and console, in CSV and mail."""

import csv
import io
from decimal import Decimal

import pytest
from builders import days, documents
from builders.letters import ATTACHMENTS
from builders.parties import apart, three_parties, unproven
from builders.screens import printed
from builders.stated import letter, positions_csv, render
from report.seen_page import Page

from paper_run.model.result_json import of_document
from paper_run.report.html.account import view
from paper_run.report.summary.account import residual_tone


def rows(document, head):
    """The rows of the page below the heading that begins so, as wide as it."""
    found = [[" ".join(cell.split()) for cell in row] for row in Page(render(document)).rows]
    start = next(at for at, row in enumerate(found) if row[: len(head)] == head)
    width = len(found[start])
    rest = found[start + 1 :]
    end = next((at for at, row in enumerate(rest) if len(row) != width), len(rest))
    return rest[:end]


def console(document):
    return printed(lambda out: out.figures(of_document(document)))


def mail(document):
    return letter(document, occasion="run", attachments=ATTACHMENTS).text


def test_a_position_stands_in_three_columns():
    """Ours, the gateway's, the broker's, each with its average; the difference, its price and the effect."""
    assert rows(apart(), ["Symbol", "Ours", "Gateway", "Broker"]) == [
        ["MSFT", "48$415.1042", "48$415.1042", "58$415.1042", "≠ −10", "$417.34", "−$0.24"],
        ["AAPL", "133$150.2537", "133$150.2537", "133$150.2537", "✓ 0", "$152.10", "+$2.00"],
        ["GOOGL", "−101$195.19", "−101$195.19", "−101$195.19", "✓ 0", "$196.05", "+$2.52"],
        ["BTCUSD", "0", "0", "0.01", "beside", "$98,000.00", "—"],
    ]


def test_the_broker_s_equity_leads_to_ours():
    """Each part by its name, in equity and in cash, and the residual with its sign."""
    assert rows(three_parties(), ["Step", "Equity", "Cash"]) == [
        ["Ours", "$102,137.67", "$81,672.81"],
        ["The broker’s", "$104,152.80", "$82,712.23"],
        ["Difference", "−$2,015.13", "−$1,039.42"],
        ["Other prices", "+$4.28", ""],
        ["Accrued fees", "+$0.42", "+$0.42"],
        ["Money not booked: Deposit, 2025-01-16", "−$1,000.00", "−$1,000.00"],
        ["Beside the book: BTCUSD", "−$980.00", "$0.00"],
        ["Money not booked: DIV MSFT", "−$39.84", "−$39.84"],
        ["Rounding", "+$0.01", ""],
        ["Residual", "✓ $0.00", "✓ $0.00"],
    ]
    assert rows(apart(), ["Step", "Equity", "Cash"])[-1] == ["Residual", "✕ −$10.00", "✕ +$4,163.40"]


def test_an_account_that_is_not_proven_is_shown_and_compared_with_nothing():
    """It says so; there is no difference, no residual, and no tick."""
    page = Page(render(unproven()))
    assert "not yet proven to be ours" in page.text
    assert rows(unproven(), ["Step", "Equity", "Cash"])[1:] == [["The broker’s", "$104,152.80", "$82,712.23"]]
    held = rows(unproven(), ["Symbol", "Ours", "Gateway", "Broker"])
    assert {each[4] for each in held} == {"—"}
    said = console(unproven())
    assert "Broker:             paper account PA3XYZ12ABCD, not yet proven to be ours" in said
    assert "Equity Difference" not in said
    document = unproven()
    document["parties"]["broker"]["positions"] = apart()["parties"]["broker"]["positions"]
    assert "ours 0, gateway" not in console(document)
    table = list(csv.DictReader(io.StringIO(positions_csv(document))))
    assert {row["broker_qty"] for row in table} == {""}
    assert "BTCUSD" not in {row["symbol"] for row in table}


def test_a_residual_that_is_not_known_says_why():
    """On the page and the console; no zero and no tick stand for it."""
    document = three_parties()
    reasons = ["the broker has no price of MSFT"]
    document["parties"]["broker"]["equity"] |= {"residual": None, "rounding": None, "reasons": reasons}
    assert rows(document, ["Step", "Equity", "Cash"])[-1] == ["Residual", "? —", "? $0.00"]
    assert "The residual is not known: the broker has no price of MSFT." in Page(render(document)).text
    assert "unexplained: not known, of cash $0.00 (the broker has no price of MSFT)" in console(document)


def test_nothing_is_unexplained_only_where_all_is_well():
    """Cash that is, a quantity that is another one or that is not known are not passed over with a zero."""
    document = three_parties()
    assert ", nothing unexplained\n" in console(document)
    other = apart()["parties"]["broker"]["positions"][-1]
    for change in (
        lambda party: party["cash"].update(unexplained=Decimal("12.00")),
        lambda party: party["positions"][0].update(qty=None),
        lambda party: party["positions"][-1].update(other),
    ):
        document = three_parties()
        change(document["parties"]["broker"])
        said = console(document)
        assert "nothing unexplained" not in said
        assert ", unexplained: $0.00" in said


@pytest.mark.parametrize(
    ("left", "tone"),
    [(("0.00", "0.00"), "good"), (("0.00", None), "unsure"), ((None, "0.01"), "bad"), (("-1", "0"), "bad")],
)
def test_the_worst_of_what_is_left_is_its_tone(left, tone):
    assert residual_tone(*(None if each is None else Decimal(each) for each in left)) == tone


def test_the_console_has_a_short_block():
    """The account, its equity and cash beside ours, and each position that a party has otherwise."""
    said = console(apart())
    for line in (
        "  Broker:             paper account PA3XYZ12ABCD\n",
        "  Broker's Equity:    $104,162.80\n",
        "  Broker's Cash:      $78,548.83 (ours $81,672.81)\n",
        "  Equity Difference:  −$2,025.13, unexplained: −$10.00, of cash +$4,163.40\n",
        "    MSFT     ours 48, gateway 48, broker 58\n",
        "    BTCUSD   ours 0, gateway 0, broker 0.01\n",
    ):
        assert line in said
    assert "AAPL     ours" not in said


def test_the_console_lists_fifty_at_most():
    document = three_parties()
    row = document["parties"]["broker"]["positions"][1]
    document["parties"]["broker"]["positions"] = [row | {"symbol": f"X{each}"} for each in range(53)]
    assert "and 3 more" in console(document)


def test_what_is_not_known_is_said_so():
    document = three_parties()
    row = document["parties"]["broker"]["positions"][0]
    row |= {"qty": None, "gateway_qty": None, "broker_qty": None}
    assert "    AAPL     ours not known, gateway not known, broker not known\n" in console(document)


def test_the_csv_has_the_broker_s_columns_last():
    """Empty where no broker was read; what only the broker lists is a row of its own."""
    table = list(csv.DictReader(io.StringIO(positions_csv(apart()))))
    columns = [name for name in table[0] if name.startswith("broker_")]
    assert list(table[0])[-6:] == columns
    by_symbol = {row["symbol"]: [row[name] for name in columns] for row in table}
    assert by_symbol == {
        "AAPL": ["133", "150.253712", "152.10", "20229.30", "2.00", ""],
        "GOOGL": ["-101", "195.19", "196.05", "-19801.05", "2.52", ""],
        "MSFT": ["58", "415.104167", "417.34", "24205.72", "-0.24", "qty"],
        "NVDA": [""] * 6,
        "BTCUSD": ["0.01", "", "98000", "980.00", "", ""],
    }
    alone = table[-1]
    assert (alone["symbol"], alone["qty"], alone["session"], alone["kind"]) == (
        *("BTCUSD", "0"),
        *("2025-01-17", "run"),
    )
    without = list(csv.DictReader(io.StringIO(positions_csv(documents.good_day()))))
    assert {row[name] for row in without for name in columns} == {""}


def test_a_mail_tells_what_needs_a_person():
    """The residual in equity and in cash, the difference with its command; an explained account: nothing."""
    said = " ".join(mail(apart()).split())
    assert "Needs you: the broker's account is not explained." in said
    assert "Residual: −$10.00 - of equity beside the broker's has no name" in said.replace(" — ", " - ")
    assert "The broker differs on MSFT: quantity 58 instead of 48." in said
    assert "resolve --position MSFT=58@PRICE" in said
    assert "nothing explains it" not in said
    quiet = mail(three_parties())
    assert "Nothing to do." in quiet
    assert "roker" not in quiet.partition("Equity: ")[0]  # and that says how it is made


@pytest.mark.parametrize(("made", "is_offered"), [(three_parties, False), (unproven, True)])
def test_the_gateways_word_is_no_reason_where_the_brokers_is_known(made, is_offered):
    """A deaf gateway has another quantity: nobody is asked to book it while a proven broker has ours."""
    document = made()
    document["pnl"]["positions"][0]["differences"] = [documents.difference("qty", "133", "0")]
    document["findings"] = [
        {"code": "gateway_differs", "severity": "warning", "subject": "AAPL", "text": "x", "remedies": []}
    ]
    assert ("resolve --position AAPL" in mail(document)) is is_offered


def test_a_page_lists_the_differing_ones_and_the_largest():
    """The rest is in the CSV, and the page says how many."""
    result = of_document(three_parties())
    assert result.parties is not None
    broker = result.parties.broker
    many = broker.positions[0]
    shown = view(broker._replace(positions=tuple(many._replace(symbol=f"S{each}") for each in range(75))))
    assert shown["num_unlisted"] == 45
    assert shown["position_rows"].count("<tr") == 30


def test_a_record_without_a_broker_has_no_account():
    """Neither the page nor the console says a word of one."""
    assert "Account at the broker" not in Page(render(documents.good_day())).text
    assert "Broker:" not in console(documents.good_day())


def test_another_average_alone_is_marked():
    """It is said in the row; a quantity that nobody may compare has a dash."""
    document = three_parties()
    rows_of = document["parties"]["broker"]["positions"]
    rows_of[0]["differences"] = [
        {"field": "avg_entry_price", "ours": Decimal(2), "broker": Decimal(1), "difference": Decimal(1)}
    ]
    rows_of[1]["broker_qty"] = Decimal("0.0100000001")
    found = {row[0]: row for row in rows(document, ["Symbol", "Ours", "Gateway", "Broker"])}
    assert found["AAPL"][4] == "≠ average"
    assert "0.0100000001" in {each.get("title") for each in Page(render(document)).having("td")}


def test_without_a_position_it_says_so():
    document = three_parties()
    document["parties"]["broker"]["positions"] = []
    assert "No party holds a position." in Page(render(document)).text


def test_hostile_words_of_a_broker_are_text():
    """Account number, kind, item and reason are escaped on the page and drive no terminal."""
    page = render(days.DAYS["hostile"]())
    assert "<img src=x" not in page
    said = console(days.DAYS["hostile"]())
    assert "\x1b[31m" not in said
