"""What an option is; and those that have no flag: variables of the environment and of `.env` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from paper_run import NamedTuple

if TYPE_CHECKING:
    from typing import Any

Kind = Literal["value", "repeated", "pair", "switch"]
From = Literal["flag", "environment", "file", "default"]
"""Where a setting was typed; `default`: nowhere."""


class Option(NamedTuple):
    """A thing that a person may set.

    :ivar flag: "" for a variable alone. :ivar commands: which take the flag.
    :ivar variable: that of the environment and of `.env`, "" for a flag alone.
    :ivar default: as it would be typed, None where there is none.
    :ivar said: the default in words, where it hangs on something.
    :ivar help: what `--help` says. :ivar more: what the reference says in its place.
    :ivar name: by which the program knows the flag, "" for its own. :ivar path: what a shell completes.
    :ivar check: what reads a typed value, dotted below `paper_run.settings` and loaded on use; "" where it is
        read together with others. :ivar secret: whether nobody may see it.
    :ivar carried: whether a printed command that trades asks for the same with it.
    """

    flag: str
    commands: tuple[str, ...]
    help: str
    metavar: str = ""
    kind: Kind = "value"
    variable: str = ""
    default: str | None = None
    said: str = ""
    more: str = ""
    short: str = ""
    name: str = ""
    path: Literal["", "file", "dir"] = ""
    check: str = ""
    secret: bool = False
    carried: bool = False

    @property
    def ending(self) -> str:
        """What the help ends with: the variable, and the default."""
        parts = [each for each in (self.variable, self.said or self.default) if each]
        return f"  [{'; '.join(parts)}]" if parts else ""


def switch(flag: str, commands: tuple[str, ...], help: str, **more: Any) -> Option:  # noqa: A002
    """Return a flag without a value."""
    return Option(flag, commands, help, kind="switch", **more)


def variable(variable: str, help: str, **more: Any) -> Option:  # noqa: A002
    """Return a variable that has no flag."""
    return Option("", (), help, variable=variable, **more)


PAPER_HOST, LIVE_HOST = "https://paper-api.alpaca.markets", "https://api.alpaca.markets"
DATA_HOST = "https://data.alpaca.markets"
SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}

VARIABLES = (
    variable(
        "PAPER_RUN_CLOSED_DATES",
        "Dates without a session, joined by commas, such as `2025-01-09`.",
        check="calendar.dates",
    ),
    variable("PAPER_RUN_OPEN_DATES", "Sessions in spite of a weekend or a holiday.", check="calendar.dates"),
    variable(
        "PAPER_RUN_REQUIRE_LEDGER",
        "`1`: a run makes no ledger but with `--new-ledger`, the first one too, so that a "
        "folder that was not mounted is no beginning. What `schedule` prints sets it.",
        default="0",
        check="raw.switch",
    ),
    variable(
        "PAPER_RUN_WARN_GROSS",
        "Limit of gross exposure, percent of equity; past it the day is a success that needs a look. `off`: "
        "never, as for the three below.",
        default="150",
        check="amounts.threshold",
    ),
    variable(
        "PAPER_RUN_WARN_POSITION",
        "Limit of the largest position, percent of equity.",
        default="50",
        check="amounts.threshold",
    ),
    variable(
        "PAPER_RUN_WARN_DAY_LOSS",
        "Limit of a session's loss, percent of the equity that it opened from.",
        default="3",
        check="amounts.threshold",
    ),
    variable(
        "PAPER_RUN_WARN_DRAWDOWN",
        "Limit of the fall from the highest equity before, percent.",
        default="10",
        check="amounts.threshold",
    ),
    variable(
        "PAPER_RUN_LEDGER_SCHEMA",
        "The schema of that database which is this account's ledger; a sandbox's ends in `_sandbox`.",
        default="paper_run",
        check="database.schema",
    ),
    variable(
        "PAPER_RUN_PLATFORM",
        "What tells the platform from another one where hosts reach it by different URLs: a name, the same "
        "on each. It must be set where the ledger is in a database.",
        check="database.platform",
    ),
    variable(
        "ALPACA_API_KEY_ID",
        "The key of quotes and broker; it and the secret, or neither. `APCA_API_KEY_ID` means "
        "the same. Sent to these two only, shown and kept nowhere.",
        secret=True,
    ),
    variable(
        "ALPACA_API_SECRET_KEY",
        "The secret that goes with it. `APCA_API_SECRET_KEY` means the same; of two that differ the first "
        "counts, and a warning says so.",
        secret=True,
    ),
    variable(
        "ALPACA_BASE_URL",
        "The broker's host, with or without `/v2` at its end. It is only ever read.",
        said=f"`{PAPER_HOST}`",
        check="broker.host",
    ),
    variable(
        "PAPER_RUN_BROKER",
        "Whether the broker is read: `auto` (when there are keys, not at a live account's host, and "
        "not with another source's quotes unless its host is set too), `paper`, `live` or `off`.",
        default="auto",
        check="broker.mode",
    ),
    variable(
        "PAPER_RUN_QUOTES_URL",
        "Another source that speaks like Alpaca's. Used only with the keys.",
        said=f"`{DATA_HOST}`",
        check="raw.base_url",
    ),
    variable(
        "INTERNAL_TOKEN_SECRET_ORCHESTRATOR",
        "The secret, of 64 characters or more, that the platform's services share with this one: what is "
        "read of them is signed. The platform's own variable, for `orchestrator` alone; shown nowhere.",
        secret=True,
    ),
    variable(
        "INTERNAL_TOKEN_SECRET", "The same for all of its services, where they have but one.", secret=True
    ),
    variable("PAPER_RUN_SERVICE_SECRET_FILE", "The file that holds it; it goes before the two above."),
    variable(
        "PAPER_RUN_SERVICE_ID",
        "Who signs; the platform lets no other of its names read the positions.",
        default="orchestrator",
        check="auth.service_id",
    ),
    variable(
        "PAPER_RUN_SIGN_ORCHESTRATOR",
        "`1`: sign the request to trade too, which the orchestrator takes unsigned unless its operator "
        "demands it. A 401 or 403 to it is then a lost answer.",
        default="0",
        check="raw.switch",
    ),
    variable(
        "PAPER_RUN_HEARTBEAT_URL",
        "Where the [heartbeat](USING.md#when-nothing-runs-at-all) goes. It is a secret: "
        "shown nowhere but for its host.",
        check="heartbeat.heartbeat_url",
        secret=True,
    ),
    variable("PAPER_RUN_SMTP_HOST", "The mail server.", check="email.host"),
    variable(
        "PAPER_RUN_SMTP_SECURITY",
        "`starttls`, `tls` or `none`. Certificates are always verified, and what is asked for"
        " is never done without.",
        said=f"`starttls` (`tls` for port {SMTP_PORTS['tls']})",
        check="email.security",
    ),
    variable(
        "PAPER_RUN_SMTP_PORT",
        "By security.",
        said="{}, {} or {}".format(*SMTP_PORTS.values()),
        check="email.port",
    ),
    variable("PAPER_RUN_SMTP_USER", "The login, if there is one.", check="email.user"),
    variable("PAPER_RUN_SMTP_PASSWORD", "Its password, or below a file that holds it.", secret=True),
    variable("PAPER_RUN_SMTP_PASSWORD_FILE", "The file that holds the password."),
    variable(
        "PAPER_RUN_SMTP_CA_FILE", "Certificates (PEM) to verify the server's with.", said="the system's"
    ),
    variable(
        "PAPER_RUN_SMTP_TIMEOUT",
        "Seconds for all that a command sends; at most what is left of the 9 that it waits "
        "for others in all.",
        default="8",
        check="email.timeout",
    ),
    variable(
        "PAPER_RUN_EMAIL_CC",
        "Who gets a copy: bare addresses, joined by commas.",
        kind="repeated",
        check="email.addresses",
    ),
    variable(
        "PAPER_RUN_EMAIL_FROM",
        "Who sends it; else `paper_run@` this machine.",
        said="the login, if it is an address",
        check="email.address",
    ),
    variable(
        "PAPER_RUN_EMAIL_ON",
        "`always`, `problems` (only when a person is needed) or `never`.",
        default="always",
        check="email.on",
    ),
    variable(
        "PAPER_RUN_NOTIFY",
        "Where [push notifications](USING.md#by-e-mail) go: URLs of apprise with blanks between them, "
        "such as `ntfys://ntfy.sh/TOPIC`. They are secrets: shown nowhere but for scheme and host.",
        check="notify.urls",
        secret=True,
    ),
    variable(
        "PAPER_RUN_NOTIFY_ON",
        "When one is pushed: `always`, `problems` or `never`.",
        said="as `PAPER_RUN_EMAIL_ON` says",
        check="email.on",
    ),
)
