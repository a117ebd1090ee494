"""A mail server that keeps what arrives; it can be stopped and started again on the same port."""

import socket
from typing import Any

from aiosmtpd.controller import Controller

_LOCAL = "127.0.0.1"


class Letterbox:
    """A context manager; `messages` are the letters as they came, `env` the settings that lead here."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self._controller: Controller | None = None
        self._held: socket.socket | None = None
        self.port = 0

    def __enter__(self) -> "Letterbox":
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def env(self) -> dict[str, str]:
        return {
            "PAPER_RUN_SMTP_HOST": _LOCAL,
            "PAPER_RUN_SMTP_PORT": str(self.port),
            "PAPER_RUN_SMTP_SECURITY": "none",
            "PAPER_RUN_EMAIL_FROM": "paper_run@example.com",
            "PAPER_RUN_EMAIL_TO": "trader@example.com",
            "PAPER_RUN_EMAIL_ON": "always",
        }

    def take_down(self) -> None:
        """Refuse every connection; the port stays taken, so that nobody else gets it."""
        self._stop()
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind((_LOCAL, self.port))

    def bring_up(self) -> None:
        self._start()
        if self._held is not None:
            self._held.close()

    def _start(self) -> None:
        if not self.port:
            with socket.socket() as free:
                free.bind((_LOCAL, 0))
                self.port = free.getsockname()[1]
        self._controller = Controller(self, hostname=_LOCAL, port=self.port)
        self._controller.start()

    def _stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        self.messages.append(envelope.content)
        return "250 Message accepted for delivery"
