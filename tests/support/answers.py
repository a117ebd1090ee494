"""How a request is answered: the script language of the test servers, and the ways services fail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Literal

HEALTHY: Any = object()
"""The body of an Answer that leaves what is said to the service itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How one request is answered; without arguments, as a healthy service would."""

    status: int | None = None
    """None: the service's own."""
    body: Any = HEALTHY
    """HEALTHY: the service's own; text and bytes go out as they are, anything else as JSON."""
    edit: Callable[[Any], Any] | None = None
    """Changes the service's own body before it is sent."""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None

    process: Literal["before", "after", "never"] | None = None
    """When the service does the work (a POST's orchestration): before it answers or fails, after it did
    so (a client may be gone by then), or never. None: "before" if the answer is the service's own."""
    lag: float = 0
    """Seconds between the answer (or failure) and the work, with process="after"."""

    held: Event | None = None
    """Until this is set nothing is made of the request, and nothing answered."""
    delay: float = 0
    """Seconds before anything is answered or fails."""
    freeze: bool = False
    """Say nothing until the server stops."""
    reset: bool = False
    """Reset the connection (RST) instead of answering."""
    hang_up: bool = False
    """Close the connection (FIN) instead of answering."""
    truncate: int | None = None
    """Send so many bytes of the body, though all were announced, then close."""
    trickle: float = 0
    """Seconds between two bytes of the body."""
    trickle_headers: float = 0
    """Seconds between two bytes of status line and headers."""
    pad: int = 0
    """So many blanks after the body: huge, and still the same JSON."""
    chunked: bool = False
    close_idle: bool = False
    """Close the connection once answered, without having announced it."""

    @property
    def work(self) -> str:
        """When the work is done, with the default resolved."""
        if self.process is not None:
            return self.process
        return "before" if self.body is HEALTHY else "never"


def detail_text(status: int, text: str) -> Answer:
    """Fail with `{"detail": "text"}`."""
    return Answer(status=status, body={"detail": text})


def detail_list(*messages: str) -> Answer:
    """Fail with 422 and a list of what is wrong with the body."""
    return Answer(
        status=422,
        body={
            "detail": [
                {"type": "value_error", "loc": ["body", "symbols"], "msg": message, "input": []}
                for message in messages
            ]
        },
    )


def detail_object(status: int, error: str, message: str, **more: str) -> Answer:
    """Fail with `{"detail": {"error", "message", ...}}`."""
    return Answer(status=status, body={"detail": {"error": error, "message": message, **more}})


def error_and_detail(status: int, error: str, detail: str) -> Answer:
    """Fail with `{"error", "detail", "timestamp"}`."""
    return Answer(status=status, body={"error": error, "detail": detail, "timestamp": "2026-11-23T00:00:00"})


def plain_500() -> Answer:
    """Fail in plain text, as an unhandled exception does."""
    return Answer(status=500, body="Internal Server Error")


def kill_switch(reason: str) -> Answer:
    """Refuse because an operator stopped all trading."""
    return detail_object(
        503,
        "kill_switch_engaged",
        "All trading stands still, says ops",
        engaged_by="ops@example.com",
        reason=reason,
        engaged_at="2026-11-23T00:00:00Z",
    )


def gateway_timeout_html(**more: Any) -> Answer:
    """Fail as a proxy does that lost patience; `process` says what happens behind it."""
    page = "<html><head><title>504 Gateway Time-out</title></head><body>nginx</body></html>"
    return Answer(status=504, body=page, content_type="text/html", **more)


def redirect(to: str) -> Answer:
    """Redirect, method and body kept."""
    return Answer(status=307, body="", headers={"Location": to})


def too_many(retry_after: str) -> Answer:
    """Ask to come back later."""
    return Answer(status=429, body={"detail": "Rate limit exceeded"}, headers={"Retry-After": retry_after})
