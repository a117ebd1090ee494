"""JSON as no other implementation would write it, and still as the contract allows."""

import random
from decimal import Context, Decimal
from typing import Any
from zlib import crc32

_EXACT = Context(prec=60)
_EXTRAS: tuple[tuple[str, Any], ...] = (
    ("x_trace", {"status": "not the one you look for", "id": 7, "spans": [[], [None]]}),
    ("_links", [{"rel": "self", "href": "/elsewhere"}]),
    ("ünknown", "☃ — nobody asked"),
    ("huge", Decimal("1E+400")),
    ("tiny", Decimal("-2.5E-300")),
    ("nothing", None),
    ("flag", False),
    ("empty", {}),
)


class OddJson:
    """Odd in a way that a seed repeats: how an amount is written follows from it, not from who asks first."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random = random.Random(seed)

    def amount(self, value: Decimal) -> str | Decimal:
        """Write an amount in one of the many ways the wire allows, all of the same value."""
        plain = format(value, "f")
        whole, _, fraction = plain.partition(".")
        wide = f"{whole}.{fraction.ljust(28 - len(whole.lstrip('-')), '0')}" if len(plain) < 28 else plain
        zero = "0E-8" if value == 0 else plain
        scientific = format(value, "E") if value else "0E-8"
        short = str(value.normalize(_EXACT))  # 100000 becomes 1E+5
        ways = (plain, wide, zero, scientific, short, value)
        return ways[crc32(f"{self._seed} {plain}".encode()) % len(ways)]

    def text_amount(self, value: Decimal) -> str:
        """Write an amount oddly where the contract has text only."""
        return str(self.amount(value))

    def disguise(self, document: Any) -> Any:
        """Shuffle the fields and add unknown ones, at every depth."""
        if isinstance(document, list):
            return [self.disguise(item) for item in document]
        if not isinstance(document, dict):
            return document
        fields = [(name, self.disguise(value)) for name, value in document.items()]
        fields += self._random.sample(_EXTRAS, k=self._random.randint(2, 5))
        fields.sort(key=lambda _: self._random.random())  # several times as fast as to shuffle them
        return dict(fields)
