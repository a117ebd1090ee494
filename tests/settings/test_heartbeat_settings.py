"""What a person may type as the heartbeat's URL, which nobody gets to see."""

import pytest

from paper_run.errors import DataError
from paper_run.settings.heartbeat import heartbeat_url
from paper_run.settings.sources import HEARTBEAT_URL as VARIABLE
from paper_run.settings.sources import SourcedValue

SECRET = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278"


@pytest.mark.parametrize(
    ("typed", "base", "query", "shown"),
    [
        (f"https://hc-ping.com/{SECRET}", f"https://hc-ping.com/{SECRET}", "", "https://hc-ping.com/..."),
        (f" http://[::1]:8000/ping/{SECRET}/ ", f"http://[::1]:8000/ping/{SECRET}", "", "http://[::1]:8000/..."),
        (f"https://hc.example/{SECRET}/day?create=1&x", f"https://hc.example/{SECRET}/day", "?create=1&x",
         "https://hc.example/..."),
        ("HTTPS://HC.example", "https://hc.example", "", "https://hc.example/..."),
        ("https://hc.example/x?", "https://hc.example/x", "", "https://hc.example/..."),
    ],
)  # fmt: skip
def test_a_url_is_taken_apart(typed: str, base: str, query: str, shown: str) -> None:
    """Without a slash at its end, its query beside it; a person sees scheme and host."""
    url = heartbeat_url(SourcedValue(typed, VARIABLE))
    assert (url.service.base, url.query, url.shown) == (base, query, shown)
    assert url.service.credentials is None


def test_credentials_travel_beside_the_url() -> None:
    """As basic authentication, not in the request's line; they are shown nowhere."""
    url = heartbeat_url(SourcedValue(f"https://jo%40desk:s3cr%3At@hc.example/{SECRET}", VARIABLE))
    assert url.service.credentials == ("jo@desk", "s3cr:t")
    assert url.service.base == f"https://hc.example/{SECRET}"
    for text in (repr(url), f"{url}", url.shown):
        assert SECRET not in text
        assert "s3cr" not in text


@pytest.mark.parametrize(
    ("typed", "because"),
    [
        ("", "http://"),
        (SECRET, "http://"),
        (f"ftp://hc.example/{SECRET}", "http://"),
        (f"https:///{SECRET}", "no host"),
        (f"https://hc.example:0/{SECRET}", "0 is no port"),
        (f"https://hc.example:port/{SECRET}", "can't be read"),
        (f"https://[{SECRET}/", "can't be read"),
        (f"https://hc.example/{SECRET}#x", "fragment"),
        (f"https://hc.example/{SECRET}#", "fragment"),
        (f"https://hc.example/ {SECRET}", "space"),
        (f"https://hc.example/{SECRET}\\x", "space"),
        (f"https://hc.example/é{SECRET}", "space"),
        (f"https://hc.example/\x1b{SECRET}", "space"),
    ],
)
def test_what_is_no_url_is_refused_without_showing_it(typed: str, because: str) -> None:
    """Exit status 3, the place and the reason; not the secret."""
    with pytest.raises(DataError) as caught:
        heartbeat_url(SourcedValue(typed, f"{VARIABLE} in /srv/.env"))
    said = f"{caught.value} {caught.value.remedies}"
    assert caught.value.title.startswith("PAPER_RUN_HEARTBEAT_URL in /srv/.env: '<hidden>' is not allowed (")
    assert because in caught.value.title
    assert "healthchecks.io" in caught.value.explanation
    assert caught.value.exit_status == 3
    assert SECRET not in said
    assert said.isprintable()
