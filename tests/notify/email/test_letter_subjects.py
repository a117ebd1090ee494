from decimal import Decimal

import pytest
from builders import days
from builders.documents import changed, good_day
from builders.letters import CLOSED, LATE, STOPPED, known_later_day, out_of_balance_day
from builders.stated import letter as letter_of
from hypothesis import given
from hypothesis import strategies as st

from paper_run.notify.email import subject as subjects
from paper_run.notify.email.letters import of_notice

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text(
    st.sampled_from("a \x00\x1b\x7f\x85\r\n\t\u00a0\u00ad\u061c\u200b\u202e\u2066\u2028\ud800\ue000\ufeff😀:")
)


def earned(amount, rate, percent=None):
    """A good day that earned an amount, at a rate of the opening equity; older documents have no percent."""
    day = good_day()
    day["pnl"]["day_pnl"] = Decimal(amount)
    known = {"value": rate and Decimal(rate), "percent": percent and Decimal(percent)}
    day["statistics"]["daily_return"] |= known
    return day


def rejected_day():
    day = changed(
        good_day(),
        status="partial",
        exit_status=2,
        session="2026-11-20",
        results={"num_orders_accepted": 2, "num_orders_rejected": 1},
    )
    day["orders"][0] |= {"symbol": "REJECT", "outcome": "rejected", "error_message": "422"}
    return day


@pytest.mark.parametrize(
    ("document", "subject"),
    [
        (earned("123.45", "0.001234"), "[paper_run] 2025-01-17 +$123.45 (+0.12%) OK"),
        (earned("-721.56", "-0.0072"), "[paper_run] 2025-01-17 -$721.56 (-0.72%) OK"),
        (earned("23585.01", "0.235850", "23.59"), "[paper_run] 2025-01-17 +$23,585.01 (+23.59%) OK"),
        (earned("0.00", "0"), "[paper_run] 2025-01-17 $0.00 (0.00%) OK"),
        (earned("-1234567.8", None), "[paper_run] 2025-01-17 -$1,234,567.80 OK"),
        (changed(good_day(), trade=3), "[paper_run] 2025-01-17-3 +$177.38 (+0.17%) OK"),
        (days.sandbox_day(), "[paper_run] 2025-01-17 SANDBOX +$177.38 (+0.17%) OK"),
        (
            changed(days.rehearsal(), sandbox=True, warnings=[]),
            "[paper_run] 2025-01-17 SANDBOX REHEARSAL OK, no P&L",
        ),
        (
            days.rehearsal(),
            "[paper_run] 2025-01-17 REHEARSAL Check: The execution gateway is in DRY_RUN",
        ),
        (
            changed(rejected_day(), errors=["1 of 3 orders were not accepted. Run x ended as partial."]),
            "[paper_run] 2026-11-20 Partial: 1 of 3 orders rejected: REJECT (422)",
        ),
        (
            days.partial_day(),
            "[paper_run] 2025-01-17-2 Partial: 1 of 6 orders in doubt: NVDA",
        ),
        (rejected_day(), "[paper_run] 2026-11-20 Partial: 1 of 3 orders rejected: REJECT (422)"),
        (
            changed(good_day(), warnings=["The quotes were old."]),
            "[paper_run] 2025-01-17 +$177.38 (+0.17%) Check: The quotes were old",
        ),
        (
            out_of_balance_day(),
            "[paper_run] 2025-01-17 +$177.38 (+0.17%) Check: "
            "The book does not add up: -$12.50 is unexplained",
        ),
        (
            days.incomplete_day(),
            "[paper_run] 2025-01-17 Check: No price for TSLA: P&L and equity are not known",
        ),
        (
            days.unknown_run(),
            "[paper_run] 2025-01-17 Unknown: "
            "The orchestrator's answer was lost. Orders may or may not have been placed",
        ),
        (
            changed(good_day(), exit_status=1, errors=["The quotes could not be read. 503"]),
            "[paper_run] 2025-01-17 +$177.38 (+0.17%) Check: The quotes could not be read. 503",
        ),
        (
            changed(days.failed_run(), errors=[]),
            "[paper_run] 2025-01-17 Failed: The orchestration failed and gave no reason",
        ),
    ],
)  # fmt: skip
def test_a_run_has_its_day_or_its_worst_problem_in_the_subject(document, subject):
    """A good day is its P&L and OK; anything else is the worst problem in words, a number only if known."""
    assert letter_of(document, occasion="run").subject == subject


@pytest.mark.parametrize(
    ("document", "occasion", "subject"),
    [
        (days.mark(), "mark", "[paper_run] 2025-01-17 mark +$177.38 (+0.17%) OK"),
        (days.mark(), "close", "[paper_run] 2025-01-17 close +$177.38 (+0.17%) OK"),
        (
            changed(days.mark(), sandbox=True),
            "close",
            "[paper_run] 2025-01-17 SANDBOX close +$177.38 (+0.17%) OK",
        ),
        (
            changed(days.incomplete_day(), kind="mark", trade=None, status="partial"),
            "close",
            "[paper_run] 2025-01-17 close Partial: No price for TSLA: P&L and equity are not known",
        ),
        (known_later_day(), "settled", "[paper_run] 2025-01-17 known now OK, no P&L"),
        (
            changed(days.failed_run(), settled="not placed", errors=["Nothing was placed. So be it"]),
            "settled",
            "[paper_run] 2025-01-17 known now Failed: Nothing was placed. So be it",
        ),
    ],
)  # fmt: skip
def test_the_occasion_stands_before_what_is_told(document, occasion, subject):
    """A mark, the close and a settling are told from the run; that it was settled is not called a problem."""
    assert letter_of(document, occasion=occasion).subject == subject


@pytest.mark.parametrize(
    ("notice", "subject"),
    [
        (CLOSED, "[paper_run] 2026-11-26 No session: Thanksgiving Day; next 2026-11-27"),
        (CLOSED._replace(next_session=None), "[paper_run] 2026-11-26 No session: Thanksgiving Day"),
        (STOPPED, "[paper_run] 2026-11-20 SANDBOX REHEARSAL Not traded: Signal Service unavailable"),
        (LATE, "[paper_run] 2026-11-20 Not traded: The latest start was 15:45"),
    ],
)
def test_a_notice_says_that_nothing_was_traded(notice, subject):
    """Stopped and late are not traded; a closed day names the next session."""
    assert of_notice(notice).subject == subject


def test_a_long_subject_is_cut_on_a_word():
    """At most 120 characters, the last of them an ellipsis after a whole word."""
    day = changed(days.failed_run(), errors=["It failed because " + "of many reasons, " * 20])
    subject = letter_of(day, occasion="run").subject
    assert 100 < len(subject) <= subjects.LONGEST
    assert subject.endswith(("of...", "many...", "reasons..."))
    assert subject.startswith("[paper_run] 2025-01-17 Failed: It failed because of many")


def test_whole_sentences_are_kept_where_the_last_has_no_room():
    """No address or id is cut in two at the end of a subject."""
    said = "The gateway could not be read. The Execution Gateway at http://127.0.0.1:40393: no positions."
    day = changed(good_day(), status="partial", exit_status=1, errors=[said * 2])
    assert letter_of(day, occasion="close").subject == (
        "[paper_run] 2025-01-17 close Partial: The gateway could not be read"
    )


def test_what_fits_exactly_is_not_cut():
    """A subject of 120 characters is whole, one more is cut."""
    start = "[paper_run] 2026-11-20 Not traded: "
    notice = LATE._replace(title="x y" + "z" * (subjects.LONGEST - len(start) - 3))
    assert of_notice(notice).subject == start + notice.title
    assert of_notice(notice._replace(title=notice.title + "z")).subject.endswith("z...")


def test_a_word_without_an_end_is_cut_too():
    """Where there is no space near the end, the word itself is cut; the next session stays."""
    subject = of_notice(CLOSED._replace(title="x" * 500)).subject
    assert len(subject) <= subjects.LONGEST
    assert subject.endswith("x...; next 2026-11-27")


@given(ANY_TEXT)
def test_no_text_of_a_service_gets_out_of_the_line(said):
    """Whatever a symbol, a reason or a status says, a subject is one line, printable, and short."""
    day = rejected_day()
    day["orders"][0] |= {"symbol": said, "error_message": said}
    hostile = changed(day, session=said, status=said, errors=[said])
    notice = CLOSED._replace(title=said, session=said, next_session=said)
    for subject in (
        letter_of(day, occasion="run").subject,
        letter_of(hostile, occasion="settled").subject,
        of_notice(notice).subject,
    ):
        assert subject.isprintable()
        assert len(subject.splitlines()) == 1
        assert len(subject) <= subjects.LONGEST
        assert subject.startswith("[paper_run] ")
