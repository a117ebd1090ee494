"""Reading the wire: each field checked where it enters, and an error body's own words."""

from __future__ import annotations

import email.utils
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from paper_run import money
from paper_run.model.calendar import read_date
from paper_run.services.answer import UnreadableAnswer

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from paper_run.services.answer import Answer

_LONGEST_WORDS = 600
_FIRST_YEAR, _LAST_YEAR = 1970, 9998  # outside them a zone can leave what a datetime holds


class Unreadable(ValueError):
    """A field is missing or is not what the wire promises; the text names it."""


def an_object(value: object, name: str) -> dict[str, Any]:
    """Return a JSON object.

    :raises Unreadable: it is none.
    """
    if not isinstance(value, dict):
        raise Unreadable(f"{name} is not an object")
    return value


def objects(source: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a list of JSON objects.

    :raises Unreadable: it is none.
    """
    value = source.get(key)
    if not isinstance(value, list):
        raise Unreadable(f"{key} is not a list")
    return [an_object(entry, f"an entry of {key}") for entry in value]


def text(source: dict[str, Any], key: str) -> str:
    """Return a text that must be there.

    :raises Unreadable: it is not.
    """
    value = optional_text(source, key)
    if not value:
        raise Unreadable(f"{key} is missing")
    return value


def optional_text(source: dict[str, Any], key: str) -> str | None:
    """Return a text or None.

    :raises Unreadable: it is neither.
    """
    value = source.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Unreadable(f"{key} is not a text")
    return shortened(value)


def optional_amount(source: dict[str, Any], key: str) -> Decimal | None:
    """Return an amount in the service's own unit, None where there is none.

    :raises Unreadable: it is no amount.
    """
    value = source.get(key)
    if value is None:
        return None
    try:
        return money.amount(value)
    except ValueError:
        raise Unreadable(f"{key} is not an amount") from None


def amount(source: dict[str, Any], key: str) -> Decimal:
    """Return an amount that must be there, in the service's own unit.

    :raises Unreadable: it is not, or is no amount.
    """
    value = optional_amount(source, key)
    if value is None:
        raise Unreadable(f"{key} is missing")
    return value


def opinion(source: dict[str, Any], key: str) -> Decimal | None:
    """Return an amount that decides nothing, in the service's own unit; None also when it can't be read."""
    try:
        return optional_amount(source, key)
    except Unreadable:
        return None


def moment(source: dict[str, Any], key: str) -> datetime | None:
    """Return a time in UTC that decides nothing (naive: UTC); None also when it can't be read."""
    value = source.get(key)
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if read is None or not _FIRST_YEAR <= read.year <= _LAST_YEAR:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def http_date(header: str | None) -> datetime | None:
    """Return the time (UTC) of an HTTP Date; None where it is none, or centuries off."""
    try:
        said = email.utils.parsedate_to_datetime(header or "")
    except (ValueError, OverflowError):
        return None
    if not _FIRST_YEAR <= said.year <= _LAST_YEAR:
        return None
    return said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)


def day(source: dict[str, Any], key: str) -> date | None:
    """Return a date written YYYY-MM-DD, or None.

    :raises Unreadable: there is something else.
    """
    value = source.get(key)
    if value is None or value == "":
        return None
    try:
        return read_date(value if isinstance(value, str) else "")
    except ValueError:
        raise Unreadable(f"{key} is not a date") from None


def flag(source: dict[str, Any], key: str) -> bool | None:
    """Return yes or no; None where neither is said."""
    value = source.get(key)
    return value if isinstance(value, bool) else None


def count(source: dict[str, Any], key: str) -> int | None:
    """Return a whole number that decides nothing; None also when it can't be read."""
    value = opinion(source, key)
    return int(value) if value is not None and value == value.to_integral_value() else None


_NOISE = (
    (" at 0x", r"RetryError\[<Future at 0x\w+ state=\w+ raised (\w+)>\]", r"\1"),
    (" at 0x", r"<([\w.]+)(?: object)? at 0x\w+(?: [^<>]*)?>", r"\1"),
    (" information ", r"\s*For (?:more|further) information (?:check|visit):? \S+", ""),
)
"""By a part that shows whether to look: Python's names of things in its memory, which stand for what failed,
and links to manuals."""


def shortened(text: str) -> str:
    """Return a service's text with what failed in place of a program's own names for it."""
    for part, pattern, instead in _NOISE:
        if part in text:
            text = re.sub(pattern, instead, text)
    return text


def detail(answer: Answer) -> dict[str, Any]:
    """Return the `detail` object that the platform's refusals have; an empty one where there is none."""
    try:
        body = answer.json()
    except UnreadableAnswer:
        return {}
    found = body.get("detail") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def reason(answer: Answer) -> str:
    """Return the service's own reason, whichever of the five error bodies it is in; empty if it gave none."""
    try:
        body = answer.json()
    except UnreadableAnswer:
        page = shortened(answer.words()[:100_000])
        body = re.sub(
            r"<(script|style).*?</\1>|<(?!hidden>)[^>]*>", " ", page, flags=re.DOTALL | re.IGNORECASE
        )
    said = " ".join(shortened(_said(body)).split())
    return said if len(said) <= _LONGEST_WORDS else said[:_LONGEST_WORDS] + "..."


def refusal(answer: Answer) -> str:
    """Return what a service answered instead, a clause about it: `answered 503: database is locked`."""
    said = reason(answer)
    return f"answered {answer.status}" + (f": {said}" if said else "")


def _said(body: object, depth: int = 0) -> str:
    """Return the words in a body; its own words come first, then what explains them."""
    if depth > 8:
        return ""
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return "; ".join(filter(None, (_said(entry, depth + 1) for entry in body)))
    if not isinstance(body, dict):
        return ""
    if "loc" in body and "msg" in body:
        where = body["loc"]
        path = ".".join(map(str, where)) if isinstance(where, list) else str(where)
        return f"{path}: {body['msg']}"
    parts = [body[key] for key in ("error", "message", "reason") if isinstance(body.get(key), str)]
    parts += [f"engaged by {body['engaged_by']}"] if isinstance(body.get("engaged_by"), str) else []
    parts += [_said(body.get("detail"), depth + 1)]
    return "; ".join(part.rstrip(".") for part in parts if part)
