"""The three ways to have the program: a checkout, `pip install -e .`, and the built wheel."""

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from jinja2 import ModuleLoader
from jinja2.bccache import bc_version
from support.tree import ROOT, copy_project, project_files

from paper_run import __version__


def _run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Run a command as a user's shell would and return what it printed; it must succeed."""
    # Neither this run's settings nor its coverage measurement may reach what is installed.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COV", "PAPER_RUN_", "PYTHON")) and not name.endswith("_URL")
    }
    done = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=kept | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _interpreter(folder: Path) -> Path:
    """Make an empty virtual environment that sees the dependencies of the one running the tests.

    A line in a .pth file lends it their folder, so nothing is fetched: the tests pass offline, in seconds.
    Python does not read the .pth files of a lent folder, so an editable paper_run in there is not lent.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    purelib = next(folder.glob("lib/python*/site-packages"))
    lent = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    (purelib / "lent.pth").write_text("".join(f"{path}\n" for path in lent), "utf-8")
    return folder / "bin" / "python"


def _install(python: Path, *what: str | Path, cwd: Path) -> None:
    # The lent pip and setuptools do it, without isolation: a build of its own would fetch setuptools again.
    options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed")
    _run(python, "-m", "pip", "install", *options, *what, cwd=cwd, PIP_ROOT_USER_ACTION="ignore")


def _where(python: Path, cwd: Path) -> Path:
    return Path(_run(python, "-c", "import paper_run; print(paper_run.__file__)", cwd=cwd).strip())


def _assert_a_day_runs(python: Path, cwd: Path) -> None:
    _run(python, "-m", "paper_run", "--sandbox", cwd=cwd, CI="true")
    results = [json.loads(path.read_text("utf-8")) for path in (cwd / "reports").rglob("*_paper_run.json")]
    assert [result["status"] for result in results] == ["success"]
    pages = [path.read_text("utf-8") for path in (cwd / "reports").rglob("*_paper_run.html")]
    assert len(pages) == 1
    assert "</html>" in pages[0]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, since a build leaves files in its source tree."""
    return copy_project(tmp_path_factory.mktemp("source") / "tree")


@pytest.fixture(scope="module")
def dist(tree: Path) -> Path:
    """The folder with the sdist, and the wheel built from that sdist."""
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", tree.parent / "dist", tree, cwd=tree)
    return tree.parent / "dist"


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


def test_the_checkout_runs_uninstalled(tmp_path: Path) -> None:
    """In the tree, `python -m paper_run` needs the dependencies and no installation."""
    tree = copy_project(tmp_path / "tree")
    python = _interpreter(tmp_path / "venv")
    assert _where(python, tree) == tree / "paper_run" / "__init__.py"
    assert __version__ in _run(python, "-m", "paper_run", "--version", cwd=tree)
    _assert_a_day_runs(python, tree)


def test_the_editable_install_runs_the_tree_from_anywhere(tree: Path, tmp_path: Path) -> None:
    """After `pip install -e .` the program runs elsewhere, with the tree's modules and templates."""
    python = _interpreter(tmp_path / "venv")
    _install(python, "-e", tree, cwd=tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert _where(python, elsewhere) == tree / "paper_run" / "__init__.py"
    assert __version__ in _run(python.parent / "paper-run", "--version", cwd=elsewhere)
    _assert_a_day_runs(python, elsewhere)


def test_the_wheel_runs_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """The wheel alone, with no tree in sight, runs a day and writes its page from its own templates."""
    python = _interpreter(tmp_path / "venv")
    _install(python, wheel, cwd=tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert (tmp_path / "venv") in _where(python, elsewhere).parents
    assert __version__ in _run(python, "-m", "paper_run", "--version", cwd=elsewhere)
    assert __version__ in _run(python.parent / "paper-run", "--version", cwd=elsewhere)
    _assert_a_day_runs(python, elsewhere)
    assert not [*elsewhere.rglob(".template-cache")]  # nothing was left to compile


def test_the_wheel_holds_the_whole_program_and_nothing_else(wheel: Path) -> None:
    """The wheel has each module and template (one forgotten in setup.cfg is not there), and no tests."""
    files = {path.relative_to(ROOT).as_posix() for path in project_files()}
    modules = {path for path in files if path.startswith("paper_run/")}
    templates = {f"paper_run/{path}" for path in files if path.startswith("templates/")}
    compiled = {
        f"paper_run/templates/compiled_{bc_version}/{ModuleLoader.get_module_filename(Path(path).name)}"
        for path in templates
        if path.endswith(".html")
    } | {
        f"paper_run/templates/compiled_{bc_version}/{name}"
        for name in ("index.css", "report.css", "report.js")
    }
    assert len(compiled) == 8
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    about = f"paper_run-{__version__}.dist-info/"
    assert {path for path in packed if not path.startswith(about)} == modules | templates | compiled


def test_the_sdist_holds_what_a_build_needs(dist: Path) -> None:
    """The sdist has licence, README, configuration and all sources (this wheel is built from it)."""
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    files = {path.relative_to(ROOT).as_posix() for path in project_files()}
    sources = {path for path in files if path.startswith(("paper_run/", "templates/"))}
    assert packed >= {"LICENSE", "README.md", "pyproject.toml", "setup.cfg", "setup.py"} | sources
    assert not any(path.startswith("reports/") for path in packed)
