"""All that a command may import late, imported at once: for a process whose forks need not, or could not."""

import contextlib
import gc
import importlib
import io
import os
import pkgutil
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2

import paper_run
from paper_run import cli
from paper_run.report.html import assets
from support.covered import Covered

_IMPORTS = re.compile(r"^ *(?:from ([a-z][\w.]*) import (\([^)]*\)|.*)|import (.*))$", re.MULTILINE)
_BY_OTHERS = ("_strptime", "encodings.idna", "idna", "stringprep")
"""What the standard library and other packages import late themselves."""


def preload() -> None:
    """Import every module of the package, and what each of them names, wherever in it."""
    _import_all()
    _keep()


def warm() -> None:
    """Play a day too: what each fork would make anew in its own is there, down to the code of its calls.

    Coverage sees nothing of it: no test looks at what it does.
    """
    _import_all()
    here, environment, said = Path.cwd(), dict(os.environ), io.StringIO()
    terminated, hook = signal.getsignal(signal.SIGTERM), sys.unraisablehook
    with Covered.nothing(), tempfile.TemporaryDirectory() as folder:
        os.environ.clear()
        os.environ.update({"PATH": os.defpath, "HOME": folder})
        os.chdir(folder)
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = cli.main(["--sandbox"])
        os.chdir(here)
        os.environ.clear()
        os.environ.update(environment)
        signal.signal(signal.SIGTERM, terminated)
        sys.unraisablehook = hook
    assert (status, threading.active_count()) == (0, 1), said.getvalue()
    _keep()


def _import_all() -> None:
    names = set(_BY_OTHERS)
    for module in pkgutil.walk_packages(paper_run.__path__, "paper_run."):
        importlib.import_module(module.name)
        names.update(_named_in(module.name))
    for name in sorted(names):
        _import(name)
    _compile_templates()


def _keep() -> None:
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
