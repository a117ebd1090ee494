"""The wire of the four services, compared with the answers of the real ones."""

import re
from decimal import Decimal

import pytest
from support import sandbox_books as books

NAIVE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")
ZULU = re.compile(NAIVE.pattern + "Z")
SERVICES = ("signal_service_url", "execution_gateway_url", "orchestrator_url")
NO_RUN = "00000000-0000-4000-8000-000000000000"
DEFAULT = ("AAPL", "MSFT", "GOOGL")


def shape(value):
    """What a client relies on: names, nesting and JSON types, in the order they are written."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


def assert_same_shape(got, example, nullable=()):
    """Names and types agree; a nullable name may be null on one side."""
    assert list(got) == list(example)
    for name, value in example.items():
        if name in nullable and (value is None or got[name] is None):
            continue
        assert shape(got[name]) == shape(value), name


@pytest.mark.parametrize(
    ("service", "example"), list(zip(SERVICES, ("t3_health", "t4_health", "t5_health"), strict=True))
)
def test_health_has_the_real_shape_and_two_fields_more(platform, request_of, examples, service, example):
    """Each /health is the real one, plus `sandbox` and the session that is played next."""
    reply = request_of("GET", getattr(platform.sandbox, service) + "/health")
    extra = {name: reply.body.pop(name) for name in ("sandbox", "session")}
    assert extra == {"sandbox": True, "session": "2025-01-02"}
    assert_same_shape(reply.body, examples[example]["body"])
    assert reply.body["status"] == "healthy"
    zoned = examples[example]["body"]["timestamp"].endswith("Z")
    assert (ZULU if zoned else NAIVE).fullmatch(reply.body["timestamp"])
    assert reply.headers["content-type"] == "application/json"


@pytest.mark.parametrize("service", SERVICES)
def test_root_names_service_and_version(platform, request_of, service):
    """GET / answers with the service's name and version."""
    reply = request_of("GET", getattr(platform.sandbox, service) + "/")
    assert reply.status == 200
    assert {"service", "version"} <= set(reply.body)


def test_a_run_has_the_real_shape(platform, examples):
    """The POST's answer has the names and types of the real one, traded and untraded mappings alike."""
    example = examples["run_normal"]["body"]
    run = platform.run(*DEFAULT)
    assert_same_shape(run, example | {"mappings": run["mappings"]})
    for got, real in zip(run["mappings"], example["mappings"], strict=True):
        assert_same_shape(got, real, nullable=("broker_order_id",))
    assert [line["order_status"] for line in run["mappings"]] == ["pending_new", None, "pending_new"]
    assert NAIVE.fullmatch(run["started_at"])
    assert NAIVE.fullmatch(run["completed_at"])
    assert Decimal(run["duration_seconds"]) > 0


def test_a_run_that_t3_refuses_has_the_real_words(platform, examples):
    """T3's 400 ends as a failed run with T5's generic words and no mappings."""
    example = examples["run_unknown_symbol"]["body"]
    run = platform.run(*DEFAULT, as_of_date="2025-01-04")
    assert_same_shape(run, example)
    assert run["error_message"] == example["error_message"].replace(
        "http://127.0.0.1:8001", platform.sandbox.signal_service_url
    )
    assert (run["status"], run["mappings"], run["num_signals"]) == ("failed", [], 0)


def test_get_run_is_the_posts_answer_without_symbols_and_capital(platform, request_of):
    """GET runs/{id} repeats the run, with `symbols` [] and `capital` "0"."""
    run = platform.run(*DEFAULT)
    reply = request_of(
        "GET", f"{platform.sandbox.orchestrator_url}/api/v1/orchestration/runs/{run['run_id']}"
    )
    assert reply.body == run | {"symbols": [], "capital": "0"}


def test_runs_are_listed_newest_first_and_paged(platform):
    """GET runs counts all that match, newest first, and honours limit, offset, status and strategy_id."""
    ids = [platform.run(*DEFAULT)["run_id"] for _ in range(2)]
    ids.append(platform.run(*DEFAULT, as_of_date="2025-01-04")["run_id"])
    listed = platform.runs()
    assert [run["run_id"] for run in listed["runs"]] == ids[::-1]
    assert (listed["total"], listed["limit"], listed["offset"]) == (3, 50, 0)
    assert set(listed["runs"][0]) == {
        "run_id", "status", "strategy_id", "as_of_date", "num_signals", "num_orders_submitted",
        "num_orders_accepted", "num_orders_rejected", "num_orders_filled", "started_at", "completed_at",
        "duration_seconds",
    }  # fmt: skip
    page = platform.runs("?limit=1&offset=1")
    assert ([run["run_id"] for run in page["runs"]], page["total"]) == ([ids[1]], 3)
    assert [run["run_id"] for run in platform.runs("?status=failed")["runs"]] == [ids[2]]
    assert platform.runs("?strategy_id=other")["total"] == 0
    assert platform.runs("?strategy_id=alpha_baseline&status=completed")["total"] == 2


def test_order_and_positions_have_the_real_shape(platform, examples):
    """A filled order and the positions envelope have the real names and types; their times end in Z."""
    assert platform.envelope() == examples["positions_empty"]["body"]
    filled = next(line for line in platform.run(*DEFAULT)["mappings"] if line["order_qty"])
    order = platform.order(filled["client_order_id"])
    assert_same_shape(order, examples["order_after_fill"]["body"], nullable=("submitted_at",))
    assert all(ZULU.fullmatch(order[name]) for name in ("created_at", "updated_at", "filled_at"))
    envelope, example = platform.envelope(), examples["positions_mixed"]["body"]
    assert list(envelope) == list(example)
    assert envelope["total_positions"] == len(envelope["positions"]) == 2
    for position in envelope["positions"]:
        assert_same_shape(position, example["positions"][0])


def test_t4s_answer_to_an_order(platform):
    """POST orders answers with the ten names of the contract."""
    reply = platform.submit(symbol="AAPL", side="buy", qty=3)
    assert reply.status == 200
    assert list(reply.body) == [
        "client_order_id", "status", "broker_order_id", "symbol", "side", "qty", "order_type", "limit_price",
        "created_at", "message",
    ]  # fmt: skip
    assert (reply.body["status"], reply.body["qty"], reply.body["order_type"]) == ("pending_new", 3, "market")


def test_t3_signals(platform, request_of):
    """POST generate answers with ranked signals, the predicted return as a JSON number, and its metadata."""
    url = platform.sandbox.signal_service_url + "/api/v1/signals/generate"
    body = request_of("POST", url, {"symbols": list(DEFAULT), "top_n": 1, "bottom_n": 1}).body
    assert [shape(signal) for signal in body["signals"]] == [
        {"symbol": "str", "predicted_return": "float", "rank": "int", "target_weight": "float"}
    ] * 3
    assert {name: body["metadata"][name] for name in ("as_of_date", "num_signals", "top_n", "bottom_n")} == {
        "as_of_date": "2025-01-02",
        "num_signals": 3,
        "top_n": 1,
        "bottom_n": 1,
    }
    assert {"model_version", "strategy", "generated_at"} <= set(body["metadata"])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"top_n": 2, "bottom_n": 2}, "Insufficient symbols"),
        ({"as_of_date": "02.01.2025"}, "Use YYYY-MM-DD"),
        ({"as_of_date": "2025-02-30"}, "Use YYYY-MM-DD"),
        ({"as_of_date": "20250102"}, "Use YYYY-MM-DD"),
        ({"as_of_date": "2025-01-04"}, "2025-01-04"),
        ({"as_of_date": "2025-01-03"}, "2025-01-03"),
    ],
    ids=["too few symbols", "other form", "impossible", "compact", "not a session", "future"],
)
def test_t3_says_400_and_why(platform, request_of, fields, words):
    """T3 refuses what it has no signals for, in a `detail` of words."""
    url = platform.sandbox.signal_service_url + "/api/v1/signals/generate"
    reply = request_of("POST", url, {"symbols": list(DEFAULT), **fields})
    assert reply.status == 400
    assert words in reply.body["detail"]


@pytest.mark.parametrize("name", ["run_asof_bad", "run_empty_symbols"])
def test_refused_runs_have_the_real_bodies(platform, request_of, examples, name):
    """The same bad request gets the same status and body as from the real T5."""
    url = platform.sandbox.orchestrator_url + "/api/v1/orchestration/run"
    reply = request_of("POST", url, examples[name]["sent"])
    assert (reply.status, reply.body) == (examples[name]["status"], examples[name]["body"])


@pytest.mark.parametrize(
    ("name", "service", "path"),
    [
        ("run_by_unknown_id", "orchestrator_url", f"/api/v1/orchestration/runs/{NO_RUN}"),
        ("order_unknown", "execution_gateway_url", "/api/v1/orders/deadbeefdeadbeefdeadbeef"),
    ],
)
def test_unknown_ids_have_the_real_bodies(platform, request_of, examples, name, service, path):
    """An unknown run and an unknown order get the real 404 bodies."""
    reply = request_of("GET", getattr(platform.sandbox, service) + path)
    assert (reply.status, reply.body) == (404, examples[name]["body"])


@pytest.mark.parametrize(
    ("body", "kind", "location"),
    [
        (None, "missing", ["body"]),
        (b"{", "json_invalid", ["body", 1]),
        (b"[" * 100_000, "json_invalid", ["body", 0]),
        ([], "model_attributes_type", ["body"]),
        ({}, "missing", ["body", "symbols"]),
        ({"symbols": "AAPL"}, "list_type", ["body", "symbols"]),
        ({"symbols": [7]}, "string_type", ["body", "symbols", 0]),
        ({"symbols": ["A"], "as_of_date": 7}, "string_type", ["body", "as_of_date"]),
        ({"symbols": ["A"], "capital": "much"}, "decimal_parsing", ["body", "capital"]),
        ({"symbols": ["A"], "capital": True}, "decimal_type", ["body", "capital"]),
        ({"symbols": ["A"], "capital": "NaN"}, "finite_number", ["body", "capital"]),
        (b'{"symbols": ["A"], "capital": NaN}', "finite_number", ["body", "capital"]),
        ({"symbols": ["A"], "max_position_size": []}, "decimal_type", ["body", "max_position_size"]),
    ],
)
def test_a_run_request_that_does_not_validate_is_a_422(platform, request_of, body, kind, location):
    """Every complaint has the framework's type, place, words and input; no session is played."""
    reply = request_of("POST", platform.sandbox.orchestrator_url + "/api/v1/orchestration/run", body)
    assert reply.status == 422
    (error,) = reply.body["detail"]
    assert (error["type"], error["loc"]) == (kind, location)
    assert {"msg", "input"} <= set(error)
    assert books.last_played(platform.sandbox) is None


@pytest.mark.parametrize(
    ("order", "where"),
    [
        ({"side": "buy", "qty": 1}, "symbol"),
        ({"symbol": "A", "side": "hold", "qty": 1}, "side"),
        ({"symbol": "A", "side": "buy"}, "qty"),
        ({"symbol": "A", "side": "buy", "qty": 0}, "qty"),
        ({"symbol": "A", "side": "buy", "qty": 1.5}, "qty"),
        ({"symbol": "A", "side": "buy", "qty": 1, "order_type": "iceberg"}, "order_type"),
        ({"symbol": "A", "side": "buy", "qty": 1, "time_in_force": "ever"}, "time_in_force"),
    ],
)
def test_an_order_that_does_not_validate_is_a_422(platform, order, where):
    """T4 names the field, and places nothing."""
    reply = platform.submit(**order)
    assert reply.status == 422
    assert [error["loc"] for error in reply.body["detail"]] == [["body", where]]
    assert books.positions(platform.sandbox) == {}


@pytest.mark.parametrize(
    "order",
    [{"order_type": "limit"}, {"limit_price": "5"}, {"order_type": "stop", "stop_price": "-1"}],
)
def test_an_order_type_needs_its_own_prices(platform, order):
    """A limit order without a limit, a market order with one, and a negative price are refused."""
    assert platform.submit(symbol="A", side="buy", qty=1, **order).status == 422


def test_a_limit_order_fills_only_at_its_price_or_better(platform):
    """A buy below the market waits as `new`; one above it fills, and never above its limit."""
    low = platform.submit(symbol="AAPL", side="buy", qty=1, order_type="limit", limit_price="1.00").body
    high = platform.submit(symbol="AAPL", side="buy", qty=1, order_type="limit", limit_price="9999").body
    waiting, filled = (platform.order(each["client_order_id"]) for each in (low, high))
    assert (waiting["status"], waiting["filled_qty"], waiting["limit_price"]) == ("new", "0", "1.00")
    assert filled["status"] == "filled"
    platform.run(*DEFAULT)
    platform.run(*DEFAULT)
    assert platform.order(low["client_order_id"])["status"] == "expired"


def test_bad_queries_and_bad_run_ids_are_422(platform, request_of):
    """limit=abc, limit=0, offset=-1 and a run id that is no UUID are refused by name."""
    base = platform.sandbox.orchestrator_url + "/api/v1/orchestration/runs"
    for query, kind, name in (
        ("?limit=abc", "int_parsing", "limit"),
        ("?limit=0", "greater_than_equal", "limit"),
        ("?offset=-1", "greater_than_equal", "offset"),
    ):
        error = request_of("GET", base + query).body["detail"][0]
        assert (error["type"], error["loc"]) == (kind, ["query", name])
    assert request_of("GET", base + "/abc").body["detail"][0]["type"] == "uuid_parsing"


@pytest.mark.parametrize("service", [*SERVICES, "quotes_url"])
def test_paths_that_do_not_exist_are_404(platform, request_of, service):
    """An unknown path, and a known one with two slashes, are 404 with the framework's words."""
    for path in ("/nope", "//health", "//", "/api/v1//orders"):
        reply = request_of("GET", getattr(platform.sandbox, service) + path)
        assert (reply.status, reply.body) == (404, {"detail": "Not Found"}), path


def test_a_trailing_slash_is_a_307_to_the_path_without_it(platform, request_of):
    """The redirect keeps host and query, for reads and for writes."""
    base = platform.sandbox.orchestrator_url
    reply = request_of("GET", base + "/api/v1/orchestration/runs/?limit=3")
    assert (reply.status, reply.headers["location"]) == (307, base + "/api/v1/orchestration/runs?limit=3")
    assert request_of("POST", base + "/api/v1/orchestration/run/", {"symbols": ["A"]}).status == 307
    assert books.last_played(platform.sandbox) is None


def test_a_wrong_method_is_a_405(platform, request_of):
    """The answer names the method that would do; HEAD and DELETE are wrong everywhere."""
    reply = request_of("GET", platform.sandbox.orchestrator_url + "/api/v1/orchestration/run")
    assert (reply.status, reply.body) == (405, {"detail": "Method Not Allowed"})
    assert reply.headers["allow"] == "POST"
    for method in ("POST", "DELETE", "PUT", "PATCH"):
        assert request_of(method, platform.sandbox.execution_gateway_url + "/health").status == 405
    assert request_of("GET", platform.sandbox.execution_gateway_url + "/api/v1/orders").status == 405


@pytest.mark.parametrize("keys", [{}, {"APCA-API-KEY-ID": "key"}, {"APCA-API-SECRET-KEY": "secret"}])
def test_quotes_need_both_keys(platform, request_of, keys):
    """Without the two headers Alpaca's 403 comes back."""
    url = platform.sandbox.quotes_url + "/v2/stocks/quotes/latest?symbols=AAPL"
    reply = request_of("GET", url, None, keys)
    assert (reply.status, reply.body) == (403, {"message": "forbidden."})


def test_quotes_and_trades_have_alpacas_shape(platform):
    """A quote has time, both prices and sizes; a trade has time, price and size; prices are numbers."""
    quote = platform.quotes("quotes", "AAPL,BRK.B").body["quotes"]
    assert set(quote) == {"AAPL", "BRK.B"}
    assert {"t", "ap", "as", "bp", "bs"} <= set(quote["AAPL"])
    assert 0 < quote["AAPL"]["bp"] < quote["AAPL"]["ap"]
    trade = platform.quotes("trades", "AAPL").body["trades"]["AAPL"]
    assert {"t", "p", "s"} <= set(trade)
    assert trade["t"] == "2024-12-31T21:00:00.000000Z"
    assert quote["AAPL"]["t"].startswith("2025-01-02T14:0")
    assert platform.quotes("quotes", "").status == 400
