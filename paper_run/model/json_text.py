"""A document as JSON text and back: each amount with its exact digits."""

from __future__ import annotations

import json
from collections.abc import Generator
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from types import NoneType
from typing import TYPE_CHECKING, Any

from paper_run import money

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


def dumps(content: Mapping[str, Any] | Sequence[Any]) -> str:
    """Write a document, or a list, as JSON text; a Decimal is a number with its exact digits and no exponent.

    Other writers of JSON have no such number, or ask for each by itself, which takes twice as long.
    """
    return _text(content, "\n") + "\n"


def written(fields: Iterable[tuple[str, Any]]) -> str:
    """Write a document whose fields are made one by one, so that it is never whole but as text.

    A generator anywhere in it is a list whose rows are made likewise.
    """
    return _object(fields, "\n") + "\n"


def _text(value: Any, start: str) -> str:
    """Return a value as JSON text; `start` begins a line as deep as it is."""
    if (simple := _SIMPLE.get(value.__class__)) is not None:
        return simple(value)
    if isinstance(value, dict):
        return _object(value.items(), start)
    if isinstance(value, (list, tuple, Generator)):
        within = f"{start}  "
        rows = ",".join([within + _text(each, within) for each in value])
        return f"[{rows}{start}]" if rows else "[]"
    if isinstance(value, int):
        return int.__repr__(value)
    raise TypeError(f"{type(value).__name__} has no place in a result document")


def _object(fields: Iterable[tuple[str, Any]], start: str) -> str:
    within = f"{start}  "
    pieces: list[str] = []
    before = f"{{{within}"
    for name, value in fields:
        simple = _SIMPLE.get(value.__class__)
        pieces += before, _field(name), _text(value, within) if simple is None else simple(value)
        del value  # before the next one is made
        before = f",{within}"
    return "".join((*pieces, start, "}")) if pieces else "{}"


@lru_cache(maxsize=1_000)
def _field(name: str) -> str:
    return f"{encode_basestring(name)}: "


_SIMPLE: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    Decimal: money.digits,
    NoneType: lambda _: "null",
    bool: lambda value: "true" if value else "false",
    int: int.__repr__,
}


def loads(text: str) -> dict[str, Any]:
    """Read a document back; every number with a point is a Decimal again.

    :raises ValueError: it is no JSON, or no object.
    """
    content = json.loads(text, parse_float=Decimal)
    if not isinstance(content, dict):
        raise ValueError("a result document is a JSON object")
    return content
