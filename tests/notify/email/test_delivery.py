"""Messages on their way to a real mail server, and all that can become of them."""

import base64
import contextlib
import os
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.mail_server import DROP, FLOOD, FREEZE, RECIPIENT, SENDER, TRICKLE, MailServer, certified
from support.socket_server import silent_names

from paper_run.errors import DataError
from paper_run.notify.email import connection
from paper_run.notify.email.refusals import DeliveryFailed
from paper_run.notify.email.smtp import connected, login
from paper_run.services.deadline_socket import DeadlineSocket
from paper_run.settings import email
from paper_run.settings.email import MailSettings
from paper_run.settings.sources import Sources

MESSAGE = b"Subject: a day\r\n\r\nAll is well.\r\n"
LARGE = MESSAGE + b"x" * 76 + b"\r\n" * 2 + (b"y" * 76 + b"\r\n") * 80_000
PASSWORD = "correct horse"
SOON = "0.4"


def settings(server: MailServer, **changed: Any) -> MailSettings:
    """Read what leads to a server, as the command line would."""
    sources = Sources({}, server.env, env_file=None, here=Path("/"))
    read = email.read(sources)
    assert read is not None
    return read._replace(**changed)


def soon(server: MailServer) -> MailSettings:
    """Return settings with little time."""
    return settings(server, timeout=Decimal(SOON))


def send(to: MailSettings, message: bytes = MESSAGE, *recipients: str) -> dict[str, str]:
    with connected(to) as server:
        refused = server.send(message, recipients or (RECIPIENT,))
        return {recipient: refusal.words for recipient, refusal in refused.items()}


def failing(to: MailSettings, message: bytes = MESSAGE, *recipients: str) -> DeliveryFailed:
    """Return the failure, which shows no secret anywhere."""
    with pytest.raises(DeliveryFailed) as caught:
        send(to, message, *recipients)
    return unsecret(caught.value)


def unsecret(failure: DeliveryFailed, password: str = PASSWORD) -> DeliveryFailed:
    shown = "".join(traceback.format_exception(failure)) + repr(failure) + str(failure) + str(vars(failure))
    if failure.__context__ is not None:
        shown += repr(failure.__context__) + str(vars(failure.__context__))
    for secret in (password, encoded(password), encoded(f"\0reports\0{password}")):
        assert secret not in shown
    assert str(failure).endswith(f" {failure.reason}")
    assert failure.reason.isprintable()
    return failure


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@contextlib.contextmanager
def one_that_serves(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Let a function serve the one connection to a port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            # Whoever waits no longer is gone in the middle of it.
            with listener.accept()[0] as connection, contextlib.suppress(ConnectionError):
                serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)
        assert not thread.is_alive()


# It arrives


@pytest.mark.parametrize(
    ("security", "found"),
    [
        ("starttls", "TLS 1.3, logged in as reports"),
        ("tls", "TLS 1.3, logged in as reports"),
        ("none", "no TLS, logged in as reports"),
    ],
)
def test_a_message_arrives_byte_for_byte(security: str, found: str) -> None:
    """Over each kind of connection, from the sender to each recipient, after a login."""
    message = b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\nx.\r\n\r\n" + b"." * 998 + b"\r\n"
    with MailServer(security=security) as server:
        with connected(settings(server)) as conversation:
            assert conversation.found == found
            assert conversation.send(message, ("a@example.com", "b@example.com")) == {}
        (received,) = server.messages
    assert received.content == message
    assert (received.sender, received.recipients) == (SENDER, ("a@example.com", "b@example.com"))
    assert (received.tls, received.user) == (None if security == "none" else "TLSv1.3", "reports")
    assert server.commands[-1] == "QUIT"


def test_a_message_that_begins_with_a_dot_or_has_no_end_arrives() -> None:
    """The protocol's own dots are none of the message's, and its last line has an end."""
    with MailServer() as server:
        send(settings(server), b".first\r\nlast")
    assert server.messages[0].content == b".first\r\nlast\r\n"


def test_a_large_message_arrives() -> None:
    """Of some megabytes, over TLS in many pieces."""
    with MailServer() as server:
        send(settings(server, timeout=Decimal(60)), LARGE)
    assert server.messages[0].content == LARGE


def test_several_messages_go_over_one_connection() -> None:
    """One greeting and one login are for all of them."""
    with MailServer() as server:
        with connected(settings(server)) as conversation:
            for number in range(3):
                conversation.send(MESSAGE + b"%d\r\n" % number, (RECIPIENT,))
        assert [received.content[-3:-2] for received in server.messages] == [b"0", b"1", b"2"]
    assert (server.connections, server.commands.count("AUTH")) == (1, 1)


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_without_a_user_nobody_logs_in(security: str) -> None:
    """A relay inside of a network often asks for no login."""
    with MailServer(security=security, user=None) as server:
        assert login(settings(server)).endswith(", no login")
        send(settings(server))
    assert "AUTH" not in server.commands
    assert server.messages[0].user is None


@pytest.mark.parametrize("password", ["correct horse", "pässwörd €", " %20'\"\\ ", "x" * 300])
@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
def test_each_way_to_log_in_takes_any_password(way: str, password: str) -> None:
    """Also one beyond ASCII, in UTF-8 (RFC 4616)."""
    with MailServer(password=password, ways=[way]) as server:
        assert login(settings(server)) == "TLS 1.3, logged in as reports"
        assert server.messages == []
    assert server.commands[-2:] == ["AUTH", "QUIT"]


def test_another_way_is_tried_when_one_is_not_taken() -> None:
    """A server may offer more than it lets this user do."""
    with MailServer(acts={"AUTH": ["534 5.7.9 Not that way"]}) as server:
        assert login(settings(server)).endswith("logged in as reports")
    assert server.commands.count("AUTH") == 2


def test_a_server_that_knows_no_ehlo_is_greeted_the_old_way() -> None:
    """It gets the message all the same, without a word of its size."""
    with MailServer(security="none", user=None, acts={"EHLO": "502 5.5.1 What"}) as server:
        send(settings(server))
    assert len(server.messages) == 1
    assert server.commands[:2] == ["EHLO", "HELO"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("box.example.org", "box.example.org"), ("box", "[127.0.0.1]"), ("a b.c", "[127.0.0.1]")],
)
def test_the_machine_says_its_name_without_a_look_up(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    """A name that is not whole is none; socket.getfqdn would ask a name server that may not answer."""
    monkeypatch.setattr(socket, "gethostname", lambda: name)
    monkeypatch.delattr(socket, "getfqdn")
    with MailServer() as server:
        bounds = connection.Bounds(5, time.monotonic)
        client = connection.Client("localhost", server.port, bounds, None)
        assert client.local_hostname == said
        client.close()


# TLS


def test_starttls_is_never_gone_without() -> None:
    """A server, or somebody before it, that does not offer it gets neither password nor message."""
    with MailServer(offers_starttls=False) as server:
        failure = failing(settings(server))
    assert failure.reason == "does not offer STARTTLS, which PAPER_RUN_SMTP_SECURITY=starttls asks for"
    assert (failure.permanent, failure.connection_lost) == (False, True)
    assert server.commands == ["EHLO"]


@pytest.mark.parametrize(
    ("reply", "reason", "permanent"),
    [
        ("454 4.7.0 TLS not available", "put STARTTLS off (454 4.7.0 TLS not available)", False),
        ("502 No", "refused STARTTLS (502 No)", True),
        ("250 Fine", "answered 250 Fine to STARTTLS", False),
    ],
)
def test_starttls_that_is_refused_ends_the_conversation(reply: str, reason: str, permanent: bool) -> None:
    """It was offered, and yet there is none: nothing is sent in clear."""
    with MailServer(acts={"STARTTLS": reply}) as server:
        failure = failing(settings(server))
    assert (failure.reason, failure.permanent, failure.connection_lost) == (reason, permanent, True)
    assert server.commands == ["EHLO", "STARTTLS"]


def test_what_came_before_tls_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer slipped in before the handshake is no answer under TLS (RFC 3207, 6)."""
    monkeypatch.setattr(socket, "gethostname", lambda: "box")
    under_tls: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        connection.sendall(b"220 x\r\n")
        for answer in (b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n250-x\r\n250 AUTH PLAIN\r\n"):
            connection.recv(1000)
            connection.sendall(answer)
        with certified(("localhost",)).wrap_socket(connection, server_side=True) as secured:
            under_tls.append(secured.recv(1000))
            secured.sendall(b"250 x\r\n")
            under_tls.append(secured.recv(1000))

    with MailServer() as server, one_that_serves(serve) as port:
        failure = failing(settings(server, port=port))
    assert failure.reason == "offers no login; paper_run knows AUTH PLAIN and AUTH LOGIN"
    assert under_tls == [b"ehlo [127.0.0.1]\r\n", b""]


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"certificate": ["mail.example.com"]},
            "of another name (Hostname mismatch, certificate is not valid",
        ),
        ({"trusted": False}, "that is not trusted (unable to get local issuer certificate)"),
    ],
)
def test_a_certificate_is_verified(security: str, options: dict[str, Any], words: str) -> None:
    """The name in it, and who issued it; the message stays here."""
    with MailServer(security=security, **options) as server:
        failure = failing(settings(server))
    assert failure.reason.startswith(f"has a certificate {words}")
    assert ("PAPER_RUN_SMTP_CA_FILE" in failure.reason) is ("trusted" in options)
    assert "AUTH" not in server.commands


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_certificate_is_for_the_server_as_it_is_named(security: str) -> None:
    """By its address too, if that is what the certificate is for."""
    with MailServer(security=security) as server:
        assert send(settings(server, host="127.0.0.1")) == {}
    with MailServer(security=security, certificate=["localhost"]) as server:
        assert send(settings(server)) == {}
        assert "not valid for '127.0.0.1'" in failing(settings(server, host="127.0.0.1")).reason


def test_without_a_file_the_systems_certificates_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A server with a certificate of nobody's is not trusted, until the system does."""
    with MailServer() as server:
        own = settings(server)
        assert own.ca_file is not None
        assert "is not trusted" in failing(own._replace(ca_file=None)).reason
        monkeypatch.setenv("SSL_CERT_FILE", str(own.ca_file))
        assert send(own._replace(ca_file=None)) == {}


def test_a_file_that_is_of_no_use_is_named(tmp_path: Path) -> None:
    """It was there when the settings were read, and what is between its lines is read only now."""
    broken = tmp_path / "ca.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n")
    with MailServer() as server:
        failure = failing(settings(server, ca_file=broken))
        assert failure.reason.startswith(f"can't be verified: PAPER_RUN_SMTP_CA_FILE={broken} is of no use (")
        failure = failing(settings(server, ca_file=tmp_path / "gone", security="tls"))
        assert failure.reason.endswith("gone is of no use (No such file or directory)")


def test_tls_older_than_1_2_is_not_spoken() -> None:
    """Whatever the machine's own defaults are."""
    context = connection.secure_context(None, connection.Bounds(1, time.monotonic))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)


def test_tls_to_a_server_that_begins_in_clear_is_explained() -> None:
    """The likely mistake is named."""
    with MailServer() as server:
        failure = failing(settings(server, security="tls"))
    assert failure.reason == "speaks no TLS from the start (is PAPER_RUN_SMTP_SECURITY=starttls meant?)"


def test_another_failure_of_tls_is_in_its_own_words() -> None:
    """As far as there are any."""
    bounds = connection.Bounds(1, time.monotonic)
    error = ssl.SSLError(1, "[SSL: NO_SHARED_CIPHER] no shared cipher")
    error.reason = ""
    assert connection.why(error, bounds, "x").endswith("broke it off (no reason is given)")
    error.reason = "NO_SHARED_CIPHER"
    assert connection.why(error, bounds, "x") == "failed the TLS handshake or broke it off (no shared cipher)"


# What a server refuses

SAYS = {
    "connect": ("in place of a greeting", True),
    "AUTH": ("the login of reports", True),
    "MAIL": (f"the sender {SENDER}", False),
    "RCPT": (f"the recipient {RECIPIENT}", False),
    "DATA": ("the message", False),
    "end": ("the message", False),
}


@pytest.mark.parametrize("stage", SAYS)
@pytest.mark.parametrize("reply", ["550 5.7.1 Not from here", "450 4.3.0 Later"])
def test_a_refusal_is_told_from_a_delay(stage: str, reply: str) -> None:
    """With what was refused, and the server's own words; 5xx is for good."""
    with MailServer(acts={stage: reply}) as server:
        failure = failing(settings(server))
    what, lost = SAYS[stage]
    if stage == "connect":
        assert failure.reason == f"answered {reply} {what}"
    elif reply[0] == "5":
        assert failure.reason == f"refused {what} ({reply})"
    else:
        assert failure.reason == f"put {what} off ({reply})"
    assert (failure.permanent, failure.connection_lost) == (reply[0] == "5", lost)
    assert not failure.in_doubt
    assert server.messages == []


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "end"])
def test_after_a_message_that_failed_the_next_one_goes(stage: str) -> None:
    """The server is told to forget the first; one connection is for both."""
    with MailServer(acts={stage: ["451 4.3.0 Later"]}) as server, connected(settings(server)) as conversation:
        with pytest.raises(DeliveryFailed) as caught:
            conversation.send(b"Subject: first\r\n\r\n", (RECIPIENT,))
        assert not caught.value.connection_lost
        assert conversation.send(MESSAGE, ("other@example.com",)) == {}
        assert [received.content for received in server.messages] == [MESSAGE]
        assert server.messages[0].recipients == ("other@example.com",)
    assert server.connections == 1
    assert "RSET" in server.commands


@pytest.mark.parametrize("stage", ["connect", "AUTH", "MAIL", "RCPT", "DATA", "end"])
def test_a_server_that_closes_takes_no_other_message(stage: str) -> None:
    """421 says that it closes: nothing else is tried, and the reason stays the same."""
    reply = "421 4.3.2 Shutting down"
    with MailServer(acts={stage: [reply]}) as server:
        failure = failing(settings(server), MESSAGE, RECIPIENT, "b@example.com")
        assert reply in failure.reason
        assert (failure.permanent, failure.connection_lost) == (False, True)
        assert "RSET" not in server.commands


@pytest.mark.parametrize("act", ["503 5.5.1 No", DROP])
def test_a_server_that_forgets_nothing_takes_no_other_message(act: str) -> None:
    """What it would make of the next one can't be known."""
    with (
        MailServer(acts={"MAIL": "550 No", "RSET": act}) as server,
        connected(settings(server)) as conversation,
    ):
        for _ in range(2):
            with pytest.raises(DeliveryFailed) as caught:
                conversation.send(MESSAGE, (RECIPIENT,))
            assert caught.value.reason == f"refused the sender {SENDER} (550 No)"
            assert caught.value.connection_lost
    assert server.commands.count("MAIL") == 1


def test_some_refused_recipients_do_not_keep_it_from_the_others() -> None:
    """They are named with the server's words, whether for good or for now."""
    refuse = {"no@example.com": "550 5.1.1 No such user", "full@example.com": "452 4.2.2 Full"}
    with MailServer(refuse=refuse) as server:
        found = send(settings(server), MESSAGE, "no@example.com", RECIPIENT, "full@example.com")
    assert found == refuse
    assert [received.recipients for received in server.messages] == [(RECIPIENT,)]


@pytest.mark.parametrize(("second", "permanent"), [("551 5.1.1 Gone", True), ("450 4.2.0 Later", False)])
def test_without_a_recipient_it_goes_to_nobody(second: str, permanent: bool) -> None:
    """Each is named; it is for good only if it is for each."""
    refuse = {"a@example.com": "550 5.1.1 No", "b@example.com": second}
    with MailServer(refuse=refuse) as server:
        failure = failing(settings(server), MESSAGE, *refuse)
    assert failure.reason == f"took no recipient: a@example.com (550 5.1.1 No); b@example.com ({second})"
    assert (failure.permanent, failure.connection_lost) == (permanent, False)
    assert "DATA" not in server.commands


def test_each_refusal_says_whether_it_is_for_good() -> None:
    """Of some recipients, and of all of them."""
    refuse = {"no@example.com": "550 5.1.1 No such user", "full@example.com": "452 4.2.2 Full"}
    with MailServer(refuse=refuse) as server, connected(settings(server)) as conversation:
        some = conversation.send(MESSAGE, [*refuse, RECIPIENT])
        with pytest.raises(DeliveryFailed) as caught:
            conversation.send(MESSAGE, [*refuse])
    assert some == caught.value.refused
    assert {address: each.permanent for address, each in some.items()} == {
        "no@example.com": True,
        "full@example.com": False,
    }


def test_who_gets_a_message_is_told_before_it_can_have_arrived() -> None:
    """Without those that were refused; whatever is done then comes before the end of the message."""
    seen: list[tuple[list[str], int]] = []
    with (
        MailServer(refuse={"no@example.com": "550 No"}) as server,
        connected(settings(server)) as conversation,
    ):
        conversation.send(
            MESSAGE,
            ["no@example.com", RECIPIENT],
            lambda accepted: seen.append(([*accepted], len(server.messages))),
        )
        assert seen == [([RECIPIENT], 0)]
        assert len(server.messages) == 1


def test_what_is_not_to_be_handed_over_never_arrives() -> None:
    """When it can't be noted that a message leaves, it does not; nor does another over that connection."""

    def fail(_: Any) -> None:
        raise LookupError("no room to note it")

    with MailServer() as server:
        with connected(settings(server)) as conversation:
            with pytest.raises(LookupError):
                conversation.send(MESSAGE, [RECIPIENT], fail)
            with pytest.raises(DeliveryFailed):
                conversation.send(MESSAGE, [RECIPIENT])
        assert server.messages == []


def test_a_message_too_large_is_refused_before_it_is_sent() -> None:
    """The server is told the size."""
    with MailServer(size_limit=1000) as server:
        failure = failing(settings(server), LARGE)
        assert "552 Error: message size exceeds" in failure.reason
        assert (failure.permanent, failure.connection_lost) == (True, False)
        assert "DATA" not in server.commands
        send(settings(server))


def test_a_wrong_password_is_said_in_the_servers_words() -> None:
    """Once: a second way would count as a second attempt."""
    with MailServer() as server:
        failure = failing(settings(server, password="battery staple"))
    assert failure.reason == ("refused the login of reports (535 5.7.8 Authentication credentials invalid)")
    assert (failure.permanent, failure.connection_lost) == (True, True)
    assert server.commands.count("AUTH") == 1


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        ("250-mail.test\r\n250 HELP", "offers no login; paper_run knows AUTH PLAIN and AUTH LOGIN"),
        (
            "250-mail.test\r\n250 AUTH XOAUTH2 GSSAPI",
            "offers only XOAUTH2, GSSAPI, and paper_run knows AUTH PLAIN and AUTH LOGIN",
        ),
    ],
)
def test_a_login_that_is_not_offered_is_said(offer: str, reason: str) -> None:
    """The message is not sent without the login that was asked for."""
    with MailServer(security="none", acts={"EHLO": offer}) as server:
        assert failing(settings(server)).reason == reason


@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
def test_a_login_that_never_ends_is_broken_off(way: str) -> None:
    """A server that asks and asks gets each answer once."""
    with MailServer(ways=[way], acts={"AUTH": "334 "}) as server:
        failure = failing(soon(server))
    assert failure.connection_lost
    assert server.messages == []


@pytest.mark.parametrize("stage", ["connect", "MAIL", "DATA", "end"])
def test_what_is_no_smtp_ends_the_conversation(stage: str) -> None:
    """Some other program may answer on that port."""
    with MailServer(acts={stage: "HTTP/1.1 400 Bad Request"}) as server:
        failure = failing(settings(server))
    assert "what is no SMTP" in failure.reason
    assert (failure.permanent, failure.connection_lost) == (False, True)


# Connections that break, or never are


def test_a_server_that_is_down_refuses_the_connection() -> None:
    """And takes the message when it is up again."""
    with MailServer() as server:
        server.down()
        failure = failing(settings(server))
        assert failure.reason == "refused the connection"
        assert str(failure) == f"localhost:{server.port} refused the connection"
        assert (failure.permanent, failure.connection_lost, failure.in_doubt) == (False, True, False)
        server.up()
        send(settings(server))
        assert len(server.messages) == 1


def test_a_name_that_does_not_resolve_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no address of a server."""

    def unknown(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with MailServer() as server:
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        assert failing(settings(server)).reason == "has a host name that can't be resolved"


@pytest.mark.parametrize(
    ("error", "words"), [(OSError(101, os.strerror(101)), "Network is unreachable"), (OSError(), "OSError")]
)
def test_another_failure_to_connect_is_the_systems_word(
    monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    """Such as that of a machine without a network."""

    def connect(*_: object) -> None:
        raise error

    with MailServer() as server:
        monkeypatch.setattr(DeadlineSocket, "connect", connect)
        assert failing(settings(server)).reason == f"can't be reached ({words})"


WHEN = {
    "connect": "in place of a greeting",
    "EHLO": "after its greeting",
    "STARTTLS": "after its greeting",
    "AUTH": "during the login",
    "MAIL": "before it took a message",
    "RCPT": "before it took a message",
    "DATA": "before it took a message",
    "end": "before it confirmed a message; it may have arrived",
}


@pytest.mark.parametrize("stage", WHEN)
@pytest.mark.parametrize("security", ["starttls", "none"])
def test_a_connection_that_breaks_is_said_with_its_moment(stage: str, security: str) -> None:
    """After the message's end nobody knows whether it was taken."""
    if (stage, security) == ("STARTTLS", "none"):
        security = "starttls"
    with MailServer(security=security, acts={stage: DROP}) as server:
        failure = failing(settings(server))
    assert failure.reason == f"closed the connection {WHEN[stage]}"
    assert (failure.permanent, failure.connection_lost) == (False, True)
    assert failure.in_doubt == (stage == "end")


def test_a_connection_that_breaks_in_the_middle_of_a_message() -> None:
    """What is left of it is not sent, so that it can't have arrived."""
    with MailServer(acts={"body": DROP}) as server:
        failure = failing(settings(server), LARGE)
        assert failure.reason == "closed the connection in the middle of a message"
        assert (failure.in_doubt, failure.connection_lost) == (False, True)
        assert server.messages == []


def test_a_short_message_may_have_gone_out_whole_when_the_connection_breaks() -> None:
    """From here it looks as if the server had taken it and only its word were lost."""
    with MailServer(acts={"body": DROP}) as server:
        failure = failing(settings(server))
        assert failure.reason.startswith("closed the connection ")
        assert failure.in_doubt == failure.reason.endswith("it may have arrived")
        assert server.messages == []


def test_after_a_lost_connection_nothing_is_tried() -> None:
    """A second message fails at once, for the same reason."""
    with MailServer(acts={"MAIL": [DROP]}) as server, connected(settings(server)) as conversation:
        reasons = set()
        for _ in range(2):
            with pytest.raises(DeliveryFailed) as caught:
                conversation.send(MESSAGE, (RECIPIENT,))
            reasons.add(caught.value.reason)
            assert caught.value.connection_lost
        assert reasons == {"closed the connection before it took a message"}
    assert server.commands.count("MAIL") == 1
    assert "QUIT" not in server.commands


def test_a_caller_that_fails_leaves_no_connection_behind() -> None:
    """Its own error goes on; the server sees the end."""
    with MailServer() as server:

        def fail() -> None:
            with connected(settings(server)) as conversation:
                conversation.send(MESSAGE, (RECIPIENT,))
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        assert len(server.messages) == 1


# Time


@pytest.mark.parametrize("stage", WHEN)
def test_a_server_that_does_not_answer_is_left_in_time(stage: str) -> None:
    """Wherever it falls silent; without a limit that would be for ever."""
    seconds = "4" if stage == "end" else SOON  # as long as it takes to come so far
    with MailServer(acts={stage: FREEZE}) as server:
        failure = failing(settings(server, timeout=Decimal(seconds)))
    doubt = "; it may have arrived" if stage == "end" else ""
    assert failure.reason == f"did not answer within {seconds} s{doubt}"
    assert (failure.permanent, failure.connection_lost) == (False, True)
    assert failure.in_doubt == (stage == "end")


@pytest.mark.parametrize(
    ("security", "stage"),
    [("none", "connect"), ("none", "MAIL"), ("starttls", "EHLO"), ("starttls", "MAIL"), ("tls", "connect")],
)
def test_an_answer_that_never_ends_is_left_in_time(security: str, stage: str) -> None:
    """Each byte of it comes soon enough: it is the whole that has a limit, in clear and under TLS."""
    with MailServer(security=security, acts={stage: TRICKLE}) as server:
        began = time.monotonic()
        assert failing(soon(server)).reason == f"did not answer within {SOON} s"
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("security", ["starttls", "none"])
def test_a_server_that_reads_nothing_is_left_in_time(security: str) -> None:
    """The message does not fit into what the system keeps for it."""
    with MailServer(security=security, acts={"body": FREEZE}) as server:
        failure = failing(settings(server, timeout=Decimal("1.5")), LARGE * 4)
    assert failure.reason == "did not answer within 1.5 s"
    assert not failure.in_doubt


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_handshake_that_never_ends_is_left_in_time(security: str) -> None:
    """Whoever listens there, greets or not, and then says nothing more."""

    def serve(connection: socket.socket) -> None:
        if security == "starttls":
            connection.sendall(b"220 x\r\n")
            for answer in (b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n"):
                connection.recv(1000)
                connection.sendall(answer)
        while connection.recv(1000):
            """Say nothing."""

    with MailServer(security=security) as server, one_that_serves(serve) as port:
        failure = failing(settings(server, port=port, timeout=Decimal(SOON)))
    assert failure.reason == f"did not answer within {SOON} s"


def test_a_server_that_says_too_much_is_not_heard_out() -> None:
    """Memory is no place for what nobody reads."""
    for security in ("starttls", "none"):
        with MailServer(security=security, acts={"MAIL": FLOOD}) as server:
            failure = failing(settings(server))
        assert failure.reason == "answered with more than 1 MiB"


def test_a_line_without_end_is_no_answer() -> None:
    """smtplib takes 8 KiB of it."""
    with MailServer(acts={"MAIL": "250 " + "x" * 9000}) as server:
        failure = failing(settings(server))
    assert failure.reason == "answered with a line that is too long"
    assert not failure.permanent


def test_a_goodbye_is_not_waited_for_long() -> None:
    """The message was taken: that nobody answers any more is no failure."""
    with MailServer(acts={"QUIT": FREEZE}) as server:
        began = time.monotonic()
        assert send(settings(server, timeout=Decimal(60))) == {}
        assert time.monotonic() - began < 30
        assert len(server.messages) == 1


@pytest.mark.parametrize("act", [DROP, "500 What"])
def test_a_goodbye_may_go_wrong(act: str) -> None:
    """As for the one above."""
    with MailServer(acts={"QUIT": act}) as server:
        assert send(settings(server)) == {}


def test_one_limit_is_for_all_messages_together() -> None:
    """The clock that is handed over says when it is over."""
    clock = [0.0]
    with MailServer() as server, connected(settings(server), now=lambda: clock[0]) as conversation:
        conversation.send(MESSAGE, (RECIPIENT,))
        clock[0] = 7.9
        conversation.send(MESSAGE, (RECIPIENT,))
        clock[0] = 8.0
        with pytest.raises(DeliveryFailed) as caught:
            conversation.send(MESSAGE, (RECIPIENT,))
    assert caught.value.reason == "did not answer within 8 s"
    assert len(server.messages) == 2


def test_a_name_server_that_does_not_answer_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system would wait for it much longer."""
    over, before = threading.Event(), {*threading.enumerate()}
    with MailServer() as server:
        monkeypatch.setattr(socket, "getaddrinfo", silent_names(over))
        assert failing(soon(server)).reason == f"did not answer within {SOON} s"
    over.set()
    for thread in {*threading.enumerate()} - before:
        thread.join(5)


def test_each_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that refuses, one that says nothing: each leaves the next its share of the time."""
    waits: list[float] = []
    connect: Callable[[Any, Any], None] = DeadlineSocket.connect

    def connecting(self: Any, address: Any) -> None:
        waits.append(self.gettimeout())
        if address[1] == 1:
            raise TimeoutError
        connect(self, address)

    with MailServer() as server:
        ports = (1, 1, server.port)
        entries = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port)) for port in ports]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
        monkeypatch.setattr(DeadlineSocket, "connect", connecting)
        clock = 100.0
        with connected(settings(server), now=lambda: clock) as conversation:
            conversation.send(MESSAGE, (RECIPIENT,))
        assert waits == pytest.approx([8 / 3, 8 / 2, 8])
        assert len(server.messages) == 1


# Secrets


@pytest.mark.parametrize("stage", ["AUTH", "MAIL", "RCPT", "DATA", "end"])
@pytest.mark.parametrize("kind", ["5", "4"])
def test_a_password_that_a_server_repeats_is_hidden(stage: str, kind: str) -> None:
    """Itself, in base64, as it was sent, and a piece of that."""
    plain = encoded(f"\0reports\0{PASSWORD}")
    said = f"{kind}35 5.7.8 no: {PASSWORD}, {encoded(PASSWORD)}, AUTH PLAIN {plain}, {plain[3:-5]}; really"
    with MailServer(acts={stage: said}) as server:
        failure = failing(settings(server))
    assert f"{kind}35 5.7.8 no: <hidden>, <hidden>, AUTH PLAIN <hidden>, <hidden>; really" in failure.reason
    assert plain[3:-5] not in failure.reason


def test_a_refused_recipient_hides_it_too() -> None:
    """The words to each recipient go the same way."""
    with MailServer(refuse={"no@example.com": f"550 {PASSWORD}"}) as server:
        found = send(settings(server), MESSAGE, RECIPIENT, "no@example.com")
    assert found == {"no@example.com": "550 <hidden>"}


def test_a_servers_words_are_one_short_printable_line() -> None:
    """Whatever it says goes to a terminal."""
    said = "550-\x1b[31mfirst\r\n550-\xff\xfe\r\n550 " + "x y " * 500
    with MailServer(acts={"MAIL": said}) as server:
        failure = failing(settings(server))
    assert failure.reason.startswith(f"refused the sender {SENDER} (550 [31mfirst ")
    assert len(failure.reason) < 400


def test_nothing_is_sent_without_a_server_named() -> None:
    """The error says which setting is missing."""
    with MailServer() as server:
        nowhere = settings(server, host=None)
    with pytest.raises(DataError, match="PAPER_RUN_SMTP_HOST is not set"):
        login(nowhere)
