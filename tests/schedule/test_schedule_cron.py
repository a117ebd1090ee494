"""A crontab's lines: started at the right minute everywhere, in the right folder, silent when all is well."""

import os
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders.moments import NEW_YORK
from schedule.planned import ODD, noting, planned, read_by_cron

from paper_run.errors import DataError
from paper_run.schedule import cron
from paper_run.schedule.plan import Schedule

ZONES = ("UTC", "America/New_York", "Asia/Tokyo", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe")
# The Fridays and Mondays around each change of New York's and of London's clocks, and the weekends between.
CHANGES = [
    date(2026, month, day) + timedelta(days)
    for month, day in ((3, 6), (3, 27), (10, 23), (10, 30))
    for days in range(4)
]


def _shell(
    command: str,
    *,
    path: Path | None = None,
    shell: str = "/bin/sh",
    stdout: int = subprocess.PIPE,
    **variables: str,
) -> Any:
    """Run a line as cron does: no environment to speak of, somewhere else."""
    search = "/usr/bin:/bin" if path is None else f"{path}:/usr/bin:/bin"
    return subprocess.run(
        [shell, "-c", command],
        cwd="/",
        env={"PATH": search, **variables},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )


def _clock_at(folder: Path, moment: datetime) -> Path:
    """Make a `date` that shows another moment, and return the folder to find it in."""
    folder.mkdir(exist_ok=True)
    program = folder / "date"
    program.write_text(f'#!/bin/sh\nexec /usr/bin/date -d @{int(moment.timestamp())} "$@"\n')
    program.chmod(0o755)
    return folder


def _monday(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=NEW_YORK)


def _looks(minutes: str, zone: str, days: list[date]) -> Iterator[datetime]:
    """Yield when cron starts a line on these days of UTC, by the minutes of the machine's own clock."""
    at = set(range(0, 60, 15)) if minutes == "*/15" else set(map(int, minutes.split(",")))
    for day in days:
        for minute in range(24 * 60):
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)
            if moment.astimezone(ZoneInfo(zone)).minute in at:
                yield moment


def _goes_on(schedule: Schedule, number: int, moments: list[datetime], zone: str, folder: Path) -> list[bool]:
    """Return, for each moment, whether the line goes past its guard there; one shell asks for all."""
    _, command = read_by_cron(cron.crontab(schedule))[number]
    guard = command[: command.index(") cd ")] + ") echo yes;; *) echo no;; esac"
    fake = folder / "date"
    fake.write_text('#!/bin/sh\nexec /usr/bin/date -d "@$AT" "$@"\n')
    fake.chmod(0o755)
    loop = f"while read -r AT; do export AT; {guard}; done"
    done = subprocess.run(
        ["/bin/sh", "-c", loop],
        input="".join(f"{int(moment.timestamp())}\n" for moment in moments),
        env={"PATH": f"{folder}:/usr/bin:/bin", "TZ": zone},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return [word == "yes" for word in done.stdout.split()]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("number", "clock"), [(0, "09:00"), (1, "16:10")])
def test_a_line_goes_on_once_a_weekday_at_new_yorks_time(
    zone: str, number: int, clock: str, tmp_path: Path
) -> None:
    """Whatever the machine's zone, and around both changes of New York's and of London's clocks."""
    schedule = planned(tmp_path)
    minutes, _ = read_by_cron(cron.crontab(schedule))[number]
    hours = range(int(clock[:2]) - 2, int(clock[:2]) + 3)
    looks = _looks(minutes, zone, CHANGES)
    moments = [moment for moment in looks if moment.astimezone(NEW_YORK).hour in hours]
    answers = _goes_on(schedule, number, moments, zone, tmp_path)
    started = [moment.astimezone(NEW_YORK) for moment, answer in zip(moments, answers, strict=True) if answer]
    weekdays = [day for day in CHANGES if day.weekday() < 5]
    assert [f"{moment:%Y-%m-%d %H:%M}" for moment in started] == [f"{day} {clock}" for day in weekdays]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
@pytest.mark.parametrize(("number", "clock"), [(0, "00:05"), (1, "23:50")])
def test_where_the_exchange_never_closes_each_utc_day_has_its_start(
    zone: str, number: int, clock: str, tmp_path: Path
) -> None:
    """Weekends too, shortly after UTC midnight and shortly before the next."""
    schedule = planned(tmp_path, exchange="24/7", tells_exchange=True)
    minutes, _ = read_by_cron(cron.crontab(schedule))[number]
    days = CHANGES[:4]
    moments = list(_looks(minutes, zone, days))
    answers = _goes_on(schedule, number, moments, zone, tmp_path)
    started = [moment for moment, answer in zip(moments, answers, strict=True) if answer]
    assert [f"{moment:%Y-%m-%d %H:%M}" for moment in started] == [f"{day} {clock}" for day in days]


@pytest.mark.parametrize("late", [0, 1, 9])
def test_a_start_may_come_some_minutes_late(late: int, tmp_path: Path) -> None:
    """A machine that is busy at the full hour does not lose the day; no other look is that late."""
    assert _goes_on(planned(tmp_path), 0, [_monday(9, late)], "UTC", tmp_path) == [True]
    assert _goes_on(planned(tmp_path), 0, [_monday(9, 10)], "UTC", tmp_path) == [False]


@pytest.mark.parametrize("name", [ODD, "plain", "%", "%%x", "ends in \\", "'", " "])
@pytest.mark.parametrize("reads", ["vixie", "busybox"])
def test_any_path_survives_cron_and_shell(name: str, reads: str, tmp_path: Path) -> None:
    """All of them arrive as they are, also where cron leaves `\\%` to the shell."""
    folder = tmp_path / name
    noted = noting(folder)
    text = cron.crontab(planned(folder))
    commands = [command for _, command in read_by_cron(text)]
    if reads == "busybox":
        commands = [line.split(" ", 5)[5] for line in text.splitlines() if line[0] != "#"]
    for command, moment in zip(commands, (_monday(9, 0), _monday(16, 10)), strict=True):
        done = _shell(command, path=_clock_at(tmp_path / "clock", moment))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    options = ["-q", "--env-file", f"{folder}/.env", "--reports-dir", f"{folder}/reports"]
    run = [str(folder), "", "-m", "paper_run", *options]
    mark = [str(folder), "", "-m", "paper_run", "mark", *options]
    assert noted.read_text("utf-8").splitlines() == run + mark
    assert (folder / "reports" / "cron.log").read_bytes() == b""


def test_when_it_is_not_time_nothing_is_touched(tmp_path: Path) -> None:
    """The line ends well, says nothing, starts nothing and makes no folder."""
    noted = noting(tmp_path)
    for _, command in read_by_cron(cron.crontab(planned(tmp_path))):
        done = _shell(command, path=_clock_at(tmp_path / "clock", _monday(8, 45)))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not noted.exists()
    assert not (tmp_path / "reports").exists()


def test_what_goes_wrong_is_in_the_log_with_its_date(tmp_path: Path) -> None:
    """Words and exit status of a failed start are appended, and cron has nothing to mail."""
    noting(tmp_path, exit_status=2, says="It was refused.\\n")
    _, command = read_by_cron(cron.crontab(planned(tmp_path)))[0]
    for _ in range(2):
        done = _shell(command, path=_clock_at(tmp_path / "clock", _monday(9, 0)), TZ="UTC", LC_ALL="C")
        assert (done.stdout, done.stderr) == ("", "")
    log = (tmp_path / "reports" / "cron.log").read_text()
    assert log == "It was refused.\nexit status 2, Mon Nov 23 14:00:00 UTC 2026\n" * 2


def test_the_log_is_bounded(tmp_path: Path) -> None:
    """What is larger than a megabyte is kept once beside the next, and replaced by the one after."""
    noting(tmp_path, exit_status=2, says="It was refused.\\n")
    _, command = read_by_cron(cron.crontab(planned(tmp_path)))[0]
    reports = tmp_path / "reports"
    reports.mkdir()
    (log, kept) = reports / "cron.log", reports / "cron.log.1"
    for number in range(3):
        log.write_bytes(b"%d" % number * (cron.LARGEST_LOG + 512))
        done = _shell(command, path=_clock_at(tmp_path / "clock", _monday(9, 0)))
        assert (done.stdout, done.stderr) == ("", "")
        assert kept.read_bytes() == b"%d" % number * (cron.LARGEST_LOG + 512)
        assert log.read_text().startswith("It was refused.\n")
    log.write_bytes(b"x" * cron.LARGEST_LOG)
    _shell(command, path=_clock_at(tmp_path / "clock", _monday(9, 0)))
    assert log.stat().st_size > cron.LARGEST_LOG
    assert kept.read_bytes()[:1] == b"2"


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_a_log_that_cannot_be_written_does_not_cost_the_day(tmp_path: Path, shell: str) -> None:
    """As one that root made by hand: it is started all the same, and cron mails what it says.

    Nothing can open cron's end once more: it is root's own, or systemd's socket.
    """
    noted = noting(tmp_path, exit_status=2, says="It was refused.\\n")
    (tmp_path / "reports" / "cron.log").mkdir(parents=True)
    _, command = read_by_cron(cron.crontab(planned(tmp_path)))[0]
    crons, its = socket.socketpair()
    with crons, its:
        done = _shell(
            command, path=_clock_at(tmp_path / "clock", _monday(9, 0)), shell=shell, stdout=its.fileno()
        )
        its.close()
        said = crons.makefile(encoding="utf-8").read()
    assert noted.exists()
    assert said.startswith("It was refused.\nexit status 2, ")
    assert "cron.log" in done.stderr


def test_a_line_that_cannot_start_leaves_it_to_cron_to_say_so(tmp_path: Path) -> None:
    """Without its folder nothing is started, and the reason is on standard error, which cron mails."""
    noted = noting(tmp_path / "bin")
    schedule = planned(tmp_path, folder=tmp_path / "gone", python=str(tmp_path / "bin" / "python"))
    _, command = read_by_cron(cron.crontab(schedule))[0]
    done = _shell(command, path=_clock_at(tmp_path / "clock", _monday(9, 0)))
    assert done.returncode != 0
    assert "gone" in done.stderr
    assert not noted.exists()


def test_the_exchange_is_told_to_what_is_started(tmp_path: Path) -> None:
    """The settings need not name it again."""
    noted = noting(tmp_path)
    schedule = planned(tmp_path, exchange="24/7", tells_exchange=True, env_file=None, is_sandbox=True)
    _, command = read_by_cron(cron.crontab(schedule))[0]
    moment = datetime(2026, 11, 28, 0, 5, tzinfo=UTC)
    assert _shell(command, path=_clock_at(tmp_path / "clock", moment)).stderr == ""
    written = noted.read_text().splitlines()
    assert written[1:] == [
        "24/7", "-m", "paper_run", "-q", "--sandbox", "--reports-dir", str(tmp_path / "reports"),
    ]  # fmt: skip
    assert (tmp_path / "reports" / "sandbox" / "cron.log").exists()


def test_a_line_that_debians_cron_would_cut_off_is_refused() -> None:
    """A line has at most 998 bytes, however many of them a character takes; the error says what to do."""
    folder = Path("/srv") / ("x" * 90)
    assert max(len(command.encode()) for _, command in read_by_cron(cron.crontab(planned(folder)))) <= 998
    with pytest.raises(DataError) as caught:
        cron.crontab(planned(Path("/srv") / ("é" * 120)))
    assert "998" in caught.value.title
    assert caught.value.remedies


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\x1bb", "a\x85b", "a\u2028b", "a\udcffb"])
@pytest.mark.parametrize("part", ["python", "folder", "env_file", "reports_dir"])
def test_a_path_that_is_no_line_of_text_is_refused(name: str, part: str, tmp_path: Path) -> None:
    """A line break in a path would begin a line of its own in the crontab."""
    path = tmp_path / name
    with pytest.raises(DataError) as caught:
        cron.crontab(planned(tmp_path, **{part: str(path) if part == "python" else path}))
    assert caught.value.title.isprintable()
    assert "crontab" in caught.value.title


def test_the_comments_say_what_there_is_to_know(tmp_path: Path) -> None:
    """When, how to install it, where CRON_TZ works, what is set here alone, and that a sandbox is one."""
    schedule = planned(tmp_path, is_sandbox=True, unseen=("PAPER_RUN_CAPITAL",))
    comments = "\n".join(line for line in cron.crontab(schedule).splitlines() if line.startswith("#"))
    for words in (
        "SANDBOX", "09:00", "16:10", "| crontab -", "CRON_TZ", "cronie", "PAPER_RUN_AS_OF_DATE=previous",
        "Set here, but not where this starts it: PAPER_RUN_CAPITAL.\n",
        f"# Put what is needed into {tmp_path}/.env.",
    ):  # fmt: skip
        assert words in comments
    quiet = cron.crontab(planned(tmp_path, exchange="24/7", env_file=None))
    for words in ("SANDBOX", "AS_OF_DATE", "Set here"):
        assert words not in quiet


def test_the_command_in_the_comment_makes_the_same_text_from_anywhere(tmp_path: Path) -> None:
    """It goes to the folder first, and names exchange, settings and reports."""
    noted = noting(tmp_path / ODD)
    schedule = planned(tmp_path / ODD, exchange="24/7", tells_exchange=True)
    assert _shell(schedule.again("cron"), HOME=os.fspath(tmp_path)).returncode == 0
    folder = str(tmp_path / ODD)
    assert noted.read_text("utf-8").splitlines() == [
        folder, "", "-m", "paper_run", "schedule", "cron", "--exchange", "24/7",
        "--env-file", f"{folder}/.env", "--reports-dir", f"{folder}/reports",
    ]  # fmt: skip
