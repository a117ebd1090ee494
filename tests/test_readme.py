"""README, "Using paper_run" and reference are true: commands, tables, links and exit statuses."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.readme import README, command
from support.tree import ROOT, project_files

from paper_run.errors import ExitStatus
from paper_run.settings import sources
from paper_run.settings.options import OPTIONS

REFERENCE = ROOT / "docs" / "REFERENCE.md"
USING = ROOT / "docs" / "USING.md"
DOCUMENTS = sorted(path for path in project_files() if path.suffix == ".md")
_OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


def _help(*names: str) -> str:
    """Return what `python -m paper_run NAMES --help` prints."""
    return subprocess.run(
        [sys.executable, "-m", "paper_run", *names, "--help"],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


def _entries(heading: str, text: str) -> dict[str, str]:
    """Return a section of a help page: the first column of each entry, and its description unwrapped."""
    entries: dict[str, str] = {}
    section = re.search(rf"^{heading}:\n((?: .*\n|\n)*)", text + "\n", re.MULTILINE)
    first = ""
    for line in section[1].splitlines() if section else []:
        if re.match(r"  \S", line):
            first, _, rest = line.strip().partition("  ")
            entries[first] = rest.strip()
        elif line.strip() and first:
            entries[first] = f"{entries[first]} {line.strip()}".strip()
    return entries


def _commands() -> set[str]:
    """Return the names of the commands that the help page lists."""
    listed = _help().partition("Commands:\n")[2].partition("\n\n")[0]
    return set(re.findall(r"^  ([a-z-]+)", listed, re.MULTILINE))


def _described() -> dict[str, str]:
    """Return every long option of the day and of the commands, with its description."""
    pages = [_help(), *(_help(name) for name in sorted(_commands()))]
    found: dict[str, str] = {}
    for page in reversed(pages):
        for first, description in _entries("Options", page).items():
            found |= dict.fromkeys(_options(first), description)
    return found


def _tables() -> Iterator[tuple[list[str], list[list[str]]]]:
    """Yield the header and the rows of each table of "Using paper_run" and of the reference."""
    block: list[list[str]] = []
    for line in [*USING.read_text("utf-8").splitlines(), "", *REFERENCE.read_text("utf-8").splitlines(), ""]:
        if line.startswith("|"):
            block.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))])
        elif block:
            yield [cell.lower() for cell in block[0]], block[2:]
            block = []


def _rows(first_column: str) -> list[list[str]]:
    """Return the rows of every such table whose first column has this in its name."""
    rows = [row for header, body in _tables() if first_column in header[0] for row in body]
    assert rows, f"no table whose first column is named '{first_column}'"
    return rows


def test_the_readme_is_read_in_five_minutes() -> None:
    """It weighs 10 KB at most; what is longer is told behind its links."""
    assert README.stat().st_size <= 10_000


def _options(text: str) -> set[str]:
    return {option for option in _OPTION.findall(text) if option.startswith("--")}


@pytest.mark.parametrize("name", ["run", "test"])
def test_the_readme_marks_its_commands(name: str) -> None:
    """The README has one line that installs and runs a day, and one that installs and passes the tests."""
    line = command(name)
    assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert ("-m paper_run --sandbox" if name == "run" else "-m pytest") in line


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nothing", "found 0 times"),
        ("<!-- command: run -->\n```\na\n```\n<!-- command: run -->\n```\nb\n```", "found 2 times"),
        ("see <!-- command: run -->\n```\na\n```", "found 0 times"),
        ("<!-- command: run -->", "must open a fenced block"),
        ("<!-- command: run -->\n\n```\na\n```", "must open a fenced block"),
        ("<!-- command: run -->\n```sh\na", "never ends"),
        ("<!-- command: run -->\n```sh\n```", "not 0"),
        ("<!-- command: run -->\n```sh\na\nb\n```", "not 2"),
        ("<!-- command: run -->\n```sh\n\n```", "exactly one line"),
    ],
)
def test_a_command_that_cannot_be_taken_out_is_an_error(text: str, problem: str) -> None:
    """A mark without exactly one line in the fence right after it is refused, and the error says why."""
    with pytest.raises(ValueError, match=problem):
        command("run", text)


def test_a_marked_command_is_taken_as_it_stands() -> None:
    """The line between the fences is the command, whatever other blocks there are."""
    text = "```\nother\n```\n<!-- command: run -->\n```sh\nrun 'this' && that\n```\n\n```\nmore\n```\n"
    assert command("run", text) == "run 'this' && that"


def test_the_script_prints_a_command() -> None:
    """`.ci/run` gets from the script what the tests get from the function; without a name it fails."""
    script = [sys.executable, str(ROOT / "tests" / "support" / "readme.py")]
    done = subprocess.run([*script, "test"], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == command("test") + "\n"
    assert subprocess.run(script, capture_output=True, check=False, timeout=60).returncode != 0


def test_the_options_tables_are_the_help_pages() -> None:
    """Every option of the day and of the commands has its row in the reference, which has no other."""
    written = _options("\n".join(row[0] for row in _rows("option")))
    of_all = {"-h", "--help", "--version"}
    assert written - of_all == set(_described()) - of_all


def test_the_commands_table_is_the_help_page() -> None:
    """Every command of `--help` has its row in "Using paper_run", which has no other."""
    written = {match[1] for row in _rows("command") if (match := re.match(r"`([a-z-]+)", row[0]))}
    assert written == _commands()


def test_variables_and_defaults_are_the_help_pages() -> None:
    """The variable and the default at the end of an option's help, as in [NAME; 5], are those of its row."""
    described = _described()
    wrong = []
    for row in _rows("option"):
        same = [each for each in _rows("option") if _options(each[0]) == _options(row[0])]
        written = " | ".join(cell for each in same for cell in each[1:]).replace("`", "")
        for option in sorted(_options(row[0]) & set(described)):
            ending = re.search(r"\[([^\]]*)\]$", described[option])
            parts = [part.strip() for part in ending[1].split(";")] if ending else []
            wrong += [
                f"{option}: help says {part}, reference {written}"
                for part in parts
                if " " not in part and not re.search(rf"(?<![\w.,:/-]){re.escape(part)}(?![\w:/-])", written)
            ]
            wrong += [
                f"{option}: reference says {name}, help {described[option]}"
                for name in re.findall(r"\b[A-Z]+_[A-Z_]+\b", written)
                if len(_options(row[0])) == 1 and name not in parts
            ]
    assert not wrong, "\n".join(wrong)


def test_each_variable_without_an_option_is_described() -> None:
    """Whatever a person may set in the environment or in .env has its row in a table of the reference."""
    written = {name for _, body in _tables() for row in body for name in re.findall(r"`([A-Z_]+)`", row[0])}
    assert {each.variable for each in OPTIONS if not each.flag} - set(
        _variables_of_options()
    ) - written == set()


def test_the_reference_is_made_of_the_programs_own_table() -> None:
    """`python docs/make_reference.py` makes it anew."""
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs" / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert REFERENCE.read_text("utf-8") == module.made()


def _variables_of_options() -> list[str]:
    return [setting.variable for setting in sources.SETTINGS.values() if setting.variable]


def test_the_exit_statuses_table_is_the_program() -> None:
    """The table of exit statuses has each status of the program, and no other."""
    written = [int(re.sub(r"\D", "", row[0])) for row in _rows("exit")]
    assert written == list(ExitStatus)


def test_the_help_says_each_exit_status() -> None:
    """In the words that the reference has too."""
    said = " ".join(_help().split())
    for status in ExitStatus:
        assert f"{int(status)} {status.words}" in said
        assert f"| {int(status)} | {status.words[0].upper()}{status.words[1:]}. |" in REFERENCE.read_text(
            "utf-8"
        )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    """Each relative link and image of a document leads to a file, and to a heading in it if it names one."""
    text = re.sub(r"^```.*?^```", "", document.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    targets = re.findall(r"\]\(<?([^)\s>]+)", text) + re.findall(
        r"""(?:src|href|srcset)=["']([^"']+)""", text
    )
    broken = []
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name) if name else document
        named = anchor and path.suffix == ".md"
        if not path.exists() or (named and anchor not in _anchors(path.read_text("utf-8"))):
            broken.append(target)
    assert not broken


def _anchors(text: str) -> set[str]:
    """Return the anchors that a forge gives to a document's headings."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_no_file_names_a_machine() -> None:
    """No file of the project holds a path that exists on one machine only."""
    folders = "|".join(
        ("/ho" + "me/", "/Us" + "ers/", "/ro" + "ot/", "/wo" + "rk/", "/t" + "mp/venv", r"[A-Z]:\\U")
    )
    local = re.compile(rf"(?<![\w./-])(?:{folders})[\w.-]*")
    nobody = {"/ho" + "me/jo"}  # the tests' own invented user
    found = []
    for path in project_files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}: {match[0]}"
            for match in local.finditer(text)
            if match[0] not in nobody
        ]
    assert not found, "\n".join(found)


def test_the_variable_of_further_files_is_the_days_alone() -> None:
    """A mark has --output too, but PAPER_RUN_OUTPUT names the day's files: its help does not show it."""
    assert "PAPER_RUN_OUTPUT" in _help()
    assert "--output" in _help("mark")
    assert "PAPER_RUN_OUTPUT" not in _help("mark")
