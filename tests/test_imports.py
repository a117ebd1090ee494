"""The architecture, proved over the imports: data flows one way, and a start loads only what it needs."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.tree import ROOT

PACKAGE = ROOT / "paper_run"

# A unit is a module or a folder of paper_run/. It may import from the lines above its own, never from below
# or from its own line's other units. A new unit fails the first test here until it has its place.
LAYERS = (
    {"errors"},
    {"certificates", "deadline", "money", "typed", "termination"},
    {"book"},
    {"model"},
    {"models"},
    {"urls"},
    {"calendar_settings", "calendar_year", "heartbeat_settings", "mail_settings"},
    {"services", "ledger", "orders", "session", "sources", "failures", "watch"},
    {"config"},
    {"writers", "schedule", "readings", "todays_date", "not_known", "trading_days"},
    {"pricing"},
    {"by_hand"},
    {"bookkeeping", "filing"},
    {"mail"},
    {"saving"},
    {"result", "pending"},
    {"settle", "recording", "submission"},
    {"unfinished", "prepare", "admission", "beginning"},
    {"trade"},
    {"resolve", "run", "doctor"},
    {"mark", "wrong_date"},
    {"cli"},
    {"__main__"},
)
# The sandbox stands for other people's programs: it shares no code with ours, and only cli starts it.
APART = "sandbox"
PLACED = [unit for layer in LAYERS for unit in layer] + [APART]
# Lines that the layers alone would allow.
NEVER = {
    ("writers", "services"): "a writer gets a result and returns text",
    ("mail", "services"): "a mail is made from a result",
}
# Packages that only these units know: everything else works in our own words.
ONLY = {
    "click": {"cli", "__main__"},
    "requests": {"services"},
    "urllib3": {"services"},
    "http.server": {"sandbox"},
    "smtplib": {"mail"},
}
# What `--help`, `--version` and a usage error do without; each costs more than the whole of them is worth.
LOADED_LATE = {
    "asyncio",
    "dotenv",
    "email",
    "exchange_calendars",
    "holidays",
    "http.client",
    "http.server",
    "jinja2",
    "paper_run.book",
    "paper_run.ledger",
    "paper_run.notify",
    "paper_run.app.day",
    "paper_run.sandbox",
    "paper_run.services",
    "paper_run.report.html.page",
    "paper_run.model.result_json",
    "paper_run.report.day",
    "requests",
    "simplejson",
    "smtplib",
    "sqlite3",
    "tenacity",
    "urllib3",
}


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


def _faults(unit: str, imported: str) -> Iterator[str]:
    """Yield what is wrong with `unit` importing the dotted name `imported`."""
    rank = {"": -1} | {name: number for number, layer in enumerate(LAYERS) for name in layer}
    target = _unit(imported)
    for package, users in ONLY.items():
        if f"{imported}.".startswith(f"{package}.") and unit not in users:
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


def test_every_unit_has_its_place() -> None:
    """Each module and folder of paper_run/ stands in the table of layers, once."""
    assert len(PLACED) == len(set(PLACED))
    units = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in _modules()} - {"__init__"}
    unplaced = sorted(units - set(PLACED))
    assert not unplaced, f"place {unplaced} in LAYERS of tests/test_imports.py, above all that may import it"


@pytest.mark.parametrize("path", _modules(), ids=_dotted)
def test_imports_point_one_way(path: Path) -> None:
    """A module imports only from the layers above its own, and only the packages that are its business."""
    module = _dotted(path)
    unit = _unit(module) or ""
    names = set(_imported(path.read_text("utf-8"), module, is_package=path.stem == "__init__"))
    faults = [f"{module} imports {name}: {fault}" for name in sorted(names) for fault in _faults(unit, name)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("unit", "source"),
    [
        ("models", "import paper_run.cli"),
        ("models", "def late():\n    from paper_run import cli"),
        ("models", "if TYPE_CHECKING:\n    from .cli import main"),
        ("models", "from . import cli"),
        ("models", "import_module('paper_run.cli')"),
        ("models", "import click.testing"),
        ("models", "from paper_run.sandbox import server"),
        ("models", "from http import server"),
        ("errors", "from paper_run import models"),
        ("sandbox", "from paper_run import __version__"),
        ("sandbox", "from paper_run.errors import DataError"),
        ("writers", "from paper_run.services import transport"),
        ("cli", "from paper_run.__main__ import main"),
    ],
)
def test_a_wrong_import_is_seen(unit: str, source: str) -> None:
    """The check above finds a wrong arrow in whichever form it is written."""
    names = _imported(source, f"paper_run.{unit}", is_package=False)
    assert [fault for name in names for fault in _faults(unit, name)]


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
    assert sorted(loaded & LOADED_LATE) == []
