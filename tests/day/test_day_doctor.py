"""doctor: everything that a day depends on, a line each, with the fix."""

import os
import re
from datetime import UTC, datetime, timedelta

import pytest
from day.exchange_day import THANKSGIVING, Day
from support.command import Finished
from support.faulty_http import Answer
from support.mail_server import MailServer
from support.odd_platform import ORDERS, POSITIONS, RUN, RUNS


def line(said: Finished, name: str) -> str:
    """Return the one line about a thing."""
    (found,) = [each for each in said.lines if each[2:].startswith(f"{name}:")]
    return found


def test_all_is_well(day: Day) -> None:
    """Exit 0: each thing has its line with a tick, and nothing was traded, mailed or made."""
    with MailServer() as server:
        day.env |= server.env
        said = day.must("doctor")
        assert server.messages == []
        assert "TLS 1." in line(said, "E-mail")
        assert "logged in as reports; to trader@example.com, always" in line(said, "E-mail")
    assert said.stderr == ""
    *lines, empty, end = said.lines
    assert (empty, end) == ("", "All is well.")
    assert all(each.startswith("✓ ") for each in lines)
    names = [each[2:].partition(":")[0] for each in lines]
    assert names == [
        "Program",
        "Settings",
        "Reports folder",
        "Disk space",
        "Ledger",
        "Calendar",
        "Signal Service",
        "Execution Gateway",
        "Orchestrator",
        "Account",
        "Positions",
        "Orders",
        "Clock",
        "E-mail",
    ]
    assert day.platform.posts == []
    assert not day.reports.exists()


def test_what_is_in_use_is_named_by_absolute_paths(day: Day) -> None:
    """Interpreter, package, settings file and reports folder, as a schedule needs them."""
    (day.folder / "my.env").write_text("PAPER_RUN_CAPITAL=5\n")
    said = day.must("doctor", "--env-file", "my.env", "--reports-dir", "mine")
    assert str(day.folder / "my.env") in line(said, "Settings")
    assert str(day.folder / "mine") in line(said, "Reports folder")
    words = line(said, "Program").replace(",", "").split()
    assert len([word for word in words if os.path.isabs(word)]) == 2


def test_a_service_that_is_unwell_is_named_with_its_fix(day: Day) -> None:
    """Its database, its own words, or that nobody answers; exit 1."""
    day.platform.signal.stop()
    day.platform.gateway.health["database_connected"] = False
    said = day.must("doctor", status=1)
    assert "refused the connection - fix: Start service: uvicorn" in line(said, "Signal Service")
    assert "its database is not connected - fix: Ask it yourself: curl" in line(said, "Execution Gateway")
    assert line(said, "Orchestrator").startswith("✓ ")
    assert said.lines[-1] == "2 of 12 need you."
    assert not any("Positions" in each or "Orders" in each for each in said.lines)


def test_a_healthy_gateway_that_asks_for_authentication_is_named(day: Day) -> None:
    """Positions and an order are read as a day reads them: one may be allowed and the other not; exit 1."""
    day.must()
    refused = {"error": "authentication_required", "message": "Authentication required"}
    answer = Answer(status=401, body={"detail": refused})
    day.platform.gateway.always("GET", POSITIONS, answer)
    said = day.must("doctor", status=1)
    assert "answered 401: authentication_required; Authentication required" in line(said, "Positions")
    assert "API_AUTH_MODE=log_only" in line(said, "Positions")
    assert line(said, "Execution Gateway").startswith("✓ ")
    assert line(said, "Orders").startswith("✓ ")
    day.platform.gateway.always("GET", f"{ORDERS}/*", Answer(status=403, body={"detail": refused}))
    assert "API_AUTH_MODE=log_only" in line(day.must("doctor", status=1), "Orders")


def test_positions_and_an_order_are_read(day: Day) -> None:
    """Without an attempt an order that nobody placed; then one of the latest's, which must be known."""
    said = day.must("doctor")
    assert line(said, "Positions").endswith(" has 0")
    assert "that there is none" in line(said, "Orders")
    day.must()
    said = day.must("doctor")
    assert line(said, "Positions").endswith(" has 3")
    assert line(said, "Orders").endswith(" of the latest attempt: filled")
    day.platform.gateway.orders.clear()
    assert "--execution-gateway-url" in line(day.must("doctor", status=1), "Orders")


@pytest.mark.parametrize(("name", "path"), [("Positions", POSITIONS), ("Orders", f"{ORDERS}/*")])
def test_what_a_gateway_can_not_tell_is_named(day: Day, name: str, path: str) -> None:
    """In its own words, with what to look at; exit 1."""
    day.platform.gateway.always("GET", path, Answer(status=500, body={"detail": "no pool"}))
    said = line(day.must("doctor", status=1), name)
    assert "it answered 500: no pool - fix: " in said


def test_a_degraded_gateway_names_the_usual_cause(day: Day) -> None:
    """With every flag true: its circuit breaker's state is missing; exit 1."""
    day.platform.gateway.health["status"] = "degraded"
    said = day.must("doctor", status=1)
    assert "circuit breaker's state is missing" in line(said, "Execution Gateway")


def test_quiet_prints_what_is_not_well_alone(day: Day) -> None:
    """So cron mails it only then."""
    assert day.must("doctor", "-q").stdout == ""
    day.platform.signal.stop()
    said = day.must("doctor", "-q", status=1)
    assert [each[:16] for each in said.lines] == ["✕ Signal Service"]


def test_a_mail_server_that_refuses_is_named(day: Day) -> None:
    """Its own words, without the password; exit 1."""
    with MailServer() as server:
        day.env |= server.env | {"PAPER_RUN_SMTP_PASSWORD": "open sesame 42"}
        said = day.must("doctor", status=1)
    assert "refused the login of reports (535 5.7.8" in line(said, "E-mail")
    assert "open sesame" not in said.stdout + said.stderr


def test_a_ledger_of_another_platform_is_named(day: Day) -> None:
    """A sandbox's ledger where the real one should be: what a run would end with; exit 3."""
    assert "the services are a real platform" in line(day.must("doctor"), "Account")
    for service in day.platform.services.values():
        service.health |= {"sandbox": True, "session": "2025-01-03"}
    day.must()
    assert "a SANDBOX with simulated prices, and so is the ledger" in line(day.must("doctor"), "Account")
    for service in day.platform.services.values():
        del service.health["sandbox"], service.health["session"]
    said = day.must("doctor", status=3)
    assert "belongs to a sandbox, and this is a real platform" in line(said, "Account")
    assert f"fix: If the sandbox got there by mistake, move it away: mv {day.reports}" in line(
        said, "Account"
    )


def test_a_ledger_that_can_not_be_read_is_named_once(day: Day) -> None:
    """The one line says it; all else is looked at as without a ledger, and is well; exit 3."""
    day.reports.mkdir()
    day.ledger.write_bytes(b"x" * 200)
    said = day.must("doctor", status=3)
    assert "is not a ledger of paper_run" in line(said, "Ledger")
    assert [each[2:].partition(":")[0] for each in said.lines if each.startswith("✕")] == ["Ledger"]
    assert line(said, "Account").endswith("the services are a real platform")
    assert day.ledger.read_bytes() == b"x" * 200


def test_a_clock_that_is_wrong_is_named(day: Day) -> None:
    """It decides the session: compared with the services' Date headers; exit 1."""
    assert "agrees" in line(day.must("doctor"), "Clock")
    day.ahead += timedelta(minutes=2)
    theirs = day.ahead - timedelta(minutes=2)
    day.platform.now = lambda: datetime.now(UTC) + theirs
    said = day.must("doctor", status=1)
    assert re.search(r"12[01] s ahead of the clock of the", line(said, "Clock"))  # a Date has whole seconds
    assert "fix:" in line(said, "Clock")


def test_a_sandbox_has_a_date_of_its_own(day: Day) -> None:
    """Its clock is of another day, and a run goes by the session that it plays: nothing is wrong."""
    for service in day.platform.services.values():
        service.health |= {"sandbox": True, "session": "2025-01-03"}
    day.platform.now = lambda: datetime(2025, 1, 3, 15, tzinfo=UTC)
    day.must()
    assert "it plays the session of 2025-01-03" in line(day.must("doctor"), "Clock")


def test_the_calendar_says_what_a_run_would_find(day: Day) -> None:
    """Where the exchange is, what time it is there, and the session's hours, half days included."""
    said = day.must("doctor")
    words = "XNYS, where it is 2026-11-25 10:00 EST: today is a session, 09:30 to 16:00"
    assert words in line(said, "Calendar")
    said = day.at(THANKSGIVING).must("doctor")
    assert "no session today (Thanksgiving Day), the next is 2026-11-27, 09:30 to 13:00" in line(
        said, "Calendar"
    )


def test_a_secret_that_others_can_read_is_named(day: Day) -> None:
    """A .env file with a password, and a password file: exit 3 with the command that mends it."""
    settings, password = day.folder / ".env", day.folder / "password"
    settings.write_text(
        "ALPACA_API_SECRET_KEY=s\nALPACA_API_KEY_ID=k\nPAPER_RUN_SMTP_PASSWORD_FILE=password\n"
    )
    password.write_text("open sesame\n")
    settings.chmod(0o644)
    password.chmod(0o640)
    day.env["PAPER_RUN_QUOTES_URL"] = day.platform.quotes.url
    said = day.must("doctor", status=3)
    found = [each for each in said.lines if "Permissions:" in each]
    assert [f"fix: chmod 600 {path}" in each for path, each in zip((settings, password), found, strict=True)]
    settings.chmod(0o600)
    password.chmod(0o600)
    said = day.must("doctor")
    assert said.stdout.count("✓ Permissions:") == 2


def test_a_file_without_a_secret_may_be_read(day: Day) -> None:
    """There is nothing to hide in it."""
    (day.folder / ".env").write_text("PAPER_RUN_CAPITAL=5\n")
    (day.folder / ".env").chmod(0o644)
    assert "Permissions" not in day.must("doctor").stdout


def test_quotes_are_asked_for_one_symbol(day: Day) -> None:
    """A source that knows the keys and has it; and one that does not answer."""
    day.env |= {"ALPACA_API_KEY_ID": "k", "ALPACA_API_SECRET_KEY": "s"}
    day.env["PAPER_RUN_QUOTES_URL"] = day.platform.quotes.url
    assert "has nothing of AAPL" in line(day.must("doctor"), "Quotes")
    day.platform.quotes.trades["AAPL"] = {"t": "2026-11-25T14:59:00Z", "p": 101.5}
    assert line(day.must("doctor"), "Quotes").endswith("has AAPL")
    day.platform.quotes.stop()
    assert "fix: check ALPACA_API_KEY_ID" in line(day.must("doctor", status=1), "Quotes")


def test_what_waits_for_a_person_is_named(day: Day) -> None:
    """An attempt that has an unknown outcome and mails that wait, with the command for each; exit 1."""
    day.platform.orchestrator.script("POST", RUN, [Answer(status=504, process="before", body="Timeout")])
    day.platform.orchestrator.always("GET", RUNS, Answer(status=500, body="Internal Server Error"))
    with MailServer() as server:
        day.env |= server.env
        server.down()
        day.must("--timeout", "1", status=2)
        server.up()
        said = day.must("doctor", status=1)
    assert "outcome unknown: 2026-11-25 - fix: " in line(said, "Attempts")
    assert " -m paper_run resolve --reports-dir " in line(said, "Attempts")
    assert "1 could not be sent yet - fix: " in line(said, "E-mail queue")
    assert " -m paper_run email --reports-dir " in line(said, "E-mail queue")
    assert "the last attempt is 2026-11-25" in line(said, "Ledger")


def test_a_damaged_ledger_is_named(day: Day) -> None:
    """With the way to save it; exit 3, and the rest is looked at all the same."""
    day.must()
    content = day.ledger.read_bytes()
    day.ledger.write_bytes(content[:8192] + b"\xff" * 4096 + content[12288:])
    said = day.must("doctor", status=3)
    assert "damaged" in line(said, "Ledger")
    assert ".dump" in line(said, "Ledger")
    assert line(said, "Orchestrator").startswith("✓ ")


def test_a_misspelt_variable_is_named(day: Day) -> None:
    """A setting that means nothing is worth a look; exit 3."""
    day.env["PAPER_RUN_CAPITALS"] = "5"
    said = day.must("doctor", status=3)
    assert "was PAPER_RUN_CAPITAL meant?" in line(said, "Settings")


def test_a_setting_that_is_no_wrong_name_is_not_called_one(day: Day) -> None:
    """A password that goes in clear: what is to be corrected is what is said; one thing needs a person."""
    day.env |= {"PAPER_RUN_EMAIL_TO": "jo@example.com", "PAPER_RUN_EMAIL_ON": "never"}
    day.env |= {"PAPER_RUN_SMTP_HOST": "127.0.0.1", "PAPER_RUN_SMTP_SECURITY": "none"}
    day.env |= {"PAPER_RUN_SMTP_USER": "jo", "PAPER_RUN_SMTP_PASSWORD": "secret"}
    said = day.must("doctor", status=3)
    assert line(said, "Settings").endswith("can read it. - fix: correct what it names")
    assert re.fullmatch(r"1 of \d+ needs you\.", said.lines[-1])


def test_what_is_no_ledger_is_told_in_a_line(day: Day) -> None:
    """Each of two ways out, without a full stop between them; that nothing was sent goes without saying."""
    day.ledger.parent.mkdir(parents=True, exist_ok=True)
    day.ledger.write_text("junk")
    said = line(day.must("doctor", status=3), "Ledger")
    assert "another folder with --reports-dir; If it was the ledger" in said
    assert said.endswith("no earlier attempt is known")
    assert "nothing was sent" not in said


def test_a_folder_that_cannot_be_made_is_named(day: Day) -> None:
    """A file in its way; exit 3."""
    (day.folder / "mine").write_text("")
    said = day.must("doctor", "--reports-dir", "mine/deep", status=3)
    assert "can't be written to - fix:" in line(said, "Reports folder")
