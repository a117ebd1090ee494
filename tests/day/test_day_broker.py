"""The broker as the commands see it: doctor's line with its fix, and what a day does with wrong settings."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from day.exchange_day import Day
from support.answers import Answer
from support.broker_server import KEY, NUMBER, SECRET, BrokerServer, serving_broker
from support.command import Finished
from support.socket_server import refusing


@pytest.fixture
def broker() -> Iterator[BrokerServer]:
    with serving_broker() as made:
        yield made


@pytest.fixture
def day(tmp_path: Path, broker: BrokerServer) -> Iterator[Day]:
    """A day whose keys are the broker's; quotes come from elsewhere."""
    made = Day(tmp_path)
    with made.platform:
        made.env |= {"ALPACA_API_KEY_ID": KEY, "ALPACA_API_SECRET_KEY": SECRET}
        made.env |= {"ALPACA_BASE_URL": f"{broker.url}/v2", "PAPER_RUN_QUOTES_URL": made.platform.quotes.url}
        yield made


def line(said: Finished) -> str:
    """Return the one line about the broker."""
    (found,) = [each for each in said.lines if each[2:].startswith("Broker:")]
    return found


def test_an_account_that_is_well_is_shown(day: Day, broker: BrokerServer) -> None:
    """Where it is, whose money, its number and how long it took; one GET, and no key anywhere."""
    said = day.must("doctor", "-v")
    assert line(said).startswith(
        f"✓ Broker:            {broker.url} has the paper account {NUMBER}, ACTIVE ("
    )
    assert line(said).endswith(" ms)")
    assert [(each.method, each.path) for each in broker.requests] == [("GET", "/v2/account")]
    assert not any(key in said.stdout + said.stderr for key in (KEY, SECRET))
    day.env["PAPER_RUN_BROKER"] = "live"
    assert f"has the live account {NUMBER}" in line(day.must("doctor"))


def test_keys_that_the_host_refuses_are_told_with_the_fix(day: Day, broker: BrokerServer) -> None:
    """The broker's own words and code, and what the usual causes are; exit 1."""
    day.env["ALPACA_API_SECRET_KEY"] = "another"
    said = line(day.must("doctor", status=1))
    assert f"{broker.url}: it answered 401: request is not authorized (code 40110000) - fix: " in said
    assert "a live account's are refused at the paper host" in said
    assert "PAPER_RUN_BROKER=off for keys that are for quotes alone" in said


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("status", "ACCOUNT_UPDATED", "its status is ACCOUNT_UPDATED, and ACTIVE is the only good one"),
        ("trading_blocked", True, "trading is blocked"),
        ("account_blocked", True, "it is blocked"),
        ("trade_suspended_by_user", True, "its owner has suspended trading"),
    ],
)
def test_an_account_that_can_not_trade_is_told(
    day: Day, broker: BrokerServer, field: str, value: object, words: str
) -> None:
    """What is wrong with it, and where that is mended; exit 1."""
    broker.account[field] = value
    said = line(day.must("doctor", status=1))
    assert f"the paper account {NUMBER}: {words} - fix: see in the broker's dashboard" in said


def test_an_account_that_does_not_tell_its_cash_is_told(day: Day, broker: BrokerServer) -> None:
    """It is well, and the line says what is missing."""
    del broker.account["cash"], broker.account["equity"]
    assert line(day.must("doctor")).endswith("; it does not tell its cash and its equity")


def test_a_host_that_answers_otherwise_is_told(day: Day, broker: BrokerServer) -> None:
    """A page of some network, a broker that is down, one that has had too many requests; exit 1."""
    broker.always("GET", "*", Answer(body="<html>please log in</html>"))
    said = line(day.must("doctor", status=1))
    assert "it answered 200 with a body that is not JSON - fix: look at the host in ALPACA_BASE_URL" in said
    limited = {"code": 42910000, "message": "rate limit exceeded"}
    broker.always("GET", "*", Answer(status=429, body=limited, headers={"Retry-After": "60"}))
    assert "it answered 429: rate limit exceeded (code 42910000)" in line(day.must("doctor", status=1))
    day.env["ALPACA_BASE_URL"] = str(refusing())
    assert "it refused the connection" in line(day.must("doctor", status=1))


def test_a_live_host_is_named_and_not_asked(day: Day, broker: BrokerServer) -> None:
    """In `auto`: doctor's line has the ways out, a run goes on and says it; exit 0."""
    day.env["ALPACA_BASE_URL"] = "https://api.alpaca.markets/v2"
    said = day.must("doctor", "-v", status=3)
    assert "The broker is not read: ALPACA_BASE_URL names a live account's host" in line(said)
    assert "fix: Set PAPER_RUN_BROKER=live if it is to be read" in line(said)
    assert "✓ Settings:" in said.stdout
    assert "alpaca.markets" not in said.stderr
    said = day.must("-v")
    assert "The broker is not read: ALPACA_BASE_URL names a live account's host" in said.stdout + said.stderr
    assert "GET https://api.alpaca.markets" not in said.stderr
    assert broker.requests == []
    day.env["PAPER_RUN_BROKER"] = "off"
    assert "Broker" not in day.must("doctor").stdout


@pytest.mark.parametrize("command", [(), ("mark",), ("doctor",)])
def test_a_word_that_contradicts_the_host_ends_it_before_anything_is_sent(
    day: Day, broker: BrokerServer, command: tuple[str, ...]
) -> None:
    """Exit 3, whichever command; nobody is asked for anything."""
    day.env |= {"ALPACA_BASE_URL": "https://api.alpaca.markets", "PAPER_RUN_BROKER": "paper"}
    said = day.must(*command, status=3)
    assert "PAPER_RUN_BROKER is paper, but ALPACA_BASE_URL is a live account's host" in said.stderr
    assert day.platform.requests == broker.requests == []


def test_a_sandbox_knows_no_real_account(tmp_path: Path) -> None:
    """With `--sandbox` its own broker alone is asked, and nothing is said of the one that is not read."""
    day = Day(tmp_path)
    env = {"ALPACA_API_KEY_ID": KEY, "ALPACA_API_SECRET_KEY": SECRET}
    env["ALPACA_BASE_URL"] = "https://api.alpaca.markets"
    day.env |= env
    said = day.must("--sandbox", "-v")
    assert "alpaca" not in (said.stdout + said.stderr).lower()
    assert " has the paper account PA" in line(day.must("doctor", "--sandbox"))


def test_a_frozen_quote_source_takes_no_time_from_the_broker(day: Day, broker: BrokerServer) -> None:
    """They are asked at the same time: the account is shown all the same."""
    day.platform.quotes.always("GET", "*", Answer(freeze=True))
    assert f"has the paper account {NUMBER}, ACTIVE" in line(day.must("doctor", status=1))
    assert len(broker.requests) == 1
