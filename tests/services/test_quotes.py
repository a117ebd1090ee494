"""Market data over real sockets: whole batches, odd symbols, deadlines, and keys that nobody gets to see."""

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.answers import Answer, redirect, too_many
from support.faulty_http import Log, Request, ScriptedService
from support.socket_server import SocketServer, answer, frozen, refusing, serving, trickled

from paper_run.model.redaction import Secrets
from paper_run.model.service import Exchange, ServiceUrl
from paper_run.sandbox import Sandbox
from paper_run.services.alpaca import Keys
from paper_run.services.answer import CallFailed, NeverSent, NoAnswer, UnreadableAnswer
from paper_run.services.quotes import MarketData, Quote, Quotes, Trade
from paper_run.services.transport import Transport

KEYS = Keys("PKTESTKEYID0123", "s3cretS3cretS3cret")
AT = "2025-01-17T14:00:00.123456789Z"
MOMENT = datetime(2025, 1, 17, 14, 0, 0, 123456, tzinfo=UTC)
QUOTES, TRADES = "/v2/stocks/quotes/latest", "/v2/stocks/trades/latest"
FIELDS: dict[str, dict[str, Any]] = {
    "quotes": {"t": AT, "ap": Decimal("150.26"), "as": 2, "bp": Decimal("150.24"), "bs": 3},
    "trades": {"t": AT, "p": Decimal("150.25"), "s": 100},
}


class Source(ScriptedService):
    """Market data of any symbol; what is odd about one is told by kind and symbol.

    `refused` symbols spoil their request; `hint` is what the source says of it. `priced` is all it answered.
    """

    def __init__(self) -> None:
        super().__init__("market data", Log())
        self.entries: dict[tuple[str, str], Any] = {}
        self.absent: set[str] = set()
        self.refused: set[str] = set()
        self.priced: list[tuple[str, str]] = []
        self.hint: Callable[[str], Any] = lambda symbol: {"message": f"invalid symbol: {symbol}"}

    def healthy(self, request: Request) -> tuple[int, Any]:
        kind = request.path.split("/")[3]
        symbols = request.query["symbols"][0].split(",")
        for symbol in symbols:
            if symbol in self.refused:
                return 400, self.hint(symbol)
        known = [symbol for symbol in symbols if symbol not in self.absent]
        self.priced += [(kind, symbol) for symbol in known]
        return 200, {kind: {symbol: self.entries.get((kind, symbol), FIELDS[kind]) for symbol in known}}

    @property
    def at(self) -> ServiceUrl:
        return ServiceUrl(base=self.url)

    @property
    def requests(self) -> list[Request]:
        return self.log.requests

    def asked(self, path: str) -> list[str]:
        """Every symbol asked for, as often as it was."""
        seen = [request for request in self.requests if request.path == path]
        return [symbol for request in seen for symbol in request.query["symbols"][0].split(",")]


@pytest.fixture
def source() -> Iterator[Source]:
    made = Source()
    made.up()
    yield made
    made.log.stopping.set()
    made.stop()
    assert made.log.crashes == []


@pytest.fixture
def transport() -> Iterator[Transport]:
    """A transport that retries at once."""
    made = Transport(pause=lambda _: None)
    yield made
    made.close()


def latest(
    transport: Transport, url: ServiceUrl, symbols: Iterable[str] = ("AAPL",), seconds: float = 5
) -> MarketData:
    return Quotes(transport, url, KEYS).latest(symbols, seconds=seconds)


# What is read


def test_quotes_and_trades_come_from_the_sandbox(transport: Transport, tmp_path: Path) -> None:
    """Before the bell: a quote of now beside the last close's trade, each with its time; no NOPRICE."""
    with Sandbox(tmp_path / "state.sqlite3") as sandbox:
        data = latest(transport, ServiceUrl(base=sandbox.quotes_url), ("AAPL", "NOPRICE", "MSFT"))
    assert sorted(data.quotes) == sorted(data.trades) == ["AAPL", "MSFT"]
    bid, ask, moment = data.quotes["AAPL"]
    price, traded = data.trades["AAPL"]
    assert bid is not None
    assert ask is not None
    assert price is not None
    assert 0 < bid < ask
    assert traded == datetime(2024, 12, 31, 21, 0, tzinfo=UTC)
    assert moment is not None
    assert moment.replace(second=0, microsecond=0) == datetime(2025, 1, 2, 14, 0, tzinfo=UTC)
    assert data.problems == ()


def test_prices_keep_their_digits_and_times_their_microseconds(source: Source, transport: Transport) -> None:
    """Nine fractional digits are cut to six, in UTC; a price goes through no binary float."""
    source.entries["trades", "AAPL"] = {"t": AT, "p": Decimal("150.2500000000000000001")}
    data = latest(transport, source.at)
    assert data.quotes == {"AAPL": Quote(Decimal("150.24"), Decimal("150.26"), MOMENT)}
    assert str(data.trades["AAPL"].price) == "150.2500000000000000001"
    assert data.trades["AAPL"].time == MOMENT
    assert MOMENT.utcoffset() == data.trades["AAPL"].time.utcoffset()


def test_a_request_has_the_keys_the_feed_and_its_symbols(source: Source, transport: Transport) -> None:
    """As the source's documentation asks for it, once for quotes and once for trades."""
    latest(transport, source.at, ("AAPL", "BRK.B"))
    assert sorted(request.path for request in source.requests) == [QUOTES, TRADES]
    for request in source.requests:
        assert request.query == {"symbols": ["AAPL,BRK.B"], "feed": ["iex"]}
        assert request.headers["apca-api-key-id"] == KEYS.key_id
        assert request.headers["apca-api-secret-key"] == KEYS.secret


def test_absent_symbols_are_simply_absent(source: Source, transport: Transport) -> None:
    """Of what the source does not know nothing is said and nothing is wrong."""
    source.absent = {"GONE"}
    data = latest(transport, source.at, ("AAPL", "GONE"))
    assert list(data.quotes) == list(data.trades) == ["AAPL"]
    assert data.problems == ()


def test_a_source_without_any_entry_may_say_null(source: Source, transport: Transport) -> None:
    """An empty map is an answer, in either form, also null for one symbol."""
    source.always("GET", QUOTES, Answer(body={"quotes": None}))
    source.always("GET", TRADES, Answer(body={"trades": {"AAPL": None}}))
    assert latest(transport, source.at) == MarketData({}, {}, ())


@pytest.mark.parametrize("side", [0, Decimal("0.0"), -1, "NaN", "abc", None, True, [], "1E+999999"])
def test_a_side_that_is_no_price_is_none(source: Source, transport: Transport, side: Any) -> None:
    """Zero is how the source says that there is none; the other side stays."""
    source.entries["quotes", "AAPL"] = FIELDS["quotes"] | {"bp": side}
    source.entries["quotes", "MSFT"] = FIELDS["quotes"] | {"ap": side}
    source.entries["trades", "AAPL"] = FIELDS["trades"] | {"p": side}
    data = latest(transport, source.at, ("AAPL", "MSFT"))
    assert data.quotes["AAPL"] == Quote(None, Decimal("150.26"), MOMENT)
    assert data.quotes["MSFT"] == Quote(Decimal("150.24"), None, MOMENT)
    assert data.trades["AAPL"] == Trade(None, MOMENT)
    assert data.trades["MSFT"].price == Decimal("150.25")


def test_a_bare_nan_costs_its_side_alone(transport: Transport) -> None:
    """NaN and Infinity are no JSON, and yet no reason to unprice the other symbols of the batch."""
    entries = b'{"AAPL": {"ap": NaN, "bp": 1.5, "p": Infinity}, "MSFT": {"ap": 2.5, "bp": 2.4, "p": 2.45}}'
    with serving(answer(b'{"quotes": ' + entries + b', "trades": ' + entries + b"}")) as server:
        data = latest(transport, server.url, ("AAPL", "MSFT"))
    assert data.quotes["AAPL"] == Quote(Decimal("1.5"), None, None)
    assert data.trades["AAPL"] == Trade(None, None)
    assert data.quotes["MSFT"].ask == Decimal("2.5")
    assert data.problems == ()


def test_crossed_quotes_pass_untouched(source: Source, transport: Transport) -> None:
    """Which quote can be used is not decided here."""
    source.entries["quotes", "AAPL"] = {"t": AT, "bp": Decimal("151.00"), "ap": Decimal("150.00")}
    assert latest(transport, source.at).quotes["AAPL"][:2] == (Decimal("151.00"), Decimal("150.00"))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-01-17T14:00:00Z", datetime(2025, 1, 17, 14, tzinfo=UTC)),
        ("2025-01-17T14:00:00.1Z", datetime(2025, 1, 17, 14, 0, 0, 100000, tzinfo=UTC)),
        ("2025-01-17T14:00:00.999999999Z", datetime(2025, 1, 17, 14, 0, 0, 999999, tzinfo=UTC)),
        ("2025-01-17T09:00:00.5-05:00", datetime(2025, 1, 17, 14, 0, 0, 500000, tzinfo=UTC)),
        ("2025-01-17T14:00:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("2025-13-17T14:00:00Z", None),
        ("soon", None),
        ("", None),
        (None, None),
        (1737122400, None),
        ([], None),
    ],
)
def test_a_time_is_utc_or_none(source: Source, transport: Transport, text: Any, moment: Any) -> None:
    """What is no moment, has no zone or was never set is None; the price counts all the same."""
    source.entries["quotes", "AAPL"] = FIELDS["quotes"] | {"t": text}
    quote = latest(transport, source.at).quotes["AAPL"]
    assert quote == Quote(Decimal("150.24"), Decimal("150.26"), moment)
    assert quote.time is None or quote.time.tzinfo is UTC


@pytest.mark.parametrize("entry", [17, "150.25", [], True, {}, {"t": AT}])
def test_a_malformed_entry_costs_its_symbol_alone(source: Source, transport: Transport, entry: Any) -> None:
    """The symbol is dropped and named; the rest of its batch counts."""
    source.entries["quotes", "MSFT"] = source.entries["trades", "MSFT"] = entry
    data = latest(transport, source.at, ("AAPL", "MSFT", "GOOGL"))
    assert list(data.quotes) == list(data.trades) == ["AAPL", "GOOGL"]
    assert len(data.problems) == 2
    for kind, problem in zip(("quotes", "trades"), data.problems, strict=True):
        assert problem.startswith(f"the {kind} of MSFT: it answered one that can't be read")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(AT),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["quotes", "trades", "AAPL", "bp", "ap", "p", "t", "message"]), inner
        )
    ),
    max_leaves=12,
)


@given(body=json_values, status=st.sampled_from([200, 200, 200, 400, 422, 500]))
def test_no_answer_is_too_odd(body: Any, status: int) -> None:
    """Whatever JSON comes, prices are positive, times are aware, and nothing but CallFailed is raised."""

    class Canned(Transport):
        def get(self, url: ServiceUrl, path: str, **_: Any) -> Any:
            from paper_run.services.answer import Answer as Received

            return Received(url.base + path, status, {}, json.dumps(body).encode(), 1)

    try:
        data = latest(Canned(), ServiceUrl(base="http://127.0.0.1:9"), ("AAPL", "MSFT"))
    except CallFailed:
        return
    for bid, ask, moment in data.quotes.values():
        assert all(side is None or side > 0 for side in (bid, ask))
        assert moment is None or moment.utcoffset() is not None
    assert all(price is None or price > 0 for price, _ in data.trades.values())


# Batches


def test_every_symbol_is_asked_once_and_no_request_is_long(source: Source, transport: Transport) -> None:
    """450 long names: at most 1,500 characters of query each, once per kind, repeats ignored."""
    targets: list[str] = []
    watching = Transport(watch=lambda exchange: targets.append(exchange.url))
    symbols = [f"LONGNAMEOFASTOCK.{number:03}.{'W' * 11}" for number in range(450)]
    data = latest(watching, source.at, [*symbols, *symbols[:20]])
    watching.close()
    assert all(len(urlsplit(target).query) <= 1500 for target in targets)
    assert max(len(urlsplit(target).query) for target in targets) > 1400
    for path in (QUOTES, TRADES):
        assert sorted(source.asked(path)) == symbols
    assert sorted(data.quotes) == sorted(data.trades) == symbols


def test_a_batch_holds_a_hundred_short_names(source: Source, transport: Transport) -> None:
    """250 symbols take three requests of each kind."""
    latest(transport, source.at, [f"S{number}" for number in range(250)])
    for path in (QUOTES, TRADES):
        sizes = [len(r.query["symbols"][0].split(",")) for r in source.requests if r.path == path]
        assert sorted(sizes) == [50, 100, 100]


def test_eight_requests_are_under_way_at_once(transport: Transport) -> None:
    """Quotes and trades go out together: the source answers only once eight have arrived."""
    together = threading.Barrier(8, timeout=60)

    def act(connection: socket.socket, _server: SocketServer) -> None:
        together.wait()
        connection.sendall(answer(b'{"quotes": {}, "trades": {}}'))

    with serving(act) as server:
        data = latest(transport, server.url, [f"S{number}" for number in range(800)], 9)
    assert data == MarketData({}, {}, ())
    first = [urlsplit(seen.path).path for seen in server.seen[:8]]
    assert sorted(first) == [QUOTES] * 4 + [TRADES] * 4


def test_what_is_no_stock_is_not_asked(source: Source, transport: Transport) -> None:
    """Crypto pairs, and what could not be told apart in a list, are absent without a request of their own."""
    odd = ("BTC/USD", "", "A,B", "A B", "Ä", "x" * 33, "\ud800", "\n")
    data = latest(transport, source.at, ("AAPL", *odd))
    assert source.asked(QUOTES) == source.asked(TRADES) == ["AAPL"]
    assert list(data.quotes) == ["AAPL"]
    assert data.problems == ()
    assert latest(transport, refusing(), ("BTC/USD",)) == MarketData({}, {}, ())


def test_a_symbol_can_not_change_the_request(source: Source, transport: Transport) -> None:
    """Characters that mean something in a URL are escaped."""
    data = latest(transport, source.at, ("A&feed=sip", "B#C", "D%2CE"))
    assert {request.query["feed"][0] for request in source.requests} == {"iex"}
    assert source.asked(QUOTES) == ["A&feed=sip", "B#C", "D%2CE"]
    assert len(data.quotes) == 3


# Failures


def test_too_many_requests_is_waited_for(source: Source) -> None:
    """429 with Retry-After, then 200: the pause is the one asked for, and nothing is missing."""
    pauses: list[float] = []
    patient = Transport(pause=pauses.append)
    source.script("GET", QUOTES, [too_many("2")])
    data = latest(patient, source.at, seconds=10)
    patient.close()
    assert pauses == [2]
    assert "AAPL" in data.quotes
    assert data.problems == ()


def test_a_pause_beyond_the_deadline_is_not_taken(source: Source) -> None:
    """A source that asks for a minute is told of at once."""
    pauses: list[float] = []
    patient = Transport(pause=pauses.append)
    source.always("GET", "*", too_many("60"))
    with pytest.raises(NoAnswer, match="answered 429: Rate limit exceeded"):
        latest(patient, source.at, seconds=5)
    patient.close()
    assert pauses == []


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_keys_are_told_in_the_sources_words(source: Source, transport: Transport, status: int) -> None:
    """The reason is the source's; the address is its base, without a hundred symbols."""
    source.always("GET", "*", Answer(status=status, body={"message": "forbidden."}))
    with pytest.raises(UnreadableAnswer) as caught:
        latest(transport, source.at, [f"S{number}" for number in range(150)])
    assert caught.value.reason == f"answered {status}: forbidden"
    assert str(caught.value) == f"{source.url} answered {status}: forbidden"
    assert len(source.requests) == 4


def test_a_source_that_is_down_is_told_of(transport: Transport) -> None:
    """Nothing listens there."""
    with pytest.raises(NeverSent, match="refused the connection"):
        latest(transport, refusing(), seconds=0.3)


@pytest.mark.parametrize("body", [b"", b"<html>login</html>", b"[]", b"{}", b'{"quotes": 5, "trades": []}'])
def test_an_answer_that_is_no_market_data_is_unreadable(transport: Transport, body: bytes) -> None:
    """200 proves nothing: a login page of some network is not an empty market."""
    with serving(answer(body)) as server, pytest.raises(UnreadableAnswer, match="answered 200 with"):
        latest(transport, server.url)


def test_one_failed_batch_leaves_the_others(source: Source, transport: Transport) -> None:
    """The problem names the kind, the first symbols and how many more, and the source's reason."""
    source.script("GET", TRADES, [Answer(status=500, body={"message": "internal error"})])
    symbols = [f"S{number:03}" for number in range(250)]
    data = latest(transport, source.at, symbols)
    assert list(data.quotes) == symbols
    missing = [symbol for symbol in symbols if symbol not in data.trades]
    assert len(missing) in (50, 100)
    named = f"{', '.join(missing[:3])} and {len(missing) - 3} more"
    assert data.problems == (f"the trades of {named}: it answered 500: internal error",)


def test_trades_alone_are_still_market_data(source: Source, transport: Transport) -> None:
    """One kind that fails altogether is one problem, not one for each batch."""
    source.always("GET", QUOTES, Answer(status=403, body={"message": "forbidden."}))
    symbols = [f"S{number:03}" for number in range(250)]
    data = latest(transport, source.at, symbols)
    assert data.quotes == {}
    assert list(data.trades) == symbols
    assert data.problems == ("the quotes of S000, S001, S002 and 247 more: it answered 403: forbidden",)


# Odd symbols


@pytest.mark.parametrize("named", ["invalid symbol: {}", "Invalid symbol: {}.", "invalid symbols: '{}', 'X'"])
def test_an_invalid_symbol_that_is_named_is_left_out(
    source: Source, transport: Transport, named: str
) -> None:
    """One more request without it prices the rest; the symbol is named as the problem."""
    source.refused = {"ODD.X"}
    source.hint = lambda symbol: {"code": 400, "message": named.format(symbol)}
    symbols = [
        *(f"S{number:02}" for number in range(40)),
        "ODD.X",
        *(f"T{number:02}" for number in range(40)),
    ]
    data = latest(transport, source.at, symbols)
    assert len(source.requests) == 4
    assert sorted(data.quotes) == sorted(data.trades) == sorted(set(symbols) - {"ODD.X"})
    assert [problem.partition(": it answered 400: ")[0] for problem in data.problems] == [
        "the quotes of ODD.X",
        "the trades of ODD.X",
    ]
    assert "nvalid symbol" in data.problems[0]


@pytest.mark.parametrize("odd", [["S63"], ["S07", "S63"]])
@pytest.mark.parametrize("hint", [{"message": "invalid symbol"}, {"code": 40010001}, ""])
def test_an_invalid_symbol_that_is_not_named_is_found(
    source: Source, transport: Transport, hint: Any, odd: list[str]
) -> None:
    """The batch is halved until the odd ones stand alone; nothing that was priced is asked again."""
    source.refused = set(odd)
    source.hint = lambda _: hint
    symbols = [f"S{number:02}" for number in range(100)]
    data = latest(transport, source.at, symbols)
    assert sorted(data.quotes) == sorted(data.trades) == sorted(set(symbols) - set(odd))
    assert [problem.partition(": it answered 400")[0] for problem in data.problems] == [
        f"the quotes of {', '.join(odd)}",
        f"the trades of {', '.join(odd)}",
    ]
    assert len(source.requests) <= 2 * 14 * len(odd) + 2
    assert len(source.priced) == len(set(source.priced)) == 2 * (100 - len(odd))


def test_a_word_that_is_a_symbol_too_is_not_taken_for_the_odd_one(
    source: Source, transport: Transport
) -> None:
    """Only what follows "invalid symbol" names one."""
    source.refused = {"ZZZ"}
    source.hint = lambda symbol: {"message": f"A symbol in the list is invalid symbol: {symbol}"}
    data = latest(transport, source.at, ("A", "ZZZ", "IN"))
    assert sorted(data.quotes) == sorted(data.trades) == ["A", "IN"]


def test_only_odd_symbols_are_no_failure_of_the_source(source: Source, transport: Transport) -> None:
    """It was reached and says why it has nothing."""
    source.refused = {"ODD"}
    data = latest(transport, source.at, ("ODD",))
    assert data == MarketData(
        {},
        {},
        tuple(f"the {kind} of ODD: it answered 400: invalid symbol: ODD" for kind in ("quotes", "trades")),
    )


def test_a_refusal_of_something_else_is_not_halved(source: Source, transport: Transport) -> None:
    """A source that dislikes the feed dislikes it for each symbol."""
    source.always("GET", "*", Answer(status=400, body={"message": "invalid feed: iex"}))
    with pytest.raises(UnreadableAnswer, match="answered 400: invalid feed: iex"):
        latest(transport, source.at, ("AAPL", "MSFT"))
    assert len(source.requests) == 2


def test_a_source_that_refuses_everything_is_not_asked_without_end(
    source: Source, transport: Transport
) -> None:
    """A batch takes at most 32 requests; without a word about symbols it is the source that failed."""
    source.always("GET", "*", Answer(status=400, body=""))
    with pytest.raises(UnreadableAnswer, match="answered 400"):
        latest(transport, source.at, [f"S{number}" for number in range(100)])
    assert len(source.requests) <= 64


# The deadline


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
OVER = r"did not answer within 0\.\d s|was not asked any more, its time was over"
"""The second only of a machine that is so busy that no request left in time."""


@pytest.mark.parametrize(
    "act",
    [frozen, trickled(HEAD, b" " * 5000), trickled(b"", HEAD)],
    ids=["frozen", "trickled body", "trickled head"],
)
def test_a_slow_source_ends_with_the_deadline(act: Any) -> None:
    """Of two hundred requests on eight threads none is sent when the time is over."""
    waiting = Transport()
    started = time.monotonic()
    with serving(act) as server, pytest.raises(NoAnswer, match=OVER):
        latest(waiting, server.url, [f"S{number}" for number in range(10_000)], 0.5)
    waiting.close()
    assert time.monotonic() - started > 0.4
    assert len(server.seen) <= 8


def test_what_came_before_the_deadline_counts(source: Source) -> None:
    """Trades that never come do not cost the quotes."""
    waiting = Transport()
    source.always("GET", TRADES, Answer(freeze=True))
    started = time.monotonic()
    data = latest(waiting, source.at, ("AAPL", "MSFT"), 1.5)
    waiting.close()
    assert time.monotonic() - started < 15
    assert list(data.quotes) == ["AAPL", "MSFT"]
    assert data.problems == ("the trades of AAPL, MSFT: it did not answer within 1.5 s",)


def test_a_batch_is_not_asked_after_the_deadline(source: Source, transport: Transport) -> None:
    """The clock is passed in: with the time over nothing is sent any more."""
    times = iter([100.0, 105.0, 106.0])
    quotes = Quotes(transport, source.at, KEYS, now=lambda: next(times))
    with pytest.raises(NoAnswer, match="not asked any more"):
        quotes.latest(["AAPL"], seconds=5)
    assert source.requests == []


# The keys


def test_a_redirect_does_not_get_the_keys(source: Source, transport: Transport) -> None:
    """The place it points to, on another host, is not asked at all."""
    with serving(answer(b'{"quotes": {}, "trades": {}}')) as elsewhere:
        source.always("GET", "*", redirect(elsewhere.url.base.replace("127.0.0.1", "localhost") + QUOTES))
        with pytest.raises(UnreadableAnswer, match="answered 307"):
            latest(transport, source.at)
        assert elsewhere.connections == 0


ECHO = [
    Answer(status=403, body={"message": f"key {KEYS.key_id} with {KEYS.secret} is forbidden."}),
    Answer(status=403, body={"message": "x" * 590 + KEYS.secret}),
    Answer(
        status=403, body='{"message": "' + "".join(f"\\u{ord(letter):04x}" for letter in KEYS.secret) + '"}'
    ),
    Answer(status=400, body={"message": f"invalid symbol or key {KEYS.secret}"}),
    Answer(status=500, body=f"<p>{KEYS.key_id} {KEYS.secret}</p>"),
    Answer(body=KEYS.secret),
    Answer(body={"quotes": KEYS.secret, "trades": KEYS.secret}),
    Answer(body={"quotes": {"AAPL": KEYS.secret}, "trades": {"AAPL": KEYS.secret}}),
    Answer(body={"quotes": {"AAPL": {"t": KEYS.secret, "bp": KEYS.secret}}}),
    Answer(reset=True),
    Answer(freeze=True),
]


@pytest.mark.parametrize("echo", ECHO)
def test_the_keys_are_shown_nowhere(source: Source, echo: Answer) -> None:
    """Not in an error, those it came from, a problem or what is watched, though the source repeats them."""
    shown: list[str] = []
    exchanges: list[Exchange] = []
    watching = Transport(watch=exchanges.append, pause=lambda _: None, secrets=Secrets(keys=KEYS))
    source.always("GET", "*", echo)
    quotes = Quotes(watching, source.at, KEYS)
    error: BaseException | None = None
    try:
        shown.append(repr(quotes.latest(["AAPL"], seconds=0.3 if echo.freeze or echo.reset else 60)))
    except CallFailed as failure:
        error = failure
    while error is not None:
        shown += [str(error), repr(error), repr(error.args)]
        error = error.__cause__ or error.__context__
    watching.close()
    shown += [repr(exchange) for exchange in exchanges]
    shown += [repr(KEYS), str(KEYS), f"{KEYS}", repr(quotes)]
    secrets = (KEYS.key_id, KEYS.secret, KEYS.secret[:6], base64.b64encode(KEYS.secret.encode()).decode())
    assert [text for text in shown for secret in secrets if secret in text] == []
    assert {exchange.method for exchange in exchanges} == {"GET"}
    assert {urlsplit(exchange.url).path for exchange in exchanges} == {QUOTES, TRADES}


def test_each_request_is_told_to_who_watches(source: Source) -> None:
    """Method, address with its symbols, outcome and milliseconds."""
    seen: list[Exchange] = []
    watching = Transport(watch=seen.append)
    latest(watching, source.at, ("AAPL", "MSFT"))
    watching.close()
    assert [(each.method, each.outcome) for each in seen] == [("GET", "200")] * 2
    assert parse_qs(urlsplit(seen[0].url).query)["symbols"] == ["AAPL,MSFT"]
    assert all(each.milliseconds >= 0 for each in seen)


@pytest.mark.parametrize("bad", ["", "a\nb", "abc\r", " abc", "schlüssel", "a b"])
def test_a_key_that_no_header_can_hold_is_refused_unseen(transport: Transport, bad: str) -> None:
    """At once, and without a word of it."""
    for keys in (Keys(bad, "s"), Keys("k", bad)):
        with pytest.raises(ValueError, match="no HTTP header can") as caught:
            Quotes(transport, refusing(), keys)
        assert not bad or bad not in str(caught.value)


# The proxy of the environment


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names no proxy yet."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


FAR = ServiceUrl(base="http://data.example.invalid")
NOTHING = answer(b'{"quotes": {}, "trades": {}}')


def test_a_source_on_the_internet_is_asked_through_the_proxy(no_proxies: pytest.MonkeyPatch) -> None:
    """With a transport that minds the environment; one that does not never gets there."""
    outward, direct = Transport(environment=True), Transport(pause=lambda _: None)
    with serving(NOTHING) as proxy:
        no_proxies.setenv("http_proxy", proxy.url.base)
        assert latest(outward, FAR) == MarketData({}, {}, ())
        assert {urlsplit(seen.path).hostname for seen in proxy.seen} == {"data.example.invalid"}
        with pytest.raises(CallFailed):
            latest(direct, FAR, seconds=0.3)
        assert len(proxy.seen) == 2
    outward.close()
    direct.close()


def test_a_source_on_loopback_is_asked_directly(source: Source, no_proxies: pytest.MonkeyPatch) -> None:
    """The sandbox has market data too, and no proxy reaches it."""
    outward = Transport(environment=True)
    for name in ("http_proxy", "all_proxy"):
        no_proxies.setenv(name, refusing().base)
    assert "AAPL" in latest(outward, source.at).quotes
    outward.close()


def test_netrc_is_not_for_the_source(source: Source, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Minding the environment's proxies does not send it the passwords of other programs."""
    (tmp_path / "netrc").write_text("default login jo password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    outward = Transport(environment=True)
    latest(outward, source.at)
    outward.close()
    assert source.requests
    assert not [request for request in source.requests if "authorization" in request.headers]


@pytest.mark.parametrize("proxy", ["refused", "socks5h://127.0.0.1:9", "http://"])
def test_a_proxy_that_does_not_work_is_named_as_what_is_wrong(
    no_proxies: pytest.MonkeyPatch, proxy: str
) -> None:
    """Not the source, which was never reached."""
    no_proxies.setenv("http_proxy", refusing().base if proxy == "refused" else proxy)
    outward = Transport(environment=True, pause=lambda _: None)
    with pytest.raises(NoAnswer, match="through the proxy that the environment names"):
        latest(outward, FAR, seconds=0.3)
    outward.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("act", [frozen, trickled(b"", HEAD)], ids=["frozen", "trickled"])
def test_a_slow_proxy_ends_with_the_deadline(no_proxies: pytest.MonkeyPatch, scheme: str, act: Any) -> None:
    """Also while the tunnel for https is still being made."""
    outward = Transport(environment=True)
    started = time.monotonic()
    with serving(act) as proxy:
        no_proxies.setenv(f"{scheme}_proxy", proxy.url.base)
        with pytest.raises(NoAnswer):
            latest(outward, ServiceUrl(base=f"{scheme}://data.example.invalid"), seconds=1)
        assert proxy.seen
    outward.close()
    assert time.monotonic() - started < 15
