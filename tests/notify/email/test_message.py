"""The bytes of a message, read back by the standard library's parser."""

import re
import string
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notify.email.composed import ID, LETTER, ORDERS, PAGE, composed

from paper_run.notify.email.letters import Letter
from paper_run.notify.email.message import list_id, message_id
from paper_run.report.summary.summary import Attachment


def parsed(message: bytes) -> EmailMessage:
    """Parse what any server would take unchanged: 7-bit, CRLF, no line too long; nothing may be odd."""
    assert message.isascii()
    assert b"\0" not in message
    assert message.endswith(b"\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", message)
    assert max(map(len, message.split(b"\r\n"))) <= 998
    read = BytesParser(policy=policy.default).parsebytes(message)
    assert isinstance(read, EmailMessage)
    assert [part.defects for part in read.walk()] == [[]] * len(list(read.walk()))
    assert [header.defects for part in read.walk() for header in part.values() if header.defects] == []
    return read


def shape(part: EmailMessage) -> Any:
    """Return the types of a message as nested lists."""
    if not part.is_multipart():
        return part.get_content_type()
    return [part.get_content_type(), *map(shape, part.iter_parts())]


def texts(message: EmailMessage) -> tuple[str, str]:
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert rich is not None
    return plain.get_content().replace("\r\n", "\n"), rich.get_content().replace("\r\n", "\n")


def test_a_message_has_two_texts_and_its_attachments() -> None:
    """Programs show the last text that they can, and offer the files under their names, byte for byte."""
    message = parsed(composed())
    alternative = ["multipart/alternative", "text/plain", "text/html"]
    assert shape(message) == ["multipart/mixed", alternative, "text/html", "text/csv"]
    assert texts(message) == (LETTER.text, LETTER.html)
    files = list(message.iter_attachments())
    assert [file.get_filename() for file in files] == [PAGE.name, ORDERS.name]
    assert [file.get_payload(decode=True) for file in files] == [PAGE.content, ORDERS.content]
    assert {file.get_content_disposition() for file in files} == {"attachment"}
    assert {part.get_content_charset() for part in message.walk() if not part.is_multipart()} == {"utf-8"}


def test_without_attachments_the_texts_are_the_message() -> None:
    """There is nothing to mix."""
    assert shape(parsed(composed(LETTER._replace(attachments=())))) == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_an_empty_letter_is_a_message_all_the_same() -> None:
    """Nothing is written where there is nothing to write."""
    message = parsed(composed(Letter("", "", "", (Attachment("e.csv", "csv", b""),))))
    assert texts(message) == ("\n", "\n")
    assert [file.get_payload(decode=True) for file in message.iter_attachments()] == [b""]


def test_the_headers_say_who_when_and_that_nobody_need_answer() -> None:
    """Answering machines keep quiet (RFC 3834, Exchange), and mail programs sort by the list."""
    message = parsed(composed(cc=("c@example.com",)))
    assert dict(message.items()) == {
        "From": "paper@example.com",
        "To": "a@example.com, b@example.com",
        "Cc": "c@example.com",
        "Subject": "[paper_run] 2026-11-20 OK",
        "Date": "Fri, 20 Nov 2026 21:05:07 +0000",
        "Message-ID": ID,
        "List-Id": "paper_run reports <paper-run.example.com>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
        "Content-Type": message["Content-Type"],
    }
    assert "Cc" not in parsed(composed())


def test_the_date_keeps_its_zone() -> None:
    """New York's offset is part of what the date says."""
    date = datetime(2026, 11, 20, 16, 5, 7, tzinfo=timezone(timedelta(hours=-5)))
    assert parsed(composed(date=date))["Date"] == "Fri, 20 Nov 2026 16:05:07 -0500"
    with pytest.raises(ValueError, match="time zone"):
        composed(date=datetime(2026, 11, 20))  # noqa: DTZ001  what is refused


def test_many_recipients_make_no_long_line() -> None:
    """They stand one below the other."""
    to = tuple(f"{'x' * 60}{number}@{'y' * 60}.example" for number in range(100))
    assert [address.addr_spec for address in parsed(composed(to=to))["To"].addresses] == list(to)


def test_a_message_is_for_somebody() -> None:
    """An empty To is no header."""
    with pytest.raises(ValueError, match="recipient"):
        composed(to=())


def test_the_same_letter_gives_the_same_bytes() -> None:
    """In any process: a message may be made anew from what is recorded."""
    program = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from notify.email.composed import composed; sys.stdout.buffer.write(composed())"
    )
    again = [
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert again == [composed()] * 2
    assert composed(message_id=ID.replace(".1.4", ".2.4")) != composed()


# The texts


def test_a_text_in_ascii_is_sent_as_it_is() -> None:
    """It can be read in a queue or a log."""
    assert b"\r\n\r\nAll is well.\r\n\r\n--=_a_" in composed()
    assert b"Content-Transfer-Encoding: 7bit" in composed()


def test_other_text_is_still_readable_raw() -> None:
    """Quoted-printable alters only what it must."""
    assert b"\r\nDay =E2=88=921.50, 2 =C3=97 AAPL\r\n" in composed(
        LETTER._replace(text="Day −1.50, 2 × AAPL\n")
    )


@pytest.mark.parametrize(
    "text",
    [
        "From here on\n",
        ".\n",
        "x\n.\ny\n",
        "..\n",
        "blanks at the end  \nx\n",
        "a tab at the end\t\nx\n",
        "--=_a_0123\n",
        "=3D=\n",
        "x" * 2000 + "\n",
        "−" * 2000 + "\n",
        "a control\x07, \x0b, \x0c, \x1b[31m, \x7f, \x85 and \0\n",
        "line\u2028paragraph\u2029\n",
        "emoji \U0001f4c8\n",
        " \n\t\n",
    ],
)
def test_a_text_arrives_as_it_was(text: str) -> None:
    """Whatever servers on the way do to lines such as these, and however long they are."""
    message = composed(LETTER._replace(text=text, html=f"<pre>{text}</pre>\n"))
    assert texts(parsed(message)) == (text, f"<pre>{text}</pre>\n")
    assert not re.search(rb"[ \t]\r$|^\.\r$", message.partition(b"\r\n\r\n")[2], re.MULTILINE)


def test_a_text_cannot_end_its_part() -> None:
    """Also when it repeats the very boundaries of its message."""
    boundaries = re.findall(rb'boundary="(.*)"', composed())
    text = "".join(f"x\n--{boundary.decode()}\n--{boundary.decode()}--\n" for boundary in boundaries)
    message = parsed(composed(LETTER._replace(text=text, html=text)))
    assert (shape(message), texts(message)) == (shape(parsed(composed())), (text, text))


def test_all_kinds_of_newline_are_one() -> None:
    """A text that was made elsewhere keeps its lines."""
    assert texts(parsed(composed(LETTER._replace(text="a\rb\r\nc\nd"))))[0] == "a\nb\nc\nd\n"


def test_half_a_character_is_a_question_mark() -> None:
    """What can't be encoded must not keep the rest from arriving."""
    message = parsed(composed(Letter("a\ud800b", "a\ud800b\n", "a\ud800b\n")))
    assert (message["Subject"], *texts(message)) == ("a?b", "a?b\n", "a?b\n")


@given(st.text(), st.text(), st.binary(max_size=300))
def test_any_letter_arrives(text: str, html: str, content: bytes) -> None:
    """Both texts but for the form of their newlines, and the file to the byte."""
    letter = Letter("x", text, html, (Attachment("a.csv", "csv", content),))
    message = parsed(composed(letter))
    lines = [re.sub(r"\r\n?|\n", "\n", part) for part in (text, html)]
    assert texts(message) == tuple(part if part.endswith("\n") else part + "\n" for part in lines)
    assert [file.get_payload(decode=True) for file in message.iter_attachments()] == [content]


# Headers


@pytest.mark.parametrize(
    "subject",
    [
        "[paper_run] 2026-11-20 +$123.45 (+0.12%) OK",
        "[paper_run] 2026-11-20 −$123.45 (−0.12%) partial: 2 rejected × AAPL",
        "=?utf-8?q?not_encoded?=",
        "−" * 300,
        "word " * 100 + "end",
        "x" * 201,
        "x" * 3000,
        "\U0001f4c8" * 50,
    ],
)
def test_a_subject_arrives_as_it_was(subject: str) -> None:
    """Also beyond ASCII, also a long one, also one that looks encoded."""
    message = composed(LETTER._replace(subject=subject))
    assert parsed(message)["Subject"] == subject
    encoded = [line for line in message.partition(b"\r\n\r\n")[0].split(b"\r\n") if b"=?" in line]
    assert max(map(len, encoded), default=0) <= 76


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\r\n\0:\x85\u2028"), max_size=300))
def test_no_subject_makes_a_header(subject: str) -> None:
    """A newline or anything else that is unprintable is a question mark; the headers are the same ones."""
    message = parsed(composed(LETTER._replace(subject=subject)))
    assert message.keys() == parsed(composed()).keys()
    shown = "".join(letter if letter.isprintable() else "?" for letter in subject).strip()
    assert message["Subject"] == shown


_ODD = st.text(st.sampled_from("\r\n\t \0<>,;:@\"'()[]\\.ab\x7f\x85é\u2028")) | st.text()


@given(_ODD, st.sampled_from(["sender", "to", "cc", "message_id", "list_id", "name", "subtype"]))
def test_no_value_makes_a_header(value: str, place: str) -> None:
    """What could end a header is refused; what is taken leaves all other headers as they were."""
    changed: dict[str, Any] = {place: (value,) if place in ("to", "cc") else value}
    letter = LETTER
    if place in ("name", "subtype"):
        letter = LETTER._replace(attachments=(PAGE._replace(**changed),))
        changed = {}
    try:
        message = composed(letter, **changed)
    except ValueError:
        return
    usual = composed(LETTER._replace(attachments=LETTER.attachments[: len(letter.attachments)]))
    names = [line.partition(b":")[0] for line in message.partition(b"\r\n\r\n")[0].split(b"\r\n")]
    expected = [line.partition(b":")[0] for line in usual.partition(b"\r\n\r\n")[0].split(b"\r\n")]
    if place == "cc":
        expected.insert(expected.index(b"Subject"), b"Cc")
    assert [name for name in names if not name.startswith(b" ")] == [
        name for name in expected if not name.startswith(b" ")
    ]
    assert message.count(b"\r\n--=_m_") == usual.count(b"\r\n--=_m_")


@pytest.mark.parametrize(
    "end", ["\r\nBcc: x@example.com", "\nBcc: x@example.com", "\r", "\0", "\r\n\r\n", "é"]
)
@pytest.mark.parametrize("place", ["sender", "to", "cc", "message_id", "list_id"])
def test_a_newline_in_a_value_is_refused(place: str, end: str) -> None:
    """Wherever it stands."""
    value = {"message_id": ID, "list_id": "x <y.z>"}.get(place, "a@example.com") + end
    with pytest.raises(ValueError, match=r"can't be|no bare address"):
        composed(**{place: (value,) if place in ("to", "cc") else value})


def test_a_header_too_long_for_any_line_is_refused() -> None:
    """No server need take it."""
    with pytest.raises(ValueError, match="Message-ID"):
        composed(message_id=f"<{'x' * 990}@example.com>")


@pytest.mark.parametrize(
    "name", ["", "../x.html", "a b.html", 'a".html', "é.html", "a.html\r\n", ".hidden", "a" * 101]
)
def test_an_odd_file_name_is_refused(name: str) -> None:
    """Ours are letters, digits, dots and hyphens; any other is a mistake of ours."""
    with pytest.raises(ValueError, match="name of an attachment"):
        composed(LETTER._replace(attachments=(PAGE._replace(name=name),)))
    with pytest.raises(ValueError, match="kind of text"):
        composed(LETTER._replace(attachments=(PAGE._replace(subtype="html; x=y"),)))


# Ids


def test_a_message_id_names_the_sending() -> None:
    """Session, trade, kind, number, ledger, a domain; without an attempt its place is left out."""
    parts: dict[str, Any] = {"session": "2026-11-20", "kind": "run", "number": 1, "ledger": "4f2a"}
    domain = "example.com"
    assert message_id(**parts, attempt=1, domain=domain) == ID
    assert message_id(**parts, attempt=None, domain=domain) == "<2026-11-20.run.1.4f2a@example.com>"
    assert parsed(composed(message_id=message_id(**parts, attempt=1, domain=domain)))["Message-ID"] == ID


_WORDS = st.text(string.ascii_letters + "-_", min_size=1, max_size=8)
_SENDINGS = st.tuples(st.none() | st.integers(1, 99), _WORDS, st.integers(1, 99), _WORDS)


@given(_SENDINGS, _SENDINGS)
def test_two_sendings_never_have_one_id(one: Any, other: Any) -> None:
    """Mail programs hide the second mail of an id."""

    def identity(trade: int | None, kind: str, number: int, ledger: str) -> str:
        return message_id(
            session="2026-11-20", attempt=trade, kind=kind, number=number, ledger=ledger, domain="b.c"
        )

    assert (identity(*one) == identity(*other)) == (one == other)


@pytest.mark.parametrize("word", ["", "a.b", "a b", "a@b", "a>", "é", "a\n"])
def test_a_message_id_is_made_of_words(word: str) -> None:
    """A dot or a blank would make it another one, or none."""
    with pytest.raises(ValueError, match="Message-ID"):
        message_id(session="2026-11-20", attempt=1, kind=word, number=1, ledger="4f2a", domain="b.c")
    with pytest.raises(ValueError, match="no bare address"):
        message_id(session="2026-11-20", attempt=1, kind="run", number=1, ledger="4f2a", domain="b.c\n")


def test_the_list_is_the_senders() -> None:
    """A label of ours in the sender's domain (RFC 2919)."""
    assert list_id("paper@example.com") == "paper_run reports <paper-run.example.com>"
    assert (
        parsed(composed(list_id=list_id("a@localhost")))["List-Id"]
        == "paper_run reports <paper-run.localhost>"
    )


def test_a_mail_names_the_ones_that_it_goes_on_from() -> None:
    """The last as what it answers, all of them one a line, in their order; what is no id is refused."""
    ids = tuple(f"<2026-11-20.{number}.run.1.4f2a@example.com>" for number in range(1, 60))
    message = parsed(composed(LETTER, earlier=ids))
    assert message["In-Reply-To"] == ids[-1]
    assert message["References"].split() == list(ids)
    assert message["In-Reply-To"] not in (message["Message-ID"], None)
    assert parsed(composed(LETTER))["References"] is None
    with pytest.raises(ValueError, match="In-Reply-To"):
        composed(LETTER, earlier=("<a@b>\r\nBcc: c@d",))
