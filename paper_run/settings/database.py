"""Where the ledger of several hosts is: a database by its URL, a schema in it, the platform's name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paper_run.errors import DataError
from paper_run.model.place import SANDBOX_SCHEMA, Database

if TYPE_CHECKING:
    from paper_run.settings.raw import RawValue
    from paper_run.settings.sources import Sources

SCHEMA, PLATFORM = "PAPER_RUN_LEDGER_SCHEMA", "PAPER_RUN_PLATFORM"
_VARIABLE = "PAPER_RUN_LEDGER_URL"
_FORM = "postgresql://[USER[:PASSWORD]@]HOST[:PORT][,...]/DATABASE[?sslmode=verify-full]"
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^@/?#:,\[\]]*)(?::[0-9]{1,5})?"
_URL = (
    rf"(?P<kind>postgres(?:ql)?://)(?:(?P<login>[^@/?#]*)@)?(?P<hosts>{_HOST}(?:,{_HOST})*)"
    r"(?P<path>/[^@/?#]+)(?:\?[^#]*)?"
)
_LONGEST = 63 - len(SANDBOX_SCHEMA)


def url(given: RawValue) -> str:
    """Read the URL of a database.

    :raises DataError: it is none; nothing of it is shown, since it may hold a password.
    """
    if not given.value.isprintable() or " " in given.value:
        raise given.showing("<hidden>").wrong(_FORM, because="it holds a space or an unprintable character")
    found = re.fullmatch(_URL, given.value)
    if found is None:
        is_ours = given.value.startswith(("postgresql://", "postgres://"))
        because = "in a password @ is written %40, / is %2F, # is %23"
        raise given.showing("<hidden>").wrong(
            _FORM, because=because if is_ours else "it does not begin with postgresql://"
        )
    if any(int(port) > 65_535 for port in re.findall(r":([0-9]+)(?=,|$)", found["hosts"])):
        raise given.showing("<hidden>").wrong(_FORM, because="its port is no number up to 65535")
    return given.value


def schema(given: RawValue) -> str:
    """Read the name of a schema.

    :raises DataError: it is none, or PostgreSQL's own.
    """
    name = given.value
    if not re.fullmatch(rf"[a-z_][a-z0-9_]{{0,{_LONGEST - 1}}}", name) or name.startswith("pg_"):
        raise given.wrong(f"at most {_LONGEST} of a-z, 0-9 and _, no digit first and not pg_ first")
    return name


def platform(given: RawValue) -> str:
    """Read the platform's name.

    :raises DataError: it is none.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", given.value):
        raise given.wrong("a name such as paper-1: at most 64 letters, digits, dots, dashes and underscores")
    return given.value


def read(sources: Sources) -> Database | None:
    """Return the ledger's database, None where the ledger is a file in the reports folder.

    :raises DataError: a setting is wrong, or the platform has no name.
    """
    typed = sources.checked("--ledger-url")
    if typed is None:
        for name in (SCHEMA, PLATFORM):
            if sources.variable(name) is not None:
                sources.checked(name)  # of a database that is named later
        return None
    typed = _whole(typed, sources)
    named = sources.checked(PLATFORM)
    if named is None:
        raise DataError(
            f"The ledger is in a database, and {PLATFORM} is not set",
            "Several hosts reach one platform by different URLs: a name tells it from another one.",
            remedies=(f"Set {PLATFORM} to the same name on each host, such as paper-1; nothing was sent.",),
        )
    return Database(typed, shown(typed) or "", sources.checked(SCHEMA), named)


def _whole(typed: str, sources: Sources) -> str:
    """Return a URL with password and query where the variable has it with them.

    A command that is printed to be typed has neither, and the same shell or file has both.
    """
    set_too = sources.variable(_VARIABLE)
    return url(set_too) if set_too is not None and shown(set_too.value) == typed else typed


def named_with_schema(given: RawValue, sources: Sources) -> Database:
    """Read the URL of a database whose schema may stand behind it, as in `URL#SCHEMA`; it is only read.

    :raises DataError: it is none.
    """
    typed, _, name = given.value.partition("#")
    where = url(given.showing(typed))
    return Database(
        where, shown(where) or "", schema(given.showing(name)) if name else sources.checked(SCHEMA), ""
    )


def shown(typed: str) -> str | None:
    """Return what of a URL may be shown and typed again: no password, no query; None: it is no such URL."""
    found = re.fullmatch(_URL, typed)
    if found is None:
        return None
    user = (found["login"] or "").partition(":")[0]
    return f"{found['kind']}{f'{user}@' if user else ''}{found['hosts']}{found['path'] or ''}"
