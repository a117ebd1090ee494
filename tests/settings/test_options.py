"""The table of options: each row's check is there, and what nobody may see is marked."""

import re
from importlib import import_module

import pytest

from paper_run.model.calendar import USUAL
from paper_run.settings.options import OPTIONS, default

CHECKED = [each for each in OPTIONS if each.check]


OF_A_DATE = {"--as-of-date", "--since", "--until", "--ex-date"}
OF_A_FOLDER = {"--output", "--reports-dir", "--env-file", "--into", "PAPER_RUN_SMTP_CA_FILE"}
OF_ANOTHER = {
    "ALPACA_API_KEY_ID",
    "ALPACA_API_SECRET_KEY",
    "INTERNAL_TOKEN_SECRET",
    "INTERNAL_TOKEN_SECRET_ORCHESTRATOR",
    "PAPER_RUN_SERVICE_SECRET_FILE",
    "PAPER_RUN_SMTP_PASSWORD",
    "PAPER_RUN_SMTP_PASSWORD_FILE",
}
OF_ONE_COMMAND = {
    "--run-id",
    "--order",
    "--filled",
    "--position",
    "--split",
    "--port",
    "--sessions",
    "--last",
    "--ledger",
    "--image",
    "--name",
}


def test_a_row_has_its_check():
    """But for those that are read with something else."""
    without = {each.flag or each.variable for each in OPTIONS if not each.check and each.kind != "switch"}
    assert without == OF_A_DATE | OF_A_FOLDER | OF_ANOTHER | OF_ONE_COMMAND


@pytest.mark.parametrize("row", CHECKED, ids=lambda row: row.flag or row.variable)
def test_a_check_is_found_by_its_name(row):
    """It is a function with a docstring, in a module of the settings."""
    module, _, function = row.check.rpartition(".")
    assert getattr(import_module(f"paper_run.settings.{module}"), function).__doc__


@pytest.mark.parametrize("row", [each for each in CHECKED if each.default], ids=lambda row: row.check)
def test_a_default_passes_its_own_check(row, tmp_path):
    """What stands in the table may be typed."""
    from paper_run.settings.sources import Sources

    read = Sources({}, {}, env_file=None, here=tmp_path).checked(row.flag or row.variable)
    assert read is not None
    assert default(row.flag or row.variable) == row.default


def test_the_usual_exchange_is_the_default():
    """The table imports nothing, so that it stands there as a word."""
    assert default("--exchange") == USUAL


def test_what_nobody_may_see_is_marked():
    """Keys, passwords, secrets, and the addresses that are some; not the files that hold them."""
    named = {
        each.variable
        for each in OPTIONS
        if re.search("KEY|PASSWORD|SECRET|HEARTBEAT|LEDGER_URL|NOTIFY$", each.variable)
    }
    assert {each.variable for each in OPTIONS if each.secret} == {
        each for each in named if not each.endswith("_FILE")
    }
