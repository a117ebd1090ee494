"""What Alpaca's two hosts have in common: the key pair, and lists of symbols that fit into a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from paper_run import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST_BATCH = 100
LONGEST_QUERY = 1500
_STOCK = re.compile(r"[!-+\-.0-~]{1,32}")
"""Printable, without the slash of a crypto pair and without the comma that separates symbols."""


class Keys(NamedTuple):
    """What trading and market data know their customer by; it is shown nowhere."""

    key_id: str
    secret: str

    def __repr__(self) -> str:
        return "Keys(<hidden>)"

    def headers(self) -> dict[str, str]:
        """Return the headers that a request bears.

        :raises ValueError: a key holds what no HTTP header can.
        """
        if not all(re.fullmatch(r"[!-~]+", key) for key in self):
            raise ValueError("a key is empty or holds what no HTTP header can")
        return {"APCA-API-KEY-ID": self.key_id, "APCA-API-SECRET-KEY": self.secret}


def batches(symbols: Iterable[str], parameters: str) -> Iterator[tuple[str, ...]]:
    """Cut the stocks among the symbols into batches whose requests no server or proxy finds too long.

    :param parameters: what each request's query holds beside its symbols.
    """
    batch: list[str] = []
    for symbol in dict.fromkeys(symbols):
        if not _STOCK.fullmatch(symbol):
            continue
        if len(batch) == LARGEST_BATCH or len(query((*batch, symbol), parameters)) > LONGEST_QUERY:
            yield tuple(batch)
            batch = []
        batch.append(symbol)
    if batch:
        yield tuple(batch)


def query(symbols: tuple[str, ...], parameters: str) -> str:
    """Return the query of a request for some symbols."""
    return f"symbols={quote(','.join(symbols), safe=',')}" + (f"&{parameters}" if parameters else "")
