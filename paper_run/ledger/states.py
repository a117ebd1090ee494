"""How what is known of an attempt may change: forward only, and evidence of an order beats `nothing`."""

from __future__ import annotations

from typing import Literal

Move = Literal["go", "stay", "revive", "contradict"]

_FORWARD = ("sent", "unsettled", "answered", "closed")


def move(old: str, new: str, *, has_evidence: bool) -> Move:
    """Tell what becomes of an attempt's state when something new is learned of it.

    :param has_evidence: whether an order is known: by its id, or by its quantity in the run.
    :return: `go` to the new state; `stay` where it is, for the new one says less; `revive` one that was
        taken for an attempt that placed nothing; `contradict`: proof of nothing about one that has placed
        something.
    """
    if old == "nothing":
        if new == "nothing":
            return "go"
        return "revive" if has_evidence else "stay"
    if new == "nothing":
        return "go" if old in ("sent", "unsettled") else "contradict"
    return "go" if _FORWARD.index(new) >= _FORWARD.index(old) else "stay"
