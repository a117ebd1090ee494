"""The clock decides which session is traded: proved by the services' own, else no older session is traded."""

import shlex
from datetime import UTC, datetime, timedelta

import pytest
from day.exchange_day import FRIDAY, WEDNESDAY, Day
from support.faulty_http import Answer
from support.odd_orchestrator import Plan

DAY_BACK = timedelta(days=-1)


def ours_is_off(day: Day, by: timedelta) -> None:
    """Set the clock of the commands off the platform's."""
    right = day.ahead
    day.platform.now = lambda: datetime.now(UTC) + right
    day.ahead = right + by


def say_no_time(day: Day, **headers: str) -> None:
    """Have no service tell a Date that can be compared."""
    for service in day.platform.services.values():
        service.script("GET", "/health", [], Answer(headers=headers or {"date": ""}))


def codes(day: Day, trade: str) -> list[str]:
    return [each["code"] for each in day.saved(trade)["findings"]]


@pytest.mark.parametrize("off", [DAY_BACK, timedelta(days=2), timedelta(days=40), timedelta(hours=-12)])
def test_a_clock_with_another_date_sends_nothing(day: Day, off: timedelta) -> None:
    """Exit 1 that shows both clocks and how to set one right; nothing is sent, nothing journaled."""
    day.env |= {"PAPER_RUN_LATEST_START": "23:59", "PAPER_RUN_OPEN_DATES": "2027-01-04"}
    ours_is_off(day, off)
    said = day.must(status=1)
    assert "two clocks disagree" in said.stderr
    assert "2026-11-25 10:00 EST" in said.stderr
    assert "timedatectl" in said.stderr
    assert (day.platform.posts, day.rows()) == ([], [])
    assert "two clocks disagree" in day.run("doctor").stdout


def test_a_clock_with_another_date_has_no_closed_day(day: Day) -> None:
    """On Wednesday a clock a day ahead says Thanksgiving: a session would be left out, exit 0."""
    ours_is_off(day, timedelta(days=1))
    said = day.must(status=1)
    assert "It is not known what day it is" in said.stderr
    assert "No session" not in said.stdout + said.stderr


def test_the_gateway_is_asked_where_the_orchestrator_tells_no_time(day: Day) -> None:
    """T5's Date behind a proxy says nothing; T4's own does."""
    day.platform.orchestrator.script("GET", "/health", [], Answer(headers={"Via": "1.1 proxy"}))
    ours_is_off(day, DAY_BACK)
    said = day.must(status=1)
    assert "the Execution Gateway at" in said.stderr
    assert day.platform.posts == []


@pytest.mark.parametrize(
    "headers", [{"date": ""}, {"date": "yesterday"}, {"Via": "1.1 proxy"}, {"Age": "61"}]
)
def test_without_a_time_of_theirs_the_run_says_that_the_clock_is_unproved(
    day: Day, headers: dict[str, str]
) -> None:
    """It trades, and says so, on the terminal and in the record; doctor too."""
    say_no_time(day, **headers)
    said = day.must()
    assert "The clock is unproved" in said.stdout
    assert "clock_unproved" in codes(day, "2026-11-25")
    assert "unproved" in day.run("doctor").stdout


def test_a_date_that_is_a_minute_old_is_still_one(day: Day) -> None:
    """An Age of 60 s proves the date."""
    say_no_time(day, Age="60")
    assert "unproved" not in day.must().stdout


def test_around_midnight_the_clocks_are_waited_for(day: Day) -> None:
    """Ours a few seconds before the exchange's midnight, theirs after it: the run waits, and trades once."""
    day.env |= {"PAPER_RUN_EXCHANGE": "24/7"}
    day.at("2026-11-26 00:00:20")
    ours_is_off(day, timedelta(seconds=-60))
    said = day.must("--ignore-calendar")
    assert "The clocks disagree around midnight" in said.stdout
    assert day.traded == ["2026-11-26"]


def test_midnight_may_bring_a_day_without_a_session(day: Day) -> None:
    """It was Friday when the run began, and it is Saturday when the clocks agree: nothing is sent."""
    day.env |= {"PAPER_RUN_LATEST_START": "23:59"}
    day.at("2026-11-28 05:00:20")
    ours_is_off(day, timedelta(seconds=-90))
    said = day.must()
    assert "No session on 2026-11-28" in said.stdout
    assert (day.platform.posts, day.rows()) == ([], [])


def test_an_older_session_is_not_traded_on_an_unproved_clock(day: Day) -> None:
    """The clock is a day back: exit 3 that names both sessions; --again is for the one who knows better."""
    day.at(FRIDAY).must()
    say_no_time(day)
    day.at(WEDNESDAY)
    said = day.must(status=3)
    assert "2026-11-25 is older than 2026-11-27" in said.stderr
    assert "--again" in said.stderr
    assert day.traded == ["2026-11-27"]
    assert "A run would stop here: The session of 2026-11-25" in day.must("--dry-run").stdout
    day.must("--again")
    assert day.traded == ["2026-11-27", "2026-11-25"]


def test_rehearsals_and_what_placed_nothing_are_no_newer_session(day: Day) -> None:
    """They close no session, so that an older one may be traded, whatever the clock is worth."""
    day.platform.gateway.health["dry_run"] = True
    day.at(FRIDAY).must()
    day.platform.gateway.health["dry_run"] = False
    day.platform.orchestrator.script("POST", "/api/v1/orchestration/run", [Answer(status=404, body={})])
    day.must(status=2)
    assert [row["state"] for row in day.rows()] == ["closed", "nothing"]
    say_no_time(day)
    day.at(WEDNESDAY).must()


def test_a_session_after_today_is_a_finding_and_can_be_set_aside(day: Day) -> None:
    """The clock was ahead and traded Friday on Wednesday: with the date proved Wednesday is traded, Friday is
    named with its command, set aside on purpose, and traded on its own day."""
    day.at(FRIDAY).must()
    day.at(WEDNESDAY)
    said = day.must()
    (found,) = [each for each in day.saved("2026-11-25")["findings"] if each["code"] == "wrong_date"]
    assert (found["severity"], found["subject"]) == ("warning", "2026-11-27")
    (remedy,) = found["remedies"]
    assert remedy["command"].startswith("paper-run resolve 2026-11-27 --wrong-date --ledger ")
    assert said.returncode == 0
    day.must("resolve", "2026-11-25", "--wrong-date", status=3)  # it is today
    day.must("resolve", "2026-11-26", "--wrong-date", status=3)  # it was never traded
    say_no_time(day)
    day.must("resolve", "2026-11-27", "--wrong-date", status=1)  # nobody says what day it is
    for service in day.platform.services.values():
        service._scripts.clear()
    day.must("resolve", "2026-11-27", "--wrong-date", "--ledger", "0badf00d", status=3)
    words = shlex.split(remedy["command"])[1:]
    assert "The session 2026-11-27 is set aside" in day.must(*words).stdout
    again = day.must("mark")
    assert "its date is wrong" not in again.stdout
    day.platform.plan = {each: Plan(qty=7) for each in ("AAPL", "MSFT", "GOOGL")}  # else the same orders
    day.at(FRIDAY).must()
    assert day.traded == ["2026-11-27", "2026-11-25", "2026-11-27"]
    assert day.saved("2026-11-27-2")["status"] == "success"
    assert "wrong_date" not in codes(day, "2026-11-27-2")
    day.must()
    assert day.platform.executed == 3


def test_a_sandbox_has_the_date_that_it_plays(day: Day) -> None:
    """Its sessions lie years back, on any clock."""
    day.must("--sandbox")
    assert "unproved" not in day.must("--sandbox", "--again", "--max-position-size", "9000").stdout
    day.must("resolve", "--sandbox", "2025-01-02", "--wrong-date", status=3)


@pytest.mark.parametrize("off", [timedelta(days=2), DAY_BACK])
def test_a_clock_with_another_session_values_nothing(day: Day, off: timedelta) -> None:
    """A closing of a day to come would stay, and be false."""
    day.must()
    day.at("2026-11-25 22:00")
    ours_is_off(day, off)
    said = day.must("mark", status=1)
    assert ("two clocks disagree" in said.stderr, "Nothing was changed" in said.stderr) == (True, True)
    assert not list(day.reports.glob("*_mark.*"))


def test_a_session_has_closed_once_each_clock_says_so(day: Day) -> None:
    """By ours alone it keeps no closing: the mark behind the true close makes it."""
    day.must()
    right = day.ahead
    ours_is_off(day, timedelta(hours=7))
    assert "has not closed yet" in day.must("mark").stdout
    day.ahead = right + timedelta(hours=7)
    day.platform.now = day.now
    assert "keeps the closing" not in day.must("mark").stdout
    assert "keeps the closing" in day.must("mark").stdout
