"""The image states what the program and the CronJobs go by. CI builds and runs it: `.ci/image`."""

import re
from pathlib import Path

import pytest
from schedule.planned import planned
from support.tree import ROOT

from paper_run import __version__
from paper_run.schedule.kubernetes import NAME, REPORTS, Duties, manifest

CONTAINERFILE = ROOT / "Containerfile"


@pytest.fixture(scope="module")
def steps() -> list[str]:
    """The instructions, each on a line."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE.read_text("utf-8"), flags=re.MULTILINE)
    return [" ".join(line.split()) for line in text.replace("\\\n", " ").splitlines() if line]


def test_it_is_the_one_that_the_cron_jobs_start(steps: list[str], tmp_path: Path) -> None:
    """Its user, its program and its reports folder."""
    text = manifest(Duties(planned(tmp_path), "paper-run:1", 60))
    (user,) = set(re.findall(r"runAsUser: (\d+)", text))
    assert f"USER {user}:{user}" in steps
    assert steps[-1] == f'ENTRYPOINT ["{NAME}"]'
    (variables,) = (step for step in steps if step.startswith("ENV "))
    assert f"PAPER_RUN_REPORTS_DIR={REPORTS}" in variables.split()
    assert "PAPER_RUN_REQUIRE_LEDGER=1" in variables.split()


def test_it_has_two_stages_on_any_base_and_no_state(steps: list[str]) -> None:
    """A base by argument; no volume that would look like a ledger, and no health to be asked for."""
    assert [step for step in steps if step.startswith("FROM ")] == ["FROM ${BASE} AS build", "FROM ${BASE}"]
    assert steps[0].startswith("ARG BASE=")
    assert not [step for step in steps if step.split()[0] in {"VOLUME", "HEALTHCHECK", "ADD", "EXPOSE"}]
    assert f"ARG VERSION={__version__}" in steps


def test_what_is_copied_is_what_the_context_has(steps: list[str]) -> None:
    """Sources alone: a ledger, settings or a history beside them go into no image."""
    copied = {
        word
        for step in steps
        if step.startswith("COPY ") and "--from" not in step
        for word in step.split()[1:-1]
    }
    rules = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert rules[1] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied
    assert all((ROOT / name).exists() for name in copied)


def test_ci_builds_and_runs_it() -> None:
    """With every other check, and whatever it can't do fails."""
    assert 'bash "$tree/.ci/image" "$tools/python"' in (ROOT / ".ci" / "run").read_text("utf-8")
    assert "set -euo pipefail" in (ROOT / ".ci" / "image").read_text("utf-8")
