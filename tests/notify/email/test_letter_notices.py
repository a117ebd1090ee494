import json

import pytest
from builders import days, documents
from builders.letters import CLOSED, NOTICES, STOPPED, Seen
from builders.stated import is_problem
from hypothesis import given
from hypothesis import strategies as st

from paper_run.errors import Remedy
from paper_run.notify.email.letters import of_notice
from paper_run.report.summary.notices import Notice

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(
    st.builds(
        Notice,
        kind=st.sampled_from(["stopped", "late", "closed"]),
        session=ANY_TEXT,
        title=ANY_TEXT,
        explanation=ANY_TEXT,
        remedies=st.lists(st.builds(Remedy, ANY_TEXT, ANY_TEXT)).map(tuple),
        exit_status=st.integers(0, 130),
        next_session=st.none() | ANY_TEXT,
        label=st.none() | ANY_TEXT,
    )
)
def test_a_notice_comes_back_from_the_ledger(notice):
    """What is kept as text is the same notice when it is read."""
    assert Notice.from_json(notice.to_json()) == notice


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{}",
        CLOSED.to_json()[:-1],
        json.dumps(CLOSED._asdict() | {"more": 1}),
        *(
            json.dumps(CLOSED._asdict() | {name: wrong})
            for name, wrong in (
                ("kind", "open"),
                ("kind", ["closed"]),
                ("session", None),
                ("title", 7),
                ("explanation", ["x"]),
                ("remedies", "x"),
                ("remedies", [None]),
                ("exit_status", True),
                ("exit_status", "0"),
                ("next_session", 7),
                ("label", False),
            )
        ),
    ],
)
def test_what_is_no_notice_is_refused(text):
    """Another text, a missing or a foreign field, or a field of another kind is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - that it is one, or one of its kinds, is all that is promised
        Notice.from_json(text)


def test_a_closed_day_says_when_the_next_one_is():
    """Nothing to do, why, the next session in words, and the command that attempts all the same."""
    letter = of_notice(CLOSED)
    assert letter.text.startswith(
        "Nothing to do.\n"
        "No session: Thanksgiving Day. The next session is on Friday, 27 November 2026.\n"
        "\n"
        "No session - Thursday, 26 November 2026\n"
    )
    assert "- Trade all the same:\n    paper-run --ignore-calendar\n" in letter.text
    assert "Next session        2026-11-27\n" in letter.text
    assert "Exit status         0\n" in letter.text


def test_a_stopped_run_says_why_and_what_to_try():
    """A person is needed; explanation and remedies stand there in full, under the words of the label."""
    text = of_notice(STOPPED).text
    assert text.startswith("Needs you: nothing was traded.\nNot traded: Signal Service unavailable.\n")
    for said in (
        "SANDBOX - simulated prices.",
        "REHEARSAL - nothing executed.",
        "- It refused the connection at http://localhost:8001/health.",
        "- Nothing was sent.",
        "What to try\n- Start it:\n    systemctl start signal-service\n- Then run again\n",
        "Exit status         1",
    ):
        assert said in text
    assert "Next session" not in text
    assert "real money" not in text  # whose account it is was not read


@pytest.mark.parametrize("kind", NOTICES)
def test_both_parts_of_a_notice_say_the_same(kind):
    """Each line of the text is in the HTML part too, word for word."""
    letter = of_notice(NOTICES[kind])
    seen = Seen(letter.html).text
    for line in letter.text.replace("\n  ", " ").splitlines():
        for words in line.removeprefix("- ").split("  "):
            assert words.strip().removesuffix(".").replace(" - ", " — ", words.startswith("No")) in seen


def test_a_notice_without_explanation_and_remedies_is_whole():
    """What there is nothing of has no heading."""
    text = of_notice(STOPPED._replace(explanation="", remedies=())).text
    assert "What" not in text


def test_an_endless_explanation_is_cut():
    """A mail stays readable: the rest of the lines is counted."""
    said = "\n".join(f"- order {number} was refused" for number in range(100))
    letter = of_notice(STOPPED._replace(explanation=said, remedies=(Remedy("x"),) * 50))
    assert "and 88 more lines" in letter.text
    assert "order 11 " in letter.text
    assert "order 12 " not in letter.text
    assert letter.text.count("- x\n") == 10


@pytest.mark.parametrize(
    ("told", "is_one"),
    [
        (CLOSED, False),
        (STOPPED, True),
        (NOTICES["late"], True),
        (documents.good_day(), False),
        (days.zero_trade_day(), False),
        (days.mark(), False),
        (days.sandbox_day(), False),
        (days.partial_day(), True),
        (days.failed_run(), True),
        (days.unknown_run(), True),
        (days.incomplete_day(), True),
        (documents.changed(documents.good_day(), exit_status=1), True),
        (documents.changed(documents.good_day(), status="partial"), True),
        (documents.changed(documents.good_day(), warnings=["The quotes were old."]), True),
    ],
)
def test_a_problem_is_whatever_needs_a_person(told, is_one):
    """An exit status, a status or anything to look at is one; a good day and a closed one are none."""
    assert is_problem(told) is is_one
