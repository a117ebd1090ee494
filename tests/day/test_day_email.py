"""The e-mail of a day: each told once, whatever breaks, on a real mail server."""

import email
import email.policy
import html
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from day.exchange_day import FRIDAY, THANKSGIVING, WEDNESDAY
from day.mailed_day import MailedDay, body
from support.faulty_http import Answer
from support.held_lock import held_by
from support.mail_server import DROP, FREEZE, RECIPIENT, MailServer
from support.odd_platform import POSITIONS, RUN, RUNS, Plan

CLOSE = "2026-11-25 21:10"  # 16:10 in New York
LOST = Answer(status=504, process="before", body="Gateway Timeout")
BROKEN = Answer(status=500, body="Internal Server Error")


@pytest.fixture
def day(tmp_path: Path, server: MailServer) -> Iterator[MailedDay]:
    made = MailedDay(tmp_path, server)
    with made.platform:
        yield made


# Each occasion has its mail, once


def test_a_day_is_mailed_once(day: MailedDay) -> None:
    """The run and its close: two mails; the same again sends none."""
    assert "Mailed: [paper_run] 2026-11-25 " in day.must().stdout
    day.at(CLOSE).must("mark")
    day.must()
    day.must("mark")
    day.must("email")
    assert [words.partition(" ")[0] for words in day.subjects] == ["2026-11-25"] * 2
    assert day.subjects[0].endswith(" OK")
    assert "close" in day.subjects[1]
    assert day.queue == [("2026-11-25", "run", "sent"), ("2026-11-25", "close", "sent")]
    assert len({str(each["Message-ID"]) for each in day.mails}) == 2


def test_what_a_mail_carries(day: MailedDay) -> None:
    """Text and HTML, the report and the orders as they lie in the folder, the headers of a machine."""
    day.must()
    (mail,) = day.mails
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds[:4] == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html"]
    attached = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
    assert attached == {
        "2026-11-25_paper_run.html": (day.reports / "2026-11-25_paper_run.html").read_bytes(),
        "2026-11-25_orders.csv": (day.reports / "2026-11-25_orders.csv").read_bytes(),
    }
    assert (mail["To"], mail["Auto-Submitted"]) == (RECIPIENT, "auto-generated")
    assert mail["Date"].datetime.isoformat().startswith("2026-11-25T15:0")
    assert mail["List-Id"]
    assert "Nothing to do." in body(mail)


def test_each_session_has_ids_of_its_own(day: MailedDay) -> None:
    """Two ledgers that mail the same person about the same session do not hide each other's mails."""
    day.must()
    day.must("--reports-dir", "other", "--again")
    first, second = (str(each["Message-ID"]) for each in day.mails)
    assert first != second
    assert first.split(".")[:4] == second.split(".")[:4]


def test_a_look_at_noon_is_not_the_close(day: MailedDay) -> None:
    """A mark in session hours is mailed as such, and the close has its own mail all the same."""
    day.must()
    day.at("2026-11-25 17:00").must("mark")
    day.at(CLOSE).must("mark")
    assert [kind for _, kind, _ in day.queue] == ["run", "mark", "close"]
    assert len(day.mails) == 3


def test_a_closed_day_is_mailed_once(day: MailedDay) -> None:
    """It names the holiday and the next session, and needs nobody."""
    day.at(THANKSGIVING).must()
    day.must()
    assert day.subjects == ["2026-11-26 No session: Thanksgiving Day; next 2026-11-27"]
    assert "Nothing to do." in body(day.mails[0])
    assert day.queue == [("2026-11-26", "closed", "sent")]


def test_a_run_that_stopped_before_trading_is_mailed(day: MailedDay) -> None:
    """A service that is down: why and what to try; the same trouble again is no second mail, another is."""
    unloaded = Answer(status=503, body={"detail": "Model not loaded"})
    day.platform.signal.script("GET", "/health", [unloaded, unloaded])
    day.must(status=1)
    day.must(status=1)
    assert day.subjects == ["2026-11-25 Not traded: Signal Service unhealthy"]
    text = " ".join(body(day.mails[0]).split())
    assert "answered 503: Model not loaded" in text
    assert "uvicorn apps.signal_service.main:app" in text
    day.platform.gateway.health["database_connected"] = False
    day.must(status=1)
    assert len(day.mails) == 2
    day.platform.gateway.health["database_connected"] = True
    day.must()
    assert day.subjects[-1].endswith("OK")


def test_a_second_start_beside_the_days_run_is_no_news(day: MailedDay) -> None:
    """Of two schedules on one folder the second is refused; the first one mails what becomes of the day."""
    second: list[int] = []
    day.at_post(lambda: second or second.append(day.run().returncode))
    day.must()
    assert second == [2]
    assert day.subjects == ["2026-11-25 $0.00 (0.00%) OK"]


def test_a_run_that_hangs_is_mailed_by_the_next_one(day: MailedDay) -> None:
    """After an hour nobody believes that it still tells of itself, and no other command ever does.

    One that says it will start in hours was started by a clock that was wrong since.
    """
    day.must("--dry-run")
    now = "2026-11-25T{}:30:00+00:00"
    for hour, is_run in (("13", True), ("14", False), ("14", True), ("23", True)):
        holder = {"pid": 7, "host": "h", "started": now.format(hour)} | ({"run": True} if is_run else {})
        with held_by(day.reports, json.dumps(holder).encode()):
            day.must(status=2)
    assert day.subjects == [
        f"2026-11-25 Not traded: Another {each} is in progress" for each in ("run", "command", "run")
    ]


def test_a_sandbox_that_stopped_is_mailed_under_its_own_session(day: MailedDay) -> None:
    """Before it has told which one it plays, too: neither today's date nor without the word SANDBOX."""
    for session in ("2025-01-02", "2025-01-03"):
        day.must("--sandbox", "--as-of-date", "2026-11-24", status=3)
        assert day.subjects[-1].startswith(f"{session} SANDBOX Not traded: --as-of-date: ")
        day.must("--sandbox")


def test_a_late_start_is_mailed(day: MailedDay) -> None:
    """With the next session, across the holiday."""
    day.at("2026-11-25 20:50").must(status=2)
    day.must(status=2)
    assert day.subjects == ["2026-11-25 Not traded: Too late to trade the session of 2026-11-25"]
    assert "2026-11-27" in body(day.mails[0])


def test_a_failed_run_is_mailed(day: MailedDay) -> None:
    """A run that was refused, and one whose orders were; each in its own words."""
    day.platform.orchestrator.script("POST", RUN, [Answer(status=422, body={"detail": "no such symbol"})])
    day.must(status=2)
    refused = {"filled_qty": "0", "filled_avg_price": None, "error_message": "no buying power"}
    day.platform.plan["MSFT"] = Plan(status="rejected", price=None, detail=refused)
    day.must(status=2)
    assert "The orchestrator refused the run" in day.subjects[0]
    assert "MSFT (no buying power)" in day.subjects[1]
    ids = [str(each["Message-ID"]) for each in day.mails]
    assert [each.split(".")[3] for each in ids] == ["1", "2"]


def test_a_mark_that_failed_is_mailed(day: MailedDay) -> None:
    """Nobody thinks that the day was valued when it was not."""
    day.must()
    day.platform.gateway.script("GET", POSITIONS, [BROKEN])
    day.at(CLOSE).must("mark", status=1)
    assert "Not valued" in day.subjects[-1]

    day.must("mark")
    assert "close" in day.subjects[-1]


def test_a_close_that_could_be_valued_after_all_is_mailed_again(day: MailedDay) -> None:
    """Whoever was told that the day's P&L is not known is told when it is; and only then."""
    day.must()
    day.at(FRIDAY[:11] + "18:10")
    day.platform.gateway.script("GET", POSITIONS, [BROKEN] * 2)
    day.must("mark", status=1)
    day.must("mark", status=1)
    assert [kind for _, kind, _ in day.queue] == ["run", "close"]
    day.must("mark")
    day.must("mark")
    assert [kind for _, kind, _ in day.queue] == ["run", "close", "close"]
    assert "Partial" in day.subjects[1]
    assert day.subjects[2].endswith("OK")


def test_an_unknown_run_is_mailed_and_so_is_its_end(day: MailedDay) -> None:
    """First that nobody knows, then, whenever it is found out, how it ended; each once."""
    day.platform.orchestrator.script("POST", RUN, [LOST])
    day.platform.orchestrator.script("GET", RUNS, [Answer(), BROKEN, BROKEN, BROKEN])
    day.must("--timeout", "1", status=2)
    assert "Unknown" in day.subjects[0]
    assert "python -m paper_run resolve 2026-11-25" in " ".join(body(day.mails[0]).split())
    day.at(THANKSGIVING).must()
    day.must()
    assert [words.split(" ")[1] for words in day.subjects[1:]] == ["known", "No"]
    told = " ".join(body(day.mails[1]).split())
    assert "was found on 2026-11-26" in told
    assert "What it filled is booked by the next run or mark: its P&L is in that report." in told
    assert "what it placed is not known" not in told
    assert day.platform.executed == 1


def test_an_end_is_mailed_also_where_the_mail_before_it_may_have_arrived(day: MailedDay) -> None:
    """A second copy has the first one's id, so mail programs hide it: the outcome has a mail of its own."""
    day.platform.orchestrator.script("POST", RUN, [LOST])
    day.platform.orchestrator.script("GET", RUNS, [Answer(), BROKEN, BROKEN, BROKEN])
    day.server.will("end", DROP)
    day.must("--timeout", "1", status=2)
    day.at(THANKSGIVING).must()
    ids = [str(each["Message-ID"]).split(".")[2] for each in day.mails[:2]]
    assert ids == ["run", "settled"]
    assert day.subjects[1].startswith("2026-11-25 known now ")


def test_a_mark_that_waits_for_a_lost_answer_is_mailed(day: MailedDay) -> None:
    """On the first day there is no book yet: what is open is told with its commands."""
    day.platform.orchestrator.script("POST", RUN, [LOST])
    day.platform.orchestrator.always("GET", RUNS, BROKEN)
    day.must("--timeout", "1", status=2)
    day.at(CLOSE).must("mark", status=1)
    assert "Not valued: Nothing can be valued yet" in day.subjects[-1]
    told = " ".join(body(day.mails[-1]).split())
    assert "python -m paper_run resolve 2026-11-25 --not-placed --ledger " in told


def test_an_order_in_doubt_is_mailed_with_its_commands_until_it_is_settled(day: MailedDay) -> None:
    """The day's mail has its reason and one command; a later mark's has the warning and what ends it."""
    doubt = {"client_order_id": None, "order_status": "rejected", "skip_reason": "unexpected_error: gone"}
    day.platform.plan["MSFT"] = Plan(mapping=doubt)
    day.must(status=2)
    told = body(day.mails[-1])
    assert (told.count("unexpected_error: gone"), told.count(" -m paper_run resolve ")) == (1, 1)
    day.at(FRIDAY).must("mark", status=1)
    told = " ".join(body(day.mails[-1]).split())
    assert "buy 10 MSFT of 2026-11-25 is in doubt: it may have been placed." in told
    for ending in ("--filled QTY@PRICE", "--not-filled"):
        assert f"resolve --order MSFT@2026-11-25 {ending} --ledger" in told


@pytest.mark.parametrize("words", [("email", ""), ("email", "", "--mark"), ("report", "")])
def test_an_empty_name_is_not_the_latest(day: MailedDay, words: tuple[str, ...]) -> None:
    """As of a variable that is not set: nothing is mailed a second time, and nothing written."""
    day.must()
    day.must("mark")
    day.must(*words, status=3)
    assert len(day.mails) == 2


def test_what_a_person_settles_is_mailed_too(day: MailedDay) -> None:
    """Whoever had the mail that it is not known gets the one that it is."""
    day.platform.orchestrator.script("POST", RUN, [BROKEN])
    day.platform.orchestrator.always("GET", RUNS, BROKEN)
    day.must("--timeout", "1", status=2)
    day.must("resolve", "2026-11-25", "--not-placed")
    assert "known now" in day.subjects[-1]
    assert len(day.mails) == 2


def test_what_is_said_without_naming_an_order_is_mailed_as_not_known(day: MailedDay) -> None:
    """Something was placed, a person says, and not what: subject, status and banner say that and no other."""
    day.platform.orchestrator.script("POST", RUN, [BROKEN])
    day.platform.orchestrator.always("GET", RUNS, BROKEN)
    day.must("--timeout", "1", status=2)
    assert "Orders may or may not have been placed" in day.subjects[0]
    day.must("resolve", "2026-11-25", "--placed")
    assert day.subjects[1].startswith("2026-11-25 What was placed is not known; outcome: placed, by ")
    told = " ".join(body(day.mails[1]).split())
    assert "UNKNOWN - what was placed is not known" in told
    assert "More known - " in told
    assert "Outcome known" not in told
    assert "may or may not" not in told


def test_of_two_doubts_the_first_that_ends_does_not_make_all_known(day: MailedDay) -> None:
    """Each that a person ends has its mail: more is known with the one, the outcome with the other."""
    doubt = {"client_order_id": None, "order_status": "rejected", "skip_reason": "unexpected_error: gone"}
    day.platform.plan |= {"AAPL": Plan(mapping=doubt), "MSFT": Plan(mapping=doubt)}
    day.must(status=2)
    day.run("resolve", "--order", "MSFT@2026-11-25", "--not-filled")
    day.run("resolve", "--order", "AAPL@2026-11-25", "--not-filled")
    assert day.subjects[1].startswith("2026-11-25 more known Partial: 1 of 3 orders in doubt: AAPL")
    assert day.subjects[2].startswith("2026-11-25 known now Partial: 2 of 3 orders rejected")
    assert ["Outcome known" in body(each) for each in day.mails] == [False, False, True]


def test_a_killed_run_is_mailed_by_the_next_command(day: MailedDay) -> None:
    """It is queued with the attempt, before the request: after a kill there is one mail, and it tells all."""
    with day.start() as process:
        day.at_post(process.kill)
        process.communicate(timeout=120)
    assert day.mails == []
    assert day.queue == [("2026-11-25", "run", "queued")]
    day.must()
    assert len(day.mails) == 1
    assert day.subjects[0].startswith("2026-11-25 ")
    assert day.platform.executed == 1


# The mail server


def test_an_outage_delays_no_trade_and_loses_no_mail(day: MailedDay) -> None:
    """Exit 1 with the reason, the day is saved; each mail arrives once when the server is back."""
    day.server.down()
    said = day.must(status=1)
    assert "The e-mail could not be sent" in said.stderr
    assert "refused the connection" in said.stderr
    assert "COMPLETE - Status: SUCCESS" in said.stdout
    assert day.saved("2026-11-25")["exit_status"] == 0
    day.at(CLOSE).must("mark", status=1)
    assert [state for _, _, state in day.queue] == ["queued", "queued"]
    day.server.up()
    day.at(FRIDAY).must()
    assert [words[:10] for words in day.subjects] == ["2026-11-25", "2026-11-25", "2026-11-27"]
    assert [state for _, _, state in day.queue] == ["sent"] * 3
    day.must("email")
    assert len(day.mails) == 3


def test_that_nothing_was_traded_is_not_said_after_it_was(day: MailedDay) -> None:
    """A notice that waits ends with the day's run: else the day's last mail would be the wrong one."""
    day.server.will("end", "451 4.3.0 Later", "451 4.3.0 Later")
    day.platform.gateway.health["database_connected"] = False
    assert "It stays queued" in day.must(status=1).stderr
    day.platform.gateway.health["database_connected"] = True
    day.must(status=1)
    day.must("email")
    assert day.queue == [("2026-11-25", "stopped", "unwanted"), ("2026-11-25", "run", "sent")]
    assert day.subjects == ["2026-11-25 $0.00 (0.00%) OK"]


def test_that_nothing_was_valued_is_not_said_after_it_was(day: MailedDay) -> None:
    """Likewise of a mark."""
    day.platform.orchestrator.script("POST", RUN, [LOST])
    day.platform.orchestrator.script("GET", RUNS, [Answer(), *[BROKEN] * 6])
    day.must("--timeout", "1", status=2)
    day.server.down()
    day.at(CLOSE).must("mark", status=1)
    assert day.queue[-1] == ("2026-11-25", "unvalued", "queued")
    day.server.up()
    day.platform.orchestrator.calm()
    day.must("mark")
    assert [kind for _, kind, state in day.queue if state == "sent"] == ["run", "settled", "close"]
    assert not [each for each in day.subjects if "Not valued" in each]


def test_that_nothing_was_traded_is_told_where_nothing_says_more(day: MailedDay) -> None:
    """Of a run whose mail nobody wants there is none that could take its place."""
    day.server.down()
    day.platform.gateway.health["database_connected"] = False
    day.must(status=1)
    day.platform.gateway.health["database_connected"] = True
    day.must("--no-email")
    day.server.up()
    day.must("email")
    assert day.subjects == ["2026-11-25 Not traded: Execution Gateway unhealthy"]


@pytest.mark.parametrize("is_up", [True, False])
def test_a_disk_that_is_full_by_then_costs_the_day_nothing_but_its_mail(day: MailedDay, is_up: bool) -> None:
    """The day is saved and complete; the mail has the next command's turn, be there a server now or not."""
    if not is_up:
        day.server.down()
    said = day.run(at="before sql UPDATE deliveries SET", do="full")
    assert (said.returncode, said.stderr.count("ERROR: The ledger ")) == (3, 1)
    assert "PAPER RUN COMPLETE - Status: SUCCESS" in said.stdout
    if not is_up:
        day.server.up()
    day.must("email")
    assert len(day.mails) == 1


def test_a_rehearsal_does_not_take_the_place_of_what_was_not_traded(day: MailedDay) -> None:
    """The session is as untraded as before, and of a rehearsal that went well nobody is mailed here."""
    day.env["PAPER_RUN_EMAIL_ON"] = "problems"
    day.server.down()
    day.platform.gateway.health["database_connected"] = False
    day.must(status=1)
    day.platform.gateway.health |= {"database_connected": True, "dry_run": True}
    day.run()
    day.server.up()
    day.must("email")
    assert day.subjects == ["2026-11-25 Not traded: Execution Gateway unhealthy"]


def test_an_earlier_mark_sent_once_more_does_not_take_the_place_of_one_that_failed(day: MailedDay) -> None:
    """What a person asks for tells nothing new: that the close is not valued is told all the same."""
    day.must()
    day.at("2026-11-25 17:00").must("mark")
    day.platform.gateway.script("GET", POSITIONS, [BROKEN] * 6)
    day.server.down()
    day.at(CLOSE).must("mark", status=1)
    assert day.queue[-1] == ("2026-11-25", "unvalued", "queued")
    day.server.up()
    day.must("email", "2026-11-25", "--mark")
    assert [each for each in day.subjects if "Not valued" in each]


def test_the_queue_can_be_sent_by_hand(day: MailedDay) -> None:
    """`email` alone sends what waits, and says so when nothing does."""
    day.server.down()
    day.must(status=1)
    assert "refused the connection" in day.must("email", status=1).stderr
    day.server.up()
    assert "Mailed: [paper_run] 2026-11-25" in day.must("email").stdout
    assert "No message is waiting" in day.must("email").stdout
    assert len(day.mails) == 1


def test_asking_for_a_mail_that_waits_sends_it_once(day: MailedDay) -> None:
    """Somebody who wants it now gets the one that waits, not a second one."""
    day.server.down()
    day.must(status=1)
    day.server.up()
    day.must("email", "latest")
    day.must("email")
    assert len(day.mails) == 1


def test_what_reached_nobody_is_told_until_it_is_sent(day: MailedDay) -> None:
    """A login that is refused ends the mails; once it is right `email` says which, each with its command."""
    right = day.env["PAPER_RUN_SMTP_PASSWORD"]
    day.env["PAPER_RUN_SMTP_PASSWORD"] = "expired"
    day.must(status=1)
    day.at(CLOSE).must("mark", status=1)
    day.env["PAPER_RUN_SMTP_PASSWORD"] = right
    said = day.must("email").stdout
    assert "2 messages reached nobody" in said
    for line in said.splitlines()[-2:]:
        day.must(*shlex.split(line)[3:])
    assert "reached nobody" not in day.must("email").stdout
    assert [each.split(" ")[1] for each in day.subjects] == ["$0.00", "close"]


def test_what_was_told_since_reached_somebody(day: MailedDay) -> None:
    """Of a day that was traded nobody needs the mail that it was not; nor of one that nobody wanted any."""
    day.env["PAPER_RUN_SMTP_PASSWORD"], right = "expired", day.env["PAPER_RUN_SMTP_PASSWORD"]
    day.platform.gateway.health["database_connected"] = False
    day.must(status=1)
    day.platform.gateway.health["database_connected"] = True
    day.env["PAPER_RUN_SMTP_PASSWORD"] = right
    assert "1 message reached nobody" in day.must("email").stdout
    day.env["PAPER_RUN_EMAIL_ON"] = "problems"
    day.must("--again")
    day.env["PAPER_RUN_EMAIL_ON"] = "always"
    day.must("mark")
    assert "1 message reached nobody" in day.must("email").stdout
    day.must("email", "latest")
    assert "reached nobody" not in day.must("email").stdout


def test_a_hint_names_the_same_ledger(day: MailedDay) -> None:
    """The command that it shows, typed as it is, sends the mail."""
    day.server.down()
    said = day.must("--reports-dir", "mine", status=1)
    (hint,) = [each for each in said.stderr.splitlines() if "now: " in each]
    day.server.up()
    words = shlex.split(hint.partition("python -m paper_run ")[2])
    assert words[0] == "email"
    assert words[-2:] == ["--reports-dir", str(day.folder / "mine")]
    day.must(*words)
    assert len(day.mails) == 1


def test_a_quantity_that_differs_comes_with_the_command(day: MailedDay) -> None:
    """It needs a person; another average price does not."""
    day.must("--symbols", "AAPL")
    day.platform.gateway.says["AAPL"] = {"avg_entry_price": "1", "realized_pl": "77"}
    day.at(CLOSE).must("mark")
    assert "Nothing to do." in body(day.mails[-1])
    day.platform.gateway.says["AAPL"] = {"qty": "7"}
    day.at(FRIDAY).must("--symbols", "MSFT")
    assert "Check: The gateway differs on AAPL: quantity 7 instead of 10" in day.subjects[-1]
    assert "python -m paper_run resolve --position AAPL" in " ".join(body(day.mails[-1]).split())


def test_a_frozen_server_holds_nothing_up(day: MailedDay) -> None:
    """After PAPER_RUN_SMTP_TIMEOUT the run ends, traded and saved, and the mail waits."""
    with MailServer(acts={"connect": FREEZE}) as frozen:
        day.env |= frozen.env | {"PAPER_RUN_SMTP_TIMEOUT": "0.5"}
        said = day.must(status=1)
    assert "did not answer within 0.5 s" in said.stderr
    assert day.platform.executed == 1
    assert day.queue == [("2026-11-25", "run", "queued")]


def test_a_drop_in_mid_message_is_sent_again_under_the_same_id(day: MailedDay) -> None:
    """Nobody knows whether it was taken, so it is sent again; with its own id a mailbox shows it once."""
    with MailServer(acts={"body": [DROP]}) as dropping:
        day.env |= dropping.env
        said = day.must(status=1)
        assert "could not be sent" in said.stderr
        day.must("email")
        (mail,) = dropping.messages
    (row,) = day.rows("mails")
    assert (row["state"], row["number"]) == ("sent", 1)
    assert b"2026-11-25.1.run.1." in mail.content


def test_a_refused_recipient_does_not_keep_it_from_the_others(day: MailedDay) -> None:
    """Exit 1 names who and why, once; with the address corrected it is sent again on purpose."""
    day.env["PAPER_RUN_EMAIL_TO"] = f"{RECIPIENT},nobody@example.com"
    day.server.refuse["nobody@example.com"] = "550 5.1.1 No such user"
    said = day.must(status=1)
    assert "nobody@example.com" in said.stderr
    assert "No such user" in said.stderr
    assert [each.recipients for each in day.server.messages] == [(RECIPIENT,)]
    day.must("email")
    day.env["PAPER_RUN_EMAIL_TO"] = f"{RECIPIENT},somebody@example.com"
    day.must("email", "2026-11-25")
    day.must("email")
    assert [each.recipients for each in day.server.messages[1:]] == [(RECIPIENT, "somebody@example.com")]


def test_a_wrong_password_is_never_shown(day: MailedDay) -> None:
    """The server's words are, in no file, no output and no ledger the password."""
    day.env["PAPER_RUN_SMTP_PASSWORD"] = "open sesame 42"
    said = day.must("-v", status=1)
    assert "535" in said.stderr
    for path in day.folder.rglob("*"):
        assert not path.is_file() or b"open sesame" not in path.read_bytes(), path
    assert "open sesame" not in said.stdout + said.stderr


# Who wants it


def test_only_problems_can_be_wanted(day: MailedDay) -> None:
    """A good day, its close and a holiday stay silent; what needs a person does not."""
    day.env["PAPER_RUN_EMAIL_ON"] = "problems"
    day.must()
    day.at(CLOSE).must("mark")
    day.at(THANKSGIVING).must()
    assert day.mails == []
    assert {state for _, _, state in day.queue} == {"unwanted"}
    day.platform.plan["MSFT"] = Plan(status="rejected", price=None)
    day.at(FRIDAY).must(status=2)
    assert len(day.mails) == 1


@pytest.mark.parametrize("way", ["never", "--no-email", "nobody"])
def test_nobody_may_want_it(day: MailedDay, way: str) -> None:
    """With EMAIL_ON=never, --no-email, or no recipient nothing is queued and the server is left alone."""
    if way == "never":
        day.env["PAPER_RUN_EMAIL_ON"] = "never"
    if way == "nobody":
        day.env["PAPER_RUN_EMAIL_TO"] = ""
    day.must(*([way] if way.startswith("--") else []))
    assert day.rows("mails") == []
    assert day.server.connections == 0


def test_the_option_names_other_recipients(day: MailedDay) -> None:
    """`--email-to` beats the variable, with commas or repeated."""
    day.must("--email-to", "ann@example.com,bob@example.com", "--email-to", "eve@example.com")
    assert day.server.messages[0].recipients == ("ann@example.com", "bob@example.com", "eve@example.com")


def test_a_sandbox_is_named_in_the_subject(day: MailedDay) -> None:
    """Simulated prices are never taken for real ones; of several sessions the last one is mailed."""
    day.must("--sandbox")
    day.must("--sandbox", "--sessions", "3", "-q")
    assert [words[:18] for words in day.subjects] == ["2025-01-02 SANDBOX", "2025-01-07 SANDBOX"]


def test_a_rehearsal_is_named_in_the_subject(day: MailedDay) -> None:
    """Nothing was executed, and the first words say so."""
    day.platform.gateway.health["dry_run"] = True
    day.must()
    assert day.subjects[0].startswith("2026-11-25 REHEARSAL")


# By hand


def test_a_mail_is_sent_again_on_purpose(day: MailedDay) -> None:
    """Under a new id, so that no mailbox hides it; whatever EMAIL_ON says."""
    day.must()
    day.at(CLOSE).must("mark")
    day.env["PAPER_RUN_EMAIL_ON"] = "never"
    day.must("email", "2026-11-25")
    day.must("email", "2026-11-25", "--mark")
    day.must("email", "latest")
    assert day.subjects == [*day.subjects[:2], *day.subjects[:2], day.subjects[0]]
    assert len({str(each["Message-ID"]) for each in day.mails}) == 5


def test_why_nothing_was_traded_can_be_sent_again(day: MailedDay) -> None:
    """Of a session without an attempt the notice is sent."""
    day.at(THANKSGIVING).must()
    day.must("email", "2026-11-26")
    assert day.subjects == ["2026-11-26 No session: Thanksgiving Day; next 2026-11-27"] * 2


def test_a_message_can_be_printed_for_another_program(day: MailedDay) -> None:
    """Nothing else is on standard output, nothing is sent or recorded, and no server is needed."""
    day.must("--no-email")
    day.env["PAPER_RUN_SMTP_HOST"] = ""
    said = day.must("email", "--to-stdout")
    assert said.stderr == ""
    mail = email.message_from_string(said.stdout, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert (mail["To"], mail.defects) == (RECIPIENT, [])
    assert str(mail["Subject"]).startswith("[paper_run] 2026-11-25")
    names = [part.get_filename() for part in mail.iter_attachments()]
    assert names == ["2026-11-25_paper_run.html", "2026-11-25_orders.csv"]
    page = mail.get_body(("html",))
    assert isinstance(page, EmailMessage)
    (title,) = re.findall("<title>([^<]*)</title>", page.get_content())
    assert html.unescape(title) == mail["Subject"]
    assert day.rows("mails") == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["email", "2026-11-24"], "has no attempt 2026-11-24"),
        (["email", "tomorrow"], "names no attempt"),
        (["email", "2026-11-25", "--mark"], "has no mark of 2026-11-25"),
    ],
)
def test_what_is_not_there_cannot_be_sent(day: MailedDay, args: list[str], words: str) -> None:
    """One message that says what there is; exit 3."""
    day.must()
    assert words in day.must(*args, status=3).stderr
    assert len(day.mails) == 1


def test_without_a_recipient_email_says_what_to_set(day: MailedDay) -> None:
    """Exit 3 names the variable and the option."""
    day.must()
    day.env["PAPER_RUN_EMAIL_TO"] = ""
    said = day.must("email", status=3)
    assert "PAPER_RUN_EMAIL_TO" in said.stderr
    assert "--email-to" in said.stderr


def test_a_recipient_without_a_server_stops_before_anything_is_sent(day: MailedDay) -> None:
    """Half a configuration is wrong input: exit 3, nothing traded."""
    day.env["PAPER_RUN_SMTP_HOST"] = ""
    assert "PAPER_RUN_SMTP_HOST" in day.must(status=3).stderr
    assert day.platform.requests == []


# Before there is a ledger


def test_a_wrong_setting_is_mailed(day: MailedDay) -> None:
    """A schedule whose .env went wrong does not go silent; what was just typed is only shown."""
    day.env["PAPER_RUN_CAPITAL"] = "lots"
    assert "PAPER_RUN_CAPITAL" in day.must(status=3).stderr
    assert "Not traded: PAPER_RUN_CAPITAL" in day.subjects[0]
    day.env["PAPER_RUN_CAPITAL"] = "100000"
    day.must("--capital", "lots", status=3)
    assert len(day.mails) == 1


def test_a_ledger_that_cannot_be_opened_is_mailed(day: MailedDay) -> None:
    """Nothing can be queued there, so it is sent at once."""
    day.reports.mkdir()
    day.ledger.write_bytes(b"not a database" * 100)
    day.must(status=3)
    assert "Not traded" in day.subjects[0]
    assert "is not a ledger of paper_run" in " ".join(body(day.mails[0]).split())
    assert day.platform.requests == []


def test_a_dry_run_mails_nobody(day: MailedDay) -> None:
    """It looks, and that is all."""
    day.must("--dry-run")
    day.platform.signal.stop()
    day.must("--dry-run", status=1)
    assert day.server.connections == 0


def test_a_session_already_traded_is_no_news(day: MailedDay) -> None:
    """A run with other parameters, by hand, is refused and mailed to nobody."""
    day.must()
    day.must("--capital", "5", status=3)
    assert len(day.mails) == 1


def test_sendmail_takes_what_is_printed(day: MailedDay) -> None:
    """Its lines end as a pipe's do."""
    day.at(WEDNESDAY).must()
    printed = day.must("email", "latest", "--to-stdout").stdout
    counted = subprocess.run(["grep", "-c", "\r"], input=printed, capture_output=True, text=True, check=False)
    assert counted.stdout.strip() == "0"
