"""One letter, and the bytes that it is sent as."""

from datetime import UTC, datetime
from typing import Any

from paper_run.notify.email.letters import Letter
from paper_run.notify.email.message import compose
from paper_run.report.summary.summary import Attachment

PAGE = Attachment("2026-11-20_paper_run.html", "html", "<p>−1 ×\r\n.\n</p>".encode())
ORDERS = Attachment("2026-11-20_orders.csv", "csv", b"symbol,qty\r\nAAPL,3\r\n")
LETTER = Letter("[paper_run] 2026-11-20 OK", "All is well.\n", "<p>All is well.</p>\n", (PAGE, ORDERS))
ID = "<2026-11-20.1.run.1.4f2a@example.com>"
DATE = datetime(2026, 11, 20, 21, 5, 7, tzinfo=UTC)


def composed(letter: Letter = LETTER, **changed: Any) -> bytes:
    arguments: dict[str, Any] = {
        "sender": "paper@example.com",
        "to": ("a@example.com", "b@example.com"),
        "cc": (),
        "message_id": ID,
        "date": DATE,
        "list_id": "paper_run reports <paper-run.example.com>",
        "earlier": (),
    }
    return compose(letter, **(arguments | changed))
