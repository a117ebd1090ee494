"""The ledger's statements in PostgreSQL's words; the parts say them in SQLite's, see `sqlite.dialect`."""

from __future__ import annotations

import functools
import re

_FIELD = re.compile(
    r"CASE WHEN json_valid\((?P<of>[\w:.]+)\) THEN json_extract\((?P=of), '\$\.(?P<name>\w+)'\) END"
)
_NAMED = re.compile(r"(?<!:):([a-z_]+)\b")


@functools.cache
def translated(statement: str) -> str:
    """Return a statement of the ledger's parts as psycopg takes it."""
    words = _FIELD.sub(lambda found: field(found["of"], found["name"]), statement.replace(" NOT INDEXED", ""))
    return _NAMED.sub(r"%(\1)s", words.replace("%", "%%").replace("?", "%s"))


def field(document: str, name: str) -> str:
    """Return what a JSON object has by a plain name at its top.

    Each escape in its strings is taken for another character first: PostgreSQL reads the whole object, and
    refuses some that JSON allows, such as a NUL's.

    :param document: a column, or the name of a value.
    """
    return rf"(CAST(regexp_replace({document}, '\\.', '_', 'g') AS json) ->> '{name}')"
