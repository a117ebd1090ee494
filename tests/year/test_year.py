"""A year of unattended running: 252 sessions, the closed days between, and what goes wrong in a year."""

import json
import re
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.chromium import pictured, resize
from year.days import (
    AT_POST,
    CLOCK_CHANGES,
    CLOSED,
    DOWN,
    GATEWAY_DOWN,
    KILLED,
    LATE,
    MAIL_DOWN,
    RUN_AGAIN_AT,
    SESSIONS,
    STARTED_TWICE,
    TRADED,
    within,
)
from year.played import Done, Year, cents

from paper_run.sandbox.exchange_days import next_session

CAPITAL = Decimal(100_000)
LOOKS = ("wide", "dark", "phone")
FILES_OF_A_RUN = ("_paper_run.json", "_paper_run.html", "_orders.csv", "_positions.csv")
FILES_OF_A_MARK = ("_mark.json", "_mark.html", "_mark_orders.csv", "_mark_positions.csv")


# the days


def test_the_year_is_one() -> None:
    """252 sessions, 117 closed days, one of them unforeseen; both clock changes and a new year's eve."""
    assert (len(SESSIONS), len(CLOSED)) == (252, 117)
    assert date(2025, 1, 9) in CLOSED
    assert all(day in CLOSED for day in CLOCK_CHANGES)
    assert all(day in SESSIONS for day in (*LATE, *KILLED, *STARTED_TWICE))
    assert len(TRADED) == 252 - 5 - 2


def _status(each: Done) -> int:
    """Return the exit status that a command must have."""
    if each.day in DOWN or within(each.day, MAIL_DOWN):
        return 1
    return 2 if each.day in LATE and not each.is_mark else 0


def test_every_command_ends_as_its_day_demands(year: Year) -> None:
    """0 on good days and closed ones, 1 in both weeks of outage, 2 when it is too late; no traceback ever."""
    killed = {(each.day, each.at) for each in year.runs() if each.day in KILLED and each.at == "09:35"}
    wrong = {
        each.name: (each.status, each.stderr)
        for each in year.done
        if each.status != (-9 if (each.day, each.at) in killed else _status(each))
    }
    assert wrong == {}
    assert len(killed) == len(KILLED)
    assert not [each.name for each in year.done if "Traceback" in each.stdout + each.stderr]


def test_a_command_without_a_problem_says_nothing(year: Year) -> None:
    """With -q cron's log holds problems alone."""
    spoken = {each.name: each.stdout + each.stderr for each in year.done if "-q" in each.args}
    assert {name for name, text in spoken.items() if text} == {
        each.name for each in year.done if "-q" in each.args and each.status > 0
    }


# the attempts


def test_each_session_is_traded_once(year: Year) -> None:
    """The platform executed one orchestration in each session but those of the outage and the late starts."""
    executed = [each["as_of_date"] for each in year.orchestrations()]
    assert executed == [day.isoformat() for day in TRADED]
    assert {each["status"] for each in year.orchestrations()} == {"completed"}


def test_each_session_is_asked_for_once(year: Year) -> None:
    """245 POSTs, each with a key of its own, each on its own day; 4 of them by commands that were killed."""
    posts = [(key, session) for each in year.done for key, session in each.posts]
    assert [session for _, session in posts] == [day.isoformat() for day in TRADED]
    assert len({key for key, _ in posts}) == len(TRADED)
    assert [row["key"] for row in year.rows("trades")] == [key for key, _ in posts]


def test_the_ledger_has_each_trade(year: Year) -> None:
    """One row for each session that was traded, settled, with the platform's own run."""
    rows = year.rows("trades")
    assert [row["session"] for row in rows] == [day.isoformat() for day in TRADED]
    assert {(row["number"], row["state"], row["status"], row["sandbox"]) for row in rows} == {
        (1, "closed", "success", 0)
    }
    assert [row["run_id"] for row in rows] == [run["run_id"] for run in year.orchestrations()]


def test_a_run_that_was_killed_is_adopted(year: Year) -> None:
    """What was executed after the death of the command is found by the next one, a run or a mark."""
    resolved = {row["session"]: row["settled"] for row in year.rows("trades") if row["settled"]}
    assert set(resolved) == {day.isoformat() for day, where in KILLED.items() if where == AT_POST}
    for session, how in resolved.items():
        day = date.fromisoformat(session)
        at = f"{RUN_AGAIN_AT[day]:%H:%M}" if day in RUN_AGAIN_AT else "16:10"
        assert re.fullmatch(rf"run [0-9a-f-]{{36}} was found on {session} {at}:\d\d-04:00", how)


def test_a_session_begun_twice_is_shown(year: Year) -> None:
    """The second start asks T5 for nothing and is not late."""
    for day, at in STARTED_TWICE.items():
        (again,) = [each for each in year.runs() if each.day == day and each.at == f"{at:%H:%M}"]
        assert (again.status, again.requests) == (0, [])


def test_nothing_is_asked_on_a_closed_day(year: Year) -> None:
    """No request to the orchestrator by a run on a weekend or a holiday; one line names the next session."""
    runs = [each for each in year.runs() if each.day in CLOSED]
    assert len(runs) == len(CLOSED)
    assert [each.name for each in runs if any("orchestrator" in request for request in each.requests)] == []
    for each in runs:
        if not each.args and not within(each.day, MAIL_DOWN):
            line, *mailed = each.stdout.splitlines()
            assert str(next_session(each.day)) in line
            assert "--ignore-calendar" in line
            assert all(text.startswith("  ✓ Mailed: ") for text in mailed)


def test_a_late_start_names_the_next_session(year: Year) -> None:
    """Ten minutes before the close, a half day's too, is too late: nothing is sent."""
    late = [each for each in year.runs() if each.day in LATE]
    assert len(late) == len(LATE)
    for each in late:
        assert each.posts == []
        assert str(next_session(each.day)) in each.stderr


def test_nothing_is_traded_while_the_gateway_is_down(year: Year) -> None:
    """Every command of that week names the gateway, and none of them reaches T5's orchestration."""
    week = year.during(GATEWAY_DOWN)
    assert len(week) == 2 * len(DOWN) == 10
    assert all("Execution Gateway" in each.stderr for each in week)
    assert [each.posts for each in week if each.posts] == []


# the book


def test_the_book_is_the_brokers_own_account(year: Year) -> None:
    """At each close: quantities, realized P&L and equity, to the cent; nothing is unexplained."""
    compared = 0
    for each in year.marks():
        if each.day not in SESSIONS or each.day in DOWN:
            continue
        pnl = year.document(f"{each.day}_mark.json")["pnl"]
        ours = {row["symbol"]: row for row in pnl["positions"]}
        theirs = each.account["positions"]
        assert set(ours) == set(theirs), each.day
        value = closing = CAPITAL
        value = Decimal(each.account["cash"])
        for symbol, held in theirs.items():
            worth = Decimal(held["qty"]) * Decimal(held["price"])
            realized, unrealized = cents(held["realized"]), cents(worth - Decimal(held["cost"]))
            row = ours[symbol]
            shown = (row["qty"], row["realized_pnl"], row["unrealized_pnl"], row["differences"])
            assert shown == (Decimal(held["qty"]), realized, unrealized, []), (each.day, symbol)
            value += worth
            closing += realized + unrealized
        assert pnl["equity"]["closing"] == closing, each.day
        assert abs(value - closing) <= Decimal("0.01") * len(theirs)  # each row is rounded to the cent, twice
        assert pnl["equity"]["unexplained"] == pnl["since_inception"]["unexplained"] == 0
        compared += 1
    assert compared == len(SESSIONS) - len(DOWN)


def test_the_sessions_hang_together(year: Year) -> None:
    """Each opens from the last complete closing, over the outage too; all days add up to the total."""
    closing, earned = CAPITAL, Decimal(0)
    for day in SESSIONS:
        pnl = year.document(f"{day}_mark.json")["pnl"]
        if day in DOWN:
            assert (pnl["complete"], pnl["day_pnl"]) == (False, None)
            continue
        assert pnl["equity"]["opening"] == closing, day
        closing, earned = pnl["equity"]["closing"], earned + pnl["day_pnl"]
    assert earned == pnl["total_pnl"] == closing - CAPITAL
    assert earned != 0


def test_the_history_has_each_session(year: Year) -> None:
    """252 lines: traded once, or not at all; unknown for the week of the outage alone."""
    lines = json.loads(year.command("history", "--json"))
    assert [line["session"] for line in lines] == [day.isoformat() for day in SESSIONS]
    for day, line in zip(SESSIONS, lines, strict=True):
        assert [each["status"] for each in line["trades"]] == (["success"] if day in TRADED else [])
        assert line["complete"] == (line["day_pnl"] is not None) == (day not in DOWN)
        assert line["marked"]


# the mails


def _occasions() -> Counter[tuple[str, str]]:
    """Return which mails the year must have brought, by session and kind."""
    mails = [(day, "run") for day in TRADED]
    mails += [(day, "late") for day in LATE]
    mails += [(day, "stopped") for day in DOWN]
    mails += [(day, "closed") for day in CLOSED]
    mails += [(day, "close") for day in SESSIONS]
    return Counter((day.isoformat(), kind) for day, kind in mails)


def _given_up() -> Counter[tuple[str, str]]:
    """Return the mails that waited for longer than a day, while the mail server was down."""
    days = [(MAIL_DOWN[0] + timedelta(days=day)).isoformat() for day in range(4)]
    return Counter({(day, kind): times for (day, kind), times in _occasions().items() if day in days})


def test_each_occasion_has_its_mail(year: Year) -> None:
    """One for each run, close, stop, late start and closed day, and none that waits or was sent twice.

    Those that could not be sent for a day, while the mail server was down, were given up.
    """
    rows = year.rows("mails")
    assert Counter((row["session"], row["kind"]) for row in rows) == _occasions()
    assert {(row["number"], row["trouble"]) for row in rows} == {(1, None)}
    given_up = Counter((row["session"], row["kind"]) for row in rows if row["state"] != "sent")
    assert given_up == _given_up()


def test_each_mail_arrived_once(year: Year) -> None:
    """As many letters as the ledger has, each with an id of its own and its day in the subject."""
    letters = [letter for _, letter in year.letters]
    identities = [letter["Message-ID"] for letter in letters]
    arrived = _occasions() - _given_up()
    assert len(set(identities)) == len(identities) == arrived.total()
    days = Counter(str(letter["Subject"])[len("[paper_run] ") :][:10] for letter in letters)
    expected: Counter[str] = Counter()
    for (day, _), times in arrived.items():
        expected[day] += times
    assert days == expected


def test_no_mail_waits_longer_than_its_command(year: Year) -> None:
    """Each command sends its own day's; those of the last day without a mail server come right after it."""
    end = MAIL_DOWN[1] + timedelta(days=1)
    waited = Counter()
    for each, letter in year.letters:
        about = date.fromisoformat(str(letter["Subject"])[len("[paper_run] ") :][:10])
        if each.day != about:
            assert each.day == end, (each.name, letter["Subject"])
            assert within(about, MAIL_DOWN)
            waited[about] += 1
    assert waited == Counter({MAIL_DOWN[1]: 2})


def test_a_mail_server_that_is_down_delays_no_trade(year: Year) -> None:
    """All of that week's sessions are traded; each command says that the mail could not be sent."""
    week = year.during(MAIL_DOWN)
    assert [each.day for each in week if each.posts] == [day for day in SESSIONS if within(day, MAIL_DOWN)]
    assert len(week) == 10
    for each in week:
        assert each.status == 1
        assert "mail" in each.stderr.lower(), each.name
        assert each.letters == []


# what it leaves


def test_each_session_has_its_files(year: Year) -> None:
    """Four of each attempt, four of each mark, those over all sessions, the ledger and its lock: no more."""
    expected = {f"{day}{ending}" for day in TRADED for ending in FILES_OF_A_RUN}
    expected |= {f"{day}{ending}" for day in SESSIONS for ending in FILES_OF_A_MARK}
    expected |= {"index.html", "history.csv", "symbols.csv", "ledger.sqlite3", "ledger.lock"}
    found = {path.name for path in year.files if path.parent == year.reports}
    assert (expected - found, found - expected) == (set(), set())


def test_nothing_is_left_lying_about(year: Year) -> None:
    """No temporary file, though four commands were killed; no -wal and no -shm; nothing beside the folder."""
    names = [path.relative_to(year.folder) for path in year.files]
    assert [name for name in names if "tmp" in name.name or name.name.endswith(("-wal", "-shm"))] == []
    assert {name.parts[1] for name in names if name.parts[0] == "reports" and len(name.parts) > 2} == {
        ".template-cache"
    }
    assert {name.parts[0] for name in names} == {"reports", "record.json"}


def test_a_year_weighs_little(year: Year) -> None:
    """Ledger and reports stay small, and the log of cron is short enough to read."""
    paths = [path for path in year.files if year.reports in path.parents]
    log = "".join(each.stdout + each.stderr for each in year.done if "-q" in each.args)
    weights = {
        "files": len(paths),
        "bytes": sum(path.stat().st_size for path in paths),
        "ledger": year.ledger.stat().st_size,
        "index": (year.reports / "index.html").stat().st_size,
        "log": len(log.encode()),
    }
    most = {"files": 2_050, "bytes": 80_000_000, "ledger": 14_500_000, "index": 252_000, "log": 17_000}
    assert {name: weight for name, weight in weights.items() if weight > most[name]} == {}


def test_the_calendar_was_asked_once_a_year(year: Year) -> None:
    """The ledger keeps the closed days of both years that it has seen."""
    assert [row["year"] for row in year.rows("calendar")] == [2025, 2026]


# the pages


@pytest.mark.browser
@pytest.mark.parametrize(
    "name", ["index.html", f"{SESSIONS[-1]}_paper_run.html", f"{SESSIONS[-1]}_mark.html"]
)
def test_the_pages_open(year: Year, browser: Any, screenshots: Any, name: str) -> None:
    """Wide and on a phone, light and dark: alone, in silence, nothing wider than the screen."""
    page = browser.new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((year.reports / name).as_uri())
    for look, width, scheme in zip(LOOKS, (1280, 1280, 360), ("light", "dark", "light"), strict=True):
        page.emulate_media(color_scheme=scheme)
        resize(page, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, look
        if look in pictured(LOOKS):
            page.screenshot(path=screenshots / f"year-{name}-{look}.png", full_page=True)
    page.close()
    assert asked == [(year.reports / name).as_uri()]
    assert complaints == []


def test_the_index_leads_to_every_report(year: Year) -> None:
    """252 sessions are within the 260 that it lists; each link leads to a file that is there."""
    source = (year.reports / "index.html").read_text("utf-8")
    links = set(re.findall(r'href="([^"#:]+)"', source))
    assert {link for link in links if not (year.reports / link).is_file()} == set()
    assert {f"{day}_paper_run.html" for day in TRADED} <= links
    assert {f"{day}_mark.html" for day in SESSIONS} <= links
