"""What is outside of the program in the simulated year: the platform with a market, and a mail server."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from builders.moments import NEW_YORK
from support.mail_server import MailServer
from support.odd_account import decimal
from support.world import Outside
from year.market import plans_of, price_at

from paper_run.sandbox.exchange_days import is_session


class Town(Outside):
    """Both of them."""

    def __init__(self) -> None:
        super().__init__()
        # Without TLS and a login, which tests/day proves: they are an eighth of a year.
        self._mail = MailServer(security="none", user=None).__enter__()
        self._told = 0
        self._told_posts = 0
        self.platform.gateway.market = self._price

    def _price(self, symbol: str) -> Decimal:
        return price_at(symbol, self.now())

    def variables(self) -> dict[str, str]:
        return {**self.platform.urls, **self._mail.env, "PAPER_RUN_EMAIL_ON": "always"}

    def move(self, ahead: timedelta) -> None:
        super().move(ahead)
        day = self.now().astimezone(NEW_YORK).date()
        self.platform.plan = plans_of(day) if is_session(day) else {}

    def gateway(self, up: bool) -> None:
        self.platform.gateway.up() if up else self.platform.gateway.down()

    def mail(self, up: bool) -> None:
        self._mail.up() if up else self._mail.down()

    def news(self) -> dict[str, Any]:
        """Return what came in since the last time: requests, keys and sessions of POSTs, letters."""
        asked, self._told = self.platform.requests[self._told :], len(self.platform.requests)
        posts, self._told_posts = self.posts[self._told_posts :], len(self.posts)
        letters, self._mail.messages[:] = list(self._mail.messages), []
        return {
            "requests": [f"{each.service} {each.method} {each.path}" for each in asked],
            "posts": posts,
            "letters": [letter.content.decode("utf-8", "surrogateescape") for letter in letters],
        }

    def account(self) -> dict[str, Any]:
        """Return the broker's own account, each position with its current price."""
        account = self.platform.gateway.account
        return {
            "cash": str(decimal(account.cash)),
            "positions": {
                symbol: {
                    "qty": str(decimal(held.qty)),
                    "cost": str(decimal(held.cost)),
                    "realized": str(decimal(held.realized)),
                    "price": str(self._price(symbol)),
                }
                for symbol, held in account.positions.items()
            },
        }

    def close(self) -> None:
        super().close()
        self._mail.__exit__(None, None, None)
