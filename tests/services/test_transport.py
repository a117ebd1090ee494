"""HTTP over real sockets: deadlines, what is retried and what never is, and secrets."""

import base64
import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
import trustme
from support.socket_server import Act, SocketServer, after, answer, frozen, refusing, reset, serving, trickled

from paper_run.model.service import ServiceUrl
from paper_run.services import connection, transport
from paper_run.services.answer import Answer, CallFailed, NeverSent, NoAnswer, UnreadableAnswer
from paper_run.services.retries import retry_after
from paper_run.services.transport import Exchange, Transport

GOOD = answer(b'{"ok": 1.50}')
BUSY = answer(b'{"detail": "busy"}', "503 Service Unavailable")
CUT = GOOD[:-4]
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1, 2\r\n"

Call = Callable[[Transport, ServiceUrl, float], Answer]


def get(client: Transport, url: ServiceUrl, seconds: float = 5) -> Answer:
    return client.get(url, "/path", seconds=seconds, retry=False)


def get_again(client: Transport, url: ServiceUrl, seconds: float = 5) -> Answer:
    return client.get(url, "/path", seconds=seconds)


def post(client: Transport, url: ServiceUrl, seconds: float = 5) -> Answer:
    return client.post_once(
        url,
        "/run",
        {"a": "1.50"},
        headers={"Idempotency-Key": "k-1"},
        seconds=seconds,
        held_back=lambda: None,
    )


both = pytest.mark.parametrize("call", [get, post])


def played(act: Act, connection: socket.socket, server: SocketServer) -> None:
    if not callable(act):
        raise TypeError(act)
    act(connection, server)


class Ahead:
    """How many seconds the clock of the calls is ahead of the machine's."""

    seconds = 0.0
    stands: float | None = None
    """When the clock stands still: at what time."""

    def from_here(self, act: Act) -> Act:
        """Let no time go by until the request is there: a busy machine takes none of it."""
        self.stands = time.monotonic()

        def begun(connection: socket.socket, server: SocketServer) -> None:
            if self.stands is not None:
                self.seconds -= time.monotonic() - self.stands
                self.stands = None
            played(act, connection, server)

        return begun

    def now(self) -> float:
        return time.monotonic() + self.seconds if self.stands is None else self.stands

    def after(self, sent: bytes, seconds: float, more: Act) -> Act:
        """Send some bytes, let the time go by at once, and do the rest."""

        def act(connection: socket.socket, server: SocketServer) -> None:
            connection.sendall(sent)
            self.seconds += seconds
            played(more, connection, server)

        return act


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Ahead:
    made = Ahead()
    monkeypatch.setattr(connection.Call, "now", lambda _: made.now())
    return made


# A good answer


@both
def test_an_answer_is_read_whole(client: Transport, call: Call) -> None:
    """Status, body and the numbers in it, exactly; of the headers those that are read."""
    with serving(answer(b'{"ok": 1.50}', "201 Created", via="a", X_Odd="b")) as server:
        got = call(client, server.url, 5)
    assert (got.status, got.body, got.headers) == (201, b'{"ok": 1.50}', {"Via": "a"})
    assert str(got.json()["ok"]) == "1.50"
    assert got.url.startswith(server.url.base)


def test_a_post_carries_its_json_and_headers(client: Transport) -> None:
    """The body is JSON, with its type and the headers given."""
    with serving(GOOD) as server:
        post(client, server.url)
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/run", b'{"a":"1.50"}')
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["idempotency-key"] == "k-1"


def test_a_path_of_the_base_is_kept(client: Transport) -> None:
    """Services behind a reverse proxy have a prefix."""
    with serving(GOOD) as server:
        get(client, ServiceUrl(base=server.url.base + "/t5"))
    assert server.seen[0].path == "/t5/path"


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"{",
            b"nope",
            b'{"a": NaN}',
            b"[Infinity]",
            b"-Infinity",
            b"\xff",
            b"[" * 100_000,
            b"9" * 5000,
        ),
        b'{"a": 1e9999999999999999999}',
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_a_body_that_is_no_json_is_unreadable(body: bytes) -> None:
    """NaN, infinities, absurd nesting and whole numbers of 5,000 digits included; nothing else is raised."""
    with pytest.raises(UnreadableAnswer) as caught:
        Answer(url="http://x/y", status=200, headers={}, body=body, milliseconds=1).json()
    assert "http://x/y" in str(caught.value)


def test_each_request_is_told_to_who_watches() -> None:
    """`-v` gets method, URL, status or reason, and milliseconds of each attempt."""
    seen: list[Exchange] = []
    client = Transport(watch=seen.append, pause=lambda _: None)
    with serving(BUSY, GOOD) as server:
        client.get(server.url, "/path", seconds=5)
        post(client, server.url)
    with pytest.raises(NeverSent):
        post(client, refusing())
    client.close()
    assert [(each.method, each.outcome) for each in seen] == [
        ("GET", "503"),
        ("GET", "200"),
        ("POST", "200"),
        ("POST", "refused the connection"),
    ]
    assert seen[0].url == f"{server.url.base}/path"
    assert all(each.milliseconds >= 0 for each in seen)


# Failures


@both
def test_a_refused_connection_provably_never_left(client: Transport, call: Call) -> None:
    """Nothing listens there, so nothing was sent."""
    url = refusing()
    with pytest.raises(NeverSent, match="refused the connection") as caught:
        call(client, url, 5)
    assert caught.value.url.startswith(url.base)


def test_a_host_that_is_unknown_provably_never_left(
    client: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that can't be resolved has got nothing."""

    def unknown(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NeverSent, match="can't be resolved"):
        post(client, ServiceUrl(base="http://nobody.invalid"))


@pytest.mark.parametrize(
    ("error", "words"),
    [(OSError(101, "Network is unreachable"), "can't be reached"), (TimeoutError("timed out"), "in time")],
)
def test_a_connection_never_made_provably_never_left(
    client: Transport, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    """No route, or no connection in time: nothing was sent."""

    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    monkeypatch.setattr(socket.socket, "connect", fail)
    with pytest.raises(NeverSent, match=words):
        post(client, ServiceUrl(base="http://127.0.0.1:9"))


LOST: dict[str, Act] = {
    "never answers": frozen,
    "closes at once": after(b""),
    "resets before any byte": after(b"", reset),
    "resets amid the headers": after(GOOD[:20], reset),
    "resets amid the body": after(CUT, reset),
    "announces more than it sends": after(CUT),
    "stops amid the body": after(CUT, frozen),
    "breaks off its chunks": after(CHUNKED),
    "sends no HTTP": after(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "sends odd chunks": after(CHUNKED + b"zz\r\n"),
}
WAITED_FOR = {"never answers", "stops amid the body"}


@both
@pytest.mark.parametrize("how", LOST)
def test_an_answer_that_is_not_whole_may_have_been_acted_upon(
    client: Transport, call: Call, ahead: Ahead, how: str
) -> None:
    """Once connected, every failure is NoAnswer: it proves nothing of what the service did."""
    with serving(ahead.from_here(LOST[how])) as server, pytest.raises(NoAnswer) as caught:
        call(client, server.url, 1 if how in WAITED_FOR else 60)
    assert len(server.seen) == 1
    assert caught.value.url.startswith(server.url.base)


@both
@pytest.mark.parametrize("act", [frozen, trickled(b"", GOOD, 0.1), trickled(GOOD[:-12], GOOD, 0.2)])
def test_a_deadline_bounds_the_whole_call(client: Transport, call: Call, ahead: Ahead, act: Act) -> None:
    """Silence, trickled headers and a trickled body all end when the time is over."""
    started = time.monotonic()
    with serving(ahead.from_here(act)) as server, pytest.raises(NoAnswer, match=r"did not answer within 1 s"):
        call(client, server.url, 1)
    assert 0.9 < time.monotonic() - started < 30


@both
def test_a_late_beginning_leaves_only_the_rest_of_the_time(
    client: Transport, call: Call, ahead: Ahead
) -> None:
    """A service that begins late and then hangs gets no second deadline."""
    started = time.monotonic()
    with (
        serving(ahead.after(b"", 59.5, after(GOOD[:30], frozen))) as server,
        pytest.raises(NoAnswer, match="within 60 s"),
    ):
        call(client, server.url, 60)
    assert time.monotonic() - started < 30


@both
def test_a_call_whose_time_is_over_before_it_connects_was_never_sent(client: Transport, call: Call) -> None:
    """Nothing can have left: it is no connection that was broken off."""
    with serving(GOOD) as server, pytest.raises(NeverSent, match="did not accept a connection in time"):
        call(client, server.url, 1e-9)
    assert server.connections == 0


def test_a_trickled_body_with_a_large_length_ends_in_time(client: Transport, ahead: Ahead) -> None:
    """A body that grows steadily, but too slowly, is given up at the deadline."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with (
        serving(ahead.after(head, 60, trickled(b"", b" " * 100_000, 0.01))) as server,
        pytest.raises(NoAnswer, match="within 60 s"),
    ):
        get(client, server.url, 60)


@both
def test_a_body_beyond_the_limit_is_not_read(
    client: Transport, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endless answer does not fill the memory."""
    monkeypatch.setattr(transport, "LARGEST_BODY", 1 << 20)
    with serving(answer(b" " * ((1 << 20) + 1)), GOOD) as server:
        with pytest.raises(UnreadableAnswer, match="more than 1 MiB"):
            call(client, server.url, 5)
        assert call(client, server.url, 5).status == 200


@both
def test_a_body_at_the_limit_is_read(client: Transport, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit itself is allowed."""
    monkeypatch.setattr(transport, "LARGEST_BODY", 1 << 20)
    with serving(answer(b" " * (1 << 20))) as server:
        assert len(call(client, server.url, 5).body) == 1 << 20


# Where requests go, and with what


@both
@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
def test_a_redirect_is_not_followed(client: Transport, call: Call, status: str) -> None:
    """The redirect itself is the answer; the place it points to is not asked."""
    with (
        serving(GOOD) as elsewhere,
        serving(answer(b"", status, Location=elsewhere.url.base + "/x")) as server,
    ):
        assert call(client, server.url, 5).status == int(status[:3])
    assert len(server.seen) == 1
    assert elsewhere.connections == 0


@both
def test_proxies_of_the_environment_are_ignored(
    client: Transport, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The services are asked directly, whatever HTTP_PROXY says."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, refusing().base)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(GOOD) as server:
        assert call(client, server.url, 5).status == 200


@both
def test_netrc_is_ignored(
    client: Transport, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Passwords of other programs are not sent to the services."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login jo password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(GOOD) as server:
        call(client, server.url, 5)
    assert "authorization" not in server.seen[0].headers


def test_a_cookie_is_not_kept(client: Transport) -> None:
    """One answer does not change the next request."""
    with serving(answer(Set_Cookie="session=1; Path=/")) as server:
        get(client, server.url)
        get(client, server.url)
    assert "cookie" not in server.seen[1].headers


@both
def test_credentials_go_out_as_basic_authentication(client: Transport, call: Call) -> None:
    """User and password of the URL become an Authorization header."""
    with serving(GOOD) as server:
        call(client, ServiceUrl(base=server.url.base, credentials=("jo@desk", "s3cr:t")), 5)
    expected = base64.b64encode(b"jo@desk:s3cr:t").decode()
    assert server.seen[0].headers["authorization"] == f"Basic {expected}"


@both
@pytest.mark.parametrize("act", [None, *LOST.values()], ids=["refused", *LOST])
def test_no_failure_gives_the_password_away(call: Call, act: Act | None) -> None:
    """Neither the exception nor those it came from nor what `-v` shows holds the credentials."""
    shown: list[str] = []
    client = Transport(watch=lambda exchange: shown.append(str(exchange)), pause=lambda _: None)
    with serving(act or GOOD) as server:
        url = ServiceUrl(base=(server.url if act else refusing()).base, credentials=("jo", "s3cret"))
        with pytest.raises(CallFailed) as caught:
            call(client, url, 0.2)
    client.close()
    error: BaseException | None = caught.value
    while error is not None:
        shown += [str(error), repr(error)]
        error = error.__cause__ or error.__context__
    assert len(shown) >= 3
    secrets = ("s3cret", base64.b64encode(b"jo:s3cret").decode())
    assert not [text for text in shown for secret in secrets if secret in text]


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    made = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [openssl, *made.split(), "-keyout", path.with_suffix(".key"), "-out", path.with_suffix(".crt")],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.with_suffix(".key").read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@contextlib.contextmanager
def over_tls(certificate: Path, *acts: Act) -> Iterator[tuple[SocketServer, ServiceUrl]]:
    """Serve the acts over TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with serving(*acts, wrap=lambda plain: context.wrap_socket(plain, server_side=True)) as server:
        yield server, ServiceUrl(base=f"https://127.0.0.1:{server.port}")


@both
def test_a_trusted_service_is_asked_over_tls(
    client: Transport, call: Call, ahead: Ahead, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An https URL works, and its deadline bounds a trickle as well."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.with_suffix(".crt")))
    client = Transport()
    with over_tls(certificate, GOOD, ahead.after(GOOD[:9], 60, trickled(b"", GOOD))) as (server, url):
        assert call(client, url, 60).status == 200
        with pytest.raises(NoAnswer, match="within 60 s"):
            call(client, url, 60)
    assert len(server.seen) == 2


@both
def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    client: Transport, call: Call, certificate: Path
) -> None:
    """The request is not sent to it, which is said with what helps; it is not asked again."""
    with over_tls(certificate, GOOD) as (server, url):
        with pytest.raises(NeverSent, match="is not trusted") as caught:
            (get_again if call is get else call)(client, url, 5)
        assert caught.value.reason == "has a certificate that is not trusted (self-signed certificate)"
        assert "REQUESTS_CA_BUNDLE" in caught.value.fix
        assert server.seen == []
        assert server.connections == 1


@both
@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"names": ["other.example"]}, "has a certificate of another name (IP address mismatch"),
        ({"not_after": datetime(2020, 1, 1, tzinfo=UTC)}, "has a certificate that has expired"),
        ({"not_before": datetime(2090, 1, 1, tzinfo=UTC)}, "has a certificate that is not valid yet"),
    ],
)
def test_a_certificate_of_another_name_or_time_is_said_to_be_that(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: dict[str, Any], words: str
) -> None:
    """With what helps; a bundle that is not there is named."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    times = dict(made)
    names = times.pop("names", ["127.0.0.1"])
    authority.issue_cert(*names, **times).private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with over_tls(tmp_path / "both.pem", GOOD) as (server, url):
        with pytest.raises(NeverSent) as caught:
            call(Transport(), url, 5)
        assert caught.value.reason.startswith(words)
        assert caught.value.fix
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
        with pytest.raises(NeverSent) as caught:
            call(Transport(), url, 5)
        assert str(tmp_path / "gone.pem") in caught.value.words
        assert server.seen == []


# Retries


@pytest.mark.parametrize(
    "act",
    [
        BUSY,
        answer(b"", "429 Too Many Requests"),
        answer(b"", "502 Bad Gateway"),
        answer(b"", "504 Gateway Timeout"),
        after(b""),
        after(CUT, reset),
    ],
)
def test_a_get_outlives_a_passing_failure(client: Transport, act: Act) -> None:
    """503, 429, 502, 504 and a broken connection are asked again, until the answer comes."""
    with serving(act, act, GOOD) as server:
        assert get_again(client, server.url).status == 200
    assert len(server.seen) == 3


def test_a_get_waits_for_a_service_that_is_just_starting() -> None:
    """A refused connection is tried again within the deadline."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = ServiceUrl(base=f"http://127.0.0.1:{port}")
    started: list[SocketServer] = []

    def start_instead_of_pausing(_seconds: float) -> None:
        if not started:
            server = SocketServer((GOOD,))
            server._listener.close()
            server._listener = socket.create_server(("127.0.0.1", port))
            threading.Thread(target=server.serve, daemon=True).start()
            started.append(server)

    client = Transport(pause=start_instead_of_pausing)
    assert get_again(client, url).status == 200
    client.close()
    started[0].stop()


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 500, 501])
def test_a_get_takes_a_lasting_failure_for_an_answer(client: Transport, status: int) -> None:
    """404, 500 and the like are answered once and returned, not raised."""
    with serving(answer(b"", f"{status} Odd")) as server:
        assert get_again(client, server.url).status == status
    assert len(server.seen) == 1


def test_a_get_without_retries_asks_once(client: Transport) -> None:
    """Where the caller looks again itself, one failure is the answer."""
    with serving(BUSY, GOOD) as server:
        assert get(client, server.url).status == 503
    assert len(server.seen) == 1


class Clock:
    """A monotonic clock that moves only when a pause is taken."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.time

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds


def test_the_retries_of_a_get_end_with_its_deadline() -> None:
    """The last answer is returned, and no pause goes past the deadline."""
    clock = Clock()
    client = Transport(now=clock.now, pause=clock.pause)
    with serving(BUSY) as server:
        assert client.get(server.url, "/", seconds=10).status == 503
    client.close()
    assert 5 < clock.time - 1000 < 10
    assert len(server.seen) == len(clock.pauses) + 1
    assert clock.pauses[0] <= 0.1
    assert all(0.05 <= pause <= 2 for pause in clock.pauses)


def test_a_refused_get_is_raised_when_its_time_is_over() -> None:
    """The last failure is what the caller gets."""
    clock = Clock()
    client = Transport(now=clock.now, pause=clock.pause)
    with pytest.raises(NeverSent):
        client.get(refusing(), "/", seconds=3)
    client.close()
    assert clock.pauses
    assert clock.time < 1003


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_get_pauses_as_long_as_it_is_asked_to(status: str) -> None:
    """Retry-After sets the pause."""
    clock = Clock()
    client = Transport(now=clock.now, pause=clock.pause)
    with serving(answer(b"", status, Retry_After="3"), GOOD) as server:
        assert client.get(server.url, "/", seconds=10).status == 200
    client.close()
    assert clock.pauses == [3]


def test_a_get_does_not_wait_for_a_retry_after_its_deadline() -> None:
    """When the service asks for more time than there is, its answer is returned at once."""
    clock = Clock()
    client = Transport(now=clock.now, pause=clock.pause)
    with serving(answer(b"", "429 Too Many Requests", Retry_After="3600")) as server:
        assert client.get(server.url, "/", seconds=10).status == 429
    client.close()
    assert clock.pauses == []


@pytest.mark.parametrize(("left", "calls"), [(0.04, 1), (0.06, 2)])
def test_a_get_is_not_tried_again_where_there_is_no_time_to_be_answered(left: float, calls: int) -> None:
    """A call that is cut off at once would only say that it was late: the words before stand."""
    clock = Clock()
    client = Transport(now=clock.now, pause=clock.pause)
    with serving(answer(b"", "503 Service Unavailable", Retry_After="3")) as server:
        assert client.get(server.url, "/", seconds=3 + left).status == 503
    client.close()
    assert len(server.seen) == calls


def test_retry_after_is_seconds_or_a_date() -> None:
    """Both forms of the header are read; a date in the past is 0; anything else is as good as none."""
    moment = datetime(2025, 1, 17, 14, 0, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        later = format_datetime(moment + timedelta(seconds=90), usegmt=True)
        earlier = format_datetime(moment - timedelta(seconds=90), usegmt=True)
        assert retry_after({"Retry-After": " 7 "}) == 7
        assert retry_after({"Retry-After": "0"}) == 0
        assert retry_after({"Retry-After": later}) == 90
        assert retry_after({"Retry-After": earlier}) == 0
    for odd in ("", "soon", "-1", "1.5", "٧", "9" * 5000, "Fri, 99 Foo 2025 99:99:99 GMT"):
        value = retry_after({"Retry-After": odd})
        assert value is None or value > 10**6
    assert retry_after({}) is None


@pytest.mark.parametrize(
    "act",
    [BUSY, answer(b"", "429 Too Many Requests", Retry_After="0"), answer(b"", "500 Odd"), *LOST.values()],
)
def test_a_post_is_never_sent_again(client: Transport, act: Act) -> None:
    """Whatever comes of it, one POST leaves."""
    with serving(act, GOOD) as server:
        with contextlib.suppress(NoAnswer):
            assert post(client, server.url, 1).status in (429, 500, 503)
        assert get(client, server.url).status == 200
    assert [seen.method for seen in server.seen] == ["POST", "GET"]


# Connections


def test_gets_share_pooled_connections_and_a_post_has_its_own(client: Transport) -> None:
    """Reads reuse a connection; each POST opens a fresh one, on which no stale one can lose its answer."""
    with serving(GOOD) as server:
        for call in (get, get, post, post, get):
            call(client, server.url, 5)
    assert [seen.connection for seen in server.seen] == [1, 1, 2, 3, 1]


def test_eight_gets_at_once_use_eight_connections(client: Transport) -> None:
    """The pool holds as many connections as there are readers; the next round opens none."""
    together = threading.Barrier(8, timeout=60)
    with serving(GOOD) as server:

        def read() -> None:
            for _ in range(3):
                together.wait()
                get(client, server.url)

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.seen) == 24
    assert server.connections <= 8


@pytest.mark.parametrize("call", [get, get_again])
def test_an_idle_connection_that_the_service_closed_does_not_fail_a_get(
    client: Transport, call: Call
) -> None:
    """The next read notices and opens another."""
    with serving(after(GOOD), GOOD) as server:
        assert call(client, server.url, 5).status == 200
        server.until(lambda: server.closed == 1)
        assert call(client, server.url, 5).status == 200
    assert [seen.connection for seen in server.seen] == [1, 2]


def test_a_service_that_answers_without_end_does_not_harm_the_next_call(
    client: Transport, ahead: Ahead
) -> None:
    """A connection that was given up is not used again."""
    with serving(ahead.from_here(after(CUT, frozen)), GOOD) as server:
        with pytest.raises(NoAnswer):
            get(client, server.url, 1)
        assert get(client, server.url).json() == {"ok": Decimal("1.50")}
    assert server.connections == 2
