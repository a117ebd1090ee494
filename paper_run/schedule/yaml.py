"""YAML as text: mappings, lists, words and numbers, each quoted so that every reader takes it as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeAlias

    Node: TypeAlias = Mapping[str, "Node"] | Sequence["Node"] | str | int

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:[./][A-Za-z0-9_-]+)*")
_OTHER_MEANING = frozenset({"y", "yes", "n", "no", "on", "off", "true", "false", "null"})
"""What some readers take for no word."""
_ESCAPED = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


def document(node: Mapping[str, Node]) -> str:
    """Return a document, its lines ended; it begins with the mark that parts it from what is before it."""
    return "\n".join(["---", *_lines(node), ""])


def quoted(word: str) -> str:
    """Return a word between quotes, in ASCII alone."""
    return '"' + "".join(map(_escaped, word)) + '"'


def _lines(node: Mapping[str, Node] | Sequence[Node]) -> Iterator[str]:
    if not isinstance(node, dict):
        for each in node:
            yield from _entry("-", each, "  ")
        return
    for key, each in node.items():
        yield from _entry(f"{_scalar(key)}:", each, "  ")


def _entry(head: str, node: Node, indent: str) -> Iterator[str]:
    """Yield a key or a dash with what belongs to it; what is in an entry of a list begins on its line."""
    if isinstance(node, str | int):
        yield f"{head} {_scalar(node)}"
    elif not node:
        yield f"{head} {'{}' if isinstance(node, dict) else '[]'}"
    elif head == "-":
        first, *more = _lines(node)
        yield f"- {first}"
        yield from (indent + line for line in more)
    else:
        yield head
        yield from (indent + line for line in _lines(node))


def _scalar(node: str | int) -> str:
    if isinstance(node, bool):
        return "true" if node else "false"
    if isinstance(node, int):
        return str(node)
    is_plain = _PLAIN.fullmatch(node) and node.lower() not in _OTHER_MEANING
    return node if is_plain else quoted(node)


def _escaped(character: str) -> str:
    if character in _ESCAPED:
        return _ESCAPED[character]
    if " " <= character <= "~":
        return character
    return f"\\U{ord(character):08x}"
