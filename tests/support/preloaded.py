"""All that a command may import late, imported at once: for a process whose forks need not, or could not."""

import ast
import contextlib
import gc
import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from typing import Any

import jinja2

import paper_run
from paper_run.report.html import assets

_BY_OTHERS = ("_strptime", "encodings.idna", "idna", "stringprep")
"""What the standard library and other packages import late themselves."""


def preload() -> None:
    """Import every module of the package, and what each of them names, wherever in it."""
    for module in pkgutil.walk_packages(paper_run.__path__, "paper_run."):
        importlib.import_module(module.name)
        for name in _named_in(module.name):
            _import(name)
    for name in _BY_OTHERS:
        _import(name)
    _compile_templates()
    gc.collect()
    gc.freeze()
    gc.disable()  # a collection in a fork would copy every page of its parent


def _compile_templates() -> None:
    """Compile each template, which takes longer than the rest of a day: a fork finds that done."""
    environment = assets._environment.__wrapped__(None)
    anew = jinja2.Environment.compile
    compiled = {}
    for name in environment.list_templates(extensions=["html"]):
        source, filename, _ = environment.loader.get_source(environment, name)
        compiled[source] = anew(environment, source, name, filename)

    def compile_once(environment: jinja2.Environment, source: str, *more: Any) -> Any:
        return compiled.get(source) or anew(environment, source, *more)

    jinja2.Environment.compile = compile_once  # type: ignore[assignment, method-assign]


def _import(name: str) -> None:
    with contextlib.suppress(ImportError):  # it is a name in a module, or this Python has none of it
        importlib.import_module(name)


def _named_in(module: str) -> Iterator[str]:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.loader is not None
    source = spec.loader.get_source(module)  # type: ignore[attr-defined]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
