"""Secrets in texts: in every form in which a service may repeat them, and in URLs of whomever."""

import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_run.model.redaction import NO_SECRETS, Secrets

USER, PASSWORD = "ops", "CANARY-s3cr3t/@x&ü"
SECRETS = Secrets(logins=[(USER, PASSWORD)], keys=["PKTESTKEY0123"])
JOINED = f"{USER}:{PASSWORD}"


def encoded(text: str, encoding: str = "utf-8") -> str:
    return b64encode(text.encode(encoding)).decode()


@pytest.mark.parametrize(
    "form",
    [
        PASSWORD,
        JOINED,
        quote(PASSWORD, safe=""),
        quote(PASSWORD),
        quote(PASSWORD, safe="").lower().replace("canary", "CANARY"),
        json.dumps(PASSWORD)[1:-1].replace("/", "\\/"),
        PASSWORD.replace("&", "&amp;"),
        encoded(JOINED),
        encoded(JOINED).rstrip("="),
        encoded(JOINED, "latin-1"),
        urlsafe_b64encode(JOINED.encode()).decode(),
        encoded(f"\0{USER}\0{PASSWORD}"),
        encoded(PASSWORD),
        encoded(JOINED)[:-7],
        encoded(JOINED)[5:],
        f"http://{USER}:{PASSWORD}@host/x",
        "PKTESTKEY0123",
    ],
)
def test_every_form_is_hidden(form: str) -> None:
    """In the middle of a text, at its end, and as a field of its own; nothing of it is left."""
    for text in (form, f"said: {form}", f"Authorization: Basic {form} (sent)", f'{{"a":"{form}"}}'):
        said = SECRETS.text(text)
        assert "<hidden>" in said
        for part in ("CANARY", "s3cr3t", "amp;", "%C3", "PKTEST", encoded(JOINED)[6:14]):
            assert part not in said


@pytest.mark.parametrize("left", ["CANARY-s", "CANARY-s3cr3t", "CANARY-s3cr3t/@..."])
def test_a_password_that_was_cut_off_is_hidden(left: str) -> None:
    """A service that shortens its own message leaves the beginning at its end."""
    assert SECRETS.text(f"login failed for {left}").startswith("login failed for <hidden>")


def test_words_that_begin_like_a_password_stay() -> None:
    """Nor is the user a secret."""
    secrets = Secrets(logins=[("orchestrator", "orchestrator-2"), ("paper", "abc")])
    for text in ("the orchestrator said no", "paper: abcdef"):
        assert secrets.text(text) == text
    assert secrets.text("paper:abc, orchestrator-2") == "<hidden>, <hidden>"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("to http://jo:pw@h:1/p now", "to http://<hidden>@h:1/p now"),
        ("to postgresql://jo:p/w@db/x", "to postgresql://<hidden>@db/x"),
        ("redis://:pw@cache", "redis://<hidden>@cache"),
        (r"http:\/\/jo:pw@h\/p", r"http:\/\/<hidden>@h\/p"),
        ("GET https://h/p?token=abc&x=1 failed", "GET https://h/p?<hidden> failed"),
        ("'https://h/p#access_token=abc'", "'https://h/p#<hidden>'"),
        ("https://h?abc", "https://h?<hidden>"),
        ("GET /cb?code=abc HTTP/1.1", "GET /cb?<hidden> HTTP/1.1"),
        ('<a href="https://h/?k=v">x</a>', '<a href="https://h/?<hidden>">x</a>'),
        ("https://h/p?a=http://jo:pw@i/", "https://h/p?<hidden>"),
    ],
)
def test_urls_lose_login_query_and_fragment(text: str, said: str) -> None:
    """Whosever they are; done twice it is the same."""
    assert NO_SECRETS.text(text) == said
    assert NO_SECRETS.text(said) == said


@pytest.mark.parametrize(
    "text",
    [
        "ask ops@example.com or see http://host:8001/health",
        "see https://medium.com/@user/x, or #3",
        "is it down? a = b",
        "Client error '400 Bad Request' for url 'http://localhost:8001/api/v1/signals/generate'",
        "5 > 3 & 2 < 4",
    ],
)
def test_other_words_stay(text: str) -> None:
    """Nothing is hidden that is no secret."""
    assert SECRETS.text(text) == text


@pytest.mark.parametrize("word", ["filled", "100000", "momentum-strategy"])
def test_a_fact_that_is_the_password_by_chance_stays(word: str) -> None:
    """A password such as `filled` must not make an answer unreadable; in any other field it is hidden."""
    secrets = Secrets(logins=[("ops", word)])
    body = {"status": word, "echo": {"password": word}, "said": [f"ops:{word}"]}
    clean, changed = secrets.values(body, facts={"status"})
    assert clean == {"status": word, "echo": {"password": "<hidden>"}, "said": ["<hidden>"]}
    assert changed
    basic = {"status": f"Basic {encoded(f'ops:{word}')}"}
    assert secrets.values(basic, facts={"status"})[0] == {"status": "Basic <hidden>"}


def test_names_of_fields_are_cleaned_too() -> None:
    """An object whose keys are what was sent."""
    assert SECRETS.values({JOINED: 1}) == ({"<hidden>": 1}, True)


def test_nothing_to_hide_changes_nothing() -> None:
    """The value comes back equal, and is said to be."""
    body = {"run_id": "r", "mappings": [{"symbol": "AAPL", "rank": 1, "price": None}], "is": True}
    assert SECRETS.values(body) == (body, False)


TEXTS = st.text(max_size=20)


@given(password=st.text(st.characters(codec="utf-8"), min_size=4, max_size=20), before=TEXTS, after=TEXTS)
def test_the_quick_look_misses_nothing(password: str, before: str, after: str) -> None:
    """Where the body is said to be clean, cleaning its values would change nothing."""
    secrets = Secrets(logins=[("u", password)])
    body: Any = {"a": f"{before}{encoded(f'u:{password}')} {password}{after}", "b": before, "c": [after]}
    for raw in (json.dumps(body), json.dumps(body, ensure_ascii=False)):
        octets = raw.encode("utf-8", "surrogatepass")
        if not secrets.may_be_in(octets):
            assert secrets.values(json.loads(octets))[1] is False


@given(text=st.text())
def test_any_text_can_be_cleaned(text: str) -> None:
    """And encoded afterwards."""
    SECRETS.text(text).encode()


def test_it_shows_nothing_of_itself() -> None:
    """Not in a traceback either."""
    assert repr(SECRETS) == "Secrets(<hidden>)"
