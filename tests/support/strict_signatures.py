"""A gate that lets nothing pass without a signature of the platform's, checked to the letter.

Written from the wire contract alone, without a look at `paper_run.services.auth`.
"""

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

SECRET = "c0ffee-" * 10
"""70 characters."""
HEADERS = ("X-Internal-Token", "X-Internal-Timestamp", "X-Internal-Nonce", "X-Service-ID")
NONE = {"error": "authentication_required", "message": "Authentication required"}
INVALID = {"error": "invalid_internal_token", "message": "Invalid internal token"}
DENIED = {"error": "permission_denied", "message": "Permission view_positions required"}


@dataclass
class Gate:
    """Keeps the door of a service; `open_paths` need nothing, as on the platform.

    :ivar passed: how many requests were let in. :ivar refused: the reasons of the others, for the tests.
    """

    secret: str = SECRET
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    open_paths: tuple[str, ...] = ("/", "/health", "/api/v1/orchestration/run")
    passed: int = 0
    refused: list[str] = field(default_factory=list)
    nonces: Counter[str] = field(default_factory=Counter)
    unsigned: list[str] = field(default_factory=list)
    """What came to an open path without a token."""
    checks_open_paths: bool = True
    """Whether a token that comes to an open path must be right; the platform does not look at it there."""

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any] | None:
        """Return status and body of a refusal, None for a request that may go on."""
        path, _, query = target.partition("?")
        is_unsigned = "X-Internal-Token" not in headers
        if path in self.open_paths and (is_unsigned or not self.checks_open_paths):
            self.unsigned += [f"{method} {path}"] if is_unsigned else []
            return None
        why = self._fault(method, path, query, headers, body)
        if why is None:
            self.passed += 1
            return None
        self.refused.append(why)
        detail = {"headers": NONE, "name": DENIED}.get(why, INVALID)
        return 403 if why == "name" else 401, {"detail": detail}

    def _fault(self, method: str, path: str, query: str, headers: Any, body: bytes) -> str | None:
        """Return what is wrong with a request, looked at in the platform's order."""
        if not all(headers.get(name) for name in HEADERS):
            return "headers"
        name, stamp, nonce = (
            headers["X-Service-ID"],
            headers["X-Internal-Timestamp"],
            headers["X-Internal-Nonce"],
        )
        signed = {
            "body_hash": headers.get("X-Body-Hash", ""),
            "method": method,
            "nonce": nonce,
            "path": unquote(path),
            "query": query,
            "service_id": name,
            "strategy_id": headers.get("X-Strategy-ID", ""),
            "timestamp": stamp,
            "user_id": headers.get("X-User-ID", ""),
        }
        text = json.dumps(signed, sort_keys=True, separators=(",", ":"))
        token = hmac.digest(self.secret.encode(), text.encode(), "sha256").hex()
        self.nonces[nonce] += 1
        faults = {
            "clock": abs(self.now().timestamp() - int(stamp)) > 300,
            "token": not hmac.compare_digest(token, headers["X-Internal-Token"]),
            "body": signed["body_hash"] != hashlib.sha256(body).hexdigest(),
            "replay": self.nonces[nonce] > 1,
            "name": name != "orchestrator",
        }
        return next((why for why, is_so in faults.items() if is_so), None)
