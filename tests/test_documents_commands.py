"""Each command line of the documents is run as it stands, and does what the text beside it says."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from support.command import clean_environment, start_command
from support.readme import README
from support.tree import ROOT

DOCUMENTS = (
    README,
    ROOT / "docs" / "USING.md",
    ROOT / "docs" / "IMPLEMENTATION_GUIDES" / "p0t6-paper-run.md",
)
PROGRAM = ".venv/bin/python -m paper_run"
ELSEWHERE = re.compile(
    r"-m venv|pip install|-m pytest|^export |benchmarks/|^podman "  # as CI runs them
    r"|--sessions 60"  # tests/lives/test_life_sixty_sessions.py
)


class Does(NamedTuple):
    """What a line does: its exit status, and what it prints on either stream, or what is there then."""

    status: int
    says: str
    leaves: str = ""


DOES = {
    f"{PROGRAM} --dry-run": Does(0, "Nothing was sent, traded or saved."),
    PROGRAM: Does(0, "PAPER RUN COMPLETE - Status: SUCCESS", "reports/index.html"),
    f"(crontab -l 2>/dev/null; {PROGRAM} schedule cron) | crontab -": Does(0, "", "crontab"),
    f"{PROGRAM} schedule systemd --into DIR": Does(0, "To install them:", "DIR/paper-run.timer"),
    f"{PROGRAM} schedule cron": Does(0, "[1-5]-09:0?"),
    f"{PROGRAM} schedule systemd": Does(0, "OnCalendar="),
    f"{PROGRAM} resolve": Does(0, "Nothing is open: every outcome is known."),
    f"{PROGRAM} resolve 2025-01-17 --placed --run-id 550e8400-e29b-41d4-a716-446655440000": Does(
        3, "has no attempt 2025-01-17"
    ),
    f"{PROGRAM} resolve 2025-01-17 --not-placed": Does(3, "has no attempt 2025-01-17"),
    f"{PROGRAM} --sandbox --symbols AAPL MSFT REJECT PARTIAL DOUBT": Does(2, "IN DOUBT"),
    f"{PROGRAM} --sandbox --output - | python3 -m json.tool": Does(0, '"kind": "run"'),
    f"{PROGRAM} sandbox": Does(0, "Run a day against it from another terminal:"),
    "sqlite3 -readonly reports/ledger.sqlite3 "
    '"SELECT session, number, state, run_id, settled FROM trades ORDER BY id"': Does(0, "|1|closed|"),
    "sqlite3 -readonly reports/ledger.sqlite3 "
    "\"SELECT session, kind, symbol, qty, dollars, note FROM entries WHERE note LIKE '%by %@%'\"": Does(
        0, "|adjustment|NEW|5|50|by "
    ),
    "sqlite3 reports/ledger.sqlite3 .dump | sed 's/^ROLLBACK.*/COMMIT;/' | sqlite3 saved.sqlite3": Does(
        0, "", "saved.sqlite3"
    ),
    'sqlite3 saved.sqlite3 "PRAGMA application_id = 1886549297; PRAGMA user_version = 27"': Does(0, ""),
}
SQL = [line for line in DOES if line.startswith("sqlite3")]
SANDBOX = [line for line in DOES if "--sandbox" in line]
SERVED = f"{PROGRAM} sandbox"


def test_each_line_of_the_documents_is_run() -> None:
    """Here, or where it is told; and nothing is run here that no document has."""
    blocks = [
        block
        for document in DOCUMENTS
        for block in re.findall(r"```bash\n(.*?)```", document.read_text("utf-8"), re.DOTALL)
    ]
    lines = {line for block in blocks for line in block.splitlines()}
    assert {line for line in lines if not ELSEWHERE.search(line)} == set(DOES)


def typed(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Type a line in a folder."""
    env = clean_environment(folder) | {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False
    )


def holds(line: str, folder: Path) -> str:
    """Type a line and return what it printed; it has done what is expected of it."""
    done, does = typed(line, folder), DOES[line]
    assert done.returncode == does.status, done.stdout + done.stderr
    assert does.says in done.stdout + done.stderr
    assert not does.leaves or (folder / does.leaves).exists()
    return done.stdout


def script(path: Path, text: str) -> None:
    """Write a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with an interpreter, a crontab of its own, and a .env that leads to a served sandbox.

    Its account holds shares from before; of the ledger there is none yet.
    """
    folder = tmp_path_factory.mktemp("checkout")
    script(folder / PROGRAM.split(maxsplit=1)[0], f'exec "{sys.executable}" "$@"')
    script(folder / "bin" / "crontab", f'[ "$1" = -l ] || cat > "{folder / "crontab"}"')
    assert typed(f"{PROGRAM} --sandbox -q", folder).returncode == 0
    with start_command("sandbox", "--port", "0", cwd=folder) as process:
        assert process.stdout is not None
        printed = iter(process.stdout.readline, f"{DOES[SERVED].says}\n")
        urls = [line.split()[-1] for line in printed if "  http://" in line][:3]
        names = ("SIGNAL_SERVICE_URL", "EXECUTION_GATEWAY_URL", "ORCHESTRATOR_URL")
        (folder / ".env").write_text(
            "".join(f"{name}={url}\n" for name, url in zip(names, urls, strict=True))
        )
        yield folder
        process.terminate()


@pytest.mark.parametrize("line", [line for line in DOES if line not in {*SQL, *SANDBOX, SERVED}])
def test_a_line_does_what_is_said(checkout: Path, line: str) -> None:
    """In the sequence of the documents, on one account; the services are those of the .env file."""
    holds(line, checkout)


def test_the_crontab_is_what_was_printed(checkout: Path) -> None:
    """The line that installs the schedule puts both lines into the crontab."""
    assert (checkout / "crontab").read_text().count("\n*/15 ") == 1
    assert (checkout / "crontab").read_text().count("\n10,25,40,55 ") == 1


@pytest.mark.parametrize("line", SANDBOX)
def test_a_line_of_the_sandbox_does_what_is_said(checkout: Path, tmp_path: Path, line: str) -> None:
    """In a folder of its own."""
    shutil.copytree(checkout / ".venv", tmp_path / ".venv")
    holds(line, tmp_path)


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="no sqlite3")
def test_the_ledger_is_looked_at_and_saved_as_is_said(checkout: Path) -> None:
    """What was booked by hand is shown, and nothing else; a ledger that was saved tells the same history."""
    assert typed(f"{PROGRAM} resolve --position NEW=5@10 -q", checkout).returncode == 0
    shown = {line: holds(line, checkout) for line in SQL}
    assert [text.count("\n") for line, text in shown.items() if "entries" in line] == [1]
    before = typed(f"{PROGRAM} history --json", checkout).stdout
    for path in (checkout / "reports").glob("ledger.sqlite3*"):
        path.unlink()
    shutil.move(checkout / "saved.sqlite3", checkout / "reports" / "ledger.sqlite3")
    assert typed(f"{PROGRAM} history --json", checkout).stdout == before != ""
