"""The units of systemd: what systemd itself says of them, and that every path arrives as it is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from schedule.planned import ODD, noting, planned
from support.command import clean_environment

from paper_run.errors import DataError
from paper_run.schedule import systemd
from paper_run.schedule.plan import TIMES, Schedule

CONFINED = Path(__file__).parents[1] / "support" / "confined.py"
SERVICES = ("paper-run.service", "paper-run-mark.service")


@pytest.fixture(scope="session")
def analyze(systemd_analyze: str) -> str:
    """systemd's own check of units."""
    return systemd_analyze


def _texts(schedule: Schedule, *, for_user: bool = False) -> dict[str, str]:
    return {unit.name: unit.text for unit in systemd.units(schedule, for_user=for_user)}


def _setting(text: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)


def _words(value: str) -> list[str]:
    """Read a setting as systemd does: quotes, then escapes, then specifiers."""
    words = []
    for quoted, bare in re.findall(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)', value):
        word = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
        assert "%" not in word.replace("%%", ""), "a specifier"
        words.append(word.replace("%%", "%"))
    return words


def _written(schedule: Schedule, folder: Path, *, for_user: bool = False) -> list[Path]:
    folder.mkdir()
    for name, text in _texts(schedule, for_user=for_user).items():
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())


@pytest.mark.parametrize("name", ["plain", ODD])
@pytest.mark.parametrize("for_user", [False, True])
@pytest.mark.parametrize("exchange", list(TIMES))
def test_systemd_has_no_complaint(
    name: str, for_user: bool, exchange: str, analyze: str, tmp_path: Path
) -> None:
    """`systemd-analyze verify` finds nothing to say of all five units, and finds the interpreter."""
    noting(tmp_path / name)
    schedule = planned(tmp_path / name, exchange=exchange, tells_exchange=True)
    units = _written(schedule, tmp_path / "units", for_user=for_user)
    assert len(units) == 5
    done = subprocess.run(
        [analyze, *(["--user"] if for_user else []), "verify", *units],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemds_check_would_complain(analyze: str, tmp_path: Path) -> None:
    """An interpreter that is not there, and a word that systemd does not know, are seen."""
    (service, *others) = _written(planned(tmp_path / "nowhere"), tmp_path / "units")
    service.write_text(service.read_text("utf-8").replace("Type=", "Tipe="), encoding="utf-8")
    done = subprocess.run(
        [analyze, "verify", service, *others], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "Tipe" in done.stderr
    assert "nowhere" in done.stderr


@pytest.mark.parametrize(
    ("exchange", "after", "run", "mark"),
    [
        ("XNYS", "2026-03-06 23:00 UTC", "2026-03-09 13:00:00", "2026-03-09 20:10:00"),
        ("XNYS", "2026-10-30 23:00 UTC", "2026-11-02 14:00:00", "2026-11-02 21:10:00"),
        ("24/7", "2026-11-07 23:55 UTC", "2026-11-08 00:05:00", "2026-11-08 23:50:00"),
    ],
)
def test_the_timers_elapse_when_they_should(
    exchange: str, after: str, run: str, mark: str, analyze: str, tmp_path: Path
) -> None:
    """systemd's own reckoning: New York's time across a clock change, no weekend; or UTC's."""
    texts = _texts(planned(tmp_path, exchange=exchange))
    for name, expected in (("paper-run.timer", run), ("paper-run-mark.timer", mark)):
        (calendar,) = _setting(texts[name], "OnCalendar")
        done = subprocess.run(
            [analyze, "calendar", f"--base-time={after}", calendar],
            env={**os.environ, "TZ": "UTC"},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert f"{expected} UTC" in done.stdout


@pytest.mark.parametrize("name", ["plain", ODD, "%n $HOME ${HOME}", '"', "\\", "ends in \\", "a  b "])
def test_any_path_survives(name: str, tmp_path: Path) -> None:
    """Folder, interpreter, settings and reports are read as they are, without specifiers or variables."""
    folder = tmp_path / name
    texts = _texts(planned(folder, outputs=(folder / "more",)))
    for service, command in zip(SERVICES, ([], ["mark"]), strict=True):
        (value,) = _setting(texts[service], "ExecStart")
        first, *rest = _words(value)
        assert first.startswith(":") == ("$" in name)
        if first.removeprefix(":") == "/usr/bin/env":
            first, *rest = rest
            assert set(name) & set("'\"\\"), "a name that systemd takes needs no help"
        assert first.removeprefix(":") == f"{folder}/python"
        options = ["-q", "--env-file", f"{folder}/.env", "--reports-dir", f"{folder}/reports"]
        assert rest == ["-m", "paper_run", *command, *options]
        (value,) = _setting(texts[service], "ReadWritePaths")
        assert _words(value) == [f"{folder}/reports", f"{folder}/more"]
        (value,) = _setting(texts[service], "WorkingDirectory")
        assert Path(value.replace("%%", "%")) == folder
        assert value.strip() == value
        assert not value.endswith("\\"), "the next line would belong to it"


def test_a_unit_refuses_a_path_that_is_no_line_of_text(tmp_path: Path) -> None:
    """A line break in a path would be a setting of its own."""
    for changes in ({"outputs": (tmp_path / "a\nUser=root",)}, {"reports_dir": tmp_path / "a\nb"}):
        with pytest.raises(DataError, match="systemd"):
            systemd.units(planned(tmp_path, **changes), for_user=False)


def test_the_machines_units_are_hardened(tmp_path: Path) -> None:
    """They run as who asked, may write the reports alone, and gain no privilege."""
    base = Path("/srv/paper")
    for service in SERVICES:
        text = _texts(planned(base, user="jo"))[service]
        settings = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        assert settings["Type"] == "oneshot"
        assert settings["User"] == "jo"
        assert settings["ReadWritePaths"] == "/srv/paper/reports"
        assert settings["ProtectSystem"] == "strict"
        assert settings["NoNewPrivileges"] == settings["PrivateTmp"] == "yes"
        assert settings["OnFailure"] == "paper-run-failed@%n.service"
        assert settings["After"] == settings["Wants"] == "network-online.target time-sync.target"
        assert int(settings["TimeoutStartSec"]) == 1200
        assert int(settings["TimeoutStopSec"]) == 360, "a SIGTERM during the POST waits for its answer"
        assert _setting(text, "Environment") == ["PAPER_RUN_REQUIRE_LEDGER=1"]


@pytest.mark.parametrize("user", ["jo", "root"])
def test_systemd_finds_them_hardly_exposed(user: str, analyze: str, tmp_path: Path) -> None:
    """`systemd-analyze security` gives each at most 2.0 of 10, root's too."""
    units = _written(planned(Path("/srv/paper"), user=user), tmp_path / "units")
    for unit in units:
        if unit.name in SERVICES:
            done = subprocess.run(
                [analyze, "security", "--offline=true", "--no-pager", unit],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            (level,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
            assert float(level) <= 2.0, done.stdout


def test_nothing_runs_as_root_without_a_word(tmp_path: Path) -> None:
    """Whoever makes them as root is told so; nobody else."""
    for user, for_user, is_told in (("root", False, True), ("root", True, False), ("jo", False, False)):
        text = systemd.unit_stream(planned(tmp_path, user=user), for_user=for_user)
        assert ("They run as root" in text) is is_told


@pytest.mark.parametrize("for_user", [False, True])
def test_a_day_goes_well_under_what_the_kernel_refuses(for_user: bool, analyze: str, tmp_path: Path) -> None:
    """System calls, memory and umask as the units have them, no capability: run and mark of a sandbox."""
    text = _texts(planned(tmp_path), for_user=for_user)["paper-run.service"]
    for command in ((), ("mark",), ("doctor",)):
        done = subprocess.run(
            [sys.executable, CONFINED, analyze, "\n".join(_setting(text, "SystemCallFilter")), *command],
            input=text,
            cwd=tmp_path,
            env={**clean_environment(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode == 77:
            pytest.skip("needs libseccomp")
        assert (done.returncode, done.stderr) == (0, "")
    page = next((tmp_path / "reports" / "sandbox").glob("*_paper_run.html"))
    assert page.stat().st_mode & 0o777 == 0o640


def test_what_is_refused_would_be_missed(analyze: str, tmp_path: Path) -> None:
    """The confinement of the test before bites: without the network's system calls no day goes well."""
    done = subprocess.run(
        [sys.executable, CONFINED, analyze, "@system-service\n~@network-io"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip("needs libseccomp")
    assert done.returncode != 0


@pytest.mark.parametrize("part", ["folder", "reports_dir", "env_file"])
@pytest.mark.parametrize("shared", ["/tmp", "/var/tmp"])
def test_a_service_whose_files_are_temporary_sees_the_shared_folder(part: str, shared: str) -> None:
    """With a /tmp of its own it would find none of them."""
    schedule = planned(Path("/srv/paper"))._replace(**{part: Path(shared) / "x"})
    assert "PrivateTmp" not in _texts(schedule)["paper-run.service"]
    schedule = planned(Path("/srv/paper"))._replace(**{part: Path(f"/srv{shared}x")})
    assert "PrivateTmp=yes" in _texts(schedule)["paper-run.service"]


def test_a_users_own_units_ask_for_nothing_that_only_root_can_give(tmp_path: Path) -> None:
    """No other user, mount or target; what the kernel can refuse to anybody stays refused."""
    text = _texts(planned(tmp_path), for_user=True)["paper-run.service"]
    for name in ("User=", "ProtectSystem=", "PrivateTmp=", "network-online", "time-sync"):
        assert name not in text
    for name in ("NoNewPrivileges=yes", "SystemCallFilter=@system-service"):
        assert name in text


def test_the_timers_catch_up_and_are_not_all_at_once(tmp_path: Path) -> None:
    """A start missed while the machine was off is made up for; starts are spread over a minute."""
    texts = _texts(planned(tmp_path))
    for name in ("paper-run.timer", "paper-run-mark.timer"):
        for line in ("Persistent=true", "RandomizedDelaySec=60", "WantedBy=timers.target"):
            assert line in texts[name].splitlines()


def test_the_exchange_and_the_sandbox_are_told_to_the_services(tmp_path: Path) -> None:
    """In both, so that run and mark mean the same days; a description says SANDBOX."""
    schedule = planned(tmp_path, exchange="24/7", tells_exchange=True, is_sandbox=True)
    texts = _texts(schedule)
    for service in SERVICES:
        told = ["PAPER_RUN_REQUIRE_LEDGER=1", "PAPER_RUN_EXCHANGE=24/7"]
        assert _setting(texts[service], "Environment") == told
        assert "--sandbox" in _setting(texts[service], "ExecStart")[0].split()
        assert "SANDBOX" in _setting(texts[service], "Description")[0]
        assert _setting(texts[service], "ReadWritePaths") == [f"{tmp_path}/reports/sandbox"]


@pytest.mark.parametrize("for_user", [False, True])
def test_the_stream_holds_each_unit_below_the_path_of_its_file(for_user: bool, tmp_path: Path) -> None:
    """And above them how to install them, for the machine or for oneself."""
    schedule = planned(tmp_path, unseen=("PAPER_RUN_CAPITAL",))
    stream = systemd.unit_stream(schedule, for_user=for_user)
    folder = "~/.config/systemd/user" if for_user else "/etc/systemd/system"
    for unit in systemd.units(schedule, for_user=for_user):
        assert f"\n# {folder}/{unit.name}\n{unit.text}" in stream
    comments = stream.partition("\n\n")[0].splitlines()
    assert all(line.startswith("# ") for line in comments)
    heading = "\n".join(comments)
    assert ("sudo" not in heading) == for_user
    assert ("enable-linger" in heading) == for_user
    for words in (
        "--into paper-run-units",
        f"mkdir -p {tmp_path}/reports",
        "enable --now paper-run.timer paper-run-mark.timer",
        "Set here, but not",
        "PAPER_RUN_AS_OF_DATE=previous",
    ):
        assert words in heading
