"""What is outside of the program: the platform and the mail server, in a process of their own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.hosted import Hosted
from support.mail_server import MailServer
from year.real_platform import RUN, RealPlatform, priced_on

from paper_run.sandbox import market


class Town(Hosted):
    """Starts that process and asks it things."""

    def __init__(self, folder: Path) -> None:
        super().__init__(lambda: _Town(folder))
        self.env: dict[str, str] = self.ask("variables")


class _Town:
    """Does what it is told, one thing at a time."""

    def __init__(self, folder: Path) -> None:
        self._ahead = timedelta()
        self._platform = RealPlatform(folder / "platform.sqlite3", self._now).__enter__()
        self._mail = MailServer().__enter__()

    def _now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def variables(self) -> dict[str, str]:
        return {**self._platform.urls, **self._mail.env, "PAPER_RUN_EMAIL_ON": "always"}

    def move(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def gateway(self, up: bool) -> None:
        self._platform.bring_gateway_up() if up else self._platform.take_gateway_down()

    def mail(self, up: bool) -> None:
        self._mail.up() if up else self._mail.down()

    def hold_post(self) -> None:
        self._platform.hold_post()

    def await_post(self) -> None:
        self._platform.await_post()

    def release_post(self) -> None:
        self._platform.release_post()

    def news(self) -> dict[str, Any]:
        """Return what came in since the last time: requests to T5 and the orders, POSTs to trade, letters."""
        asked, self._platform.asked[:] = list(self._platform.asked), []
        letters, self._mail.messages[:] = list(self._mail.messages), []
        return {
            "requests": [f"{each.service[-3:-1]} {each.method} {each.path}" for each in asked],
            "posts": [[each.at, each.key] for each in asked if (each.method, each.path) == ("POST", RUN)],
            "letters": [letter.content.decode("utf-8", "surrogateescape") for letter in letters],
        }

    def account(self) -> dict[str, Any]:
        """Return the broker's own account, each position with its price of now."""
        day = priced_on(self._now())
        return {
            "cash": str(self._platform.sandbox.cash),
            "positions": {
                symbol: {
                    "qty": str(held.qty),
                    "cost": str(held.cost),
                    "realized": str(held.realized),
                    "price": str(market.close_price(symbol, day)),
                }
                for symbol, held in self._platform.sandbox.positions.items()
            },
        }

    def close(self) -> None:
        """Stop everything."""
        self._platform.__exit__(None, None, None)
        self._mail.__exit__(None, None, None)
