"""The heartbeat of the real command: when a run starts and how it ended; it fails and delays nothing."""

import time
from collections.abc import Iterator

import pytest
from day.exchange_day import FRIDAY, THANKSGIVING, Day
from support.socket_server import SocketServer, answer, frozen, serving

SECRET = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278"
VARIABLE = "PAPER_RUN_HEARTBEAT_URL"


@pytest.fixture
def monitor(day: Day) -> Iterator[SocketServer]:
    with serving(answer(b"OK")) as server:
        day.env[VARIABLE] = f"{server.url.base}/{SECRET}"
        yield server


NO_MAIL = {"PAPER_RUN_SMTP_HOST": "127.0.0.1", "PAPER_RUN_SMTP_PORT": "1", "PAPER_RUN_EMAIL_TO": "a@b.c"}


def one_line(text: str) -> str:
    return " ".join(text.split())


def told(monitor: SocketServer) -> list[tuple[str, str]]:
    """Return path and body of each heartbeat."""
    return [(seen.path.removeprefix(f"/{SECRET}"), seen.body.decode()) for seen in monitor.seen]


def test_a_good_day_is_told(day: Day, monitor: SocketServer) -> None:
    """Its start, then exit status 0 with the text of its mail, without a mail being configured."""
    day.must()
    (start, nothing), (end, summary) = told(monitor)
    assert (start, nothing, end) == ("/start", "", "/0")
    assert "Nothing to do." in summary
    assert "submitted 3, accepted 3" in " ".join(summary.split())


def test_a_run_that_stopped_is_told_with_its_reason(day: Day, monitor: SocketServer) -> None:
    """A service that is down, and a wrong setting: the exit status, and what failed."""
    day.platform.signal.stop()
    day.must(status=1)
    assert told(monitor)[-1][0] == "/1"
    assert "Signal Service unavailable" in told(monitor)[-1][1]
    day.env["PAPER_RUN_CAPITAL"] = "lots"
    day.must(status=3)
    assert told(monitor)[-1][0] == "/3"
    assert "PAPER_RUN_CAPITAL" in told(monitor)[-1][1]


def test_a_second_start_beside_the_days_run_says_nothing_of_its_end(day: Day, monitor: SocketServer) -> None:
    """The monitor would alarm over a day that goes well; what the first one says counts."""
    second: list[int] = []
    day.at_post(lambda: second or second.append(day.run().returncode))
    day.must()
    assert second == [2]
    # Whether its own start was heard by its end is left to the network.
    assert [path for path, _ in told(monitor) if path != "/start"] == ["/0"]


def test_a_closed_day_is_told(day: Day, monitor: SocketServer) -> None:
    """All is well, and why nothing was traded."""
    day.at(THANKSGIVING).must()
    path, summary = told(monitor)[-1]
    assert path == "/0"
    assert "No session on 2026-11-26" in summary


def test_the_exit_status_told_is_the_commands(day: Day, monitor: SocketServer) -> None:
    """A mail that could not be sent counts too, as the shell sees it, and the body says what failed."""
    day.env |= NO_MAIL
    day.must(status=1)
    (path, _), (end, summary) = told(monitor)
    assert (path, end) == ("/start", "/1")
    assert "Nothing to do" not in summary
    assert "The e-mail could not be sent. The mail server 127.0.0.1:1 refused the connection" in one_line(
        summary
    )
    assert "submitted 3, accepted 3" in one_line(summary)


def test_a_mail_about_no_result_that_failed_is_told_too(day: Day, monitor: SocketServer) -> None:
    """Of a closed day, and of a run that stopped: beside what happened."""
    day.env |= NO_MAIL
    day.at(THANKSGIVING).must(status=1)
    path, summary = told(monitor)[-1]
    assert path == "/1"
    assert "No session on 2026-11-26" in summary
    assert "The e-mail could not be sent" in summary
    day.platform.signal.stop()
    day.at(FRIDAY).must(status=1)
    path, summary = told(monitor)[-1]
    assert path == "/1"
    assert "Signal Service unavailable. The Signal Service at" in summary
    assert "The e-mail could not be sent" in summary


def test_a_file_that_could_not_be_written_is_told(day: Day, monitor: SocketServer) -> None:
    """The attempt went well, a copy of its result did not: exit 3, and the body names it."""
    day.env["PAPER_RUN_OUTPUT"] = "copies/day.json"
    day.at_post(lambda: (day.folder / "copies" / "day.json").mkdir(parents=True))
    day.must(status=3)
    path, summary = told(monitor)[-1]
    assert path == "/3"
    assert "copies/day.json" in summary.replace("\n", "")  # a long path goes over two lines
    assert "Nothing to do" not in summary


def test_of_several_sessions_each_failure_is_told(day: Day, monitor: SocketServer) -> None:
    """The last one went well, an earlier one did not: the exit status is told with its reason."""
    day.must("--sandbox", "--sessions", "2", "--symbols", "AAPL", "REJECT", status=2)
    path, summary = told(monitor)[-1]
    assert path == "/2"
    assert one_line(summary).count("1 of 2 orders was not accepted. Run ") == 2


def test_a_frozen_monitor_delays_by_its_bound_alone(day: Day) -> None:
    """The day trades and ends as ever, a few seconds later at the most."""
    with serving(frozen) as server:
        day.env[VARIABLE] = f"{server.url.base}/{SECRET}"
        began = time.monotonic()
        said = day.must()
        assert time.monotonic() - began < 50
    assert said.stderr == ""
    assert day.platform.executed == 1


def test_only_a_run_is_told(day: Day, monitor: SocketServer) -> None:
    """Neither a dry run nor a mark nor the history says that the day was run."""
    day.must("--dry-run")
    assert told(monitor) == []
    day.must()
    day.must("mark")
    day.must("history")
    assert len(told(monitor)) == 2


def test_the_url_is_a_secret(day: Day, monitor: SocketServer) -> None:
    """It is in no output, no report and no ledger, be it right or wrong."""
    said = [day.must("-v"), day.must("doctor")]
    day.env[VARIABLE] = f"ftp://{SECRET}"
    said.append(day.must(status=3))
    assert VARIABLE in said[-1].stderr
    assert all(SECRET not in each.stdout + each.stderr for each in said)
    assert all(SECRET.encode() not in path.read_bytes() for path in day.folder.rglob("*") if path.is_file())
