"""What is told to be run against services of one's own passes against the built-in ones."""

import os
import re
import subprocess
import sys
from pathlib import Path

from support.command import start_command
from support.tree import ROOT

URLS = {
    "Signal Service": "SIGNAL_SERVICE_URL",
    "Execution Gateway": "EXECUTION_GATEWAY_URL",
    "Orchestrator": "ORCHESTRATOR_URL",
}


def test_the_tests_for_real_services_pass_against_the_sandbox(tmp_path: Path) -> None:
    """A dry run and a day; none of the two is skipped."""
    with start_command("sandbox", "--port", "0", cwd=tmp_path) as process:
        assert process.stdout is not None
        printed = iter(process.stdout.readline, "Run a day against it from another terminal:\n")
        shown = dict(re.split(r" {2,}", line.strip()) for line in printed if "  http://" in line)
        # With the settings of a run that is measured it would gather, and erase, what that has measured.
        measured = ("COV", "PYTEST_")
        env = {name: value for name, value in os.environ.items() if not name.startswith(measured)}
        env |= {URLS[name]: url for name, url in shown.items() if name in URLS}
        tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "e2e", "tests/e2e"]
        done = subprocess.run(
            tests, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        assert "2 passed" in done.stdout, done.stdout
        assert "skipped" not in done.stdout
        assert done.returncode == 0
        process.terminate()
