"""The signature that the platform of 2026 demands of whoever reads its gateway or asks for signals."""

import hashlib
import hmac
import json
import threading
import time
from os import urandom

from paper_run.sandbox.web import Answer, Request

_SECONDS = 300
_MAY_READ = "orchestrator"
_NAMES = frozenset({"orchestrator", "execution_gateway", "signal_service", "web_console_ng"})
_NEEDED = ("x-internal-token", "x-internal-timestamp", "x-internal-nonce", "x-service-id")
_NONE = Answer(401, {"detail": {"error": "authentication_required", "message": "Authentication required"}})
_INVALID = Answer(401, {"detail": {"error": "invalid_internal_token", "message": "Invalid internal token"}})


class Signatures:
    """Signs what T5 sends, and checks what T3 and T4 are sent; by this machine's clock, not the sandbox's."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._used: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        """Return T5's headers for one request."""
        fields = {
            "x-service-id": _MAY_READ,
            "x-internal-timestamp": str(int(time.time())),
            "x-internal-nonce": urandom(16).hex(),
            "x-body-hash": hashlib.sha256(body).hexdigest(),
        }
        return fields | {"x-internal-token": self._token(method, path, "", fields)}

    def refusal(self, request: Request, permission: str) -> Answer | None:
        """Return the answer to a request that is not to be served, None for one that is."""
        headers = request.headers
        if not all(headers.get(name) for name in _NEEDED):
            return _NONE
        if not (
            self._is_right(request) and self._is_first(headers["x-service-id"], headers["x-internal-nonce"])
        ):
            return _INVALID
        if headers["x-service-id"] != _MAY_READ:
            words = f"Permission {permission} required"
            return Answer(403, {"detail": {"error": "permission_denied", "message": words}})
        return None

    def _is_right(self, request: Request) -> bool:
        headers, stamp = request.headers, request.headers["x-internal-timestamp"]
        hash_of_body = headers.get("x-body-hash", "")
        may_lack_hash = request.method == "GET" and not hash_of_body
        return (
            headers["x-service-id"] in _NAMES
            and stamp.isascii()
            and stamp.isdigit()
            and abs(time.time() - int(stamp[:15])) <= _SECONDS
            and hmac.compare_digest(
                self._token(request.method, request.path, request.query_text, headers),
                headers["x-internal-token"],
            )
            and (may_lack_hash or hash_of_body == hashlib.sha256(request.body).hexdigest())
        )

    def _is_first(self, name: str, nonce: str) -> bool:
        with self._lock:
            is_first = (name, nonce) not in self._used
            self._used.add((name, nonce))
        return is_first

    def _token(self, method: str, path: str, query: str, headers: dict[str, str]) -> str:
        signed = {
            "service_id": headers["x-service-id"],
            "method": method,
            "path": path,
            "query": query,
            "timestamp": headers["x-internal-timestamp"],
            "nonce": headers["x-internal-nonce"],
            "user_id": headers.get("x-user-id", ""),
            "strategy_id": headers.get("x-strategy-id", ""),
            "body_hash": headers.get("x-body-hash", ""),
        }
        text = json.dumps(signed, sort_keys=True, separators=(",", ":"))
        return hmac.new(self._secret.encode(), text.encode(), hashlib.sha256).hexdigest()
