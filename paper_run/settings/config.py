"""Config from flags > environment > .env > defaults, with every check on what a person may type."""

import re
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from paper_run import NamedTuple
from paper_run.book.limits import Thresholds
from paper_run.errors import DataError
from paper_run.model import findings
from paper_run.model.calendar import ExchangeName, read_date
from paper_run.model.commands import Invocation
from paper_run.model.findings import Finding
from paper_run.model.place import Database, Place
from paper_run.model.redaction import Secrets
from paper_run.model.service import ServiceIdentity, ServiceUrl
from paper_run.settings import auth, broker, calendar, database, email, raw
from paper_run.settings.options import OPTIONS
from paper_run.settings.sources import (
    HEARTBEAT_URL,
    NOTIFY,
    NOTIFY_ON,
    QUOTES_URL,
    REQUIRE_LEDGER,
    WARN,
    SourcedValue,
    Sources,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paper_run.settings.broker import BrokerSettings
    from paper_run.settings.email import MailSettings
    from paper_run.settings.heartbeat import HeartbeatUrl
    from paper_run.settings.notify import PushSettings

T = TypeVar("T")

OUTPUT_SUFFIXES = (".json", ".html", ".csv")
STDOUT = Path("-")

_DATE_FORM = "a past or present date written YYYY-MM-DD, such as 2025-01-17"
_AS_OF_FORM = f"{_DATE_FORM}, or previous (the last session that is over)"


class Config(NamedTuple):
    """Everything a command was told, checked. Seconds are Decimal; paths are absolute.

    `as_of_date` is None for the session's own date, "previous" for the last session that is over.
    `latest_start` is on the exchange's clock, None for 15 minutes before the close. `plays_sandbox`: the
    services are a sandbox that was started for this. `quotes` is None unless PAPER_RUN_QUOTES_URL names a
    source; `quote_keys` None: positions have the gateway's prices, and no broker is read. `broker` is None
    where none is to be. `mail` is None when nobody is to be mailed, `push` when nothing is
    pushed. `identity` None: nothing is signed.
    `secret_files` hold a password or a key. `invocation` makes a command find the same ledger and services.
    `ledger` is the id of the only ledger that may be used, "" for any; with `require_ledger` none is made but
    with `new_ledger`. `database` None: the ledger is a file in the reports folder; with `accept_database` it
    is used though its server may have lost rows. `thresholds` are the limits that warn.
    `benchmark` None: the usual one, "": none.
    """

    symbols: tuple[str, ...]
    capital: Decimal
    max_position_size: Decimal
    as_of_date: date | Literal["previous"] | None
    outputs: tuple[Path, ...]
    reports_dir: Path
    timeout: Decimal
    wait: Decimal
    signal_service: ServiceUrl
    execution_gateway: ServiceUrl
    orchestrator: ServiceUrl
    exchange: ExchangeName
    closed_dates: frozenset[date] = frozenset()
    open_dates: frozenset[date] = frozenset()
    latest_start: time | None = None
    ignore_calendar: bool = False
    plays_sandbox: bool = False
    quotes: ServiceUrl | None = None
    quote_keys: tuple[str, str] | None = None
    broker: "BrokerSettings | None" = None
    mail: "MailSettings | None" = None
    push: "PushSettings | None" = None
    heartbeat: "HeartbeatUrl | None" = None
    identity: ServiceIdentity | None = None
    sandbox_demands_signatures: bool = False
    env_file: Path | None = None
    secret_files: tuple[Path, ...] = ()
    notices: tuple[Finding, ...] = ()
    invocation: Invocation = Invocation()
    ledger: str = ""
    require_ledger: bool = False
    new_ledger: bool = False
    database: Database | None = None
    accept_database: bool = False
    benchmark: str | None = None
    thresholds: Thresholds = Thresholds()

    def __repr__(self) -> str:
        return f"Config(reports_dir={str(self.reports_dir)!r})"  # it holds keys

    @property
    def place(self) -> Place:
        """Where ledger and files are."""
        return Place(self.reports_dir, self.database)

    @property
    def secrets(self) -> Secrets:
        """What nobody may read: passwords of URLs and mail, keys of quotes and broker, the secret, tokens."""
        from paper_run.model.redaction import Secrets

        urls = [self.signal_service, self.execution_gateway, self.orchestrator, self.quotes]
        urls += [self.broker.url] if self.broker is not None else []
        logins = [url.credentials for url in urls if url is not None and url.credentials is not None]
        if self.mail is not None and self.mail.user is not None and self.mail.password is not None:
            logins.append((self.mail.user, self.mail.password))
        keys = [*(self.quote_keys or ()), *(() if self.identity is None else (self.identity.secret,))]
        for url in () if self.push is None else self.push.urls:
            logins += [] if url.login is None else [url.login]
            keys += url.tokens
        return Secrets(logins=logins, keys=keys)

    @property
    def files(self) -> tuple[Path, ...]:
        """The extra outputs that are files."""
        return tuple(path for path in self.outputs if path != STDOUT)

    @property
    def to_stdout(self) -> bool:
        """Whether standard output carries the JSON, and so nothing else."""
        return STDOUT in self.outputs


_SECRETS = {each.variable for each in OPTIONS if each.secret}
KEY_VARIABLES = (
    ("ALPACA_API_KEY_ID", "APCA_API_KEY_ID"),
    ("ALPACA_API_SECRET_KEY", "APCA_API_SECRET_KEY"),
)


def load(sources: Sources, *, today: date) -> Config:
    """Read and check every setting.

    :param today: the exchange's date, which no `--as-of-date` may lie after.
    :raises DataError: for the first wrong value, naming its origin and the allowed form.
    """
    checked, keys = sources.checked, _quote_keys(sources)
    quotes: ServiceUrl | None = checked(QUOTES_URL)
    account, doubts = broker.read(sources, has_keys=keys is not None, quotes=quotes)
    closed_dates, open_dates = calendar.listed_dates(sources)
    mailed = mail(sources)
    said = email.notices(mailed) if mailed else ()
    return Config(
        symbols=checked("--symbols"),
        capital=checked("--capital"),
        max_position_size=checked("--max-position-size"),
        as_of_date=_as_of_date(sources.given("--as-of-date"), today),
        outputs=_outputs(sources),
        reports_dir=reports_folder(sources),
        timeout=checked("--timeout"),
        wait=checked("--wait"),
        signal_service=checked("--signal-service-url"),
        execution_gateway=checked("--execution-gateway-url"),
        orchestrator=checked("--orchestrator-url"),
        exchange=exchange(sources),
        benchmark=checked("--benchmark"),
        closed_dates=closed_dates,
        open_dates=open_dates,
        latest_start=checked("--latest-start"),
        quotes=quotes,
        quote_keys=keys,
        broker=account,
        mail=mailed,
        push=push(sources),
        heartbeat=heartbeat(sources),
        identity=auth.read(sources),
        sandbox_demands_signatures=checked("--auth"),
        require_ledger=checked(REQUIRE_LEDGER),
        database=database.read(sources),
        thresholds=Thresholds(*map(checked, WARN)),
        env_file=sources.file.resolve() if sources.file else None,
        secret_files=_secret_files(sources),
        notices=(
            *(
                findings.warning("setting", each)
                for each in (*sources.doubtful(), *_spelt_twice(sources), *_idle(sources), *said)
            ),
            *doubts,
        ),
    )


def heartbeat(sources: Sources) -> "HeartbeatUrl | None":
    """Return where the heartbeat goes; None: nowhere."""
    found: HeartbeatUrl | None = sources.checked(HEARTBEAT_URL)
    return found


def mail(sources: Sources) -> "MailSettings | None":
    """Return the settings of the e-mail alone; None when nobody is to be mailed."""
    return email.read(sources)


def push(sources: Sources) -> "PushSettings | None":
    """Return the settings of push notifications alone; None when there is nowhere to send one."""
    if sources.variable(NOTIFY) is None and sources.variable(NOTIFY_ON) is None:
        return None  # as on most days, which need not load what reads them
    from paper_run.settings import notify

    return notify.read(sources)


def reports_folder(sources: Sources) -> Path:
    """Return the reports folder: a relative one lies beside the .env file if one is used, else here.

    :raises DataError: it is no path.
    """
    given = sources.last("--reports-dir")
    if not given.value.strip():
        raise given.wrong("the path of a folder")
    return raw.path(given, sources.folder, form="the path of a folder")


def exchange(sources: Sources) -> ExchangeName:
    """Return the exchange; its date is the session."""
    found: ExchangeName = sources.checked("--exchange")
    return found


def past_date(given: SourcedValue, today: date, *, form: str = _DATE_FORM) -> date:
    """Read an ISO date that is not after `today`, the exchange's.

    :raises DataError: it is none, or lies after it.
    """
    try:
        day = read_date(given.value)
    except ValueError as error:
        raise given.wrong(form, because=str(error)) from None
    if day > today:
        raise given.wrong(form, because=f"it lies after the exchange's date, {today}")
    return day


def _as_of_date(values: list[SourcedValue], today: date) -> date | Literal["previous"] | None:
    if not values:
        return None
    return "previous" if values[-1].value == "previous" else past_date(values[-1], today, form=_AS_OF_FORM)


def _quote_keys(sources: Sources) -> tuple[str, str] | None:
    """Read the key pair of quotes and broker, under Alpaca's two spellings; both or none."""
    found = [
        next((given for name in names if (given := sources.variable(name)) is not None), None)
        for names in KEY_VARIABLES
    ]
    for given, missing in zip(found, reversed(KEY_VARIABLES), strict=True):
        if given is not None and not re.fullmatch(r"[!-~]+", given.value):
            raise SourcedValue("<hidden>", given.origin).wrong("printable characters without a blank")
        if given is not None and None in found:
            raise DataError(
                f"{given.origin} is set, but {missing[0]} is not",
                "Allowed: both, for quotes and broker, or neither, for the gateway's own prices.",
                remedies=(f"Set {missing[0]} or take {given.origin} away; nothing was sent.",),
            )
    key, secret = found
    return None if key is None or secret is None else (key.value, secret.value)


def _spelt_twice(sources: Sources) -> "Iterator[str]":
    """Say which key is set under both of its spellings, to different values."""
    for names in KEY_VARIABLES:
        first, other = map(sources.variable, names)
        if first is not None and other is not None and first.value != other.value:
            yield f"{first.origin} and {other.origin} are one setting, and differ: {first.origin} counts."


def _secret_files(sources: Sources) -> tuple[Path, ...]:
    """Return the files with a secret in them: the .env file if it sets one, and those of one secret."""
    found = []
    if sources.file is not None and sources.in_file() & _SECRETS:
        found.append(sources.file.resolve())
    for name in (email.PASSWORD_FILE, auth.SECRET_FILE):
        if (given := sources.variable(name)) is not None:
            found.append(raw.path(given, sources.folder, form="the path of a file"))
    return tuple(found)


def _idle(sources: Sources) -> tuple[str, ...]:
    """Say that a quote source was named which is never asked."""
    quotes = sources.variable(QUOTES_URL)
    if quotes is None or _quote_keys(sources) is not None:
        return ()
    return (f"{quotes.origin} is set, but ALPACA_API_KEY_ID is not: no quotes are asked for.",)


def _outputs(sources: Sources) -> tuple[Path, ...]:
    form = f"a path that ends in {', '.join(OUTPUT_SUFFIXES)}, or - for the JSON alone on standard output"
    outputs: dict[Path, None] = {}
    for given in sources.given("--output"):
        words = [given.value] if sources.is_from_flag("--output") else given.value.split(",")
        for word in words:
            name = word.strip()
            if not name and not sources.is_from_flag("--output"):
                continue
            if name == "-":
                outputs[STDOUT] = None
                continue
            folder = sources.here if sources.is_from_flag("--output") else sources.folder
            path = raw.path(given._replace(value=name), folder, form=form)
            if path.suffix.lower() not in OUTPUT_SUFFIXES:
                raise given.wrong(form)
            outputs[path] = None
    return tuple(outputs)
