"""Whoever reads a function reads beside it: units and signs, the clock, what it raises, whence a formula."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.tree import ROOT

PACKAGE = ROOT / "paper_run"

FOLDERS = ("book", "model", "ledger", "services", "trading")
SAYS = {
    "Decimal": re.compile(r"\b(?:dollars?|cents?|shares?|ratios?|seconds|unit)\b"),
    "datetime": re.compile(r"\bUTC\b|\bclock\b|\bexchange's\b|\bzone\b"),
}

SIGNED = re.compile(r"(?:^|_)(?:pnl|cash|qty|flows?|realized|income)(?:_|$)")
SIGN = re.compile(r"\b(?:negative|positive|signed|unsigned|no sign|without a sign|ours - )", re.IGNORECASE)
CONCEPTS = ROOT / "docs" / "CONCEPTS" / "pnl-calculation.md"


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
        for path in sorted((PACKAGE / folder).rglob("*.py"))
        for function, said in _functions(ast.parse(path.read_text("utf-8")).body)
        for kind in _annotated(function) & SAYS.keys()
        if not SAYS[kind].search(said)
    ]
    assert silent == []


def _classes(body: list[ast.stmt]) -> Iterator[ast.ClassDef]:
    """Yield each public class."""
    return (each for each in body if isinstance(each, ast.ClassDef) and not each.name.startswith("_"))


def _amounts(function: ast.FunctionDef) -> Iterator[str]:
    """Yield the name of each amount that a function takes, and its own where it returns one."""
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    types = [(each.arg, each.annotation) for each in arguments]
    for name, kind in (*types, (function.name, function.returns)):
        if kind is not None and "Decimal" in ast.unparse(kind):
            yield name


def _kept(kind: ast.ClassDef) -> Iterator[str]:
    """Yield the name of each amount that a class keeps."""
    for each in kind.body:
        if isinstance(each, ast.AnnAssign) and "Decimal" in ast.unparse(each.annotation):
            yield ast.unparse(each.target)


@pytest.mark.parametrize("folder", ["book", "model", "ledger", "trading"])
def test_what_may_be_negative_says_its_sign(folder: str) -> None:
    """P&L, cash, quantities and flows: which way is up, or that they have no sign."""
    silent = []
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        body = ast.parse(path.read_text("utf-8")).body
        named = [(each.name, said, [*_amounts(each)]) for each, said in _functions(body)]
        named += [(each.name, ast.get_docstring(each) or "", [*_kept(each)]) for each in _classes(body)]
        silent += [
            f"{path.relative_to(ROOT)} {name}: {amount}"
            for name, said, amounts in named
            for amount in amounts
            if SIGNED.search(amount) and not SIGN.search(said)
        ]
    assert silent == []


def _raised(function: ast.FunctionDef) -> Iterator[str]:
    """Yield what a function's own body raises; not what one inside it does."""
    left: list[ast.AST] = [*function.body]
    while left:
        node = left.pop()
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield ast.unparse(node.exc)
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            left += ast.iter_child_nodes(node)


def _is_command(function: ast.FunctionDef) -> bool:
    """Whether its docstring is what `--help` shows."""
    return any("click.command" in ast.unparse(each) for each in function.decorator_list)


def test_what_is_raised_is_said() -> None:
    """Each public function that raises says what and when."""
    silent = [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}: {raised}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if "sandbox" not in path.parts
        for function, said in _functions(ast.parse(path.read_text("utf-8")).body)
        for raised in _raised(function)
        if ":raises" not in said and not _is_command(function)
    ]
    assert silent == []


@pytest.mark.parametrize("path", sorted((PACKAGE / "book").glob("*.py")), ids=lambda path: path.stem)
def test_a_formula_says_where_it_is_from(path: Path) -> None:
    """Each module that computes an amount names the section that defines it, with its worked examples."""
    module = ast.parse(path.read_text("utf-8"))
    computed = [each.name for each, _ in _functions(module.body) if "Decimal" in ast.unparse(each)]
    said = re.search(r'^Source: docs/CONCEPTS, "(.+)"\.$', ast.get_docstring(module) or "", re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", CONCEPTS.read_text("utf-8"), re.MULTILINE)
    assert said is None or said[1] in headings
    assert not computed or said is not None
