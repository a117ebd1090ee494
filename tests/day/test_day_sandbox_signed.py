"""A sandbox that demands signatures: embedded it works at once, served it is read with its secret."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import Finished, run_command, start_command

SECRET = "0f1e2d3c" * 8
AUTH = {"PAPER_RUN_SANDBOX_AUTH": "hmac"}


def test_embedded_it_has_a_secret_of_its_own(tmp_path: Path) -> None:
    """Two sessions, a mark and doctor, whatever secret the environment has; no file has one."""
    env = AUTH | {"INTERNAL_TOKEN_SECRET": SECRET, "PAPER_RUN_SERVICE_ID": "execution_gateway"}
    for args in (("--sandbox", "--sessions", "2"), ("mark", "--sandbox"), ("doctor", "--sandbox")):
        finished = run_command(*args, cwd=tmp_path, env=env)
        assert (finished.returncode, finished.stderr) == (0, ""), finished.stdout
    assert "takes orchestrator's, and refuses to be read without" in finished.stdout
    assert not any(SECRET.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_an_ordinary_sandbox_is_read_unsigned(tmp_path: Path) -> None:
    """A secret in the environment is the real platform's, and none of its business."""
    finished = run_command("doctor", "--sandbox", cwd=tmp_path, env={"INTERNAL_TOKEN_SECRET": SECRET})
    assert finished.returncode == 0
    assert "Signature" not in finished.stdout


@pytest.mark.parametrize("args", [("--sandbox",), ("sandbox", "--port", "0"), ("--dry-run",)])
def test_another_word_is_refused(tmp_path: Path, args: tuple[str, ...]) -> None:
    """Exit 3, wherever it is set."""
    finished = run_command(*args, cwd=tmp_path, env={"PAPER_RUN_SANDBOX_AUTH": "jwt"})
    assert finished.returncode == 3
    assert "'jwt' is not allowed" in finished.stderr
    assert "none or hmac" in finished.stderr


@pytest.fixture(params=[{}, {"INTERNAL_TOKEN_SECRET": SECRET}], ids=["made", "set"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return all that a served sandbox says before it waits."""
    with start_command(
        "sandbox", "--port", "0", "--auth", "hmac", cwd=tmp_path, env=request.param
    ) as process:
        assert process.stdout is not None
        said = ""
        while " -m paper_run " not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        yield said


def test_served_it_is_read_with_its_secret(served: str, tmp_path: Path) -> None:
    """A secret that was made for it is told with the command; one that was set is not. Without: exit 1."""
    assert (SECRET in served, "Signatures         demanded" in served) == (False, True)
    line = served.splitlines()[-1].split(" -m paper_run ")[1]
    made = re.search(r"INTERNAL_TOKEN_SECRET=([0-9a-f]{64}) ", served)
    args = line.split()

    def run(secret: str) -> Finished:
        return run_command(*args, cwd=tmp_path, env={"INTERNAL_TOKEN_SECRET": secret})

    refused = run("")
    assert (refused.returncode, "answered 401: authentication_required" in refused.stderr) == (1, True)
    wrong = run(SECRET[::-1])
    assert (wrong.returncode, "The secret is likely another" in wrong.stderr) == (1, True)
    right = run(made[1] if made else SECRET)
    assert (right.returncode, right.stderr) == (0, ""), right.stdout
