"""What may strike two hosts with one ledger, drawn at random."""

from random import Random
from typing import Any

from support.answers import Answer
from support.proxy import HOW, Kink

_JOURNAL = ("before sql INSERT INTO trades", "after sql INSERT INTO trades", "before sql COMMIT")
_SENT = ("after sql COMMIT", "before POST *", "after connect for POST", "after POST *")
_STEPS = (
    *(_JOURNAL + _SENT) * 2,
    "before GET *",
    "after GET *",
    "before sql SELECT pg_try_advisory_lock*",
    "after sql SELECT pg_try_advisory_lock*",
    "before sql BEGIN*",
    "before sql UPDATE*",
    "after replace*",
)
_SIGNALS = ("SIGKILL", *["SIGSTOP"] * 3, "SIGTERM")
_WORDS = {
    "asked": (b"COMMIT", b"COMMIT", b"INSERT INTO trades", b"UPDATE trades", b"pg_try_advisory_lock", b""),
    "answered": (b"COMMIT", b"COMMIT", b"INSERT 0 1", b"UPDATE 1", b"BEGIN", b""),
}
HALTS = (*["step"] * 5, *["line"] * 3, *["POST"] * 2)
_SERVER = (
    "terminate",
    "cancel",
    "restart",
    "crash",
    "down",
    "down for an hour",
    "restored",
    "promoted",
    "left behind",
)
MEANWHILE = (*["nothing"] * 6, "time", "time", *_SERVER)
LOSES = ("restored", "left behind")
"""After these rows may be missing: so long does it take that no POST waits to leave, nor is one worked on."""
COMMANDS = (*[()] * 12, ("mark",), ("resolve",), ("report",))
ANSWERS = (None, None, Answer(reset=True, process="before"), Answer(reset=True, process="never"))
WRONG = (0, 0, -7, 5)
"""Minutes that a clock may be from the true one."""
TIMEOUTS = ("0.5", "20")


def strike(drawn: Random) -> dict[str, Any]:
    """Draw which signal a command gets, at which step."""
    return {
        "at": drawn.choice(_STEPS),
        "nth": drawn.choice((1, 1, 1, 1, 1, 2, 3)),
        "do": drawn.choice(_SIGNALS),
    }


def suspended(drawn: Random) -> dict[str, Any]:
    """Draw between which steps of a trade a command is suspended."""
    return {"at": drawn.choice(("before sql BEGIN*", *_JOURNAL, *_SENT)), "do": "SIGSTOP"}


def kink(drawn: Random) -> Kink:
    """Draw what happens to a host's line to its database."""
    return Kink(
        how=drawn.choice(HOW),
        way=(way := drawn.choice(("asked", "answered"))),
        words=drawn.choice(_WORDS[way]),
        nth=drawn.choice((1, 1, 1, 2, 3, drawn.randint(1, 60))),
        seconds=drawn.uniform(0.05, 1.5),
    )
