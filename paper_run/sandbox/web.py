"""Requests, answers and routes of one service, independent of sockets."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote

JsonObject = dict[str, Any]
Gate = Callable[["Request", str], "Answer | None"]
"""Looks at a request to a route that needs that permission; its answer is a refusal."""


class Request(NamedTuple):
    """What a client asked; `names` fills the path's placeholders, `query` has the first value of each key.

    `path` is decoded, `query_text` is not.
    """

    method: str
    names: Sequence[str]
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes
    path: str = ""
    query_text: str = ""


class Answer(NamedTuple):
    """What a service says: an object or a list as JSON, a text as plain text."""

    status: int
    body: JsonObject | list[JsonObject] | str
    headers: tuple[tuple[str, str], ...] = ()

    def encoded(self) -> tuple[str, bytes]:
        """Return the content type and the bytes."""
        if isinstance(self.body, str):
            return "text/plain; charset=utf-8", self.body.encode()
        return "application/json", json.dumps(self.body, separators=(",", ":"), default=_number).encode()


class RefusedError(Exception):
    """A service refuses a request: a status and what goes under `detail`."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(status, detail)
        self.answer = Answer(status, {"detail": detail})


class HangUpError(Exception):
    """The service did its work and the connection breaks before it answers."""


class Route(NamedTuple):
    """A method and a path; a segment `{}` of the path matches any one segment.

    `permission` is what a signed request must have where the service demands signatures; "": none.
    """

    method: str
    path: str
    serve: Callable[[Request], Answer]
    permission: str = ""


INTERNAL_SERVER_ERROR = Answer(500, "Internal Server Error")
NOT_FOUND = Answer(404, {"detail": "Not Found"})


class Service:
    """One service: its name in messages, its routes, and who lets requests in, if anybody."""

    def __init__(self, name: str, routes: Sequence[Route], gate: Gate | None = None) -> None:
        self.name = name
        self._gate = gate
        self._routes = [(route, route.path.split("/")) for route in routes]

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer one request; whatever goes wrong inside is a plain 500, as the real services have it."""
        path, _, query = _origin_form(target).partition("?")
        segments = path.split("/")
        matches = self._matches(segments)
        if not matches:
            if path.endswith("/") and "//" not in path and self._matches(segments[:-1]):
                moved = f"http://{headers.get('host', '')}{path[:-1]}" + (f"?{query}" if query else "")
                return Answer(307, "", (("Location", moved),))
            return NOT_FOUND
        for route, names in matches:
            if route.method == method:
                values = {key: found[0] for key, found in parse_qs(query, keep_blank_values=True).items()}
                request = Request(method, names, values, headers, body, unquote(path), query)
                if self._gate and route.permission and (refused := self._gate(request, route.permission)):
                    return refused
                return _served(route, request)
        allowed = ", ".join(route.method for route, _ in matches)
        return Answer(405, {"detail": "Method Not Allowed"}, (("Allow", allowed),))

    def _matches(self, segments: list[str]) -> list[tuple[Route, list[str]]]:
        return [
            (route, [unquote(got) for got, want in zip(segments, pattern, strict=True) if want == "{}"])
            for route, pattern in self._routes
            if len(pattern) == len(segments)
            and all(
                want == got or (want == "{}" and got) for got, want in zip(segments, pattern, strict=True)
            )
        ]


def _served(route: Route, request: Request) -> Answer:
    try:
        return route.serve(request)
    except RefusedError as refusal:
        return refusal.answer
    except HangUpError:
        raise
    except Exception:
        return INTERNAL_SERVER_ERROR


def _origin_form(target: str) -> str:
    """Return path and query of a request target that may name the origin too."""
    if target.startswith("http://"):
        return "/" + target[len("http://") :].partition("/")[2]
    return target


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(value)
