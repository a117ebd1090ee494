"""Push notifications of the real command, at real receivers: what is said, what is tried again, what ends."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from day.exchange_day import THANKSGIVING, Day
from day.mailed_day import MailedDay
from support.mail_server import FREEZE, MailServer
from support.odd_orchestrator import Plan
from support.postgres_server import Schema
from support.socket_server import Act, SocketServer, answer, frozen, refusing, serving

TOKEN, USER, PASSWORD, QUERY = "T0ken-of-the-hook", "pusher", "s3cret/word", "qu3ry-s3cret"
OK, DOWN, NOT_FOUND = answer(), answer(status="503 Service Unavailable"), answer(status="404 Not Found")


class Receivers:
    """Servers that stand for services on the internet, each with a URL that holds secrets."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def __call__(self, *acts: Act, scheme: str = "json") -> SocketServer:
        server = self._stack.enter_context(serving(*acts or (OK,)))
        server.at = (  # type: ignore[attr-defined]
            f"{scheme}://{USER}:s3cret%2Fword@127.0.0.1:{server.port}/{TOKEN}?x={QUERY}"
        )
        return server


@pytest.fixture
def receiver() -> Iterator[Receivers]:
    with ExitStack() as stack:
        yield Receivers(stack)


def push_to(day: Day, *servers: SocketServer) -> None:
    day.env["PAPER_RUN_NOTIFY"] = "  ".join(server.at for server in servers)  # type: ignore[attr-defined]


def told(server: SocketServer) -> list[dict[str, Any]]:
    return [json.loads(seen.body) for seen in server.seen]


def states(day: Day) -> list[str]:
    return [row["state"] for row in day.rows("mails")]


def test_a_good_day_is_pushed_once(day: Day, receiver: Receivers) -> None:
    """The subject and the first lines of the mail that it would be; shown again, it is not told again."""
    server = receiver()
    push_to(day, server)
    said = day.must()
    assert "Pushed: [paper_run] 2026-11-25" in said.stdout
    assert said.stderr == ""
    day.must()
    (push,) = told(server)
    assert push["title"].startswith("[paper_run] 2026-11-25 ")
    lines = push["message"].split("\n")
    assert lines[0] == "Nothing to do."
    assert lines[1].startswith("Success: All 3 orders were accepted")
    assert lines[2].startswith("Day P&L: ")
    assert len(lines) == 5
    assert (push["type"], states(day)) == ("success", ["sent"])


def test_a_day_that_needs_a_person_has_the_command(day: Day, receiver: Receivers) -> None:
    """As it runs, and on a line of its own, behind five lines of what happened."""
    day.platform.plan["AAPL"] = Plan(mapping={"client_order_id": None})
    server = receiver()
    push_to(day, server)
    day.must(status=2)
    (push,) = told(server)
    *_, leads_to, command = push["message"].split("\n")
    assert leads_to.endswith(":")
    assert command.startswith(f"{sys.executable} -m paper_run resolve ")
    assert f"--reports-dir {day.reports}" in command
    assert "--ledger " in command
    assert push["type"] == "warning"
    assert day.run(*command.split()[3:]).returncode in (0, 2)


def test_only_problems_are_pushed_when_asked_for(day: Day, receiver: Receivers) -> None:
    """Without a word of its own, what PAPER_RUN_EMAIL_ON says counts."""
    server = receiver()
    push_to(day, server)
    day.env["PAPER_RUN_EMAIL_ON"] = "problems"
    day.must()
    assert (server.seen, states(day)) == ([], ["unwanted"])
    day.env |= {"PAPER_RUN_EMAIL_ON": "never", "PAPER_RUN_NOTIFY_ON": "always"}
    day.must("mark")
    assert len(server.seen) == 1
    day.env["PAPER_RUN_NOTIFY_ON"] = "never"
    day.at("2026-11-27 15:00").must()
    assert len(server.seen) == 1


def test_a_closed_day_and_a_run_that_stopped_are_pushed(day: Day, receiver: Receivers) -> None:
    """Also what stops it before there is a ledger."""
    server = receiver()
    push_to(day, server)
    day.at(THANKSGIVING).must()
    day.at("2026-11-27 15:00").platform.signal.stop()
    day.must(status=1)
    day.env["PAPER_RUN_CAPITAL"] = "lots"
    said = day.must("--no-email", status=3)
    assert "PAPER_RUN_CAPITAL" in said.stderr
    closed, stopped, early = [push["title"] for push in told(server)]
    assert "No session: Thanksgiving" in closed
    assert "Not traded: Signal Service unavailable" in stopped
    assert "PAPER_RUN_CAPITAL" in early


def test_an_ntfy_server_gets_a_topic(day: Day, receiver: Receivers) -> None:
    """The service's own form, with the login that its URL has."""
    server = receiver(answer(b'{"id":"x","event":"message"}'), scheme="ntfy")
    push_to(day, server)
    day.must()
    (seen,) = server.seen
    assert seen.headers["authorization"].startswith("Basic ")
    assert "[paper_run] 2026-11-25" in seen.body.decode() + str(seen.headers)


@pytest.mark.parametrize("no", [DOWN, NOT_FOUND])
def test_a_no_is_tried_three_times(day: Day, receiver: Receivers, no: bytes) -> None:
    """One try a command; each is told with the service's reason, and the last that it was the last."""
    server = receiver(no)
    push_to(day, server)
    said = day.must(status=1)
    assert "A push notification was not taken" in said.stderr
    assert f"json://127.0.0.1:{server.port}/... did not take it (" in said.stderr
    assert ("error=503" if no is DOWN else "error=404") in said.stderr
    assert "Try 1 of 3 failed, and it stays queued" in said.stderr
    assert "Try 2 of 3" in day.must("email", status=1).stderr
    last = day.must("email", status=1).stderr
    assert "It was tried 3 times and is not sent again by itself" in last
    assert "email 2026-11-25 --ledger" in last
    assert "No message is waiting" in day.must("email").stdout
    assert (len(server.seen), states(day)) == (3, ["unwanted"])
    assert day.saved()["exit_status"] == 0


def test_a_no_that_becomes_a_yes(day: Day, receiver: Receivers) -> None:
    """What was queued arrives with the next command, once."""
    server = receiver(DOWN, OK)
    push_to(day, server)
    day.must(status=1)
    day.must()
    day.must()
    assert (len(server.seen), states(day)) == (2, ["sent"])


def test_one_that_is_never_reached_is_given_up_after_a_day(day: Day) -> None:
    """The tries of a day and one more, whichever is over first."""
    day.env["PAPER_RUN_NOTIFY"] = f"json://{refusing().base.removeprefix('http://')}/{TOKEN}"
    assert "sending JSON notification to 127.0.0.1)" in day.must(status=1).stderr
    day.later(minutes=25 * 60)
    assert "It was tried in 24 hours and is not sent again" in day.must("email", status=1).stderr
    assert states(day) == ["unwanted"]


def test_one_that_hangs_counts_as_sent(day: Day, receiver: Receivers) -> None:
    """It is waited for no longer than the command may, nobody is alarmed, and no copy follows."""
    server = receiver(frozen)
    push_to(day, server)
    said = day.must()
    assert f"Pushed to json://127.0.0.1:{server.port}/..., which has not confirmed it in time" in said.stdout
    assert said.stderr == ""
    day.must()
    assert (len(server.seen), states(day)) == (1, ["sent"])


def test_a_failing_channel_holds_up_no_other(tmp_path: Path, receiver: Receivers) -> None:
    """Two services and a mail server, each in its turn the one that fails: the others have it at once."""
    with MailServer() as mail_server:
        day = MailedDay(tmp_path, mail_server)
        with day.platform:
            broken, works = receiver(DOWN, OK), receiver(OK)
            push_to(day, broken, works)
            said = day.must(status=1)
            assert "Mailed: [paper_run]" in said.stdout
            assert "Pushed: [paper_run]" in said.stdout
            assert (len(works.seen), len(mail_server.messages), states(day)) == (1, 1, ["queued"])
            day.must()
            assert (len(broken.seen), len(works.seen), len(mail_server.messages)) == (2, 1, 1)
            assert states(day) == ["sent"]
            mail_server.down()
            assert "The e-mail could not be sent" in day.must("mark", status=1).stderr
            assert (len(broken.seen), len(works.seen)) == (3, 2)
            mail_server.up()
            day.must("email")
            assert (len(broken.seen), len(works.seen), len(mail_server.messages)) == (3, 2, 2)


def test_a_frozen_mail_server_and_a_frozen_service_end_together(tmp_path: Path, receiver: Receivers) -> None:
    """They are waited for side by side: another service has its message long before."""
    with MailServer(acts={"connect": FREEZE}) as mail_server:
        day = MailedDay(tmp_path, mail_server)
        with day.platform:
            hangs, works = receiver(frozen), receiver(OK)
            push_to(day, hangs, works)
            with day.start() as process:
                works.until(lambda: bool(works.seen))
                assert process.poll() is None
                _, stderr = process.communicate(timeout=60)
            assert process.returncode == 1
            assert "The e-mail could not be sent" in stderr
            assert "A push notification" not in stderr


def test_no_email_leaves_the_push_and_an_older_mail_alone(tmp_path: Path, receiver: Receivers) -> None:
    """`--no-email` queues none: neither is it mailed later, nor is a mail lost that waits."""
    with MailServer() as mail_server:
        day = MailedDay(tmp_path, mail_server)
        with day.platform:
            server = receiver()
            push_to(day, server)
            mail_server.down()
            day.must(status=1)
            day.at("2026-11-27 15:00").must("--no-email")
            assert [push["title"][12:22] for push in told(server)] == ["2026-11-25", "2026-11-27"]
            mail_server.up()
            day.must("email")
            assert [subject[:10] for subject in day.subjects] == ["2026-11-25"]


@pytest.mark.parametrize("at", ["before sql INSERT INTO deliveries", "after sql UPDATE deliveries SET"])
def test_killed_between_commit_and_send(day: Day, receiver: Receivers, at: str) -> None:
    """It was queued with the day: the next command sends it, and only that one."""
    server = receiver()
    push_to(day, server)
    day.run(at=at, do="SIGKILL")
    assert (server.seen, states(day)) == ([], ["queued"])
    day.must()
    day.must()
    assert (len(server.seen), states(day), day.platform.executed) == (1, ["sent"], 1)


def test_killed_while_it_is_sent(day: Day, receiver: Receivers) -> None:
    """Nobody knows whether it arrived: it is tried again, three times in all, and then told."""
    server = receiver(frozen, frozen, frozen, OK)
    push_to(day, server)
    for number, args in enumerate(((), ("email",), ("email",)), start=1):
        with day.start(*args) as process:
            server.until(lambda n=number: len(server.seen) == n)  # type: ignore[misc]
            process.kill()
    said = day.must("email", status=1)
    assert "It is not known whether a push notification arrived" in said.stderr
    assert (len(server.seen), states(day)) == (3, ["sent"])


def test_a_session_is_pushed_again_on_purpose(day: Day, receiver: Receivers) -> None:
    """`email SESSION` sends its message by each channel that there is; without a mail by push alone."""
    server = receiver()
    push_to(day, server)
    day.must()
    assert "Pushed: [paper_run] 2026-11-25" in day.must("email", "2026-11-25").stdout
    assert len(server.seen) == 2
    assert "PAPER_RUN_EMAIL_TO is not set" in day.must("email", "--to-stdout", status=3).stderr


def test_of_several_sessions_the_last_is_pushed(day: Day, receiver: Receivers) -> None:
    """As it is mailed: with SANDBOX in the subject."""
    server = receiver()
    push_to(day, server)
    day.must("--sandbox", "--sessions", "3", "-q")
    assert [push["title"][:30] for push in told(server)] == ["[paper_run] 2025-01-06 SANDBOX"]


def test_a_database_keeps_it_as_a_file_does(day: Day, receiver: Receivers, schema: Schema) -> None:
    """What one channel has and another has not, by each store; the URL is in neither."""
    broken, works = receiver(DOWN, OK), receiver()
    push_to(day, broken, works)
    day.env |= schema.env
    day.must("--new-ledger", status=1)
    assert schema.rows("mail_channels")[0]["state"] == "queued"
    day.must("email")
    assert (len(broken.seen), len(works.seen)) == (2, 1)
    (row,) = schema.rows("mail_channels")
    assert (row["channel"], row["state"], schema.rows("mails")[0]["state"]) == ("push", "sent", "sent")
    assert TOKEN not in str(schema.rows("deliveries"))


def test_nobody_sees_the_secrets(day: Day, receiver: Receivers) -> None:
    """Neither the console with -v, nor doctor, a file, the ledger, nor another message."""
    broken, works = receiver(DOWN), receiver()
    push_to(day, broken, works)
    said = [day.run("-v"), day.run("doctor", "-v"), day.run("email", "-v"), day.run("mark", "-v")]
    texts = [text for each in said for text in (each.stdout, each.stderr)]
    texts += [seen.body.decode() for seen in works.seen]
    texts += [path.read_bytes().decode("latin-1") for path in day.reports.rglob("*") if path.is_file()]
    for secret in (TOKEN, USER, PASSWORD, "s3cret%2Fword", QUERY):
        assert not [text for text in texts if secret in text]
    doctor = said[1].stdout
    assert f"json://127.0.0.1:{works.port}/... by JSON; always; nothing is sent now" in doctor


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("json://127.0.0.1:1/x nonsense", "URL number 2, '<hidden>'"),
        (f"foo://bar/{TOKEN}", "URL number 1, 'foo://...'"),
        (f"json://127.0.0.1:1/x tgram://{TOKEN}/chat", "URL number 2, 'tgram://...'"),
    ],
)
def test_a_wrong_url_stops_everything_before_anything_is_sent(day: Day, typed: str, named: str) -> None:
    """Exit status 3 and one message, which shows nothing of it but its scheme; doctor says the same."""
    day.env["PAPER_RUN_NOTIFY"] = typed
    for args in ((), ("mark",), ("email",), ("--dry-run",)):
        said = day.must(*args, status=3)
        assert said.stderr.count("PAPER_RUN_NOTIFY") == 2
        assert named in said.stderr
        assert TOKEN not in said.stderr
    assert day.platform.posts == []


def test_without_apprise_the_command_that_installs_it_is_named(day: Day) -> None:
    """Nothing is sent, and doctor goes on with the rest."""
    blocked = day.folder / "blocked"
    blocked.mkdir()
    (blocked / "apprise.py").write_text("raise ImportError('not here')")
    day.env |= {"PAPER_RUN_NOTIFY": "json://127.0.0.1:1/x", "PYTHONPATH": str(blocked)}
    said = day.must(status=3)
    assert "PAPER_RUN_NOTIFY is set, and apprise is not installed" in said.stderr
    assert f"{sys.executable} -m pip install 'paper_run[notify]'" in said.stderr
    doctor = day.run("doctor")
    assert doctor.returncode == 3
    assert "pip install 'paper_run[notify]'" in doctor.stdout
