"""Packages of others that some tests look with; without one a test is skipped, in CI it fails."""

import importlib
from types import ModuleType

from support.chromium import unavailable


def yaml_reader() -> ModuleType:
    """PyYAML."""
    return _package("yaml")


def kubernetes_schemas() -> ModuleType:
    """The schemas that Kubernetes has published, and what checks an object by them."""
    return _package("kubernetes_validate")


def _package(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        unavailable(f"{name} is not installed (pip install 'paper_run[ci]')")
