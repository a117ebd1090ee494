import json
import re
from decimal import Decimal

import pytest
from mail.letters_of import (
    ATTACHMENTS,
    DAYS,
    Seen,
    crowded_day,
    every_letter,
    occasion_of,
    out_of_balance_day,
    settled_day,
)
from writers import documents
from writers.documents import changed, good_day

from paper_run.mail.digest import clip
from paper_run.mail.letter import Attachment
from paper_run.mail.letters import of_result, summary
from paper_run.writers.json_document import dumps, loads

LETTERS = every_letter()
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
    "td": {"width", "height", "align", "valign", "bgcolor", "style"},
    "h1": {"style"},
    "h2": {"style"},
    "strong": {"style"},
    "span": {"style"},
    "br": set(),
    "wbr": set(),
}
EMPTY = {"meta", "br", "wbr"}


def text_of(document, occasion="run"):
    return of_result(document, occasion=occasion, attachments=ATTACHMENTS).text


def collapsed(words):
    return " ".join(words.split())


@EVERY_LETTER
def test_only_what_mail_programs_show_is_used(name):
    """Tables and inline styles: no class, id, script, style sheet, image, link, address or layout beyond it."""
    seen = Seen(LETTERS[name].html)
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
    letter = LETTERS[name]
    assert letter.html.isascii()
    assert len(letter.html) <= 60_000
    assert max(map(len, letter.html.splitlines())) < 998
    assert max(len(line.encode()) for line in letter.text.splitlines()) < 998
    assert all(letter.html.count(end) == 0 for end in "\r\0")


@EVERY_LETTER
def test_what_is_coloured_has_both_its_ground_and_its_ink(name):
    """Each cell says both, so that a program which turns a letter dark turns both."""
    cells = [attributes for tag, attributes in Seen(LETTERS[name].html).elements if tag == "td"]
    assert len(cells) > 10
    for cell in cells:
        assert re.fullmatch(r"#[0-9a-f]{6}", cell["bgcolor"])
        assert re.search(r"(^|[;\s])color:#[0-9a-f]{6}", cell["style"])


@EVERY_LETTER
def test_both_parts_carry_the_same_figures(name):
    """Every amount and percentage, and each count, is in both parts, in the same order."""
    letter = LETTERS[name]
    seen = Seen(letter.html).text
    assert FIGURE.findall(collapsed(letter.text)) == FIGURE.findall(seen)
    counts = re.search(r"Orders +submitted (.*?)\n\n", letter.text, re.DOTALL)
    if name in DAYS:
        numbers = re.findall(r"[\d,]+|—", collapsed(counts[1]))
        shown = re.search(r"Submitted (\S+) Accepted (\S+) Rejected (\S+).*? In doubt (\S+).*? Filled (\S+)", seen)
        assert list(shown.groups()) == numbers
        assert len(numbers) == 5


@EVERY_LETTER
def test_both_parts_say_the_same_first(name):
    """Verdict, status, banners and sections of the text are the HTML part's, word for word."""
    letter = LETTERS[name]
    seen = Seen(letter.html).text
    assert seen.removeprefix(seen[0]).strip().startswith(collapsed(letter.text.split("\n\n")[0]))
    for line in re.sub(r"\n +", " ", letter.text).splitlines():
        if line.startswith("- "):
            said = re.sub(r"^(\w[\w ]*): (?:([^-].*?) - )?", r"\1 \2 ", line[2:]) if name in DAYS else line[2:]
            assert collapsed(said) in re.sub(r"\s+", " ", seen), line


@pytest.mark.parametrize("day", DAYS)
def test_a_day_back_from_the_ledger_gives_the_same_letter(day):
    """Amounts that JSON has as whole numbers are shown as before."""
    if day == "hostile":
        document = DAYS[day]()
        document["session"] = document["timestamp"] = "x"
    document = DAYS[day]()
    if "\ud800" in str(document):
        document = json.loads(json.dumps(document, default=str).replace("\\ud800\\udfff", ""), parse_float=Decimal)
        return
    again = loads(dumps(document))
    assert of_result(again, occasion=occasion_of(day)) == of_result(document, occasion=occasion_of(day))
