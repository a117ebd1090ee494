"""Findings: each code stands in the table, and what was recorded comes back as it was."""

import ast
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tree import ROOT

from paper_run.errors import DataError, Remedy
from paper_run.model import findings
from paper_run.model.findings import CODES, Finding

_MAKERS = {"warning", "note", "Finding"}
TEXTS = st.text(st.characters(exclude_categories=()))
ANY = st.builds(
    Finding,
    code=TEXTS,
    severity=st.sampled_from(["error", "warning", "note"]),
    subject=TEXTS,
    text=TEXTS,
    remedies=st.lists(st.builds(Remedy, TEXTS, TEXTS)).map(tuple),
)


def codes_used() -> Iterator[str]:
    """Yield each code that the package's source gives a finding or an error."""
    for path in (ROOT / "paper_run").rglob("*.py"):
        source = path.read_text("utf-8")
        if "findings" not in source and "code=" not in source and "code =" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
                given = [each.value for each in node.keywords if each.arg == "code"]
                given += node.args[:1] if name in _MAKERS else []
                yield from (text for each in given for text in _texts(each))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
                yield from _texts(node.value)


def _texts(node: ast.expr) -> Iterator[str]:
    """Yield the texts that an expression may come to."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from (*_texts(body), *_texts(other))


def test_each_code_has_its_meaning_and_is_used() -> None:
    """None is made up where it is used, and none stands in the table for nothing."""
    assert set(codes_used()) - {""} == set(CODES)
    assert all(CODES.values())


@given(st.lists(ANY))
def test_findings_come_back_as_they_were(found: list[Finding]) -> None:
    """From the text of a record."""
    recorded = json.loads(json.dumps(findings.to_json(found)))
    assert findings.from_json(recorded) == tuple(found)


def test_a_recorded_command_that_changes_a_record_names_the_ledger() -> None:
    """One that only looks does not, nor does another program's."""
    remedies = tuple(
        Remedy("Do", command)
        for command in ("paper-run resolve --reset", "paper-run mark", "paper-run history", "curl x", "")
    )
    (recorded,) = findings.naming("ab12cd34", [findings.warning("fill", "odd", remedies=remedies)])
    assert [each.command for each in recorded.remedies] == [
        "paper-run resolve --reset --ledger ab12cd34",
        "paper-run mark --ledger ab12cd34",
        "paper-run history",
        "curl x",
        "",
    ]


def test_what_failed_is_a_finding() -> None:
    """With its code, its subject and what to do."""
    error = DataError("A", "Because.", remedies=("Try",), code="setting", subject="X")
    assert findings.of_error(error) == Finding("setting", "error", "X", "A. Because.", (Remedy("Try"),))


@pytest.mark.parametrize(
    "content",
    [
        7,
        {},
        {**findings.warning("fill", "x")._asdict(), "remedies": [], "more": 1},
        {**findings.warning("fill", "x")._asdict(), "remedies": [7]},
        {**findings.warning("fill", "x")._asdict(), "remedies": "x"},
        {**findings.warning("fill", "x")._asdict(), "remedies": [], "severity": "fatal"},
        {**findings.warning("fill", "x")._asdict(), "remedies": [], "text": None},
    ],
)
def test_what_is_no_finding_is_refused(content: object) -> None:
    """A damaged record is no finding."""
    with pytest.raises(ValueError, match=r"finding|remed"):
        findings.from_json([content])
