"""Whoever reads a function with money, shares or times in it reads their units and their clock beside it."""

import ast
import re
from collections.abc import Iterator

import pytest
from support.tree import ROOT

FOLDERS = ("book", "model", "ledger", "services", "trading")
SAYS = {
    "Decimal": re.compile(r"\b(?:dollars?|cents?|shares?|ratios?|seconds|unit)\b"),
    "datetime": re.compile(r"\bUTC\b|\bclock\b|\bexchange's\b|\bzone\b"),
}


def _annotated(function: ast.FunctionDef) -> set[str]:
    """Return the names in the types of what a function takes and returns."""
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    types = [each.annotation for each in arguments] + [function.returns]
    return {node.id for each in types if each for node in ast.walk(each) if isinstance(node, ast.Name)}


def _functions(body: list[ast.stmt], above: str = "") -> Iterator[tuple[ast.FunctionDef, str]]:
    """Yield each public function or method with its docstring and that of its class."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _functions(node.body, ast.get_docstring(node) or "")
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node, f"{ast.get_docstring(node) or ''}\n{above}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_money_shares_and_times_say_their_units(folder: str) -> None:
    """Each public function that takes or returns an amount or a moment says of what, or on which clock."""
    silent = [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}: {kind}"
        for path in sorted((ROOT / "paper_run" / folder).rglob("*.py"))
        for function, said in _functions(ast.parse(path.read_text("utf-8")).body)
        for kind in _annotated(function) & SAYS.keys()
        if not SAYS[kind].search(said)
    ]
    assert silent == []
