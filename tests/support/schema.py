"""The JSON Schema of the result documents, and what it finds wrong with one."""

import functools
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator

from support.tree import ROOT

SCHEMA_FILE = ROOT / "docs" / "schema" / "paper_run.schema.json"
SCHEMA: dict[str, Any] = json.loads(SCHEMA_FILE.read_text("utf-8"), parse_float=Decimal)


def _followed(part: Any) -> Any:
    """Return a part of the schema with each of its references followed once: a validator would each time."""
    if isinstance(part, list):
        return [_followed(each) for each in part]
    if not isinstance(part, dict):
        return part
    rest = {name: _followed(each) for name, each in part.items() if name not in ("$ref", "$defs")}
    if "$ref" not in part:
        return rest
    there = _definition(part["$ref"])
    return there if not rest else rest | {"allOf": [*rest.get("allOf", []), there]}


@functools.cache
def _definition(reference: str) -> Any:
    return _followed(SCHEMA["$defs"][reference.removeprefix("#/$defs/")])


_VALIDATOR = Draft202012Validator(_followed(SCHEMA))
_COMMANDS: dict[str, Any] = json.loads((ROOT / "docs" / "schema" / "commands.schema.json").read_text("utf-8"))


def faults(text: str) -> list[str]:
    """Return what is wrong with a document as it was written, none if it is as the schema has it."""
    document = json.loads(text, parse_float=Decimal)
    return [f"{error.json_path}: {error.message}" for error in _VALIDATOR.iter_errors(document)]


def command_faults(command: str, text: str) -> list[str]:
    """Return what is wrong with what a command printed with --json."""
    validator = Draft202012Validator(_COMMANDS | {"$ref": f"#/$defs/{command}"})
    document = json.loads(text, parse_float=Decimal)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def objects(schema: Any = SCHEMA) -> Iterator[dict[str, Any]]:
    """Yield every schema of an object, at whatever depth; those of conditions name no type."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)
