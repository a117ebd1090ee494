"""The sections of a result that not every record has: each is read and written where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paper_run.book.limits import Limits
    from paper_run.model.parties import Parties
    from paper_run.model.result import RunResult
    from paper_run.model.symbols import Symbols


def to_json(result: RunResult) -> dict[str, Any]:
    """Return those that a result has, by their names in the document."""
    found: dict[str, Any] = {}
    if result.parties is not None:
        from paper_run.model import parties_json

        found["parties"] = parties_json.to_json(result.parties)
    if result.limits is not None:
        from paper_run.model import limits

        found["limits"] = limits.to_json(result.limits)
    if result.symbols is not None:
        from paper_run.model import symbols_json

        found["symbols"] = symbols_json.to_json(result.symbols)
    return found


def parties(content: Mapping[str, Any]) -> Parties | None:
    """Read the account in each party's words; None where no broker was read."""
    if not content.get("parties"):
        return None
    from paper_run.model import parties_json

    return parties_json.from_json(content["parties"])


def limits(content: Mapping[str, Any]) -> Limits | None:
    """Read what is at risk beside the limits that warn; None where nothing was valued."""
    if not content.get("limits"):
        return None
    from paper_run.model import limits as limits_json

    return limits_json.from_json(content["limits"])


def symbols(content: Mapping[str, Any]) -> Symbols | None:
    """Read the symbols and the round trips; None where the book had none yet."""
    if not content.get("symbols"):
        return None
    from paper_run.model import symbols_json

    return symbols_json.from_json(content["symbols"])
