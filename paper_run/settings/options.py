"""Every option and variable, once: click, `--help`, the defaults and docs/REFERENCE.md are made of it."""

from __future__ import annotations

from paper_run.settings.variables import VARIABLES, Option, switch

_DAY = ("run",)
_OF_SERVICES = ("run", "mark", "resolve", "doctor")
_OTHERS = ("history", "report", "email", "ledger", "schedule", "sandbox", "config", "completion")
_OF_ALL = (*_OF_SERVICES, *_OTHERS)

_OUTPUT = Option(
    "--output",
    ("mark",),
    "Another file to write: .json, .html or .csv (orders); - prints the JSON alone. Repeatable.",
    kind="repeated",
    metavar="PATH",
    path="file",
)

# A row has no check of its own where its value is read with what else is known: a date with today's, a path
# with its folder, a secret with its other half or its file, what one command takes with all it is told.
OPTIONS = (
    Option(
        "--symbols",
        _DAY,
        "What to trade: separated by spaces or commas, or repeat the option.",
        kind="repeated",
        metavar="SYMBOL...",
        variable="PAPER_RUN_SYMBOLS",
        default="AAPL,MSFT,GOOGL",
        check="amounts.symbols",
        carried=True,
    ),
    Option(
        "--capital",
        _DAY,
        "Capital to size the orders with.",
        metavar="DOLLARS",
        variable="PAPER_RUN_CAPITAL",
        default="100000",
        check="amounts.dollars",
        carried=True,
    ),
    Option(
        "--max-position-size",
        _DAY,
        "Most that one signal's order is sized at.",
        metavar="DOLLARS",
        variable="PAPER_RUN_MAX_POSITION_SIZE",
        default="20000",
        more="Most that one signal's order is sized at; over the days a position can grow past it.",
        check="amounts.dollars",
        carried=True,
    ),
    Option(
        "--as-of-date",
        _DAY,
        "Date of the signals, YYYY-MM-DD; or previous: the last session that is over.",
        metavar="DATE",
        variable="PAPER_RUN_AS_OF_DATE",
        said="the session",
        more="Date of the signals, `YYYY-MM-DD`: a session; or `previous`, the last one that is "
        "over. The orders are executed now, whatever it says.",
        carried=True,
    ),
    _OUTPUT._replace(
        commands=_DAY,
        variable="PAPER_RUN_OUTPUT",
        more="Another file to write: `.json`, `.html` or `.csv` (orders); `-` prints the JSON alone. "
        "Repeatable; commas in the variable, which counts for the day alone.",
    ),
    _OUTPUT,
    switch("--dry-run", _DAY, "Check everything and print the plan; send nothing."),
    switch("--dry-run", ("resolve",), "Show what it would change, before and after; write and send nothing."),
    switch("--again", _DAY, "Trade the session once more, on purpose."),
    switch(
        "--new-ledger",
        _DAY,
        "Make a new ledger, on purpose, where one is missing.",
        more="Make a new ledger, on purpose, [where one is missing](USING.md#the-ledger).",
    ),
    switch(
        "--accept-database",
        _DAY,
        "Trade even though the ledger's database may have lost what was traded.",
        more="Trade even though the ledger's database was promoted, restored or written anew since, and "
        "nobody can tell whether it has lost what was traded today.",
    ),
    switch("--resume", ("ledger",), "Finish a move that was broken off."),
    switch(
        "--abandon", ("ledger",), "Take back a move that was broken off; the database must have none of it."
    ),
    switch("--stale", ("mark",), "Read every order that is still working, not only the newest 500."),
    switch("--again", ("mark",), "Replace the closing of a session that was already valued whole."),
    switch("--all", ("report",), "The files of every attempt and mark that the ledger has.", name="of_all"),
    switch(
        "--all",
        ("history",),
        "Several accounts: name the reports folder of each, or its database.",
        name="of_all",
        more="Several accounts, a row each with its latest session, and what they come to: name the reports "
        "folder of each, or its database as `URL#SCHEMA`.",
    ),
    switch(
        "--json",
        ("mark", "history", "resolve", "doctor", "config"),
        "Print one JSON document.",
        name="as_json",
    ),
    switch("--csv", ("history",), "Print CSV.", name="as_csv"),
    Option("--since", ("history",), "Leave out the sessions before that date.", metavar="YYYY-MM-DD"),
    Option(
        "--since",
        ("report",),
        "A tear sheet of the sessions from that date on.",
        metavar="YYYY-MM-DD",
        more="A tear sheet, `tearsheet.html` and `tearsheet.json`, of the sessions from that date on.",
    ),
    Option("--until", ("report",), "With --since: up to that date.", metavar="YYYY-MM-DD"),
    Option(
        "--last", ("history",), "Only the newest N sessions; with --monthly, months.", metavar="N", short="-n"
    ),
    switch("--monthly", ("history",), "A row a month in place of a session: P&L, return, deepest drawdown."),
    switch("--placed", ("resolve",), "The attempt did trade."),
    switch("--not-placed", ("resolve",), "The attempt did not trade: its session is open again."),
    Option("--run-id", ("resolve",), "With --placed: the orchestrator's run.", metavar="ID"),
    Option(
        "--order",
        ("resolve",),
        "With --placed: an order's id; repeatable. Else an order as resolve lists it.",
        kind="repeated",
        metavar="NAME",
        name="orders",
    ),
    Option("--filled", ("resolve",), "With --order: all it has filled, at its average.", metavar="QTY@PRICE"),
    switch("--not-filled", ("resolve",), "With --order: it has filled nothing."),
    Option(
        "--position",
        ("resolve",),
        "Bring the book to the broker's or gateway's quantity, or to QTY by a trade at PRICE; repeatable.",
        kind="repeated",
        metavar="SYMBOL[=QTY@PRICE]|all",
        more="Bring the book to the proven broker's quantity, without one to the gateway's (`all`: of each"
        " symbol that differs), or to QTY by a trade at PRICE. Repeatable.",
    ),
    Option("--split", ("resolve",), "Book a split: M shares became N.", kind="pair", metavar="SYMBOL N:M"),
    Option("--ex-date", ("resolve",), "With --split: the first session with it.", metavar="DATE"),
    switch("--wrong-date", ("resolve",), "The session is yet to come: open it again for its own day."),
    switch("--reset", ("resolve",), "The account was wiped: end this book, begin a new one."),
    switch("--mark", ("email",), "The mail about the session's latest mark.", name="of_mark"),
    switch("--to-stdout", ("email",), "Print the message, for sendmail or mutt; nothing is sent."),
    Option(
        "--port",
        ("sandbox",),
        "First of four ports in a row; 0: any free ones.",
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
        check="auth.sandbox_demands",
    ),
    Option(
        "--exchange",
        (*_OF_SERVICES, "schedule"),
        "Whose sessions: XNYS (New York), or 24/7 (each UTC day).",
        metavar="NAME",
        variable="PAPER_RUN_EXCHANGE",
        default="XNYS",
        more="Whose sessions: `XNYS`, the New York Stock Exchange, or `24/7`, where each UTC day is one.",
        check="calendar.exchange",
    ),
    Option(
        "--benchmark",
        ("run", "mark", "resolve"),
        "Compare returns with this symbol's, or `none`.",
        metavar="SYMBOL",
        variable="PAPER_RUN_BENCHMARK",
        said="SPY where quotes are configured",
        more="The symbol whose price return stands beside the book's, read with the quotes; `none` for none. "
        "Another symbol begins anew.",
        check="amounts.benchmark",
    ),
    switch(
        "--ignore-calendar",
        _DAY,
        "Trade whatever the exchange's calendar says: on a closed day, or late.",
        carried=True,
    ),
    Option(
        "--latest-start",
        _DAY,
        "Latest start of an attempt, on the exchange's clock.",
        metavar="HH:MM",
        variable="PAPER_RUN_LATEST_START",
        said="15 minutes before that day's close",
        check="calendar.clock_time",
        carried=True,
    ),
    switch("--open", ("run", "mark", "report"), "Open the page in the browser.", name="opens"),
    Option("--into", ("schedule",), "With systemd: write the units into that folder.", metavar="DIR"),
    switch("--user", ("schedule",), "With systemd: for your own, without root.", name="for_user"),
    Option("--name", ("schedule",), "With systemd: in its units' names, beside others'.", metavar="WORD"),
    Option(
        "--image",
        ("schedule",),
        "With kubernetes: the image to run.",
        metavar="NAME",
        said="paper-run, tagged with this version",
        more="With kubernetes: the [image](../Containerfile) to run, as the cluster finds it.",
    ),
    switch(
        "--second",
        ("schedule",),
        "With kubernetes: start the day once more, --timeout and 2 minutes later.",
        more="With kubernetes: start the day once more, `--timeout` and 2 minutes later, perhaps on another "
        "node. It shows what was recorded, and trades only where nothing was.",
    ),
    Option("--sessions", _DAY, "With --sandbox: play N sessions.", metavar="N", default="1"),
    Option(
        "--timeout",
        _DAY,
        "How long to wait for the orchestration.",
        metavar="SECONDS",
        variable="PAPER_RUN_TIMEOUT",
        default="300",
        check="amounts.timeout",
        carried=True,
    ),
    Option(
        "--wait",
        _DAY,
        "How long to wait for the services to come up.",
        metavar="SECONDS",
        variable="PAPER_RUN_WAIT",
        default="0",
        check="amounts.wait",
    ),
    Option(
        "--email-to",
        ("run", "mark", "email", "doctor"),
        "Who gets the e-mail: addresses with commas between them, or repeat the option.",
        kind="repeated",
        metavar="ADDRESS",
        variable="PAPER_RUN_EMAIL_TO",
        more="Who gets the e-mail: bare addresses with commas between them, or repeat the option.",
        check="email.addresses",
        carried=True,
    ),
    switch("--no-email", ("run", "mark"), "Send no e-mail, and queue none.", carried=True),
    Option(
        "--signal-service-url",
        _OF_SERVICES,
        "",
        metavar="URL",
        variable="SIGNAL_SERVICE_URL",
        default="http://localhost:8001",
        more="Where the signal service is.",
        check="raw.base_url",
    ),
    Option(
        "--execution-gateway-url",
        _OF_SERVICES,
        "",
        metavar="URL",
        variable="EXECUTION_GATEWAY_URL",
        default="http://localhost:8002",
        more="Where the execution gateway is.",
        check="raw.base_url",
    ),
    Option(
        "--orchestrator-url",
        _OF_SERVICES,
        "",
        metavar="URL",
        variable="ORCHESTRATOR_URL",
        default="http://localhost:8003",
        more="Where the orchestrator is.",
        check="raw.base_url",
    ),
    Option(
        "--ledger",
        ("mark", "resolve", "email"),
        "The one ledger that a printed command is for: any other is refused.",
        metavar="ID",
        more="The one ledger that a printed command is for, by its id (`ledger` in the JSON): any other is "
        "refused, so that a line that is pasted in another folder changes nothing there.",
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
        "--ledger-url",
        (*_OF_SERVICES, "history", "report", "email", "ledger"),
        "The PostgreSQL database that has the ledger of several hosts.",
        metavar="URL",
        variable="PAPER_RUN_LEDGER_URL",
        said="a file in the reports folder",
        more="The PostgreSQL database that has [the ledger of several hosts]"
        "(USING.md#the-ledger): `postgresql://...`. A password comes "
        "from it, `PGPASSFILE` or `~/.pgpass`, and is shown nowhere.",
        check="database.url",
        secret=True,
    ),
    Option(
        "--env-file",
        _OF_ALL,
        "Settings file.",
        metavar="FILE",
        said=".env here, if there is one",
        path="file",
    ),
    switch("--sandbox", _OF_ALL, "Play on the built-in platform with simulated prices."),
    switch("--quiet", _OF_ALL, "Print nothing when all is well.", short="-q"),
    switch("--verbose", _OF_ALL, "Show each request on standard error.", short="-v"),
    *VARIABLES,
)


def of_command(command: str) -> list[Option]:
    """Return the options that a command takes, in the order of its help."""
    return [each for each in OPTIONS if takes(command, each)]


def takes(command: str, option: Option) -> bool:
    """Tell whether a command takes an option; `config` takes each that is a setting, to show it."""
    is_shown = command == "config" and bool(option.flag and option.variable)
    return command in option.commands or is_shown


def default(name: str) -> str:
    """Return the default of a flag or a variable that has one, as it would be typed."""
    found = (each.default for each in OPTIONS if name in (each.flag, each.variable))
    return next(each for each in found if each is not None)
