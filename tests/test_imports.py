"""The architecture, proved over the imports: data flows one way, and a start loads only what it needs."""

import ast
import functools
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest
from support import command_line
from support.floors import FLOORS
from support.tree import ROOT

PACKAGE = ROOT / "paper_run"
TESTS = ROOT / "tests"
# What the tests of every folder may share, and nothing beside them: values, and what stands for the outside.
SHARED = {"builders", "support"}
OF_THE_WHOLE = {"browser", "day", "e2e", "faults", "lives", "year"}

MOST_ARROWS = 75
LONGEST_MODULE = 350
# The sandbox stands for other people's programs: it shares no code with ours, and only cli starts it.
APART = "sandbox"
PLACED = [unit for floor in FLOORS for unit in floor] + [APART]
# What the floors alone would allow.
NEVER = {
    ("report", "services"): "a report is made from a result",
}
# Packages that only these units or folders know: everything else works in our own words.
ONLY = {
    "click": {"cli", "__main__"},
    "requests": {"services"},
    "urllib3": {"services"},
    "http.server": {"sandbox"},
    "apprise": {"notify.push"},
    "smtplib": {"notify"},
    "sqlite3": {"ledger.sqlite", "sandbox"},
    "psycopg": {"ledger.postgres"},
    "paper_run.ledger.postgres": {"ledger"},
    "paper_run.ledger.sqlite": {"ledger"},
}
# What `--help`, `--version` and a usage error do without; each costs more than the whole of them is worth.
LOADED_LATE = {
    "apprise",
    "asyncio",
    "dotenv",
    "email",
    "exchange_calendars",
    "holidays",
    "http.client",
    "http.server",
    "jinja2",
    "paper_run.app",
    "paper_run.book",
    "paper_run.ledger",
    "paper_run.notify",
    "paper_run.report.html",
    "paper_run.report.summary",
    "paper_run.sandbox",
    "paper_run.schedule",
    "paper_run.services",
    "paper_run.trading",
    "psycopg",
    "requests",
    "smtplib",
    "sqlite3",
    "tenacity",
    "urllib3",
}
OTHER_COMMANDS = {f"paper_run.cli.{name}" for name in command_line.commands()}


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imported(source: str, module: str, *, is_package: bool) -> Iterator[str]:
    """Yield the dotted name of each thing that a module's source imports, anywhere in it and however."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=target, names=names, level=level):
                start = package[: len(package) - level + 1] if level else []
                base = ".".join([*start, *([target] if target else [])])
                yield from (f"{base}.{alias.name}" for alias in names)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(target)), *_],
            ):
                yield target


def _unit(dotted: str) -> str | None:
    """Return the unit of paper_run that a dotted name lies in: "" in its __init__, None outside of it."""
    first, _, rest = dotted.partition(".")
    if first != "paper_run":
        return None
    name = rest.partition(".")[0]
    known = name in PLACED or any((PACKAGE / found).exists() for found in (f"{name}.py", name))
    return name if known else ""


def _lies_in(dotted: str, place: str) -> bool:
    return f"{dotted}.".startswith(f"{place}.")


def _faults(module: str, imported: str) -> Iterator[str]:
    """Yield what is wrong with a module of paper_run importing the dotted name `imported`."""
    unit = _unit(module) or ""
    rank = {"": -1} | {name: number for number, floor in enumerate(FLOORS) for name in floor}
    target = _unit(imported)
    for package, users in ONLY.items():
        if _lies_in(imported, package) and not any(_lies_in(module, f"paper_run.{user}") for user in users):
            yield f"only {sorted(users)} may import {package}"
    if target is None or target == unit:
        return
    if unit == APART:
        yield "the sandbox imports nothing of the rest"
    elif target == APART:
        if unit != "cli":
            yield "only cli imports the sandbox"
    elif target not in rank or unit not in rank or rank[target] >= rank[unit]:
        yield "it stands no lower"
    elif (unit, target) in NEVER:
        yield NEVER[unit, target]


def _modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@functools.cache
def _all_imports() -> dict[str, set[str]]:
    """Return what each module of paper_run imports, by their dotted names."""
    return {
        _dotted(path): set(
            _imported(path.read_text("utf-8"), _dotted(path), is_package=path.stem == "__init__")
        )
        for path in _modules()
    }


def test_every_unit_has_its_place() -> None:
    """Each module and folder of paper_run/ stands in the table of floors, once."""
    assert len(PLACED) == len(set(PLACED))
    units = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in _modules()} - {"__init__"}
    unplaced = sorted(units - set(PLACED))
    assert not unplaced, f"place {unplaced} in tests/support/floors.py, above all that may import it"


def test_the_house_has_few_arrows_and_no_attic() -> None:
    """At most four modules lie flat at the top, and no folder leans on all others."""
    flat = {path.stem for path in PACKAGE.glob("*.py")}
    assert flat == {"__init__", "__main__", "errors", "money"}
    arrows = set()
    for module, names in _all_imports().items():
        arrows |= {(_unit(module), target) for name in names if (target := _unit(name)) is not None}
    assert len([arrow for arrow in arrows if arrow[0] != arrow[1]]) <= MOST_ARROWS


def test_a_module_is_read_in_one_sitting() -> None:
    """None is longer than a reader keeps in mind."""
    lines = {_dotted(path): len(path.read_text("utf-8").splitlines()) for path in _modules()}
    assert {module: length for module, length in lines.items() if length > LONGEST_MODULE} == {}


def test_imports_point_one_way() -> None:
    """A module imports only from the floors above its own, and only the packages that are its business."""
    faults = [
        f"{module} imports {name}: {fault}"
        for module, names in _all_imports().items()
        for name in sorted(names)
        for fault in _faults(module, name)
    ]
    assert not faults, "\n".join(faults)


def _leads_to(modules: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return what each module leads to, over however many others: itself, where it lies in a circle."""
    reached = {}
    for module in modules:
        found: set[str] = set()
        left = [module]
        while left:
            new = modules[left.pop()] - found
            found |= new
            left += new
        reached[module] = found
    return reached


def _module_of(name: str, modules: Collection[str]) -> str:
    """Return the module that a dotted name lies in, "" for one of elsewhere."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name


def test_no_modules_need_each_other() -> None:
    """Each can be read after those that it imports: no circle, not even of an import late or for types."""
    modules = _all_imports()
    imports = {
        module: {_module_of(name, modules) for name in names} - {"", module}
        for module, names in modules.items()
    }
    assert [module for module, reached in _leads_to(imports).items() if module in reached] == []


def test_a_circle_is_seen() -> None:
    """The check above finds one that goes over a third module, and blames none that only leads to it."""
    reached = _leads_to({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
    assert [module for module, found in reached.items() if module in found] == ["a", "b", "c"]


def _imports(folder: str) -> dict[str, set[str]]:
    """Return what each module of a folder imports, by its name there."""
    return {
        path.stem: set(_imported(path.read_text("utf-8"), _dotted(path), is_package=path.stem == "__init__"))
        for path in (PACKAGE / folder).glob("*.py")
    }


def test_what_a_day_comes_down_to_knows_no_page() -> None:
    """The summary is in words and figures: page and letter are laid out from it, never the other way."""
    for module, names in _imports("report/summary").items():
        assert not [name for name in names if name.startswith("paper_run.report.html")], module


def test_an_attempt_values_the_session_and_the_account_knows_neither() -> None:
    """Within `trading` arrows go from the attempt to `valuing`, and from there to `account`."""
    floors = {"account": {"account"}, "valuing": {"account", "valuing"}}
    for floor, below in floors.items():
        for module, names in _imports(f"trading/{floor}").items():
            inside = {name.split(".")[2] for name in names if name.startswith("paper_run.trading.")}
            assert inside <= below, module


def test_what_composes_a_letter_sends_none() -> None:
    """Composing knows nothing of servers, and sending nothing of what a letter says."""
    sending, joining = {"connection", "refusals", "smtp"}, {"dispatch", "undelivered"}
    for module, names in _imports("notify/email").items():
        if module in joining:
            continue
        inside = {name.split(".")[3] for name in names if name.startswith("paper_run.notify.email.")}
        assert inside <= sending if module in sending else not inside & sending, module


@pytest.mark.parametrize(
    ("unit", "source"),
    [
        ("model", "import paper_run.cli"),
        ("model", "def late():\n    from paper_run import cli"),
        ("model", "if TYPE_CHECKING:\n    from .cli import main"),
        ("model", "from . import cli"),
        ("model", "import_module('paper_run.cli')"),
        ("model", "import click.testing"),
        ("model", "from paper_run.sandbox import server"),
        ("model", "from http import server"),
        ("errors", "from paper_run import model"),
        ("sandbox", "from paper_run import __version__"),
        ("sandbox", "from paper_run.errors import DataError"),
        ("report", "from paper_run.services import transport"),
        ("ledger.rows", "from sqlite3 import Row"),
        ("app", "from paper_run.ledger.sqlite import lock"),
        ("cli", "from paper_run.__main__ import main"),
    ],
)
def test_a_wrong_import_is_seen(unit: str, source: str) -> None:
    """The check above finds a wrong arrow in whichever form it is written."""
    names = _imported(source, f"paper_run.{unit}", is_package=False)
    assert [fault for name in names for fault in _faults(f"paper_run.{unit}", name)]


def _tests() -> list[Path]:
    return sorted(TESTS.rglob("*.py"))


def _of_tests(dotted: str, folder: Path) -> Path | None:
    """Return the module of tests/ that a dotted name leads to from a folder, None for one of elsewhere."""
    parts = dotted.split(".")
    # pytest puts the folders of all tests on the path, as python does a script's.
    for base in (folder, *(above for above in folder.parents if above.is_relative_to(TESTS))):
        for length in range(len(parts), 0, -1):
            found = base.joinpath(*parts[:length])
            if found.with_suffix(".py").is_file():
                return found.with_suffix(".py").relative_to(TESTS)
            if (found / "__init__.py").is_file():
                return (found / "__init__.py").relative_to(TESTS)
    return None


def _faults_of_tests(importer: Path, source: str) -> Iterator[str]:
    """Yield what is wrong with the imports in the source of a module of tests/."""
    folder = importer.relative_to(TESTS).parts[0] if importer.parent != TESTS else ""
    may = SHARED | {folder} if folder != "builders" else SHARED
    dotted = ".".join(importer.relative_to(TESTS).with_suffix("").parts)
    for name in _imported(source, dotted, is_package=importer.stem == "__init__"):
        found = _of_tests(name, importer.parent)
        if found is None:
            continue
        if found.stem.startswith("test_"):
            yield f"{importer.relative_to(TESTS)} imports the test {found}"
        elif found.parts[0] not in may:
            yield f"{importer.relative_to(TESTS)} imports {found}, which is another folder's own"


def test_units_lie_as_the_package_does() -> None:
    """Each folder of tests is one of the package, but for those that run the whole command."""
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")} - {Path()}
    elsewhere = {str(folder) for folder in folders if not (PACKAGE / folder).is_dir()}
    assert elsewhere == OF_THE_WHOLE


def test_a_folder_of_tests_stands_alone() -> None:
    """No test is imported by anything; a folder shares only builders and support with the others."""
    faults = [fault for path in _tests() for fault in _faults_of_tests(path, path.read_text("utf-8"))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("importer", "source"),
    [
        ("model/test_messages.py", "from trading.test_conclude import known"),
        ("report/test_schema.py", "import model.test_result_json"),
        ("test_documents_book.py", "from test_imports import FLOORS"),
        ("ledger/sqlite/test_lock.py", "def late():\n    from test_attempts import close"),
        ("support/life.py", "from day import test_odd_platform"),
        ("support/life.py", "from faults.truth import Record"),
        ("builders/account.py", "from book import worked"),
        ("year/player.py", "from faults.plans import Planner"),
        ("day/test_day_good.py", "import faults.plans"),
        ("benchmarks/page_maker.py", "from report.seen_page import Page"),
    ],
)
def test_a_borrowed_test_is_seen(importer: str, source: str) -> None:
    """The check above finds a module of another folder, or a test of one's own, however it is imported."""
    assert [*_faults_of_tests(TESTS / importer, source)] != []


def _loaded(*arguments: str) -> tuple[int, set[str]]:
    """Run the program from the tree; return its exit status and every module that it loaded."""
    # Coverage of subprocesses would load sqlite3 and more into the start that is looked at here.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "paper_run", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    timed = (line for line in done.stderr.splitlines() if line.startswith("import time:"))
    return done.returncode, {line.rpartition("|")[2].strip() for line in timed}


@pytest.mark.parametrize(
    ("arguments", "exit_status"), [(["--help"], 0), (["--version"], 0), (["--no-such-option"], 3)]
)
def test_a_start_that_runs_nothing_loads_next_to_nothing(arguments: list[str], exit_status: int) -> None:
    """Help, version and a usage error import click and the command line, and none of what a day needs."""
    status, loaded = _loaded(*arguments)
    assert status == exit_status
    assert loaded >= {"click", "paper_run.cli"}
    assert sorted(loaded & (LOADED_LATE | OTHER_COMMANDS)) == []


@pytest.mark.parametrize("path", sorted((PACKAGE / "services").glob("*.py")), ids=_dotted)
def test_a_package_is_imported_before_its_parts(path: Path) -> None:
    """Two threads, one at the whole and one at a part, wait for each other: Python breaks one of them off."""
    source = path.read_text("utf-8")
    found = list(_imported(source, _dotted(path), is_package=False))
    clients = [name for name in found if _lies_in(name, "requests") or _lies_in(name, "urllib3")]
    assert clients[:1] in ([], ["requests"])


def test_a_mail_is_sent_without_the_http_client() -> None:
    """Its connection is bounded by the same sockets, which load neither requests nor urllib3."""
    code = (
        "import sys, paper_run.notify.email.smtp as _; "
        "sys.exit(bool(sys.modules.keys() & {'requests', 'urllib3'}))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False).returncode == 0


def test_a_read_that_is_answered_at_once_does_without_retries() -> None:
    """What retries is loaded where a first read failed."""
    code = "import sys, paper_run.services.platform; sys.exit('tenacity' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False).returncode == 0
