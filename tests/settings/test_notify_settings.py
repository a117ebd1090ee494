"""What a person may type about push notifications; the URLs are seen by nobody."""

from datetime import date
from pathlib import Path

import pytest

from paper_run.errors import DataError
from paper_run.settings import notify
from paper_run.settings.config import Config, load
from paper_run.settings.sources import NOTIFY, SourcedValue, Sources

TOKEN = "T0ken-of-the-hook"


def read(here: Path, **environment: str) -> notify.PushSettings | None:
    return notify.read(Sources({}, environment, env_file=None, here=here))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"ntfys://ntfy.sh/{TOKEN}", "ntfys://ntfy.sh/..."),
        (f"json://user:{TOKEN}@127.0.0.1:8080/x?y=z", "json://127.0.0.1:8080/..."),
        (f"jsons://[::1]:8080/{TOKEN}", "jsons://[::1]:8080/..."),
        (f"json://localhost/{TOKEN}", "json://localhost/..."),
        (f"tgram://{TOKEN}/1234", "tgram://..."),
        (f"slack://{TOKEN}/{TOKEN}/x", "slack://..."),
        (f"ntfy://{TOKEN}", "ntfy://..."),
        (f"pover://{TOKEN}@{TOKEN}", "pover://..."),
        (f"mailto://jo:{TOKEN}@example.com?to=x@example.com", "mailto://example.com/..."),
        (f"discord://12345678/{TOKEN}", "discord://..."),
        (f"x://eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{TOKEN}/", "x://..."),
    ],
)
def test_scheme_and_host_are_shown(url: str, shown: str) -> None:
    """Where a token stands in the place of the host, the scheme alone."""
    found = notify.PushUrl(url)
    assert (found.shown, repr(found)) == (shown, f"PushUrl({shown!r})")


def test_urls_are_read_one_by_one(tmp_path: Path) -> None:
    """With blanks between them, each once; when is what is said, else what the e-mail's says, else always."""
    url = f"json://localhost/{TOKEN}"
    found = read(tmp_path, PAPER_RUN_NOTIFY=f"  {url}\n ntfys://ntfy.sh/x {url} ")
    assert found is not None
    assert ([each.url for each in found.urls], found.on) == ([url, "ntfys://ntfy.sh/x"], "always")
    for on, mail, expected in [
        ("", "problems", "problems"),
        ("never", "always", "never"),
        ("", "", "always"),
    ]:
        found = read(tmp_path, PAPER_RUN_NOTIFY=url, PAPER_RUN_NOTIFY_ON=on, PAPER_RUN_EMAIL_ON=mail)
        assert found is not None
        assert found.on == expected
    assert read(tmp_path, PAPER_RUN_NOTIFY=" ") is None
    assert read(tmp_path, PAPER_RUN_NOTIFY_ON="always") is None
    with pytest.raises(DataError, match="PAPER_RUN_NOTIFY_ON"):
        read(tmp_path, PAPER_RUN_NOTIFY_ON="sometimes")


@pytest.mark.parametrize("word", [TOKEN, f"//{TOKEN}", f"1://{TOKEN}", f"json:/{TOKEN}", f"x://{TOKEN}\x1b"])
def test_what_is_no_url_is_refused_without_showing_it(word: str) -> None:
    """Its place in the variable and the form are named."""
    with pytest.raises(DataError) as caught:
        notify.urls(SourcedValue(f"json://localhost {word}", NOTIFY))
    said = f"{caught.value} {caught.value.remedies}"
    assert "PAPER_RUN_NOTIFY: its URL number 2, '<hidden>', is not allowed" in said
    assert TOKEN not in said


def test_its_secrets_are_no_services_to_repeat(tmp_path: Path) -> None:
    """The URL, its password and its tokens are hidden wherever they come back; its plain words are not."""
    url = f"json://jo:pass%2Fword@localhost/services/{TOKEN}?key=qu3ry-s3cret&hook=AAPL"
    config = load(
        Sources({}, {"PAPER_RUN_NOTIFY": url}, env_file=None, here=tmp_path),
        today=date(2026, 1, 5),
    )
    assert isinstance(config, Config)
    said = f"no: {url}; {TOKEN}; pass/word for jo:pass/word; qu3ry-s3cret; the services of AAPL"
    hidden = config.secrets.text(said)
    for secret in (TOKEN, "pass/word", "pass%2Fword", "qu3ry"):
        assert secret not in hidden
    assert hidden.endswith("the services of AAPL")
