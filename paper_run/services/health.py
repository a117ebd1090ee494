"""Is each service fit to trade? The bodies decide, not the HTTP status."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from paper_run import NamedTuple
from paper_run.errors import DependencyError, Remedy
from paper_run.model import reading_messages
from paper_run.model.calendar import read_date
from paper_run.model.commands import of_another
from paper_run.model.service import HEALTHY, ServiceHealth
from paper_run.services import wire
from paper_run.services.answer import CallFailed, UnreadableAnswer
from paper_run.services.auth import UNAUTHORIZED
from paper_run.services.deadline import BEFORE

if TYPE_CHECKING:
    from paper_run.model.service import ServiceUrl
    from paper_run.services.answer import Answer
    from paper_run.services.transport import Transport

HEALTH_SECONDS = BEFORE


class Service(NamedTuple):
    """What the check must know of a service; `flags` pairs each that must be true with what else is wrong."""

    key: str
    flags: tuple[tuple[str, str], ...]


SIGNAL_SERVICE = Service("signal_service", (("model_loaded", "no model is loaded"),))
EXECUTION_GATEWAY = Service("execution_gateway", (("database_connected", "its database is not connected"),))
ORCHESTRATOR = Service(
    "orchestrator",
    (
        ("database_connected", "its database is not connected"),
        ("signal_service_healthy", "it finds the signal service unhealthy"),
        ("execution_gateway_healthy", "it finds the execution gateway unhealthy"),
    ),
)
SERVICES = (SIGNAL_SERVICE, EXECUTION_GATEWAY, ORCHESTRATOR)


def check(transport: Transport, service: Service, url: ServiceUrl) -> ServiceHealth:
    """Ask one service; every failure is a value, so that all of them can be shown together."""
    try:
        answer = transport.get(url, "/health", seconds=HEALTH_SECONDS, retry=False)
        if answer.status == 404:
            return _from_root(transport, service, url, left=HEALTH_SECONDS - answer.milliseconds / 1000)
        health = _from_health(service, url, answer)
        return health._replace(refusal=transport.refusal(answer)) if _is_refused(health) else health
    except UnreadableAnswer as error:
        return _unwell(service, url, "unreadable", error.reason)
    except CallFailed as error:
        return _unwell(service, url, "unreachable", error.reason, fix=error.fix)


def _from_root(transport: Transport, service: Service, url: ServiceUrl, *, left: float) -> ServiceHealth:
    """Take `/` for an answer: only where there is no /health, since it proves little."""
    answer = transport.get(url, "/", seconds=max(left, 0.1), retry=False)
    if answer.status != 200:
        return _unwell(service, url, "unreachable", f"has no /health, and / answered {answer.status}")
    return ServiceHealth(
        service=service.key,
        url=url.base,
        status=HEALTHY,
        latency_ms=answer.milliseconds,
        detail="has no /health; / answered 200, which says nothing of its database or of DRY_RUN",
        own_date=answer.own_date,
    )


def _from_health(service: Service, url: ServiceUrl, answer: Answer) -> ServiceHealth:
    if answer.status != 200:
        status = "unauthorized" if answer.status in UNAUTHORIZED else "unhealthy"
        return _unwell(service, url, status, wire.refusal(answer), answer.milliseconds)
    try:
        body = wire.an_object(answer.json(), "the answer")
        status = wire.text(body, "status")
        sandbox_session = _sandbox_session(body)
        clock = wire.optional_text(body, "timestamp")
        details = body.get("details")
        strategy = wire.optional_text(details, "strategy_id") if isinstance(details, dict) else None
    except wire.Unreadable as error:
        raise UnreadableAnswer(
            answer.url, f"answered 200 without a readable health report ({error})"
        ) from None
    faults = [meaning for flag, meaning in service.flags if body.get(flag) is not True]
    dry_run = body.get("dry_run")
    if service is EXECUTION_GATEWAY and not isinstance(dry_run, bool):
        faults.append("it does not say whether it is in DRY_RUN")
    if status != HEALTHY:
        faults[:0] = [f"its status is {status!r}", *([] if faults else _behind(service, body))]
    if faults:
        word = status if status != HEALTHY else "unhealthy"
        return _unwell(service, url, word, "says: " + "; ".join(faults), answer.milliseconds)
    return ServiceHealth(
        service=service.key,
        url=url.base,
        status=HEALTHY,
        latency_ms=answer.milliseconds,
        detail="DRY_RUN: orders are not executed" if dry_run is True else None,
        dry_run=dry_run is True,
        sandbox_session=sandbox_session,
        clock=clock,
        date_header=answer.headers.get("Date"),
        strategy=strategy,
        own_date=answer.own_date,
    )


def _is_refused(health: ServiceHealth) -> bool:
    return health.status == "unauthorized"


def _behind(service: Service, body: dict[str, Any]) -> list[str]:
    """Return what is wrong with a service whose flags that an attempt needs are all true."""
    if service is not EXECUTION_GATEWAY:
        return []
    if body.get("alpaca_connected") is False:
        return ["it is not connected to its broker"]
    return ["every flag is true: usually its circuit breaker's state is missing"]


def _sandbox_session(body: dict[str, Any]) -> date | None:
    if body.get("sandbox") is not True:
        return None
    try:
        return read_date(wire.text(body, "session"))
    except ValueError:
        raise wire.Unreadable("session of the sandbox is not a date") from None


def _unwell(
    service: Service, url: ServiceUrl, status: str, detail: str, latency_ms: int = 0, *, fix: str = ""
) -> ServiceHealth:
    return ServiceHealth(
        service=service.key, url=url.base, status=status, latency_ms=latency_ms, detail=detail, fix=fix
    )


def failure(health: ServiceHealth) -> DependencyError:
    """Put an unfit service into words, with what to try."""
    title = health.title
    port = urlsplit(health.url).port or (443 if health.url.startswith("https") else 80)
    if health.fix:
        return DependencyError(
            f"{title} not trusted",
            f"The {title} at {health.url} {health.detail}.",
            remedies=(Remedy(f"{health.fix[:1].upper()}{health.fix[1:]}"), _ask(health)),
        )
    if health.status == "unreachable":
        return DependencyError(
            f"{title} unavailable",
            f"The {title} at {health.url} is not responding: it {health.detail}.",
            remedies=(
                Remedy("Check if service is running", f"ps aux | grep {health.service}"),
                Remedy("Start service", f"uvicorn apps.{health.service}.main:app --port {port}"),
                Remedy("Check logs", f"tail -f logs/{health.service}.log"),
            ),
        )
    ask = Remedy("Ask it yourself", of_another("curl", f"{health.url}/health"))
    if _is_refused(health):
        open_to_all = Remedy("Have its operator, or a proxy's in front of it, let anybody read /health")
        refusal = health.refusal
        is_signature = refusal is not None and refusal.cause in reading_messages.OF_THE_SIGNATURE
        fix = reading_messages.authentication(refusal)[:1] if refusal and is_signature else ()
        return DependencyError(
            f"{title} asks for authentication",
            f"The {title} at {health.url} {health.detail}.",
            remedies=(*fix, open_to_all, ask),
            code="authentication",
        )
    return DependencyError(
        f"{title} unhealthy",
        f"The {title} at {health.url} {health.detail}.",
        remedies=(
            ask,
            Remedy("Check logs", f"tail -f logs/{health.service}.log"),
            Remedy(
                "Check the database and the services behind it, then restart",
                f"uvicorn apps.{health.service}.main:app --port {port}",
            ),
        ),
    )


def _ask(health: ServiceHealth) -> Remedy:
    return Remedy("Ask it yourself", of_another("curl", f"{health.url}/health"))
