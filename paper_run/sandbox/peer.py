"""How T5 talks to T3 and T4: one kept-alive connection that speaks JSON."""

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 30.0
Sign = Callable[[str, str, bytes], dict[str, str]]


class UnreachableError(Exception):
    """No connection: the request was never sent."""


class AnswerLostError(Exception):
    """The request was sent and no answer came back."""


class Peer:
    """A connection to one service; use it in a `with` statement. `sign` makes the headers of a signature."""

    def __init__(self, url: str, timeout: float = _TIMEOUT_SECONDS, sign: Sign | None = None) -> None:
        self.url = url
        self._sign = sign
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)

    def __enter__(self) -> "Peer":
        """Connect at the first request."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._connection.close()

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Send one request and return the status and the parsed body."""
        data = None if body is None else json.dumps(body).encode()
        signature = self._sign(method, path, data or b"") if self._sign else {}
        try:
            if self._connection.sock is None:
                self._connection.connect()
        except OSError as error:
            raise UnreachableError from error
        try:
            self._connection.request(
                method, path, data, {"Content-Type": "application/json"} | signature | (headers or {})
            )
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise AnswerLostError from error
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, None
