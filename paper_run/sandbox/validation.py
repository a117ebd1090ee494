"""Checks on requests, with the 422 bodies that the services' framework writes."""

import json
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from paper_run.sandbox.web import RefusedError, Request

MISSING = object()
_INT_PARSING = "Input should be a valid integer, unable to parse string as an integer"


class Fields:
    """The fields of a JSON body (or of a query); every complaint is collected and told at once."""

    def __init__(self, values: dict[str, Any], where: str = "body") -> None:
        self._values = values
        self._where = where
        self._errors: list[dict[str, Any]] = []

    @classmethod
    def of_body(cls, request: Request) -> "Fields":
        """Parse the body of a request; numbers keep their exact digits."""
        if not request.body:
            raise RefusedError(422, [_error("missing", ["body"], "Field required", None)])
        try:
            values = json.loads(request.body, parse_float=Decimal, parse_constant=str)
        except (ValueError, RecursionError) as error:
            position = getattr(error, "pos", 0)
            reason = {"error": getattr(error, "msg", "Expecting value")}
            problem = _error("json_invalid", ["body", position], "JSON decode error", {})
            raise RefusedError(422, [problem | {"ctx": reason}]) from error
        if not isinstance(values, dict):
            message = "Input should be a valid dictionary or object to extract fields from"
            raise RefusedError(422, [_error("model_attributes_type", ["body"], message, values)])
        return cls(values)

    def check(self) -> None:
        """Refuse the request with everything that is wrong with it."""
        if self._errors:
            raise RefusedError(422, self._errors)

    def symbols(self) -> list[str]:
        """Read the list of symbols: at least one, all of them strings."""
        value = self._values.get("symbols", MISSING)
        if value is MISSING:
            self._complain("missing", "symbols", "Field required", self._values)
            return []
        if not isinstance(value, list):
            self._complain("list_type", "symbols", "Input should be a valid list", value)
            return []
        if not value:
            message = "List should have at least 1 item after validation, not 0"
            lengths = {"field_type": "List", "min_length": 1, "actual_length": 0}
            self._complain("too_short", "symbols", message, value, lengths)
        for index, symbol in enumerate(value):
            if not isinstance(symbol, str):
                self._complain("string_type", f"symbols.{index}", "Input should be a valid string", symbol)
        return value

    def text(self, name: str, default: str | None = None) -> str | None:
        """Read an optional string."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            self._complain("string_type", name, "Input should be a valid string", value)
            return default
        return value

    def symbol(self) -> str:
        """Read a required, non-empty symbol."""
        value = self._values.get("symbol", MISSING)
        if value is MISSING:
            self._complain("missing", "symbol", "Field required", self._values)
        elif not isinstance(value, str):
            self._complain("string_type", "symbol", "Input should be a valid string", value)
        elif not value:
            message = "String should have at least 1 character"
            self._complain("string_too_short", "symbol", message, value, {"min_length": 1})
        return str(value)

    def word(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """Read one of some words; required when there is no default."""
        value = self._values.get(name, MISSING if default is None else default)
        if value is MISSING:
            self._complain("missing", name, "Field required", self._values)
        elif value not in allowed:
            quoted = [f"'{word}'" for word in allowed]
            expected = ", ".join(quoted[:-1]) + " or " + quoted[-1]
            self._complain(
                "literal_error", name, f"Input should be {expected}", value, {"expected": expected}
            )
        return str(value)

    def amount(self, name: str) -> Decimal | None:
        """Read an optional decimal, given as a number or as a string."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
            self._complain("decimal_type", name, "Decimal input should be an integer, float, string", value)
            return None
        try:
            amount = Decimal(value.replace("_", "?") if isinstance(value, str) else value)
        except InvalidOperation:
            self._complain("decimal_parsing", name, "Input should be a valid decimal", value)
            return None
        if not amount.is_finite():
            self._complain("finite_number", name, "Input should be a finite number", value)
            return None
        return amount

    def integer(self, name: str, default: int | None, at_least: int) -> int:
        """Read an integer not below a bound; required when there is no default."""
        value = self._values.get(name, MISSING if default is None else default)
        if value is MISSING:
            self._complain("missing", name, "Field required", self._values)
            return at_least
        if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
            value = int(value) if value.adjusted() < 30 else MISSING
        if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
            value = int(value) if len(value) < 30 else MISSING
        if isinstance(value, bool) or not isinstance(value, int):
            self._complain("int_parsing", name, _INT_PARSING, self._values[name])
            return at_least
        if value < at_least:
            message = f"Input should be greater than or equal to {at_least}"
            self._complain("greater_than_equal", name, message, value, {"ge": at_least})
        return value

    def _complain(
        self, kind: str, name: str, message: str, value: Any, context: dict[str, Any] | None = None
    ) -> None:
        location: list[str | int] = [int(part) if part.isdigit() else part for part in name.split(".")]
        error = _error(kind, [self._where, *location], message, value)
        self._errors.append(error | {"ctx": context} if context else error)


def as_date(text: str) -> date:
    """Parse a date of the form YYYY-MM-DD; anything else is the services' 400."""
    try:
        parsed = date.fromisoformat(text)
    except ValueError:
        parsed = None
    if parsed is None or parsed.isoformat() != text:
        raise RefusedError(400, f"Invalid date format: {text}. Use YYYY-MM-DD.")
    return parsed


def _error(kind: str, location: list[Any], message: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "loc": location, "msg": message, "input": value}
