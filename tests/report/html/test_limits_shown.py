"""The limits on the page, the mail and the console; a day that lost money is green nowhere."""

import re
from typing import Any

import pytest
from builders import days, limits, stated
from builders.documents import changed, curve, good_day
from builders.screens import printed

from paper_run.model.result_json import of_document
from paper_run.notify.email.html import LOOKS

GREEN = LOOKS["good"]


def row(source: str) -> str:
    """Return the markup of the page's limits."""
    return source.partition('class="counts limits"')[2].partition("</dl>")[0]


def lost() -> dict[str, Any]:
    """Return a good day that lost 721.56 dollars."""
    document = good_day()
    for position, pnl in zip(document["pnl"]["positions"], ("-721.56", "0.00", "0.00", "0.00"), strict=True):
        position["day_pnl"] = type(document["pnl"]["base"])(pnl)
    document["pnl"]["day_pnl"] = document["pnl"]["positions"][0]["day_pnl"]
    return document


def test_each_figure_has_its_limit_and_a_sign() -> None:
    """A tick within, an exclamation mark past it; without a limit there is none."""
    past = row(stated.render(limits.past_limits()))
    assert re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", past) == [
        ("Gross exposure", '198% <b class="caution">!</b>'),
        ("Largest position, AAPL", '62% <b class="caution">!</b>'),
        ("Day loss", '0% <b class="good">✓</b>'),
        ("Drawdown", '1.23% <b class="good">✓</b>'),
        ("Net exposure", "59.8%"),
    ]
    assert "if filled, limit 150%" in past
    free = row(
        stated.render(changed(good_day(), limits=limits.stated(gross={"limit": None, "passed": None})))
    )
    assert ("59.8%", "no limit") in re.findall(r"<dd>([^<]*)</dd><dd class=\"aside\">(.*?)</dd>", free)


def test_what_is_not_known_has_a_dash_and_its_reason() -> None:
    """Never a tick beside it."""
    source = row(stated.render(changed(good_day(), limits=limits.not_known())))
    assert source.count('<dd class="absent">—</dd>') == 3
    assert source.count("not known: a position has no market value") == 3
    assert source.count("✓") == 1


def test_an_older_record_has_no_row() -> None:
    """Nothing is shown of what it does not have."""
    assert "limits" not in re.findall(r'class="([^"]*)"', stated.render(good_day()))
    assert "Limits" not in printed(lambda screen: screen.figures(of_document(good_day())))


def test_a_success_past_a_limit_needs_a_look() -> None:
    """Headline, mail and subject say which, and neither that there is nothing to do nor OK."""
    day = limits.past_limits()
    head = stated.headline_of(day)
    said = "gross exposure 198% if filled (limit 150%) and largest position AAPL 62% if filled (limit 50%)"
    assert (head.tone, head.label, head.is_well) == ("caution", f"Success, but {said}", False)
    assert head.sentence == "All 3 orders were accepted, all filled."
    letter = stated.letter(day, occasion="run")
    assert " Look: gross exposure 198% if filled (limit 150%) and largest position" in letter.subject
    assert letter.text.startswith(f"Look: {said[:50]}")
    assert stated.is_problem(day)
    for part in (letter.subject, letter.text, letter.html):
        assert not re.search(r"Nothing to do|\bOK\b|Needs you", part)


def test_more_than_two_are_counted() -> None:
    """The row has them all."""
    day = changed(limits.past_limits(), limits=limits.past() | {"day_loss": limits.past()["gross"]})
    assert stated.headline_of(day).label.endswith(" and 1 more")


def test_another_warning_goes_first() -> None:
    """The subject says Check, and the headline both."""
    day = changed(limits.past_limits(), warnings=[])
    day["findings"].append({**day["findings"][0], "code": "quote", "text": "A quote is odd."})
    assert "Check: A quote is odd." in stated.letter(day, occasion="run").subject + "."
    assert stated.headline_of(day).sentence.endswith("A quote is odd.")
    assert "but gross exposure" in stated.headline_of(day).label


def test_a_day_that_lost_is_calm() -> None:
    """All went well and nobody is needed, and the head of neither page nor mail is green."""
    head = stated.headline_of(lost())
    assert (head.tone, head.is_well, head.label) == ("calm", True, "Success")
    assert '<div class="verdict calm">' in stated.render(lost())
    assert '<div class="verdict good">' in stated.render(good_day())
    letter = stated.letter(lost(), occasion="run")
    assert "-$721.56" in letter.subject
    assert not stated.is_problem(lost())
    assert letter.text.startswith("Nothing to do.")
    head_of_mail = letter.html.partition("P&amp;L")[0]
    assert GREEN.ink not in head_of_mail
    assert GREEN.wash not in letter.html
    assert GREEN.ink in stated.letter(good_day(), occasion="run").html.partition("P&amp;L")[0]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_session_that_lost_is_not_green_in_the_index(sign: int) -> None:
    """Its success has a tick in ink; that of one that gained is green."""
    (line,) = curve(1)
    source = stated.index_page([line._replace(day_pnl=sign * abs(line.day_pnl or 1))], curve=(), label=None)
    assert ('<b class="good">✓</b> success' in source) is (sign > 0)
    assert ('<b class="calm">✓</b> success' in source) is (sign < 0)


def test_the_label_of_the_maximum() -> None:
    """It is one of a signal's size, not of a position's."""
    assert "<dt>Maximum per signal</dt>" in stated.render(days.good_day())
    assert "Maximum position" not in stated.render(days.good_day())
