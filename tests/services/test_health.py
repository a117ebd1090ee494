"""Is each service fit to trade? Its body decides, not its HTTP status."""

import time
from datetime import date
from typing import Any

import pytest
import responses
from builders import wire
from builders.wire import content, example
from support.socket_server import after, answer, frozen, refusing, serving, trickled

from paper_run.model.service import ServiceHealth, ServiceUrl, service_title
from paper_run.services import health
from paper_run.services.health import EXECUTION_GATEWAY, ORCHESTRATOR, SIGNAL_SERVICE, Service
from paper_run.services.transport import Transport

SERVICES = {"t3": SIGNAL_SERVICE, "t4": EXECUTION_GATEWAY, "t5": ORCHESTRATOR}
URL = ServiceUrl(base="http://service.test:8010")


def asked(client: Transport, service: Service, body: Any, status: int = 200) -> ServiceHealth:
    """Return what the check makes of an answer of /health."""
    with responses.RequestsMock() as mock:
        mock.add("GET", f"{URL.base}/health", body=content(body), status=status)
        return health.check(client, service, URL)


def healthy(name: str, **changes: Any) -> dict[str, Any]:
    return wire.body(f"{name}_health", **changes)


@pytest.mark.parametrize("name", SERVICES)
def test_an_observed_healthy_answer_is_healthy(client: Transport, name: str) -> None:
    """Each of the three services as it was seen in health."""
    found = asked(client, SERVICES[name], healthy(name))
    assert found.healthy
    assert (found.service, found.url, found.status) == (SERVICES[name].key, URL.base, "healthy")
    assert found.latency_ms >= 0
    assert found.sandbox_session is None


def test_a_gateway_in_dry_run_says_so(client: Transport) -> None:
    """DRY_RUN is no fault; it is stated. A gateway that attempts says nothing."""
    rehearsing = asked(client, EXECUTION_GATEWAY, healthy("t4", dry_run=True))
    trading = asked(client, EXECUTION_GATEWAY, healthy("t4", dry_run=False))
    assert (rehearsing.healthy, rehearsing.dry_run) == (True, True)
    assert "DRY_RUN" in str(rehearsing.detail)
    assert (trading.healthy, trading.dry_run, trading.detail) == (True, False, None)


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("t3_down__t5_health", ORCHESTRATOR),
        ("t4_down__t5_health", ORCHESTRATOR),
        ("pg_down__t4_health", EXECUTION_GATEWAY),
        ("pg_down__t5_health", ORCHESTRATOR),
    ],
)
def test_an_observed_unhealthy_answer_is_unhealthy_though_it_is_a_200(
    client: Transport, name: str, service: Service
) -> None:
    """The body of a 200 says that something behind it is down."""
    found = asked(client, service, example(name)["body"])
    assert not found.healthy
    assert found.status == example(name)["body"]["status"]
    assert found.status in str(found.detail)


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("t3", "model_loaded"),
        ("t4", "database_connected"),
        ("t4", "dry_run"),
        ("t5", "database_connected"),
        ("t5", "signal_service_healthy"),
        ("t5", "execution_gateway_healthy"),
    ],
)
@pytest.mark.parametrize("value", [False, None, "true", 1, "absent"])
def test_every_flag_must_be_true_itself(client: Transport, name: str, flag: str, value: object) -> None:
    """A flag that is false, null, missing or of another kind fails, though the status says healthy."""
    body = healthy(name, **{flag: value})
    if value == "absent":
        del body[flag]
    found = asked(client, SERVICES[name], body)
    if flag == "dry_run" and value is False:
        assert found.healthy
    else:
        assert found.status == "unhealthy"
        assert found.detail


@pytest.mark.parametrize("status", [401, 403])
def test_a_health_check_that_wants_a_login_is_told_apart(client: Transport, status: int) -> None:
    """Nothing is wrong with the service: something wants to know who asks."""
    found = asked(client, SIGNAL_SERVICE, {"detail": {"error": "auth", "message": "token missing"}}, status)
    assert (found.healthy, found.status) == (False, "unauthorized")
    assert found.detail == f"answered {status}: auth; token missing"


def test_a_degraded_gateway_with_every_flag_true_names_the_usual_cause(client: Transport) -> None:
    """Observed: its circuit breaker's state is missing. With a flag that is false, that is the cause."""
    cause = "circuit breaker's state is missing"
    found = asked(client, SERVICES["t4"], healthy("t4", status="degraded"))
    assert (found.status, cause in str(found.detail)) == ("degraded", True)
    for flag, words in (("database_connected", "database"), ("alpaca_connected", "broker")):
        found = asked(client, SERVICES["t4"], healthy("t4", status="degraded", **{flag: False}))
        assert words in str(found.detail)
        assert cause not in str(found.detail)
    assert cause not in str(asked(client, SIGNAL_SERVICE, healthy("t3", status="degraded")).detail)


@pytest.mark.parametrize("status", ["degraded", "unhealthy", "starting", "Healthy", "ok"])
@pytest.mark.parametrize("name", SERVICES)
def test_any_status_but_healthy_fails(client: Transport, name: str, status: str) -> None:
    """The word decides, with all flags true."""
    found = asked(client, SERVICES[name], healthy(name, status=status))
    assert not found.healthy
    assert status in str(found.detail)


def test_all_faults_are_named_at_once(client: Transport) -> None:
    """The status and each flag."""
    body = healthy(
        "t5",
        status="degraded",
        database_connected=False,
        signal_service_healthy=False,
        execution_gateway_healthy=False,
    )
    detail = str(asked(client, ORCHESTRATOR, body).detail)
    for word in ("degraded", "database", "signal service", "execution gateway"):
        assert word in detail


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"detail": "Model not loaded"}, 503, "Model not loaded"),
        ("Internal Server Error", 500, "Internal Server Error"),
        ("", 307, "307"),
        ("", 204, "204"),
    ],
)
def test_another_status_is_unhealthy_with_the_services_reason(
    client: Transport, body: Any, status: int, words: str
) -> None:
    """The user sees why, in the service's own words."""
    found = asked(client, SIGNAL_SERVICE, body, status)
    assert found.status == "unhealthy"
    assert words in str(found.detail)
    assert str(status) in str(found.detail)


@pytest.mark.parametrize(
    "body", ["", "<html>hello</html>", "[]", "null", "{}", '{"status": 1}', '{"status": NaN}']
)
def test_a_200_that_is_no_health_report_fails(client: Transport, body: str) -> None:
    """Something else listens there, perhaps."""
    found = asked(client, SIGNAL_SERVICE, body)
    assert not found.healthy
    assert found.status == "unreadable"


# The root


def test_the_root_is_asked_only_where_there_is_no_health(client: Transport) -> None:
    """A 404 on /health leads to /, and a 200 there is taken, saying how little it proves."""
    with responses.RequestsMock() as mock:
        mock.add("GET", f"{URL.base}/health", status=404)
        mock.add("GET", f"{URL.base}/", body=b"{}", status=200)
        found = health.check(client, SIGNAL_SERVICE, URL)
    assert found.healthy
    assert "no /health" in str(found.detail)


@pytest.mark.parametrize("status", [404, 500, 307])
def test_a_root_that_is_no_200_fails(client: Transport, status: int) -> None:
    """Neither /health nor / is there."""
    with responses.RequestsMock() as mock:
        mock.add("GET", f"{URL.base}/health", status=404)
        mock.add("GET", f"{URL.base}/", status=status)
        found = health.check(client, SIGNAL_SERVICE, URL)
    assert found.status == "unreachable"
    assert str(status) in str(found.detail)


@pytest.mark.parametrize("status", [500, 503, 401, 405])
def test_another_failure_of_health_is_not_mended_by_the_root(client: Transport, status: int) -> None:
    """`/` answers 200 while everything behind it is down, so it is not asked."""
    assert not asked(client, ORCHESTRATOR, "", status).healthy


# Real sockets


def test_a_service_that_is_down_is_unreachable(client: Transport) -> None:
    """Nothing listens at its port."""
    found = health.check(client, SIGNAL_SERVICE, refusing())
    assert found.status == "unreachable"
    assert "refused the connection" in str(found.detail)


@pytest.mark.parametrize(
    "act", [frozen, trickled(b"", answer(b"{}")), after(answer(b"", "404 Not Found"), frozen)]
)
def test_a_check_ends_with_its_time(client: Transport, monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """A service that hangs, also in its root, is unreachable when the time of the whole check is over."""
    monkeypatch.setattr(health, "HEALTH_SECONDS", 0.3)
    started = time.monotonic()
    with serving(act) as server:
        found = health.check(client, SIGNAL_SERVICE, server.url)
        took = time.monotonic() - started
    assert found.status == "unreachable"
    assert took < 10


def test_a_check_is_made_once(client: Transport) -> None:
    """It is not retried: `--wait` is for that."""
    with serving(answer(b"", "503 Busy")) as server:
        assert health.check(client, SIGNAL_SERVICE, server.url).status == "unhealthy"
    assert len(server.seen) == 1


# The sandbox


def test_a_sandbox_says_which_session_it_plays(client: Transport) -> None:
    """Both extra fields are read."""
    found = asked(client, SIGNAL_SERVICE, healthy("t3", sandbox=True, session="2025-01-02"))
    assert found.sandbox_session == date(2025, 1, 2)


@pytest.mark.parametrize("session", [None, "", "tomorrow", 20250102])
def test_a_sandbox_without_a_date_is_unreadable(client: Transport, session: object) -> None:
    """Without its date no session is known."""
    found = asked(client, SIGNAL_SERVICE, healthy("t3", sandbox=True, session=session))
    assert not found.healthy


@pytest.mark.parametrize("sandbox", [False, None, "true", 1])
def test_only_true_makes_a_sandbox(client: Transport, sandbox: object) -> None:
    """Anything else is a real service."""
    found = asked(client, SIGNAL_SERVICE, healthy("t3", sandbox=sandbox, session="2025-01-02"))
    assert (found.healthy, found.sandbox_session) == (True, None)


# The error block


def unfit(service: Service, url: str, status: str) -> ServiceHealth:
    return ServiceHealth(service=service.key, url=url, status=status, latency_ms=0, detail="says: it is down")


@pytest.mark.parametrize(
    ("service", "url", "port"),
    [
        (SIGNAL_SERVICE, "http://localhost:8001", 8001),
        (EXECUTION_GATEWAY, "http://gateway:9002/t4", 9002),
        (ORCHESTRATOR, "https://trading.example.com", 443),
        (ORCHESTRATOR, "http://[::1]", 80),
    ],
)
def test_an_unreachable_service_ends_in_the_adrs_block(service: Service, url: str, port: int) -> None:
    """What, at which URL, and the three commands with its own name and port; exit 1."""
    error = health.failure(unfit(service, url, "unreachable"))
    assert error.exit_status == 1
    assert error.title == f"{service_title(service.key)} unavailable"
    assert f"The {service_title(service.key)} at {url} is not responding" in error.explanation
    assert tuple(map(str, error.remedies)) == (
        f"Check if service is running: ps aux | grep {service.key}",
        f"Start service: uvicorn apps.{service.key}.main:app --port {port}",
        f"Check logs: tail -f logs/{service.key}.log",
    )


@pytest.mark.parametrize("status", ["unhealthy", "degraded", "unreadable"])
def test_an_unhealthy_service_is_told_with_its_reason(status: str) -> None:
    """It answers, so the remedies are others; exit 1."""
    error = health.failure(unfit(ORCHESTRATOR, "http://localhost:8003", status))
    assert (error.title, error.exit_status) == ("Orchestrator unhealthy", 1)
    assert "http://localhost:8003 says: it is down" in error.explanation
    assert "curl http://localhost:8003/health" in str(error.remedies[0])
