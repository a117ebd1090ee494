import re

import pytest
from builders import days, documents
from builders.documents import changed, good_day
from builders.letters import (
    ATTACHMENTS,
    DAYS,
    LETTERS,
    Seen,
    crowded_day,
    known_later_day,
    letter_named,
    occasion_of,
    out_of_balance_day,
)
from builders.stated import letter as letter_of
from builders.stated import summary

from paper_run.model import findings
from paper_run.model.commands import Invocation
from paper_run.model.findings import Finding
from paper_run.model.json_text import dumps, loads
from paper_run.report.summary.summary import Attachment, clip

EVERY_LETTER = pytest.mark.parametrize("name", LETTERS)
FIGURE = re.compile(r"[+−]?\$[\d,]+\.\d+|[+−]?\d[\d,]*\.\d+%")

ALLOWED = {
    "html": {"lang"},
    "head": set(),
    "meta": {"charset", "name", "content"},
    "title": set(),
    "body": {"bgcolor", "style"},
    "div": {"role", "lang"},
    "table": {"role", "width", "cellpadding", "cellspacing", "border", "bgcolor", "align", "style"},
    "tr": set(),
    "td": {"width", "height", "align", "valign", "bgcolor", "style", "colspan"},
    "h1": {"style"},
    "h2": {"style"},
    "strong": {"style"},
    "span": {"style"},
    "br": set(),
    "wbr": set(),
}
BAR = r"font-size:1px;line-height:1px(;border-(top|bottom):\d+px solid #[0-9a-f]{6})?"
EMPTY = {"meta", "br", "wbr"}


def text_of(document, occasion="run"):
    return letter_of(document, occasion=occasion, attachments=ATTACHMENTS).text


def collapsed(words):
    return " ".join(words.split())


def squeezed(words):
    """Text without the spaces and the signs that each part sets between its words in its own way."""
    return re.sub(r"[\s:-]", "", words)


@EVERY_LETTER
def test_only_what_mail_programs_show_is_used(name):
    """Tables and inline styles: no class, id, script, style sheet, image, link, or other layout."""
    seen = Seen(letter_named(name).html)
    for tag, attributes in seen.elements:
        assert tag in ALLOWED
        assert set(attributes) <= ALLOWED[tag]
    styles = " ".join(attributes.get("style") or "" for _, attributes in seen.elements)
    assert not re.search(r"url\(|var\(|flex|grid|position:|@|expression|float", styles)
    assert [comment.startswith("[if mso]>") for comment in seen.comments] == [True, True]
    opened = [tag for tag, _ in seen.elements if tag not in EMPTY]
    assert sorted(opened) == sorted(seen.ends)


@EVERY_LETTER
def test_a_message_can_carry_it_as_it_is(name):
    """The HTML part is ASCII, at most 60 KB, its lines and the text's shorter than a message allows."""
    letter = letter_named(name)
    assert letter.html.isascii()
    assert len(letter.html) <= 60_000
    assert max(map(len, letter.html.splitlines())) < 998
    assert max(len(line.encode()) for line in letter.text.splitlines()) < 998
    assert all(letter.html.count(end) == 0 for end in "\r\0")


@EVERY_LETTER
def test_what_is_coloured_has_both_its_ground_and_its_ink(name):
    """Each cell says both, so that a program which turns a letter dark turns both."""
    cells = [attributes for tag, attributes in Seen(letter_named(name).html).elements if tag == "td"]
    assert len(cells) > 10
    for cell in cells:
        if "bgcolor" not in cell:  # a bar of the last sessions: a border alone, and nothing in it
            assert re.fullmatch(BAR, cell["style"])
            continue
        if cell.get("colspan"):  # the line between them
            continue
        assert re.fullmatch(r"#[0-9a-f]{6}", cell["bgcolor"])
        assert re.search(r"(^|[;\s])color:#[0-9a-f]{6}", cell["style"])


@EVERY_LETTER
def test_both_parts_carry_the_same_figures(name):
    """Every amount and percentage, and each count, is in both parts, in the same order."""
    letter = letter_named(name)
    seen = Seen(letter.html).text
    assert FIGURE.findall(collapsed(letter.text)) == FIGURE.findall(seen)
    counts = re.search(r"Orders +submitted (.*?)\n\n", letter.text, re.DOTALL)
    if name in DAYS:
        numbers = re.findall(r"\d+(?:,\d{3})*|—", counts[1])
        shown = re.search(
            r"Submitted (\S+) Accepted (\S+) Rejected (\S+).*? In doubt (\S+).*? Filled (\S+)", seen
        )
        assert list(shown.groups()) == numbers
        assert len(numbers) == 5


@EVERY_LETTER
def test_both_parts_say_the_same_first(name):
    """Verdict, status, banners and sections of the text are the HTML part's, word for word."""
    letter = letter_named(name)
    seen = squeezed(Seen(letter.html).text)
    assert seen[1:].startswith(squeezed(letter.text.split("\n\n")[0]))
    for line in re.sub(r"\n +", " ", letter.text).splitlines():
        if line.startswith("- "):
            assert squeezed(line) in seen


@pytest.mark.parametrize("day", DAYS)
def test_a_day_back_from_the_ledger_gives_the_same_letter(day):
    """Amounts that JSON has as whole numbers are shown as before."""
    document = DAYS[day]()
    again = loads(dumps(document))
    assert letter_of(again, occasion=occasion_of(day)) == letter_of(document, occasion=occasion_of(day))


def test_a_good_day_reads_like_this():
    """The whole text of a good day: nothing to do, what it earned, what moved, what it rests on."""
    assert text_of(good_day()) == (
        "Nothing to do.\n"
        "Success: All 3 orders were accepted, all filled.\n"
        "\n"
        "Paper run - Friday, 17 January 2025 - 2025-01-17 09:00:00 EST\n"
        "\n"
        "Day P&L             +$177.38  +0.17% of opening equity\n"
        "Total P&L           +$2,137.67  +2.14% since 2024-11-04\n"
        "Equity              $102,137.67  opened at $101,960.29\n"
        "\n"
        "Against SPY         −2.47%  since 12 Nov 2024\n"
        "SPY                 −0.31%  this session\n"
        "\n"
        "Total notional      $59,623.01  accepted orders, quantity × price\n"
        "Orders              submitted 3, accepted 3, rejected 0, in doubt 0, filled 3\n"
        "\n"
        "What was ordered\n"
        "- buy 133 AAPL - filled at $150.2537 = $19,983.74\n"
        "- buy 48 MSFT - filled at $415.10 = $19,924.80\n"
        "- sell 101 GOOGL - filled at $195.19 = $19,714.19\n"
        "\n"
        "What moved the day\n"
        "Best   AAPL         133 at $152.115                +$247.56\n"
        "       MSFT         48 at $417.335                  +$14.16\n"
        "Worst  GOOGL        −101 at $196.025                −$84.34\n"
        "\n"
        "Session             2025-01-17\n"
        "Signals             3, as of 2025-01-17\n"
        "Run                 550e8400-e29b-41d4-a716-446655440000\n"
        "Exit status         0\n"
        "\n"
        "Attached: the whole report in report.html, every order in orders.csv.\n"
        "Equity: the base ($100,000.00, the first trade’s capital) and all P&L since,\n"
        "without dividends, fees and interest: no broker tells them.\n"
    )


def test_a_partial_day_says_what_needs_a_person():
    """Orders in doubt come first, then rejected ones, then signals left without one; each with why."""
    text = text_of(days.partial_day())
    assert text.startswith(
        "Needs you: 1 order in doubt, 1 order rejected.\nPartial: 1 of 6 orders in doubt: NVDA."
    )
    assert (
        "Orders to look at\n"
        "- In doubt: buy 15 NVDA - submission_failed: timeout after 30 s\n"
        "- Rejected: buy 40 TSLA - insufficient buying power\n"
        "- No order: NFLX - price_unavailable: no bar\n"
        "\n"
        "Errors and warnings\n"
        "- Error: The gateway did not answer for NVDA within 30 s: read timed out. It\n"
        "  may have been placed.\n"
        "- Warning: The orchestrator counts 5 orders as accepted, the orders themselves\n"
        "  say 4.\n"
    ) in text
    assert "1 ORDER IN DOUBT. Sent, without an answer" in text
    assert "looks for an order in doubt. What is still open:\n    paper-run resolve\n" in text
    assert "Total notional      $76,289.68  1 of the orders estimated\n" in text
    assert "Attempt             2 of this session\n" in text


def test_an_order_is_told_once():
    """Errors and warnings that only say again what the list of orders says are left out of it."""
    day = days.partial_day()
    found = (
        Finding(
            "orders_not_accepted", "error", "", "2 of 6 orders were not accepted. Run x ended as partial."
        ),
        findings.warning("order_in_doubt", "buy 15 NVDA is in doubt: it got no order id"),
        findings.warning("order_rejected", "buy 40 TSLA was not accepted"),
        findings.warning("quote", "a"),
        findings.warning("quote", "a"),
    )
    text = text_of(changed(day, findings=findings.to_json(found)))
    assert "Error: 2 of 6 orders were not accepted. Run x ended as partial." in collapsed(text)
    assert text.count("TSLA") == text.count("was not accepted") + 1 == 1
    assert text.count("- Warning: a\n") == 1
    assert text.count("Error: 2 of 6") == 1


def test_an_unknown_day_has_the_commands_that_settle_it():
    """The counts are not known; the commands are ready, with the attempt's name and this ledger's options."""
    day = changed(days.unknown_run(), trade=2)
    text = letter_of(
        day, occasion="run", invocation=Invocation("paper-run", " --reports-dir /srv/paper")
    ).text
    assert text.startswith(
        "Needs you: say what came of this attempt.\nUnknown: The orchestrator's answer was lost."
    )
    assert "UNKNOWN - orders may have been placed. The session stays closed" in text
    command, place = "    paper-run resolve 2025-01-17-2", " --reports-dir /srv/paper\n"
    assert f"{command} --placed --run-id ID{place}" in text
    assert f"{command} --placed --order ID --order ID{place}" in text
    assert f"{command} --not-placed{place}" in text
    assert collapsed("Orders submitted —, accepted —, rejected —, in doubt —, filled —") in collapsed(text)
    assert "Total notional      not known\n" in text
    assert "no run id was received" in text


def test_a_run_id_is_typed_as_a_shell_takes_it():
    """What a service calls a run can't become a command of its own in the line that a person copies."""
    day = changed(days.unknown_run(), status="timeout", run_id="x; rm -rf ~ $(id) 'y'")
    text = text_of(day)
    assert """ --placed --run-id 'x; rm -rf ~ $(id) '"'"'y'"'"''\n""" in text


def test_a_trade_settled_without_its_orders_asks_for_none():
    """Said to be placed, its orders still unknown: that is told, and no command to settle it again."""
    day = changed(days.unknown_run(), settled="placed, by desk@host")
    text = text_of(day, "settled")
    assert text.startswith("Needs you: its orders are not known.\n")
    assert "What is known now\n- Outcome: placed, by desk@host\n" in text
    assert "paper-run resolve" not in text


def test_a_settled_trade_is_no_problem_of_its_own():
    """How it was settled stands first, is no warning, and the P&L is said to come with the next valuation."""
    text = text_of(known_later_day(), "settled")
    assert text.startswith(
        "Nothing to do.\nSuccess: All 3 orders were accepted, all filled.\n\nOutcome known - "
    )
    assert "What is known now\n- Outcome: run 550e8400 was found by desk@host on" in text
    assert "its P&L is in that report." in collapsed(text)
    assert "Warning" not in text
    assert text.count("550e8400 was") == 1
    assert "Outcome             run 550e8400 was found" in text_of(known_later_day())


def test_a_rehearsal_is_labelled_wherever_it_has_a_figure():
    """The notional is called simulated, there is no P&L, and the banner says why."""
    text = text_of(days.rehearsal())
    assert "REHEARSAL - nothing was executed. The execution gateway was in DRY_RUN" in text
    assert "Simulated notional  $59,623.01" in text
    assert "This was a rehearsal: nothing was executed" in text
    assert text.startswith("Needs you: 1 warning.\n")
    assert "SANDBOX - simulated prices. An invented market." in text_of(days.sandbox_day())


def test_a_missing_price_is_told_with_its_reason():
    """What needs the price is not known, in words; the movers say who is not among them."""
    text = text_of(days.incomplete_day())
    assert text.startswith("Needs you: 1 position without a price.\n")
    assert "Day P&L             not known  TSLA without a price\n" in text
    assert "Equity              not known  opened at $101,962.83\n" in text
    assert "- No price: −25 TSLA - the quote is crossed" in text
    assert "    paper-run mark\n" in text
    assert "Without a price, so not among them: TSLA.\n" in text
    assert "Warning" not in text


def test_fills_that_are_not_known_are_told_with_their_reason():
    """They need a person, and no amount of the book is stated."""
    text = text_of(days.not_known_day())
    assert text.startswith("Needs you: 1 position not known.\n")
    assert "Day P&L             not known  the shares of AAPL\n" in text
    assert "- Not known: AAPL - buy 133 AAPL still works" in text
    assert "Not known, so not among them: AAPL.\n" in text


def test_a_book_that_does_not_add_up_is_told():
    """The amount stands there once, and other warnings stay."""
    text = text_of(out_of_balance_day())
    assert text.startswith("Needs you: the book does not add up.\n")
    assert "- Does not add up: −$12.50 - of equity is unexplained\n" in text
    assert "- Warning: The quotes were old.\n" in text
    assert "tie out" not in text


def test_a_mark_is_not_called_a_run():
    """Its name and its words are those of a valuation, and it has no run."""
    text = text_of(days.mark(), "close")
    assert "Close of the day - Friday, 17 January 2025 - 2025-01-17 16:05:00 EST\n" in text
    assert "Valued: 3 open positions at current prices." in text
    assert "\nRun " not in text
    assert text_of(days.mark(), "mark").count("Mark - Friday") == 1


def test_of_a_failed_day_the_reason_is_told():
    """Nothing was sent: no order, no P&L, and the service's own words."""
    text = text_of(days.failed_run())
    assert text.startswith("Needs you: the run failed.\nFailed: Signal Service is not healthy at")
    assert "This run placed no order" in text
    bare = text_of(changed(days.failed_run(), errors=[], status="partial"))
    assert bare.startswith("Needs you: see how it ended.\n")


def test_a_crowded_day_is_cut_and_says_where_the_rest_is():
    """At most eight orders, eight positions and six sentences are told; the rest is counted."""
    text = text_of(crowded_day())
    assert text.count("- Rejected: ") == 8
    assert "  and 443 more in the attached CSV\n" in text
    assert text.count("- No price: ") == 8
    assert "  and 42 more in the report\n" in text
    assert text.count("- Error: ") == 6
    assert "  and 994 more in the report\n" in text
    assert "Needs you: 451 orders rejected, 50 positions without a price.\n" in text
    for attachments in ((), (Attachment("report.html", "html", b""),)):
        told = letter_of(crowded_day(), occasion="run", attachments=attachments).text
        assert "  and 443 more in the report\n" in told
        assert ("Attached" in told) == bool(attachments)


def test_the_movers_are_the_five_best_and_the_five_worst():
    """Each the largest first; those that did not move are not listed, the others are counted."""
    positions = [
        documents.position(f"S{move + 20:02d}", "1", "10", "11", day=f"{move}.00") for move in range(-8, 8)
    ]
    text = text_of(changed(good_day(), pnl=documents.book(positions)))
    listed = re.findall(r"^(?:Best|Worst)? +(S\d\d) .* ([+−]\$\d\.00)$", text, re.MULTILINE)
    assert listed == [
        *((f"S{20 + move}", f"+${move}.00") for move in (7, 6, 5, 4, 3)),
        *((f"S{20 - move}", f"−${move}.00") for move in (8, 7, 6, 5, 4)),
    ]
    assert "\n5 more moved: see the report.\n" in text


def test_the_bars_are_as_long_as_the_amounts():
    """The largest move fills the width, the others their share of it, and a tiny one is still seen."""
    positions = [
        documents.position("UP", "1", "10", "11", day="200.00"),
        documents.position("DOWN", "0", None, None, day="-50.00"),
        documents.position("TINY", "1", "10", "11", day="0.01"),
    ]
    letter = letter_of(changed(good_day(), pnl=documents.book(positions)), occasion="run")
    cells = [attributes for tag, attributes in Seen(letter.html).elements if tag == "td"]
    bars = [(cell["width"], cell["bgcolor"]) for cell in cells if "height:8px" in cell["style"]]
    track = "#ece7db"
    assert bars == [
        ("100%", "#1e6a43"),
        *(("1%", "#1e6a43"), ("99%", track)),
        *(("25%", "#a3262a"), ("75%", track)),
    ]
    assert "DOWN         closed" in letter.text


def test_money_that_is_no_symbols_is_no_closed_position():
    """A fee of the account moved the day, and there was never a position behind it."""
    positions = [documents.position("account", "0", None, None, day="-0.35")]
    text = text_of(changed(good_day(), pnl=documents.book(positions)))
    assert re.search(r"account +no position +−\$0.35", text)


def test_without_a_day_of_their_own_the_movers_say_what_they_are():
    """A document that has no day P&L by position shows the total, and calls it that."""
    day = good_day()
    for each in day["pnl"]["positions"]:
        del each["day_pnl"]
    text = text_of(day)
    assert "Total P&L by position, since 2024-11-04\nBest   NVDA " in text
    assert "What moved the day" not in text


def test_where_nothing_moved_there_are_no_movers():
    """No heading without a row."""
    day = changed(good_day(), pnl=documents.book([documents.position("AAPL", "1", "10", "10")]))
    assert "moved" not in text_of(day)


def test_many_positions_without_a_price_are_named_in_part():
    """Four of them by name, the others by number."""
    positions = [documents.position(f"S{number}", "1", "10", None) for number in range(6)]
    positions.append(documents.position("AAPL", "1", "10", "11", day="1.00"))
    text = text_of(changed(good_day(), pnl=documents.book(positions, opening="100000.00")))
    assert "Without a price, so not among them: S0, S1, S2, S3 and 2 more." in text


def test_hostile_text_is_only_text():
    """Markup, controls and reversed reading in any field make no element, and no line of their own."""
    letter = letter_of(days.hostile(), occasion="run", attachments=ATTACHMENTS)
    seen = Seen(letter.html)
    assert "<script>alert(1)</script>" in seen.text
    assert not {"script", "img", "style"} & {tag for tag, _ in seen.elements}
    assert "<script" not in letter.html
    for part in (letter.text, seen.text, letter.subject):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", part)


def test_the_summary_is_the_text_without_attachments():
    """What a heartbeat is sent along with: the same text, of a mark in a mark's words."""
    attached = "Attached: the whole report in report.html, every order in orders.csv.\n"
    assert summary(good_day()) == text_of(good_day()).replace(attached, "")
    assert "Mark - Friday" in summary(days.mark())


def test_a_kind_of_attachment_that_is_not_known_is_named_all_the_same():
    """Nothing that is attached goes unsaid."""
    letter = letter_of(good_day(), occasion="run", attachments=(Attachment("x.txt", "plain", b""),))
    assert "Attached: more in x.txt.\n" in letter.text


@pytest.mark.parametrize(
    ("words", "longest", "shown"),
    [
        ("short", 5, "short"),
        ("two  words\n", 20, "two words"),
        ("abcdef", 5, "abcd…"),
        ("abc, def", 5, "abc…"),
        ("buys for 1,070,558.53 dollars", 18, "buys for…"),
        ("buys for 1,070,558.53 dollars", 22, "buys for 1,070,558.53…"),
        ("a " + "b" * 40, 40, "a " + "b" * 37 + "…"),
        ("é" * 10, 12, "ééé…"),
        ("ééé", 9, "ééé"),
    ],
)
def test_text_is_cut_by_the_room_that_it_takes(words, longest, shown):
    """Plain characters take one, others three; it ends with an ellipsis, no comma and no half a number."""
    assert clip(words, longest) == shown
