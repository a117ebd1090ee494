"""A mail that can't be delivered: what ends it, what waits and how long, what is sent once more."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from day.exchange_day import FRIDAY, THANKSGIVING
from day.mailed_day import MailedDay
from support.mail_server import DROP, FREEZE, RECIPIENT, MailServer
from support.odd_orchestrator import Plan

from paper_run.ledger.sqlite import database, store
from paper_run.ledger.sqlite.schema import MIGRATIONS
from paper_run.report.summary.notices import Notice

CLOSE = "2026-11-25 21:10"
ANSWERS = ("connect", "AUTH", "MAIL", "RCPT", "DATA", "end")
"""The stages that a mail server can answer with 4xx or 5xx."""


@pytest.fixture
def day(tmp_path: Path, server: MailServer) -> Iterator[MailedDay]:
    made = MailedDay(tmp_path, server)
    with made.platform:
        yield made


def to(day: MailedDay, server: MailServer) -> None:
    """Have the day's mails go to another server."""
    day.env |= server.env
    day.server = server


def alter(day: MailedDay, statement: str, *values: str) -> None:
    """Change the ledger behind the program's back."""
    with closing(sqlite3.connect(day.ledger)) as connection, connection:
        connection.execute(statement, values)


def test_what_became_of_a_mail_that_was_lost_is_no_others(day: MailedDay) -> None:
    """Its row could not be saved from a damaged ledger, its deliveries could: the next mail is sent."""
    day.must()
    alter(day, "DELETE FROM mails")
    day.must("email", "2026-11-25")
    assert len(day.mails) == 2
    assert day.queue == [("2026-11-25", "run", "sent")]


# A refusal for good


@pytest.mark.parametrize("stage", ANSWERS)
def test_a_refusal_for_good_ends_a_mail(day: MailedDay, stage: str) -> None:
    """5xx, wherever it comes: told once with the server's words and what to do, and never again."""
    with MailServer(acts={stage: "554 5.7.1 Not from here"}) as refusing:
        to(day, refusing)
        said = day.must(status=1)
        assert "The e-mail could not be sent" in said.stderr
        assert "554 5.7.1 Not from here" in said.stderr
        assert "It is not sent again by itself" in said.stderr
        assert "email 2026-11-25" in said.stderr
        tried = refusing.connections
        assert day.must().stderr == ""
        assert "No message is waiting" in day.must("email").stdout
        assert refusing.connections == tried
    assert day.queue == [("2026-11-25", "run", "unwanted")]


def test_a_mail_asked_for_by_hand_ends_likewise(day: MailedDay) -> None:
    """It is refused once more, told once more, and no later command tells of it."""
    with MailServer(acts={"end": ["554 5.7.1 Spam", "554 5.7.1 Spam", None]}) as refusing:
        to(day, refusing)
        day.must(status=1)
        assert "554 5.7.1 Spam" in day.must("email", "2026-11-25", status=1).stderr
        day.must()
        day.at(CLOSE).must("mark")
        assert [words.partition(" ")[0] for words in day.subjects] == ["2026-11-25"]
        day.must("email", "2026-11-25")
        assert len(day.mails) == 2


def test_the_command_that_sends_it_again_is_named(day: MailedDay) -> None:
    """Of a mark it says so, and of a second attempt its number."""
    with MailServer(acts={"MAIL": "550 5.1.8 Bad sender"}) as refusing:
        to(day, refusing)
        day.must(status=1)
        day.platform.plan = {symbol: Plan(qty=7) for symbol in ("AAPL", "MSFT", "GOOGL")}
        assert "email 2026-11-25-2" in day.must("--again", status=1).stderr
        assert "email 2026-11-25 --mark" in day.at(CLOSE).must("mark", status=1).stderr


def test_a_recipient_refused_for_now_has_it_later(day: MailedDay) -> None:
    """The others are not sent it again; the one that was refused for good is not tried again."""
    day.env["PAPER_RUN_EMAIL_TO"] = f"{RECIPIENT},full@example.com,gone@example.com"
    day.server.refuse |= {"full@example.com": "452 4.2.2 Mailbox full", "gone@example.com": "550 5.1.1 Gone"}
    said = day.must(status=1)
    assert "full@example.com: it 452 4.2.2 Mailbox full" in said.stderr
    assert "gone@example.com: it 550 5.1.1 Gone" in said.stderr
    assert "It stays queued for full@example.com." in said.stderr
    said = day.must(status=1)
    assert "gone@example.com" not in said.stderr
    del day.server.refuse["full@example.com"]
    day.must()
    assert [each.recipients for each in day.server.messages] == [(RECIPIENT,), ("full@example.com",)]
    day.must("email")
    assert len(day.mails) == 2


# What waits


@pytest.mark.parametrize("stage", ANSWERS)
def test_a_delay_waits_and_is_sent(day: MailedDay, stage: str) -> None:
    """4xx: it stays queued, and the next command sends it."""
    with MailServer(acts={stage: ["451 4.3.0 Try later"]}) as delaying:
        to(day, delaying)
        said = day.must(status=1)
        assert "451 4.3.0 Try later" in said.stderr
        assert "It stays queued" in said.stderr
        day.must("email")
        assert len(day.mails) == 1


@pytest.mark.parametrize("trouble", ["down", "451 4.3.0 Try later", "450 4.2.0 Later"])
def test_what_waits_is_given_up_after_a_day(day: MailedDay, trouble: str) -> None:
    """Each command tries it and tells of it; after 24 hours once more, and then it is over."""
    acts = {"451 4.3.0 Try later": {"end": trouble}, "450 4.2.0 Later": {"RCPT": trouble}}.get(trouble, {})
    with MailServer(acts=acts) as server:
        to(day, server)
        if trouble == "down":
            server.down()
        day.must(status=1)
        day.at("2026-11-26 14:59").must("email", status=1)
        said = day.at("2026-11-26 15:01").must("email", status=1)
        assert "It has waited for 24 hours and is not sent again by itself" in said.stderr
        assert "email 2026-11-25" in said.stderr
        assert "No message is waiting" in day.must("email").stdout
    assert [state for _, _, state in day.queue] == ["unwanted"]


def test_one_that_is_given_up_and_one_that_waits_are_told_together(day: MailedDay) -> None:
    """Why they could not be sent is one fact, whatever becomes of each."""
    day.server.down()
    day.must(status=1)
    said = day.at(FRIDAY).must(status=1).stderr
    assert said.count("The e-mail could not be sent") == said.count("refused the connection") == 1
    assert (
        "It has waited for 24 hours and is not sent again by itself: 1 mail. It stays queued: 1 mail." in said
    )
    assert said.count("Check the PAPER_RUN_SMTP_ settings") == 1
    assert "email 2026-11-25" in said
    assert "The next run, mark or email sends it" in said


@pytest.mark.parametrize("moment", [THANKSGIVING, FRIDAY], ids=["closed-day", "older-than-a-day"])
def test_the_next_command_that_mails_sends_what_waits(day: MailedDay, moment: str) -> None:
    """The older one first, on a closed day too; after more than a day late news are better than none."""
    day.server.down()
    day.must(status=1)
    day.server.up()
    day.at(moment).must()
    assert [words[:10] for words in day.subjects] == ["2026-11-25", moment[:10]]


# In doubt


def test_an_answer_dropped_after_the_message_gets_one_more_copy(day: MailedDay) -> None:
    """And not one a command: two copies at most, under one id, then it is over."""
    with MailServer(acts={"end": DROP}) as dropping:
        to(day, dropping)
        said = day.must(status=1)
        assert "it may have arrived" in said.stderr
        assert "One more copy stays queued" in said.stderr
        said = day.must("email", status=1)
        assert "no more are sent by themselves" in said.stderr
        assert day.must().stderr == ""
        assert "No message is waiting" in day.must("email").stdout
        assert dropping.stages.count("end") == 2
    assert [state for _, _, state in day.queue] == ["sent"]


@pytest.mark.parametrize("answer", ["354 Go on", "25x what", "HTTP/1.1 400 Bad Request", "999 Hm"])
def test_an_answer_that_says_nothing_of_the_message_is_none(day: MailedDay, answer: str) -> None:
    """Neither taken nor refused: it may have arrived, so two copies at most here too."""
    with MailServer(acts={"end": answer}) as garbling:
        to(day, garbling)
        said = day.must(status=1)
        assert "it may have arrived" in said.stderr
        assert "One more copy stays queued" in said.stderr
        assert "no more are sent by themselves" in day.must("email", status=1).stderr
        assert "No message is waiting" in day.must("email").stdout
        assert garbling.stages.count("end") == 2


def test_the_copy_that_is_confirmed_is_the_last(day: MailedDay) -> None:
    """One dropped answer, one more copy, no third."""
    with MailServer(acts={"end": [DROP]}) as dropping:
        to(day, dropping)
        day.must(status=1)
        day.must("email")
        day.must()
        day.must("email")
        assert dropping.stages.count("end") == 2
        assert len(day.mails) == 1


def test_a_kill_after_the_message_is_a_dropped_answer(day: MailedDay) -> None:
    """Whoever is killed there could not write it down any more: it had been written before."""
    with MailServer(acts={"end": FREEZE}) as frozen:
        to(day, frozen)
        for copies in (1, 2):
            with day.start(*(["email"] if copies == 2 else [])) as process:
                frozen.until(lambda n=copies: frozen.stages.count("end") == n)  # type: ignore[misc]
                process.kill()
        said = day.must("email", status=1)
        assert "It is not known whether an e-mail arrived" in said.stderr
        assert "No message is waiting" in day.must("email").stdout
        assert frozen.stages.count("end") == 2


@pytest.mark.parametrize("stage", ["MAIL", "DATA"])
def test_a_kill_before_the_message_has_left_costs_no_copy(day: MailedDay, stage: str) -> None:
    """However often: it can't have arrived, so it is sent."""
    with MailServer(acts={stage: [FREEZE] * 3}) as frozen:
        to(day, frozen)
        for times in range(1, 4):
            with day.start() as process:
                frozen.until(lambda n=times: frozen.stages.count(stage) == n)  # type: ignore[misc]
                process.kill()
        day.must("email")
        assert len(day.mails) == 1


# One row a message and destination


def test_a_destination_is_named_by_a_hash(day: MailedDay) -> None:
    """No address stands beside what became of it, and two ledgers name the same one differently."""
    day.must()
    day.must("--reports-dir", "other", "--again")
    (row,) = day.rows("deliveries")
    assert (row["state"], row["claimed_by"], row["claimed_until"]) == ("sent", None, None)
    assert RECIPIENT not in json.dumps(row)
    with closing(sqlite3.connect(day.folder / "other" / "ledger.sqlite3")) as other:
        assert other.execute("SELECT destination FROM deliveries").fetchall() != [(row["destination"],)]


def test_what_another_host_is_sending_is_left_to_it(day: MailedDay) -> None:
    """Until its time is over; a claim of this host is a killed program's."""
    day.server.down()
    day.must(status=1)
    day.server.up()
    claim = "UPDATE deliveries SET claimed_by = ?, claimed_until = ?"
    alter(day, claim, "another", "2026-11-25T15:10:00+00:00")
    assert day.must("email").stderr == ""
    assert day.server.connections == 0
    day.at("2026-11-25 15:11").must("email")
    assert len(day.mails) == 1


def test_a_mail_of_an_older_ledger_goes_to_whoever_has_not_had_it(
    day: MailedDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who had it stands in its own row there, by address."""
    day.env["PAPER_RUN_EMAIL_TO"] = f"{RECIPIENT},second@example.com"
    released = next(n for n, script in enumerate(MIGRATIONS) if "TABLE deliveries" in script)
    monkeypatch.setattr(database, "MIGRATIONS", MIGRATIONS[:released])
    day.reports.mkdir()
    store.connect(day.ledger).connection.close()
    notice = Notice("closed", "2026-11-25", "a holiday", "No session.", (), 0, "2026-11-26", None)
    alter(
        day,
        "INSERT INTO mails (session, kind, trade_number, number, on_purpose, state, content, reached, "
        "queued_at) VALUES ('2026-11-25', 'closed', 0, 1, 0, 'queued', ?, ?, '2026-11-25T14:00:00+00:00')",
        notice.to_json(),
        json.dumps([RECIPIENT]),
    )
    day.must("email")
    assert [each.recipients for each in day.server.messages] == [("second@example.com",)]
    assert [state for _, _, state in day.queue] == ["sent"]


# Under which session


def test_a_failed_mark_of_a_sandbox_is_mailed_under_its_session(day: MailedDay) -> None:
    """Not under today's date, which means nothing there."""
    for service in day.platform.services.values():
        service.health |= {"sandbox": True, "session": "2025-01-03"}
    for symbol in ("AAPL", "MSFT", "GOOGL"):
        day.platform.gateway.says[symbol] = {"updated_at": "2025-01-03T20:30:00Z"}
    day.must()
    day.platform.gateway.stop()
    day.at(CLOSE).must("mark", status=1)
    assert [words[:18] for words in day.subjects] == ["2025-01-03 SANDBOX"] * 2
    assert "Not valued" in day.subjects[1]
