"""What the program needs: lower bounds that are tested, versions that CI installs, licences."""

import configparser
import re
import runpy
import subprocess
import sys
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from support.tree import ROOT

CI = ROOT / ".ci"
_NEED = re.compile(r"([\w.-]+)(?:\[[^]]*\])?(?:>=([\w.]+))?$")


def _needs() -> dict[str, str]:
    """Return each requirement of `setup.cfg`, and its lower bound, by its name in small letters."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    texts = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    found = [_NEED.match(line) for text in texts for line in text.split("\n") if line]
    assert None not in found
    return {_plain(each[1]): each[2] or "" for each in found if each is not None}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _parts(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def test_the_lock_has_a_version_of_each_requirement_within_its_bound() -> None:
    """`.ci/lock` was run after the last change of setup.cfg."""
    lines = (line.partition("==") for line in (CI / "lock.txt").read_text("utf-8").splitlines())
    locked = {_plain(name): version for name, is_pin, version in lines if is_pin}
    needs = _needs()
    assert needs.keys() - locked.keys() == set()
    assert [name for name, bound in needs.items() if _parts(locked[name]) < _parts(bound)] == []


def _wheel(folder: Path, *needs: str) -> Path:
    path = folder / "x-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        lines = "".join(f"Requires-Dist: {each}\n" for each in needs)
        wheel.writestr("x-1.dist-info/METADATA", f"Name: x\n{lines}\nRequires-Dist: no>=1\n")
    return path


def test_the_oldest_versions_are_the_lower_bounds(tmp_path: Path) -> None:
    """Of what runs, its extras too; what has no bound is pip's to choose."""
    wheel = _wheel(
        tmp_path,
        *("click>=8.2", "tzdata", 'psycopg[binary]>=3.2.2; extra == "postgres"'),
        *('pytest>=8; extra == "test"', 'psycopg[binary]>=3.2.2; extra == "test"'),
    )
    done = subprocess.run(
        [sys.executable, CI / "oldest.py", wheel], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == ["click==8.2", "psycopg==3.2.2"]


@pytest.mark.parametrize(
    ("about", "is_expected"),
    [
        ("License-Expression: MIT", True),
        ("Classifier: License :: OSI Approved :: BSD License", True),
        ("License: GPL-3.0-only", False),
        ("Summary: says none", False),
    ],
)
def test_a_licence_is_expected_or_not(tmp_path: Path, about: str, is_expected: bool) -> None:
    """By its expression, its classifiers or its field; one that says nothing is not expected."""
    (tmp_path / "METADATA").write_text(f"Metadata-Version: 2.4\nName: aaa\nVersion: 1\n{about}\n", "utf-8")
    licences = runpy.run_path(str(CI / "licences.py"))
    assert licences["is_expected"](licences["licence"](PathDistribution(tmp_path))) is is_expected
