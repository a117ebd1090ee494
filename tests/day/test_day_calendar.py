"""The exchange's calendar and clock: when a run trades, when it does not, and what it says then."""

import contextlib
import sqlite3
from pathlib import Path

import pytest
from day.exchange_day import FRIDAY, THANKSGIVING, Day
from support.command import Finished
from support.faulty_http import Answer, exact
from support.odd_platform import RUN, RUNS


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return Day(tmp_path)


@pytest.fixture(autouse=True)
def _served(day: Day) -> object:
    with day.platform:
        yield


def assert_sent_nothing(day: Day, said: Finished) -> None:
    assert day.platform.posts == []
    assert day.asked("orchestrator") == []
    assert "Traceback" not in said.stderr


# A day without a session


@pytest.mark.parametrize(
    ("moment", "why", "following"),
    [
        (THANKSGIVING, "Thanksgiving", "2026-11-27"),
        ("2026-11-28 15:00", "Saturday", "2026-11-30"),
        ("2026-11-29 15:00", "Sunday", "2026-11-30"),
        ("2026-07-03 14:00", "Independence Day", "2026-07-06"),
        ("2025-01-09 15:00", "", "2025-01-10"),
    ],
)
def test_a_closed_day_is_one_line(day: Day, moment: str, why: str, following: str) -> None:
    """It names the day, why, the next session and --ignore-calendar; the orchestrator is asked nothing."""
    said = day.at(moment).run()
    assert (said.returncode, said.stderr, len(said.lines)) == (0, "", 1), said.stdout
    assert f"No session on {moment[:10]}" in said.stdout
    assert why in said.stdout
    assert following in said.stdout
    assert "--ignore-calendar" in said.stdout
    assert_sent_nothing(day, said)
    assert day.rows() == []
    assert day.files() == {}


def test_a_closed_day_is_quiet_when_asked_to_be(day: Day) -> None:
    """Cron's log stays empty on a holiday."""
    said = day.at(THANKSGIVING).run("-q")
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_a_closed_day_needs_no_platform(day: Day) -> None:
    """With every service down it is a closed day all the same."""
    for service in day.platform.services.values():
        service.stop()
    said = day.at(THANKSGIVING).run()
    assert (said.returncode, said.stderr, len(said.lines)) == (0, "", 1)


def test_the_calendar_can_be_ignored(day: Day) -> None:
    """On purpose a closed day trades, late at night too; and then it is a session like any other."""
    said = day.at("2026-11-27 03:30").run("--ignore-calendar")  # 22:30 in New York
    assert (said.returncode, day.traded) == (0, ["2026-11-26"])
    again = day.at(THANKSGIVING).run()
    assert "already traded" in again.stdout
    assert day.platform.executed == 1


def test_dates_of_ones_own_beat_the_calendar(day: Day) -> None:
    """PAPER_RUN_CLOSED_DATES and PAPER_RUN_OPEN_DATES are for what nobody could foresee."""
    day.env |= {"PAPER_RUN_CLOSED_DATES": "2026-11-27", "PAPER_RUN_OPEN_DATES": "2026-11-26, 2026-11-28"}
    closed = day.at(FRIDAY).run()
    assert "listed in PAPER_RUN_CLOSED_DATES): the next one is 2026-11-28" in closed.stdout
    assert day.at(THANKSGIVING).run().returncode == 0
    assert day.traded == ["2026-11-26"]


def test_a_date_both_closed_and_open_is_refused(day: Day) -> None:
    """One message that names the date; exit 3, nothing sent."""
    day.env |= {"PAPER_RUN_CLOSED_DATES": "2026-11-27", "PAPER_RUN_OPEN_DATES": "2026-11-27"}
    said = day.at(FRIDAY).run()
    assert said.returncode == 3
    assert "2026-11-27" in said.stderr
    assert_sent_nothing(day, said)


def test_an_earlier_trade_is_settled_on_a_closed_day(day: Day) -> None:
    """What yesterday's lost answer was about is looked for on a holiday too, and its report written anew."""
    lost = Answer(status=504, process="before", body="Gateway Timeout")
    day.at("2026-11-25 15:00").platform.orchestrator.script("POST", RUN, [lost])
    broken = [Answer(status=500, body="Internal Server Error")] * 3
    day.platform.orchestrator.script("GET", RUNS, [Answer(), *broken])
    assert day.run("--timeout", "1").returncode == 2
    assert day.saved("2026-11-25")["status"] == "unknown"
    said = day.at(THANKSGIVING).run()
    assert said.returncode == 0
    assert "2026-11-25 is known" in said.stdout
    assert day.saved("2026-11-25")["status"] == "success"
    assert day.platform.executed == 1


def test_a_rehearsal_goes_on_whatever_day_it_is(day: Day) -> None:
    """The calendar only warns it: nothing is executed."""
    day.platform.gateway.health["dry_run"] = True
    said = day.at(THANKSGIVING).run()
    assert said.returncode == 0
    assert "A rehearsal goes on all the same: No session on 2026-11-26" in said.stdout
    assert day.saved("2026-11-26")["rehearsal"] is True
    late = day.at("2026-11-25 20:50").run()
    assert late.returncode == 0
    assert "A rehearsal goes on all the same: Too late" in late.stdout


def test_a_sandbox_has_sessions_of_its_own(day: Day) -> None:
    """What it plays is its session, whatever day it is here, at any hour; today's holidays are not read."""
    for service in day.platform.services.values():
        service.health |= {"sandbox": True, "session": "2025-01-03"}
    for moment in (THANKSGIVING, "2026-11-25 23:00"):
        assert day.at(moment).run().returncode == 0
        assert {row["year"] for row in day.rows("calendar")} <= {2025}
    assert day.traded == ["2025-01-03"]


def test_a_dry_run_says_that_a_run_would_stop_here(day: Day) -> None:
    """The plan is shown, with the day's obstacle."""
    said = day.at(THANKSGIVING).run("--dry-run")
    assert said.returncode == 0
    assert "A run would stop here: No session on 2026-11-26" in said.stdout
    late = day.at("2026-11-25 20:46").run("--dry-run")
    assert "A run would stop here: Too late to trade the session of 2026-11-25" in late.stdout


def test_the_first_trade_names_its_new_ledger(day: Day) -> None:
    """Also when a closed day has made it: a wrong folder is seen before long."""
    assert "new ledger" not in day.at(THANKSGIVING).must().stdout
    said = f"  A new ledger, without an attempt yet: {day.ledger}\n\n[1/5] Checking"
    assert said in day.at(FRIDAY).must().stdout
    assert "new ledger" not in day.at("2026-11-30 15:00").must().stdout


def test_a_mark_makes_no_folder(day: Day) -> None:
    """A mistyped reports folder is named, and is not there afterwards."""
    said = day.must("mark", "--reports-dir", "mistyped", status=3)
    assert "There is no ledger in" in said.stderr
    assert not (day.folder / "mistyped").exists()


# Too late


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-11-25 05:00", 0),  # midnight
        ("2026-11-25 13:00", 0),  # before the bell
        ("2026-11-25 20:44", 0),
        ("2026-11-25 20:46", 2),
        ("2026-11-26 04:59", 2),
        ("2026-11-27 17:44", 0),  # a half day
        ("2026-11-27 17:46", 2),
        ("2026-07-01 19:44", 0),  # in summer
        ("2026-07-01 19:46", 2),
    ],
)
def test_the_latest_start_is_15_minutes_before_the_close(day: Day, moment: str, status: int) -> None:
    """Of that very day, half days included; before the bell is fine."""
    said = day.at(moment).run()
    assert said.returncode == status, said.stderr
    assert day.platform.executed == (1 if status == 0 else 0)
    if status:
        assert_sent_nothing(day, said)


def test_a_late_start_says_when_and_what_next(day: Day) -> None:
    """The time, the latest start, the close, the next session across the holiday, and both ways out."""
    said = day.at("2026-11-25 20:50").run()
    for words in (
        "Too late to trade the session of 2026-11-25",
        "It is 15:50 EST; the latest start is 15:45, 15 minutes before the close at 16:00",
        "The next session is 2026-11-27",
        "--latest-start",
        "--ignore-calendar",
    ):
        assert words in said.stderr


def test_looking_at_a_traded_session_is_never_late(day: Day) -> None:
    """After the close the record is shown, and exits as its attempt did."""
    assert day.at("2026-11-25 15:00").run().returncode == 0
    said = day.at("2026-11-25 23:00").run()
    assert (said.returncode, said.stderr) == (0, "")
    assert "already traded" in said.stdout


def test_another_latest_start_can_be_set(day: Day) -> None:
    """Earlier or later, by option or variable; the option wins."""
    day.env["PAPER_RUN_LATEST_START"] = "09:45"
    said = day.at("2026-11-25 14:46").run()
    assert said.returncode == 2
    assert "the latest start is 09:45." in said.stderr
    assert day.run("--latest-start", "15:59").returncode == 0


def test_time_that_passes_while_waiting_counts(day: Day) -> None:
    """Services that come up after the latest start are too late."""
    day.platform.signal.script(
        "GET", "/health", [Answer(status=503, body={"detail": "Model not loaded"})] * 9
    )
    said = day.at("2026-11-25 20:44:50").run("--wait", "600")
    assert said.returncode == 2
    assert "Too late" in said.stderr
    assert day.platform.posts == []


# The date of the signals


def test_signals_of_a_closed_day_are_refused(day: Day) -> None:
    """Exit 3 names the nearest sessions; --ignore-calendar sends it all the same."""
    said = day.at(FRIDAY).run("--as-of-date", "2026-11-26")
    assert said.returncode == 3
    assert "no session on 2026-11-26 (Thanksgiving" in said.stderr
    assert "2026-11-25 or 2026-11-27" in said.stderr
    assert_sent_nothing(day, said)
    assert day.run("--as-of-date", "2026-11-26", "--ignore-calendar").returncode == 0
    assert day.saved("2026-11-27")["parameters"]["as_of_date"] == "2026-11-26"


def test_the_first_day_there_is_has_no_session_before(day: Day) -> None:
    """The farthest wrong date is refused in words too."""
    said = day.at(FRIDAY).run("--as-of-date", "0001-01-06")
    assert said.returncode == 3
    assert "there was no session on 0001-01-06 (Saturday)" in said.stderr


def test_previous_is_the_last_session_that_is_over(day: Day) -> None:
    """Across a holiday; and the same session after its close is no run with other parameters."""
    assert day.at("2026-11-27 14:00").run("--as-of-date", "previous").returncode == 0
    assert day.saved("2026-11-27")["parameters"]["as_of_date"] == "2026-11-25"
    said = day.at("2026-11-27 21:00").run("--as-of-date", "previous")
    assert said.returncode == 0
    assert "already traded" in said.stdout


# Clocks


ZONES = ("America/New_York", "Pacific/Kiritimati", "UTC")
MIDNIGHTS = {"2026-11-28 02:00": None, "2026-11-30 06:00": "2026-11-30"}


@pytest.mark.parametrize(
    ("zone", "moment", "session"),
    [
        *((zone, moment, session) for zone in ZONES for moment, session in MIDNIGHTS.items()),
        ("Asia/Tokyo", "2026-11-25 14:00", "2026-11-25"),
        ("Asia/Tokyo", "2026-11-28 02:00", None),  # Friday's evening in New York, Saturday in UTC
        ("Asia/Tokyo", "2026-11-30 03:00", None),  # Sunday's evening in New York, Monday elsewhere
        ("Asia/Tokyo", "2026-11-30 06:00", "2026-11-30"),  # one o'clock on Monday morning
        ("Asia/Tokyo", "2026-03-08 13:30", None),  # both days of the clock change are Sundays
        ("Asia/Tokyo", "2026-03-09 13:00", "2026-03-09"),  # 09:00 EDT
        ("Asia/Tokyo", "2026-11-02 14:00", "2026-11-02"),  # 09:00 EST
    ],
)
def test_the_machines_zone_does_not_matter(day: Day, zone: str, moment: str, session: str | None) -> None:
    """The session is New York's date, on both sides of either midnight and of both clock changes."""
    day.env["TZ"] = zone
    said = day.at(moment).run("-q")
    late = moment == "2026-11-28 02:00"
    assert said.returncode == (2 if late else 0), said.stderr
    assert day.traded == ([session] if session else [])


def test_each_utc_day_is_a_session_of_24_7(day: Day) -> None:
    """A Saturday night trades; session, report and price times are in UTC."""
    day.env["PAPER_RUN_EXCHANGE"] = "24/7"
    assert day.at("2026-11-29 01:00").run().returncode == 0  # 20:00 on Saturday in New York
    result = day.saved("2026-11-29")
    assert result["timestamp"].startswith("2026-11-29T01:00")
    assert result["timestamp"].endswith("+00:00")
    late = day.at("2026-11-30 23:50").run()
    assert late.returncode == 2
    assert "the latest start is 23:45" in late.stderr
    assert "The next session is 2026-12-01" in late.stderr


def test_one_ledger_has_the_sessions_of_one_exchange(day: Day) -> None:
    """A session's date is what keeps a second attempt out, so it keeps its meaning."""
    assert day.at("2026-11-25 15:00").run().returncode == 0
    said = day.at("2026-11-26 01:00").run("--exchange", "24/7")
    assert said.returncode == 3
    assert "exchange is XNYS, and this one is 24/7" in said.stderr
    assert day.platform.executed == 1


def test_a_ledger_that_does_not_say_is_new_yorks(day: Day) -> None:
    """Those of earlier programs had no other exchange: their day is not traded again under UTC's date."""
    day.at("2026-11-25 15:00").must()
    with contextlib.closing(sqlite3.connect(day.ledger)) as connection:
        connection.execute("DELETE FROM account WHERE name = 'exchange'")
        connection.commit()
    day.at("2026-11-26 01:00").must("--exchange", "24/7", status=3)
    day.at("2026-11-27 15:00").must()
    assert day.platform.executed == 2


def test_a_years_holidays_are_asked_for_once(day: Day) -> None:
    """They are kept in the ledger, and read from there the next day."""
    day.at("2026-11-24 15:00").run()
    (kept,) = day.rows("calendar")
    assert exact(kept["days"])["holidays"]["2026-11-26"].startswith("Thanksgiving")
    day.at("2026-11-25 15:00").run()
    assert day.rows("calendar") == [kept]


def test_before_the_bell_a_killed_run_is_valued_once_the_session_has_opened(day: Day) -> None:
    """At 08:00 a mark would value the session before: shown again, the run says when to call it."""
    day.at("2026-11-25 13:00")
    assert day.run(at="after replace ????????-*-*-*-*.json", nth=2, do="SIGKILL").returncode == -9
    assert "Once the session has opened, value it: " in day.must().stdout
    day.at("2026-11-25 15:00")
    assert "Value the session: " in day.must().stdout
    day.must("mark")
    assert "its P&L is in the session's mark, 2026-11-25_mark.html" in day.must().stdout
