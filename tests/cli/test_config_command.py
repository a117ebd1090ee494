"""`config`: each setting in force, where it comes from, and nothing that nobody may see."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.command import run_command
from support.schema import command_faults

from paper_run.settings.options import OPTIONS

SECRETS = {
    "ALPACA_API_KEY_ID": "PKTESTKEY0001",
    "ALPACA_API_SECRET_KEY": "verysecretkey0001",
    "PAPER_RUN_SMTP_PASSWORD": "correcthorse",
    "PAPER_RUN_SMTP_USER": "reports",
    "PAPER_RUN_HEARTBEAT_URL": "https://hc.example/5bf66975-d4c7",
    "PAPER_RUN_NOTIFY": "ntfys://ntfy.sh/T0pic-secret tgram://123456:T0ken-secret/1",
    "PAPER_RUN_LEDGER_URL": "postgresql://jo:dbs3cret@db.example/paper",
    "PAPER_RUN_PLATFORM": "home",
    "INTERNAL_TOKEN_SECRET": "s" * 64,
    "SIGNAL_SERVICE_URL": "http://jo:urls3cret@localhost:8001",
}
HIDDEN = ("PKTEST", "verysecret", "correcthorse", "5bf6", "T0pic", "T0ken", "dbs3cret", "ssss", "urls3cret")


def shown(here: Path, *args: str, **env: str) -> dict[str, Any]:
    done = run_command("config", "--json", *args, cwd=here, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert command_faults("config", done.stdout) == []
    document = json.loads(done.stdout)
    return {each["name"]: each for each in document["settings"]} | {"file": document["settings_file"]}


def test_each_setting_has_its_line(tmp_path: Path) -> None:
    """Every variable of the reference, in its order; without any the defaults."""
    found = shown(tmp_path, PAPER_RUN_OPEN_DATES="", PAPER_RUN_LATEST_START="")
    assert list(found) == [*(each.variable for each in OPTIONS if each.variable), "file"]
    assert found["file"] is None
    assert {each["source"] for name, each in found.items() if name != "file"} == {"default"}
    assert found["PAPER_RUN_CAPITAL"]["value"] == "100000"
    assert found["PAPER_RUN_LATEST_START"]["value"] is None
    assert found["PAPER_RUN_LATEST_START"]["default"] == "15 minutes before that day's close"
    assert found["PAPER_RUN_REPORTS_DIR"]["value"] == str(tmp_path / "reports")


def test_a_sandbox_is_said_to_have_its_own(tmp_path: Path) -> None:
    """Below the settings, of which it leaves those of services and broker alone."""
    said = f"are its own, and its reports go to {tmp_path / 'reports' / 'sandbox'}\n"
    assert said in run_command("config", "--sandbox", cwd=tmp_path).stdout
    assert "SANDBOX:" not in run_command("config", cwd=tmp_path).stdout


def test_where_each_comes_from(tmp_path: Path) -> None:
    """The option beats the variable, that the file, that the default; the file with its path."""
    file = tmp_path / "my.env"
    file.write_text("PAPER_RUN_CAPITAL=1\nPAPER_RUN_TIMEOUT=2\nPAPER_RUN_WAIT=3\n")
    found = shown(
        tmp_path,
        *("--env-file", "my.env", "--capital", "9", "--symbols", "AAPL", "MSFT"),
        PAPER_RUN_CAPITAL="8",
        PAPER_RUN_TIMEOUT="7",
    )
    got = {
        name: (found[name]["value"], found[name]["source"], found[name]["where"])
        for name in found
        if name != "file"
    }
    assert got["PAPER_RUN_SYMBOLS"] == ("AAPL,MSFT", "flag", "--symbols")
    assert got["PAPER_RUN_CAPITAL"] == ("9", "flag", "--capital")
    assert got["PAPER_RUN_TIMEOUT"] == ("7", "environment", "PAPER_RUN_TIMEOUT")
    assert got["PAPER_RUN_WAIT"] == ("3", "file", str(file))
    assert got["PAPER_RUN_EXCHANGE"] == ("XNYS", "default", None)
    assert found["file"] == str(file)


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_secrets_are_hidden(form: tuple[str, ...], tmp_path: Path) -> None:
    """Of URLs the host is shown, of the rest nothing; also of what came from the file."""
    file = tmp_path / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in SECRETS.items()))
    done = run_command("config", *form, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert not [each for each in HIDDEN if each in done.stdout]
    for seen in (
        "ntfys://ntfy.sh/... tgram://...",
        "https://hc.example/...",
        "postgresql://jo@db.example/paper",
    ):
        assert seen in done.stdout
    assert "<hidden>" in done.stdout


def test_a_wrong_one_is_shown_and_told(tmp_path: Path) -> None:
    """The list is whole, and the error as any command has it."""
    done = run_command(
        "config", cwd=tmp_path, env={"PAPER_RUN_CAPITAL": "lots", "PAPER_RUN_NOTIFY": "T0pic-secret"}
    )
    assert done.returncode == 3
    assert "lots  (environment)" in done.stdout
    assert "PAPER_RUN_CAPITAL: 'lots' is not allowed" in done.stderr
    assert "T0pic" not in done.stdout + done.stderr


def test_it_fits_a_narrow_screen(tmp_path: Path) -> None:
    """With COLUMNS=60 what comes after a long value has a line of its own."""
    done = run_command(
        "config", cwd=tmp_path, env={"COLUMNS": "60", "PAPER_RUN_EMAIL_TO": "trader@example.com"}
    )
    assert not [line for line in done.lines if len(line) > 60 and len(line.split()) > 1], "none is cut"
    assert "  (environment)" in done.lines
