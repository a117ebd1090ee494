"""What a person may type about the e-mail: the server, its security, from whom and to whom, and when."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from paper_run import NamedTuple
from paper_run.errors import DataError, Remedy
from paper_run.model.commands import ours
from paper_run.settings import raw
from paper_run.settings.options import default
from paper_run.settings.variables import SMTP_PORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from paper_run.settings.raw import RawValue
    from paper_run.settings.sources import Sources

Security = Literal["starttls", "tls", "none"]
EmailOn = Literal["always", "problems", "never"]

HOST = "PAPER_RUN_SMTP_HOST"
PORT = "PAPER_RUN_SMTP_PORT"
USER = "PAPER_RUN_SMTP_USER"
PASSWORD = "PAPER_RUN_SMTP_PASSWORD"  # noqa: S105  the name of a variable
PASSWORD_FILE = "PAPER_RUN_SMTP_PASSWORD_FILE"  # noqa: S105  the name of a variable
SECURITY = "PAPER_RUN_SMTP_SECURITY"
CA_FILE = "PAPER_RUN_SMTP_CA_FILE"
TIMEOUT = "PAPER_RUN_SMTP_TIMEOUT"
FROM = "PAPER_RUN_EMAIL_FROM"
TO = "PAPER_RUN_EMAIL_TO"
CC = "PAPER_RUN_EMAIL_CC"
ON = "PAPER_RUN_EMAIL_ON"

_DEFAULT_SECONDS = Decimal(default(TIMEOUT))
_LEAST_SECONDS, _MOST_SECONDS = Decimal("0.1"), Decimal(3600)

_HOST_FORM = "the name or the IP address of a mail server alone, such as smtp.example.com"
_PORT_FORM = "a number from 1 to 65535, such as 587"
_SECURITY_FORM = "starttls (TLS after a plain greeting), tls (from the start) or none (in clear)"
_ON_FORM = "always, problems (only when a person is needed) or never"
_ADDRESS_FORM = "a bare address in ASCII, such as reports@example.com, without a name or angle brackets"
_ADDRESSES_FORM = f"{_ADDRESS_FORM}; several are joined by commas"
_USER_FORM = "printable characters"


_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# A name inside a private network, such as a container's, may have an underscore; a mail domain may not.
_HOST_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"


class MailSettings(NamedTuple):
    """Everything about the e-mail, checked; addresses are bare (`user@host`), in ASCII.

    :ivar host: the SMTP server; None when none is named, so that a message can be printed but not sent.
    :ivar user: with `password`, for AUTH; both None without it.
    :ivar ca_file: certificates (PEM) that the server's is verified with in place of the system's.
    :ivar timeout: seconds for a whole conversation with the server, all messages of a command together.
    """

    host: str | None
    port: int
    security: Security
    user: str | None
    password: str | None
    ca_file: Path | None
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    on: EmailOn
    timeout: Decimal

    @property
    def server(self) -> str:
        """The server as messages name it."""
        return f"{self.host}:{self.port}"

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody who gets a mail."""
        return tuple(dict.fromkeys((*self.to, *self.cc)))

    def __repr__(self) -> str:
        return f"MailSettings({self.host}:{self.port})"  # it holds a password


def read(sources: Sources, *, hostname: str | None = None) -> MailSettings | None:
    """Read and check every setting of the e-mail; None when it has no recipient.

    :param hostname: this machine's name, for a sender when none is set; looked up when None.
    :raises DataError: for the first wrong value, naming its origin and the allowed form.
    """
    checked, variable = sources.checked, sources.variable
    recipients: tuple[str, ...] = checked("--email-to")
    copied = variable(CC)
    if not recipients and copied is not None:
        raise _alone(copied, f"{TO} is not", f"Set {TO} too, or take {copied.origin} away")
    # A wrong value is refused also while there is no recipient: it would be found on the day there is one.
    account, ca_file = variable(USER), variable(CA_FILE)
    server, number = checked(HOST), checked(PORT)
    by_port: Security = "tls" if number == SMTP_PORTS["tls"] else "starttls"
    chosen: Security = checked(SECURITY) or by_port
    login, sender = checked(USER), checked(FROM)
    when, seconds = checked(ON), checked(TIMEOUT)
    certificates = None if ca_file is None else raw.file_path(ca_file, sources.folder)
    if not recipients:
        return None
    return MailSettings(
        host=server,
        port=number or SMTP_PORTS[chosen],
        security=chosen,
        user=login,
        password=_password(variable, account, sources.folder),
        ca_file=None if ca_file is None or certificates is None else _ca_file(ca_file, certificates),
        sender=sender or _made_sender(account, hostname),
        to=recipients,
        cc=tuple(each for each in checked(CC) if each not in recipients),
        on=when,
        timeout=seconds,
    )


def require_host(settings: MailSettings) -> str:
    """Return the server, for whoever is about to send.

    :raises DataError: none is named.
    """
    if settings.host is None:
        raise DataError(
            f"{HOST} is not set",
            f"There is e-mail for {', '.join(settings.to)}, and no server to give it to.",
            remedies=(
                f"Set {HOST} to the name of your mail server, or {ON}=never to go without e-mail.",
                Remedy("A message without a server", ours("email", "latest", "--to-stdout")),
            ),
        )
    return settings.host


def notices(settings: MailSettings) -> tuple[str, ...]:
    """Say what is allowed and yet probably not meant."""
    found = []
    if settings.security == "none":
        if settings.password is not None and settings.host is not None:
            found.append(
                f"{SECURITY}=none sends the password to {settings.host} in clear: "
                "whoever is on the way can read it."
            )
        if settings.ca_file is not None:
            found.append(f"{CA_FILE} is set, but {SECURITY}=none verifies no certificate.")
    return tuple(found)


def is_host_name(text: str) -> bool:
    """Whether a server may have this name."""
    return len(text) <= 253 and re.fullmatch(rf"{_HOST_LABEL}(?:\.{_HOST_LABEL})*", text) is not None


def is_address(text: str) -> bool:
    """Whether this is a bare address in ASCII, without quotes or comments."""
    local = text.partition("@")[0]
    form = rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*"
    return len(local) <= 64 and len(text) <= 254 and re.fullmatch(form, text) is not None


def addresses(values: Iterable[RawValue]) -> tuple[str, ...]:
    """Read bare addresses, each once; several in a value are joined by commas.

    :raises DataError: one is none.
    """
    found: dict[str, None] = {}
    for given in values:
        words = [word.strip() for word in given.value.split(",")]
        for word in words:
            if word and not is_address(word):
                because = "" if word == given.value else f"{word[:40]!a} is no bare address"
                raise given.wrong(_ADDRESSES_FORM, because=because)
        if not any(words):
            raise given.wrong(_ADDRESSES_FORM, because="it names no address")
        found |= dict.fromkeys(filter(None, words))
    return tuple(found)


def address(given: RawValue) -> str:
    """Read one bare address.

    :raises DataError: it is none.
    """
    if not is_address(given.value):
        raise given.wrong(_ADDRESS_FORM)
    return given.value


def _made_sender(user: RawValue | None, hostname: str | None) -> str:
    if user is not None and is_address(user.value):
        return user.value
    if hostname is None:
        import socket

        hostname = socket.gethostname()
    made = f"paper_run@{hostname}"
    if not is_address(made):
        raise DataError(
            f"{FROM} is not set",
            f"The e-mail has no sender, as {made!a}, from this machine's name, is no address.",
            remedies=(f"Set {FROM} to an address that your mail server may send from; nothing was sent.",),
        )
    return made


def host(given: RawValue) -> str:
    """Read the name or the address of a mail server.

    :raises DataError: it is neither, or holds more than that.
    """
    name = given.value
    if "@" in name:
        # There may be a password before it.
        raise DataError(
            f"{given.origin} holds an @",
            f"Allowed: {_HOST_FORM}.",
            remedies=(f"Put user and password into {USER} and {PASSWORD}; nothing was sent.",),
        )
    if "://" in name:
        raise given.wrong(_HOST_FORM, because=f"it is a URL; {SECURITY} says how to speak")
    if re.fullmatch(r"[^:]*:[0-9]*|\[.*\]:[0-9]*", name):
        raise given.wrong(_HOST_FORM, because=f"the port belongs in {PORT}")
    if not (_is_ipv6(name) if ":" in name else is_host_name(name)):
        raise given.wrong(_HOST_FORM)
    return name


def _is_ipv6(text: str) -> bool:
    import socket

    try:
        socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):
        return False
    return True


def port(given: RawValue) -> int:
    """Read the number of a port.

    :raises DataError: it is none.
    """
    if not re.fullmatch(r"[0-9]{1,5}", given.value) or not 1 <= int(given.value) <= 65535:
        raise given.wrong(_PORT_FORM)
    return int(given.value)


def security(given: RawValue) -> Security:
    """Read how to speak to the server.

    :raises DataError: it is none of the three words.
    """
    match given.value:
        case "starttls" | "tls" | "none" as word:
            return word
    raise given.wrong(_SECURITY_FORM)


def on(given: RawValue) -> EmailOn:
    """Read when a mail is sent.

    :raises DataError: it is none of the three words.
    """
    match given.value:
        case "always" | "problems" | "never" as word:
            return word
    raise given.wrong(_ON_FORM)


def timeout(given: RawValue) -> Decimal:
    """Read the seconds for all that a command sends.

    :raises DataError: it is no number of them, or too small or large a one.
    """
    return raw.seconds(given, least=_LEAST_SECONDS, most=_MOST_SECONDS, example=_DEFAULT_SECONDS)


def user(given: RawValue) -> str:
    """Read the login.

    :raises DataError: it can't be printed.
    """
    if not given.value.isprintable():
        raise given.wrong(_USER_FORM)
    return given.value


def _password(variable: Callable[[str], RawValue | None], user: RawValue | None, folder: Path) -> str | None:
    """Read the password, which no message ever shows."""
    plain, file = variable(PASSWORD), variable(PASSWORD_FILE)
    given = plain if plain is not None else file
    if plain is not None and file is not None:
        raise _alone(plain, f"{file.origin} is too", "Take one of the two away", word="and")
    if given is None:
        if user is not None:
            raise _alone(user, f"{PASSWORD} is not", f"Set {PASSWORD} or {PASSWORD_FILE}, or take it away")
        return None
    if user is None:
        raise _alone(given, f"{USER} is not", f"Set {USER} too, or take {given.origin} away")
    if plain is not None:
        password, place = plain.value, plain.origin
    else:
        from paper_run.settings.secret_file import secret_in

        path = raw.file_path(given, folder)
        password, place = secret_in(given, path, "password"), f"{given.origin}: {path}"
    if not password.isprintable():
        raise DataError(
            f"{place} holds a character that can't be printed",
            "Allowed: a password of printable characters.",
            remedies=(f"Correct {given.origin} and run again; nothing was sent.",),
        )
    return password


def _ca_file(given: RawValue, path: Path) -> Path:
    from paper_run.settings.secret_file import unusable

    try:
        content = path.read_bytes()
    except OSError as error:
        raise unusable(given, path, "can't be read", f"{error.strerror}.") from None
    if b"CERTIFICATE-----" not in content:
        raise unusable(given, path, "holds no certificate", "Certificates in PEM are expected.")
    return path


def _alone(given: RawValue, other: str, remedy: str, *, word: str = "but") -> DataError:
    return DataError(f"{given.origin} is set, {word} {other}", remedies=(f"{remedy}; nothing was sent.",))
