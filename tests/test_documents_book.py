"""What the documents say of the book is true: files, history, prices, changes by hand, tables, modules."""

import ast
import json
import re
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from support.answers import Answer, plain_500
from support.command import run_command
from support.desk import Desk
from support.floors import FLOORS
from support.odd_platform import RUN, RUNS
from support.readme import README
from support.tree import ROOT

from paper_run.cli import commands
from paper_run.ledger.sqlite.schema import APPLICATION_ID, MIGRATIONS
from paper_run.settings import config
from paper_run.settings.config import Sources

USING = ROOT / "docs" / "USING.md"
GUIDE = ROOT / "docs" / "IMPLEMENTATION_GUIDES" / "p0t6-paper-run.md"
DOCUMENTS = (README, USING, GUIDE, ROOT / "CLAUDE.md", ROOT / "reports" / "README.md")
_MEMORY = {"ledger.sqlite3", "ledger.lock", "platform.sqlite3"}


def _section(document: Path, heading: str) -> str:
    """Return the text below a heading, up to the next one of its level or a higher one."""
    text = document.read_text("utf-8")
    found = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert found, f"{document.name} has no heading {heading!r}"
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def _first_cells(text: str) -> list[str]:
    """Return the first cell of each row of a table, without its header."""
    return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| `")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the sandbox has played four sessions and the last was marked."""
    folder = tmp_path_factory.mktemp("documents")
    for words in (("--sandbox", "--sessions", "4", "-q"), ("mark", "--sandbox", "-q")):
        done = run_command(*words, cwd=folder)
        assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_a_day_and_its_mark_leave_the_files_that_are_listed(folder: Path) -> None:
    """The table of files names what lies there after a run and a mark, and nothing else."""
    written = {
        name.replace("2025-01-17", "2025-01-07")
        for cell in _first_cells(_section(USING, "What a day leaves"))
        for name in re.findall(r"`([^`]+)`", cell)
    }
    there = {path.name for path in (folder / "reports" / "sandbox").iterdir() if path.name[0] != "."}
    of_others = {name for name in there if name[:4] == "2025" and not name.startswith("2025-01-07")}
    assert written - _MEMORY == there - _MEMORY - of_others


def test_what_history_prints_is_shown(folder: Path) -> None:
    """The history in the document is that of the sandbox after four sessions, line by line."""
    shown = re.search(
        r"```text\n\$ [^\n]*paper_run (history[^\n]*)\n(.*?)```", USING.read_text("utf-8"), re.DOTALL
    )
    assert shown
    assert run_command(*shown[1].split(), cwd=folder).stdout == shown[2]


def test_the_guide_shows_what_a_day_prints(tmp_path: Path) -> None:
    """The figures and the files of the first day in a sandbox are those that the guide shows, line by line.

    But for the number of its account, and the path of its folder, which are others each time.
    """
    day = re.compile(r"^\[4/5\].*?Status: SUCCESS\n=+$", re.DOTALL | re.MULTILINE)
    shown = day.search(GUIDE.read_text("utf-8"))
    printed = day.search(run_command("--sandbox", cwd=tmp_path).stdout)
    assert shown
    assert printed
    own = re.compile(r"\bPA[0-9A-F]{8}\b|/\S+/reports/sandbox/")
    assert own.sub("", printed[0]) == own.sub("", shown[0])


def test_the_guide_shows_what_resolve_lists(tmp_path: Path) -> None:
    """Of an attempt whose answer was lost: line by line, but for interpreter, date and options."""
    shown = re.search(r"```text\n(\S+: sent .*?)```", _section(GUIDE, "Outcome unknown"), re.DOTALL)
    assert shown
    desk = Desk(tmp_path)
    with desk.platform as platform:
        platform.orchestrator.always("POST", RUN, Answer(reset=True, process="before"))
        platform.orchestrator.always("GET", RUNS + "*", plain_500())
        desk.run("--timeout", "0.3")
        listed = desk.resolve().stdout.replace(desk.session, "2025-01-17")
    listed = re.sub(r"\S+python\S* -m", "python -m", re.sub(r" --ledger .*", "", listed))
    moment = re.compile(r"\d\d:\d\d:\d\d")
    assert moment.sub("", listed) == moment.sub("", shown[1])


def test_a_position_without_a_price_is_not_guessed_at_and_no_failure(tmp_path: Path) -> None:
    """It has a reason and no P&L, the totals are null, the exit status is 0 and -q prints nothing."""
    done = run_command("--sandbox", "-q", "--symbols", "NOPRICE", "AAPL", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (result,) = (tmp_path / "reports" / "sandbox").glob("*_paper_run.json")
    pnl = json.loads(result.read_text("utf-8"))["pnl"]
    held = next(each for each in pnl["positions"] if each["symbol"] == "NOPRICE")
    assert held["unpriced_reason"]
    assert [held["unrealized_pnl"], pnl["unrealized_pnl"], pnl["total_pnl"], pnl["day_pnl"]] == [None] * 4


def test_a_split_that_nothing_speaks_for_is_refused(folder: Path) -> None:
    """The price stayed and so did the gateway's quantity: exit 3, and the book is as before."""
    result = folder / "reports" / "sandbox" / "2025-01-07_mark.json"
    before = result.read_bytes()
    done = run_command("resolve", "--sandbox", "--split", "AAPL", "2:1", cwd=folder)
    assert done.returncode == 3
    assert "does not fit a split of 2:1" in done.stderr
    assert result.read_bytes() == before


def test_the_variables_of_the_reference_are_the_keys_that_are_read(tmp_path: Path) -> None:
    """Each pair of keys in the reference is that of quotes and broker, and the URLs of both are read."""
    rows = _section(ROOT / "docs" / "REFERENCE.md", "Variables without an option").splitlines()
    names = re.findall(r"`(A[A-Z]+(?:_[A-Z]+)+|[A-Z_]+QUOTES_URL)`", "\n".join(rows))
    keys, secrets = ([name for name in names if name.endswith(end)] for end in ("_KEY_ID", "_SECRET_KEY"))
    host, url = (name for name in names if name.endswith("_URL"))
    assert len(keys) == len(secrets) == 2
    for key, secret in zip(keys, secrets, strict=True):
        environment = {key: "a", secret: "b", url: "http://127.0.0.1:9", host: "http://127.0.0.1:10"}
        sources = Sources({}, environment, env_file=None, here=tmp_path)
        read = config.load(sources, today=date(2025, 1, 17))
        assert (read.quote_keys, str(read.quotes)) == (("a", "b"), "http://127.0.0.1:9")
        assert read.broker is not None
        assert str(read.broker.url) == "http://127.0.0.1:10"


def test_every_command_line_in_the_documents_is_one_that_the_program_takes() -> None:
    """Each `paper_run COMMAND --options` of the documents names a command and options that exist."""
    wrong = []
    for document in DOCUMENTS:
        for line in re.findall(r"python -m paper_run(?: +[^\n`#|>]+)?", document.read_text("utf-8")):
            words = line.split()[3:]
            name = words[0] if words and re.fullmatch(r"[a-z]+", words[0]) else "run"
            command = commands.get_command(None, name)
            known = {form for each in command.params for form in each.opts} if command else set()
            known |= {"--help", "--version"}
            options = {word.split("=")[0].rstrip(".,;:)") for word in words if re.match(r"--?[a-z]", word)}
            if command is None or options - known:
                wrong.append(f"{document.name}: {line}")
    assert not wrong, "\n".join(wrong)


def test_the_guide_lists_the_tables_of_the_ledger() -> None:
    """The guide has a row for each table that the migrations make, and no other."""
    with closing(sqlite3.connect(":memory:")) as ledger:
        ledger.executescript("".join(MIGRATIONS))
        made = [name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    listed = [cell.strip("`") for cell in _first_cells(_section(GUIDE, "The ledger"))]
    assert sorted(listed) == sorted(made)


def test_the_guide_recovers_a_ledger_of_this_version() -> None:
    """What marks a recovered file as a ledger is this program's id and its newest version."""
    pragmas = dict(re.findall(r"PRAGMA (application_id|user_version) = (\d+)", GUIDE.read_text("utf-8")))
    assert pragmas == {"application_id": str(APPLICATION_ID), "user_version": str(len(MIGRATIONS))}


def test_the_guide_lists_the_modules_from_the_bottom_up() -> None:
    """Each module and package of paper_run is in the guide's map, below all that it may import."""
    rank = {name: number for number, layer in enumerate(FLOORS) for name in layer}
    cells = _first_cells(_section(GUIDE, "How it is put together").partition("### ")[0])
    names = [name.rstrip("/") for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    there = {
        path.stem
        for path in (ROOT / "paper_run").iterdir()
        if path.name[0] != "_" and (path.suffix == ".py" or (path / "__init__.py").is_file())
    }
    assert {name for name in names if "/" not in name} - {"templates"} == there
    ranks = [rank[name] for name in names if name in rank]
    assert ranks == sorted(ranks)


def test_the_guide_names_what_to_read_first_in_each_folder() -> None:
    """Each module that the last column names lies in the folder of its row."""
    amiss = []
    for line in _section(GUIDE, "How it is put together").splitlines():
        if found := re.match(r"\| `([\w/]+)/` \|", line):
            names = re.findall(r"`(\w+)`", line.split("|")[-2])
            there = {path.stem for path in (ROOT / "paper_run" / found[1]).glob("*.py")}
            amiss += [f"{found[1]}: {name}" for name in set(names) - there]
    assert amiss == []


def test_the_guide_says_where_a_change_goes() -> None:
    """Each file and folder of the table is there, and has the names that stand beside it."""
    table = _section(GUIDE, "How it is put together").partition("Where would it go?")[2].partition("### ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 15
    amiss = []
    for row in rows:
        named = [name for name in re.findall(r"`([^`]+)`", row) if "NAME" not in name and " " not in name]
        paths = [name for name in named if "/" in name]
        found = [
            ROOT / each if each.startswith(("templates", "docs")) else ROOT / "paper_run" / each
            for each in paths
        ]
        amiss += [str(path) for path in found if not path.exists()]
        text = "".join(path.read_text("utf-8") for path in found if path.is_file())
        amiss += [f"{name}: {row}" for name in named if "/" not in name and name not in text]
    assert amiss == []


def _said() -> str:
    """Return every text of the program, each part of one between what is filled in on a line of its own."""
    nodes = [
        node
        for path in (ROOT / "paper_run").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    ]
    return "\n".join(
        node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _known(words: list[str], said: str) -> int:
    """Return how many words in a row of these the program says at most."""
    runs = (
        (end - at, " ".join(words[at:end]))
        for at in range(len(words))
        for end in range(at + 1, len(words) + 1)
    )
    return max((length for length, run in runs if run.strip(".,:; ") in said), default=0)


def test_the_messages_that_the_guide_explains_are_the_programs() -> None:
    """Of each beginning in its tables three words in a row are said so, or half of fewer."""
    said = _said()
    cells = [
        line.split(" | ")[0] for line in _section(GUIDE, "Troubleshooting").splitlines() if "| `" in line
    ]
    quoted = [text for cell in cells for text in re.findall(r"`([^`]+)`", cell)]
    pieces = [
        re.sub(r"\b\d+\b", "", piece).split() for text in quoted for piece in re.split(r"\.\.\.|AAPL", text)
    ]
    assert len(pieces) > 80
    told = [(" ".join(words), min(3, len(words) // 2), _known(words, said)) for words in pieces]
    assert [words for words, least, known in told if known < least] == []
