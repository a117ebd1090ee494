"""All that a command may import late, imported at once: for a process whose forks need not, or could not."""

import contextlib
import gc
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2

import paper_run
from paper_run.report.html import assets

_IMPORTS = re.compile(r"^ *(?:from ([a-z][\w.]*) import (\([^)]*\)|.*)|import (.*))$", re.MULTILINE)
_BY_OTHERS = ("_strptime", "encodings.idna", "idna", "stringprep")
"""What the standard library and other packages import late themselves."""


def preload() -> None:
    """Import every module of the package, and what each of them names, wherever in it."""
    names = set(_BY_OTHERS)
    for module in pkgutil.walk_packages(paper_run.__path__, "paper_run."):
        importlib.import_module(module.name)
        names.update(_named_in(module.name))
    for name in sorted(names):
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
    """Yield what may be a module, wherever it is imported; a syntax tree of each file would take a second."""
    source = Path(importlib.import_module(module).__file__).read_text("utf-8")
    for origin, names, modules in _IMPORTS.findall(source):
        yield from re.findall(r"[\w.]+", modules)
        if origin:
            yield origin
            yield from (f"{origin}.{name}" for name in re.findall(r"\w+", names))
