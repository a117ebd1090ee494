"""What a person may type about the e-mail."""

import socket
from decimal import Decimal
from pathlib import Path

import pytest

from paper_run.errors import DataError
from paper_run.settings import email
from paper_run.settings.email import MailSettings
from paper_run.settings.options import OPTIONS
from paper_run.settings.sources import Sources

TO = {"PAPER_RUN_EMAIL_TO": "trader@example.com"}
SECRET = "correct horse"
LOGIN = {**TO, "PAPER_RUN_SMTP_USER": "reports", "PAPER_RUN_SMTP_PASSWORD": SECRET}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def read(
    folder: Path, variables: dict[str, str], *to: str, hostname: str = "box.example.org"
) -> MailSettings:
    """Read what must have a recipient."""
    settings = read_any(folder, variables, *to, hostname=hostname)
    assert settings is not None
    return settings


def read_any(
    folder: Path, variables: dict[str, str], *to: str, hostname: str | None = "box.example.org"
) -> MailSettings | None:
    sources = Sources({"--email-to": list(to)}, variables, env_file=None, here=folder)
    return email.read(sources, hostname=hostname)


def refused(
    folder: Path, variables: dict[str, str], *to: str, hostname: str = "box.example.org"
) -> DataError:
    """Return the error, in which no password may be."""
    with pytest.raises(DataError) as caught:
        read_any(folder, variables, *to, hostname=hostname)
    error = caught.value
    assert error.remedies
    assert (str(error) + "".join(map(str, error.remedies))).isprintable()
    assert SECRET not in str(error) + repr(error) + "".join(map(str, error.remedies))
    assert error.__cause__ is None
    return error


# Nobody, somebody


@pytest.mark.parametrize("variables", [{}, {"PAPER_RUN_EMAIL_TO": " "}, {"PAPER_RUN_SMTP_HOST": "a.example"}])
def test_without_a_recipient_there_is_no_e_mail(tmp_path: Path, variables: dict[str, str]) -> None:
    """An empty list is none; a password is not looked for then."""
    assert read_any(tmp_path, {**variables, "PAPER_RUN_SMTP_PASSWORD_FILE": "nowhere"}) is None


@pytest.mark.parametrize(
    "name", ["SMTP_HOST", "SMTP_PORT", "SMTP_SECURITY", "SMTP_TIMEOUT", "EMAIL_FROM", "EMAIL_ON"]
)
def test_a_wrong_value_is_refused_without_a_recipient_too(tmp_path: Path, name: str) -> None:
    """It would else be found on the day on which somebody is to be mailed."""
    error = refused(tmp_path, {f"PAPER_RUN_{name}": "some times"})
    assert str(error).startswith(f"PAPER_RUN_{name}: 'some times' is not allowed")


def test_a_recipient_is_all_that_is_needed_for_a_message(tmp_path: Path) -> None:
    """Everything else has a default; only a server has none."""
    assert read(tmp_path, TO) == MailSettings(
        host=None,
        port=587,
        security="starttls",
        user=None,
        password=None,
        ca_file=None,
        sender="paper_run@box.example.org",
        to=("trader@example.com",),
        cc=(),
        on="always",
        timeout=Decimal(8),
    )


def test_everything_can_be_set(tmp_path: Path) -> None:
    """Each variable has its place, and the list of variables names each."""
    (tmp_path / "ca.pem").write_text(PEM)
    variables = {
        **LOGIN,
        "PAPER_RUN_SMTP_HOST": "smtp.example.com",
        "PAPER_RUN_SMTP_PORT": "2525",
        "PAPER_RUN_SMTP_SECURITY": "none",
        "PAPER_RUN_SMTP_CA_FILE": "ca.pem",
        "PAPER_RUN_SMTP_TIMEOUT": "2.5",
        "PAPER_RUN_EMAIL_FROM": "paper@example.com",
        "PAPER_RUN_EMAIL_CC": "risk@example.com",
        "PAPER_RUN_EMAIL_ON": "problems",
    }
    assert read(tmp_path, variables) == (
        *("smtp.example.com", 2525, "none", "reports", SECRET, tmp_path / "ca.pem", "paper@example.com"),
        *(("trader@example.com",), ("risk@example.com",), "problems", Decimal("2.5")),
    )
    assert set(variables) | {"PAPER_RUN_SMTP_PASSWORD_FILE"} == {
        each.variable for each in OPTIONS if each.variable.startswith(("PAPER_RUN_SMTP_", "PAPER_RUN_EMAIL_"))
    }


def test_recipients_are_joined_by_commas_or_typed_one_by_one(tmp_path: Path) -> None:
    """Flags go before the variable; each recipient once, and no copy to one who has the mail."""
    assert read(tmp_path, {"PAPER_RUN_EMAIL_TO": "a@x.org, b@x.org,,a@x.org"}).to == ("a@x.org", "b@x.org")
    settings = read(tmp_path, {**TO, "PAPER_RUN_EMAIL_CC": "b@x.org,c@x.org"}, "a@x.org,b@x.org", "d@x.org")
    assert settings.to == ("a@x.org", "b@x.org", "d@x.org")
    assert settings.cc == ("c@x.org",)


def test_never_still_says_to_whom(tmp_path: Path) -> None:
    """A person may send a mail on purpose."""
    settings = read(tmp_path, {**TO, "PAPER_RUN_EMAIL_ON": "never"})
    assert (settings.on, settings.to) == ("never", ("trader@example.com",))


@pytest.mark.parametrize(
    ("port", "security", "meant"),
    [
        (None, None, (587, "starttls")),
        (None, "starttls", (587, "starttls")),
        (None, "tls", (465, "tls")),
        (None, "none", (25, "none")),
        ("465", None, (465, "tls")),
        ("25", None, (25, "starttls")),
        ("465", "starttls", (465, "starttls")),
        ("65535", "tls", (65535, "tls")),
    ],
)
def test_port_and_security_go_together(
    tmp_path: Path, port: str | None, security: str | None, meant: tuple[int, str]
) -> None:
    """Each alone says what the other is; both together are what they say."""
    variables = {"PAPER_RUN_SMTP_PORT": port or "", "PAPER_RUN_SMTP_SECURITY": security or ""}
    settings = read(tmp_path, TO | variables)
    assert (settings.port, settings.security) == meant


@pytest.mark.parametrize(
    "host",
    ["smtp.example.com", "localhost", "mail_relay", "10.0.0.25", "::1", "2001:db8::25", "a" * 63 + ".b"],
)
def test_a_server_is_a_name_or_an_address(tmp_path: Path, host: str) -> None:
    """Of either version of IP, and a name inside a private network too."""
    assert read(tmp_path, {**TO, "PAPER_RUN_SMTP_HOST": host}).host == host


@pytest.mark.parametrize(
    ("variables", "hostname", "sender"),
    [
        ({"PAPER_RUN_EMAIL_FROM": "a.b+c@x.org"}, "box", "a.b+c@x.org"),
        ({"PAPER_RUN_SMTP_USER": "me@x.org", "PAPER_RUN_SMTP_PASSWORD": "p"}, "box", "me@x.org"),
        ({"PAPER_RUN_SMTP_USER": "me", "PAPER_RUN_SMTP_PASSWORD": "p"}, "box", "paper_run@box"),
    ],
)
def test_the_sender_is_the_one_set_or_the_user_or_this_machine(
    tmp_path: Path, variables: dict[str, str], hostname: str, sender: str
) -> None:
    """In that order; a user that is no address is passed over."""
    assert read(tmp_path, TO | variables, hostname=hostname).sender == sender


def test_the_machine_is_asked_for_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nobody hands one over."""
    monkeypatch.setattr(socket, "gethostname", lambda: "box.lan")
    settings = read_any(tmp_path, TO, hostname=None)
    assert settings is not None
    assert settings.sender == "paper_run@box.lan"


def test_a_machine_without_a_usable_name_needs_a_sender(tmp_path: Path) -> None:
    """The error names the variable to set."""
    error = refused(tmp_path, TO, hostname="my_box")
    assert error.title == "PAPER_RUN_EMAIL_FROM is not set"
    assert "paper_run@my_box" in error.explanation


# Wrong values


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("SMTP_PORT", "0", "1 to 65535"),
        ("SMTP_PORT", "65536", "1 to 65535"),
        ("SMTP_PORT", "smtp", "1 to 65535"),
        ("SMTP_PORT", "-25", "1 to 65535"),
        ("SMTP_PORT", "٢٥", "1 to 65535"),
        ("SMTP_SECURITY", "ssl", "starttls"),
        ("SMTP_SECURITY", "TLS", "starttls"),
        ("SMTP_TIMEOUT", "0", "seconds"),
        ("SMTP_TIMEOUT", "3601", "seconds"),
        ("SMTP_TIMEOUT", "8s", "seconds"),
        ("SMTP_TIMEOUT", "1e1", "seconds"),
        ("SMTP_HOST", "smtp://smtp.example.com", "PAPER_RUN_SMTP_SECURITY"),
        ("SMTP_HOST", "smtp.example.com:587", "PAPER_RUN_SMTP_PORT"),
        ("SMTP_HOST", "[::1]:25", "PAPER_RUN_SMTP_PORT"),
        ("SMTP_HOST", "[::1]", "IP address"),
        ("SMTP_HOST", "1:2:3", "IP address"),
        ("SMTP_HOST", "smtp.example.com/", "IP address"),
        ("SMTP_HOST", "smtp example com", "IP address"),
        ("SMTP_HOST", "smtp.example.com\n", "IP address"),
        ("SMTP_HOST", "smtp..example", "IP address"),
        ("SMTP_HOST", "-smtp", "IP address"),
        ("SMTP_HOST", "smtp.exämple.com", "IP address"),
        ("SMTP_HOST", "a" * 64, "IP address"),
        ("SMTP_HOST", ".".join(["a" * 63] * 4), "IP address"),
        ("EMAIL_ON", "yes", "always, problems"),
        ("EMAIL_ON", "Never", "always, problems"),
        ("EMAIL_FROM", "paper_run <a@x.org>", "bare address"),
        ("EMAIL_FROM", "a@x.org,b@x.org", "bare address"),
        ("SMTP_CA_FILE", "a\0b", "path"),
    ],
)
def test_a_wrong_value_is_refused(tmp_path: Path, variable: str, value: str, says: str) -> None:
    """The error names the variable, what is allowed, and what to do."""
    error = refused(tmp_path, {**TO, f"PAPER_RUN_{variable}": value})
    assert error.title.startswith(f"PAPER_RUN_{variable}: ")
    assert says in str(error)
    assert tuple(map(str, error.remedies)) == (
        f"Correct PAPER_RUN_{variable} and run again; nothing was sent.",
    )


@pytest.mark.parametrize(
    "address",
    [
        "trader",
        "@example.com",
        "trader@",
        "a@b@example.com",
        "Trader <trader@example.com>",
        "<trader@example.com>",
        '"trader"@example.com',
        "trader@example.com (desk)",
        "tra der@example.com",
        "trader@exam ple.com",
        "trader@example..com",
        ".trader@example.com",
        "tr..ader@example.com",
        "trader@-example.com",
        "trader@exam_ple.com",
        "trader@[127.0.0.1]",
        "träder@example.com",
        "trader@exämple.com",
        "trader@example.com\nBcc: other@example.com",
        "trader@example.com\r\nRCPT TO:<other@example.com>",
        "trader\0@example.com",
        "a;b@example.com, trader;c@example.com",
        "a" * 65 + "@example.com",
        "a@" + ".".join(["b" * 63] * 4),
    ],
)
@pytest.mark.parametrize(
    "where", ["PAPER_RUN_EMAIL_TO", "PAPER_RUN_EMAIL_CC", "PAPER_RUN_EMAIL_FROM", "--email-to"]
)
def test_what_is_no_bare_address_is_refused(tmp_path: Path, where: str, address: str) -> None:
    """Wherever it is typed, and whatever it would do to a header or to a command."""
    error = (
        refused(tmp_path, TO, address) if where == "--email-to" else refused(tmp_path, {**TO, where: address})
    )
    assert error.title.startswith(f"{where}: ")
    assert "a bare address in ASCII" in error.explanation


@pytest.mark.parametrize("value", ["", " ", ",", " , "])
def test_a_flag_that_names_nobody_is_refused(tmp_path: Path, value: str) -> None:
    """It would go before the variable, and nobody would have the mail."""
    assert "it names no address" in refused(tmp_path, TO, value).title


def test_a_list_of_commas_alone_is_refused(tmp_path: Path) -> None:
    """Also in the variable, where nothing at all would be no list."""
    assert "it names no address" in refused(tmp_path, {"PAPER_RUN_EMAIL_TO": ", ,"}).title


def test_a_copy_needs_a_recipient(tmp_path: Path) -> None:
    """A mail to nobody with a copy is a setting that was forgotten."""
    error = refused(tmp_path, {"PAPER_RUN_EMAIL_CC": "risk@example.com"})
    assert error.title == "PAPER_RUN_EMAIL_CC is set, but PAPER_RUN_EMAIL_TO is not"


def test_the_file_is_named_that_a_wrong_value_is_in(tmp_path: Path) -> None:
    """A line of .env is found by its name and its file."""
    (tmp_path / ".env").write_text("PAPER_RUN_EMAIL_TO=trader\n")
    assert refused(tmp_path, {}).title.startswith(f"PAPER_RUN_EMAIL_TO in {tmp_path / '.env'}: 'trader'")


# The password


def test_a_password_comes_from_a_file_too(tmp_path: Path) -> None:
    """Its path is relative to the folder of the settings; the newline at its end is no part of it."""
    variables = {**TO, "PAPER_RUN_SMTP_USER": "reports", "PAPER_RUN_SMTP_PASSWORD_FILE": "secrets/smtp"}
    (tmp_path / "secrets").mkdir()
    for content in (SECRET, f"{SECRET}\n", f"{SECRET}\r\n", f"\ufeff{SECRET}\n"):
        (tmp_path / "secrets" / "smtp").write_bytes(content.encode())
        assert read(tmp_path, variables).password == SECRET
    (tmp_path / "secrets" / "smtp").write_text(" pässword with blanks \n", encoding="utf-8")
    assert read(tmp_path, variables).password == " pässword with blanks "


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"  \n", "is empty"),
        (b"correct horse\ncorrect horse\n", "has several lines"),
        (b"correct horse\n\n", "has several lines"),
        (b"correct horse\rmore", "has several lines"),
        (b"correct horse\xff", "not UTF-8"),
        (b"correct horse\0", "can't be printed"),
        (b"correct horse" * 400, "longer than 4096"),
    ],
)
def test_a_file_that_holds_no_password_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    """The error names variable and file, and shows nothing of what is in it."""
    (tmp_path / "smtp").write_bytes(content)
    variables = {**TO, "PAPER_RUN_SMTP_USER": "reports", "PAPER_RUN_SMTP_PASSWORD_FILE": "smtp"}
    error = refused(tmp_path, variables)
    assert error.title.startswith(f"PAPER_RUN_SMTP_PASSWORD_FILE: {tmp_path / 'smtp'} ")
    assert says in str(error)
    assert error.__context__ is None


@pytest.mark.parametrize("variable", ["PAPER_RUN_SMTP_PASSWORD_FILE", "PAPER_RUN_SMTP_CA_FILE"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, variable: str) -> None:
    """The error says which, and the system's reason."""
    (tmp_path / "folder").mkdir()
    variables = {**TO, "PAPER_RUN_SMTP_USER": "reports", variable: "missing"}
    if variable == "PAPER_RUN_SMTP_CA_FILE":
        variables["PAPER_RUN_SMTP_PASSWORD"] = SECRET
    error = refused(tmp_path, variables)
    assert error.title == f"{variable}: {tmp_path / 'missing'} can't be read"
    assert error.explanation == "No such file or directory."
    assert refused(tmp_path, variables | {variable: "folder"}).explanation == "Is a directory."


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    """A key, or the password's file, is no file of certificates."""
    (tmp_path / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    error = refused(tmp_path, {**TO, "PAPER_RUN_SMTP_CA_FILE": "key.pem"})
    assert error.title == f"PAPER_RUN_SMTP_CA_FILE: {tmp_path / 'key.pem'} holds no certificate"


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (["USER"], "PAPER_RUN_SMTP_USER is set, but PAPER_RUN_SMTP_PASSWORD is not"),
        (["PASSWORD"], "PAPER_RUN_SMTP_PASSWORD is set, but PAPER_RUN_SMTP_USER is not"),
        (["PASSWORD_FILE"], "PAPER_RUN_SMTP_PASSWORD_FILE is set, but PAPER_RUN_SMTP_USER is not"),
        (
            ["USER", "PASSWORD", "PASSWORD_FILE"],
            "PAPER_RUN_SMTP_PASSWORD is set, and PAPER_RUN_SMTP_PASSWORD_FILE is too",
        ),
    ],
)
def test_user_and_one_password_go_together(tmp_path: Path, names: list[str], title: str) -> None:
    """One without the other, or two passwords, is a setting that was forgotten."""
    error = refused(tmp_path, TO | {f"PAPER_RUN_SMTP_{name}": SECRET + "!" for name in names})
    assert error.title == title


@pytest.mark.parametrize("user", ["re\nports", "re\0ports"])
def test_an_unprintable_user_is_refused(tmp_path: Path, user: str) -> None:
    """It would end the command that it is sent in."""
    assert refused(tmp_path, {**LOGIN, "PAPER_RUN_SMTP_USER": user}).title.startswith("PAPER_RUN_SMTP_USER: ")


def test_an_unprintable_password_is_refused_unseen(tmp_path: Path) -> None:
    """The error does not show it."""
    error = refused(tmp_path, {**LOGIN, "PAPER_RUN_SMTP_PASSWORD": f"{SECRET}\n"})
    assert error.title == "PAPER_RUN_SMTP_PASSWORD holds a character that can't be printed"


def test_a_password_typed_into_the_server_is_not_shown(tmp_path: Path) -> None:
    """A URL with user and password is a likely mistake."""
    error = refused(tmp_path, {**TO, "PAPER_RUN_SMTP_HOST": f"smtp://reports:{SECRET}@smtp.example.com"})
    assert error.title == "PAPER_RUN_SMTP_HOST holds an @"


def test_settings_do_not_show_their_password(tmp_path: Path) -> None:
    """Neither alone nor inside of something else that is printed."""
    settings = read(tmp_path, {**LOGIN, "PAPER_RUN_SMTP_HOST": "smtp.example.com"})
    assert settings.password == SECRET
    for shown in (repr(settings), str(settings), f"{settings}", repr([settings]), f"{(settings,)!s}"):
        assert SECRET not in shown
        assert "smtp.example.com:587" in shown


# For whoever sends


def test_who_sends_needs_a_server(tmp_path: Path) -> None:
    """The error says which variable to set, and how to go without."""
    with pytest.raises(DataError) as caught:
        email.require_host(read(tmp_path, TO))
    assert caught.value.title == "PAPER_RUN_SMTP_HOST is not set"
    assert "trader@example.com" in caught.value.explanation
    assert "PAPER_RUN_EMAIL_ON=never" in str(caught.value.remedies[0])
    assert email.require_host(read(tmp_path, {**TO, "PAPER_RUN_SMTP_HOST": "a.example"})) == "a.example"


@pytest.mark.parametrize(
    ("host", "security", "warned"),
    [
        ("smtp.example.com", "none", True),
        ("10.0.0.25", "none", True),
        ("127.example.com", "none", True),
        ("smtp.example.com", "starttls", False),
        ("smtp.example.com", "tls", False),
        ("localhost", "none", True),
        ("::1", "none", True),
        ("", "none", False),
    ],
)
def test_a_password_in_clear_is_noticed(tmp_path: Path, host: str, security: str, warned: bool) -> None:
    """It is allowed, and said, whatever server it is."""
    variables = {"PAPER_RUN_SMTP_HOST": host, "PAPER_RUN_SMTP_SECURITY": security}
    found = email.notices(read(tmp_path, LOGIN | variables))
    assert [f"sends the password to {host} in clear" in notice for notice in found] == [True] * warned
    assert email.notices(read(tmp_path, TO | variables)) == ()


def test_certificates_that_nothing_is_verified_with_are_noticed(tmp_path: Path) -> None:
    """Who names them expects that the server is verified."""
    (tmp_path / "ca.pem").write_text(PEM)
    variables = {**TO, "PAPER_RUN_SMTP_CA_FILE": "ca.pem"}
    assert email.notices(read(tmp_path, variables)) == ()
    (notice,) = email.notices(read(tmp_path, {**variables, "PAPER_RUN_SMTP_SECURITY": "none"}))
    assert (
        notice == "PAPER_RUN_SMTP_CA_FILE is set, but PAPER_RUN_SMTP_SECURITY=none verifies no certificate."
    )
