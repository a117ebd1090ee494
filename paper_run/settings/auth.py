"""What a person may set about the platform's signature between services: secret, name, and what is signed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paper_run.errors import DataError
from paper_run.model.service import ServiceIdentity
from paper_run.settings import raw
from paper_run.settings.options import default

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from paper_run.settings.raw import RawValue
    from paper_run.settings.sources import Sources

OWN_SECRET = "INTERNAL_TOKEN_SECRET_ORCHESTRATOR"  # noqa: S105  the name of a variable
SECRET = "INTERNAL_TOKEN_SECRET"  # noqa: S105  the name of a variable
SECRET_FILE = "PAPER_RUN_SERVICE_SECRET_FILE"  # noqa: S105  the name of a variable
NAME = "PAPER_RUN_SERVICE_ID"
SIGNS_RUN = "PAPER_RUN_SIGN_ORCHESTRATOR"

_LEAST = 64
_DEFAULT_NAME = default(NAME)
_NAME_FORM = "the name of a service: up to 64 letters, digits, '_', '-' and '.', such as orchestrator"


def read(sources: Sources) -> ServiceIdentity | None:
    """Read and check who signs, and with what; None where no secret is set.

    :raises DataError: for the first wrong value; it never shows the secret.
    """
    signs_run, name = sources.variable(SIGNS_RUN), sources.checked(NAME)
    is_run_signed = sources.checked(SIGNS_RUN)
    secret = _secret(sources.variable, name, sources.folder)
    if secret is not None:
        return ServiceIdentity(name, secret, is_run_signed)
    if signs_run is not None and is_run_signed:
        raise DataError(
            f"{signs_run.origin} is set, but there is no secret to sign with",
            remedies=(f"Set {OWN_SECRET} or {SECRET} too, or take it away; nothing was sent.",),
        )
    return None


def service_id(given: RawValue) -> str:
    """Read who signs.

    :raises DataError: no service can have that name.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", given.value):
        raise given.wrong(_NAME_FORM)
    return given.value


def sandbox_demands(given: RawValue) -> bool:
    """Read whether a sandbox demands signatures.

    :raises DataError: it is neither none nor hmac.
    """
    if given.value not in ("none", "hmac"):
        raise given.wrong("none or hmac")
    return given.value == "hmac"


def _secret(variable: Callable[[str], RawValue | None], name: str, folder: Path) -> str | None:
    """Return the secret: the file's, else that of this name alone, else that of all services."""
    file = variable(SECRET_FILE)
    own = variable(OWN_SECRET) if name == _DEFAULT_NAME else None
    given = file or own or variable(SECRET)
    if given is None:
        return None
    secret, place = given.value, given.origin
    if file is not None:
        from paper_run.settings.secret_file import secret_in

        path = raw.file_path(file, folder)
        secret, place = secret_in(file, path, "secret"), f"{file.origin}: {path}"
    if not secret.isprintable():
        raise _unusable(given, f"{place} holds a character that can't be printed")
    if len(secret) < _LEAST:
        raise _unusable(given, f"{place} has {len(secret)} characters, which is too short for a secret")
    return secret


def _unusable(given: RawValue, what: str) -> DataError:
    return DataError(
        what,
        f"Allowed: the secret that the platform's services share, {_LEAST} printable characters or more.",
        remedies=(f"Correct {given.origin} and run again; nothing was sent.",),
    )
