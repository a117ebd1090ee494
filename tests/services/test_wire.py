"""Reading the wire: each field checked where it enters, and a service's own words made harmless."""

import contextlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from builders.wire import answered, body, mapping
from hypothesis import given, settings
from hypothesis import strategies as st

from paper_run.services import wire
from paper_run.services.answer import UnreadableAnswer
from paper_run.services.orchestrator import read_orchestration

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=20)
    | st.from_regex(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,7})?", fullmatch=True)
)
names = st.sampled_from(
    [
        "detail",
        "error",
        "message",
        "reason",
        "loc",
        "msg",
        "engaged_by",
        "status",
        "mappings",
        "run_id",
        "symbol",
    ]
) | st.text(max_size=5)
bodies = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)


# The five error bodies


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"detail": "Model not loaded"}, "Model not loaded"),
        (
            {"detail": [{"type": "too_short", "loc": ["body", "symbols"], "msg": "too short", "input": []}]},
            "body.symbols: too short",
        ),
        (
            {"detail": [{"loc": ["body", 0], "msg": "a"}, {"loc": "query", "msg": "b"}]},
            "body.0: a; query: b",
        ),
        ({"detail": {"error": "kill_switch", "message": "halted"}}, "kill_switch: halted"),
        ({"error": "ServiceError", "detail": "no broker", "timestamp": "2025"}, "ServiceError: no broker"),
        ("Internal Server Error", "Internal Server Error"),
        ('"quoted"', "quoted"),
        ("", ""),
        ({}, ""),
        ([], ""),
        ("null", ""),
        ("17", ""),
        ({"detail": None}, ""),
        ({"detail": {"error": 5, "message": ["x"]}}, ""),
        ({"error": "only"}, "only"),
    ],
)
def test_each_error_body_gives_the_services_own_reason(value: Any, said: str) -> None:
    """Text, list, object, error with detail, and plain text; a body that says nothing gives nothing."""
    assert wire.reason(answered(value, 500)).replace(";", ":") == said.replace(";", ":")


def test_a_kill_switch_names_who_and_why() -> None:
    """The operator and the reason are part of what the service says."""
    detail = {"error": "kill_switch_engaged", "message": "halted", "engaged_by": "ops", "reason": "drill"}
    said = wire.reason(answered({"detail": detail}, 503))
    assert [word for word in ("kill_switch_engaged", "halted", "ops", "drill") if word not in said] == []


def test_a_page_is_read_as_its_text() -> None:
    """Of a proxy's HTML only the words remain, on one line, without scripts and styles."""
    page = (
        "<html><head><title>504 Gateway\nTime-out</title><style>b{color:red}</style></head>"
        "<body><script>alert('x')</script><h1>nginx</h1></body></html>"
    )
    assert wire.reason(answered(page, 504)) == "504 Gateway Time-out nginx"


def test_a_long_reason_is_cut() -> None:
    """A stack trace of megabytes does not fill the report."""
    said = wire.reason(answered({"detail": "x" * 1_000_000}, 500))
    assert len(said) < 1000
    assert said.endswith("...")
    assert len(wire.reason(answered(b"y" * 1_000_000, 500))) < 1000


def test_bytes_that_are_no_text_are_replaced() -> None:
    """A body in another encoding still gives its readable part."""
    assert wire.reason(answered(b"caf\xe9 down", 500)) == "caf� down"


def test_lone_surrogates_do_not_reach_a_file() -> None:
    r"""JSON may carry \ud800, which no file can hold."""
    said = wire.reason(answered(b'{"detail": "bad \\ud800 end"}', 500))
    assert said.startswith("bad ")
    assert said.endswith(" end")
    said.encode()
    read = wire.text(answered(b'{"status": "\\udfff!"}', 200).json(), "status")
    read.encode()


@pytest.mark.parametrize(
    ("noisy", "shortened"),
    [
        (
            "unexpected_error: RetryError[<Future at 0x7f5d state=finished raised ConnectError>]",
            "unexpected_error: ConnectError",
        ),
        ("RetryError[<Future at 0x7f5d state=finished returned Response>]", "RetryError[Future]"),
        (
            "Max retries exceeded (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object "
            "at 0x7ff0>: Failed to establish a new connection'))",
            "Max retries exceeded (Caused by NewConnectionError('urllib3.connection.HTTPConnection: Failed "
            "to establish a new connection'))",
        ),
        (
            "Client error '400 Bad Request' for url 'http://t3/x'\nFor more information check: https://m.example/400",
            "Client error '400 Bad Request' for url 'http://t3/x'",
        ),
        (
            "1 validation error for Position For further information visit https://errors.example/v/x",
            "1 validation error for Position",
        ),
        ("order of 5 < 7 at 0x10: too small", "order of 5 < 7 at 0x10: too small"),
        ("no information at all", "no information at all"),
    ],
)
def test_noise_in_a_services_words_is_shortened_to_what_failed(noisy: str, shortened: str) -> None:
    """Names of things in a program's memory, and links to manuals, say nothing to anybody."""
    assert wire.shortened(noisy) == shortened
    assert wire.reason(answered({"detail": noisy}, 500)) == " ".join(shortened.split())
    if "< " not in noisy:  # a page would end there
        assert wire.reason(answered(noisy, 500)) == " ".join(shortened.split())


@pytest.mark.parametrize(
    "url",
    [
        "http://jo:s3cret@host/x",
        "https://s3cret@host",
        "postgresql://jo:s3cret@db:5432/trading",
        "redis://:s3cret@cache",
        "http://jo:pa@s3cret@host/x",
    ],
)
def test_credentials_in_a_services_words_are_hidden(url: str) -> None:
    """A service that quotes its own connection string does not put the password into our report."""
    words = f"could not connect to {url}: refused"
    for value in ({"detail": words}, {"detail": {"error": words}}, words):
        said = wire.reason(answered(value, 500))
        assert "s3cret" not in said
        assert "<hidden>@" in said
        assert said.endswith(": refused")
    assert "s3cret" not in str(answered({"error_message": words}, 200).json())


def test_an_address_without_credentials_stays() -> None:
    """An e-mail address or a plain URL is not touched."""
    words = "ask ops@example.com or see http://host:8001/health"
    assert wire.reason(answered({"detail": words}, 500)) == words


@pytest.mark.parametrize("depth", [100, 400, 500, 700, 900, 950, 5000])
def test_a_deeply_nested_reason_is_no_failure_of_ours(depth: int) -> None:
    """However deep an error body goes, there is some reason or none, and no exception."""
    for opened, closed in (("[", "]"), ('{"detail":', "}"), ('[{"loc":["a"],"msg":', "}]")):
        nested = opened * depth + '"x"' + closed * depth
        wire.reason(answered(nested.encode(), 500))


@settings(max_examples=50)
@given(bodies | st.binary(max_size=60))
def test_any_error_body_has_a_printable_reason(value: Any) -> None:
    """Whatever a service answers, its reason is one line of encodable text, and nothing is raised."""
    answer = answered(value if isinstance(value, bytes) else json.dumps(value).encode(), 500)
    said = wire.reason(answer)
    assert "\n" not in said
    said.encode()


@settings(max_examples=50)
@given(bodies)
def test_any_run_is_read_or_is_unreadable(value: Any) -> None:
    """Whatever JSON a service answers, it is a run or an UnreadableAnswer."""
    whole = (value, body("run_normal", mappings=value), body("run_normal", mappings=[value]))
    changed = [
        body("run_normal", mappings=[{**mapping(), name: value}], **{field: value})
        for name, field in zip(mapping(), [*body("run_normal"), *body("run_normal")], strict=False)
    ]
    for each in (*whole, *changed):
        with contextlib.suppress(UnreadableAnswer):
            assert read_orchestration(answered(json.dumps(each).encode())).run_id


# Fields


@pytest.mark.parametrize("value", ["1.50", Decimal("1.50"), "1E+5", "0E-8", 133, "0." + "1" * 28, "-0.25"])
def test_an_amount_is_text_or_number(value: Any) -> None:
    """Decimals travel as strings, counts as numbers; either is taken, digit for digit."""
    assert wire.amount({"qty": value}, "qty") == Decimal(value)
    assert wire.optional_amount({"qty": value}, "qty") == Decimal(value)
    assert wire.opinion({"qty": value}, "qty") == Decimal(value)


@pytest.mark.parametrize("value", ["abc", "NaN", "Infinity", True, [], {}, 1.5, "1E+99999", "", "1,5"])
def test_what_is_no_amount_is_named(value: Any) -> None:
    """The error names the field; where the amount decides nothing it is None instead."""
    for read in (wire.amount, wire.optional_amount):
        with pytest.raises(wire.Unreadable, match="qty is not an amount"):
            read({"qty": value}, "qty")
    assert wire.opinion({"qty": value}, "qty") is None


def test_an_absent_field_is_null_or_an_error() -> None:
    """Null and absent are the same: None where the field may be missing, an error where it may not."""
    for source in ({}, {"x": None}):
        assert wire.optional_amount(source, "x") is None
        assert wire.optional_text(source, "x") is None
        assert wire.opinion(source, "x") is None
        assert wire.count(source, "x") is None
        for read in (wire.amount, wire.text):
            with pytest.raises(wire.Unreadable, match="x is missing"):
                read(source, "x")
    with pytest.raises(wire.Unreadable, match="x is missing"):
        wire.text({"x": ""}, "x")


@pytest.mark.parametrize("value", [1, True, [], {}, Decimal(1)])
def test_a_text_is_a_text(value: Any) -> None:
    """A number where a text belongs is refused, by name."""
    for read in (wire.text, wire.optional_text):
        with pytest.raises(wire.Unreadable, match="status is not a text"):
            read({"status": value}, "status")


@pytest.mark.parametrize(
    ("value", "count"), [(3, 3), ("3", 3), ("3.0", 3), ("1E+1", 10), ("2.5", None), ("x", None)]
)
def test_a_count_is_a_whole_number(value: Any, count: int | None) -> None:
    """A count comes as number or text; a fraction is none."""
    assert wire.count({"rank": value}, "rank") == count


@pytest.mark.parametrize("value", [None, {}, "x", 1, [1], [None], [[]]])
def test_a_list_of_objects_is_just_that(value: Any) -> None:
    """Anything else is an error that names the field."""
    with pytest.raises(wire.Unreadable, match="positions"):
        wire.objects({"positions": value}, "positions")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "yesterday",
        "Thu, 32 Nov 2026 05:00:00 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ],
)
def test_what_is_no_date_is_none(header: str | None) -> None:
    """Nor is one of another age: it proves nothing."""
    assert wire.http_date(header) is None


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000"])
def test_a_date_is_utc(zone: str) -> None:
    """Whatever it calls that."""
    assert wire.http_date(f"Thu, 26 Nov 2026 05:00:00 {zone}") == datetime(2026, 11, 26, 5, tzinfo=UTC)


@pytest.mark.parametrize("value", ["2025-1-7", "2025-02-30", "20250117", "2025-W03-5", "soon", 20250117, []])
def test_a_date_is_written_one_way(value: Any) -> None:
    """Anything else is refused by name; nothing said is no date."""
    with pytest.raises(wire.Unreadable, match="ex_date is not a date"):
        wire.day({"ex_date": value}, "ex_date")
    assert wire.day({}, "ex_date") is wire.day({"ex_date": None}, "ex_date") is None
    assert wire.day({"ex_date": "2025-01-17"}, "ex_date") == date(2025, 1, 17)


@pytest.mark.parametrize("value", [None, "true", 1, 0, [], {}])
def test_yes_or_no_is_said_as_such(value: Any) -> None:
    """Whatever else is there says neither."""
    assert wire.flag({"blocked": value}, "blocked") is None
    assert wire.flag({"blocked": True}, "blocked") is True
