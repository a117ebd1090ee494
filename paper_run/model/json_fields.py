"""The fields of a document, read one by one: what is not there is None, another kind of value is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from paper_run import money
from paper_run.book.comparison import Difference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def amount(value: Any) -> Decimal | None:
    """Return a number of any digits, in its field's unit; a document has whole ones without a point.

    :raises ValueError: it is none.
    """
    if value is None or type(value) is Decimal:
        return value
    if type(value) is int:
        return Decimal(value)
    raise ValueError(f"{value!r} is no amount")


def stated(value: Any) -> Decimal:
    """Return an amount that a record always has, in its field's unit; of one without it it is nothing.

    :raises ValueError: it is none.
    """
    found = amount(value)
    return money.ZERO if found is None else found


def text(value: Any) -> str | None:
    """Return text."""
    return None if value is None else str(value)


def whole(value: Any) -> int | None:
    """Return a whole number.

    :raises ValueError: it is none.
    """
    if value is None or type(value) is int:
        return value
    raise ValueError(f"{value!r} is no whole number")


def reading(read: Callable[[Any], Any], names: Iterable[str]) -> dict[str, Callable[[Any], Any]]:
    """Return what reads each of these fields of an object, see `read`."""
    return dict.fromkeys(names, read)


def read(content: Mapping[str, Any], fields: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """Read these fields out of an object."""
    return {name: of(content.get(name)) for name, of in fields.items()}


def difference_document(each: Difference) -> dict[str, Any]:
    """Return a difference under the names of a document: the other figure bears its party's."""
    return {"field": each.field, "ours": each.ours, each.party: each.theirs, "difference": each.difference}


def difference(content: Mapping[str, Any]) -> Difference:
    """Read a difference back.

    :raises ValueError: a figure is none.
    """
    party, *_ = (name for name in content if name not in ("field", "ours", "difference"))
    ours, theirs, apart = (stated(content[name]) for name in ("ours", party, "difference"))
    return Difference(party, str(content["field"]), ours, theirs, apart)
