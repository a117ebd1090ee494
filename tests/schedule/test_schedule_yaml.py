"""YAML as it is written: another reader finds what was meant in it."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from support.programs import yaml_reader

from paper_run.schedule import yaml

WORDS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)  # of more than 1,024 characters none is
NODES = st.recursive(
    WORDS | st.integers() | st.booleans(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)


@given(st.dictionaries(KEYS, NODES, min_size=1))
def test_each_word_is_read_as_it_was_meant(node: dict[str, Any]) -> None:
    """Quotes, colons, line breaks, what looks like a number, a date or nothing: in keys and in values."""
    assert yaml_reader().safe_load(yaml.document(node)) == node


@pytest.mark.parametrize(
    "word",
    [
        "yes",
        "No",
        "on",
        "null",
        "~",
        "1e3",
        "0x1f",
        "12:30",
        "2025-01-17",
        "- a",
        "a: b",
        "a #b",
        "",
        " a",
        "=",
        "<<",
    ],
)
def test_what_another_reader_takes_for_something_else_is_quoted(word: str) -> None:
    """A word stays a word."""
    assert yaml.document({"key": word}) == f'---\nkey: "{word}"\n'


def test_what_is_plain_stays_plain() -> None:
    """A text for people: names and numbers without quotes, empty lists and mappings short."""
    node = {"apiVersion": "batch/v1", "list": [{"a": 1, "b": True}, ["c"], []], "of": {}}
    written = "---\napiVersion: batch/v1\nlist:\n  - a: 1\n    b: true\n  - - c\n  - []\nof: {}\n"
    assert yaml.document(node) == written
