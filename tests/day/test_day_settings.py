"""Where settings come from, which one wins, and that the same day may be spelt in several ways."""

from pathlib import Path
from typing import Any

import pytest
from support.command import reports, run_command
from support.odd_platform import OddPlatform


def asked(platform: OddPlatform, folder: Path, *args: str | Path, env: dict[str, str] | None = None) -> Any:
    """Run a good day and return the body of its POST."""
    finished = run_command("-q", *args, cwd=folder, platform=platform, env=env)
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")
    return platform.posts[-1].json()


ENV_FILE = """
# every setting of the day
export PAPER_RUN_SYMBOLS='FILE'
PAPER_RUN_CAPITAL=111
PAPER_RUN_MAX_POSITION_SIZE="11.50"  # a comment
PAPER_RUN_AS_OF_DATE=2024-12-31
"""


def test_flag_over_environment_over_file_over_default(platform: OddPlatform, tmp_path: Path) -> None:
    """Each setting is taken from the first place that has it."""
    (tmp_path / ".env").write_text(ENV_FILE)
    env = {"PAPER_RUN_SYMBOLS": "ENVI", "PAPER_RUN_CAPITAL": "222", "PAPER_RUN_MAX_POSITION_SIZE": "22"}
    flags = ("--symbols", "FLAG", "--capital", "333")
    assert asked(platform, tmp_path, *flags, env=env) == {
        "symbols": ["FLAG"],
        "capital": "333",
        "max_position_size": "22",
        "as_of_date": "2024-12-31",
    }


def test_file_over_default(platform: OddPlatform, tmp_path: Path) -> None:
    """.env alone sets everything, quotes and comments taken off; another file goes by --env-file."""
    (tmp_path / ".env").write_text("PAPER_RUN_SYMBOLS=WRONG\n")
    (tmp_path / "other.env").write_text(ENV_FILE)
    assert asked(platform, tmp_path, "--env-file", "other.env") == {
        "symbols": ["FILE"],
        "capital": "111",
        "max_position_size": "11.50",
        "as_of_date": "2024-12-31",
    }


def test_amounts_go_out_as_they_were_given(platform: OddPlatform, tmp_path: Path) -> None:
    """Not a digit is added to an amount or taken from it on the way to the orchestrator."""
    body = asked(platform, tmp_path, "--capital", "100000.00", "--max-position-size", "0.50")
    assert (body["capital"], body["max_position_size"]) == ("100000.00", "0.50")


@pytest.mark.parametrize(
    "args",
    [
        ("--symbols", "AAPL", "BRK.B", "BTC/USD"),
        ("--symbols", "AAPL,BRK.B,BTC/USD"),
        ("--symbols", "AAPL", "--symbols", "BRK.B", "--symbols=BTC/USD"),
        ("--symbols", "aapl", "Brk.b,AAPL", "--capital", "100000", "--symbols", "btc/usd", "aapl"),
    ],
    ids=["many", "commas", "repeated", "mixed"],
)
def test_symbols_in_every_spelling(platform: OddPlatform, tmp_path: Path, args: tuple[str, ...]) -> None:
    """Blanks, commas, repeated flags, lower case and doubles mean the same symbols, in the order given."""
    assert asked(platform, tmp_path, *args)["symbols"] == ["AAPL", "BRK.B", "BTC/USD"]


def test_urls_with_a_path_and_a_slash(platform: OddPlatform, tmp_path: Path) -> None:
    """A base URL may carry a path and a slash at its end, be it from a flag, a variable or the file."""
    for name, service in platform.services.items():
        service.prefix = f"/paper/{name}"
    (tmp_path / ".env").write_text(f"ORCHESTRATOR_URL={platform.orchestrator.url}/\n")
    env = {"SIGNAL_SERVICE_URL": "http://127.0.0.1:1", "EXECUTION_GATEWAY_URL": platform.gateway.url}
    args = ("--signal-service-url", platform.signal.url + "/")
    finished = run_command(*args, cwd=tmp_path, env=env)
    assert (finished.returncode, finished.stderr, platform.executed) == (0, "", 1)
    assert all("//" not in request.path for request in platform.requests)


def test_no_proxy_stands_between(platform: OddPlatform, tmp_path: Path) -> None:
    """The three services are reached directly, whatever HTTP_PROXY says."""
    nowhere = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:1")
    asked(platform, tmp_path, env=nowhere)
    assert platform.executed == 1


@pytest.mark.parametrize("by", ["flag", "file"])
def test_a_relative_reports_folder_lies_beside_the_env_file(
    platform: OddPlatform, tmp_path: Path, by: str
) -> None:
    """cron may start anywhere: the folder is found from the .env that was used."""
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    (home / "day.env").write_text("PAPER_RUN_REPORTS_DIR=out/reports\n" if by == "file" else "")
    args = ("--reports-dir", "out/reports") if by == "flag" else ()
    asked(platform, here, "--env-file", home / "day.env", *args)
    assert len(reports(home / "out")) == 1
    assert list(here.iterdir()) == []


def test_a_reports_folder_of_ones_own(platform: OddPlatform, tmp_path: Path) -> None:
    """Without a .env a relative folder is here; the ones above it are made."""
    asked(platform, tmp_path, "--reports-dir", "a/b/reports")
    assert len(reports(tmp_path / "a" / "b")) == 1
