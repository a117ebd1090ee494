"""Whether the broker is read, and where it is: no live account by accident, no secret in any message."""

from datetime import date
from pathlib import Path

import pytest

from paper_run.errors import DataError
from paper_run.settings import config
from paper_run.settings.broker import LIVE_HOST, PAPER_HOST, BrokerSettings
from paper_run.settings.config import Config
from paper_run.settings.sources import Sources

KEYS = {"ALPACA_API_KEY_ID": "PKSETTING0123", "ALPACA_API_SECRET_KEY": "s3cr3t/of+the=broker"}
STAND_IN = "http://127.0.0.1:8004"


def load(tmp_path: Path, **environment: str) -> Config:
    sources = Sources({}, KEYS | environment, env_file=None, here=tmp_path)
    return config.load(sources, today=date(2025, 1, 17))


def broker(tmp_path: Path, **environment: str) -> BrokerSettings:
    found = load(tmp_path, **environment).broker
    assert found is not None
    return found


def refused(tmp_path: Path, **environment: str) -> str:
    """Return all that is said of settings that are wrong: exit 3, and no key in it."""
    with pytest.raises(DataError) as caught:
        load(tmp_path, **environment)
    error = caught.value
    said = "\n".join([str(error), *map(str, error.remedies)])
    assert error.exit_status == 3
    assert "nothing was sent" in said
    assert not any(key in said + repr(error) for key in KEYS.values())
    return said


def test_with_keys_the_paper_account_is_read(tmp_path: Path) -> None:
    """It is `auto`: a failure to read it does not count."""
    found = broker(tmp_path)
    assert (found.url.base, found.kind, found.is_demanded, found.is_named) == (
        PAPER_HOST,
        "paper",
        False,
        False,
    )
    assert load(tmp_path).notices == ()


@pytest.mark.parametrize("spelling", ["ALPACA", "APCA"])
def test_the_keys_are_those_of_the_quotes(tmp_path: Path, spelling: str) -> None:
    """Under both of their names."""
    keys = {name.replace("ALPACA", spelling): value for name, value in KEYS.items()}
    read = config.load(Sources({}, keys, env_file=None, here=tmp_path), today=date(2025, 1, 17))
    assert read.broker is not None
    assert read.quote_keys == tuple(KEYS.values())


@pytest.mark.parametrize("mode", ["", "auto", "off"])
def test_without_keys_none_is_read(tmp_path: Path, mode: str) -> None:
    """Nor is a word said: a host alone is the platform's own setting."""
    environment = {"ALPACA_BASE_URL": LIVE_HOST, "PAPER_RUN_BROKER": mode}
    read = config.load(Sources({}, environment, env_file=None, here=tmp_path), today=date(2025, 1, 17))
    assert (read.broker, read.notices) == (None, ())


@pytest.mark.parametrize("mode", ["paper", "live"])
def test_a_broker_that_is_demanded_needs_keys(tmp_path: Path, mode: str) -> None:
    """Exit 3, naming them."""
    environment = {"PAPER_RUN_BROKER": mode}
    with pytest.raises(DataError, match=f"PAPER_RUN_BROKER is {mode}, but there are no keys") as caught:
        config.load(Sources({}, environment, env_file=None, here=tmp_path), today=date(2025, 1, 17))
    assert "ALPACA_API_KEY_ID and ALPACA_API_SECRET_KEY" in str(caught.value)


def test_off_is_off(tmp_path: Path) -> None:
    """Whatever the host is, and even where it is none: quotes are asked for all the same."""
    for host in (LIVE_HOST, STAND_IN, "no url at all"):
        read = load(tmp_path, PAPER_RUN_BROKER="off", ALPACA_BASE_URL=host)
        assert (read.broker, read.notices) == (None, ())
        assert read.quote_keys is not None


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("https://paper-api.alpaca.markets", PAPER_HOST),
        ("https://paper-api.alpaca.markets/", PAPER_HOST),
        ("https://paper-api.alpaca.markets/v2", PAPER_HOST),
        ("https://paper-api.alpaca.markets/v2/", PAPER_HOST),
        (f"{STAND_IN}/v2", STAND_IN),
        (f"{STAND_IN}/broker/v2", f"{STAND_IN}/broker"),
        (f"{STAND_IN}/v20", f"{STAND_IN}/v20"),
    ],
)
@pytest.mark.parametrize("mode", ["", "auto", "paper"])
def test_the_host_is_taken_without_the_version(tmp_path: Path, typed: str, base: str, mode: str) -> None:
    """Some platforms name it with `/v2`, some without."""
    found = broker(tmp_path, ALPACA_BASE_URL=typed, PAPER_RUN_BROKER=mode)
    assert (found.url.base, found.kind, found.is_named) == (base, "paper", True)
    assert found.is_demanded is (mode == "paper")


@pytest.mark.parametrize("host", [LIVE_HOST, f"{LIVE_HOST}/v2", "https://API.Alpaca.Markets"])
def test_a_live_account_is_not_read_unasked(tmp_path: Path, host: str) -> None:
    """In `auto` a warning with three ways out, and no broker; quotes go on."""
    read = load(tmp_path, ALPACA_BASE_URL=host)
    (notice,) = read.notices
    assert (notice.code, notice.severity) == ("broker_live", "warning")
    assert "The broker is not read: ALPACA_BASE_URL names a live account's host" in notice.text
    said = "\n".join(map(str, notice.remedies))
    assert all(way in said for way in ("PAPER_RUN_BROKER=live", PAPER_HOST, "PAPER_RUN_BROKER=off"))
    assert (read.broker, read.quote_keys) == (None, tuple(KEYS.values()))


def test_a_live_account_is_read_when_it_is_said(tmp_path: Path) -> None:
    """By the one word that says it; a stand-in that is called live is one too."""
    found = broker(tmp_path, ALPACA_BASE_URL=f"{LIVE_HOST}/v2", PAPER_RUN_BROKER="live")
    assert (found.url.base, found.kind, found.is_demanded) == (LIVE_HOST, "live", True)
    assert broker(tmp_path, ALPACA_BASE_URL=STAND_IN, PAPER_RUN_BROKER="live").kind == "live"


def test_the_word_and_the_host_may_not_contradict_each_other(tmp_path: Path) -> None:
    """Exit 3: what, where, what is allowed, and both ways out."""
    said = refused(tmp_path, ALPACA_BASE_URL=LIVE_HOST, PAPER_RUN_BROKER="paper")
    assert f"PAPER_RUN_BROKER is paper, but ALPACA_BASE_URL is a live account's host, {LIVE_HOST}" in said
    assert f"Set ALPACA_BASE_URL={PAPER_HOST}" in said
    assert "set PAPER_RUN_BROKER=live" in said
    for environment in ({}, {"ALPACA_BASE_URL": PAPER_HOST}):
        said = refused(tmp_path, PAPER_RUN_BROKER="live", **environment)
        assert f"Set ALPACA_BASE_URL={LIVE_HOST}" in said
        assert "set PAPER_RUN_BROKER=paper" in said


def test_the_keys_of_another_source_go_to_no_broker_unasked(tmp_path: Path) -> None:
    """Quotes of somebody else's have somebody else's keys; the host, or the word, says that they fit."""
    other = {"PAPER_RUN_QUOTES_URL": STAND_IN}
    assert load(tmp_path, **other).broker is None
    assert broker(tmp_path, **other, ALPACA_BASE_URL=STAND_IN).url.base == STAND_IN
    assert broker(tmp_path, **other, PAPER_RUN_BROKER="paper").url.base == PAPER_HOST
    assert broker(tmp_path, PAPER_RUN_QUOTES_URL="https://data.alpaca.markets").url.base == PAPER_HOST


@pytest.mark.parametrize("typed", ["Paper", "yes", "1", "demo", " paper"])
def test_a_word_that_means_nothing_is_refused(tmp_path: Path, typed: str) -> None:
    """Exit 3 with the four that do."""
    said = refused(tmp_path, PAPER_RUN_BROKER=typed)
    assert f"PAPER_RUN_BROKER: '{typed}' is not allowed" in said
    assert "Allowed: auto (read when there are keys), paper, live or off." in said


@pytest.mark.parametrize(
    "typed", ["paper-api.alpaca.markets", "ftp://x", "https://", "https://x/v2?a=1", "https://x#y"]
)
def test_a_host_that_is_no_url_is_refused(tmp_path: Path, typed: str) -> None:
    """Exit 3, naming the variable; from a settings file also the file."""
    assert "ALPACA_BASE_URL: " in refused(tmp_path, ALPACA_BASE_URL=typed)
    (tmp_path / ".env").write_text(f"ALPACA_BASE_URL={typed}\n")
    assert f"ALPACA_BASE_URL in {tmp_path / '.env'}: " in refused(tmp_path)


def test_a_login_in_the_host_is_a_secret(tmp_path: Path) -> None:
    """It travels beside the URL, and no text holds it or a key."""
    read = load(tmp_path, ALPACA_BASE_URL="https://ops:s3cr3tpass@broker.example/v2")
    assert read.broker is not None
    assert (read.broker.url.base, read.broker.url.credentials) == (
        "https://broker.example",
        ("ops", "s3cr3tpass"),
    )
    for text in (repr(read), str(read), repr(read.broker), str(read.broker)):
        assert not any(secret in text for secret in (*KEYS.values(), "s3cr3tpass"))
    said = read.secrets.text(f"{KEYS['ALPACA_API_SECRET_KEY']} and s3cr3tpass")
    assert said == "<hidden> and <hidden>"
    said = refused(tmp_path, ALPACA_BASE_URL="https://ops:s3cr3tpass@broker.example/?a")
    assert "s3cr3tpass" not in said
