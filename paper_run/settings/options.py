"""Every option and variable, once: click, `--help`, the defaults and docs/REFERENCE.md are made of it."""

from __future__ import annotations

from paper_run.settings.option import Option
from paper_run.settings.option import switch as _switch
from paper_run.settings.option import variable as _variable

_DAY = ("run",)
_OF_SERVICES = ("run", "mark", "resolve", "doctor")
_OF_ALL = (*_OF_SERVICES, "history", "report", "email", "schedule", "sandbox", "completion")


OPTIONS = (
    Option(
        "--symbols",
        _DAY,
        "What to trade; spaces, commas or repeated.",
        kind="repeated",
        metavar="SYMBOL...",
        variable="PAPER_RUN_SYMBOLS",
        default="AAPL,MSFT,GOOGL",
        more="What to trade: with spaces, commas, or the option repeated.",
    ),
    Option(
        "--capital",
        _DAY,
        "Capital to size with.",
        metavar="DOLLARS",
        variable="PAPER_RUN_CAPITAL",
        default="100000",
    ),
    Option(
        "--max-position-size",
        _DAY,
        "Most that one signal is sized at.",
        metavar="DOLLARS",
        variable="PAPER_RUN_MAX_POSITION_SIZE",
        default="20000",
        more="Most that one signal is sized at; over the days a position can grow past it.",
    ),
    Option(
        "--as-of-date",
        _DAY,
        "Date of the signals: YYYY-MM-DD, or previous for the last session that is over.",
        metavar="DATE",
        variable="PAPER_RUN_AS_OF_DATE",
        said="the session",
        more="Date of the signals, `YYYY-MM-DD`: a session; or `previous`, the last one that is "
        "over. The orders are executed now, whatever it says.",
    ),
    Option(
        "--output",
        _DAY,
        "Also write there: .json, .html, .csv (orders), or - for the JSON alone on standard "
        "output; repeatable.",
        kind="repeated",
        metavar="PATH",
        variable="PAPER_RUN_OUTPUT",
        more="Also write there: `.json`, `.html`, `.csv` (orders), or `-` for the JSON alone on "
        "standard output. Repeatable; commas in the variable.",
        path="file",
    ),
    _switch("--dry-run", _DAY, "Check everything and print the plan; send nothing."),
    _switch("--again", _DAY, "Trade the session once more, on purpose."),
    _switch(
        "--new-ledger",
        _DAY,
        "Make a ledger on purpose: where one is missing.",
        more="Make a ledger on purpose, [where one is missing](../README.md#the-ledger).",
    ),
    _switch("--stale", ("mark",), "Read every order that still works, not only the newest 500."),
    _switch("--again", ("mark",), "Move the closing of a session that was marked whole."),
    _switch("--json", ("history",), "Print JSON.", name="as_json"),
    _switch("--csv", ("history",), "Print CSV.", name="as_csv"),
    Option("--since", ("history",), "Leave out earlier sessions.", metavar="YYYY-MM-DD"),
    _switch("--placed", ("resolve",), "It did trade."),
    _switch("--not-placed", ("resolve",), "It did not: the session is open again."),
    Option("--run-id", ("resolve",), "With --placed: the orchestrator's run.", metavar="ID"),
    Option(
        "--order",
        ("resolve",),
        "With --placed: an order's id; repeatable. Else an order as resolve lists it.",
        kind="repeated",
        metavar="NAME",
        name="orders",
    ),
    Option(
        "--filled",
        ("resolve",),
        "With --order: all that it has filled, and the average.",
        metavar="QTY@PRICE",
    ),
    _switch("--not-filled", ("resolve",), "With --order: it has filled nothing."),
    Option(
        "--position",
        ("resolve",),
        "Bring the book to the gateway's quantity, or to QTY by a trade at PRICE; repeatable.",
        kind="repeated",
        metavar="SYMBOL[=QTY@PRICE]|all",
        more="Bring the book to the gateway's quantity (`all`: of each symbol that differs), or to"
        " QTY by a trade at PRICE. Repeatable.",
    ),
    Option("--split", ("resolve",), "Book a split: M shares became N.", kind="pair", metavar="SYMBOL N:M"),
    Option("--ex-date", ("resolve",), "With --split: the first session with it.", metavar="DATE"),
    _switch("--wrong-date", ("resolve",), "Its session is yet to come: open it again for that day."),
    _switch("--reset", ("resolve",), "The account was wiped: end this book, begin a new one."),
    _switch("--mark", ("email",), "The mail about the session's latest mark.", name="of_mark"),
    _switch("--to-stdout", ("email",), "Print the message, for sendmail or mutt; nothing is sent."),
    Option(
        "--port",
        ("sandbox",),
        "First of four ports in a row, 0 for any free ones.",
        metavar="PORT",
        default="8001",
    ),
    Option(
        "--auth",
        ("sandbox",),
        "Whether signal service and gateway demand signatures, as platforms of 2026 do.",
        metavar="none|hmac",
        variable="PAPER_RUN_SANDBOX_AUTH",
        default="none",
        more="Whether signal service and gateway demand signatures, as platforms of 2026 do. The variable "
        "counts for `--sandbox` too.",
    ),
    Option(
        "--exchange",
        (*_OF_SERVICES, "schedule"),
        "Whose sessions: XNYS (New York), or 24/7 (each UTC day).",
        metavar="NAME",
        variable="PAPER_RUN_EXCHANGE",
        default="XNYS",
        more=("Whose sessions: `XNYS`, the New York Stock Exchange, or `24/7`, where each UTC day is one."),
    ),
    _switch(
        "--ignore-calendar", _DAY, "Trade whatever the exchange's calendar says: on a closed day, or late."
    ),
    Option(
        "--latest-start",
        _DAY,
        "No attempt starts later, on the exchange's clock.",
        metavar="HH:MM",
        variable="PAPER_RUN_LATEST_START",
        said="15 minutes before that day's close",
    ),
    _switch("--open", ("run", "mark", "report"), "Open the page in the browser.", name="opens"),
    Option("--into", ("schedule",), "With systemd: write the units into that folder.", metavar="DIR"),
    _switch("--user", ("schedule",), "With systemd: for your own, without root.", name="for_user"),
    Option("--sessions", _DAY, "With --sandbox: play N sessions.", metavar="N", default="1"),
    Option(
        "--timeout",
        _DAY,
        "How long to wait for the orchestration.",
        metavar="SECONDS",
        variable="PAPER_RUN_TIMEOUT",
        default="300",
    ),
    Option(
        "--wait",
        _DAY,
        "How long to wait for the services to come up.",
        metavar="SECONDS",
        variable="PAPER_RUN_WAIT",
        default="0",
    ),
    Option(
        "--email-to",
        ("run", "mark", "email", "doctor"),
        "Who gets the e-mail; commas, or repeatable.",
        kind="repeated",
        metavar="ADDRESS",
        variable="PAPER_RUN_EMAIL_TO",
        more="Who gets the e-mail: bare addresses; commas, or repeatable.",
    ),
    _switch("--no-email", ("run", "mark"), "Send no e-mail, and queue none."),
    Option(
        "--signal-service-url",
        _OF_SERVICES,
        "",
        metavar="URL",
        variable="SIGNAL_SERVICE_URL",
        default="http://localhost:8001",
        more="Where the signal service is.",
    ),
    Option(
        "--execution-gateway-url",
        _OF_SERVICES,
        "",
        metavar="URL",
        variable="EXECUTION_GATEWAY_URL",
        default="http://localhost:8002",
        more="Where the execution gateway is.",
    ),
    Option(
        "--orchestrator-url",
        _OF_SERVICES,
        "",
        metavar="URL",
        variable="ORCHESTRATOR_URL",
        default="http://localhost:8003",
        more="Where the orchestrator is.",
    ),
    Option(
        "--ledger",
        ("mark", "resolve", "email"),
        "Refuse any other ledger than that of this id.",
        metavar="ID",
    ),
    Option(
        "--reports-dir",
        _OF_ALL,
        "Where reports go.",
        metavar="DIR",
        variable="PAPER_RUN_REPORTS_DIR",
        default="reports",
        more="Where reports go. A relative one lies beside the `.env` file if one is used.",
        path="dir",
    ),
    Option(
        "--env-file",
        _OF_ALL,
        "Settings file.",
        metavar="FILE",
        said=".env here, if there is one",
        path="file",
    ),
    _switch("--sandbox", _OF_ALL, "Play on the built-in platform with simulated prices."),
    _switch("--quiet", _OF_ALL, "Print nothing when all is well.", short="-q"),
    _switch("--verbose", _OF_ALL, "Show each request on standard error.", short="-v"),
    _variable("PAPER_RUN_CLOSED_DATES", "Dates without a session, joined by commas, such as `2025-01-09`."),
    _variable("PAPER_RUN_OPEN_DATES", "Sessions in spite of a weekend or a holiday."),
    _variable(
        "PAPER_RUN_REQUIRE_LEDGER",
        "`1`: a run makes no ledger but with `--new-ledger`, the first one too, so that a "
        "folder that was not mounted is no beginning. What `schedule` prints sets it.",
        default="0",
    ),
    _variable(
        "ALPACA_API_KEY_ID",
        "The key of quotes and broker; it and the secret, or neither. `APCA_API_KEY_ID` means "
        "the same. Sent to these two only, shown and kept nowhere.",
    ),
    _variable(
        "ALPACA_API_SECRET_KEY",
        "The secret that goes with it. `APCA_API_SECRET_KEY` means the same.",
    ),
    _variable(
        "ALPACA_BASE_URL",
        "The broker's host, with or without `/v2` at its end. It is only ever read.",
        said="`https://paper-api.alpaca.markets`",
    ),
    _variable(
        "PAPER_RUN_BROKER",
        "Whether the broker is read: `auto` (when there are keys, not at a live account's host, and "
        "not with another source's quotes unless its host is set too), `paper`, `live` or `off`.",
        default="auto",
    ),
    _variable(
        "PAPER_RUN_QUOTES_URL",
        "Another source that speaks like Alpaca's. Used only with the keys.",
        said="`https://data.alpaca.markets`",
    ),
    _variable(
        "INTERNAL_TOKEN_SECRET_ORCHESTRATOR",
        "The secret, of 64 characters or more, that the platform's services share with this one: what is "
        "read of them is signed. The platform's own variable, for `orchestrator` alone; shown nowhere.",
    ),
    _variable("INTERNAL_TOKEN_SECRET", "The same for all of its services, where they have but one."),
    _variable("PAPER_RUN_SERVICE_SECRET_FILE", "The file that holds it; it goes before the two above."),
    _variable(
        "PAPER_RUN_SERVICE_ID",
        "Who signs; the platform lets no other of its names read the positions.",
        default="orchestrator",
    ),
    _variable(
        "PAPER_RUN_SIGN_ORCHESTRATOR",
        "`1`: sign the request to trade too, which the orchestrator takes unsigned unless its operator "
        "demands it. A 401 or 403 to it is then a lost answer.",
        default="0",
    ),
    _variable(
        "PAPER_RUN_HEARTBEAT_URL",
        "Where the [heartbeat](../README.md#when-nothing-runs-at-all) goes. It is a secret: "
        "shown nowhere but for its host.",
    ),
    _variable("PAPER_RUN_SMTP_HOST", "The mail server."),
    _variable(
        "PAPER_RUN_SMTP_SECURITY",
        "`starttls`, `tls` or `none`. Certificates are always verified, and what is asked for"
        " is never done without.",
        said="`starttls` (`tls` for port 465)",
    ),
    _variable("PAPER_RUN_SMTP_PORT", "By security.", said="587, 465 or 25"),
    _variable("PAPER_RUN_SMTP_USER", "The login, if there is one."),
    _variable("PAPER_RUN_SMTP_PASSWORD", "Its password, or below a file that holds it."),
    _variable("PAPER_RUN_SMTP_PASSWORD_FILE", "The file that holds the password."),
    _variable(
        "PAPER_RUN_SMTP_CA_FILE", "Certificates (PEM) to verify the server's with.", said="the system's"
    ),
    _variable(
        "PAPER_RUN_SMTP_TIMEOUT",
        "Seconds for all that a command sends; at most what is left of the 9 that it waits "
        "for others in all.",
        default="8",
    ),
    _variable("PAPER_RUN_EMAIL_CC", "Who gets a copy: bare addresses, joined by commas."),
    _variable(
        "PAPER_RUN_EMAIL_FROM",
        "Who sends it; else `paper_run@` this machine.",
        said="the login, if it is an address",
    ),
    _variable(
        "PAPER_RUN_EMAIL_ON",
        "`always`, `problems` (only when a person is needed) or `never`.",
        default="always",
    ),
)


def of_command(command: str) -> list[Option]:
    """Return the options that a command takes, in the order of its help."""
    return [each for each in OPTIONS if command in each.commands]


def default(name: str) -> str:
    """Return the default of a flag or a variable that has one, as it would be typed."""
    found = (each.default for each in OPTIONS if name in (each.flag, each.variable))
    return next(each for each in found if each is not None)
