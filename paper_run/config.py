"""Config from flags > environment > .env > defaults, with every check on what a person may type."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from paper_run.errors import DataError
from paper_run.models import ServiceUrl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

OUTPUT_SUFFIXES = (".json", ".html", ".csv")
STDOUT = Path("-")

_AMOUNT_FORM = (
    "dollars as digits with at most two decimals, above 0 and below 1000000000000, such as 20000 or 99.50"
)
_AMOUNT_LIMIT = Decimal(10) ** 12
_SYMBOL_FORM = "letters and digits, joined by '.', '-' or '/', such as AAPL, BRK.B or BTC/USD"
_DATE_FORM = "a past or present date written YYYY-MM-DD, such as 2025-01-17"
_URL_FORM = "http://HOST[:PORT][/PATH] or https://..."
_LONGEST_WAIT = Decimal(86_400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a command was told, checked. Seconds are Decimal; paths are absolute.

    `place` are the options that another command needs to find the same ledger, `context` those and the
    services' URLs, as text that begins with a blank; URLs with credentials are left out. `quotes` is None
    unless PAPER_RUN_QUOTES_URL names a source; `quote_keys` None: positions have the gateway's prices.
    """

    symbols: tuple[str, ...]
    capital: Decimal
    max_position_size: Decimal
    as_of_date: date | None
    outputs: tuple[Path, ...]
    reports_dir: Path
    timeout: Decimal
    wait: Decimal
    signal_service: ServiceUrl
    execution_gateway: ServiceUrl
    orchestrator: ServiceUrl
    quotes: ServiceUrl | None = None
    quote_keys: tuple[str, str] | None = field(default=None, repr=False)
    notices: tuple[str, ...] = ()
    place: str = ""
    context: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """The extra outputs that are files."""
        return tuple(path for path in self.outputs if path != STDOUT)

    @property
    def to_stdout(self) -> bool:
        """Whether standard output carries the JSON, and so nothing else."""
        return STDOUT in self.outputs


class Given(NamedTuple):
    """A value as typed and the place it was typed in, for the message when it is wrong."""

    value: str
    origin: str

    def wrong(self, form: str, *, because: str = "") -> DataError:
        """Say what is wrong, where, and what is allowed."""
        reason = f" ({because})" if because else ""
        return DataError(
            f"{self.origin}: {_shown(self.value)} is not allowed{reason}",
            f"Allowed: {form}.",
            remedies=(f"Correct {self.origin} and run again; nothing was sent.",),
        )


class Setting(NamedTuple):
    """An option that takes a value: its flag, its variable (None: flag only), its default."""

    flag: str
    variable: str | None
    default: str | None


SETTINGS = {
    setting.flag: setting
    for setting in (
        Setting("--symbols", "PAPER_RUN_SYMBOLS", "AAPL,MSFT,GOOGL"),
        Setting("--capital", "PAPER_RUN_CAPITAL", "100000"),
        Setting("--max-position-size", "PAPER_RUN_MAX_POSITION_SIZE", "20000"),
        Setting("--as-of-date", "PAPER_RUN_AS_OF_DATE", None),
        Setting("--output", "PAPER_RUN_OUTPUT", None),
        Setting("--reports-dir", "PAPER_RUN_REPORTS_DIR", "reports"),
        Setting("--timeout", "PAPER_RUN_TIMEOUT", "300"),
        Setting("--wait", "PAPER_RUN_WAIT", "0"),
        Setting("--signal-service-url", "SIGNAL_SERVICE_URL", "http://localhost:8001"),
        Setting("--execution-gateway-url", "EXECUTION_GATEWAY_URL", "http://localhost:8002"),
        Setting("--orchestrator-url", "ORCHESTRATOR_URL", "http://localhost:8003"),
    )
}


QUOTES_URL = "PAPER_RUN_QUOTES_URL"
_KEY_VARIABLES = (
    ("ALPACA_API_KEY_ID", "APCA_API_KEY_ID"),
    ("ALPACA_API_SECRET_KEY", "APCA_API_SECRET_KEY"),
)


class Sources:
    """Looks a setting up in the flags, the environment, the .env file and the defaults, in that order."""

    def __init__(
        self,
        flags: Mapping[str, Sequence[str]],
        environment: Mapping[str, str],
        *,
        env_file: str | None,
        here: Path,
    ) -> None:
        self._flags = flags
        self._environment = environment
        self.folder = here
        self._file_values: dict[str, str] = {}
        self._file: Path | None = None
        path = here / (env_file or ".env")
        if env_file is not None or path.exists():
            self._file = path
            self._file_values = _env_file_values(path)
            self.folder = path.resolve().parent

    def given(self, flag: str) -> list[Given]:
        """Return the values of a setting; several when its flag was repeated, none when it has no default."""
        setting = SETTINGS[flag]
        if values := self._flags.get(flag):
            return [Given(value, flag) for value in values]
        if setting.variable is not None:
            if setting.variable in self._environment:
                return [Given(self._environment[setting.variable], setting.variable)]
            if setting.variable in self._file_values:
                origin = f"{setting.variable} in {self._file}"
                return [Given(self._file_values[setting.variable], origin)]
        return [] if setting.default is None else [Given(setting.default, flag)]

    def variable(self, name: str) -> Given | None:
        """Return a setting that has no flag; set to nothing is not set."""
        if name in self._environment:
            given = Given(self._environment[name], name)
        elif name in self._file_values:
            given = Given(self._file_values[name], f"{name} in {self._file}")
        else:
            return None
        return given if given.value.strip() else None

    def last(self, flag: str) -> Given:
        """Return the value of a setting that takes one; of a repeated flag the last counts."""
        return self.given(flag)[-1]

    def is_from_flag(self, flag: str) -> bool:
        """Whether the command line itself set it."""
        return bool(self._flags.get(flag))

    def misspelt(self) -> tuple[str, ...]:
        """Name each PAPER_RUN_ variable that nothing reads but that looks like one that is read."""
        known = {setting.variable for setting in SETTINGS.values() if setting.variable} | {QUOTES_URL}
        found = {
            name
            for name in (*self._environment, *self._file_values)
            if name.startswith("PAPER_RUN_") and name not in known
        }
        if not found:
            return ()
        from difflib import get_close_matches

        notices = []
        for name in sorted(found):
            if close := get_close_matches(name, known, n=1, cutoff=0.85):
                notices.append(f"{name} is set but means nothing here: was {close[0]} meant?")
        return tuple(notices)


def load(sources: Sources, *, today: date) -> Config:
    """Read and check every setting.

    :param today: the exchange's date, which no `--as-of-date` may lie after.
    :raises DataError: for the first wrong value, naming its origin and the allowed form.
    """
    quotes = sources.variable(QUOTES_URL)
    return Config(
        symbols=_symbols(sources.given("--symbols")),
        capital=_dollars(sources.last("--capital")),
        max_position_size=_dollars(sources.last("--max-position-size")),
        as_of_date=_optional(sources.given("--as-of-date"), lambda given: past_date(given, today)),
        outputs=_outputs(sources),
        reports_dir=reports_folder(sources),
        timeout=_seconds(sources.last("--timeout"), least=Decimal("0.1")),
        wait=_seconds(sources.last("--wait"), least=Decimal(0)),
        signal_service=_url(sources.last("--signal-service-url")),
        execution_gateway=_url(sources.last("--execution-gateway-url")),
        orchestrator=_url(sources.last("--orchestrator-url")),
        quotes=_url(quotes) if quotes else None,
        quote_keys=_quote_keys(sources),
        notices=sources.misspelt(),
    )


def reports_folder(sources: Sources) -> Path:
    """Return the reports folder: a relative one lies beside the .env file if one is used, else here."""
    given = sources.last("--reports-dir")
    if not given.value.strip() or "\0" in given.value:
        raise given.wrong("the path of a folder")
    return Path(os.path.abspath(sources.folder / Path(given.value).expanduser()))


def past_date(given: Given, today: date) -> date:
    """Read an ISO date that is not after `today`."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given.value):
        raise given.wrong(_DATE_FORM)
    try:
        day = date.fromisoformat(given.value)
    except ValueError as error:
        raise given.wrong(_DATE_FORM, because=str(error)) from None
    if day > today:
        raise given.wrong(_DATE_FORM, because=f"it lies after the exchange's date, {today}")
    return day


def _symbols(values: Iterable[Given]) -> tuple[str, ...]:
    symbols: dict[str, None] = {}
    for given in values:
        for word in re.split(r"[,\s]", given.value):
            symbol = word.upper()
            if not word:
                continue
            if not word.isascii() or not re.fullmatch(r"[A-Z0-9]+(?:[./-][A-Z0-9]+)*", symbol):
                raise given.wrong(_SYMBOL_FORM, because=f"{_shown(word)} is no symbol")
            if len(symbol) > 32:
                raise given.wrong(_SYMBOL_FORM, because=f"{_shown(word)} is longer than 32 characters")
            symbols[symbol] = None
        if not given.value.strip(", \t\r\n"):
            raise given.wrong(_SYMBOL_FORM, because="it names no symbol")
    return tuple(symbols)


def _dollars(given: Given) -> Decimal:
    if not re.fullmatch(r"[0-9]+(?:\.[0-9]{1,2})?", given.value):
        raise given.wrong(_AMOUNT_FORM)
    dollars = Decimal(given.value)
    if not 0 < dollars < _AMOUNT_LIMIT:
        raise given.wrong(_AMOUNT_FORM)
    return dollars


def _seconds(given: Given, *, least: Decimal) -> Decimal:
    form = f"seconds as a plain number from {least} to {_LONGEST_WAIT}, such as 90 or 2.5"
    if not re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", given.value):
        raise given.wrong(form)
    seconds = Decimal(given.value)
    if not least <= seconds <= _LONGEST_WAIT:
        raise given.wrong(form)
    return seconds


def _url(given: Given) -> ServiceUrl:
    from urllib.parse import unquote, urlsplit

    def wrong(because: str) -> DataError:
        hidden = re.sub(r"^([^:]*://)?.*@", r"\1<hidden>@", given.value, flags=re.DOTALL)
        return Given(hidden, given.origin).wrong(_URL_FORM, because=because)

    if (
        not given.value.isprintable()
        or not given.value.isascii()
        or " " in given.value
        or "\\" in given.value
    ):
        raise wrong("it holds a space or another character that no URL has")
    try:
        parts = urlsplit(given.value)
        port = parts.port
    except ValueError as error:
        raise wrong("it can't be read as a URL" if "@" in given.value else str(error)) from None
    if parts.scheme not in ("http", "https"):
        raise wrong("it does not begin with http:// or https://")
    if not parts.hostname or port == 0:
        raise wrong("it names no host" if not parts.hostname else "0 is no port")
    if parts.query or parts.fragment or "?" in given.value or "#" in given.value:
        raise wrong("a base URL has no query and no fragment")
    credentials = None
    if parts.username is not None:
        credentials = (unquote(parts.username), unquote(parts.password or ""))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if port is None else f"{host}:{port}"
    return ServiceUrl(base=f"{parts.scheme}://{netloc}{parts.path.rstrip('/')}", credentials=credentials)


def _quote_keys(sources: Sources) -> tuple[str, str] | None:
    """Read the key pair of the quote source, under Alpaca's two spellings; both or none."""
    found = [
        next((given for name in names if (given := sources.variable(name)) is not None), None)
        for names in _KEY_VARIABLES
    ]
    for given, missing in zip(found, reversed(_KEY_VARIABLES), strict=True):
        if given is not None and not re.fullmatch(r"[!-~]+", given.value):
            raise Given("<hidden>", given.origin).wrong("printable characters without a blank")
        if given is not None and None in found:
            raise DataError(
                f"{given.origin} is set, but {missing[0]} is not",
                "Allowed: both, for quotes from Alpaca, or neither, for the gateway's own prices.",
                remedies=(f"Set {missing[0]} or take {given.origin} away; nothing was sent.",),
            )
    key, secret = found
    return None if key is None or secret is None else (key.value, secret.value)


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
            path = Path(name).expanduser()
            if path.suffix.lower() not in OUTPUT_SUFFIXES or "\0" in name:
                raise given.wrong(form)
            folder = Path.cwd() if sources.is_from_flag("--output") else sources.folder
            outputs[Path(os.path.abspath(folder / path))] = None
    return tuple(outputs)


def _optional(values: list[Given], read: Callable[[Given], date]) -> date | None:
    return read(values[-1]) if values else None


def _env_file_values(path: Path) -> dict[str, str]:
    import io

    from dotenv.parser import parse_stream

    origin = f"the settings file {path}"
    remedy = ("Name a readable file with --env-file, or correct this one; nothing was sent.",)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{origin} can't be read", f"{error.strerror}.", remedies=remedy) from None
    except (UnicodeDecodeError, ValueError):
        raise DataError(f"{origin} can't be read", "It is not UTF-8 text.", remedies=remedy) from None
    values = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            raise DataError(
                f"{origin}, line {binding.original.line}, can't be read",
                "Allowed: NAME=value, one on a line; # begins a comment.",
                remedies=remedy,
            )
        if binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    return values


def _shown(value: str) -> str:
    """Quote what was typed, short and with anything unprintable escaped."""
    text = value if len(value) <= 80 else value[:77] + "..."
    return ascii(text) if not text.isprintable() else f"'{text}'"
